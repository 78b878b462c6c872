"""From slots to one metric query, or to a question back: never a guess where two readings remain."""

import re
from dataclasses import replace
from typing import Literal

from assistant.chatbi.language import periods
from assistant.chatbi.language.cues import Cue
from assistant.chatbi.language.metrics import chosen_metrics, context
from assistant.chatbi.language.outcome import Clarify, Option, Outcome, Reader, Refused, Understood
from assistant.chatbi.language.slots import Slots
from assistant.chatbi.language.tokens import Token
from assistant.chatbi.language.values import Value, words
from assistant.chatbi.query import DEFAULT, Calculation, Filter, MetricQuery, Order, Subset, Threshold

_EACH = re.compile(r"(每一?[个家款种类]?|各个?|按照?|分)$")
_PARTS = re.compile("占比|份额|比重|构成|结构|^$")
MANY = 10  # rows where “which ones” names no number


def assemble(slots: Slots, reader: Reader) -> Outcome:
    """A query of its own, nothing inherited."""
    metrics = chosen_metrics(slots, reader)
    if not isinstance(metrics, tuple):
        return metrics
    work = _Work(slots, reader, metrics)
    return work.outcome()


class _Work:
    """One assembly. Each step fills `made`, the arguments of the query, and says where it came from in `spans`."""

    def __init__(self, slots: Slots, reader: Reader, metrics: tuple[str, ...]) -> None:
        self.slots = slots
        self.reader = reader
        self.catalogue = reader.catalogue
        self.metrics = metrics
        self.spans: dict[str, str] = {
            "metrics": "、".join(t.text for t in (*slots.metrics, *slots.ambiguous)) or DEFAULT
        }
        self.dimensions = list(dict.fromkeys(self._meant(t.dimension) for t in slots.dimensions))
        self.filters: list[Filter] = []
        self.grain = slots.cue("grain")
        self.subset: Subset | None = None
        self.within: str | None = None
        self.placed: tuple[str, ...] = ()

    def _meant(self, dimension: str) -> str:
        """The grouping itself, or the like of it that these metrics have: the channel of conversations."""
        may = [dimension, *words()["instead"].get(dimension, [])]
        fits = [d for d in may if all(self.catalogue.allows(m, frozenset({d})) for m in self.metrics)]
        return fits[0] if fits else dimension

    def outcome(self) -> Outcome:
        if asked := self._filters():
            return asked
        if asked := self._specials():
            return asked
        self._subset()
        calculation = self._calculation()
        if isinstance(calculation, Clarify):
            return calculation
        made = periods.decide(self.slots, self.reader, self.metrics, calculation)
        if isinstance(made, Refused | Clarify):
            return made
        self.spans |= made.spans
        if self.dimensions:
            self.spans["dimensions"] = "、".join(t.text for t in self.slots.dimensions) or DEFAULT
        order, limit = self._order(calculation)
        comparison = made.comparison
        changes = any(t.on in ("change", "rate") for t in self._having())
        if (changes or (order and order.by in ("change", "rate"))) and comparison is None and made.time is not None:
            comparison = periods.previous(made.time, self.reader)
        grain = self._grain(calculation, made.period.days if made.period else 0)
        query = MetricQuery(
            calculation=calculation,
            metrics=self.metrics,
            dimensions=tuple(self.dimensions),
            grain=grain,
            filters=tuple(self.filters),
            period=made.period,
            comparison=comparison,
            order=order,
            limit=limit,
            within=self.within if order and limit else None,
            per=self._per(),
            having=() if self.placed else self._having(),
            subset=self.subset,
            placed=self.placed,
            supposed=self._supposed() if calculation is Calculation.DRIVERS else None,
            spans=self.spans,
        )
        return Understood(query, made.time, notes=tuple(made.notes))

    # filters

    def _filters(self) -> Clarify | Refused | None:
        by_dimension: dict[str, list[str]] = {}
        out: dict[str, list[str]] = {}
        tokens = sorted(self.slots.values, key=lambda t: t.start)
        for token in tokens:
            meaning = self._meaning(token)
            if isinstance(meaning, Clarify):
                return meaning
            place = out if token.start in self.slots.excluded else by_dimension
            place.setdefault(meaning.dimension, []).extend(meaning.values)
            self.spans[f"filter:{meaning.dimension}"] = token.text
        self.filters = [Filter(dimension=d, values=tuple(dict.fromkeys(v))) for d, v in by_dimension.items()]
        self.filters += [Filter(dimension=d, values=tuple(dict.fromkeys(v)), exclude=True) for d, v in out.items()]
        self._group_by_named(tokens)
        return None

    def _group_by_named(self, tokens: list[Token]) -> None:
        """Two names of one dimension stand side by side: “上海和杭州的销售额”."""
        for one in self.filters:
            named = [t for t in tokens if any(v.dimension == one.dimension for v in t.values)]
            if len(named) > 1 and not one.exclude and one.dimension not in self.dimensions and len(self.dimensions) < 3:
                self.dimensions.append(one.dimension)

    def _meaning(self, token: Token) -> Value | Clarify:
        """The one value that a word means for these metrics."""
        wanted = frozenset(self.dimensions)
        hold = any if self.slots.has("correlate") else all

        def fitting(beside: frozenset[str]) -> list[Value]:
            return [
                v
                for v in token.values
                if hold(self.catalogue.allows(m, frozenset({v.dimension}) | beside) for m in self.metrics)
            ]

        fits = fitting(wanted) or fitting(frozenset()) or list(token.values)
        if len(fits) == 1 and not token.typo_of:
            return fits[0]
        dimensions = {v.dimension for v in fits}
        if len(fits) > 1:
            names = [(v, "、".join(v.values)) for v in fits[:4]]
            kinds = self.catalogue.dimensions
            text = self.slots.text
            if len({name for _, name in names}) == 1 and len(self.metrics) > 1:
                return self._one_by_one(token)
            return Clarify(
                f"“{token.text}”可能指以下几个，您要看哪一个？",
                tuple(
                    Option(
                        f"{name}（{kinds[v.dimension].name}）" if len(dimensions) > 1 else name,
                        text[: token.start] + name + text[token.end :],
                    )
                    for v, name in names
                ),
            )
        return fits[0]

    def _one_by_one(self, token: Token) -> Clarify:
        """“商品质量的投诉和差评”: a category of tickets, and an aspect of comments of the same name."""
        names = [self.catalogue.metrics[m].name for m in self.metrics]
        question = f"{'和'.join(names)}里的“{token.text}”不是同一种分类，请分开问。先看哪一个？"
        return Clarify(question, tuple(Option(n, f"{context(self.slots)}{n}") for n in names))

    # calculation

    def _per(self) -> Literal["day", "store"] | None:
        """Averages by day or store; the average of a rate is the rate."""
        cue = self.slots.cue("mean")
        sums = all(self.catalogue.metrics[m].type in ("additive", "distinct") for m in self.metrics)
        if cue is None or cue.word not in ("day", "store") or not sums or self.slots.has("share"):
            return None
        return "day" if cue.word == "day" else "store"

    def _averages(self) -> Clarify | None:
        """“平均” of a sum: by what?"""
        cue = self.slots.cue("mean")
        if cue is None:
            return None
        text = self.slots.text
        if any(self._of_average(c) for c in self.slots.cues.get("threshold", [])):
            return self._of_what_average()
        sums = [m for m in self.metrics if self.catalogue.averages(m)]
        if cue.word != "some" or not sums:
            return None
        before, after = text[: cue.start], text[cue.end :]
        return Clarify(
            f"{self.catalogue.metrics[sums[0]].name}的平均按什么算？",
            (Option("每天平均", f"{before}日均{after}"), Option("每家店平均", f"{before}店均{after}")),
        )

    def _of_average(self, cue: Cue) -> bool:
        return cue.word.endswith(("|average", "|overall"))

    def _of_what_average(self) -> Clarify | None:
        """“低于各自城市的平均” is another average for each group."""
        text = self.slots.text
        cue = next(c for c in self.slots.cues["threshold"] if self._of_average(c))
        mean = next((c for c in self.slots.cues.get("mean", []) if c.word == "some"), None)
        between = [t for t in (*self.slots.dimensions, *self.slots.loose) if mean and cue.end <= t.start < mean.start]
        if not between or mean is None:
            return None
        whole = text[: cue.end] + text[mean.start :]
        question = f"还不能和各自{between[0].text}的平均比。要先和整体的平均比吗？"
        return Clarify(question, (Option("和整体的平均比", whole),))

    def _specials(self) -> Clarify | None:
        if asked := self._averages():
            return asked
        if asked := self._which_weeks() or self._by_itself():
            return asked
        if self.slots.has("correlate") and len(self.metrics) < 2:
            return Clarify("想看哪两个指标的关系？请把两个指标都说出来，比如“各门店排队抱怨和NPS有关系吗”。")
        if len(self.slots.cues.get("threshold", [])) > 1 and "或" in self.slots.text:
            return Clarify("“或者”连接的条件还不支持，请把两个条件分开问；“且”连接的可以一起问。")
        return None

    def _which_weeks(self) -> Clarify | None:
        """“周五到周日” without a week: one of them, or such days of them all."""
        days = [t for t in self.slots.values if len(t.values) == 1 and len(t.values[0].values) > 1]
        days = [t for t in days if t.values[0].dimension == "weekday"]
        borrowed = any(t.start < 0 for t in self.slots.metrics)  # the period of the query before stays
        if not days or self.slots.times or borrowed:
            return None
        said, text = days[0].text, self.slots.text
        weeks = (f"上周的{said}", f"本周的{said}", f"近30天里的{said}")
        return Clarify(f"“{said}”是哪一段时间的？", tuple(Option(w, text.replace(said, w)) for w in weeks))

    def _by_itself(self) -> Clarify | None:
        """The NPS of promoters is always 100: their share is meant, or how many there are."""
        beside = {*self.dimensions, *(f.dimension for f in self.filters)}
        for metric, groups, shares in (
            ("nps", {"nps_group", "nps_score"}, "推荐者占比和贬损者占比"),
            ("csat", {"csat_score"}, "满意率"),
        ):
            if metric in self.metrics and beside & groups:
                others = [t for t in self.slots.values if not groups & {v.dimension for v in t.values}]
                beside_it = context(replace(self.slots, values=others))
                group = self.catalogue.dimensions[(beside & groups).pop()].name
                asked = (f"{beside_it}{shares}", f"{beside_it}各{group}反馈数")
                name = self.catalogue.metrics[metric].name
                return Clarify(f"{name}不按{group}来算。您要看的是？", tuple(Option(a, a) for a in asked))
        return None

    def _calculation(self) -> Calculation | Clarify:
        has = self.slots.has
        if has("moved") and not self.dimensions and not has("why"):  # “上海门店客流下降的有哪些”
            asked = self._those_that_moved() or re.search("的(?:都?有|是)?(?:哪|几)", self.slots.text)
            self.dimensions = list(dict.fromkeys(t.dimension for t in self.slots.loose))[:1] if asked else []
        if has("why"):
            return Calculation.DRIVERS
        if has("overview") and not self.slots.metrics:
            return Calculation.BREAKDOWN if self.dimensions else Calculation.OVERVIEW
        placed = has("ranking") and not self.dimensions and any(f.dimension == "store" for f in self._named())
        if has("place") or placed or (self._beside_average() and not self.dimensions and self.grain is None):
            return self._place()
        if has("words") and self.dimensions and set(self.dimensions) - {"aspect"} and has("rank", "best"):
            return Clarify("一次只能问一件事：先看排名，知道是哪一个以后，再问它的评论里说什么。")
        if has("words") and self._of_answers():
            return self._words()
        ranked = bool(self.dimensions) and has("rank", "best", "move", "ranking")
        listed = (has("ticket_list") and not ranked) or (
            not self.dimensions and re.search("有哪些|是哪些|哪几[单张个]", self.slots.text)
        )
        if listed and set(self.metrics) <= {"tickets", "open_tickets", "overdue_tickets"}:
            return Calculation.TICKETS
        if has("member_list", "ticket_list") and not (ranked and has("ticket_list")):
            return self._member_list()
        if has("correlate"):
            self.dimensions = self.dimensions or ["store"]
            return Calculation.CORRELATE
        if (
            has("distribution")
            and not self.dimensions
            and (pair := self.catalogue.metrics[self.metrics[0]].distribution)
        ):
            self.metrics, self.dimensions = (pair[0],), [pair[1]]
            return Calculation.DISTRIBUTION
        if has("share") and not self._share_itself():
            return self._share()
        if has("rank", "best", "move", "ranking"):
            return self._rank()
        if self._having():
            return Calculation.RANK if self.dimensions or self.grain else self._by_what("满足条件的")
        if has("trend", "grain"):
            return Calculation.TREND
        if has("compare") and self.dimensions:
            return Calculation.COMPARE
        return Calculation.BREAKDOWN if self.dimensions or self.subset else Calculation.VALUE

    def _share_itself(self) -> bool:
        """“打9分10分的占几成”: asks for a metric that is a share already, not for shares of it."""
        said = [self.slots.text[c.start : c.end] for c in self.slots.cues["share"]]
        return all(self.catalogue.metrics[m].unit == "%" for m in self.metrics) and not any(map(_PARTS.search, said))

    def _beside_average(self) -> bool:
        """“徐家汇店NPS高于平均吗”: how one stands to all, not which of them."""
        averages = [c for c in self.slots.cues.get("threshold", []) if self._of_average(c)]
        return bool(averages) and bool(self._named()) and not re.search("[哪几]", self.slots.text)

    def _named(self) -> list[Filter]:
        """Groups that may have a place among others: what was named, or the asker's only store."""
        found = [f for f in self.filters if not f.exclude]
        stores = {v.values for known in self.reader.index.meanings.values() for v in known if v.dimension == "store"}
        if self.slots.has("own") and len(stores) == 1 and not any(f.dimension == "store" for f in found):
            found.append(Filter(dimension="store", values=next(iter(stores))))
        return found

    def _place(self) -> Calculation | Clarify:
        """“徐家汇店的NPS在华东排第几”: the store among the stores of the region."""
        if self.grain is not None or len(self.metrics) > 1:
            return Clarify("名次一次只能看一个指标，在门店、城市、商品这些分组里的。")
        named = self._named()
        groups = [t.dimension for t in (*self.slots.dimensions, *self.slots.loose)]
        asked = [f for f in named if f.dimension in groups] or self._before_in(named) or named
        for kinds in (["store"], ["city"], ["region"]):
            if len(asked) > 1 and any(f.dimension in kinds for f in asked):
                asked = [f for f in asked if f.dimension in kinds]
        if not asked or (self.slots.has("own") and asked[0].dimension != "store"):
            return Clarify("要看谁的名次？请说出名字，比如“徐家汇店的NPS排第几”。")
        one = asked[0]
        if one.dimension == "store" and (wider := {"region", "city"} & set(groups)) and len(named) < 2:
            name = self.catalogue.dimensions[wider.pop()].name
            return Clarify(f"在哪个{name}里排？请说出名字，比如“在华东排第几”；不说就是在全部门店里排。")
        self.filters = [f for f in self.filters if f.dimension != one.dimension or f.exclude]
        self.dimensions, self.placed = [one.dimension], one.values
        return Calculation.PLACE

    def _before_in(self, named: list[Filter]) -> list[Filter]:
        """“女装在徐家汇店排第几”: what stands before the last 在."""
        at = self.slots.text.rfind("在")
        ahead = {v.dimension for t in self.slots.values if t.start < at for v in t.values}
        behind = {v.dimension for t in self.slots.values if t.start > at for v in t.values}
        return [f for f in named if f.dimension in ahead] if at >= 0 and behind else []

    def _member_list(self) -> Calculation | Clarify:
        if all(self.catalogue.fact_for(m, frozenset()) in ("member_months", "member_days") for m in self.metrics):
            return Calculation.MEMBERS
        return Clarify("明细可以看工单和会员名单，其他指标请按门店、商品等分组来看。")

    def _of_answers(self) -> bool:
        return all(self.catalogue.allows(m, frozenset({"sentiment"})) for m in self.metrics)

    def _words(self) -> Calculation:
        bad = {"bad_reviews", "bad_rate", "bad_mentions", "detractor_share", "aspect_bad_rate"}
        praised = {"good_reviews", "good_rate", "promoter_share"}
        angry = any(w in self.slots.text for w in ("抱怨", "吐槽", "骂", "不满"))
        feeling = "负面" if angry or set(self.metrics) & bad else "正面" if set(self.metrics) & praised else ""
        if "夸" in self.slots.text:
            feeling = "正面"
        if feeling and not any(f.dimension == "sentiment" for f in self.filters):
            self.filters.append(Filter(dimension="sentiment", values=(feeling,)))
        self.metrics = ("mentions",)
        self.dimensions = ["aspect"]
        return Calculation.WORDS

    def _share(self) -> Calculation | Clarify:
        single = [f for f in self.filters if not f.exclude]
        if not self.dimensions and single:
            self.dimensions = [single[-1].dimension]  # of the values named, the last is the part: “华东女装占比”
            if len(single) > 1 and {f.dimension for f in single} == {"region", "city"}:
                self.dimensions = ["city"]
        if self.slots.has("threshold") and not self.dimensions and (hints := {t.dimension for t in self.slots.loose}):
            self.dimensions = list(hints)[:1]
        return Calculation.SHARE if self.dimensions else self._by_what("占比按什么分")

    def _rank(self) -> Calculation | Clarify:
        if not self.dimensions and self.grain is None:
            hints = {t.dimension for t in self.slots.loose}
            if any(self.slots.text[c.start : c.end].endswith("家") for c in self._ranks()):  # “最低的5家直营店”
                hints = {"store"}
            if len(hints) == 1:
                self.dimensions = list(hints)
            else:
                return self._by_what("排名按什么排")
        ranked = self.slots.cue("rank") or self.slots.cue("best") or self.slots.cue("move")
        if ranked and len(self.dimensions) == 2:
            self.within = self._each_before(ranked)
        if ranked and len(self.dimensions) > 1 and self.within is None:
            names = [self.catalogue.dimensions[d].name for d in self.dimensions]
            return Clarify(f"“{'、'.join(names)}”只能先按一个来排，您要排哪个？", self._only_one())
        return Calculation.RANK

    def _ranks(self) -> list[Cue]:
        return [c for kind in ("rank", "best", "move") for c in self.slots.cues.get(kind, [])]

    def _each_before(self, ranked: Cue) -> str | None:
        """“每个城市销售额最高的商品”: the grouping that stands before the rank as each, where the other stands after it."""
        text = self.slots.text
        ahead = [t for t in self.slots.dimensions if 0 <= t.start < ranked.start]
        behind = [t for t in self.slots.dimensions if t.start >= ranked.start]
        if len(ahead) != 1 or not behind or {t.dimension for t in behind} == {ahead[0].dimension}:
            return None
        return ahead[0].dimension if _EACH.search(text[: ahead[0].start]) else None

    def _only_one(self) -> tuple[Option, ...]:
        """The question with one of several groupings left."""
        made = []
        for keep in self.dimensions:
            rest = self.slots.text
            for token in sorted(self.slots.dimensions, key=lambda t: -t.start):
                if token.dimension != keep and token.start >= 0:
                    begin = token.start - (rest[token.start - 1 : token.start] in "各每") if token.start else 0
                    rest = rest[:begin] + rest[token.end :]
            made.append(Option(f"按{self.catalogue.dimensions[keep].name}", rest))
        return tuple(made)

    def _by_what(self, what: str) -> Clarify:
        common = ("store", "region", "city", "category", "product")
        may = [d for d in common if all(self.catalogue.allows(m, frozenset({d})) for m in self.metrics)][:3]
        names = [self.catalogue.dimensions[d].name for d in may]
        return Clarify(f"{what}？", tuple(Option(f"按{n}", f"各{n}{self.slots.text}") for n in names))

    # order, limit, conditions

    def _subset(self) -> None:
        """“销售额前10的门店里NPS低于30的”: a rank or condition on the first metric, the question on the second."""
        if len(self.metrics) < 2 or len(self.slots.metrics) < 2 or self.slots.has("correlate", "share"):
            return
        tokens = sorted(self.slots.metrics, key=lambda t: t.start)
        second = tokens[1].start
        first_cues = [c for k in ("rank", "best", "threshold") for c in self.slots.cues.get(k, []) if c.start < second]
        groups = [t for t in (*self.slots.dimensions, *self.slots.loose) if t.start < second]
        if not first_cues or not groups:
            return
        chooser, metric = groups[-1].dimension, tokens[0].metric
        if self.metrics[0] != metric or not self.catalogue.allows(metric, frozenset({chooser})):
            return
        ranks = [c for c in first_cues if c.kind in ("rank", "best")]
        conditions = tuple(self._condition(c, metric) for c in first_cues if c.kind == "threshold")
        descending = self._descending(ranks[0], metric) if ranks else True
        self.subset = Subset(
            dimension=chooser,
            metric=metric,
            order=Order(metric=metric, descending=descending) if ranks else None,
            limit=(ranks[0].n or 1) if ranks else None,
            having=conditions,
        )
        self.spans["subset"] = self.slots.text[tokens[0].start : second].rstrip("的里中，, ")
        self.metrics = self.metrics[1:]
        self.dimensions = [d for d in self.dimensions if d != chooser] or [chooser]
        if chooser not in self.dimensions and all(t.start < second for t in self.slots.dimensions):
            self.dimensions = [chooser]
        for kind in ("rank", "best", "threshold"):
            left = [c for c in self.slots.cues.get(kind, []) if c not in first_cues]
            self.slots.cues.pop(kind, None)
            if left:
                self.slots.cues[kind] = left

    def _descending(self, cue: Cue, metric: str) -> bool:
        if cue.kind == "best":
            return (cue.word == "good") == (self.catalogue.metrics[metric].better != "down")
        return cue.word == "down"

    def _order(self, calculation: Calculation) -> tuple[Order | None, int | None]:
        has, cue = self.slots.has, self.slots.cue
        explained = calculation is Calculation.DRIVERS and bool(self.dimensions) and has("move")
        shared = calculation is Calculation.SHARE and has("rank") and bool(self.dimensions)
        metric = self.metrics[0]
        if calculation is Calculation.PLACE:
            return self._order_of_place(metric), None
        if calculation is not Calculation.RANK and not explained and not shared:
            return None, None
        if shared and (rank := cue("rank")):
            self.spans["order"] = self.slots.text[rank.start : rank.end]
            return Order(metric=metric, by="share", descending=self._descending(rank, metric)), self._limit(rank)
        points = self.catalogue.metrics[metric].in_points
        if move := cue("move"):
            self.spans["order"] = self.slots.text[move.start : move.end]
            rising = self._rising(move, metric)
            amount = any(w in self.spans["order"] for w in ("最多",))
            by = "change" if points or amount else "rate"
            return Order(metric=metric, by=by, descending=rising), self._limit(move)
        if rank := cue("rank") or cue("best"):
            metric = self._nearest(rank)
            self.spans["order"] = self.slots.text[rank.start : rank.end]
            return Order(metric=metric, descending=self._descending(rank, metric)), self._limit(rank)
        if has("ranking"):
            up = any(c.word == "up" for c in self.slots.cues["ranking"])
            return Order(metric=metric, descending=not up), None
        having = self._having()
        if having and having[0].on in ("change", "rate"):  # those that moved most come first
            return Order(metric=having[0].metric, by=having[0].on, descending=having[0].op[0] == ">"), None
        return (Order(metric=metric), None) if having else (None, None)

    def _order_of_place(self, metric: str) -> Order:
        """From the highest down; from the lowest up where it is counted from the end."""
        place = self.slots.cue("place")
        changes = self.slots.has("move", "moved", "growth", "year", "previous")
        by: Literal["value", "change", "rate"] = "value"
        if changes:
            by = "change" if self.catalogue.metrics[metric].in_points else "rate"
        return Order(metric=metric, by=by, descending=place is None or place.word == "down")

    def _supposed(self) -> Literal["up", "down"] | None:
        """How the number is said to have moved, where a why says so."""
        cue = self.slots.cue("moved") or self.slots.cue("move")
        word = self.slots.text[cue.start : cue.end] if cue else ""
        if cue is None or word.startswith("变") or "好转" in word:  # 变好, 好转: not of the number
            return None
        return "up" if self._rising(cue, self.metrics[0]) else "down"

    def _rising(self, move: Cue, metric: str) -> bool:
        """Whether a movement goes up; better and worse depend on the metric."""
        if move.word in ("better", "worse"):
            return (move.word == "better") == (self.catalogue.metrics[metric].better != "down")
        return move.word == "up"

    def _up(self, metric: str) -> bool:
        return self.catalogue.metrics[metric].better != "down"

    def _limit(self, cue: Cue) -> int | None:
        if cue.n:
            return min(cue.n, 1000)
        plural = any(w in self.slots.text for w in ("哪些", "哪几", "有哪", "几家", "几个", "排名", "排行"))
        return MANY if plural else 1

    def _nearest(self, cue: Cue) -> str:
        """The metric that a cue speaks of: the last one before it, else the first after it."""
        named = [t for t in self.slots.metrics if t.metric in self.metrics]
        before = [t for t in named if t.end <= cue.start]
        return (before[-1] if before else named[0]).metric if named else self.metrics[0]

    def _condition(self, cue: Cue, metric: str) -> Threshold:
        op, _, on = cue.word.partition("|")
        if self._of_average(cue):
            higher = op == ">" or (op in ("better", "worse") and (op == "better") == self._up(metric))
            return Threshold(
                metric=metric, op=">" if higher else "<", value="average" if on == "average" else "overall"
            )
        points = self.catalogue.metrics[metric].in_points
        kind = "value" if not on else "change" if points else "rate"
        percent = any(u in self.slots.text[cue.start : cue.end] for u in ("%", "％", "百分"))
        kind = "change" if on and not points and not percent else kind
        if percent and not on and not points and self.slots.has("share"):
            kind = "share"
        return Threshold(metric=metric, op=op, value=cue.value, on=kind)

    def _having(self) -> tuple[Threshold, ...]:
        said = [self._condition(c, self._nearest(c)) for c in self.slots.cues.get("threshold", [])]
        if self.dimensions and not self.slots.has("why") and ("哪" in self.slots.text or self._those_that_moved()):
            for moved in self.slots.cues.get("moved", []):
                way: Literal["<", ">"] = "<" if moved.word == "down" else ">"
                both = self.slots.text[: moved.start].endswith(("都", "均", "同时"))
                for metric in self.metrics if both else (self._nearest(moved),):
                    said.append(Threshold(metric=metric, op=way, value=0, on="change"))
        move = self.slots.cue("move")
        if (
            move and self.dimensions and "哪些" in self.slots.text and not self.slots.has("why")
        ):  # those that moved the other way are not meant
            metric = self.metrics[0]
            said.append(Threshold(metric=metric, op=">" if self._rising(move, metric) else "<", value=0, on="change"))
        return tuple(said)

    def _those_that_moved(self) -> bool:
        """“下降的门店”: a grouping follows what moved."""
        ends = [c.end for c in self.slots.cues.get("moved", [])]
        tokens = (*self.slots.dimensions, *self.slots.loose)
        return any(0 <= t.start - end <= 1 for t in tokens for end in ends)

    def _grain(self, calculation: Calculation, days: int) -> str | None:
        if self.grain is not None:
            return self.grain.word
        if calculation is not Calculation.TREND:
            return None
        kinds = frozenset().union(*(self.catalogue.kinds(m) for m in self.metrics))
        if "snapshot" in kinds or ("spells" in kinds and days > 35):
            return "month"
        return "day" if days <= 35 else "week" if days <= 100 else "month"
