"""No file stops, fills or crashes a run: each costs one row of the report, and the files around it are in."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from ingest.errors import OptionError
from ingest.reading.chunked_document import ReadRequest
from ingest.reading.process import ParserProcess, Parsers, ReadLimits
from ingest.report import FileReport, Outcome, Silent
from ingest.settings import IngestSettings
from parsing.formats import MEDIA_TYPES
from tests.ingest.quick_ingest import QuickEmbedder, quick_sync
from tests.parsing import hostile_files as hostile

SETTINGS = IngestSettings(ingest_file_seconds=60, ingest_file_memory_mb=512)  # pyright: ignore[reportCallIssue]
HURRIED = IngestSettings(ingest_file_seconds=10, ingest_file_memory_mb=512)  # pyright: ignore[reportCallIssue]
SECRET = "nobodymayreadthis"


@pytest.fixture(autouse=True)
def parsers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests are about begins with the start of a process."""
    monkeypatch.setattr("ingest.reading.process.ParserProcess", ParserProcess)


class Recording(Silent):
    """What was reported, by file."""

    def __init__(self) -> None:
        self.rows: dict[str, FileReport] = {}
        self.count: Counter[str] = Counter()

    def file(self, report: FileReport) -> None:
        """Remember."""
        self.rows[report.source] = report
        self.count[report.source] += 1


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, with a harmless one before and after each."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / f"{name}.before.md").write_text(f"Before {name} lies a text.")
        (folder / f"{name}.zzz.txt").write_text(f"After {name} lies a text.")


async def check_reports(
    url: str, folder: Path, wanted: Mapping[str, tuple[Outcome, str | None]]
) -> Recording:
    """Sync; each file must end as wanted, with a reason that says so, and all the others must be added."""
    seen = Recording()
    await quick_sync(url, folder, seen, settings=SETTINGS)
    assert set(seen.count.values()) == {1}
    for name, (outcome, reason) in wanted.items():
        row = seen.rows[f"{folder.name}/{name}"]
        assert (row.outcome, reason is None) == (outcome, row.reason is None), row
        assert reason is None or reason in str(row.reason), row
    others = [row for row in seen.rows.values() if row.source.removeprefix(f"{folder.name}/") not in wanted]
    assert {(row.outcome, row.chunks, row.reason) for row in others} == {("added", 1, None)}
    return seen


