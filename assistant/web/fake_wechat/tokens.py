"""Access tokens, plain and stable, which do not touch each other (api_getaccesstoken, api_getstableaccesstoken)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from assistant.web.fake_wechat import rules
from assistant.web.fake_wechat.codes import Refused


@dataclass
class _Token:
    value: str
    made: datetime
    until: datetime  # expiry, drawn near when it is replaced
    replaced: bool = False


class Tokens:
    """Every token ever given, by kind. Called under the platform's lock."""

    def __init__(self) -> None:
        self._given: dict[str, list[_Token]] = {"plain": [], "stable": []}
        self._forced: list[datetime] = []

    def plain(self, now: datetime) -> tuple[str, int]:
        """A new token each time; the one before works for five minutes more."""
        return self._renew("plain", now)

    def stable(self, now: datetime, *, force: bool) -> tuple[str, int]:
        """(token, seconds left). The same until five minutes before its end; `force` renews it, seldom. 45009."""
        newest = self._given["stable"][-1] if self._given["stable"] else None
        lives = newest is not None and newest.until - now > rules.OLD_TOKEN_LIVES
        if force and lives:
            self._forced = [at for at in self._forced if at > now - timedelta(days=1)]
            if len(self._forced) >= rules.FORCED_REFRESHES_A_DAY:
                raise Refused(45009)
            if not self._forced or now - self._forced[-1] >= rules.FORCED_REFRESH_APART:
                self._forced.append(now)
                return self._renew("stable", now)
        if newest is not None and lives:
            return newest.value, int((newest.until - now).total_seconds())
        return self._renew("stable", now)

    def check(self, value: str | None, now: datetime) -> None:
        """Refuses 41001 (none), 40014 (never given), 42001 (expired) or 40001 (a newer one took its place)."""
        if not value:
            raise Refused(41001)
        token = next((t for given in self._given.values() for t in given if t.value == value), None)
        if token is None:
            raise Refused(40014)
        if now >= token.until:
            raise Refused(40001 if token.replaced else 42001)

    def expire_all(self, now: datetime) -> None:
        """Every token has run out, as after two hours."""
        for given in self._given.values():
            for token in given:
                token.until, token.replaced = min(token.until, now), False

    def revoke_all(self, now: datetime) -> None:
        """Every token has been replaced behind the caller's back, as when another program fetched one."""
        for given in self._given.values():
            for token in given:
                token.until, token.replaced = min(token.until, now), True

    def _renew(self, kind: str, now: datetime) -> tuple[str, int]:
        given = self._given[kind]
        for at, old in enumerate(reversed(given)):
            # of the replaced ones only the newest goes on for a while
            old.until = min(old.until, now + rules.OLD_TOKEN_LIVES if at == 0 else now)
            old.replaced = True
        given.append(_Token(f"{kind}_{secrets.token_urlsafe(48)}", now, now + rules.TOKEN_LIVES))
        return given[-1].value, int(rules.TOKEN_LIVES.total_seconds())
