"""An answer as text: numbers where something is cited, and the sources and what else is to be said below."""

import re
from dataclasses import dataclass, field

from chatkit.types import EntitySource

from agent_service.i18n.catalog import say
from agent_service.routes.v1.answering import Cited, Notice, Piece, TakenBack
from agent_service.storage.usage import estimated_tokens
from parsing.unseen_characters import seen_characters

# What would end a link's text in Markdown, or begin something else in it.
MARKDOWN = re.compile(r"([\\`*_\[\]<>!|~#])")


@dataclass(frozen=True)
class Mark:
    """A citation's number in the text: its place, in characters, and what it names."""

    start: int
    end: int
    title: str
    url: str | None


@dataclass
class Writing:
    """Puts the pieces of an answer together as they come; `page` is the address of the knowledge view."""

    locale: str
    page: str | None
    is_streamed: bool = False
    text: str = ""
    marks: list[Mark] = field(default_factory=list[Mark])
    _sources: dict[int, EntitySource] = field(default_factory=dict[int, EntitySource])
    _notices: list[str] = field(default_factory=list[str])

    @property
    def tokens(self) -> int:
        """About how many tokens the text is."""
        return estimated_tokens(self.text)

    def feed(self, piece: Piece) -> str:
        """The text that this piece adds."""
        match piece:
            case str():
                return self._add(piece)
            case Cited():
                return self._cite(piece)
            case Notice():
                self._notices.append(piece.text)
                return ""
            case TakenBack():
                return self._begin_anew()

    def end(self) -> str:
        """The text below the answer: its sources, and the lines about it."""
        lines = [self._line_of(number, source) for number, source in sorted(self._sources.items())]
        below = ["\n".join([say(self.locale, "api.sources"), "", *lines])] if lines else []
        below += [f"*{_plain(notice)}*" for notice in dict.fromkeys(self._notices)]
        return self._add("".join(f"\n\n{part}" for part in below))

    def _add(self, text: str) -> str:
        self.text += text
        return text

    def _cite(self, cited: Cited) -> str:
        self._sources[cited.number] = cited.source
        mark = f"[{cited.number}]"
        added = self._add(mark if not self.text or self.text[-1].isspace() else f" {mark}")
        end = len(self.text)
        self.marks.append(Mark(end - len(mark), end, _title(cited.source), self._url(cited.source)))
        return added

    def _begin_anew(self) -> str:
        """What was sent stays with its reader, who is told; nothing else is lost."""
        self._sources.clear()
        self._notices.clear()
        if self.is_streamed:
            return self._add(f"\n\n*{say(self.locale, 'api.begins_anew')}*\n\n")
        self.text = ""
        self.marks.clear()
        return ""

    def _line_of(self, number: int, source: EntitySource) -> str:
        title, url = _plain(_title(source)), self._url(source)
        named = title if url is None else f"[{title}]({url})"
        place = source.data.get("page")
        page = f", {say(self.locale, 'api.page', number=place)}" if place else ""
        return f"- [{number}] {named} ({_plain(str(source.data.get('source', '')))}{page})"

    def _url(self, source: EntitySource) -> str | None:
        if self.page is None:
            return None
        return f"{self.page}/document/{source.data['document_id']}?at={source.id}"


def _title(source: EntitySource) -> str:
    """Title and headings of a passage on one line."""
    return " › ".join(filter(None, (source.title, source.description)))


def _plain(text: str) -> str:
    """Words of a document on one line, nothing of which is Markdown."""
    return MARKDOWN.sub(r"\\\1", " ".join(seen_characters(text).split()))
