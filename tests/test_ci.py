"""The pipelines of GitHub and GitLab: the same checks on every supported Python, and releases."""

import json
import re
import shutil
import sys
import tomllib
import urllib.request
from collections.abc import Callable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import (
    ROOT,
    STARTERS,
    Generate,
    commit,
    git,
    jobs,
    rendered,
    run,
    run_job,
    template_outside_git,
)

GITHUB = Path(".github/workflows/standard.yml")
GITLAB = Path(".gitlab/standard.yml")
BIN = str(Path(sys.executable).parent)


@pytest.fixture(scope="module")
def made(copie_session: Any) -> Callable[..., Path]:
    """Render a project that tests only read, once for each forge and licence. The private one supports one Python."""

    @cache
    def made(ci: str, license: str = "MIT") -> Path:
        answers = {"project_name": "Demo", "ci": ci, "license": license}
        if license == "proprietary":
            answers["python_min"] = "3.15"
        return rendered(copie_session, answers, template_outside_git())

    return made


def github(project: Path, file: str = "standard") -> dict[str, Any]:
    """Return the jobs of a workflow as they are written."""
    path = project / f".github/workflows/{file}.yml"
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())["jobs"]
    return loaded


def tag_check(project: Path) -> str:
    """Return the command that compares a release's tag with version and changelog, for a tag in $TAG."""
    if (project / GITHUB).exists():
        steps = github(project)["build"]["steps"]
        (command,) = (x["run"] for x in steps if x.get("if"))
        return str(command).replace("$GITHUB_REF_NAME", "$TAG")
    (command,) = jobs(project, "release")["version"]
    return str(command).replace("$CI_COMMIT_TAG", "$TAG")


def pythons(project: Path) -> list[str]:
    """Return the versions that the tests run on."""
    if (project / GITHUB).exists():
        matrix = github(project)["test"]["strategy"]["matrix"]
        return [str(version) for version in matrix["python"]]
    loaded = yaml.safe_load((project / GITLAB).read_text())
    (matrix,) = loaded["test"]["parallel"]["matrix"]
    return [str(version) for version in matrix["PYTHON"]]


@pytest.mark.parametrize(
    ("repository", "ci"),
    [
        ("", "github"),
        ("https://github.com/ada/demo", "github"),
        ("https://gitlab.com/ada/demo", "gitlab"),
        ("ssh://git@gitlab.example.org:22/ada/demo", "gitlab"),
        ("https://example.org/gitlab/demo", "github"),
    ],
)
def test_the_repository_says_which_forge(
    generate: Generate, repository: str, ci: str
) -> None:
    project = generate(repository=repository)
    assert (project / GITHUB).exists() == (ci == "github")
    assert (project / GITLAB).exists() == (ci == "gitlab")


def test_none_is_none(made: Callable[..., Path]) -> None:
    project = made("none")
    assert not [
        path
        for path in project.iterdir()
        if path.name.startswith(".git")
        and path.name not in (".gitattributes", ".gitignore")
    ]


@pytest.mark.parametrize("ci", ["github", "gitlab"])
@pytest.mark.parametrize("python_min", ["3.11", "3.13"])
def test_every_supported_python_is_tested(
    generate: Generate, ci: str, python_min: str
) -> None:
    project = generate(ci=ci, python_min=python_min)
    metadata = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    classified = re.findall(r"Python :: (3\.\d+)", "\n".join(metadata["classifiers"]))
    assert pythons(project) == classified
    assert metadata["requires-python"] == f">={classified[0]}"


@pytest.mark.parametrize(
    ("license", "expected"), [("MIT", "3.14t"), ("proprietary", "3.15t")]
)
def test_one_python_is_free_threaded_and_blocks_nothing(
    made: Callable[..., Path], license: str, expected: str
) -> None:
    """GitHub alone has it: there is no such image of Python for GitLab."""
    project = made("github", license)
    test = github(project)["test"]
    more = [x["python"] for x in test["strategy"]["matrix"]["include"]]
    (free,) = set(more) - set(pythons(project))
    assert free == expected
    assert free.removesuffix("t") in pythons(project)
    assert test["continue-on-error"] == "${{ endsWith(matrix.python, 't') }}"
    assert pythons(made("gitlab", license)) == pythons(project)


def test_required_checks_keep_their_names(made: Callable[..., Path]) -> None:
    """Owners list them in a branch's protection, and a check that never reports blocks every pull request."""
    jobs = github(made("github"))
    assert {name: job["name"] for name, job in jobs.items()} == {
        "check": "Merge, lint, types, spelling",
        "test": "Python ${{ matrix.python }} on ${{ matrix.system }}",
        "lowest": "Lowest dependencies",
        "newest": "Newest dependencies",
        "build": "Build, test the sdist",
        "audit": "Audit the lock",
    }
    free = {name for name, job in jobs.items() if "continue-on-error" in job}
    assert free == {"test", "newest", "audit"}


