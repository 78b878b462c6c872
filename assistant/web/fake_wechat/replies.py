"""Reads what the callback answered: silence, a passive reply, or something that WeChat does not accept."""

from typing import Any

from assistant.web.fake_wechat import crypto, rules, wire
from assistant.web.fake_wechat.codes import Refused
from assistant.web.fake_wechat.records import Account

# MsgType of a passive reply: the element that holds it, and its name in a customer message
_PARTS = {"image": "Image", "voice": "Voice", "video": "Video", "music": "Music"}


class BadReply(Exception):
    """WeChat does not accept this answer and shows its notice. The text says why."""


def read_reply(account: Account, body: bytes, pushed: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """(kind, content as in a customer message), or None for silence. Raises BadReply."""
    if body in (b"", b"success"):
        return None
    try:
        fields = wire.read(body.decode())
    except (UnicodeDecodeError, wire.Malformed) as error:
        raise BadReply(str(error)) from error
    if "Encrypt" in fields:
        fields = _opened(account, fields)
    elif account.mode == "safe":
        raise BadReply("a plain reply in safe mode")
    _check_head(fields, pushed)
    try:
        return _content(fields, is_event=pushed.get("MsgType") == "event")
    except Refused as refused:
        raise BadReply(refused.message) from refused


def _opened(account: Account, fields: dict[str, Any]) -> dict[str, Any]:
    if account.mode == "plain":
        raise BadReply("an encrypted reply in plain mode")
    sealed, signed = str(fields["Encrypt"]), str(fields.get("MsgSignature", ""))
    stamp, nonce = str(fields.get("TimeStamp", "")), str(fields.get("Nonce", ""))
    if not stamp.isdigit() or not nonce:
        raise BadReply("TimeStamp or Nonce is missing")
    if not crypto.same(signed, crypto.signature(account.token, stamp, nonce, sealed)):
        raise BadReply("MsgSignature does not fit")
    try:
        return wire.read(crypto.decrypt(account.aes_key, account.appid, sealed))
    except (crypto.BadCipher, wire.Malformed) as error:
        raise BadReply(str(error)) from error


def _check_head(fields: dict[str, Any], pushed: dict[str, Any]) -> None:
    if fields.get("ToUserName") != pushed["FromUserName"] or fields.get("FromUserName") != pushed["ToUserName"]:
        raise BadReply("ToUserName and FromUserName must be those of the push, swapped")
    if not str(fields.get("CreateTime", "")).isdigit():
        raise BadReply("CreateTime is not a number")


def _content(fields: dict[str, Any], *, is_event: bool) -> tuple[str, dict[str, Any]]:
    kind = str(fields.get("MsgType", ""))
    if kind == "text":
        return kind, {"content": rules.text_fits(fields.get("Content"))}
    if kind == "news":
        return kind, {"articles": _articles(fields, is_event=is_event)}
    if kind == "transfer_customer_service":
        return kind, {}
    if kind not in _PARTS:
        raise BadReply(f"MsgType {kind!r} is unknown")
    part = fields.get(_PARTS[kind])
    if not isinstance(part, dict) or not (part.get("MediaId") or kind == "music"):
        raise BadReply(f"<{_PARTS[kind]}> has no MediaId")
    content = {
        "media_id": part.get("MediaId", ""),
        "title": part.get("Title", ""),
        "description": part.get("Description", ""),
    }
    return kind, content


def _articles(fields: dict[str, Any], *, is_event: bool) -> list[dict[str, str]]:
    inside = fields.get("Articles")
    items = inside.get("item") if isinstance(inside, dict) else None
    items = items if isinstance(items, list) else [items]
    most = rules.NEWS_IN_REPLY_TO_EVENT if is_event else rules.NEWS_IN_REPLY_TO_MESSAGE
    if str(fields.get("ArticleCount", "")) != str(len(items)) or len(items) > most:
        raise BadReply("ArticleCount does not fit the articles, or there are too many")
    names = {"Title": "title", "Description": "description", "PicUrl": "picurl", "Url": "url"}
    articles = [{new: str(item.get(old, "")) for old, new in names.items()} for item in items if isinstance(item, dict)]
    if len(articles) != len(items) or not all(a["title"] for a in articles):
        raise BadReply("an article has no title")
    return articles
