"""The numbers of lists as they are shown: 3, c, III."""

ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
MAX_ROMAN = 4_000
MAX_LETTERS = 26 * 20


def letters_of(count: int) -> str:
    """1 is a, 27 is aa; a number outside of the alphabet's reach stays one."""
    if not 0 < count < MAX_LETTERS:
        return str(count)
    return chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)


def roman(count: int) -> str:
    """4 is iv; a number that Rome had none for stays one."""
    if not 0 < count < MAX_ROMAN:
        return str(count)
    letters = ""
    for size, sign in ROMAN:
        letters += sign * (count // size)
        count %= size
    return letters


def numbered(count: int, form: str) -> str:
    """A number in a form that is called as by HTML and OpenDocument: 1, a, A, i or I."""
    match form:
        case "a" | "A":
            text = letters_of(count)
        case "i" | "I":
            text = roman(count)
        case _:
            return str(count)
    return text if form.islower() else text.upper()
