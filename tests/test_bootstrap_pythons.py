"""Which Python the bootstrap takes, and what it does when that Python changes or goes."""

import shutil
import subprocess
from pathlib import Path

import pytest
from support.bootstraps import QUICK_WAYS, WAYS, Make, other, prefix
from support.checkouts import BASE, Checkout, World, copied_python


@pytest.mark.slow
def test_base_python_deleted(project: Checkout, tmp_path: Path) -> None:
    python = copied_python(tmp_path / "base")
    project.works("true", env=prefix(project, python))
    assert (project.root / ".venv/bin/python").resolve() == python
    shutil.rmtree(tmp_path / "base")
    project.sound()


@pytest.mark.slow
def test_base_python_upgraded(project: Checkout, tmp_path: Path) -> None:
    python = copied_python(tmp_path / "base")
    project.works("true", env=prefix(project, python))
    copied_python(tmp_path / "base", Path(other(12)))
    code = "import beta, sys; print('%d.%d' % sys.version_info[:2])"
    result = project.works("python", "-c", code, env=prefix(project, python))
    assert result.stdout == "3.12\n"
    assert "ready" in result.stderr
    project.sound()


@pytest.mark.slow
@pytest.mark.parametrize("way", QUICK_WAYS)
def test_another_python_is_asked_for_in_the_activated_environment(
    make: Make, way: str
) -> None:
    """The uv of .venv, which is then the first on PATH, goes with what it is in."""
    project = make(**WAYS[way])
    project.works("true")
    path = f"{project.root / '.venv/bin'}:{project.environment()['PATH']}"
    result = project.works("--python", other(12), "true", env={"PATH": path})
    assert "ready" in result.stderr
    project.sound()


@pytest.mark.parametrize(
    ("without", "uv"),
    [
        ("ensurepip", False),
        pytest.param("ensurepip", True, marks=pytest.mark.slow),
    ],
)
def test_no_ensurepip_but_uv_or_pip(
    make: Make, tmp_path: Path, without: str | tuple[str, ...], uv: bool
) -> None:
    project = make(uv=uv)
    python = copied_python(
        tmp_path / "base", without=(without,) if isinstance(without, str) else without
    )
    project.works("python", "-c", "import beta", env=prefix(project, python))
    assert (project.root / ".venv/bin/python").resolve() == python
    project.sound()


def test_neither_ensurepip_nor_pip(make: Make, tmp_path: Path) -> None:
    project = make()
    python = copied_python(tmp_path / "base", without=("ensurepip", "pip"))
    error = project.fails("true", env=prefix(project, python))
    assert "-venv" in error
    project.sound()


@pytest.mark.parametrize(
    "spelling", ["version", pytest.param("path", marks=pytest.mark.slow)]
)
def test_another_python_is_asked_for_and_stays(
    made: Checkout, world: World, tmp_path: Path, spelling: str
) -> None:
    python = other(12)
    path = world.programs(tmp_path / "bin", f"python3.12={python}")
    env = {"PATH": f"{made.environment()['PATH']}:{path}"}
    asked = "3.12" if spelling == "version" else python
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    assert (
        made.works("--python", asked, "python", "-c", code, env=env).stdout == "3.12\n"
    )
    result = made.works("python", "-c", code)
    assert (result.stdout, result.stderr) == ("3.12\n", "")
    made.sound()


def without_usr_bin(project: Checkout) -> None:
    """Let the launcher not look for a Python outside PATH."""
    script = (project.root / "bootstrap").read_text()
    (project.root / "bootstrap").write_text(script.replace(" /usr/bin/python3", ""))


@pytest.mark.parametrize(
    ("found", "floor"),
    [
        pytest.param(8, 11, marks=pytest.mark.slow),
        (10, 11),
        pytest.param(11, 12, marks=pytest.mark.slow),
    ],
)
def test_old_python_is_refused_and_a_newer_one_found(
    make: Make, world: World, tmp_path: Path, found: int, floor: int
) -> None:
    project = make()
    without_usr_bin(project)
    project.edit("pyproject.toml", ">=3.11", f">=3.{floor}")
    path = world.programs(
        tmp_path / "bin", "sh", "readlink", "sed", "env", f"python3={other(found)}"
    )
    error = project.fails("true", env={"PATH": str(path)})
    assert error.startswith(f"bootstrap: found no Python 3.{floor} or newer on PATH")
    assert not (project.root / ".venv").exists()
    world.programs(path, f"python3.12={other(12)}", "uv=" + str(world.base / "uv/uv"))
    code = "import beta, sys; print(sys.version_info[1])"
    result = project.works("python", "-c", code, env={"PATH": str(path)})
    assert result.stdout == "12\n"


@pytest.mark.slow
def test_only_python_without_3(make: Make, world: World, tmp_path: Path) -> None:
    project = make(uv=False)
    path = world.programs(tmp_path / "bin", "sh", "readlink", "sed", "python")
    project.works("python", "-c", "import beta", env={"PATH": str(path)})


def test_no_python_at_all(project: Checkout, world: World, tmp_path: Path) -> None:
    without_usr_bin(project)
    path = world.programs(tmp_path / "bin", "sh", "readlink", "sed")
    assert "found no Python" in project.fails("true", env={"PATH": str(path)})


def test_pythonhome(project: Checkout) -> None:
    project.works("true", env={"PYTHONHOME": "/nonexistent"})


def test_activated_environment_is_no_base(made: Checkout, tmp_path: Path) -> None:
    env = {
        "PATH": f"{made.root / '.venv/bin'}:{made.environment()['PATH']}",
        "VIRTUAL_ENV": str(made.root / ".venv"),
    }
    made.edit("requirements_dev.txt", "gamma\n", "gamma\nepsilon\n")
    made.works("true", env=env)
    shutil.rmtree(made.root / ".venv")
    other = tmp_path / "other"
    subprocess.run([BASE, "-m", "venv", "--without-pip", other], check=True)
    made.works("true", env={"PATH": f"{other / 'bin'}:{made.environment()['PATH']}"})
    home = next(
        line
        for line in (made.root / ".venv/pyvenv.cfg").read_text().splitlines()
        if line.startswith("home")
    )
    assert str(other) not in home
