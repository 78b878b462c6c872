"""Single sign-on by OpenID Connect: authorization code with PKCE, state, nonce, and an ID token verified by the provider's keys.

Enters: what the provider sends the browser back with. Leaves: a session of an account that was there before; nobody is
made by signing on. The first sign-on binds the account to the person's subject at the provider; from then on only that
subject comes in by it, whatever name the provider gives.
"""

import base64
import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from assistant import logs
from assistant.accounts.keys import hashed, new_token
from assistant.accounts.naming import plain
from assistant.accounts.sign_in import Opened, SignIn
from assistant.clock import Clock
from assistant.config import OidcSettings
from assistant.db import accounts as rows
from assistant.db import audit, single_use
from assistant.db.accounts import Stored
from assistant.db.audit import Act, Origin
from assistant.db.engine import Connection, Database
from assistant.errors import Failure, NotAllowed

log = logs.get("oidc")
FLOW = timedelta(minutes=10)
KEYS_LIVE_S = 3_600.0
KEYS_REST_S = 30.0  # after a look for an unknown key, none is looked for again so soon
LEEWAY_S = 60
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
STALE = "登录没有完成或已过期，请重新点一次。"
UNKNOWN = "您的企业账号在这里还没有开通，请联系管理员。"


class ProviderDown(Failure):
    """The provider cannot be reached or does not keep to the protocol."""


@dataclass(frozen=True)
class Provider:
    """What the discovery document says."""

    authorization: str
    token: str
    keys: str
    basic: bool  # the secret goes into the Authorization header


@dataclass(frozen=True)
class Started:
    """Where to send the browser; `browser` goes into a cookie and must come back with it."""

    address: str
    browser: str


