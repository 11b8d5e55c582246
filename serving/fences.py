"""Texts of others for a language model: between two tags of a random name, which no text can know."""

import re
import secrets

QUOTED = "quoted-text"
TAGS = re.compile(rf"</?{QUOTED}-[0-9a-f]{{16}}>")


def fence(text: str) -> str:
    """The text between two tags that mark it as data."""
    marker = f"{QUOTED}-{secrets.token_hex(8)}"
    return f"<{marker}>{text}</{marker}>"


def without_fences(text: str) -> str:
    """The text free of such tags."""
    return TAGS.sub("", text)
