"""Adoption: the answers that a repository which exists already gives, read without running any of it."""

import ensurepip
import hashlib
import io
import os
import re
import sys
import tarfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, git, run, template_outside_git

from plinth.command import main
from plinth.infer import address, reads_like
from plinth.metadata import poetry_range

ASKED = {
    name
    for name, question in yaml.safe_load((ROOT / "copier.yml").read_text()).items()
    if not name.startswith("_")
    and question.get("when") is not False
    and "help" in question
}
MIT = (ROOT / "includes/licenses/MIT.txt").read_text()
PACKAGE = {"src/sound/__init__.py": '"""Read and write sound."""\n'}


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files below a folder, which is made, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def plinth(*arguments: str | Path, status: int = 0) -> tuple[str, str]:
    """Run the command and return what it wrote to stdout and to stderr."""
    printed, told = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(told):
        found = main([str(argument) for argument in arguments])
    assert found == status, told.getvalue()
    printed.seek(0)
    return printed.read(), told.getvalue()


def adopt(
    tmp_path: Path, files: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the answers of a repository called `sound`, and what is said of each question."""
    printed, told = plinth("adopt", write(tmp_path / "sound", files))
    said = [line.partition(": ") for line in told.splitlines()]
    notes = "; ".join(text for name, _, text in said if name[:4] in ("note", "left"))
    lines = {name: text for name, _, text in said if name[:4] != "left"}
    return yaml.safe_load(printed), lines | {"note": notes}


def refused(tmp_path: Path, files: dict[str, str]) -> str:
    """Return the one line that says why a repository called `sound` is not adopted."""
    printed, told = plinth("adopt", write(tmp_path / "sound", files), status=2)
    assert printed == ""
    assert told.startswith("plinth: ")
    assert told.count("\n") == 1
    return told


# ---- Sources ----

PEP_621 = """
[project]
name = "Sound.Tools"
description = "Reads “sound”: a, b # c\\\\d."
license = "apache-2.0"
requires-python = ">=3.12,<3.15"
authors = [{name = "Adā Lovelace, Jr."}, {name = "B", email = "b@example.org"}]
dynamic = ["version"]
dependencies = ["attrs", "numpy>=2"]
[project.urls]
Homepage = "https://example.org"
"Source Code" = "https://example.org/ada/sound.git/"
"""
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
        pytest.param("three", None, "is no range of versions", id="no-range"),
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
    """Whatever the file is called, and whoever holds the copyright in whatever encoding."""
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
BSD = (ROOT / "includes/licenses/BSD-3-Clause.txt").read_text()
BSD_2 = BSD[: BSD.index("3. ")] + BSD[BSD.index("THIS SOFTWARE") :]


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


def test_files_on_both_sides(tmp_path: Path) -> None:
    """The repository's are named, so that the template's do not come; so is a licence of another name."""
    files = [
        "LICENSE.md",
        "README.md",
        ".standard/ruff.toml",
        "bootstrap/x",
        "tests/test_version.py",
        "README.rst",
    ]
    answers, said = adopt(
        tmp_path,
        PACKAGE | dict.fromkeys(files, "") | {"setup.py": "setup(name='sound-tools')"},
    )
    kept = [".standard/ruff.toml", "LICENSE", "README.md", "bootstrap", "setup.py"]
    assert answers["adopted"] == kept
    assert f"kept, and not the template's: {', '.join(kept)}" in said["note"]
    answers, said = adopt(tmp_path, {"pyproject.toml": ""})
    assert answers["adopted"] == [
        ".standard/ruff.toml",
        "LICENSE",
        "README.md",
        "bootstrap",
        "pyproject.toml",
    ]


@pytest.mark.parametrize(
    ("file", "kept"),
    [
        ("README.rst", ["README.md", "README.rst"]),
        ("readme.txt", ["README.md", "readme.txt"]),
        ("CHANGES.rst", ["CHANGELOG.md"]),
        ("HISTORY.md", ["CHANGELOG.md"]),
        ("docs/changelog.md", ["CHANGELOG.md"]),
        ("LICENSE.txt", ["LICENSE"]),
        ("COPYING", ["LICENSE"]),
        ("docs/security.rst", [".github/SECURITY.md"]),
    ],
)
def test_a_file_under_another_name_needs_no_second(
    tmp_path: Path, file: str, kept: list[str]
) -> None:
    assert adopt(tmp_path, PACKAGE | {file: ""})[0]["adopted"] == kept


@pytest.mark.parametrize(
    "name", ["renovate.json5", ".renovaterc", ".gitlab/renovate.json"]
)
def test_one_configuration_of_renovate_is_enough(tmp_path: Path, name: str) -> None:
    """It reads the first that it finds: a second one would be dead, or replace the repository's own."""
    answers, _ = adopt(tmp_path, PACKAGE | {name: "{}"})
    assert answers["adopted"] == [".github/renovate.json", ".gitlab/renovate.json"]


# ---- Layouts ----


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param({}, "is no Python project: it has no package in src/", id="empty"),
        pytest.param({"package.json": "{}", "lib/x.js": ""}, "is no Python project", id="other-language"),
        pytest.param({"a/__init__.py": "", "b/__init__.py": ""}, "several packages or modules in one: 'a', 'b'", id="flat"),
        pytest.param({"src/a/__init__.py": "", "src/b/__init__.py": ""}, "several packages", id="src"),
        pytest.param(
            PACKAGE | {"pyproject.toml": '[tool.setuptools]\npackages = ["sound"]\npy-modules = ["wave2"]'},
            "several packages or modules in one: 'sound', 'wave2'",
            id="package-and-module",
        ),
        pytest.param({"src/sound.py": ""}, "src/sound.py': make it a package first", id="module"),
        pytest.param({"setup.py": "", "sound.py": ""}, "sound/sound.py': make it a package first", id="flat-module"),
        pytest.param({"src/space/sound/__init__.py": ""}, "namespace package", id="namespace"),
        pytest.param({"sound/tools/__init__.py": ""}, "namespace package", id="flat-namespace"),
        pytest.param(
            {"src/space/__init__.py": "__path__ = __import__('pkgutil').extend_path(__path__, __name__)"},
            "namespace package",
            id="pkgutil-namespace",
        ),
        pytest.param(
            {"pyproject.toml": '[tool.setuptools]\npackages = ["sound"]', "code/sound/__init__.py": ""},
            "no package 'sound' in src/",
            id="elsewhere",
        ),
        pytest.param(PACKAGE | {".copier-answers.yml": ""}, "comes from a template: update it", id="twice"),
        pytest.param({"src/Sound/__init__.py": ""}, 'package_name: use only a-z, 0-9 and "_": "Sound"', id="capital"),
        pytest.param({"src/pluggy/__init__.py": ""}, "in the lock, use another name", id="locked"),
        pytest.param(
            PACKAGE | {"pyproject.toml": '[project]\nname = "so und"'},
            'distribution_name: use A-Z, a-z, 0-9, ., - and _: "so und"',
            id="distribution",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_adopted(
    tmp_path: Path, files: dict[str, str], told: str
) -> None:
    assert told in refused(tmp_path, files)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"sound/__init__.py": "", "tests/__init__.py": "", "docs/conf.py": "", "setup.py": ""}, id="flat"),
        pytest.param(PACKAGE | {"src/sound.egg-info/x.py": "", "other/__init__.py": ""}, id="src"),
        pytest.param(
            {
                "sound/__init__.py": "",
                "samples/__init__.py": "",
                "pyproject.toml": '[build-system]\nbuild-backend = "hatchling.build"\n[project]\nname = "Sound"',
            },
            id="hatch-takes-the-name",
        ),
        pytest.param(
            {"sound/__init__.py": "", "samples/__init__.py": "", "setup.cfg": "[options]\npackages = sound, sound.x"},
            id="listed",
        ),
    ],
)  # fmt: skip
def test_which_package_it_is(tmp_path: Path, files: dict[str, str]) -> None:
    assert adopt(tmp_path, files)[0]["package_name"] == "sound"


