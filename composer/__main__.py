"""The composer's command line: `python -m composer COMMAND`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .build import build
from .programs import ComposerError
from .serve import serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 2 with one line on stderr for what a user can fix."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except ComposerError as error:
        print(f"composer: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(prog="python -m composer", description=__doc__)
    commands = made.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("build", help="build the site into a folder")
    command.add_argument("site", type=Path, metavar="SITE", help="the folder to write")
    command.add_argument(
        "--template",
        metavar="ADDRESS",
        help="the template's URL, or an absolute path (default: git's remote origin)",
    )
    command.add_argument(
        "--version",
        action="append",
        default=[],
        metavar="TAG",
        help="a release to offer, the first one is shown; may be repeated (default: the newest)",
    )
    command.set_defaults(run=lambda o: build(o.site, o.template, o.version))

    command = commands.add_parser("serve", help="show a built site on this machine")
    command.add_argument("site", type=Path, metavar="SITE")
    command.add_argument("--port", type=int, default=8000)
    command.set_defaults(run=lambda o: serve(o.site, o.port))

    command = commands.add_parser(
        "screenshots", help="take pictures of a built site, with Chromium"
    )
    command.add_argument("site", type=Path, metavar="SITE")
    command.add_argument("folder", type=Path, metavar="FOLDER")
    command.set_defaults(run=screenshots)
    return made


def screenshots(options: argparse.Namespace) -> None:
    """Take the pictures. Only this command needs selenium, a development tool."""
    from .screenshots import take

    take(options.site, options.folder)


if __name__ == "__main__":
    sys.exit(main())
