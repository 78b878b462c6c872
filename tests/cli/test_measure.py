"""`zhike eval` and `zhike bench` say what there is."""

import importlib

import pytest
from typer.testing import CliRunner

from assistant.__main__ import app
from assistant.cli.measure import BENCHES, EVALS


@pytest.mark.parametrize(("group", "known"), [("eval", EVALS), ("bench", BENCHES)])
def test_help_lists_every_measurement_with_what_it_asks(group: str, known: dict[str, str]) -> None:
    told = CliRunner().invoke(app, [group, "--help"])

    assert told.exit_code == 0
    for name, module in known.items():
        assert name in told.output
        assert (importlib.import_module(module).__doc__ or "").splitlines()[0] in told.output


def test_an_unknown_measurement_is_refused_with_the_known_ones() -> None:
    told = CliRunner().invoke(app, ["eval", "moon"])

    assert told.exit_code == 2
    assert "shopper" in told.output
