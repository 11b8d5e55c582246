"""What belongs to one person is found in every table, given out and removed; others keep all of theirs."""

import asyncio
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner, Result

from ingest.storing.catalog import find_faults
from owflex.__main__ import app
from owflex.keeping.errors import KeepingError
from owflex.keeping.personal import DERIVED, IMPERSONAL, personal_tables
from owflex.keeping.places import Installation, connected
from owflex.keeping.tables import tables_of
from owflex.keeping.user_command import counts_of, remove_person


def test_of_every_table_it_is_known_whose_its_rows_are(filled: Installation) -> None:
    """A new table: give it a column user_id or a reference; or say in owflex/keeping/personal.py that it is
    about nobody."""
    for place in filled.places:
        with connected(place) as connection:
            personal = set(personal_tables(connection).all)
            others = {table.name for table in tables_of(connection) if table not in personal}
            assert others - DERIVED - IMPERSONAL == set()


Rows = dict[str, list[str]]


def all_rows(installation: Installation) -> Rows:
    """Every row of every table as text."""
    found: Rows = {}
    for place in installation.places:
        with connected(place) as connection:
            for table in tables_of(connection):
                statement = sql.SQL("select row_to_json(kept)::text from {} as kept order by 1").format(
                    table.sql
                )
                found[f"{place.name}.{table}"] = [text for (text,) in connection.execute(statement)]
    return found


def mentions(rows: Rows, words: Sequence[str]) -> Rows:
    """The rows in which one of the words is."""
    found = {
        name: [row for row in texts if any(word in row for word in words)] for name, texts in rows.items()
    }
    return {name: texts for name, texts in found.items() if texts}


def without_derived(rows: Rows) -> Rows:
    """What is made from passages is merged and mended meanwhile."""
    return {name: texts for name, texts in rows.items() if name.partition(".")[2] not in DERIVED}


def without_log(rows: Rows) -> Rows:
    """What is told by the audit log, in which names stay, is left out."""
    return {name: texts for name, texts in rows.items() if not name.endswith(".audit_events")}


def test_the_log_keeps_what_was_done_with_the_name_and_nothing_that_was_written(
    changing: Installation,
) -> None:
    remove_person(changing, "anna")
    told = mentions(all_rows(changing), ["anna"])
    assert told.keys() == {"chat.audit_events", "knowledge_base.audit_events"}
    actions = {json.loads(row)["action"] for rows in told.values() for row in rows}
    assert {"user.deleted", "thread.deleted", "document.removed", "api_key.removed"} <= actions
    rows = {name: texts for name, texts in all_rows(changing).items() if name.endswith(".audit_events")}
    contents = ["Leave of", "How much", "30 days", "Call anna", "the plan", "plan.txt", "About", "clear"]
    assert mentions(rows, contents) == {}


def test_a_person_is_removed_from_every_table_and_nobody_else(changing: Installation) -> None:
    before = all_rows(changing)
    assert mentions(before, ["anna"])
    remove_person(changing, "anna")
    after = all_rows(changing)
    assert mentions(without_log(after), ["anna"]) == {}
    others = ["bob", "manual"]
    kept = without_derived(mentions(before, others))
    assert {name: texts for name, texts in mentions(after, others).items() if name in kept} == kept


def test_nothing_of_the_words_is_left_pending_and_the_rest_is_found(changing: Installation) -> None:
    with connected(changing.knowledge_base) as connection:
        ids: LiteralString = """
            select chunks.id from chunks join documents on documents.id = document_id
            where origin = 'added-by/anna'
        """
        gone = [number for (number,) in connection.execute(ids)]
        assert len(gone) == 2
        remove_person(changing, "anna")
        for table in ("pending_postings", "engine_words", "chunk_embeddings", "chunks_awaiting_vectors"):
            statement = sql.SQL("select count(*) from {} where chunk_id = any(%s)").format(
                sql.Identifier(table)
            )
            assert connection.execute(statement, (gone,)).fetchone() == (0,)


