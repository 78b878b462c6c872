"""The ranking of wishes in the light of the patterns that fit and of what was spoken of, at a first and a second look.

Pure but for asking the router and the model. Called by `understand`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from assistant.agent import purchases, weigh
from assistant.agent.exchange import Turn
from assistant.agent.router import Guess, Ranking, Router
from assistant.agent.second_look import SecondLook

RULE_WEIGHT = 8.0  # how much more likely a pattern that fits makes the intent of a part of a message
# what a message that names no topic is about, after a tool
_TOPICS = (
    ("points", "积分"), ("coupons", "优惠券"), ("order_logistics", "快递"), ("order", "订单"), ("return", "退货"), ("appointment", "预约"),
    ("stock", "商品"), ("product", "商品"), ("size", "尺码"), ("usual", "商品"), ("store", "门店"), ("privacy", "我的数据"), ("ticket", "投诉"), ("membership", "会员"),
)  # fmt: skip


class Ranker:
    """Ranks a turn's message: by a first look, and by a second one where `plain` says that the first is not sure.

    `watch` hears what was known at each decision, for whoever learns the weights.
    """

    def __init__(self, router: Router, second: SecondLook) -> None:
        self._router = router
        self._second = second
        self.watch: Callable[[Turn, weigh.Known], None] = lambda turn, known: None

    def ranked(self, turn: Turn, is_plain: Callable[[Ranking], bool]) -> Ranking:
        """The ranking of a turn's message."""
        known, nearest = self._observed(turn)
        found = _ranking(weigh.likelihoods(known), nearest)
        if not is_plain(found) and self._second.ready():
            known = looked_twice(self._second, turn, known)
            found = _ranking(weigh.likelihoods(known), nearest)
            if known.second:
                turn.trace.tier = "model"
                turn.trace.notes.append("second_look")
        self.watch(turn, known)
        return found

    def of_part(self, plain: str, rules: list[str]) -> Ranking:
        """The ranking of a part of a message, with intents whose patterns fit made likelier."""
        ranking = self._router.rank(plain)
        if not rules:
            return ranking
        weights = ranking.shares
        for intent in rules:
            weights[intent] = max(weights.get(intent, 0.0), 0.03) * RULE_WEIGHT
        return _ranking(weights, ranking.nearest)

    def _observed(self, turn: Turn) -> tuple[weigh.Known, tuple[tuple[str, str], ...]]:
        """What speaks for each wish at the first look, and the nearest examples."""
        plain, state = turn.mentions.plain, turn.state
        alone = self._router.rank(plain)
        about = topic(turn)
        in_topic = self._router.rank(f"{about}{plain}") if about else None
        in_question = self._router.rank(f"{state.last_question[:16]} {plain}") if state.last_question else None
        known = weigh.Known(
            text=turn.text, alone=alone.shares, in_topic=in_topic.shares if in_topic else {},
            in_question=in_question.shares if in_question else {}, rules=turn.rules,
            rules_in_context=turn.rules_in_context, last_tool=state.last_tool,
            after_question=bool(state.last_question), slots=frozenset(turn.mentions.slots),
            names_product=bool(turn.mentions.products),
            knows_product=bool(turn.mentions.products) or state.focus.product_id is not None,
            owns_product=any(purchases.owns(turn, product) for product in turn.mentions.products),
            nearest=_among(alone.nearest), is_guest=turn.ctx.member_id is None,
        )  # fmt: skip
        return known, alone.nearest


def looked_twice(second: SecondLook, turn: Turn, known: weigh.Known) -> weigh.Known:
    """What is known, with what the second look adds."""
    look = second.read(turn.mentions.plain, turn.state.last_reply)
    return replace(known, second=look.alone, after_reply=look.after_reply) if look else known


def _among(nearest: tuple[tuple[str, str], ...]) -> dict[str, float]:
    """Intent → its share of the nearest examples."""
    counts = Counter(intent for _, intent in nearest)
    return {intent: count / len(nearest) for intent, count in counts.items()}


def topic(turn: Turn) -> str:
    """The last tool's topic, for a message that does not name it."""
    about = next((word for prefix, word in _TOPICS if turn.state.last_tool.startswith(prefix)), "")
    return "" if about in turn.mentions.plain else about


def without(ranking: Ranking, intent: str) -> Ranking:
    """The ranking where an intent is ruled out."""
    rest = tuple(g for g in ranking.guesses if g.intent != intent)
    return Ranking(rest, ranking.nearest) if rest else ranking


def _ranking(weights: dict[str, float], nearest: tuple[tuple[str, str], ...]) -> Ranking:
    total = sum(weights.values()) or 1.0
    ordered = sorted(weights.items(), key=lambda pair: -pair[1])
    return Ranking(tuple(Guess(intent, weight / total) for intent, weight in ordered), nearest)


def examples(ranking: Ranking, candidates: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The nearest examples, at most two of an intent, the nearest last."""
    picked: list[tuple[str, str]] = []
    for utterance, intent in ranking.nearest:
        if intent in candidates and sum(i == intent for _, i in picked) < 2:
            picked.append((utterance, intent))
    return tuple(reversed(picked[:5]))
