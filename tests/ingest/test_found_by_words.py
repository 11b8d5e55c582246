"""How well cosines find what belongs together, beside words."""

import numpy as np
import pytest

from ingest.storing.found_by_words import by_words, ratio_to_words

OTHERS = ~np.eye(4, dtype=bool)
FOUND = np.zeros((4, 4))
OWN = np.ones(4)
# As chance would have it: nothing is nearer than anything else.
LOST = np.ones((4, 4))


def test_words_find_the_rest_of_a_sentence_by_how_rare_they_are_whatever_their_endings() -> None:
    passages = ["Gardens are dug in autumn.", "Rivers flood the meadows.", "Meadows are mown in June."]
    scores, own = by_words(["Gardening takes long."], ["In autumn the garden rests."], passages)
    assert scores.shape == (1, 3)
    assert scores[0, 0] > scores[0, 1] == scores[0, 2] == 0
    assert own[0] > 0


def test_cosines_are_judged_by_what_words_find_in_the_same_documents() -> None:
    assert ratio_to_words(FOUND, OWN, FOUND, OWN, OTHERS) == pytest.approx(1)
    assert ratio_to_words(LOST, OWN, FOUND, OWN, OTHERS) == pytest.approx(0)
    # All documents are alike: the words are lost as well, and what cosines find counts the more.
    assert ratio_to_words(FOUND, OWN, LOST, OWN, OTHERS) > 1


def test_where_neither_finds_anything_nothing_is_known() -> None:
    assert ratio_to_words(LOST, OWN, LOST, OWN, OTHERS) == pytest.approx(0)
