"""Lines above an answer that say how it came about: they are stored with it, and go when it is taken back."""

from chatkit.types import ThreadItemAddedEvent, ThreadItemDoneEvent, ThreadStreamEvent

from agent_service.i18n.catalog import grouped, say
from agent_service.models.fallback import TurnModel
from agent_service.tools.schemas import Searched
from agent_service.turn.notice import note
from agent_service.turn.progress import Progress
from agent_service.turn.runner import speaks

# Words that are named in one line.
MAX_CORRECTED = 5


class StandInNotice:
    """Puts a line before the answer, once for each model that speaks in another's place; it is stored."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._announced = ""

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event, behind the line where one is due."""
        if not speaks(event):
            return [event]
        if isinstance(event, ThreadItemAddedEvent):
            self._progress.shown.append(event.item.id)
        model = self._progress.turn.model
        if not model.stands_in or self._announced == model.answering.name:
            return [event]
        self._announced = model.answering.name
        return [self._line(model), event]

    def end(self) -> list[ThreadStreamEvent]:
        """Nothing."""
        return []

    def _line(self, model: TurnModel) -> ThreadItemDoneEvent:
        first, other = model.first_choice.name, model.answering.name
        locale = self._progress.turn.context.locale
        return _noted(self._progress, say(locale, "line.another_model", first=first, other=other))


class WordsNotice:
    """Puts a line before an answer that rests on a search by words, at least in part; it is stored."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._item_id: str | None = None

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event, behind the line where one is due."""
        searched = self._progress.evidence.searched_by_words
        # What was taken back with an answer is said again above the next one.
        is_said = self._item_id in self._progress.shown
        if is_said or searched is None or not speaks(event):
            return [event]
        line = _noted(self._progress, _words_so_far(searched, self._progress.turn.context.locale))
        self._item_id = line.item.id
        return [line, event]

    def end(self) -> list[ThreadStreamEvent]:
        """Nothing."""
        return []


class CorrectedNotice:
    """Puts a line before an answer that was searched in other words than it was asked; it is stored."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._item_id: str | None = None

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event, behind the line where one is due."""
        corrected = self._progress.evidence.corrected
        is_said = self._item_id in self._progress.shown
        if is_said or not corrected or not speaks(event):
            return [event]
        words = ", ".join(f"{word} → {now}" for word, now in list(corrected.items())[:MAX_CORRECTED])
        locale = self._progress.turn.context.locale
        line = _noted(self._progress, say(locale, "line.corrected", words=words))
        self._item_id = line.item.id
        return [line, event]

    def end(self) -> list[ThreadStreamEvent]:
        """Nothing."""
        return []


class OthersNotice:
    """Puts a line before an answer that other MCP servers could not help with; it is stored."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._item_id: str | None = None

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event, behind the line where one is due."""
        missing = self._progress.turn.others.missing
        is_said = self._item_id in self._progress.shown
        if is_said or not missing or not speaks(event):
            return [event]
        locale = self._progress.turn.context.locale
        line = _noted(self._progress, say(locale, "line.others_missing", names=", ".join(missing)))
        self._item_id = line.item.id
        return [line, event]

    def end(self) -> list[ThreadStreamEvent]:
        """Nothing."""
        return []


def _words_so_far(searched: Searched, locale: str) -> str:
    if searched.waits_for == "model":
        return say(locale, "line.words_so_far.model")
    done, total = grouped(searched.by_meaning), grouped(searched.chunks)
    return say(locale, "line.words_so_far.vectors", done=done, total=total)


def _noted(progress: Progress, title: str) -> ThreadItemDoneEvent:
    """A line of the service's own, which goes when the answer below it is taken back."""
    turn = progress.turn
    item_id = turn.store.generate_item_id("workflow", turn.thread, turn.context)
    progress.shown.append(item_id)
    return ThreadItemDoneEvent(item=note(item_id, turn.thread.id, title))
