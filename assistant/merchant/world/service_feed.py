"""The demo retailer's other systems as feeds of the mart: the ticket desk and call centre before Zhike, the survey
sender, the coupon platform, the points mall. Headings are Chinese, as such exports are; `feeds.yaml` maps them.

Enters: the seeded store and the plan. Leaves: CSV files in the feeds folder, the same for the same seed. What was
planted shows here too: the store with the bad queue gets more complaints from its day on. Called by `seed`.
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from assistant.clock import SHANGHAI
from assistant.db import extract
from assistant.db.engine import Database
from assistant.merchant.world.history import Plan, Planted

_HOURS = {"紧急": 2, "高": 8, "中": 24, "低": 48}
_CATEGORY = (
    ("排队", "门店环境"), ("态度", "服务态度"), ("导购", "服务态度"), ("绒", "商品质量"), ("起球", "商品质量"), ("发货", "物流配送"),
    ("快递", "物流配送"), ("退款", "退款售后"), ("降价", "价格活动"), ("卫生间", "门店环境"), ("收银", "门店环境"),
)  # fmt: skip
_OTHERS = ("服务态度", "商品质量", "物流配送", "退款售后", "门店环境", "价格活动", "其他")
_TEAMS = {"物流配送": "物流部", "商品质量": "商品部", "退款售后": "客服中心", "价格活动": "营销部"}
_COUPONS = ("满300减30券", "鞋履满500减80券", "美妆满200减25券", "生日礼券")
_MAPPING: dict[str, tuple[str, dict[str, str]]] = {
    "工单.csv": (
        "feed_tickets",
        {"ticket_id": "工单号", "store_id": "门店编号", "member_id": "会员号", "category": "类别", "severity": "紧急程度",
         "status": "状态", "team": "责任部门", "channel": "来源", "created_at": "创建时间", "due_at": "时限",
         "first_response_at": "首次响应", "resolved_at": "办结时间", "reopened": "重开次数"},
    ),
    "会话.csv": (
        "feed_conversations",
        {"conversation_id": "会话号", "store_id": "门店编号", "member_id": "会员号", "channel": "渠道", "started_at": "开始时间",
         "first_reply_s": "首回秒数", "handed_off": "转人工", "suggestions_shown": "推荐条数", "suggestions_used": "采纳条数"},
    ),
    "问卷发送.csv": (
        "feed_invitations", {"day": "日期", "store_id": "门店编号", "touchpoint": "触点", "sent": "发送数"},
    ),
    "优惠券.csv": (
        "feed_coupons",
        {"coupon_id": "券号", "coupon": "券名", "member_id": "会员号", "sent_at": "发放时间", "claimed_at": "领取时间",
         "used_at": "使用时间"},
    ),
    "积分.csv": ("feed_points", {"member_id": "会员号", "moment": "时间", "delta": "变动", "reason": "事由"}),
}  # fmt: skip


def write_feeds(database: Database, folder: Path, plan: Plan, planted: Planted) -> None:
    """Replace the demo's feeds."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = Random(plan.seed + 11)
    with TemporaryDirectory() as temporary, database.read() as connection:
        paths = {}
        for name in ("survey_answers", "members"):
            paths[name] = Path(temporary) / f"{name}.csv"
            extract.copy_out(connection, name, paths[name])
        answers, members = _read(paths["survey_answers"]), _read(paths["members"])
    stores = sorted({m["home_store_id"] for m in members})
    _write(folder, "工单.csv", _tickets(rng, answers, plan, planted))
    _write(folder, "会话.csv", _conversations(rng, answers, stores, plan))
    _write(folder, "问卷发送.csv", _invitations(rng, answers))
    _write(folder, "优惠券.csv", _coupons(rng, members, plan))
    _write(folder, "积分.csv", _points(rng, members, plan))
    mapping = {"feeds": [{"file": f, "into": into, "columns": columns} for f, (into, columns) in _MAPPING.items()]}
    (folder / "feeds.yaml").write_text(yaml.safe_dump(mapping, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write(folder: Path, name: str, rows: Iterable[Sequence[Any]]) -> None:
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_MAPPING[name][1].values())
        writer.writerows([v.strftime("%Y-%m-%d %H:%M:%S") if isinstance(v, datetime) else v for v in r] for r in rows)


def _local(answer: dict[str, str]) -> datetime:
    """When an answer came, as naive local time."""
    at = datetime.fromisoformat(answer["at"])
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(SHANGHAI).replace(tzinfo=None)


def _end(plan: Plan) -> datetime:
    return datetime.combine(plan.as_of, time(10, 30))


def _tickets(rng: Random, answers: list[dict[str, str]], plan: Plan, planted: Planted) -> Iterable[Sequence[Any]]:
    number = 0
    for answer in answers:
        unhappy = int(answer["nps"]) <= 5
        queue = answer["store_id"] == planted.queue_store and "排" in answer["comment"]
        if rng.random() >= (0.75 if queue and unhappy else 0.42 if unhappy else 0.05):
            continue
        created = _local(answer) + timedelta(minutes=rng.randint(5, 300))
        if created > _end(plan):
            continue
        category = next((c for word, c in _CATEGORY if word in answer["comment"]), rng.choice(_OTHERS))
        severity = rng.choices(("紧急", "高", "中", "低"), (4, 18, 58, 20))[0]
        response = created + timedelta(minutes=rng.lognormvariate(3.4, 0.9))
        resolved: datetime | None = created + timedelta(hours=_HOURS[severity] * rng.lognormvariate(-0.75, 0.85))
        if (resolved and resolved > _end(plan)) or (rng.random() < 0.03 and (_end(plan) - created).days < 40):
            resolved = None
        answered = response <= _end(plan)
        status = "已完结" if resolved else "处理中" if answered else "待处理"
        number += 1
        yield (
            f"H{number:07d}", answer["store_id"], answer["member_id"], category, severity, status,
            _TEAMS.get(category, "门店"), rng.choices(("问卷", "电话", "门店", "公众号"), (50, 22, 18, 10))[0], created,
            created + timedelta(hours=_HOURS[severity]), response if answered else "", resolved or "",
            int(resolved is not None and rng.random() < 0.06),
        )  # fmt: skip


def _conversations(
    rng: Random, answers: list[dict[str, str]], stores: list[str], plan: Plan
) -> Iterable[Sequence[Any]]:
    for number in range(len(answers) * 2):
        started = _end(plan) - timedelta(seconds=rng.random() * 364 * 86_400)
        recent = (_end(plan) - started).days < 120
        handed = rng.random() < (0.24 if recent else 0.36)
        shown = rng.randint(1, 6) if handed and recent else 0
        answer = answers[rng.randrange(len(answers))]
        yield (
            f"K{number + 1:07d}", rng.choice(stores) if rng.random() < 0.3 else answer["store_id"], answer["member_id"],
            rng.choices(("公众号", "小程序", "网页"), (62, 28, 10))[0], started,
            round(rng.lognormvariate(3.2 if handed else 0.4, 0.6), 1), int(handed), shown,
            sum(rng.random() < 0.46 for _ in range(shown)),
        )  # fmt: skip


def _invitations(rng: Random, answers: list[dict[str, str]]) -> Iterable[Sequence[Any]]:
    counts: dict[tuple[str, str, str], int] = {}
    for answer in answers:
        key = (_local(answer).date().isoformat(), answer["store_id"], answer["touchpoint"])
        counts[key] = counts.get(key, 0) + 1
    for (day, store, touchpoint), answered in sorted(counts.items()):
        yield day, store, touchpoint, answered + sum(rng.random() < 0.8 for _ in range(answered * 4 + 1))


def _coupons(rng: Random, members: list[dict[str, str]], plan: Plan) -> Iterable[Sequence[Any]]:
    number = 0
    for member in members:
        for _ in range(rng.randint(0, 3)):
            sent = _end(plan) - timedelta(days=rng.randint(1, 364), hours=rng.randint(0, 12))
            claimed: datetime | None = sent + timedelta(hours=rng.expovariate(1 / 30)) if rng.random() < 0.44 else None
            claimed = claimed if claimed and claimed <= _end(plan) else None
            used = claimed + timedelta(days=rng.expovariate(1 / 6)) if claimed and rng.random() < 0.37 else None
            used = used if used and used <= _end(plan) else None
            number += 1
            yield f"Q{number:08d}", rng.choice(_COUPONS), member["id"], sent, claimed or "", used or ""


def _points(rng: Random, members: list[dict[str, str]], plan: Plan) -> Iterable[Sequence[Any]]:
    for member in members:
        if int(member["spend_cents"]) < 50_000 or rng.random() < 0.35:
            continue
        for _ in range(rng.randint(1, 3)):
            at = _end(plan) - timedelta(days=rng.randint(0, 364), hours=rng.randint(0, 10))
            yield (
                member["id"],
                at,
                -rng.choice((500, 1_000, 2_000, 5_000)),
                rng.choice(("兑换停车券", "抵扣现金", "兑换咖啡券")),
            )
