"""Compares a project with what its template makes of its answers."""

import contextlib
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from copier.errors import UnsafeTemplateError, UnsupportedVersionError

from plinth.addresses import masked, printable, shown
from plinth.answers import inside, load, read_answers
from plinth.bounds import MEMORY
from plinth.copier_private import Release
from plinth.files import UserError, decoded, show

from .repository import (
    GitError,
    Repository,
    open_repository,
    plain_environment,
    run_git,
)
from .row import Row, is_url
from .template import SAFE, SCHEMES, Rendered, Templates

MANY = 1000  # answers files, and paths with conflicts, of one repository


@dataclass
class Drift:
    """How repositories are examined."""

    templates: Templates
    shared: Sequence[str] = ()
    allow_behind: int = 0
    seconds: float = 120

    def examine(self, name: str, place: str) -> list[Row]:
        """Return a row for each project in a repository, or one that says why there is none.

        Args:
            name: What the repository is called.
            place: Its folder or its URL.
        """
        try:
            with TemporaryDirectory(dir=self.templates.folder) as temporary:
                aside = Path(temporary)
                folder = self.clone(place, aside) if is_url(place) else Path(place)
                repository = open_repository(folder, aside)
                files = repository.answers_files()
                if not files:
                    raise UserError("it has no .copier-answers.yml, so no template")
                if len(files) > MANY:
                    raise UserError(f"it has more than {MANY:,} answers files")
                return self.projects(name, repository, files)
        except (UserError, GitError, OSError) as error:
            return [Row(shown(name), problem=one_line(error))]
        except MemoryError:
            text = f"reading it takes more than {MEMORY // 2**20} MB of memory"
            return [Row(shown(name), problem=text)]
        except Exception as error:  # noqa: BLE001 - one repository is one row
            text = f"reading it failed: {type(error).__name__}: {one_line(error)}"
            return [Row(shown(name), problem=text)]

    def clone(self, url: str, aside: Path) -> Path:
        """Clone the newest commit of a repository, for as long as its rows take."""
        scheme = url.partition("://")[0].lower() if "://" in url else "ssh"
        if scheme not in SCHEMES or "::" in url[:9]:
            raise UserError(f"{show(shown(url))} is no address of a repository")
        last = re.split("[/:]", url.rstrip("/"))[-1].removesuffix(".git")
        folder = aside / "clone" / (re.sub(r"[^\w.-]", "_", last) or "repository")
        clone = ("clone", "--quiet", "--bare", "--depth=1", "--no-tags", "--template=")
        env, seconds = plain_environment(), self.seconds
        try:
            run_git(
                *SAFE, *clone, "--", url, folder, env=env, cwd=aside, seconds=seconds
            )
        except GitError as error:
            raise UserError(f"cannot clone it: {error}") from error
        return folder

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
                # What lies in no project's folder is told in the first row.
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
                row.answers = changed(answers, written)
            then = committed(repository, row.answers_file or "", answers)
            if then:
                old = render(then)
                if unapplied(root, old.files, now.files):
                    now = old
                    for key in sorted(then.keys() | answers.keys()):
                        if then.get(key) != answers.get(key):
                            text = f"{show(answers.get(key))}, but the files are made for {show(then.get(key))}"
                            row.answers.setdefault(key, text)
            for path, expected in now.files.items():
                if state := difference(root, path, expected):
                    common = any(fnmatchcase(path, pattern) for pattern in self.shared)
                    (row.shared if common else row.files)[path] = state
        gone = [path for path, state in row.files.items() if state == "deleted"]
        if gone:
            full = {path: f"{row.project}/{path}".removeprefix("./") for path in gone}
            sparse = repository.left_out([*full.values()])
            for path in gone:
                if full[path] in sparse:
                    del row.files[path]


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


def address_and_version(answers: dict[str, Any], file: str) -> tuple[str, str]:
    """Return `_src_path` and `_commit`.

    Raises:
        UserError: When one is missing, is not text, or cannot be parsed.
    """
    for name, what in [("_src_path", "address"), ("_commit", "version")]:
        value = answers.get(name)
        if value is None or value == "":
            raise UserError(f"{file} has no {name}: set it to the template's {what}")
        if not isinstance(value, str):
            raise UserError(f"{file}: {name} is {show(value)}, no text: quote it")
        if not value.isprintable() or not value.strip():
            raise UserError(
                f"{file}: {name} is {show(value)}: set it to the template's {what}"
            )
    try:
        urlsplit(answers["_src_path"])
    except ValueError as error:
        raise UserError(
            f"{file}: _src_path is not an address ({error}): set it to the template's"
        ) from error
    return answers["_src_path"], answers["_commit"]


def changed(stored: dict[str, Any], written: object) -> dict[str, str]:
    """Return which answers Copier would write otherwise, and how, by name.

    A record of answers within an answer (as `born` and `before` of Plinth's) stands for those.
    """
    found: dict[str, str] = {}
    written = written if isinstance(written, dict) else {}
    for name in sorted(stored.keys() | written.keys()):
        if name.startswith("_") or (
            name in stored and name in written and stored[name] == written[name]
        ):
            continue
        if name not in stored:
            found[name] = f"missing; Copier would write {show(written[name])}"
        elif name not in written:
            found[name] = f"{show(stored[name])}, but no question asks for it"
        else:
            own, other = stored[name], written[name]
            if isinstance(own, dict) and isinstance(other, dict):
                inner = [
                    k for k in own.keys() | other.keys() if own.get(k) != other.get(k)
                ]
                if all(k in stored for k in inner):
                    for k in inner:
                        text = f"{show(stored[k])}, but {name} has {show(own.get(k))}"
                        found.setdefault(str(k), text)
                    continue
            found[name] = f"{show(own)}, where Copier would write {show(other)}"
    return found


def committed(
    repository: Repository, file: str, answers: dict[str, Any]
) -> dict[str, Any] | None:
    """Return what the last copy or update wrote into the answers file, if that differs now."""
    try:
        text = repository.answered(file)
        if text == decoded(repository.root / file):
            return None
        then = load(text, file)
    except UserError:
        return None
    if not isinstance(then, dict) or then.get("_commit") != answers["_commit"]:
        return None
    same = {key: answers[key] for key in ("_commit", "_src_path")}
    return None if then | same == answers else then | same


def unapplied(root: Path, old: dict[str, Path], new: dict[str, Path]) -> bool:
    """Return whether a project's files are made from old answers, with nothing of the new.

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
