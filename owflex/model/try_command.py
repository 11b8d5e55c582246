"""`owflex model try`: another embedding model beside the one in use, on the user's own questions."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

from database.home import open_data_folder
from database.pool import create_pool
from database.settings import read_settings
from knowledge_base.bootstrap import knowledge_base_url, migrate_knowledge_base
from knowledge_base.embedding import create_embedder
from knowledge_base.embedding_spaces import model_to_use
from knowledge_base.settings import KnowledgeBaseSettings
from owflex.evaluation.command import WORSE, exit_code_of_files, notes, progress
from owflex.evaluation.errors import EvaluationError
from owflex.evaluation.make_questions import STATEMENT_TIMEOUT_MS, make_proposals
from owflex.evaluation.measurement import print_json
from owflex.evaluation.model_questions import open_questioner
from owflex.evaluation.question_file import LabelledQuestion, read_questions
from owflex.evaluation.question_rules import HEURISTIC, Proposal
from owflex.model.naming import full_name
from owflex.model.report import json_of, show_trial
from owflex.model.trial import Trial, Wanted, try_model

PROPOSED = 100
BY_RULES = (
    "The questions were made by rules out of the passages' own words, which favours the search by words. "
    "For a better comparison correct those of `owflex evaluate make` and give the file with --questions."
)


def run_try(model: str, questions: Path | None, *, most: int, collection: str | None, as_json: bool) -> int:
    """Compare, print the figures and the cost; the exit code (2: a wrong file, 3: significantly worse)."""

    def run() -> int:
        labelled = None if questions is None else read_questions(questions)
        settings = read_settings(KnowledgeBaseSettings)
        with knowledge_base_url(settings, open_data_folder(settings.owflex_home)) as url:
            trial = asyncio.run(_try(url, full_name(model), labelled, most, collection))
        _print(trial, as_json=as_json)
        return WORSE if trial.comparison.worse else 0

    return exit_code_of_files(run)


async def _try(
    url: str, name: str, labelled: Sequence[LabelledQuestion] | None, most: int, collection: str | None
) -> Trial:
    await migrate_knowledge_base(url)
    # Of the index, whatever EMBEDDING_MODEL says: its vectors are there.
    old = create_embedder(await model_to_use(url, None))
    new = create_embedder(name)
    if old.model_name == new.model_name:
        raise EvaluationError(f"{name} is the model in use. Name another one to compare it with.")
    # Said before questions are made, which may take long.
    new.load()
    questions = labelled if labelled is not None else await _proposed(url, collection)
    return await try_model(url, old, Wanted(new, questions, most, collection), progress())


async def _proposed(url: str, collection: str | None) -> list[LabelledQuestion]:
    pool = create_pool(url, statement_timeout_ms=STATEMENT_TIMEOUT_MS)
    async with pool, open_questioner() as questioner:
        proposals = await make_proposals(pool, questioner, PROPOSED, collection)
    if not any(proposal.answerable for proposal in proposals):
        raise EvaluationError(
            "No questions could be made of your passages. Write some (docs/evaluation.md), and give the file "
            "with --questions."
        )
    if all(proposal.made_by == HEURISTIC for proposal in proposals):
        notes.print(f"[yellow]{BY_RULES}[/yellow]", soft_wrap=True)
    return [_labelled(number, proposal) for number, proposal in enumerate(proposals, 1)]


def _labelled(number: int, proposal: Proposal) -> LabelledQuestion:
    question_id = hashlib.sha256(proposal.query.encode()).hexdigest()[:12]
    return LabelledQuestion(
        question_id, proposal.query, proposal.source, proposal.text, proposal.answerable, number
    )


def _print(trial: Trial, *, as_json: bool) -> None:
    if as_json:
        print_json(json_of(trial))
    else:
        show_trial(trial)
