"""Passwords: hashed with Argon2id, checked in the same time whether an account exists or not, refused where weak."""

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from assistant.errors import BadInput

SHORTEST, LONGEST = 10, 200
AT_ONCE = 4  # each check takes its memory for a moment
MEMORY_KIB = 47_104

# What people choose where ten characters are asked for.
_COMMON = frozenset(
    [
        "1234567890",
        "0123456789",
        "12345678910",
        "123456789a",
        "a123456789",
        "qwertyuiop",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "qwerty12345",
        "abc1234567",
        "abcd123456",
        "password123",
        "password1234",
        "password12",
        "passw0rd123",
        "p@ssw0rd123",
        "p@ssword123",
        "iloveyou1314",
        "woaini1314520",
        "woaini520",
        "woaini1314",
        "5201314520",
        "1314520520",
        "aa123456789",
        "admin12345",
        "admin123456",
        "administrator",
        "changeme123",
        "welcome123",
        "welcome2026",
        "letmein123",
        "zhike12345",
        "zhike123456",
        "qazwsxedcrfv",
        "asdfghjkl1",
        "zxcvbnm123",
        "1111111111",
        "0000000000",
        "8888888888",
        "6666666666",
        "1122334455",
        "9876543210",
        "0987654321",
        "q1w2e3r4t5",
        "qwe1234567",
        "abcdefghij",
    ]
)


class Passwords:
    """Threads share it."""

    def __init__(self, memory_kib: int = MEMORY_KIB) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=memory_kib, parallelism=1)
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._nobody = self.hash("nobody has this password")

    def hash(self, password: str) -> str:
        with self._room:
            return self._hasher.hash(_normal(password))

    def fits(self, kept: str, password: str) -> bool:
        """Whether it is the password. Takes as long where nothing is kept, and is then False."""
        with self._room:
            try:
                self._hasher.verify(kept or self._nobody, _normal(password)[: LONGEST * 4])
            except (VerificationError, InvalidHashError):
                return False
        return bool(kept)

    def old(self, kept: str) -> bool:
        """Whether a hash was made with weaker parameters and should be made again."""
        return self._hasher.check_needs_rehash(kept)


def _normal(password: str) -> str:
    """The same characters however a keyboard composed them."""
    return unicodedata.normalize("NFKC", password)


def check(password: str, name: str) -> None:
    """Raises BadInput with what to do better."""
    password = _normal(password)
    if len(password) < SHORTEST:
        raise BadInput(f"密码至少要{SHORTEST}位，长一点、好记一点就好，例如几个词连在一起。")
    if len(password) > LONGEST:
        raise BadInput(f"密码最多{LONGEST}位。")
    low = password.casefold()
    if low.strip("0123456789!@#.") == name.casefold() or low == name.casefold():
        raise BadInput("密码不能是账号名，也不能只在账号名前后加数字。")
    if low in _COMMON or len(set(low)) < 4 or low in "01234567890123456789" or low in "98765432109876543210":
        raise BadInput("这个密码太常见，容易被猜到，请换一个。")
