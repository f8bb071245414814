"""Attacks on the time and memory of the tools for many repositories: each ends in one clear line."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, commit, git, run

from plinth.adopt import adopt
from plinth.answers import load
from plinth.bounds import Children, from_json, text_of
from plinth.command import parser
from plinth.drift.template import git_address
from plinth.files import UserError


@pytest.mark.parametrize("kind", ["device", "pipe", "socket", "file", "link", "nul"])
def test_only_folders_are_asked(tmp_path: Path, kind: str) -> None:
    """Git would read a device for ever, and wait for a pipe."""
    path = tmp_path / kind
    with socket.socket(socket.AF_UNIX) as listener:
        match kind:
            case "pipe":
                os.mkfifo(path)
            case "socket":
                listener.bind(os.path.relpath(path))
            case "file":
                path.write_text("# v2 git bundle\n")
            case "link":
                path.symlink_to("/dev/zero")
        address = {"device": "/dev/zero", "nul": "/a\0b"}.get(kind, str(path))
        with pytest.raises(UserError, match=r"is not a folder|is not the address"):
            git_address(address)


def merges(depth: int) -> str:
    """Return YAML whose merge keys double with each line."""
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}"
        for n in range(1, depth)
    ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(merges(30), "more than 100,000 values", id="merge keys"),
        pytest.param("a: &a [*a]", "contains itself", id="circle"),
        pytest.param(f"a: {'9' * 9999}", "more than 300 digits", id="decimal"),
        pytest.param(f"a: 0x{'f' * 9999}", "more than 300 digits", id="hexadecimal"),
        pytest.param(f"a: 1{':59' * 9999}", "more than 300 digits", id="sexagesimal"),
        pytest.param(f"a: {'[' * 9999}", "nested too deeply", id="nested"),
        pytest.param("a: 2001-99-99", "is not valid YAML", id="date"),
    ],
)
def test_answers_are_bounded(text: str, told: str) -> None:
    with pytest.raises(UserError, match=f"^answers.yml.*{told}"):
        load(text, "answers.yml")


@pytest.mark.parametrize("text", ["[" * 99999, "[" * 99 + "]" * 99, "9" * 9999, "{"])
def test_json_is_bounded(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its callers tell which file
        from_json(text)


def test_lists_are_bounded(tmp_path: Path) -> None:
    """A sparse file takes no room on the disk, but would in memory."""
    sparse = tmp_path / "list"
    sparse.touch()
    os.truncate(sparse, 10**11)
    for path in (sparse, Path("/dev/zero")):
        with pytest.raises(UserError, match="has more than 20,000,000 bytes"):
            text_of(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", f"{'a.' * 400_000}a = 1\n"),
        ("pyproject.toml", f"[project]\nname = {'9' * 9999}\n"),
        ("pyproject.toml", f"[project]\nname = 0x{'f' * 9999}\n"),
        ("setup.cfg", f"[metadata]\na{' ' * 400_000}b\n"),
        ("setup.py", f"import a\n{'x = [' * 9999}\n"),
    ],
)
def test_adopt_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setattr("plinth.adopt.SECONDS", 2)
    (tmp_path / name).write_text(text)
    start = time.monotonic()
    with pytest.raises(UserError):
        adopt(parser().parse_args(["adopt", str(tmp_path)]))
    assert time.monotonic() - start < 30


def test_constants_do_not_add_up(tmp_path: Path) -> None:
    """Each line of setup.py would make another text of a million characters."""
    lines = [f"a0 = '{'x' * 100_000}'", *(f"a{n} = a0 + a0" for n in range(1, 9999))]
    (tmp_path / "setup.py").write_text("\n".join(lines))
    with pytest.raises(UserError, match="is not a Python project"):
        adopt(parser().parse_args(["adopt", str(tmp_path)]))


def test_a_session_ends_with_its_time(tmp_path: Path) -> None:
    """So do the programs that its program has started, and those that ignore SIGTERM."""
    alive = tmp_path / "alive"
    script = f"trap '' TERM; (while :; do touch '{alive}'; sleep 0.1; done) & wait"
    start = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        Children().run(["sh", "-c", script], seconds=1, cwd=tmp_path, text=True)
    assert time.monotonic() - start < 20
    assert alive.exists()
    alive.unlink()
    time.sleep(0.5)
    assert not alive.exists()


SPARSE = ("index", "config", "packed-refs", "HEAD", "info/exclude")


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Run drift once over repositories with git files of 100 gigabytes, a committed bomb, and an innocent one."""
    top = tmp_path_factory.mktemp("sparse")
    names = [*SPARSE, "bomb", "innocent"]
    for name in names:
        root = top / name.replace("/", "-")
        root.mkdir()
        text = "_commit: 1.0.0\n_src_path: /nowhere\n"
        git(root, "init", "--quiet")
        (root / ".copier-answers.yml").write_text(
            merges(30) if name == "bomb" else text
        )
        commit(root)
        if name == "bomb":  # only what is committed is hostile
            (root / ".copier-answers.yml").write_text(text)
        elif name in SPARSE:
            path = root / ".git" / name
            path.touch()
            os.truncate(path, 10**11)
    command = (sys.executable, "-m", "plinth", "drift", "--json", "--timeout", "30")
    folders = [top / name.replace("/", "-") for name in names]
    done = run(*command, *folders, cwd=ROOT, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(row["repository"]).name: row for row in found}


@pytest.mark.parametrize("name", SPARSE)
def test_a_huge_git_file_is_one_row(rows: dict[str, dict[str, Any]], name: str) -> None:
    row = rows[name.replace("/", "-")]
    assert row["state"] == "unknown"
    # Packed refs are not read while the branch has a file of its own.
    assert ("/nowhere" if name == "packed-refs" else "bytes") in row["problem"]


def test_the_others_have_their_rows(rows: dict[str, dict[str, Any]]) -> None:
    assert len(rows) == len(SPARSE) + 2
    for name in ("bomb", "innocent"):
        assert "/nowhere" in rows[name]["problem"]
