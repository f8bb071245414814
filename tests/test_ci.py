"""The pipelines of GitHub and GitLab: the same checks, on every Python that the project supports."""

import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Generate, git, run

GITHUB = Path(".github/workflows/standard.yml")
GITLAB = Path(".gitlab/standard.yml")


def pipeline(project: Path) -> dict[str, Any]:
    """Return the standard's workflow or pipeline."""
    path = project / (GITHUB if (project / GITHUB).exists() else GITLAB)
    loaded: dict[str, Any] = yaml.safe_load(path.read_text())
    return loaded


def commands(project: Path) -> list[str]:
    """Return what all jobs run on Linux, in order."""
    loaded = pipeline(project)
    if "jobs" not in loaded:
        return [line for job in ("check", "test") for line in loaded[job]["script"]]
    steps = [step for job in loaded["jobs"].values() for step in job["steps"]]
    return [
        step["run"] for step in steps if "run" in step and step.get("shell") != "pwsh"
    ]


def pythons(project: Path) -> list[str]:
    """Return the versions that the tests run on."""
    loaded = pipeline(project)
    if "jobs" in loaded:
        found = loaded["jobs"]["test"]["strategy"]["matrix"]["python"]
    else:
        ((matrix),) = loaded["test"]["parallel"]["matrix"]
        found = matrix["PYTHON"]
    return [str(version) for version in found]


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


def test_none_is_none(generate: Generate) -> None:
    project = generate(ci="none")
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


def test_both_forges_run_the_same(generate: Generate) -> None:
    """Through the bootstrap, as on a laptop; the gate alone needs no environment."""
    github, gitlab = (commands(generate(ci=ci)) for ci in ("github", "gitlab"))
    assert github == gitlab
    assert all(x.startswith("./bootstrap ") for x in github if "conflicts.py" not in x)


@pytest.mark.slow
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_what_they_run_passes(generate: Generate, ci: str) -> None:
    """Every line of the jobs, in a fresh clone."""
    project = generate(ci=ci)
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for command in commands(project):
        run("bash", "-ec", command, cwd=project, env={"CI": "true", "PATH": path})


@pytest.mark.parametrize("python_min", ["3.11", "3.15"])
def test_zizmor_finds_nothing(generate: Generate, python_min: str) -> None:
    project = generate(ci="github", python_min=python_min)
    run(
        "zizmor", "--offline", "--pedantic", "--quiet", project / ".github", cwd=project
    )


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_forge_can_read_it(generate: Generate, ci: str) -> None:
    """By the forges' own JSON schemas, which check-jsonschema carries."""
    project = generate(ci=ci)
    schema = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}[ci]
    transform = ["--data-transform", "gitlab-ci"] if ci == "gitlab" else []
    files = [
        *project.glob(".gitlab*/*.yml"),
        *project.glob(".gitlab-ci.yml"),
        *project.glob(".github/*/*.yml"),
    ]
    assert files
    checker = shutil.which("check-jsonschema", path=str(Path(sys.executable).parent))
    run(str(checker), "--builtin-schema", schema, *transform, *files, cwd=project)


def hooks(project: Path) -> dict[str, dict[str, Any]]:
    """Return the hooks that run before a commit, by name."""
    (repository,) = yaml.safe_load((project / ".pre-commit-config.yaml").read_text())[
        "repos"
    ]
    assert repository["repo"] == "local"
    return {hook["id"]: hook for hook in repository["hooks"]}


def test_the_gate_stands_before_commits_and_in_every_pipeline(
    generate: Generate,
) -> None:
    for ci in ("github", "gitlab", "none"):
        project = generate(ci=ci)
        assert hooks(project)["conflicts"]["entry"].endswith("scripts/conflicts.py")
        if ci != "none":
            assert commands(project)[0] == "python scripts/conflicts.py"


@pytest.mark.slow
def test_hooks_pass_in_a_fresh_project(generate: Generate) -> None:
    """Each as pre-commit calls it, with all files; spelling sees every text, the lock's hashes apart."""
    project = generate(exports="lazy", license="GPL-3.0-or-later")
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    files = git(project, "ls-files").splitlines()
    for hook in hooks(project).values():
        kept = [x for x in files if not re.search(hook.get("exclude", "^$"), x)]
        if "types_or" in hook:
            kept = [x for x in kept if x.endswith(".py")]
        given = [] if hook.get("pass_filenames") is False else kept
        run(*hook["entry"].split(), *given, cwd=project)
    assert git(project, "diff", "--name-only") == ""
