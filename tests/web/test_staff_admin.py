"""Administration in the pages: who may, what is shown, what is done and audited."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from assistant.bootstrap import Service
from assistant.db.accounts import Search
from assistant.db.audit import Filter
from assistant.merchant.world.accounts import demo_accounts
from tests.web.staff import OURS, browser, come_in, demo_password

HEAD = "name,title,role,units,email\n"


@pytest.fixture
def admin(service: Service) -> Iterator[TestClient]:
    with browser(service) as client:
        come_in(client, service, "admin")
        yield client


def post(client: TestClient, path: str, **data: str) -> "tuple[int, str]":
    answer = client.post(path, data=data, headers=OURS)
    return answer.status_code, answer.text


@pytest.mark.parametrize("name", ["analyst", "supervisor", "agent", "east", "xujiahui", "xidan"])
def test_nobody_but_an_admin_sees_or_does_administration(service: Service, name: str) -> None:
    with browser(service) as client:
        come_in(client, service, name)
        seen = [
            client.get(p).status_code
            for p in ("/admin/accounts", "/admin/accounts/admin", "/admin/audit", "/admin/import")
        ]
        done = [
            post(client, "/admin/accounts/east/disable")[0], post(client, "/admin/accounts/east/link")[0],
            post(client, "/admin/new-account", name="evil", title="x", role="admin")[0],
            post(client, "/admin/import", text=HEAD + "evil,x,admin,G,\n", apply="yes")[0],
            post(client, f"/admin/accounts/{name}", title="x", role="admin", units="G")[0],
        ]  # fmt: skip
        page = client.get("/staff/me").text

    assert set(seen) == {403}
    assert set(done) == {403}
    assert "/admin/" not in page, "the navigation shows only what the role may"
    assert service.accounts.staff.find(name).account.role is demo_accounts()[name].role


def test_the_list_is_searched_filtered_and_paged(admin: TestClient, service: Service) -> None:
    rows = "".join(f"p{i:03},员工{i},门店员工,S001,\n" for i in range(120))
    post(admin, "/admin/import", text=HEAD + rows, apply="yes")

    first, third = admin.get("/admin/accounts").text, admin.get("/admin/accounts", params={"p": 3}).text
    found = admin.get("/admin/accounts", params={"q": "徐家汇", "role": "store_manager"}).text
    invited = admin.get("/admin/accounts", params={"state": "invited"}).text
    nothing = admin.get("/admin/accounts", params={"q": "<script>alert(1)</script>"}).text

    assert "133 个" in first
    assert 'rel="next"' in first
    assert 'rel="next"' not in third
    assert re.findall(r'href="/admin/accounts/(\w+)"', found) == ["xujiahui"]
    assert "120 个" in invited
    assert "没有找到账号" in nothing
    assert "<script>alert" not in nothing


def test_an_account_is_made_and_its_invitation_shown_once(admin: TestClient, service: Service) -> None:
    status, page = post(admin, "/admin/new-account", name="zhouya", title="周雅", role="store_manager", units="S001")
    link = re.search(r'value="(http://testserver/staff/link/[\w-]+)"', page)
    assert link is not None

    later = admin.get("/admin/accounts/zhouya").text

    assert status == 200
    assert "/staff/link/" not in later
    assert admin.get(link.group(1)).status_code == 200
    again = post(admin, "/admin/new-account", name="ZhouYa", title="周雅", role="store_manager", units="S001")
    assert (again[0], "已经有账号 zhouya" in again[1]) == (422, True)


def test_what_was_typed_wrongly_stays_in_the_form_with_the_reason(admin: TestClient) -> None:
    status, page = post(
        admin, "/admin/new-account", name="x y", title='"><script>alert(1)</script>', role="store_staff", units="火星"
    )

    assert status == 422
    assert "账号名要2到64位" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_an_account_is_changed_disabled_enabled_and_all_is_audited(admin: TestClient, service: Service) -> None:
    with browser(service) as other:
        come_in(other, service, "east")
        post(admin, "/admin/accounts/east", title="华东 新经理", role="region_manager", units="R-华东|R-华南")
        wider = other.get("/staff/me").text
        post(admin, "/admin/accounts/east/disable")
        out = other.get("/staff/me").status_code
    post(admin, "/admin/accounts/east/enable")
    log = admin.get("/admin/audit", params={"target": "east", "what": "accounts"}).text
    entries = service.accounts.staff.audit(Filter(who="admin", target="east"))

    assert "华东 新经理" in wider
    assert out == 303
    assert [e.what for e in entries][::-1] == ["accounts.change", "accounts.disable", "accounts.enable"]
    assert entries[0].ip == "testclient"
    assert all(words in log for words in ("修改账号", "停用账号", "启用账号"))


def test_a_lost_phone_a_lock_and_open_sessions_are_dealt_with(admin: TestClient, service: Service) -> None:
    with browser(service) as other:
        come_in(other, service, "east")
        for _ in range(5):
            post(other, "/staff/sign-in", name="east", password="wrong")
        locked = admin.get("/admin/accounts/east").text
        unlocked = post(admin, "/admin/accounts/east/unlock")[0]
        ended = post(admin, "/admin/accounts/east/end")[0]
        out = other.get("/staff/me").status_code
        come_in(other, service, "east")
    phone = post(admin, "/admin/accounts/east/drop-totp")[0]
    nothing = post(admin, "/admin/accounts/east/explode")[0]
    nobody = post(admin, "/admin/accounts/no.such/disable")[0]

    assert "锁定中" in locked
    assert [unlocked, ended, out, phone, nothing, nobody] == [303, 303, 303, 303, 404, 404]


def test_the_last_admin_cannot_be_disabled_or_lowered(admin: TestClient, service: Service) -> None:
    disabled = post(admin, "/admin/accounts/admin/disable")
    lowered = post(admin, "/admin/accounts/admin", title="x", role="store_staff", units="")

    assert (disabled[0], lowered[0]) == (409, 422)
    assert "最后一个" in disabled[1]
    assert "最后一个" in lowered[1]
    assert admin.get("/admin/accounts").status_code == 200


def test_a_list_is_shown_first_and_then_taken_in(admin: TestClient, service: Service) -> None:
    text = HEAD + "new.one,新人,店长,S001,\nbad,坏行,king,S001,\n"
    file = {"file": ("list.csv", text.encode("gb18030"), "text/csv")}

    dry = admin.post("/admin/import", files=file, headers=OURS).text
    before = service.accounts.staff.page(Search("new.one"))[1]
    done = post(admin, "/admin/import", text=text, apply="yes")[1]
    again = post(admin, "/admin/import", text=text)[1]

    assert before == 0
    assert "还没有动手" in dry
    assert "没有“king”这个角色" in dry
    assert re.search(r"new\.one,http://testserver/staff/link/[\w-]+", done)
    assert "没有要做的改动" in again


@pytest.mark.parametrize("text", ["", "hello", "name,title\na,b\n", '"unfinished'])
def test_a_list_that_is_none_is_refused_in_a_sentence(admin: TestClient, text: str) -> None:
    status, page = post(admin, "/admin/import", text=text)

    assert status == 422
    assert 'role="alert"' in page


def test_a_list_of_ten_thousand_fits_and_a_huge_one_does_not(admin: TestClient, service: Service) -> None:
    rows = "".join(f"p{i},员工 第{i}号,门店员工,S001|S003,p{i}@example.com\n" for i in range(10_000))
    file = {"file": ("list.csv", (HEAD + rows).encode(), "text/csv")}
    huge = {"file": ("list.csv", b"x" * 5_000_000, "text/csv")}

    dry = admin.post("/admin/import", files=file, headers=OURS)
    applied = admin.post("/admin/import", files=file, data={"apply": "yes"}, headers=OURS)
    refused = admin.post("/admin/import", files=huge, headers=OURS)

    assert (dry.status_code, applied.status_code, refused.status_code) == (200, 200, 413)
    assert "10,000" in applied.text
    assert service.accounts.staff.find("p9999").account.units == ("S001", "S003")


def test_the_audit_log_is_filtered_by_day_and_paged(admin: TestClient, service: Service) -> None:
    rows = "".join(f"p{i},员工{i},门店员工,S001,\n" for i in range(60))
    post(admin, "/admin/import", text=HEAD + rows, apply="yes")

    page = admin.get("/admin/audit", params={"what": "accounts"}).text
    older = re.search(r'rel="next" href="([^"]+)"', page)
    assert older is not None
    second = admin.get("/admin/audit" + older.group(1).replace("&amp;", "&")).text
    other_day = admin.get("/admin/audit", params={"day": "2020-01-01"}).text
    no_day = admin.get("/admin/audit", params={"day": "yesterday"})

    assert "导入名单" in page
    assert "导入名单" not in second
    assert "没有记录" in other_day
    assert no_day.status_code == 400


def test_ones_own_tokens_and_sessions_are_managed(service: Service) -> None:
    with browser(service) as client, browser(service) as other:
        come_in(client, service, "east")
        come_in(other, service, "east")
        made = post(client, "/staff/me/tokens", name="日报", days="30")[1]
        bad = post(client, "/staff/me/tokens", name="", days="30")[0]
        ended = post(client, "/staff/me/sessions/others")[0]
        out = other.get("/staff/me").status_code
        token = re.search(r'value="(zk_[\w-]+)"', made)
        assert token is not None
        me = client.get("/staff/me").text
        row = service.accounts.sessions.tokens_of(service.accounts.staff.find("east").id)[0]
        dropped = post(client, f"/staff/me/tokens/{row.id}")[0]
        theirs = post(client, "/staff/me/sessions/of-somebody-else")[0]

    assert token.group(1) not in me
    assert [bad, ended, out, dropped, theirs] == [422, 303, 303, 303, 404]
    assert service.accounts.sessions.by_token(token.group(1)) is None


def test_a_wrong_password_is_asked_for_few_times_inside_too(service: Service) -> None:
    with browser(service) as client:
        come_in(client, service, "east")
        statuses = [post(client, "/staff/me/totp/start", password="guess")[0] for _ in range(10)]
        right = post(client, "/staff/me/totp/start", password=demo_password(service))

    assert set(statuses) == {422}
    assert "试得太多" in right[1]
