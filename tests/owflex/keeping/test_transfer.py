"""An export can be read by people, and put into another installation, where it is the same."""

import asyncio
import json
import zipfile
from pathlib import Path
from typing import Any, LiteralString, cast

import pytest
import yaml

from owflex.keeping.bundles import FolderReader, read_bundle, written_bundle
from owflex.keeping.errors import ArchiveError, KeepingError
from owflex.keeping.export import Counts, export
from owflex.keeping.importing import Imported
from owflex.keeping.places import Installation, Place, connected
from owflex.keeping.readable import document_text
from owflex.keeping.safe_names import MAX_BYTES, safe_name, safe_path
from owflex.keeping.transfer_command import put_in
from tests.support.filled import ODD

# What an import must bring, without ids that are given anew and vectors that are made anew.
DOCUMENTS: LiteralString = """
select documents.collection, source, title, media_type, content_hash, recipe, metadata, given, notes,
       chunk_count, language, origin, created_at, updated_at, position, heading_path, page, content, context,
       token_count,
       text_hash, lexemes
from documents join chunks on document_id = documents.id
order by documents.collection, source, position
"""
PLACES: LiteralString = "select collection, name, path, kind, options from origins order by 1, 2"
RIGHTS: LiteralString = """
select name, user_id, subject_kind, subject, granted
from collections left join collection_rights on collection = name
order by 1, 3, 4
"""
MEMBERS: LiteralString = (
    "select name, user_id from groups left join group_members on group_name = name order by 1, 2"
)
TASKS: LiteralString = "select to_jsonb(tasks) - 'id' from tasks order by user_id, created_at"
CHATS: LiteralString = """
select threads.id, threads.user_id, translate(threads.data::text, E'\\n', ' '),
       threads.created_at, threads.updated_at,
       thread_items.id, translate(thread_items.data::text, E'\\n', ' '),
       thread_items.created_at, thread_items.updated_at
from threads join thread_items on thread_id = threads.id
order by threads.sequence, thread_items.sequence
"""
FILES: LiteralString = """
select id, user_id, thread_id, data::text, created_at, content, text, uploaded_at
from attachments join attachment_contents on attachment_id = id
order by id
"""
VERSIONS: LiteralString = """
select version.thread_id, message_id, number, translate(message::text, E'\\n', ' '), is_shown,
       version.created_at, item.id
from thread_versions version left join thread_items item on version_id = version.id
order by version.thread_id, number
"""
VOTES: LiteralString = "select * from feedback order by thread_id, item_id, user_id"


def rows(place: Place, statement: LiteralString) -> list[Any]:
    with connected(place) as connection:
        return connection.execute(statement).fetchall()


def held(installation: Installation) -> list[Any]:
    found = [rows(installation.knowledge_base, one) for one in (DOCUMENTS, PLACES, RIGHTS, MEMBERS, TASKS)]
    return found + [rows(installation.chat, one) for one in (CHATS, FILES, VERSIONS, VOTES)]


def exported(installation: Installation, target: Path, user: str | None = None) -> Counts:
    with written_bundle(target) as bundle:
        return export(installation, bundle, user)


def imported(source: Path, installation: Installation) -> Imported:
    with read_bundle(source) as bundle:
        return asyncio.run(put_in(installation, bundle))