@pytest.mark.parametrize(
    ("files", "home"),
    [
        pytest.param({"setup.cfg": "[options.packages.find]\nwhere = code"}, "code", id="setup.cfg-where"),
        pytest.param({"setup.cfg": "[options]\npackage_dir =\n    = code"}, "code", id="setup.cfg-package_dir"),
        pytest.param({"setup.py": "setup(package_dir={'': 'code'})"}, "code", id="setup.py-package_dir"),
        pytest.param({"setup.py": "setup(packages=find_packages('code'))"}, "code", id="setup.py-find"),
        pytest.param({"setup.py": "setup(package_dir={'sound': 'code/sound'})"}, "code", id="one-package"),
        pytest.param({"pyproject.toml": '[tool.setuptools.packages.find]\nwhere = ["code"]'}, "code", id="setuptools"),
        pytest.param({"pyproject.toml": '[tool.setuptools]\npackage-dir = {"" = "code"}'}, "code", id="setuptools-dir"),
        pytest.param({"pyproject.toml": '[tool.maturin]\npython-source = "code"'}, "code", id="maturin"),
        pytest.param({"pyproject.toml": '[tool.hatch.build.targets.wheel]\npackages = ["code/sound"]'}, "code", id="hatch"),
        pytest.param({"pyproject.toml": '[tool.pdm.build]\npackage-dir = "code"'}, "code", id="pdm"),
        pytest.param({"pyproject.toml": '[tool.uv.build-backend]\nmodule-root = "code"'}, "code", id="uv"),
        pytest.param({"pyproject.toml": '[[tool.poetry.packages]]\ninclude = "sound"\nfrom = "code"'}, "code", id="poetry"),
        pytest.param({"src/lib.rs": ""}, "python", id="python-by-habit"),
        pytest.param({"docs/conf.py": ""}, "lib", id="lib-by-habit"),
    ],
)  # fmt: skip
def test_where_the_package_is(tmp_path: Path, files: dict[str, str], home: str) -> None:
    answers, said = adopt(tmp_path, files | {f"{home}/sound/__init__.py": ""})
    assert answers["package_name"] == "sound"
    assert f"{home}/sound/__init__.py" in answers["adopted"]
    assert f"from the {home} layout" in said["package_name"]


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": "setup(package_dir={'sound': '.'}, packages=['sound'])"},
        {"setup.cfg": "[options]\npackage_dir =\n    sound = ./"},
        {"tools/__init__.py": "", "filters/__init__.py": ""},
    ],
    ids=["setup.py", "setup.cfg", "no-metadata"],
)
def test_a_root_that_is_the_package_is_refused(
    tmp_path: Path, files: dict[str, str]
) -> None:
    assert "its root is " in refused(tmp_path, {"__init__.py": ""} | files)


