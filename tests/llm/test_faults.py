"""What a real HTTP endpoint can do to us, and what the door makes of it."""

import threading
from typing import Any

import pytest
from pydantic import SecretStr

from assistant.config import LlmSettings
from assistant.errors import ConfigError, ModelDown
from assistant.llm import Llm, collect_calls, connect, within_budget
from assistant.llm.grammar import compact_grammar
from tests.llm import endpoint as fake
from tests.llm.test_contract import ASKED, GOOD, SCHEMA, OnPort, decide, write


def over(endpoint: fake.Endpoint, **more: Any) -> Llm:
    told = {
        "kind": "openai",
        "base_url": endpoint.url,
        "api_key": SecretStr("secret-key"),
        **more,
    }
    return connect(LlmSettings.model_validate(told), embedded=None)


@pytest.mark.parametrize("fault", [fake.hangs, fake.trickles])
def test_neither_silence_nor_a_trickle_holds_a_turn_beyond_its_deadline(fault: fake.Handler) -> None:
    with fake.serve(fault) as endpoint, collect_calls() as calls:
        llm = over(endpoint)

        with pytest.raises(ModelDown):
            decide(llm, deadline_s=0.4)
        with pytest.raises(ModelDown):
            write(llm, deadline_s=0.4)

        assert [call.outcome for call in calls] == ["slow", "slow"]


def test_the_budget_of_a_turn_bounds_calls_with_longer_deadlines() -> None:
    with fake.serve(fake.hangs) as endpoint, collect_calls() as calls:
        llm = over(endpoint)

        with within_budget(0.3):
            for _ in range(2):
                with pytest.raises(ModelDown):
                    decide(llm, deadline_s=60)

        assert [call.outcome for call in calls] == ["slow", "slow"]
        assert len(endpoint.bodies) == 1


def test_a_page_instead_of_json_counts_as_garbage_and_is_not_asked_again() -> None:
    with fake.serve(fake.garbage) as endpoint, collect_calls() as calls:
        with pytest.raises(ModelDown):
            decide(over(endpoint))

        assert [call.outcome for call in calls] == ["garbage"]


def test_a_stream_that_is_cut_raises_after_the_pieces_that_came() -> None:
    with fake.serve(fake.cuts_the_stream) as endpoint:
        pieces = over(endpoint).write(ASKED, purpose="test", max_tokens=32, deadline_s=5)

        assert [next(pieces), next(pieces)] == ["你", "好"]
        with pytest.raises(ModelDown):
            next(pieces)
        assert len(endpoint.bodies) == 1


@pytest.mark.parametrize(("code", "outcome"), [(401, "down"), (404, "down"), (400, "refused")])
def test_an_error_that_will_not_pass_is_not_tried_again(code: int, outcome: str) -> None:
    with fake.serve(fake.status(code)) as endpoint, collect_calls() as calls:
        with pytest.raises(ModelDown) as caught:
            decide(over(endpoint))

        assert [call.outcome for call in calls] == [outcome]
        assert "secret-key" not in str(caught.value)


def test_nothing_listens_there() -> None:
    with fake.serve(fake.says("x")) as endpoint:
        gone = over(endpoint)

    with pytest.raises(ModelDown):
        decide(gone)


def test_a_closed_circuit_lets_one_probe_through_after_the_pause() -> None:
    down, good = fake.status(500), fake.says(GOOD)
    with fake.serve(down, good) as endpoint:
        llm = over(endpoint, retries=0, breaker_failures=1, breaker_open_s=0)

        with pytest.raises(ModelDown):
            decide(llm)

        assert decide(llm) == {"action": "check_points"}
        assert llm.available()


def test_a_reader_who_leaves_ends_the_call_without_blame() -> None:
    with fake.serve(fake.says("您好，欢迎光临")) as endpoint, collect_calls() as calls:
        llm = over(endpoint, breaker_failures=1)
        pieces = llm.write(ASKED, purpose="test", max_tokens=32, deadline_s=5)

        next(pieces)
        pieces.close()  # type: ignore[attr-defined]

        assert [call.outcome for call in calls] == ["left"]
        assert llm.available()


def test_a_call_is_recorded_with_its_tokens_in_the_threads_of_the_turn_too() -> None:
    with fake.serve(fake.says(GOOD)) as endpoint, collect_calls() as calls:
        llm = over(endpoint)
        from contextvars import copy_context

        thread = threading.Thread(target=copy_context().run, args=(decide, llm))
        thread.start()
        thread.join()
        write(llm)

        [first, second] = calls
        assert (first.purpose, first.prompt_tokens, first.cached_tokens, first.completion_tokens) == (
            "test",
            90,
            80,
            7,
        )
        assert (second.prompt_tokens, second.cached_tokens, second.completion_tokens) == (90, 80, 7)
        assert first.prompt_sha == second.prompt_sha


def test_the_key_and_standard_fields_go_to_a_compatible_endpoint() -> None:
    with fake.serve(fake.says(GOOD)) as endpoint:
        decide(over(endpoint, model="shop-model"))

        [body], [headers] = endpoint.bodies, endpoint.headers
        assert body["model"] == "shop-model"
        assert body["max_tokens"] == 32
        assert body["response_format"]["json_schema"]["schema"] == SCHEMA
        assert [message["role"] for message in body["messages"]] == ["system", "user"]
        assert headers["authorization"] == "Bearer secret-key"


def test_the_embedded_server_gets_a_compact_grammar_and_its_own_key() -> None:
    with fake.serve(fake.says(GOOD)) as endpoint:
        llm = connect(LlmSettings(), embedded=OnPort(endpoint.url))  # type: ignore[arg-type]

        decide(llm)

        [body], [headers] = endpoint.bodies, endpoint.headers
        assert body["grammar"] == compact_grammar(SCHEMA)
        assert "response_format" not in body
        assert headers["authorization"] == "Bearer local-key"


def test_a_model_that_is_off_is_down_and_says_so() -> None:
    llm = connect(LlmSettings(kind="off"), embedded=None)

    assert not llm.available()
    with pytest.raises(ModelDown):
        decide(llm)


@pytest.mark.parametrize("kind", ["openai", "embedded"])
def test_settings_that_do_not_fit_together_are_refused_at_once(kind: Any) -> None:
    with pytest.raises(ConfigError):
        connect(LlmSettings(kind=kind), embedded=None)
