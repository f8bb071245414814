"""An organisation's template, plinth/organisation: its policy in new, updated and moved projects, without --trust."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import (
    NEXT,
    RELEASES,
    ROOT,
    Generate,
    born,
    commit,
    copier,
    git,
    run,
    template_outside_git,
)
from support.cover import rather
from support.files import append, contents, edit
from support.organisations import EXAMPLE, organise, pin
from support.owners import edit_as_owner, is_yours

OWN = {"SECURITY.md", ".standard/pip.conf"}
POLICY = {
    "user_name": "Plinth contributors",
    "user_email": "python@example.org",
    "license": "Apache-2.0",
    "repository": "https://git.example.org/python/demo",
    "python_min": "3.12",
    "ci": "gitlab",
}
OTHER = {"license": "proprietary", "python_min": "3.13", "ci": "github"}
LATER = {"license": "MPL-2.0", "python_min": "3.13", "user_email": "py@example.org"}


@pytest.fixture(scope="module", autouse=True)
def _submodules_from_folders() -> Iterator[None]:
    """Let git clone submodules from a folder, which it does from a URL without being told."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_CONFIG_COUNT", "1")
        patch.setenv("GIT_CONFIG_KEY_0", "protocol.file.allow")
        patch.setenv("GIT_CONFIG_VALUE_0", "always")
        yield


