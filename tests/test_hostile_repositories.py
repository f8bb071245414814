"""Repositories that try to have their code run by a campaign or by drift: modules, programs, hooks, git's settings.

One campaign and one report meet all attacks at once. Each attack would leave a file of its own name.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, commit, git, run
from support.fleets import IDENTITY, Fleet, know

pytestmark = pytest.mark.slow  # the attacks run together, once

# Modules that Python, Copier or the gate import.
MODULES = (
    *("copier", "yaml", "sitecustomize", "usercustomize", "json", "subprocess"),
    *("jinja2", "plumbum", "packaging", "jinja2_ansible_filters", "pathspec"),
)
PROGRAMS = ("git", "python", "python3", "git-upload-pack", "sh")
HOOKS = (
    *("post-checkout", "pre-commit", "prepare-commit-msg", "commit-msg"),
    *("post-commit", "post-merge", "pre-push", "post-index-change"),
)
FOLDERS = ("", "--upload-pack=touch option")
BARE = "bare"  # a folder that git takes for a repository of its own


def arm(folder: Path, marks: Path, kind: str) -> None:
    """Put the modules and programs into a folder."""
    for name in MODULES:
        code = f"open({str(marks / f'{kind}-{name}')!r}, 'w')\n"
        (folder / f"{name}.py").write_text(code)
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(code)
        (folder / name / "__main__.py").write_text(code)
    for name in PROGRAMS:
        program(folder / name, marks / f"{kind}-{name}")


def program(path: Path, mark: Path) -> None:
    """Write a program that leaves a mark."""
    path.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 0\n")
    path.chmod(0o755)


def hooked(folder: Path, marks: Path, kind: str) -> None:
    """Give a git folder hooks and settings that name programs."""
    hooks = folder / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in HOOKS:
        program(hooks / name, marks / f"{kind}-{name}")
    for name in ("core.fsmonitor", "diff.external", "core.pager"):
        program(folder / name, marks / f"{kind}-{name}")
        git(folder, "config", name, str(folder / name))
    git(folder, "config", "core.hooksPath", str(hooks))


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a campaign with and without --dry-run, and drift, over a hostile repository."""
    top = tmp_path_factory.mktemp("hostile")
    marks, template = top / "marks", top / "template"
    marks.mkdir()
    (template / "[x]").mkdir(parents=True)
    (template / "copier.yml").write_text("_subdirectory: '[x]'\n_version: 1\n")
    answers = "[x]/{{ _copier_conf.answers_file }}.jinja"
    (template / answers).write_text("{{ _copier_answers|to_nice_yaml }}")
    (template / "[x]/file").write_text("one\n")
    git(template, "init", "--quiet", "--initial-branch=main")
    commit(template, "1.0.0")
    (template / "[x]/file").write_text("two\n")
    commit(template, "1.1.0")

    work = top / "work"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    for number, name in enumerate(FOLDERS):
        project = work / name
        project.mkdir(exist_ok=True)
        text = f"_commit: 1.0.0\n_src_path: {template}\n"
        (project / ".copier-answers.yml").write_text(text)
        (project / "file").write_text("one\n")
        arm(project, marks, f"folder{number}")
    bare = work / BARE
    run("git", "init", "--quiet", "--bare", bare, cwd=top)
    for name in ("objects", "refs"):
        (bare / name / "kept").touch()
    hooked(bare, marks, BARE)
    (bare / ".copier-answers.yml").write_text(text)
    (bare / "file").write_text("one\n")
    commit(work)
    fleet = Fleet(top, top / "all-repos.json", {"hostile": "hostile"})
    run("git", "clone", "--quiet", "--bare", work, fleet.remote("hostile"), cwd=top)
    know(fleet)
    clone = top / "clones/hostile"
    hooked(clone / ".git", marks, "clone")
    hooked(template / ".git", marks, "template")

    command = (sys.executable, "-m", "plinth", "campaign", "-C", fleet.config)
    path = {"PATH": f".:{Path(sys.executable).parent}:/usr/bin:/bin"}
    told: list[Any] = []
    for more in (["--dry-run"], []):
        named = ["--template", str(template), *more]
        done = run(*command, *named, cwd=ROOT, env=IDENTITY | path, check=False)
        told.append(done.stdout.splitlines()[-1])
    drift = (sys.executable, "-m", "plinth", "drift", "--json", clone)
    done = run(*drift, cwd=ROOT, env=path, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    for name in ("preview", "restore"):
        again = (sys.executable, "-m", "plinth", name, "--json", clone)
        done = run(*again, cwd=ROOT, env=path, check=False)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        told.append(sorted({row["problem"] or row["state"] for row in found}))
    (top / "told").write_text(json.dumps([told, rows]))
    return top


def test_all_is_read_and_updated_all_the_same(attacked: Path) -> None:
    told, rows = json.loads((attacked / "told").read_text())
    assert told[:2] == ["1 repositories: 2 updated, 1 failed"] * 2
    # The same project fails in a preview: its folder looks like a git folder.
    failed = (
        "copier update fails: Updating is only supported in git-tracked subprojects."
    )
    assert told[2:] == [["changes", failed], ["clean"]]
    assert len(rows) == len(FOLDERS) + 1
    assert not [row["problem"] for row in rows if row["problem"]]
    remote = attacked / "forge/hostile.git"
    for name in FOLDERS:
        path = f"HEAD:{name}/file".replace(":/", ":")
        assert git(remote, "show", path) == "two\n"


@pytest.mark.parametrize("kind", ["folder0", "folder1"])
def test_no_module_or_program_of_a_repository_runs(attacked: Path, kind: str) -> None:
    assert not [x.name for x in (attacked / "marks").glob(f"{kind}-*")]


@pytest.mark.parametrize("kind", ["clone", "template", BARE])
def test_no_hook_or_setting_of_a_git_folder_runs(attacked: Path, kind: str) -> None:
    assert not [x.name for x in (attacked / "marks").glob(f"{kind}-*")]
    assert not list(attacked.rglob("option"))
