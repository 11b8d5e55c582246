"""Commands of ours as a process runs them, but in this one: the imports of a new one take two seconds."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import PropertyMock, patch

from serving.terminal import Console

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_here(
    main: Callable[[], None],
    arguments: tuple[str, ...],
    *,
    environment: Mapping[str, str],
    folder: Path,
    text: str = "",
) -> "CompletedProcess[str]":
    """What a program's entry point prints, and its exit code, started in `folder` with `text` to read."""
    out, errors = _stream(), _stream()
    with (
        patch.dict(os.environ, environment, clear=True),
        patch.object(sys, "argv", ["program", *arguments]),
        patch.object(sys, "stdin", _stream(text)),
        redirect_stdout(out),
        redirect_stderr(errors),
        # Consoles that are there already have the width of when they were made.
        patch.object(Console, "width", PropertyMock(return_value=int(environment["COLUMNS"]))),
        chdir(folder),
        _signals_and_logs_given_back(),
    ):
        code = _exit_code(main)
    return CompletedProcess(arguments, code, _written(out), _written(errors))


def _exit_code(main: Callable[[], None]) -> int:
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


@contextmanager
def _signals_and_logs_given_back() -> Generator[None]:
    """A process takes with it whom it lets handle these."""
    root, handlers = logging.getLogger(), {number: signal.getsignal(number) for number in SIGNALS}
    level, logs = root.level, list(root.handlers)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        root.setLevel(level)
        root.handlers[:] = logs


def _stream(text: str = "") -> TextIOWrapper:
    return TextIOWrapper(BytesIO(text.encode()), encoding="utf-8")


def _written(stream: TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, BytesIO)
    return buffer.getvalue().decode()
