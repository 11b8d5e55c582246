"""`python -m owflex.supervision.supervised_program MODULE`: a program that ends when its supervisor is gone.

The supervisor holds the other end of our standard input and never writes to it, so its end means that the
supervisor died, however it died.
"""

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    """Run the module named on the command line as if with `python -m`."""
    module = sys.argv[1]
    threading.Thread(target=_end_with_supervisor, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_supervisor() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
