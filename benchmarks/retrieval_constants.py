"""Chooses the constants of the search by leaving one set out, and shows what each set thinks of them.

`python benchmarks/retrieval_constants.py SETS… --beside help-en=squad2 --looked-at squad2 …`: each of SETS is
a folder with corpus.jsonl, queries.jsonl and qrels.tsv; `retrieval_sets.py` makes some. `--beside A=B`:
questions of B are about something else than the documents of A. Signals of passages are kept in `--cache`, so
that a second run does not search again.

For each set the constants are chosen on all others, and it is measured with those. A set that was looked at
while the method was made (`--looked-at`) is marked: its figures are no proof. Peers are measured on the same
sets by `retrieval.py`.
"""

import argparse
import asyncio
import itertools
import pickle
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent))

from databases import fresh_database
from retrieval_confidence import confidence_tables
from retrieval_metrics import interval, ndcg_of
from retrieval_signals import Asked, lines_of, name_of, signals_of

from database.embedded import embedded_postgres
from database.home import open_data_folder
from knowledge_base.embedding import DEFAULT_MODEL, create_embedder
from knowledge_base.fusion import ALL_WORDS, CloserLook
from knowledge_base.hits import Hit
from knowledge_base.language_fit import COSINE_PARTS

# What is tried: how far the cosine's part grows with the model's fit (1 is as shipped), and how much counts
# where the words stand.
GROWTHS, LOOKS = (0.75, 1.0, 1.25, 1.5), (0.5, 0.75, 1.0, 1.25)
SHIPPED = (1.0, 1.0)
LOOKED_AT = 30
Order = Callable[[Sequence[Hit]], Sequence[float]]


def main() -> None:
    """Print the tables."""
    options = _options()
    options.cache.mkdir(parents=True, exist_ok=True)
    sets = {folder.name: _signals(folder, options) for folder in options.sets}
    print(ranking_table(sets, options.looked_at))
    print(confidence_tables(sets))


def ranking_table(sets: Mapping[str, Sequence[Asked]], looked_at: Sequence[str]) -> str:
    """nDCG@10 of each set by constants that the others chose, beside those shipped and simpler ways; in
    brackets how much better the chosen ones are, with the 95 % interval of a paired bootstrap.
    """
    constants = list(itertools.product(GROWTHS, LOOKS))
    scores = {name: {one: _ndcg(asked, ours(*one)) for one in constants} for name, asked in sets.items()}
    head = ["set", "looked at", "chosen without it", "95 %", "which", "as shipped", *SIMPLE]
    lines = [_row(head), "|---|---|---:|---:|---|---:|" + "---:|" * len(SIMPLE)]
    not_looked_at: list[list[float]] = []
    for name, asked in sets.items():
        others = [scores[other] for other in sets if other != name] or [scores[name]]
        growth, looks = best = _best(others)
        chosen = scores[name][best]
        low, high = interval(chosen)
        cells = ["yes" if name in looked_at else "no", f"{chosen.mean():.3f}", f"{low:.3f}–{high:.3f}"]
        cells += [f"growth {growth:g}, looks {looks:g}", f"{scores[name][SHIPPED].mean():.3f}"]
        simple = {way: _ndcg(asked, order) for way, order in SIMPLE.items()}
        lines.append(_row([name, *cells, *(_beside(chosen, theirs) for theirs in simple.values())]))
        if name not in looked_at:
            not_looked_at.append([chosen.mean(), *(theirs.mean() for theirs in simple.values())])
    return "\n".join([*lines, *_mean_row(not_looked_at)])


def _beside(ours: Any, theirs: Any) -> str:
    low, high = interval(ours - theirs)
    return f"{theirs.mean():.3f} ({(ours - theirs).mean():+.3f}, {low:+.3f} to {high:+.3f})"


def _mean_row(figures: Sequence[Sequence[float]]) -> list[str]:
    """The means over the sets that were not looked at, if there are any."""
    if not figures:
        return []
    ours, *theirs = np.mean(figures, axis=0).tolist()
    return [_row(["mean", "no", f"{ours:.3f}", "", "", "", *(f"{one:.3f}" for one in theirs)])]


def _best(others: Sequence[Mapping[tuple[float, float], Any]]) -> tuple[float, float]:
    return max(others[0], key=lambda one: np.mean([scores[one].mean() for scores in others]))