@pytest.mark.parametrize("license", ["MIT", "proprietary"])
def test_no_test_runs_twice(made: Callable[..., Path], license: str) -> None:
    matrix = github(made("github", license))["test"]["strategy"]["matrix"]
    rows = [(x["python"], x["system"]) for x in matrix["include"]]
    assert len(rows) == len(set(rows)) == (5 if license == "MIT" else 3)
    assert not [
        x for x in rows if x[0] in matrix["python"] and x[1] in matrix["system"]
    ]


def test_both_forges_run_the_same(made: Callable[..., Path]) -> None:
    """Every command runs through the bootstrap, as on a laptop. Only the merge gate needs no environment."""
    checks = jobs(made("github"))
    assert checks == jobs(made("gitlab"))
    assert [*checks] == ["check", "test", "lowest", "newest", "build", "audit"]
    compare = tag_check(made("github"))
    assert compare == tag_check(made("gitlab"))
    for command in chain([compare], *checks.values()):
        assert re.match(r"(cd build/\*/ && )?\./bootstrap ", command) or (
            command == "python .standard/conflicts.py"
        )


@pytest.mark.slow
def test_what_they_run_passes(generate: Generate, tmp_path: Path) -> None:
    """Run each line in a fresh clone. test_starters runs the job "lowest", and the audit has a test of its own."""
    source, project = generate(ci="github"), tmp_path / "clone"
    changelog = source / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("unreleased", "2026-11-21"))
    git(source, "init", "--quiet")
    commit(source)
    git(tmp_path, "clone", "--quiet", source, project)
    checks = jobs(project)
    for name in ("check", "test", "build", "newest"):
        run_job(checks[name], project)
    names = sorted(path.name for path in (project / "dist").iterdir())
    assert [name.removeprefix(names[0].split("-")[0]) for name in names] == [
        "-0.1.0-py3-none-any.whl",
        "-0.1.0.tar.gz",
    ]
    compare = tag_check(project)
    run_job([f"TAG=v0.1.0; {compare}"], project)
    assert (project / "notes.md").read_text() == "- The first version.\n"
    with pytest.raises(AssertionError, match=r"the package says 0\.1\.0, not 0\.2\.0"):
        run_job([f"TAG=0.2.0; {compare}"], project)


@pytest.mark.slow
@pytest.mark.parametrize("starter", [path.name for path in STARTERS])
def test_no_lock_has_a_known_vulnerability(generate: Generate, starter: str) -> None:
    """Run the pipelines' audit against PyPI's advisories of today."""
    try:
        address = "https://pypi.org/pypi/setuptools/65.0.0/json"  # which has some
        with urllib.request.urlopen(address, timeout=20) as answer:
            known = json.load(answer)["vulnerabilities"]
    except (OSError, ValueError, KeyError) as error:
        pytest.skip(f"PyPI's advisories are out of reach: {error}")
    assert known
    project = generate(starter=starter)
    ((audit),) = jobs(project)["audit"]
    run_job([audit.removeprefix("./bootstrap ")], project)


def lint(*files: Path) -> str:
    """Return the findings of actionlint in workflows, and those of shellcheck in their commands."""
    path = {"PATH": f"{BIN}:/usr/bin:/bin"}  # where it finds shellcheck
    return run("actionlint", *files, cwd=ROOT, env=path, check=False).stdout


@pytest.mark.parametrize("license", ["MIT", "proprietary", None])
def test_reviewers_find_nothing(made: Callable[..., Path], license: str | None) -> None:
    """Check the workflows of a project, and this repository's own."""
    folder = (made("github", license) if license else ROOT) / ".github"
    run("zizmor", "--offline", "--pedantic", "--quiet", folder, cwd=folder)
    assert lint(*folder.glob("workflows/*.yml")) == ""


def test_the_linter_sees_shell(made: Callable[..., Path], tmp_path: Path) -> None:
    text = (made("github") / GITHUB).read_text()
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace("ruff check", "ruff $CHECK"))
    assert "SC2086" in lint(broken)


def test_the_shell_of_gitlab_is_sound(
    made: Callable[..., Path], tmp_path: Path
) -> None:
    for file in ("standard", "release"):
        for name, commands in jobs(made("gitlab"), file).items():
            script = tmp_path / f"{name}.sh"
            script.write_text("\n".join(["#!/bin/sh -e", *commands, ""]))
    scripts = sorted(tmp_path.glob("*.sh"))
    assert {"check", "build", "publish"} < {path.stem for path in scripts}
    run("shellcheck", *scripts, cwd=tmp_path)


