"""Fetches templates, and has Copier render them aside.

Each template is fetched once for all workers, each of its versions is checked out once and read once
by each worker. Copier renders, as it does in an update, without trust; spared are its clone for
every project and its git call for every file. That takes Copier's own Worker, which
is not public: what it is asked here is compared with `copier recopy` by the tests.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from packaging.version import InvalidVersion, Version

from plinth.addresses import shown
from plinth.bounds import locked, untimed
from plinth.copier_private import Release, expanded, release, render
from plinth.files import UserError, show

from .repository import GitError, plain_environment, run_git

SCHEMES = ("https", "http", "ssh", "git", "file")
SAFE = (
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "protocol.ext.allow=never"),
    *("-c", "submodule.recurse=false"),
    *("-c", "http.lowSpeedLimit=1000"),
    *("-c", "http.lowSpeedTime=30"),
    *("-c", "advice.detachedHead=false"),
    *("-c", "pack.threads=2"),  # each takes memory of its own
)


def git_address(address: str) -> str:
    """Return what git is given for an address, as Copier expands it.

    Raises:
        UserError: For one that is relative, that names a program or an option of git's, or
            leads to no repository.
    """
    plain = address.removeprefix("git+")
    told = show(shown(address))
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", plain)
    if (
        address.startswith("-")
        or re.search(r"[\x00-\x1f\x7f]|\A[^/]*::|://-|@-", address)
        or (scheme and scheme[1].lower() not in SCHEMES)
    ):
        raise UserError(f"{told} is not the address of a template")
    if scheme or re.match(r"g[hl]:|[\w.-]+@[\w.-]+:", plain):
        return expanded(address)
    folder = Path(address).expanduser()
    if not folder.is_absolute():
        raise UserError(f"{told} is relative, so nothing finds it")
    try:
        if not folder.exists():
            raise UserError(f"{told} is not there")
        if not folder.is_dir():
            raise UserError(f"{told} is not a folder")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"{told}: {reason}") from error
    if not address.endswith(".git") and not is_top(folder):
        raise UserError(f"{told} is not a git repository, so it has no versions")
    return str(folder.resolve())


def is_top(folder: Path) -> bool:
    """Return whether a folder is the top of a repository, which Copier asks, too."""
    asked = (*SAFE, "rev-parse", "--show-toplevel")
    try:
        top = run_git(*asked, env=plain_environment(), cwd=folder, seconds=20)
    except GitError:
        return False
    return Path(top.removesuffix("\n")).resolve() == folder.resolve()


@dataclass
class Rendered:
    """What Copier renders from some answers."""

    answers: Path  # the answers file
    files: dict[str, Path]  # what an update would bring, by path
    kept: set[str]  # paths that Copier leaves alone where they exist


@dataclass
class Templates:
    """The templates that a worker has read, and where all workers keep them."""

    folder: Path
    lock: AbstractContextManager[Any] = field(default_factory=contextlib.nullcontext)
    seconds: float = 120  # how long one call of git may take
    _tags: dict[str, dict[str, Version]] = field(default_factory=dict)
    _versions: dict[tuple[str, str], Release] = field(default_factory=dict)
    _failed: dict[str, str] = field(default_factory=dict)
    _unmerged: dict[tuple[str, str], list[Version]] = field(default_factory=dict)

    def git(self, *arguments: str | Path, cwd: Path, given: str | None = None) -> str:
        """Run git with the user's settings, since a template's host may ask for credentials."""
        options: Any = {"cwd": cwd, "given": given, "seconds": self.seconds}
        return run_git(*SAFE, *arguments, env=plain_environment(), **options)

    @contextlib.contextmanager
    def held(self, home: Path) -> Iterator[None]:
        """Hold the lock of one template, so that one worker fetches it while the others wait.

        The time limit of the current repository pauses: other ones wait, and git has its own limit.
        """
        home.mkdir(parents=True, exist_ok=True)
        with untimed(), locked(home / "lock", self.lock):
            yield

    def mirror(self, address: str) -> Path:
        """Return a template's repository, fetched by the first worker that asks.

        Raises:
            UserError: When that failed, for every project alike.
        """
        if address in self._failed:
            raise UserError(self._failed[address])
        key = hashlib.sha256(address.encode(errors="surrogateescape")).hexdigest()[:20]
        home = self.folder / key
        if (home / "mirror").exists():
            return home / "mirror"
        try:
            with self.held(home):
                if (home / "failed").exists():
                    raise UserError((home / "failed").read_text("utf-8"))
                if not (home / "mirror").exists():
                    try:
                        url = git_address(address)
                        new = Path(mkdtemp(dir=home)) / "mirror"
                        clone = ("clone", "--quiet", "--mirror", "--template=")
                        self.git(*clone, "--", url, new, cwd=home)
                        (home / "url").write_text(url, "utf-8")
                        new.rename(home / "mirror")
                    except GitError as error:
                        raise UserError(f"{shown(address)}: {error}") from error
        except UserError as error:
            self._failed[address] = str(error)
            (home / "failed").write_text(str(error), "utf-8", errors="replace")
            raise
        return home / "mirror"

    def tags(self, address: str) -> dict[str, Version]:
        """Return the releases of a template: tags that are versions by PEP 440."""
        if address not in self._tags:
            listed = self.git("tag", "--list", cwd=self.mirror(address)).splitlines()
            self._tags[address] = {}
            for tag in listed:
                with contextlib.suppress(InvalidVersion):
                    self._tags[address][tag] = Version(tag)
        return self._tags[address]

    def newest(self, address: str) -> str:
        """Return the tag of a template's newest release, HEAD where it has none; pre-releases do not count."""
        releases = {v: x for x, v in self.tags(address).items() if not v.is_prerelease}
        return releases[max(releases)] if releases else "HEAD"

    def commit(self, address: str, ref: str) -> str:
        """Return the commit that a version names.

        Raises:
            UserError: When the template has it no more.
        """
        found = ""
        if "\n" not in ref:
            batch = ("cat-file", "--batch-check=%(objectname)")
            mirror = self.mirror(address)
            found = self.git(*batch, cwd=mirror, given=f"{ref}^{{commit}}\n").strip()
        if not re.fullmatch("[0-9a-f]{40,64}", found):
            newest = max(self.tags(address).values(), default=None)
            raise UserError(
                f"{shown(address)} has no version {show(ref)} (any more); its newest is {newest}"
            )
        return found

    def newer(self, address: str, ref: str) -> list[Version]:
        """Return the releases that are newer than a version; pre-releases only after one."""
        tags = self.tags(address)
        own = tags.get(ref)
        if own:
            found = [version for version in tags.values() if version > own]
        else:
            commit = self.commit(address, ref)
            if (address, commit) not in self._unmerged:
                listed = ("tag", "--list", "--no-merged", commit)
                mirror = self.mirror(address)
                self._unmerged[address, commit] = [
                    tags[tag]
                    for tag in self.git(*listed, cwd=mirror).splitlines()
                    if tag in tags
                ]
            found = self._unmerged[address, commit]
        early = own is not None and own.is_prerelease
        return sorted({v for v in found if early or not v.is_prerelease})

    def version(self, address: str, ref: str) -> Release:
        """Return a version of a template, as Copier knows it."""
        if (address, ref) not in self._versions:
            commit = self.commit(address, ref)
            folder = self.mirror(address).parent / commit
            if not folder.exists():
                with self.held(folder.parent):
                    if not folder.exists():
                        self.check_out(commit, folder)
            tag = self.tags(address).get(ref)
            self._versions[address, ref] = release(address, ref, commit, folder, tag)
        return self._versions[address, ref]

    def check_out(self, commit: str, folder: Path) -> None:
        """Check a commit out, with its submodules."""
        mirror = folder.parent / "mirror"
        with TemporaryDirectory(dir=folder.parent, prefix="new-") as temporary:
            new = Path(temporary) / "tree"
            clone = ("clone", "--quiet", "--shared", "--no-checkout", "--template=")
            try:
                self.git(*clone, "--", mirror, new, cwd=folder.parent)
                self.git("checkout", "--quiet", "--detach", commit, cwd=new)
                if (new / ".gitmodules").exists():
                    url = (folder.parent / "url").read_text("utf-8")
                    self.git("config", "remote.origin.url", url, cwd=new)
                    update = ("submodule", "update", "--quiet", "--init", "--recursive")
                    self.git(*update, "--checkout", "--force", cwd=new)
            except GitError as error:
                raise UserError(
                    f"its version {commit[:12]} cannot be read: {error}"
                ) from error
            new.rename(folder)

    @contextlib.contextmanager
    def rendered(
        self,
        version: Release,
        answers: dict[str, Any],
        answers_file: str,
        name: str,
        operation: str = "update",
    ) -> Iterator[Rendered]:
        """Render a version as `copier recopy --defaults` would, but only what an update has.

        Args:
            version: The version of the template.
            answers: What the answers file holds.
            answers_file: Its path in the project.
            name: What the project's folder is called.
            operation: The operation that the template sees, `update` or `copy`.

        Raises:
            CopierError: For a template that is unsafe, wants a newer Copier, or is broken.
        """
        with TemporaryDirectory(dir=self.folder) as temporary:
            root = Path(temporary) / name
            skipped = render(version, answers, answers_file, root, operation)
            own = root / answers_file
            files = {
                path.relative_to(root).as_posix(): path
                for path in sorted(root.rglob("*"))
                if (path.is_symlink() or path.is_file()) and path != own
            }
            kept = {path for path in files if skipped(Path(path))}
            yield Rendered(
                own,
                {path: file for path, file in files.items() if path not in kept},
                kept,
            )
