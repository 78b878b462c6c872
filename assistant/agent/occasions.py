"""The occasion that an appointment is for, as its topic: "年会", "给先生搭正装".

Pure. Called by `fill`; what is told outright ("主题：公司年会") is read by `answers.names_topic`.
"""

import re

from assistant.agent import ruled_out

_WHO = "先生|老公|太太|老婆|媳妇|老伴|爸爸?|妈妈?|儿子|女儿|孩子|男朋友|女朋友|闺蜜"
_OCCASION = (
    "年会|约会|婚礼|婚宴|结婚|订婚|领证|面试|通勤|职场|日常|休闲|正装|礼服|聚会|聚餐|旅行|旅游|度假|相亲|毕业|典礼|答辩|演讲|"
    "商务|宴会|晚宴|晚会|酒会|派对|拍照|写真|生日|过年|新年|春节|见家长|满月|团建"
)
_FOUND = re.compile(
    rf"(?:(?P<whom>[给帮替]我?(?:{_WHO})(?:也|再)?(?:搭配?|准备|挑|选)(?:[一几]?[套身])?)|(?:公司|单位|同学|朋友|闺蜜|毕业|商务)(?={_OCCASION}))?"
    rf"(?:{_OCCASION})(?:晚宴|晚会|典礼|聚会|派对|旅行)?(?:穿搭|搭配|造型|礼服|正装)?"
)
_NO_OCCASION = re.compile(
    "生日(?:券|礼|月|双倍|权益)|(?:春节|新年|过年|旅行|旅游|度假|聚会)(?=还|快乐|回来|前|后|营业|开|活动)|(?<=[男女])朋友(?=约会)|(?:不|没)(?:要|用|是)?(?:日常|休闲|正装)"
)


def find(text: str) -> str:
    """The occasion that a message names, with for whom and what is worn; empty where it names none."""
    found = _FOUND.search(_NO_OCCASION.sub(" ", ruled_out.left(text)))
    if found is None:
        return ""
    whom = found.group("whom") or ""
    return found.group(0).replace(whom, re.sub("(?<=^[给帮替])我", "", whom), 1)
