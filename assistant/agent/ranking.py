"""The router's ranking in the light of the patterns that fit and of what was spoken of.

Pure but for asking the router. Called by `understand`.
"""

from assistant.agent.exchange import Turn
from assistant.agent.router import Guess, Ranking, Router

RULE_WEIGHT = 8.0  # how much more likely a pattern that fits makes its intent
CONTEXT_WEIGHT = 60.0  # the same for a pattern that counts after what was spoken of
ASKED = 1.5  # how much oftener shoppers ask for policies than the examples do
ASKED_AGAIN = 2.5  # the same right after such a question
BARE = 7  # and up to which it does so even where the router is sure of it alone
SHORT = 10  # characters up to which a message leans on what was spoken of
POLITE_ENOUGH = 0.35  # probability from which thanks and the like are about nothing that was spoken of
_POLITE = ("thanks", "bye", "greet", "praise", "who", "handoff")
# what a message that names no topic is about, after a tool
_TOPICS = (
    ("points", "积分"), ("coupons", "优惠券"), ("order_logistics", "快递"), ("order", "订单"), ("return", "退货"), ("appointment", "预约"),
    ("stock", "商品"), ("product", "商品"), ("size", "尺码"), ("usual", "商品"), ("store", "门店"), ("privacy", "我的数据"), ("ticket", "投诉"), ("membership", "会员"),
)  # fmt: skip


def ranked(router: Router, turn: Turn) -> Ranking:
    """The ranking of a turn's message."""
    ranking, rules = router.rank(turn.mentions.plain), turn.rules
    sure = ranking.best.probability >= turn.playbook.policy.router.serve
    polite = ranking.best.intent in _POLITE and ranking.best.probability >= POLITE_ENOUGH
    alone = polite or (sure and (turn.state.last_question or len(turn.text) > BARE))
    if (about := topic(turn)) and not rules and not alone:
        ranking = mixed(ranking, router.rank(f"{about}{turn.mentions.plain}"))
    if not rules:
        return questioned(ranking, ASKED_AGAIN if turn.state.last_question else ASKED)
    return weighed(ranking, rules, CONTEXT_WEIGHT if turn.rules_in_context else RULE_WEIGHT)


def topic(turn: Turn) -> str:
    """What a short message is about, where it does not say so itself: the question before, or the last tool's topic."""
    if len(turn.text) > SHORT:
        return ""
    if turn.state.last_question:
        return f"{turn.state.last_question[:16]} "
    topic = next((word for prefix, word in _TOPICS if turn.state.last_tool.startswith(prefix)), "")
    return "" if topic in turn.mentions.plain else topic


def mixed(alone: Ranking, in_context: Ranking) -> Ranking:
    """The mean of two rankings."""
    both = {g.intent: g.probability / 2 for g in alone.guesses}
    for g in in_context.guesses:
        both[g.intent] = both.get(g.intent, 0.0) + g.probability / 2
    return _ranking(both, alone.nearest)


def weighed(ranking: Ranking, rules: list[str], weight: float = 0.0) -> Ranking:
    """The ranking with intents whose patterns fit made likelier."""
    if not rules:
        return ranking
    weights = {g.intent: g.probability for g in ranking.guesses}
    for intent in rules:
        weights[intent] = max(weights.get(intent, 0.0), 0.03) * (weight or RULE_WEIGHT)
    return _ranking(weights, ranking.nearest)


def questioned(ranking: Ranking, weight: float) -> Ranking:
    """The ranking with questions for the documents made likelier."""
    weights = {g.intent: g.probability * (weight if g.intent == "knowledge_search" else 1) for g in ranking.guesses}
    return _ranking(weights, ranking.nearest)


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
