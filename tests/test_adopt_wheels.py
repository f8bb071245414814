"""Adoption does not change what `pip install .` installs: the wheels before and after are equal, for each usual shape."""

import json
import os
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, commit, git, run, template_outside_git
from support.files import contents

pytestmark = pytest.mark.slow

BACKENDS = [
    *("build", "setuptools", "wheel", "hatchling", "editables", "flit-core<4"),
    *("poetry-core", "pdm-backend", "maturin", "uv-build", "scikit-build-core"),
]
INIT = '"""Read and write sound."""\n\n__version__ = "1.2.3"\n'
FLAT = {"sound/__init__.py": INIT, "sound/wave.py": "RATE = 44100\n"}
SRC = {f"src/{path}": text for path, text in FLAT.items()}
LIB = {f"lib/{path}": text for path, text in FLAT.items()}
PYTHON = {f"python/{path}": text for path, text in FLAT.items()}
MIT = (ROOT / "includes/licenses/MIT.txt").read_text()
BSD = (ROOT / "includes/licenses/BSD-3-Clause.txt").read_text()
BSD = BSD[: BSD.index("3. ")] + BSD[BSD.index("THIS SOFTWARE") :]


def setup(keywords: str, before: str = "") -> str:
    """Return a setup.py with these keywords and the name."""
    head = "from setuptools import Extension, find_packages, setup\n"
    return f"{head}{before}\nsetup(name='sound', {keywords})\n"


def toml(backend: str, requires: str, project: str = "", tool: str = "") -> str:
    """Return a pyproject.toml with a build backend."""
    return (
        f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "{backend}"\n'
        f"{'[project]' if project else ''}\n{project}\n{tool}\n"
    )


NAMED = 'name = "sound"\nversion = "1.2.3"\n'
SETUPTOOLS = ("setuptools.build_meta", "setuptools")
HATCH = ("hatchling.build", "hatchling")
FLIT = ("flit_core.buildapi", "flit_core>=3.4")
POETRY = ("poetry.core.masonry.api", "poetry-core")
PDM = ("pdm.backend", "pdm-backend")
FULL = (
    "version='1.2.3', packages=find_packages(), install_requires=['iniconfig>=2'],"
    "extras_require={'x': ['attrs']}, entry_points={'console_scripts': ['sound = sound.wave:main']}"
)
CARGO = '[package]\nname = "sound"\nversion = "1.2.3"\nedition = "2021"\n'

