"""Adoption: which package a repository has, where it is, and which repositories are refused."""

from pathlib import Path

import pytest
import yaml
from support.adoption import PACKAGE, adopt, plinth, refused
from support.files import write


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param({}, "is not a Python project: it has no package in src/", id="empty"),
        pytest.param({"package.json": "{}", "lib/x.js": ""}, "is not a Python project", id="other-language"),
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
