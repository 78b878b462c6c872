"""Proves a retailer's backend against the contract: shapes, refusals, identity, idempotency, latency.

Called by `zhike check-backend` and by the contract tests. Reads only, unless `writes` is asked for.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from assistant.merchant.http import HttpBackend
from tools.contract import Operation, operations
from tools.errors import BackendDown, NeedLogin, ToolError, ToolRefused, UnknownThing

NOBODY = "zhike-check-nobody"
NO_ORDER = "0000000000000000"


@dataclass(frozen=True)
class Finding:
    """One thing that was checked. `detail` says what is wrong, or how long it took."""

    name: str
    passed: bool
    detail: str


class Checker:
    def __init__(self, backend: HttpBackend, member_id: str) -> None:
        self._backend = backend
        self._member = member_id
        self._known = {(o.family, o.method): o for o in operations()}
        self.findings: list[Finding] = []

    def run(self, *, writes: bool = False) -> list[Finding]:
        stores = self._ask("stores", "all") or []
        products = self._ask("inventory", "products") or []
        self._expect("stores.all: at least one store", bool(stores), "the list is empty")
        self._expect("inventory.products: at least one product", bool(products), "the list is empty")
        self._ask("membership", "tiers")
        self._ask("points", "rewards")
        for family, method, more in (
            ("membership", "profile", {}), ("membership", "measurements", {}), ("points", "balance", {}),
            ("points", "ledger", {"limit": 5}), ("coupons", "mine", {}), ("coupons", "claimable", {}),
            ("orders", "usual", {}), ("appointments", "mine", {}),
        ):  # fmt: skip
            self._ask(family, method, member_id=self._member, **more)
        if products:
            self._ask("inventory", "stock", product_id=products[0].product_id, colour=None, size=None)
        self._phone()
        self._orders()
        self._refusals()
        if writes:
            self._idempotency()
            self._granting()
        return self.findings

    def _orders(self) -> None:
        recent = self._ask("orders", "recent", member_id=self._member, limit=5) or []
        newest_first = all(a.created_at >= b.created_at for a, b in pairwise(recent))
        self._expect("orders.recent: newest first", newest_first, "not sorted by created_at, descending")
        if recent:
            order_id = recent[0].order_id
            one = self._ask("orders", "get", member_id=self._member, order_id=order_id)
            self._expect(
                "orders.get: the same order", one is not None and one.order_id == order_id, "another order came"
            )
            self._ask("orders", "logistics", member_id=self._member, order_id=order_id)
            self._refused(
                "orders.get: another member's order looks unknown", UnknownThing,
                lambda: self._call("orders", "get", member_id=NOBODY, order_id=order_id),
            )  # fmt: skip

    def _phone(self) -> None:
        """A member's number is eleven digits and leads back to the member; the unknown have none."""
        phone = self._ask("membership", "phone", member_id=self._member)
        if phone is not None:
            plain = len(phone) == 11 and phone.isdecimal() and phone.isascii()
            self._expect("membership.phone: eleven digits", plain, "not eleven digits")
            same = plain and self._try("membership", "by_phone", phone=phone) == self._member
            self._expect("membership.phone: by_phone finds the same member", same, "another member, or none")
        none = self._try("membership", "phone", member_id=NOBODY) is None
        self._expect("membership.phone: none for an unknown member", none, "a number or an error came")

    def _try(self, family: str, method: str, **arguments: Any) -> Any:
        """None where it is refused; where it fails, the error."""
        try:
            return self._call(family, method, **arguments)
        except (ToolRefused, UnknownThing, NeedLogin):
            return None
        except (ToolError, BackendDown) as error:
            return error

    def _refusals(self) -> None:
        self._refused(
            "orders.get: an unknown order is refused as unknown", UnknownThing,
            lambda: self._call("orders", "get", member_id=self._member, order_id=NO_ORDER),
        )  # fmt: skip
        self._refused(
            "membership.profile: an unknown member is refused as need_login", NeedLogin,
            lambda: self._call("membership", "profile", member_id=NOBODY),
        )  # fmt: skip

    def _idempotency(self) -> None:
        """Redeem the cheapest reward twice under one key: one effect, one answer."""
        rewards = sorted(self._call("points", "rewards"), key=lambda r: r.points)
        before = self._call("points", "balance", member_id=self._member).balance
        key = f"zhike-check-{time.time_ns()}"
        try:
            answers = [
                self._call("points", "redeem", member_id=self._member, item_id=rewards[0].item_id, key=key)
                for _ in range(2)
            ]
        except (ToolRefused, IndexError) as error:
            self._expect("points.redeem: twice under one key", False, f"the check member cannot redeem: {error}")
            return
        after = self._call("points", "balance", member_id=self._member).balance
        once = answers[0] == answers[1] and before - after == rewards[0].points
        self._expect("points.redeem: twice under one key has one effect", once, "two effects or two answers")

    def _granting(self) -> None:
        """Grant one point twice under one key: one point more, one answer."""
        before = self._call("points", "balance", member_id=self._member).balance
        given = {"member_id": self._member, "points": 1, "reason": "接口检查", "key": f"zhike-check-{time.time_ns()}"}
        try:
            answers = [self._call("points", "grant", **given) for _ in range(2)]
        except ToolError as error:
            self._expect("points.grant: twice under one key", False, f"{type(error).__name__}: {error}")
            return
        after = self._call("points", "balance", member_id=self._member).balance
        once = answers[0] == answers[1] and after - before == 1 and answers[0].balance == after
        self._expect("points.grant: twice under one key has one effect", once, "two effects, none, or two answers")

    def _call(self, family: str, method: str, **arguments: Any) -> Any:
        operation: Operation = self._known[(family, method)]
        return self._backend.call(operation, arguments)

    def _ask(self, family: str, method: str, **arguments: Any) -> Any:
        name = f"{family}.{method}: answers in the contract's shape"
        times = []
        answer = None
        try:
            for _ in range(3):
                started = time.perf_counter()
                answer = self._call(family, method, **arguments)
                times.append((time.perf_counter() - started) * 1000)
        except ToolError as error:
            self._expect(name, False, f"{type(error).__name__}: {error}")
            return None
        self.findings.append(Finding(name, True, f"{statistics.median(times):.0f} ms"))
        return answer

    def _refused(self, name: str, kind: type[ToolError], call: Callable[[], Any]) -> None:
        try:
            call()
        except kind:
            self._expect(name, True, "")
        except (ToolError, BackendDown) as error:
            self._expect(name, False, f"{type(error).__name__} came instead of {kind.__name__}: {error}")
        else:
            self._expect(name, False, "it was answered")

    def _expect(self, name: str, passed: bool, fault: str) -> None:
        self.findings.append(Finding(name, passed, "" if passed else fault))
