"""What stands behind a number: comments, tickets, members. No phone and no name is ever among them."""

import re
from dataclasses import replace
from typing import Any

import sqlglot
from sqlglot import exp

from assistant.chatbi.answer import Answer
from assistant.chatbi.catalogue import Catalogue
from assistant.chatbi.facts import Facts
from assistant.chatbi.language import units
from assistant.chatbi.narrate import filter_words, when
from assistant.chatbi.query import MetricQuery
from assistant.chatbi.run import Engine, Table
from assistant.domain.account import Account, Permission, Scope
from assistant.errors import BadInput, NotAllowed

MOST = 20
_DIGITS = re.compile(r"\d{7,}")
_CONDITIONS = {
    "open_tickets": "f.is_open = 1", "overdue_tickets": "f.overdue = 1", "lapsed_members": "f.stage = '流失'",
    "dormant_members": "f.stage = '沉默'", "active_members": "f.active = 1",
}  # fmt: skip


def quotes(query: MetricQuery, catalogue: Catalogue, scope: Scope, engine: Engine) -> tuple[str, ...]:
    """The newest comments that the query speaks of. Long digits (phones, cards) are masked."""
    facts = Facts(catalogue, scope)
    filters = query.filters
    needed = frozenset(f.dimension for f in filters) | {"aspect"}
    rows = facts.fact_rows("mentions", needed, period=query.period)
    rows = facts.filtered(rows, "mentions", filters).select("f.answer_id").distinct()
    chosen = exp.In(this=exp.column("answer_id", "f"), query=exp.Subquery(this=rows))
    said = facts.fact_rows("answers", frozenset(), period=query.period).where(chosen)
    said = (
        said.select("f.comment", "f.day").where("f.commented = 1").order_by("f.day DESC", "f.answer_id DESC").limit(8)
    )
    table = _run(facts, said, engine, scope)
    return tuple(_DIGITS.sub("***", str(r[0])) for r in table.rows)


def tickets(query: MetricQuery, catalogue: Catalogue, scope: Scope, engine: Engine) -> Answer:
    """The newest tickets behind a count: number, store, category, severity, status, day."""
    names = ("ticket_id", "store", "ticket_category", "severity", "ticket_status", "day")
    labels = ("工单号", "门店", "类别", "紧急程度", "状态", "日期")
    _only_allowed(query, "tickets", catalogue)
    facts = Facts(catalogue, scope)
    needed = frozenset({"store", *(f.dimension for f in query.filters)})
    rows = facts.fact_rows("tickets", needed, period=query.period)
    rows = facts.filtered(rows, "tickets", query.filters)
    if condition := _CONDITIONS.get(query.metrics[0]):
        rows = rows.where(condition)
    total = _run(facts, rows.select("COUNT(*) AS n"), engine, scope).rows[0][0]
    rows = rows.select("f.ticket_id", exp.alias_(facts.column("tickets", "store"), "store"))
    rows = rows.select("f.ticket_category", "f.severity", "f.ticket_status", "f.day")
    rows = rows.order_by("f.day DESC", "f.ticket_id DESC").limit(MOST)
    table = _run(facts, rows, engine, scope)
    name = catalogue.metrics[query.metrics[0]].name.removesuffix("数")
    listed = f"最近的{len(table.rows)}张如下。" if total > len(table.rows) else "如下。"
    text = f"{_head(query, scope)}：" + (f"{name}共{total}张，{listed}" if table.rows else f"没有符合条件的{name}。")
    return _listing(query, table, names, labels, text)


def members(query: MetricQuery, catalogue: Catalogue, scope: Scope, engine: Engine, account: Account | None) -> Answer:
    """Members by id with tier, stage and spend. Raises NotAllowed for roles that do not work with members."""
    if account is not None and not account.may(Permission.LIST_MEMBERS):
        raise NotAllowed("会员名单只对店长、区域经理、运营分析和主管开放，您可以查看汇总数字。")
    names = ("member_id", "tier", "stage", "orders", "spend")
    labels = ("会员编号", "等级", "生命周期", "近12个月订单", "近12个月消费（元）")
    _only_allowed(query, "member_months", catalogue)
    if query.period is None:
        raise BadInput("请说明要看哪个时间的会员名单。")
    facts = Facts(catalogue, scope)
    needed = frozenset({"tier", *(f.dimension for f in query.filters)})
    rows = facts.fact_rows("member_months", needed, period=query.period)
    rows = facts.filtered(rows, "member_months", query.filters)
    if condition := _CONDITIONS.get(query.metrics[0]):
        rows = rows.where(condition)
    rows = rows.select("f.member_id", exp.alias_(facts.column("member_months", "tier"), "tier"), "f.stage")
    rows = rows.select("f.year_orders AS orders", "f.year_cents / 100.0 AS spend", "f.day")
    rows = rows.order_by("spend DESC", "f.member_id").limit(MOST)
    table = _run(facts, rows, engine, scope)
    day = table.rows[0][-1] if table.rows else query.period.end  # of the month's end before, where there is none yet
    table = replace(table, rows=tuple(row[:-1] for row in table.rows))
    text = f"截至{units.said(day)}，{scope.words}：" + (
        f"按近12个月消费列出前{len(table.rows)}位会员，只显示会员编号。" if table.rows else "没有符合条件的会员。"
    )
    return _listing(query, table, names, labels, text)


def _head(query: MetricQuery, scope: Scope) -> str:
    """When, where and under which conditions."""
    period = when(query.period) if query.period else "目前"
    return "，".join((period, scope.words, *(filter_words(f) for f in query.filters)))


def _only_allowed(query: MetricQuery, fact: str, catalogue: Catalogue) -> None:
    wrong = [f.dimension for f in query.filters if f.dimension not in catalogue.facts[fact].dimensions]
    if wrong:
        names = "、".join(catalogue.dimensions[d].name for d in wrong)
        raise BadInput(f"{catalogue.facts[fact].name}没有{names}，请去掉这个条件再问。")


def _run(facts: Facts, rows: exp.Select, engine: Engine, scope: Scope) -> Table:
    tree = facts.finish(rows)
    assert isinstance(tree, sqlglot.exp.Select)
    return engine.run(tree, facts.parameters, scope.key)


def _listing(query: MetricQuery, table: Table, names: Any, labels: Any, text: str) -> Answer:
    columns = tuple(
        {"name": n, "label": label, "role": "dimension", "unit": ""} for n, label in zip(names, labels, strict=True)
    )
    status = "answered" if table.rows else "empty"
    return Answer(status, text, query, columns=columns, rows=table.rows, ms={"engine": table.ms})  # type: ignore[arg-type]
