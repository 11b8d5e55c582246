"""Digests are written into the container files: all of them or none, from a registry or by a tool."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import pin_images
from pin_images import IMAGE, from_registry, main

ROOT = Path(__file__).resolve().parent.parent


class Registry(BaseHTTPRequestHandler):
    """Knows every image, and gives each a digest of its own, which `moved` changes; but not `missing`."""

    moved = ""
    missing = "nothing"

    def do_HEAD(self) -> None:
        """The digest of a manifest."""
        known = self.path.startswith("/v2/") and "/manifests/" in self.path and self.missing not in self.path
        self.send_response(200 if known else 404)
        assert "index" in self.headers["Accept"]
        self.send_header("Docker-Content-Digest", digest_of(self.path + self.moved))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def digest_of(path: str) -> str:
    return f"sha256:{hashlib.sha256(path.encode()).hexdigest()}"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a registry of this machine."""
    monkeypatch.setattr(Registry, "moved", "")
    monkeypatch.setattr(Registry, "missing", "nothing")
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Copies of the container files."""
    for name in pin_images.FILES:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(pin_images, "ROOT", tmp_path)
    return tmp_path


def pins(folder: Path) -> dict[str, str]:
    """The digest of each image by its name and tag; empty where there is none."""
    text = "".join((folder / name).read_text() for name in pin_images.FILES)
    return {f"{found['name']}:{found['tag']}": found["digest"] or "" for found in IMAGE.finditer(text)}


def test_every_image_gets_its_digest_and_nothing_else_changes(files: Path, registry: str) -> None:
    before = {name: (files / name).read_text() for name in pin_images.FILES}
    images = pins(files)
    assert len(images) == 6
    assert main(["--check", "--registry", registry]) == 1
    assert main(["--registry", registry]) == 0
    for image, digest in pins(files).items():
        name, _, tag = image.rpartition(":")
        path = name if "/" in name else f"library/{name}"
        assert digest == "@" + digest_of(f"/v2/{path}/manifests/{tag}")
    for name, text in before.items():
        written = (files / name).read_text()
        assert IMAGE.sub(lambda found: found[0].partition("@")[0], written) == text
    assert main(["--check", "--registry", registry]) == 0


def test_a_tag_that_was_moved_is_found_and_written_anew(
    files: Path, registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["--registry", registry])
    before = pins(files)
    monkeypatch.setattr(Registry, "moved", "!")
    assert main(["--check", "--registry", registry]) == 1
    assert pins(files) == before
    assert main(["--registry", registry]) == 0
    assert not set(before.values()) & set(pins(files).values())


def test_without_one_digest_nothing_is_written(
    files: Path, registry: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Registry, "missing", "grafana")
    assert main(["--registry", registry]) == 1
    assert "grafana/grafana" in capsys.readouterr().err
    assert set(pins(files).values()) == {""}


def test_a_registry_that_is_not_there_and_an_answer_that_is_no_digest_are_named(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--registry", "http://127.0.0.1:1"]) == 1
    assert "cannot be asked" in capsys.readouterr().err
    with pytest.raises(pin_images.DigestError, match="is no digest"):
        pin_images.pinned_text("ARG A_IMAGE=a:1\n", lambda name, tag: "latest")
    with pytest.raises(pin_images.DigestError, match="cannot be asked"):
        from_registry("nonsense")("a", "1")


@pytest.mark.parametrize(
    ("tool", "asked"), [("docker", "buildx imagetools inspect"), ("skopeo", "docker://python:")]
)
def test_a_tool_is_asked_where_there_is_one(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, asked: str
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    digest = digest_of("x")
    program = tools / tool
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\necho {digest}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    assert main([]) == 0
    assert set(pins(files).values()) == {f"@{digest}"}
    assert asked in (tmp_path / "asked").read_text()
    program.write_text("#!/bin/sh\necho no such image >&2\nexit 1\n")
    assert main([]) == 1


def test_without_a_tool_the_cure_is_named(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([]) == 1
    assert "--registry" in capsys.readouterr().err
