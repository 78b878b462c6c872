"""A user's phone: what people do in WeChat, each act with the push that it causes. Returned is what became of it."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlencode

from assistant.web.fake_wechat import menus, rules, samples, wire
from assistant.web.fake_wechat.platform import FakeWeChat
from assistant.web.fake_wechat.push import push_fields, push_request, seal
from assistant.web.fake_wechat.records import Bubble, Delivery, PushRequest, User
from assistant.web.fake_wechat.rules import Scene


class CannotDo(Exception):
    """The phone does not offer this now; the text is what it shows."""


class Phone:
    """Made by `FakeWeChat.phone`. Acts that send something first put it into the chat, then push it."""

    def __init__(self, wechat: FakeWeChat, openid: str) -> None:
        self.wechat = wechat
        self.openid = openid

    @property
    def user(self) -> User:
        return self.wechat.users[self.openid]

    @property
    def shown(self) -> tuple[Bubble, ...]:
        """The whole chat, oldest first."""
        return self.wechat.chat(self.openid)

    @property
    def received(self) -> tuple[Bubble, ...]:
        """What came from the account, oldest first."""
        return tuple(b for b in self.shown if b.side == "account")

    @property
    def typing(self) -> bool:
        """Whether “对方正在输入” stands in the title."""
        until = self.user.typing_until
        return until is not None and self.wechat.now() < until

    @property
    def may_receive(self) -> int:
        """Customer messages that the account may send this user now."""
        return rules.left(self.user.allowance, self.wechat.now())

    # -- following ---------------------------------------------------------------------------------------------------

    def subscribe(self, scene: str = "", ticket: str = "") -> Delivery:
        """Follow the account; `scene` is that of a code (without `qrscene_`)."""
        with self.wechat.lock:
            if self.user.subscribed:
                raise CannotDo("已经关注了")
            self.user.subscribed_at, self.user.ever_subscribed = self.wechat.now(), True
            self.user.scene = scene
            self._granted(Scene.SUBSCRIBE)
        self.wechat.show(self.openid, "system", "hint", {"content": f"已关注{self.wechat.account.name}"}, "hint")
        self._changed()
        return self._event("subscribe", f"qrscene_{scene}" if scene else "", **({"Ticket": ticket} if ticket else {}))

    def unsubscribe(self) -> Delivery:
        """Stop following: no message of any kind reaches them any more, consents and rights to write are gone."""
        with self.wechat.lock:
            self._must_follow()
            self.user.subscribed_at = None
            self.user.allowance, self.user.consents = {}, {}
        self.wechat.show(self.openid, "system", "hint", {"content": "已取消关注"}, "hint")
        self._changed()
        return self._event("unsubscribe", "")

    def scan(self, ticket: str) -> Delivery:
        """Scan a code of the account: a SCAN event, or for a newcomer a subscribe event with `qrscene_`."""
        code = self.wechat.qr_codes.get(ticket)
        if code is None or (code.until is not None and self.wechat.now() >= code.until):
            raise CannotDo("二维码已过期")
        if not self.user.subscribed:
            return self.subscribe(code.scene, ticket)
        self._granted(Scene.SCAN)
        return self._event("SCAN", code.scene, Ticket=ticket)

    # -- messages ----------------------------------------------------------------------------------------------------

    def text(self, words: str, *, menu_id: str = "") -> Delivery:
        """Send a text. `menu_id`: as if it were the choice of a message with that id (`bizmsgmenuid`)."""
        if menu_id:
            return self._menu_choice(menu_id, words)
        return self._message("text", {"content": words}, {"Content": words})

    def choose(self, choice: str) -> Delivery:
        """Tap a choice of the newest message that has it, by id or words: its words are sent with its id."""
        for bubble in reversed(self.received):
            for item in bubble.content.get("list", ()) if bubble.kind == "msgmenu" else ():
                if choice in (str(item["id"]), item["content"]):
                    return self._menu_choice(str(item["id"]), item["content"])
        raise CannotDo("没有这个选项")

    def image(self, data: bytes | None = None) -> Delivery:
        """Send a picture (PNG, JPEG or GIF); none: a canned one."""
        kept = self.wechat.keep_media("image", data if data is not None else samples.png(), "image/png")
        url = f"{self.wechat.public_url}/phone/media/{kept.id}"
        return self._message("image", {"media_id": kept.id}, {"PicUrl": url, "MediaId": kept.id})

    def voice(self, data: bytes | None = None, *, seconds: float = 2.0) -> Delivery:
        """Send a voice (AMR). WeChat hands over no transcript."""
        kept = self.wechat.keep_media("voice", data if data is not None else samples.amr(seconds), "audio/amr")
        shown = {"media_id": kept.id, "seconds": seconds}
        return self._message("voice", shown, {"MediaId": kept.id, "Format": "amr"})

    def video(self, data: bytes | None = None, *, short: bool = False) -> Delivery:
        """Send a video, or (`short`) a video shot in the chat."""
        kept = self.wechat.keep_media("video", data or samples.mp4(), "video/mp4")
        thumb = self.wechat.keep_media("thumb", samples.jpeg(), "image/jpeg")
        kind = "shortvideo" if short else "video"
        return self._message(kind, {"media_id": kept.id}, {"MediaId": kept.id, "ThumbMediaId": thumb.id})

    def location(self, lat: float, lng: float, label: str = "", *, scale: int = 16) -> Delivery:
        """Send a place (degrees)."""
        fields = {"Location_X": lat, "Location_Y": lng, "Scale": scale, "Label": label}
        return self._message("location", {"lat": lat, "lng": lng, "label": label}, fields)

    def link(self, title: str, url: str, description: str = "") -> Delivery:
        """Forward an article to the account."""
        shown = {"title": title, "url": url, "description": description}
        return self._message("link", shown, {"Title": title, "Description": description, "Url": url})

    def file(self, title: str, size: int = 1024) -> Delivery:
        """Send a file (bytes). WeChat tells its name and sum, and gives no way to fetch it."""
        shown = {"title": title, "size": size}
        digest = hashlib.md5(title.encode(), usedforsecurity=False).hexdigest()
        fields = {"Title": title, "Description": "", "FileKey": secrets.token_hex(16), "FileMd5": digest,
                  "FileTotalLen": size}  # fmt: skip
        return self._message("file", shown, fields)

    def report_location(self, lat: float, lng: float, precision: float = 30.0) -> Delivery:
        """The LOCATION event of a user who lets the account know where they are. No right to write comes of it."""
        self._must_follow()
        return self._event("LOCATION", None, Latitude=lat, Longitude=lng, Precision=precision)

    # -- menu --------------------------------------------------------------------------------------------------------

    def tap(self, button: str, *, scanned: str = "https://example.com/code", place: int = 0) -> Delivery:
        """Tap a button of the menu bar, by name or key. `scanned`: what a scan finds; `place`: which canned place."""
        self._must_follow()
        found = next((b for b in menus.leaves(self.wechat.menu) if button in (b["name"], b.get("key"))), None)
        if found is None:
            raise CannotDo("菜单里没有这一项")
        kind, key = found["type"], found.get("key", "")
        if kind in rules.MENU_GRANTS:
            self._granted(Scene.MENU)
        if kind == "click":
            return self._event("CLICK", key)
        if kind == "view":
            self._hint(f"打开网页 {found['url']}")
            return self._event("VIEW", found["url"], MenuId="1")
        if kind == "miniprogram":
            self._hint(f"打开小程序 {found['pagepath']}")
            return self._event("view_miniprogram", found["pagepath"], MenuId="1")
        if kind.startswith("scancode_"):
            return self._event(kind, key, ScanCodeInfo={"ScanType": "qrcode", "ScanResult": scanned})
        if kind.startswith("pic_"):
            digest = hashlib.md5(samples.png(), usedforsecurity=False).hexdigest()
            told = self._event(kind, key, SendPicsInfo={"Count": 1, "PicList": {"item": {"PicMd5Sum": digest}}})
            self.image()
            return told
        if kind == "location_select":
            return self._tap_location(key, place)
        self._hint("已打开素材")
        return Delivery(self.openid, {}, None, (), "unheard")

    def _tap_location(self, key: str, place: int) -> Delivery:
        at = samples.PLACES[place]
        info = {"Location_X": str(at["lat"]), "Location_Y": str(at["lng"]), "Scale": "16", "Label": at["label"],
                "Poiname": ""}  # fmt: skip
        told = self._event("location_select", key, SendLocationInfo=info)
        self.location(float(str(at["lat"])), float(str(at["lng"])), str(at["label"]))
        return told

    # -- consents and pages ------------------------------------------------------------------------------------------

    def consent(self, template_id: str, *, accept: bool = True, scene: int = 1) -> Delivery:
        """Answer the question whether a subscription notice may come. `scene`: 1 web page, 2 article."""
        template = self.wechat.templates[template_id]
        with self.wechat.lock:
            consents = self.user.consents
            if accept and template.one_time:
                consents[template_id] = consents.get(template_id, 0) + 1
            elif accept:
                consents[template_id] = -1
            (self.user.refused.discard if accept else self.user.refused.add)(template_id)
        self._hint(f"{'已订阅' if accept else '没有订阅'}“{template.title}”")
        told = {"TemplateId": template_id, "SubscribeStatusString": "accept" if accept else "reject",
                "PopupScene": str(scene)}  # fmt: skip
        return self._event("subscribe_msg_popup_event", None, SubscribeMsgPopupEvent={"List": [told]})

    def withdraw(self, template_id: str) -> Delivery:
        """Refuse a subscription notice in the settings: given consents are void."""
        with self.wechat.lock:
            self.user.consents.pop(template_id, None)
            self.user.refused.add(template_id)
        told = {"TemplateId": template_id, "SubscribeStatusString": "reject"}
        return self._event("subscribe_msg_change_event", None, SubscribeMsgChangeEvent={"List": [told]})

    def authorize_path(self, redirect_uri: str, *, scope: str = "snsapi_userinfo", state: str = "") -> str:
        """The authorisation page as this phone's browser opens it: a path of `FakeWeChat.app`."""
        query = {"appid": self.wechat.account.appid, "redirect_uri": redirect_uri, "response_type": "code",
                 "scope": scope, "state": state, "openid": self.openid}  # fmt: skip
        return f"/connect/oauth2/authorize?{urlencode(query)}"

    def oauth_code(self, scope: Literal["snsapi_base", "snsapi_userinfo"] = "snsapi_userinfo") -> str:
        """A code as the redirect brings it once the user agrees: single use, five minutes."""
        return self._code("oauth", scope)

    def phone_number_code(self) -> str:
        """What a mini program's button “获取手机号” hands over."""
        return self._code("phone", "")

    def _code(self, purpose: str, scope: str) -> str:
        code = secrets.token_hex(16)
        until = self.wechat.now() + rules.CODE_LIVES
        with self.wechat.lock:
            self.wechat.codes[code] = {
                "for": purpose,
                "openid": self.openid,
                "scope": scope,
                "until": until,
                "used": False,
            }
        return code

    # -- anything else -----------------------------------------------------------------------------------------------

    def raw(self, fields: Mapping[str, Any] | str, params: Mapping[str, str] | None = None) -> Delivery:
        """Push any fields as they stand (head and all, in the account's mode), or a body of your own as plain text.

        `params` override the query, so that a signature can be wrong.
        """
        at = int(self.wechat.now().timestamp())
        if isinstance(fields, str):
            request = seal(self.wechat.account, {}, self.openid, at)
            known: dict[str, Any] = {"ToUserName": self.wechat.account.original_id, "FromUserName": self.openid}
            try:
                known |= wire.read(fields)
            except wire.Malformed:
                known["MsgType"] = "malformed"
            request = PushRequest("POST", request.params, fields, request.content_type)
        else:
            known = {"ToUserName": self.wechat.account.original_id, "FromUserName": self.openid, **fields}
            request = seal(self.wechat.account, fields, self.openid, at)
        if params:
            request = PushRequest("POST", {**request.params, **params}, request.body, request.content_type)
        return push_request(self.wechat, self.openid, known, request)

    # -- within ------------------------------------------------------------------------------------------------------

    def _menu_choice(self, choice_id: str, words: str) -> Delivery:
        """A choice counts as a message of the user's, but gives the rights of a menu tap (customer message guide)."""
        self._must_follow()
        self.wechat.show(self.openid, "user", "text", {"content": words}, "phone")
        self._granted(Scene.MENU)
        fields = {"MsgType": "text", "Content": words, "MsgId": self.wechat.new_msg_id(), "bizmsgmenuid": choice_id}
        return push_fields(self.wechat, self.openid, fields)

    def _message(self, kind: str, shown: dict[str, Any], fields: dict[str, Any]) -> Delivery:
        self._must_follow()
        self.wechat.show(self.openid, "user", kind, shown, "phone")
        self._granted(Scene.MESSAGE)
        return push_fields(self.wechat, self.openid, {"MsgType": kind, **fields, "MsgId": self.wechat.new_msg_id()})

    def _event(self, event: str, key: str | None, **more: Any) -> Delivery:
        keyed = {} if key is None else {"EventKey": key}
        return push_fields(self.wechat, self.openid, {"MsgType": "event", "Event": event, **keyed, **more})

    def _granted(self, scene: Scene) -> None:
        with self.wechat.lock:
            now = self.wechat.now()
            self.user.allowance = rules.granted(self.user.allowance, scene, now)
            self.user.last_contact = now

    def _must_follow(self) -> None:
        if not self.user.subscribed:
            raise CannotDo("请先关注公众号")

    def _hint(self, words: str) -> None:
        self.wechat.show(self.openid, "system", "hint", {"content": words}, "hint")

    def _changed(self) -> None:
        self.wechat.happened("user", openid=self.openid, subscribed=self.user.subscribed)
