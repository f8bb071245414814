"""Collects the Python packages that Copier needs in the browser, as this repository's lock pins them."""

import re
import shutil
import sys
import zipfile
from pathlib import Path

from .programs import ComposerError, run

# Copier and what it imports. browser/standins replaces questionary, prompt-toolkit and Pygments.
WANTED = (
    "annotated-types",
    "colorama",
    "copier",
    "dunamai",
    "funcy",
    "jinja2",
    "jinja2-ansible-filters",
    "markupsafe",
    "packaging",
    "pathspec",
    "platformdirs",
    "plumbum",
    "pydantic",
    "pydantic-core",
    "pyyaml",
    "typing-extensions",
    "typing-inspection",
)

# pydantic-core has a wheel for Pyodide. MarkupSafe and PyYAML have none: theirs for Linux hold the same Python code, and
# work without their compiled part.
PLATFORMS = (
    "pyemscripten_2026_0_wasm32",
    "manylinux2014_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux_2_28_x86_64",
    "any",
)

# What a page never imports.
LEFT_OUT = re.compile(
    r".*\.(pyi|typed|c|pyx)|[^/]+\.data/.*|.*\.dist-info/(?!METADATA$|licenses/|LICEN[CS]E).*"
    r"|pydantic/v1/.*|pydantic/mypy\.py|plumbum/(cli|fs)/.*|copier/_?cli\.py"
)


def locked(lock: str) -> str:
    """Return the entries of a lock, with their hashes, for the wanted packages.

    Raises:
        ComposerError: If the lock has no entry for one of them.
    """
    entries = {
        match[1]: match[0]
        for match in re.finditer(r"^([a-z0-9-]+)==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    }
    if missing := sorted(set(WANTED) - set(entries)):
        raise ComposerError(
            f"requirements_lock.txt has no {', '.join(missing)}: composer/packages.py says what the page needs"
        )
    return "".join(entries[name] for name in WANTED)


def collect(lock: Path, folder: Path) -> Path:
    """Download the wanted wheels, verify their hashes, and return the folder with what the page needs of them.

    Raises:
        ComposerError: If a wheel cannot be had.
    """
    requirements = folder / "requirements.txt"
    requirements.write_text(locked(lock.read_text()))
    wheels, packages = folder / "wheels", folder / "packages"
    target = ["--python-version=3.14", "--implementation=cp", "--abi=cp314"]
    run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
        *("--disable-pip-version-check", "--require-hashes", "--only-binary=:all:"),
        *(*target, *(f"--platform={name}" for name in PLATFORMS)),
        *("--dest", wheels, "--requirement", requirements),
        doing="downloading Copier's packages with pip",
    )
    for wheel in sorted(wheels.iterdir()):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                foreign = name.endswith(".so") and "emscripten" not in name
                if not foreign and not LEFT_OUT.fullmatch(name):
                    archive.extract(name, packages)
    return packages


def add_own(packages: Path) -> None:
    """Add the stand-ins, and the page's own Python, to the packages."""
    here = Path(__file__).parent
    ignored = shutil.ignore_patterns("__pycache__", "standins", "*.mjs")
    shutil.copy(here / "__init__.py", _made(packages / "composer"))
    shutil.copytree(here / "browser", packages / "composer/browser", ignore=ignored)
    standins = here / "browser/standins"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(standins, packages, ignore=ignored, dirs_exist_ok=True)


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder
