"""One contract, two merchants: what the tools rely on holds in process and over HTTP alike."""

import gzip
import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.bootstrap import Service
from assistant.clock import FixedClock
from assistant.config import MerchantSettings
from assistant.db import conversations
from assistant.db.engine import Database
from assistant.merchant.check import Checker
from assistant.merchant.demo import demo_merchant
from assistant.merchant.http import MAX_ANSWER_BYTES, HttpBackend, http_merchant
from tests.conftest import NOW, settings_for
from tests.contracts.reference_backend import reference_backend, serving
from tests.talk import Shopper, tools_of
from tools.contract import error_body, error_from, openapi, operations
from tools.errors import BackendDown, NeedLogin, Option, ToolRefused, UnknownThing
from tools.ports import Merchant
from tools.types import OrderStatus, ReturnKind

ME, OTHER, NOBODY = "M0000001", "M0000003", "M9999999"
OPENAPI = Path(__file__).parent.parent.parent / "docs" / "backend-openapi.json"


@pytest.fixture
def demo(world_file: Path, tmp_path: Path, clock: FixedClock) -> Iterator[Merchant]:
    """The demo merchant on a private copy of the small world."""
    shutil.copy(world_file / "zhike.db", tmp_path / "retailer.db")
    database = Database(f"sqlite:///{tmp_path / 'retailer.db'}")
    yield demo_merchant(database, clock)
    database.close()


@pytest.fixture
def address(demo: Merchant) -> Iterator[str]:
    with serving(reference_backend(demo)) as found:
        yield found


@pytest.fixture
def backend(address: str) -> Iterator[HttpBackend]:
    made = HttpBackend(MerchantSettings(kind="http", base_url=address, timeout_s=10))
    yield made
    made.close()


@pytest.fixture(params=["in process", "over HTTP"])
def merchant(request: pytest.FixtureRequest) -> Merchant:
    if request.param == "in process":
        found: Merchant = request.getfixturevalue("demo")
        return found
    return http_merchant(request.getfixturevalue("backend"))


# -- the contract, on both merchants ---------------------------------------------------------------------------------


def test_every_read_answers_with_facts(merchant: Merchant) -> None:
    profile = merchant.membership.profile(ME)
    balance = merchant.points.balance(ME)
    products = merchant.inventory.products()
    stores = merchant.stores.all()

    assert (profile.name, profile.tier.value) == ("林晓雨", "金卡")
    assert (balance.balance, balance.expiring) == (12_480, 1_200)
    assert len(stores) == 16
    assert {p.product_id for p in products} >= {"P001", "P037"}
    assert merchant.membership.tiers()[0].threshold_cents == 0
    assert merchant.membership.measurements(ME).height_cm == 165
    assert len(merchant.points.ledger(ME, 2)) == 2
    assert {c.coupon_id for c in merchant.coupons.mine(ME)} >= {"CO01", "CO03"}
    assert merchant.orders.usual(ME)[0].times == 3
    assert merchant.appointments.mine(OTHER)[0].appointment_id == "A900001"


def test_orders_come_newest_first_and_no_more_than_asked_for(merchant: Merchant) -> None:
    orders = merchant.orders.recent(ME, 3)

    assert len(orders) == 3
    assert [o.created_at for o in orders] == sorted((o.created_at for o in orders), reverse=True)
    assert all(o.created_at.utcoffset() is not None for o in orders)


def test_stock_names_only_stores_that_have_a_piece(merchant: Merchant) -> None:
    stock = merchant.inventory.stock("P001", "米白", "M")

    assert stock
    assert all(s.quantity > 0 and (s.colour, s.size) == ("米白", "M") for s in stock)


def test_another_members_order_looks_like_one_that_does_not_exist(merchant: Merchant) -> None:
    theirs = merchant.orders.recent(OTHER, 1)[0].order_id

    with pytest.raises(UnknownThing) as foreign:
        merchant.orders.get(ME, theirs)
    with pytest.raises(UnknownThing) as missing:
        merchant.orders.get(ME, "0000000000000000")

    assert (foreign.value.slot, foreign.value.public) == (missing.value.slot, missing.value.public)


