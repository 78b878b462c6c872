"""The real embedded model, where its weights are in the cache."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.config import LlmSettings
from assistant.llm import Llm, collect_calls, connect
from assistant.llm.local import LocalServer
from assistant.llm.states import HiddenStates
from assistant.llm.weights import find
from tests.llm.test_contract import SCHEMA

pytestmark = pytest.mark.model

STATIC = {
    "role": "system",
    "content": '你为商场会员选择下一步。查积分选 check_points，要找真人选 handoff。只输出 {"action":"…"}。',
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    settings = LlmSettings()
    if find(settings) is None:
        pytest.skip("no weights in the cache: run `zhike model pull`")
    local = LocalServer(settings, tmp_path_factory.mktemp("state"))
    local.warm([[STATIC]])
    local.start(wait=True)
    yield local
    local.stop()


@pytest.fixture
def llm(server: LocalServer) -> Iterator[Llm]:
    llm = connect(LlmSettings(), embedded=server)
    yield llm
    llm.close()


@pytest.mark.parametrize(("said", "action"), [("我还有多少积分", "check_points"), ("叫你们真人客服来", "handoff")])
def test_it_decides_within_the_schema_on_a_warm_prefix(llm: Llm, said: str, action: str) -> None:
    with collect_calls() as calls:
        decision = llm.decide(
            [STATIC, {"role": "user", "content": said}], SCHEMA, purpose="test", max_tokens=24, deadline_s=60
        )

    assert decision == {"action": action}
    assert calls[-1].cached_tokens > 20
    assert calls[-1].completion_tokens < 14


def test_it_writes_chinese_in_pieces(llm: Llm) -> None:
    asked = [{"role": "user", "content": "用中文说一句欢迎光临"}]

    pieces = list(llm.write(asked, purpose="test", max_tokens=24, deadline_s=60))

    assert len(pieces) > 1
    assert any("\u4e00" <= character <= "\u9fff" for character in "".join(pieces))


def test_its_log_holds_no_word_of_what_was_said(server: LocalServer, llm: Llm) -> None:
    asked = [{"role": "user", "content": "我的手机号是13800001111"}]

    list(llm.write(asked, purpose="test", max_tokens=4, deadline_s=60))

    log = Path(server._dir / "server.log").read_text(errors="replace")
    assert "13800001111" not in log and "手机号" not in log


def test_it_tells_its_state_after_a_text_beside_completions(server: LocalServer, llm: Llm) -> None:
    states = HiddenStates(LlmSettings(), server)

    rows = states.of(["查积分", "转人工", "查积分"], 60.0)
    states.close()

    assert rows.shape == (3, 1536)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-3)
    assert rows[0] @ rows[2] > rows[0] @ rows[1]
    assert llm.decide([{"role": "user", "content": "说ok"}], SCHEMA, purpose="test", max_tokens=10, deadline_s=60)
