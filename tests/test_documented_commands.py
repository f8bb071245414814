"""Every command in a project's README and CONTRIBUTING runs as it is written, on two kinds of machine."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import copier, git, run

PAGES = ("README.md", ".github/CONTRIBUTING.md")
# `pip install demo` needs a release on PyPI, and uv refuses the other two: tests/test_other_tools.py runs them, and those
# that make .venv with Python alone.
ELSEWHERE = re.compile(r"pip install demo|uv (add|sync)|python -m venv|\.venv/bin/")
WITH_TOOLS = re.compile(r"(pipx|uv) ")
COMMAND = re.compile(r"(\./bootstrap|git|pip|pipx|python|uv) \S")


def documented(project: Path) -> list[str]:
    """Return the commands of the pages' shell blocks, in their order, and then those in their sentences."""
    texts = [(project / page).read_text() for page in PAGES]
    blocks = [x for text in texts for x in re.findall(r"(?s)```sh\n(.*?)```", text)]
    lines = [line.partition(" #")[0].strip() for line in "".join(blocks).splitlines()]
    plain = [re.sub(r"(?s)```.*?```", "", text) for text in texts]
    spans = [x for text in plain for x in re.findall(r"`([^`\n]+)`", text)]
    names = [
        x for line in "".join(blocks).splitlines() for x in re.findall("`(.+?)`", line)
    ]
    found = [
        *lines,
        *filter(COMMAND.match, spans),
        *(f"./bootstrap {x}" for x in names),
    ]
    return [x for x in dict.fromkeys(found) if not ELSEWHERE.match(x)]


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    """Return a clone of a new project, with a branch to push to and a newer release of its template."""
    newer = tmp_path / "plinth"
    run("git", "clone", "--quiet", template, newer, cwd=tmp_path)
    copier(
        "copy",
        "--defaults",
        newer,
        tmp_path / "made",
        "--data=package_name=demo",
        cwd=tmp_path,
    )
    made = tmp_path / "made"
    git(made, "init", "--quiet", "--initial-branch=main")
    git(made, "add", "--all")
    git(made, "commit", "--quiet", "--message", "Start")
    run(
        "git", "clone", "--quiet", "--bare", made, tmp_path / "origin.git", cwd=tmp_path
    )
    run(
        "git",
        "clone",
        "--quiet",
        tmp_path / "origin.git",
        tmp_path / "demo",
        cwd=tmp_path,
    )
    with (newer / "template/.gitattributes").open("a") as file:
        file.write("*.new text\n")
    git(newer, "commit", "--quiet", "--all", "--message", "Change")
    git(newer, "tag", "1.1.0")
    return tmp_path / "demo"


def in_terminal(command: str, folder: Path, env: dict[str, str]) -> tuple[int, str]:
    """Run a command in a terminal where somebody confirms each question; return its exit status and what it printed."""
    ours, theirs = pty.openpty()
    words = ["env", "-i", *(f"{name}={value}" for name, value in env.items())]
    child = subprocess.Popen(
        [*words, "sh", "-ec", command],
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    printed, ends = b"", time.monotonic() + 300
    while child.poll() is None and time.monotonic() < ends:
        if select.select([ours], [], [], 2)[0]:
            try:
                printed += os.read(ours, 65536)
            except OSError:  # Linux: the other side is closed
                break
        else:
            os.write(ours, b"\r")
    status = child.wait(timeout=60)
    os.close(ours)
    return status, printed.decode(errors="replace")


def perform(commands: list[str], project: Path, env: dict[str, str]) -> None:
    """Run commands one after another. What they change is committed, as people do."""
    identity = {
        f"GIT_{role}_{what}": "ada@example.org"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    env = {**env, **identity, "TERM": "xterm", "GIT_PAGER": "cat"}
    for command in commands:
        if "release.py" in command:
            run("git", "add", "--all", cwd=project)
            run(
                "git",
                "commit",
                "--quiet",
                "--allow-empty",
                "--message",
                "Work",
                cwd=project,
            )
        status, printed = in_terminal(command, project, env)
        assert status == 0, f"{command}\n{printed}"


@pytest.mark.slow
def test_with_python_and_git_alone(project: Path, newcomer: dict[str, str]) -> None:
    tools = Path(newcomer["PATH"])
    (tools / "python").symlink_to(tools / "python3")
    commands = [x for x in documented(project) if not WITH_TOOLS.match(x)]
    assert len(commands) > 10
    perform(commands, project, newcomer)
    assert git(project, "ls-remote", "--tags", "origin").endswith("refs/tags/0.2.0\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "backend", ["uv", pytest.param("pip", marks=pytest.mark.complete)]
)
def test_with_pipx_and_uv(
    project: Path, newcomer: dict[str, str], tmp_path: Path, backend: str
) -> None:
    """Pipx runs tools with uv where it finds uv."""
    uv = Path(sys.executable).with_name("uv")
    environment = tmp_path / "pipx"
    run(uv, "venv", "--quiet", "--python", sys.executable, environment, cwd=tmp_path)
    run(uv, "pip", "install", "--quiet", "--python", environment, "pipx", cwd=tmp_path)
    home = Path(newcomer["HOME"])
    env = {
        **newcomer,
        "PATH": f"{environment}/bin:{uv.parent if backend == 'uv' else ''}:{home}/.local/bin:/usr/bin:/bin",
        "PIPX_DEFAULT_BACKEND": backend,
        "PIPX_DEFAULT_PYTHON": sys.executable,
    }
    if backend == "uv":
        (tmp_path / "uv").mkdir()
        (tmp_path / "uv/uv").symlink_to(uv)
        env["PATH"] = env["PATH"].replace(str(uv.parent), str(tmp_path / "uv"))
    commands = [x for x in documented(project) if WITH_TOOLS.match(x)]
    commands = [x for x in commands if backend == "uv" or not x.startswith("uv ")]
    assert len(commands) == (4 if backend == "uv" else 3)
    perform(["./bootstrap", *commands], project, env)
    assert (project / ".git/hooks/pre-commit").exists()
    assert "*.new text" in (project / ".gitattributes").read_text()
