"""Writes the digests of the container images into `Dockerfile` and `docker-compose.yml`: `make pin-images`.

A tag can be moved, a digest cannot. What a tag means today is asked of Docker (`docker buildx imagetools`) or
of skopeo, whichever is there; with `--registry URL` of a registry that has all of them, such as a mirror of
your own. Nothing is written unless every image has its digest; running it again renews them. `--check` writes
nothing and ends with 1 when a file has no digest, or another one than the tag has now.
"""

import argparse
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
FILES = ("Dockerfile", "docker-compose.yml")
# `NAME_IMAGE=` of the one, `${NAME_IMAGE:-…}` of the other; then name, tag, and maybe a digest.
IMAGE = re.compile(
    r"(?P<before>[A-Z]+_IMAGE(?:=|:-))(?P<name>[a-z0-9][\w./-]*):(?P<tag>[\w.-]+)(?P<digest>@sha256:[0-9a-f]{64})?"
)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# An image of several platforms first: its digest is good on each of them.
KINDS = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1",
        "docker.distribution.manifest.list.v2",
        "oci.image.manifest.v1",
        "docker.distribution.manifest.v2",
    )
)
SECONDS = 60
NO_TOOL = (
    "Neither docker nor skopeo is here. Install one, or name a registry that has the images: --registry URL"
)

Resolve = Callable[[str, str], str]


class DigestError(Exception):
    """The digest of an image cannot be found out; the text says why."""


def main(arguments: Sequence[str]) -> int:
    """Write the digests, or check them; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when something is not current")
    parser.add_argument("--registry", help="ask this registry, e.g. https://mirror.example")
    options = parser.parse_args(arguments)
    try:
        resolve = from_registry(options.registry) if options.registry else with_a_tool()
        pinned = {file: pinned_text((ROOT / file).read_text(encoding="utf-8"), resolve) for file in FILES}
    except DigestError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    changed = [file for file in FILES if (ROOT / file).read_text(encoding="utf-8") != pinned[file]]
    for file in changed:
        print(f"{file}: {'not current' if options.check else 'written'}")  # noqa: T201
        if not options.check:
            (ROOT / file).write_text(pinned[file], encoding="utf-8")
    return int(options.check and bool(changed))


def pinned_text(text: str, resolve: Resolve) -> str:
    """The text of a file with the digest of each image that it names. Raises `DigestError`."""

    def pinned(found: re.Match[str]) -> str:
        digest = resolve(found["name"], found["tag"])
        if not DIGEST.fullmatch(digest):
            raise DigestError(f"{found['name']}:{found['tag']}: {digest[:100]!r} is no digest.")
        return f"{found['before']}{found['name']}:{found['tag']}@{digest}"

    return IMAGE.sub(pinned, text)


def with_a_tool() -> Resolve:
    """Asks Docker, else skopeo. Raises `DigestError` when neither is here."""
    if docker := shutil.which("docker"):
        inspect = [docker, "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}"]
        return lambda name, tag: _said([*inspect, f"{name}:{tag}"])
    if skopeo := shutil.which("skopeo"):
        return lambda name, tag: _said(
            [skopeo, "inspect", "--format", "{{.Digest}}", f"docker://{name}:{tag}"]
        )
    raise DigestError(NO_TOOL)


def from_registry(url: str) -> Resolve:
    """Asks a registry that lets everybody read, by the protocol of the OCI."""

    def resolve(name: str, tag: str) -> str:
        # Images without a folder are in `library`, as everywhere.
        path = name if "/" in name else f"library/{name}"
        address = f"{url.rstrip('/')}/v2/{path}/manifests/{tag}"
        try:
            request = urllib.request.Request(address, headers={"Accept": KINDS}, method="HEAD")  # noqa: S310
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return answer.headers.get("Docker-Content-Digest", "")
        except urllib.error.HTTPError as error:
            raise DigestError(f"{address} answers {error.code}.") from None
        except (OSError, ValueError) as error:
            raise DigestError(f"{address} cannot be asked ({getattr(error, 'reason', error)}).") from None

    return resolve


def _said(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise DigestError(f"{' '.join(command)} did not end within {SECONDS} seconds.") from None
    if done.returncode:
        raise DigestError(f"{' '.join(command)}: {done.stderr.strip()[:300]}")
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
