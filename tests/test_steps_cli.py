"""The first steps of somebody who knows Click, in a new project of its starter.

1. A command in the same file. 2. A command in a module of its own. 3. Options: a choice, and one that an environment
variable sets. 4. An exit status of your own, which is not what a command returns. 5. A log line of your own.
6. An error of the system. 7. `| head`, a full disk and Ctrl-C. 8. Completion with Tab. 9. Output that a terminal
cannot show. 10. The wheel in a clean environment.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import run
from support.environments import all_checks, installed_alone, make_project

pytestmark = pytest.mark.slow

COMMAND = '''

@main.command()
@click.option("--by", type=click.Choice(["length", "text"]), envvar="DEMO_BY")
@files_argument
def order(files: tuple[TextIO, ...], *, by: str | None) -> int:
    """Print the lines of FILES in order."""
    lines = sorted(read(files), key=len if by == "length" else None)
    log.debug("Sorted %d lines", len(lines))
    click.echo("".join(lines), nl=False)
    return len(lines)  # which is not the exit status


@main.command()
@click.argument("path", type=click.Path(exists=True))
@click.pass_context
def check(ctx: click.Context, path: str) -> None:
    """Exit with 3 if a file is empty."""
    if not Path(path).stat().st_size:
        ctx.exit(3)
    Path(path).rename("/proc/missing/file")
'''
MODULE = '''\
"""A command in a module of its own."""

import click

__all__ = ["hello"]


@click.command()
@click.argument("name")
def hello(name: str) -> None:
    """Greet NAME."""
    click.echo(f"Hello {name}!")
'''
TESTS = """\
from pathlib import Path

import pytest
from click.testing import CliRunner

import demo


@pytest.mark.parametrize(("by", "shown"), [("text", "aa\\nb\\n"), ("length", "b\\naa\\n")])
def test_order(by: str, shown: str) -> None:
    done = CliRunner().invoke(
        demo.main, ["order"], input="b\\naa\\n", env={"DEMO_BY": by}
    )
    assert (done.exit_code, done.output) == (0, shown)


@pytest.mark.parametrize(("text", "status"), [("", 3), ("a", 1)])
def test_check(tmp_path: Path, text: str, status: int) -> None:
    (tmp_path / "file").write_text(text)
    done = CliRunner().invoke(demo.main, ["check", str(tmp_path / "file")])
    assert done.exit_code == status


def test_hello() -> None:
    assert CliRunner().invoke(demo.main, ["hello", "Ada"]).output == "Hello Ada!\\n"
"""
# Runs a shell in a terminal of its own and types there what comes in.
TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) != 0)"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("cli"), "cli")


@pytest.fixture(scope="module")
def program(project: Path) -> Path:
    """Do the steps in the project, and return its command."""
    cli = project / "src/demo/cli.py"
    text = cli.read_text() + COMMAND + "\n\nmain.add_command(hello)\n"
    text = text.replace(
        "from typing import", "from pathlib import Path\nfrom typing import"
    )
    text = text.replace("from .lines", "from .hello import hello\nfrom .lines")
    cli.write_text(text)
    (project / "src/demo/hello.py").write_text(MODULE)
    (project / "tests/test_more.py").write_text(TESTS)
    face = project / "src/demo/__init__.py"
    text = face.read_text()
    text = text.replace("from .lines", "from .hello import hello\nfrom .lines")
    face.write_text(text.replace('"count_lines", ', '"count_lines", "hello", '))
    return project / ".venv/bin/demo"


def do(program: Path, *words: str, given: str = "") -> tuple[int, str, str]:
    """Run the program and return its exit status, stdout and stderr."""
    done = subprocess.run(
        [program, *words], input=given, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_all_checks_stay_green(project: Path, program: Path) -> None:
    all_checks(project)


def test_exit_statuses_and_logs(program: Path, tmp_path: Path) -> None:
    assert do(program, "order", given="b\na\n") == (0, "a\nb\n", "")
    _, out, log = do(program, "-vv", "order", given="b\na\n")
    assert (out, log) == ("a\nb\n", "INFO: Read -\nDEBUG: Sorted 2 lines\n")
    (tmp_path / "empty").touch()
    assert do(program, "check", str(tmp_path / "empty")) == (3, "", "")
    (tmp_path / "full").write_text("a")
    status, out, said = do(program, "check", str(tmp_path / "full"))
    assert (status, out) == (1, "")
    assert said.startswith("Error: [Errno 2] No such file or directory: ")
    assert len(said.splitlines()) == 1
    assert (
        "Traceback (most recent call last)"
        in do(program, "-vv", "check", str(tmp_path / "full"))[2]
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_pipes_disks_encodings_and_ctrl_c(program: Path, tmp_path: Path) -> None:
    (tmp_path / "many").write_text("".join(f"{n}\n" for n in range(100_000)))
    script = f"'{program}' unique many | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = run("bash", "-c", script, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "0\n", "")
    done = run(
        "bash", "-c", f"'{program}' unique many >/dev/full", cwd=tmp_path, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "Error: [Errno 28] No space left on device\n"
    old = {"PYTHONIOENCODING": "cp1252"}
    done = run(
        "bash",
        "-c",
        f"printf →a | '{program}' unique",
        cwd=tmp_path,
        env=old,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(
        "Error: 'charmap' codec can't encode character '\\u2192'"
    )
    assert len(done.stderr.splitlines()) == 1
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with (
        subprocess.Popen(
            [program, "unique", fifo], stderr=subprocess.PIPE, text=True
        ) as child,
        fifo.open("w"),  # which waits until the program opens it, too
    ):
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert (child.returncode, said) == (1, "\nAborted!\n")


@pytest.mark.parametrize(
    ("name", "setup"),
    [("bash --norc -i", ""), ("zsh -f -i", "autoload -U compinit; compinit -u\n")],
)
def test_tab_completes(program: Path, tmp_path: Path, name: str, setup: str) -> None:
    """As the README says."""
    shell = name.split()[0]
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "letters.txt").write_text("a\nb\nb\n")
    typed = f'{setup}eval "$(_DEMO_COMPLETE={shell}_source demo)"\ndemo cou\t--to\t1 lett\t\nexit\n'
    path = f"{program.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-c", TERMINAL, *name.split()],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "PATH": path, "TERM": "xterm"},
        input=typed,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "\n2\tb\n" in done.stdout.replace("\r", "")


def test_the_wheel_works_in_a_clean_environment(
    project: Path, program: Path, tmp_path: Path
) -> None:
    fresh = installed_alone(project)
    assert do(fresh / "bin/demo", "hello", "Ada") == (0, "Hello Ada!\n", "")
    done = run(fresh / "bin/python", "-m", "demo", "--help", cwd=tmp_path)
    assert done.stdout.startswith("Usage: python -m demo [OPTIONS] COMMAND")
