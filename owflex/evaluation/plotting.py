"""The curves of a measurement as a picture."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from owflex.evaluation.errors import EvaluationError
from owflex.evaluation.measurement import Summary
from owflex.evaluation.thresholds import CurvePoint

# Drawn larger and made smaller: lines without steps.
SCALE = 3
SIZE = (1120, 460)
PANEL = (420, 320)
TOP = 66
LEFTS = (80, 640)
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

INK, GRID, PAPER = "#22272e", "#e3e6ea", "#ffffff"
FIRST, SECOND, MARK = "#1f6feb", "#d9480f", "#868e96"

Point = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """A line through points between 0 and 1, and what it is called."""

    name: str
    color: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Panel:
    """Axes with two curves; `mark` is a threshold to draw as an upright line."""

    title: str
    across: str
    up: str
    curves: Sequence[Curve]
    mark: float | None = None


def write_plot(summary: Summary, path: Path) -> None:
    """Write the curves as a PNG file. Raises `EvaluationError` when there are none, or no place for them."""
    if summary.by_confidence is None or summary.by_similarity is None:
        raise EvaluationError(
            "There is no curve to draw: all questions are answerable, or none is. Add some of the other kind."
        )
    curve = summary.by_confidence.curve
    thresholds = Panel(
        "“It is in the documents”, by threshold",
        "threshold on confidence",
        "precision, recall",
        [
            Curve("precision", FIRST, [(point.threshold, point.precision) for point in curve]),
            Curve("recall", SECOND, [(point.threshold, point.recall) for point in curve]),
        ],
        summary.by_confidence.threshold.value,
    )
    trade = Panel(
        "Precision and recall",
        "recall",
        "precision",
        [
            Curve("by confidence", FIRST, _trade(curve)),
            Curve("by best similarity", SECOND, _trade(summary.by_similarity.curve)),
        ],
    )
    _write(_drawn([thresholds, trade]), path)


def _trade(curve: Sequence[CurvePoint]) -> list[Point]:
    return [(point.recall, point.precision) for point in curve]


def _write(image: Image.Image, path: Path) -> None:
    try:
        image.save(path, format="PNG")
    except OSError as error:
        raise EvaluationError(f"{path} cannot be written ({error}). Name another file.") from error


def _drawn(panels: Sequence[Panel]) -> Image.Image:
    image = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), PAPER)
    draw = ImageDraw.Draw(image)
    for left, panel in zip(LEFTS, panels, strict=True):
        _draw_panel(image, draw, left, panel)
    return image.resize(SIZE, Image.Resampling.LANCZOS)


def _draw_panel(image: Image.Image, draw: ImageDraw.ImageDraw, left: int, panel: Panel) -> None:
    width, height = PANEL

    def place(point: Point) -> Point:
        return (left + point[0] * width) * SCALE, (TOP + (1 - point[1]) * height) * SCALE

    _draw_axes(draw, place)
    if panel.mark is not None:
        draw.line([place((panel.mark, 0)), place((panel.mark, 1))], MARK, 2 * SCALE)
        _write_text(draw, place((panel.mark, 1.015)), f"best F1: {panel.mark:.2f}", "mb", 13, MARK)
    for curve in panel.curves:
        draw.line([place(_inside(point)) for point in curve.points], curve.color, 2 * SCALE, joint="curve")
    _draw_legend(draw, left, panel.curves)
    _write_text(draw, (left * SCALE, 14 * SCALE), panel.title, "lt", 17)
    _write_text(draw, place((0.5, -0.11)), panel.across, "mt", 14)
    _write_upright(image, ((left - 62) * SCALE, int((TOP + height / 2) * SCALE)), panel.up)


def _draw_axes(draw: ImageDraw.ImageDraw, place: Callable[[Point], Point]) -> None:
    for tick in TICKS:
        draw.line([place((tick, 0)), place((tick, 1))], GRID, SCALE)
        draw.line([place((0, tick)), place((1, tick))], GRID, SCALE)
        _write_text(draw, place((tick, -0.025)), f"{tick:.1f}", "mt", 12)
        _write_text(draw, place((-0.018, tick)), f"{tick:.1f}", "rm", 12)
    draw.line([place((0, 1)), place((0, 0)), place((1, 0))], INK, SCALE)


def _draw_legend(draw: ImageDraw.ImageDraw, left: int, curves: Sequence[Curve]) -> None:
    top = TOP + PANEL[1] + 58
    for number, curve in enumerate(curves):
        start = left + number * 170
        draw.line([(start * SCALE, top * SCALE), ((start + 26) * SCALE, top * SCALE)], curve.color, 3 * SCALE)
        _write_text(draw, ((start + 34) * SCALE, top * SCALE), curve.name, "lm", 13)


def _inside(point: Point) -> Point:
    return min(max(point[0], 0.0), 1.0), min(max(point[1], 0.0), 1.0)


def _write_text(
    draw: ImageDraw.ImageDraw, place: Point, text: str, anchor: str, size: int, color: str = INK
) -> None:
    draw.text(place, text, color, _font(size), anchor)


def _write_upright(image: Image.Image, middle: tuple[int, int], text: str) -> None:
    """Text from below to above, which Pillow draws only by turning it."""
    box = _font(14).getbbox(text)
    label = Image.new("RGB", (int(box[2]) + SCALE, int(box[3]) + SCALE), PAPER)
    ImageDraw.Draw(label).text((0, 0), text, INK, _font(14))
    turned = label.rotate(90, expand=True)
    image.paste(turned, (middle[0], middle[1] - turned.height // 2))


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * SCALE)
