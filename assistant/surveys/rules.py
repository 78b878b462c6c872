"""Whom to ask, about what, when: rules as a file, decided one event at a time. Pure; the caller knows the shopper's past.

An event leads to an invitation or to the reason why not, and the reasons are counted: that is what a dry run shows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from assistant.clock import SHANGHAI
from assistant.domain.moment import Event
from assistant.errors import ConfigError
from assistant.surveys.files import Words

RULES = Path(__file__).parent / "rules.yaml"
EVENTS: Mapping[str, str] = {
    "visit": "到店", "paid": "付款", "picked_up": "自提", "delivered": "签收", "refunded": "退款", "exchanged": "换货",
    "appointment_done": "预约完成", "ticket_closed": "工单关闭", "tier_changed": "等级变化", "order_cancelled": "取消订单",
    "cart_left": "购物车未付款", "dormant": "沉默", "birthday": "生日",
}  # fmt: skip
AHEAD = timedelta(minutes=10)  # a retailer's clock may be so far ahead of ours
STALE = timedelta(days=7)

Reason = Literal[
    "invited",
    "no_rule",
    "future",
    "stale",
    "unknown_member",
    "segment",
    "not_sampled",
    "opted_out",
    "cool_down",
    "asked",
]
REASON_WORDS: Mapping[Reason, str] = {
    "invited": "会邀请", "no_rule": "没有规则", "future": "时间在将来", "stale": "太久以前", "unknown_member": "不认识的会员",
    "segment": "不在人群内", "not_sampled": "未抽中", "opted_out": "顾客不接受调研", "cool_down": "冷却期内", "asked": "已有未答完的",
}  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Tag = Annotated[str, Field(pattern=r"^[^\s-]{1,20}-(正面|中性|负面)$")]


class Segment(_Strict):
    """Who is meant; what is not given holds for all. `attitudes`: any of these, a leaf or group of the tree of aspects and
    how the shopper feels about it lately, such as 排队结账-负面. `products`: any line of the order is one of these ids, or of
    one of these categories or brands."""

    tiers: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    stores: tuple[str, ...] = ()
    channels: tuple[Literal["store", "online"], ...] = ()
    attitudes: tuple[Tag, ...] = ()
    least_cents: int | None = Field(default=None, ge=0)
    most_cents: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if self.least_cents is not None and self.most_cents is not None and self.least_cents > self.most_cents:
            raise ValueError("least_cents is more than most_cents: nobody is meant")
        return self


Way = Literal["customer_message", "subscribe", "template", "sms", "web"]
WAYS: Mapping[str, str] = {
    "customer_message": "公众号客服消息", "subscribe": "订阅消息", "template": "模板消息", "sms": "短信", "web": "网页聊天",
}  # fmt: skip


class Variant(_Strict):
    """A wording of the greeting, tried against the others."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    greeting: Words = Field(min_length=1, max_length=200)


class Rule(_Strict):
    """`channels`: the ways in which somebody is invited, tried in this order; all but the chats carry a link."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")
    event: str
    survey: str
    who: Segment = Segment()
    share: float = Field(default=1.0, gt=0, le=1)
    after_minutes: int = Field(default=0, ge=0, le=60 * 24 * 30)
    cool_down_days: int = Field(default=30, ge=0, le=365)
    variants: tuple[Variant, ...] = ()
    channels: tuple[Way, ...] = Field(default=("customer_message", "web"), min_length=1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.event not in EVENTS:
            raise ValueError(f"{self.id}: there is no event {self.event}; known are {', '.join(EVENTS)}")
        if len(set(self.channels)) < len(self.channels):
            raise ValueError(f"{self.id}: a channel stands twice")
        if len({v.id for v in self.variants}) < len(self.variants):
            raise ValueError(f"{self.id}: two variants have the same id")
        return self


class Rules(_Strict):
    """`quiet`: hours in which nobody is written to; `cool_down_days`: between any two invitations of a shopper."""

    quiet_from: time = time(21)
    quiet_until: time = time(9)
    cool_down_days: int = Field(default=7, ge=0, le=365)
    rules: tuple[Rule, ...]

    @field_validator("quiet_from", "quiet_until", mode="before")
    @classmethod
    def _quoted(cls, given: object) -> object:
        if not isinstance(given, str | time):  # YAML reads 21:00 as a number of minutes
            raise ValueError('quiet hours are written in quotes: "21:00"')
        return given

    def rule(self, rule_id: str) -> Rule | None:
        return next((r for r in self.rules if r.id == rule_id), None)


@dataclass(frozen=True)
class Past:
    """What is known of the shopper. `last_invited`: by any rule; `by_rule`: by rule id; `tier` None: nobody knows them;
    `bought`: ids, categories and brands of the order's products."""

    tier: str | None
    allowed: bool = True
    last_invited: datetime | None = None
    by_rule: Mapping[str, datetime] | None = None
    unfinished: bool = False
    attitudes: frozenset[str] = frozenset()
    stage: str = ""
    bought: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Decision:
    """`rule` and `due_at` are set where somebody is invited."""

    reason: Reason
    rule: Rule | None = None
    due_at: datetime | None = None
    variant: Variant | None = None


