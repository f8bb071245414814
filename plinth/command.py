"""The command line: one parser, one help and one set of exit statuses for all tools."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import NoReturn

from .addresses import masked, printable
from .drift.command import add_arguments as add_drift
from .files import UserError

STATUSES = "Exit status: 0 nothing to do, 1 something to tell, 2 could not tell."


class Parser(argparse.ArgumentParser):
    """A parser whose messages show what was typed without credentials, and escaped."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong with the arguments, and exit with status 2."""
        super().error(printable(masked(message)))


def parser() -> Parser:
    """Return the parser of all subcommands."""
    top = Parser(
        prog="plinth",
        description="Tools for repositories that are made from a Copier template.",
        epilog=STATUSES,
    )
    top.add_argument("--version", action="version", version=f"plinth {version()}")
    commands = top.add_subparsers(required=True, metavar="COMMAND", dest="command")

    def add(name: str, does: str, how: Callable[[Parser], None]) -> None:
        text = f"{does}."
        how(
            commands.add_parser(name, help=does, description=text, epilog=STATUSES),
        )

    add("adopt", "Infer a repository's answers to the template's questions", add_adopt)
    add("drift", "Report how far repositories are from their templates", add_drift_)
    add("campaign", "Update many repositories with all-repos", add_campaign)
    return top


def version() -> str:
    """Return the version of the installed package."""
    try:
        return metadata.version("plinth")
    except metadata.PackageNotFoundError:
        return "from a clone that is not installed"


def add_adopt(command: Parser) -> None:
    """Add the arguments of `plinth adopt`."""
    command.add_argument(
        "repository", type=Path, help="its folder; nothing in it is run or changed"
    )
    command.add_argument(
        "--template",
        metavar="ADDRESS",
        help="the template (this clone, or where plinth was installed from)",
    )
    command.add_argument(
        "--to", metavar="VERSION", help="the template's version (the newest release)"
    )
    command.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an answer in place of the inferred one",
    )
    command.add_argument(
        "--apply",
        action="store_true",
        help="copy the template, too: add what the repository does not have",
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="write there, not to stdout"
    )
    command.add_argument(
        "--force", action="store_true", help="overwrite FILE if it exists"
    )
    command.add_argument(
        "--json", action="store_true", help="write all that was found as JSON"
    )

    def run(options: argparse.Namespace) -> int:
        from .adopt import adopt

        return adopt(options)

    command.set_defaults(run=run)


def add_drift_(command: Parser) -> None:
    """Add the arguments of `plinth drift`."""
    add_drift(command)

    def run(options: argparse.Namespace) -> int:
        from .drift.command import drift

        return drift(options)

    command.set_defaults(run=run)


def add_campaign(command: Parser) -> None:
    """Add the arguments of `plinth campaign`, which are those of all-repos and a few more."""
    command.add_argument(
        "-C",
        "--config-filename",
        metavar="FILE",
        default=os.environ.get("ALL_REPOS_CONFIG_FILENAME") or "all-repos.json",
        help="the settings of all-repos (all-repos.json)",
    )
    command.add_argument(
        "--template",
        metavar="ADDRESS",
        required=True,
        help="update only the projects whose answers file has this _src_path",
    )
    command.add_argument(
        "--to", metavar="VERSION", help="update to this release, not to the newest"
    )
    command.add_argument(
        "--dry-run", action="store_true", help="update and commit, but push nothing"
    )
    command.add_argument(
        "-j",
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="worker processes (1); 0: one for each core",
    )
    command.add_argument(
        "--limit", type=int, metavar="N", help="take no more than N repositories"
    )
    command.add_argument("--author", help="commit as this author, as git commit takes")
    command.add_argument(
        "--repos", nargs="*", metavar="FOLDER", help="take these clones, no others"
    )

    def run(options: argparse.Namespace) -> int:
        from .campaign import campaign

        return campaign(options)

    command.set_defaults(run=run)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit status. A user's mistake is one line on stderr, and status 2."""
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        return status
    except UserError as error:
        print(f"plinth: {printable(masked(str(error)))}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader has closed the pipe. The flush at exit must not fail as well.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except KeyboardInterrupt:
        print("plinth: interrupted", file=sys.stderr)
        return 130
