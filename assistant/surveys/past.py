"""The surveys' past in the demo world: who was invited in the last weeks, who answered what, who did not.

Enters: the seeded store. Leaves: events and invitations around the answers that stand there, so that result pages, funnel and
mart tell the same story; no answer is added. The same for the same world. Called when the world is made.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from assistant.clock import SHANGHAI
from assistant.db import demo_surveys
from assistant.db.demo_surveys import EVENT, INVITATION, MADE
from assistant.db.engine import Database
from assistant.surveys.files import Survey
from assistant.surveys.rules import Rules

WEEKS = 8
MOST = 20_000  # invitations, however large the world is
SILENT = 2.1  # invited for each who answered
_RULES = {"store": "store_payment", "online": "delivered"}
_REASONS = {  # which option of "what was wrong" words speak of
    "store_visit": {"queue": "排队 结账 收银 等", "staff": "店员 导购 服务 态度 推销", "stock": "缺货 断码 没货 尺码",
                    "goods": "质量 商品 开线 掉色 起球"},
    "delivery": {"broken": "破 坏 压 漏", "courier": "快递员 小哥 态度", "missing": "少 错 漏发", "slow": "慢 晚 等 久 物流"},
}  # fmt: skip
_BEST = {
    "staff": "店员 导购 服务 热情 耐心",
    "price": "价 划算 便宜 优惠",
    "place": "环境 干净 宽敞",
    "goods": "质量 款 好看 衣 鞋",
}


@dataclass(frozen=True)
class Made:
    """How many were made."""

    invited: int
    answered: int


def make(database: Database, surveys: Mapping[str, Survey], rules: Rules, as_of: date, seed: int) -> Made:
    """Replace what was made before. `as_of`: today, of which nothing is made."""
    until = datetime.combine(as_of, time(), SHANGHAI).astimezone(UTC)
    with database.read() as connection:
        rows = demo_surveys.past(connection, until - timedelta(weeks=WEEKS), until)
    known = {rule.id: rule for rule in rules.rules}
    chosen = {c: known[r] for c, r in _RULES.items() if r in known and known[r].survey in surveys}
    writer = _Writer(Random(seed + 29), surveys, rules, until)
    for row, answered in _picked(rows, writer.rng):
        if rule := chosen.get(row["channel"]):
            writer.add(row, rule, answered)
    with database.write() as connection:
        demo_surveys.replace(connection, writer.events, writer.invitations)
    return Made(len(writer.invitations), writer.answered)


def _picked(rows: list[Mapping[str, Any]], rng: Random) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Orders with an answer, and a share of the others; nobody twice within two weeks, at most so many."""
    answers = sum(r["answer_id"] is not None for r in rows)
    share = min(1.0, SILENT * answers / max(1, len(rows) - answers))
    keep = min(1.0, MOST / max(1.0, answers * (1 + SILENT)))
    last: dict[str, datetime] = {}
    for row in rows:
        answered = row["answer_id"] is not None
        if rng.random() >= keep * (1.0 if answered else share):
            continue
        if not answered and row["created_at"] - last.get(
            row["member_id"], datetime.min.replace(tzinfo=UTC)
        ) < timedelta(14):
            continue
        last[row["member_id"]] = row["created_at"]
        yield row, answered


