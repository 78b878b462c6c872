"""Who asks on the staff's side: an account with a role, and what part of the organisation it may see.

The organisation is one tree: group → region → city → store → brand counter. An account names the units it stands on;
`resolve` turns them into the stores (and counters) below. Nothing named, nothing seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What kind of work an account does. Scope says where, role says what."""

    STORE_STAFF = "store_staff"
    STORE_MANAGER = "store_manager"
    REGION_MANAGER = "region_manager"
    ANALYST = "analyst"
    SERVICE_AGENT = "service_agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


ROLE_NAMES = {
    Role.STORE_STAFF: "门店员工",
    Role.STORE_MANAGER: "店长",
    Role.REGION_MANAGER: "区域经理",
    Role.ANALYST: "运营分析",
    Role.SERVICE_AGENT: "客服",
    Role.SUPERVISOR: "客服主管",
    Role.ADMIN: "管理员",
}


class Permission(StrEnum):
    """What a page or a command may ask for. Where it holds is decided by the scope."""

    ASK = "ask"  # questions to the mart
    LIST_MEMBERS = "list_members"  # single members, by id, never by name or phone
    SOLVE = "solve"  # write down what solves a recurring problem, take over new topics
    ANSWER_DESK = "answer_desk"  # take conversations and answer shoppers
    EDIT_SURVEYS = "edit_surveys"  # with the whole group in scope
    MANAGE_ACCOUNTS = "manage_accounts"
    READ_AUDIT = "read_audit"


PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.STORE_STAFF: frozenset({Permission.ASK}),
    Role.STORE_MANAGER: frozenset({Permission.ASK, Permission.LIST_MEMBERS, Permission.SOLVE}),
    Role.REGION_MANAGER: frozenset({Permission.ASK, Permission.LIST_MEMBERS, Permission.SOLVE}),
    Role.ANALYST: frozenset({Permission.ASK, Permission.LIST_MEMBERS, Permission.SOLVE, Permission.EDIT_SURVEYS}),
    Role.SERVICE_AGENT: frozenset({Permission.ANSWER_DESK}),
    Role.SUPERVISOR: frozenset({Permission.ASK, Permission.LIST_MEMBERS, Permission.SOLVE, Permission.ANSWER_DESK}),
    Role.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True)
class OrgUnit:
    """A node of the tree. `kind`: group, region, city, store or counter."""

    unit_id: str
    parent_id: str | None
    kind: str
    name: str


@dataclass(frozen=True)
class Account:
    """Somebody of the staff. `units`: ids of org units; everything below them may be seen."""

    name: str
    title: str
    role: Role
    units: tuple[str, ...]

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role]


@dataclass(frozen=True)
class Scope:
    """What may be seen: whole stores, and single brand counters as (store, brand).

    `whole` is the entire group: then rows that belong to no store may be seen too.
    """

    stores: frozenset[str]
    counters: frozenset[tuple[str, str]] = frozenset()
    whole: bool = False

    @property
    def empty(self) -> bool:
        return not (self.whole or self.stores or self.counters)

    @property
    def key(self) -> str:
        """Stands for the scope in cache keys and audits: equal scopes, equal keys."""
        if self.whole:
            return "*"
        return ",".join(sorted(self.stores)) + "|" + ",".join(sorted(f"{s}/{b}" for s, b in self.counters))

    @property
    def words(self) -> str:
        """How an answer says it."""
        parts = []
        if self.whole:
            return f"集团全部{len(self.stores)}家店"
        if self.stores:
            parts.append(f"{len(self.stores)}家店")
        if self.counters:
            parts.append(f"{len(self.counters)}个专柜")
        return "您权限内" + "、".join(parts or ["0家店"])


def resolve(account: Account, tree: Mapping[str, OrgUnit]) -> Scope:
    """The scope of an account. Units that the tree does not know give nothing."""
    children: dict[str, list[OrgUnit]] = {}
    for unit in tree.values():
        if unit.parent_id is not None:
            children.setdefault(unit.parent_id, []).append(unit)
    stores: set[str] = set()
    counters: set[tuple[str, str]] = set()
    whole = False
    waiting = [tree[u] for u in account.units if u in tree]
    while waiting:
        unit = waiting.pop()
        whole = whole or unit.kind == "group"
        if unit.kind == "store":
            stores.add(unit.unit_id)
        elif unit.kind == "counter":
            counters.add((unit.parent_id or "", unit.name))
        else:
            waiting += children.get(unit.unit_id, [])
    return Scope(frozenset(stores), frozenset(c for c in counters if c[0] not in stores), whole)
