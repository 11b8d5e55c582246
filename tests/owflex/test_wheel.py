"""What is packed for PyPI carries the chat page, ready to be served."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mcp_server.apps import APPS

ROOT = Path(__file__).parent.parent.parent
STATIC = "agent_service/static/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def test_the_page_is_in_the_wheel_with_all_that_it_loads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        page = {name.removeprefix(STATIC) for name in archive.namelist() if name.startswith(STATIC)}
        index = archive.read(f"{STATIC}index.html").decode()
        scripts = {name: archive.read(STATIC + name).decode() for name in page if name.endswith(".js")}
    assert {"owflex-chat.js", "official.js", "app.css", "icon.svg", "locales/de.json"} <= page
    named = set(re.findall(r"/static/([\w./-]+)", index))
    for script in scripts.values():
        named |= set(re.findall(r'"\./([\w-]+\.js)"', script))
    assert named >= {"owflex-chat.js", "app.css"}
    assert named <= page


def test_the_apps_of_mcp_clients_are_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert {f"mcp_server/static/{app.name}.html" for app in APPS} <= set(archive.namelist())


def test_neither_the_sources_of_the_page_nor_the_vendors_script_are_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert not [name for name in names if name.startswith("chat_page/") or "node_modules" in name]
    assert not [name for name in names if name.endswith(".ts")]
    assert not [name for name in names if name.endswith("chatkit.js")]
