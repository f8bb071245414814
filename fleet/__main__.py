"""Tools for many repositories."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .adopt import adopt
from .sources import UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; what a user got wrong is one line, and exit status 2."""
    parser = argparse.ArgumentParser(prog="python -m fleet", description=__doc__)
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
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except UserError as error:
        print(f"fleet: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
