"""A small OpenID provider for tests: discovery, keys, and a token endpoint that checks what a client must send."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

ISSUER, CLIENT, SECRET = "https://id.example.com", "zhike", "s3cret"


class Provider(httpx.BaseTransport):
    """Answers in place of the network. `now`: the tests' clock; `claims`, `header`: what the next token says otherwise."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.keys = [RSAKey.generate_key(2048, {"kid": "k1"}, auto_kid=False)]
        self.signing = self.keys[0]
        self.algorithm = "RS256"
        self.claims: dict[str, Any] = {}
        self.document: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.down = False

    def agree(self, address: str, subject: str = "u-1", **claims: Any) -> tuple[str, str]:
        """Somebody signs in at the provider, which was asked by this address; returns (code, state)."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        self.claims = {"sub": subject, "preferred_username": "li.lei", "nonce": asked["nonce"], **claims}
        return code, asked["state"]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.down:
            raise httpx.ConnectError("down")
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json=self._document())
        if request.url.path == "/keys":
            return httpx.Response(200, json=KeySet(self.keys).as_dict(private=False))
        return self._token(request)

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys", **self.document,
        }  # fmt: skip

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {k: v[0] for k, v in parse_qs(request.content.decode()).items()}
        asked = self.codes.pop(form.get("code", ""), None)
        right = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if (
            asked is None
            or request.headers.get("authorization") != right
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return httpx.Response(400, json={"error": "invalid_grant"})
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(200, json={"access_token": "a", "token_type": "Bearer", "id_token": self._id_token()})

    def _id_token(self) -> str:
        now = int(self.now)
        claims = {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, **self.claims}
        claims = {k: v for k, v in claims.items() if v is not None}
        if self.algorithm == "none":
            parts = ({"alg": "none"}, claims)
            return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts) + "."
        return jwt.encode({"alg": self.algorithm, "kid": self.signing.kid}, claims, self.signing)
