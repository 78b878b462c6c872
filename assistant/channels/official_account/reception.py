"""What happens to a message from WeChat before the assistant thinks about it.

Greets followers, turns taps, recordings and places into words, keeps pictures and files, and answers what the profile
answers by itself. Leaves either an `Inbound` for the assistant or a `Reply`. Called by the shopper-message journey.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from assistant import logs
from assistant.channels.official_account import CHANNEL
from assistant.channels.official_account.api import Media, WeChatApi
from assistant.channels.official_account.binding import Binding
from assistant.channels.official_account.errors import WeChatDown, WeChatRefused
from assistant.channels.official_account.profile import Canned, ProfileFile
from assistant.clock import Clock
from assistant.db import attachments, conversations, due, tickets, wechat
from assistant.db.engine import Database
from assistant.domain.conversation import Conversation
from assistant.domain.message import Choice, Inbound, Reply
from assistant.errors import ModelDown
from assistant.llm.transcribe import Transcriber

log = logs.get("wechat")
MEDIA = "wechat.media"
KEPT = {"image", "voice", "video"}
PLACE_HOLDS = timedelta(hours=1)
SAME_MATTER = timedelta(minutes=30)  # a picture sent so long before or after a ticket belongs to it
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "audio/amr": "amr", "video/mp4": "mp4"}


class Reception:
    """`store_name`: the name of a store by id, None where there is none such."""

    def __init__(
        self,
        database: Database,
        api: WeChatApi,
        profile: ProfileFile,
        clock: Clock,
        binding: Binding,
        transcriber: Transcriber,
        *,
        brand: str,
        folder: Path,
        store_name: Callable[[str], str | None],
    ) -> None:
        self._db = database
        self._api = api
        self._profile = profile
        self._clock = clock
        self._binding = binding
        self._transcriber = transcriber
        self._brand = brand
        self._folder = folder
        self._store_name = store_name

    def receive(self, conversation: Conversation, inbox_id: int, inbound: Inbound) -> Inbound | Reply:
        """Words for the assistant, or the whole answer."""
        if conversation.shopper.identity.channel != CHANNEL:
            return inbound
        found = self._received(conversation, inbox_id, inbound)
        if isinstance(found, Inbound) and found.lat is None:
            return self._where_they_were(conversation, found)
        return found

    def _received(self, conversation: Conversation, inbox_id: int, inbound: Inbound) -> Inbound | Reply:
        profile = self._profile.get()
        match inbound.kind:
            case "text":
                return self._text(conversation, inbound)
            case "nudge":
                return Reply("")
            case "tap":
                said = profile.taps.get(inbound.value)
                return (
                    self._text(conversation, replace(inbound, text=said))
                    if said
                    else self._canned(profile.welcome.plain)
                )
            case "welcome" | "scan":
                return self._welcome(inbound)
            case "location":
                return self._place(conversation, inbound)
            case "voice":
                return self._voice(conversation, inbox_id, inbound)
            case "image" | "video":
                return self._keep(conversation, inbox_id, inbound)
        return Reply(profile.kept[inbound.kind]) if inbound.kind in profile.kept else Reply("")

    def _where_they_were(self, conversation: Conversation, inbound: Inbound) -> Inbound:
        """The place that WeChat reported lately, for who lets the account know it."""
        me = conversation.shopper.identity
        with self._db.read() as connection:
            user = wechat.get(connection, me.app, me.sender)
        if user is None or user.placed_at is None or inbound.at - user.placed_at > PLACE_HOLDS:
            return inbound
        return replace(inbound, lat=user.lat, lng=user.lng)

    def keep_for_person(self, conversation: Conversation, inbox_id: int, inbound: Inbound) -> None:
        """While a person answers: keep what was sent, say nothing."""
        if inbound.kind in KEPT and inbound.media:
            self._want(conversation, inbox_id, inbound)

    # -- words -------------------------------------------------------------------------------------------------------

    def _text(self, conversation: Conversation, inbound: Inbound) -> Inbound | Reply:
        keyword = self._profile.get().keyword(inbound.text)
        if keyword is None:
            return inbound
        if keyword.bind == "bind":
            return self._binding.offer(conversation.shopper)
        if keyword.bind == "unbind":
            return self._binding.undo(conversation.shopper)
        if conversation.state.asking or conversation.state.pending:
            return inbound  # a word that answers what was asked is no keyword
        return replace(inbound, text=keyword.means) if keyword.reply is None else self._canned(keyword.reply)

    def _welcome(self, inbound: Inbound) -> Reply:
        welcome = self._profile.get().welcome
        if inbound.value in welcome.campaigns:
            return self._canned(welcome.campaigns[inbound.value])
        store = self._store_name(inbound.store_id) if inbound.store_id else None
        return self._canned(welcome.store, store) if store else self._canned(welcome.plain)

    def _canned(self, canned: Canned, store: str = "") -> Reply:
        text = canned.text.replace("{brand}", self._brand).replace("{store}", store)
        return Reply(text, choices=tuple(Choice(c, c) for c in canned.choices))

    def _place(self, conversation: Conversation, inbound: Inbound) -> Inbound | Reply:
        if inbound.lat is None:
            return Reply(self._profile.get().kept["location"])
        about_goods = conversation.state.focus.product_id and conversation.state.last_tool == "stock_check"
        return replace(inbound, text="附近哪家店有货" if about_goods else "附近的门店")

    # -- pictures and recordings -------------------------------------------------------------------------------------

    def _voice(self, conversation: Conversation, inbox_id: int, inbound: Inbound) -> Inbound | Reply:
        try:
            recording = self._api.fetch_media(inbound.media)
            said = self._transcriber.words(recording.content, f"voice.{_ending(recording)}")
        except (WeChatDown, WeChatRefused, ModelDown) as error:
            log.info("voice_not_understood", cause=str(error)[:200])
            return self._keep(conversation, inbox_id, inbound)
        with self._db.write() as connection:
            conversations.retell(connection, inbox_id, f"[语音] {said}")
        return replace(inbound, text=said)

    def _keep(self, conversation: Conversation, inbox_id: int, inbound: Inbound) -> Reply:
        ticket = self._want(conversation, inbox_id, inbound)
        kept = self._profile.get().kept
        if ticket and f"{inbound.kind}_ticket" in kept:
            return Reply(kept[f"{inbound.kind}_ticket"].replace("{ticket}", ticket))
        return Reply(kept[inbound.kind])

    def _want(self, conversation: Conversation, inbox_id: int, inbound: Inbound) -> str:
        """Note that it is to be fetched, and attach it to a ticket filed just now. Returns that ticket's id."""
        now = self._clock.now()
        with self._db.write() as connection:
            which = attachments.want(connection, conversation.id, inbox_id, inbound.kind, inbound.media, now)
            due.schedule(connection, MEDIA, f"media:{which}", {"attachment": which}, now)
            number = tickets.latest(connection, conversation.id, now - SAME_MATTER)
            if number is None:
                return ""
            attachments.attach(connection, conversation.id, number, now - SAME_MATTER)
            return tickets.ticket_id(number)

    def fetch(self, attachment_id: int) -> None:
        """Download what is wanted. Due work: raises WeChatDown where it is to be tried again."""
        with self._db.read() as connection:
            wanted = attachments.get(connection, attachment_id)
        if wanted is None or wanted.status != "wanted":
            return
        try:
            media = self._api.fetch_media(wanted.media_id)
        except WeChatRefused as error:
            if error.verdict.outcome in ("retry", "slow", "tomorrow"):
                raise WeChatDown(str(error)) from error
            log.error("attachment_gone", attachment=attachment_id, code=error.code)
            with self._db.write() as connection:
                attachments.lose(connection, attachment_id)
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{attachment_id}.{_ending(media)}"
        path.write_bytes(media.content)
        with self._db.write() as connection:
            attachments.keep(connection, attachment_id, str(path), media.mime, len(media.content))


def _ending(media: Media) -> str:
    return _ENDINGS.get(media.mime, "bin")
