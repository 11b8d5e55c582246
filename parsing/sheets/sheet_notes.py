"""Sentences about what was not read of a sheet, or is not seen in it."""

from collections.abc import Iterator


def hidden_sheet(name: str) -> str:
    """The sheet is there, but its workbook does not show it."""
    return f'The sheet "{name}" is hidden in the workbook; it was read.'


def unread_sheet(name: str, reason: object) -> str:
    """The sheet is damaged."""
    return f'The sheet "{name}" was not read: {reason}'


def too_large(name: str) -> str:
    """The sheet has more cells than are read."""
    return f'The sheet "{name}" is too large: the rest of it was not read.'


def hidden_parts(name: str, rows: int, columns: int, formulas: int) -> Iterator[str]:
    """How many rows and columns are hidden, and how many formulas were never computed."""
    if rows:
        yield f'In the sheet "{name}" {_counted(rows, "hidden row was", "hidden rows were")} read.'
    if columns:
        yield f'In the sheet "{name}" {_counted(columns, "hidden column was", "hidden columns were")} read.'
    if formulas:
        have = _counted(formulas, "formula has", "formulas have")
        yield f'In the sheet "{name}" {have} no stored value: the formula itself is shown.'


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
