"""Adoption: what each source of metadata answers, read without running any of it."""

import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, git, run
from support.adoption import ASKED, BSD, BSD_2, MIT, PACKAGE, PEP_621, adopt
from support.files import write

from plinth.infer import address, reads_like
from plinth.metadata import poetry_range

SETUP_CFG = """
[metadata]
name = sound-tools
version = attr: sound.__version__
description = Reads sound.
author = Ada Lovelace
author-email = ada@example.org
license = MIT License
url = https://github.com/ada/sound
project_urls =
    Tracker = https://example.org/issues
[options]
python_requires = >=3.8
packages = find:
install_requires =
    attrs; python_version > "3"
    numpy>=2,<3
"""
SETUP_PY = """
import os, re
from setuptools import find_packages, setup
NAME = "sound-tools"
ABOUT = "Reads " + "sound."
VERSION = re.search("[0-9.]+", "version 1.2")[0]
if os.name == "nt":
    FLOOR = ">=3.9"
else:
    FLOOR = ">=3.12"
COMMON = dict(author="Ada Lovelace", author_email="ada@example.org")
os.remove(os.path.join(os.path.dirname(os.path.abspath(__file__)), "precious.txt"))
setup(name=NAME, description=ABOUT, version=VERSION, python_requires=FLOOR, packages=find_packages("src"),
      license="MIT", project_urls={"Source": "https://example.org/ada/sound"}, install_requires=["numpy"], **COMMON)
"""
POETRY = """
[tool.poetry]
name = "sound-tools"
description = "Reads sound."
license = "MIT"
authors = ["Ada Lovelace <ada@example.org>"]
repository = "https://example.org/ada/sound"
packages = [{include = "sound", from = "src"}]
[tool.poetry.dependencies]
python = "^3.12"
numpy = "*"
"""
FLIT = """
[build-system]
build-backend = "flit.buildapi"
[tool.flit.metadata]
module = "sound"
dist-name = "sound-tools"
author = "Ada Lovelace"
author-email = "ada@example.org"
home-page = "https://github.com/ada/sound"
requires-python = ">=3.12"
classifiers = ["License :: OSI Approved :: MIT License"]
"""
ADA = {"user_name": "Ada Lovelace", "user_email": "ada@example.org"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"pyproject.toml": PEP_621},
            {
                "project_name": "Sound.Tools",
                "distribution_name": "Sound.Tools",
                "description": "Reads “sound”: a, b # c\\d.",
                "license": "Apache-2.0",
                "repository": "https://example.org/ada/sound",
                "python_min": "3.12",
                "user_name": "Adā Lovelace, Jr.",
            },
            id="pep621",
        ),
        pytest.param(
            {"setup.cfg": SETUP_CFG},
            {
                "distribution_name": "sound-tools",
                "description": "Reads sound.",
                "license": "MIT",
                "repository": "https://github.com/ada/sound",
                "python_min": "3.11",
                **ADA,
            },
            id="setup.cfg",
        ),
        pytest.param(
            {"setup.py": SETUP_PY, "precious.txt": ""},
            {
                "distribution_name": "sound-tools",
                "description": "Reads sound.",
                "license": "MIT",
                "repository": "https://example.org/ada/sound",
                **ADA,
            },
            id="setup.py",
        ),
        pytest.param(
            {"pyproject.toml": POETRY},
            {
                "distribution_name": "sound-tools",
                "repository": "https://example.org/ada/sound",
                "python_min": "3.12",
                **ADA,
            },
            id="poetry",
        ),
        pytest.param(
            {"pyproject.toml": FLIT},
            {
                "distribution_name": "sound-tools",
                "description": "Read and write sound.",
                "license": "MIT",
                "repository": "https://github.com/ada/sound",
                "python_min": "3.12",
                **ADA,
            },
            id="flit",
        ),
        pytest.param(
            {
                "pyproject.toml": "[project]\nname = 'sound-tools'\ndynamic = ['description']",
                "setup.py": "from setuptools import setup\nsetup(name='x', description='Reads sound.')",
            },
            {"distribution_name": "sound-tools", "description": "Reads sound."},
            id="the-best-first",
        ),
    ],
)
def test_a_source(
    tmp_path: Path, files: dict[str, str], expected: dict[str, str]
) -> None:
    """What each says is the answer; and nothing in the repository is run, made or changed."""
    answers, said = adopt(tmp_path, PACKAGE | files)
    assert answers == answers | expected
    assert (answers["package_name"], answers["starter"]) == ("sound", "library")
    assert answers["modules"] == ""
    assert said.keys() - {"note"} == ASKED
    for name in ASKED - answers.keys():
        assert said[name].startswith("not inferred: ")
        assert said[name].endswith(f" holds unless you answer {name}")
    found = {
        p.relative_to(tmp_path / "sound").as_posix()
        for p in tmp_path.rglob("*")
        if p.is_file()
    }
    assert found == {*PACKAGE, *files}


