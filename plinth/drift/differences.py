"""Differences between a project's files and the rendered ones."""

import os
import stat
from pathlib import Path

from plinth.answers import inside
from plinth.files import UserError, show


def difference(root: Path, path: str, expected: Path | None) -> str:
    """Return how a project's file differs from the rendered one, nothing when it does not.

    Line endings are git's to choose. Nothing outside the project is read, and no link is followed.

    Args:
        root: The project's folder.
        path: The file in it.
        expected: The rendered file; None asks only whether it is there and can be read.

    Raises:
        UserError: When it cannot be read.
    """
    own = root / path
    if not inside(root, path):
        return "in a folder that is a link"
    try:
        status = own.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return "deleted"
    except OSError as error:
        raise UserError(f"cannot read {show(path)}: {error.strerror}") from error
    if expected and expected.is_symlink():
        same = own.is_symlink() and own.readlink() == expected.readlink()
        return "" if same else "edited"
    if not stat.S_ISREG(status.st_mode):
        return "a link" if own.is_symlink() else "no file"
    if not expected:
        return "" if status.st_size < 1_000_000 else "huge"
    wanted = expected.read_bytes()
    if status.st_size > 2 * len(wanted):
        return "edited"
    try:
        content = own.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {show(path)}: {error.strerror}") from error
    if content != wanted and content.replace(b"\r\n", b"\n") != wanted.replace(
        b"\r\n", b"\n"
    ):
        return "edited"
    if os.name == "posix" and (status.st_mode ^ expected.stat().st_mode) & 0o100:
        return "executable" if status.st_mode & 0o100 else "not executable"
    return ""


def made_from_old_answers(
    root: Path, old: dict[str, Path], new: dict[str, Path]
) -> bool:
    """Return whether a project's files are made from old answers, and none of them from the new ones.

    What a copy or an update was answered shows in the files, and what was only written into
    the answers file does not.
    """
    kept = False
    for path in old.keys() | new.keys():
        before, after = (
            lines(side[path]) if path in side else set() for side in (old, new)
        )
        if before != after and not difference(root, path, None):
            found = lines(root / path)
            if (after - before) & found:
                return False
            kept = kept or bool((before - after) & found)
    return kept


def lines(path: Path) -> set[bytes]:
    """Return the lines of a file."""
    try:
        return set() if path.is_symlink() else set(path.read_bytes().splitlines())
    except OSError:
        return set()
