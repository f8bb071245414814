"""Run `plinth campaign` under its former name, `python -m fleet.campaign`."""

import sys

from plinth.__main__ import start

if __name__ == "__main__":
    print(
        "fleet.campaign is now called plinth campaign: run ./bootstrap plinth campaign in its place",
        file=sys.stderr,
    )
    sys.argv.insert(1, "campaign")
    start()
