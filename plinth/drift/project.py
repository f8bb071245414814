"""Compares a project with what its template makes of its answers."""

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from copier.errors import UnsafeTemplateError, UnsupportedVersionError

from plinth.addresses import masked, printable, shown
from plinth.answers import load, read_answers
from plinth.bounds import MEMORY
from plinth.copier_private import Release
from plinth.files import UserError, decoded, show

from .answers import address_and_version, answers_by_hand, committed_answers
from .differences import difference, made_from_old_answers
from .repository import (
    GitError,
    Repository,
    open_repository,
    plain_environment,
    run_git,
)
from .row import Row, is_url
from .template import SAFE, SCHEMES, Rendered, Templates
from .workers import Read

R = TypeVar("R")  # a row
MANY = 1000  # answers files, and paths with conflicts, of one repository


def rows_of(
    name: str,
    place: str,
    read: Callable[[Repository, Path, list[str]], list[R]],
    failure: Callable[[str, str], R],
    folder: Path | str,
    seconds: float,
) -> list[R]:
    """Open a repository and return its rows, or one row that says why there are none.

    Args:
        name: What the repository is called.
        place: Its folder or its URL.
        read: What makes the rows of the repository, a temporary folder, and the paths of its answers files.
        failure: What makes a row of a name and a reason.
        folder: Where the temporary folder is made.
        seconds: How long a clone may take.
    """
    try:
        with TemporaryDirectory(dir=folder) as temporary:
            aside = Path(temporary)
            checkout = clone(place, aside, seconds) if is_url(place) else Path(place)
            repository = open_repository(checkout, aside)
            files = repository.answers_files()
            if not files:
                raise UserError("it has no .copier-answers.yml, so no template")
            if len(files) > MANY:
                raise UserError(f"it has more than {MANY:,} answers files")
            return read(repository, aside, files)
    except (UserError, GitError, OSError) as error:
        why = one_line(error)
    except MemoryError:
        why = f"reading it takes more than {MEMORY // 2**20} MB of memory"
    except Exception as error:  # noqa: BLE001 - one repository is one row
        why = f"reading it failed: {type(error).__name__}: {one_line(error)}"
    return [failure(shown(name), why)]


