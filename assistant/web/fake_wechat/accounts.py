"""Tokens, menu, codes, users, files, quotas: the rest of the account's API."""

from datetime import timedelta
from typing import Any

from assistant.web.fake_wechat import menus, rules
from assistant.web.fake_wechat.calls import ApiAnswer, ApiRequest
from assistant.web.fake_wechat.codes import Refused
from assistant.web.fake_wechat.messages import OK
from assistant.web.fake_wechat.platform import FakeWeChat

CALLBACK_IPS = ["101.226.103.0/25", "127.0.0.1"]


def token(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/token"""
    _check_secret(wechat, request.query)
    with wechat.lock:
        value, seconds = wechat.tokens.plain(wechat.now())
    return {"access_token": value, "expires_in": seconds}


def stable_token(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/stable_token"""
    body = request.json()
    _check_secret(wechat, body)
    with wechat.lock:
        value, seconds = wechat.tokens.stable(wechat.now(), force=body.get("force_refresh") is True)
    return {"access_token": value, "expires_in": seconds}


def _check_secret(wechat: FakeWeChat, given: Any) -> None:
    if given.get("grant_type") != "client_credential":
        raise Refused(40002)
    if not given.get("appid"):
        raise Refused(41002)
    if given["appid"] != wechat.account.appid:
        raise Refused(40013)
    if not given.get("secret"):
        raise Refused(41004)
    if given["secret"] != wechat.account.secret:
        raise Refused(40001, "invalid appsecret", blame=True)


def callback_ip(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/getcallbackip"""
    return {"ip_list": CALLBACK_IPS}


# -- menu -------------------------------------------------------------------------------------------------------------


def create_menu(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/menu/create"""
    if rb"\u" in request.body:
        raise Refused(40033)
    buttons = menus.check_menu(request.json(), verified=wechat.account.verified)
    with wechat.lock:
        wechat.menu = buttons
        wechat.happened("menu")
    return OK


def get_menu(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/menu/get"""
    if not wechat.menu:
        raise Refused(46003)
    return menus.as_created(wechat.menu)


def delete_menu(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/menu/delete"""
    with wechat.lock:
        wechat.menu = []
        wechat.happened("menu")
    return OK


def selfmenu(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/get_current_selfmenu_info"""
    return menus.as_shown(wechat.menu)


# -- codes and users --------------------------------------------------------------------------------------------------


def create_qr(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/qrcode/create"""
    body = request.json()
    action = body.get("action_name")
    if action not in ("QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"):
        raise Refused(40052)
    lasting = action.startswith("QR_LIMIT")
    scene = _scene(body.get("action_info"), by_name=action.endswith("STR_SCENE"), lasting=lasting)
    seconds = body.get("expire_seconds", rules.QR_DEFAULT_S)
    if not lasting and (not isinstance(seconds, int) or not 1 <= seconds <= rules.QR_LONGEST_S):
        raise Refused(40053)
    with wechat.lock:
        if lasting and sum(c.until is None for c in wechat.qr_codes.values()) >= rules.PERMANENT_QR_CODES:
            raise Refused(45009)
        code = wechat.add_qr(scene, None if lasting else timedelta(seconds=seconds))
    return {"ticket": code.ticket, "url": code.url, **({} if lasting else {"expire_seconds": seconds})}


def _scene(info: Any, *, by_name: bool, lasting: bool) -> str:
    scene = info.get("scene") if isinstance(info, dict) else None
    if not isinstance(scene, dict):
        raise Refused(40053)
    if by_name:
        name = scene.get("scene_str")
        if not isinstance(name, str) or not 1 <= len(name) <= 64:
            raise Refused(40053)
        return name
    number = scene.get("scene_id")
    if not isinstance(number, int) or not 1 <= number <= (100_000 if lasting else 2**32 - 1):
        raise Refused(40053)
    return str(number)


def user_info(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/user/info: no nickname and no picture since December 2021."""
    with wechat.lock:
        user = wechat.user(request.query.get("openid"))
        if user.subscribed_at is None:
            return {"subscribe": 0, "openid": user.openid, "unionid": user.unionid}
        scene = user.scene
        return {
            "subscribe": 1, "openid": user.openid, "nickname": "", "sex": 0, "language": "zh_CN", "city": "",
            "province": "", "country": "", "headimgurl": "", "subscribe_time": int(user.subscribed_at.timestamp()),
            "unionid": user.unionid, "remark": "", "groupid": 0, "tagid_list": [],
            "subscribe_scene": "ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_SEARCH",
            "qr_scene": int(scene) if scene.isdigit() else 0, "qr_scene_str": "" if scene.isdigit() else scene,
        }  # fmt: skip


# -- files ------------------------------------------------------------------------------------------------------------


def upload_media(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/media/upload"""
    if request.upload is None:
        raise Refused(41005)
    kind, (_, content_type, data) = request.query.get("type", ""), request.upload
    rules.media_fits(kind, data)
    kept = wechat.keep_media(kind, data, content_type)
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, name: kept.id, "created_at": int(wechat.now().timestamp())}


def get_media(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any] | ApiAnswer:
    """/cgi-bin/media/get: the bytes; of a video, where it is."""
    kept = wechat.find_media(request.query.get("media_id"))
    if kept.kind == "video":
        return {"video_url": f"{wechat.public_url}/phone/media/{kept.id}"}
    name = f'attachment; filename="{kept.id[:12]}.{kept.content_type.rpartition("/")[2]}"'
    return ApiAnswer(kept.data, headers={"content-type": kept.content_type, "content-disposition": name})


# -- quotas -----------------------------------------------------------------------------------------------------------


def get_quota(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/openapi/quota/get"""
    path = str(request.json().get("cgi_path", ""))
    if path.startswith("/sns/"):
        raise Refused(76022)
    if path not in wechat.daily and not path.startswith("/cgi-bin/"):
        raise Refused(76021)
    limit, used = wechat.daily_limit(path), wechat.used(path)
    answer: dict[str, Any] = {**OK, "quota": {"daily_limit": limit, "used": used, "remain": max(0, limit - used)}}
    if path in wechat.per_minute:
        answer["rate_limit"] = {"call_count": wechat.per_minute[path], "refresh_second": 60}
    return answer


def clear_quota(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/clear_quota"""
    if request.json().get("appid") != wechat.account.appid:
        raise Refused(40013)
    wechat.clear_counts()
    return OK
