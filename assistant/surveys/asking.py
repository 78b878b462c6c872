"""Does a message ask for something, or does it answer? Under an open question words are an answer first.

Enters: what a shopper wrote. Leaves: whether it is a question or a request (`asks`), and whether it is plainly about something
other than the question that was put (`digresses`). Called by `reading` and `dialogue`. Deterministic; no model.
"""

import re
import unicodedata

_ASKS = re.compile(
    r"[?？]|(吗|呢)[呀啊]?[。!！~]*$|(?<!不)怎么(?!样都行|说呢)|怎样|如何|(?<!没)(什么|啥)|哪(?!都|里都|儿都|哪)|多少|几点|几号|几折|有没有|"
    r"能不能|可不可以|帮我|给我(?!的感觉)|替我|我要(?!说)|我想(?!说)|想问|请问|请帮|麻烦(你|您|帮|查|问|给|转)|转人工|"
    r"(查|看)(一下|下|查)?(我|你们?|这个|会员|积分|订单|快递|物流|库存|券|余额)|"
    r"(取消|申请|办理?|要|想)(订单|预约|退|换|会员|投诉|绑定)|退货(?!很|太|慢|快|麻|方)|换货(?!很|太|慢|快|麻|方)|解绑"
)
# what looks like a question and tells: 怎么说都不听, 怎么这么慢, 不知道点哪里, 解决什么啊, 谁知道
_TELLS = re.compile(
    r"(怎么|咋|什么|啥|哪[里儿个]?|谁|多少)[^，。,；;!！?？]{0,6}?(都|也)(?=[^，,。]{0,3}[不没无]|说|找|行|好|打|这|那|是|慢|要|很|太|差|贵|难)|"
    r"(怎么|咋|为什么|为啥|凭什么|凭啥)[^，。,；;!！?？]{0,8}?(这么|那么|这样|那样|老是|总是|还不|还没|一直|可能|好意思)[^，。,；;?？]*[?？]?|"
    r"(凭什么|凭啥|谁知道|天知道|哪有|哪能|什么玩意|什么鬼)|(什么|啥|哪[里儿]?)(啊|呀|嘛)(?=[，,。!！]|$)|"
    r"(不知道|不知|不清楚|找不到|不晓得|搞不懂|弄不清)[^，。,；;?？]{0,6}(哪[里儿]?|怎么|什么|啥|谁|多少)[^，。,；;?？]{0,4}|"
    r"(没|没有|也没|不是|没个)什么|没(有)?什么"
)
# a request to whoever reads along, at the head of a clause; what is told ("帮我搭配了三套", "钱退给我了") is none
_ORDERS = re.compile(
    r"(^|[，。,；;!！\s]|我想|我要|请|麻烦|能|可以|再)(请|麻烦)?(你|您|你们)?((帮|替)(我|忙|一下|下)|给我(查|看|转|退|换|找|介绍|推荐|开|改|办|取消|约|订|发(?!现)))(?![^，。,；;!！?？]{0,7}(了(?!吧)|过|的(?!快|订|积|那|这)))|"
    r"想(请)?问|请问|请帮|转人工|人工客服|"
    r"(查|看)(一下|下|查|询)?(我的?|会员|积分|订单|快递|物流|库存|券|余额)|"
    r"我?(还|再|也)?(要|想|需要)(再|重新)?(查|退|换(?!别家)|取消|预约|投诉|绑定|解绑|下单|买|订|改|开发票|申请|办)(?!的|不)|取消(订单|预约)|解绑|"
    r"(查|问|看|改|告诉|发|调)(我)?(一下|下)(吗|吧|呗|呀|啊)?[。!！~]*$|给我(一下|看看|说一?下)|(^|我想|我要|请)(修改|更改|查询|查看|取消|绑定|解绑)|"
    r"^(退货|换货|退款|查订单|查物流|查积分)[吧呀啊]?$"
)
_QUESTION = re.compile(
    r"[?？]|(吗|么)[呀啊]?[。!！~]*$|怎么(?!样都行|说呢)|怎样|如何|(?<!没)什么|啥|哪(?!都|里都|儿都|哪|怕)|多少|几(点|号|折|天能|时)|有没有|"
    r"能不能|可不可以|能否|是不是|(可以|能|有|行|支持)[^，。,]{0,12}不[啊呀]?[。!！~]*$"
)
# a wish to the shop, though it is put as a question: 能不能快点, 有没有可能多开几个
_WISHES_TO_US = re.compile(
    r"(希望|建议|最好|要是|如果|但愿|期待)|(能不能|可不可以|能否|可否|可以|有没有可能|有没有办法|为什么不能?|怎么不能?|何不|是不是(可以|应该|该|能))"
    r"(?!(帮|给|替)我)[^，。,；;!！?？]{0,14}?(快|多|少|好|再|点|些|别|不要|改|加|增|减|降|便宜|专业|统一|提前|开|上|搞|简单|放|弄|有)|"
    r"(?<!我的)(退款|发货|送货|配送|收银|回复|处理|流程|价格)[^，。,]{0,4}(能|可以)[^，。,]{0,4}(点|些)吗|就(好|行|更好)了?|好不好|行不行"
)
_AT_THE_DESK = re.compile(
    r"(查|退|换|取消|预约|订单|物流|快递|积分|退款|发票|绑定|地址)[^，。,；;!！?？]{0,8}(吗|呢|么|[?？])|(帮|替)我(?!把)"
)


def plain(text: str) -> str:
    """Full width forms folded, in lower case."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def asks(text: str) -> bool:
    """Whether words are a question, or want something done."""
    return bool(_ASKS.search(_TELLS.sub(" ", plain(text))))


def digresses(text: str, *, wishes: bool = False) -> bool:
    """Whether words under an open question are plainly a question or a request about something else.

    `wishes`: the question asks what should be better, so what is wished of the shop is an answer.
    """
    said = _TELLS.sub(" ", plain(text))
    if wishes and (wish := _WISHES_TO_US.search(said)) and not _AT_THE_DESK.search(said.replace(wish[0], "")):
        return False
    return bool(_ORDERS.search(said) or _QUESTION.search(said))
