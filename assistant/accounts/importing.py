"""Accounts from a list (CSV): what it would change, what is refused and why, and then the change in one transaction.

Columns: name, title, role, units, and optionally email (Chinese headings too). Thousands of rows take a second or two.
Running the same list again changes nothing. New people get an invitation instead of a password.
"""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta

from assistant.accounts.keys import new_token
from assistant.accounts.naming import Describe, plain, units_of
from assistant.accounts.staff import Staff, an_admin_stays, link_body, link_key, said
from assistant.clock import Clock
from assistant.config import AccountSettings
from assistant.db import accounts as rows
from assistant.db import audit, org, sessions, single_use
from assistant.db.accounts import Wanted
from assistant.db.audit import Act, Origin
from assistant.db.engine import Connection, Database
from assistant.encodings import decoded
from assistant.errors import BadInput

MOST_ROWS = 100_000
_HEADINGS = {
    "name": "name", "账号": "name", "账号名": "name", "title": "title", "称呼": "title", "姓名": "title",
    "role": "role", "角色": "role", "units": "units", "组织": "units", "范围": "units", "email": "email", "邮箱": "email",
}  # fmt: skip
_NEEDED = ("name", "title", "role", "units")


@dataclass(frozen=True)
class Row:
    line: int
    fields: dict[str, str]


@dataclass(frozen=True)
class RefusedRow:
    line: int
    name: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What a list comes to. `missing`: enabled accounts that it does not name, and that are to be disabled."""

    created: tuple[Wanted, ...]
    changed: tuple[tuple[Wanted, Wanted], ...]
    unchanged: int
    still_disabled: tuple[str, ...]
    missing: tuple[str, ...]
    refused: tuple[RefusedRow, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "created": [w.name for w in self.created],
            "changed": [
                {"name": after.name} | {k: [said(before)[k], v] for k, v in said(after).items() if said(before)[k] != v}
                for before, after in self.changed
            ],
            "unchanged": self.unchanged,
            "still_disabled": list(self.still_disabled),
            "disabled": list(self.missing),
            "refused": [{"line": r.line, "name": r.name, "reason": r.reason} for r in self.refused],
        }


@dataclass(frozen=True)
class Imported:
    """What was done. `links`: name → secret of the invitation, of the new accounts."""

    plan: Plan
    links: dict[str, str]


def decode(raw: bytes) -> str:
    """UTF-8, or what spreadsheets on Chinese machines write. Raises BadInput."""
    try:
        return decoded(raw)
    except UnicodeDecodeError as error:
        raise BadInput("文件不是文本，请另存为 CSV（UTF-8）再导入。") from error


def read(text: str) -> tuple[list[Row], list[RefusedRow]]:
    """Rows and what cannot be read. Raises BadInput where the heading is wrong or the list is too long."""
    reader = csv.reader(io.StringIO(text.replace("\0", "")))
    found: list[Row] = []
    refused: list[RefusedRow] = []
    try:
        heading = [_HEADINGS.get(plain(h), plain(h)) for h in next(reader, [])]
        if missing := [h for h in _NEEDED if h not in heading]:
            raise BadInput(f"第一行要是列名 name,title,role,units[,email]，缺少：{'、'.join(missing)}。")
        if len(set(heading)) != len(heading):
            raise BadInput("有两列同名，请检查第一行。")
        for cells in reader:
            if not any(c.strip() for c in cells):
                continue
            if len(found) + len(refused) >= MOST_ROWS:
                raise BadInput(f"一次最多导入{MOST_ROWS:,}行。")
            if len(cells) != len(heading):
                name = plain(cells[heading.index("name")]) if len(cells) > heading.index("name") else ""
                refused.append(RefusedRow(reader.line_num, name, f"有{len(cells)}格，应为{len(heading)}格"))
                continue
            fields = {h: c for h, c in zip(heading, cells, strict=True) if h in (*_NEEDED, "email")}
            found.append(Row(reader.line_num, fields))
    except csv.Error as error:
        raise BadInput(f"第{reader.line_num}行读不懂，请检查引号和逗号。") from error
    return found, refused


class Importing:
    """One per process."""

    def __init__(self, database: Database, clock: Clock, settings: AccountSettings, staff: Staff) -> None:
        self._database = database
        self._clock = clock
        self._link_life = timedelta(hours=settings.link_h)
        self._staff = staff

    def plan(self, text: str, origin: Origin, *, disable_missing: bool = False) -> Plan:
        """What the list would do. Changes nothing."""
        with self._database.read() as connection:
            return self._plan(connection, text, origin, disable_missing)

    def run(self, text: str, origin: Origin, *, disable_missing: bool = False) -> Imported:
        """Do it, all or nothing. Refused rows are left out and told."""
        now = self._clock.now()
        with self._database.write() as connection:
            plan = self._plan(connection, text, origin, disable_missing)
            with an_admin_stays(connection):
                rows.add(connection, plan.created, now)
                self._staff.write(connection, list(plan.changed), origin, now)
                rows.disable(connection, plan.missing, now)
            sessions.close_of(connection, plan.missing)
            links = {w.name: new_token() for w in plan.created}
            bodies = {link_key(secret): link_body(name, "") for name, secret in links.items()}
            single_use.issue_many(connection, bodies, now + self._link_life)
            counts = {
                "created": len(plan.created), "changed": len(plan.changed), "unchanged": plan.unchanged,
                "disabled": len(plan.missing), "refused": len(plan.refused),
            }  # fmt: skip
            acts = [Act("accounts.add", w.name, said(w)) for w in plan.created]
            acts += [Act("accounts.disable", name) for name in plan.missing]
            audit.note(connection, origin, [*acts, Act("accounts.import", "", counts)], now)
        return Imported(plan, links)

    def _plan(self, connection: Connection, text: str, origin: Origin, disable_missing: bool) -> Plan:
        given, refused = read(text)
        describe = Describe(org.tree(connection))
        known = rows.all_by_name(connection)
        created: list[Wanted] = []
        changed: list[tuple[Wanted, Wanted]] = []
        still_disabled: list[str] = []
        unchanged = 0
        lines: dict[str, int] = {}
        for row in given:
            f = row.fields
            name = plain(f["name"])
            if name in lines:
                refused.append(RefusedRow(row.line, name, f"和第{lines[name]}行是同一个账号"))
                continue
            lines[name] = row.line
            try:
                before = known.get(name)
                email = f.get("email", before.email if before else "")
                wanted = describe.wanted(name, f["title"], f["role"], units_of(f["units"]), email)
            except BadInput as error:
                refused.append(RefusedRow(row.line, name, error.public))
                continue
            if before is None:
                created.append(wanted)
            elif before.disabled:
                still_disabled.append(name)
            elif rows.as_wanted(before) == wanted:
                unchanged += 1
            else:
                changed.append((rows.as_wanted(before), wanted))
        named = lines.keys() | {r.name for r in refused} | {origin.who}  # whoever imports never disables themselves
        missing = sorted(n for n, s in known.items() if n not in named and not s.disabled) if disable_missing else []
        return Plan(
            tuple(created), tuple(changed), unchanged, tuple(still_disabled), tuple(missing),
            tuple(sorted(refused, key=lambda r: r.line)),
        )  # fmt: skip
