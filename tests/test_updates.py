"""`copier update`, without --trust: what it brings, what it must not touch, and what it refuses.

The releases are those of this repository's history, found by title and tagged in a temporary clone, and the working
tree stands for the next one.
"""

import itertools
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import (
    NEXT,
    RELEASES,
    ROOT,
    STARTERS,
    VERSION_1,
    born,
    commit,
    copier,
    git,
    jobs,
    manifest,
    run,
    tool,
)
from packaging.version import Version
from support.cover import pairwise, rather, thin
from support.files import append, contents, edit
from support.owners import (
    YOURS,
    edit_as_owner,
    edit_matrix,
    edit_workflow,
    is_yours,
)

MORE = "extra.wave:Wave util:go"
OPTIONS = {
    "release": RELEASES,
    "starter": [path.name for path in STARTERS],
    "exports": ["eager", "lazy"],
    "license": ["MIT", "proprietary"],
    "python_min": ["3.11", "3.13"],
    "modules": [None, MORE],
    "repository": ["", "https://gitlab.com/ada/demo", "https://github.com/ada/demo"],
    "ci": [None, "gitlab", "none"],
    "docs": [None, True],
}
SINCE = {"ci": "1.1.0", "docs": "1.3.0"}  # questions that came with a later release
for name, since in SINCE.items():
    if not any(Version(release) >= Version(since) for release in RELEASES):
        del OPTIONS[name]  # which is to come


def possible(row: list[Any]) -> bool:
    """Return whether a row, which may still lack its last columns, can be answered in its release."""
    chosen = dict(zip(OPTIONS, row, strict=False))
    starter = chosen.get("starter")
    never = manifest(ROOT / "starters" / starter)["never"] if starter else {}
    early = any(
        chosen.get(name) and Version(str(chosen["release"])) < Version(since)
        for name, since in SINCE.items()
    )
    return chosen.get("exports") not in never and not early


def single() -> Iterator[list[Any]]:
    """Yield every value of every option for each starter of each release, one option at a time."""
    release, starter, *options = OPTIONS.values()
    for place in itertools.product(release, starter):
        usual = [["lazy"] if values[0] == "eager" else values[:1] for values in options]
        for number, values in enumerate(options):
            for value in values:
                row = [*place, *(x[0] for x in usual)]
                row[2 + number] = value
                yield row


def cases() -> Iterator[Any]:
    """Yield a table of test cases: a small cover, and behind the marker `complete` all values of all options.

    In the cover the newest patch stands for its minor release.
    """
    patched = {release.rpartition(".")[0]: release for release in RELEASES}
    columns = {**OPTIONS, "release": list(patched.values())}
    pairs = pairwise(columns, possible) if RELEASES else []
    few = thin(pairs, columns, once="starter")
    rest = {str(row): row for row in single() if possible(row) and row not in pairs}
    for row in [*pairs, *rest.values()]:
        release, *values = row
        answers = dict(zip(list(OPTIONS)[1:], values, strict=True))
        yield pytest.param(
            release,
            {name: value for name, value in answers.items() if value is not None},
            id=" ".join([release, *(re.sub(r"\W+", "-", str(x))[:12] for x in values)]),
            marks=pytest.mark.slow if row in few else pytest.mark.complete,
        )


CASES = list(cases())


