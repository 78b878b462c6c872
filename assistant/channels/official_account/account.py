"""The whole channel of one Official Account, wired: what the web, the worker, the journeys and the commands use."""

from collections.abc import Callable

import httpx

from assistant.channels.official_account import CHANNEL
from assistant.channels.official_account.api import WeChatApi
from assistant.channels.official_account.binding import Binding
from assistant.channels.official_account.courier import Courier
from assistant.channels.official_account.intake import Intake
from assistant.channels.official_account.profile import ProfileFile
from assistant.channels.official_account.push import Gate
from assistant.channels.official_account.reception import Reception
from assistant.channels.sms import SmsPort
from assistant.clock import Clock
from assistant.config import Settings
from assistant.db import wechat
from assistant.db.engine import Database
from assistant.errors import ConfigError
from assistant.llm.transcribe import transcriber


class OfficialAccount:
    """Raises ConfigError where a setting or the profile is wrong."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        *,
        member_of: Callable[[str], str | None],
        store_name: Callable[[str], str | None],
        sms: SmsPort | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        w = settings.wechat
        self.settings = w
        self.clock = clock
        self._db = database
        self.profile = ProfileFile(w.profile)
        self.gate = _gate(settings)
        self.api = WeChatApi(w, database, clock, transport=transport)
        self.courier = Courier(w, database, self.api, self.profile, clock)
        self.binding = Binding(
            w, database, self.api, clock, member_of=member_of,
            sms=sms, show_codes=settings.web.demo_accounts,
        )  # fmt: skip
        self.reception = Reception(
            database, self.api, self.profile, clock, self.binding, transcriber(settings.transcription),
            brand=settings.brand_name, folder=settings.data_dir / "attachments", store_name=store_name,
        )  # fmt: skip
        self.intake = Intake(
            w.app_id, database, self.profile, clock,
            known_store=lambda store_id: store_name(store_id) is not None, may_push=lambda: self.courier.may_push,
        )  # fmt: skip

    def shopper_key(self, openid: str) -> str:
        """The name under which an unbound person's things are kept."""
        return f"{CHANNEL}:{self.settings.app_id}:{openid}"

    def forget(self, openid: str) -> None:
        """Remove what is kept of someone who took their authorisation back."""
        with self._db.write() as connection:
            wechat.forget(connection, self.settings.app_id, [openid])

    def close(self) -> None:
        self.intake.close()
        self.api.close()


def _gate(settings: Settings) -> Gate:
    w = settings.wechat
    keys = [k for k in (w.aes_key.get_secret_value(), w.previous_aes_key.get_secret_value()) if k]
    if not w.token.get_secret_value():
        raise ConfigError("wechat.token is missing")
    if w.mode != "plain" and not keys:
        raise ConfigError(f"wechat.aes_key is missing: mode is {w.mode}")
    try:
        return Gate(w.app_id, w.token.get_secret_value(), keys, plain_allowed=w.mode != "safe")
    except ValueError as error:
        raise ConfigError(f"wechat.aes_key: {error}") from error
