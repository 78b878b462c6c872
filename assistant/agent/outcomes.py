"""From an intent to words: the tool is run, its outcome stated, and what follows from it noted in the state.

Enters: a `Turn` and an intent. Leaves: a `Reply`; the turn's state is replaced. Called by `turn`, `context` and
`understand`.
"""

from dataclasses import replace
from datetime import timedelta

from assistant.agent import dialogue, fill, purchases, several
from assistant.agent.compose import Composer, asked_again, confirm_reply, merge
from assistant.agent.exchange import Turn
from assistant.agent.render.words import choices
from assistant.agent.toolbelt import Asked, Down, NotBound, Outcome, Planned, Refused, Served, call
from assistant.config import AgentSettings
from assistant.domain.conversation import Offer, Pending, Task
from assistant.domain.message import Reply
from tools.resolve import order_label
from tools.types import (
    Appointment,
    AppointmentList,
    CouponList,
    Eligibility,
    KnowledgeAnswer,
    Logistics,
    Order,
    OrderList,
    ProductList,
    ReturnRequest,
    StoreList,
    TicketList,
    UsualList,
)


class Outcomes:
    """Acts and says. One instance serves all threads."""

    def __init__(self, settings: AgentSettings, composer: Composer, brand: str) -> None:
        self._settings = settings
        self._composer = composer
        self._brand = brand

    # -- acting ---------------------------------------------------------------------------------------------------

    def act(self, turn: Turn, intent: str) -> Reply:
        """Serve an intent of the playbook with what the message names."""
        known = turn.playbook.intents[intent]
        if known.reply:
            told = intent == "chitchat" and bool(turn.state.last_reply) and not dialogue.asks(turn.text)
            return self.say(turn, "remark" if told else known.reply)
        return self.run(turn, intent, self.named(turn, intent))

    def named(self, turn: Turn, tool: str) -> dict[str, str]:
        """What the message names for a tool, with what it adds to where the same tool waits or asks."""
        named, pending, asking = fill.args(tool, turn), turn.state.pending, turn.state.asking
        if pending is not None and pending.tool == tool:
            return fill.added(pending, named, turn)
        return dialogue.repaired(asking.args, named) if asking is not None and asking.tool == tool else named

    def run(self, turn: Turn, tool: str, args: dict[str, str], text: str = "") -> Reply:
        """Run a tool and state what came of it."""
        first, *others = (several.variants(turn) if tool == "stock_reserve" else []) or [{}]
        if others:
            args = {**{k: v for k, v in args.items() if k not in several.VARIANT}, **first}
        outcome = self.outcome(turn, tool, args, text)
        if isinstance(outcome, Planned | Asked):
            known = outcome.plan.args if isinstance(outcome, Planned) else outcome.args
            tasks = tuple(Task(tool, {**known, **other}) for other in others)
            turn.state = replace(turn.state, parked=(*turn.state.parked, *reversed(tasks)))
        reply = self.state(turn, outcome)
        shown = others and isinstance(outcome, Planned)
        return merge([Reply(self.words(turn, "one_by_one")), reply]) if shown else reply

    def outcome(self, turn: Turn, tool: str, args: dict[str, str], text: str = "") -> Outcome:
        """Run a tool; slots that the message leaves open are filled from what was spoken of."""
        filled = fill.completed(tool, args, turn, text or turn.text)
        if (order := purchases.unshipped(tool, filled, turn)) is not None:
            turn.did_instead(tool, "order_cancel")
            tool, filled = "order_cancel", {"order": order}
        return call(turn.ctx, tool, filled, turn.trace.tools)

    # -- stating --------------------------------------------------------------------------------------------------

    def state(self, turn: Turn, outcome: Outcome) -> Reply:
        """Turn an outcome into words, and note in the state what follows from it."""
        if isinstance(outcome, Served):
            return self._result(turn, outcome)
        if isinstance(outcome, Planned):
            return self._planned(turn, outcome)
        if isinstance(outcome, Asked):
            return self._asked(turn, outcome)
        if isinstance(outcome, Refused):
            turn.state = replace(turn.state, misses=0)
            turn.proposes = outcome.proposes
            return Reply(outcome.text)
        if isinstance(outcome, NotBound):
            turn.not_bound = outcome.tool
            return self.say(turn, "need_login")
        assert isinstance(outcome, Down)
        turn.state = replace(turn.state, last_tool=outcome.tool, last_args=outcome.args)
        return self.say(turn, "backend_down")

    def _planned(self, turn: Turn, outcome: Planned) -> Reply:
        expires = turn.now + timedelta(seconds=self._settings.confirm_ttl_s)
        args = outcome.plan.args
        turn.state = replace(
            turn.state,
            pending=Pending(outcome.tool, args, f"{turn.key}:{outcome.tool}", outcome.plan.title, expires),
            asking=None,
            focus=dialogue.focus_of({**_spoken(turn), **args}, turn.state.focus),
            last_tool=outcome.tool,
            last_args=args,
            last_question="",
            misses=0,
        )
        return confirm_reply(outcome.plan, turn.english)

    def _asked(self, turn: Turn, outcome: Asked) -> Reply:
        state = turn.state
        offers = tuple(Offer(o.value, o.label) for o in outcome.options)
        again = state.asking.tries + 1 if state.asking and state.asking.slot == outcome.slot else 0
        task = Task(outcome.tool, outcome.args, outcome.slot, outcome.question, offers, again)
        known = _known(turn, {k: v for k, v in outcome.args.items() if k in ("product", "store", "colour", "size")})
        replaced = state.pending is not None and state.pending.tool == outcome.tool
        turn.state = replace(
            state,
            asking=task,
            pending=None if replaced else state.pending,
            focus=dialogue.focus_of({**_spoken(turn), **known}, state.focus),
            last_tool=outcome.tool,
            last_args={**fill.loose(turn), **outcome.args},
            last_question="",
            misses=0,
        )
        return asked_again(task, turn.english, first=True)

    def _result(self, turn: Turn, outcome: Served) -> Reply:
        turn.served.append(outcome)
        result = outcome.result
        turn.proposes = proposed(result)
        if isinstance(result, KnowledgeAnswer):
            turn.trace.passages += [
                {"id": p.chunk_id, "source": p.source, "score": round(p.score, 4)} for p in result.passages
            ]
            focus = dialogue.focus_of(_spoken(turn), turn.state.focus)
            turn.state = replace(turn.state, misses=0, focus=focus, last_question=turn.text[:60])
            if not result.passages:
                return self.say(turn, "no_knowledge")
            return self._composer.from_passages(result, turn.english, turn.on_text)
        spoken = _spoken(turn)
        ids = resolved_ids(result)
        if isinstance(result, UsualList) and "product" in spoken:
            ids.pop("product", None)  # what was named counts, not what is bought most
        args = {**fill.loose(turn), **outcome.args, **ids}
        turn.state = replace(turn.state, focus=dialogue.focus_of(spoken, turn.state.focus))
        slot, shown = shown_offers(result)
        turn.state = replace(
            turn.state,
            focus=dialogue.focus_of(_known(turn, {**where(turn, result), **args}), turn.state.focus),
            last_tool=outcome.tool,
            last_args=args,
            last_question="",
            shown_slot=slot or turn.state.shown_slot,
            shown=shown or turn.state.shown,
            misses=0,
        )
        return self._composer.from_result(result, turn.english)

    # -- a change that waits for its yes ---------------------------------------------------------------------------

    def pending_again(self, turn: Turn) -> Reply | None:
        """The question for a yes once more, None where none is open or the change is no longer possible."""
        pending = turn.state.pending
        if pending is None:
            return None
        planned = call(turn.ctx, pending.tool, pending.args, turn.trace.tools)
        return confirm_reply(planned.plan, turn.english) if isinstance(planned, Planned) else None

    def asked_again(self, turn: Turn) -> Reply | None:
        """As `pending_again`, noted as an answer that was not sure enough."""
        if turn.state.pending is not None:
            turn.did(turn.state.pending.tool, "asked_to_confirm")
        return self.pending_again(turn)

    # -- fixed words ----------------------------------------------------------------------------------------------

    def words(self, turn: Turn, name: str) -> str:
        """A reply's text in the shopper's language."""
        entry = turn.playbook.replies[name]
        return (entry.en if turn.english else entry.zh).replace("{brand}", self._brand)

    def say(self, turn: Turn, name: str) -> Reply:
        """A reply of the playbook. What a message names in passing is spoken of all the same."""
        turn.state = replace(turn.state, focus=dialogue.focus_of(_spoken(turn), turn.state.focus))
        known = turn.playbook.replies[name]
        turn.proposes = known.proposes
        return Reply(self.words(turn, name), choices=choices(*known.choices))


