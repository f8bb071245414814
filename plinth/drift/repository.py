"""Reads a git repository that nobody vouches for, and changes nothing in it.

Its own settings are never in force: they may name programs (core.fsmonitor, filters,
helpers) that git would run. Git reads its index, objects and files through a git folder
of ours and a copy of the index instead, without a way to fetch what is missing.
"""

import os
import re
import runpy
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from plinth.addresses import masked, shown
from plinth.bounds import LARGE, children, head
from plinth.environment import absolute, whole
from plinth.files import LIMIT, UserError, show
from plinth.shipped import conflicts_program

# What projects call unfinished: the commands, by what they find.
LEFT: dict[str, str] = runpy.run_path(str(conflicts_program()))["LEFT"]
# What the environment may hold of another repository: git rev-parse --local-env-vars
FOREIGN = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
SETTINGS = """\
[core]
    fsmonitor = false
    hooksPath = /dev/null
    quotePath = false
[safe]
    directory = *
"""
ANSWERS = re.compile(r"\.copier-answers.*\.ya?ml")


class GitError(Exception):
    """What git said when it failed, on one line."""


def run_git(
    *arguments: str | Path,
    env: dict[str, str],
    cwd: Path,
    given: str | None = None,
    also: Sequence[int] = (),
    seconds: float = 120,
) -> str:
    """Run git and return what it printed.

    Args:
        arguments: The words after `git`.
        env: All of its environment.
        cwd: Where it runs.
        given: What it reads from stdin.
        also: More exit statuses that mean success.
        seconds: How long it may take.

    Raises:
        GitError: When it fails, or takes too long.
    """
    try:
        done = children.run(
            ["git", *map(str, arguments)],
            cwd=cwd,
            env=env,
            given=given or "",
            seconds=seconds,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git took more than {seconds:g} seconds") from error
    except ValueError as error:  # a NUL in an argument
        raise GitError(f"git does not run: {error}") from error
    except OSError as error:
        raise GitError(f"git does not run: {error.strerror}") from error
    if done.returncode and done.returncode not in also:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        said = [line for line in said if re.match("(fatal|error|ERROR)", line)] or said
        text = said[0] if said else f"git exits with {done.returncode}"
        for word in map(str, arguments):
            text = text.replace(word, shown(word))
        raise GitError(masked(text)[:300])
    return done.stdout


def plain_environment() -> dict[str, str]:
    """Return this process's environment without what names a repository, or would ask."""
    given = whole()
    plain = {name: value for name, value in given.items() if name not in FOREIGN}
    ssh = given.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=20")
    return plain | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_SSH_COMMAND": ssh,
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        "PATH": absolute(given.get("PATH", os.defpath)),
    }


