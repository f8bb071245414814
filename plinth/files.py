"""Read files that others wrote, write files as a whole, and show values in messages."""

import stat
import sys
import tempfile
from pathlib import Path

from .addresses import masked

LIMIT = 1_000_000  # bytes; metadata take a few thousand


class UserError(Exception):
    """A mistake or an obstacle, told to the user in one line."""


def show(value: object) -> str:
    """Return a value quoted, without credentials and what a terminal would obey; cut, except paths."""
    text = repr(masked(str(value)))
    return (
        text
        if len(text) <= 80 or isinstance(value, Path)
        else f"{text[:76]}...{text[0]}"
    )


def unreadable(path: Path, reason: object) -> UserError:
    """Return the error for a file, the reason on one line."""
    return UserError(
        f"cannot read {show(path)}: {masked(' '.join(str(reason).split()))[:200]}"
    )


def present(path: Path) -> bool:
    """Return whether a file or folder is there; a loop of links is an error."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise unreadable(path, error.strerror) from error
    return True


def listing(folder: Path) -> list[Path]:
    """Return what is in a folder, sorted; nothing where there is no such folder."""
    try:
        return sorted(folder.iterdir()) if present(folder) and folder.is_dir() else []
    except OSError as error:
        raise unreadable(folder, error.strerror) from error


def read(path: Path) -> bytes:
    """Return a file's content, nothing where there is no such file.

    Raises:
        UserError: For one that is unreadable, huge, binary or no regular file: a pipe
            would be waited for, a device has no end.
    """
    try:
        status = path.stat() if present(path) else None
        if status and not stat.S_ISREG(status.st_mode):
            raise unreadable(path, "it is not a regular file")
        if status and status.st_size > LIMIT:
            raise unreadable(path, f"it has more than {LIMIT:,} bytes")
        content = b""
        if status:
            with path.open("rb") as file:
                content = file.read(LIMIT + 1)  # /proc says 0 of endless files
        if len(content) > LIMIT:
            raise unreadable(path, f"it has more than {LIMIT:,} bytes")
    except OSError as error:
        raise unreadable(path, error.strerror) from error
    if b"\0" in content:
        raise unreadable(path, "it is binary")
    return content


def decoded(path: Path) -> str:
    """Return a text file's content."""
    try:
        return read(path).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise unreadable(path, "it is not UTF-8") from error


def write(content: bytes, output: Path | None) -> None:
    """Write a file, or stdout without one, as a whole or not at all.

    Raises:
        UserError: When the file cannot be written.
    """
    if not output:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    try:
        with tempfile.TemporaryDirectory(
            dir=output.parent, prefix=".plinth-"
        ) as beside:
            file = Path(beside) / "new"
            file.write_bytes(content)
            file.replace(output)
    except OSError as error:
        raise UserError(f"cannot write {show(output)}: {error.strerror}") from error
