"""A WeChat platform of our own, strict about the real rules: the edge that tests and the demo talk to.

It shares no code with the channel: both are written from WeChat's description, so that one checks the other.
"""

from assistant.web.fake_wechat.phone import CannotDo, Phone
from assistant.web.fake_wechat.platform import FakeWeChat
from assistant.web.fake_wechat.push import over_http, through
from assistant.web.fake_wechat.records import Account, Delivery, Mode

__all__ = ["Account", "CannotDo", "Delivery", "FakeWeChat", "Mode", "Phone", "over_http", "through"]
