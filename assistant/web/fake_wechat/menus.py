"""The custom menu: what may be created, and how it is given back (api_createcustommenu, api_getcurrentselfmenuinfo)."""

from typing import Any

from assistant.web.fake_wechat.codes import Refused

BUTTONS, SUB_BUTTONS = 3, 5
NAME_BYTES, SUB_NAME_BYTES, KEY_BYTES, URL_BYTES = 16, 60, 128, 1024
KEYED = frozenset({"click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin",
                   "location_select"})  # fmt: skip
WITH_MEDIA = {"media_id": "media_id", "view_limited": "media_id", "article_id": "article_id",
              "article_view_limited": "article_id"}  # fmt: skip


def check_menu(body: Any, *, verified: bool) -> list[dict[str, Any]]:
    """The buttons of a menu that may be created. Refuses with the code that WeChat gives the first fault."""
    buttons = body.get("button") if isinstance(body, dict) else None
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTONS:
        raise Refused(40016)
    for button in buttons:
        _check_name(button, NAME_BYTES, 40018)
        below = button.get("sub_button") or []
        if not below:
            _check_action(button, (40017, 40019, 40020, 40055), verified)
            continue
        if not isinstance(below, list) or len(below) > SUB_BUTTONS:
            raise Refused(40023)
        for leaf in below:
            _check_name(leaf, SUB_NAME_BYTES, 40025)
            if leaf.get("sub_button"):
                raise Refused(40022)
            _check_action(leaf, (40024, 40026, 40027, 40054), verified)
    return buttons


def _check_name(button: Any, most: int, code: int) -> None:
    name = button.get("name") if isinstance(button, dict) else None
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= most:
        raise Refused(code)


def _check_action(button: dict[str, Any], codes: tuple[int, int, int, int], verified: bool) -> None:
    bad_type, bad_key, bad_url, bad_domain = codes
    kind = button.get("type")
    if kind in KEYED:
        if not 1 <= len(str(button.get("key", "")).encode()) <= KEY_BYTES:
            raise Refused(bad_key)
    elif kind in ("view", "miniprogram"):
        if kind == "miniprogram":
            _check_mini_program(button, verified)
        url = str(button.get("url", ""))
        if not 1 <= len(url.encode()) <= URL_BYTES:
            raise Refused(bad_url)
        if not url.startswith(("http://", "https://")):
            raise Refused(bad_domain)
    elif kind in WITH_MEDIA:
        if not button.get(WITH_MEDIA[kind]):
            raise Refused(40007)
    else:
        raise Refused(bad_type)


def _check_mini_program(button: dict[str, Any], verified: bool) -> None:
    if not verified:
        raise Refused(40119)
    if not str(button.get("appid", "")).startswith("wx") or not button.get("pagepath"):
        raise Refused(40013)


def as_created(buttons: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer of menu/get."""
    return {"menu": {"button": [{**b, "sub_button": b.get("sub_button") or []} for b in buttons]}}


def as_shown(buttons: list[dict[str, Any]]) -> dict[str, Any]:
    """The answer of get_current_selfmenu_info."""
    shown = []
    for button in buttons:
        below = button.get("sub_button") or []
        shown.append({"name": button["name"], "sub_button": {"list": below}} if below else button)
    return {"is_menu_open": int(bool(buttons)), "selfmenu_info": {"button": shown}}


def leaves(buttons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The buttons that do something when tapped."""
    return [leaf for button in buttons for leaf in (button.get("sub_button") or [button])]
