"""The tool ports over HTTP: a retailer's own systems behind the contract of `tools.contract`.

Every fault that is not a refusal of the contract (connection, time-out, 5xx, no JSON, a wrong shape) is BackendDown.
A call that failed before an answer came is tried once more; writes carry their idempotency key, so that is safe.
"""

from typing import Any, cast

import httpx
from pydantic import ValidationError

from assistant.config import MerchantSettings
from tools.contract import FAMILIES, Operation, error_from, operations
from tools.errors import BackendDown
from tools.ports import (
    AppointmentsPort,
    CouponsPort,
    InventoryPort,
    MembershipPort,
    Merchant,
    OrdersPort,
    PointsPort,
    StoresPort,
)

MAX_ANSWER_BYTES = 20_000_000
TRIES = 2


class HttpBackend:
    """Calls operations of the contract. Threads share it."""

    def __init__(self, settings: MerchantSettings, transport: httpx.BaseTransport | None = None) -> None:
        key = settings.api_key.get_secret_value()
        self._client = httpx.Client(
            base_url=settings.base_url.rstrip("/"),
            timeout=httpx.Timeout(settings.timeout_s),
            headers={"authorization": f"Bearer {key}"} if key else {},
            transport=transport,
        )

    def call(self, operation: Operation, arguments: dict[str, Any]) -> Any:
        """The fact. Raises the refusals of the contract, or BackendDown."""
        body = operation.body(**arguments).model_dump_json()
        for attempt in range(TRIES):
            try:
                response = self._client.post(operation.path, content=body, headers={"content-type": "application/json"})
                break
            except httpx.TimeoutException as error:
                raise BackendDown(f"{operation.path}: timed out") from error
            except httpx.DecodingError as error:
                raise BackendDown(f"{operation.path}: {error!r}") from error
            except httpx.TransportError as error:
                if attempt == TRIES - 1:
                    raise BackendDown(f"{operation.path}: {error!r}") from error
        return self._read(operation, response)

    @staticmethod
    def _read(operation: Operation, response: httpx.Response) -> Any:
        if len(response.content) > MAX_ANSWER_BYTES:
            raise BackendDown(f"{operation.path}: answer too large")
        if response.status_code == 422:
            try:
                refusal = error_from(response.json())
            except ValueError:
                refusal = None
            if refusal is not None:
                raise refusal
        if response.status_code != 200:
            raise BackendDown(f"{operation.path}: status {response.status_code}")
        try:
            return operation.reads_answer.validate_json(response.content)
        except ValidationError as error:
            raise BackendDown(f"{operation.path}: wrong shape ({error.error_count()} faults)") from error

    def close(self) -> None:
        self._client.close()


class _Port:
    """A port whose methods are operations."""

    def __init__(self, backend: HttpBackend, family: str) -> None:
        for operation in operations():
            if operation.family == family:
                setattr(self, operation.method, _method(backend, operation))


def _method(backend: HttpBackend, operation: Operation) -> Any:
    names = list(operation.arguments)

    def call(*args: Any, **named: Any) -> Any:
        return backend.call(operation, {**dict(zip(names, args, strict=False)), **named})

    call.__name__ = operation.method
    return call


def http_merchant(backend: HttpBackend) -> Merchant:
    """All ports of a retailer's backend."""
    ports = {family: _Port(backend, family) for family in FAMILIES}
    return Merchant(
        membership=cast(MembershipPort, ports["membership"]),
        points=cast(PointsPort, ports["points"]),
        coupons=cast(CouponsPort, ports["coupons"]),
        orders=cast(OrdersPort, ports["orders"]),
        inventory=cast(InventoryPort, ports["inventory"]),
        stores=cast(StoresPort, ports["stores"]),
        appointments=cast(AppointmentsPort, ports["appointments"]),
    )
