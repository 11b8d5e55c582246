"""What is laid on a page of a PDF is put among its words: addresses, comments and the values of forms."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

from parsing.pdf.annotations import Laid
from parsing.pdf.parts import Box, Part, Sight

USUAL_SIZE = 10.0
# In sizes of the type: a tick belongs to the words so near behind it, a value to those so far before it.
TICK_GAP = 2.0
LABEL_GAP = 40.0
LINE_HEIGHT = 1.2


def with_remarks(words: list[Part], laid: Sequence[Laid], sight: Sight) -> tuple[list[Part], list[str]]:
    """The words with addresses and comments behind those they are about, and what is about none."""
    words, rest = list(words), list[str]()
    last: tuple[Laid, list[int]] | None = None
    for item in laid:
        if item.kind not in ("link", "comment"):
            continue
        marked = _marked(words, [sight.seen(box) for box in item.boxes])
        if last and marked and item.text == last[0].text and min(marked) == max(last[1]) + 1:
            # A link over the end of a line is two.
            marked = [*last[1], *marked]
        elif last:
            _put(words, *last, rest)
        last = item, marked
    if last:
        _put(words, *last, rest)
    return words, rest


def _marked(words: Sequence[Part], boxes: Sequence[Box]) -> list[int]:
    return [index for index, word in enumerate(words) if any(_is_in(word, box) for box in boxes)]


def _is_in(word: Part, box: Box) -> bool:
    across, up = (word.left + word.right) / 2, (word.bottom + word.top) / 2
    return box[0] <= across <= box[1] and box[2] <= up <= box[3]


def _put(words: list[Part], item: Laid, marked: Sequence[int], rest: list[str]) -> None:
    if not marked:
        rest.append(item.text)
        return
    shown = "".join(words[index].text for index in marked)
    if item.kind == "comment":
        _append(words, marked[-1], item.text)
    elif _bare(item.text) not in _bare(shown):
        _append(words, marked[-1], f"({item.text})")


def _append(words: list[Part], index: int, text: str) -> None:
    """Put the text behind the word, before the punctuation that ends it."""
    word = words[index]
    bare = word.text.rstrip(".,;:!?")
    words[index] = replace(word, text=f"{bare} {text}{word.text[len(bare) :]}")


def _bare(address: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?|/$", "", address.lower())


def with_fields(parts: list[Part], laid: Sequence[Laid], sight: Sight) -> list[Part]:
    """The parts with the values and ticks of a form, each at its label where it has one."""
    items = [item for item in laid if item.kind in ("value", "tick", "text")]
    if not items:
        return parts
    size = median(part.size for part in parts) if parts else USUAL_SIZE
    boxes = [sight.seen(item.boxes[0]) for item in items]
    parts = list(parts)
    for item, box in zip(items, boxes, strict=True):
        label = _label(parts, item, box, boxes)
        if label is None:
            parts += _lines(item, box, size)
        else:
            index, behind = label
            old = parts[index]
            text = f"{old.text} {item.text}" if behind else f"{item.text} {old.text}"
            parts[index] = replace(old, text=text, left=min(old.left, box[0]), right=max(old.right, box[1]))
    return parts


def _label(parts: Sequence[Part], item: Laid, box: Box, boxes: Sequence[Box]) -> tuple[int, bool] | None:
    """The words that say what a field is, and whether it stands behind them; None without any."""
    if item.kind == "text" or "\n" in item.text:
        return None
    beside = [index for index, part in enumerate(parts) if _is_beside(part, box)]
    if item.kind == "tick":
        after = [index for index in beside if -2 < parts[index].left - box[1] < TICK_GAP * parts[index].size]
        if after:
            return min(after, key=lambda index: parts[index].left), False
    before = [index for index in beside if -2 < box[0] - parts[index].right < LABEL_GAP * parts[index].size]
    if not before:
        return None
    nearest = max(before, key=lambda index: parts[index].right)
    return None if _is_in_a_row(parts, box, boxes) else (nearest, True)


def _is_in_a_row(parts: Sequence[Part], box: Box, boxes: Sequence[Box]) -> bool:
    """Whether another field stands right beside it, as in a table: no words say what each is."""
    for other in boxes:
        if other is box or not _share_line(other, box):
            continue
        start, end = sorted((other, box))
        if not any(
            start[1] - 2 < part.right and part.left < end[0] + 2 and _is_beside(part, box) for part in parts
        ):
            return True
    return False


def _is_beside(part: Part, box: Box) -> bool:
    return _share_line((part.left, part.right, part.bottom, part.top), box)


def _share_line(one: Box, other: Box) -> bool:
    shared = min(one[3], other[3]) - max(one[2], other[2])
    return shared > 0.5 * min(one[3] - one[2], other[3] - other[2])


def _lines(item: Laid, box: Box, size: float) -> Iterator[Part]:
    """A value without a label, in the lines it is written in."""
    left, right, bottom, top = box
    text = f"{item.text} {item.name}" if item.kind == "tick" and item.name else item.text
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) == 1 and top - bottom < 3 * size:
        top = (top + bottom + size) / 2
    for number, line in enumerate(lines):
        upper = top - number * LINE_HEIGHT * size
        yield Part(line, left, right, upper - size, upper, size, bold=False)