@pytest.mark.parametrize(("release", "answers"), CASES)
def test_an_untouched_project_becomes_a_fresh_one(
    history: Path, tmp_path: Path, release: str, answers: dict[str, Any]
) -> None:
    """File for file, apart from what is yours; and a second update has nothing to do."""
    project = born(history, release, tmp_path / "demo", answers)
    before = contents(project)
    copier("update", "--defaults", project, cwd=tmp_path)
    after = contents(project)
    fresh = tmp_path / "fresh/demo"
    fresh.parent.mkdir()
    known = tmp_path / "answers.yml"
    recorded = yaml.safe_load(after[".copier-answers.yml"])
    known.write_text(yaml.safe_dump({k: v for k, v in recorded.items() if k[0] != "_"}))
    copier(
        "copy",
        "--quiet",
        "--defaults",
        "--data-file",
        known,
        history,
        fresh,
        cwd=tmp_path,
    )
    new = contents(fresh)
    assert {x: y for x, y in after.items() if not is_yours(x)} == {
        x: y for x, y in new.items() if not is_yours(x)
    }
    assert {x: y for x, y in after.items() if is_yours(x)} == {
        x: y for x, y in before.items() if is_yours(x)
    }
    commit(project)
    copier("update", "--defaults", project, cwd=tmp_path)
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.parametrize(("release", "answers"), CASES)
def test_edits_survive_an_update(
    history: Path, tmp_path: Path, release: str, answers: dict[str, Any]
) -> None:
    """No conflict, every edit kept, nothing that was deleted back again."""
    project = born(history, release, tmp_path / "demo", answers)
    edit_as_owner(project)
    git(project, "add", "--all")
    edits = git(project, "diff", "--cached", "--unified=0", "--no-renames")
    commit(project)
    before = contents(project)
    copier("update", "--defaults", project, cwd=tmp_path)
    run(sys.executable, ".standard/conflicts.py", cwd=project)
    after = contents(project)
    tomllib.loads(after["pyproject.toml"].decode())
    for path in before:
        if is_yours(path) or path == ".github/workflows/own.yml":
            assert after[path] == before[path]
    assert {path for path in after if is_yours(path)} == {
        x for x in before if is_yours(x)
    }
    # What an edit added to a shared file is there, and what it took away is not.
    base = git(project, "rev-parse", "HEAD~1").strip()
    git(project, "add", "--all")
    kept = git(project, "diff", "--cached", "--unified=0", "--no-renames", base)
    lost = [
        line
        for line in edits.splitlines()
        if line[:1] in "+-" and line[:3] not in ("+++", "---") and line not in kept
    ]
    assert lost == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "release", [x for x in RELEASES if x in ("1.1.0", "1.2.0", "1.3.1", "1.4.0")]
)
def test_an_edited_workflow_survives_an_update(
    history: Path, tmp_path: Path, release: str
) -> None:
    """Before version 2, owners could take this file for theirs. That of 1.1 and 1.2 had only two jobs of today."""
    project = born(history, release, tmp_path / "demo", {"ci": "github"})
    workflow = project / ".github/workflows/standard.yml"
    old = workflow.read_text()
    edit_matrix(workflow)
    if Version(release) >= Version("1.3"):
        edit_workflow(workflow)
    lines = {x for x in workflow.read_text().splitlines() if x not in old}
    commit(project)
    copier("update", "--quiet", "--defaults", project, cwd=tmp_path)
    run(sys.executable, ".standard/conflicts.py", cwd=project)
    new = workflow.read_text().splitlines()
    assert lines - set(new) == set()
    (tmp_path / "fresh").mkdir()
    fresh = born(history, NEXT, tmp_path / "fresh/demo", {"ci": "github"})
    updated = jobs(project)
    assert updated.pop("mine", ["make"]) == ["make"]
    assert updated == jobs(fresh)
    run(Path(sys.executable).with_name("actionlint"), workflow, cwd=project)


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

    with (newer / "template/.gitattributes").open("a") as file:
        file.write("\n*.new text\n")
    # The template changes each file that is yours, as well.
    for name in YOURS - {"src", "tests"}:
        (path,) = (newer / "template").glob(f"{name}*")
        with path.open("a") as file:
            file.write("# A new line\n")
    for name in "src/{{ package_name }}/new.py", "tests/test_new.py":
        (newer / "template" / name).write_text("# A new file\n")
    commit(newer, "1.1.0")
    year = yaml.safe_load((project / ".copier-answers.yml").read_text())[
        "copyright_year"
    ]
    copier("update", "--defaults", "--data", "modules=other:x", project, cwd=tmp_path)

    assert "*.new text" in (project / ".gitattributes").read_text()
    assert (project / "src/project/greeting.py").read_text() == "# mine\n"
    assert not (project / "tests/test_greeting.py").exists()
    assert (project / "README.md").read_text() == "Mine.\n"
    assert (project / "requirements_prod.txt").read_text() == "packaging\n"
    changed = {line[3:] for line in git(project, "status", "--porcelain").splitlines()}
    assert changed == {".copier-answers.yml", ".gitattributes"}
    assert (
        yaml.safe_load((project / ".copier-answers.yml").read_text())["copyright_year"]
        == year
    )