@pytest.mark.parametrize(
    "reach",
    [
        lambda m, order: m.orders.logistics(ME, order),
        lambda m, order: m.orders.eligibility(ME, order, 1, ReturnKind.RETURN, None),
        lambda m, order: m.orders.request_return(ME, order, 1, ReturnKind.RETURN, "不喜欢", "k-foreign"),
        lambda m, order: m.orders.cancel(ME, order, "k-foreign"),
        lambda m, _: m.appointments.cancel(ME, "A900001", "k-foreign"),
        lambda m, _: m.appointments.move(ME, "A900001", NOW + timedelta(days=3), "k-foreign"),
    ],
    ids=["logistics", "eligibility", "return", "cancel order", "cancel appointment", "move appointment"],
)
def test_nothing_of_another_member_can_be_reached(merchant: Merchant, reach: Callable[[Merchant, str], object]) -> None:
    theirs = merchant.orders.recent(OTHER, 1)[0].order_id

    with pytest.raises(UnknownThing):
        reach(merchant, theirs)

    assert merchant.appointments.mine(OTHER)[0].status.value == "已预约"


def test_an_unknown_member_must_bind_first(merchant: Merchant) -> None:
    with pytest.raises(NeedLogin):
        merchant.membership.profile(NOBODY)


def test_a_refusal_travels_with_its_code_and_its_words(merchant: Merchant) -> None:
    with pytest.raises(ToolRefused) as refused:
        merchant.points.redeem("M0000005", "CASH200", "k-short")

    assert refused.value.code == "points_short"
    assert "还差19,900分" in refused.value.public


def test_an_order_that_is_on_its_way_cannot_be_cancelled(merchant: Merchant) -> None:
    shipped = next(o for o in merchant.orders.recent(ME, 8) if o.status is OrderStatus.SHIPPED)

    with pytest.raises(ToolRefused) as refused:
        merchant.orders.cancel(ME, shipped.order_id, "k-late")

    assert refused.value.code == "not_cancellable"
    assert merchant.orders.get(ME, shipped.order_id).status is OrderStatus.SHIPPED


def test_points_are_granted_once_under_one_key_and_never_less_than_one(merchant: Merchant) -> None:
    first = merchant.points.grant(ME, 50, "问卷答谢", "k-grant")
    again = merchant.points.grant(ME, 50, "问卷答谢", "k-grant")

    assert first == again
    assert merchant.points.balance(ME).balance == 12_480 + 50
    assert merchant.points.ledger(ME, 1)[0].reason == "问卷答谢"
    with pytest.raises(ToolRefused):
        merchant.points.grant(ME, 0, "问卷答谢", "k-none")


def test_a_members_phone_number_leads_back_to_them_and_strangers_have_none(merchant: Merchant) -> None:
    phone = merchant.membership.phone(ME)

    assert phone is not None
    assert merchant.membership.by_phone(phone) == ME
    assert merchant.membership.phone("M9999999") is None


def test_points_are_spent_once_under_one_key(merchant: Merchant) -> None:
    first = merchant.points.redeem(ME, "PARK1", "k-once")
    again = merchant.points.redeem(ME, "PARK1", "k-once")
    other = merchant.points.redeem(ME, "PARK1", "k-other")

    assert first == again
    assert first.code != other.code
    assert merchant.points.balance(ME).balance == 12_480 - 2 * 500


def test_a_coupon_is_claimed_once_under_one_key_and_never_twice(merchant: Merchant) -> None:
    offered = merchant.coupons.claimable(ME)[0].coupon_id

    first = merchant.coupons.claim(ME, offered, "k-claim")
    again = merchant.coupons.claim(ME, offered, "k-claim")

    assert first == again
    assert offered not in {c.coupon_id for c in merchant.coupons.claimable(ME)}
    with pytest.raises(ToolRefused):
        merchant.coupons.claim(ME, offered, "k-claim-2")


