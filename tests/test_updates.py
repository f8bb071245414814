"""`copier update`, without --trust: what it brings, what it must not touch, and what it refuses."""

from pathlib import Path

import pytest
import yaml
from conftest import commit, copier, git, run


def test_an_update_leaves_what_is_yours(template: Path, tmp_path: Path) -> None:
    """A new release reaches the template's files; what was edited or deleted below src and tests stays so."""
    newer = tmp_path / "newer"
    run("git", "clone", "--quiet", template, newer, cwd=tmp_path)
    project = tmp_path / "project"
    copier("copy", "--defaults", newer, project, cwd=tmp_path)
    git(project, "init", "--quiet")
    commit(project)
    (project / "src/project/greeting.py").write_text("# mine\n")
    (project / "tests/test_greeting.py").unlink()
    (project / "README.md").write_text("Mine.\n")
    (project / "requirements_prod.txt").write_text("packaging\n")
    commit(project)

    with (newer / "template/.editorconfig").open("a") as file:
        file.write("\n[*.new]\nindent_size = 3\n")
    with (newer / "template/README.md.jinja").open("a") as file:
        file.write("A new sentence.\n")
    commit(newer, "1.1.0")
    year = yaml.safe_load((project / ".copier-answers.yml").read_text())[
        "copyright_year"
    ]
    copier("update", "--defaults", "--data", "modules=other:x", project, cwd=tmp_path)

    assert "[*.new]" in (project / ".editorconfig").read_text()
    assert (project / "src/project/greeting.py").read_text() == "# mine\n"
    assert not (project / "tests/test_greeting.py").exists()
    assert (project / "README.md").read_text() == "Mine.\n"
    assert (project / "requirements_prod.txt").read_text() == "packaging\n"
    changed = {line[3:] for line in git(project, "status", "--porcelain").splitlines()}
    assert changed == {".copier-answers.yml", ".editorconfig"}
    assert (
        yaml.safe_load((project / ".copier-answers.yml").read_text())["copyright_year"]
        == year
    )


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    """Return a new project under git, and the template moved on to its next release."""
    folder = tmp_path / "demo"
    copier("copy", "--defaults", "--vcs-ref=1.0.0", template, folder, cwd=tmp_path)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ("package_name=other", "the name that the project was born with"),
        ("distribution_name=other", "the name that the project was born with"),
        ("starter=flask", "the starter that the project was born with"),
    ],
)
def test_an_update_never_renames(project: Path, answer: str, word: str) -> None:
    """A rename is refused in one line that says what to do; the tree stays as it was."""
    status, printed = copier(
        "update", "--defaults", "--data", answer, project, cwd=project, check=False
    )
    assert status != 0
    assert word in printed.strip().splitlines()[-1]
    assert git(project, "status", "--porcelain") == ""


def test_half_a_rename_by_hand_is_refused(project: Path) -> None:
    """In the answers file alone a new name would delete the files of the old one."""
    answers = project / ".copier-answers.yml"
    text = answers.read_text()
    answers.write_text(text.replace("\npackage_name: demo", "\npackage_name: other"))
    assert answers.read_text() != text
    commit(project)
    status, printed = copier("update", "--defaults", project, cwd=project, check=False)
    assert status != 0
    assert "both places of the answers file" in printed.strip().splitlines()[-1]
    assert git(project, "status", "--porcelain") == ""


def test_a_rename_by_hand_is_kept(project: Path) -> None:
    """Both places of the answers file, the folder and its uses: as the refusal says."""
    for path in [*project.glob("tests/**/*.py"), *project.glob("*.*")]:
        if path.is_file() and path.suffix in {".py", ".toml", ".yml"}:
            path.write_text(path.read_text().replace("demo", "other"))
    (project / "src/demo").rename(project / "src/other")
    commit(project)
    _, printed = copier("update", "--defaults", project, cwd=project)
    assert git(project, "status", "--porcelain") == "", printed
    run("./bootstrap", "--locked", "pytest", cwd=project)
