"""`owflex mcp bundle`: an MCPB file, which desktop clients install with a click.

A client unpacks it and starts what its manifest says: uv fetches this version of OwFlex from the package
index the first time, and then the server speaks over stdio.
"""

import json
import os
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import typer

from owflex.errors import OwflexError
from owflex.exit_codes import exit_code

MANIFEST_VERSION = "0.4"
LICENSE = "Apache-2.0"
ENTRY_POINT = "server/main.py"
MAIN = '''\
"""Starts OwFlex's MCP server over stdio."""

import os
import sys

# What its user left out comes from a client as an empty text, or as it stands in the manifest.
if os.environ.get("OWFLEX_HOME", "").strip() in ("", "${user_config.data_folder}"):
    os.environ.pop("OWFLEX_HOME", None)

from owflex.entry import main

sys.argv = ["owflex", "mcp", "--transport", "stdio"]
sys.exit(main())
'''
PROJECT = """\
[project]
name = "owflex-bundle"
version = "{version}"
requires-python = ">=3.11"
dependencies = ["owflex=={version}"]
"""


class BundleError(OwflexError):
    """The file could not be written; nothing is left of it."""


def manifest(release: str) -> dict[str, Any]:
    """What a client reads of the bundle before it installs it."""
    return {
        "manifest_version": MANIFEST_VERSION,
        "name": "owflex",
        "display_name": "OwFlex",
        "version": release,
        "description": "Search and read the documents of a knowledge base with citations, and keep tasks.",
        "author": {"name": "OwFlex"},
        "license": LICENSE,
        "server": {
            "type": "uv",
            "entry_point": ENTRY_POINT,
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", "${__dirname}", ENTRY_POINT],
                "env": {"OWFLEX_HOME": "${user_config.data_folder}"},
            },
        },
        "tools_generated": True,
        "prompts_generated": True,
        "user_config": {
            "data_folder": {
                "type": "directory",
                "title": "Data folder",
                "description": "Where OwFlex keeps its documents. Leave it empty for the usual one.",
                "required": False,
                "default": "",
            }
        },
        "compatibility": {"platforms": ["darwin", "linux", "win32"], "runtimes": {"python": ">=3.11"}},
    }


def write_bundle(file: Path) -> None:
    """Write the bundle, whole or not at all. Raises `BundleError`."""
    release = version("owflex")
    parts = {
        "manifest.json": json.dumps(manifest(release), indent=2) + "\n",
        ENTRY_POINT: MAIN,
        "pyproject.toml": PROJECT.format(version=release),
    }
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.absolute().parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as opened, zipfile.ZipFile(opened, "w") as archive:
                for place, text in parts.items():
                    archive.writestr(place, text)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise BundleError(f"{file} cannot be written ({error.strerror}). Name another file.") from None


def bundle(file: Path) -> int:
    """Write the bundle and say how it is installed; returns the exit code."""
    return exit_code(lambda: _bundle(file))


def _bundle(file: Path) -> int:
    write_bundle(file)
    typer.echo(f"Written: {file}\nOpen it with Claude Desktop or another client that takes MCPB files.")
    return 0
