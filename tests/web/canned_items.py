"""Canned turns with what an answer can consist of: forms, cards, pictures, effects, long and hostile text."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ClientEffectEvent,
    CustomSummary,
    CustomTask,
    EntitySource,
    ErrorEvent,
    GeneratedImage,
    GeneratedImageItem,
    LockedStatus,
    NoticeEvent,
    StructuredInputFreeform,
    StructuredInputItem,
    StructuredInputMultipleChoice,
    StructuredInputMultipleChoiceOption,
    Task,
    TaskItem,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    WidgetItem,
    Workflow,
    WorkflowItem,
)
from chatkit.widgets import DynamicWidgetRoot
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PIECE = "A sentence with **bold words** and `code` in paragraph {number}, as long as such are.\n\n"
LONG = "".join(PIECE.format(number=number) for number in range(140))
RUN = "window.hacked=1"

# Each would run in a page that takes text for HTML somewhere.
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror='{RUN}'//",
    f"<IMG SRC=/ ONERROR={RUN}></img>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<body onload={RUN}>",
    f"<iframe src=javascript:{RUN}></iframe>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"<object data=javascript:{RUN}>",
    f"<embed src=javascript:{RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<textarea autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<marquee onstart={RUN}>",
    f"<math><mtext><img src=x onerror={RUN}></mtext></math>",
    f"<style>@import 'javascript:{RUN}'</style>",
    f"<link rel=stylesheet href=javascript:{RUN}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    f"<base href=javascript:{RUN}//>",
    f"<form action=javascript:{RUN}><button>x</button></form>",
    f"<a href=javascript:{RUN}>x</a>",
    f"<template><img src=x onerror={RUN}></template>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<!--><img src=x onerror={RUN}>-->",
    f"<![CDATA[><img src=x onerror={RUN}>]]>",
    f"</p></div></textarea></title></style><script>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"[x](javascript:{RUN})",
    f"[x](JaVaScRiPt:{RUN})",
    f"[x](java&#115;cript:{RUN})",
    f"[x](&#x6A;avascript:{RUN})",
    f"[x](<javascript:{RUN}>)",
    f"[x](vbscript:{RUN})",
    f"[x](data:text/html,<script>{RUN}</script>)",
    "[x](data:text/html;base64,PHNjcmlwdD53aW5kb3cuaGFja2VkPTE8L3NjcmlwdD4=)",
    f"[x](file:///etc/passwd?{RUN})",
    "[x](//evil.example/x)",
    "[x](blob:https://evil.example/x)",
    f"![x](javascript:{RUN})",
    "![x](https://evil.example/pixel.png)",
    f'![x](https://evil.example/p.png "onerror={RUN}")',
    f'[x](https://evil.example/" onmouseover={RUN} x=")',
    f"<javascript:{RUN}>",
    f"<https://evil.example/' onmouseover={RUN}>",
    f'```"><img/src=x/onerror={RUN}>\ncode\n```',
    f"`<img src=x onerror={RUN}>`",
    f"| <img src=x onerror={RUN}> | b |\n|---|---|\n| <script>{RUN}</script> | b |",
    f"[ref]\n\n[ref]: javascript:{RUN}",
    "\ue0007\ue001 {\ue0000\ue001",
    '" onclick="window.hacked=1" x="',
    "${window.hacked=1}{{window.hacked=1}}",
    "\u202e\u0000\ufffe<b>x</b>",
]


def turn_for(question: str, thread: ThreadMetadata) -> AsyncIterator[ThreadStreamEvent] | None:
    """The events of a question that names one of these turns; None for any other."""
    turns: Mapping[str, Any] = {
        "long text": _long,
        "payloads": _payloads,
        "a form": _form,
        "a card": _card,
        "pictures": _pictures,
        "an effect": _effect,
        "be locked": _locked,
        "suggest": _suggest,
        "strange": _strange,
        "accents": _accents,
        "links": _links,
        "no answer": _no_answer,
    }
    found = next((turn for words, turn in turns.items() if words in question), None)
    return _as_stream(found(thread)) if found else None


async def _as_stream(events: Iterator[ThreadStreamEvent]) -> AsyncIterator[ThreadStreamEvent]:
    for event in events:
        yield event


def _no_answer(thread: ThreadMetadata) -> Iterator[ThreadStreamEvent]:
    task = CustomTask(title="The model is busy. Try again in a minute.", icon="reload")
    yield _done(TaskItem(**_base(thread, "tsk"), task=task))
    yield ErrorEvent(code="custom", message=task.title, allow_retry=True)


def _base(thread: ThreadMetadata, kind: str) -> dict[str, Any]:
    return {"id": f"{kind}_{uuid4().hex}", "thread_id": thread.id, "created_at": datetime.now(UTC)}


def _done(item: ThreadItem) -> ThreadItemDoneEvent:
    return ThreadItemDoneEvent(item=item)


def answer(thread: ThreadMetadata, text: str, *sources: EntitySource) -> AssistantMessageItem:
    """A complete answer, its sources cited at its end."""
    annotations = [Annotation(index=len(text), source=source) for source in sources]
    content = [AssistantMessageContent(text=text, annotations=annotations)]
    return AssistantMessageItem(**_base(thread, "msg"), content=content)


def _long(thread: ThreadMetadata) -> Iterator[ThreadStreamEvent]:
    item = AssistantMessageItem(**_base(thread, "msg"), content=[])
    yield ThreadItemAddedEvent(item=item)
    part = AssistantMessageContentPartAdded(content_index=0, content=AssistantMessageContent(text=""))
    yield ThreadItemUpdatedEvent(item_id=item.id, update=part)
    size = len(LONG) // 1400 + 1
    for start in range(0, len(LONG), size):
        delta = AssistantMessageContentPartTextDelta(content_index=0, delta=LONG[start : start + size])
        yield ThreadItemUpdatedEvent(item_id=item.id, update=delta)
    yield _done(item.model_copy(update={"content": [AssistantMessageContent(text=LONG)]}))


def _payloads(thread: ThreadMetadata) -> Iterator[ThreadStreamEvent]:
    thread.title = PAYLOADS[2]
    tasks: list[Task] = [CustomTask(title=payload, content=payload, icon="search") for payload in PAYLOADS]
    workflow = Workflow(type="custom", tasks=tasks, summary=CustomSummary(title=PAYLOADS[0]), expanded=True)
    yield _done(WorkflowItem(**_base(thread, "wf"), workflow=workflow))
    sources = [
        EntitySource(
            id=str(number), title=payload, description=payload, label=payload,
            data={"passage": payload, "source": payload, "heading_path": payload, "page": payload},
        )
        for number, payload in enumerate(PAYLOADS)
    ]  # fmt: skip
    yield _done(answer(thread, "\n\n".join(PAYLOADS), *sources))
    kinds = ("Title", "Text", "Caption", "Markdown", "Hologram")
    children: list[dict[str, Any]] = [
        {"type": kind, "value": payload} for payload in PAYLOADS for kind in kinds
    ]
    for payload in PAYLOADS:
        children += [
            {"type": "Badge", "label": payload, "color": payload},
            {"type": "Image", "src": payload, "alt": payload},
            {"type": "Link", "href": payload, "value": payload},
            {"type": "Col", "gap": payload, "width": payload, "background": payload, "children": []},
            {"type": "Input", "name": payload, "inputType": payload, "defaultValue": payload},
            {"type": "Button", "label": payload, "variant": payload},
        ]
    widget = DynamicWidgetRoot.model_validate({"type": "Card", "children": children})
    yield _done(WidgetItem(**_base(thread, "card"), widget=widget, copy_text=PAYLOADS[0]))
    questions = [StructuredInputFreeform(id=p, question=p, description=p) for p in PAYLOADS]
    yield _done(StructuredInputItem(**_base(thread, "form"), inputs=list(questions)))
    yield NoticeEvent(level="warning", title=PAYLOADS[0], message="\n\n".join(PAYLOADS))
    yield ClientEffectEvent(name="suggestions", data={"questions": PAYLOADS[:4]})


def _form(thread: ThreadMetadata) -> Iterator[ThreadStreamEvent]:
    option = StructuredInputMultipleChoiceOption
    inputs = [
        StructuredInputMultipleChoice(
            id="year", question="Which year?", options=[option(value="2025"), option(value="2026")]
        ),
        StructuredInputMultipleChoice(
            id="teams",
            question="Which teams?",
            options=[option(value="Sales"), option(value="Support"), option(value="Legal")],
            multiple=True,
        ),
        StructuredInputFreeform(id="more", question="Anything else?", description="A sentence is enough."),
    ]
    yield _done(StructuredInputItem(**_base(thread, "form"), inputs=inputs))


def _card(thread: ThreadMetadata) -> Iterator[ThreadStreamEvent]:
    option = [{"value": "a", "label": "Plan A"}, {"value": "b", "label": "Plan B"}]
    widget = {
        "type": "Card",
        "size": "md",
        "status": {"text": "Draft"},
        "confirm": {"label": "Book", "action": {"type": "book", "payload": {"room": 4}}},
        "cancel": {"label": "Not now", "action": {"type": "later", "handler": "client"}},
        "children": [
            {"type": "Row", "align": "center", "gap": 3, "children": [
                {"type": "Icon", "name": "check-circle"}, {"type": "Title", "value": "Book a room"},
                {"type": "Spacer"}, {"type": "Badge", "label": "free", "color": "success"}]},
            {"type": "Text", "value": "For Monday at nine.", "italic": True},
            {"type": "RadioGroup", "name": "plan", "ariaLabel": "Plan", "options": option,
             "defaultValue": "a"},
            {"type": "Label", "value": "Notes", "fieldName": "notes"},
            {"type": "Textarea", "name": "notes", "rows": 2},
            {"type": "Checkbox", "name": "mail", "label": "Send a mail", "defaultChecked": True},
            {"type": "Image", "src": PIXEL, "alt": "A plan"},
            {"type": "Image", "src": "https://elsewhere.example/plan.png", "alt": "Plan elsewhere"},
            {"type": "Chart", "xAxis": "month",
             "series": [{"type": "bar", "dataKey": "visits", "label": "Visits"}],
             "data": [{"month": "Jan", "visits": 12}, {"month": "Feb", "visits": 30}]},
            {"type": "Button", "label": "Refresh", "onClickAction": {"type": "refresh", "streaming": False}},
        ],
    }  # fmt: skip
    root = DynamicWidgetRoot.model_validate(widget)
    yield _done(WidgetItem(**_base(thread, "card"), widget=root, copy_text="A room"))


def _pictures(thread: ThreadMetadata) -> Iterator[ThreadStreamEvent]:
    for number, url in enumerate((PIXEL, "https://elsewhere.example/cat.png", "javascript:alert(1)")):
        image = GeneratedImage(id=str(number), url=url)
        yield _done(GeneratedImageItem(**_base(thread, "img"), image=image))


def _effect(thread: ThreadMetadata) -> Iterator[ThreadStreamEvent]:
    yield ClientEffectEvent(name="highlight", data={"row": 3})
    yield NoticeEvent(level="warning", title="Careful", message="The index is **old**.")
    yield _done(answer(thread, "Done."))


def _locked(thread: ThreadMetadata) -> Iterator[ThreadStreamEvent]:
    thread.status = LockedStatus(reason="Somebody looks into this.")
    yield _done(answer(thread, "This is handed over."))


def _suggest(thread: ThreadMetadata) -> Iterator[ThreadStreamEvent]:
    yield _done(answer(thread, "You have 25 days."))
    yield ClientEffectEvent(
        name="suggestions", data={"questions": ["What about sick days?", "And in Berlin?"]}
    )


def _strange(thread: ThreadMetadata) -> Iterator[ThreadStreamEvent]:
    yield _done(answer(thread, "_a*" * 6000 + "\n\n" + "[" * 10_000 + "\n\n" + "> " * 7000 + "\n\nThe end."))


def _accents(thread: ThreadMetadata) -> Iterator[ThreadStreamEvent]:
    heap = "A" + "\u0300" * 20_000
    thread.title = heap
    long_word, override = "x" * 5000, "\u202egpj.exe\u202e " * 50
    yield _done(answer(thread, f"{heap} `{heap}`\n\n# {heap}\n\n{long_word} {override}\n\nThe end."))


def _links(thread: ThreadMetadata) -> Iterator[ThreadStreamEvent]:
    text = "[Click](http://evil.example/?d=SECRET) [x](https://user:pass@evil.example/) [m](https://a\u202egpj.exe)"
    yield _done(answer(thread, text))


def add_extra_routes(app: FastAPI) -> dict[str, dict[str, Any]]:
    """`/feedback` and the passages around one, as the service has them; returns the votes by item."""
    votes: dict[str, dict[str, Any]] = {}

    async def save(request: Request) -> Response:
        vote = await request.json()
        votes.pop(vote["item_id"], None)
        if vote["kind"]:
            reason = vote.get("reason")
            votes[vote["item_id"]] = {"item_id": vote["item_id"], "kind": vote["kind"], "reason": reason}
        return JSONResponse({"votes": list(votes.values())})

    async def load() -> Response:
        return JSONResponse({"votes": list(votes.values())})

    async def around(document_id: int, around: int) -> Response:
        texts = ["Leave is agreed with the team.", "Everybody has **25 days** a year.", "They end in March."]
        chunks = [
            {
                "chunk_id": around - 1 + place,
                "position": place,
                "heading_path": ["Leave", "Holidays"],
                "content": f"<document-text-0a>\n{text}\n</document-text-0a>",
            }
            for place, text in enumerate(texts)
        ]
        return JSONResponse({"document_id": document_id, "title": "Staff handbook", "chunks": chunks})

    app.post("/feedback")(save)
    app.get("/feedback")(load)
    app.get("/knowledge/documents/{document_id}/chunks")(around)
    return votes
