"""Words that say what kind of question it is: rank, share, trend, threshold, comparison, causes, wording, help."""

import re
from dataclasses import dataclass
from typing import Literal

from assistant.chatbi.language.numbers import AMOUNT, COUNT, amount, count

Kind = Literal[
    "rank", "best", "move", "share", "trend", "grain", "distribution", "compare", "correlate", "why", "words",
    "ticket_list", "member_list", "definition", "help", "threshold", "year", "previous", "exclude", "only",
    "by", "replace", "drop", "ranking", "moved", "growth", "until", "those", "everywhere", "lag", "mean", "place",
    "overview", "own",
]  # fmt: skip


@dataclass(frozen=True)
class Cue:
    """A cue at `text[start:end]`. `n`: how many were asked for; `word`: what a kind needs to know further."""

    start: int
    end: int
    kind: Kind
    word: str = ""
    n: int | None = None
    value: float = 0.0


_NOUN = "(?:门店|店铺|分店|店面|店|商品|产品|单品|品类|类目|品牌|城市|区域|大区|部门)"
_TAIL = rf"(?:的)?(?:(?P<n>{COUNT})(?:个|家|款|名|位|种|类|条|天|单|件|大)?)?"
_FASTEST = "最(?:快|多|大|明显|高|猛|严重|厉害|狠|凶|惨)"
_UNIT = r"(?:个百分点|百分点|%|％|元|块钱?|分钟|小时|分|件|笔|单|人次|人|次|天|条|家|张|个)?"
_RULES: tuple[tuple[Kind, str, str], ...] = (
    ("rank", "down", rf"(?:排名|排行|排在?)?(?:前|(?i:top))\s*(?P<n>{COUNT})(?!天|日|周|星期|个?月|年|季)(?:名|个|家|款|位|大|种|类|条|单)?"),
    ("rank", "up", rf"(?:排名|排行|排在?)?(?:倒数前?|后|垫底的?|末尾|最后)\s*(?P<n>{COUNT})(?!天|日|周|个?月|年)(?:名|个|家|款|位|种|类|条)?"),
    ("rank", "down", rf"(?:最高|最多|最大|最贵|最长|最久){_TAIL}"),
    ("rank", "up", rf"(?:最低|最少|最小|最短|最便宜){_TAIL}"),
    ("best", "good", rf"(?:最好|最佳|最优秀?|最强|最快|第一名?|冠军|最满意|最健康){_TAIL}"),
    ("best", "bad", rf"(?:最差|最糟糕?|最烂|垫底|倒数第一|最弱|最慢|最严重|最不满意){_TAIL}"),
    ("move", "up", rf"(?:增长|增幅|涨幅|上升|提升|增加|升幅|上涨|走高|涨|升)(?:率|得|的|了)?{_FASTEST}{_TAIL}"),
    ("move", "down", rf"(?:下降|降幅|跌幅|下滑|减少|下跌|降低|缩水|走低|滑落|掉|跌|降|滑)(?:率|得|的|了)?{_FASTEST}{_TAIL}"),
    ("move", "better", rf"(?:进步|改善|好转)(?:得|的)?{_FASTEST}{_TAIL}"),
    ("move", "worse", rf"(?:恶化|退步|变差)(?:得|的)?{_FASTEST}{_TAIL}"),
    ("ranking", "", r"排名|排行榜?|排序|名次|从高到低(?:排列|排序)?"),
    ("ranking", "up", r"从低到高(?:排列|排序)?"),
    ("share", "", r"占比|份额|比重|构成|结构|占多少|占(?=.{0,12}(?:比例|百分之几|百分比|多少|几成))|比例|百分之几|百分比|几成|占到?(?:总|全|整体|全部|所有)"),
    ("distribution", "", r"分布"),
    ("trend", "", r"趋势|走势|变化曲线|变化趋势|变化情况|逐步变化|走向|曲线|怎么变化的?|如何变化的?"),
    ("grain", "day", r"每天|每日|按天|按日|逐日|逐天|日趋势|分天|日度|哪一?天|哪一日"),
    ("grain", "week", r"每周(?![一二三四五六日天几])|按周|逐周|每个?星期(?![一二三四五六日天几])|周趋势|分周|周度|哪一?周|哪个?星期(?!几)"),
    ("grain", "xun", r"每旬|按旬|分旬|哪一?旬"),
    ("grain", "month", r"每个?月份?|按月份?|逐月|月趋势|月度|分月|各月份?|哪一?个?月份?"),
    ("grain", "quarter", r"每个?季度?|按季度?|逐季|季度趋势|分季度?|各季度?|哪一?个?季度"),
    ("grain", "year", r"每年|按年度?|逐年|年度趋势|分年|各年"),
    ("compare", "", r"对比|比较|相比|比(?![例重率较起])|差别|差异|差距|差多少|相差多少|[vV][sS]\.?|哪个更?[高好多大低少差]|谁更?[高好多大低少差]|更高|更低|更好|更多|更少|更差"),
    ("correlate", "", r"相关性|相关(?!的)|有没有关系|有关系|关系|关联|有没有影响|有影响吗"),
    ("why", "", r"为什么|为何|为啥|什么原因|原因是什么|原因|怎么回事|什么导致|归因|受什么影响|怎么会|咋回事|由什么引起|是什么造成的?"),
    ("words", "", r"(?:都|主要)?(?:在)?(?:说了?|讲了?|抱怨|吐槽|反映|反馈了?|骂|夸|提到|关心)(?:了|的是|的都是|最多的是|最多的)?(?:些|点)?(?:什么|哪些|啥)(?:内容|问题|方面)?|原话|原声|原文|评论内容|具体内容|怎么说|(?:有)?哪些(?:评论|留言|意见|声音|吐槽|抱怨)|顾客声音|说些?啥|夸我们(?:什么|哪里|啥)"),
    ("moved", "down", r"(?:下降|下滑|下跌|减少|降低|变少|变差|走低|跌|降|掉)了?(?:吗|没有|没)?"),
    ("moved", "up", r"(?:上升|增长|上涨|增加|提升|提高|变多|变好|走高|好转|涨)了?(?:吗|没有|没)?"),
    ("growth", "", r"增长率|增速|增幅|涨幅|跌幅|降幅|变化率|变化|波动|增长情况|增减"),
    ("until", "", r"截至|截止到?|到(?=昨天|前天|今天)"),
    ("mean", "day", r"日均|平均(?:到)?(?:每|一)[天日]|(?:每|一)[天日]的?平均|按[天日](?:来|算|计算)?的?平均|平均按[天日]"),
    ("mean", "store", r"店均|单店(?:的?平均)?|平均(?:到)?(?:每|一|单)(?:家(?:门店|店铺|店)?|个?(?:门店|店铺|店))|(?:每|一)(?:家|个)?(?:门店|店铺|店)的?平均"),
    ("place", "up", r"(?:排名?|排行|排在|排到|位列|名列)?(?:在)?倒数第?几(?:名|位)?(?![天日周月季年])"),
    ("place", "down", r"(?:(?:能)?(?:排名?|排行|排在|排到|位列|名列|位居)(?:在)?(?:第?几|第?多少|什么|哪个?)(?:名次?|位置?)?|第几(?:名|位)|名次(?:是)?(?:多少|第?几)|什么(?:名次|排名|位次)|排名(?:是)?(?:多少|怎么样|如何))(?![天日周月季年个])"),
    ("own", "", r"(?:我们?|咱们?|本|自己的?|我自己的?)(?:的|家|这家?)?(?:门)?店|店里面?(?=的?情况|怎么样|如何|咋样)"),
    ("overview", "", r"(?:经营|业务|运营|整体|总体|门店经营)(?:的)?(?:情况|状况|概况|表现|数据)(?:怎么样|怎样|如何|咋样)?|(?:经营|业务|运营)?(?:概览|概况|总览|简报|日报|周报|月报|快报)|(?:核心|关键|主要|重点|经营)(?:的)?(?:指标|数据)|(?:整体|总体|大体)(?:上)?(?:来说|来看|看)?(?:怎么样|怎样|如何|咋样)"),
    ("mean", "some", r"平均值?|均值"),
    ("definition", "", r"什么是|啥是|何为|什么叫|解释(?:一下)?"),
    ("those", "one", rf"(?<![其应])(?:这|那|该)一?(?:家|个|款|种)?{_NOUN}|(?:这|那)一?(?:家|款)(?!{_NOUN})"),
    ("those", "all", rf"(?:这|那)(?:些|几|{COUNT})(?:家|个|款|种)?{_NOUN}|(?:这|那)(?:几|{COUNT})(?:家|款|种|个)(?!天|日|周|星期|月|季|年)|(?:这|那)些(?!天|日|周|月|年)|(?:上面|上述)的?(?:这|那)?(?:些|几)?(?:家|个|款|种)?{_NOUN}|(?<!其)它们"),
    ("those", "one", r"(?<!其)它(?!们)"),
    ("everywhere", "", r"全国|全集团|全部门店|所有门店|所有区域|不分区域|不限区域|不限门店|整体|总体|大盘"),
    ("lag", "week", r"上周(?:的)?(?:同一天|同日|今天|这一?天)|上个?星期同一天|周同比"),
    ("lag", "month", r"上个?月(?:的)?(?:同一天|同日|今天|这一?天)"),
    ("ticket_list", "", r"明细|清单|列表|哪些工单|具体工单|哪些投诉|(?:工单|投诉)有哪些|有哪些(?:工单|投诉)|哪[几些一]?[张单个]工单|列出(?=.{0,12}(?:工单|投诉))"),
    ("member_list", "", r"会员名单|会员清单|会员列表|会员明细|哪些会员"),
    ("member_list", "", r"名单"),
    ("definition", "", r"(?:是)?什么意思|怎么算(?:的|出来的)?|怎么计算的?|如何计算的?|的?定义(?:是什么)?|口径(?:是什么)?|指什么|是指什么|是什么指标|指的是什么|怎么定义的?|啥意思|计算公式|计算方式|计算方法"),
    ("help", "", r"你能做什么|你会什么|能问(?:你)?(?:些)?什么|可以问(?:你)?(?:些)?什么|有哪些指标|怎么用|使用说明|帮助|支持哪些(?:指标|问题)|你是谁|能查(?:些)?什么|有什么功能"),
    ("year", "", r"同比|(?:比|较|和|跟|与|对比|相比|相较)?(?:于)?(?:去年|上年|前一年)(?:同期|同一天|同日|这个时候|这时候|的今天|的这天)(?:相?比)?|(?:比|较|跟|和|与)(?:去年|上年)(?:相?比)?(?!国庆|春节|双|五一|中秋|\d|[一二三四五六七八九十]+月|[Qq])"),
    ("previous", "", r"环比|(?:比|较|跟|和|与)(?:上期|上一期|前期|上一周期|前一期)(?:相?比)?"),
    ("exclude", "", r"不含|不包括|不算|除了|除去|除开|剔除|排除|去掉|扣除|除(?=.{1,8}(?:外|之外|以外))"),
    ("only", "", r"只看|仅看|只要|只统计|仅限|限定|筛选|其中"),
    ("replace", "", r"换成|改成|改为|换做|换为|变成|改看|换一下|改按|换"),
    ("drop", "", r"不看|取消|清除"),
)  # fmt: skip
_COMPILED = [(kind, word, re.compile(pattern)) for kind, word, pattern in _RULES]
_LESS = "低于|小于|少于|不到|不足|未达到?|没到|没达到|没有达到|跌破|未满"
_MORE = "高于|大于|超过|多于|超出|突破|高过|大过"
_LEAST = "不低于|不少于|至少|大于等于|不小于|达到"
_MOST = "不超过|不高于|至多|小于等于|不大于|不多于"
_PLAIN = "(?<![不没未])(?<!有(?=没有))"  # “没有达到” denies what “有没有达到” asks
_THRESHOLDS = (
    (re.compile(rf"(?P<move>下降|下滑|下跌|跌|降低|降|减少|增长|上升|上涨|提升|涨|增加)?了?{_PLAIN}(?P<op>{_LEAST}|{_MOST}|{_LESS}|{_MORE}|[<>]=?|≥|≤)(?:了)?(?P<v>{AMOUNT})(?P<u>{_UNIT})"), ""),
    (re.compile(rf"(?:在)?(?P<v>{AMOUNT})(?P<u>{_UNIT})(?:及|或)?(?P<op>以上|以下|以内)"), ""),
)  # fmt: skip
_WHOSE = "全国|全集团|集团|全公司|公司|大盘|整体|总体|所有门店|全部门店"
_LEVEL = "平均(?:水平|值|数|线|分)?|均值"
_OVERALL = f"(?:{_WHOSE})(?=(?:门店)?的?(?:{_LEVEL}|水平))|大盘"  # “超过公司目标” is no average
_BEYOND = {
    "高于": ">", "超过": ">", "大于": ">", "多于": ">", "高过": ">", "超出": ">", "跑赢": ">", "低于": "<", "小于": "<", "少于": "<",
    "跑输": "<", "好于": "better", "优于": "better", "强于": "better", "差于": "worse", "弱于": "worse", "落后于": "worse",
}  # fmt: skip
_REVERSED = {">": "<", "<": ">", "better": "worse", "worse": "better"}
_BEYOND |= {no + word: _REVERSED[op] for word, op in _BEYOND.items() for no in ("不", "没", "没有", "未")}
_BEYOND |= {
    "不及": "<", "不到": "<", "没到": "<", "未达到": "<", "达不到": "<", "没达到": "<", "没有达到": "<", "超不过": "<", "不如": "worse",
    "高": ">", "多": ">", "低": "<", "少": "<", "好": "better", "差": "worse", "以上": ">", "之上": ">", "以下": "<", "之下": "<",
}  # fmt: skip
_BEYOND_WORDS = "|".join(w for w in _BEYOND if len(w) > 1 and w[-1] not in "上下")
_AVERAGES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_PLAIN}(?P<op>{_BEYOND_WORDS})了?(?:(?P<of>{_OVERALL})(?:门店)?的?(?:{_LEVEL}|水平)?|(?:门店)?的?(?:{_LEVEL}))",
        rf"{_PLAIN}(?P<op>{_BEYOND_WORDS})了?(?=(?!{_WHOSE})[^\s，。,\d]{{0,6}}?的?(?:{_LEVEL}))",
        rf"[比较](?:(?P<of>{_WHOSE})(?:门店)?的?(?:{_LEVEL}|水平)?|(?:门店)?的?(?:{_LEVEL}))(?:要|还|更)?(?P<op>[高低多少好差])",
        rf"在?(?P<of>{_WHOSE})?的?(?:{_LEVEL})(?P<op>[以之][上下])",
    )
)
_OPS = (
    dict.fromkeys(_LESS.split("|"), "<") | dict.fromkeys(_MORE.split("|"), ">") | dict.fromkeys(_LEAST.split("|"), ">=")
)
_OPS |= dict.fromkeys(_MOST.split("|"), "<=") | {
    "未达": "<",
    "以上": ">=",
    "以下": "<=",
    "以内": "<=",
    "≥": ">=",
    "≤": "<=",
}
_DOWN = frozenset({"下降", "下滑", "下跌", "跌", "降低", "降", "减少"})


def find(text: str) -> list[Cue]:
    """Every cue; they may overlap, the caller chooses."""
    found = [
        Cue(m.start(), m.end(), kind, word, count(m.groupdict().get("n") or ""))
        for kind, word, pattern in _COMPILED
        for m in pattern.finditer(text)
    ]
    for pattern, _ in _THRESHOLDS:
        for m in pattern.finditer(text):
            value = amount(m["v"])
            if value is None:
                continue
            op, move = _OPS.get(m["op"], m["op"]), m.groupdict().get("move")
            if move:  # "fell by more than 10" is a change below minus 10
                op, value = (_turned(op), -value) if move in _DOWN else (op, value)
            found.append(Cue(m.start(), m.end(), "threshold", f"{op}{'|change' if move else ''}", None, value))
    for pattern in _AVERAGES:
        for m in pattern.finditer(text):
            whose = "overall" if m.groupdict().get("of") else "average"
            found.append(Cue(m.start(), m.end(), "threshold", f"{_BEYOND[m['op']]}|{whose}"))
    return found


def _turned(op: str) -> str:
    return op.translate(str.maketrans("<>", "><"))
