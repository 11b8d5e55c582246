"""The formats that can be read. A new one is a module beside this one and a line in the table."""

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Format:
    """A format: its media type, the module here whose `parse` reads it, and the ends of its files' names."""

    media_type: str
    module: str
    endings: tuple[str, ...]


FORMATS = (
    Format("text/markdown", "markdown", (".md", ".markdown", ".mdx")),
    Format("text/plain", "text", (".txt", ".text", ".log")),
    Format("text/html", "html", (".html", ".htm", ".xhtml")),
    Format("application/pdf", "pdf", (".pdf",)),
    Format(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", (".docx", ".docm")
    ),
    Format(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "pptx",
        (".pptx", ".pptm"),
    ),
    Format(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "spreadsheet", (".xlsx", ".xlsm")
    ),
    Format("application/vnd.ms-excel", "spreadsheet", (".xls", ".xlsb")),
    Format("application/vnd.oasis.opendocument.spreadsheet", "spreadsheet", (".ods",)),
    Format("application/vnd.oasis.opendocument.text", "opendocument", (".odt",)),
    Format("application/vnd.oasis.opendocument.presentation", "opendocument", (".odp",)),
    Format("application/rtf", "rtf", (".rtf",)),
    Format("application/epub+zip", "epub", (".epub",)),
    Format("text/csv", "delimited", (".csv",)),
    Format("text/tab-separated-values", "delimited", (".tsv", ".tab")),
    Format("application/x-ipynb+json", "notebook", (".ipynb",)),
    Format("application/json", "json", (".json",)),
    Format("application/x-ndjson", "json", (".jsonl", ".ndjson")),
    Format("application/xml", "xml", (".xml", ".rss", ".atom")),
    Format("message/rfc822", "mail", (".eml",)),
    Format("application/vnd.ms-outlook", "outlook", (".msg",)),
    Format("application/zip", "archive", (".zip",)),
    Format("application/x-tar", "archive", (".tar", ".tgz", ".tbz2", ".txz")),
    Format("application/gzip", "archive", (".gz",)),
    Format("application/x-bzip2", "archive", (".bz2",)),
    Format("application/x-xz", "archive", (".xz",)),
    Format(
        "text/x-source",
        "source",
        (
            *(".py", ".pyi", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte", ".css"),
            *(".java", ".kt", ".kts", ".scala", ".groovy", ".gradle", ".c", ".h", ".cc", ".cpp", ".hpp"),
            *(".go", ".rs", ".rb", ".php", ".swift", ".m", ".mm", ".lua", ".pl", ".pm", ".r", ".jl", ".dart"),
            *(".ex", ".exs", ".erl", ".hs", ".clj", ".sh", ".bash", ".zsh", ".fish", ".ps1", ".bat", ".sql"),
            *(".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".tf", ".proto", ".graphql"),
            *(".tex", ".bib", ".rst", ".adoc", ".org", ".scss", ".cs"),
        ),
    ),
)

MODULES = {format.media_type: format.module for format in FORMATS}
# What people read as it is written: their files are text already, and the structure is only found in it.
PLAIN_MODULES = frozenset({"markdown", "text", "delimited", "json", "xml", "source"})
# Files that have a name instead of an ending.
NAMES = {
    **dict.fromkeys(
        ("readme", "license", "licence", "copying", "notice", "authors", "changelog"), "text/plain"
    ),
    **dict.fromkeys(("dockerfile", "containerfile", "makefile", "jenkinsfile", "justfile"), "text/x-source"),
}

MEDIA_TYPES = {ending: format.media_type for format in FORMATS for ending in format.endings}


def named_type(name: str) -> str | None:
    """The media type that a file's name, or the end of it, stands for."""
    path = PurePosixPath(name)
    return MEDIA_TYPES.get(path.suffix.lower()) or NAMES.get(path.name.lower())
