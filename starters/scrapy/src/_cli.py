"""The command line: ``python -m`` and the package's name."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from .crawling import CrawlError, crawl, spider_names

__all__: list[str] = []

_PROGRAM = __name__.partition(".")[0]


class _Warnings(logging.StreamHandler[TextIO]):
    """Shows each warning on one line of stderr; errors end the program anyway."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(lambda record: record.levelno == logging.WARNING)

    def format(self, record: logging.LogRecord) -> str:
        """Return the first line of the message."""
        first, _, _ = record.getMessage().partition("\n")
        return f"{_PROGRAM}: {first}"


def _pair(text: str) -> tuple[str, str]:
    """Return the name and the value of ``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"no NAME=VALUE: {text!r}")
    return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(_PROGRAM, description="Crawl web sites.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="print the names of the spiders")
    command = commands.add_parser("crawl", help="run a spider and keep what it finds")
    command.add_argument("spider", help="its name, see list")
    command.add_argument(
        "-O",
        dest="output",
        type=Path,
        required=True,
        metavar="FILE",
        help="where the items go, such as items.json, .jsonl, .csv or .xml; "
        "it is replaced at the end if nothing went wrong",
    )
    for flag, dest, what in (
        ("-a", "arguments", "an argument of the spider, such as url=…"),
        ("-s", "settings", "a Scrapy setting, such as LOG_FILE=crawl.log"),
    ):
        command.add_argument(
            flag,
            dest=dest,
            type=_pair,
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help=f"{what} (may be repeated)",
        )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The words after the program's name; by default those it was called with.

    Returns:
        The exit status: 1 after one line on stderr where a crawl failed.
    """
    options = _parser().parse_args(argv)
    if options.command == "list":
        print(*spider_names(), sep="\n")
        return 0
    root, warnings = logging.getLogger(), _Warnings()
    root.addHandler(warnings)
    try:
        count = crawl(
            options.spider,
            options.output,
            dict(options.arguments),
            dict(options.settings),
        )
    except CrawlError as error:
        print(f"{_PROGRAM}: {error}", file=sys.stderr)
        return 1
    finally:
        root.removeHandler(warnings)
    print(f"{options.output}: {count} items")
    return 0
