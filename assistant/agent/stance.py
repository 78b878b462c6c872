"""Is a short message an answer, and which: yes, no, wait, or something else? By the router's readings.

Called by `confirming`, `asking` and `context`, after `yes_no` and its neighbours have looked at the words alone.
"""

from assistant.agent.exchange import Turn
from assistant.agent.kin import kin
from assistant.agent.router import MORE, Router

MAX_ANSWER = 16  # characters of a yes or a no that the learner may judge
OWN_WISH = 0.6  # probability from which the router's reading stands against an answer
LIKELY = 0.5
POLITE_INTENTS = ("greet", "thanks", "bye", "praise", "chitchat")
_CANCELS = ("order_cancel", "appointment_cancel")


class Stance:
    """Judges answers. One instance serves all threads."""

    def __init__(self, router: Router) -> None:
        self.router = router

    def is_an_answer(self, turn: Turn, tool: str, rules: list[str]) -> bool:
        """False where a message reads like a wish of its own."""
        if not set(rules) <= {tool, *kin(tool)}:
            return False
        best = self.router.rank(turn.mentions.plain).best
        return best.intent in (tool, *POLITE_INTENTS, *_CANCELS) or best.probability < OWN_WISH

    def is_small_talk(self, turn: Turn) -> bool:
        return not turn.rules and self.router.rank(turn.mentions.plain).best.intent in POLITE_INTENTS

    def of(self, turn: Turn) -> str:
        stance, sure = self.router.stance(turn.mentions.plain)
        return stance if sure >= LIKELY else MORE
