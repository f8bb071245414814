"""Run the commands of a page, as a reader types them on a machine with Python, git and uv."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^( *)```(sh|\{run\})\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"^:(\w+): *(.*)\n", re.MULTILINE)
# Variables of this process that a session has, too: the caches, and how to reach the network.
KEPT = ("HTTPS_PROXY", "LANG", "PIP_CERT", "PYENV_ROOT", "SSL_CERT_FILE")
SETTINGS = '[init]\n    defaultBranch = main\n[protocol "file"]\n    allow = always\n'
MINUTES = 10  # for one command


@dataclass
class Block:
    """The commands of one block of a page."""

    code: str
    status: int = 0  # which the last command exits with

    @property
    def commands(self) -> list[str]:
        """Return the block's commands; a line that ends with a backslash goes on."""
        text = self.code.replace("\\\n", "\\\0")
        lines = [line.replace("\0", "\n") for line in text.splitlines()]
        return [line for line in lines if line.strip() and not line.startswith("#")]


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page of Markdown that a reader runs: `sh` and `{run}`."""
    found = []
    for indent, _, text in FENCE.findall(page):
        code = re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)
        options = dict(OPTION.findall(code))
        found.append(Block(OPTION.sub("", code), int(options.get("status", 0))))
    return found


class CommandError(Exception):
    """A command of a page did not exit as the page says."""


class Session:
    """A home folder with a clone of the template in `plinth`, where the commands begin.

    The clone holds the working tree as it is, as one release more than the history has.
    """

    def __init__(self) -> None:
        """Make the home folder and the clone."""
        self.home = Path(tempfile.mkdtemp(prefix="plinth-docs-")).resolve()
        self.clone = self.home / "plinth"
        self.server = self.home / ".server/plinth.git"  # Copier knows git by the suffix
        self.address = self.server.as_uri()
        self.folder = self.clone
        programs = self.home / ".bin"
        programs.mkdir()
        python = getattr(sys, "_base_executable", sys.executable)
        (programs / "python3").symlink_to(Path(python).resolve())
        for name in ("uv", "uvx"):
            # The lock's own, since another one need not be there.
            (programs / name).symlink_to(Path(sys.prefix, "bin", name))
        self.environment = {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            **{
                f"GIT_{role}_{what}": "ada@example.org" if what == "EMAIL" else "Ada"
                for role in ("AUTHOR", "COMMITTER")
                for what in ("EMAIL", "NAME")
            },
            "COLUMNS": "80",
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(self.home),
            "NO_COLOR": "1",
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "PIP_CACHE_DIR": _cache("PIP_CACHE_DIR", "pip"),
            "PYTHONWARNINGS": "ignore",
            "UV_CACHE_DIR": _cache("UV_CACHE_DIR", "uv"),
        }
        (self.home / ".gitconfig").write_text(SETTINGS)
        self._clone()

    def __enter__(self) -> Self:
        """Return the session."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Delete the home folder."""
        shutil.rmtree(self.home, ignore_errors=True)

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.clone if self.clone.exists() else self.home,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def _clone(self) -> None:
        """Clone this repository, tag its releases, and commit the working tree as the next one."""
        self._git("clone", "--quiet", "--no-tags", str(ROOT), str(self.clone))
        latest = (0, 0, 0)
        for line in self._git("log", "--format=%H %s").splitlines():
            if found := re.fullmatch(r"(\w+) Release (\d+)\.(\d+)\.(\d+)", line):
                numbers = (int(found[2]), int(found[3]), int(found[4]))
                latest = max(latest, numbers)
                self._git("tag", "{}.{}.{}".format(*numbers), found[1])
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(
            listed, cwd=ROOT, check=True, capture_output=True, text=True
        )
        self._git("rm", "-r", "--quiet", ".")
        for name in filter(None, names.stdout.split("\0")):
            if (ROOT / name).is_file():
                (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, self.clone / name)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", "Change")
        self._git("tag", f"{latest[0]}.{latest[1] + 1}.0")
        self._git("clone", "--quiet", "--bare", ".", str(self.server))

    def begin(self) -> None:
        """Begin a new page: delete what the last one made, except the clone and its environment."""
        for path in self.home.iterdir():
            if path.name not in (".bin", ".gitconfig", ".server", "plinth"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._git("clean", "--quiet", "--force", "-d")
        self._git("checkout", "--quiet", ".")
        self.folder = self.clone

    def run(self, command: str) -> tuple[int, str]:
        """Run a command where the last one ended, and return its exit status and what it printed.

        The word ADDRESS is the template's address.
        """
        where = self.home / ".where"
        typed = re.sub(r"\bADDRESS\b", self.address, command)
        code = f"cd {shlex.quote(str(self.folder))}\n{typed}\nstatus=$?\npwd > {where}\nexit $status"
        done = subprocess.run(
            ["bash", "-c", code],
            env=self.environment,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60 * MINUTES,
        )
        self.folder = Path(where.read_text().strip())
        return done.returncode, self.shown(done.stdout)

    def shown(self, text: str) -> str:
        """Return an output with a reader's home folder in place of this session's."""
        text = text.replace(self.address, "ADDRESS")
        return text.replace(str(self.home), "/home/ada")

    def run_block(self, block: Block) -> Iterator[tuple[str, str]]:
        """Yield each command of a block with what it printed.

        Raises:
            CommandError: If one does not exit as the page says.
        """
        for number, command in enumerate(block.commands, 1):
            status, output = self.run(command)
            expected = block.status if number == len(block.commands) else 0
            if status != expected:
                raise CommandError(f"exit status {status}: {command}\n{output}")
            yield command, output


def transcripts(
    session: Session, found: Sequence[Block]
) -> list[list[tuple[str, str]]]:
    """Run the blocks of one page and return their commands with what these printed."""
    session.begin()
    return [list(session.run_block(block)) for block in found]


def _cache(variable: str, name: str) -> str:
    """Return the folder of this machine's cache of pip or uv."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return os.environ.get(variable) or str(home / name)
