"""Install packages into the virtual environment that runs this: `python install_packages.py ARGUMENT…`.

The arguments are those of `pip install`. uv does it in a tenth of pip's time (docs/architecture.md) and gets
what pip is configured with, since it does not read that by itself. Where it cannot be had, or fails, pip does
it: slower, and with messages that people know.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

UV = "uv>=0.9,<1"
# What pip's settings are called in the environment of uv; those in lists are separated by spaces in both.
NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "constraint": "UV_CONSTRAINT",
    "cert": "SSL_CERT_FILE",
    "trusted-host": "UV_INSECURE_HOST",
    "no-index": "UV_NO_INDEX",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}

# Of pip's configuration, the less special first.
SECTIONS = ("global", "site", "user", "install", ":env:")


def main(arguments: Sequence[str]) -> int:
    """Install; the exit code of what did it."""
    return 0 if by_uv(arguments) else subprocess.call(pip("install", "--quiet", *arguments))  # noqa: S603


def by_uv(arguments: Sequence[str]) -> bool:
    """Whether uv is there, or could be had, and has installed the packages."""
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists() and subprocess.call(pip("install", "--quiet", UV), stderr=subprocess.DEVNULL):  # noqa: S603
        return False
    listed = subprocess.run(pip("config", "list"), capture_output=True, text=True, check=False)  # noqa: S603
    command = [str(uv), "pip", "install", "--quiet", "--python", sys.executable, *arguments]
    environment = dict(settings_of_pip(listed.stdout.splitlines())) | os.environ
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603
    if done.returncode:
        print(done.stderr, "uv has failed; pip tries the same.", sep="\n", file=sys.stderr)  # noqa: T201
    return done.returncode == 0


def settings_of_pip(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """pip's settings as uv's environment, from the lines of `pip config list` (`global.cert='…'`); the more
    special come last.
    """
    # As pip: the best version of all indexes, and the certificates of the machine.
    yield from (("UV_INDEX_STRATEGY", "unsafe-best-match"), ("UV_NATIVE_TLS", "true"))
    for line in sorted(lines, key=_how_special):
        place, _, value = line.partition("=")
        section, _, name = place.rpartition(".")
        if name in NAMES and section in SECTIONS:
            yield NAMES[name], " ".join(str(ast.literal_eval(value)).split())


def _how_special(line: str) -> int:
    section = line.partition("=")[0].rpartition(".")[0]
    return SECTIONS.index(section) if section in SECTIONS else -1


def pip(*arguments: str) -> list[str]:
    """The command line of this environment's pip."""
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