class _Writer:
    """Collects rows in the order of their columns."""

    def __init__(self, rng: Random, surveys: Mapping[str, Survey], rules: Rules, now: datetime) -> None:
        self.rng = rng
        self.events: list[tuple[Any, ...]] = []
        self.invitations: list[tuple[Any, ...]] = []
        self.answered = 0
        self._rules = rules
        self._now = now
        self._surveys = surveys
        self._bodies = {key: _body(survey) for key, survey in surveys.items()}

    def add(self, row: Mapping[str, Any], rule: Any, answered: bool) -> None:
        """One order: the event, and what became of the invitation."""
        survey = self._surveys[rule.survey]
        due = _awake(row["created_at"] + timedelta(minutes=rule.after_minutes), self._rules)
        variant = rule.variants[len(self.invitations) % len(rule.variants)] if rule.variants else None
        if variant and variant.id == rule.variants[0].id and not answered and self.rng.random() < 0.12:
            return  # the first wording does a little better
        key = f"{MADE}{row['id']}"
        event = {
            "id": key, "type": rule.event, "member_id": row["member_id"], "store_id": row["store_id"],
            "order_id": row["id"], "channel": row["channel"], "amount_cents": row["total_cents"],
            "at": row["created_at"], "received_at": row["created_at"] + timedelta(seconds=20), "outcome": "invited",
        }  # fmt: skip
        asked = {
            "id": key, "event_id": key, "rule_id": rule.id, "survey_id": survey.id, "survey": self._bodies[survey.id],
            "variant": variant.id if variant else "", "greeting": variant.greeting if variant else "",
            "member_id": row["member_id"], "store_id": row["store_id"], "order_id": row["id"],
            "channel": "customer_message", "status": "expired", "reason": "", "current": "", "path": "[]", "answers": "{}",
            "unclear": 0, "rewarded": False, "due_at": due, "sent_at": due, "started_at": None, "ended_at": None,
            "expires_at": due + timedelta(days=survey.days), "tried": "customer_message", "reward": "", "opened_at": None,
            "score": None, "answer_id": None,
        }  # fmt: skip
        asked |= self._finished(row, survey, due) if answered else self._left(survey, due)
        self.answered += answered
        self.events.append(tuple(event[name] for name in EVENT))
        self.invitations.append(tuple(asked[name] for name in INVITATION))

    def _finished(self, row: Mapping[str, Any], survey: Survey, due: datetime) -> dict[str, Any]:
        """The answer of the store, as the dialogue would have kept it."""
        first = survey.questions[0]
        score = row["nps"] if first.kind == "nps" else row["csat"]
        words, rng = row["comment"], self.rng
        answers: dict[str, Any] = {first.id: score}
        if survey.id == "store_visit" and score >= 9:
            answers["best"] = _spoken(words, _BEST) or [rng.choice(("staff", "goods", "price", "place"))]
        elif survey.id == "store_visit" and score >= 7:
            answers |= {"better": words} if words else {}
        elif score <= (6 if survey.id == "store_visit" else 3):
            answers["wrong"] = (_spoken(words, _REASONS[survey.id]) or ["other"])[0]
            answers |= {"story": words} if words else {}
        elif words:
            answers["story"] = words
        ended = max(row["at"], due + timedelta(minutes=2))
        return {
            "status": "done", "path": json.dumps(list(answers)), "answers": json.dumps(answers, ensure_ascii=False),
            "score": score, "answer_id": row["answer_id"], "opened_at": ended - timedelta(seconds=rng.randint(50, 400)),
            "started_at": ended - timedelta(seconds=rng.randint(15, 49)), "ended_at": ended,
        }  # fmt: skip

    def _left(self, survey: Survey, due: datetime) -> dict[str, Any]:
        """What became of those who did not answer: not seen, seen, begun, stopped, or not to be asked at all."""
        rng, draw = self.rng, self.rng.random()
        seen = due + timedelta(minutes=rng.randint(3, 2_000))
        if draw < 0.05:
            return {"status": "held", "reason": rng.choice(("cool_down", "opted_out", "no_channel")), "sent_at": None}
        over = due + timedelta(days=survey.days) <= self._now
        status = "expired" if over else "sent"
        ended = due + timedelta(days=survey.days) if over else None
        if draw < 0.16 and seen < self._now:
            first = survey.questions[0]
            low, high = first.scale or (0, 10)
            score = min(high, max(low, round(rng.gauss(0.78 * high, 0.2 * high))))
            stopped = rng.random() < 0.5
            return {
                "status": "stopped" if stopped else "open" if not over else status, "score": score,
                "current": "" if stopped else survey.after(first.id), "path": json.dumps([first.id]),
                "answers": json.dumps({first.id: score}), "opened_at": seen, "started_at": seen,
                "ended_at": seen + timedelta(minutes=1) if stopped else ended,
            }  # fmt: skip
        opened = {"opened_at": seen} if draw < 0.42 and seen < self._now else {}
        return {"status": status, "ended_at": ended, **opened}


def _spoken(words: str, options: Mapping[str, str]) -> list[str]:
    return [option for option, names in options.items() if any(name in words for name in names.split())]


def _awake(at: datetime, rules: Rules) -> datetime:
    """The next moment outside the quiet hours, which go over midnight."""
    here = at.astimezone(SHANGHAI)
    if here.time() >= rules.quiet_from:
        here = datetime.combine(here.date() + timedelta(days=1), rules.quiet_until, SHANGHAI)
    elif here.time() < rules.quiet_until:
        here = datetime.combine(here.date(), rules.quiet_until, SHANGHAI)
    return here.astimezone(UTC)


def _body(survey: Survey) -> str:
    """The survey as it was sent, without the other names of its options, which only reading needs."""
    raw = survey.model_dump(mode="json")
    for question in raw["questions"]:
        for thing in (*question["options"], *question["rows"]):
            thing["words"] = []
    return json.dumps(raw, ensure_ascii=False)
