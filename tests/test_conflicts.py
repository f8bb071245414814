"""The gate that every project has: an unfinished merge is named and fails."""

import sys
from pathlib import Path

import pytest
from conftest import Generate, commit, git, run


@pytest.fixture
def project(generate: Generate) -> Path:
    """Return a new project under git."""
    folder = generate()
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)
    return folder


def gate(folder: Path) -> tuple[int, list[str]]:
    """Run the gate and return its exit status and lines."""
    command = (sys.executable, ".standard/conflicts.py")
    done = run(*command, cwd=folder, check=False)
    return done.returncode, done.stderr.splitlines()


def test_a_fresh_project_has_none(project: Path) -> None:
    assert gate(project) == (0, [])


def test_markers_are_found_in_any_text(project: Path) -> None:
    """Of Copier's labels and of git's, tracked or not; what only looks like one is none."""
    marked = "<<<<<<< before updating\na\n=======\nb\n>>>>>>> after updating\n"
    (project / "pyproject.toml").write_text(marked)
    (project / "ä new.md").write_text(marked.replace("before updating", "HEAD"))
    (project / "title.md").write_text("Title\n=======\n>>>>>>>\n a <<<<<<< b\n")
    (project / ".venv").mkdir()
    (project / ".venv/conflict.py").write_text(marked)
    assert gate(project) == (
        1,
        [
            "pyproject.toml has conflict markers: resolve them",
            "ä new.md has conflict markers: resolve them",
        ],
    )


def test_rejected_changes_are_found(project: Path) -> None:
    (project / "src/pyproject.toml.rej").write_text("@@\n")
    assert gate(project) == (
        1,
        ["src/pyproject.toml.rej is a change that did not fit: apply it and delete it"],
    )


def test_unmerged_paths_are_found(project: Path) -> None:
    """Even with the markers gone: git still has the file as unmerged."""
    for branch, text in [("theirs", "theirs\n"), ("ours", "ours\n")]:
        git(project, "checkout", "--quiet", "-b", branch, "main")
        (project / "README.md").write_text(text)
        commit(project)
    run("git", "merge", "theirs", cwd=project, check=False)
    (project / "README.md").write_text("both\n")
    assert gate(project) == (1, ["README.md is unmerged: resolve it and add it"])
    git(project, "add", "README.md")
    assert gate(project) == (0, [])


def test_without_git_it_cannot_tell(generate: Generate) -> None:
    status, lines = gate(generate())
    assert status == 128
    assert lines[0].startswith("fatal: not a git repository")
