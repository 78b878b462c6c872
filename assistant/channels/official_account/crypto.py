"""WeChat's signatures and its safe mode (AES-256-CBC with the padding of blocks of 32 bytes).

Source: WeChat's developer documents, "消息加解密说明". Everything that does not fit raises `BadPush`; comparison of
signatures takes the same time wherever they differ.
"""

import base64
import binascii
import hashlib
import hmac
import os
import struct
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
_NOISE = 16  # random bytes before the length


class BadPush(Exception):
    """What came is not from WeChat, or not readable. `reason` is a short name for logs and metrics."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts (token, timestamp, nonce and, in safe mode, the ciphertext), as hex."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def check_signature(given: str, *parts: str) -> None:
    if not hmac.compare_digest(signature(*parts).encode(), given.encode()):
        raise BadPush("signature")


class Seal:
    """Opens and makes ciphertexts of one account. Keys are the 43 characters shown in WeChat's console.

    The first key seals; all of them open, so that a key can be changed without losing what is under way.
    """

    def __init__(self, app_id: str, keys: Sequence[str]) -> None:
        self._app_id = app_id.encode()
        self._keys = [_key(k) for k in keys]

    def open(self, ciphertext: str) -> str:
        """The plain text of a ciphertext in base64."""
        try:
            raw = base64.b64decode(ciphertext, validate=True)
        except (binascii.Error, ValueError):
            raise BadPush("ciphertext") from None
        if not raw or len(raw) % 16:
            raise BadPush("ciphertext")
        reason = "ciphertext"
        for key in self._keys:
            try:
                return self._open(key, raw)
            except BadPush as error:
                reason = error.reason
        raise BadPush(reason)

    def _open(self, key: bytes, raw: bytes) -> str:
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        padded = decryptor.update(raw) + decryptor.finalize()
        pad = padded[-1]
        if not 1 <= pad <= BLOCK or padded[-pad:] != bytes([pad]) * pad:
            raise BadPush("padding")
        body = padded[_NOISE:-pad]
        if len(body) < 4:
            raise BadPush("ciphertext")
        (length,) = struct.unpack(">I", body[:4])
        if length > len(body) - 4:
            raise BadPush("ciphertext")
        if body[4 + length :] != self._app_id:
            raise BadPush("app_id")
        try:
            return body[4 : 4 + length].decode()
        except UnicodeDecodeError:
            raise BadPush("encoding") from None

    def seal(self, text: str) -> str:
        """The ciphertext of a text, in base64."""
        body = text.encode()
        plain = os.urandom(_NOISE) + struct.pack(">I", len(body)) + body + self._app_id
        pad = BLOCK - len(plain) % BLOCK
        encryptor = Cipher(algorithms.AES(self._keys[0]), modes.CBC(self._keys[0][:16])).encryptor()
        sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
        return base64.b64encode(sealed).decode()


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text + "=")
    except binascii.Error:
        key = b""
    if len(key) != 32:
        raise ValueError("an EncodingAESKey has 43 characters of A-Z, a-z and 0-9")
    return key