@pytest.fixture(scope="module")
def base(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return Plinth with a release after the next one, which changes a file and a hook of the standard."""
    newer = tmp_path_factory.mktemp("base") / "plinth"
    run("git", "clone", "--quiet", history, newer, cwd=ROOT)
    append(newer / "template/.gitattributes", "\n*.new text\n")
    hooks = newer / "template/.pre-commit-config.yaml.jinja"
    edit(hooks, "name: no unfinished merge", "name: no merge left")
    commit(newer, "1000.1.0")
    return newer


@pytest.fixture
def organisation(base: Path, tmp_path: Path) -> Path:
    """Return the example as a repository."""
    return organise(tmp_path / "standard", base)


def move_on(organisation: Path) -> None:
    """Change the policy, a file and a hook of the organisation's, and the release of its base."""
    git(organisation / "base", "checkout", "--quiet", "1000.1.0")
    pin(organisation, **LATER)
    append(organisation / "files/SECURITY.md.jinja", "\nThank you.\n")
    hooks = organisation / "files/.pre-commit-config.yaml"
    edit(hooks, "1_000_000", "2_000_000")
    commit(organisation, "2026.12.0")


def new(template: Path, release: str, folder: Path) -> Path:
    """Return a project under git."""
    folder.parent.mkdir()
    return born(template, release, folder, {})


def update(project: Path) -> dict[str, bytes]:
    """Update a project without --trust, find no conflict, and return its files."""
    copier("update", "--defaults", project, cwd=project.parent)
    run(sys.executable, ".standard/conflicts.py", cwd=project)
    return contents(project)


def fresh(organisation: Path, folder: Path) -> dict[str, bytes]:
    """Return a new project, without what is yours."""
    folder.parent.mkdir()
    copier("copy", "--quiet", "--defaults", organisation, folder, cwd=folder.parent)
    return standard(contents(folder))


def standard(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return what is not yours, without the documents, which stay in the folder of their birth."""
    placed = tuple(
        f"{x}/{y}.md" for x in (".github", "docs") for y in ("CONTRIBUTING", "SECURITY")
    )
    return {x: y for x, y in files.items() if not is_yours(x) and x not in placed}


def assert_in_force(files: dict[str, bytes], policy: dict[str, str]) -> None:
    """Assert that a project follows a policy, and that no answer repeats it."""
    pyproject = files["pyproject.toml"].decode()
    named = {"proprietary": "LicenseRef-Proprietary"}
    wanted = named.get(policy["license"], policy["license"])
    assert f'license = "{wanted}"' in pyproject
    assert f'requires-python = ">={policy["python_min"]}' in pyproject
    assert policy["user_email"] in pyproject
    pipelines = {".gitlab-ci.yml": "gitlab", ".github/workflows/standard.yml": "github"}
    assert [x for path, x in pipelines.items() if path in files] == [policy["ci"]]
    assert b"id: large-files" in files[".pre-commit-config.yaml"]
    assert policy["user_email"].encode() in files["SECURITY.md"]
    assert not POLICY.keys() & yaml.safe_load(files[".copier-answers.yml"]).keys()


def test_a_repository_is_adopted_by_the_organisation(
    organisation: Path, tmp_path: Path
) -> None:
    """The policy holds, and the repository's own licence stays: no second one comes, in no form."""
    pin(organisation, ci="github")
    commit(organisation, "2026.11.1")
    project = tmp_path / "sound"
    files = {
        "src/sound/__init__.py": "",
        "setup.py": "from setuptools import setup\nsetup(name='sound', license='BSD')\n",
        "docs/SECURITY.rst": "",
    }
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    adopt = (sys.executable, "-m", "plinth", "adopt", "--apply", "--json")
    done = run(*adopt, f"--template={organisation}", project, cwd=ROOT)
    report = json.loads(done.stdout)
    assert report["version"] == "2026.11.1"
    assert not report["answers"].keys() & POLICY.keys()
    found = contents(project)
    assert OWN - {"SECURITY.md"} <= found.keys()
    assert not [x for x in found if x.startswith((".gitlab", "LICENSE"))]
    assert ".github/SECURITY.md" not in found
    assert b"[project]" not in found["pyproject.toml"]
    assert b"license" not in found["pyproject.toml"]


def test_the_example_is_plinth_with_a_policy(
    generate: Generate, tmp_path: Path
) -> None:
    """File for file what the same answers give, apart from the organisation's own files and hook."""
    organisation = shutil.copytree(EXAMPLE, tmp_path / "standard")
    shutil.copytree(template_outside_git(), organisation / "base")
    answers = {"project_name": "Demo", "modules": "formats.wave:Wave"}
    ours = contents(generate(organisation, **answers))
    plain = contents(generate(**answers, **POLICY))
    assert ours.keys() - plain.keys() == OWN
    changed = {path for path in plain if ours[path] != plain[path]}
    assert changed == {".copier-answers.yml", ".pre-commit-config.yaml"}
    assert_in_force(ours, POLICY)
    hooks, others = (
        yaml.safe_load(x[".pre-commit-config.yaml"])["repos"] for x in (ours, plain)
    )
    assert hooks[0]["hooks"].pop()["id"] == "large-files"
    assert hooks == others
    assert (
        b"index-url = https://packages.example.org/simple/"
        in ours[".standard/pip.conf"]
    )


@pytest.mark.slow
def test_two_organisations_differ(
    base: Path, organisation: Path, tmp_path: Path
) -> None:
    """In their policies alone; each brings its own by an update."""
    other = organise(tmp_path / "other", base, **OTHER)
    for template, policy in (organisation, POLICY), (other, {**POLICY, **OTHER}):
        project = new(template, "2026.11.0", tmp_path / f"of-{template.name}/demo")
        assert_in_force(contents(project), policy)
        move_on(template)
        assert_in_force(update(project), {**policy, **LATER})


@pytest.mark.slow
def test_an_update_brings_policy_and_base(organisation: Path, tmp_path: Path) -> None:
    """An untouched project becomes a fresh one; in an edited one every edit is kept, and nothing conflicts."""
    untouched = new(organisation, "2026.11.0", tmp_path / "a/demo")
    edited = new(organisation, "2026.11.0", tmp_path / "b/demo")
    edit_as_owner(edited)
    # The one line that the policy changes, too.
    edit(
        edited / "pyproject.toml",
        'requires-python = ">=3.12.1',
        'requires-python = ">=3.12',
    )
    commit(edited)
    mine = contents(edited)
    move_on(organisation)
    wanted = fresh(organisation, tmp_path / "c/demo")
    assert standard(update(untouched)) == wanted
    after = update(edited)
    assert_in_force(after, {**POLICY, **LATER})
    assert {x: y for x, y in after.items() if is_yours(x)} == {
        x: y for x, y in mine.items() if is_yours(x)
    }
    shared = {"pyproject.toml", "requirements_dev.txt", ".gitignore", "MANIFEST.in"}
    shared |= {".gitlab-ci.yml"}
    own = {".github/workflows/own.yml", "scripts/mine.sh"}
    theirs = standard(after)
    changed = {x for x in theirs | wanted if theirs.get(x) != wanted.get(x)}
    assert changed == shared | own
    assert b"pretty = true" in after["pyproject.toml"]
    assert b"*.new text" in after[".gitattributes"]
    hooks = after[".pre-commit-config.yaml"]
    assert b"name: no merge left" in hooks
    assert b"2_000_000" in hooks


@pytest.mark.slow
@pytest.mark.parametrize(
    "release",
    rather(pytest.mark.complete, [*RELEASES, NEXT], RELEASES[0], RELEASES[-1], NEXT),
)
def test_a_project_moves_to_an_organisation(
    base: Path, organisation: Path, tmp_path: Path, release: str
) -> None:
    """As plinth/README.md says: Plinth's tags in the organisation's repository, another address in the answers."""
    project = new(base, release, tmp_path / "b/demo")
    edit_as_owner(project)
    edit(
        project / "pyproject.toml",
        'requires-python = ">=3.11.1',
        'requires-python = ">=3.11',
    )
    commit(project)
    mine = contents(project)

    git(organisation, "fetch", "--quiet", base, "refs/tags/*:refs/tags/*")
    edit(
        project / ".copier-answers.yml",
        f"_src_path: {base}",
        f"_src_path: {organisation}",
    )
    commit(project)
    moved = update(project)
    assert_in_force(moved, POLICY)
    assert {x: y for x, y in moved.items() if is_yours(x)} == {
        x: y for x, y in mine.items() if is_yours(x)
    }
    assert b"pretty = true" in moved["pyproject.toml"]
    assert b"/data/" in moved[".gitignore"]
    assert b"tomli-w" in moved["requirements_dev.txt"]
    assert ".github/workflows/own.yml" in moved
    wanted = fresh(organisation, tmp_path / "c/demo")
    assert moved.keys() - {".github/workflows/own.yml"} >= wanted.keys()
    same = {
        "LICENSE",
        ".standard/pip.conf",
        "SECURITY.md",
        ".pre-commit-config.yaml",
        ".gitattributes",
    }
    assert {x: moved[x] for x in same} == {x: wanted[x] for x in same}

    commit(project)
    move_on(organisation)
    assert_in_force(update(project), {**POLICY, **LATER})


@pytest.mark.slow
def test_defaults_are_frozen_and_a_data_file_is_forgotten(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What plinth/README.md says of Copier's settings and of --data-file, which a small team may use instead."""
    settings, data = tmp_path / "settings.yml", tmp_path / "data.yml"
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(settings))
    settings.write_text("defaults: { license: ISC }")
    data.write_text("user_name: Ada Lovelace")
    project = tmp_path / "demo"
    given = f"--data-file={data}"
    copier(
        "copy",
        "--quiet",
        "--defaults",
        f"--vcs-ref={NEXT}",
        given,
        base,
        project,
        cwd=tmp_path,
    )
    git(project, "init", "--quiet")

    def answers(*options: str) -> tuple[str, str]:
        commit(project)
        copier("update", "--defaults", *options, project, cwd=tmp_path)
        found = yaml.safe_load((project / ".copier-answers.yml").read_text())
        return found["license"], found["user_name"]

    settings.write_text("defaults: { license: MPL-2.0 }")
    data.write_text("user_name: Plinth contributors")
    assert answers() == ("ISC", "Ada Lovelace")
    assert answers(given) == ("ISC", "Plinth contributors")
