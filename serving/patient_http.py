"""HTTP with bounds for clients that take their time; uvicorn alone would wait for ever.

A head must arrive in time, what is sent must be read in time, and connections are counted.
"""

import asyncio
from collections import OrderedDict
from http import HTTPStatus
from typing import Any, ClassVar

import h11
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from serving.heads import MAX_HEAD_BYTES, is_large
from serving.refusals import HEAD_TOO_LARGE, NO_ROOM, NOT_HTTP, Refusal, Refuse, plain_refusal

HEAD_SECONDS = 15.0
# A client that reads has emptied the buffer by then: 48 kB.
UNREAD_SECONDS = 30.0
# What still comes of a body after its answer is thrown away, and not for long.
LINGER_SECONDS = 2.0


class Connections:
    """Which connections there are, at most `most` (0: any number), and which of them wait for a request.

    When there is no room, the one that has waited longest without a request is closed for a new one, those
    first that never sent one: whoever only keeps connections open keeps nobody out.
    """

    def __init__(self, most: int = 0, refuse: Refuse = plain_refusal) -> None:
        self.refuse = refuse
        self._most = most
        self._all: set[PatientProtocol] = set()
        self._silent: OrderedDict[PatientProtocol, None] = OrderedDict()
        self._idle: OrderedDict[PatientProtocol, None] = OrderedDict()

    def add(self, connection: "PatientProtocol") -> bool:
        """Count a new connection; False when there is no room for it."""
        if self._most and len(self._all) >= self._most:
            waiting = self._silent or self._idle
            if not waiting:
                return False
            oldest, _ = waiting.popitem(last=False)
            self._all.discard(oldest)
            oldest.transport.close()
        self._all.add(connection)
        self._silent[connection] = None
        return True

    def remove(self, connection: "PatientProtocol") -> None:
        """Forget a connection that has ended."""
        self._all.discard(connection)
        self._silent.pop(connection, None)
        self._idle.pop(connection, None)

    def note(self, connection: "PatientProtocol", *, is_idle: bool) -> None:
        """A connection waits for a request from now on, or has one."""
        if not is_idle:
            self._silent.pop(connection, None)
            self._idle.pop(connection, None)
        elif connection in self._all and connection not in self._silent:
            self._idle.setdefault(connection, None)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all)


class PatientProtocol(H11Protocol):
    """uvicorn's HTTP with those bounds; `bounded_http` makes the one of a server."""

    head_seconds = HEAD_SECONDS
    unread_seconds = UNREAD_SECONDS
    linger_seconds = LINGER_SECONDS
    known: ClassVar[Connections] = Connections()
    _head_timer: asyncio.TimerHandle | None = None
    _unread_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """A client has connected: from now on it has to say what it wants."""
        super().connection_made(transport)
        if self.known.add(self):
            self._wait_for_head()
        else:
            self._say_and_close(NO_ROOM)

    def data_received(self, data: bytes) -> None:
        """Something has arrived, maybe the end of a head."""
        if self.transport.is_closing():
            return
        if self._waits_for_request and is_large(self.conn.trailing_data[0] + data[: MAX_HEAD_BYTES + 4]):
            # To take such a head apart costs more than all else of a request.
            self._say_and_close(HEAD_TOO_LARGE)
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._head_timer is None and self.conn.trailing_data[0]:
            self._wait_for_head()
        self.known.note(self, is_idle=self._waits_for_request)

    def on_response_complete(self) -> None:
        """An answer is out; what still comes of its request is not waited for."""
        if self.conn.their_state is h11.SEND_BODY:
            self.loop.call_later(self.linger_seconds, self._end_body, self.cycle)
        super().on_response_complete()
        self.known.note(self, is_idle=self._waits_for_request)

    def pause_writing(self) -> None:
        """The client reads slower than is written."""
        super().pause_writing()
        self._unread_timer = self.loop.call_later(self.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read what there was."""
        super().resume_writing()
        self._stop_unread_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self.known.remove(self)
        self._stop_waiting()
        self._stop_unread_timer()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; when an answer has begun already, nothing can be said any more."""
        self._say_and_close(NOT_HTTP)

    @property
    def _waits_for_request(self) -> bool:
        # uvicorn has none before the first request, whatever its types say.
        cycle: Any = self.cycle
        return cycle is None or bool(cycle.response_complete)

    def _should_upgrade(self) -> bool:
        # There are no websockets here; the request is one like others.
        return False

    def _say_and_close(self, refusal: Refusal) -> None:
        if self._waits_for_request:
            self.transport.write(_as_bytes(self.known.refuse(refusal, None)))
        self.transport.close()

    def _end_body(self, cycle: RequestResponseCycle) -> None:
        """Let a client go that still sends the body of this request, which was answered."""
        if self.cycle is cycle and self.conn.their_state is h11.SEND_BODY:
            self.transport.close()

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(self.head_seconds, self._let_go)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def _let_go(self) -> None:
        self._head_timer = None
        if self.conn.their_state is h11.IDLE:
            self.transport.close()


def bounded_http(most_connections: int, refuse: Refuse) -> type[PatientProtocol]:
    """The HTTP of one server, which holds at most so many connections (0: any number)."""
    return type("BoundedHttp", (PatientProtocol,), {"known": Connections(most_connections, refuse)})


def _as_bytes(answer: Response) -> bytes:
    """The answer as it goes over the wire, and the end of the connection with it."""
    phrase = HTTPStatus(answer.status_code).phrase
    lines = [f"HTTP/1.1 {answer.status_code} {phrase}".encode()]
    lines += [name + b": " + value for name, value in answer.raw_headers]
    return b"\r\n".join([*lines, b"connection: close", b"", bytes(answer.body)])
