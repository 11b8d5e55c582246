"""What a cosine says in a language, by what was measured of it."""

from dataclasses import astuple

import numpy as np
import pytest

from knowledge_base.language_fit import COSINE_PARTS, Fits, LanguageFit

# As the default model is in English and in Chinese, and as a model is to which all texts are very alike.
KNOWN = LanguageFit(64, 0.52, 0.02, -0.06)
UNKNOWN = LanguageFit(64, 0.58, 0.37, 0.26)
NARROW = LanguageFit(64, 0.885, 0.81, 0.79)


def test_the_words_lead_where_the_model_does_not_know_the_language() -> None:
    fits = Fits({"english": KNOWN, "zh": UNKNOWN, "all": NARROW})
    assert fits.cosine_part("english") > 0.55
    assert fits.cosine_part("zh") < 0.3
    assert fits.cosine_part("all") > 0.55


def test_the_less_known_one_of_question_and_passage_decides() -> None:
    measured = {"english": KNOWN, "zh": UNKNOWN}
    assert Fits(measured, "zh").cosine_part("english") == Fits(measured).cosine_part("zh")
    assert Fits(measured, "english").cosine_part("zh") == Fits(measured).cosine_part("zh")
    assert Fits(measured, "thai").cosine_part("english") == Fits(measured).cosine_part("english")


def test_cosines_of_what_is_unrelated_are_brought_to_about_nothing() -> None:
    cosines = np.array([0.26, 0.5, 0.79, np.nan])
    known, unknown = (Fits({"x": fit}).usual("x", cosines) for fit in (KNOWN, UNKNOWN))
    narrow = Fits({"x": NARROW}).usual("x", np.array([0.79, 0.83]))
    assert known[:3] == pytest.approx(cosines[:3])
    assert unknown[:2] == pytest.approx([0.015, 0.23], abs=0.02)
    assert narrow == pytest.approx([0.05, 0.22], abs=0.03)
    assert np.isnan(known[3])
    assert np.isnan(unknown[3])


def test_what_was_measured_with_few_sentences_counts_less() -> None:
    many, some = UNKNOWN, LanguageFit(8, UNKNOWN.own, UNKNOWN.middle, UNKNOWN.unrelated)
    assert many.cosine_part < some.cosine_part < COSINE_PARTS[1]
    nothing = Fits({})
    assert nothing.cosine_part("zh") == pytest.approx(COSINE_PARTS[1])
    assert nothing.usual("zh", np.array([0.4])) == pytest.approx([0.4])


def test_documents_that_are_alike_are_no_language_that_is_unknown() -> None:
    # Recipes in English: a line of one is hardly nearer to the rest of it than to other recipes.
    alike = LanguageFit(64, 0.38, 0.24, 0.13)
    assert alike.cosine_part < 0.25
    assert alike.beside_words(1.1).cosine_part > 0.55
    assert alike.cosine_part < alike.beside_words(0.9).cosine_part < 0.55
    # Where cosines find much less than words do, all stays as it was measured.
    same = UNKNOWN.beside_words(0.3)
    assert astuple(same) == pytest.approx(astuple(UNKNOWN))
    # Cosines that spread more than usual count in full, but from where unrelated ones are.
    wide = LanguageFit(64, 0.49, 0.29, 0.1)
    cosines = np.array([0.1, 0.2])
    assert np.diff(wide.usual(cosines)) == pytest.approx(0.05, abs=0.01)
    assert np.diff(wide.beside_words(1).usual(cosines)) == pytest.approx(0.1, abs=0.01)
    # The scale of another model stays its own.
    narrow = NARROW.beside_words(1).usual(np.array([0.79, 0.83]))
    assert narrow == pytest.approx([0.05, 0.22], abs=0.03)
