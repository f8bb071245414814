"""The tests that a project inherits fail when what they hold is broken."""

import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from conftest import LAYOUTS, Generate, run, tool

PACKAGE = Path("src/sound/effects")


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Return what replaces a text in a file of the package sound.effects."""

    def change(project: Path) -> None:
        path = project / PACKAGE / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return change


def add(name: str, text: str) -> Callable[[Path], None]:
    """Return what adds a file to the package sound.effects."""

    def change(project: Path) -> None:
        (project / PACKAGE / name).parent.mkdir(exist_ok=True)
        (project / PACKAGE / name).write_text(text)

    return change


def exports(project: Path) -> tuple[int, str]:
    """Run the inherited test of the exports; return its exit status and report."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-q",
        ".standard/test_exports.py",
    ]
    done = run(*command, cwd=project, env={"PYTHONPATH": "src"}, check=False)
    return done.returncode, done.stdout


def add_app(project: Path) -> None:
    """Add what `startapp` makes. The tests only read these files, so Django need not be installed."""
    config = "from django.apps import AppConfig\nclass PollsConfig(AppConfig): ...\n"
    for name, text in [("__init__", ""), ("apps", config), ("models", "class A: ...")]:
        add(f"polls/{name}.py", text)(project)
    add("polls/migrations/__init__.py", "")(project)


BROKEN = [
    (
        edit("__init__.py", '"Echo", "echo"', '"echo", "Echo"'),
        "test_all_is_sorted",
        "unsorted",
    ),
    (
        edit("__init__.py", '"Echo", "echo"', '"Echo", "Echo", "echo"'),
        "test_all_is_sorted",
        "twice",
    ),
    (
        edit("__init__.py", '"Echo", ', ""),
        "test_nothing_public_is_missing",
        "name-left-out",
    ),
    (
        edit("__init__.py", '"Echo"', '"Ecco"'),
        "test_every_exported_name_resolves",
        "misspelt",
    ),
    (
        add("delay.py", "def _x(): ...\n"),
        "test_nothing_public_is_missing",
        "new-module",
    ),
    (
        add("_tape.py", "def tape(): ...\n"),
        "test_nothing_public_is_missing",
        "new-private-module",
    ),
    (
        add("_tape.py", "async def tape(): ...\n"),
        "test_nothing_public_is_missing",
        "new-coroutine",
    ),
    (
        add("_tape.py", "RATE: int = 1\n"),
        "test_nothing_public_is_missing",
        "new-constant",
    ),
    (
        add("deep/__init__.py", "__all__ = []\n"),
        "test_nothing_public_is_missing",
        "new-package",
    ),
    (add("deep/x.py", ""), "test_every_folder_of_modules_is_a_package", "no-init"),
    (
        edit("echo.py", "class Echo", "class Ecco"),
        ".standard/test_exports.py",
        "renamed",
    ),
]

STILL_TRUE = [
    (
        add("_tape.py", "def _tape(): ...\nlogger = 1\nfrom os import path\n"),
        "private-names",
    ),
    (add("_tape.py", "__all__ = []\ndef tape(): ...\n"), "own-all"),
    (
        add("_tape.py", "__all__: list[str] = []\nclass Tape: ...\n"),
        "own-annotated-all",
    ),
    (add("__main__.py", "def main(): ...\n"), "main"),
    (add_app, "django-app"),
]


@pytest.fixture(params=["eager", pytest.param("lazy", marks=pytest.mark.slow)])
def project(request: pytest.FixtureRequest, generate: Generate) -> Path:
    """Return a project of the nested layout, of either kind of exports."""
    layout = next(path for path in LAYOUTS if path.stem == "sound")
    return generate(**yaml.safe_load(layout.read_text()), exports=request.param)


@pytest.mark.slow
def test_exports_are_found_false(project: Path, subtests: pytest.Subtests) -> None:
    kept = {
        path: path.read_text()
        for path in (project / PACKAGE).iterdir()
        if path.is_file()
    }
    for change, report, case in BROKEN:
        with subtests.test(case):
            change(project)
            status, output = exports(project)
            assert status != 0
            assert report in output
        restore(project, kept)
    assert exports(project)[0] == 0


@pytest.mark.slow
def test_exports_are_found_true(project: Path, subtests: pytest.Subtests) -> None:
    kept = {
        path: path.read_text()
        for path in (project / PACKAGE).iterdir()
        if path.is_file()
    }
    for change, case in STILL_TRUE:
        with subtests.test(case):
            change(project)
            status, output = exports(project)
            assert status == 0, output
        restore(project, kept)


def restore(project: Path, kept: dict[Path, str]) -> None:
    """Bring the package sound.effects back to what it was."""
    for path in sorted((project / PACKAGE).rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        elif path not in kept:
            path.unlink()
    for path, text in kept.items():
        path.write_text(text)


@pytest.mark.slow
def test_every_file_below_src_ships(generate: Generate, tmp_path: Path) -> None:
    """Data of any suffix is in the wheel and the sdist, caches are in neither, and the check says what is missing."""
    project = generate(project_name="Demo")
    data = ["app.js", "static/deep/logo.svg", "locale/de/django.mo", "table"]
    for name in data:
        (project / "src/demo" / name).parent.mkdir(exist_ok=True, parents=True)
        (project / "src/demo" / name).write_text("data\n")
    for folder in ("src/demo/.ruff_cache", "tests/.mypy_cache/x", "tests/__pycache__"):
        (project / folder).mkdir(parents=True)
        (project / folder / "left.pyc").write_text("cache\n")
    tool("build", "--no-isolation", "--outdir", tmp_path / "dist", cwd=project)
    (sdist,) = tmp_path.glob("dist/*.tar.gz")
    (wheel,) = tmp_path.glob("dist/*.whl")
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert {f"src/demo/{name}" for name in data} < set(names)
    assert not [name for name in names if "cache" in name]
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {f"demo/{name}" for name in data} < set(names)
    assert not [name for name in names if "cache" in name]

    check = (sys.executable, "-m", "pytest", "-q", ".standard/check_distributions.py")
    run(*check, cwd=project)
    path = project / "pyproject.toml"
    path.write_text(path.read_text().replace('["**/*.pyc"]', '["**/*.pyc", "*.js"]'))
    done = run(*check, cwd=project, check=False)
    assert done.returncode == 1
    assert "the wheel lacks these files" in done.stdout
    assert "demo/app.js" in done.stdout
