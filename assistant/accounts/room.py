"""The room's one door: everything about accounts, wired. Built by `assistant.bootstrap`, used by pages and commands."""

from functools import cached_property

import httpx

from assistant.accounts.importing import Importing
from assistant.accounts.keys import Seal, secret_key
from assistant.accounts.oidc import SingleSignOn
from assistant.accounts.passwords import Passwords
from assistant.accounts.second_factor import SecondFactor
from assistant.accounts.sessions import Sessions
from assistant.accounts.sign_in import SignIn
from assistant.accounts.staff import Staff
from assistant.clock import Clock
from assistant.config import Settings
from assistant.db.engine import Database


class Accounts:
    """One per process; its parts are made when first asked for."""

    def __init__(
        self, settings: Settings, database: Database, clock: Clock, *, oidc: httpx.BaseTransport | None = None,
        passwords: Passwords | None = None,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._database = database
        self._clock = clock
        self._oidc_transport = oidc
        self._given_passwords = passwords

    @cached_property
    def _passwords(self) -> Passwords:
        return self._given_passwords or Passwords()

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self._database, self._clock, self._settings.accounts)

    @cached_property
    def second(self) -> SecondFactor:
        seal = Seal(secret_key(self._settings.web.secret.get_secret_value(), self._settings.data_dir))
        return SecondFactor(self._database, self._clock, seal, self._settings.brand_name)

    @cached_property
    def sign_in(self) -> SignIn:
        return SignIn(
            self._database, self._clock, self._settings.accounts, passwords=self._passwords, sessions=self.sessions,
            second=self.second,
        )  # fmt: skip

    @cached_property
    def staff(self) -> Staff:
        return Staff(
            self._database, self._clock, self._settings.accounts, passwords=self._passwords, sessions=self.sessions
        )

    @cached_property
    def importing(self) -> Importing:
        return Importing(self._database, self._clock, self._settings.accounts, self.staff)

    @cached_property
    def sso(self) -> SingleSignOn:
        return SingleSignOn(
            self._settings.oidc, self._database, self._clock, self.sign_in, transport=self._oidc_transport
        )

    def close(self) -> None:
        if "sso" in self.__dict__:
            self.sso.close()
