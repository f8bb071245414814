"""The command line: ``python -m`` and the package's name."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .clips import compose, gradient
from .errors import VideoError
from .videos import write_video

__all__: list[str] = []

_SIZE = (320, 240)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The words after the program's name; by default those it was called with.

    Returns:
        The exit status: 1 after one line on stderr where no video was written.
    """
    program = __name__.partition(".")[0]
    parser = argparse.ArgumentParser(program, description="Write a short video.")
    parser.add_argument("output", type=Path, metavar="OUT.mp4")
    parser.add_argument("--seconds", type=float, default=2.0, help="default: 2")
    options = parser.parse_args(argv)
    try:
        with compose(gradient(_SIZE), _SIZE, options.seconds) as clip:
            write_video(clip, options.output)
    except VideoError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1
    return 0
