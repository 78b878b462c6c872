"""The second proof: one-time codes of an app (TOTP, RFC 6238), and recovery codes for when the phone is lost."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
import segno

from assistant.accounts.keys import Seal, hashed
from assistant.clock import Clock
from assistant.db import accounts as rows
from assistant.db import audit, single_use
from assistant.db.accounts import Stored
from assistant.db.audit import Act, Origin
from assistant.db.engine import Connection, Database
from assistant.errors import BadInput

STEP_S = 30
RECOVERY_CODES = 10
SET_UP = timedelta(minutes=15)
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that look alike


@dataclass(frozen=True)
class SetUp:
    """What somebody scans or types into an app. Nothing is on before a code of it was given back."""

    secret: str
    address: str
    picture: str  # a data: address of an SVG


class SecondFactor:
    """One per process."""

    def __init__(self, database: Database, clock: Clock, seal: Seal, brand: str) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal
        self._brand = brand

    def begin(self, stored: Stored) -> SetUp:
        """A new secret, held for a quarter of an hour."""
        if stored.totp:
            raise BadInput("两步验证已经开着。要换手机，请先关闭再重新开启。")
        secret = pyotp.random_base32()
        body = {"sealed": self._seal.close(secret)}
        with self._database.write() as connection:
            single_use.issue(connection, _key(stored), body, self._clock.now() + SET_UP)
        return self._shown(stored, secret)

    def begun(self, stored: Stored) -> SetUp | None:
        """The set-up that is under way."""
        with self._database.read() as connection:
            body = single_use.peek(connection, _key(stored), self._clock.now())
        return self._shown(stored, self._seal.open(body["sealed"])) if body and not stored.totp else None

    def _shown(self, stored: Stored, secret: str) -> SetUp:
        address = pyotp.TOTP(secret).provisioning_uri(name=stored.name, issuer_name=f"{self._brand} 知客")
        return SetUp(secret, address, segno.make(address, error="m").svg_data_uri(scale=4, border=2))

    def confirm(self, stored: Stored, code: str, origin: Origin) -> list[str]:
        """Turn it on with a first code; returns the recovery codes, shown this once. Raises BadInput."""
        now = self._clock.now()
        with self._database.write() as connection:
            body = single_use.look(connection, _key(stored), now, most_tries=10)
        secret = self._seal.open(body["sealed"]) if body else ""
        step = _step_of(secret, code, now) if secret else None
        if step is None:
            raise BadInput("验证码不对或设置已过期。请核对手机时间后再试，或重新开始设置。")
        with self._database.write() as connection:
            single_use.withdraw(connection, _key(stored))
            rows.change(connection, stored.name, now, totp=self._seal.close(secret), totp_step=step)
            codes = self._new_codes(connection, stored)
            audit.note(connection, origin, [Act("totp.on", stored.name)], now)
        return codes

    def _new_codes(self, connection: Connection, stored: Stored) -> list[str]:
        codes = [
            "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in "12") for _ in range(RECOVERY_CODES)
        ]
        rows.set_recovery(connection, stored.id, [_recovery_hash(stored, c) for c in codes])
        return codes

    def renew_codes(self, stored: Stored, origin: Origin) -> list[str]:
        """New recovery codes; the old ones are void."""
        if not stored.totp:
            raise BadInput("还没有开启两步验证。")
        with self._database.write() as connection:
            codes = self._new_codes(connection, stored)
            audit.note(connection, origin, [Act("totp.codes", stored.name)], self._clock.now())
        return codes

    def off(self, stored: Stored, origin: Origin) -> None:
        """Turn it off."""
        now = self._clock.now()
        with self._database.write() as connection:
            rows.change(connection, stored.name, now, totp=None)
            rows.set_recovery(connection, stored.id, [])
            audit.note(connection, origin, [Act("totp.off", stored.name)], now)

    def codes_left(self, stored: Stored) -> int:
        with self._database.read() as connection:
            return rows.recovery_left(connection, stored.id)

    def prove(self, connection: Connection, stored: Stored, code: str, now: datetime) -> str | None:
        """`totp` or `recovery` where the code is right, and used up by this; else None."""
        code = code.replace(" ", "").strip().casefold()
        if code.isdigit():
            step = _step_of(self._seal.open(stored.totp), code, now)
            return "totp" if step is not None and rows.use_step(connection, stored.id, step) else None
        return "recovery" if rows.use_recovery(connection, stored.id, _recovery_hash(stored, code)) else None


def _key(stored: Stored) -> str:
    return f"staff-totp:{stored.id}"


def _recovery_hash(stored: Stored, code: str) -> str:
    return hashed(f"{stored.id}:{code.replace('-', '')}")


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is: the present one or a neighbour, for clocks that are a little off."""
    app = pyotp.TOTP(secret)
    code = code.replace(" ", "")
    present = app.timecode(now)
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(app.generate_otp(step), code if code.isascii() else ""):
            return step
    return None
