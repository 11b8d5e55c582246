"""Reading pictures of text, with the optional RapidOCR (`owflex[ocr]`)."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

ENGINE = "rapidocr_onnxruntime"
# In heights of the line: so wide a white gap parts words; between digits and capitals, where a narrow 1 or I
# stands in much white, a wider one.
WORD_GAP = 0.13
WIDE_GAP = 0.2
# Share of the range between paper and ink that still counts as paper.
PAPER = 0.35


def available() -> bool:
    """Whether pictures can be read here."""
    return find_spec(ENGINE) is not None


def recognise(image: Any) -> list[str]:
    """The lines of text in a picture (an RGB array), from top to bottom.

    Raises `ModuleNotFoundError` when not `available`.
    """
    found: list[Any] = _engine()(image, return_word_box=True)[0] or []
    return [_spaced(image, line[0], line[1], _letters(line[3], line[4])) for line in found]


def _letters(places: list[Any], signs: list[str]) -> list[tuple[float, str]]:
    """The letters of a line and the middle of each."""
    return [((place[0][0] + place[1][0]) / 2, sign) for place, sign in zip(places, signs, strict=True)]


def _spaced(image: Any, box: Any, text: str, letters: list[tuple[float, str]]) -> str:
    """The text with the spaces the engine overlooks, where the picture shows them."""
    left, top = (max(int(min(point[axis] for point in box)), 0) for axis in (0, 1))
    right, bottom = (int(max(point[axis] for point in box)) + 1 for axis in (0, 1))
    gaps = _gaps(image[top:bottom, left:right], WORD_GAP * (bottom - top))
    words, last = "", float("inf")
    for middle, sign in letters:
        gap = sum(width for place, width in gaps if last < left + place <= middle)
        needed = WIDE_GAP if _is_tall(words[-1:]) and not sign.islower() else WORD_GAP
        parted = gap >= needed * (bottom - top) and (words[-1:] + sign).isascii()
        words += f" {sign}" if parted else sign
        last = middle
    return " ".join(words.split()) or text


def _is_tall(sign: str) -> bool:
    return sign.isdigit() or sign.isupper()


def _gaps(line: Any, least: float) -> list[tuple[float, int]]:
    """The middles and widths of the white gaps in a line that are at least so wide."""
    grey = line.mean(axis=2)
    paper, ink = float(grey.max()), float(grey.min())
    # White letters on a dark ground are letters as well.
    if float(grey.mean()) < (paper + ink) / 2:
        paper, ink = ink, paper
    marks = (abs(grey - paper) > PAPER * abs(paper - ink)).any(axis=0).tolist()
    gaps: list[tuple[float, int]] = []
    start = 0
    for place, marked in enumerate([*marks, True]):
        if marked:
            if start and place - start >= least:
                gaps.append(((start + place) / 2, place - start))
            start = place + 1
    return gaps


@cache
def _engine() -> Any:
    # It takes long to load, and only some have it.
    return import_module(ENGINE).RapidOCR()
