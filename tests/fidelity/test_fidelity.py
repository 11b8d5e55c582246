"""No word is lost on the way from a file into its passages, whatever its format."""

import pytest

from parsing.formats import FORMATS
from tests.fidelity.made_documents import Made, all_made
from tests.fidelity.measuring import fidelity

LEAST = 0.99
MADE = all_made()


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.name)
def test_the_words_of_a_document_arrive_in_its_passages_in_order(made: Made) -> None:
    assert fidelity(made) >= LEAST


def test_every_format_is_measured() -> None:
    # Other ways of packing a file are measured by the ZIP.
    packed = {"application/x-tar", "application/gzip", "application/x-bzip2", "application/x-xz"}
    assert {format.media_type for format in FORMATS} - {made.media_type for made in MADE} == packed