def test_the_remote_of_a_linked_worktree(tmp_path: Path) -> None:
    repository = write(tmp_path / "main", PACKAGE)
    git(repository, "init", "--quiet")
    git(repository, "remote", "add", "origin", "https://example.org/ada/sound")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "Start")
    git(repository, "worktree", "add", "--quiet", tmp_path / "sound")
    assert adopt(tmp_path, {})[0]["repository"] == "https://example.org/ada/sound"


def test_what_is_left_comes_in_the_order_of_its_danger(tmp_path: Path) -> None:
    files = {
        "setup.py": "import numpy\nimport sound\nsetup(install_requires=['attrs'])",
        "sound/__init__.py": "",
    }
    _, told = plinth("adopt", write(tmp_path / "sound", files))
    left = [line for line in told.splitlines() if line.startswith("left, ")]
    assert "1 requirements in setup.py" in left[0]
    assert "setup.py imports numpy: write what provides that" in left[1]
    files = {
        "pyproject.toml": '[build-system]\nrequires = ["hatchling>=1", "hatch_vcs"]\n[project]\nname = "sound"\ndependencies = ["attrs"]',
        "sound/__init__.py": "",
    }
    printed, _ = plinth("adopt", "--json", write(tmp_path / "other/sound", files))
    report = yaml.safe_load(printed)
    assert "1 requirements in pyproject.toml" in report["left"][0]
    assert report["lines"]["requirements_dev.txt"] == [
        "hatchling>=1",
        "editables",
        "hatch_vcs",
    ]