def test_a_reservation_takes_its_pieces_under_one_key(merchant: Merchant) -> None:
    before = merchant.inventory.stock("P001", "米白", "M")[0]

    first = merchant.inventory.reserve(ME, "P001", "米白", "M", before.store_id, 2, "k-hold")
    again = merchant.inventory.reserve(ME, "P001", "米白", "M", before.store_id, 2, "k-hold")

    after = {s.store_id: s.quantity for s in merchant.inventory.stock("P001", "米白", "M")}
    assert first == again
    assert first.keep_until == NOW + timedelta(hours=48)
    assert after.get(before.store_id, 0) == before.quantity - 2


def test_a_return_is_requested_once_under_one_key(merchant: Merchant) -> None:
    bought = next(o for o in merchant.orders.recent(ME, 8) if o.channel == "store" and o.status is OrderStatus.DONE)

    first = merchant.orders.request_return(ME, bought.order_id, 1, ReturnKind.RETURN, "不喜欢", "k-return")
    again = merchant.orders.request_return(ME, bought.order_id, 1, ReturnKind.RETURN, "不喜欢", "k-return")

    assert first == again
    assert not merchant.orders.eligibility(ME, bought.order_id, 1, ReturnKind.RETURN, None).allowed
    with pytest.raises(ToolRefused):
        merchant.orders.request_return(ME, bought.order_id, 1, ReturnKind.RETURN, "不喜欢", "k-return-2")


def test_an_order_is_cancelled_once_under_one_key(merchant: Merchant) -> None:
    paid = next(o for o in merchant.orders.recent(ME, 8) if o.cancellable)

    first = merchant.orders.cancel(ME, paid.order_id, "k-cancel")
    again = merchant.orders.cancel(ME, paid.order_id, "k-cancel")

    assert first == again
    assert first.status is OrderStatus.CANCELLED


def test_an_appointment_is_booked_moved_and_cancelled_each_once(merchant: Merchant) -> None:
    free = merchant.appointments.free("S001", date(2026, 11, 25))

    booked = [merchant.appointments.book(ME, "S001", free[0], "年会", "k-book") for _ in range(2)]
    moved = [merchant.appointments.move(ME, booked[0].appointment_id, free[3], "k-move") for _ in range(2)]
    gone = [merchant.appointments.cancel(ME, booked[0].appointment_id, "k-gone") for _ in range(2)]

    assert booked[0] == booked[1]
    assert moved[0] == moved[1]
    assert moved[0].starts_at == free[3]
    assert gone[0] == gone[1]
    assert gone[0].status.value == "已取消"


# -- the document and the errors -------------------------------------------------------------------------------------


def test_the_published_document_is_the_contract() -> None:
    published = json.loads(OPENAPI.read_text(encoding="utf-8"))

    assert published == json.loads(json.dumps(openapi(), default=str)), (
        "run: zhike contract > docs/backend-openapi.json"
    )


def test_every_operation_that_changes_something_takes_a_key() -> None:
    changing = {f"{o.family}.{o.method}" for o in operations() if o.writes}

    assert changing == {
        "points.redeem", "points.grant", "coupons.claim", "orders.request_return", "orders.cancel", "inventory.reserve",
        "appointments.book", "appointments.move", "appointments.cancel",
    }  # fmt: skip


@pytest.mark.parametrize(
    "error",
    [
        ToolRefused("full", "已约满。"),
        UnknownThing("order", "没有找到。"),
        UnknownThing("store", "没有找到这家店。", (Option("S001", "徐家汇店"),)),
        NeedLogin(),
    ],
)
def test_a_refusal_survives_the_journey_through_json(error: Any) -> None:
    read = error_from(json.loads(json.dumps(error_body(error))))

    assert type(read) is type(error)
    assert vars(read) == vars(error)


