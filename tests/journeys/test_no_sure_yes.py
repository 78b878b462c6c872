"""What looks like a yes and is none makes no change: it is asked once more, or let go."""

import pytest

from assistant.bootstrap import Service
from tests.talk import Shopper

OPENINGS = {
    "order": "帮我取消雪地靴那个订单",
    "complaint": "西单店导购态度太差 白眼我半天 我要投诉",
    "points": "积分换杯咖啡",
    "exchange": "羊绒毛衣换成L码 帮我换货",
    "reserve": "徐家汇店给我留一件白色M码短款面包服",
    "coupon": "领一张美妆满200减25券",
    "delete": "删除我的所有数据",
    "return": "羊绒毛衣退货 不喜欢",
    "book": "约静安寺店穿搭顾问 周三下午三点",
}


def confirms(service: Service, opening: str, answer: str) -> bool:
    shopper = Shopper(service, "M0000001")
    assert "请确认" in shopper.hear(OPENINGS[opening])
    return any(step.get("by") == "confirmed" for step in shopper.say(answer).trace["intents"])


@pytest.mark.parametrize(
    ("opening", "answer"),
    [
        ("order", "我都不是说取消"),
        ("complaint", "我不是说投诉"),
        ("delete", "我不是说删"),
        ("points", "早说换吧 现在过期了"),
        ("order", "早说取消吧 现在发货了"),
        ("exchange", "嗯换 米白"),
        ("exchange", "嗯换 XL"),
        ("order", "对对取消 黑的那双"),
        ("order", "取消吧 899那单"),
        ("order", "取消吧 第三单"),
        ("order", "取消吧 上周那单"),
        ("order", "取消吧 其中一件"),
        ("order", "嗯取消 骗你"),
        ("order", "取消吧 一定把券还我"),
        ("order", "嗯取消 我收到了"),
        ("order", "我刚取消过了"),
        ("order", "行倒是行 就是有点贵"),
        ("points", "换吧 用我老公的积分"),
        ("points", "嗯换 一百的"),
        ("exchange", "换吧 运费你们出"),
        ("reserve", "徐家汇就徐家汇吧 太远了"),
        ("reserve", "留吧 五折"),
        ("reserve", "好是好 就是心疼"),
        ("coupon", "我都领过了"),
        ("delete", "嗯删 一半"),
        ("delete", "嗯删掉吧 我朋友的号"),
        ("delete", "谁要删了"),
        ("return", "退吧 有个洞"),
        ("delete", "删 只删聊天记录"),
        ("delete", "嗯 知道了"),
        ("points", "嗯 知道了"),
        ("order", "可以取消啊 真好"),
        ("delete", "可以删啊 真好"),
        ("points", "哦"),
        ("order", "取消吧 才怪"),
        ("order", "取消 我同事那双"),
        ("order", "取消 明天"),
        ("order", "取消吧 签收了"),
        ("return", "嗯退 会扣钱"),
        ("return", "嗯退 退一半钱就行"),
        ("return", "退吧 衣服丢了"),
        ("return", "退吧 都洗过了"),
        ("return", "退吧 钱退支付宝"),
        ("book", "约吧 男顾问"),
        ("book", "约 两个人"),
        ("reserve", "留吧 留一周"),
        ("reserve", "留吧 下周去拿"),
        ("complaint", "登记吧 算了"),
    ],
)
def test_what_looks_like_a_yes_makes_no_change(service: Service, opening: str, answer: str) -> None:
    assert not confirms(service, opening, answer)


@pytest.mark.parametrize(
    ("opening", "answer"),
    [
        ("order", "那就取消吧 老公说我了"),
        ("order", "别磨蹭了 取消"),
        ("complaint", "不是说了登记嘛"),
        ("points", "不差这点钱 换吧"),
        ("exchange", "换吧 L的"),
        ("reserve", "徐家汇就徐家汇吧"),
        ("reserve", "嗯留 白色M"),
        ("delete", "嗯删吧"),
        ("order", "算了 取消吧"),
        ("order", "取消吧 算了"),
        ("order", "确定不要了"),
        ("order", "对对对 不要了不要了"),
        ("order", "对 我不要了 谢谢"),
        ("reserve", "留吧 太好看了"),
        ("coupon", "领吧 太好了"),
        ("order", "取消吧 发货太慢了"),
        ("order", "取消 反正还没发货"),
        ("coupon", "领吧 不领白不领"),
        ("complaint", "登记吧 太气人了 再也不来了"),
        ("points", "换吧 留着也没用"),
        ("order", "对 帮我取消掉 尺码买错了"),
        ("order", "是的 取消 不喜欢了"),
        ("order", "退掉吧 等得太久"),
        ("points", "换吧 反正积分也没啥用"),
        ("points", "换 快过期了"),
        ("points", "嗯 换一张咖啡券"),
        ("exchange", "好 换吧 M的太紧了"),
        ("return", "退 我妈不喜欢"),
        ("return", "退吧 穿着不好看"),
    ],
)
def test_a_plain_yes_with_a_remark_makes_it(service: Service, opening: str, answer: str) -> None:
    assert confirms(service, opening, answer)


def test_what_is_got_instead_stays_when_only_told_that_the_size_does_not_fit(service: Service) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear(OPENINGS["exchange"])

    assert "换成L码" in shopper.hear("M的太紧了")


@pytest.mark.parametrize(("opening", "answer"), [("delete", "删吧 不用了"), ("order", "取消掉 钱不够了")])
def test_what_begins_with_the_yes_is_not_let_go(service: Service, opening: str, answer: str) -> None:
    shopper = Shopper(service, "M0000001")
    shopper.hear(OPENINGS[opening])

    assert "请确认" in shopper.hear(answer)
