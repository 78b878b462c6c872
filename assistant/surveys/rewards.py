"""The reward of a finished survey: given once, with a substitute where it cannot be had, owed where the retailer is away.

Called by the talk when a survey is finished, and by the worker for what is owed.
"""

from pydantic import ValidationError

from assistant import logs
from assistant.db import moments
from assistant.db.engine import Database
from assistant.db.moments import Invitation
from assistant.surveys.files import Gift, Reward
from tools.errors import BackendDown, ToolError, ToolRefused
from tools.ports import Merchant

log = logs.get("surveys")
REWARD = "survey.reward"


class Rewards:
    """One instance serves all threads."""

    def __init__(self, database: Database, merchant: Merchant) -> None:
        self._db = database
        self._merchant = merchant

    def give(self, found: Invitation, reward: Reward) -> tuple[str, str]:
        """Give it: `given`, `instead`, `owed` (the retailer cannot be reached) or `refused`, and what is said of it.

        Nobody's (both empty) where we do not know whom we talk to. The same invitation twice is one reward.
        """
        if not found.member_id:
            return "", ""
        outcome, words = self._tried(found, reward)
        logs.REWARDS.labels(outcome).inc()
        return outcome, words

    def settle(self, invitation_id: str) -> str:
        """Give what is owed; how it ended. Raises BackendDown where it is to be tried again."""
        with self._db.read() as connection:
            found = moments.get(connection, invitation_id)
        if found is None or found.reward != "owed":
            return found.reward if found else "gone"  # the member's data were erased
        try:
            reward = Reward.model_validate(found.survey["reward"], extra="ignore")
        except (KeyError, ValidationError):
            return "gone"
        outcome, _ = self._tried(found, reward)
        if outcome == "owed":
            raise BackendDown("the reward is still owed")
        logs.REWARDS.labels(outcome).inc()
        with self._db.write() as connection:
            moments.change(connection, found.id, {"reward": outcome, "rewarded": outcome != "refused"})
        return outcome

    def _tried(self, found: Invitation, reward: Reward) -> tuple[str, str]:
        refused = ""
        for gift, outcome in zip(reward.gifts, ("given", "instead"), strict=False):
            try:
                self._hand_over(found, gift, outcome)
            except BackendDown:
                return "owed", f"答谢礼（{gift.words}）稍后放进您的账户。"
            except ToolError as error:
                log.warning("reward_refused", invitation=found.id, cause=getattr(error, "code", type(error).__name__))
                refused = refused or (f"：{error.public}" if isinstance(error, ToolRefused) else "，很抱歉。")
                continue
            if outcome == "instead":
                return outcome, f"原定的答谢礼（{reward.words}）没能送上，换成{gift.words}送给您，已放进您的账户。"
            return outcome, f"答谢礼已放进您的账户：{gift.words}。"
        return "refused", f"答谢礼（{reward.words}）没能送上{refused}"

    def _hand_over(self, found: Invitation, gift: Gift, outcome: str) -> None:
        """The key makes the same gift of the same invitation one, however often it is tried."""
        key = f"survey-reward:{found.id}" + ("" if outcome == "given" else ":instead")
        if gift.points is not None:
            self._merchant.points.grant(found.member_id, gift.points, "问卷答谢", key)
        else:
            self._merchant.coupons.claim(found.member_id, gift.coupon or "", key)
