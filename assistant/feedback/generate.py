"""Own sentences made from the tree, for training: plain, negated, mixed, asked, wished, neutral. The same for a seed.

Enters: the tree. Leaves: `Example`s. Nothing here is ever measured on; called by the training command only.
"""

from collections.abc import Callable, Container
from random import Random

from assistant.feedback.examples import Example
from assistant.feedback.labels import Sentiment
from assistant.feedback.taxonomy import Leaf, Tree

Add = Callable[[str, Sentiment, dict[str, Sentiment], str], None]
GENERATED = ("made",)
_GOOD = (
    "{w}{d}{a}",
    "{w}真的{d}{a}",
    "这家{w}{d}{a}，推荐",
    "{w}{a}，下次还来",
    "没想到{w}这么{a}",
    "{w}{d}{a}👍",
    "就冲{w}{a}也要再来",
    "{w}一直都{d}{a}",
)
_BAD = (
    "{w}{d}{a}",
    "{w}真的{d}{a}",
    "{w}{d}{a}，差评",
    "{w}{a}，不会再来了",
    "没想到{w}这么{a}",
    "{w}{a}，失望",
    "{w}{d}{a}，谁受得了",
    "要不是{w}{a}我也不会来说",
)
_NEUTRAL = (
    "{w}一般", "{w}还行吧", "{w}正常", "{w}普普通通", "{w}中规中矩", "{w}没什么特别的", "{w}跟别家一样", "{w}马马虎虎", "{w}还没试过",
    "请问{w}怎么弄", "{w}在哪里看", "想问一下{w}的事", "你们{w}是怎么规定的", "{w}有吗", "{w}可以吗？", "什么时候有{w}",
)  # fmt: skip
_WISHES = ("希望{w}能再改进一下", "建议{w}再完善一点", "{w}要是能再好点就更好了", "建议加强{w}", "能不能把{w}弄好一点")
_BARE = (
    "还行吧", "一般般", "马马虎虎", "没什么感觉", "刚收到还没用", "先用着看", "帮朋友买的", "路过进来看看", "正常购物", "不好不坏",
    "说不上来", "第一次来", "已收货", "买给家里人的", "默认好评", "过几天再追评", "等用过再说", "你好，在吗", "请问有人吗", "几点关门",
    "今天和朋友一起去的", "昨天下的单", "就那样吧", "中等水平", "凑合能用", "还可以，没有惊喜",
)  # fmt: skip
_WHEN = ("今天", "昨天", "上周", "周末", "中午", "下班后", "前几天", "")
_WHO = ("我", "我妈", "和朋友一起", "带孩子", "同事", "")
_DID = (
    "去了一趟{p}", "在{p}买了{t}", "路过{p}看了看", "在{p}逛了逛", "从{p}取了{t}", "在{p}试了{t}", "在网上下单了{t}", "收到了{t}",
    "把{t}拿回家了", "给家里买了{t}", "看到{p}有{t}", "准备去{p}买{t}",
)  # fmt: skip
_PLACE = ("店里", "徐家汇店", "三楼", "你们商场", "新街口店", "旗舰店", "超市", "专柜", "门店")
_THING = (
    "一双鞋",
    "两件衬衫",
    "一条裤子",
    "一箱牛奶",
    "一台风扇",
    "一套床品",
    "一个包",
    "一瓶洗发水",
    "几样东西",
    "一件大衣",
)
_HOW = ("", "", "很", "挺", "特别", "太", "非常", "有点", "真", "好")


def generate(tree: Tree, seed: int = 1, per_leaf: int = 22, without: Container[str] = ()) -> list[Example]:
    """About `per_leaf` sentences of every leaf, and some that name none; never one of `without`."""
    rng = Random(seed)
    leaves = tree.leaves
    found: dict[str, Example] = {}

    def add(text: str, sentiment: Sentiment, aspects: dict[str, Sentiment], kind: str) -> None:
        found.setdefault(text, Example(text, sentiment, aspects, kind, "fit"))

    for leaf in leaves:
        for text, sign in leaf.lines:
            sentiment: Sentiment = "pos" if sign == "pos" else "neg" if sign == "neg" else "neu"
            add(text, sentiment, {leaf.id: sentiment}, "example")
        for _ in range(per_leaf):
            kind = rng.random()
            if kind < 0.33:
                add(_said(rng, leaf, "pos"), "pos", {leaf.id: "pos"}, "made")
            elif kind < 0.66:
                add(_said(rng, leaf, "neg"), "neg", {leaf.id: "neg"}, "made")
            elif kind < 0.82:
                text = rng.choice((*_NEUTRAL, *_WISHES)).format(w=rng.choice(leaf.words or leaf.praise))
                add(text, "neu", {leaf.id: "neu"}, "made")
            else:
                _mixed(rng, leaf, rng.choice(leaves), add)
    for text in _BARE:
        add(text, "neu", {}, "made")
    for _ in range(5 * per_leaf):
        what = rng.choice(_DID).format(p=rng.choice(_PLACE), t=rng.choice(_THING))
        add(rng.choice(_WHEN) + rng.choice(_WHO) + what, "neu", {}, "made")
    return [row for row in found.values() if row.text not in without]


def _said(rng: Random, leaf: Leaf, sign: Sentiment) -> str:
    phrases, words = (leaf.praise, leaf.good) if sign == "pos" else (leaf.complaint, leaf.bad)
    whole = [p for p in phrases if "*" not in p]
    if whole and (not words or not leaf.words or rng.random() < 0.5):
        phrase = rng.choice(whole)
        return rng.choice(("{}", "{}！", "这家店{}", "真的{}", "又{}", "{}啊", "总是{}", "结果{}")).format(phrase)
    frame = rng.choice(_GOOD if sign == "pos" else _BAD)
    return frame.format(w=rng.choice(leaf.words), a=rng.choice(words), d=rng.choice(_HOW))


def _mixed(rng: Random, one: Leaf, other: Leaf, add: Add) -> None:
    if one.id == other.id or not (one.words and other.words):
        return
    good, bad = _said(rng, one, "pos"), _said(rng, other, "neg")
    aspects: dict[str, Sentiment] = {one.id: "pos", other.id: "neg"}
    if rng.random() < 0.5:
        add(f"{good}，就是{bad}", "neu", aspects, "made")
    else:
        add(f"虽然{bad}，但是{good}", "neu" if rng.random() < 0.5 else "pos", aspects, "made")