def test_setup_py_is_not_run(tmp_path: Path) -> None:
    """It would delete a file; what it computes is left out, and said to be computed."""
    files = PACKAGE | {"setup.py": SETUP_PY, "precious.txt": "!"}
    repository = write(tmp_path / "sound", files)
    done = run(sys.executable, "-m", "plinth", "adopt", repository, cwd=ROOT)
    assert (repository / "precious.txt").read_text() == "!"
    assert yaml.safe_load(done.stdout)["distribution_name"] == "sound-tools"
    assert (
        "python_min: not inferred: setup.py computes it; the default '3.11' holds"
        in done.stderr
    )
    # Run, it does.
    run(sys.executable, "setup.py", "--name", cwd=repository)
    assert not (repository / "precious.txt").exists()


def test_a_package_without_metadata(tmp_path: Path) -> None:
    """Nothing is granted that nobody granted."""
    answers, said = adopt(
        tmp_path, {"sound/__init__.py": "", "requirements.txt": "# x\nnumpy\n-e .\n"}
    )
    assert answers == {
        "project_name": "sound",
        "package_name": "sound",
        "license": "proprietary",
        "starter": "library",
        "modules": "",
        "adopted": ["sound/__init__.py"],
    }
    assert "no licence is stated" in said["license"]
    assert "the flat layout (the template's own checks" in said["package_name"]
    assert (
        "1 requirements in requirements.txt: copy them to requirements_prod.txt"
        in said["note"]
    )


@pytest.mark.parametrize(
    ("wanted", "answer", "told"),
    [
        pytest.param(">=3.8", "3.11", "raises '>=3.8'", id="raised"),
        pytest.param(">=2.7,!=3.0.*,<4", "3.11", "raises", id="from-python-2"),
        pytest.param(">=3.13", "3.13", None, id="a-choice"),
        pytest.param(">=3.11.4", "3.12", "raises '>=3.11.4'", id="within-a-choice"),
        pytest.param(
            ">=3.11,<3.14", "3.11", "supports 3.14, 3.15, too", id="upper-bound"
        ),
        pytest.param("<3.9", None, "admits none of 3.11,", id="too-old"),
        pytest.param("three", None, "is not a range of versions", id="no-range"),
    ],
)
def test_the_python_floor(
    tmp_path: Path, wanted: str, answer: str | None, told: str | None
) -> None:
    metadata = f'[project]\nname = "sound-tools"\nrequires-python = "{wanted}"'
    answers, said = adopt(tmp_path, PACKAGE | {"pyproject.toml": metadata})
    assert answers.get("python_min") == answer
    assert (
        told in said["python_min"]
        if told
        else said["python_min"] == f"'{answer}', from pyproject.toml"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("^3.8", ">=3.8,<4"),
        ("~3.11", ">=3.11,<3.12"),
        ("~3", ">=3,<4"),
        ("^3.8.1, !=3.9.0", ">=3.8.1,<4,!=3.9.0"),
        ("3.11.*", "==3.11.*"),
        ("*", ""),
    ],
)
def test_ranges_of_poetry(text: str, expected: str) -> None:
    assert poetry_range(text) == expected


@pytest.mark.parametrize(
    "spdx", ["MIT", "Apache-2.0", "BSD-3-Clause", "MPL-2.0", "ISC", "Unlicense"]
)
def test_a_licence_text(tmp_path: Path, spdx: str) -> None:
    """The licence is known under any name of the file, with any holder, in any encoding."""
    text = (ROOT / f"includes/licenses/{spdx}.txt").read_text()
    repository = write(tmp_path / "sound", PACKAGE)
    text = text.replace("{{ copyright_year }}", "2001-2020").replace(
        "{{ holder }}", "Bj\xf6rn"
    )
    (repository / "LICENCE.rst").write_bytes(text.encode("latin-1"))
    answers, said = adopt(tmp_path, {})
    assert answers["license"] == spdx
    assert said["license"].endswith("from LICENCE.rst")


