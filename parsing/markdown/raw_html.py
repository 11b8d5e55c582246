"""Elements of HTML in Markdown that no page shows: they go with what they hold, whose words are counted."""

import re

from parsing.unseen import left_unseen

OPENING = re.compile(
    r"<(?P<tag>[a-zA-Z][a-zA-Z0-9-]{0,20})(?P<rest>(?:\s[^<>]{0,2000})?)>|(?P<code>^(?:```|~~~).*?(?:^(?:```|~~~)|\Z)|`[^`\n]+`)",
    re.MULTILINE | re.DOTALL,
)
DOUBT = re.compile(r"<[a-zA-Z][^<>]*\s(?:style\s*=|hidden\b)", re.IGNORECASE)
STYLE = re.compile(r"\bstyle\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
HIDDEN = re.compile(r"(?:^|\s)hidden(?:\s|=|/|$)", re.IGNORECASE)
UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0*(?:\.0\d*)?(?![.\d])"
    r"|font-size\s*:\s*[01](?:\.\d+)?(?:px|pt|em|rem|%)?(?![\d.])"
    r"|(?:left|top|right|text-indent)\s*:\s*-\d{3,}|(?:^|[;\s])color\s*:\s*(?:transparent|white|#fff(?:fff)?)\b",
    re.IGNORECASE,
)
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def without_unseen(text: str) -> str:
    """The text without such elements; code, and elements that do not end, stay as they are."""
    if not DOUBT.search(text):
        return text
    kept: list[str] = []
    end = 0
    for opening in OPENING.finditer(text):
        if opening.start() < end or opening["code"] or not _is_unseen(opening["rest"]):
            continue
        closed = _end(text, opening["tag"], opening.end())
        if closed is None:
            continue
        left_unseen("hidden text", re.sub(r"<[^<>]*>", " ", text[opening.end() : closed[0]]))
        kept.append(text[end : opening.start()])
        end = closed[1]
    return "".join([*kept, text[end:]])


def _is_unseen(attributes: str) -> bool:
    style = STYLE.search(attributes)
    stated = (style[1] or style[2] or "") if style else ""
    is_pale_on_ground = "background" in stated and not re.search(r"display|visibility|opacity", stated)
    return bool(HIDDEN.search(QUOTED.sub("", attributes))) or (
        not is_pale_on_ground and UNSEEN.search(stated) is not None
    )


def _end(text: str, tag: str, start: int) -> tuple[int, int] | None:
    """Where the element ends that begins before this place: its closing tag; None for one that does not."""
    depth = 1
    for found in re.finditer(rf"<(/?){tag}\b[^<>]*>", text[start:], re.IGNORECASE):
        depth += -1 if found[1] else 1
        if not depth:
            return start + found.start(), start + found.end()
    return None
