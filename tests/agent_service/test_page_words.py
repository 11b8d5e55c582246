"""Prompts and greetings that the operator chooses."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from agent_service.settings.settings import AgentServiceSettings

PROMPTS = '[{"label": "Holidays", "prompt": "How many holidays do I have?"}]'


def settings() -> AgentServiceSettings:
    """The settings as the environment has them."""
    return AgentServiceSettings()  # pyright: ignore[reportCallIssue]


def test_prompts_are_given_as_json_or_as_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "prompts.json"
    file.write_text(PROMPTS, encoding="utf-8")
    for value in (PROMPTS, str(file)):
        monkeypatch.setenv("CHAT_PROMPTS", value)
        [prompt] = settings().chat_prompts
        assert (prompt.label, prompt.prompt) == ("Holidays", "How many holidays do I have?")


def test_without_the_setting_there_are_three_prompts_and_one_greeting() -> None:
    found = settings()
    assert len(found.chat_prompts) == 3
    assert found.chat_greetings == {}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[{", "CHAT_PROMPTS is not JSON"),
        ('[{"label": "Holidays"}]', r"CHAT_PROMPTS: 0.prompt: Field required"),
        ('[{"label": "", "prompt": "x"}]', r"CHAT_PROMPTS: 0.label"),
        ("nowhere.json", "CHAT_PROMPTS=nowhere.json cannot be read"),
        (f"[{','.join([PROMPTS[1:-1]] * 13)}]", "13 prompts; at most 12 are allowed"),
    ],
)
def test_a_mistake_in_the_prompts_is_named(monkeypatch: pytest.MonkeyPatch, value: str, message: str) -> None:
    monkeypatch.setenv("CHAT_PROMPTS", value)
    with pytest.raises(ValidationError, match=message):
        settings()


def test_greetings_are_kept_by_language_and_a_mistake_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_GREETINGS", '{"de": "Guten Tag"}')
    assert settings().chat_greetings == {"de": "Guten Tag"}
    monkeypatch.setenv("CHAT_GREETINGS", '["Guten Tag"]')
    with pytest.raises(ValidationError, match="CHAT_GREETINGS must hold greetings by language"):
        settings()
