"""What the strictest public reviewers say of a fresh project: nothing, for a pairwise cover of options and all starters.

Those that read only the project's files are quick; those that read its distributions are behind the marker `slow`.
tests/test_ci.py has the reviewers of pipelines.
"""

import re
import subprocess
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
from allpairspy import AllPairs
from conftest import ROOT, STARTERS, Generate, git, run, tool
from pyroma.ratings import rate
from repo_review.processor import CollectionReturn, collect_all, process
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
    manifest = (ROOT / "starters" / chosen["starter"] / "starter.yml").read_text()
    return chosen.get("exports") not in yaml.safe_load(manifest).get("never", {})


def rows() -> Iterator[dict[str, Any]]:
    """Yield a pairwise cover of the options, then the licences that it lacks."""
    for row in AllPairs(list(OPTIONS.values()), filter_func=possible):
        yield dict(zip(OPTIONS, row, strict=True))
    for license in sorted(set(LICENSES) - set(OPTIONS["license"])):
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
    assert len(results) > 50 or project == ROOT
    return {check.name: check.result for check in results if check.result is not True}


@pytest.mark.parametrize("ci", OPTIONS["ci"])
def test_sp_repo_review(generate: Generate, ci: str) -> None:
    """Nothing fails and nothing is skipped but what asks about GitHub's workflows where there is none."""
    found = repo_review(generate(ci=ci))
    assert found == ({} if ci == "github" else NOT_ON_GITHUB)


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
    assert repo_review(project) == ({} if answers["ci"] == "github" else NOT_ON_GITHUB)
    pyproject = tomllib.loads((project / "pyproject.toml").read_text())
    validator()(pyproject)
    run(BIN / "rumdl", "check", "--no-cache", "--disable", "MD013", ".", cwd=project)
    run(BIN / "deptry", ".", cwd=project)
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


# What the repositories say of their hooks, as far as a project's configuration does not say it again.
MANIFEST: dict[str, dict[str, Any]] = {
    "ruff-check": {"types_or": ["python", "pyi", "jupyter"]},
    "ruff-format": {},
    "mypy": {"types_or": ["python", "pyi"]},
    "codespell": {"types": ["text"]},
    "check-added-large-files": {},
    "check-case-conflict": {},
    "check-toml": {"types": ["toml"]},
    "check-yaml": {"types": ["yaml"]},
    "end-of-file-fixer": {"types": ["text"]},
    "trailing-whitespace": {
        "entry": "trailing-whitespace-fixer",
        "types": ["text"],
    },
    "text-unicode-replacement-char": {
        "entry": "\N{REPLACEMENT CHARACTER}",
        "language": "pygrep",
        "types": ["text"],
    },
    "rumdl-fmt": {"entry": "rumdl fmt", "types": ["markdown"]},
    "zizmor": {"types": ["yaml"], "files": r"^\.github/"},
}
FROM_THE_LOCK = {"ruff-check", "ruff-format", "mypy", "codespell"}


def hooks(project: Path) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return the repository and the configuration of each hook, by the hook's name."""
    config = yaml.safe_load((project / ".pre-commit-config.yaml").read_text())
    return {
        hook["id"]: (repository, hook)
        for repository in config["repos"]
        for hook in repository["hooks"]
    }


def pinned(lock: Path) -> dict[str, str]:
    """Return the versions of a lock."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.MULTILINE))


@pytest.mark.parametrize("starter", OPTIONS["starter"])
def test_one_owner_for_each_version(generate: Generate, starter: str) -> None:
    """The lock, for what it pins: hooks run that, and say the same version; the others run what `rev` says.

    The latter are of the versions that this repository tests with.
    """
    project = generate(starter=starter)
    lock = pinned(project / "requirements_lock.txt")
    ours = pinned(ROOT / "requirements_lock.txt")
    tools = {"ruff-check": "ruff", "ruff-format": "ruff", "rumdl-fmt": "rumdl"}
    for name, (repository, hook) in hooks(project).items():
        pin = repository.get("rev", "").removeprefix("v")
        if name == "conflicts" or name in FROM_THE_LOCK:
            assert hook["language"] == "system"
            assert hook["entry"].startswith("./bootstrap ")
        if name in FROM_THE_LOCK:
            assert pin == lock[tools.get(name, name)]
        elif repository["repo"].endswith("/pre-commit-hooks"):
            assert pin == ours["pre-commit-hooks"]
        elif name in ("rumdl-fmt", "zizmor"):
            assert pin == ours[tools.get(name, name)]
    assert FROM_THE_LOCK | {"conflicts"} < set(hooks(project))


@pytest.fixture(params=["stand-ins", "from their repositories"])
def forge(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let git find the hooks' repositories: on the network, or offline small ones that stand in for them.

    The latter run this environment's tools, which are of the versions that `rev` says.
    """
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    if request.param != "stand-ins":
        probe = ["git", "ls-remote", "https://github.com/pre-commit/pygrep-hooks"]
        try:
            subprocess.run(probe, check=True, capture_output=True, timeout=20)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            pytest.skip("github.com cannot be reached")
        return
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{tmp_path}/forge/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
    monkeypatch.setenv("PATH", f"{BIN}:/usr/local/bin:/usr/bin:/bin")


