"""The door: name and password, then a one-time code where it is on. Whoever fails learns nothing about why.

Enters: what somebody typed and where from. Leaves: the secret of a new session, or a ticket for the second step. A name
that does not exist costs as much work, is counted alike and gets the same words as a wrong password, a locked or a
disabled account.
"""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from assistant.accounts.keys import hashed, new_token
from assistant.accounts.naming import plain
from assistant.accounts.passwords import Passwords
from assistant.accounts.second_factor import SecondFactor
from assistant.accounts.sessions import Sessions
from assistant.clock import Clock
from assistant.config import AccountSettings
from assistant.db import accounts as rows
from assistant.db import audit, single_use
from assistant.db.accounts import Stored
from assistant.db.audit import Act, Origin
from assistant.db.engine import Connection, Database
from assistant.errors import NotAllowed

WINDOW = timedelta(minutes=10)
SECOND_STEP = timedelta(minutes=5)
CODE_TRIES = 5
SWEEP = timedelta(days=1)
WRONG = "账号或密码不对。连续输错会暂时锁定，忘记密码请联系管理员重置。"
WRONG_CODE = "验证码不对或已经用过，请用下一个再试。"
STALE = "登录已过期，请重新输入账号和密码。"


class TooManyTries(NotAllowed):
    """Come again later."""


@dataclass(frozen=True)
class Opened:
    """They are in. `secret` goes into the cookie and nowhere else."""

    secret: str
    stored: Stored


@dataclass(frozen=True)
class SecondStep:
    """The password was right; a code is wanted with this ticket."""

    ticket: str


class SignIn:
    """One per process."""

    def __init__(
        self, database: Database, clock: Clock, settings: AccountSettings, *, passwords: Passwords, sessions: Sessions,
        second: SecondFactor,
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._settings = settings
        self._passwords = passwords
        self._sessions = sessions
        self._second = second

    def with_password(self, name: str, password: str, origin: Origin) -> Opened | SecondStep:
        """Raises NotAllowed: TooManyTries, or the one sentence for everything that is wrong."""
        name = plain(name)[:64]
        self._count(name, origin)
        with self._database.read() as connection:
            stored = rows.get(connection, name)
        right = self._passwords.fits(stored.password_hash if stored else "", password)
        now = self._clock.now()
        refused = False
        with self._database.write() as connection:
            stored = rows.get(connection, name)  # as it is now: somebody may have locked it meanwhile
            if stored is None or not right or stored.disabled or stored.locked(now):
                self._note_failure(connection, stored, origin, wrong=not right)
                refused = True
            elif stored.totp:
                ticket = new_token()
                body = {"account": stored.id}
                single_use.issue(connection, _key(ticket), body, now + SECOND_STEP)
                return SecondStep(ticket)
            else:
                if self._passwords.old(stored.password_hash):
                    rows.change(connection, stored.name, now, password_hash=self._passwords.hash(password))
                return self._let_in(connection, stored, "password", origin)
        assert refused
        raise NotAllowed(WRONG)

    def with_code(self, ticket: str, code: str, origin: Origin) -> Opened:
        """The second step. Raises NotAllowed; a ticket takes five tries."""
        now = self._clock.now()
        with self._database.write() as connection:
            body = single_use.look(connection, _key(ticket), now, most_tries=CODE_TRIES)
            stored = rows.by_id(connection, body["account"]) if body else None
            if stored is None or stored.disabled or stored.locked(now) or not stored.totp:
                words = STALE
            elif way := self._second.prove(connection, stored, code, now):
                single_use.withdraw(connection, _key(ticket))
                return self._let_in(connection, stored, way, origin)
            else:
                self._note_failure(connection, stored, origin, wrong=True)
                words = WRONG_CODE
        raise NotAllowed(words)

    def waits(self, ticket: str) -> bool:
        """Whether a second step may still be taken."""
        with self._database.read() as connection:
            return single_use.issued(connection, _key(ticket), self._clock.now())

    def by_sso(self, connection: Connection, stored: Stored, origin: Origin) -> Opened:
        """The provider has proved who it is. The caller has made sure that the account is enabled."""
        return self._let_in(connection, stored, "sso", origin)

    def _let_in(self, connection: Connection, stored: Stored, way: str, origin: Origin) -> Opened:
        now = self._clock.now()
        rows.came_in(connection, stored.id, now)
        rows.forget_tries(connection, f"name:{stored.name}")
        rows.sweep_tries(connection, now - SWEEP)
        secret = self._sessions.open(connection, stored, way, origin)
        who = Origin(stored.name, origin.ip, origin.agent)
        audit.note(connection, who, [Act("sign_in.in", stored.name, {"way": way})], now)
        return Opened(secret, stored)

    def _count(self, name: str, origin: Origin) -> None:
        """Counted before the password is looked at, so that tries at the same moment count too."""
        now = self._clock.now()
        limits = {
            f"name:{name}": self._settings.tries_per_name,
            f"ip:{_network(origin.ip)}": self._settings.tries_per_address,
        }
        with self._database.write() as connection:
            until = rows.tried(connection, limits, now, now + WINDOW)
        if until is not None:
            minutes = max(1, round((until - now).total_seconds() / 60))
            raise TooManyTries(f"尝试太频繁，请约{minutes}分钟后再试。")

    def _note_failure(self, connection: Connection, stored: Stored | None, origin: Origin, *, wrong: bool) -> None:
        """A wrong proof counts towards a lock; while it is locked nothing counts, so that nobody is kept out for ever."""
        now = self._clock.now()
        detail: dict[str, object] = {}
        if stored is not None and wrong and not stored.disabled and not stored.locked(now):
            wrongs, locks = rows.failed(connection, stored.id, self._settings.lock_after)
            if wrongs == 0:
                seconds = min(self._settings.lock_s * 2 ** min(locks - 1, 20), self._settings.lock_most_s)
                rows.lock(connection, stored.id, now + timedelta(seconds=seconds))
                detail["locked_s"] = seconds
        target = stored.name if stored else "?"  # what was typed may be a password in the wrong field
        audit.note(connection, Origin("?", origin.ip), [Act("sign_in.failed", target, detail)], now)


def _key(ticket: str) -> str:
    return f"staff-second:{hashed(ticket)}"


def _network(address: str) -> str:
    """What one guest of a network has: an IPv4 address, or a /64 of IPv6, whose addresses cost nothing."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address
