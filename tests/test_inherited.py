"""The tests that a project inherits fail when what they hold is broken."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from conftest import LAYOUTS, ROOT, Generate, assert_green, run
from support.files import editing

PACKAGE = Path("src/sound/effects")


def edit_effects(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Return a function that makes an edit in the package sound.effects."""
    return editing(f"{PACKAGE}/{name}", old, new)


def add(*names: str, text: str = "") -> Callable[[Path], None]:
    """Return what adds files to the package sound.effects."""

    def change(project: Path) -> None:
        for name in names:
            (project / PACKAGE / name).parent.mkdir(exist_ok=True, parents=True)
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
        add(f"polls/{name}.py", text=text)(project)
    add("polls/migrations/__init__.py")(project)


BROKEN = [
    (
        edit_effects("__init__.py", '"Echo", "echo"', '"echo", "Echo"'),
        "test_all_is_complete_and_sorted",
        "unsorted",
    ),
    (
        edit_effects("__init__.py", '"Echo", "echo"', '"Echo", "Echo", "echo"'),
        "test_all_is_complete_and_sorted",
        "twice",
    ),
    (
        edit_effects("__init__.py", '"Echo", ', ""),
        "test_all_is_complete_and_sorted",
        "name-left-out",
    ),
    (
        edit_effects("__init__.py", '"Echo", "echo"', '"Ecco", "echo"'),
        "test_all_is_complete_and_sorted",
        "misspelt",
    ),
    (
        add("delay.py", text="def delay(): ...\n"),
        "test_all_is_complete_and_sorted",
        "new-module",
    ),
    (
        add("_tape.py", text="def tape(): ...\n"),
        "test_all_is_complete_and_sorted",
        "new-private-module",
    ),
    (
        add("_tape.py", text="async def tape(): ...\n"),
        "test_all_is_complete_and_sorted",
        "new-coroutine",
    ),
    (
        add("_tape.py", text="RATE: int = 1\n"),
        "test_all_is_complete_and_sorted",
        "new-constant",
    ),
    (
        add("deep/__init__.py", text="DEEP = 1\n"),
        "test_all_is_complete_and_sorted",
        "new-package",
    ),
    (add("deep/x.py", text=""), "test_every_folder_of_modules_is_a_package", "no-init"),
    (
        edit_effects("echo.py", "class Echo", "class Ecco"),
        ".standard/test_exports.py",
        "renamed",
    ),
]

STILL_TRUE = [
    (
        add("_tape.py", text="def _tape(): ...\nlogger = 1\nfrom os import path\n"),
        "private-names",
    ),
    (add("_tape.py", text="__all__ = []\ndef tape(): ...\n"), "own-all"),
    (
        add("_tape.py", text="__all__: list[str] = []\nclass Tape: ...\n"),
        "own-annotated-all",
    ),
    (add("__main__.py", text="def main(): ...\n"), "main"),
    (add("plain.py", text="import os\n\n\ndef _plain(): ...\n"), "no-public-name"),
    (add("empty/__init__.py"), "empty-package"),
    (
        add(
            "migrations/__init__.py",
            "migrations/0001_initial.py",
            "migrations/helpers.py",
            text="class Migration: ...\n",
        ),
        "django-migrations",
    ),
    (
        add(
            "management/__init__.py",
            "management/commands/__init__.py",
            "management/commands/load.py",
            text="class Command: ...\n",
        ),
        "django-commands",
    ),
    (add_app, "django-app"),
]


