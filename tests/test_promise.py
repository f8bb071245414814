"""What the next release owes to projects of the last one: `copier update --defaults` must find all answers still valid.

Copier replaces a stored answer that a validator refuses, or that is not a choice any more, by the default, in silence.
"""

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import RELEASES, ROOT, born, copier, git, template_outside_git
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from jinja2_ansible_filters import AnsibleCoreFiltersExtension
from support import names

# What Copier asks --trust for, and more that this template never uses.
TRUSTED = {
    "_tasks",
    "_migrations",
    "_jinja_extensions",
    "_external_data",
    "_secret_questions",
}
TEXTS = [
    *names.TEXTS,
    "",
    "x" * 500,
    '🎉 "it\'s" {{ 7 }} \\ <b> \N{GREEK SMALL LETTER ALPHA}',
]
VALUES: dict[str, list[Any]] = {
    "package_name": [*names.PACKAGES, *names.GOOD_PACKAGES],
    "distribution_name": [*names.DISTRIBUTIONS, *names.GOOD_DISTRIBUTIONS],
    "modules": [*names.MODULES, *names.GOOD_MODULES],
    "project_name": [*TEXTS, *names.TITLES],
    "description": TEXTS,
    "user_name": TEXTS,
    "user_email": [*names.EMAILS, *names.GOOD_EMAILS],
    "repository": [*names.REPOSITORIES, *names.GOOD_REPOSITORIES],
}


@pytest.fixture(scope="session")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template of the last release."""
    if not RELEASES:
        pytest.skip("there is no release yet")
    title = f"^Release {re.escape(RELEASES[-1])}$"
    commit = git(ROOT, "log", "-1", "--format=%H", f"--grep={title}").strip()
    folder = tmp_path_factory.mktemp("last")
    command = ("archive", "--format=tar", f"--output={folder}.tar", commit)
    git(ROOT, *command, "copier.yml", "includes", "starters", "template")
    with tarfile.open(f"{folder}.tar") as archive:
        archive.extractall(folder, filter="data")
    return folder


def questions(template: Path) -> dict[str, dict[str, Any]]:
    """Return the questions, the computed ones left out."""
    loaded = yaml.safe_load((template / "copier.yml").read_text())
    return {
        name: details
        for name, details in loaded.items()
        if name[0] != "_" and details.get("when") is not False
    }


def choices(question: dict[str, Any]) -> set[str]:
    """Return the values that a question offers; none where it takes text."""
    found = question.get("choices", [])
    return set(found.values() if isinstance(found, dict) else found)


def test_no_question_and_no_choice_is_gone(last: Path) -> None:
    now = questions(ROOT)
    for name, question in questions(last).items():
        assert name in now
        assert choices(question) <= choices(now[name]), name


def test_every_question_has_a_default() -> None:
    """So that `--defaults --skip-answered`, which engines run, always goes through."""
    assert [
        name for name, question in questions(ROOT).items() if "default" not in question
    ] == []


def test_nothing_needs_trust() -> None:
    loaded = yaml.safe_load((ROOT / "copier.yml").read_text())
    assert not TRUSTED & loaded.keys()
    assert [
        name for name, x in loaded.items() if isinstance(x, dict) and x.get("secret")
    ] == []


def taken(
    template: Path, question: str, typed: list[Any], *, updated: bool = False
) -> list[Any]:
    """Return those values that the validator of a question has nothing to say against.

    In an update, the project was born with the name. Releases before 1.3 did not record earlier answers.
    """
    loaded = yaml.safe_load((template / "copier.yml").read_text())
    environment = SandboxedEnvironment(
        **{**loaded["_envops"], "undefined": StrictUndefined},
        extensions=[AnsibleCoreFiltersExtension],
        loader=FileSystemLoader(template),
    )
    validator = environment.from_string(loaded[question]["validator"])
    recipe: dict[str, Any] = {"modules": [], "files": [], "packages": [], "never": {}}
    recipe["suggested"] = "greeting:Greeter"
    answers = {"package_name": "pkg", "starter": "library", "recipe": recipe}
    answers |= {"base": "", "own_files": []}

    def said(value: Any) -> str:
        own = {question: value}
        birth = {"package_name": "pkg", "distribution_name": "pkg"}
        known = {"born": birth | {"starter": "library"} | own} if updated else {}
        return validator.render(answers | own | known).strip()

    return [value for value in typed if not said(value)]


def values() -> Iterator[Any]:
    """Yield each question with all that the tests of names and texts ever typed."""
    for name, cases in VALUES.items():
        yield pytest.param(
            name, [getattr(case, "values", [case])[0] for case in cases], id=name
        )


@pytest.mark.parametrize(("question", "typed"), list(values()))
def test_no_validator_is_tightened(
    last: Path, question: str, typed: list[object]
) -> None:
    before = taken(last, question, typed)
    assert before
    assert taken(template_outside_git(), question, before, updated=True) == before


@pytest.mark.slow
def test_an_update_keeps_recorded_answers(history: Path, tmp_path: Path) -> None:
    """Also those that a new project no longer gets, by a rule or by default."""
    words = "sound.wave:Wave formats.py:Format"
    answers = {"package_name": "sound", "modules": words, "python_min": "3.12"}
    project = born(history, RELEASES[0], tmp_path / "demo", answers)
    file = project / ".copier-answers.yml"
    before = yaml.safe_load(file.read_text())
    assert before["user_name"] == "demo contributors"
    copier(
        "update", "--defaults", f"--data=modules={words} new:x", project, cwd=tmp_path
    )
    after = yaml.safe_load(file.read_text())
    kept = before.keys() - {"_commit", "_src_path", "before", "modules"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["modules"] == f"{words} new:x"
    assert (project / "src/sound/sound/wave.py").is_file()
    assert git(project, "diff", "--name-only", "--", "src", "tests") == ""
