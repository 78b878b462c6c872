"""Text written by a model is sent only if every number, date, amount and name in it stands in its evidence."""

import re
import unicodedata

_NUMBER = re.compile(r"\d+(?:[.,:：/-]\d+)*")
_CHINESE_NUMBER = re.compile(r"[零一二两三四五六七八九十百千万]+(?=[年月日天号元块角分折小时分钟个件张次层楼公里米%])")
_FORBIDDEN = re.compile(r"(作为(一个)?(ai|人工智能)|system prompt|提示词|指令|as an ai)", re.IGNORECASE)
_LINKS = re.compile(r"https?://\S+|www\.\S+")
_VALUES = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | {"两": "2", "十": "10"}


def unfounded(text: str, evidence: str) -> str:
    """Why a text may not be sent, empty where it may: a number, link or phrase that the evidence does not hold."""
    known = _numbers(evidence)
    for number in sorted(_numbers(text)):
        if number not in known:
            return f"number {number}"
    for link in _LINKS.findall(text):
        if link not in evidence:
            return "link"
    if _FORBIDDEN.search(text):
        return "phrase"
    return ""


_LIMITS = re.compile(r"不(?!仅|但|用|需|必|限)|禁止|谢绝|勿|须|需(?!求)|除|仅|只[能限可在]|限|凭|以内|之前")
_LIMITS_IN_ENGLISH = re.compile(
    r"\b(not|no|never|cannot|only|must|needs?|requires?|required|except|unless|prohibited|limited|without|provided|if|"
    r"within|before|at least|up to|\w+n't)\b",
    re.IGNORECASE,
)


def drops_limits(english: str, passage: str) -> bool:
    """Whether a passage in Chinese sets limits (only, not, must, except …) and its retelling in English sets none."""
    return bool(_LIMITS.search(passage)) and not _LIMITS_IN_ENGLISH.search(english.replace("’", "'"))


def _numbers(text: str) -> set[str]:
    text = unicodedata.normalize("NFKC", text.replace("，", " "))  # a Chinese comma never groups digits
    found: set[str] = set()
    for number in _NUMBER.findall(text):
        found.update(part.lstrip("0") or "0" for part in re.split(r"[.,:：/-]", number))
        found.add(number.replace(",", ""))
    for word in _CHINESE_NUMBER.findall(text):
        found.add(_VALUES.get(word, word))
    return found
