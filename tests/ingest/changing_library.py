"""A folder that changes, whose documents say in every line which version of which file they are."""

import io
import random
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = f"""<Relationships xmlns="{PACKAGE}/relationships">
<Relationship Id="r1" Target="word/document.xml" Type="{OFFICE_DOCUMENT}/officeDocument"/></Relationships>"""
WORD_TYPES = f"""<Types xmlns="{PACKAGE}/content-types">
<Default Extension="xml" ContentType="application/xml"/>
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>"""
FILES = 42
ENDINGS = (".md", ".txt", ".html", ".csv", ".md", ".docx", ".md", ".zip")
WORDS = ["river", "stone", "cloud", "engine", "paper", "garden", "winter", "market", "signal", "copper"]


@dataclass
class Library:
    """A folder whose files say in every line which file and which version of it they are."""

    root: Path
    rng: random.Random
    places: dict[int, str] = field(default_factory=dict[int, str])
    versions: dict[int, int] = field(default_factory=dict[int, int])
    counts: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])

    def add(self, number: int) -> None:
        """A new file."""
        self.places[number] = f"{WORDS[number % 5]}/file-{number}{ENDINGS[number % len(ENDINGS)]}"
        self.change(number)

    def change(self, number: int) -> None:
        """A new version of a file, longer or shorter than before."""
        version = self.versions[number] = self.versions.get(number, 0) + 1
        path = self.root / self.places[number]
        path.parent.mkdir(parents=True, exist_ok=True)
        count = self.counts[number, version] = self.rng.randint(1, 20)
        path.write_bytes(file_content(path.suffix, number, version, count))

    def move(self, number: int) -> None:
        """Another folder for a file."""
        self._put(number, Path(self.places[number]).name)

    def rename(self, number: int) -> None:
        """Another name, in another folder. Some files are called after it, others have a title inside."""
        suffix = Path(self.places[number]).suffix
        text = self.rng.choice([".md", ".txt"]) if suffix in (".md", ".txt") else suffix
        self._put(number, f"{self.rng.choice(WORDS)}-{number}{text}")

    def _put(self, number: int, name: str) -> None:
        new = f"{self.rng.choice(WORDS)}/{self.rng.randrange(10**6)}/{name}"
        (self.root / new).parent.mkdir(parents=True, exist_ok=True)
        (self.root / self.places[number]).rename(self.root / new)
        self.places[number] = new

    def remove(self, number: int) -> None:
        """One file less."""
        (self.root / self.places.pop(number)).unlink()

    def shuffle(self) -> None:
        """Some changed, some moved, some renamed, some removed, some new, some as they were."""
        for number in self.rng.sample(sorted(self.places), 20):
            action = self.rng.choice([self.change, self.change, self.move, self.rename, self.remove])
            action(number)
        for _ in range(FILES - len(self.places)):
            self.add(max(self.versions) + 1)


def lines_of(number: int, version: int, count: int) -> list[str]:
    """Lines that all name the file and its version."""
    rng = random.Random(f"{number} {version}")  # noqa: S311
    return [
        f"file{number}version{version} line {line} " + " ".join(rng.choices(WORDS, k=30))
        for line in range(count)
    ]


def file_content(suffix: str, number: int, version: int, count: int) -> bytes:
    """A file of the type with that many lines of text."""
    lines = lines_of(number, version, count)
    buffer = io.BytesIO()
    match suffix:
        case ".html":
            body = "".join(f"<h2>Part {line.split()[2]}</h2><p>{line}</p>" for line in lines)
            return f"<html><title>Page {number}</title><body>{body}</body></html>".encode()
        case ".csv":
            return "\n".join(["which,text", *(line.replace(" ", ",", 1) for line in lines)]).encode()
        case ".docx":
            return word_document(lines)
        case ".zip":
            with zipfile.ZipFile(buffer, "w") as archive:
                for line, text in enumerate(lines):
                    archive.writestr(f"inside/{line}.md", f"# Member {line}\n\n{text}\n")
            return buffer.getvalue()
        case _:
            return "\n\n".join([f"# Text {number}", *lines]).encode()


def word_document(paragraphs: Sequence[str]) -> bytes:
    """The least that Word, or a parser, takes for a document."""
    text = "".join(f"<w:p><w:r><w:t>{paragraph}</w:t></w:r></w:p>" for paragraph in paragraphs)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", WORD_TYPES)
        package.writestr("_rels/.rels", RELATIONS)
        package.writestr("word/document.xml", f"<w:document {W}><w:body>{text}</w:body></w:document>")
    return buffer.getvalue()