def stand_in(project: Path, forge: Path) -> None:
    """Make the repositories that a project's hooks come from."""
    for name, (repository, _) in hooks(project).items():
        if repository["repo"] == "local":
            continue
        folder = forge / repository["repo"].removeprefix("https://github.com/")
        manifest = folder / ".pre-commit-hooks.yaml"
        described = {"id": name, "name": name, "entry": name, "language": "system"}
        described |= MANIFEST[name]
        there = yaml.safe_load(manifest.read_text()) if manifest.exists() else []
        folder.mkdir(parents=True, exist_ok=True)
        manifest.write_text(yaml.safe_dump([*there, described]))
        git(folder, "init", "--quiet")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", "Describe")
        git(folder, "tag", "--force", repository["rev"])


@pytest.mark.slow
@pytest.mark.usefixtures("forge")
def test_hooks_and_tasks_run(generate: Generate, tmp_path: Path) -> None:
    """By pre-commit and poe themselves: nothing to say of a fresh project, and each fault is found by its hook."""
    project = generate(exports="lazy", license="GPL-3.0-or-later", user_email=MAIL)
    stand_in(project, tmp_path / "forge")
    git(project, "init", "--quiet")
    git(project, "add", "--all")
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
        "check-toml": ("table.toml", "x = = 1\n"),
        "check-yaml": ("map.yml", "a: [\n"),
        "end-of-file-fixer": ("end.txt", "end"),
        "trailing-whitespace": ("space.txt", "space \n"),
        "text-unicode-replacement-char": ("mark.txt", "\N{REPLACEMENT CHARACTER}\n"),
        "rumdl-fmt": ("list.md", "# List\n- one\n\n\n\n- two\n"),
        "zizmor": (".github/workflows/own.yml", "on: pull_request_target\njobs: {}\n"),
    }
    for name, text in faults.values():
        folder = package.parent if name.endswith(".py") else project
        (folder / name).write_text(text)
    git(project, "add", "--all")
    done = run(*command, cwd=project, check=False)
    assert done.returncode != 0
    failed = set(re.findall(r"^- hook id: (\S+)", done.stdout, re.MULTILINE))
    assert failed == set(faults), done.stdout


def test_dependabot_leaves_the_standards_pins_alone(generate: Generate) -> None:
    """Every workflow that a project is born with is the template's: its pins come with updates (C4)."""
    project = generate(ci="github")
    config = project / ".github/dependabot.yml"
    schema = ("--builtin-schema", "vendor.dependabot")
    run(BIN / "check-jsonschema", *schema, config, cwd=project)
    (updates,) = yaml.safe_load(config.read_text())["updates"]
    born = {
        path.relative_to(project).as_posix()
        for path in project.glob(".github/workflows/*")
    }
    assert born <= set(updates["exclude-paths"])


# What does not apply to this repository, each with the reason.
NOT_HERE = {
    "PP002": "a template is no package: nothing builds it",
    "PP003": "a template is no package: nothing builds it",
    "PP006": "no package manager installs it: requirements_dev.txt is what ./bootstrap takes",
    "PY004": "README and the README of each part are its documentation",
    "PY006": "scripts/check is the one gate; hooks that the template ships are tested in a project",
    "RF003": "it has no src",
    "SEC001": "tests/test_ci.py runs zizmor on its workflows",
}


def test_this_repository_passes_as_well() -> None:
    """All that applies, with no setting that hides anything."""
    found = repo_review(ROOT)
    hooks = {name for name in found if name.startswith("PC")}  # come with PY006
    assert {name: NOT_HERE.get(name) for name in found.keys() - hooks} == NOT_HERE
    assert all(found[name] is None for name in hooks)
    run(BIN / "codespell", cwd=ROOT)
    dependabot = ROOT / ".github/dependabot.yml"
    schema = ("--builtin-schema", "vendor.dependabot")
    run(BIN / "check-jsonschema", *schema, dependabot, cwd=ROOT)
    workflows = ("zizmor", "--offline", "--pedantic", "--quiet", ".github")
    run(BIN / workflows[0], *workflows[1:], cwd=ROOT)
