"""The first steps of somebody who writes a library, in a new project of the plain starter.

tests/test_inherited.py has others: it pastes the lines of a missing export, and deletes the example.
"""

import re
from pathlib import Path

import pytest
from conftest import run
from support.environments import (
    all_checks,
    in_project,
    installed_alone,
    make_project,
)

pytestmark = pytest.mark.slow

RANGES = '''"""Ranges of versions."""

import json
from importlib.resources import files

from packaging.specifiers import SpecifierSet


def allows(text: str, version: str) -> bool:
    """Return whether a range allows a version."""
    return version in SpecifierSet(text)


def known() -> list[str]:
    """Return the versions in the package's data."""
    found: list[str] = json.loads(files(__package__).joinpath("known.json").read_text())
    return found
'''
TEST = """import demo


def test_a_known_version_is_allowed() -> None:
    assert demo.versions.allows(">=1", demo.versions.known()[0])
"""
USE = "import demo; print(demo.greet('Ada'), demo.versions.known(), demo.versions.allows('<2', '2'))"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("library"), "library")


def test_the_readme_runs(project: Path) -> None:
    readme = (project / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    in_project(project, "python", "-c", code)


def test_a_subpackage_with_data_and_a_dependency_leaves_all_checks_green(
    project: Path, tmp_path: Path
) -> None:
    package = project / "src/demo/versions"
    package.mkdir()
    (package / "ranges.py").write_text(RANGES)
    (package / "known.json").write_text('["1.0", "2.0"]\n')
    exports = ("python", "-m", "pytest", "-q", ".standard/test_exports.py")
    _, out, _ = in_project(project, *exports, check=False)
    assert "versions" in out  # a folder without __init__.py is named

    (package / "__init__.py").write_text('"""Versions."""\n')
    for init in (package / "__init__.py", project / "src/demo/__init__.py"):
        _, out, _ = in_project(project, *exports, check=False)
        where = init.relative_to(project)
        _, found, rest = out.partition(f"{where} needs these lines:\n")
        assert found
        lines = rest.partition("]\n")[0] + "]\n"
        text = re.sub(r"\n__all__ = \[.*?\]\n", "\n", init.read_text(), flags=re.DOTALL)
        init.write_text(f"{text}\n{lines}")
    in_project(project, "ruff", "check", "--fix", "--quiet", "src")
    in_project(project, "ruff", "format", "--quiet", "src")

    (project / "tests/test_versions.py").write_text(TEST)
    requirements = project / "requirements_prod.txt"
    requirements.write_text(requirements.read_text() + "packaging>=24\n")
    run("./bootstrap", "--lock", "true", cwd=project)
    all_checks(project)

    python = installed_alone(project) / "bin/python"
    done = run(python, "-c", USE, cwd=tmp_path)
    assert done.stdout == "Hello Ada! ['1.0', '2.0'] False\n"
