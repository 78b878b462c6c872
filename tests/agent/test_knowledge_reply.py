"""What is said of passages: the answer where it is sure, else the nearest, said to be only that."""

from dataclasses import replace

from assistant.agent.render import render
from tools.types import KnowledgeAnswer, PassageFact

PARKING = PassageFact(
    "1", "每小时 10 元。", "停车收费与减免", "stores/parking.md", None, "passage", "", 0.9, heading="收费标准"
)
POINTS = replace(PARKING, chunk_id="2", text="500 积分换 1 小时。", heading="积分兑停车券")
FAQ = replace(PARKING, chunk_id="3", text="有。", title="常见问题", question="有充电桩吗？", heading="服务")


def test_a_sure_passage_is_the_answer() -> None:
    reply = render(KnowledgeAnswer("停车多少钱", (PARKING, POINTS)), False)

    assert reply.text == "每小时 10 元。"
    assert reply.citations[0].source == "stores/parking.md"


def test_a_doubtful_passage_is_said_to_be_the_nearest_and_others_are_offered() -> None:
    doubtful = tuple(replace(p, sure=False) for p in (PARKING, POINTS, FAQ))

    reply = render(KnowledgeAnswer("车子停那儿划算不", doubtful), False)

    assert reply.text.startswith("我不确定您问的是不是这个。最接近的说明是“停车收费与减免：收费标准”")
    assert "每小时 10 元。" in reply.text
    assert [choice.label for choice in reply.choices] == ["停车收费与减免：积分兑停车券", "有充电桩吗？", "转人工"]
    assert reply.citations[0].source == "stores/parking.md"


def test_who_writes_english_is_told_of_the_doubt_in_english() -> None:
    reply = render(KnowledgeAnswer("is it cheap", (replace(PARKING, sure=False),)), True)

    assert reply.text.startswith("I am not sure that this is what you ask.")
