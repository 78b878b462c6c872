"""Secrets: the key of this installation, what is sealed with it, and random tokens of which only a hash is kept."""

import base64
import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from assistant.errors import ConfigError


def secret_key(given: str, data_dir: Path) -> str:
    """The key that signs and seals: the setting, else one made once and kept in the data folder (0600)."""
    if given:
        return given
    path = data_dir / "cookie.key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        beside.touch(mode=0o600)
        beside.write_text(secrets.token_urlsafe(32), encoding="ascii")
        with suppress(FileExistsError):  # another process was faster: its key counts
            os.link(beside, path)
        beside.unlink()
    key = path.read_text(encoding="ascii")
    if len(key) < 32:
        raise ConfigError(f"{path} holds no key: remove it, and everybody signs in anew")
    return key


class Seal:
    """Encrypts short secrets that must be read again, such as the seed of one-time codes."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"zhike seal\0" + key.encode()).digest()))

    def close(self, secret: str) -> str:
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises ConfigError where it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise ConfigError(
                "a secret was sealed with another key: is ZHIKE_WEB__SECRET the one of before?"
            ) from error


def new_token() -> str:
    """256 random bits, safe in addresses and headers."""
    return secrets.token_urlsafe(32)


def new_id() -> str:
    """Names a row in lists; opens nothing."""
    return secrets.token_hex(6)


def hashed(token: str) -> str:
    """What is kept of a token. It is long and random, so that a plain hash cannot be reversed."""
    return hashlib.sha256(token.encode()).hexdigest()