# ---- Adding the files ----


def test_apply_adds_only_new_files(tmp_path: Path) -> None:
    """The answers file comes last; a link out of the repository is not written through, and then nothing is added."""
    repository = write(tmp_path / "sound", PACKAGE | {"README.rst": "Mine\n"})
    before = hashes(repository)
    template = template_outside_git()
    command = ("adopt", "--apply", "--template", template, "--data", "ci=none")
    printed, told = plinth(*command, repository)
    assert printed == ""
    after = hashes(repository)
    assert before.items() <= after.items()
    assert ".copier-answers.yml" in after.keys() - before.keys()
    assert not {"README.md", ".github/dependabot.yml"} & after.keys()
    assert f"{len(after) - len(before)} files were added, and none was changed" in told
    taken = yaml.safe_load((repository / ".copier-answers.yml").read_text())
    assert (taken["package_name"], taken["ci"]) == ("sound", "none")

    other = write(tmp_path / "other/sound", PACKAGE)
    (tmp_path / "outside").mkdir()
    (other / ".standard").symlink_to(tmp_path / "outside")
    before = hashes(other)
    _, told = plinth(*command, other, status=2)
    assert "its folder is a link out of the repository" in told
    assert hashes(other) == before
    assert not list((tmp_path / "outside").iterdir())


@pytest.mark.parametrize(
    ("pair", "told"),
    [("ci", "write NAME=VALUE"), ("colour=red", "answers no question"), ("package_name=1x", "package_name: ")],
)  # fmt: skip
def test_an_answer_of_the_command_line_that_is_wrong(
    tmp_path: Path, pair: str, told: str
) -> None:
    repository = write(tmp_path / "sound", PACKAGE)
    assert told in plinth("adopt", "--data", pair, repository, status=2)[1]


def test_a_template_that_is_another_is_refused(tmp_path: Path) -> None:
    repository = write(tmp_path / "sound", PACKAGE)
    other = write(tmp_path / "other", {"copier.yml": "name: {type: str}\n"})
    line = plinth("adopt", "--template", other, repository, status=2)[1]
    assert "is not Plinth and not a template that includes Plinth" in line


# ---- Faults ----


def test_no_such_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("none", "file"):
        told = plinth("adopt", tmp_path / name, status=2)[1]
        assert told == f"plinth: there is no folder '{tmp_path / name}'\n"


NEEDED = ["pyproject.toml", "setup.cfg", "setup.py"]


@pytest.mark.parametrize("name", [*NEEDED, "LICENSE", "requirements.txt"])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("huge", id="huge"),
        pytest.param("binary", id="binary"),
        pytest.param("loop", id="loop"),
        pytest.param("folder", id="folder"),
        pytest.param("pipe", id="pipe"),
        pytest.param("unreadable", id="unreadable"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, fault: str) -> None:
    """Where an answer needs the file, the repository is refused. Elsewhere a note says so, and a licence stays."""
    path = write(tmp_path / "sound", PACKAGE) / name
    match fault:
        case "huge":
            path.write_text("#" * 1_000_001)
        case "binary":
            path.write_bytes(b"\x89PNG\r\n\0\0")
        case "loop":
            path.symlink_to(name)
        case "folder" if name == "LICENSE":
            pytest.skip("a folder of licences is none to read")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "unreadable":
            path.touch(mode=0)
            if os.access(path, os.R_OK):
                pytest.skip("root reads everything")
    line = f"cannot read '{path}': "
    if name in NEEDED:
        assert line in refused(tmp_path, {})
        return
    answers, said = adopt(tmp_path, {})
    assert line in said["note"]
    assert answers["license"] == ("other" if name == "LICENSE" else "proprietary")


