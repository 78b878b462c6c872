"""The organisation's tree as the operational store has it."""

from sqlalchemy import Connection, select

from assistant.db.tables.retail import org_units
from assistant.domain.account import OrgUnit


def tree(connection: Connection) -> dict[str, OrgUnit]:
    """Units by id."""
    return {r.id: OrgUnit(r.id, r.parent_id, r.kind, r.name) for r in connection.execute(select(org_units))}
