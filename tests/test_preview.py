"""Preview: what an update would do, told without changing anything."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, commit, copier, git, run
from support.files import everything, write
from support.tiny import TEMPLATE, born, substitute, tiny

ANSWERS = ".copier-answers.yml"


def preview(*arguments: str | Path, status: int) -> tuple[str, str]:
    """Run the command as a user would and return what it printed to stdout and stderr."""
    command = (sys.executable, "-m", "plinth", "preview", *arguments)
    done = run(*command, cwd=ROOT, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def rows(*arguments: str | Path, status: int) -> dict[str, dict[str, Any]]:
    """Run the command and return its rows by the name of the repository."""
    printed, _ = preview("--json", *arguments, status=status)
    found = [json.loads(line) for line in printed.splitlines()]
    return {Path(row["repository"]).name: row for row in found}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small template with one more release that changes each kind of file."""
    folder = tiny(tmp_path_factory.mktemp("preview") / "template")
    substitute(
        folder / "template/static.cfg",
        r"\Z",
        "[later]\nat = https://user:SECRET@host/x\n",
    )
    substitute(folder / "template/LICENSE.jinja", r"\A", "Licence\n\n")
    substitute(folder / "template/yours.txt", "yours", "never brought")
    write(folder, {"template/added.txt": "new\n"})
    (folder / "template/tool").unlink()
    commit(folder, "3.0.0")
    return folder