def test_a_backend_that_is_down_is_no_refusal_of_the_contract() -> None:
    with pytest.raises(TypeError):
        error_body(BackendDown("cable cut"))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(anything, anything, st.sampled_from(["refused", "unknown", "need_login", "?"]))
def test_a_422_of_any_shape_is_a_refusal_or_a_backend_that_is_down(body: Any, part: Any, kind: str) -> None:
    error = {"kind": kind, "public": "没有找到。", "suggestions": part, "slot": part, "code": part}
    answers = iter([body, {"error": body}, {"error": error}])
    backend = HttpBackend(
        MerchantSettings(base_url="http://backend.test"),
        httpx.MockTransport(lambda _: httpx.Response(422, json=next(answers))),
    )

    for _ in range(3):
        with pytest.raises((BackendDown, ToolRefused, UnknownThing, NeedLogin)):
            http_merchant(backend).stores.all()
    backend.close()


# -- the check of a backend ------------------------------------------------------------------------------------------


def failed(backend: HttpBackend, *, writes: bool = False) -> set[str]:
    return {f.name for f in Checker(backend, ME).run(writes=writes) if not f.passed}


def test_the_check_passes_on_a_backend_that_keeps_the_contract(backend: HttpBackend) -> None:
    findings = Checker(backend, ME).run(writes=True)

    assert [f for f in findings if not f.passed] == []
    assert len(findings) >= 18


def test_the_check_wants_the_key_that_the_backend_wants(demo: Merchant) -> None:
    with serving(reference_backend(demo, api_key="s3cret")) as address:
        keyless = HttpBackend(MerchantSettings(base_url=address))
        faults = failed(keyless)
        keyless.close()
        keyed = HttpBackend(MerchantSettings.model_validate({"base_url": address, "api_key": "s3cret"}))
        right = failed(keyed)
        keyed.close()

    assert "stores.all: answers in the contract's shape" in faults
    assert right == set()


def broken(demo: Merchant, path: str, answer: Callable[[dict[str, Any]], Any]) -> HttpBackend:
    """A backend in process that keeps the contract but for one operation."""
    known = {o.path: o for o in operations()}

    def handle(request: httpx.Request) -> httpx.Response:
        arguments = json.loads(request.content)
        if request.url.path == path:
            return httpx.Response(200, json=answer(arguments))
        operation = known[request.url.path]
        typed = operation.body.model_validate(arguments)
        method = getattr(getattr(demo, operation.family), operation.method)
        try:
            fact = method(**{n: getattr(typed, n) for n in operation.arguments})
        except (ToolRefused, UnknownThing, NeedLogin) as error:
            return httpx.Response(422, json=error_body(error))
        return httpx.Response(200, content=operation.reads_answer.dump_json(fact))

    return HttpBackend(MerchantSettings(base_url="http://backend.test"), httpx.MockTransport(handle))


def test_the_check_finds_a_wrong_shape(demo: Merchant) -> None:
    backend = broken(demo, "/v1/points/balance", lambda _: {"balance": "很多"})

    assert failed(backend) == {"points.balance: answers in the contract's shape"}


def test_the_check_finds_a_backend_that_leaks_orders(demo: Merchant) -> None:
    order = next(o for o in operations() if o.path == "/v1/orders/get").reads_answer
    newest = demo.orders.recent(ME, 1)[0].order_id

    def leak(arguments: dict[str, Any]) -> Any:
        return order.dump_python(demo.orders.get(ME, newest), mode="json")

    faults = failed(broken(demo, "/v1/orders/get", leak))

    assert "orders.get: another member's order looks unknown" in faults
    assert "orders.get: an unknown order is refused as unknown" in faults


