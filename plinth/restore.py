"""The command `plinth restore`: bring the template's own files back to what the recorded version says.

Files that people and templates write together, and those that are yours, are never touched.
"""

import argparse
import contextlib
import functools
import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .addresses import masked, printable, shown
from .answers import inside
from .arguments import SHARED
from .drift.project import Drift
from .drift.repositories import repositories
from .drift.repository import Repository
from .drift.row import Row, is_url
from .drift.template import Rendered
from .drift.workers import Job, results
from .files import UserError, show

# Every project of Plinth, of each release, has these. Only of Plinth it is known which files are the template's own.
PLINTH = {"bootstrap", "bootstrap.cmd"}
RESTORED = ("edited", "deleted", "not executable", "executable")
STATES = {"clean": 0, "restored": 1, "unknown": 2}  # and their exit status


@dataclass
class Restoration:
    """What was done in a project."""

    repository: str
    project: str = "."
    state: str = "unknown"
    version: str | None = None
    restored: dict[str, str] = field(default_factory=dict)  # what was wrong, by path
    left: dict[str, str] = field(default_factory=dict)  # what is left to a person
    problem: str | None = None

    @classmethod
    def failure(cls, repository: str, why: str) -> "Restoration":
        """Return the row of a repository that could not be read."""
        return cls(repository, problem=why)

    @property
    def name(self) -> str:
        """Return the repository's name, with the project's folder where it has one."""
        return self.repository + (f" ({self.project})" if self.project != "." else "")


def restore(options: argparse.Namespace) -> int:
    """Restore files; return 0 where there were none to restore, 1 where there were, 2 where one cannot be restored.

    Raises:
        UserError: When the lists of repositories cannot be read.
    """
    from .drift.report import progress

    sources = repositories(options)
    start = functools.partial(
        Restore.reader,
        shared=(*SHARED, *options.shared),
        seconds=options.timeout,
        dry_run=options.dry_run,
        only=tuple(options.only),
    )
    job = Job(start, Restoration.failure, options.timeout)
    verb = "would restore" if options.dry_run else "restored"
    worst = 0
    with progress(len(sources), "restore") as advance:
        for rows in results(sources, job, options.jobs):
            for row in rows:
                worst = max(worst, STATES[row.state])
                if options.json:
                    print(json.dumps(asdict(row)), flush=True)
                    continue
                lines = [
                    f"{verb} {path} ({what})" for path, what in row.restored.items()
                ]
                lines += [
                    f"cannot restore {path}: {why}" for path, why in row.left.items()
                ]
                lines += [f"cannot tell: {row.problem}"] if row.problem else []
                for line in lines or ["nothing to restore"]:
                    print(printable(masked(f"{row.name}: {line}")), flush=True)
            advance()
    return worst


@dataclass
class Restore(Drift):
    """Drift that also writes the files."""

    dry_run: bool = False
    only: tuple[str, ...] = ()
    done: dict[str, Restoration] = field(default_factory=dict)

    def read_repository(self, name: str, place: str) -> list[Any]:
        """Return a row for each project in a repository, or one that says why there is none."""
        if is_url(place):
            text = "it is not a folder: clone it first"
            return [Restoration.failure(shown(name), text)]
        self.done = {}
        found = []
        for row in super().read_repository(name, place):
            new = self.done.get(row.answers_file or "") or Restoration(row.repository)
            new.project, new.version = row.project, row.version
            new.problem = row.problem
            new.state = "restored" if new.restored else "clean"
            if row.problem or new.left:
                new.state = "unknown"
            found.append(new)
        return found

    def compared(self, repository: Repository, rendered: Rendered, row: Row) -> None:
        """Write the template's files that differ.

        Raises:
            UserError: When the repository must not be written to, or when a file cannot be written.
        """
        new = self.done[row.answers_file or ""] = Restoration(row.repository)
        if not row.files:
            return
        if repository.dirty is not None:
            raise UserError("it is bare: give a folder with its files")
        if row.dirty and not self.dry_run:
            raise UserError("it has uncommitted changes: commit or stash them first")
        if row.answers:
            names = ", ".join(row.answers)
            raise UserError(
                f"somebody changed answers by hand ({names}): undo that, or run copier update, before you restore files"
            )
        root = repository.root / row.project
        known = rendered.files.keys() >= PLINTH
        for path, what in row.files.items():
            named = any(fnmatchcase(path, pattern) for pattern in self.only)
            if self.only and not named:
                continue
            if not known and not named:
                new.left[path] = (
                    f"it is {what}, and nobody knows if the file is yours: name it with --only"
                )
            elif what not in RESTORED:
                new.left[path] = f"it is {what}: remove that first"
            else:
                if not self.dry_run:
                    write_file(root, path, rendered.files[path])
                new.restored[path] = what


def write_file(root: Path, path: str, expected: Path) -> None:
    """Replace a file of a project with the rendered one, as a whole.

    Raises:
        UserError: When it cannot be written, or its folder is outside of the project.
    """
    own = root / path
    temporary = own.with_name(f".{own.name[:100]}.plinth-{os.getpid()}")
    try:
        if not inside(root, path):
            raise UserError(f"cannot write {show(path)}: its folder is a link")
        own.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy(expected, temporary, follow_symlinks=False)
            temporary.replace(own)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()
    except OSError as error:
        raise UserError(f"cannot write {show(path)}: {error.strerror}") from error
