"""The rows of a page: parts that stand beside each other."""

import re
from itertools import pairwise

from parsing.pdf.parts import Part

# In sizes of the type: a wider gap parts cells, a taller one parts paragraphs.
CELL_GAP = 0.7
PARAGRAPH_GAP = 0.75
JUSTIFIED_GAP = 2.0
BULLET = re.compile(r"[•●○◦▪■‣–·\uf0b7\u2219*-]|\(?(?:\d{1,3}|[a-z])[.)]")


def rows_of(parts: list[Part]) -> list[list[Part]]:
    rows: list[list[Part]] = []
    for part in sorted(parts, key=lambda part: (-part.top - part.bottom, part.left)):
        if rows and _beside(rows[-1][0], part):
            rows[-1].append(part)
        else:
            rows.append([part])
    return [_without_gaps(sorted(row, key=lambda part: part.left)) for row in rows]


def _beside(first: Part, other: Part) -> bool:
    shared = min(first.top, other.top) - max(first.bottom, other.bottom)
    low, high = sorted((first.size, other.size))
    return shared >= 0.5 * low and high <= 2.5 * low


def _without_gaps(row: list[Part]) -> list[Part]:
    """Parts that lie close together, or are a bullet and its text, are one."""
    if any(part.is_cell for part in row):
        return row
    if _is_justified(row):
        return [joined(row)]
    merged = row[:1]
    for part in row[1:]:
        last = merged[-1]
        close = part.left - last.right < CELL_GAP * min(part.size, last.size)
        bullet = len(merged) == 1 and len(row) == 2 and BULLET.fullmatch(last.text)
        if close or bullet:
            merged[-1] = joined([last, part])
        else:
            merged.append(part)
    return merged


def _is_justified(row: list[Part]) -> bool:
    """Whether the row is a stretched line: all its wide gaps are the same."""
    gaps = [(right.left - left.right) / max(right.size, 1) for left, right in pairwise(row)]
    return len(gaps) > 1 and max(gaps) < JUSTIFIED_GAP and max(gaps) - min(gaps) < 0.2


def joined(row: list[Part]) -> Part:
    return Part(
        " ".join(part.text for part in row),
        min(part.left for part in row),
        max(part.right for part in row),
        min(part.bottom for part in row),
        max(part.top for part in row),
        max(part.size for part in row),
        all(part.bold for part in row),
    )


def gap_between(above: list[Part], below: list[Part]) -> float:
    return min(part.bottom for part in above) - max(part.top for part in below)
