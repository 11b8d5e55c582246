"""The commands of `owflex evaluate`: their arguments; each loads what it needs."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from owflex.asking.search_mode import SearchMode
from owflex.configuration.program_settings import check_settings

DEFAULT_COMMAND = "run"


class FileOrCommand(TyperGroup):
    """`owflex evaluate QUESTIONS.jsonl` means `owflex evaluate run QUESTIONS.jsonl`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Insert the default command where none is named."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=FileOrCommand,
    help="Measure how well the search finds the answers in your documents: [bold]owflex evaluate make[/bold] "
    "proposes questions, [bold]owflex evaluate QUESTIONS.jsonl[/bold] measures with them.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.command(DEFAULT_COMMAND)
def run(
    questions: Annotated[
        Path | None, typer.Argument(help="Labelled questions, one JSON object a line.", show_default=False)
    ] = None,
    collection: Annotated[str | None, typer.Option(help="Search only this collection.")] = None,
    mode: Annotated[SearchMode, typer.Option(help="How passages are found.")] = SearchMode.HYBRID,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Write the curves as a PNG file.")] = None,
    baseline: Annotated[
        Path | None, typer.Option("--compare", help="Compare with a measurement that --save wrote.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the measurement for a later --compare.")] = None,
    corpus: Annotated[
        Path | None, typer.Option(help="Documents of a test set, instead of your own (JSONL).")
    ] = None,
    queries: Annotated[Path | None, typer.Option(help="Questions of the test set (JSONL).")] = None,
    qrels: Annotated[
        Path | None, typer.Option(help="Which document answers which question (tab-separated).")
    ] = None,
) -> None:
    """Measure the search with labelled questions, or with a test set in a database of its own.

    Exit code: 0 measured, 1 could not measure, 2 a file is wrong, 3 significantly worse than the baseline,
    130 stopped.
    """
    check_settings("knowledge_base")
    from owflex.evaluation.command import Wanted, run_questions, run_test_set

    wanted = Wanted(as_json, plot, baseline, save)
    test_set = [corpus, queries, qrels]
    if questions is not None and not any(test_set):
        raise typer.Exit(run_questions(questions, collection=collection, mode=mode.value, wanted=wanted))
    if questions is not None or corpus is None or queries is None or qrels is None:
        raise typer.BadParameter(
            "Name a file of labelled questions, or a test set with all of --corpus, --queries and --qrels."
        )
    if collection is not None:
        raise typer.BadParameter("--collection is about your own documents, not about a test set.")
    raise typer.Exit(run_test_set(corpus, queries, qrels, mode=mode.value, wanted=wanted))


@app.command()
def make(
    questions: Annotated[int, typer.Option(min=2, max=2000, help="How many questions to propose.")] = 50,
    output: Annotated[
        Path | None, typer.Option(help="The file to write; a new one. Default: standard output.")
    ] = None,
    collection: Annotated[str | None, typer.Option(help="Only about documents of this collection.")] = None,
) -> None:
    """Propose labelled questions from your own documents, for you to correct.

    With a language model when one is set up (OPENAI_API_KEY and so on), else by simple rules.
    """
    check_settings("knowledge_base", "agent_service")
    from owflex.evaluation.make_questions import run_make

    raise typer.Exit(run_make(questions, output, collection))


@app.command()
def answers(
    conversations: Annotated[
        Path,
        typer.Argument(
            help="Conversations with what good answers hold, one JSON object a line.", show_default=False
        ),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the figures and all answers as one JSON object.")
    ] = False,
    tasks: Annotated[
        bool, typer.Option("--tasks", help="Ask also what adds and changes tasks: they become your own.")
    ] = False,
) -> None:
    """Ask the chat a file of questions and count how many answers are right, partly right, wrong or refused.

    Exit code: 0 measured, 1 could not be asked, 2 the file is wrong, 130 stopped.
    """
    check_settings("knowledge_base", "agent_service")
    from owflex.evaluation.answers import run_answers

    raise typer.Exit(run_answers(conversations, as_json=as_json, with_tasks=tasks))
