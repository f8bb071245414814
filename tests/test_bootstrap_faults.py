"""Kills, races, foreign environments, hostile paths and full disks end in a working environment or one clear line."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bootstraps import QUICK_WAYS, WAYS, Make
from support.checkouts import Checkout, World


@pytest.mark.parametrize(
    "way",
    [
        pytest.param("uv", marks=pytest.mark.slow),
        *(pytest.param(x, marks=pytest.mark.complete) for x in ("pip", "python-alone")),
    ],
)
def test_killed_at_random_moments(make: Make, way: str) -> None:
    project = make(**WAYS[way])
    whole = time.monotonic()
    project.works("true")
    whole = time.monotonic() - whole
    dice = random.Random(3)
    for _ in range(10 if way == "uv" else 3):
        shutil.rmtree(project.root / ".venv")
        process = project.start("true")
        time.sleep(dice.uniform(0, whole))
        process.kill()
        process.communicate()
        project.sound()


def test_three_at_once(project: Checkout) -> None:
    processes = [project.start("tiny") for _ in range(3)]
    for process in processes:
        out, err = process.communicate()
        assert (process.returncode, out) == (0, "tiny, using beta\n"), err
    project.works("--check")


def test_running_command_keeps_nobody_waiting(project: Checkout) -> None:
    process = project.start("sleep", "60")
    while (
        process.poll() is None
        and Path(f"/proc/{process.pid}/comm").read_text() != "sleep\n"
    ):
        time.sleep(0.05)
    project.edit(
        "pyproject.toml",
        'tiny = "tiny:main"',
        'tiny = "tiny:main"\nminute = "tiny:main"',
    )
    result = project.works("minute")
    assert process.poll() is None
    process.kill()
    assert "waiting" not in result.stderr


def test_moved_checkout(made: Checkout, tmp_path: Path) -> None:
    made.root = made.root.rename(tmp_path / "elsewhere")
    made.sound()
    result = made.works("python", "-c", "import sys; print(sys.prefix)")
    assert result.stdout.strip() == str(made.root / ".venv")


def test_venv_is_a_file(project: Checkout) -> None:
    (project.root / ".venv").write_text("precious")
    assert ".venv" in project.fails("true")
    assert (project.root / ".venv").read_text() == "precious"


def test_venv_of_somebody_else(project: Checkout) -> None:
    (project.root / ".venv").mkdir()
    (project.root / ".venv" / "precious").touch()
    assert "something else" in project.fails("true")
    assert [path.name for path in (project.root / ".venv").iterdir()] == ["precious"]


def test_venv_is_a_dangling_link(project: Checkout) -> None:
    (project.root / ".venv").symlink_to("nowhere")
    assert ".venv" in project.fails("true")


PATHS = [
    "a b",
    "it's",
    'say "x"',
    "$HOME",
    "$(touch x)",
    "`x`",
    "100%",
    "back\\slash",
    "ünï→🐍",
    "-dash",
    'a\'b $c "d" e',
    "star*[x]{y}",
    "#hash",
    "tilde~!",
    "deep" + "/0123456789" * 18,
]


TYPICAL = ["-dash", 'a\'b $c "d" e']


@pytest.mark.parametrize("way", ["uv", pytest.param("pip", marks=pytest.mark.complete)])
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in TYPICAL else pytest.mark.slow)
        for name in PATHS
    ],
)
def test_any_path(make: Make, name: str, way: str) -> None:
    project = make(name, **WAYS[way])
    project.sound()
    assert project.works("gamma").stdout == "gamma 1.0\n"
    assert project.works("--prod", "tiny").stdout == "tiny, using beta\n"
    assert not list(project.root.rglob("x"))


def test_path_with_a_leading_dash(make: Make, tmp_path: Path) -> None:
    project = make("-dash")
    project.works(
        "gamma", launcher=("sh", "--"), program="-dash/bootstrap", cwd=tmp_path
    )


@pytest.mark.parametrize("name", ["a:b", "new\nline"])
def test_path_that_no_path_can_name(make: Make, name: str) -> None:
    project = make(name)
    assert "rename" in project.fails("true")
    assert not (project.root / ".venv").exists()


def as_nobody(*command: str) -> tuple[str, ...]:
    if os.getuid():
        return command
    if not shutil.which("setpriv"):
        pytest.skip("no setpriv here to give up root's rights")
    return ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that other users may reach, on a machine where root runs the tests."""
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    folder.chmod(0o755)
    yield folder
    subprocess.run(["chmod", "-R", "u+w", folder], check=True)
    shutil.rmtree(folder)


@pytest.mark.parametrize("part", ["checkout", "venv"])
def test_read_only(world: World, public: Path, part: str) -> None:
    project = Checkout(world, public / "project", uv=False)
    project.write(world.base / "born" / "requirements_lock.txt")
    if part == "venv":
        (project.root / ".venv").mkdir(mode=0o555)
        project.root.chmod(0o777)
    else:
        subprocess.run(["chmod", "-R", "a-w", project.root], check=True)
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    error = project.fails("true", launcher=as_nobody(), env=env, cwd="/")
    assert "Permission denied" in error
    assert str(project.root / ".venv") in error


@pytest.mark.parametrize("way", ["uv", pytest.param("pip", marks=pytest.mark.slow)])
def test_disk_full(world: World, tmp_path: Path, way: str) -> None:
    if os.getuid() or not shutil.which("unshare"):
        pytest.skip("needs root and unshare for a small file system")
    mount = tmp_path / "small"
    mount.mkdir()
    if subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", mount], check=False
    ).returncode:
        pytest.skip("cannot mount here")
    project = Checkout(world, mount / "project", **WAYS[way])
    source = Checkout(world, tmp_path / "source")
    source.write(world.base / "born" / "requirements_lock.txt")
    script = 'mount -t tmpfs -o size=3m tmpfs "$1" && cp -R "$2" "$1/project" && cd "$1" && exec "$1/project/bootstrap" true'
    error = project.fails(
        launcher=(
            "unshare",
            "-m",
            "sh",
            "-c",
            script,
            "sh",
            str(mount),
            str(source.root),
        ),
        program="",
        cwd=tmp_path,
    )
    assert "No space left" in error


def interrupt(process: subprocess.Popen[str]) -> int:
    time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    if err.startswith("Fatal Python error: init"):  # Python itself was still starting
        return -signal.SIGINT
    assert "Traceback" not in err
    return process.returncode


@pytest.mark.parametrize("way", QUICK_WAYS)
def test_interrupted_while_installing(make: Make, way: str) -> None:
    project = make(**WAYS[way])
    for pause in (0.1, 0.4, 0.9):
        process = project.start("true", start_new_session=True)
        time.sleep(pause)
        assert interrupt(process) in (130, 0, -signal.SIGINT)
    project.sound()


def test_interrupted_command(ready: Checkout) -> None:
    process = ready.start(
        "sh", "-c", "trap 'exit 130' INT; sleep 60", start_new_session=True
    )
    time.sleep(0.5)
    assert interrupt(process) == 130
