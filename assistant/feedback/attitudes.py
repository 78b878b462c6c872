"""What a shopper cares about and how they feel about it: tags on two levels, weaker as they grow old.

Enters: what the shopper spoke of, as (leaf, sentiment, moment, source). Leaves: `Attitude`s, strongest first. Called
for the picture of a shopper, segments and rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from assistant.feedback.taxonomy import Tree

HALF_LIFE_DAYS = 90.0
LEAST = 0.2  # weaker than this is forgotten
SIGN = {"pos": 1.0, "neu": 0.0, "neg": -1.0}


@dataclass(frozen=True)
class Attitude:
    """`level`: 1 a group, 2 a leaf. `strength`: how much is remembered of it; `lean`: -1 to 1."""

    level: int
    key: str
    name: str
    strength: float
    lean: float
    said: int
    last: datetime
    sources: tuple[str, ...]

    @property
    def words(self) -> str:
        """As a tag: 「排队结账：不满」."""
        feeling = "满意" if self.lean > 0.3 else "不满" if self.lean < -0.3 else "关注"
        return f"{self.name}：{feeling}"

    @property
    def tag(self) -> str:
        """As rules name it: 「排队结账-负面」."""
        return f"{self.name}-{'正面' if self.lean > 0.3 else '负面' if self.lean < -0.3 else '中性'}"


def attitudes(tree: Tree, said: Iterable[tuple[str, str, datetime, str]], now: datetime) -> list[Attitude]:
    """Groups and leaves together."""
    names = {leaf.id: leaf.name for leaf in tree.leaves}
    group = tree.group_of()
    heard: dict[tuple[int, str], list[tuple[float, float, datetime, str]]] = {}
    for leaf, sentiment, at, source in said:
        if leaf not in names:
            continue
        weight = 0.5 ** (max(0.0, (now - at).total_seconds()) / 86_400 / HALF_LIFE_DAYS)
        one = (weight, SIGN[sentiment], at, source)
        heard.setdefault((2, leaf), []).append(one)
        heard.setdefault((1, group[leaf]), []).append(one)
    found = []
    for (level, key), rows in heard.items():
        strength = sum(weight for weight, *_ in rows)
        if strength < LEAST:
            continue
        lean = sum(weight * sign for weight, sign, *_ in rows) / strength
        found.append(
            Attitude(
                level, key, names.get(key, key), round(strength, 3), round(lean, 3), len(rows),
                max(at for _, _, at, _ in rows), tuple(sorted({source for *_, source in rows})),
            )
        )  # fmt: skip
    return sorted(found, key=lambda a: (a.level, -a.strength, a.key))
