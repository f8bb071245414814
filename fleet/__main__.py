"""Tools for many repositories."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from .addresses import masked, printable
from .adopt import adopt
from .drift import add_arguments, drift
from .sources import UserError


class Parser(argparse.ArgumentParser):
    """A parser whose messages show what was typed without credentials, and escaped."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and end."""
        super().error(printable(masked(message)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; what a user got wrong is one line, and exit status 2."""
    parser = Parser(prog="python -m fleet", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    tell = "infer a repository's answers to the template's questions"
    command = commands.add_parser(
        "adopt", help=tell, description=f"{tell}.".capitalize()
    )
    command.add_argument(
        "repository", type=Path, help="its folder; nothing in it is run or changed"
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="write there, not to stdout"
    )
    command.add_argument(
        "--force", action="store_true", help="replace FILE where it exists"
    )
    command.set_defaults(run=lambda o: adopt(o.repository, o.output, force=o.force))
    tell = "say how far repositories are from their templates"
    command = commands.add_parser(
        "drift",
        help=tell,
        description=f"{tell}.".capitalize(),
        epilog="Exit status: 0 all clean, 1 drift, 2 something could not be told.",
    )
    add_arguments(command)
    command.set_defaults(run=drift)
    options = parser.parse_args(arguments)
    try:
        return options.run(options) or 0
    except UserError as error:
        print(f"fleet: {printable(masked(str(error)))}", file=sys.stderr)
        return 2
    except (
        BrokenPipeError
    ):  # whoever reads wants no more; nor is the last flush to fail
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except KeyboardInterrupt:
        print("fleet: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # nothing is left behind
    sys.exit(main())