SHAPES: dict[str, dict[str, str]] = {
    "setup.py, flat": FLAT | {"setup.py": setup(f"{FULL}, python_requires='>=3.8'")},
    "setup.py, licence of the field alone": FLAT | {"setup.py": setup(f"{FULL}, license='BSD'"), "LICENSE.txt": BSD},
    "setup.py, README.rst and CHANGES.rst": FLAT
    | {"setup.py": setup(f"{FULL}, long_description=open('README.rst').read()"), "README.rst": "Sound\n", "CHANGES.rst": "x\n"},
    "setup.py, src": SRC | {"setup.py": setup("version='1.2.3', packages=find_packages('src'), package_dir={'': 'src'}")},
    "setup.py, lib": LIB | {"setup.py": setup("version='1.2.3', packages=find_packages(where='lib'), package_dir={'': 'lib'}")},
    "setup.py that imports the package": FLAT | {"setup.py": setup("packages=['sound'], version=sound.__version__", "import sound")},
    "setup.py with a helper beside it": FLAT | {"setup.py": setup("packages=['sound'], version=V", "from helper import V"), "helper.py": "V = '3'\n"},
    "setup.py, found packages": FLAT | {"setup.py": setup("version='1.2.3'")},
    "setup.py, data of MANIFEST.in": FLAT
    | {"setup.py": setup(f"{FULL}, include_package_data=True"), "MANIFEST.in": "graft sound\n", "sound/data/a.csv": "1\n"},
    "setup.py, data without MANIFEST.in": FLAT
    | {"setup.py": setup(f"{FULL}, include_package_data=True"), "sound/data/a.csv": "1\n", "sound/b.txt": "2\n"},
    "setup.py, computed requirements": FLAT
    | {"setup.py": setup("packages=['sound'], install_requires=open('requirements.txt').read().split()"), "requirements.txt": "iniconfig\n"},
    "setup.py, a C extension": FLAT
    | {
        "setup.py": setup(f"{FULL}, ext_modules=[Extension('sound._c', ['sound/_c.c'])]"),
        "sound/_c.c": '#include <Python.h>\nstatic struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "_c"};\n'
        "PyMODINIT_FUNC PyInit__c(void) { return PyModule_Create(&m); }\n",
    },
    "setup.py, tests inside": FLAT | {"setup.py": setup(FULL), "sound/tests/__init__.py": "", "sound/tests/test_x.py": "def test(): pass\n"},
    "setup.py, CRLF": {path: text.replace("\n", "\r\n") for path, text in (FLAT | {"setup.py": setup(FULL)}).items()},
    "setup.py, latin-1": FLAT | {"setup.py": "# -*- coding: latin-1 -*-\n" + setup(f"{FULL}, author='Bj\xf6rn'")},
    "setup.py, a link": FLAT | {"setup.py": setup(FULL), "data.txt": "1\n", "sound/link.py": "-> wave.py"},
    "setup.py, unreadable requirements": FLAT | {"setup.py": setup(FULL), "requirements.txt": "UTF-16"},
    "setup.py and tools of pyproject.toml": FLAT | {"setup.py": setup(FULL), "pyproject.toml": "[tool.black]\nline-length = 99\n"},
    "setup.cfg": FLAT
    | {
        "setup.py": "import setuptools\nsetuptools.setup()\n",
        "setup.cfg": "[metadata]\nname = sound\nversion = attr: sound.__version__\nlicense = LGPL-2.1-or-later\nlong_description = file: README\n"
        "[options]\npackages = find:\npython_requires = >=3.7\ninstall_requires =\n    iniconfig\n[tool:pytest]\naddopts = -q\n[mypy]\n",
        "README": "Sound.\n", "COPYING": "Not a known licence.\n",
    },
    "setup.cfg, src": SRC
    | {
        "setup.py": "import setuptools\nsetuptools.setup()\n",
        "setup.cfg": "[metadata]\nname = sound\nversion = 1\n[options]\npackage_dir =\n    = src\npackages = find:\n[options.packages.find]\nwhere = src\n"
        "[options.entry_points]\nconsole_scripts =\n    sound = sound.wave:main\n",
    },
    "setup.cfg with a build system": FLAT | {"pyproject.toml": toml(*SETUPTOOLS), "setup.cfg": "[metadata]\nname = sound\nversion = 1\n[options]\npackages = sound\n"},
    "setuptools, flat": FLAT | {"pyproject.toml": toml(*SETUPTOOLS, f'{NAMED}license = {{text = "BSD"}}\nrequires-python = ">=3.8"')},
    "setuptools, src": SRC
    | {"pyproject.toml": toml(*SETUPTOOLS, 'name = "sound"\ndynamic = ["version"]', '[tool.setuptools.dynamic]\nversion = {attr = "sound.__version__"}')},
    "setuptools, python": PYTHON | {"pyproject.toml": toml(*SETUPTOOLS, NAMED, '[tool.setuptools.packages.find]\nwhere = ["python"]')},
    "setuptools, a licence expression": SRC | {"pyproject.toml": toml(*SETUPTOOLS, f'{NAMED}license = "MIT OR AFL-2.1"'), "LICENSE": MIT, "LICENSE.AFL": "AFL\n"},
    "Poetry, flat": FLAT
    | {"pyproject.toml": toml(*POETRY, "", '[tool.poetry]\nname = "sound"\nversion = "1.2.3"\ndescription = ""\nauthors = []\nlicense = "LGPL-2.1-or-later"\n[tool.poetry.dependencies]\npython = "^3.8"\niniconfig = "^2"')},
    "Poetry, lib": LIB
    | {"pyproject.toml": toml(*POETRY, "", '[tool.poetry]\nname = "sound"\nversion = "1"\ndescription = ""\nauthors = []\npackages = [{include = "sound", from = "lib"}]'), "license.rst": "Own\n"},
    "flit of old": FLAT | {"pyproject.toml": toml(*FLIT, "", '[tool.flit.metadata]\nmodule = "sound"\nauthor = "Ada"\nclassifiers = ["License :: OSI Approved :: BSD License"]')},
    "flit, src": SRC | {"pyproject.toml": toml(*FLIT, 'name = "sound"\ndynamic = ["version", "description"]\nlicense = {file = "LICENSE.txt"}'), "LICENSE.txt": BSD},
    "hatchling, flat": FLAT | {"pyproject.toml": toml(*HATCH, f'{NAMED}license = "MIT OR AFL-2.1"\nrequires-python = ">=3.8"'), "sound/dist/x.txt": "1\n"},
    "hatchling, python": PYTHON
    | {"pyproject.toml": toml(*HATCH, NAMED, '[tool.hatch.build.targets.wheel]\npackages = ["python/sound"]'), "python/sound/htmlcov/x.txt": "", "python/sound/.coverage": ""},
    "pdm, src": SRC | {"pyproject.toml": toml(*PDM, NAMED)},
    "pdm, lib": LIB | {"pyproject.toml": toml(*PDM, NAMED, '[tool.pdm.build]\npackage-dir = "lib"')},
    "maturin, python": PYTHON
    | {"pyproject.toml": toml("maturin", "maturin>=1", 'name = "sound"\ndynamic = ["version"]', '[tool.maturin]\nbindings = "bin"\npython-source = "python"'), "Cargo.toml": CARGO, "src/main.rs": "fn main() {}\n"},
    "uv, src": SRC | {"pyproject.toml": toml("uv_build", "uv_build", NAMED)},
    "scikit-build-core, python": PYTHON
    | {
        "pyproject.toml": toml("scikit_build_core.build", "scikit-build-core", NAMED, '[tool.scikit-build.wheel]\npackages = ["python/sound"]'),
        "CMakeLists.txt": 'cmake_minimum_required(VERSION 3.15)\nproject(sound LANGUAGES NONE)\ninstall(FILES extra.txt DESTINATION sound)\n', "extra.txt": "1\n",
    },
}  # fmt: skip
NEEDED = {"a C extension": "gcc", "maturin": "cargo", "scikit-build": "cmake"}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with the build backends; skip where no index has them."""
    folder = tmp_path_factory.mktemp("backends")
    uv = Path(sys.executable).with_name("uv")
    run(uv, "venv", "--quiet", "--python", sys.executable, folder / "env", cwd=folder)
    found = folder / "env/bin/python"
    done = run(uv, "pip", "install", "-p", found, *BACKENDS, cwd=folder, check=False)
    if "No solution found" in done.stderr or "Failed to fetch" in done.stderr:
        pytest.skip("no package index has the build backends, or none is reached")
    assert done.returncode == 0, done.stderr
    return found


def write_repository(folder: Path, files: dict[str, str]) -> Path:
    """Write a repository and commit it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            path.symlink_to(text[3:])
        elif text == "UTF-16":
            path.write_text("iniconfig\n", encoding="utf-16")
        else:
            encoding = "latin-1" if "coding: latin-1" in text else "utf-8"
            path.write_bytes(text.encode(encoding))
    git(folder, "init", "--quiet")
    git(folder, "add", "--all", "--force")
    commit(folder)
    return folder


