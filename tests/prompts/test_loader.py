"""Prompt files: parsing, rendering, and that every one of ours is right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.loader import PromptError, every_name, load, parse

GOOD = "---\npurpose: Greets.\ninputs: [name]\nversion: 2\n---\n您好，{{ name }}！\n"


def test_a_prompt_renders_its_inputs() -> None:
    prompt = parse("agent/greet", GOOD)

    assert prompt.render(name="小王") == "您好，小王！"
    assert (prompt.purpose, prompt.version) == ("Greets.", 2)


@given(st.text())
def test_placeholders_inside_a_value_stay_as_they_are(value: str) -> None:
    prompt = parse("agent/greet", GOOD)

    assert prompt.render(name=value + "{{ name }}") == f"您好，{value}{{{{ name }}}}！"


@pytest.mark.parametrize("inputs", [{}, {"name": "a", "age": 3}, {"nmae": "a"}])
def test_missing_and_unknown_inputs_are_errors(inputs: dict[str, object]) -> None:
    prompt = parse("agent/greet", GOOD)

    with pytest.raises(PromptError, match="missing or unknown"):
        prompt.render(**inputs)


@pytest.mark.parametrize(
    "text",
    [
        "您好",
        GOOD.replace("version: 2\n", ""),
        GOOD.replace("version: 2", "version: true"),
        GOOD.replace("[name]", "[name, other]"),
        GOOD.replace("[name]", "[]"),
        GOOD.replace("[name]", "[name, name]"),
        GOOD.replace("Greets.", "[oops"),
        GOOD.replace("version: 2", "version: 2\nmodel: big"),
        "---\npurpose: a\ninputs: []\nversion: 1\n---\n \n",
    ],
)
def test_a_wrong_file_is_refused(text: str) -> None:
    with pytest.raises(PromptError):
        parse("agent/greet", text)


@given(st.text(alphabet="-\n:{} []ab1"))
def test_any_text_is_a_prompt_or_a_prompt_error(text: str) -> None:
    try:
        prompt = parse("agent/any", text)
    except PromptError:
        return

    assert prompt.body


@pytest.mark.parametrize("name", ["../pyproject", "agent", "agent/none_such", "/etc/passwd", "agent/../llm/repair"])
def test_a_name_that_leads_nowhere_is_refused(name: str) -> None:
    with pytest.raises(PromptError):
        load(name)


@pytest.mark.parametrize("name", list(every_name()))
def test_every_prompt_file_is_right(name: str) -> None:
    prompt = load(name)

    rendered = prompt.render(**dict.fromkeys(prompt.inputs, "值"))

    assert "{{" not in rendered
    assert len(prompt.sha) == 12
