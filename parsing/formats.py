"""The formats that can be read. A new one is a module in this package and a line in the table."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Format:
    """A format: its media type, the module here whose `parse` reads it, and the ends of its files' names."""

    media_type: str
    module: str
    endings: tuple[str, ...]


FORMATS = (
    Format(
        "text/markdown",
        "markdown.markdown",
        (*(".md", ".markdown", ".mdx", ".qmd", ".rmd"), *(".mkd", ".mkdn", ".mdown", ".livemd", ".mdc")),
    ),
    Format("text/plain", "text", (".txt", ".text", ".log", ".wiki", ".mediawiki", ".textile", ".nfo")),
    Format("text/html", "html.html", (".html", ".htm", ".xhtml", ".xht", ".shtml")),
    Format("application/pdf", "pdf.pdf", (".pdf",)),
    Format(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "word.docx",
        (".docx", ".docm", ".dotx", ".dotm"),
    ),
    Format(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "slides.pptx",
        (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"),
    ),
    Format(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "sheets.spreadsheet",
        (".xlsx", ".xlsm", ".xltx", ".xltm"),
    ),
    Format("application/vnd.ms-excel", "sheets.spreadsheet", (".xls", ".xlsb")),
    Format("application/vnd.oasis.opendocument.spreadsheet", "sheets.spreadsheet", (".ods", ".ots")),
    Format("application/vnd.oasis.opendocument.text", "odf.opendocument", (".odt", ".ott")),
    Format("application/vnd.oasis.opendocument.presentation", "odf.opendocument", (".odp", ".otp")),
    Format("application/rtf", "rtf.rtf", (".rtf",)),
    Format("application/epub+zip", "epub", (".epub",)),
    Format("text/csv", "data.delimited", (".csv", ".psv")),
    Format("text/tab-separated-values", "data.delimited", (".tsv", ".tab")),
    Format("application/x-ipynb+json", "notebook", (".ipynb",)),
    Format("application/json", "data.json", (".json", ".jsonc", ".geojson", ".jsonld", ".webmanifest")),
    Format("application/x-ndjson", "data.json", (".jsonl", ".ndjson")),
    Format(
        "application/xml",
        "data.xml",
        (
            *(".xml", ".rss", ".atom", ".dita", ".ditamap", ".nxml", ".jats", ".tei", ".dbk", ".docbook"),
            *(".fb2", ".opml", ".resx", ".xlf", ".xliff", ".tmx", ".plist", ".kml", ".gpx", ".rdf"),
            *(".xsd", ".xsl", ".xslt", ".wsdl", ".csproj", ".vbproj", ".fsproj", ".props", ".targets"),
        ),
    ),
    Format("message/rfc822", "mail.mail", (".eml",)),
    Format("application/mbox", "mail.mbox", (".mbox",)),
    Format("multipart/related", "mail.mhtml", (".mhtml", ".mht")),
    Format("text/calendar", "data.content_lines", (".ics", ".ical")),
    Format("text/vcard", "data.content_lines", (".vcf", ".vcard")),
    Format("application/x-subrip", "data.subtitles", (".srt",)),
    Format("text/vtt", "data.subtitles", (".vtt",)),
    Format("text/x-gettext-translation", "data.translations", (".po", ".pot")),
    Format("application/vnd.ms-outlook", "mail.outlook", (".msg",)),
    Format("application/zip", "archives.archive", (".zip",)),
    Format("application/x-tar", "archives.archive", (".tar", ".tgz", ".tbz2", ".txz")),
    Format("application/gzip", "archives.archive", (".gz",)),
    Format("application/x-bzip2", "archives.archive", (".bz2",)),
    Format("application/x-xz", "archives.archive", (".xz",)),
    Format(
        "text/x-source",
        "source",
        (
            *(".py", ".pyi", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte", ".css"),
            *(".java", ".kt", ".kts", ".scala", ".groovy", ".gradle", ".c", ".h", ".cc", ".cpp", ".hpp"),
            *(".go", ".rs", ".rb", ".php", ".swift", ".m", ".mm", ".lua", ".pl", ".pm", ".r", ".jl", ".dart"),
            *(".ex", ".exs", ".erl", ".hs", ".clj", ".sh", ".bash", ".zsh", ".fish", ".ps1", ".bat", ".sql"),
            *(".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".tf", ".proto", ".graphql"),
            *(
                ".tex",
                ".ltx",
                ".bib",
                ".rst",
                ".adoc",
                ".asciidoc",
                ".org",
                ".scss",
                ".cs",
                ".csx",
                ".cshtml",
            ),
            *(".mts", ".cts", ".astro", ".less", ".sass", ".styl", ".ejs", ".hbs", ".jinja", ".j2", ".twig"),
            *(".f90", ".f95", ".f03", ".f08", ".f", ".for", ".f77", ".cbl", ".cob", ".cpy", ".pas", ".pp"),
            *(".zig", ".nim", ".d", ".v", ".sv", ".vhd", ".vhdl", ".asm", ".s", ".ml", ".mli", ".fs", ".fsx"),
            *(
                ".lisp",
                ".lsp",
                ".el",
                ".scm",
                ".rkt",
                ".cljs",
                ".cljc",
                ".edn",
                ".elm",
                ".purs",
                ".vb",
                ".vbs",
            ),
            *(".bas", ".cls", ".ada", ".adb", ".ads", ".cr", ".hx", ".coffee", ".awk", ".tcl", ".sas", ".do"),
            *(".cxx", ".hh", ".hxx", ".inl", ".ino", ".cu", ".cuh", ".glsl", ".hlsl", ".wgsl", ".metal"),
            *(
                ".cmake",
                ".mk",
                ".mak",
                ".nix",
                ".bzl",
                ".star",
                ".prisma",
                ".thrift",
                ".avdl",
                ".fbs",
                ".sol",
            ),
            *(".gql", ".hcl", ".tfvars", ".bicep", ".rego", ".cue", ".jsonnet", ".dhall", ".sbt", ".service"),
            *(".psm1", ".psd1", ".cmd", ".csh", ".ksh", ".nu", ".rake", ".gemspec", ".podspec", ".feature"),
            *(".robot", ".abap", ".rpgle", ".jcl", ".pli", ".g4", ".m4", ".gd", ".erb", ".jsp", ".aspx"),
            *(".strings", ".ftl", ".json5", ".hjson", ".puml", ".mmd", ".gv", ".ipp", ".tpp"),
            *(".hrl", ".lhs", ".raku", ".phtml", ".pks", ".pkb", ".plsql", ".ddl", ".diff", ".patch", ".sty"),
        ),
    ),
)

MODULES = {format.media_type: format.module for format in FORMATS}
# What people read as it is written: their files are text already, and the structure is only found in it.
PLAIN_MODULES = frozenset({"markdown.markdown", "text", "data.delimited", "data.json", "data.xml", "source"})
# Files that have a name instead of an ending.
NAMES = {
    **dict.fromkeys(
        ("readme", "license", "licence", "copying", "notice", "authors", "changelog"), "text/plain"
    ),
    **dict.fromkeys(("dockerfile", "containerfile", "makefile", "jenkinsfile", "justfile"), "text/x-source"),
}

# What office programs keep beside a document while it is open: nothing of it but who has it open.
LOCK_FILE = re.compile(r"~\$.+|\.~lock\..+#")

MEDIA_TYPES = {ending: format.media_type for format in FORMATS for ending in format.endings}


def named_type(name: str) -> str | None:
    """The media type that a file's name, or the end of it, stands for."""
    path = PurePosixPath(name)
    return MEDIA_TYPES.get(path.suffix.lower()) or NAMES.get(path.name.lower())


def is_lock_file(name: str) -> bool:
    """Whether a file without its folder is called as the lock files of office programs are."""
    return LOCK_FILE.fullmatch(name) is not None
