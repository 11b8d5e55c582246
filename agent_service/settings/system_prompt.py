"""The text of SYSTEM_PROMPT_FILE."""

from pathlib import Path

MAX_PROMPT_BYTES = 65_536


def read_prompt(path: Path) -> str:
    """The text of SYSTEM_PROMPT_FILE. Raises `ValueError` with the cure."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_PROMPT_BYTES + 1)
        text = content.decode("utf-8-sig").strip()
    except OSError as error:
        raise ValueError(f"SYSTEM_PROMPT_FILE={path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ValueError(f"SYSTEM_PROMPT_FILE={path} is no text in UTF-8.") from None
    if len(content) > MAX_PROMPT_BYTES:
        raise ValueError(f"SYSTEM_PROMPT_FILE={path} is larger than {MAX_PROMPT_BYTES} bytes. Shorten it.")
    if not text:
        raise ValueError(f"SYSTEM_PROMPT_FILE={path} is empty.")
    return text
