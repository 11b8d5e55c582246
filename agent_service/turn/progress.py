"""What a turn knows while it is answered: its surroundings, and how far it has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from agents import TResponseInputItem
from agents.mcp import MCPServer
from agents.result import RunResultStreaming
from chatkit.store import Store
from chatkit.types import ThreadMetadata
from opentelemetry.trace import INVALID_SPAN, Span

from agent_service.cards.approvals import Approvals, Decision
from agent_service.context import RequestContext, RunContext
from agent_service.errors import ToolRefusedError
from agent_service.foreign.watching import TurnServers
from agent_service.models.fallback import TurnModel
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.calls import every_task
from agent_service.turn.tool_calls import Evidence, Steps
from agent_service.wishes.judging import Judge


@dataclass(frozen=True)
class Turn:
    """What all runs of one turn share; `question` is the message to answer, `message_id` its id, `wish`
    judges whether it asks for what a model does; `others` are other MCP servers."""

    settings: AgentServiceSettings
    model: TurnModel
    mcp_server: MCPServer
    store: Store[RequestContext]
    approvals: Approvals
    thread: ThreadMetadata
    context: RequestContext
    question: str = ""
    message_id: str | None = None
    wish: Judge = field(default_factory=Judge)
    span: Span = INVALID_SPAN
    others: TurnServers = field(default_factory=TurnServers)

    def new_run(self) -> RunContext:
        """A context for one run; it has a queue of its own."""
        return RunContext(
            thread=self.thread,
            store=self.store,
            request_context=self.context,
            message_id=self.message_id,
            asked_for=self._asked_for,
        )

    async def _asked_for(
        self, tool: str, arguments: Mapping[str, Any], call_id: str, server: MCPServer
    ) -> bool:
        """Whether the user has asked for a call. The built-in model does nothing but what they ask for."""
        if self.model.answering.extractive:
            return True
        try:
            return await self.wish.covers(tool, arguments, call_id, partial(every_task, server))
        except ToolRefusedError:
            return False


@dataclass
class Progress:
    """How far a turn has come: the input with everything done so far, and what the user was shown of it.

    `decided` is the user's word on the call at which the run had stopped. `has_searched` says that we
    searched in the model's place, `is_last_request` that no step is left: the model answers without tools.
    """

    turn: Turn
    items: list[TResponseInputItem]
    note: str | None
    steps: Steps
    evidence: Evidence
    decided: Decision | None = None
    shown: list[str] = field(default_factory=list[str])
    has_searched: bool = False
    is_last_request: bool = False
    shortenings: int = 0
    result: RunResultStreaming | None = None
    run: RunContext | None = None

    @property
    def waits_for_approval(self) -> bool:
        """Whether the run has stopped at a call that the user must approve."""
        return self.result is not None and bool(self.result.interruptions)

    @property
    def is_unfounded(self) -> bool:
        """Whether a language model is to answer a question and nothing came back from the tools so far."""
        turn = self.turn
        return bool(turn.question) and not turn.model.answering.extractive and not self.evidence.has_result

    @property
    def may_speak(self) -> bool:
        """Whether the model is heard: something came back from the tools, or nothing more can be tried."""
        return not self.is_unfounded or self.has_searched or self.is_last_request

    def add_note(self, note: str) -> None:
        """Tell the model one thing more, once."""
        if note not in (self.note or ""):
            self.note = "\n".join(filter(None, (self.note, note)))
