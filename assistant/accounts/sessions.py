"""Who a request comes from: a session in a browser, or an API token of a program. Both are random and kept as hashes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from assistant.accounts.keys import hashed, new_id, new_token
from assistant.clock import Clock
from assistant.config import AccountSettings
from assistant.db import accounts as rows
from assistant.db import audit, sessions
from assistant.db.accounts import Stored
from assistant.db.audit import Act, Origin
from assistant.db.engine import Connection, Database
from assistant.db.sessions import Session, Token
from assistant.errors import BadInput, NotFound

PREFIX = "zk_"
TOUCH = timedelta(minutes=1)  # how exactly the last use is known
MOST_TOKENS = 20


@dataclass(frozen=True)
class SignedIn:
    """Somebody who has proved who they are. `session_id` is empty for a program with a token. `way`: how they proved it."""

    stored: Stored
    session_id: str
    way: str

    @property
    def name(self) -> str:
        return self.stored.name

    @property
    def must_change(self) -> bool:
        """A new password is due; whoever comes by single sign-on has no use for one."""
        return self.stored.must_change and self.way != "sso"


class Sessions:
    """One per process."""

    def __init__(self, database: Database, clock: Clock, settings: AccountSettings) -> None:
        self._database = database
        self._clock = clock
        self._idle = timedelta(hours=settings.session_idle_h)
        self._life = timedelta(hours=settings.session_max_h)
        self._token_days = settings.token_days

    @property
    def life(self) -> timedelta:
        return self._life

    def open(self, connection: Connection, stored: Stored, way: str, origin: Origin) -> str:
        """A new session; returns its secret. Old ones of anybody that are over are swept away on the way."""
        now = self._clock.now()
        secret = new_token()
        made = Session(new_id(), stored.id, now, now, now + self._life, way, origin.ip[:64], origin.agent[:200])
        sessions.sweep(connection, now)
        sessions.open_session(connection, hashed(secret), made)
        return secret

    def read(self, secret: str) -> SignedIn | None:
        """Whose session it is, None where it is unknown, over, idle for too long, or its account is disabled."""
        now = self._clock.now()
        key = hashed(secret)
        with self._database.read() as connection:
            found = sessions.session(connection, key)
            stored = rows.by_id(connection, found.account_id) if found else None
        if found is None or stored is None or stored.disabled:
            return None
        if found.until <= now or found.seen_at <= now - self._idle:
            return None
        if found.seen_at <= now - TOUCH:
            with self._database.write() as connection:
                sessions.seen(connection, key, now)
        return SignedIn(stored, found.id, found.way)

    def end(self, secret: str, origin: Origin) -> None:
        """Sign out."""
        found = self.read(secret)
        if found is None:
            return
        with self._database.write() as connection:
            sessions.close(connection, found.stored.id, found.session_id)
            audit.note(connection, origin, [Act("sign_in.out", found.name)], self._clock.now())

    def listed(self, account_id: int) -> list[Session]:
        now = self._clock.now()
        with self._database.read() as connection:
            return sessions.sessions_of(connection, account_id, now, now - self._idle)

    def revoke(self, stored: Stored, session_id: str, origin: Origin) -> None:
        """End one session. Raises NotFound where the account has none of this id."""
        with self._database.write() as connection:
            if not sessions.close(connection, stored.id, session_id):
                raise NotFound("这个登录已经不在了。")
            act = Act("sessions.revoke", stored.name, {"session": session_id})
            audit.note(connection, origin, [act], self._clock.now())

    def revoke_all(self, stored: Stored, origin: Origin, *, but: str = "") -> int:
        """End all sessions of an account, except one. Returns how many."""
        with self._database.write() as connection:
            ended = sessions.close_all(connection, stored.id, but=but)
            act = Act("sessions.revoke", stored.name, {"ended": ended})
            audit.note(connection, origin, [act], self._clock.now())
        return ended

    # -- API tokens ------------------------------------------------------------------------------------------------

    def new_token(self, stored: Stored, name: str, days: int | None, origin: Origin) -> tuple[str, Token]:
        """A token of a program; its secret is shown this once. Raises BadInput."""
        name = name.strip()
        if not name or len(name) > 80 or not name.isprintable():
            raise BadInput("请给令牌起个名字，最多80个字，例如用在哪个系统。")
        days = self._token_days if days is None else days
        if not 1 <= days <= 730:
            raise BadInput("有效期可以是1到730天。")
        now = self._clock.now()
        secret = PREFIX + new_token()
        made = Token(new_id(), stored.id, name, now, now + timedelta(days=days), None)
        with self._database.write() as connection:
            if len(sessions.tokens_of(connection, stored.id)) >= MOST_TOKENS:
                raise BadInput(f"一个账号最多{MOST_TOKENS}个令牌，请先撤销不用的。")
            sessions.add_token(connection, hashed(secret), made)
            act = Act("tokens.add", stored.name, {"token": made.id, "name": name, "days": days})
            audit.note(connection, origin, [act], now)
        return secret, made

    def by_token(self, secret: str) -> SignedIn | None:
        """Whose token it is, None where it is unknown, over, or its account is disabled or must change its password."""
        now = self._clock.now()
        with self._database.read() as connection:
            found = sessions.token(connection, hashed(secret)) if secret.startswith(PREFIX) else None
            stored = rows.by_id(connection, found.account_id) if found else None
        if found is None or stored is None or stored.disabled or stored.must_change or found.until <= now:
            return None
        if found.used_at is None or found.used_at <= now - TOUCH:
            with self._database.write() as connection:
                sessions.token_used(connection, found.id, now)
        return SignedIn(stored, "", "token")

    def tokens_of(self, account_id: int) -> list[Token]:
        with self._database.read() as connection:
            return sessions.tokens_of(connection, account_id)

    def drop_token(self, stored: Stored, token_id: str, origin: Origin) -> None:
        """Revoke one. Raises NotFound."""
        with self._database.write() as connection:
            if not sessions.drop_token(connection, stored.id, token_id):
                raise NotFound("没有这个令牌。")
            act = Act("tokens.revoke", stored.name, {"token": token_id})
            audit.note(connection, origin, [act], self._clock.now())

    def idle_since(self) -> datetime:
        return self._clock.now() - self._idle
