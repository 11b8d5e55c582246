"""Python files as trees, for tests that read our own code."""

import ast
import gc
from pathlib import Path


def tree_of(file: Path) -> ast.Module:
    """The file's syntax tree.

    No garbage is collected meanwhile: what is destroyed may log a traceback, which Python 3.11 parses code
    for, and then the outer parser fails ("AST constructor recursion depth mismatch").
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(file.read_bytes())
    finally:
        if was_on:
            gc.enable()
