"""Managing accounts: add, change, disable, unlock, invite, reset, change one's own password. Every act is audited.

The last admin who can come in cannot be taken away, by nobody and in no way.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from assistant.accounts import passwords as policy
from assistant.accounts.keys import hashed, new_token
from assistant.accounts.naming import Describe, plain
from assistant.accounts.passwords import Passwords
from assistant.accounts.sessions import Sessions
from assistant.clock import Clock
from assistant.config import AccountSettings
from assistant.db import accounts as rows
from assistant.db import audit, org, sessions, single_use
from assistant.db.accounts import Search, Stored, Wanted
from assistant.db.audit import Act, Entry, Filter, Origin
from assistant.db.engine import Connection, Database
from assistant.domain.account import OrgUnit
from assistant.errors import BadInput, NotAllowed, NotFound

LAST_ADMIN = "这是最后一个能登录的管理员，不能停用、降级或清除。请先让另一位管理员可以登录。"
OWN_TRIES, OWN_WINDOW = 10, timedelta(minutes=10)
GONE = "链接已失效，请联系管理员重新发一个。"


@contextmanager
def an_admin_stays(connection: Connection) -> Iterator[None]:
    """Raises NotAllowed where what happens inside would take the last admin who can come in."""
    before = rows.usable_admins(connection)
    yield
    if before and not rows.usable_admins(connection):
        raise NotAllowed(LAST_ADMIN)


class Staff:
    """One per process."""

    def __init__(
        self, database: Database, clock: Clock, settings: AccountSettings, *, passwords: Passwords, sessions: Sessions
    ) -> None:
        self._database = database
        self._clock = clock
        self._link_life = timedelta(hours=settings.link_h)
        self._passwords = passwords
        self._sessions = sessions

    # -- looking ---------------------------------------------------------------------------------------------------

    def find(self, name: str) -> Stored:
        """Raises NotFound."""
        with self._database.read() as connection:
            return _found(rows.get(connection, plain(name)))

    def page(self, search: Search, *, offset: int = 0, limit: int = 50) -> tuple[list[Stored], int]:
        """A page of accounts, and how many there are in all."""
        now = self._clock.now()
        with self._database.read() as connection:
            return rows.search(connection, search, now, offset=offset, limit=limit), rows.count(connection, search, now)

    def tree(self) -> dict[str, OrgUnit]:
        with self._database.read() as connection:
            return org.tree(connection)

    def audit(self, what: Filter, *, before: int = 0, limit: int = 50) -> list[Entry]:
        with self._database.read() as connection:
            return audit.entries(connection, what, before=before, limit=limit)

    def note(self, origin: Origin, act: Act) -> None:
        """Audit an act of another room."""
        with self._database.write() as connection:
            audit.note(connection, origin, [act], self._clock.now())

    # -- managing --------------------------------------------------------------------------------------------------

    def add(self, fields: Mapping[str, Any], origin: Origin) -> str:
        """A new account; returns the secret of its invitation. `fields`: name, title, role, units, email."""
        now = self._clock.now()
        with self._database.write() as connection:
            wanted = Describe(org.tree(connection)).wanted(**fields)
            if rows.get(connection, wanted.name):
                raise BadInput(f"已经有账号 {wanted.name}。")
            rows.add(connection, [wanted], now)
            audit.note(connection, origin, [Act("accounts.add", wanted.name, said(wanted))], now)
            return self._link(connection, _found(rows.get(connection, wanted.name)), now)

    def change(self, name: str, fields: Mapping[str, Any], origin: Origin) -> Stored:
        """Change title, role, units, email. What stays the same is not audited."""
        now = self._clock.now()
        with self._database.write() as connection:
            before = _found(rows.get(connection, plain(name)))
            given = {"email": before.email, **fields, "name": before.name}
            # units that the tree has lost may stay
            lost = {u: OrgUnit(u, None, "lost", u) for u in before.account.units}
            tree = {**lost, **org.tree(connection)}
            wanted = Describe(tree).wanted(**given)
            with an_admin_stays(connection):
                self.write(connection, [(rows.as_wanted(before), wanted)], origin, now)
            return _found(rows.get(connection, before.name))

    def write(
        self, connection: Connection, changes: list[tuple[Wanted, Wanted]], origin: Origin, now: datetime
    ) -> None:
        """Write changes of many accounts, and who made them."""
        acts = []
        for before, after in changes:
            if before == after:
                continue
            rows.change(
                connection, after.name, now, title=after.title, role=after.role, units=list(after.units),
                email=after.email or None,
            )  # fmt: skip
            old, new = said(before), said(after)
            detail = {k: [old[k], new[k]] for k in new if old[k] != new[k]}
            acts.append(Act("accounts.change", after.name, detail))
        audit.note(connection, origin, acts, now)

    def disable(self, name: str, origin: Origin) -> Stored:
        """Nobody comes in by it any more: sessions end, tokens go."""
        return self._set(name, "accounts.disable", origin, disabled=True)

    def enable(self, name: str, origin: Origin) -> Stored:
        return self._set(name, "accounts.enable", origin, disabled=False)

    def unlock(self, name: str, origin: Origin) -> Stored:
        """Forget the wrong tries."""
        found = self._set(name, "accounts.unlock", origin, failed=0, locks=0, locked_until=None)
        with self._database.write() as connection:
            rows.forget_tries(connection, f"name:{found.name}")
        return found

    def drop_second(self, name: str, origin: Origin) -> Stored:
        """Turn the second step off for somebody who lost phone and recovery codes."""
        found = self._set(name, "totp.drop", origin, totp=None)
        with self._database.write() as connection:
            rows.set_recovery(connection, found.id, [])
        return found

    def drop_subject(self, name: str, origin: Origin) -> Stored:
        """Forget who the account is at the provider of single sign-on; the next sign-in there binds it anew."""
        return self._set(name, "accounts.unbind", origin, subject=None)

    def _set(self, name: str, what: str, origin: Origin, **values: Any) -> Stored:
        now = self._clock.now()
        with self._database.write() as connection:
            found = _found(rows.get(connection, plain(name)))
            with an_admin_stays(connection):
                rows.change(connection, found.name, now, **values)
            if values.get("disabled"):
                sessions.close_all(connection, found.id)
                sessions.drop_tokens(connection, found.id)
            audit.note(connection, origin, [Act(what, found.name)], now)
            return _found(rows.get(connection, found.name))

    # -- passwords -------------------------------------------------------------------------------------------------

    def invite(self, name: str, origin: Origin) -> str:
        """The secret of a link by which somebody sets a password: an invitation, or a reset. Good once, for a while."""
        now = self._clock.now()
        with self._database.write() as connection:
            found = _found(rows.get(connection, plain(name)))
            if found.disabled:
                raise NotAllowed("账号已停用，请先启用。")
            audit.note(connection, origin, [Act("accounts.link", found.name)], now)
            return self._link(connection, found, now)

    def _link(self, connection: Connection, stored: Stored, now: datetime) -> str:
        secret = new_token()
        single_use.issue(
            connection, link_key(secret), link_body(stored.name, stored.password_hash), now + self._link_life
        )
        return secret

    def of_link(self, secret: str) -> Stored:
        """Whose link it is. Raises NotFound where it is used, stale, or another has been used since."""
        now = self._clock.now()
        with self._database.read() as connection:
            body = single_use.peek(connection, link_key(secret), now)
            stored = rows.get(connection, body["name"]) if body else None
        if stored is None or body is None or stored.disabled or body != link_body(stored.name, stored.password_hash):
            raise NotFound(GONE)
        return stored

    def set_by_link(self, secret: str, password: str, origin: Origin) -> Stored:
        """Set the password and use the link up. All sessions and tokens of before end."""
        stored = self.of_link(secret)
        policy.check(password, stored.name)
        made = self._passwords.hash(password)
        now = self._clock.now()
        with self._database.write() as connection:
            body = single_use.use(connection, link_key(secret), now)
            stored = _found(rows.get(connection, stored.name))
            if body != link_body(stored.name, stored.password_hash) or stored.disabled:
                raise NotFound(GONE)
            rows.set_password(connection, stored.id, made, now, must_change=False)
            sessions.close_all(connection, stored.id)
            sessions.drop_tokens(connection, stored.id)
            who = Origin(stored.name, origin.ip, origin.agent)
            audit.note(connection, who, [Act("password.link", stored.name)], now)
        return stored

    def must_change(self, name: str, origin: Origin) -> Stored:
        """Ask for a new password at the next page."""
        return self._set(name, "password.expire", origin, must_change=True)

    def change_password(self, stored: Stored, old: str, new: str, origin: Origin) -> str:
        """Change one's own password; returns the secret of a fresh session, all others end."""
        if not self.proves(stored, old):
            raise BadInput("原密码不对。")
        if old == new:
            raise BadInput("新密码要和原来的不一样。")
        policy.check(new, stored.name)
        made = self._passwords.hash(new)
        now = self._clock.now()
        with self._database.write() as connection:
            rows.set_password(connection, stored.id, made, now, must_change=False)
            sessions.close_all(connection, stored.id)
            sessions.drop_tokens(connection, stored.id)
            audit.note(connection, origin, [Act("password.change", stored.name)], now)
            return self._sessions.open(connection, stored, "password", origin)

    def proves(self, stored: Stored, password: str) -> bool:
        """Whether somebody at an open session knows the password. Few tries: the session may be on a borrowed machine."""
        now = self._clock.now()
        with self._database.write() as connection:
            wait = rows.tried(connection, {f"own:{stored.id}": OWN_TRIES}, now, now + OWN_WINDOW)
        if wait is not None:
            raise NotAllowed("密码试得太多，请十分钟后再试。")
        return self._passwords.fits(stored.password_hash, password)


def _found(stored: Stored | None) -> Stored:
    if stored is None:
        raise NotFound("没有这个账号。")
    return stored


def said(wanted: Wanted) -> dict[str, Any]:
    """An account as the audit log says it."""
    return {"title": wanted.title, "role": wanted.role.value, "units": list(wanted.units), "email": wanted.email}


def link_key(secret: str) -> str:
    return f"staff-link:{hashed(secret)}"


def link_body(name: str, password_hash: str) -> dict[str, str]:
    """A link is void once the password has changed by any way."""
    return {"name": name, "of": hashed(password_hash)[:16]}
