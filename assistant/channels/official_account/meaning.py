"""What a push means: a message for the conversation, a contact that opens a window, a change of what is kept.

Unknown types and events are tolerated: they mean nothing, and are counted by name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from assistant.channels.official_account import CHANNEL
from assistant.channels.official_account.crypto import BadPush
from assistant.channels.official_account.push import Push
from assistant.domain.message import Inbound
from assistant.domain.shopper import Identity

TAPS = {"CLICK", "scancode_push", "scancode_waitmsg", "SCAN", "subscribe"}  # open the short window
SILENT = {
    "VIEW", "view_miniprogram", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select",
    "TEMPLATESENDJOBFINISH", "MASSSENDJOBFINISH", "user_info_modified", "kf_switch_session", "subscribe_msg_sent_event",
}  # fmt: skip
HOLDERS = {"kf_create_session": "person", "kf_close_session": "assistant"}
ERASING = {"user_authorization_revoke", "user_authorization_cancellation"}
AUTHORISATIONS = {*ERASING, "user_info_modified"}
# What somebody may take back by itself (`RevokeInfo`): address, invoice data, cards, microphone, name and picture,
# position, chosen pictures. Of these only the position is ever asked for; another number takes back everything.
PERMISSIONS = {"201", "202", "203", "204", "205", "206", "207"}
POSITION = "206"
CONSENTS = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
}
_SAFE_NAME = 40


@dataclass(frozen=True)
class Meaning:
    """`name` counts it; `key` is the same for each delivery; the rest is what is to be done, and nothing where empty."""

    name: str
    openid: str
    key: str
    inbound: Inbound | None = None
    trigger: str = ""
    subscribed: bool | None = None
    scene: str | None = None
    lat: float | None = None
    lng: float | None = None
    consents: Mapping[str, bool] = field(default_factory=dict)
    holder: str | None = None
    erase: bool = False
    displaced: bool = False
    failed_notice: str = ""


def read(push: Push, app: str, now: datetime, *, window: timedelta) -> Meaning:
    """The meaning of a push. Raises BadPush where there is no sender. `window`: how long WeChat waits for an answer."""
    openid, kind = _whom(push), push.text("MsgType")
    if not openid or len(openid) > 128 or "\0" in openid or not kind:
        raise BadPush("no_sender")
    if kind == "event":
        return _event(push, app, openid, now, window)
    identity = Identity(CHANNEL, app, openid)
    inbound = _message(push, kind, Inbound(identity, _message_key(push, app, openid), "", now, reply_by=now + window))
    if inbound is None:
        return Meaning(f"message:unknown:{kind[:_SAFE_NAME]}", openid, _message_key(push, app, openid))
    trigger = "tap" if inbound.value else "message"  # a tapped choice sends its words, but gives the rights of a tap
    return Meaning(
        f"message:{kind}", openid, inbound.dedup_key, inbound,
        trigger=trigger, subscribed=True, lat=inbound.lat, lng=inbound.lng,
    )  # fmt: skip


def _whom(push: Push) -> str:
    """Whom a push is about. What concerns an authorisation comes from the platform itself, and names the shopper apart."""
    named = push.text("OpenID") if push.text("Event") in AUTHORISATIONS else ""
    return named or push.text("FromUserName")


def _message_key(push: Push, app: str, openid: str) -> str:
    number = push.text("MsgId")
    if number.strip("0"):
        return f"oa:{app}:{openid}:{number[:40]}"
    content = repr(sorted(push.fields.items(), key=lambda item: item[0]))
    return f"oa:{app}:{openid}:{push.text('CreateTime')[:12]}:{sha256(content.encode()).hexdigest()[:16]}"


def _message(push: Push, kind: str, blank: Inbound) -> Inbound | None:
    media = push.text("MediaId")[:250]
    match kind:
        case "text":
            words = push.text("Content").replace("\0", "")
            return replace(blank, text=words, value=push.text("bizmsgmenuid")[:64])
        case "image":
            return replace(blank, kind="image", text="[图片]", media=media)
        case "voice":
            heard = push.text("Recognition").strip()  # accounts that had it on before it was withdrawn
            if heard:
                return replace(blank, text=heard)
            return replace(blank, kind="voice", text="[语音]", media=media)
        case "video" | "shortvideo":
            return replace(blank, kind="video", text="[视频]", media=media)
        case "file":
            return replace(blank, kind="file", text=f"[文件] {push.text('Title')}".strip())  # no way to fetch it
        case "location":
            lat, lng = push.number("Location_X"), push.number("Location_Y")
            if not _on_earth(lat, lng):
                return replace(blank, kind="location", text="[位置]")
            return replace(blank, kind="location", text=f"[位置] {push.text('Label')}".strip(), lat=lat, lng=lng)
        case "link":
            return replace(blank, kind="link", text=f"[链接] {push.text('Title')} {push.text('Url')}".strip())
    return None


def _on_earth(lat: float | None, lng: float | None) -> bool:
    return lat is not None and lng is not None and abs(lat) <= 90 and abs(lng) <= 180


def _event(push: Push, app: str, openid: str, now: datetime, window: timedelta) -> Meaning:
    name, detail = push.text("Event"), push.text("EventKey")
    key = f"oa:{openid}:{push.text('CreateTime')[:12]}:{name[:_SAFE_NAME]}:{detail[:64]}"
    blank = Inbound(Identity(CHANNEL, app, openid), key, "", now, reply_by=now + window)
    meaning = Meaning(f"event:{name}", openid, key, trigger="tap" if name in TAPS else "")
    match name:
        case "subscribe" | "SCAN":
            scene = detail.removeprefix("qrscene_")
            kind = "welcome" if name == "subscribe" else "scan"
            return replace(
                meaning, subscribed=True, scene=scene[:64] or None,
                inbound=replace(blank, kind=kind, text="[关注]" if kind == "welcome" else "[扫码]", value=scene[:64]),
            )  # fmt: skip
        case "unsubscribe":
            return replace(meaning, subscribed=False)
        case "CLICK":
            inbound = replace(blank, kind="tap", text="[菜单]", value=detail[:128])
            return replace(meaning, subscribed=True, inbound=inbound)
        case "scancode_waitmsg" | "scancode_push":
            scanned = push.fields.get("ScanCodeInfo")
            result = str(scanned.get("ScanResult", "")) if isinstance(scanned, dict) else ""
            return replace(meaning, inbound=replace(blank, kind="scan", text="[扫码]", value=result[:64]))
        case "LOCATION":
            lat, lng = push.number("Latitude"), push.number("Longitude")
            return replace(meaning, lat=lat, lng=lng) if _on_earth(lat, lng) else meaning
        case "TEMPLATESENDJOBFINISH":
            ok = push.text("Status") == "success"
            return meaning if ok else replace(meaning, failed_notice=push.text("Status")[:80])
    if name in CONSENTS:
        return replace(meaning, consents=_consents(push.fields.get(CONSENTS[name])))
    if name in HOLDERS:
        return replace(meaning, holder=HOLDERS[name])
    if name in ERASING:
        taken = set(re.findall(r"\d+", push.text("RevokeInfo")))
        some = name == "user_authorization_revoke" and bool(taken) and taken <= PERMISSIONS
        return replace(meaning, erase=not some, displaced=some and POSITION in taken)
    if name in SILENT:
        return meaning
    return replace(meaning, name=f"event:unknown:{name[:_SAFE_NAME]}")


def _consents(found: Any) -> dict[str, bool]:
    """XML wraps the answers in one or more `List`; JSON gives a list under the same name."""
    if isinstance(found, dict):
        found = found.get("List", found)
    answers = found if isinstance(found, list) else [found]
    return {
        str(a["TemplateId"])[:64]: a.get("SubscribeStatusString") == "accept"
        for a in answers
        if isinstance(a, dict) and a.get("TemplateId")
    }
