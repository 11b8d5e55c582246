"""The option `--meta`, of ingestion and of search."""

from collections.abc import Sequence
from typing import Any

from ingest.errors import OptionError


def parse_metadata(pairs: Sequence[str]) -> dict[str, Any]:
    """`key=value` arguments as metadata; a key given twice becomes a list. Raises `OptionError`."""
    metadata: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise OptionError(f'--meta "{pair}" is not of the form key=value, for example --meta team=sales.')
        key = key.strip()
        before = metadata.get(key)
        metadata[key] = (
            value if before is None else [*([before] if isinstance(before, str) else before), value]
        )
    return metadata
