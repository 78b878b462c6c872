"""Holidays and promotions by name, from `calendar.yaml`."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import BadInput


class UnknownFeast(BadInput, ValueError):
    """The calendar does not say when a holiday is in some year."""


@dataclass(frozen=True)
class Calendar:
    """`names`: every way to say it → its name. `days(name, year)` raises ValueError for a year that is not listed."""

    names: dict[str, str]
    fixed: dict[str, tuple[int, int, int, int]]
    dated: dict[str, dict[int, tuple[date, date]]]
    fiscal_month: int
    feasts: dict[str, dict[int, date] | tuple[int, int]]

    def days(self, name: str, year: int) -> tuple[date, date]:
        if name in self.fixed:
            a, b, c, d = self.fixed[name]
            return date(year, a, b), date(year, c, d)
        if year not in self.dated[name]:
            raise UnknownFeast(f"日历里没有{year}年{name}的日期，暂时算不了。")
        return self.dated[name][year]

    def day(self, name: str, year: int) -> date:
        """The day itself, of a holiday of several days. Raises UnknownFeast like `days`."""
        first, last = self.days(name, year)
        feast = self.feasts.get(name, {})
        found = date(year, *feast) if isinstance(feast, tuple) else feast.get(year, first)
        return found if first <= found <= last else first


@cache
def calendar() -> Calendar:
    """The calendar of the package."""
    path = Path(__file__).parent.parent / "calendar.yaml"
    body: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    names: dict[str, str] = {}
    for group in ("fixed", "dated"):
        for name, entry in body[group].items():
            names |= dict.fromkeys((name, *entry["names"]), name)
    return Calendar(
        names,
        {n: tuple(e["days"]) for n, e in body["fixed"].items()},
        {n: {y: (d[0], d[1]) for y, d in e["years"].items()} for n, e in body["dated"].items()},
        int(body["fiscal_month"]),
        {
            n: tuple(e["day"]) if isinstance(e["day"], list) else e["day"]
            for e_of in (body["fixed"], body["dated"])
            for n, e in e_of.items()
            if "day" in e
        },
    )