def _convex(hits: Sequence[Hit]) -> Sequence[float]:
    return [0.7 * hit.similarity + 0.3 * hit.bm25 / ALL_WORDS for hit in hits]


def _by_cosine(hits: Sequence[Hit]) -> Sequence[float]:
    return [hit.similarity for hit in hits]


def _by_words(hits: Sequence[Hit]) -> Sequence[float]:
    return [hit.bm25 for hit in hits]


SIMPLE: dict[str, Order] = {"0.7 cosine + 0.3 BM25": _convex, "cosine": _by_cosine, "BM25": _by_words}


def ours(growth: float, looks: float) -> Order:
    """The product's order with other constants; `ours(*SHIPPED)` is the product's own."""

    def order(hits: Sequence[Hit]) -> Sequence[float]:
        least = COSINE_PARTS[0]
        parts = [least + (hit.cosine_part - least) * growth for hit in hits]
        base = np.array(
            [
                part * hit.meaning + (1 - part) * hit.bm25 / ALL_WORDS
                for part, hit in zip(parts, hits, strict=True)
            ]
        )
        # Those that are not looked at stay behind.
        read: list[int] = np.argsort(-base, kind="stable")[:LOOKED_AT].tolist()
        scores = base - 2
        scores[read] = [base[place] + looks * _look(hits[place]).score(parts[place]) for place in read]
        return scores.tolist()

    return order


def _look(hit: Hit) -> CloserLook:
    return CloserLook(hit.together, hit.in_place, hit.related)


def _ndcg(asked: Sequence[Asked], order: Order) -> Any:
    """nDCG@10 of each question with an answer."""
    values: list[float] = []
    for one in asked:
        if one.kind == "answerable":
            places: list[int] = np.argsort(-np.array(order(one.hits)), kind="stable").tolist()
            found = list(dict.fromkeys(name_of(one.hits[place]) for place in places))
            values.append(ndcg_of(found, one.relevant))
    return np.array(values)


def _signals(folder: Path, options: argparse.Namespace) -> Sequence[Asked]:
    """What is found for a set, as it was found before where that is kept."""
    file = options.cache / f"{folder.name}-{options.questions}-{options.documents}.pickle"
    if not file.exists():
        print(f"Searching {folder.name} …", file=sys.stderr, flush=True)
        file.write_bytes(pickle.dumps(_search(folder, options)))
    return pickle.loads(file.read_bytes())  # noqa: S301 - our own


def _search(folder: Path, options: argparse.Namespace) -> Sequence[Asked]:
    embedder, beside = create_embedder(DEFAULT_MODEL), _off_topic(folder, options)
    sizes = {"questions": options.questions, "documents": options.documents}
    # A server for each: all databases together would take much room.
    with tempfile.TemporaryDirectory(prefix="owflex-bench-") as place:
        home = open_data_folder(Path(place) / "home")
        with embedded_postgres(home, "benchmark") as url:
            return asyncio.run(signals_of(fresh_database(url, "signals"), folder, embedder, beside, **sizes))


def _off_topic(folder: Path, options: argparse.Namespace) -> list[str]:
    """Questions of the sets that are about something else."""
    pairs = [one.partition("=") for one in options.beside]
    folders = [_named(other, options) for name, _, other in pairs if name == folder.name]
    texts = [query["text"] for each in folders for query in lines_of(each / "queries.jsonl")]
    return texts[:: max(len(texts) // options.questions, 1)][: options.questions]


def _named(name: str, options: argparse.Namespace) -> Path:
    found = [folder for folder in options.sets if folder.name == name]
    if not found:
        raise SystemExit(f"--beside names {name}, which is none of the sets.")
    return found[0]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--beside", nargs="*", default=[], metavar="A=B")
    parser.add_argument("--looked-at", nargs="*", default=[])
    parser.add_argument("--questions", type=int, default=150, help="At most so many of each kind.")
    parser.add_argument("--documents", type=int, default=1000, help="About so many of each set.")
    cache = Path(__file__).parent.parent / ".venv-benchmarks" / "signals"
    parser.add_argument("--cache", type=Path, default=cache)
    return parser.parse_args()


if __name__ == "__main__":
    main()
