"""Runs the programs that a build needs, and says in one line what went wrong."""

import shutil
import subprocess
from pathlib import Path


class ComposerError(Exception):
    """An error that the user can fix. Its text says how."""


def need(program: str, purpose: str) -> str:
    """Return a program's path.

    Raises:
        ComposerError: If it is not on PATH.
    """
    if found := shutil.which(program):
        return found
    raise ComposerError(f"need {program!r} {purpose} (command not found): install it")


def run(*command: str | Path, doing: str, cwd: Path | None = None) -> str:
    """Run a command and return what it printed.

    Raises:
        ComposerError: If it fails; with what it was `doing` and the end of its output.
    """
    done = subprocess.run(  # noqa: S603 - each word comes from this package or its user
        [str(word) for word in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise ComposerError(f"{doing} failed: {' / '.join(lines[-4:])}")
    return done.stdout
