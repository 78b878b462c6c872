"""A language model judges only the doubtful, within its budget, and may fail."""

from typing import Any

from assistant.errors import ModelDown
from assistant.feedback.judge import ModelJudge
from assistant.feedback.labels import Label, Tags
from assistant.feedback.tagger import ASPECTS, Tagger
from assistant.feedback.taxonomy import TreeFile

DOUBTFUL = Tags("pos", 0.1, 0.4, "linear")


class FakeModel:
    """Answers with what it is given and counts."""

    def __init__(self, said: str = "neg", down: bool = False) -> None:
        self.said, self.down, self.asked = said, down, 0

    def available(self) -> bool:
        return True

    def decide(self, *_: Any, **__: Any) -> dict[str, Any]:
        self.asked += 1
        if self.down:
            raise ModelDown("away")
        return {"sentiment": self.said}


def judge(model: FakeModel, budget_s: float = 10, seconds: list[float] | None = None) -> ModelJudge:
    ticks = iter(seconds or [])
    return ModelJudge(model, budget_s, lambda: next(ticks, 0.0))  # type: ignore[arg-type]


def test_the_model_s_word_is_taken_with_its_tier() -> None:
    tags = judge(FakeModel()).judge("呵呵", DOUBTFUL)

    assert tags is not None
    assert (tags.sentiment, tags.score, tags.tier) == ("neg", -0.6, "model")


def test_without_budget_model_or_words_the_heads_keep_theirs() -> None:
    junk = Tags("neu", 0.0, 0.8, "rules", junk=Label("spam", 0.8, "rules"))

    assert judge(FakeModel(), budget_s=0).judge("呵呵", DOUBTFUL) is None
    assert judge(FakeModel(down=True)).judge("呵呵", DOUBTFUL) is None
    assert judge(FakeModel(said="great")).judge("呵呵", DOUBTFUL) is None
    assert judge(FakeModel()).judge("加微信", junk) is None


def test_the_budget_is_of_a_minute() -> None:
    model = FakeModel()
    # made at 0; left 1; began 1, ended 12: eleven of ten seconds are spent; left 13; then a new minute
    asked = judge(model, 10, [0, 1, 1, 12, 13, 70, 70, 70, 70])

    verdicts = [asked.judge("呵呵", DOUBTFUL) for _ in range(3)]

    assert [v is not None for v in verdicts] == [True, False, True]


def test_only_the_doubtful_reach_the_model() -> None:
    model = FakeModel("neg")
    tagger = Tagger(TreeFile(ASPECTS).get, judge=judge(model))

    sure, doubtful = tagger.tag_many(["服务太好了，非常满意，强烈推荐", "去了一趟"])

    assert (sure.tier, doubtful.tier, model.asked) == ("rules", "model", 1)