@pytest.fixture(scope="module")
def export_zip(filled: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of everything."""
    path = tmp_path_factory.mktemp("exports") / "all.zip"
    assert exported(filled, path) == Counts(documents=3, chats=2, files=2, tasks=2, votes=2)
    return path


@pytest.mark.parametrize("name", ["all.zip", "all"])
def test_what_is_exported_is_the_same_after_its_import(
    filled: Installation, empty: Installation, tmp_path: Path, name: str
) -> None:
    exported(filled, tmp_path / name)
    done = imported(tmp_path / name, empty)
    assert done == Imported(documents=3, chats=2, files=2, tasks=2, there_already=0)
    assert held(empty) == held(filled)
    # Their vectors are made by whoever makes vectors.
    assert rows(empty.knowledge_base, "select count(*) from chunks_awaiting_vectors") == [(6,)]


def test_what_is_there_stays_and_a_repeated_import_changes_nothing(
    export_zip: Path, changing: Installation
) -> None:
    with connected(changing.knowledge_base) as connection:
        connection.execute("update documents set title = 'Mine' where source like 'manual/%%'")
        connection.execute("delete from tasks where user_id = 'anna'")
    before = held(changing)
    assert imported(export_zip, changing) == Imported(tasks=1, there_already=6)
    assert held(changing)[:2] == before[:2]
    assert imported(export_zip, changing) == Imported(there_already=7)


def test_documents_inside_others_stay_inside(
    filled: Installation, changing: Installation, empty: Installation, tmp_path: Path
) -> None:
    with connected(changing.knowledge_base) as connection:
        connection.execute(
            """
            update documents
            set parent_id = (select id from documents where origin = 'manual'),
                source = 'manual/leave.txt/inner.txt', origin = 'manual', given = '{"team": "hr"}'
            where origin = 'added-by/anna'
            """
        )
    exported(changing, tmp_path / "all")
    assert imported(tmp_path / "all", empty).documents == 2
    inside: LiteralString = """
    select source from documents
    where parent_id = (select id from documents where source = 'manual/leave.txt')
    """
    assert rows(empty.knowledge_base, inside) == [("manual/leave.txt/inner.txt",)]
    assert held(empty)[0] == held(changing)[0]


def test_documents_are_text_with_their_metadata_above(export_zip: Path) -> None:
    with zipfile.ZipFile(export_zip) as archive:
        (name,) = [one for one in archive.namelist() if one.startswith("documents/default/manual/leave.txt")]
        _, head, text = archive.read(name).decode().split("---\n", 2)
    known = yaml.safe_load(head)
    assert (known["title"], known["metadata"]) == ("About manual", {"topic": "leave", "team": "hr"})
    assert known["source"] == "manual/leave.txt"
    assert "Leave for manual is 30 days." in text
    assert ODD in text
    assert text.count("## Leave\n") == 1


def test_chats_tasks_and_votes_can_be_read(export_zip: Path) -> None:
    with zipfile.ZipFile(export_zip) as archive:
        chat = archive.read("chats/anna/thr_anna.md").decode()
        tasks, votes = archive.read("tasks.md").decode(), archive.read("votes.md").decode()
        (vote, _) = [json.loads(line) for line in archive.read("votes.jsonl").splitlines()]
        assert archive.read("attachments/atc_anna") == b"\x00\xff\x10"
    assert "# Leave of anna" in chat
    assert chat.index("How much leave?") < chat.index("30 days.") < chat.index("- ../plan.txt")
    assert "- [ ] Call anna (due 2026-12-24, normal, #home, #a b)\n  first\n  second" in tasks
    assert "👍 anna" in votes
    assert "Question: How much leave?" in votes
    assert (vote["kind"], vote["question"]["content"][0]["text"]) == ("positive", "How much leave?")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "_"),
        ("", "_"),
        ("a\x1b[31mb\u202ec", "a_[31mb_c"),
        ("CON.txt", "_CON.txt"),
        ("-rf", "_-rf"),
        ("Ein Brief.docx", "Ein Brief.docx"),
        ("trailing. ", "trailing"),
    ],
)
def test_names_of_files_lead_nowhere_and_can_be_held_everywhere(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_long_names_are_cut_between_characters() -> None:
    assert len(safe_name("ü" * 500).encode()) <= MAX_BYTES
    assert safe_path("a/../b//c.txt") == "a/_/b/c.txt"


def test_an_export_never_overwrites(filled: Installation, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    (tmp_path / "a.zip").touch()
    for name in ("full", "a.zip"):
        with pytest.raises(KeepingError, match="is there already"):
            exported(filled, tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {"full", "a.zip"}


def test_other_files_are_told(empty: Installation, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.zip").write_text("hello")
    for name, said in (
        ("folder", "no export of OwFlex"),
        ("text.zip", "no export of OwFlex"),
        ("missing", "There is no"),
    ):
        with pytest.raises(ArchiveError, match=said):
            imported(tmp_path / name, empty)


def test_an_export_of_a_later_version_is_refused(empty: Installation, tmp_path: Path) -> None:
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "owflex-export.json").write_text('{"format": 9, "owflex": "7.0"}')
    with pytest.raises(ArchiveError, match=r"made by OwFlex 7\.0\. Install"):
        imported(tmp_path / "later", empty)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "it is no JSON"),
        ("{}", "'collection' is missing"),
        ("[]", "not as an export writes it"),
        (
            '{"collection": "x", "source": "a/b", "origin": "nobody", "recipe": "", "given": {}, '
            '"title": "t", "media_type": "text/plain", "language": "english", "content_hash": "00", '
            '"metadata": {}, "notes": [], '
            '"created_at": "now", "updated_at": "now", "passages": [], "members": []}',
            "violates foreign key",
        ),
    ],
)
def test_a_line_that_cannot_be_put_in_is_named(
    filled: Installation, empty: Installation, tmp_path: Path, line: str, said: str
) -> None:
    exported(filled, tmp_path / "all")
    file = tmp_path / "all" / "documents.jsonl"
    first = file.read_text().splitlines()[0]
    file.write_text(f"{first}\n{line}\n")
    with pytest.raises(ArchiveError, match=rf"Line 2 of documents\.jsonl cannot be put in \(.*{said}"):
        imported(tmp_path / "all", empty)
    assert rows(empty.knowledge_base, "select count(*) from documents") == [(1,)]


def test_a_folder_is_never_left_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "tasks.jsonl").symlink_to(tmp_path / "secret")
    reader = FolderReader(folder.resolve())
    for name in ("tasks.jsonl", "../secret"):
        with reader.opened(name) as file:
            assert file is None


def test_front_matter_holds_whatever_a_title_holds() -> None:
    title = "a: b\n---\n# x"
    text = document_text({"title": title, "metadata": {}, "passages": []})
    head = text.removeprefix("---\n").rpartition("---\n")[0]
    assert cast("dict[str, str]", yaml.safe_load(head))["title"] == title