def _known(turn: Turn, args: dict[str, str]) -> dict[str, str]:
    """Arguments less words that stand for several products or stores."""
    catalog = turn.ctx.catalog
    found = dict(args)
    if found.get("product", "") not in catalog.products:
        found.pop("product", None)
    if found.get("store", "") not in catalog.stores:
        found.pop("store", None)
    return found


def _spoken(turn: Turn) -> dict[str, str]:
    """The product that a message names, with its colour and size, and the store, whatever the wish."""
    named = {k: v for k, v in turn.mentions.slots.items() if k in ("product", "colour", "size", "store")}
    return _known(turn, named)


def shown_offers(result: object) -> tuple[str, tuple[Offer, ...]]:
    """What a result lists, to be picked later by its number ("第二个"): the slot and the things in their order."""
    if isinstance(result, OrderList):
        return "order", tuple(Offer(o.order_id, order_label(o)) for o in result.orders)
    if isinstance(result, ProductList) and len(result.products) > 1:
        return "product", tuple(Offer(p.product_id, p.name) for p in result.products)
    if isinstance(result, StoreList) and len(result.stores) > 1:
        return "store", tuple(Offer(s.store.store_id, s.store.name) for s in result.stores)
    if isinstance(result, CouponList) and result.coupons:
        return "coupon", tuple(Offer(c.coupon_id, c.title) for c in result.coupons)
    if isinstance(result, UsualList):
        return "product", tuple(Offer(i.product.product_id, i.product.name) for i in result.items)
    return "", ()


