"""Reading and writing the files of a folder."""

import hashlib
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder, which is made, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return each file of a project but git's own, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def append(path: Path, text: str) -> None:
    """Add to the end of a file."""
    path.write_text(path.read_text() + text)


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that is in a file once."""
    text = path.read_text()
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new))


def editing(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Return a function that makes an edit in a project."""
    return lambda project: edit(project / file, old, new)


def everything(folder: Path) -> dict[str, Any]:
    """Return all that there is below a folder: content, mode and time of change, git's own included."""
    found = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        content = b""
        if stat.S_ISREG(status.st_mode) and status.st_size < 1_000_000:
            content = path.read_bytes()
        found[str(path)] = (
            status.st_mode,
            status.st_mtime_ns,
            hashlib.sha1(content).digest(),
        )
    return found