@pytest.mark.slow
def test_a_deleted_file_stays_deleted(template: Path, tmp_path: Path) -> None:
    """Also where the new release changes that file."""
    newer = tmp_path / "newer"
    run("git", "clone", "--quiet", template, newer, cwd=tmp_path)
    project = tmp_path / "project"
    copier("copy", "--defaults", newer, project, cwd=tmp_path)
    git(project, "init", "--quiet")
    commit(project)
    git(project, "rm", "-r", "--quiet", *YOURS)
    commit(project)
    for name in YOURS - {"src", "tests"}:
        (path,) = (newer / "template").glob(f"{name}*")
        path.write_text(path.read_text().replace("\n", "  \n"))
    commit(newer, "1.1.0")
    copier("update", "--defaults", project, cwd=tmp_path)
    assert not [name for name in YOURS if (project / name).exists()]


def test_a_recopy_leaves_what_is_yours(template: Path, tmp_path: Path) -> None:
    """With --overwrite, too, which replaces the template's own files."""
    project = tmp_path / "project"
    copier("copy", "--defaults", template, project, cwd=tmp_path)
    yours = [path for path in contents(project) if is_yours(path)]
    for path in [*yours, ".gitattributes"]:
        (project / path).write_text("Mine.\n")
    copier("recopy", "--defaults", "--overwrite", project, cwd=tmp_path)
    after = contents(project)
    assert [path for path in yours if after[path] != b"Mine.\n"] == []
    assert after[".gitattributes"] != b"Mine.\n"


# What owners write into pyproject.toml: keys in tables that a release made, and tables that a later release makes.
KEYS = {
    "tool.poe.tasks": 'build = "python -m build"',
    "tool.deptry": 'ignore = ["DEP002"]',
    "tool.pytest.ini_options": 'markers = ["mine: of the owner"]',
    "tool.coverage": 'report.omit = ["mine.py"]',
    "tool.mypy": "pretty = true",
    "tool.ruff": "line-length = 100",
    "tool.check-sdist": 'sdist-only = ["mine.txt"]',
    "tool.uv": 'managed = true\nexclude-newer = "1 day"',
    "tool.codespell": 'skip = "mine.txt"',
    "tool.repo-review": 'ignore = ["PC"]',
    "tool.ruff.lint": 'extend-select = ["C4"]',
    "dependency-groups": 'mine = ["tomli-w"]',
}


# An owner keeps lists in their order: each new line follows one of the template.
LINES = {
    '    "packaging",\n': '    "pre-commit",\n',
    '    "setuptools",\n': '    "types-requests",\n',
    '"spelling", "test"': ', "build"',
}


