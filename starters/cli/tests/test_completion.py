"""Completion, set up as the README says, in the shells that are there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

TIMEOUT = 60  # seconds, in which a slow machine too has started a shell and Python
# Runs a shell in a terminal of its own and types there what comes in.
TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) != 0)"
# Click needs bash 4.4, macOS has 3.2.
OLD = ["bash", "-c", 'test "${BASH_VERSION%%.*}" -lt 5']

Shell = Callable[..., str]


@pytest.fixture
def shell(entry_point: EntryPoint, program: str, tmp_path: Path) -> Shell:
    """Runs a shell, with an empty folder for a home, and returns what it shows."""

    def shell(*command: str, typed: str) -> str:
        (name,) = {"bash", "fish", "zsh"}.intersection(command)
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed")
        if name == "bash" and subprocess.run(OLD, check=False).returncode == 0:
            pytest.skip("this bash is too old")
        variable = f"_{re.sub('[-.]', '_', entry_point.name)}_COMPLETE".upper()
        path = os.pathsep.join([str(Path(program).parent), os.environ["PATH"]])
        own = {"HOME": str(tmp_path), "PATH": path, "TERM": "xterm"}
        source = f"{variable}={name}_source {entry_point.name}"
        run = subprocess.run(
            command,
            check=False,
            cwd=tmp_path,
            encoding="utf-8",
            env={**os.environ, **own},
            input=typed.replace("SOURCE", source),
            stderr=subprocess.STDOUT,
            stdout=subprocess.PIPE,
            timeout=TIMEOUT,
        )
        assert run.returncode == 0, run.stdout
        return run.stdout.replace("\r", "")

    return shell


@pytest.mark.parametrize(
    ("command", "setup"),
    [
        pytest.param("bash --norc -i", "", id="bash"),
        pytest.param("zsh -f -i", "autoload -U compinit; compinit -u\n", id="zsh"),
    ],
)
def test_tab_completes_commands_options_and_files(
    shell: Shell, entry_point: EntryPoint, tmp_path: Path, command: str, setup: str
) -> None:
    pytest.importorskip("pty", reason="this system has no terminals to run a shell in")
    (tmp_path / "letters.txt").write_text("a\nb\nb\n", encoding="utf-8")
    typed = f'{setup}eval "$(SOURCE)"\n{entry_point.name} cou\t--to\t1 lett\t\nexit\n'
    shown = shell(sys.executable, "-c", TERMINAL, *command.split(), typed=typed)
    assert "\n2\tb\n" in shown


def test_fish_completes_commands_and_options(
    shell: Shell, entry_point: EntryPoint
) -> None:
    ask = f"complete --do-complete '{entry_point.name} %s'\n"
    typed = f"SOURCE | source\n{ask % 'cou'}{ask % 'count --to'}"
    shown = shell("fish", "--no-config", typed=typed)
    assert [line.split("\t")[0] for line in shown.splitlines()] == ["count", "--top"]
