"""Names of files made from titles and sources: every system can hold them, none leads out of its folder."""

import re
import unicodedata

MAX_BYTES = 100
# What Windows refuses, controls, and marks that turn the direction of what follows.
UNSAFE = re.compile(
    r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+'
)
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_name(text: str) -> str:
    """One part of a path: at most 100 bytes, never empty, and never `.` or `..`."""
    name = UNSAFE.sub("_", unicodedata.normalize("NFC", text)).strip(" .")
    name = name.encode()[:MAX_BYTES].decode("utf-8", "ignore").strip(" .")
    return f"_{name}" if not name or RESERVED.fullmatch(name) or name.startswith(("-", "~")) else name


def safe_path(text: str) -> str:
    """A path below a folder, from one that is separated by slashes."""
    return "/".join(safe_name(part) for part in text.split("/") if part)