def test_licences_are_told_apart() -> None:
    known = [path.stem for path in (ROOT / "includes/licenses").glob("*.txt")]
    for one in known:
        text = (ROOT / f"includes/licenses/{one}.txt").read_bytes()
        texts = ROOT / "includes/licenses"
        assert [x for x in known if reads_like(text, x, texts)] == [one]


GPL = (ROOT / "includes/licenses/GPL-3.0-or-later.txt").read_text()


@pytest.mark.parametrize(
    ("files", "metadata", "answer", "told"),
    [
        pytest.param({}, 'license = "MIT OR Apache-2.0"', "other", "is none of", id="expression"),
        pytest.param({}, 'license = {text = "New BSD"}', "other", "is none of", id="free-text"),
        pytest.param({}, 'license = {text = "Apache License, Version 2.0"}', "Apache-2.0", "", id="name"),
        pytest.param({"LICENSE": BSD_2}, "", "other", "from LICENSE (it is none", id="two-clauses"),
        pytest.param({"LICENSE": f"{MIT}\nThe Software shall be used for Good, not Evil."}, "", "other", "is none of the choices", id="more"),
        pytest.param({"LICENSE-MIT": MIT, "LICENSE-BSD": BSD}, "", "other", "several", id="two"),
        pytest.param({"COPYING": GPL}, "", "other", "from COPYING (it is none", id="gpl-which"),
        pytest.param(
            {"COPYING": GPL},
            'classifiers = ["License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)"]',
            "GPL-3.0-or-later",
            "classifiers",
            id="gpl-or-later",
        ),
        pytest.param({"licenses.py": "", "LICENSES/MIT.txt": MIT}, "", "proprietary", "", id="no-licence-file"),
    ],
)  # fmt: skip
def test_a_licence_that_is_hard_to_tell(
    tmp_path: Path, files: dict[str, str], metadata: str, answer: str | None, told: str
) -> None:
    metadata = f'[project]\nname = "sound-tools"\n{metadata}'
    answers, said = adopt(tmp_path, PACKAGE | files | {"pyproject.toml": metadata})
    assert answers.get("license") == answer
    assert told in said["license"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("git@github.com:ada/sound.git", "https://github.com/ada/sound"),
        ("ssh://git@github.com/ada/sound", "https://github.com/ada/sound"),
        ("https://ada:secret@example.org/sound.git", "https://example.org/sound"),
        (
            "git@git.example.org:/ada/sound.git",
            "ssh://git@git.example.org/ada/sound.git",
        ),
        ("ssh://git:secret@example.org:22/sound", "ssh://git@example.org:22/sound"),
        ("git+https://example.org/sound", "https://example.org/sound"),
    ],
)
def test_an_address(url: str, expected: str) -> None:
    assert address(url) == expected


@pytest.mark.parametrize(
    ("remote", "answer"),
    [
        pytest.param(
            "git@github.com:ada/sound.git", "https://github.com/ada/sound", id="scp"
        ),
        pytest.param(
            "https://x:secret@example.org/sound",
            "https://example.org/sound",
            id="token",
        ),
        pytest.param("../sound", None, id="folder"),
        pytest.param("file:///srv/sound", None, id="file"),
        pytest.param("https://x:secret@[bad/sound", None, id="no-url"),
    ],
)
def test_the_remote(tmp_path: Path, remote: str, answer: str | None) -> None:
    """It is the repository where no URL of the project is; what it holds of secrets is not told."""
    repository = write(tmp_path / "sound", PACKAGE)
    git(repository, "init", "--quiet")
    git(repository, "remote", "add", "origin", remote)
    answers, said = adopt(tmp_path, {})
    assert answers.get("repository") == answer
    assert "secret" not in str(said)


def test_the_remote_of_a_linked_worktree(tmp_path: Path) -> None:
    repository = write(tmp_path / "main", PACKAGE)
    git(repository, "init", "--quiet")
    git(repository, "remote", "add", "origin", "https://example.org/ada/sound")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "Start")
    git(repository, "worktree", "add", "--quiet", tmp_path / "sound")
    assert adopt(tmp_path, {})[0]["repository"] == "https://example.org/ada/sound"