def proposed(result: object) -> str:
    """The tool that is offered where a result has nothing to show, as its rendering words it; "" where none is."""
    if isinstance(result, CouponList) and not result.coupons and not result.claimable:
        return "coupons_claimable"
    if isinstance(result, AppointmentList) and not result.items:
        return "appointment_book"
    if isinstance(result, TicketList) and not result.items:
        return "ticket_file"
    return ""


def where(turn: Turn, result: object) -> dict[str, str]:
    """The store to which a result sends the shopper: of the appointment, of an order that waits to be fetched."""
    if isinstance(result, AppointmentList) and len(result.items) == 1:
        result = result.items[0]
    if isinstance(result, Appointment):
        return {"store": result.store_id}
    if not isinstance(result, Order) or not result.pickup_store:
        return {}
    stores = [s.store_id for s in turn.ctx.catalog.stores.values() if s.name == result.pickup_store]
    return {"store": stores[0]} if stores else {}


def resolved_ids(result: object) -> dict[str, str]:
    """Ids of what a result speaks of, for the focus: product, store, order …"""
    ids: dict[str, str] = {}
    for attribute, slot, field_name in (
        ("product", "product", "product_id"),
        ("store", "store", "store_id"),
        ("asked_store", "store", "store_id"),
    ):
        thing = getattr(result, attribute, None)
        if thing is not None and hasattr(thing, field_name):
            ids[slot] = getattr(thing, field_name)
    if isinstance(result, Order | Logistics | Eligibility | ReturnRequest):
        ids["order"] = result.order_id
    if isinstance(result, Eligibility | ReturnRequest):
        ids |= {"line": str(result.line.line_no), "product": result.line.product_id}
    if isinstance(result, Order) and len(result.lines) == 1:
        ids["product"] = result.lines[0].product_id
    if isinstance(result, UsualList) and result.items:
        ids["product"] = result.items[0].product.product_id
    if isinstance(result, Appointment):
        ids["appointment"] = result.appointment_id
    if isinstance(result, StoreList) and len(result.stores) == 1:
        ids["store"] = result.stores[0].store.store_id
    if isinstance(result, ProductList) and len(result.products) == 1:
        ids["product"] = result.products[0].product_id
    return ids