@dataclass
class Repository:
    """A repository that was found, and git that reads it."""

    root: Path  # its working tree; of a bare repository a copy of HEAD aside
    here: str  # the folder that was asked for, below the root
    env: dict[str, str]
    dirty: bool | None = None

    def git(self, *arguments: str | Path, also: Sequence[int] = ()) -> str:
        """Run git on it, by no setting of its own."""
        return run_git(*arguments, env=self.env, cwd=self.root, also=also)

    def answers_files(self) -> list[str]:
        """Return the answers files that it tracks or would add, by path."""
        listed = self.git(
            "ls-files", "-zco", "--exclude-standard", "--", "*.copier-answers*.y*ml"
        )
        within = f"{self.here}/" if self.here else ""
        return sorted(
            path
            for path in set(filter(None, listed.split("\0")))
            if ANSWERS.fullmatch(path.rpartition("/")[2]) and path.startswith(within)
            if os.path.lexists(self.root / path)
        )

    def conflicts(self) -> dict[str, str]:
        """Return what is left of unfinished merges, by path: the rules of the projects' own gate."""
        found: dict[str, str] = {}
        within = f"{self.here}/" if self.here else ""
        for what, command in LEFT.items():
            for path in self.git(*command.split(), also=[1]).splitlines():
                if path.startswith(within):
                    found.setdefault(path, what)
        return found

    def is_dirty(self) -> bool:
        """Return whether there is work that is not committed."""
        if self.dirty is not None:
            return self.dirty
        return bool(self.git("status", "--porcelain", "--ignore-submodules=all"))

    def left_out(self, paths: Sequence[str]) -> set[str]:
        """Return which paths a sparse checkout leaves out on purpose."""
        listed = self.git("ls-files", "-tz", "--", *paths).split("\0")
        return {line[2:] for line in listed if line.startswith("S ")}

    def answered(self, path: str) -> str:
        """Return the answers file as the last copy or update committed it, which moved `_commit`.

        Nothing where the history is not there, or does not say.
        """
        try:
            log = ["log", "-1", "--no-textconv", "--no-ext-diff", "--no-show-signature"]
            commit = self.git(*log, "--format=%H", "-G^_commit:", "--", path).strip()
            size = self.git("cat-file", "-s", f"{commit}:{path}") if commit else ""
            if not size or int(size) > LIMIT:
                return ""
            return self.git("cat-file", "blob", f"{commit}:{path}")
        except GitError:
            return ""