def read_rules(
    path: Path = RULES, surveys: Mapping[str, object] | None = None,
    others: Callable[[], Mapping[str, object]] = dict,
) -> Rules:  # fmt: skip
    """The rules of a file. Raises ConfigError that names the fault. `others`: surveys without a file, asked for only where one
    is missed."""
    try:
        found = Rules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{path.name}: " + "; ".join(e["msg"] for e in error.errors())) from error
    for rule in found.rules:
        if surveys is not None and rule.survey not in surveys and rule.survey not in others():
            raise ConfigError(f"{path.name}: {rule.id} asks for the survey {rule.survey}, which does not exist")
    if len({r.id for r in found.rules}) < len(found.rules):
        raise ConfigError(f"{path.name}: two rules have the same id")
    return found


def decide(rules: Rules, event: Event, past: Past, now: datetime) -> Decision:
    """What an event leads to: the first rule that invites, else the reason of the last one that did not."""
    if event.at > now + AHEAD:
        return Decision("future")
    if event.at < now - STALE:
        return Decision("stale")
    fitting = [r for r in rules.rules if r.event == event.type]
    if not fitting:
        return Decision("no_rule")
    if past.tier is None:
        return Decision("unknown_member")
    if not past.allowed:
        return Decision("opted_out")
    found = Decision("no_rule")
    for rule in fitting:
        found = _by_rule(rules, rule, event, past, now)
        if found.reason == "invited":
            break
    return found


def _by_rule(rules: Rules, rule: Rule, event: Event, past: Past, now: datetime) -> Decision:
    if not _in(rule.who, event, past):
        return Decision("segment")
    if draw(f"{rule.id}:{event.id}") >= rule.share:
        return Decision("not_sampled")
    if past.unfinished:
        return Decision("asked")
    due_at = awake(rules, max(event.at + timedelta(minutes=rule.after_minutes), now))
    if past.last_invited and due_at < past.last_invited + timedelta(days=rules.cool_down_days):
        return Decision("cool_down")
    mine = (past.by_rule or {}).get(rule.id)
    if mine and due_at < mine + timedelta(days=rule.cool_down_days):
        return Decision("cool_down")
    variant = rule.variants[int(draw(f"v:{rule.id}:{event.member_id}") * len(rule.variants))] if rule.variants else None
    return Decision("invited", rule, due_at, variant)


def _in(who: Segment, event: Event, past: Past) -> bool:
    amount = event.amount_cents
    return (
        (not who.tiers or past.tier in who.tiers)
        and (not who.stages or past.stage in who.stages)
        and (not who.products or not past.bought.isdisjoint(who.products))
        and (not who.attitudes or not past.attitudes.isdisjoint(who.attitudes))
        and (not who.stores or event.store_id in who.stores)
        and (not who.channels or event.channel in who.channels)
        and (who.least_cents is None or (amount is not None and amount >= who.least_cents))
        and (who.most_cents is None or (amount is not None and amount <= who.most_cents))
    )


def draw(seed: str) -> float:
    """A number in [0, 1) that is the same for the same event, however often it comes and whoever decides."""
    return int.from_bytes(sha256(seed.encode()).digest()[:6], "big") / 2**48


def awake(rules: Rules, at: datetime) -> datetime:
    """The moment itself, or the end of the quiet hours that it falls into."""
    here = at.astimezone(SHANGHAI)
    start, end, clock = rules.quiet_from, rules.quiet_until, here.time()
    quiet = (clock >= start or clock < end) if start > end else start <= clock < end
    if not quiet or start == end:
        return at
    day = here.date() if clock < end else here.date() + timedelta(days=1)
    return datetime.combine(day, end, SHANGHAI).astimezone(at.tzinfo)


def asleep(rules: Rules, at: datetime) -> datetime | None:
    """When the next quiet hours after a moment begin; None where there are none."""
    if rules.quiet_from == rules.quiet_until:
        return None
    here = at.astimezone(SHANGHAI)
    day = here.date() if here.time() < rules.quiet_from else here.date() + timedelta(days=1)
    return datetime.combine(day, rules.quiet_from, SHANGHAI).astimezone(at.tzinfo)
