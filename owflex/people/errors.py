"""What can go wrong with accounts of people."""

from owflex.errors import OwflexError


class PersonError(OwflexError):
    """What was asked for cannot be done with this person; the text says why."""
