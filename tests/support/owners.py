"""What owners of a project do, and which files are theirs."""

import re
from pathlib import Path

from conftest import STARTERS, manifest
from support.files import append, edit

YOURS = {
    "AGENTS.md",
    "src",
    "tests",
    "README.md",
    "CHANGELOG.md",
    "requirements_prod.txt",
    "requirements_lock.txt",
}
PAGES = {"docs/conf.py", "docs/index.md"}
# Files of a starter at the top of a project, such as manage.py. An update does not bring them.
ON_TOP = {
    file
    for starter in STARTERS
    for file in manifest(starter)["files"]
    if file.split("/")[0] not in ("src", "tests")
}


def is_yours(path: str) -> bool:
    """Return whether a file belongs to the user alone."""
    return path.split("/")[0] in YOURS or path in PAGES | ON_TOP


def edit_as_owner(project: Path) -> None:
    """Edit, add, rename and delete files as owners do."""
    append(project / "requirements_prod.txt", "idna>=3\npackaging\n")
    append(project / "requirements_dev.txt", "tomli-w\n")
    pyproject = project / "pyproject.toml"
    edit(
        pyproject,
        "explicit_package_bases = true",
        "explicit_package_bases = true\npretty = true",
    )
    floor = re.search(r'requires-python = ">=[\d.]+', pyproject.read_text())
    assert floor
    edit(pyproject, floor[0], f"{floor[0]}.1")
    (project / "README.md").write_text("# Mine\n\nRewritten.\n")
    edit(
        project / "CHANGELOG.md",
        "# Changelog\n",
        "# Changelog\n\n## 0.2.0\n\n- Mine.\n",
    )
    append(project / ".gitignore", "\n/data/\n")
    if "[tool.codespell]" not in pyproject.read_text():
        append(pyproject, "\n[tool.codespell]\nquiet-level = 3\n")
    if (project / "MANIFEST.in").exists():
        append(project / "MANIFEST.in", "graft examples\n")
    (project / "scripts").mkdir(exist_ok=True)
    (project / "scripts/mine.sh").write_text("echo mine\n")
    (package,) = (path.parent for path in project.glob("src/*/__init__.py"))
    (package / "mine.py").write_text('"""Mine."""\n')
    append(package / "__init__.py", "\nfrom . import mine as mine\n")
    test = min(project.glob("tests/**/test_*.py"))
    test.rename(test.with_name("test_renamed.py"))
    modules = (path for path in package.rglob("*.py") if path.stem.isalpha())
    max(path for path in modules if path.stem != "mine").unlink()
    own = project / ".github/workflows/own.yml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("name: Mine\n")
    for path in project.glob(".gitlab-ci.yml"):
        append(path, "\nmine:\n  script: [make]\n")
    for path in project.glob(".github/workflows/standard.yml"):
        edit_matrix(path)


def edit_matrix(workflow: Path) -> None:
    """Change the pins of actions, and the test matrix."""
    text = workflow.read_text()
    pin = r"(checkout|setup-python)@\w{40} # \S+"
    workflow.write_text(re.sub(pin, rf"\g<1>@{'0' * 40} # v99", text))
    replace(workflow, '"3.15"]', '"3.15", "3.16"]')
    replace(workflow, "[ubuntu-24.04]", "[ubuntu-24.04, ubuntu-24.04-arm]")
    replace(workflow, "windows-2025", "windows-2022")


JOB = """
  mine:
    runs-on: ubuntu-22.04
    steps:
      - run: make
"""


def edit_workflow(workflow: Path) -> None:
    """Change what starts a workflow and what each job runs on, add a row to the matrix, and a job."""
    row = '- python: "3.15"\n            system: windows'
    more = '- python: "3.13"\n            system: macos-15\n          '
    replace(workflow, row, more + row)
    replace(workflow, "  pull_request:\n", "  merge_group:\n  pull_request:\n")
    replace(workflow, "[main, master]", "[main, develop]")
    replace(workflow, "ubuntu-24.04", "ubuntu-22.04")
    append(workflow, JOB)


def replace(path: Path, old: str, new: str) -> None:
    """Replace a text everywhere in a file that has it."""
    text = path.read_text()
    assert old in text, (path, old)
    path.write_text(text.replace(old, new))
