"""Campaigns over many repositories with all-repos, and several projects in one repository."""

import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from conftest import NEXT, RELEASES, ROOT, born, commit, copier, git, run
from support.files import append, contents, edit
from support.fleets import Fleet, campaign, know
from support.owners import edit_as_owner, is_yours

LATEST = "1000.1.0"
# How many repositories of each kind; those of the first two are spread over the releases.
KINDS = {
    "clean": 8,
    "edited": 8,
    "conflict": 3,
    "monorepo": 2,
    "vanished": 2,
    "blocked": 2,
    "garbled": 1,
    "elsewhere": 4,
}


@pytest.fixture(scope="module")
def template(history: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of the template, which Copier caches, with a release that changes a line and adds a file."""
    folder = tmp_path_factory.mktemp("later")
    run("git", "clone", "--quiet", history, folder / "work", cwd=ROOT)
    edit(folder / "work/template/.gitattributes", "eol=lf", "eol=lf size=3")
    (folder / "work/template/ADDED.md").write_text("New in every project.\n")
    commit(folder / "work", LATEST)
    run(
        "git",
        "clone",
        "--quiet",
        "--bare",
        folder / "work",
        folder / "plinth.git",
        cwd=ROOT,
    )
    return f"git+file://{folder / 'plinth.git'}"


def conflict(project: Path) -> None:
    """Change the line that the latest release changes."""
    edit(project / ".gitattributes", "eol=lf", "eol=lf size=8")


def seed(folder: Path, template: str) -> Fleet:
    """Make thirty repositories, clone them with all-repos, and then break one of the clones."""
    seeds: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    for release in RELEASES:
        clean = folder / "clean" / release / "demo"
        clean.parent.mkdir(parents=True)
        seeds["clean"].append(born(template, release, clean, {}))
        edited = shutil.copytree(clean, folder / "edited" / release / "demo")
        edit_as_owner(edited)
        commit(edited)
        seeds["edited"].append(edited)
    for kind in ("conflict", "vanished", "blocked", "garbled"):
        project = shutil.copytree(clean, folder / kind / "demo")
        answers = project / ".copier-answers.yml"
        if kind == "conflict":
            conflict(project)
        elif kind == "vanished":
            edit(answers, f"_commit: {release}", "_commit: 0.0.1")
        elif (
            kind == "blocked"
        ):  # by a folder where a new file is to be: the update ends half way
            (project / "ADDED.md").mkdir()
            (project / "ADDED.md/mine").write_text("Mine.\n")
        else:
            append(answers, "}{\n")
        commit(project)
        seeds[kind].append(project)
    elsewhere, mono = folder / "elsewhere/demo", folder / "monorepo/demo"
    for path in (elsewhere, mono):
        path.mkdir(parents=True)
        git(path, "init", "--quiet", "--initial-branch=main")
        (path / "README.md").write_text("Mine.\n")
    for name in ("one", "two"):
        shutil.copytree(
            clean, mono / "packages" / name, ignore=shutil.ignore_patterns(".git")
        )
    conflict(mono / "packages/one")
    for path in (elsewhere, mono):
        commit(path)
    seeds["elsewhere"].append(elsewhere)
    seeds["monorepo"].append(mono)

    kinds = {}
    for kind, number in KINDS.items():
        for index in range(number):
            name = f"{kind}-{index:02}"
            kinds[name] = kind
            source = seeds[kind][index % len(seeds[kind])]
            run(
                "git",
                "clone",
                "--quiet",
                "--bare",
                source,
                folder / "forge" / f"{name}.git",
                cwd=folder,
            )
    fleet = Fleet(folder, folder / "all-repos.json", kinds)
    know(fleet)
    return fleet


@pytest.mark.slow
def test_a_campaign_over_thirty_repositories(template: str, tmp_path: Path) -> None:
    """What can be updated is, new files included; the rest is named, and stays as it was to the last byte."""
    fleet = seed(tmp_path, template)
    before = {name: fleet.head(name) for name in fleet.kinds}
    shutil.rmtree(tmp_path / "clones/elsewhere-00/.git")

    clone = str(tmp_path / "clones/clean-00")
    assert campaign(fleet, template, "--dry-run", "--to", NEXT, "--repos", clone) == (
        0,
        "1 repositories: 1 updated",
        [],
    )
    assert fleet.head("clean-00") == before["clean-00"]

    status, last, left = campaign(fleet, template, "-j", "2")
    assert (status, last) == (1, "27 repositories: 18 updated, 11 failed")
    named = sorted(re.findall(r"(?:/forge/|/clones/)([\w-]+)", " ".join(left)))
    stuck = fleet.of("conflict", "vanished", "blocked", "garbled")
    assert named == sorted([*stuck, *fleet.of("monorepo"), "elsewhere-00"])
    for line in left:
        if "/conflict-" in line or "/monorepo-" in line:
            assert ".gitattributes has conflict markers" in line

    for name in [*stuck, *fleet.of("elsewhere")]:
        assert fleet.head(name) == before[name]
    for name in fleet.of("clean", "edited"):
        assert (
            git(fleet.remote(name), "rev-parse", "HEAD^").strip()
            == before[name].strip()
        )
        assert f"_commit: {LATEST}" in fleet.show(name, ".copier-answers.yml")
        assert "ADDED.md" in fleet.paths(name)
    for name in fleet.of("edited"):
        assert "pretty = true" in fleet.show(name, "pyproject.toml")
        assert fleet.show(name, "README.md") == "# Mine\n\nRewritten.\n"
    for name in fleet.of("monorepo"):
        changed = git(
            fleet.remote(name), "diff", "--name-only", before[name].strip(), "HEAD"
        ).splitlines()
        assert "packages/two/ADDED.md" in changed
        assert all(path.startswith("packages/two/") for path in changed)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_remote_that_is_gone_does_not_end_a_campaign(
    tmp_path: Path, jobs: str
) -> None:
    """all-repos raises where it cannot fetch; the repositories after it have their turn."""
    kinds = {"absent": "absent", "broken": "broken"}
    fleet = Fleet(tmp_path, tmp_path / "all-repos.json", kinds)
    for name in kinds:
        run("git", "init", "--quiet", tmp_path / name, cwd=tmp_path)
        (tmp_path / name / ".copier-answers.yml").write_text("_src_path: nowhere\n}{\n")
        commit(tmp_path / name)
        clone = ("git", "clone", "--quiet", "--bare", tmp_path / name)
        run(*clone, fleet.remote(name), cwd=tmp_path)
    know(fleet)
    shutil.rmtree(fleet.remote("absent"))
    status, last, left = campaign(fleet, "nowhere", "-j", jobs)
    assert (status, last) == (1, "2 repositories: 2 failed")
    assert "/absent" in left[0]
    assert "/broken" in left[1]


@pytest.mark.slow
def test_projects_in_one_repository_update_independently(
    template: str, tmp_path: Path
) -> None:
    """Each in its folder with its answers file; the update of one leaves the other alone, and a finished one does not wait."""
    top = tmp_path / "mono"
    top.mkdir()
    git(top, "init", "--quiet", "--initial-branch=main")
    copy = ("copy", "--quiet", "--defaults")
    copier(*copy, f"--vcs-ref={RELEASES[0]}", template, "packages/one", cwd=top)
    copier(*copy, f"--vcs-ref={RELEASES[-1]}", template, "packages/two", cwd=top)
    edit_as_owner(top / "packages/one")
    commit(top)
    for this, that in ("one", "two"), ("two", "one"):
        before = contents(top / "packages" / that)
        mine = {
            x: y for x, y in contents(top / "packages" / this).items() if is_yours(x)
        }
        copier("update", "--defaults", cwd=top / "packages" / this)
        run(sys.executable, ".standard/conflicts.py", cwd=top / "packages" / this)
        after = contents(top / "packages" / this)
        assert yaml.safe_load(after[".copier-answers.yml"])["_commit"] == LATEST
        assert "ADDED.md" in after
        assert {x: y for x, y in after.items() if is_yours(x)} == mine
        assert contents(top / "packages" / that) == before
        changed = git(top, "status", "--porcelain", "-uall").splitlines()
        assert {line[3:].split("/")[1] for line in changed} == {this}
        commit(top)
    assert b"pretty = true" in contents(top / "packages/one")["pyproject.toml"]
