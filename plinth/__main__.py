"""Start the command `plinth`."""

import signal
import sys

from .command import main


def start() -> None:
    """Run the command line. SIGTERM ends it as an interrupt does, so that nothing is left behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())


if __name__ == "__main__":
    start()