def test_a_file_of_another_encoding_is_a_note(tmp_path: Path) -> None:
    repository = write(tmp_path / "sound", PACKAGE)
    (repository / "requirements.txt").write_text("attrs\n", encoding="utf-16")
    _, said = adopt(tmp_path, {})
    assert "requirements.txt': it is binary: no requirement in it" in said["note"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        pytest.param("pyproject.toml", "[project\n", "it is no valid TOML: Expected ']'", id="toml"),
        pytest.param("pyproject.toml", f"x = {'[' * 9999}", "it is no valid TOML", id="toml-nested"),
        pytest.param("setup.cfg", "name = x\n", "File contains no section headers", id="cfg"),
        pytest.param("setup.py", "print 'x'\n", "it is no Python 3: Missing parentheses", id="py"),
        pytest.param("setup.py", f"x = {'(' * 9999}", "it is no Python 3", id="py-nested"),
        pytest.param("setup.py", f"x = {'-' * 99999}1", "it is no Python 3", id="py-deep"),
        pytest.param("setup.py", f"x = {'1+' * 9999}1", "it is no Python 3", id="py-long"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong(tmp_path: Path, name: str, text: str, told: str) -> None:
    line = refused(tmp_path, PACKAGE | {name: text})
    assert f"sound/{name}': {told}" in line


def test_a_loop_of_folders(tmp_path: Path) -> None:
    (write(tmp_path / "sound", {}) / "src").symlink_to("src")
    assert "src': Too many levels of symbolic links" in refused(tmp_path, {})
    (tmp_path / "sound/src").unlink()
    write(tmp_path / "sound", PACKAGE)
    (tmp_path / "sound/src/sound/again").symlink_to("..")  # not walked into
    assert adopt(tmp_path, {})[0]["package_name"] == "sound"


@pytest.mark.parametrize(
    "text",
    [
        "[project]\nname = 5\nauthors = 'x'\nurls = []\nlicense = 3\nclassifiers = {}\nrequires-python = []",
        "[project]\nauthors = [1, {}, {name = 2}]\ndependencies = 'x'\n[tool]\nhatch = 1\npoetry = {packages = 1}",
        "project = 1\ntool = 2\n[build-system]\nbuild-backend = []",
        "[tool.poetry]\nauthors = [[]]\ndependencies = {python = [{version = '^3'}]}\npackages = ['x']\nurls = 1",
    ],
)
def test_values_of_wrong_types_are_none(tmp_path: Path, text: str) -> None:
    answers, _ = adopt(tmp_path, PACKAGE | {"pyproject.toml": text})
    assert answers["package_name"] == "sound"


def test_setup_py_that_grows(tmp_path: Path) -> None:
    """Doubling a text fifty times is refused, not done."""
    doubled = "\n".join(f"x{i + 1} = x{i} + x{i}" for i in range(50))
    code = f"x0 = 'text'\n{doubled}\nsetup(name='sound-tools', description=x50)"
    answers, _ = adopt(tmp_path, PACKAGE | {"setup.py": code})
    assert answers["distribution_name"] == "sound-tools"
    assert answers["description"] == "Read and write sound."


# ---- The file ----


def test_the_file_is_written_whole(tmp_path: Path) -> None:
    """To a new file, over another with --force alone, and never a part."""
    repository, output = write(tmp_path / "sound", PACKAGE), tmp_path / "answers.yml"
    told = plinth("adopt", repository, "--output", output)
    assert told[0] == ""
    assert yaml.safe_load(output.read_text())["modules"] == ""
    assert "\n# Its own are there" in output.read_text()
    output.write_text("mine")
    refusal = plinth("adopt", repository, "--output", output, status=2)[1]
    assert refusal == f"plinth: '{output}' exists: choose another file or add --force\n"
    plinth("adopt", tmp_path / "none", "--output", output, "--force", status=2)
    assert output.read_text() == "mine"
    plinth("adopt", repository, "--output", output, "--force")
    assert output.read_text() == plinth("adopt", repository)[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.yml", "sound"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("none/answers.yml", "No such file or directory", id="no-folder"),
        pytest.param("sound", "Is a directory", id="folder"),
        pytest.param(
            "sound/src/sound/__init__.py/x", "Not a directory", id="below-a-file"
        ),
    ],
)
def test_an_output_that_cannot_be(tmp_path: Path, name: str, told: str) -> None:
    repository, output = write(tmp_path / "sound", PACKAGE), tmp_path / name
    said = plinth("adopt", repository, "--output", output, "--force", status=2)[1]
    assert said == f"plinth: cannot write '{output}': {told}\n"


HOSTILE = r"""
[project]
name = "Sound"
description = "{{ 1/0 }} 'x' \"y\" #: \\ \U0001F40D %(x)s"
authors = [{name = "\u001b[31mred\u0007", email = "no address"}]
requires-python = ">=3.12"
[project.urls]
Repository = "javascript:alert(1)"
"""


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"pyproject.toml": PEP_621, "LICENSE": MIT}, id="ordinary"),
        pytest.param({"pyproject.toml": HOSTILE}, id="hostile"),
        pytest.param({}, id="nothing"),
    ],
)
def test_copier_takes_the_answers(tmp_path: Path, files: dict[str, str]) -> None:
    """As they are; and where there is none, the default that was told holds."""
    answers, said = adopt(tmp_path, PACKAGE | files)
    assert all(text.isprintable() for text in said.values())
    data = write(tmp_path, {"answers.yml": plinth("adopt", tmp_path / "sound")[0]})
    copy(data / "answers.yml", tmp_path / "copy" / "sound")
    taken = yaml.safe_load((tmp_path / "copy/sound/.copier-answers.yml").read_text())
    assert answers.items() <= taken.items()
    for name in ASKED - answers.keys() - {"project_name"}:
        assert f"the default {str(taken[name])!r} holds" in said[name]


