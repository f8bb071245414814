"""This repository's own workflows: what they run exists, agrees with the template, and works."""

import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, run

WORKFLOWS = {
    path.name: path.read_text()
    for path in sorted((ROOT / ".github/workflows").glob("*.yml"))
}
PROGRAMS = Path(sys.executable).parent
# What every machine of GitHub has.
THEIRS = {"cut", "do", "done", "echo", "for", "gh", "xargs"}
# Those that run here in a minute. `scripts/check` has the tests, test_documents the site, and the browser's tests the composer.
QUICK = ["scripts/check lint", "./bootstrap python scripts/try_project.py"]
ELSEWHERE = {
    "scripts/check test",
    "scripts/check slow",
    "scripts/check coverage",
    "scripts/tag > tags.txt",  # pushes; test_releases runs it
    "./bootstrap pytest -m complete",
    "./bootstrap pytest -m renovate -n 0",
    "./bootstrap sphinx-build -M html docs build -W",
    "./bootstrap python -m composer build build/extra/composer",
    "./bootstrap python -m composer screenshots build/extra/composer docs/made/composer",
    './bootstrap python scripts/release.py --notes "$version" > notes.md',
}


def steps(text: str) -> list[dict[str, Any]]:
    """Return the steps of all jobs of a workflow."""
    return [
        step
        for job in yaml.safe_load(text)["jobs"].values()
        for step in job.get("steps", ())
    ]


LINES = sorted(
    {
        line.strip()
        for text in WORKFLOWS.values()
        for step in steps(text)
        for line in step.get("run", "").splitlines()
    }
)


@pytest.mark.parametrize("line", LINES)
def test_what_a_line_runs_exists(line: str) -> None:
    words = shlex.split(line)
    if words[0] == "./bootstrap":
        assert (ROOT / words.pop(0)).exists()
        assert (PROGRAMS / words[0]).exists()
    elif "/" not in words[0]:
        assert words[0] in THEIRS
    for word in words:
        if re.fullmatch(r"scripts/[\w.]+|docs", word):
            assert (ROOT / word).exists()
    if words[0].startswith("scripts/"):
        assert shutil.which(ROOT / words[0]), f"{words[0]} is not executable"
    if words[:2] == ["python", "-m"]:
        assert (ROOT / words[2] / "__main__.py").exists()


def test_every_line_runs_in_a_test() -> None:
    """A line that is new belongs into one of the two lists."""
    ours = [line for line in LINES if line.startswith(("./bootstrap ", "scripts/"))]
    assert sorted(ours) == sorted([*QUICK, *ELSEWHERE])


@pytest.mark.slow
@pytest.mark.parametrize("line", QUICK)
def test_a_line_works(line: str) -> None:
    run("bash", "-ec", line, cwd=ROOT)


def test_the_parts_of_the_check_are_named() -> None:
    done = run("scripts/check", "speed", cwd=ROOT, check=False)
    expected = 'check: "speed" is not a part: use lint, test, slow or coverage\n'
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


def test_the_tests_run_on_every_python_of_the_template() -> None:
    (question,) = re.findall(
        r"python_min:.*?choices: (\[.*?\])",
        (ROOT / "copier.yml").read_text(),
        re.DOTALL,
    )
    matrix = yaml.safe_load(WORKFLOWS["check.yml"])["jobs"]["test"]["strategy"][
        "matrix"
    ]
    assert matrix["python"] == yaml.safe_load(question)


def test_actions_are_pinned_as_in_projects() -> None:
    """includes/ci.jinja has the pins of projects."""
    pins = set(re.findall(r"uses: (.*)", "\n".join(WORKFLOWS.values())))
    template = (ROOT / "includes/ci.jinja").read_text()
    assert len(pins) > 3
    assert [pin for pin in pins if f"'{pin}'" not in template] == []


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / ".github/ISSUE_TEMPLATE").iterdir()),
    ids=lambda path: path.stem,
)
def test_the_forge_can_read_an_issue_form(path: Path) -> None:
    schema = "config" if path.stem == "config" else "forms"
    checker = PROGRAMS / "check-jsonschema"
    run(checker, "--builtin-schema", f"vendor.github-issue-{schema}", path, cwd=ROOT)


def test_the_hooks_are_what_lint_runs() -> None:
    """Except zizmor, which test_ci runs."""
    loaded = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook["entry"] for hook in loaded["repos"][0]["hooks"]]
    programs = {shlex.split(entry)[1] for entry in hooks}
    part = (ROOT / "scripts/check").read_text().partition("lint() {")[2]
    lines = re.findall(
        r"^    \./bootstrap (\S+)", part.partition("\n}")[0], re.MULTILINE
    )
    assert programs - {"zizmor"} == set(lines)


@pytest.mark.slow
def test_the_hooks_find_nothing() -> None:
    """Those that change files are left out: they would change yours. `scripts/check lint` checks the same."""
    words = (PROGRAMS / "pre-commit", "run", "--all-files")
    run(*words, cwd=ROOT, env={"SKIP": "ruff-check,ruff-format"})
