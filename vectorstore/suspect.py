"""Finds text in documents that speaks to a language model instead of to a shopper.

In: any text. Out: whether it tries to steer a model. Called by `chunk`; such chunks are kept in the index for
the operator to see and are never returned to a shopper. Precision matters: shop texts do say
"系统提示支付失败".
"""

import re
import unicodedata

_ZH = (
    r"(?:忽略|无视|忘记|忘掉|不要理会|不用理会|跳过|推翻)(?:你|掉|所有|全部|一切|任何|之前|以前|先前|此前|前面|上面|以上|上述|上文|原有|系统|的)*"
    r"(?:指令|指示|提示词|提示|规则|要求|设定|限制|对话|约束|命令)",
    r"系统提示词|系统指令|system提示",
    r"(?:输出|泄露|告诉我|显示|复述|打印)(?:你|的|全部|完整|所有)*(?:提示词|初始指令|内部指令)",
    r"(?:从现在(?:开始|起)|现在)[,，]?你(?:就)?(?:是|将|要|必须|扮演)(?!.{0,6}(?:会员|顾客|我们的))",
    r"你(?:是|作为)(?:一个|一名)?(?:ai|人工智能|语言模型|大模型|聊天机器人|智能助手)",
    r"(?:不要|别|不得)(?:告诉|让|提醒)(?:用户|顾客|客户|人类).{0,10}(?:指令|这条|这段|本段)",
    r"(?:ai|智能|机器人)(?:助手|客服|模型)?(?:必须|请务必|应当|应该|需要)(?:回答|回复|告诉|输出|答复|执行|调用)",
    r"(?:开发者|管理员|越狱|上帝)模式(?:已|开启|启动|激活)|(?:进入|开启|启用)(?:开发者|越狱|上帝)模式",
)
_EN = (
    r"(?:ignore|disregard|forget|override|bypass)(?:all|any|the|your|my|our|of|every|previous|prior|above|earlier|preceding|system|existing|these|those|other)*"
    r"(?:instruction|prompt|rule|guideline|direction|constraint|training|command)",
    r"systemprompt|systemmessage|developermode|jailbreak|promptinjection",
    r"youarenow(?!amember)|youareanai|youareachatgpt|asanailanguagemodel|actasan?(?:ai|dan|unrestricted)",
    r"(?:reveal|print|repeat|show|leak)(?:me|your|the|all)*(?:prompt|instructions)",
    r"donottell(?:the)?(?:user|customer|human)",
    r"<\|(?:imstart|imend|system|user|assistant)\|?>|\[/?inst\]|<<sys>>|###(?:system|instruction)",
    r"(?:assistant|chatbot|aimodel|llm)(?:must|should|willnow)(?:say|reply|answer|output|call|execute)",
)
_ANY = re.compile("|".join((*_ZH, *_EN)))
_NOISE = re.compile(r"[\s\u200b-\u200f\u2060-\u2064\u00ad\ufeff_*`~'\"“”‘’.·-]+")


def is_suspect(text: str) -> bool:
    """Whether the text addresses a model. Width, case, spaces and invisible characters do not hide it."""
    flat = _NOISE.sub("", unicodedata.normalize("NFKC", text).casefold())
    return _ANY.search(flat) is not None