def copy(data: Path, folder: Path) -> None:
    """Copy the template over what is there, keeping each file that is."""
    options = ["--defaults", "--quiet", f"--data-file={data}"]
    copier = [sys.executable, "-m", "copier", "copy", *options]
    run(*copier, template_outside_git(), folder, cwd=data.parent)


# ---- Packages that no one here wrote ----

# Stands in for a build backend: pip asks it for the metadata of what it downloads, and gets those that are in the
# archive. So nothing of the package runs, which has pip's hash of the archive as its only proof.
BACKEND = """
import email, pathlib, shutil, sys
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    name = email.message_from_string(pathlib.Path("PKG-INFO").read_text("utf-8"))
    info = pathlib.Path(folder, f"{name['Name'].replace('-', '_')}-{name['Version']}.dist-info")
    info.mkdir()
    shutil.copy("PKG-INFO", info / "METADATA")
    return info.name
__legacy__ = sys.modules[__name__]
"""
BACKENDS = (
    "setuptools.build_meta",
    "flit_core.buildapi",
    "hatchling.build",
    "poetry.core.masonry.api",
)


def unpack(requirement: str, folder: Path) -> Path:
    """Download a pinned source distribution with pip and commit what is in it; skip the test without an index."""
    stubs, archives = folder / "stubs", folder / "archives"
    for backend in BACKENDS:
        *packages, module = backend.split(".")
        for depth in range(len(packages)):
            write(
                folder, {"/".join(["stubs", *packages[: depth + 1], "__init__.py"]): ""}
            )
        write(stubs.joinpath(*packages), {f"{module}.py": BACKEND})
    write(folder, {"requirements.txt": requirement})
    bundled = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    options = [
        "--no-deps",
        "--no-binary=:all:",
        "--no-build-isolation",
        "--use-pep517",
        "--require-hashes",
    ]
    done = run(
        sys.executable, "-P", bundled / "pip", "download", *options, "--retries", "1",
        "--requirement", folder / "requirements.txt", "--dest", archives,
        cwd=folder,
        env={"PYTHONPATH": str(stubs), "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        check=False,
    )  # fmt: skip
    if "(from versions: none)" in done.stderr:
        pytest.skip(
            f"no package index has {requirement.split()[0]}, or none is reached"
        )
    assert done.returncode == 0, done.stdout + done.stderr
    with tarfile.open(next(archives.iterdir())) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    repository = next((folder / "unpacked").iterdir())
    git(repository, "init", "--quiet")
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "--quiet", "--message", "Start")
    return repository


