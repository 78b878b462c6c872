"""Whether an answer holds to the change that waits, as it was shown.

Enters: a `Turn` and the pending change. Leaves: yes or no; nothing is changed. Called by `confirming`.
"""

import re
from collections.abc import Sequence

from assistant.agent import amounts, dialogue, fill, ruled_out, yes_and_more, yes_at_length, yes_no
from assistant.agent.exchange import Turn
from assistant.agent.router import Router
from assistant.agent.stance import MAX_ANSWER, OWN_WISH
from assistant.agent.toolbelt import Planned, call
from assistant.domain.conversation import Pending
from tools.all import TOOLS


def names_another(turn: Turn, pending: Pending) -> bool:
    """True where something is named that the change, as it waits, would not do."""
    slots, named = TOOLS[pending.tool].slots, turn.mentions.slots
    if pending.tool == "ticket_file" and not pending.args.get("store"):
        return False  # where it happened is no other complaint
    other = {k for k, v in named.items() if k in slots and k not in ("kind", "reason") and pending.args.get(k) != v}
    if other <= {"day", "time"} and fill.moved(pending.args.get("time"), turn) == pending.args.get("time"):
        return False
    return bool(other)


def restates(turn: Turn, pending: Pending) -> bool:
    """A yes with what waits told in its words ("对 就五十的")."""
    first, *rest = re.split(
        r"[，,。！! ]+|(?<=^[嗯对好])(?=[退换留约领取要])|(?<=^[好嗯对]的)(?=[退换留约领取要])", turn.text
    )
    against = yes_at_length.speaks_against(turn.text, pending.tool)
    if not rest or len(turn.text) > MAX_ANSWER or yes_no.doubts(turn.text) or against:
        return False
    said, slots = turn.mentions.slots, TOOLS[pending.tool].slots
    named = {k: v for k, v in said.items() if k in slots}
    if (at := pending.args.get("time")) and {"time", "day"} & set(named):
        if fill.moved(at, turn) != at:
            return False  # "嗯约吧 周四" where Wednesday waits
        named = {**named, "time": at, "day": pending.args.get("day", at)}
    told = _told_of_variant(turn, pending)
    if not (named or told) or len(dialogue.residue(turn.mentions)) > 4 or not yes_no.is_yes(first, pending.tool):
        return False
    again = call(turn.ctx, pending.tool, dialogue.repaired(pending.args, named), turn.trace.tools)
    if not isinstance(again, Planned) or again.plan.args != pending.args:
        return False
    return _are_shown(turn, pending, told)


def accepts(turn: Turn, pending: Pending) -> bool:
    """A yes by the name of what waits, with a remark ("嗯嗯取消 不好意思哈 被老婆发现了", "咖啡就咖啡 换")."""
    if taken := yes_at_length.accepts(turn.text, pending.tool):
        return _is_shown(turn, pending, amounts.in_digits(taken))
    reason = pending.args.get("reason", "")
    why = turn.mentions.slots.get("reason", reason)
    other_reason = bool(reason) and not reason.startswith("换成") and why != reason
    if names_another(turn, pending) or turn.mentions.shift or other_reason:
        return False
    told = _told_of_variant(turn, pending)
    return yes_at_length.agrees(turn.text, pending.tool) and _are_shown(turn, pending, told)


def wants_it_again(turn: Turn, pending: Pending, router: Router) -> bool:
    """A yes and the change once more ("对 帮我把它退了"), or the change alone wished once more ("也给我关嘛")."""
    text = turn.text
    if pending.tool == "privacy_delete" or yes_at_length.holds(text, pending.tool):
        return False
    if yes_and_more.opens_with_yes(text, pending.tool):
        return True
    if len(text) > MAX_ANSWER or yes_no.doubts(text):
        return False
    if pending.tool == "ticket_file" or not yes_no.names_change(text, pending.tool):
        return False
    best = router.rank(turn.mentions.plain).best
    return best.intent == pending.tool and best.probability >= OWN_WISH


def _is_shown(turn: Turn, pending: Pending, name: str) -> bool:
    """True where what waits is shown by this name, whole, and nothing else is named beside it."""
    if not {k for k, v in turn.mentions.slots.items() if pending.args.get(k, v) != v} <= {"item", "coupon"}:
        return False
    return _are_shown(turn, pending, [name])


def _told_of_variant(turn: Turn, pending: Pending) -> list[str]:
    """The colour and size that a message wishes of a thing that was bought, where the change has no slot for them."""
    slots = TOOLS[pending.tool].slots
    if pending.tool not in yes_no.PARTS_WITH:
        return []
    wished = ruled_out.left(turn.text)  # "换吧 M的太紧了" names what goes back
    said = turn.mentions if wished == turn.text else turn.named_in(wished)
    return [v for k, v in said.slots.items() if k in ("colour", "size") and k not in slots]


def _are_shown(turn: Turn, pending: Pending, values: Sequence[str]) -> bool:
    """True where what waits is shown with these words, each whole; of an exchange in what is got for it."""
    if not values:
        return True
    again = call(turn.ctx, pending.tool, pending.args, turn.trace.tools)
    rows = again.plan.rows if isinstance(again, Planned) else ()
    if pending.args.get("reason", "").startswith("换成"):  # whose first row shows what goes back
        rows = rows[1:]
    whole = [re.compile(rf"(?<![0-9a-z]){re.escape(value)}(?![0-9a-z])", re.IGNORECASE) for value in values]
    return all(any(value.search(row) for _, row in rows) for value in whole)
