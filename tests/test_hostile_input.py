"""Answers files and rows of an earlier run whose values have wrong types: each gets a row or a line that names the key."""

import json
import sys
from pathlib import Path

import pytest
from conftest import ROOT, commit, run

from plinth.command import main
from plinth.drift.row import Row

TYPES = {
    "list": "[a, b]",
    "empty-list": "[]",
    "mapping": "{a: b}",
    "number": "7",
    "float": ".nan",
    "date": "2020-01-01",
    "null": "null",
    "bool": "true",
    "empty": "''",
    "blank": "'  '",
    "nul": '"a\\0b"',
    "newline": '"a\\nb"',
    "binary": "!!binary aGVsbG8=",
}
ADDRESSES = {
    **TYPES,
    "bracket": "'http://[::1/x'",
    "no-address": "'http://[x]/y'",
    "netloc": "'https://a\u2100b/c'",
}
WRONG = {
    **{f"_src_path-{k}": (v, "v1.0.0") for k, v in ADDRESSES.items()},
    **{f"_commit-{k}": ("/nowhere", v) for k, v in TYPES.items()},
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """Return the rows of one repository with a project for each wrong value, and two more."""
    root = tmp_path_factory.mktemp("monorepo")
    for name, (address, version) in WRONG.items():
        folder = root / name
        folder.mkdir()
        text = f"_src_path: {address}\n_commit: {version}\n"
        (folder / ".copier-answers.yml").write_text(text, "utf-8")
    for name, text in {
        "broken": "a: [",
        "innocent": "_src_path: /nowhere\n_commit: v1\n",
    }.items():
        (root / name).mkdir()
        (root / name / ".copier-answers.yml").write_text(text)
    run("git", "init", "--quiet", cwd=root)
    commit(root, "Start")
    command = (sys.executable, "-m", "plinth", "drift", "--json", root)
    done = run(*command, cwd=ROOT, check=False)
    assert done.returncode == 2, done.stderr
    found = [Row.of(json.loads(line)) for line in done.stdout.splitlines()]
    return {row.project: row for row in found}


def test_each_project_has_its_row(rows: dict[str, Row]) -> None:
    assert rows.keys() == {*WRONG, "broken", "innocent"}
    assert ".copier-answers.yml, line 1" in (rows["broken"].problem or "")
    assert "is not there" in (rows["innocent"].problem or "")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named(rows: dict[str, Row], name: str) -> None:
    problem = rows[name].problem or ""
    assert f"{name}/.copier-answers.yml" in problem
    assert name.partition("-")[0] in problem
    assert "reading it failed" not in problem


GOOD = Row("a").data()


@pytest.mark.parametrize("name", GOOD)
def test_a_key_of_a_row_has_its_type(name: str) -> None:
    """No key takes a float, a list of numbers or an object of them."""
    assert Row.of(GOOD).data() == GOOD
    values: list[object] = [0.5, [1], {"a": 1}, {"a": None}, [[]]]
    for value in values:
        with pytest.raises(TypeError, match=f"^{name} is .*: it has to be "):
            Row.of(GOOD | {name: value})


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ([], "not an object"),
        (None, "not an object"),
        ({}, "repository is missing"),
        (GOOD | {"else": 1}, "'else' is not a key"),
        (GOOD | {"state": "good"}, "state is 'good'"),
        (GOOD | {"behind": True}, "behind is 'True'"),
        (GOOD | {"behind": -1}, "behind is '-1'"),
        (GOOD | {"projects": 0}, "projects is '0'"),
        (GOOD | {"files": None}, "files is 'None'"),
    ],
)
def test_other_rows_are_refused(row: object, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        Row.of(row)


def test_a_bad_row_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "rows"
    lines = [json.dumps(GOOD), json.dumps(GOOD | {"behind": "x"})]
    journal.write_text("".join(f"{line}\n" for line in lines))
    assert main(["drift", "a", "--resume", str(journal)]) == 2
    assert capsys.readouterr().err == (
        f"plinth: '{journal}' holds no rows of an earlier run: line 2: behind is 'x': "
        "it has to be a whole number or null; choose another file\n"
    )
