"""The occasion that an appointment is for, as its topic: "年会", "给先生搭正装", or told outright ("主题：公司年会").

Pure. Called by `fill` and `confirming`.
"""

import re

from assistant.agent import ruled_out

_WHO = "先生|老公|太太|老婆|媳妇|老伴|爸爸?|妈妈?|儿子|女儿|孩子|男朋友|女朋友|闺蜜"
_OCCASION = (
    "年会|约会|婚礼|婚宴|结婚|订婚|领证|面试|通勤|职场|日常|休闲|正装|礼服|聚会|聚餐|旅行|旅游|度假|相亲|毕业|典礼|答辩|演讲|"
    "商务|宴会|晚宴|晚会|酒会|派对|拍照|写真|生日|过年|新年|春节|见家长|满月|团建|同学会|家长会|校庆|开学"
)
_FOUND = re.compile(
    rf"(?:(?P<whom>[给帮替]我?(?:{_WHO})(?:也|再)?(?:搭配?|准备|挑|选)(?:[一几]?[套身])?)|(?:公司|单位|同学|朋友|闺蜜|毕业|商务)(?={_OCCASION}))?"
    rf"(?:{_OCCASION})(?:晚宴|晚会|典礼|聚会|派对|旅行)?(?:穿搭|搭配|造型|礼服|正装)?"
)
_NO_OCCASION = re.compile(
    "生日(?:券|礼|月|双倍|权益)|(?:春节|新年|过年|旅行|旅游|度假|聚会)(?=还|快乐|回来|前|后|营业|开|活动)|(?<=[男女])朋友(?=约会)|(?:不|没)(?:要|用|是)?(?:日常|休闲|正装)"
)
_TOPIC = re.compile(
    "(?:^|(?<=[^\\w]))(?:不是|不对|错了|诶|哎|等等|[，,。!！ ])*(?:主题|场合|穿搭主题)(?:[嘛吧呢是就：:，, ]|的话|还是|[改换](?:一下|下|个)(?=[，, ]*[写填叫是])|写成?|改成|改(?!一?下)|填成?|换成|定为|叫)+([^，,。!！?？ ]{2,20})"
)
_NO_TOPIC = re.compile("^一?下|什么|啥|不|错|对的|这个|这样|之前|没有|吗|^了")
_TOPIC_ENDS = re.compile(
    "(?:这?[两二三四五六七八九十\\d]个字)?(?:就行|就好|就可以|就ok|好了|行了|吧|呗|哈|啊|[^\\w\\s])+$", re.IGNORECASE
)


def find(text: str) -> str:
    """The occasion that a message names, with for whom and what is worn; empty where it names none."""
    found = _FOUND.search(_NO_OCCASION.sub(" ", ruled_out.left(text)))
    if found is None:
        return ""
    whom = found.group("whom") or ""
    return found.group(0).replace(whom, re.sub("(?<=^[给帮替])我", "", whom), 1)


def told(text: str) -> str:
    """What a message gives as the topic of an appointment ("主题嘛 公司年会", "主题就写面试穿搭四个字就行"), else empty."""
    found = _TOPIC.search(text)
    topic = _TOPIC_ENDS.sub("", found.group(1)).strip() if found else ""
    return "" if _NO_TOPIC.search(topic) else topic
