"""The command `plinth preview`: what `copier update` would change, file by file.

Each repository is copied aside and updated there. The repository itself is only read, and no code of it or of the
template runs.
"""

import argparse
import functools
import json
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .addresses import masked, printable, shown
from .answers import inside, read_answers
from .bounds import children, memory
from .copier_program import copier_command, copier_environment, said_last
from .drift.answers import address_and_version
from .drift.differences import difference
from .drift.project import explained, one_line, rows_of
from .drift.repositories import repositories
from .drift.repository import GitError, Repository, run_git
from .drift.row import Row
from .drift.template import Templates, git_address
from .drift.workers import Job, Read, results
from .files import UserError, show

# What becomes of a file, the most important first.
KINDS = ("conflict", "removed", "merged", "updated", "new", "yours")
STATES = {"same": 0, "changes": 1, "conflict": 2, "unknown": 2}  # and their exit status
MARKER = re.compile(rb"^(<{7}|>{7})[ \t]", re.MULTILINE)
LARGEST = 50_000_000  # bytes of a file
TOGETHER = 2_000_000_000  # bytes of all files of a repository
LONGEST = 200_000  # characters of a difference
IDENTITY = """\
[user]
    name = plinth
    email = plinth@localhost
"""


@dataclass
class Outlook:
    """What an update would do to a project."""

    repository: str
    project: str = "."
    state: str = "unknown"
    template: str | None = None
    version: str | None = None
    to: str | None = None
    files: dict[str, str] = field(default_factory=dict)  # what becomes of each
    diff: str | None = None
    dirty: bool | None = None
    problem: str | None = None  # why something could not be told

    @classmethod
    def failure(cls, repository: str, why: str) -> "Outlook":
        """Return the row of a repository that could not be read."""
        return cls(repository, problem=why)

    @property
    def name(self) -> str:
        """Return the repository's name, with the project's folder where it has one."""
        return self.repository + (f" ({self.project})" if self.project != "." else "")

    def settle(self) -> None:
        """Decide on the state."""
        kinds = {*self.files.values()} - {"yours"}
        self.state = "changes" if kinds else "same"
        if "conflict" in kinds:
            self.state = "conflict"
        if self.problem:
            self.state = "unknown"

    def lines(self) -> Iterator[str]:
        """Yield what people read of it."""
        versions = f"{self.version} → {self.to}" if self.version else ""
        yield f"{self.name}: {versions or self.template or ''}"
        if self.problem:
            yield f"  cannot tell: {self.problem}"
        elif self.state == "same":
            yield "  nothing would change"
        for kind in KINDS:
            paths = [path for path, what in self.files.items() if what == kind]
            if kind == "yours" and len(paths) > 8:
                paths = [*paths[:8], f"and {len(paths) - 8} more"]
            yield from (f"  {kind:<8} {path}" for path in paths)
        if self.dirty:
            yield "  has uncommitted changes: copier update refuses that, so commit them first"
        yield from (self.diff or "").splitlines()


def preview(options: argparse.Namespace) -> int:
    """Print what an update would do to each repository.

    Return 0 where nothing would change, 1 where something would, and 2 for a conflict and where it cannot be told.

    Raises:
        UserError: When the lists of repositories cannot be read.
    """
    from .drift.report import progress

    sources = repositories(options)
    start = functools.partial(
        Preview.reader, to=options.to, diff=options.diff, seconds=options.timeout
    )
    job = Job(start, Outlook.failure, options.timeout)
    worst = 0
    with progress(len(sources), "preview") as advance:
        for rows in results(sources, job, options.jobs):
            for row in rows:
                worst = max(worst, STATES[row.state])
                if options.json:
                    print(json.dumps(asdict(row)), flush=True)
                else:
                    for line in row.lines():
                        print(printable(masked(line)), flush=True)
            advance()
    return worst


@dataclass
class Preview:
    """How an update is tried."""

    templates: Templates
    to: str | None = None
    diff: bool = False
    seconds: float = 300

    @classmethod
    def reader(cls, templates: Templates, **options: Any) -> Read:
        """Return what reads repositories in a worker."""
        return cls(templates, **options).read_repository

    def read_repository(self, name: str, place: str) -> list[Outlook]:
        """Return a row for each project in a repository, or one that says why there is none."""

        def read(
            repository: Repository, aside: Path, files: list[str]
        ) -> list[Outlook]:
            copy = Copy(repository, aside)
            return [
                self.project(Outlook(shown(name)), repository, copy, file)
                for file in files
            ]

        return rows_of(
            name, place, read, Outlook.failure, self.templates.folder, self.seconds
        )

    def project(
        self, row: Outlook, repository: Repository, copy: "Copy", file: str
    ) -> Outlook:
        """Fill in the row of a project."""
        try:
            row.dirty = repository.is_dirty()
            answers = read_answers(repository.root, file)
            source, ref = address_and_version(answers, file)
            row.template, row.version = shown(source), shown(ref)
            git_address(source)  # which refuses what is none
            to = self.to or self.templates.newest(source)
            row.to = shown(to)
            old = self.templates.version(source, ref)
            new = self.templates.version(source, to)
            # How explained() names the version that failed.
            told = Row(row.repository, version=ref)
            with explained(told):
                inner = str(new.template.answers_relpath)
                if not f"/{file}".endswith(f"/{inner}"):
                    inner = file.rpartition("/")[2]
                row.project = file[: -len(inner)].rstrip("/") or "."
                root = repository.root / row.project
                name = root.resolve().name
                rendered = self.templates.rendered
                with rendered(old, answers, inner, name) as now:
                    untouched = {
                        path
                        for path, expected in now.files.items()
                        if not difference(root, path, expected)
                    }
                with rendered(new, answers, inner, name) as later:
                    brought = {*later.files} - later.kept
                told.version = to
                with rendered(new, answers, inner, name, "copy") as whole:
                    yours = ({*whole.files} | whole.kept) - brought
            copy.update(row.project, inner, to, self.templates.folder, self.seconds)
            within = "" if row.project == "." else f"{row.project}/"
            for path, kind in copy.changes().items():
                plain = path.removeprefix(within)
                whose = "updated" if plain in {*untouched, inner} else "merged"
                row.files[path] = whose if kind == "changed" else kind
            for path in sorted(yours):
                if os.path.lexists(root / path) and f"{within}{path}" not in row.files:
                    row.files[f"{within}{path}"] = "yours"
            if self.diff:
                row.diff = masked(copy.difference())[:LONGEST]
        except (UserError, GitError, OSError) as error:
            row.problem = one_line(error)
        row.settle()
        return row


