"""Web authorisation and phone numbers: codes that work once."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from assistant.clock import FixedClock
from assistant.web.fake_wechat import FakeWeChat
from tests.web.wechat import OPENID, Service, callback, service, wechat

__all__ = ["callback", "service", "wechat"]


# -- web authorisation -------------------------------------------------------------------------------------------------


def agree(service: Service, path: str, *, yes: bool = True) -> dict[str, list[str]]:
    page = service.http.get(path).text
    link = next(part for part in page.split('"') if f"agree={str(yes).lower()}" in part)
    gone = service.http.get(link.replace("&amp;", "&"), follow_redirects=False)
    return parse_qs(urlsplit(gone.headers["location"]).query)


def test_a_user_who_agrees_brings_a_code_that_works_once(wechat: FakeWeChat, service: Service) -> None:
    path = wechat.phone(OPENID).authorize_path("https://shop.cn/back?a=1", state="s1")

    brought = agree(service, path)
    query = {"appid": wechat.account.appid, "secret": wechat.account.secret, "code": brought["code"][0],
             "grant_type": "authorization_code"}  # fmt: skip
    token, again = (service.http.get("/sns/oauth2/access_token", params=query).json() for _ in range(2))
    who = service.http.get("/sns/userinfo", params={"access_token": token["access_token"], "openid": OPENID}).json()

    assert (brought["state"], brought["a"]) == (["s1"], ["1"])
    assert (token["openid"], who["nickname"], who["unionid"]) == (OPENID, "小雨", token["unionid"])
    assert again["errcode"] == 40163


def test_a_user_who_declines_brings_the_state_alone(wechat: FakeWeChat, service: Service) -> None:
    brought = agree(service, wechat.phone(OPENID).authorize_path("https://shop.cn/back", state="s1"), yes=False)

    assert brought == {"state": ["s1"]}


def test_the_silent_scope_gives_the_openid_and_nothing_more(wechat: FakeWeChat, service: Service) -> None:
    path = wechat.phone(OPENID).authorize_path("https://shop.cn/back", scope="snsapi_base", state="s")
    gone = service.http.get(path, follow_redirects=False)
    code = parse_qs(urlsplit(gone.headers["location"]).query)["code"][0]
    query = {"appid": wechat.account.appid, "secret": wechat.account.secret, "code": code,
             "grant_type": "authorization_code"}  # fmt: skip

    token = service.http.get("/sns/oauth2/access_token", params=query).json()

    assert token["openid"] == OPENID
    assert "unionid" not in token
    who = service.http.get("/sns/userinfo", params={"access_token": token["access_token"], "openid": OPENID}).json()
    assert who["errcode"] == 48001


def test_codes_run_out_and_invented_ones_do_not_work(wechat: FakeWeChat, service: Service, clock: FixedClock) -> None:
    code = wechat.phone(OPENID).oauth_code()
    query = {"appid": wechat.account.appid, "secret": wechat.account.secret, "grant_type": "authorization_code"}
    clock.advance(timedelta(minutes=5))

    late = service.http.get("/sns/oauth2/access_token", params={**query, "code": code}).json()
    invented = service.http.get("/sns/oauth2/access_token", params={**query, "code": "x"}).json()

    assert (late["errcode"], invented["errcode"]) == (42003, 40029)


def test_the_authorisation_page_wants_its_parameters_in_order(wechat: FakeWeChat, service: Service) -> None:
    path = wechat.phone(OPENID).authorize_path("https://shop.cn/back")
    head, _, query = path.partition("?")
    turned = "&".join(reversed(query.split("&")))

    assert service.http.get(path).status_code == 200
    assert service.http.get(f"{head}?{turned}").status_code == 400
    assert service.http.get(path.replace("snsapi_userinfo", "snsapi_login")).status_code == 400


def test_a_phone_number_comes_for_a_code_of_the_mini_program(wechat: FakeWeChat, service: Service) -> None:
    phone = wechat.phone(OPENID)
    phone.user.phone_number = "13800010001"
    code = phone.phone_number_code()

    told, again = (service.post("/wxa/business/getuserphonenumber", {"code": code}) for _ in range(2))

    assert told["phone_info"]["purePhoneNumber"] == "13800010001"
    assert again["errcode"] == 40029
