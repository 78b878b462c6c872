"""Reads a free answer to a question: a tap, a digit, words, an emoji. Never guesses: what is not plain is `unclear`.

Enters: the question and what the shopper wrote. Leaves: the value (a score, ids of options, words), or a wish about the
survey itself (skip, back, later, stop). Rules and meanings; a model only where the `Sense` brings one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from assistant.surveys.asking import asks, digresses, plain
from assistant.surveys.files import OPEN, Question
from assistant.surveys.options import Sense, choose
from tools.numerals import whole

Wish = Literal["skip", "back", "later", "stop", "opt_out"]
Value = int | str | tuple[str, ...] | Mapping[str, int]
_NOTHING = ("不用", "不用了", "不必", "不必了", "没必要", "没必要了")
_STORY = 60  # characters: what is longer tells, whatever it also asks
_BETTER = re.compile(r"加强|改进|更好|希望|期待|增加|提升")  # of a question: it asks for wishes
KEPT = "attachment:"  # before the id of a picture or a recording that is the answer
_NO_PICTURE = re.compile(
    r"(我|这会儿|现在|手边)*(没有?|没拍|不方便拍?|拍不了)(照片?|图片?|拍照?)?(了|呢|啊)?|不(想)?拍(了)?"
)

_LATER = (
    r"(晚点|等会儿?|等下|等一下|一会儿?|稍后|回头|改天|明天|过会儿?|待会儿?|以后|下次|改日|有空|空了|闲了|到家|下班)"
    r"(再)?(说|答|填|弄|来|回|做|聊|写|评|看)?(吧|哈|啊|了)?"
)
_BUSY = (
    r"(我|现在)*(正)?在?(没空|没时间|有点?忙|忙着?|开会|开车|上班|上课|吃饭|带娃)(呢|了|啊)?|(我|现在)+(不|不太)方便"
)
_OPT_OUT = re.compile(
    r"(你们?|麻烦|请)*(以后)?(别|不要|不用)(再)?(给我)?(发|打扰|烦|骚扰|来烦)(我|这个|问卷|调查|消息)*(了|啦)?(吧)?|退订|td|unsubscribe"
)
_UNSUBSCRIBES = re.compile(r"退订|td|unsubscribe")
_ONLY_A_SCORE = re.compile(r"(我?(给|打|评)个?)?(10|\d|[零一二三四五六七八九十满])(分|颗?星)(吧|啊|哈|了)*")
_WISHES: tuple[tuple[Wish, re.Pattern[str]], ...] = (
    (
        "back",
        re.compile(
            r"(我?想?要?)?(返回|退回|回到?|改(一下)?|重(新)?(答|选|填))?(上一(题|个问题|个|步)|前(面)?一?(题|个))(.{0,6})|返回|重新(答|填|选)"
        ),
    ),
    ("opt_out", _OPT_OUT),
    ("later", re.compile(rf"(({_BUSY})|({_LATER}))+")),
    (
        "stop",
        re.compile(
            r"(别|不要|不用)(再)?问(我)?(了|啦)?(吧)?|"
            r"(我)?不(想)?(再)?(答|填|做|回答|评价?|参加|弄|搞)(了|啦)|(我)?不想(再)?(答|填|做|回答|评价?|参加)|退出|结束|停(止)?(吧)?|取消|算了(吧)?|没兴趣|不感兴趣|quit|stop"
        ),
    ),
    (
        "skip",
        re.compile(
            r"(跳过|略过|下一(题|个)|pass|skip|略|过|无可奉告|不方便(说|透露|回答)|不想(说|回答这(个|题)|答这(个|题))|"
            r"(暂时|目前)?没(有)?(什么|啥)?(别的|其他的?)?(想|要|可)?(说|补充|讲)(的)?(了)?|"
            r"(暂时|目前)?没(有)?(什么|啥)?(意见|建议|想法)(了)?|不用|不必|没必要|没什么|没啥|没了|没有了|暂无|无|没有|none)(吧|了|哈)?"
        ),
    ),
)
# a scale that is only mentioned, and numbers that count something else
_SCALE = re.compile(
    r"\d+\s*分\s*(是|为)?满分|满分(是|为)?\s*\d+|\d+\s*分制|(从)?\d+\s*(分)?\s*(到|至|~)\s*\d+\s*(分)?\s*(之间|里面|的话|，|我)|/\s*10(?!\d)|/\s*5(?!\d)|总分\d+"
)
_MARKED = re.compile(r"(?<![积\d.])(\d{1,2}|十|[零一二两三四五六七八九])\s*(分(?!钟|之|期|店|类|享)|颗?星)")
_ASSENT = re.compile(r"(好|行|嗯|可以|没问题|ok|okay|来吧?|yes|当然)(的|啊|呀|吧|嘞|哒|好|嗯|可以|行)*")
_VERY = re.compile(r"十分(?=满意|愿意|方便|轻松|顺利|好|不|差|麻烦|费|推荐|喜欢|糟|失望|抱歉|生气)")
_RATHER = re.compile(
    r"本来|原本|原先|这次|现在|今天|今年|改成|改为|还是|不对|不是|算了|那就|只能|只给"
)  # the last number is meant
_OTHER_UNITS = (
    "钟|小时|秒|元|块|毛|个|次|天|号|楼|点(?!\\d)|年|月|日|斤|件|人|折|岁|遍|家|层|米|公里|单|样|套|双|趟|%|条|瓶"
)
_NUMBER = re.compile(rf"(?<![\d.])(?<!^-)(?<![扣减差少])(\d{{1,3}}(?:\.\d)?)(?!\d)(?!\s*(?:{_OTHER_UNITS}))(?!\s*分钟)")
_CHINESE = re.compile(
    rf"(?<![扣减差少])(十|[零〇一二两三四五六七八九])(?!{_OTHER_UNITS}|些|点|下|定|般|直|起|样|共|切|向|旦|会|百|千|万|级|流|心|分钟|来|足)"
)
_RANGE = re.compile(r"(\d{1,2})\s*(?:[-、,，~/]|到|或者?|至)\s*(\d{1,2})\s*分")
_CHINESE_RANGE = re.compile(r"([二三四五六七八])([三四五六七八九])\s*分")
_LESS = re.compile(r"满(?:分|的)?[^，。]{0,12}?[减扣少](?:去|掉|了|你们?|他们?)?([\d一二两俩三四五])")  # "满分减三"
_SHORT_OF = re.compile(  # 不到8分, 八分不到
    r"不(?:到|足|够)(?P<a>\d{1,2}|[一二两三四五六七八九十])\s*(?P<u>分(?![钟之满愿方轻顺])|颗?星)|"
    r"(?P<b>\d{1,2}|[一二两三四五六七八九十])\s*(?P<v>分|颗?星)都?不到"
)
_THE_REST = re.compile(r"其[他它余]|别的|剩下|另外[几两三]|(?<!不)都")  # of the rows of a matrix
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾", "一二三四五六七八九十")
_PLAIN_MOOD = 0.5  # from here a verdict that no list holds counts
_TELLING = 3  # characters
_STARS = re.compile(r"[⭐★🌟✨]")
_EMOJI = {
    3: "😍🥰🤩💯🎉❤💖😻🔥", 2: "😊😀😃😄😁👍🙂😋🌹👏🤗😘", 0: "😐😶🤷😑🙄", -2: "😞🙁☹😕👎😔😟😒", -3: "😡🤬😠💩🤮😤😭😱",
}  # fmt: skip
_BY_DEGREE: Mapping[str, Mapping[int, int]] = {
    "nps": {3: 10, 2: 9, 1: 7, 0: 5, -1: 4, -2: 2, -3: 0},
    "csat": {3: 5, 2: 4, 1: 4, 0: 3, -1: 2, -2: 2, -3: 1},
    "ces": {3: 7, 2: 6, 1: 5, 0: 4, -1: 3, -2: 2, -3: 1},
    "matrix": {3: 5, 2: 4, 1: 4, 0: 3, -1: 2, -2: 2, -3: 1},
}


@dataclass(frozen=True)
class Reading:
    """`value` or `wish`, or neither (unclear). `by`: tap, number, words, emoji, text. `sure` False: say it back."""

    value: Value | None = None
    wish: Wish | None = None
    by: str = ""
    sure: bool = True

    @property
    def unclear(self) -> bool:
        return self.value is None and self.wish is None


UNCLEAR = Reading()


def read(question: Question, text: str, *, sense: Sense | None = None, on_page: bool = False) -> Reading:
    """Read an answer. What asks for something else is none, except where it names its score as one ("3分，怎么这么慢").

    `sense`: what words are about, for choices that are not named outright; `on_page`: it can be about nothing else.
    """
    said = plain(text).replace("🔟", "10分").translate(_FORMAL)
    if (wish := _wish(said, question)) is not None:
        return Reading(wish=wish, by="words")
    if question.kind == "photo" and _NO_PICTURE.fullmatch(said.rstrip("。！!~")):
        return Reading(wish="skip", by="words")
    match question.kind:
        case "nps" | "csat" | "ces" | "matrix" if asks(said) and not _MARKED.search(said):
            return UNCLEAR
        case "nps" | "csat" | "ces":
            found = _score(said, question.kind, question.scale or (0, 10))
            return found if not found.unclear or _numeric(said) else _in_other_words(said, question, sense)
        case "matrix":
            return _matrix(said, question)
        case "single" | "multi":
            about_else = not on_page and digresses(said, wishes=_BETTER.search(question.text) is not None)
            found = UNCLEAR if about_else else _choice(said, question, sense)
            thinks = found.unclear and not about_else and sense and sense.think
            return thinks(question, said) if thinks else found
        case "text" | "voice" | "photo":
            words = text.strip()
            words = words.replace(":", "：", 1) if words.startswith(KEPT) else words
            about_else = not on_page and len(words) < _STORY and digresses(words, wishes=True)
            return Reading(words, by="text") if words and not about_else else UNCLEAR


def assents(text: str) -> bool:
    """Whether words only agree, to whatever was asked."""
    return bool(_ASSENT.fullmatch(re.sub(r"[\s。，,.!！~～]+", "", plain(text))))


def opts_out(text: str) -> bool:
    """Whether words say that something is not to be sent any more: surveys, or what is not named."""
    bare = _bare(plain(text))
    return bool(_OPT_OUT.fullmatch(bare) and (_UNSUBSCRIBES.search(bare) or names_surveys(text)))


def names_surveys(text: str) -> bool:
    return "问卷" in text or "调查" in text


def scores(text: str) -> bool:
    """Whether words are a score and nothing else, whatever was asked."""
    return bool(_ONLY_A_SCORE.fullmatch(_bare(plain(text))))


def _bare(said: str) -> str:
    return re.sub(r"[\s。，,.!！~～?？、…]+", "", said)


def _wish(said: str, question: Question) -> Wish | None:
    bare = _bare(said)
    for wish, pattern in _WISHES:
        if pattern.fullmatch(bare):
            if wish == "skip" and bare in _NOTHING and question.kind not in OPEN:
                continue  # whoever declines help, or a choice
            if wish == "skip" and bare in ("没有", "无", "过") and question.kind in ("single", "multi"):
                continue  # an answer there
            return wish
    return None


# -- scores ----------------------------------------------------------------------------------------------------------


def _score(said: str, kind: str, scale: tuple[int, int]) -> Reading:
    low, high = scale
    if short := _SHORT_OF.search(said):
        named = whole(short["a"] or short["b"])
        number = (_of_stars(named, high) if (short["u"] or short["v"]) != "分" else named) - 1
        return Reading(number, by="number", sure=False) if low <= number <= high else UNCLEAR
    numbers = _numbers(said, high)
    if numbers:
        number = numbers[-1 if _RATHER.search(said) else 0]
        return Reading(number, by="number") if low <= number <= high else UNCLEAR
    if stars := len(_STARS.findall(said)):
        return Reading(round(stars * high / 5), by="emoji") if stars <= 5 else UNCLEAR
    degree = _degree(said)
    return UNCLEAR if degree is None else _by_degree(kind, degree)


def _in_other_words(said: str, question: Question, sense: Sense | None) -> Reading:
    """A verdict that no list holds ("踩大雷", "比登天还难"): what the model reads, else good or bad where it plainly sounds
    so."""
    if sense is None or len(said) < _TELLING or digresses(said):
        return UNCLEAR
    if sense.think is not None and not (found := sense.think(question, said)).unclear:
        return found
    mood = sense.mood(said)
    return UNCLEAR if abs(mood) < _PLAIN_MOOD else _by_degree(question.kind, 2 if mood > 0 else -2)


def _by_degree(kind: str, degree: int) -> Reading:
    return Reading(_BY_DEGREE[kind][degree], by="words", sure=False)


def _numeric(said: str) -> bool:
    """Whether a number stands in it, which then is no score."""
    return bool(re.search(r"\d", said))


def _numbers(said: str, high: int) -> list[int]:
    """Scores that are named, in order; several that belong together are one."""
    if less := _LESS.search(said):
        return [high - whole(less[1])]
    if re.search(r"(?<!分)满分(?!\d|是|为|制)|打满|满星", said) and not re.search(
        r"(不|没)(能|到|是)?(打|给)?满分|差.{0,2}满分", said
    ):
        return [high]
    said = _VERY.sub("非常", _SCALE.sub(" ", said))
    if found := _RANGE.search(said):
        return [_half_up((int(found[1]) + int(found[2])) / 2)]
    if found := _CHINESE_RANGE.search(said):
        return [_half_up((whole(found[1]) + whole(found[2])) / 2)]
    marked = [m for m in _NUMBER.finditer(said) if said[m.end() :].lstrip()[:1] in ("分", "星", "颗")]
    plain = list(_NUMBER.finditer(said))
    numbers = [float(m[1]) for m in (marked or plain)]
    if not numbers:
        chinese = [m for m in _CHINESE.finditer(said) if said[m.end() :][:1] in ("分", "星", "颗", "呗")]
        if not chinese and (
            alone := re.fullmatch(
                r"\W*(?:我?(?:给|打|选)个?)?(十|[零〇一二两三四五六七八九])(?:分|吧|哈|啊|呗|了)?\W*", said
            )
        ):
            return [whole(alone[1])]
        starred = bool(chinese) and high > 5 and all(said[m.end() :][:1] in ("星", "颗") for m in chinese)
        return [_of_stars(whole(m[1]), high) if starred else whole(m[1]) for m in chinese]
    starred = bool(marked) and high > 5 and all(said[m.end() :].lstrip()[:1] in ("星", "颗") for m in marked)
    return [_of_stars(n, high) if starred else _scaled(n, high) for n in numbers]


def _scaled(number: float, high: int) -> int:
    """Out of a hundred, as people mark at school."""
    if number > 10 and number <= 100:
        return _half_up(number / 100 * high) if number % 5 == 0 else -1
    return _half_up(number)


def _of_stars(number: float, high: int) -> int:
    """Stars are out of five, whatever the scale."""
    return _half_up(number * high / 5) if number <= 5 else _half_up(number)


def _half_up(number: float) -> int:
    return int(number + 0.5)


def _degree(said: str) -> int | None:
    """How good it sounds, several opinions taken together."""
    said = _VERY.sub("非常", said)
    found: list[int] = []
    at = 0
    while at < len(said):
        phrase = next((p for p in _phrases() if said.startswith(p, at)), None)
        if phrase is None:
            at += 1
            continue
        if (degree := _degrees()[phrase]) is not None:
            found.append(degree)
        at += len(phrase)
    found += [d for d, signs in _EMOJI.items() for c in signs if c in said]
    if not found:
        return None
    mean = sum(found) / len(found)
    return max(-3, min(3, int(mean + (0.5 if mean >= 0 else -0.5))))


@cache
def _degrees() -> dict[str, int | None]:
    lists: dict[int | str, list[str]] = yaml.safe_load(
        (Path(__file__).parent / "words.yaml").read_text(encoding="utf-8")
    )
    return {str(word).lower(): d if isinstance(d, int) else None for d, words in lists.items() for word in words}


@cache
def _phrases() -> tuple[str, ...]:
    return tuple(sorted(_degrees(), key=len, reverse=True))


# -- choices ---------------------------------------------------------------------------------------------------------


def _choice(said: str, question: Question, sense: Sense | None) -> Reading:
    chosen = choose(said, question, sense)
    if chosen is None:
        return UNCLEAR
    value = chosen.ids if question.kind == "multi" else chosen.ids[0]
    return Reading(value, by=chosen.by, sure=chosen.plainly)


def _matrix(said: str, question: Question) -> Reading:
    """ "质量5 包装4 性价比3", or one number a row in order, or one for all ("都是5分"), or for all but some."""
    found: dict[str, int] = {}
    rest: int | None = None
    for clause in re.split(r"[,，、;；。\n]+|\s+(?=\D)|(?<=\d)(?=[^\d分.\s])|(?<=分)(?=\D)", said):
        named = [r for r in question.rows if any(w in clause for w in (r.label.lower(), *r.words))]
        reading = _score(clause, "matrix", (1, 5))
        if len(named) == 1 and isinstance(reading.value, int):
            found[named[0].id] = reading.value
        elif not named and isinstance(reading.value, int) and _THE_REST.search(clause):
            rest = reading.value
    if found and rest is not None:
        return Reading({r.id: found.get(r.id, rest) for r in question.rows}, by="words", sure=False)
    if found:
        return Reading(found, by="words")
    numbers = [int(n) for n in re.findall(r"(?<!\d)[1-5](?!\d)", said)] or [int(n) for n in said if n in "12345"]
    if len(numbers) == len(question.rows):
        return Reading({r.id: n for r, n in zip(question.rows, numbers, strict=True)}, by="number")
    whole = _score(said, "matrix", (1, 5))
    if isinstance(whole.value, int) and len(numbers) <= 1:
        return Reading({r.id: whole.value for r in question.rows}, by=whole.by, sure=False)
    return UNCLEAR