class SingleSignOn:
    """One per process. `transport` is how tests stand in for the provider."""

    def __init__(
        self, settings: OidcSettings, database: Database, clock: Clock, sign_in: SignIn, *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._database = database
        self._clock = clock
        self._sign_in = sign_in
        self._http = httpx.Client(transport=transport, timeout=settings.timeout_s, follow_redirects=False)
        self._lock = threading.Lock()
        self._provider: tuple[float, Provider] | None = None
        self._keys: tuple[float, KeySet] | None = None

    @property
    def on(self) -> bool:
        return bool(self._settings.issuer)

    @property
    def label(self) -> str:
        return self._settings.label

    def start(self, back: str) -> Started:
        """Begin. `back`: our address that the provider leads to. Raises ProviderDown."""
        provider = self._discovered()
        state, nonce, verifier, browser = new_token(), new_token(), secrets.token_urlsafe(64), new_token()
        body = {"nonce": nonce, "verifier": verifier, "browser": hashed(browser), "back": back}
        with self._database.write() as connection:
            single_use.issue(connection, _key(state), body, self._clock.now() + FLOW)
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self._settings.client_id, "redirect_uri": back,
            "scope": self._settings.scopes, "state": state, "nonce": nonce,
            "code_challenge": digest, "code_challenge_method": "S256",
        }  # fmt: skip
        joint = "&" if urlsplit(provider.authorization).query else "?"
        return Started(f"{provider.authorization}{joint}{urlencode(asked)}", browser)

    def finish(self, code: str, state: str, browser: str, origin: Origin, *, issuer: str = "") -> Opened:
        """The browser is back. Raises NotAllowed, ProviderDown."""
        with self._database.write() as connection:
            flow = single_use.use(connection, _key(state), self._clock.now())
        right_browser = flow is not None and secrets.compare_digest(flow["browser"], hashed(browser))
        if flow is None or not code or not right_browser or (issuer and issuer != self._settings.issuer):
            raise NotAllowed(STALE)
        claims = self._claims(self._id_token(code, flow), flow["nonce"])
        now = self._clock.now()
        with self._database.write() as connection:
            stored = self._account(connection, claims)
            if stored is not None and not stored.disabled:
                return self._sign_in.by_sso(connection, stored, origin)
            target = stored.name if stored else "?"
            audit.note(connection, Origin("?", origin.ip), [Act("sign_in.failed", target, {"way": "sso"})], now)
        raise NotAllowed(UNKNOWN)

    def _account(self, connection: Connection, claims: dict[str, Any]) -> Stored | None:
        """The account bound to the subject, else the one that the claim names and that is bound to nobody; it is bound now."""
        subject = f"{self._settings.issuer}#{claims['sub']}"[:400]
        if bound := rows.by_subject(connection, subject):
            return bound
        named = claims.get(self._settings.claim)
        if not isinstance(named, str) or not named:
            return None
        if self._settings.field == "email":
            if self._settings.claim == "email" and claims.get("email_verified") is not True:
                return None
            found = rows.by_email(connection, plain(named))
            stored = found[0] if len(found) == 1 else None
        else:
            stored = rows.get(connection, plain(named))
        if stored is None or stored.subject:
            return None
        if not stored.disabled:
            now = self._clock.now()
            rows.change(connection, stored.name, now, subject=subject)
            audit.note(connection, Origin(stored.name), [Act("accounts.bind", stored.name, {"subject": subject})], now)
        return stored

    # -- the provider ----------------------------------------------------------------------------------------------

    def _discovered(self) -> Provider:
        with self._lock:
            if self._provider and time.monotonic() - self._provider[0] < KEYS_LIVE_S:
                return self._provider[1]
        document = self._json("GET", self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if document.get("issuer") != self._settings.issuer:
            raise ProviderDown(f"the discovery document names another issuer: {document.get('issuer')}")
        try:
            methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
            found = Provider(
                str(document["authorization_endpoint"]), str(document["token_endpoint"]), str(document["jwks_uri"]),
                "client_secret_basic" in methods,
            )  # fmt: skip
        except KeyError as error:
            raise ProviderDown(f"the discovery document lacks {error}") from error
        if urlsplit(self._settings.issuer).scheme == "https" and any(
            urlsplit(u).scheme != "https" for u in (found.authorization, found.token, found.keys)
        ):
            raise ProviderDown("the provider names an address without https")
        with self._lock:
            self._provider = (time.monotonic(), found)
        return found

    def _id_token(self, code: str, flow: dict[str, Any]) -> str:
        provider = self._discovered()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": flow["back"],
            "code_verifier": flow["verifier"],
        }  # fmt: skip
        auth = None
        secret = self._settings.client_secret.get_secret_value()
        if secret and provider.basic:
            auth = httpx.BasicAuth(self._settings.client_id, secret)
        else:
            form |= {"client_id": self._settings.client_id} | ({"client_secret": secret} if secret else {})
        answer = self._json("POST", provider.token, data=form, auth=auth)
        if not isinstance(answer.get("id_token"), str):
            raise ProviderDown("the provider sent no ID token")
        return str(answer["id_token"])

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of a token that is theirs, for us, of now, and of this flow. Raises NotAllowed."""
        try:
            try:
                decoded = jwt.decode(token, self._key_set(), algorithms=ALGORITHMS)
            except (JoseError, ValueError):  # perhaps signed with a key that is newer than what we know
                decoded = jwt.decode(token, self._key_set(fresh=True), algorithms=ALGORITHMS)
            registry = jwt.JWTClaimsRegistry(
                now=int(self._clock.now().timestamp()), leeway=LEEWAY_S,
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": self._settings.client_id},
                exp={"essential": True}, iat={"essential": True}, sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            )  # fmt: skip
            registry.validate(decoded.claims)
        except (JoseError, ValueError) as error:
            log.warning("id_token_refused", cause=type(error).__name__, detail=str(error)[:200])
            raise NotAllowed(STALE) from error
        claims = decoded.claims
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self._settings.client_id:
            log.warning("id_token_refused", cause="azp")
            raise NotAllowed(STALE)
        return dict(claims)

    def _key_set(self, *, fresh: bool = False) -> KeySet:
        age = time.monotonic() - self._keys[0] if self._keys else float("inf")
        if self._keys and age < (KEYS_REST_S if fresh else KEYS_LIVE_S):
            return self._keys[1]
        document = self._json("GET", self._discovered().keys)
        try:
            found = KeySet.import_key_set(document)  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderDown("the provider's keys cannot be read") from error
        self._keys = (time.monotonic(), found)
        return found

    def _json(self, method: str, address: str, **what: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, address, headers={"accept": "application/json"}, **what)
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderDown(f"{method} {address}: {type(error).__name__}") from error
        if not isinstance(found, dict):
            raise ProviderDown(f"{address} did not answer with an object")
        return found

    def close(self) -> None:
        self._http.close()


def _key(state: str) -> str:
    return f"staff-sso:{hashed(state)}"
