"""The passages whose words say most, proposed by an engine instead of by reading the posting lists.

Never silently fewer: the heads of the lists say how many passages have a word, and an engine that returns
fewer has lost some. Whatever it fails at, the built-in way is used.
"""

from dataclasses import replace

import numpy as np
import psycopg

from database.pool import first_line
from knowledge_base.engine_words import question_of
from knowledge_base.posting_lists import Asking, Lists, read_lists
from knowledge_base.postings import Connection
from knowledge_base.proposals import Asked, best_candidates
from knowledge_base.search_filter import SearchFilter
from knowledge_base.search_scope import Scope, those_allowed
from knowledge_base.snapshot import savepoint
from knowledge_base.word_codes import EVERY_PASSAGE, Array
from knowledge_base.word_engine_watch import EngineInUse
from knowledge_base.word_search import best_by_words

# An engine knows how rare a word is among all passages, not among those of a caller, and has coarser impacts.
AS_MANY_MORE = 1.5
# It passes over what a filter leaves out one by one; the lists of a smaller part are read sooner.
LEAST_SHARE = 0.1


class EngineIncompleteError(Exception):
    """An engine has found fewer passages than there are."""

    def __init__(self, found: int, wanted: int) -> None:
        super().__init__(f"it found {found} passages where {wanted} have a word of the question")


async def candidates_by_words(
    connection: Connection,
    asked: Asked,
    which: SearchFilter,
    scope: Scope,
    lists: Lists,
    in_use: EngineInUse | None,
) -> Array:
    """Ids of passages among which are those whose words say most; see `best_candidates`.

    Where there is an engine, of `lists` the heads are enough.
    """
    if in_use is None or not asked.by_key:
        return await best_candidates(connection, asked, which, scope, lists)
    everything = max(in_use.passages, lists.count(EVERY_PASSAGE), 1)
    if scope.ids is None and scope.passages >= LEAST_SHARE * everything:
        found = await _by_engine(connection, asked, which, scope, lists, in_use)
        if found is not None:
            return found
    lists = await read_lists(connection, asked.words, Asking(which.collection))
    return await best_candidates(connection, asked, which, scope, lists)


async def _by_engine(
    connection: Connection,
    asked: Asked,
    which: SearchFilter,
    scope: Scope,
    lists: Lists,
    in_use: EngineInUse,
) -> Array | None:
    """None where the engine fails, or finds too few that meet a condition."""
    # Collections are left out by the engine itself, documents that do not meet a condition afterwards.
    count = round(AS_MANY_MORE * asked.candidates / (1 if scope.condition is None else asked.share))
    try:
        # The search goes on after a failure.
        async with savepoint(connection):
            question = question_of({key for _, key in asked.by_key})
            best = await in_use.engine.best(connection, question, count, which.collection)
        _check_all_there(len(best), count, asked, lists)
    except (psycopg.DatabaseError, EngineIncompleteError) as error:
        if connection.broken or isinstance(error, psycopg.errors.QueryCanceled):
            raise
        in_use.watch.failed(in_use.engine, first_line(error))
        return None
    # What was not merged yet is not in the engine; what is gone since is left out where passages are read.
    fresh = best_by_words(replace(lists, lists=[]), asked.by_key, asked.candidates).ids
    ids = np.union1d(np.array(best, np.int64), fresh)
    if scope.condition is None:
        return ids
    met = await those_allowed(connection, scope.condition, ids)
    return met if len(met) >= asked.candidates or len(best) < count else None


def _check_all_there(found: int, count: int, asked: Asked, lists: Lists) -> None:
    """Raise `EngineIncompleteError` where more passages have the most frequent of the words."""
    having: dict[int, int] = {}
    for each in lists.lists:
        if each.searched and (each.language, each.lexeme) in asked.by_key:
            having[each.lexeme] = having.get(each.lexeme, 0) + each.passages
    wanted = min(count, max(having.values(), default=0))
    if found < wanted:
        raise EngineIncompleteError(found, wanted)
