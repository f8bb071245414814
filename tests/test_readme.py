"""README's first commands, as a new user types them: a fresh clone, a fresh HOME, only Python and git on PATH."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from conftest import ROOT, run

# What a POSIX system has anyway, and bootstrap and git may call.
SYSTEM = ["sh", "env", "readlink", "dirname", "basename", "uname", "sed", "cat"]


@pytest.fixture
def newcomer(tmp_path: Path) -> dict[str, str]:
    """Return the variables of a user who has nothing but Python and git."""
    path = tmp_path / "bin"
    path.mkdir()
    base = getattr(sys, "_base_executable", sys.executable)
    (path / "python3").symlink_to(Path(base).resolve())
    for name in ["git", *SYSTEM]:
        if found := shutil.which(name):
            (path / name).symlink_to(found)
    (tmp_path / "home").mkdir()
    kept = ("PIP_CERT", "SSL_CERT_FILE", "LANG", "HTTPS_PROXY")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(tmp_path / "home"),
        "PATH": str(path),
    }


@pytest.mark.slow
def test_the_first_commands_work(tmp_path: Path, newcomer: dict[str, str]) -> None:
    """A project comes out, and its tests are green; this repository's own tests at least are found."""
    readme = (ROOT / "README.md").read_text()
    copy, test = readme.partition("```sh\n")[2].partition("```")[0].strip().splitlines()
    assert test.split("#")[0].split() == ["./bootstrap", "pytest"]
    clone = tmp_path / "plinth"
    run("git", "clone", "--quiet", ROOT, clone, cwd=tmp_path)

    def shell(command: str, folder: Path) -> str:
        code = f"cd {folder} && {command}"
        # env -i: what the tests' own environment holds must not help.
        words = [f"{name}={value}" for name, value in newcomer.items()]
        return run("env", "-i", *words, "sh", "-c", code, cwd=tmp_path).stdout

    shell(copy, clone)
    assert (tmp_path / "my-project/requirements_lock.txt").is_file()
    assert " passed in " in shell("./bootstrap pytest", tmp_path / "my-project")
    assert "tests collected" in shell("./bootstrap pytest --collect-only -q", clone)
