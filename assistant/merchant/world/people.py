"""Names, phones and words of the people of the demo world."""

from random import Random

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
_GIVEN_F = "雨晴 思琪 婷婷 欣怡 佳宁 梦洁 晓雯 雅琴 静 丽娟 芳 敏 秀英 嘉怡 可欣 若曦 诗涵 子萱 美玲 海燕 慧 颖 丹 娜 雪梅 玉兰 桂英 艳 莉 倩 语桐 一诺 沐晨 婉清 书瑶 小满"
_GIVEN_M = "建国 浩然 志强 伟 磊 军 洋 勇 杰 涛 明 超 子轩 俊杰 宇航 文博 天佑 国庆 海涛 志远 鹏飞 凯 刚 平 辉 斌 思远 嘉豪 一鸣 泽宇 明轩 建华 永强 振东 立新 晨"
FEMALE = tuple(_GIVEN_F.split())
MALE = tuple(_GIVEN_M.split())
_PREFIXES = (
    "134",
    "135",
    "136",
    "137",
    "138",
    "139",
    "150",
    "151",
    "158",
    "159",
    "182",
    "187",
    "188",
    "176",
    "199",
)


def full_name(rng: Random, gender: str) -> str:
    """A usual Chinese name. `gender` is 女 or 男."""
    return rng.choice(SURNAMES) + rng.choice(FEMALE if gender == "女" else MALE)


def phone(rng: Random, number: int) -> str:
    """An 11-digit mobile number, unique by `number`."""
    return f"{rng.choice(_PREFIXES)}{number % 100_000_000:08d}"


# aspect → clauses. Comments are made of one to three of them.
PRAISE: dict[str, tuple[str, ...]] = {
    "服务态度": (
        "导购小姐姐很耐心",
        "店员态度特别好，没有一直跟着推销",
        "服务员笑眯眯的，问什么都答",
        "柜姐很专业",
        "前台帮我跑了两趟，很感动",
    ),
    "商品质量": ("面料摸着很舒服", "做工细，没有线头", "穿了两周没有起球", "质量比想象中好", "洗过没变形"),
    "款式": ("款式很显气质", "颜色跟图上一样", "版型正，老公说好看", "新款挺多的"),
    "价格": ("活动价很划算", "用了券下来比网上还便宜", "性价比可以", "积分抵了五十块，开心"),
    "排队": ("结账很快没怎么等", "收银台开得多，不用排队"),
    "环境": ("店里干净敞亮", "灯光温度都舒服", "母婴室很干净，带娃方便", "卫生间没有味道"),
    "物流": ("隔天就到了", "快递小哥送到家门口", "包装很严实"),
    "停车": ("停车方便，会员还免两小时", "车位多，出入口好找"),
    "售后": ("换码当场就换了", "退款第三天就到账", "裤脚改得很合适"),
}
COMPLAINTS: dict[str, tuple[str, ...]] = {
    "服务态度": (
        "导购爱搭不理的",
        "问了两次都说没有，结果货架上就有",
        "店员一直在聊天没人管",
        "态度冷冰冰的",
    ),
    "商品质量": ("穿一次就起球了", "线头好多", "洗完缩水", "拉链第二天就坏了", "跟吊牌写的面料不太一样"),
    "款式": ("颜色跟图片差别有点大", "版型偏大", "尺码不准，平时穿M这次要S"),
    "价格": ("刚买完就降价，心里不舒服", "券的门槛太高", "比别家贵"),
    "排队": ("结账排了二十多分钟", "周末就开两个收银台", "排队排到怀疑人生", "收银太慢，差点不想买了"),
    "环境": ("空调开得太热", "试衣间灯坏了一个", "卫生间有味道", "指示牌绕来绕去找不到"),
    "物流": ("等了五天才发货", "快递放驿站也不打电话", "盒子压扁了"),
    "停车": ("停车场出口堵了半小时", "找车位找了二十分钟"),
    "缺货": ("想要的码断货了", "跑了一趟说没货，小程序上明明显示有", "问了三家店都没有M码"),
    "售后": ("退款等了十天", "客服电话打不通", "让我自己联系厂家"),
}
NEUTRAL = ("还行吧", "一般般", "没什么特别的", "中规中矩", "凑合", "路过进去看看", "正常购物", "不好不坏")
BATCH_COMPLAINTS = (
    "羽绒服掉绒特别严重，里面毛衣上全是毛",
    "穿一天跑了一身绒",
    "接缝处一直钻绒，第一次见",
    "这批羽绒服是不是有问题，我跟同事买的都钻绒",
)


def comment(rng: Random, score: int, forced: str = "") -> str:
    """A comment that fits a 0–10 score; with `forced` about that aspect (a complaint) or with that very clause."""
    if forced in COMPLAINTS:
        forced = rng.choice(COMPLAINTS[forced])
    good = [rng.choice(v) for v in rng.sample(list(PRAISE.values()), 2)]
    bad = [rng.choice(v) for v in rng.sample(list(COMPLAINTS.values()), 2)]
    if forced:
        parts = [forced, *(bad[:1] if rng.random() < 0.4 else [])]
        return "，".join(parts)
    if score >= 9:
        return "，".join(good[: rng.randint(1, 2)]) + rng.choice(("", "，下次还来", "！", "，推荐", "👍"))
    if score >= 7:
        return rng.choice((f"{good[0]}，就是{bad[0]}", f"{rng.choice(NEUTRAL)}，{good[0]}", good[0]))
    if score >= 5:
        return rng.choice((rng.choice(NEUTRAL), f"{rng.choice(NEUTRAL)}，{bad[0]}", f"{bad[0]}，{good[0]}"))
    return "，".join(bad[: rng.randint(1, 2)]) + rng.choice(("", "，差评", "！！", "，不会再来了", "，失望"))