def wheel(python: Path, repository: Path, place: Path) -> dict[str, Any]:
    """Return each file of the wheel that a fresh clone of a repository builds, with its content and mode."""
    place.mkdir()
    run("git", "clone", "--quiet", repository, place / "tree", cwd=place)
    build = ("-m", "build", "--wheel", "--no-isolation", "--skip-dependency-check")
    env = {
        "SOURCE_DATE_EPOCH": "1700000000",
        "PATH": f"{python.parent}:{os.environ['PATH']}",
    }
    # The tests' home folder has no toolchains.
    for folder in Path(shutil.which("cargo") or "/").parents:
        if (folder / ".rustup").is_dir():
            env["RUSTUP_HOME"] = str(folder / ".rustup")
    run(
        python,
        *build,
        "--outdir",
        place / "dist",
        place / "tree",
        cwd=place,
        env=env,
    )
    (found,) = (place / "dist").glob("*.whl")
    with zipfile.ZipFile(found) as archive:
        files = {
            x.filename: (archive.read(x), x.external_attr) for x in archive.infolist()
        }
    name = found.name
    shutil.rmtree(place)  # a compiler may write the path into what it makes
    return {"name": name, **files}


def adopt(repository: Path) -> dict[str, Any]:
    """Adopt a repository, commit what was added, and return what plinth says."""
    command = (sys.executable, "-m", "plinth", "adopt", "--apply", "--json")
    source = f"--template={template_outside_git()}"
    found: dict[str, Any] = json.loads(
        run(*command, source, repository, cwd=ROOT).stdout
    )
    commit(repository)
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_the_wheel_is_the_same(python: Path, tmp_path: Path, shape: str) -> None:
    if missing := [
        x for key, x in NEEDED.items() if key in shape and not shutil.which(x)
    ]:
        pytest.skip(f"{missing[0]} is not installed")
    repository = write_repository(tmp_path / "sound", SHAPES[shape])
    before = wheel(python, repository, tmp_path / "build")
    own = contents(repository)
    report = adopt(repository)
    after = wheel(python, repository, tmp_path / "build")
    assert after.keys() == before.keys()
    assert {x for x in before if after[x] != before[x]} == set()
    found = contents(repository)
    assert own.items() <= found.items()
    names = {name.lower().partition(".")[0] for name in own if "/" not in name}
    added = {name.lower().partition(".")[0] for name in report["added"]} - {""}
    seconds = names & added - {"requirements_dev", "requirements_prod", "pyproject"}
    assert not seconds
    assert not {"license", "copying"} & added


@pytest.mark.parametrize(
    "shape", ["setup.py, flat", "hatchling, flat", "Poetry, flat", "setuptools, python"]
)
def test_the_bootstrap_is_green_after_the_steps(tmp_path: Path, shape: str) -> None:
    """The lines that plinth names go into the requirements files; then ./bootstrap makes .venv, in which the package imports."""
    repository = write_repository(tmp_path / "sound", SHAPES[shape])
    report = adopt(repository)
    for name, lines in report["lines"].items():
        with (repository / name).open("a") as file:
            file.writelines(f"{line}\n" for line in lines)
    run("./bootstrap", cwd=repository, env={"CI": ""})
    code = "import sound, sys; sys.exit(sound.__version__ != '1.2.3')"
    run("./bootstrap", "python", "-P", "-c", code, cwd=repository)
    needs = "iniconfig" in str(SHAPES[shape])
    assert ("iniconfig" in str(report["lines"]["requirements_prod.txt"])) == needs
