"""The starters' locks: what they pin, and what they keep others from being called."""

import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, STARTERS, Generate, interpreter, run
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.locks import clean, hashes, pins
from support.rules import refused, reserved


def test_no_project_can_take_a_locked_name() -> None:
    """What every project's lock installs is reserved: its distributions and what they import as."""
    starter = ROOT / "starters/library"
    locked = set(pins(starter / "requirements_lock.txt"))
    imported = {
        name
        for name, distributions in packages_distributions().items()
        if locked.intersection(map(canonicalize_name, distributions))
        and re.fullmatch("[a-z][a-z0-9_]*", name)
    }
    assert locked == {name for name in locked if refused("distribution_name", name)}
    assert imported <= set(reserved()["locked_packages"])
    # Each of the lock's distributions is installed here, or the test would see nothing.
    assert locked <= {
        canonicalize_name(distribution)
        for distributions in packages_distributions().values()
        for distribution in distributions
    }


@pytest.mark.parametrize("python_min", ["3.11", "3.13"])
def test_a_fresh_project_has_its_lock(generate: Generate, python_min: str) -> None:
    """The starter's lock, word for word, except the floor that the user chose."""
    lock = (generate(python_min=python_min) / "requirements_lock.txt").read_text()
    option = "--python-version=3.11 "
    expected = (ROOT / "starters/library/requirements_lock.txt").read_text()
    assert option in expected.splitlines()[1]
    assert lock == expected.replace(option, f"--python-version={python_min} ")


def floors() -> Iterator[Any]:
    """Yield each starter with the oldest floor, with a newer one and a site, and with all the others."""
    for starter in STARTERS:
        for number, floor in enumerate(["3.11", "3.13", "3.12", "3.14", "3.15"]):
            marks = pytest.mark.slow if number < 2 else pytest.mark.complete
            case = f"{starter.name} {floor}"
            yield pytest.param(starter.name, floor, number > 0, id=case, marks=marks)
    yield pytest.param("fastapi", "3.11", True, id="a site", marks=pytest.mark.slow)


