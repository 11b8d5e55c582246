"""What a cosine says in a language: models know some languages well, and in others everything is alike to
them.

Measured on the stored passages themselves, by ingestion (`ingest.storing.language_fits`). What follows from
it was chosen on labelled sets of several languages: docs/search.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from knowledge_base.word_codes import Array

# Fewer sentences tell nothing of a language.
LEAST_SENTENCES = 8
# So many sentences count as much as what is taken for granted while nothing was measured.
FEW_SENTENCES = 4
# The part of the cosine in the score, by how far the rest of a sentence's passage stands out from others;
# between these two it is on the line between theirs.
SEPARATIONS, COSINE_PARTS = (1.9, 4.0), (0.2, 0.7)
# Where documents are much alike, nothing stands out in a language that the model knows, either. So it is
# compared with words: how well cosines find what belongs together, as a part of how well words do. From the
# second on a model knows the language, up to the first all is as measured; the line between theirs.
RATIOS = (0.8, 1.0)
# What is measured of the default model in English, to whose scale cosines are brought; `unrelated` is 0
# there.
USUAL_SPREAD = 0.095
# Vectors that are all alike have none.
LEAST_SPREAD = 0.005


@dataclass(frozen=True)
class LanguageFit:
    """How a model fits a language: cosines of a sentence with the rest of its passage (`own`, the mean) and
    with passages of other documents (`middle`, the median, and `unrelated`, above which five of six are).

    Where documents are alike, it is what they would be in others (see `beside_words`).
    """

    sentences: int
    own: float
    middle: float
    unrelated: float

    @property
    def cosine_part(self) -> float:
        """The part of the cosine in the score; the rest is the words' part."""
        measured = float(np.interp((self.own - self.middle) / self._spread, SEPARATIONS, COSINE_PARTS))
        return self._trust * measured + (1 - self._trust) * COSINE_PARTS[-1]

    def usual(self, cosines: Array) -> Array:
        """The cosines that would say as much in a language that the default model knows; NaN stays.

        They are never greater: that a text is unlike all others does not make a cosine say more.
        """
        measured = (cosines - self.unrelated) * (USUAL_SPREAD / self._spread)
        lower = np.clip(np.minimum(measured, cosines), -1, 1)
        return self._trust * lower + (1 - self._trust) * cosines

    def beside_words(self, ratio: float) -> "LanguageFit":
        """The same without what only says that the documents are alike; `ratio` of cosines to words, as in
        `RATIOS`.

        Of a language that is known, cosines spread no more than usual, whatever the documents, and stand out.
        """
        known = 1 - float(np.interp(ratio, RATIOS, (1, 0)))
        spread = self._spread + known * (min(self._spread, USUAL_SPREAD) - self._spread)
        stands_out = (self.own - self.middle) / self._spread
        stands_out += known * (max(stands_out, SEPARATIONS[-1]) - stands_out)
        middle = self.unrelated + spread
        return LanguageFit(self.sentences, middle + stands_out * spread, middle, self.unrelated)

    @property
    def _spread(self) -> float:
        """How much cosines differ of what has nothing to do with each other."""
        return max(self.middle - self.unrelated, LEAST_SPREAD)

    @property
    def _trust(self) -> float:
        """How much of it is measured, 0 to 1; the rest is as in a language that the model knows."""
        return self.sentences / (self.sentences + FEW_SENTENCES)


# As it is where nothing was measured yet.
NOT_MEASURED = LanguageFit(0, 0, 0, 0)


@dataclass(frozen=True)
class Fits:
    """The languages of the passages with their fits, as far as they were measured; `spoken` is the one in
    which the question is. Of the two, question and passage, the one that the model knows less decides.
    """

    measured: Mapping[str, LanguageFit]
    spoken: str | None = None

    def cosine_part(self, language: str) -> float:
        """The part of the cosine in the score of passages of a language."""
        return min(fit.cosine_part for fit in self._of(language))

    def usual(self, language: str, cosines: Array) -> Array:
        """What cosines with passages of a language would be if the default model knew it."""
        return reduce(np.minimum, (fit.usual(cosines) for fit in self._of(language)))

    def _of(self, language: str) -> list[LanguageFit]:
        known = [self.measured[each] for each in {language, self.spoken or language} & self.measured.keys()]
        return known or [NOT_MEASURED]


def fits_of(rows: Sequence[Mapping[str, Any]], spoken: str | None) -> Fits:
    """The fits for a question, of rows of `language_fits`."""
    return Fits(
        {
            row["language"]: LanguageFit(row["sentences"], row["own"], row["middle"], row["unrelated"])
            for row in rows
        },
        spoken,
    )