@pytest.mark.slow
@pytest.mark.parametrize("release", VERSION_1)
def test_tables_and_keys_of_an_owner_stay(
    history: Path, tmp_path: Path, release: str
) -> None:
    """TOML takes a key once, so an update adds none to an older project. It leaves the lines beside an owner's alone."""
    project = born(history, release, tmp_path / "demo", {})
    path = project / "pyproject.toml"
    text = path.read_text()
    for table, lines in KEYS.items():
        head, found, rest = text.partition(f"[{table}]\n")
        there, space, rest = rest.rstrip("\n").partition("\n\n")
        if not found:
            text = f"{text}\n[{table}]\n{lines}\n"
        elif table != "tool.check-sdist":  # its one line changes with the folder
            text = f"{head}{found}{there}\n{lines}{space}{rest}\n"
    for line, more in LINES.items():
        text = text.replace(line, line + more)
    path.write_text(text)
    commit(project)
    copier("update", "--defaults", project, cwd=tmp_path)
    run(sys.executable, ".standard/conflicts.py", cwd=project)
    before, after = tomllib.loads(text), tomllib.loads(path.read_text())
    for table, lines in KEYS.items():
        had, has = before, after
        for name in table.split("."):
            had, has = had[name], has[name]
        for key in tomllib.loads(lines):
            assert has.get(key) == had.get(key), f"{key} in [{table}]"
    assert after["dependency-groups"] == before["dependency-groups"]
    if "extend_exclude" in before["tool"]["deptry"]:
        assert "scripts/" in after["tool"]["deptry"]["extend_exclude"]
    tasks = [x["tool"]["poe"]["tasks"].get("check") for x in (before, after)]
    assert tasks[0] == tasks[1]


@pytest.mark.slow
@pytest.mark.parametrize("starter", [path.name for path in STARTERS])
def test_the_settings_of_a_starter_stay(
    history: Path, tmp_path: Path, starter: str
) -> None:
    """An older project keeps in pyproject.toml what its own tests, types and rules need."""
    release = VERSION_1[-1]
    recipe = git(history, "show", f"{release}:starters/{starter}/starter.yml")
    tables = yaml.safe_load(recipe).get("pyproject", {}).values()
    lines = {line for text in tables for line in text.splitlines() if line[:1] != "#"}
    if not lines:
        pytest.skip("this starter added no settings")
    project = born(history, release, tmp_path / "demo", {"starter": starter})
    before = (project / "pyproject.toml").read_text().splitlines()
    copier("update", "--quiet", "--defaults", project, cwd=tmp_path)
    after = (project / "pyproject.toml").read_text().splitlines()
    assert lines.intersection(before) - set(after) == set()


@pytest.mark.slow
def test_new_modules_of_a_starter_never_clash_with_yours(
    template: Path, tmp_path: Path
) -> None:
    """A later release of the starter has modules, names and packages that the project has already."""
    newer = tmp_path / "newer"
    run("git", "clone", "--quiet", template, newer, cwd=tmp_path)
    modules = ["wire:Wire", "tape.reel:Reel", "deck"]
    answers = {"starter": "numpy", "modules": " ".join(modules)}
    project = born(newer, "1.0.0", tmp_path / "project", answers)
    manifest = newer / "starters/numpy/starter.yml"
    text = manifest.read_text()
    added = "modules:\n  - wire:Wire\n  - other:Reel,deck\n"
    text = text.replace("modules:\n", added)
    text = text.replace("files:\n", "files:\n  - src/tape/__init__.py\n")
    assert text.count("Wire") == text.count("tape") == 1
    manifest.write_text(text)
    commit(newer, "1.1.0")
    more = f"modules={' '.join(modules)} more"
    copier("update", "--defaults", "--data", more, project, cwd=tmp_path)
    assert git(project, "status", "--porcelain") == " M .copier-answers.yml\n"


