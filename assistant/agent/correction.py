"""What a shopper means who says that we misunderstood: the message without what it rejects.

Pure functions on text. Called by `turn` before anything is read from a message that follows a reply of ours.
"""

import re

LONGEST_REJECTION = 18  # characters before "我问的是"; a longer sentence tells something of its own
_ENDS = "，,。.！!？?…~ "
_OTHERS = "[她他它]|店员|导购|客服|收银|柜|朋友|别人|人家|老公|老婆"  # whoever else was asked: a story
_I_MEAN = re.compile(
    rf"(?:^|[{_ENDS}])我(?:问的?是|问的|问(?!一|下|哈|你|过|了|号|候|问|{_OTHERS})|说的?是|说的|说(?!了|过|不|怎|话|明|一|你|要|{_OTHERS})|是(?:问|说|想问)(?!一|下)|就(?:是)?(?:想)?问(?:问|个|下)?|"
    rf"只(?:是)?(?:想)?问|指的是|要问的是|讲的是|净[系是](?:想)?(?:知道?|问))[{_ENDS}]*"
)
_REJECTED = re.compile(
    rf"^[{_ENDS}]*(?:谁[^{_ENDS}]{{1,7}}了|我不管(?!了|[^{_ENDS}]*(?:哪|什么|多少|怎|谁))[^{_ENDS}]{{1,6}}|(?:没|没有)(?:[让叫]你|问(?!题|过)你?)[^{_ENDS}]{{1,6}}|没要(?:约|买|退|换|领|取消|投诉|预|查)[^{_ENDS}]{{0,6}}|(?:你)?(?:听|搞|理解|弄)(?:错|岔)了?|"
    rf"(?:什么|啥)[^{_ENDS}]{{1,5}}(?=[？?！!]{{2}})|[^{_ENDS}]{{1,6}}(?:啥|什么)(?:呀|啊|鬼|玩意儿?)(?=[？?！!…])|(?:你)?(?:别|莫|不要|不用|甭|唔使|咪)(?:给我|再)?(?:转|找人)[^{_ENDS}]{{0,4}})"
    rf"[{_ENDS}]+"
)
_NOT_THIS_BUT = re.compile(
    rf"^[{_ENDS}]*(?:不是|不系|唔系)(?:问|说|要)?(?=[^{_ENDS}]*[\u4e00-\u9fff])[^{_ENDS}]{{2,8}}[{_ENDS}啊呀]+我?(?:就)?(?:是|系|要|问|说)(?:的是)?(?!是)"
)
_NOR_THAT = re.compile(
    rf"[{_ENDS}]+(?:又|而)?(?:不是|不系|唔系)(?:问|说|要)?(?=[^{_ENDS}]*[\u4e00-\u9fff])[^{_ENDS}]{{2,8}}[{_ENDS}]*$"
)


def meant(text: str) -> str:
    """What a message wants instead of what it rejects ("不是订单！是预约 周二那个" → "预约 周二那个"); empty where it rejects
    nothing, or says nothing else."""
    rest = _REJECTED.sub("", text, count=1)
    rest = _NOT_THIS_BUT.sub("", rest, count=1)
    found = _I_MEAN.search(rest)
    if found is not None and found.start() <= LONGEST_REJECTION:
        rest = rest[found.end() :]
    elif rest == text:
        return ""
    rest = _NOR_THAT.sub("", rest).lstrip(_ENDS).rstrip("，,。 ")
    return rest if len(rest) >= 2 and rest != text else ""
