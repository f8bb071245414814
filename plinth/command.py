"""The command line: one parser, one help and one set of exit statuses for all tools."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import NoReturn

from .addresses import masked, printable
from .arguments import (
    add_adopt,
    add_campaign,
    add_completion,
    add_drift,
    add_preview,
    add_restore,
)
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

    for name, (does, module, how) in COMMANDS.items():
        command = commands.add_parser(
            name, help=does, description=f"{does}.", epilog=STATUSES
        )
        how(command)
        command.set_defaults(run=later(module, name), parser=top)
    return top


def version() -> str:
    """Return the version of the installed package."""
    try:
        return metadata.version("plinth")
    except metadata.PackageNotFoundError:
        return "from a clone that is not installed"


def later(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """Return a command that imports its module when it runs, since a help text needs none."""

    def run(options: argparse.Namespace) -> int:
        found = importlib.import_module(f"plinth.{module}")
        status: int = getattr(found, name)(options)
        return status

    return run


COMMANDS: dict[str, tuple[str, str, Callable[[argparse.ArgumentParser], None]]] = {
    "adopt": (
        "Infer a repository's answers to the template's questions",
        "adopt",
        add_adopt,
    ),
    "preview": (
        "Show what copier update would change, and change nothing",
        "preview",
        add_preview,
    ),
    "drift": (
        "Report how far repositories are from their templates",
        "drift.command",
        add_drift,
    ),
    "restore": (
        "Bring the template's own files back to the recorded version",
        "restore",
        add_restore,
    ),
    "campaign": ("Update many repositories with all-repos", "campaign", add_campaign),
    "completion": (
        "Print a script that completes commands in your shell",
        "completion",
        add_completion,
    ),
}


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
