"""Words as WeChat takes them."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.channels.official_account.push import read_fields
from assistant.channels.official_account.render import Look, parts, passive, passive_xml, words
from assistant.channels.official_account.text import LIMIT, plain, size, split
from assistant.domain.message import Choice, Citation, Confirm, Link, Reply
from tests.conftest import NOW

LOOK = Look("https://shop.example")


def test_markdown_and_control_characters_are_removed() -> None:
    text = plain("## 标题\n**重点**说明\x07：\n- 第一\n- 第二\n[官网](https://a.example) `code`\r\n> 引用")

    assert text == "标题\n重点说明：\n· 第一\n· 第二\n官网 https://a.example code\n引用"


@given(
    st.text(alphabet=st.sampled_from("今天，店铺营业。good morning!\n👨‍👩‍👧‍👦é。；ab "), max_size=3000),
    st.integers(60, 400),
)
def test_pieces_fit_and_lose_nothing_but_blanks(text: str, limit: int) -> None:
    pieces = split(text, limit)

    assert all(0 < size(p) <= limit for p in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_pieces_end_with_sentences() -> None:
    pieces = split("营业时间是十点到二十二点。" * 300)

    assert len(pieces) > 1
    assert all(p.endswith("。") for p in pieces)


def test_a_cdata_end_in_a_text_cannot_leave_its_section() -> None:
    evil = "]]></Content><MsgType>event</MsgType>]]>"

    fields, _ = read_fields(passive_xml(evil, "o1", "gh", NOW).encode())

    assert fields["Content"] == evil
    assert fields["MsgType"] == "text"


def test_choices_are_links_that_say_their_words() -> None:
    reply = Reply("要办吗？", confirm=Confirm("换券", ()), choices=(Choice("<b>看看</b>", "看 看"),))

    text = words(reply, LOOK)

    assert '<a href="weixin://bizmsgmenu?msgmenucontent=%E7%A1%AE%E8%AE%A4&msgmenuid=1">确认</a>' in text
    assert "＜b＞看看＜/b＞" in text
    assert "<b>" not in text


def test_sources_downloads_and_links_are_shown() -> None:
    reply = Reply(
        "可以退。", citations=(Citation("退换货规则", "returns.md", 1, "…"),), download="/chat/export/x.json",
        links=(Link("绑定会员", "https://shop.example/wechat/bind"),),
    )  # fmt: skip

    text = words(reply, LOOK)

    assert "依据：《退换货规则》" in text
    assert 'href="https://shop.example/chat/export/x.json"' in text
    assert '<a href="https://shop.example/wechat/bind">绑定会员</a>' in text


def test_a_text_from_a_document_cannot_bring_a_link_of_its_own() -> None:
    text = words(Reply('点<a href="https://evil.example">这里</a>'), LOOK)

    assert "<a " not in text


def test_a_pushed_question_with_choices_is_a_menu_message() -> None:
    (menu,) = parts(Reply("满意吗？", choices=(Choice("满意", "满意"), Choice("不满意", "不满意"))), LOOK)

    assert menu["msgtype"] == "msgmenu"
    assert [item["content"] for item in menu["msgmenu"]["list"]] == ["满意", "不满意"]


def test_what_a_response_cannot_carry_is_left_over_and_the_label_fits() -> None:
    long = Reply("一二三四五六七八九十。" * 200)

    text, left = passive([long], LOOK, more="（回复继续看后文）")

    assert size(text) <= LIMIT
    assert text.endswith("（回复继续看后文）\n（AI生成）")
    assert left


def test_a_menu_that_was_held_back_is_carried_as_words_with_links() -> None:
    reply = Reply("您要领哪一张？", choices=(Choice("满500减80券", "满500减80券"), Choice("跳过", "跳过")))
    held = parts(reply, LOOK)

    text, left = passive([held], LOOK)

    assert held[0]["msgtype"] == "msgmenu"
    assert "您要领哪一张？" in text
    assert ">满500减80券</a>" in text and ">跳过</a>" in text
    assert left == []
