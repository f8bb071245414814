"""What the strictest public reviewers say of a fresh project: nothing, for a pairwise cover of options and all starters.

Those that read only the project's files are quick; those that read its distributions are behind the marker `slow`.
tests/test_ci.py has the reviewers of pipelines.
"""

import re
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from email import message_from_string
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml
from conftest import ROOT, STARTERS, Generate, git, manifest, run, tool
from pyroma.ratings import rate
from repo_review.processor import CollectionReturn, collect_all, process
from support.cover import pairwise, thin
from validate_pyproject.api import Validator

BIN = Path(sys.executable).parent
MAIL = "ada@example.org"
OPTIONS: dict[str, list[Any]] = {
    "starter": [path.name for path in STARTERS],
    "license": ["MIT", "GPL-3.0-or-later", "proprietary"],
    "python_min": ["3.11", "3.13", "3.15"],
    "ci": ["github", "gitlab", "none"],
    "repository": ["https://github.com/ada/demo", "ssh://git@example.org/x.git", ""],
    "exports": ["eager", "lazy"],
    "docs": [False, True],
    "user_email": [MAIL, ""],
}
LICENSES = yaml.safe_load((ROOT / "copier.yml").read_text())["license"]["choices"]
# Without GH200, which pyproject.toml ignores, these do not run.
NO_DEPENDABOT = ("GH210", "GH211", "GH212")
# What the checks of GitHub's workflows say where there is none.
NOT_ON_GITHUB = {
    **{f"GH{number}": None for number in (101, 102, 103, 104, 105)},
    **{f"GH{number}": None for number in (200, 210, 211, 212)},
    "GH100": False,
    "SEC001": None,
}


def possible(row: list[Any]) -> bool:
    """Return whether a row, which may still lack its last columns, can be answered."""
    chosen = dict(zip(OPTIONS, row, strict=False))
    never = manifest(ROOT / "starters" / chosen["starter"])["never"]
    return chosen.get("exports") not in never


def rows() -> Iterator[dict[str, Any]]:
    """Yield a small cover of the options, then the licences that it lacks."""
    for row in thin(pairwise(OPTIONS, possible), OPTIONS, once="starter"):
        yield dict(zip(OPTIONS, row, strict=True))
    # With `other`, the reviewers miss the licence until its owner adds it.
    for license in sorted(set(LICENSES) - set(OPTIONS["license"]) - {"other"}):
        first = {name: values[0] for name, values in OPTIONS.items()}
        yield {**first, "starter": "library", "license": license}


ROWS = list(rows())


def repo_review(project: Path) -> dict[str, bool | None]:
    """Return the checks of Scientific Python's guide that fail or are skipped.

    The plugin for pyproject.toml has a test of its own below, since it takes long to start.
    """
    fixtures, tasks, families = collect_all(project)
    others = {name: check for name, check in tasks.items() if name != "VPP001"}
    collected = CollectionReturn(fixtures, others, families)
    results = process(project, collected=collected).results
    assert len(results) > 40 or project == ROOT
    return {check.name: check.result for check in results if check.result is not True}


def skipped(ci: str) -> dict[str, bool | None]:
    """Return the checks that do not apply to a project."""
    return dict.fromkeys(NO_DEPENDABOT) if ci == "github" else {**NOT_ON_GITHUB}


@pytest.mark.parametrize("ci", OPTIONS["ci"])
def test_sp_repo_review(generate: Generate, ci: str) -> None:
    """Nothing fails, and it skips nothing but what asks about Dependabot, or about GitHub's workflows elsewhere."""
    assert repo_review(generate(ci=ci)) == skipped(ci)


def test_a_project_ignores_only_what_it_does_another_way(generate: Generate) -> None:
    """Without its list of ignored checks, these and no others fail."""
    project = generate()
    path = project / "pyproject.toml"
    kept, _, ignored = path.read_text().partition("[tool.repo-review]")
    path.write_text(kept)
    failed = {name for name, found in repo_review(project).items() if found is False}
    families = {re.sub(r"^PC\d+", "PC", name) for name in failed}
    assert families == set(tomllib.loads(ignored)["ignore"])


@cache
def validator() -> Validator:
    """Return what knows every table that has a schema; it takes seconds to make."""
    return Validator()


def distributions(project: Path, folder: Path) -> tuple[Path, Path]:
    """Build the sdist and the wheel."""
    tool("build", "--no-isolation", "--outdir", folder, cwd=project)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