async def test_files_made_to_do_harm_do_none(knowledge_base_url: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    files = {
        "nested.zip": (hostile.nested_bomb(), "added", "nested more than"),
        "large.zip": (hostile.large_member(100), "added", "larger than the 50 MB"),
        "escaping.tgz": (hostile.escaping_archive(secret), "added", None),
        "deep.json": (hostile.deep_json(), "failed", "nested too deeply"),
        "deep.html": (hostile.deep_html(), "added", "nested too deeply"),
        "deep.xml": (hostile.deep_xml(), "added", "damaged"),
        "deep.md": (hostile.deep_quotes(), "added", None),
        "laughing.xml": (hostile.laughing_xml(), "failed", "entities"),
        "outer.xml": (hostile.outer_entity(secret), "added", None),
        "aliased.md": (hostile.aliased_yaml(), "added", "has aliases"),
        "huge.docx": (hostile.huge_word_document(300), "failed", "more than is read"),
        "far.xlsx": (hostile.far_corners(), "added", None),
        "million.pdf": (hostile.million_pages_pdf(), "added", "of 1000000 pages"),
        "deep.pdf": (hostile.deep_pages_pdf(), "added", "of 1000000 pages"),
        "looping.pdf": (hostile.looping_pages_pdf(), "added", "of 1000000 pages"),
        "stream.pdf": (hostile.bomb_stream_pdf(), "failed", "512 MB of memory"),
        "lists.json": (hostile.many_lists(), "failed", "512 MB of memory"),
        "shape.ipynb": (hostile.broken_notebook(), "added", "no text"),
    }
    write_all(tmp_path / "files", {name: content for name, (content, _, _) in files.items()})
    wanted: dict[str, tuple[Outcome, str | None]] = {
        name: ("failed" if outcome == "failed" else "added", reason)
        for name, (_, outcome, reason) in files.items()
    }
    await check_reports(knowledge_base_url, tmp_path / "files", wanted)
    with psycopg.connect(knowledge_base_url) as connection:
        found = connection.execute("select 1 from chunks where position(%s in content) > 0", [SECRET])
        assert found.fetchall() == []


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_files_that_take_too_long_or_too_much_cost_themselves(
    knowledge_base_url: str, tmp_path: Path
) -> None:
    # Which limit stops which of them, or none, depends on the machine.
    costly = {
        "line.md": hostile.long_line(),
        "line.html": hostile.long_line(),
        "line.json": hostile.long_line(),
        "words.txt": hostile.many_words(),
        "words.md": hostile.many_words(),
        "wide.csv": hostile.wide_table(),
        "gigabyte.docx": hostile.huge_word_document(1000),
        "gigabyte.zip": hostile.large_member(1024),
        "many.zip": hostile.many_members(),
    }
    write_all(tmp_path / "files", costly)
    seen = Recording()
    await quick_sync(knowledge_base_url, tmp_path / "files", seen, settings=HURRIED)
    assert (len(seen.rows), set(seen.count.values())) == (3 * len(costly), {1})
    for name in costly:
        row = seen.rows[f"files/{name}"]
        assert row.reason or row.chunks, row
    failed = {row.source.removeprefix("files/") for row in seen.rows.values() if row.outcome == "failed"}
    assert failed <= set(costly)
    assert {"line.json", "gigabyte.docx"} <= failed


def write_odd_things(folder: Path) -> None:
    """Wrong endings, odd names, and things that are no files."""
    page = hostile.empty_page_pdf()
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
    write_all(folder, {"page.docx": page, "picture.md": png, "text.pdf": b"Only a text.", "bytes.txt": png})
    for name in ("new\nline.md", "tab\tand \x01\x7f.md", "a'\"\\%s{}.md", "-rf *.md", "caf\udce9.md"):
        (folder / name).write_text("An odd name.")
    (folder / "directory.md").mkdir()
    (folder / "directory.md" / "circle").symlink_to(folder)
    (folder / "dangling.md").symlink_to(folder / "nothing.md")
    (folder / "itself.md").symlink_to(folder / "itself.md")
    (folder / "outside.md").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.md")


async def test_a_wrong_ending_an_odd_name_and_things_that_are_no_files(
    knowledge_base_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "odd"
    write_odd_things(folder)
    wanted: dict[str, tuple[Outcome, str | None]] = {
        "page.docx": ("added", "no text"),
        "picture.md": ("failed", ""),
        "text.pdf": ("failed", ""),
        "bytes.txt": ("failed", ""),
        "caf\\udce9.md": ("failed", "name is not UTF-8"),
        "dangling.md": ("failed", "no longer a regular file"),
        "itself.md": ("failed", "no longer a regular file"),
        "pipe.md": ("failed", "no longer a regular file"),
    }
    seen = await check_reports(knowledge_base_url, folder, wanted)
    assert len(seen.rows) == 3 * 4 + 5 + 3
    await check_second_run(knowledge_base_url, folder)


async def test_a_folder_whose_name_is_not_utf8_is_refused_in_words(
    knowledge_base_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "caf\udce9"
    write_all(folder, {"a.md": b"Text."})
    with pytest.raises(OptionError, match=r"caf\\udce9 is not UTF-8"):
        await quick_sync(knowledge_base_url, folder)


async def check_second_run(url: str, folder: Path) -> None:
    """What failed fails again, all else is unchanged and not told."""
    seen = Recording()
    await quick_sync(url, folder, seen, settings=SETTINGS)
    assert {row.outcome for row in seen.rows.values()} == {"failed"}


async def test_an_empty_file_of_every_type_has_its_reason(knowledge_base_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    for ending in MEDIA_TYPES:
        (folder / f"empty{ending}").touch()
    seen = Recording()
    await quick_sync(knowledge_base_url, folder, seen, settings=SETTINGS)
    assert len(seen.rows) == len(MEDIA_TYPES)
    assert all(row.reason for row in seen.rows.values())


class Meddling(Recording):
    """Changes one file and removes another after they were looked at."""

    def __init__(self, changed: Path, gone: Path) -> None:
        super().__init__()
        self._changed, self._gone = changed, gone

    def planned(self, counts: Mapping[Outcome, int]) -> None:
        """They were looked at, and will be read now."""
        with self._changed.open("a") as opened:
            opened.write("It grows.")
        self._gone.unlink()


async def test_a_file_that_changes_or_goes_between_look_and_read(
    knowledge_base_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "moving"
    write_all(folder, {"grows.md": b"Short. ", "goes.md": b"There."})
    seen = Meddling(folder / "grows.md", folder / "goes.md")
    await quick_sync(knowledge_base_url, folder, seen)
    assert [row.source for row in seen.rows.values() if row.outcome != "added"] == ["moving/goes.md"]
    with psycopg.connect(knowledge_base_url) as connection:
        rows = connection.execute("select content from chunks where position('Short' in content) > 0")
        assert rows.fetchall() == [("Short. It grows.",)]
    again = Recording()
    await quick_sync(knowledge_base_url, folder, again)
    assert again.rows == {}


@asynccontextmanager
async def parser(folder: Path, *, seconds: int) -> AsyncGenerator[ParserProcess]:
    """A parser that gives up soon."""
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_text(QuickEmbedder().tokenizer_json, encoding="utf-8")
    process = ParserProcess(ReadLimits(tokenizer, max_tokens=250, seconds=seconds, memory_mb=512))
    yield process
    await process.close()


async def test_files_that_come_one_at_a_time_need_one_parser(tmp_path: Path) -> None:
    parsers = Parsers(lambda: ReadLimits(tmp_path / "tokenizer.json", max_tokens=250), count=3)
    async with parsers.one() as first, parsers.one() as beside:
        assert beside is not first
    for _ in range(3):
        async with parsers.one() as again:
            assert again is first
    await parsers.close()


async def test_after_a_file_without_end_the_same_parser_reads_the_next_one(tmp_path: Path) -> None:
    endless, short = tmp_path / "endless.md", tmp_path / "short.md"
    endless.write_bytes(hostile.many_words())
    short.write_text("A text.")
    async with parser(tmp_path, seconds=5) as process:
        # The first file has more time, for the parser has to start.
        assert (await process.read(ReadRequest(str(short), "x/short.md", None))).content is not None
        answer = await process.read(ReadRequest(str(endless), "x/endless.md", None))
        assert "longer than 5 seconds" in str(answer.problem)
        answer = await process.read(ReadRequest(str(short), "x/short.md", None))
        assert answer.content is not None


async def test_a_run_that_is_stopped_while_a_parser_works_leaves_no_parser(tmp_path: Path) -> None:
    endless = tmp_path / "endless.md"
    endless.write_bytes(hostile.many_words())
    lent_to_other_tests = running_parsers()
    async with parser(tmp_path, seconds=60) as process:
        reading = asyncio.create_task(process.read(ReadRequest(str(endless), "x/endless.md", None)))
        children: set[int] = set()
        while not children:
            await asyncio.sleep(0)
            children = running_parsers() - lent_to_other_tests
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert not any(psutil.pid_exists(pid) for pid in children)


def running_parsers() -> set[int]:
    """The process ids of the parsers that this process has started."""
    return {child.pid for child in psutil.Process().children() if is_parser(child)}


def is_parser(process: psutil.Process) -> bool:
    """Whether it is one of ours."""
    return "ingest.reading.worker" in process.cmdline()