def hashes(folder: Path) -> dict[str, str]:
    """Return a hash for each file, git's own aside."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("requirement", "expected", "unknown", "own", "passed"),
    [
        pytest.param(
            "requests==2.32.3 --hash=sha256:55365417734eb18255590a9ff9eb97e9e1da868d4ccd6402399eaf68af20a760",
            "src/requests, Apache-2.0, https://github.com/psf/requests, Requests HTTP Library",
            {"distribution_name", "user_name", "user_email"},  # read from a module when setup.py runs
            ["tests/test_hooks.py", "tests/test_structures.py", "tests/test_utils.py"],  # the others want a server
            220,
            id="src-setup.py-computed",
        ),
        pytest.param(
            "python-dotenv==1.0.1 --hash=sha256:e324ee90a023d808f1959c46bcbc04446a10ced277783dc6ee09987c37ec10ca",
            "src/dotenv, BSD-3-Clause, https://github.com/theskumar/python-dotenv, "
            "Read key-value pairs from a .env file and set them as environment variables",
            set(),
            [],  # its conftest wants click
            0,
            id="src-setup.py",
        ),
        pytest.param(
            "cachetools==5.5.0 --hash=sha256:2cc24fb4cbe39633fb7badd9db9ca6295d766d9c2995f245725a46715d050f2a",
            "src/cachetools, MIT, https://github.com/tkem/cachetools, Extensible memoizing collections and decorators",
            set(),
            ["tests"],
            215,
            id="src-setup.cfg",
        ),
        pytest.param(
            "click==8.1.8 --hash=sha256:ed53c9d8990d83c2a27deae68e4ee337473f6330c040a31d4225c9574d16096a",
            "src/click, BSD-3-Clause, https://github.com/pallets/click, Composable command line interface toolkit",
            set(),
            ["tests/test_context.py", "tests/test_options.py", "tests/test_testing.py"],  # test_basic is too old for pytest 9
            150,
            id="src-pep621-flit",
        ),
        pytest.param(
            "humanize==4.11.0 --hash=sha256:e66f36020a2d5a974c504bd2555cf770621dbdbb6d82f94a6857c0b1ea2608be",
            "src/humanize, MIT, https://github.com/python-humanize/humanize, Python humanize utilities",
            set(),
            ["tests/test_filesize.py", "tests/test_lists.py", "tests/test_number.py"],  # the others want freezegun
            281,
            id="src-pep621-hatchling",
        ),
        pytest.param(
            "zipp==3.21.0 --hash=sha256:2c9958f6430a2040341a52eb608ed6dd93ef4392e02ffe219417c1b28b5dd1f4",
            "zipp, MIT, https://github.com/jaraco/zipp, Backport of pathlib-compatible object wrapper for zip files",
            set(),
            [],  # they want jaraco's libraries
            0,
            id="flat-pep621-setuptools",
        ),
        pytest.param(
            "idna==3.10 --hash=sha256:12f65c9b470abda6dc35cf8e63cc574b1c52b11df2c86030af0ac09b01b13ea9",
            "idna, BSD-3-Clause, https://github.com/kjd/idna, Internationalized Domain Names in Applications (IDNA)",
            set(),
            ["tests"],
            32,
            id="flat-pep621-flit",
        ),
        pytest.param(
            "sqlparse==0.5.3 --hash=sha256:09f67787f56a0b16ecdbde1bfc7f5d9c3371ca683cfeaa8e6ff60b4807ec9272",
            "sqlparse, BSD-3-Clause, https://github.com/andialbrecht/sqlparse, A non-validating SQL parser.",
            set(),
            ["tests"],
            461,
            id="flat-pep621-hatchling",
        ),
        pytest.param(
            "tomlkit==0.13.2 --hash=sha256:fff5fe59a87295b278abd31bec92c15d9bc4a06885ab12bcea52c71119392e79",
            "tomlkit, MIT, https://github.com/sdispater/tomlkit, Style preserving TOML library",
            set(),
            ["tests"],
            859,
            id="flat-poetry",
        ),
        pytest.param(
            "h11==0.14.0 --hash=sha256:8f19fbbe99e72420ff35c00b27a34cb9937e902a8b810e2c88300c6f0a3b699d",
            "h11, MIT, https://github.com/python-hyper/h11, "
            "A pure-Python, bring-your-own-I/O implementation of HTTP/1.1",
            set(),
            ["h11/tests"],
            78,
            id="flat-setup.py",
        ),
    ],
)  # fmt: skip
def test_a_package_from_the_index(
    tmp_path: Path,
    requirement: str,
    expected: str,
    unknown: set[str],
    own: list[str],
    passed: int,
) -> None:
    """It is adopted, not a byte of it changes, and it imports and passes its own tests as before.

    These run in the environment of the tests here, so only those that need nothing else.
    """
    repository = unpack(requirement, tmp_path)
    before = hashes(repository)
    output = tmp_path / "answers.yml"
    _, told = plinth("adopt", repository, "--output", output)
    assert hashes(repository) == before
    answers = yaml.safe_load(output.read_text())
    home, licence, url, description = expected.split(", ", 3)
    package = Path(home).name
    assert answers["package_name"] == package
    assert (answers["license"], answers["repository"]) == (licence, url)
    assert answers["description"] == description
    assert answers["python_min"] == "3.11"
    free = {"ci", "docs", "exports"}  # nothing in a repository decides them
    assert ASKED - free - answers.keys() == unknown
    assert ("flat layout" in told) == ("/" not in home)

    listed = git(repository, "ls-files", "-z", *own).split("\0") if own else []
    tests = [path for path in listed if re.search(r"(^|/)test_\w+\.py$", path)]
    copy(output, repository)
    after = hashes(repository)
    assert before.items() <= after.items()
    assert {
        ".copier-answers.yml",
        "bootstrap",
        "requirements_lock.txt",
    } <= after.keys() - before.keys()
    assert not [
        name
        for name in after.keys() - before.keys()
        if name.startswith((home, "src/", "tests/"))
    ]
    taken = yaml.safe_load((repository / ".copier-answers.yml").read_text())
    assert answers.items() <= taken.items()

    environment = {
        "PYTHONPATH": str((repository / home).parent),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    code = f"import {package}; print({package}.__file__)"
    imported = run(sys.executable, "-P", "-c", code, cwd=tmp_path, env=environment)
    assert Path(imported.stdout.strip()) == repository / home / "__init__.py"
    if tests:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        options = ["-p", "no:cacheprovider", "--color=no", *tests]
        pytest_ = [sys.executable, "-P", "-m", "pytest", *options]
        done = run(*pytest_, cwd=repository, env=environment)
        summary = done.stdout.splitlines()[-1]
        assert int(summary.partition(" passed")[0].split()[-1]) >= passed, summary
        assert hashes(repository) == after


@pytest.mark.slow
@pytest.mark.parametrize(
    ("requirement", "told"),
    [
        pytest.param(
            "six==1.17.0 --hash=sha256:ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81",
            "six.py': make it a package first",
            id="module",
        ),
        pytest.param(
            "attrs==24.3.0 --hash=sha256:8f5c07333d543103541ba7be0e2ce16eeee8130cb0b3f9238ab904ce1e85baff",
            "several packages or modules in one: 'attr', 'attrs'",
            id="two-packages",
        ),
        pytest.param(
            "toolz==1.0.0 --hash=sha256:2c86e3d9a04798ac556793bced838816296a2f085017664e4995cb40a1047a02",
            "several packages or modules in one: 'tlz', 'toolz'",
            id="two-packages-setup.py",
        ),
        pytest.param(
            "pluggy==1.5.0 --hash=sha256:2cffa88e94fdc978c4c574f15f9e59b7f4201d439195c3715ca9e2486f1d0cf1",
            "in the lock, use another name",
            id="locked",
        ),
    ],
)  # fmt: skip
def test_a_package_from_the_index_that_cannot_be_adopted(
    tmp_path: Path, requirement: str, told: str
) -> None:
    assert told in plinth("adopt", unpack(requirement, tmp_path), status=2)[1]
