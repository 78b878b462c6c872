"""What WeChat's error codes mean for a delivery. Source: WeChat's developer documents, "全局返回码" and the pages of the calls.

Every code has one outcome; a code that nobody knows is treated as a fault of ours and tried a few times.
"""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["retry", "token", "slow", "tomorrow", "hold", "drop", "shorten", "config", "ignore"]

# retry     a hiccup: soon again               token     fetch a new token, then at once again
# slow      too many in this minute: in one    tomorrow  the day's calls are used up: hold until they are not
# hold      nothing may be sent to this person now: keep it until they write
# drop      this person cannot be reached      shorten   cut the text and send the pieces
# config    the operator has to act: keep it, and say so loudly
# ignore    of no consequence
CODES: dict[int, tuple[Outcome, str]] = {
    -1: ("retry", "微信系统繁忙"),
    40001: ("token", "access_token 或 AppSecret 不对"),
    40003: ("drop", "openid 不对"),
    40007: ("drop", "素材已失效"),
    40013: ("config", "AppID 不对"),
    40014: ("token", "access_token 不合法"),
    40125: ("config", "AppSecret 不对"),
    40164: ("config", "服务器 IP 不在公众号的 IP 白名单里"),
    41001: ("token", "缺少 access_token"),
    42001: ("token", "access_token 过期"),
    43004: ("drop", "对方没有关注公众号"),
    43019: ("drop", "对方已被拉黑"),
    43101: ("drop", "对方没有同意接收这类订阅消息"),
    45002: ("shorten", "内容太长"),
    45009: ("tomorrow", "当天的接口调用次数用完了"),
    45011: ("slow", "调用太频繁"),
    45015: ("hold", "超过了可以回复的时间"),
    45047: ("hold", "客服消息条数用完了"),
    48001: ("config", "公众号没有这个接口的权限（未认证）"),
    48004: ("config", "接口被封禁"),
    50002: ("config", "账号受限"),
    45080: ("ignore", "30 秒内用户没有发过消息，不能显示正在输入"),
    45081: ("ignore", "已经在显示正在输入"),
}


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    words: str


def verdict(code: int) -> Verdict:
    """What to do about a code, and what it means in plain words."""
    outcome, words = CODES.get(code, ("retry", "未知错误"))
    return Verdict(outcome, words)


class WeChatRefused(Exception):
    """WeChat answered a call with an error code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message[:200]}")
        self.code = code

    @property
    def verdict(self) -> Verdict:
        return verdict(self.code)


class WeChatDown(Exception):
    """WeChat cannot be reached, answers nonsense, or its circuit is open."""