def find(path: Path) -> tuple[Path, Path]:
    """Return the top folder and the git folder of the repository that a path is in.

    Git itself would ask the repository's settings where its files are.
    https://git-scm.com/docs/gitrepository-layout

    Raises:
        UserError: When there is none, or it cannot be read.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - what is linked keeps its name
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            raise UserError("it is not a folder")
        os.listdir(path)  # noqa: PTH208 - for the error that it may raise
        for folder in (path, *path.parents):
            entry = folder / ".git"
            if os.path.lexists(entry):
                return folder, entry if entry.is_dir() else pointed_to(entry)
            names = [folder / name for name in ("HEAD", "objects", "refs")]
            if names[0].is_file() and names[1].is_dir() and names[2].is_dir():
                return folder, folder
    except FileNotFoundError as error:
        raise UserError("there is no such folder") from error
    except OSError as error:
        raise UserError(f"cannot read it: {error.strerror}") from error
    raise UserError(
        "it is not a git repository, and Copier updates only those: git init, and commit"
    )


def pointed_to(entry: Path) -> Path:
    """Return the git folder that the file `.git` of a worktree or a submodule names."""
    text = small(entry, 9999)
    folder = entry.parent / text.removeprefix("gitdir:").strip()
    if not text.startswith("gitdir:") or not folder.is_dir():
        raise UserError(f"its .git names no git folder: {show(text.strip())}")
    return Path(os.path.normpath(folder))


def small(path: Path, most: int = LIMIT) -> str:
    """Return the text of a file in a git folder.

    Raises:
        UserError: When it is larger than git would write it, or when reading it may never end.
    """
    if not path.is_file():
        raise UserError(f"its {path.name} is not a regular file")
    content = head(path, most)
    if len(content) > most:
        raise UserError(f"its {path.name} has more than {most:,} bytes")
    return content.decode(errors="surrogateescape")


def copy(path: Path, target: Path, most: int) -> None:
    """Copy a file of a git folder, if it is there.

    Raises:
        UserError: When it is too large.
    """
    if path.is_file():
        if path.stat().st_size > most:
            raise UserError(f"its {path.name} has more than {most:,} bytes")
        shutil.copy2(path, target)


def head_of(folder: Path, common: Path) -> str:
    """Return the commit that HEAD names, nothing where there is none.

    This reads the files, since git would read the repository's settings first, and each file that those include.
    https://git-scm.com/docs/gitrepository-layout
    """
    text = small(folder / "HEAD").strip()
    for _ in range(5):  # as often as git follows one name to the next
        if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", text):
            return text
        name = text.removeprefix("ref:").strip()
        if not re.match(r"(?!.*\.\.)refs/[^\0]+\Z", name):
            return ""
        homes = [home for home in (folder, common) if (home / name).is_file()]
        text = small(homes[0] / name).strip() if homes else packed(common, name)
    return ""


def packed(common: Path, name: str) -> str:
    """Return the commit that packed-refs has for a name."""
    path = common / "packed-refs"
    if not path.is_file():
        return ""
    if path.stat().st_size > LARGE:
        raise UserError(f"its packed-refs has more than {LARGE:,} bytes")
    with path.open("rb") as file:
        while line := file.readline(LIMIT):
            commit, _, found = line.rstrip().partition(b" ")
            if found == os.fsencode(name):
                return commit.decode(errors="replace")
    return ""


def open_repository(path: Path, aside: Path) -> Repository:
    """Find the repository that a path is in, and make it readable.

    Args:
        path: A folder in it.
        aside: A folder of ours, for the git folder, and for the files of a bare repository.

    Raises:
        UserError: When there is none, or it cannot be read.
        GitError: When git cannot read it.
    """
    root, folder = find(path)
    common = folder
    if (folder / "commondir").is_file():
        common = folder / small(folder / "commondir", 9999).strip()
    try:
        config = small(common / "config")
        os.listdir(common / "objects")  # noqa: PTH208
    except OSError as error:
        raise UserError(f"cannot read its git folder: {error.strerror}") from error
    sha256 = re.search(r"(?im)^\s*objectformat\s*=\s*sha256", config)
    ours = aside / "ours.git"
    (ours / "refs").mkdir(parents=True)
    (ours / "info").mkdir()
    (ours / "objects/info").mkdir(parents=True)
    (ours / "objects/info/alternates").write_bytes(
        os.fsencode(common / "objects") + b"\n"
    )
    # Git refreshes an index that it reads; this one it may. Its time tells which files are racy.
    copy(folder / "index", ours / "index", LARGE)
    for shared in islice(folder.glob("sharedindex.*"), 10):
        copy(shared, ours / shared.name, LARGE)
    extension = "[extensions]\n\tobjectFormat = sha256\n" if sha256 else ""
    (ours / "config").write_text(
        f"[core]\n\trepositoryFormatVersion = 1\n{extension}", "utf-8"
    )
    (ours / "HEAD").write_text("ref: refs/heads/none\n", "utf-8")
    (aside / ".gitconfig").write_text(SETTINGS, "utf-8")
    # What the user's variables set is for their own repositories, and for fetching.
    mine = plain_environment().items()
    env = {k: v for k, v in mine if not k.startswith("GIT_CONFIG")} | {
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(aside / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "HOME": str(aside),
        "XDG_CONFIG_HOME": str(aside),
    }
    if (common / "reftable").is_dir():  # only git reads this format
        asked = ("--git-dir", folder, "rev-parse", "--verify", "--quiet", "HEAD")
        commit = run_git(*asked, env=env, cwd=aside, also=[1, 128]).strip()
    else:
        commit = head_of(folder, common)
    if commit:
        (ours / "HEAD").write_text(f"{commit}\n", "utf-8")
    env |= {
        "GIT_DIR": str(ours),
        "GIT_WORK_TREE": str(root),
    }
    if (common / "shallow").is_file():
        env["GIT_SHALLOW_FILE"] = str(common / "shallow")
    copy(common / "info/exclude", ours / "info/exclude", LIMIT)
    here = os.path.relpath(path, root)
    repository = Repository(root, "" if here == "." else here, env)
    if root == folder:
        if not commit:
            raise UserError("it is bare and has no commit")
        tree = aside / "tree" / root.name.removesuffix(".git")
        tree.mkdir(parents=True)
        env |= {"GIT_WORK_TREE": str(tree)}
        repository = Repository(tree, "", env, dirty=False)
        repository.git("read-tree", commit)
        repository.git("checkout-index", "--all", "--quiet")
    return repository
