"""Run plinth under its former name, `python -m fleet`."""

import sys

from plinth.__main__ import start

if __name__ == "__main__":
    print(
        "fleet is now called plinth: run ./bootstrap plinth in its place",
        file=sys.stderr,
    )
    start()