@pytest.fixture(scope="module")
def fresh(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a new project under git."""
    return born(template, "1.0.0", tmp_path_factory.mktemp("fresh") / "demo", {})


@pytest.fixture
def project(fresh: Path, tmp_path: Path) -> Path:
    """Return a copy of a new project under git."""
    return shutil.copytree(fresh, tmp_path / "demo", symlinks=True)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ("package_name=other", '"other" is not "demo". To rename it by hand'),
        pytest.param(
            "distribution_name=other",
            '"other" is not "demo". To rename it by hand',
            marks=pytest.mark.slow,
        ),
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
    assert "To rename it by hand" in printed.strip().splitlines()[-1]
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "docs"),
    [
        ("demo", "true"),
        ("demo", "false"),
        ("stamp", "false"),  # also a word of the bootstrap
        ("matrix", "false"),  # also a word of the pipeline
    ],
)
def test_the_commands_of_the_refusal_rename_a_project(
    template: Path, tmp_path: Path, name: str, docs: str
) -> None:
    """No old name is left, the checks pass, the next update has nothing to do, and drift finds nothing."""
    project = tmp_path / name
    data = [f"--data=docs={docs}", "--data=repository=https://example.org/ada/demo"]
    options = ["--defaults", "--vcs-ref=1.0.0", *data]
    copier("copy", *options, template, project, cwd=tmp_path)
    git(project, "init", "--quiet")
    commit(project)
    answer = "--data=package_name=other"
    _, printed = copier("update", "--defaults", answer, cwd=project, check=False)
    _, _, commands = printed.strip().rpartition("in a clean checkout: ")
    run("sh", "-ec", commands, cwd=project, env={"CI": ""})
    left = run("git", "grep", "-ilw", name, cwd=project, check=False).stdout
    own = (".standard/", "bootstrap", ".github/workflows/standard.yml")
    assert [
        x for x in left.splitlines() if name == "demo" or not x.startswith(own)
    ] == []
    assert not [path for path in project.glob(f"src/**/*{name}*") if path.is_dir()]
    commit(project)
    _, printed = copier("update", "--defaults", cwd=project)
    assert git(project, "status", "--porcelain") == "", printed
    run("./bootstrap", "--locked", "pytest", "--cov", cwd=project)
    run("./bootstrap", "mypy", cwd=project)
    tools = "plinth" if (ROOT / "plinth").is_dir() else "fleet"
    done = run(sys.executable, "-m", tools, "drift", project, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_changed_answers_reach_the_files_that_show_them(project: Path) -> None:
    """All but what is yours; of that the last words tell."""
    answers = {
        "license": "ISC",
        "repository": "https://example.org/ada/demo",
        "description": "It hears.",
        "python_min": "3.12",
        "exports": "lazy",
        "modules": "filters:equalize",
    }
    before = contents(project)
    data = [f"--data={name}={value}" for name, value in answers.items()]
    _, printed = copier("update", "--defaults", *data, project, cwd=project)
    after = contents(project)
    assert {x: y for x, y in after.items() if is_yours(x)} == {
        x: y for x, y in before.items() if is_yours(x)
    }
    pyproject = after["pyproject.toml"].decode()
    for text in (
        'license = "ISC"',
        'Repository = "https://example.org/ada/demo"',
        'description = "It hears."',
        'requires-python = ">=3.12"',
    ):
        assert text in pyproject
    assert b"ISC License" in after["LICENSE"]
    left = printed.partition("Please change them by hand:\n")[2]
    assert left.strip().splitlines() == [
        "README.md, first sentence: It hears., no longer A Python package.",
        "  README.md, example: from demo import equalize, no longer from demo import Greeter",
        "  README.md, oldest Python: 3.12, no longer 3.11",
        "  README.md, licence: ISC, no longer MIT",
        "  src/ and tests/: write and export filters:equalize",
        "  src/ and tests/: delete greeting:Greeter,greet if you no longer want it",
        "  src/: make the imports of each __init__.py lazy, as in a new project",
    ]
    commit(project)
    _, printed = copier("update", "--defaults", project, cwd=project)
    assert "by hand" not in printed
    assert "run ./bootstrap pytest" in printed
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.slow
def test_the_words_name_a_licence_that_is_left_to_its_owner(project: Path) -> None:
    """The template then has no LICENSE, and Copier deletes that of the owner, too."""
    (project / "LICENSE").write_text("My own terms.\n")
    commit(project)
    update = ("update", "--defaults", "--data=license=other", project)
    _, printed = copier(*update, cwd=project)
    line = '  LICENSE: write your own; "git checkout HEAD LICENSE" brings back the one that you had\n'
    assert line in printed
    run("git", "checkout", "HEAD", "LICENSE", cwd=project)
    commit(project)
    _, printed = copier("update", "--defaults", project, cwd=project)
    assert "LICENSE" not in printed
    assert git(project, "status", "--porcelain") == ""
    assert (project / "LICENSE").read_text() == "My own terms.\n"


@pytest.mark.slow
def test_the_words_name_new_answers_of_a_project_from_version_1(
    history: Path, tmp_path: Path
) -> None:
    """It has no record of the lines in README, so each answer after --data counts as new."""
    release = VERSION_1[-1]
    project = born(history, release, tmp_path / "demo", {})
    data = ("--data=license=ISC", "--data=python_min=3.12")
    _, printed = copier("update", "--defaults", *data, project, cwd=tmp_path)
    left = printed.partition("Please change them by hand:\n")[2]
    assert left.strip().splitlines() == [
        "README.md, licence: ISC",
        "  README.md, oldest Python: 3.12",
    ]


def dirty(project: Path, template: Path) -> None:
    append(project / "README.md", "Mine.\n")


def without_answers(project: Path, template: Path) -> None:
    (project / ".copier-answers.yml").unlink()
    commit(project)


def without_template(project: Path, template: Path) -> None:
    edit(project / ".copier-answers.yml", str(template), f"{template}-gone")
    commit(project)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (dirty, "Destination repository is dirty"),
        (without_answers, "Template not found"),
        (without_template, "Local template must be a directory."),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_what_cannot_be_updated_is_said_in_a_line(
    template: Path, project: Path, trouble: Callable[[Path, Path], None], said: str
) -> None:
    """In Copier's own words, the last line of what may be a traceback; the project stays as it is."""
    trouble(project, template)
    before = contents(project)
    status, printed = copier("update", "--defaults", project, cwd=project, check=False)
    assert status != 0
    assert said in printed.strip().splitlines()[-1]
    assert contents(project) == before


@pytest.mark.slow
def test_a_downgrade_is_refused(template: Path, project: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer"
    run("git", "clone", "--quiet", template, newer, cwd=tmp_path)
    commit(newer, "1.1.0")
    edit(project / ".copier-answers.yml", str(template), str(newer))
    commit(project)
    copier("update", "--defaults", project, cwd=tmp_path)
    commit(project)
    old = ("update", "--defaults", "--vcs-ref=1.0.0", project)
    status, printed = copier(*old, cwd=tmp_path, check=False)
    assert status != 0
    (line,) = printed.strip().splitlines()
    assert line.startswith("You are downgrading from 1.1.0 to 1.0.0.")
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.slow
def test_an_adopted_repository_is_updated_like_any_other(
    template: Path, tmp_path: Path
) -> None:
    """What it had stays its own; what the standard added, the standard keeps."""
    project = tmp_path / "sound"
    (project / "sound").mkdir(parents=True)
    (project / "sound/__init__.py").write_text('"""Sound."""\n')
    (project / "pyproject.toml").write_text('[project]\nname = "sound"\n')
    (project / ".gitignore").write_text("/mine/\n")
    (project / ".gitlab-ci.yml").write_text("mine: {script: [make]}\n")
    git(project, "init", "--quiet")
    git(project, "remote", "add", "origin", "https://gitlab.com/ada/sound.git")
    commit(project)
    own = contents(project)
    answers = tmp_path / "answers.yml"
    adopt = (sys.executable, "-m", "plinth", "adopt", project, "--output", answers)
    run(*adopt, cwd=ROOT)
    newer = tmp_path / "newer"
    run("git", "clone", "--quiet", template, newer, cwd=tmp_path)
    copy = ("copy", "--defaults", "--data-file", answers, newer, project)
    _, printed = copier(*copy, cwd=tmp_path)
    assert (
        "leaves these files to you, in updates, too: .gitignore, .gitlab-ci.yml, LICENSE, pyproject.toml."
        in printed
    )
    assert "Start the project" not in printed
    steps = ("git status", "requirements_prod.txt", "./bootstrap pytest", "git add")
    words = printed.partition("Left to do")[2]
    assert sorted(steps, key=words.index) == list(steps)
    adopted = contents(project)
    assert own.items() <= adopted.items()
    added = {"bootstrap", ".standard/bootstrap.py", ".gitlab/standard.yml"}
    assert added <= set(adopted)
    assert not [path for path in adopted if path.startswith(("src/", "tests/"))]
    commit(project)
    for name in (".gitattributes", ".gitignore.jinja", "pyproject.toml.jinja"):
        append(newer / "template" / name, "\n# New.\n")
    commit(newer, "1.1.0")
    copier("update", "--defaults", project, cwd=tmp_path)
    changed = {line[3:] for line in git(project, "status", "--porcelain").splitlines()}
    assert changed == {".copier-answers.yml", ".gitattributes"}


@pytest.mark.slow
def test_a_killed_update_is_undone_by_git(
    template: Path, project: Path, tmp_path: Path
) -> None:
    """At any moment: what README says brings everything back, and the next update goes through."""
    newer = tmp_path / "newer"
    run("git", "clone", "--quiet", template, newer, cwd=tmp_path)
    append(newer / "template/.gitattributes", "\n*.new text\n")
    (newer / "template/.standard/new.txt").write_text("New.\n")
    commit(newer, "1.1.0")
    edit(project / ".copier-answers.yml", str(template), str(newer))
    append(project / "README.md", "Mine.\n")
    commit(project)
    before = contents(project)
    command = [sys.executable, "-m", "copier", "update", "--defaults", str(project)]
    started = time.monotonic()
    run(*command, cwd=tmp_path)
    took = time.monotonic() - started
    wanted = contents(project)
    assert wanted != before
    undo = "git checkout --quiet . && git clean -fdq"
    run("sh", "-c", undo, cwd=project)
    changed = 0
    for part in range(10):
        child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            child.wait(timeout=took * (0.5 + part / 20))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        changed += contents(project) != before
        run("sh", "-c", undo, cwd=project)
        assert contents(project) == before
    assert changed, "no kill came in the middle"
    run(*command, cwd=tmp_path)
    assert contents(project) == wanted


EXPORTS = '''"""The public names of demo."""

from . import formats, mine
from .mine import VALUE

__version__ = "0.2.0"

__all__ = ["VALUE", "formats", "mine"]
'''
MINE = """

def test_mine() -> None:
    import demo

    assert demo.VALUE == 1
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "release", rather(pytest.mark.complete, RELEASES, RELEASES[0], *RELEASES[-2:])
)
def test_an_edited_project_is_green_after_an_update(
    history: Path, tmp_path: Path, release: str
) -> None:
    """With dependencies and a tool of its own: the bootstrap renews the lock, then all passes."""
    project = born(history, release, tmp_path / "demo", {})
    edit_as_owner(project)
    assert not (project / "src/demo/greeting.py").exists()
    (renamed,) = project.glob("tests/**/test_renamed.py")
    append(project / "src/demo/mine.py", "\nVALUE = 1\n")
    exports = EXPORTS
    if (project / "src/demo/formats").exists():  # the example before version 2
        (project / "tests/test_greeting.py").unlink()
        append(renamed, MINE)
    else:
        renamed.write_text(MINE.lstrip())
        exports = exports.replace("formats, ", "").replace('"formats", ', "")
    (project / "src/demo/__init__.py").write_text(exports)
    mine = '"""Print a line."""\n\nprint("mine")\n'
    (project / "scripts/mine.py").write_text(mine)
    tool("ruff", "check", "scripts/mine.py", cwd=project)
    commit(project)
    copier("update", "--defaults", project, cwd=tmp_path)
    git(project, "add", "--all")
    assert (project / "scripts/mine.py").read_text() == mine
    tool("ruff", "check", "scripts/mine.py", cwd=project)
    printed = run("./bootstrap", "pytest", cwd=project, env={"CI": ""})
    assert "renewing it" in printed.stdout + printed.stderr
    run("./bootstrap", "--locked", "python", "-c", "import idna, tomli_w", cwd=project)