@dataclass
class Drift:
    """How repositories are examined."""

    templates: Templates
    shared: Sequence[str] = ()
    allow_behind: int = 0
    seconds: float = 120
    with_differences: bool = False  # the text of each, for the page

    @classmethod
    def reader(cls, templates: Templates, **options: Any) -> Read:
        """Return what reads repositories in a worker."""
        return cls(templates, **options).read_repository

    def read_repository(self, name: str, place: str) -> list[Row]:
        """Return a row for each project in a repository, or one that says why there is none.

        Args:
            name: What the repository is called.
            place: Its folder or its URL.
        """
        return rows_of(
            name,
            place,
            lambda repository, _, files: self.projects(name, repository, files),
            Row.failure,
            self.templates.folder,
            self.seconds,
        )

    def projects(
        self, name: str, repository: Repository, files: list[str]
    ) -> list[Row]:
        """Return a row for each answers file of a repository."""
        conflicts, dirty = repository.conflicts(), repository.is_dirty()
        roots = {file: file.rpartition("/")[0] for file in files}
        rows = []
        for file, root in roots.items():
            row = Row(shown(name), root or ".", file, dirty=dirty, projects=len(files))
            for path, what in conflicts.items():
                # What lies in no project's folder is in the first row.
                homes = [
                    x
                    for x in roots.values()
                    if f"{path}/".startswith(f"{x}/" if x else "")
                ]
                home = max(homes, key=len, default=roots[files[0]])
                if root == home:
                    row.conflicts.append(f"{path} {what}")
            try:
                self.project(repository, file, row)
            except (UserError, GitError, OSError) as error:
                row.problem = one_line(error)
            except (MemoryError, RecursionError):
                row.problem = f"reading {show(file)} takes too much memory"
            except Exception as error:  # noqa: BLE001 - the other projects have their rows
                reason = f"{type(error).__name__}: {one_line(error)}"
                row.problem = f"reading it failed: {reason}"
            row.settle(self.allow_behind)
            rows.append(row)
        return rows

    def project(self, repository: Repository, file: str, row: Row) -> None:
        """Fill in the row of a project.

        Raises:
            UserError: When something cannot be told; what can be is in the row.
        """
        answers = read_answers(repository.root, file)
        source, ref = address_and_version(answers, file)
        row.template, row.version = shown(source), shown(ref)
        try:
            tags = self.templates.tags(source)
        except UserError as error:
            raise UserError(
                f"cannot read the template: {error}; if it has moved, set _src_path in {file} to its new address"
            ) from error
        newest = [v for v in tags.values() if not v.is_prerelease] or [*tags.values()]
        row.latest = str(max(newest)) if newest else None
        try:
            version = self.templates.version(source, ref)
            row.untagged = ref not in tags
            row.behind = len(self.templates.newer(source, ref))
        except UserError as error:
            raise UserError(
                f"{error}; set _commit in {file} to the release that the project's files are of"
            ) from error
        with explained(row):
            inner = str(version.template.answers_relpath)
            if not f"/{file}".endswith(f"/{inner}"):
                inner = file.rpartition("/")[2]
            row.project = file[: -len(inner)].rstrip("/") or "."
            self.compare(repository, version, answers, inner, row)

    def compare(
        self,
        repository: Repository,
        version: Release,
        answers: dict[str, Any],
        inner: str,
        row: Row,
    ) -> None:
        """Compare the project's files and answers with what Copier renders."""
        root = repository.root / row.project
        name = root.resolve().name
        with contextlib.ExitStack() as stack:

            def render(given: dict[str, Any]) -> Rendered:
                return stack.enter_context(
                    self.templates.rendered(version, given, inner, name)
                )

            now = render(answers)
            if now.answers.is_file():
                written = load(decoded(now.answers), "what Copier writes")
                row.answers = answers_by_hand(answers, written)
            then = committed_answers(repository, row.answers_file or "", answers)
            if then:
                old = render(then)
                if made_from_old_answers(root, old.files, now.files):
                    now = old
                    for key in sorted(then.keys() | answers.keys()):
                        if then.get(key) != answers.get(key):
                            text = f"{show(answers.get(key))}, but the files are made for {show(then.get(key))}"
                            row.answers.setdefault(key, text)
            for path, expected in now.files.items():
                if state := difference(root, path, expected):
                    common = any(fnmatchcase(path, pattern) for pattern in self.shared)
                    (row.shared if common else row.files)[path] = state
                    if self.with_differences and state == "edited":
                        row.add_difference(path, expected, root / path)
            self.leave_out_sparse(repository, row)
            self.compared(repository, now, row)

    def compared(self, repository: Repository, rendered: Rendered, row: Row) -> None:
        """Do more with a project while its rendered files are there. Here that is nothing."""

    def leave_out_sparse(self, repository: Repository, row: Row) -> None:
        """Forget deleted files that a sparse checkout leaves out on purpose."""
        gone = [path for path, state in row.files.items() if state == "deleted"]
        if gone:
            full = {path: f"{row.project}/{path}".removeprefix("./") for path in gone}
            sparse = repository.left_out([*full.values()])
            for path in gone:
                if full[path] in sparse:
                    del row.files[path]


def clone(url: str, aside: Path, seconds: float) -> Path:
    """Clone the newest commit of a repository into a folder of ours.

    Raises:
        UserError: When the address is not one of a repository, or git cannot clone it.
    """
    scheme = url.partition("://")[0].lower() if "://" in url else "ssh"
    if scheme not in SCHEMES or "::" in url[:9]:
        raise UserError(f"{show(shown(url))} is not the address of a repository")
    last = re.split("[/:]", url.rstrip("/"))[-1].removesuffix(".git")
    folder = aside / "clone" / (re.sub(r"[^\w.-]", "_", last) or "repository")
    clone = ("clone", "--quiet", "--bare", "--depth=1", "--no-tags", "--template=")
    env = plain_environment()
    try:
        run_git(*SAFE, *clone, "--", url, folder, env=env, cwd=aside, seconds=seconds)
    except GitError as error:
        raise UserError(f"cannot clone it: {error}") from error
    return folder


@contextlib.contextmanager
def explained(row: Row) -> Any:
    """Say in one line why Copier could not render a template."""
    try:
        yield
    except UnsafeTemplateError as error:
        features = str(error).splitlines()[0].rpartition(": ")[2].rstrip(".")
        raise UserError(
            f"the template runs programs ({features}), which nothing does here without trust: its files were not compared"
        ) from error
    except UnsupportedVersionError as error:
        raise UserError(f"{error} Upgrade Copier.") from error
    except (UserError, GitError):
        raise
    except RecursionError as error:
        raise UserError("its answers or its template are nested too deeply") from error
    except MemoryError as error:
        raise UserError(
            f"to render the template takes more than {MEMORY // 2**20} MB of memory"
        ) from error
    except Exception as error:
        reason = one_line(error) or type(error).__name__
        raise UserError(
            f"Copier cannot render version {row.version} with these answers: {reason}"
        ) from error


def one_line(error: BaseException) -> str:
    """Return what an error says, on one line, without what a terminal would obey."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    if isinstance(error, OSError) and error.filename:
        text += f": {error.filename}"
    return printable(masked(" ".join(text.split())))[:600]