@pytest.mark.slow
@pytest.mark.parametrize(
    "answers", ROWS, ids=[" ".join(map(str, filter(None, x.values()))) for x in ROWS]
)
def test_reviewers_find_nothing(
    generate: Generate, answers: dict[str, Any], tmp_path: Path
) -> None:
    project = generate(project_name="Demo", user_name="Ada Lovelace", **answers)
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    assert repo_review(project) == skipped(answers["ci"])
    pyproject = tomllib.loads((project / "pyproject.toml").read_text())
    validator()(pyproject)
    run(BIN / "rumdl", "check", "--no-cache", "--disable", "MD013", ".", cwd=project)
    where = "." if "deptry" in pyproject["tool"] else "src"  # as deptry documents it
    run(BIN / "deptry", where, cwd=project)
    run(BIN / "check-sdist", "--no-isolation", "--inject-junk", cwd=project)

    sdist, wheel = distributions(project, tmp_path / "dist")
    tool("twine", "check", "--strict", sdist, wheel, cwd=project)
    run(BIN / "check-wheel-contents", wheel, cwd=project)
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        texts = {x: archive.read(x).decode() for x in names if ".dist-info/" in x}
    (metadata,) = (text for name, text in texts.items() if name.endswith("/METADATA"))
    wanting = {
        "user_email": "Your package does not have author-email data.",
        "repository": "Your package should have a 'url' field",
    }
    rating, remarks = rate(described(metadata))
    expected = [text for name, text in wanting.items() if not answers[name]]
    assert len(remarks) == len(expected), remarks
    assert all(map(str.startswith, remarks, expected))
    assert (rating == 10) == (not expected)

    # The licence: one expression, one text, the same in all places.
    (shipped,) = (x for name, x in texts.items() if name.endswith("/licenses/LICENSE"))
    text = (project / "LICENSE").read_text()
    with tarfile.open(sdist) as archive:
        (packed,) = (
            x
            for x in archive.getnames()
            if x.count("/") == 1 and x.endswith("/LICENSE")
        )
        file = archive.extractfile(packed)
        assert file
        assert text == shipped == file.read().decode()
    chosen = answers["license"]
    fields = message_from_string(metadata)
    assert fields["License-File"] == "LICENSE"
    assert pyproject["project"]["license"] == fields["License-Expression"]
    readme = (project / "README.md").read_text()
    if chosen == "proprietary":
        assert fields["License-Expression"] == "LicenseRef-Proprietary"
        assert "All rights reserved" in readme
        assert "Private :: Do Not Upload" in fields.get_all("Classifier", [])
    else:
        assert fields["License-Expression"] == chosen
        assert f"Licence: {chosen}, see" in readme


def described(metadata: str) -> dict[str, Any]:
    """Return metadata as pyroma wants them: by lower-case name, a list where a name comes more than once."""
    message = message_from_string(metadata)
    fields = {
        name.lower(): found[0] if len(found) == 1 else found
        for name in set(message.keys())
        if (found := message.get_all(name))
    }
    return {**fields, "description": message.get_payload()}


TOOLS = {"codespell", "mypy", "ruff"}


def hooks(project: Path) -> dict[str, dict[str, Any]]:
    """Return the configuration of each pre-commit hook, by the hook's name."""
    config = yaml.safe_load((project / ".pre-commit-config.yaml").read_text())
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    return {hook["id"]: hook for hook in config["repos"][0]["hooks"]}


def test_the_lock_alone_chooses_the_versions_of_the_hooks(generate: Generate) -> None:
    """So no hook has a version of its own, and none must be fetched."""
    project = generate()
    entries = {hook["entry"].split()[1] for hook in hooks(project).values()}
    assert entries == {*TOOLS, "python"}
    assert all(hook["language"] == "system" for hook in hooks(project).values())
    assert all(x["entry"].startswith("./bootstrap ") for x in hooks(project).values())
    lock = (project / "requirements_lock.txt").read_text()
    assert set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)) > TOOLS


@pytest.mark.slow
def test_hooks_and_tasks_run_offline(
    generate: Generate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By pre-commit and poe themselves: they find nothing in a fresh project, and each fault is found by its hook."""
    project = generate(exports="lazy", license="GPL-3.0-or-later", user_email=MAIL)
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    run("./bootstrap", cwd=project)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    for name in ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY"):  # nothing listens there
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "none")
    command = (BIN / "pre-commit", "run", "--all-files", "--color=never")
    run(*command, cwd=project)
    assert git(project, "diff", "--name-only") == ""
    done = run(BIN / "poe", "check", cwd=project, env={"VIRTUAL_ENV": ""})
    assert "Total coverage: 100.00%" in done.stdout

    (package,) = project.glob("src/*/__init__.py")
    faults = {
        "conflicts": ("merge.txt", "<<<<<<< before updating\n"),
        "ruff-check": ("bug.py", '"""Doc."""\n\nassert (1, "x")\n'),
        "ruff-format": ("page.md", "# Page\n\n```python\nx = [1,2]\n```\n"),
        "mypy": ("kind.py", '"""Doc."""\n\nkind: str = 1\n'),
        "codespell": ("spell.md", f"# {'heT'[::-1]} page\n"),
    }
    for name, text in faults.values():
        folder = package.parent if name.endswith(".py") else project
        (folder / name).write_text(text)
    git(project, "add", "--all")
    done = run(*command, cwd=project, check=False)
    assert done.returncode != 0
    failed = set(re.findall(r"^- hook id: (\S+)", done.stdout, re.MULTILINE))
    assert failed == set(faults) == set(hooks(project)), done.stdout


# What does not apply to this repository, each with the reason.
NOT_HERE = {
    "PP006": "no package manager installs it: requirements_dev.txt is what ./bootstrap takes",
    "RF003": "it has no src",
    "SEC001": "tests/test_ci.py runs zizmor on its workflows",
}


def test_this_repository_passes_as_well() -> None:
    """All that applies, with no setting that hides anything."""
    found = repo_review(ROOT)
    # These want hooks from known repositories. Ours run the tools of the lock, also offline.
    hooks = {name for name in found if name.startswith("PC")}
    assert {name: NOT_HERE.get(name) for name in found.keys() - hooks} == NOT_HERE
    run(BIN / "codespell", cwd=ROOT)
    dependabot = ROOT / ".github/dependabot.yml"
    schema = ("--builtin-schema", "vendor.dependabot")
    run(BIN / "check-jsonschema", *schema, dependabot, cwd=ROOT)
    workflows = ("zizmor", "--offline", "--pedantic", "--quiet", ".github")
    run(BIN / workflows[0], *workflows[1:], cwd=ROOT)
