"""The bootstrap's command line: what each option does, and how a command runs in each shell."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from support.bootstraps import DEV, PROD, QUICK_WAYS, WAYS, Make, tools
from support.checkouts import TEMPLATE, Checkout, World


@pytest.mark.parametrize(
    "way", ["uv", "python-alone", pytest.param("pip", marks=pytest.mark.slow)]
)
def test_every_way_gives_the_same_environment(make: Make, way: str) -> None:
    project = make(**WAYS[way])
    result = project.works("tiny")
    assert result.stdout == "tiny, using beta\n"
    assert len(result.stderr.splitlines()) == 1
    assert tools(project.packages()) == DEV
    assert {"setuptools", "uv"} < project.packages().keys()
    project.works("--check")


@pytest.mark.parametrize("way", QUICK_WAYS)
def test_production_has_no_development_tool(make: Make, way: str) -> None:
    project = make(**WAYS[way])
    assert project.works("--prod", "tiny").stdout == "tiny, using beta\n"
    assert project.packages() == PROD
    project.works("--check")
    project.works("--prod", "--check")


@pytest.mark.slow
@pytest.mark.parametrize("way", QUICK_WAYS)
def test_production_and_development_take_turns(make: Make, way: str) -> None:
    project = make(**WAYS[way])
    project.works("true")
    for mode, packages in ((["--prod"], PROD), ([], DEV)):
        project.works(*mode, "tiny")
        found = project.packages()  # production keeps no tool at all
        assert (found if mode else tools(found)) == packages


def test_nothing_to_do_starts_nothing(
    ready: Checkout, world: World, tmp_path: Path
) -> None:
    alarm = tmp_path / "started"
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("uv", "pip", "python3", "python"):
        (folder / name).write_text(f"#!/bin/sh\ntouch '{alarm}'\nexit 9\n")
        (folder / name).chmod(0o755)
    ready.works(
        "tiny",
        env={"PATH": f"{folder}:/usr/bin:/bin", "PIP_INDEX_URL": "http://127.0.0.1:9/"},
    )
    assert not alarm.exists()


def test_command_gets_arguments_stdin_and_its_status(ready: Checkout) -> None:
    code = "import sys; print(sys.argv[1:], sys.stdin.read()); sys.exit(7)"
    result = ready.run(
        "python",
        "-c",
        code,
        "a b",
        'it\'s "$HOME"',
        "",
        "--prod",
        "*",
        input="from stdin",
    )
    assert (
        result.stdout == "['a b', 'it\\'s \"$HOME\"', '', '--prod', '*'] from stdin\n"
    )
    assert (result.returncode, result.stderr) == (7, "")


def test_command_runs_where_it_was_given(ready: Checkout, tmp_path: Path) -> None:
    result = ready.works("python", "-c", "import os; print(os.getcwd())", cwd=tmp_path)
    assert result.stdout.strip() == str(tmp_path)
    assert ready.works(cwd=tmp_path).stderr == ""  # not the environment of that folder
    assert not list(tmp_path.iterdir())


def test_double_dash_ends_the_options(ready: Checkout) -> None:
    assert ready.works("--", "gamma").stdout == "gamma 1.0\n"


def test_command_not_found(ready: Checkout) -> None:
    result = ready.run("no-such-command")
    assert (result.returncode, result.stderr) == (
        127,
        "bootstrap: command not found: no-such-command\n",
    )


def test_command_that_cannot_run(ready: Checkout, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    result = ready.run("./text", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (
        126,
        "bootstrap: cannot run ./text: Permission denied\n",
    )


def test_command_is_the_same_process_with_default_signals(ready: Checkout) -> None:
    process = ready.start("sleep", "60")
    time.sleep(0.5)
    assert Path(f"/proc/{process.pid}/comm").read_text().strip() == "sleep"
    ignored = next(
        line
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if "SigIgn" in line
    )
    assert int(ignored.split()[1], 16) == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait() == -signal.SIGTERM


def test_help_fits_a_screen(project: Checkout) -> None:
    text = project.works("--help").stdout
    assert len(text.splitlines()) <= 24
    assert max(map(len, text.splitlines())) <= 80
    for option in (
        "--prod",
        "--lock",
        "--locked",
        "--python",
        "--check",
        "--offline",
        "--upgrade",
    ):
        assert option in text
    assert not (project.root / ".venv").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        pytest.param(["--porod"], "--porod", id="unknown"),
        pytest.param(["--python"], "--python", id="no value"),
        pytest.param(["--prod=yes"], "--prod", id="value for a flag"),
        pytest.param(["--python", "2.7"], "2.7", id="a Python too old"),
        pytest.param(["--python", "/no/python"], "/no/python", id="no such Python"),
    ],
)
def test_bad_option(project: Checkout, arguments: list[str], named: str) -> None:
    assert named in project.fails(*arguments, "true")
    assert not (project.root / ".venv").exists()


def test_new_entry_point_and_version_arrive(made: Checkout) -> None:
    made.edit(
        "pyproject.toml",
        'tiny = "tiny:main"',
        'tiny = "tiny:main"\nminute = "tiny:main"',
    )
    assert made.works("minute").stdout == "tiny, using beta\n"
    made.edit("src/tiny/__init__.py", "0.1.0", "0.2.0")
    made.works("true")
    assert made.packages()["tiny_project"] == "0.2.0"
    made.sound()


def test_check_without_environment(project: Checkout) -> None:
    assert ".venv" in project.fails("--check")
    assert not (project.root / ".venv").exists()


def test_through_links(ready: Checkout, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "one").symlink_to("../two")
    (tmp_path / "two").symlink_to(ready.root / "bootstrap")
    (tmp_path / "folder").symlink_to(ready.root)
    for program in ("bin/one", "folder/bootstrap"):
        result = ready.works("tiny", program=str(tmp_path / program), cwd=tmp_path)
        assert (result.stdout, result.stderr) == ("tiny, using beta\n", "")
    path = f"{tmp_path / 'bin'}:{ready.environment()['PATH']}"
    assert (
        ready.works(
            "tiny",
            launcher=("/usr/bin/env",),
            program="one",
            env={"PATH": path},
            cwd="/",
        ).stderr
        == ""
    )


SHELLS = [
    "sh",
    "dash",
    "bash",
    "bash --posix",
    "zsh",
    "busybox sh",
    "ksh",
    "yash",
    "mksh",
]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("fresh", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_shells(make: Make, ready: Checkout, shell: str, fresh: bool) -> None:
    if not shutil.which(shell.split()[0]):
        pytest.skip(f"no {shell} here")
    project = make("a b") if fresh else ready
    for _ in range(2):
        result = project.works(
            "python",
            "-c",
            "import sys; print(sys.argv)",
            "x y",
            "*",
            launcher=tuple(shell.split()),
            program="bootstrap",
        )
        assert result.stdout == "['-c', 'x y', '*']\n"


def test_shell_script_is_clean() -> None:
    for command in (["shellcheck"], ["shfmt", "-i", "4", "-d"]):
        if not shutil.which(command[0]):
            pytest.skip(f"no {command[0]} here")
        subprocess.run([*command, TEMPLATE / "bootstrap"], check=True)


WINE_PYTHON = """\
@echo off
if "%~1"=="-E" (
    echo True
    exit /b 0
)
echo got: %*
exit /b 7
"""


@pytest.fixture
def windows(tmp_path: Path) -> Any:
    """A checkout in wine's cmd, with a python.bat that tells how it was called."""
    if not shutil.which("wine"):
        pytest.skip("no wine here, which runs cmd files")
    root = tmp_path / "a b"
    (root / "bin").mkdir(parents=True)
    shutil.copy(TEMPLATE / "bootstrap.cmd", root)
    (root / "bin" / "python.bat").write_bytes(
        WINE_PYTHON.replace("\n", "\r\n").encode()
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        variables = {
            "WINEPREFIX": str(tmp_path / "wine"),
            "WINEDEBUG": "-all",
            "WINEPATH": f"Z:{root / 'bin'}",
            "DISPLAY": "",
        }
        return subprocess.run(
            ["wine", "cmd", "/c", "bootstrap.cmd", *arguments],
            check=False,
            cwd=root,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
        )

    run.root = root  # type: ignore[attr-defined]
    return run


@pytest.mark.slow
def test_cmd_hands_over_with_arguments_and_status(windows: Any) -> None:
    result = windows("--prod", "x y", "z")
    assert result.returncode == 7
    assert result.stdout.strip().startswith("got: -I -S ")
    assert result.stdout.strip().endswith('a b\\." --prod "x y" z')


@pytest.mark.slow
def test_cmd_passes_over_the_store_and_old_pythons(windows: Any) -> None:
    (windows.root / "bin" / "python3.bat").write_bytes(
        (windows.root / "bin" / "python.bat").read_bytes()
    )
    stub = "@echo off\r\necho Python was not found; run without arguments to install from the Microsoft Store\r\nexit /b 9009\r\n"
    (windows.root / "bin" / "python.bat").write_text(stub)
    assert windows("x").returncode == 7
    (windows.root / "bin" / "python3.bat").write_text(stub)
    result = windows("x")
    assert result.returncode == 1
    assert result.stderr.strip().startswith("bootstrap: found no Python 3.11")


def test_cmd_has_the_line_ends_of_windows() -> None:
    text = (TEMPLATE / "bootstrap.cmd").read_bytes()
    assert text.count(b"\r\n") == text.count(b"\n") > 0
