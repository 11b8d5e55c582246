"""Colours of text and of what is behind it: whether anybody can tell them apart."""

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
# Contrast as the Web Content Accessibility Guidelines measure it, from 1 to 21. The palest captions in use
# (#ddd on white) have 1.36, #eee has 1.16; below 1.15 hardly any screen shows a difference.
LEAST_CONTRAST = 1.15
# Yellow on white has little contrast and can be seen: the steps of one channel that a hue makes.
LEAST_STEPS = 40


def hardly_differ(one: Colour, other: Colour) -> bool:
    """Whether a text in one of the colours cannot be seen on the other."""
    if any(abs(a - b) > LEAST_STEPS for a, b in zip(one, other, strict=True)):
        return False
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05) < LEAST_CONTRAST


def hex_colour(text: str | None) -> Colour | None:
    """A colour as office files write it: `FF0000`, `FFFF0000` with its opacity first, `#ff0000`."""
    digits = (text or "").lstrip("#")[-6:]
    try:
        return (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)) if len(digits) == 6 else None
    except ValueError:
        return None


def mixed(colour: Colour, opacity: float, behind: Colour) -> Colour:
    """The colour that is seen of one that lets another shine through."""
    red, green, blue = (round(a * opacity + b * (1 - opacity)) for a, b in zip(colour, behind, strict=True))
    return red, green, blue


def lightened(colour: Colour, share: float) -> Colour:
    """So much nearer to white (0 to 1), or to black (-1 to 0): tints and shades of themes."""
    return mixed(WHITE, share, colour) if share >= 0 else mixed(BLACK, -share, colour)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
