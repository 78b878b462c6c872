"""The learner is quick and honest; the router tells wishes, and a yes from a no."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.agent.playbook import Playbook, load
from assistant.agent.router import MORE, Router
from assistant.config import AgentSettings
from vectorstore.learner import Learner


class Characters:
    """Embeds by counting characters: enough to tell examples apart, the same every time."""

    name = "characters"

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.full((len(texts), 64), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for character in text:
                row[ord(character) % 64] += 1
        found: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return found


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return load(AgentSettings().playbook)


@pytest.fixture(scope="module")
def router(playbook: Playbook, tmp_path_factory: pytest.TempPathFactory) -> Router:
    folder: Path = tmp_path_factory.mktemp("router")
    return Router(lambda: playbook, Characters(), lambda text: text, folder)


def test_probabilities_sum_to_one_for_two_labels_and_for_many() -> None:
    for labels in (["a", "b"], ["a", "b", "c"]):
        texts = [f"{label}{n}" for label in labels for n in range(4)]

        learner = Learner(Characters().queries).fit(texts, [t[0] for t in texts])
        found = learner.probabilities(["a1", "b9"])

        assert learner.labels == labels
        assert found.sum(axis=1) == pytest.approx([1, 1])
        assert learner.labels[int(found[0].argmax())] == "a"


def test_examples_are_ranked_first_under_their_own_intent(router: Router, playbook: Playbook) -> None:
    examples = [(i.lines[0], i.intent) for i in playbook.intents.values()]

    right = sum(router.rank(text).best.intent == intent for text, intent in examples)

    assert right / len(examples) > 0.9


@pytest.mark.parametrize(
    ("text", "stance"),
    [("嗯嗯可以的", "yes"), ("算了不弄了", "no"), ("等一下我看看", "wait"), ("徐家汇店停车怎么收费", MORE)],
)
def test_an_answer_is_told_from_other_messages(router: Router, text: str, stance: str) -> None:
    assert router.stance(text)[0] == stance


def test_what_was_learnt_is_kept(playbook: Playbook, tmp_path: Path) -> None:
    first = Router(lambda: playbook, Characters(), lambda text: text, tmp_path).rank("查积分")

    again = Router(lambda: playbook, Characters(), lambda text: text, tmp_path).rank("查积分")

    assert len(list(tmp_path.glob("router-*.joblib"))) == 1
    assert again == first


def test_a_rule_of_a_context_counts_only_after_its_tool(playbook: Playbook) -> None:
    assert playbook.plain_intents("换一张", "points_rewards") == ["points_redeem"]
    assert "points_redeem" not in playbook.plain_intents("换一张")