@pytest.mark.parametrize(
    ("call", "write"),
    [
        ("points.redeem", lambda demo, sent, key: demo.points.redeem(ME, sent["item_id"], key)),
        ("points.grant", lambda demo, sent, key: demo.points.grant(ME, sent["points"], sent["reason"], key)),
    ],
)
def test_the_check_finds_a_backend_that_ignores_the_key(
    demo: Merchant, call: str, write: Callable[[Merchant, dict[str, Any], str], Any]
) -> None:
    path = f"/v1/{call.replace('.', '/')}"
    answer = next(o for o in operations() if o.path == path).reads_answer
    calls: list[str] = []

    def twice(arguments: dict[str, Any]) -> Any:
        calls.append("again")
        return answer.dump_python(write(demo, arguments, f"{arguments['key']}-{len(calls)}"), mode="json")

    assert failed(broken(demo, path, twice), writes=True) == {f"{call}: twice under one key has one effect"}


@pytest.mark.parametrize("number", ["138****8888", "13000000001", "1380013800"])
def test_the_check_finds_a_phone_number_that_is_masked_or_another_members(demo: Merchant, number: str) -> None:
    faults = failed(broken(demo, "/v1/membership/phone", lambda _: number))

    assert "membership.phone: by_phone finds the same member" in faults
    assert "membership.phone: none for an unknown member" in faults


def test_the_check_finds_orders_that_are_not_sorted(demo: Merchant) -> None:
    recent = next(o for o in operations() if o.path == "/v1/orders/recent").reads_answer
    backend = broken(
        demo, "/v1/orders/recent", lambda _: recent.dump_python(list(demo.orders.recent(ME, 5))[::-1], mode="json")
    )

    assert "orders.recent: newest first" in failed(backend)


# -- faults ----------------------------------------------------------------------------------------------------------


def answering(make: Callable[[httpx.Request], httpx.Response]) -> Merchant:
    return http_merchant(HttpBackend(MerchantSettings(base_url="http://backend.test"), httpx.MockTransport(make)))


def _times_out(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow", request=request)


def _refuses(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


FAULTS: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "time-out": _times_out,
    "connection refused": _refuses,
    "500": lambda _: httpx.Response(500, text="Internal Server Error"),
    "502 with HTML": lambda _: httpx.Response(502, html="<h1>Bad Gateway</h1>"),
    "200 with HTML": lambda _: httpx.Response(200, html="<html>登录</html>"),
    "200 with nothing": lambda _: httpx.Response(200),
    "204": lambda _: httpx.Response(204),
    "redirect to a login page": lambda _: httpx.Response(302, headers={"location": "/login"}),
    "401": lambda _: httpx.Response(401, json={"error": "key"}),
    "429": lambda _: httpx.Response(429),
    "garbage": lambda _: httpx.Response(200, content=b'{"balance": 12'),
    "not UTF-8": lambda _: httpx.Response(200, content=b"\xff\xfe\x00"),
    "wrong shape": lambda _: httpx.Response(200, json={"balance": "many"}),
    "null": lambda _: httpx.Response(200, json=None),
    "a list where an object belongs": lambda _: httpx.Response(200, json=[1, 2]),
    "a refusal that is none": lambda _: httpx.Response(422, json={"detail": [{"msg": "bad"}]}),
    "a 422 of garbage": lambda _: httpx.Response(422, content=b"{"),
    "oversized": lambda _: httpx.Response(200, content=b" " * (MAX_ANSWER_BYTES + 1)),
    "broken compression": lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=_Bytes(b"no gzip")),
    "cut compression": lambda _: httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=_Bytes(gzip.compress(b'{"balance": 1}')[:12])
    ),
}  # fmt: skip