@pytest.mark.parametrize(("starter", "floor", "docs"), list(floors()))
def test_its_first_lines_make_the_same_lock(
    index: None, generate: Generate, starter: str, floor: str, docs: bool
) -> None:
    """Plain uv, given the command in the lock's head, writes the same pins, markers, hashes and reasons.

    Of a newer floor the lock may give more reasons: it does not know those that hold for older Pythons alone.
    """
    project = generate(starter=starter, python_min=floor, docs=docs)
    lock = project / "requirements_lock.txt"
    old = lock.read_text()
    command = old.splitlines()[1].removeprefix("#    ")
    assert f"--python-version={floor} " in command
    # Without the shims of pyenv, which are slow to say no.
    env = clean() | {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    words = [f"{name}={value}" for name, value in env.items()]
    run("env", "-i", *words, *command.split(), cwd=project)
    new = lock.read_text()
    if floor != "3.11":
        old, new = (re.sub(r"(?m)^    #.*\n", "", text) for text in (old, new))
    assert new == old


@pytest.mark.parametrize("starter", STARTERS, ids=lambda path: path.name)
def test_lock_satisfies_its_requirements(generate: Generate, starter: Path) -> None:
    project = generate(starter=starter.name, docs=True)
    locked = pins(project / "requirements_lock.txt")
    files = [
        *project.glob("requirements_[pd]*.txt"),
        *project.glob(".standard/requirements_*.txt"),
    ]
    names = ("prod", "dev", "tools", "docs")
    assert {x.name for x in files} == {f"requirements_{x}.txt" for x in names}
    for file in files:
        for line in file.read_text().splitlines():
            text = line.partition("#")[0].strip()
            if text and not text.startswith("-r "):
                wanted = Requirement(text)
                for pin in locked[canonicalize_name(wanted.name)]:
                    (version,) = (clause.version for clause in pin.specifier)
                    assert wanted.specifier.contains(version)


def test_a_lock_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """No package is as old as that day; nothing is written, and the last line names the starter."""
    for name in ["scripts", "starters", "template"]:
        shutil.copytree(ROOT / name, tmp_path / name)
    before = (tmp_path / "starters/cli/requirements_lock.txt").read_bytes()
    script = "scripts/lock_starters.py"
    command = [sys.executable, script, "--exclude-newer", "2000-01-01"]
    done = run(*command, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("lock_starters: cli: ")
    assert (tmp_path / "starters/cli/requirements_lock.txt").read_bytes() == before


@pytest.mark.parametrize("starter", STARTERS, ids=lambda path: path.name)
def test_hashes_are_those_of_the_index(
    index: None, starter: Path, tmp_path: Path
) -> None:
    """The index, asked for the very same versions, knows every file whose hash is locked."""
    lock = (starter / "requirements_lock.txt").read_text()
    pinned = [line.rstrip(" \\") for line in lock.splitlines() if line[:1].isalnum()]
    (tmp_path / "pins.txt").write_text("\n".join(pinned))
    options = [
        "--universal",
        "--generate-hashes",
        "--no-deps",
        "--no-strip-extras",
        "--no-strip-markers",
    ]
    command = [
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--python-version",
        "3.11",
        *options,
        "pins.txt",
    ]
    asked = subprocess.run(
        command, cwd=tmp_path, env=clean(), capture_output=True, text=True, check=True
    )
    known, locked = hashes(asked.stdout), hashes(lock)
    assert locked.keys() == known.keys()
    assert all(locked.values())
    assert [
        name for name, digests in locked.items() if not digests <= known[name]
    ] == []


USUAL = {("3.11", "bundled pip"), ("3.12", "newest pip"), ("3.13", "uv")}


def ordinary() -> Iterator[Any]:
    """Yield each installer on each Python for `library`, and the oldest pip of all for every other starter.

    Of those the ones with the most packages and with extras are slow tests, the others are for completeness.
    """
    for version, installer in itertools.product(
        ["3.11", "3.12", "3.13"], ["bundled pip", "newest pip", "uv"]
    ):
        library = ROOT / "starters/library"
        # Each version and each installer once; their other pairs are repetitions.
        usual = (version, installer) in USUAL
        mark = pytest.mark.slow if usual else pytest.mark.complete
        yield pytest.param(library, version, installer, marks=mark)
    for starter in STARTERS:
        cuda = "\nnvidia-" in (starter / "requirements_lock.txt").read_text()
        skip = pytest.mark.skipif(cuda, reason="CUDA's parts are gigabytes")
        when = "slow" if starter.name in ("django", "fastapi") else "complete"
        if starter.name != "library":
            marks = [skip, getattr(pytest.mark, when)]
            yield pytest.param(starter, "3.11", "bundled pip", marks=marks)


@pytest.mark.parametrize(("starter", "version", "installer"), list(ordinary()))
def test_lock_is_an_ordinary_pip_file(
    index: None, tmp_path: Path, starter: Path, version: str, installer: str
) -> None:
    """Any pip, and uv, install from the lock alone, hashes checked."""
    lock = starter / "requirements_lock.txt"
    base = interpreter(version)

    def do(*command: str | Path) -> None:
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=clean(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    python = tmp_path / "venv" / "bin" / "python"
    do(base, "-m", "venv", "venv", *(["--without-pip"] if installer == "uv" else []))
    if installer == "uv":
        do("uv", "pip", "sync", "--quiet", "--require-hashes", "--python", python, lock)
    else:
        pip: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        if installer == "newest pip":
            do(*pip, "--upgrade", "pip")
        do(*pip, "--require-hashes", "--requirement", lock)
    do(python, "-c", "import pytest, setuptools, coverage")


# Requirements with extras, markers and deep trees, among them packages of the starters to come.
PRODUCTION = [
    "requests>=2.32,<3",
    "flask",
    "fastapi",
    "scrapy",
    "scikit-learn",
    "numpy\nrequests[socks]",
]


@pytest.mark.slow
@pytest.mark.parametrize("prod", PRODUCTION)
def test_production_is_what_uv_would_compile(
    index: None, generate: Generate, prod: str
) -> None:
    """Following `# via` from requirements_prod.txt finds exactly what uv resolves that file alone to."""
    project = generate()
    lock = project / "requirements_lock.txt"
    made_by = lock.read_text().splitlines()[1].removeprefix("#    ")
    lock.unlink()
    (project / "requirements_prod.txt").write_text(f"{prod}\n")
    code = (
        "import sys; sys.path.insert(0, '.standard'); import bootstrap as b;"
        "needed = b.needed(b.pins(b.read(b.LOCK)), {'-r requirements_prod.txt'});"
        "print(*sorted(x for x in needed if x[0] != '-'))"
    )
    uv = shutil.which("uv")
    assert uv
    do = partial(
        subprocess.run,
        cwd=project,
        env=clean(),
        capture_output=True,
        text=True,
        check=True,
    )
    do([uv, *made_by.split()[1:]])
    chosen = do([sys.executable, "-c", code]).stdout.split()
    # The lock's own versions as constraints, without hashes, which uv would want for everything.
    locked = pins(project / "requirements_lock.txt")
    (project / "constraints.txt").write_text(
        "\n".join(str(pin) for each in locked.values() for pin in each)
    )
    command = [
        uv,
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--python-version",
        "3.11",
        "--no-annotate",
    ]
    alone = do(
        [*command, "--constraints", "constraints.txt", "requirements_prod.txt"]
    ).stdout
    names = {
        re.split(r"[^\w.-]", line)[0]
        for line in alone.splitlines()
        if line[:1].isalnum()
    }
    assert chosen == sorted(canonicalize_name(name) for name in names)
    assert not {"pytest", "mypy", "uv"} & set(chosen)
