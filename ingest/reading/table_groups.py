"""Long tables whose rows stand in groups: each part begins with the name of the group it goes on with."""

import re
from collections.abc import Callable, Iterator

from ingest.reading.cutting import LINES, cut

CELL_END = re.compile(r"(?<!\\)\|")
# A longer one says something itself. So much of a part may be the name of its group.
MAX_GROUP_LENGTH = 120
GROUP_SHARE = 4


def with_groups(rows: str, tokens_of: Callable[[str], int], room: int) -> Iterator[str]:
    """The rows in parts that fit; a part that begins within a group repeats the row that names it."""
    lines = rows.split("\n")
    names = frozenset(filter(_names_group, lines))
    widest = max(map(tokens_of, names), default=0)
    # Most rows of a table of groups are none; where many are, cells are only missing.
    if not names or sum(line in names for line in lines) * 2 > len(lines) or widest * GROUP_SHARE > room:
        yield from cut(rows, tokens_of, room, LINES)
        return
    group = ""
    for part in cut(rows, tokens_of, room - widest, LINES):
        inside = part.split("\n")
        yield part if not group or inside[0] in names else f"{group}\n{part}"
        group = next((line for line in reversed(inside) if line in names), group)


def _names_group(line: str) -> bool:
    """Whether a row has one text, in its first cell or in all of them."""
    if len(line) > MAX_GROUP_LENGTH:
        return False
    cells = [cell.strip() for cell in CELL_END.split(line)[1:-1]]
    alike = len(set(cells)) == 1 or not any(cells[1:])
    return len(cells) > 1 and alike and any(map(str.isalpha, cells[0]))