async def test_the_posting_lists_are_right_afterwards(changing: Installation) -> None:
    await asyncio.to_thread(remove_person, changing, "anna")
    async with await psycopg.AsyncConnection.connect(
        changing.knowledge_base.url, autocommit=True
    ) as connection:
        faults = await find_faults(connection)
    assert (faults.postings_without_chunks, faults.chunks_without_postings) == (0, 0)


def test_the_counts_are_of_that_person_in_both_databases(filled: Installation) -> None:
    counts = counts_of(filled, "anna")
    assert counts["chat"] == {
        "approvals": 1,
        "attachment_contents": 1,
        "attachment_uploads": 1,
        "attachments": 2,
        "browser_sessions": 1,
        "feedback": 1,
        "known_browsers": 1,
        "one_time_links": 1,
        "people": 1,
        "recovery_codes": 1,
        "second_factors": 1,
        "second_steps": 1,
        "sign_in_attempts": 1,
        "thread_items": 3,
        "thread_versions": 2,
        "threads": 1,
        "turns": 1,
        "usage": 1,
        "visitor_days": 1,
    }
    assert {
        name: counts["knowledge_base"][name]
        for name in ("tasks", "uploads", "documents", "chunks", "api_keys")
    } == {
        "tasks": 1,
        "uploads": 1,
        "documents": 1,
        "chunks": 2,
        "api_keys": 1,
    }


@pytest.mark.parametrize("name", ["nobody", "an", "anna%", "'; drop table tasks; --", ""])
def test_a_name_that_is_nobodys_removes_nothing(changing: Installation, name: str) -> None:
    before = all_rows(changing)
    with pytest.raises(KeepingError, match="Nothing here belongs to"):
        counts_of(changing, name)
    remove_person(changing, name)
    assert without_derived(all_rows(changing)) == without_derived(before)


@pytest.fixture
def run(changing: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Runs `owflex user …` over a filled installation."""
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path))
    monkeypatch.setenv("CHAT_DATABASE_URL", changing.chat.url)
    monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", changing.knowledge_base.url)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, **more: CliRunner().invoke(app, ["user", *arguments], **more)


def test_the_command_asks_for_the_name_once_more(run: Callable[..., Result], changing: Installation) -> None:
    before = all_rows(changing)
    refused = run("delete", "anna", input="bob\n")
    assert (refused.exit_code, "Nothing was removed" in refused.output) == (1, True)
    assert "thread_items" in refused.output
    assert all_rows(changing) == before
    assert run("delete", "anna", input="anna\n").exit_code == 0
    assert mentions(without_log(all_rows(changing)), ["anna"]) == {}
    again = run("delete", "anna", "--yes")
    assert (again.exit_code, "Nothing here belongs to anna" in again.output) == (1, True)


def test_the_export_of_a_person_has_all_of_them_and_nothing_of_others(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    done = run("export", "anna", str(tmp_path / "anna.zip"))
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(tmp_path / "anna.zip") as archive:
        texts = {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name, text in texts.items() if b"bob" in text or b"manual" in text or "bob" in name]
    assert {"chats/anna/thr_anna.md", "attachments/atc_anna", "tasks.md", "votes.md"} <= texts.keys()
    rows = json.loads(texts["tables/knowledge_base/tasks.jsonl"])
    assert (rows["user_id"], rows["title"]) == ("anna", "Call anna")
    # Neither secrets nor what a machine made of the text.
    assert "key_hash" not in json.loads(texts["tables/knowledge_base/api_keys.jsonl"])
    assert json.loads(texts["tables/chat/second_factors.jsonl"]).keys() & {"secret", "code_hash"} == set()
    assert "code_hash" not in json.loads(texts["tables/chat/recovery_codes.jsonl"])
    assert b"30 days" in texts["tables/chat/thread_items.jsonl"]
    assert b"right.refused" in texts["tables/chat/audit_events.jsonl"]
