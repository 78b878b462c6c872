"""What an account sends: customer messages, typing, template messages, subscription notices."""

from collections.abc import Callable
from typing import Any

from assistant.web.fake_wechat import rules
from assistant.web.fake_wechat.calls import ApiRequest
from assistant.web.fake_wechat.codes import Refused
from assistant.web.fake_wechat.platform import FakeWeChat
from assistant.web.fake_wechat.push import push_fields
from assistant.web.fake_wechat.records import Template, User

OK = {"errcode": 0, "errmsg": "ok"}
MENU_CHOICES = 10  # more are not shown


def send_custom(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/message/custom/send"""
    body = request.json()
    kind = body.get("msgtype")
    with wechat.lock:
        user = wechat.user(body.get("touser"))
        _must_be_reachable(user, canceled=45015)
        if not isinstance(kind, str) or kind not in _CONTENTS:
            raise Refused(40008)
        part = body.get(kind)
        if not isinstance(part, dict):
            raise Refused(44004)
        content = _CONTENTS[kind](wechat, part)
        user.allowance = rules.spent(user.allowance, wechat.now())
        user.last_contact = wechat.now()
        if rb"\u" in request.body:
            content = _literal(content)
            wechat.violated(request.path, 0, "escaped characters: the phone shows them as \\uXXXX")
        context = body.get("aimsgcontext")
        ai = isinstance(context, dict) and context.get("is_ai_msg") == 1
        wechat.show(user.openid, "account", kind, content, "customer", ai=ai)
    return OK


def _must_be_reachable(user: User, *, canceled: int) -> None:
    if user.limited:
        raise Refused(50002)
    if user.blacklisted:
        raise Refused(43019)
    if not user.subscribed:
        raise Refused(canceled if user.ever_subscribed else 43004, blame=False)


def _literal(value: Any) -> Any:
    """Text as a phone shows it that got it escaped."""
    if isinstance(value, dict):
        return {name: _literal(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_literal(inner) for inner in value]
    return value.encode("ascii", "backslashreplace").decode() if isinstance(value, str) else value


def _text(_: FakeWeChat, part: dict[str, Any]) -> dict[str, Any]:
    return {"content": rules.text_fits(part.get("content"))}


Check = Callable[[FakeWeChat, dict[str, Any]], dict[str, Any]]


def _file(kind: str) -> Check:
    def check(wechat: FakeWeChat, part: dict[str, Any]) -> dict[str, Any]:
        wechat.find_media(part.get("media_id"), kind)
        return {
            "media_id": part["media_id"],
            "title": str(part.get("title", "")),
            "description": str(part.get("description", "")),
        }

    return check


def _news(_: FakeWeChat, part: dict[str, Any]) -> dict[str, Any]:
    articles = part.get("articles")
    if not isinstance(articles, list) or not articles:
        raise Refused(44004)
    if len(articles) > rules.NEWS_IN_CUSTOMER_MESSAGE:
        raise Refused(45008)
    article = articles[0]
    if not isinstance(article, dict) or not article.get("title"):
        raise Refused(44004)
    if not str(article.get("url", "")).startswith(("http://", "https://")):
        raise Refused(40066)
    return {"articles": [{k: str(article.get(k, "")) for k in ("title", "description", "url", "picurl")}]}


def _msgmenu(_: FakeWeChat, part: dict[str, Any]) -> dict[str, Any]:
    choices = part.get("list")
    if not isinstance(choices, list) or not choices or len(choices) > MENU_CHOICES:
        raise Refused(44004 if not choices else 45002)
    for choice in choices:
        if not isinstance(choice, dict) or not choice.get("content") or "id" not in choice:
            raise Refused(44004)
    head, tail = str(part.get("head_content", "")), str(part.get("tail_content", ""))
    whole = "\n".join([head, *(str(c["content"]) for c in choices), tail])
    rules.text_fits(whole)
    listed = [{"id": str(c["id"]), "content": str(c["content"])} for c in choices]
    return {"head_content": head, "list": listed, "tail_content": tail}


def _mini_program(wechat: FakeWeChat, part: dict[str, Any]) -> dict[str, Any]:
    if not str(part.get("appid", "")).startswith("wx"):
        raise Refused(40013)
    if not part.get("pagepath") or not part.get("title"):
        raise Refused(44004)
    wechat.find_media(part.get("thumb_media_id"), "image", "thumb")
    return {name: str(part.get(name, "")) for name in ("title", "appid", "pagepath", "thumb_media_id")}


_CONTENTS: dict[str, Check] = {
    "text": _text, "image": _file("image"), "voice": _file("voice"), "video": _file("video"), "news": _news,
    "msgmenu": _msgmenu, "miniprogrampage": _mini_program,
}  # fmt: skip


def typing(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/message/custom/typing"""
    body = request.json()
    now = wechat.now()
    with wechat.lock:
        user = wechat.user(body.get("touser"))
        _must_be_reachable(user, canceled=45015)
        if body.get("command") == "CancelTyping":
            user.typing_until = None
        elif body.get("command") != "Typing":
            raise Refused(45072)
        else:
            rules.spent(user.allowance, now)  # needs the right to write, and uses none of it
            if user.last_contact is None or now - user.last_contact > rules.TYPING_AFTER_CONTACT:
                raise Refused(45080)
            if user.typing_until is not None and now < user.typing_until:
                raise Refused(45081)
            user.typing_until = now + rules.TYPING_LIVES
        wechat.happened("typing", openid=user.openid, on=user.typing_until is not None)
    return OK


def send_template(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/message/template/send; TEMPLATESENDJOBFINISH is pushed later."""
    body = request.json()
    with wechat.lock:
        user = wechat.user(body.get("touser"))
        _must_be_reachable(user, canceled=43004)
        template = _template(wechat, body, subscription=False)
        values = rules.keywords_fit(tuple(template.keywords), body.get("data"), typed=False)
        key = (user.openid, str(body.get("client_msg_id") or ""))
        known = wechat.sent_once.get(key) if key[1] else None
        if known is not None and wechat.now() - known[1] < rules.SAME_CLIENT_MSG_ID:
            return {**OK, "msgid": known[0]}
        msg_id = wechat.new_msg_id()
        wechat.sent_once[key] = (msg_id, wechat.now())
        status = "failed:user block" if user.blocks_templates else "success"
        if status == "success":
            wechat.show(user.openid, "account", "template", _card(template, values, body), "template")
    fields = {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": msg_id, "Status": status}
    wechat.later(lambda: push_fields(wechat, user.openid, fields))
    return {**OK, "msgid": msg_id}


def send_subscribed(wechat: FakeWeChat, request: ApiRequest) -> dict[str, Any]:
    """/cgi-bin/message/subscribe/bizsend; subscribe_msg_sent_event is pushed later."""
    body = request.json()
    with wechat.lock:
        user = wechat.user(body.get("touser"))
        if user.limited:
            raise Refused(50002)
        template = _template(wechat, body, subscription=True)
        values = rules.keywords_fit(tuple(template.keywords), body.get("data"), typed=True)
        consented = user.consents.get(template.id, 0)
        if consented == 0:
            raise Refused(43101, blame=template.id not in user.refused)
        if consented > 0:
            user.consents[template.id] = consented - 1
        wechat.show(user.openid, "account", "template", _card(template, values, body), "subscribe")
        msg_id = wechat.new_msg_id()
    told = {"TemplateId": template.id, "MsgID": msg_id, "ErrorCode": 0, "ErrorStatus": "success"}
    fields = {"MsgType": "event", "Event": "subscribe_msg_sent_event", "SubscribeMsgSentEvent": {"List": [told]}}
    wechat.later(lambda: push_fields(wechat, user.openid, fields))
    return OK


def _template(wechat: FakeWeChat, body: dict[str, Any], *, subscription: bool) -> Template:
    template = wechat.templates.get(str(body.get("template_id", "")))
    if template is None or template.subscription != subscription:
        raise Refused(40037)
    mini = body.get("miniprogram")
    if mini and not (isinstance(mini, dict) and str(mini.get("appid", "")).startswith("wx")):
        raise Refused(40013)
    return template


def _card(template: Template, values: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
    link = body.get("url") or body.get("page") or (body.get("miniprogram") or {}).get("pagepath") or ""
    labelled = {label: values[name] for name, label in template.keywords.items()}
    return {"title": template.title, "template_id": template.id, "values": labelled, "url": link}
