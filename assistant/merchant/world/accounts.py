"""The demo accounts of the staff, from `accounts.yaml`."""

from pathlib import Path

import yaml

from assistant.domain.account import Account, Role


def demo_accounts() -> dict[str, Account]:
    """Accounts by name."""
    rows = yaml.safe_load((Path(__file__).parent / "accounts.yaml").read_text(encoding="utf-8"))
    return {r["name"]: Account(r["name"], r["title"], Role(r["role"]), tuple(r["units"])) for r in rows}
