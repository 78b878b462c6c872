"""A survey with one shopper, without a store: what is asked, where answers lead, how it ends."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from assistant.domain.message import Reply
from assistant.errors import ConfigError
from assistant.surveys import dialogue
from assistant.surveys.dialogue import Run, Step
from assistant.surveys.files import AS_KEPT, Survey, read_survey, read_surveys
from assistant.surveys.options import Sense
from assistant.surveys.reading import KEPT, read

NAMES = {"brand": "云上百货", "store": "徐家汇店"}
SURVEYS = read_surveys()


def answer(run: Run, *said: str) -> Step:
    """Say one thing after another; the last step."""
    done = None
    for text in said:
        done = dialogue.step(run, text, NAMES)
        assert done is not None, f"{text!r} was not taken"
        run = done.run
    assert done is not None
    return done


def test_the_invitation_greets_and_asks_the_first_question() -> None:
    reply = dialogue.invite(Run(SURVEYS["store_visit"]), NAMES)

    assert "感谢光临徐家汇店" in reply.text
    assert "推荐给朋友" in reply.text
    assert reply.choices[0].send == "10分"


def test_a_promoter_is_asked_what_was_best_and_thanked_with_a_recommendation() -> None:
    done = answer(Run(SURVEYS["store_visit"]), "10", "1和3")

    assert done.run.status == "done"
    assert done.run.answers == {"recommend": 10, "best": ("staff", "price")}
    assert "推荐给TA" in done.reply.text
    assert done.run.comment == "店员服务、价格优惠"


def test_a_detractor_is_asked_what_went_wrong_and_offered_help() -> None:
    done = answer(Run(SURVEYS["store_visit"]), "3分", "排队太久", "收银台只开了一个")

    assert done.run.status == "open"
    assert "跟进处理" in done.reply.text

    care = answer(done.run, "登记处理")

    assert care.run.status == "done"
    assert care.run.wants_care
    assert care.run.score("nps") == 3


def test_words_for_a_score_are_said_back_so_that_they_can_be_corrected() -> None:
    first = answer(Run(SURVEYS["product"]), "还行")

    assert "记下了：3分" in first.reply.text

    back = answer(first.run, "上一题", "5")

    assert back.run.answers["satisfied"] == 5


def test_later_pauses_and_resumes_where_it_stopped() -> None:
    paused = answer(Run(SURVEYS["store_visit"]), "8", "等会儿再说")

    assert paused.run.status == "paused"
    assert dialogue.step(paused.run, "我有多少积分", NAMES) is None

    again = answer(paused.run, "继续评价")

    assert again.run.status == "open"
    assert again.run.question.id == "better"


def test_stop_ends_at_once_and_keeps_what_was_said() -> None:
    stopped = answer(Run(SURVEYS["store_visit"]), "8", "不想答了")

    assert stopped.run.status == "stopped"
    assert stopped.run.answers == {"recommend": 8}
    assert "已经答的部分我们收到了" in stopped.reply.text


@pytest.mark.parametrize("text", ["徐家汇店几点关门", "我有多少积分", "帮我查一下订单", "你好", "羽绒服还有M码吗"])
def test_what_is_about_something_else_is_left_alone(text: str) -> None:
    open_run = answer(Run(SURVEYS["store_visit"]), "5").run

    assert dialogue.step(Run(SURVEYS["store_visit"]), text, NAMES) is None
    assert dialogue.step(open_run, text, NAMES) is None


def test_a_question_in_the_middle_is_followed_by_the_survey_twice_and_then_it_waits() -> None:
    run = answer(Run(SURVEYS["store_visit"]), "5").run
    texts = []
    for _ in range(3):
        run, reply = dialogue.remind(run, NAMES, Reply("22:00关门"))
        texts.append(reply.text)

    assert "刚才的评价还没完" in texts[0]
    assert "刚才的评价还没完" in texts[1]
    assert run.status == "paused"
    assert "继续评价" in texts[2]


@pytest.mark.parametrize("text", ["好", "可以", "没问题", "ok"])
def test_bare_assent_to_the_greeting_opens_the_survey_and_is_no_score(text: str) -> None:
    opened = answer(Run(SURVEYS["store_visit"]), text)

    assert opened.run.status == "open"
    assert opened.run.answers == {}
    assert "推荐给朋友" in opened.reply.text


@pytest.mark.parametrize("text", ["没有了", "取消", "明天", "下一个", "0"])
def test_small_talk_to_an_invitation_that_nobody_took_up_is_left_alone(text: str) -> None:
    assert dialogue.step(Run(SURVEYS["store_visit"]), text, NAMES) is None


@pytest.mark.parametrize(
    "text",
    ["有40码的吗", "满100减10的券怎么用", "这款好用吗", "麻烦查下物流", "我要退货，质量太差了", "会员日积分5倍是哪天"],
)
def test_questions_and_requests_are_no_scores(text: str) -> None:
    assert read(SURVEYS["store_visit"].by_id["recommend"], text).unclear


def test_a_score_named_as_one_counts_whatever_else_is_asked() -> None:
    assert read(SURVEYS["store_visit"].by_id["recommend"], "8分，为什么停车那么贵？").value == 8


def test_a_survey_is_complete_before_help_is_offered_and_no_is_no() -> None:
    poor = answer(Run(SURVEYS["product"]), "1", "质量", "跳过", "跳过")

    assert poor.run.complete
    assert poor.run.status == "open"
    assert not answer(poor.run, "不要").run.wants_care
    assert answer(poor.run, "算了").run.status == "done"


def test_going_back_forgets_the_branch_that_was_left() -> None:
    first = answer(Run(SURVEYS["store_visit"]), "2", "排队太久", "上一题", "上一题")

    again = answer(first.run, "10", "店员服务")

    assert again.run.comment == "店员服务"


def test_a_matrix_goes_by_names_where_there_are_names() -> None:
    found = read(SURVEYS["product"].by_id["details"], "包装4、质量5、性价比3")

    assert found.value == {"packaging": 4, "quality": 5, "value": 3}


def test_an_open_question_takes_words_but_not_a_question_of_the_shopper() -> None:
    run = answer(Run(SURVEYS["delivery"]), "5").run

    assert dialogue.step(run, "你们周末送货吗", NAMES) is None
    assert answer(run, "师傅态度很好").run.status == "done"


@pytest.mark.parametrize("survey", SURVEYS.values(), ids=lambda s: s.id)
@given(said=st.lists(st.sampled_from(["1", "5", "跳过", "都是5分", "上一题", "挺好的", "不用了", "1和2"]), max_size=30))
def test_every_survey_ends_and_never_stumbles(survey: object, said: list[str]) -> None:
    run = Run(survey)  # type: ignore[arg-type]
    for text in [*said, *["跳过"] * 12]:
        step = dialogue.step(run, text, NAMES)
        if step is None:
            continue
        run = step.run
        assert step.reply.text
        if run.status in ("done", "stopped"):
            break

    assert run.status in ("done", "stopped", "sent", "open", "paused")


@given(text=st.text(max_size=60))
def test_anything_written_is_read_without_a_fall(text: str) -> None:
    for survey in SURVEYS.values():
        for question in survey.questions:
            found = read(question, text)
            low, high = question.scale or (0, 0)

            assert not isinstance(found.value, int) or low <= found.value <= high


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("then: [{when: {}, to: a}]", "只往前走"),
        ("then: [{when: {}, to: nowhere}]", "不存在"),
        ("kind: single", "两个选项"),
        ("colour: red", "Extra inputs"),
        ("then: [{when: {min: 11}, to: end}]", "超出"),
        ("then: [{when: {min: 9, max: 3}, to: end}]", "最低分"),
        ("then: [{when: {choice: a}, to: end}]", "选项不存在"),
        ("then: [{when: {sentiment: neg}, to: end}]", "开放题"),
        ("id: care", "另有用处"),
        ("id: end", "另有用处"),
        ('text: "{stroe}如何"', "stroe"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, change: str, fault: str) -> None:
    whole = {"id": "id: a", "kind": "kind: nps", "text": "text: 您好吗"} | {change.partition(":")[0]: change}
    given = ", ".join(whole.values())
    path = tmp_path / "x.yaml"
    path.write_text(
        f"id: x\ntitle: t\ntouchpoint: 到店\ngreeting: 您好\nquestions:\n  - {{{given}}}\n"
        "thanks: {good: a, fair: b, poor: c}\n",
        encoding="utf-8",
    )

    with pytest.raises(ConfigError, match=fault):
        read_survey(path)


AFTER_SALE = Run(SURVEYS["after_sale"], status="open", current="wrong", path=("effort",), answers={"effort": 2})


def told(text: str) -> Step | None:
    """What becomes of words to "which step was hardest", with leaves of a small tree and vectors that know no difference."""
    leaves = {"退": "returns", "到账": "returns", "态度": "staff", "客服": "staff"}
    sense = Sense(
        lambda words: frozenset(leaf for word, leaf in leaves.items() if word in words),
        lambda words: np.full((len(words), 4), 0.5, dtype=np.float32),
    )
    return dialogue.step(AFTER_SALE, text, NAMES, sense=sense)


@pytest.mark.parametrize(
    ("text", "option"),
    [("退款等了好几天", "money"), ("为什么退个钱要这么久啊", "money"), ("客服怎么说都听不懂", "staff"),
     ("不是客服的问题，是钱到得太晚", "money"), ("停车费还要自己出", "other")],
)  # fmt: skip
def test_words_that_state_an_option_are_an_answer_and_are_kept_beside_it(text: str, option: str) -> None:
    step = told(text)

    assert step is not None
    assert step.run.answers["wrong"] == option
    assert text in step.run.comment


@pytest.mark.parametrize(
    "text", ["帮我查一下退款到哪了", "我还想再退一件", "怎么申请换货", "可以开电子发票不", "快递单号给我一下"]
)
def test_a_question_or_a_request_about_something_else_is_no_option(text: str) -> None:
    step = told(text)

    assert step is None


def test_what_is_wished_of_the_shop_is_an_answer_to_how_it_should_change() -> None:
    run = Run(SURVEYS["after_sale"], status="open", current="story", path=("effort", "wrong"), answers={"effort": 2})

    wished = dialogue.step(run, "能不能把退款搞快点", NAMES)
    asked = dialogue.step(run, "帮我查下物流", NAMES)

    assert wished is not None
    assert wished.run.answers["story"] == "能不能把退款搞快点"
    assert asked is None


def test_an_open_survey_that_an_earlier_version_let_pass_is_read_still() -> None:
    body = SURVEYS["store_visit"].model_dump(mode="json")
    body["questions"][0]["then"] = [{"when": {"min": 11}, "to": "end"}]
    body["greeting"] = "{shop}您好"

    with pytest.raises(ValidationError):
        Survey.model_validate(body)
    assert Survey.model_validate(body, context=AS_KEPT).id == "store_visit"


@pytest.mark.parametrize("text", ["等会儿再说", "现在没空", "在开会", "回头再填"])
def test_an_invitation_may_be_put_off_in_words_and_taken_up_by_name(text: str) -> None:
    later = answer(Run(SURVEYS["after_sale"]), text)

    assert later.run.status == "paused"
    assert answer(later.run, "继续评价").run.status == "open"


@pytest.mark.parametrize("text", ["不想填", "不想答了", "没兴趣", "不感兴趣", "算了吧"])
def test_an_invitation_may_be_declined_in_words(text: str) -> None:
    assert answer(Run(SURVEYS["after_sale"]), text).run.status == "stopped"


@pytest.mark.parametrize("status", ["sent", "open"])
def test_a_survey_is_taken_up_by_name_however_it_stands(status: Any) -> None:
    again = answer(Run(SURVEYS["after_sale"], status=status), "继续评价")

    assert "退换货" in again.reply.text
    assert again.run.answers == {}


@pytest.mark.parametrize(
    ("survey", "question", "text", "value"),
    [
        ("store_visit", "recommend", "五星", 10),
        ("store_visit", "recommend", "给3颗星", 6),
        ("store_visit", "recommend", "本来想给10分的，结果排队太久，6分吧", 6),
        ("store_visit", "recommend", "没有不满意", 7),
        ("store_visit", "recommend", "不是不推荐", 5),
        ("delivery", "satisfied", "没什么不满意的", 4),
        ("delivery", "satisfied", "两星", 2),
        ("after_sale", "wrong", "其它", "other"),
        ("product", "wrong", "都不满意", ("quality", "taste", "packaging", "size", "colour")),
    ],
)
def test_words_are_not_read_as_their_opposite(survey: str, question: str, text: str, value: object) -> None:
    assert read(SURVEYS[survey].by_id[question], text).value == value


def test_who_has_not_made_up_their_mind_gives_no_score() -> None:
    assert read(SURVEYS["store_visit"].by_id["recommend"], "没想好").unclear


def test_nothing_to_add_is_no_comment_but_declines_help() -> None:
    assert read(SURVEYS["after_sale"].by_id["story"], "不用了").wish == "skip"
    declined = answer(Run(SURVEYS["after_sale"], status="open", current="care", answers={"effort": 1}), "不用了")
    assert declined.run.answers["care"] == "none"


def test_a_question_may_ask_to_be_answered_aloud() -> None:
    aloud = {"id": "aloud", "kind": "voice", "text": "哪里让您不满意？"}
    survey = Survey.model_validate(SURVEYS["after_sale"].model_dump(mode="json") | {"questions": [aloud]})
    asked = dialogue.ask(Run(survey), NAMES)

    recorded = dialogue.keep(Run(survey, status="open"), "voice", 7, NAMES)
    typed = answer(Run(survey, status="open"), "退款拖了两周")

    assert "发语音" in asked.text
    assert recorded is not None
    assert recorded.run.answers["aloud"] == f"{KEPT}7"
    assert typed.run.answers["aloud"] == "退款拖了两周"
    assert typed.run.comment == "退款拖了两周"


@pytest.mark.parametrize(
    ("survey", "question", "said", "value"),
    [
        ("product", "details", "包装2分，其他都好", {"quality": 4, "packaging": 2, "value": 4}),
        ("product", "details", "都挺好的，就是包装太差了", {"quality": 4, "packaging": 1, "value": 4}),
        ("store_visit", "wrong", "店员还行，就是排队太久了", "queue"),
        ("store_visit", "wrong", "质量没问题，但是店员态度差", "staff"),
        ("store_visit", "best", "店员服务很好，就是价格有点贵", ("staff",)),
        ("store_visit", "recommend", "不到8分吧", 7),
        ("store_visit", "recommend", "六分都不到", 5),
        ("store_visit", "recommend", "等了不到5分钟，10分", 10),
        ("store_visit", "wrong", "态度不好，就是冷冰冰", "staff"),
        ("store_visit", "wrong", "店员态度不好，不过排队更久", "staff"),
    ],
)
def test_what_is_conceded_or_excepted_is_told_from_what_is_meant(
    survey: str, question: str, said: str, value: object
) -> None:
    assert read(SURVEYS[survey].by_id[question], said).value == value
