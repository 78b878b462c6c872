"""Signature and safe mode, from WeChat's description: SHA-1 over sorted parts; AES-256-CBC, PKCS#7 to 32 bytes.

Written from the description alone, so that it checks the channel's side and does not repeat its mistakes.
"""

import base64
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

BLOCK = 32


class BadCipher(Exception):
    """What came cannot be decrypted, or is not meant for this account."""


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts: (token, timestamp, nonce), with the cipher text as well for msg_signature."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _cipher(aes_key: str) -> Cipher[CBC]:
    key = base64.b64decode(aes_key + "=")
    return Cipher(AES256(key), CBC(key[:16]))


def encrypt(aes_key: str, appid: str, plain: str) -> str:
    """Base64 of the encrypted (16 random bytes, length, text, appid)."""
    raw = plain.encode()
    whole = os.urandom(16) + struct.pack("!I", len(raw)) + raw + appid.encode()
    pad = BLOCK - len(whole) % BLOCK
    encryptor = _cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(whole + bytes([pad]) * pad) + encryptor.finalize()).decode()


def decrypt(aes_key: str, appid: str, sealed: str) -> str:
    """The text within. Raises BadCipher."""
    try:
        raw = base64.b64decode(sealed, validate=True)
        decryptor = _cipher(aes_key).decryptor()
        whole = decryptor.update(raw) + decryptor.finalize()
        pad = whole[-1]
        if not 1 <= pad <= BLOCK or whole[-pad:] != bytes([pad]) * pad:
            raise BadCipher("the padding is not PKCS#7 to 32 bytes")
        whole = whole[:-pad]
        (size,) = struct.unpack("!I", whole[16:20])
        text, to = whole[20 : 20 + size], whole[20 + size :]
        if len(text) != size or to.decode() != appid:
            raise BadCipher("the length or the appid within does not fit")
        return text.decode()
    except (ValueError, IndexError, struct.error) as error:
        raise BadCipher(str(error)) from error
