"""Files that `plinth drift` and `plinth adopt` cannot use: each ends in one clear line."""

import json
from pathlib import Path

import pytest
from conftest import commit, git

from plinth.command import main
from plinth.drift.row import Row


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """Return the one line in which a command ends that could not tell."""
    assert main([str(word) for word in arguments]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"\xff\xfe\n", "it is not UTF-8", id="encoding"),
        pytest.param(b"x" * 20_000_001, "a line has more than 20,000,000", id="size"),
    ],
)
def test_a_file_to_resume_that_holds_something_else_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, told: str
) -> None:
    """Only a torn last line is cut off."""
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(content)
    assert told in refusal(capsys, "drift", "--resume", rows, tmp_path)
    assert rows.read_bytes() == content


def test_a_folder_is_no_file_to_resume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(capsys, "drift", "--resume", tmp_path, tmp_path)
    assert "is not a regular file" in said


@pytest.mark.parametrize("setting", ["default", "validator"])
def test_questions_that_are_not_valid_jinja(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], setting: str
) -> None:
    (tmp_path / "template").mkdir()
    (tmp_path / "template/copier.yml").write_text(
        "_subdirectory: template\n_envops: {}\nadopted: {type: bool, default: false}\n"
        f"package_name: {{type: str, help: Name, {setting}: '{{% if %}}'}}\n"
        f"description: {{type: str, help: Text, {setting}: '{{% if %}}'}}\n"
    )
    (tmp_path / "sound/sound").mkdir(parents=True)
    (tmp_path / "sound/sound/__init__.py").touch()
    template = f"--template={tmp_path / 'template'}"
    said = refusal(capsys, "adopt", template, tmp_path / "sound")
    assert "the template's questions are not valid: " in said


def test_a_huge_address_of_a_template_is_one_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The system refuses names of more than 255 bytes."""
    git(tmp_path, "init", "--quiet")
    answers = f"_commit: 1.0.0\n_src_path: /{'x' * 300}\n"
    (tmp_path / ".copier-answers.yml").write_text(answers)
    commit(tmp_path)
    assert main(["drift", "--json", str(tmp_path)]) == 2
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert "File name too long" in row["problem"]


def test_a_machine_without_git_is_one_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["drift", "--json", str(tmp_path)]) == 2
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert "git does not run: No such file" in row["problem"]


@pytest.mark.parametrize(
    ("pair", "told"),
    [("package_name", "write NAME=VALUE"), ("missing=x", "answers no question")],
)
def test_an_answer_to_no_question_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pair: str, told: str
) -> None:
    (tmp_path / "sound").mkdir()
    (tmp_path / "sound/__init__.py").touch()
    assert told in refusal(capsys, "adopt", f"--data={pair}", tmp_path)


def test_a_release_that_the_template_lacks_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = tmp_path / "template"
    template.mkdir()
    (template / "copier.yml").touch()
    git(template, "init", "--quiet")
    commit(template, "1.0.0")
    (tmp_path / "sound/sound").mkdir(parents=True)
    (tmp_path / "sound/sound/__init__.py").touch()
    given = (f"--template={template}", "--to=9.9.9", tmp_path / "sound")
    assert "9.9.9" in refusal(capsys, "adopt", *given)


def test_a_template_that_copier_cannot_render_adds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template, sound = tmp_path / "template", tmp_path / "sound"
    (template / "files").mkdir(parents=True)
    (template / "copier.yml").write_text(
        "_subdirectory: files\n_envops: {}\nadopted: {type: bool, default: false}\n"
        "package_name: {type: str, help: Name}\n"
    )
    (template / "files/broken.txt.jinja").write_text("{% if %}")
    git(template, "init", "--quiet")
    commit(template, "1.0.0")
    (sound / "sound").mkdir(parents=True)
    (sound / "sound/__init__.py").touch()
    git(sound, "init", "--quiet")
    commit(sound)
    said = refusal(capsys, "adopt", "--apply", f"--template={template}", sound)
    assert "Copier did not copy the template: " in said
    assert git(sound, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("content", "shown"),
    [(b"one\nmine\n", True), (b"one\r\ntwo\r\n", False), (b"\0", False), (b"x\n" * 99999, False)],
    ids=["edited", "line ends", "binary", "huge"],
)  # fmt: skip
def test_the_difference_of_a_file_is_shown_where_it_is_readable(
    tmp_path: Path, content: bytes, shown: bool
) -> None:
    (tmp_path / "expected").write_bytes(b"one\ntwo\n")
    (tmp_path / "own").write_bytes(content)
    (tmp_path / "link").symlink_to("own")
    row = Row("a")
    for name in ("own", "link"):
        row.add_difference(name, tmp_path / "expected", tmp_path / name)
    assert "link" not in row.differences
    assert ("+mine" in row.differences.get("own", "")) == shown
    assert bool(row.differences.get("own")) == shown
