"""Which models a user may choose from, and which one answers when they do not choose."""

from dataclasses import replace

from chatkit.types import UserMessageItem

from agent_service.errors import ModelChoiceError, RequestRefusedError
from agent_service.models.fallback import ModelLine
from agent_service.models.providers import (
    EXTRACTIVE,
    PROVIDER_NAMES,
    ChosenModel,
    NamedModel,
    named_model,
    provider_kind,
)
from agent_service.settings.settings import AgentServiceSettings

MAX_NAME_CHARACTERS = 200


def offered_models(settings: AgentServiceSettings, chosen: ChosenModel) -> dict[str, NamedModel]:
    """The models of MODEL_CHOICES by the name that clients send. Raises `ModelChoiceError`."""
    return {
        text: _entry(text, settings, chosen, "MODEL_CHOICES")
        for text in settings.model_choices
        if text != chosen.name
    }


def model_names(settings: AgentServiceSettings, chosen: ChosenModel) -> list[str]:
    """What the page offers, the default first; empty when there is nothing to choose."""
    others = [text for text in settings.model_choices if text != chosen.name]
    return [chosen.name, *others] if others else []


def _entry(text: str, settings: AgentServiceSettings, chosen: ChosenModel, setting: str) -> NamedModel:
    """The model of a setting; a name without a provider is one of the default model's provider."""
    if text == EXTRACTIVE or text.partition(":")[0] in PROVIDER_NAMES:
        return named_model(text, settings, setting)
    kind = provider_kind(settings, text)
    if kind is None or chosen.extractive:
        raise ModelChoiceError(f"{setting}: {text} needs a provider in front, e.g. openai:{text}.")
    model = named_model(f"{kind}:{text}", settings, setting)
    return NamedModel(text, model.build)


class ModelMenu:
    """The default model, those a user may choose, and the one for long conversations, each built once."""

    def __init__(self, settings: AgentServiceSettings, chosen: ChosenModel) -> None:
        self._settings = settings
        self.use(chosen)

    def use(self, chosen: ChosenModel) -> None:
        """Read the settings anew, with this default model; answers that are being written keep theirs.

        Raises `ModelChoiceError`, and then all is as it was.
        """
        settings = self._settings
        offered = offered_models(settings, chosen)
        name = settings.long_conversation_model
        long = _entry(name, settings, chosen, "LONG_CONVERSATION_MODEL") if name else None
        self._seconds = settings.llm_timeout_seconds
        self._chosen = chosen
        self._default = ModelLine(chosen, self._seconds)
        self._offered = offered
        self._lines: dict[str, ModelLine] = {}
        self._half_of_history = settings.history_tokens / 2
        self._long = long

    @property
    def chosen(self) -> ChosenModel:
        """The default model."""
        return self._chosen

    def check(self, name: str | None) -> None:
        """Return when a user may choose this. Raises `RequestRefusedError` (400)."""
        if name is None or name == self._chosen.name or name in self._offered:
            return
        raise RequestRefusedError(
            "refused.unknown_model", code="unknown_model", name=name[:MAX_NAME_CHARACTERS]
        )

    @property
    def default(self) -> ModelLine:
        """The model that answers unless another is chosen, with its stand-ins."""
        return self._default

    def line_for(self, message: UserMessageItem | None, conversation_tokens: int = 0) -> ModelLine:
        """The model for this message: the chosen one, else the one for the length of the conversation.

        A choice that is offered no more, in an old message, counts as none.
        """
        name = message.inference_options.model if message else None
        if name in self._offered:
            return self._line(self._offered[name])
        is_long = conversation_tokens > self._half_of_history
        if self._long is not None and is_long and name != self._chosen.name:
            return self._line(self._long)
        return self._default

    @property
    def minds_length(self) -> bool:
        """Whether the length of a conversation matters."""
        return self._long is not None

    def _line(self, entry: NamedModel) -> ModelLine:
        line = self._lines.get(entry.text)
        if line is None:
            model = replace(entry.build(), fallbacks=self._chosen.fallbacks)
            line = self._lines[entry.text] = ModelLine(model, self._seconds)
        return line
