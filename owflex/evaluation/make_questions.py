"""`owflex evaluate make`: proposes labelled questions from the user's documents."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from database.home import open_data_folder
from database.pool import Pool, create_pool
from database.settings import read_settings
from knowledge_base.bootstrap import knowledge_base_url, migrate_knowledge_base
from knowledge_base.settings import KnowledgeBaseSettings
from owflex.evaluation.errors import EvaluationError
from owflex.evaluation.model_questions import Questioner, open_questioner
from owflex.evaluation.passage_sample import (
    Connection,
    Passage,
    Vocabulary,
    sample_passages,
    vocabulary_of,
    words_nowhere,
)
from owflex.evaluation.question_rules import Proposal, propose, swaps
from owflex.exit_codes import exit_code
from serving.terminal import Console, escape_line

# One of so many questions has no answer in the documents.
ONE_UNANSWERABLE_IN = 4
# Made-up words that are looked up for each question until one is in no document.
TRIES = 3
# A search for words in all passages reads all of them.
STATEMENT_TIMEOUT_MS = 120_000

notes = Console(stderr=True, highlight=False)


def run_make(count: int, output: Path | None, collection: str | None) -> int:
    """Write the proposals as JSON lines; 0 when there are any, 1 after an error in plain words."""

    def run() -> int:
        if output is not None and output.exists():
            raise EvaluationError(f"{output} already exists, perhaps with your corrections. Name a new file.")
        proposals = asyncio.run(_make(count, collection))
        lines = "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in proposals)
        if output is None:
            print(lines, end="")  # noqa: T201 - the result itself
        else:
            _write(output, lines)
        unanswerable = sum(not row.answerable for row in proposals)
        notes.print(
            f"{len(proposals)} questions, {unanswerable} of them not answerable. Correct them, remove bad "
            "ones, then run: owflex evaluate FILE"
        )
        return 0

    return exit_code(run)


async def _make(count: int, collection: str | None) -> list[Proposal]:
    settings = read_settings(KnowledgeBaseSettings)
    with knowledge_base_url(settings, open_data_folder(settings.owflex_home)) as url:
        await migrate_knowledge_base(url)
        pool = create_pool(url, statement_timeout_ms=STATEMENT_TIMEOUT_MS)
        async with pool, open_questioner() as questioner:
            return await make_proposals(pool, questioner, count, collection)


async def make_proposals(
    pool: Pool, questioner: Questioner | None, count: int, collection: str | None
) -> list[Proposal]:
    """Up to `count` proposals, by the language model where there is one, else by rules.

    Raises `EvaluationError` when there is no passage to ask about.
    """
    async with pool.connection() as connection:
        passages = await sample_passages(connection, collection)
        if not passages:
            raise EvaluationError("There is no passage to ask about. Add documents with: owflex ingest PATH")
        vocabulary = vocabulary_of(passages)
        wanted = count - count // ONE_UNANSWERABLE_IN
        answerable = await _answerable(passages, vocabulary, questioner, wanted)
        return [*answerable, *await _unanswerable(connection, answerable, vocabulary, count - wanted)]


async def _answerable(
    passages: Sequence[Passage], vocabulary: Vocabulary, questioner: Questioner | None, wanted: int
) -> list[Proposal]:
    found: dict[str, Proposal] = {}
    for passage in passages:
        if len(found) >= wanted:
            break
        proposal = await questioner.propose(passage) if questioner else None
        proposal = proposal or propose(passage, vocabulary)
        if proposal is not None:
            found.setdefault(proposal.query, proposal)
    if questioner is not None and questioner.problem is not None:
        notes.print(
            f"[yellow]{escape_line(questioner.name)} failed ({escape_line(questioner.problem)}): "
            "some questions were made by rules.[/yellow]"
        )
    return list(found.values())


async def _unanswerable(
    connection: Connection, answerable: Sequence[Proposal], vocabulary: Vocabulary, wanted: int
) -> list[Proposal]:
    """Questions that look like the others, about something that is in no document."""
    words = [word for row in answerable for word in vocabulary.rare_words(row.text or "")[:1]]
    found: dict[str, Proposal] = {}
    for place, row in enumerate(answerable):
        if len(found) >= wanted:
            break
        others = [*words[place + 1 :], *words[:place]][:TRIES]
        candidates = list(swaps(row, vocabulary, others))[:TRIES]
        nowhere = await words_nowhere(connection, [made_up for made_up, _ in candidates])
        swapped = next((proposal for made_up, proposal in candidates if made_up in nowhere), None)
        if swapped is not None:
            found.setdefault(swapped.query, swapped)
    return list(found.values())


def _write(output: Path, lines: str) -> None:
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(lines)
    except OSError as error:
        raise EvaluationError(f"{output} cannot be written ({error}). Name another file.") from error