@pytest.fixture(scope="module")
def projects(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a project in each state."""
    home = tmp_path_factory.mktemp("projects")
    born(template, home / "same", "3.0.0")
    born(template, home / "plain", "2.0.0")
    edited = born(template, home / "merged", "2.0.0")
    substitute(edited / "LICENSE", r"\Z", "Mine\n")
    commit(edited)
    conflict = born(template, home / "conflict", "2.0.0")
    substitute(conflict / "static.cfg", r"\Z", "[mine]\n")
    commit(conflict)
    dirty = born(template, home / "dirty", "2.0.0")
    substitute(dirty / "yours.txt", "yours", "mine")
    born(
        tiny(home / "t/unsafe", **{"copier.yml": TEMPLATE["copier.yml"]}),
        home / "unsafe",
        "2.0.0",
    )
    substitute(home / "t/unsafe/copier.yml", r"\Z", "_tasks: [touch PWNED]\n")
    commit(home / "t/unsafe", "3.0.0")
    return home


@pytest.mark.slow
def test_each_file_is_told_as_the_update_treats_it(
    template: Path, projects: Path
) -> None:
    """Nothing in a repository changes; then the real update does what was told."""
    names = ["same", "plain", "merged", "conflict", "dirty"]
    before = everything(projects)
    found = rows("--diff", *(projects / name for name in names), status=2)
    assert everything(projects) == before
    assert "+at = https://***@host/x\n" in found["plain"]["diff"]
    assert "SECRET" not in json.dumps(found)
    assert {(x["template"], x["to"]) for x in found.values()} == {
        (str(template), "3.0.0")
    }
    assert found["merged"]["version"] == "2.0.0"
    assert {name: found[name]["state"] for name in names} == {
        "same": "same",
        "plain": "changes",
        "merged": "changes",
        "conflict": "conflict",
        "dirty": "changes",
    }
    plain = {
        ANSWERS: "updated",
        "LICENSE": "updated",
        "added.txt": "new",
        "static.cfg": "updated",
        "tool": "removed",
        "kept.txt": "yours",
        "yours.txt": "yours",
    }
    assert found["plain"]["files"] == plain
    assert found["merged"]["files"] == plain | {"LICENSE": "merged"}
    assert found["conflict"]["files"] == plain | {"static.cfg": "conflict"}
    assert found["same"]["files"] == {"kept.txt": "yours", "yours.txt": "yours"}
    assert [found[name]["dirty"] for name in names] == [False] * 4 + [True]
    for name in ("plain", "merged", "conflict"):
        copier("update", "--defaults", projects / name, cwd=projects)
        changed = git(projects / name, "status", "--porcelain", "-uall").splitlines()
        told = {x for x, kind in found[name]["files"].items() if kind != "yours"}
        assert {line[3:] for line in changed} == told
        git(projects / name, "reset", "--quiet", "--hard")
        git(projects / name, "clean", "-fdq")


@pytest.mark.slow
def test_it_says_it_to_people_too(projects: Path) -> None:
    printed, _ = preview("--diff", projects / "merged", status=1)
    assert "merged: 2.0.0 → 3.0.0\n" in printed
    assert "\n  merged   LICENSE\n" in printed
    assert "\n  new      added.txt\n" in printed
    assert "\n+Licence\n" in printed
    assert "SECRET" not in printed
    printed, _ = preview(projects / "same", status=0)
    assert "nothing would change" in printed


@pytest.mark.slow
def test_a_version_can_be_named(projects: Path) -> None:
    (row,) = rows("--to", "2.0.0", projects / "plain", status=0).values()
    assert (row["to"], row["state"]) == ("2.0.0", "same")


@pytest.mark.slow
def test_each_project_of_a_repository_has_its_own_row(
    template: Path, tmp_path: Path
) -> None:
    """What the update of one project would add is not in the row of the next."""
    repository = tmp_path / "both"
    for name in ("one", "two"):
        born(template, repository / name, "2.0.0")
        shutil.rmtree(repository / name / ".git")
    git(repository, "init", "--quiet")
    commit(repository)
    printed, _ = preview("--json", repository, status=1)
    found = {row["project"]: row for row in map(json.loads, printed.splitlines())}
    assert found.keys() == {"one", "two"}
    for name, row in found.items():
        assert row["files"][f"{name}/added.txt"] == "new"
        assert row["files"][f"{name}/static.cfg"] == "updated"
        assert row["files"][f"{name}/yours.txt"] == "yours"
        assert {path.partition("/")[0] for path in row["files"]} == {name}


def test_what_cannot_be_told_is_a_row(projects: Path) -> None:
    """A template with tasks wants trust, which nothing gives it; and a folder may be no project."""
    found = rows(projects / "unsafe", projects / "t", projects / "gone", status=2)
    assert "runs programs (tasks)" in found["unsafe"]["problem"]
    assert "it is not a git repository" in found["t"]["problem"]
    assert "no such folder" in found["gone"]["problem"]
    assert not list(projects.rglob("PWNED"))


@pytest.mark.slow
def test_a_link_leads_nowhere(template: Path, tmp_path: Path) -> None:
    """Copier would write through a link of the copy, into its target."""
    project = born(template, tmp_path / "sound", "2.0.0")
    outside = write(tmp_path / "outside", {"precious.cfg": "precious\n"})
    for path, target in {
        "static.cfg": str(outside / "precious.cfg"),
        "added.txt": "../outside/new.txt",
        "LICENSE": "folder/../../outside/precious.cfg",
    }.items():
        (project / path).unlink(missing_ok=True)
        (project / path).symlink_to(target)
    commit(project)
    before = everything(tmp_path)
    found = rows(project, status=2)
    assert everything(tmp_path) == before
    assert (
        found["sound"]["problem"] is None
    )  # which would hide what happens to the rest
    assert found["sound"]["state"] == "conflict"


@pytest.mark.slow
def test_nothing_of_a_repository_runs(template: Path, tmp_path: Path) -> None:
    project = born(template, tmp_path / "sound", "2.0.0")
    hook = project / ".git/hooks/post-checkout"
    write(
        project, {".git/hooks/post-checkout": f"#!/bin/sh\ntouch '{tmp_path}/PWNED'\n"}
    )
    hook.chmod(0o755)
    for name in ("pre-commit", "post-commit", "post-index-change"):
        (hook.parent / name).write_bytes(hook.read_bytes())
        (hook.parent / name).chmod(0o755)
    git(project, "config", "core.fsmonitor", f"touch '{tmp_path}/PWNED'; false")
    git(project, "config", "filter.x.clean", f"touch '{tmp_path}/PWNED'; cat")
    write(project, {".gitattributes": "* filter=x\n"})
    (tmp_path / "PWNED").unlink(missing_ok=True)
    rows(project, status=1)
    assert not (tmp_path / "PWNED").exists()
    assert os.access(hook, os.X_OK)
