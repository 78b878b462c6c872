"""How accounts are named and described: one way of writing, and what is refused."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from assistant.db.accounts import Wanted
from assistant.domain.account import ROLE_NAMES, OrgUnit, Role
from assistant.errors import BadInput

_NAME = re.compile(r"[\w][\w.@+-]{1,63}")
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,120}\.[^\s@.]{2,24}")
_ROLES = {**{r.value: r for r in Role}, **{name: r for r, name in ROLE_NAMES.items()}}


def plain(name: str) -> str:
    """A name as it is kept: what somebody types in capitals or full width is the same name."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


class Describe:
    """Turns what a form or a row says into an account, or says what is wrong. One per use: it indexes the tree."""

    def __init__(self, tree: Mapping[str, OrgUnit]) -> None:
        self._tree = tree
        self._by_name: dict[str, list[str]] = {}
        for unit in tree.values():
            self._by_name.setdefault(unit.name, []).append(unit.unit_id)

    def wanted(self, name: str, title: str, role: str, units: Sequence[str], email: str = "") -> Wanted:
        """Raises BadInput with the first thing that is wrong."""
        name, title, email = plain(name), title.strip(), email.strip().casefold()
        if not _NAME.fullmatch(name):
            raise BadInput("账号名要2到64位，只能用文字、数字和 . _ - @ +，且以文字或数字开头。")
        if not title or len(title) > 120 or not title.isprintable():
            raise BadInput("称呼要写，最多120个字。")
        if role.strip() not in _ROLES:
            raise BadInput(f"没有“{role.strip()[:20]}”这个角色，可以用：{'、'.join(ROLE_NAMES.values())}。")
        if email and not _EMAIL.fullmatch(email):
            raise BadInput("邮箱格式不对。")
        return Wanted(name, title, _ROLES[role.strip()], self._units(units), email)

    def _units(self, given: Sequence[str]) -> tuple[str, ...]:
        found: list[str] = []
        for text in (g.strip() for g in given):
            if not text:
                continue
            ids = [text] if text in self._tree else self._by_name.get(text, [])
            if not ids:
                raise BadInput(f"组织里没有“{text[:40]}”。")
            if len(ids) > 1:
                raise BadInput(f"“{text[:40]}”不止一个，请写编号：{'、'.join(sorted(ids)[:5])}。")
            if ids[0] not in found:
                found.append(ids[0])
        return tuple(found)


def units_of(text: str) -> list[str]:
    """Units in one field: separated by | ; 、 or a space."""
    return [part for part in re.split(r"[|;；、\s]+", text) if part]