class _Bytes(httpx.SyncByteStream):
    """A body as it comes over the wire: read and decoded late, unlike that of a ready-made response."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_a_backend_that_is_down(fault: str) -> None:
    merchant = answering(FAULTS[fault])

    with pytest.raises(BackendDown):
        merchant.points.balance(ME)


def test_a_connection_that_broke_is_tried_once_more_with_the_same_key() -> None:
    seen: list[dict[str, Any]] = []

    def flaky(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        if len(seen) == 1:
            raise httpx.RemoteProtocolError("closed", request=request)
        return httpx.Response(422, json=error_body(ToolRefused("points_short", "积分不够。")))

    with pytest.raises(ToolRefused):
        answering(flaky).points.redeem(ME, "PARK1", "k-flaky")

    assert [s["key"] for s in seen] == ["k-flaky", "k-flaky"]


def test_a_backend_that_accepts_and_says_nothing_is_down_in_time() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        backend = HttpBackend(MerchantSettings(base_url=address, timeout_s=0.2))

        with pytest.raises(BackendDown, match="timed out"):
            http_merchant(backend).points.balance(ME)
        backend.close()


def test_a_backend_that_hangs_up_in_the_middle_is_down() -> None:
    def hang_up(listening: socket.socket) -> None:
        for _ in range(2):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{")

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = threading.Thread(target=hang_up, args=(listening,), daemon=True)
        thread.start()
        backend = HttpBackend(MerchantSettings(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout_s=5))

        with pytest.raises(BackendDown):
            http_merchant(backend).points.balance(ME)
        thread.join(5)
        backend.close()


# -- a shopper before a backend over HTTP ----------------------------------------------------------------------------


class Switch:
    """An ASGI application that can be cut off: then every request is answered 500."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.on = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.on:
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"oops"})


@pytest.fixture
def switch(demo: Merchant) -> Switch:
    return Switch(reference_backend(demo))


@pytest.fixture
def connected(switch: Switch, folder: Path, clock: FixedClock) -> Iterator[Service]:
    """The service with its facts from a backend over HTTP."""
    with serving(switch) as address:
        settings = settings_for(folder, merchant=MerchantSettings(kind="http", base_url=address, timeout_s=5))
        made = Service(settings, clock=clock)
        yield made
        made.close()


def test_a_shopper_is_served_from_a_backend_over_http(connected: Service, demo: Merchant) -> None:
    shopper = Shopper(connected)

    shopper.say("帮我换一张停车券")
    done = shopper.say("确认")

    assert "兑换码" in done.reply.text
    assert demo.points.balance(ME).balance == 11_980


def test_a_backend_that_is_down_is_said_and_nothing_is_lost(connected: Service, switch: Switch) -> None:
    shopper = Shopper(connected)
    shopper.say("我有多少积分")
    switch.on = False

    down = shopper.say("我的会员等级是什么")
    switch.on = True
    up = shopper.say("我有多少积分")

    assert "系统暂时查不到" in down.reply.text
    assert "500" not in down.reply.text
    assert tools_of(down) == ["membership_status"]
    assert "12,480" in up.reply.text
    with connected.database.read() as connection:
        kept = [m.text for m in conversations.history(connection, down.conversation_id) if m.author == "shopper"]
    assert kept == ["我有多少积分", "我的会员等级是什么", "我有多少积分"]


def test_a_yes_while_the_backend_is_down_has_no_effect_and_says_so(
    connected: Service, switch: Switch, demo: Merchant
) -> None:
    shopper = Shopper(connected)
    shopper.say("帮我换一张停车券")
    switch.on = False

    down = shopper.hear("确认")

    assert "系统暂时查不到" in down
    assert demo.points.balance(ME).balance == 12_480


def test_a_backend_that_was_never_up_is_answered_with_an_apology(folder: Path, clock: FixedClock) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    service = Service(settings_for(folder, merchant=MerchantSettings(kind="http", base_url=nobody)), clock=clock)

    served = Shopper(service).say("我有多少积分")
    with service.database.read() as connection:
        lines = conversations.history(connection, served.conversation_id)
    service.close()

    assert "抱歉" in served.reply.text
    assert [m.author for m in lines] == ["shopper", "assistant"]
