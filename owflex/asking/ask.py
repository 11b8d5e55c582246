"""`owflex ask`: a question to the chat from the terminal, and its answer with the sources."""

import json
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import httpx2

from agent_service.settings.settings import AgentServiceSettings
from database.settings import read_settings
from owflex.asking.addresses import chat_url, client, is_chat
from owflex.asking.own_servers import own_chat
from owflex.errors import OwflexError
from owflex.exit_codes import exit_code
from serving.terminal import Console, escape_line, json_text, printable

# What the agent service lets an answer be silent for.
SECONDS_OF_SILENCE = 600.0
# In the order in which programs heed them.
LANGUAGE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
console = Console(highlight=False)
notes = Console(stderr=True, highlight=False)


class AskError(OwflexError):
    """The question cannot be asked, or was not answered."""


@dataclass
class Answer:
    """An answer as far as it has arrived; `notices` are sentences of OwFlex beside it."""

    text: str = ""
    sources: dict[str, "Source"] = field(default_factory=dict[str, "Source"])
    notices: list[str] = field(default_factory=list[str])
    thread_id: str = ""
    waits_for_approval: bool = False


@dataclass(frozen=True)
class Source:
    """A passage that the answer rests on."""

    number: int
    title: str
    source: str
    heading_path: str
    passage: str


def run_ask(question: str, *, as_json: bool) -> int:
    """Print the answer; the exit code is 1 when there is none."""
    return exit_code(lambda: _run(question, as_json=as_json))


def _run(question: str, *, as_json: bool) -> int:
    settings = read_settings(AgentServiceSettings)
    if not question.strip():
        raise AskError("The question is empty. Write what you want to know.")
    if settings.agent_service_auth != "none":
        raise AskError(
            "This chat asks for a login, which a terminal has not. Ask in the page, or use owflex search."
        )
    url = chat_url(settings)
    if is_chat(url):
        answer = _ask(url, question, streamed=not as_json)
        page = url
    else:
        # Being ended is as good a reason as Ctrl+C to stop what was started.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with own_chat(_say_progress) as own:
            answer, page = _ask(own, question, streamed=not as_json), ""
    if as_json:
        print(json_text(_as_json(answer)))  # noqa: T201
    else:
        _show_end(answer, page)
    return 0 if answer.text else 1


def _ask(url: str, question: str, *, streamed: bool) -> Answer:
    answer = Answer()
    message: dict[str, Any] = {
        "content": [{"type": "input_text", "text": question}],
        "attachments": [],
        "inference_options": {},
    }
    request: dict[str, Any] = {"type": "threads.create", "params": {"input": message}}
    for event in _events(url, request):
        new = _taken(answer, event)
        if streamed and new:
            print(printable(new), end="", flush=True)  # noqa: T201
    return answer


def _events(url: str, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    headers = {"accept": "application/x-ndjson", "accept-language": _language()}
    try:
        with (
            client(seconds=SECONDS_OF_SILENCE) as http,
            http.stream("POST", f"{url}/chatkit", json=request, headers=headers) as response,
        ):
            if not response.is_success:
                raise AskError(_refusal(response.read()))
            # Empty lines are signs of life.
            yield from (_event(line) for line in response.iter_lines() if line.strip())
    except (httpx2.HTTPError, ValueError) as error:
        raise AskError(
            f"The chat broke off ({type(error).__name__}). Ask again; owflex doctor says more."
        ) from None


def _event(line: str) -> dict[str, Any]:
    event: object = json.loads(line)
    if not isinstance(event, dict):
        raise ValueError("An event is a JSON object.")
    return cast(dict[str, Any], event)


def _taken(answer: Answer, event: dict[str, Any]) -> str:
    """Put the event into the answer; gives the text that is new."""
    match event:
        case {"type": "thread.created", "thread": {"id": str(thread_id)}}:
            answer.thread_id = thread_id
        case {"type": "error", "message": str(sentence)} | {"type": "notice", "message": str(sentence)}:
            answer.notices.append(sentence)
        case {"type": "thread.item.updated", "update": update}:
            return _updated(answer, update)
        case {"type": "thread.item.done", "item": {"type": "widget"}}:
            answer.waits_for_approval = True
        case _:
            pass
    return ""


def _updated(answer: Answer, update: dict[str, Any]) -> str:
    kind = str(update.get("type", "")).removeprefix("assistant_message.content_part.")
    new = ""
    if kind == "added" and answer.text:
        new = "\n\n"
    elif kind == "text_delta":
        new = str(update["delta"])
    elif kind == "annotation_added":
        new = f" [{_source(answer, update['annotation']['source']).number}]"
    answer.text += new
    return new


def _source(answer: Answer, sent: dict[str, Any]) -> Source:
    data: dict[str, str] = sent.get("data") or {}
    key = str(sent.get("id") or sent.get("title"))
    if key not in answer.sources:
        number = len(answer.sources) + 1
        told = (data.get(name, "") for name in ("source", "heading_path", "passage"))
        answer.sources[key] = Source(number, str(sent.get("title", "")), *told)
    return answer.sources[key]


def _refusal(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return "The chat cannot be asked right now. What ails it: owflex doctor"


def _show_end(answer: Answer, page: str) -> None:
    print("", flush=True)  # noqa: T201 - the streamed text ends without a line end
    if answer.sources:
        console.print()
    for source in answer.sources.values():
        where = f"{source.source}, {source.heading_path}" if source.heading_path else source.source
        console.print(escape_line(f"[{source.number}] {source.title} ({where})"), soft_wrap=True)
    for sentence in answer.notices:
        notes.print(f"[yellow]{escape_line(sentence)}[/yellow]", soft_wrap=True)
    if answer.waits_for_approval:
        where = f"{page}/#{answer.thread_id}" if page else "start it with owflex up, and open this chat there"
        notes.print(escape_line(f"Something waits for you in the page: {where}"), soft_wrap=True)


def _as_json(answer: Answer) -> dict[str, Any]:
    sources = [asdict(source) for source in answer.sources.values()]
    return {
        "answer": answer.text,
        "sources": sources,
        "notices": answer.notices,
        "thread_id": answer.thread_id,
        "waits_for_approval": answer.waits_for_approval,
    }


def _say_progress(sentence: str) -> None:
    notes.print(f"[dim]{escape_line(sentence)}[/dim]", soft_wrap=True)


def _language() -> str:
    """The language of the terminal, such as `de`; what is no language there stays out of the request."""
    name = next((os.environ[one] for one in LANGUAGE_VARIABLES if os.environ.get(one)), "")
    code = re.split(r"[_.@:]", name)[0]
    return code.lower() if re.fullmatch(r"[A-Za-z]{2,3}", code) else "en"
