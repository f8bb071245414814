"""Restore: the template's own files come back as the recorded version has them, and no other file is touched."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import NEXT, RELEASES, ROOT, commit, git, run
from conftest import born as plinth_project
from support.files import everything, write
from support.tiny import born, substitute, tiny


def restore(
    *arguments: str | Path, status: int, only: str = "*"
) -> dict[str, dict[str, Any]]:
    """Run the command as a user would and return its rows by the name of the repository."""
    command = (
        sys.executable,
        "-m",
        "plinth",
        "restore",
        "--json",
        f"--only={only}",
        *arguments,
    )
    done = run(*command, cwd=ROOT, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(row["repository"]).name: row for row in found}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that nobody has edited, which is behind by a release."""
    home = tmp_path_factory.mktemp("restore")
    return born(tiny(home / "template"), home / "sound", "v1.1.0")


def damaged(origin: Path, folder: Path) -> Path:
    """Return a copy of a project with every kind of change, committed."""
    shutil.copytree(origin, folder, symlinks=True)
    substitute(folder / "static.cfg", r"\Z", "[mine]\n")
    substitute(folder / "LICENSE", r"\Z", "Mine.\n")
    substitute(folder / "yours.txt", "yours", "mine")
    shutil.rmtree(folder / "folder")
    (folder / "kept.txt").unlink()
    (folder / "tool").chmod(0o644)
    write(folder, {"new.txt": "mine\n"})
    commit(folder)
    return folder


def test_what_drift_reports_comes_back(origin: Path, tmp_path: Path) -> None:
    """A dry run tells the same and changes nothing. A second run finds nothing to do."""
    project = damaged(origin, tmp_path / "sound")
    expected = {
        "folder/colour.txt": "deleted",
        "static.cfg": "edited",
        "tool": "not executable",
    }
    before = everything(project)
    dry = restore("--dry-run", project, status=1)["sound"]
    assert everything(project) == before
    row = restore(project, status=1)["sound"]
    assert dry["restored"] == row["restored"] == expected
    assert (row["state"], row["left"], row["version"]) == ("restored", {}, "v1.1.0")
    changed = {line[3:] for line in git(project, "status", "--porcelain").splitlines()}
    assert changed == {"folder/", "static.cfg", "tool"}
    for path in expected:
        assert (project / path).read_bytes() == (origin / path).read_bytes()
        assert (project / path).stat().st_mode == (origin / path).stat().st_mode
    assert not [x for x in project.rglob("*") if "plinth" in x.name]
    commit(project)
    assert restore(project, status=0)["sound"]["state"] == "clean"


def test_what_is_refused_stays_as_it_is(origin: Path, tmp_path: Path) -> None:
    """Work that is not committed, answers changed by hand, links, bare repositories and addresses."""
    dirty = damaged(origin, tmp_path / "dirty")
    write(dirty, {"more.txt": "work\n"})
    by_hand = damaged(origin, tmp_path / "by-hand")
    substitute(by_hand / ".copier-answers.yml", "^colour: red", "colour: puce")
    commit(by_hand)
    linked = damaged(origin, tmp_path / "linked")
    outside = write(tmp_path / "outside", {"colour.txt": "precious\n"})
    (linked / "folder").symlink_to(outside)
    (linked / "static.cfg").unlink()
    (linked / "static.cfg").symlink_to(outside / "colour.txt")
    commit(linked)
    bare = tmp_path / "bare.git"
    run("git", "clone", "--quiet", "--bare", linked, bare, cwd=tmp_path)
    before = everything(tmp_path)
    url = "https://127.0.0.1:9/x"
    found = restore(dirty, by_hand, bare, url, status=2)
    assert everything(tmp_path) == before
    assert "uncommitted changes: commit or stash" in found["dirty"]["problem"]
    assert "changed answers by hand (colour)" in found["by-hand"]["problem"]
    assert "it is bare" in found["bare.git"]["problem"]
    assert "it is not a folder: clone it first" in found["x"]["problem"]
    row = restore(linked, status=2)["linked"]
    assert row["restored"] == {"tool": "not executable"}
    assert row["left"] == {
        "folder/colour.txt": "it is in a folder that is a link: remove that first",
        "static.cfg": "it is a link: remove that first",
    }
    assert (outside / "colour.txt").read_text() == "precious\n"


@pytest.mark.slow
def test_it_says_it_to_people_too(origin: Path, tmp_path: Path) -> None:
    project = damaged(origin, tmp_path / "sound")
    command = (
        sys.executable,
        "-m",
        "plinth",
        "restore",
        "--dry-run",
        "--only=*",
        project,
    )
    printed = run(*command, cwd=ROOT, check=False).stdout
    assert f"{project}: would restore static.cfg (edited)\n" in printed


@pytest.mark.slow
def test_files_of_another_template_are_named(origin: Path, tmp_path: Path) -> None:
    """Nothing says which of them are yours, so none is restored unless you name it."""
    project = damaged(origin, tmp_path / "sound")
    before = everything(project)
    command = (sys.executable, "-m", "plinth", "restore", "--json", project)
    done = run(*command, cwd=ROOT, check=False)
    row = json.loads(done.stdout)
    assert (done.returncode, row["restored"]) == (2, {})
    assert row["left"].keys() == {"folder/colour.txt", "static.cfg", "tool"}
    assert "name it with --only" in row["left"]["tool"]
    assert everything(project) == before
    row = restore(project, status=1, only="st*")["sound"]
    assert row["restored"] == {"static.cfg": "edited"}


@pytest.mark.slow
def test_a_project_of_plinth_needs_no_pattern(history: Path, tmp_path: Path) -> None:
    """What is yours and what is shared stays, deleted or edited, in a project of the oldest release and of the newest."""
    for release in (RELEASES[0], NEXT):
        project = plinth_project(history, release, tmp_path / release, {})
        before = everything(project)
        for path in ("README.md", "pyproject.toml", "bootstrap", ".gitignore"):
            substitute(project / path, r"\Z", "# mine\n")
        shutil.rmtree(project / "tests")
        (project / "bootstrap.cmd").unlink()
        commit(project)
        command = (sys.executable, "-m", "plinth", "restore", "--json", project)
        row = json.loads(run(*command, cwd=ROOT, check=False).stdout)
        expected = {"bootstrap": "edited", "bootstrap.cmd": "deleted"}
        assert (row["restored"], row["problem"]) == (expected, None)
        after = everything(project)
        for path in expected:
            own = str(project / path)
            assert (after[own][0], after[own][2]) == (before[own][0], before[own][2])
        assert "# mine" in (project / "README.md").read_text()
        assert "# mine" in (project / "pyproject.toml").read_text()
        assert not (project / "tests").exists()