# What each package of a project holds: its __init__.py, then its other files.
PACKAGES = {
    "unsorted": ("a, b = 1, 2\n__all__ = ['b', 'a']", {}),
    "twice": ("a = 1\n__all__ = ['a', 'a']", {}),
    "misspelt": ("__all__ = ['a']", {}),
    "unbound": ("__all__ = ['f']", {"_m.py": "def f(): ..."}),
    "function": ("", {"_m.py": "def f(): ..."}),
    "coroutine": ("", {"_m.py": "async def f(): ..."}),
    "klass": ("", {"_m.py": "class F: ..."}),
    "constant": ("", {"_m.py": "F = 1"}),
    "annotated": ("", {"_m.py": "F: int = 1"}),
    "named": ("", {"_m.py": "__all__ = ['f']\nf = 1"}),
    "later": ("__all__ = ['f']\nf = 1", {"_m.py": "def f(): ...\ndef g(): ..."}),
    "module": ("from .m import f\n__all__ = ['f']", {"m.py": "def f(): ..."}),
    "package": ("", {"deep/__init__.py": "F = 1"}),
    "deeper": ("", {"deep/__init__.py": "", "deep/_m.py": "F = 1"}),
    "apps": ("", {"apps.py": "def f(): ..."}),
    "migrations": ("", {"_m.py": "def f(): ..."}),
    "lazy": ("# attach() is here", {"m.py": "def f(): ..."}),
    "bare": (None, {"m.py": ""}),
    # These are correct.
    "whole": (
        "from . import m\nfrom .m import f\n__all__ = ['f', 'm']",
        {"m.py": "def f(): ..."},
    ),
    "private": (
        "",
        {
            "_m.py": "def _f(): ...\n_F = 1\nf = 1\nfrom os import sep",
            "_deep/__init__.py": "F = 1",
        },
    ),
    "own": ("", {"_m.py": "__all__ = []\ndef f(): ...", "_n.py": "F = f.g = 1"}),
    "typed": ("", {"_m.py": "__all__: list[str] = []\nclass F: ..."}),
    "main": ("", {"__main__.py": "def f(): ..."}),
    "data": ("", {"a.txt": "def f(): ...", "0001_a.py": "def f(): ..."}),
    "hollow": ("", {"deep/__init__.py": "", "m.py": "def _f(): ..."}),
    "django": (
        "",
        {
            f"{folder}/{name}.py": "class A: ..." if name == "a" else ""
            for folder in ("management", "migrations", "templatetags")
            for name in ("__init__", "a")
        },
    ),
    "polls": (
        "",
        {
            "apps.py": "class A(AppConfig): ...",
            "deep/__init__.py": "",
            "deep/m.py": "class A: ...",
        },
    ),
}
WRONG = "unsorted twice misspelt unbound function coroutine klass constant annotated named later module package deeper deeper.deep apps migrations lazy"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what the inherited test of the exports says of all these packages."""
    project = tmp_path_factory.mktemp("packages")
    for package, (init, files) in PACKAGES.items():
        for name, text in ({"__init__.py": init} | files).items():
            if text is not None:
                path = project / "src" / package / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
    (project / ".standard").mkdir()
    shutil.copy(ROOT / "template/.standard/test_exports.py", project / ".standard")
    return exports(project)[1]


def test_only_wrong_exports_are_found(report: str) -> None:
    found = re.findall(r"^FAILED [^:]+::(\w+)(?:\[(\S+)\])?", report, re.MULTILINE)
    assert set(found) == {
        ("test_every_folder_of_modules_is_a_package", ""),
        *(("test_all_is_complete_and_sorted", name) for name in WRONG.split()),
    }


@pytest.mark.parametrize(
    ("package", "lines"),
    [
        ("unsorted", ['__all__ = ["a", "b"]']),
        ("twice", ['__all__ = ["a"]']),
        ("misspelt", ["__all__ = []"]),
        ("unbound", ["from ._m import f", '__all__ = ["f"]']),
        ("function", ["from ._m import f", '__all__ = ["f"]']),
        ("later", ["from ._m import g", '__all__ = ["f", "g"]']),
        ("module", ["from . import m", '__all__ = ["f", "m"]']),
        (
            "lazy",
            [
                "from .m import f",
                "from . import m",
                '    "f": "m",  # in attach()',
                '__all__ = ["f", "m"]',
            ],
        ),
    ],
)
def test_the_report_has_the_lines(report: str, package: str, lines: list[str]) -> None:
    needs = [f"src/{package}/__init__.py needs these lines:", *lines]
    assert "\n".join(["", *needs, ""]) in report


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


@pytest.mark.slow
def test_the_lines_that_are_missing_can_be_pasted(project: Path) -> None:
    """The message has the imports and the whole of `__all__`."""
    add("delay.py", text="def delay(): ...\n\n\ndef ping(): ...\n")(project)
    add("_tape.py", text="RATE = 1\n")(project)
    add("deep/__init__.py", text="DEEP = 1\n__all__ = ['DEEP']\n")(project)
    status, output = exports(project)
    assert status != 0
    _, _, lines = output.partition("src/sound/effects/__init__.py needs these lines:\n")
    lines, _, _ = lines.partition("]\n")
    imports = ["._tape import RATE", ". import deep"]
    imports += [f".delay import {name}" for name in ("delay", "ping")]
    for line in imports:
        assert f"from {line}\n" in lines
    init = project / PACKAGE / "__init__.py"
    homes = [line for line in lines.splitlines() if line.endswith("# in attach()")]
    assert bool(homes) == ("attach(" in init.read_text())
    if homes:
        text = init.read_text().replace(
            "        {\n", "        {\n" + "\n".join(homes) + "\n"
        )
        all_ = re.compile(r"__all__ = \[.*?\]", re.DOTALL)
        new = re.findall(all_, f"{lines}]")[0]
        init.write_text(all_.sub(new, text))
    else:
        init.write_text(f"{init.read_text()}\n{lines}]\n")
    status, output = exports(project)
    assert status == 0, output


def test_lint_excuses_the_files_of_the_template_alone(generate: Generate) -> None:
    """Those in .standard, and not yours of the same name."""
    project = generate(package_name="demo", python_min="3.13")
    ruff = (
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--no-cache",
        "--output-format=concise",
    )
    assert "All checks passed!" in run(*ruff, cwd=project).stdout
    for name in ("bootstrap", "conflicts", "release"):
        text = (
            '"""Doc."""\n\nimport subprocess\n\nsubprocess.run(["git"], check=True)\n'
        )
        (project / f"src/demo/{name}.py").write_text(text)
    done = run(*ruff, cwd=project, check=False)
    assert re.findall(r"^(\S+\.py):\d+:\d+: S607 ", done.stdout, re.MULTILINE) == [
        f"src/demo/{name}.py" for name in ("bootstrap", "conflicts", "release")
    ]


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
def test_the_example_can_be_deleted(generate: Generate) -> None:
    """Every check names what still uses the deleted module; without these uses all checks pass, and no test is left."""
    project = generate(project_name="Demo")
    shutil.rmtree(project / "tests")
    (project / "src/demo/greeting.py").unlink()
    status, output = exports(project)
    assert status != 0
    assert "cannot import name 'greeting'" in output
    mypy = (sys.executable, "-m", "mypy")
    done = run(*mypy, cwd=project, env={"PYTHONPATH": "src"}, check=False)
    assert "src/demo/__init__.py:4: error: Cannot find" in done.stdout
    (project / "src/demo/__init__.py").write_text(
        '"""Demo."""\n\n__version__ = "0.1.0"\n\n__all__: list[str] = []\n'
    )
    assert_green(project)
    (project / "tests").mkdir()
    assert_green(project)
