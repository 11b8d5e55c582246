"""What a closer look at a passage adds to its score."""

import pytest

from knowledge_base.fusion import (
    LEAST_OF_LOOK,
    PLACE,
    PLACE_WEIGHT,
    RELATED_WEIGHT,
    TOGETHER_WEIGHT,
    CloserLook,
    Passage,
    closer_looks,
    in_order,
    is_form_of,
    is_related,
)
from knowledge_base.language_fit import COSINE_PARTS

WEIGHTS = {"sick": 3.0, "leav": 2.0, "polici": 1.0}
ASKED = ["sick", "leav", "polici"]


def look(content: str, *matched: str, asked: list[str] = ASKED) -> CloserLook:
    weights = {**dict.fromkeys(asked, 1.0), **WEIGHTS}
    return closer_looks(asked, weights, [Passage(content, matched)])[0]


def test_neighbours_of_the_question_that_stand_together_count_by_their_rarity() -> None:
    assert look("The sick leave policy.", *ASKED).together == 1
    assert look("A sick person may leave.", "sick", "leav").together == pytest.approx(2 / 3)
    assert look("The policy.", "polici").together == 0
    assert look("sick", "sick", asked=["sick"]).together == 0


def test_words_of_the_question_in_one_place_count_by_their_rarity() -> None:
    between = "other " * PLACE
    assert look("Sick people leave by our policy.", *ASKED).in_place == 1
    assert look(f"Sick people {between} leave by our policy.", *ASKED).in_place == pytest.approx(1 / 2)
    assert look(f"Sick sick sick {between} leave {between} policy.", *ASKED).in_place == pytest.approx(1 / 2)
    assert look("Nothing of it.").in_place == 0


def test_a_relative_counts_where_the_word_itself_is_missing() -> None:
    asked = ["execut", "configur"]
    assert look("An executor reads the config.", asked=asked).related == 1
    assert look("An executor executes.", "execut", asked=asked).related == 0
    assert look("An exit and a container.", asked=asked).related == 0


def test_a_word_that_the_index_did_not_find_is_no_form_however_alike() -> None:
    assert look("leaves of a tree", "sick", "leav").in_place == pytest.approx(1 / 3)
    assert look("leaves of a tree", "sick").in_place == 0


def test_nothing_asked_and_words_without_weight_add_nothing() -> None:
    nothing = CloserLook(0, 0, 0)
    assert closer_looks([], {}, [Passage("Some text.", ())]) == [nothing]
    assert closer_looks(["some", "text"], {}, [Passage("Some text.", ("some", "text"))]) == [nothing]
    assert closer_looks(["some"], {"some": 1.0}, []) == []


def test_all_parts_of_a_closer_look_are_in_its_score() -> None:
    assert CloserLook(1, 0, 0).score(0.2) == TOGETHER_WEIGHT
    assert CloserLook(0, 1, 0).score(0.2) == PLACE_WEIGHT
    assert CloserLook(0, 0, 1).score(0.2) == RELATED_WEIGHT


def test_where_words_stand_counts_less_where_the_cosine_counts_more() -> None:
    least, greatest = COSINE_PARTS
    found = [CloserLook(1, 1, 1).score(part) for part in (least, (least + greatest) / 2, greatest)]
    whole = TOGETHER_WEIGHT + PLACE_WEIGHT + RELATED_WEIGHT
    assert found == pytest.approx([whole, (1 + LEAST_OF_LOOK) / 2 * whole, LEAST_OF_LOOK * whole])
    # By meaning or by words alone it is as at the ends.
    assert [CloserLook(1, 1, 1).score(part) for part in (0.0, 1.0)] == pytest.approx([found[0], found[2]])


def test_words_follow_each_other_as_the_index_counts_them() -> None:
    assert in_order("Sick-leave, foo_bar 東京都 天") == ["sick", "leave", "foo", "bar", "東京", "京都", "天"]
    asked = ["東京", "天気"]
    assert look("東京の天気", *asked, asked=asked).in_place == 1


def test_forms_have_the_stem_and_relatives_its_beginning() -> None:
    assert is_form_of("policies", "polici")
    assert is_form_of("policy", "polici")
    assert not is_form_of("policeman", "polici")
    assert is_related("policeman", "polici")
    assert is_related("developer", "develop")
    assert not is_related("police", "polo")
    assert not is_related("interstellar", "inter")
    assert not is_related("error52", "error")
