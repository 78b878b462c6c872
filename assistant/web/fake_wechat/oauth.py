"""Web authorisation and the mini program's phone number: codes that work once, for five minutes."""

import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from assistant.web.fake_wechat import rules
from assistant.web.fake_wechat.calls import ApiRequest
from assistant.web.fake_wechat.codes import Refused
from assistant.web.fake_wechat.messages import OK
from assistant.web.fake_wechat.platform import FakeWeChat

SCOPES = ("snsapi_base", "snsapi_userinfo")
ORDER = ("appid", "redirect_uri", "response_type", "scope", "state")


def fault_of(wechat: FakeWeChat, query: list[tuple[str, str]]) -> str:
    """Why the authorisation page does not open, in the user's words; empty where it does."""
    account, given = wechat.account, dict(query)
    known = [name for name, _ in query if name in ORDER]
    if not rules.may_call("/connect/oauth2/authorize", account.kind, account.verified):
        return "该公众号没有网页授权权限"
    if known != [name for name in ORDER if name in known] or given.get("response_type") != "code":
        return "该链接无法访问：参数不全或顺序不对"
    if given.get("appid") != account.appid:
        return "AppID 参数错误"
    if given.get("scope") not in SCOPES:
        return "Scope 参数错误或没有 Scope 权限"
    target = urlsplit(given.get("redirect_uri", ""))
    if target.scheme not in ("http", "https") or (account.oauth_domain and target.hostname != account.oauth_domain):
        return "redirect_uri 域名与后台配置不一致"
    return ""


def redirected(redirect_uri: str, state: str, code: str = "") -> str:
    """Where the browser goes: with the code, or, declined, with the state alone."""
    target = urlsplit(redirect_uri)
    added = ([("code", code)] if code else []) + [("state", state)]
    query = urlencode([*parse_qsl(target.query, keep_blank_values=True), *added])
    return urlunsplit(target._replace(query=query))


def access_token(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/sns/oauth2/access_token"""
    given = request.query
    if given.get("appid") != wechat.account.appid:
        raise Refused(40013)
    if given.get("secret") != wechat.account.secret:
        raise Refused(40001, "invalid appsecret", blame=True)
    if given.get("grant_type") != "authorization_code":
        raise Refused(40002)
    code = _use(wechat, given.get("code"), "oauth")
    value = f"sns_{secrets.token_urlsafe(48)}"
    with wechat.lock:
        until = wechat.now() + rules.TOKEN_LIVES
        wechat.oauth_tokens[value] = {"openid": code["openid"], "scope": code["scope"], "until": until}
        unionid = wechat.users[code["openid"]].unionid
    answer = {"access_token": value, "expires_in": 7200, "refresh_token": f"refresh_{secrets.token_urlsafe(48)}",
              "openid": code["openid"], "scope": code["scope"]}  # fmt: skip
    return answer | ({"unionid": unionid} if code["scope"] == "snsapi_userinfo" else {})


def user_info(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/sns/userinfo: name and picture only, for users who agreed."""
    value = request.query.get("access_token")
    if not value:
        raise Refused(41001)
    known = wechat.oauth_tokens.get(value)
    if known is None:
        raise Refused(40001, blame=True)
    if wechat.now() >= known["until"]:
        raise Refused(42001)
    if known["openid"] != request.query.get("openid"):
        raise Refused(40003)
    if known["scope"] != "snsapi_userinfo":
        raise Refused(48001)
    user = wechat.user(known["openid"])
    return {"openid": user.openid, "nickname": user.name, "sex": 0, "province": "", "city": "", "country": "",
            "headimgurl": f"{wechat.public_url}/phone/face/{user.openid}", "privilege": [],
            "unionid": user.unionid}  # fmt: skip


def phone_number(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/wxa/business/getuserphonenumber"""
    code = _use(wechat, request.json().get("code"), "phone")
    number = wechat.users[code["openid"]].phone_number
    if not number:
        raise Refused(-1)
    mark = {"timestamp": int(wechat.now().timestamp()), "appid": wechat.account.appid}
    told = {"phoneNumber": number, "purePhoneNumber": number, "countryCode": "86", "watermark": mark}
    return {**OK, "phone_info": told}


def _use(wechat: FakeWeChat, value: Any, purpose: str) -> dict[str, Any]:
    if not value:
        raise Refused(41008)
    with wechat.lock:
        code = wechat.codes.get(str(value))
        if code is None or code["for"] != purpose:
            raise Refused(40029)
        if code["used"]:
            raise Refused(40163 if purpose == "oauth" else 40029)
        if wechat.now() - code["until"] >= timedelta(0):
            raise Refused(42003 if purpose == "oauth" else 40029)
        code["used"] = True
        return code