class Copy:
    """A copy of a repository's files, under a git of its own, where an update can be tried."""

    def __init__(self, repository: Repository, aside: Path) -> None:
        """Copy what git tracks or would add.

        Raises:
            UserError: When there is too much of it.
        """
        self.aside = aside
        self.root = aside / "copy" / (repository.root.name or "repository")
        self.root.mkdir(parents=True)
        with (aside / ".gitconfig").open("a", encoding="utf-8") as file:
            file.write(IDENTITY)
        foreign = ("GIT_DIR", "GIT_WORK_TREE", "GIT_SHALLOW_FILE")
        self.env = {k: v for k, v in repository.env.items() if k not in foreign}
        listed = repository.git("ls-files", "-zco", "--exclude-standard").split("\0")
        size = 0
        links = []
        for path in sorted({*listed} - {""}):
            own, target = repository.root / path, self.root / path
            if not os.path.lexists(own) or not inside(repository.root, path):
                continue
            status = own.lstat()
            target.parent.mkdir(parents=True, exist_ok=True)
            if stat.S_ISLNK(status.st_mode):
                target.symlink_to(own.readlink())
                links.append(target)
            elif stat.S_ISREG(status.st_mode):
                size += status.st_size
                if status.st_size > LARGEST or size > TOGETHER:
                    raise UserError(f"{show(path)} is too large to be copied")
                shutil.copyfile(own, target, follow_symlinks=False)
                target.chmod(0o755 if status.st_mode & 0o100 else 0o644)
        # Copier would write through a link that leads elsewhere.
        top = os.path.realpath(self.root)
        for link in links:
            if not os.path.realpath(link).startswith(top + os.sep):
                text = str(link.readlink())
                link.unlink()
                link.write_text(text)
        self.git("init", "--quiet", "--template=")
        self.commit()

    def git(self, *arguments: str) -> str:
        """Run git on the copy, by no setting of anybody."""
        return run_git(*arguments, env=self.env, cwd=self.root)

    def commit(self) -> None:
        """Commit all files."""
        self.git("add", "--all", "--force")
        quiet = ("--quiet", "--no-verify", "--allow-empty", "--message=Before")
        self.git("commit", *quiet)

    def update(
        self, project: str, answers: str, version: str, folder: Path, seconds: float
    ) -> None:
        """Run `copier update` on a project of the copy, as it was copied.

        Raises:
            UserError: When that fails.
        """
        self.git("reset", "--quiet", "--hard")
        self.git("clean", "--quiet", "-ffdx")
        place = folder / f"copier-{os.getpid()}"
        place.mkdir(exist_ok=True)
        env, given = copier_environment(place)
        command = copier_command(
            *("update", "--defaults", f"--vcs-ref={version}"),
            *(f"--answers-file={answers}", self.root / project),
        )
        try:
            with memory():
                done = children.run(
                    command,
                    seconds=seconds,
                    given=given,
                    cwd=place,
                    env=env | {"TMPDIR": str(self.aside)},
                    encoding="utf-8",
                    errors="replace",
                )
            done.check_returncode()
        except subprocess.CalledProcessError as error:
            raise UserError(f"copier update fails: {said_last(error)}") from error
        except subprocess.TimeoutExpired as error:
            raise UserError(f"copier update takes more than {seconds:g} s") from error

    def changes(self) -> dict[str, str]:
        """Return what the update did, by path: `new`, `removed`, `changed` or `conflict`."""
        unmerged = self.git("diff", "--name-only", "--diff-filter=U", "-z").split("\0")
        self.git("add", "--all", "--force")
        compare = ("diff", "--cached", "--no-renames", "--name-status", "-z", "HEAD")
        words = self.git(*compare).split("\0")[:-1]
        names = {"A": "new", "D": "removed"}
        found = {
            path: names.get(kind[0], "changed")
            for kind, path in zip(words[::2], words[1::2], strict=True)
        }
        for path in found:
            own = self.root / path
            if path.endswith(".rej") or path in unmerged:
                found[path] = "conflict"
            elif found[path] == "changed" and own.is_file() and not own.is_symlink():
                before = self.git("cat-file", "blob", f"HEAD:{path}")
                had = MARKER.search(before.encode("utf-8", "surrogateescape"))
                if MARKER.search(own.read_bytes()) and not had:
                    found[path] = "conflict"
        return found

    def difference(self) -> str:
        """Return the update as git shows it."""
        plain = ("--no-ext-diff", "--no-textconv", "--no-color", "--no-renames")
        return self.git("diff", "--cached", *plain, "HEAD")
