"""How far a run is, in lines: for a log, or for another program that shows them."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

# Every line of progress begins with it, and no other line does.
MARK = "… "


@contextmanager
def progress_lines(
    seconds: float, line: Callable[[], str | None], say: Callable[[str], None]
) -> Generator[None]:
    """While in the block `say` hears what `line` has to tell, every so many seconds."""
    is_done = threading.Event()

    def tell() -> None:
        while not is_done.wait(seconds):
            if (text := line()) is not None:
                say(f"{MARK}{text}")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        is_done.set()
        teller.join()
