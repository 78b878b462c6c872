"""The scripted model, a real HTTP endpoint and the embedded dialect keep one contract."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from assistant.config import LlmSettings
from assistant.errors import ModelDown, ModelOffSchema
from assistant.llm import Llm, collect_calls, connect
from assistant.llm.scripted import CutShort, Down, Reply, ScriptedLlm, Slow
from tests.llm import endpoint as fake

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"action": {"enum": ["check_points", "handoff"]}},
    "required": ["action"],
    "additionalProperties": False,
}
ASKED = [{"role": "system", "content": "你是导购。"}, {"role": "user", "content": "我的积分"}]
GOOD = '{"action":"check_points"}'
SETTINGS = LlmSettings(retries=1, breaker_failures=3, breaker_open_s=60)

FAULTS: dict[str, tuple[Reply, fake.Handler]] = {
    "good": (GOOD, fake.says(GOOD)),
    "text": ("您好，欢迎光临", fake.says("您好，欢迎光临")),
    "off_schema": ('{"action":"fly"}', fake.says('{"action":"fly"}')),
    "no_json": ("好的", fake.says("好的")),
    "cut_short": (CutShort('{"acti'), fake.says('{"acti', "length")),
    "down": (Down(), fake.status(503)),
    "slow": (Slow(30), fake.hangs),
}


class OnPort:
    """An embedded server as the client sees it."""

    def __init__(self, url: str) -> None:
        from assistant.llm.local import ServerState

        self.state = ServerState(url.removesuffix("/v1"), "local-key", 1, 1)

    def ready(self) -> bool:
        return True


@contextmanager
def scripted(*names: str) -> Iterator[Llm]:
    yield ScriptedLlm([FAULTS[name][0] for name in names], SETTINGS)


@contextmanager
def over_http(*names: str) -> Iterator[Llm]:
    with fake.serve(*(FAULTS[name][1] for name in names)) as endpoint:
        told = {"kind": "openai", "base_url": endpoint.url, "api_key": SecretStr("k")}
        llm = connect(SETTINGS.model_copy(update=told), embedded=None)
        yield llm
        llm.close()


@contextmanager
def embedded(*names: str) -> Iterator[Llm]:
    with fake.serve(*(FAULTS[name][1] for name in names)) as endpoint:
        llm = connect(SETTINGS, embedded=OnPort(endpoint.url))  # type: ignore[arg-type]
        yield llm
        llm.close()


class Make:
    def __init__(self, way: Any) -> None:
        self.way = way

    def __call__(self, *names: str) -> AbstractContextManager[Llm]:
        made: AbstractContextManager[Llm] = self.way(*names)
        return made


@pytest.fixture(params=[scripted, over_http, embedded], ids=lambda way: way.__name__)
def model(request: pytest.FixtureRequest) -> Make:
    return Make(request.param)


def decide(llm: Llm, deadline_s: float = 10) -> dict[str, Any]:
    return llm.decide(ASKED, SCHEMA, purpose="test", max_tokens=32, deadline_s=deadline_s)


def write(llm: Llm, deadline_s: float = 10) -> str:
    return "".join(llm.write(ASKED, purpose="test", max_tokens=32, deadline_s=deadline_s))


def test_a_decision_fits_the_schema(model: Make) -> None:
    with model("good") as llm:
        decision = decide(llm)

        assert decision == {"action": "check_points"}


def test_text_comes_in_pieces_that_join_to_the_whole(model: Make) -> None:
    with model("text") as llm:
        pieces = list(llm.write(ASKED, purpose="test", max_tokens=32, deadline_s=10))

        assert len(pieces) > 1
        assert "".join(pieces) == "您好，欢迎光临"


@pytest.mark.parametrize("fault", ["off_schema", "no_json", "cut_short"])
def test_one_bad_answer_is_repaired(model: Make, fault: str) -> None:
    with model(fault, "good") as llm, collect_calls() as calls:
        decision = decide(llm)

        assert decision == {"action": "check_points"}
        assert [call.outcome for call in calls] == [
            "cut_short" if fault == "cut_short" else "off_schema",
            "ok",
        ]


def test_two_bad_answers_are_off_schema_and_leave_the_circuit_closed(model: Make) -> None:
    with model("off_schema") as llm:
        for _ in range(4):
            with pytest.raises(ModelOffSchema):
                decide(llm)

        assert llm.available()


def test_an_endpoint_that_fails_once_is_asked_again(model: Make) -> None:
    with model("down", "good") as llm:
        assert decide(llm) == {"action": "check_points"}


def test_an_endpoint_that_keeps_failing_is_down_and_opens_the_circuit(model: Make) -> None:
    with model("down") as llm, collect_calls() as calls:
        for _ in range(2):
            with pytest.raises(ModelDown):
                decide(llm)
        with pytest.raises(ModelDown):
            write(llm)

        assert not llm.available()
        assert [call.outcome for call in calls] == ["down", "down", "down", "circuit_open", "circuit_open"]


def test_an_answer_after_the_deadline_is_no_answer(model: Make) -> None:
    with model("slow") as llm, collect_calls() as calls:
        with pytest.raises(ModelDown):
            decide(llm, deadline_s=0.3)
        with pytest.raises(ModelDown):
            write(llm, deadline_s=0.3)

        assert [call.outcome for call in calls] == ["slow", "slow"]


def test_langchain_gets_the_checked_answer_too(model: Make) -> None:
    with model("off_schema", "good") as llm:
        chat = llm.chat_model(purpose="agent", max_tokens=32)
        asked = {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}

        answer = chat.bind(response_format=asked).invoke("我的积分")

        assert answer.content == GOOD