def test_each_action_is_pinned_once(made: Callable[..., Path]) -> None:
    """Each pin is a full hash with its version beside it."""
    files = [*made("github").glob(".github/workflows/*.yml")]
    text = "".join(path.read_text() for path in files)
    pins = set(re.findall(r"uses: (?!\$/)(.*)", text))
    pin = re.compile(r"([\w/-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    names = {match[1] for match in map(pin.fullmatch, pins) if match}
    assert len(names) == len(pins) > 3


@pytest.mark.parametrize("license", ["MIT", "proprietary"])
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_forge_can_read_it(
    made: Callable[..., Path], ci: str, license: str
) -> None:
    """Use the forges' own JSON schemas, which check-jsonschema contains."""
    project = made(ci, license)
    schema = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}[ci]
    transform = ["--data-transform", "gitlab-ci"] if ci == "gitlab" else []
    files = [
        *project.glob(".gitlab*/*.yml"),
        *project.glob(".gitlab-ci.yml"),
        *project.glob(".github/workflows/*.yml"),
    ]
    assert len(files) == {"github": 2, "gitlab": 3}[ci]
    checker = shutil.which("check-jsonschema", path=BIN)
    run(str(checker), "--builtin-schema", schema, *transform, *files, cwd=project)


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_what_is_private_is_not_published(made: Callable[..., Path], ci: str) -> None:
    """Only the forge gets its release, and no job can prove its identity to others."""
    for license, published in [("MIT", True), ("proprietary", False)]:
        project = made(ci, license)
        (path,) = project.glob(".git*/**/release.yml")
        assert "release" in jobs(project, "release")
        assert ("publish" in jobs(project, "release")) == published
        assert (re.search("id.token", path.read_text()) is not None) == published


@pytest.mark.parametrize("license", ["MIT", "proprietary"])
def test_a_release_runs_the_checks_and_publishes_by_itself(
    made: Callable[..., Path], license: str
) -> None:
    """A called workflow cannot publish: PyPI compares a publisher with the workflow that holds the job."""
    project = made("github", license)
    release = project / ".github/workflows/release.yml"
    granted = yaml.safe_load(release.read_text())["permissions"]
    jobs = github(project, "release")
    assert [name for name, job in jobs.items() if "uses" in job] == ["standard"]
    called = jobs["standard"]["uses"]
    assert called.startswith("$/")  # this repository, at the commit that runs
    workflow = yaml.load(
        (project / called.removeprefix("$/")).read_text(), yaml.BaseLoader
    )
    assert "workflow_call" in workflow["on"]
    # GitHub starts no workflow that asks for more than its caller grants.
    assert workflow["permissions"] == granted == {"contents": "read"}
    assert "permissions" not in jobs["standard"]
    assert not any("permissions" in job for job in workflow["jobs"].values())
    assert "publish" not in workflow["jobs"]

    last = "standard"
    if license == "MIT":
        assert jobs["publish"]["permissions"] == {"id-token": "write"}
        assert jobs["publish"]["environment"] == "pypi"
        assert jobs["publish"]["needs"] == last
        last = "publish"
    assert jobs["release"]["needs"] == last
    # No distribution of a tag that the version or the changelog contradicts leaves the called workflow.
    (upload,) = [
        number
        for number, step in enumerate(workflow["jobs"]["build"]["steps"])
        if "/upload-artifact@" in step.get("uses", "")
    ]
    before = [x.get("if") for x in workflow["jobs"]["build"]["steps"][:upload]]
    assert before.count("github.ref_type == 'tag'") == 1

    # Jobs share files by the name of the artifact.
    steps = [
        step
        for job in [*workflow["jobs"].values(), *jobs.values()]
        for step in job.get("steps", [])
    ]
    (uploaded,) = (
        step["with"] for step in steps if "/upload-artifact@" in step.get("uses", "")
    )
    assert uploaded == {"name": "distributions", "path": "dist/\nnotes.md\n"}
    downloads = [x for x in steps if "/download-artifact@" in x.get("uses", "")]
    assert len(downloads) == (2 if license == "MIT" else 1)
    # Into the workspace, so dist/ is where the action of PyPI looks by itself.
    assert all(step["with"] == {"name": "distributions"} for step in downloads)
    if license == "MIT":
        assert "with" not in jobs["publish"]["steps"][-1]
    make = jobs["release"]["steps"][-1]["run"]
    assert " dist/* " in make
    assert make.endswith(" --notes-file notes.md")


@pytest.mark.parametrize(
    ("ci", "folder"), [("github", ".github/workflows"), ("gitlab", ".gitlab")]
)
def test_a_release_needs_the_templates_own_checks(
    generate: Generate, ci: str, folder: str
) -> None:
    """An adopted repository that has another standard.yml gets no release.yml, which could not use it."""
    project = generate(ci=ci, adopted=[f"{folder}/standard.yml"])
    assert not (project / folder / "release.yml").exists()
    assert (generate(ci=ci, adopted=[]) / folder / "release.yml").exists()


# ---- The gate -----------------------------------------------------------------------------------------------------------


def test_the_gate_stands_before_commits_and_in_every_pipeline(
    made: Callable[..., Path],
) -> None:
    for ci in ("github", "gitlab", "none"):
        project = made(ci)
        config = yaml.safe_load((project / ".pre-commit-config.yaml").read_text())
        gate = config["repos"][0]["hooks"][0]
        assert gate["entry"].endswith(".standard/conflicts.py")
        assert gate["always_run"]
        if ci != "none":
            assert jobs(project)["check"][0] == "python .standard/conflicts.py"
