"""Cases of `plinth adopt` that faults put in at random broke unseen."""

from pathlib import Path

import pytest

from plinth.command import main


def refusal(folder: Path, capsys: pytest.CaptureFixture[str], file: str) -> str:
    """Return the one line in which adopting a repository with this empty file ends."""
    (folder / file).parent.mkdir(parents=True)
    (folder / file).touch()
    assert main(["adopt", str(folder)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_a_namespace_of_modules_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(tmp_path, capsys, "src/space/part.py")
    assert "cannot adopt the namespace package" in said


def test_a_folder_of_data_is_no_namespace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(tmp_path, capsys, "src/space/table.csv")
    assert "is not a Python project" in said


@pytest.mark.parametrize("digits", [1001, 5000])
def test_a_number_in_a_range_of_poetry_is_not_read_where_it_is_huge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], digits: int
) -> None:
    """Python reads no number of more than 4,300 digits."""
    for name in ("src/sound/__init__.py", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    text = f'[tool.poetry]\nname = "sound"\ndependencies.python = "^{"3" * digits}"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    assert main(["adopt", str(tmp_path)]) == 0
    assert "is not a range of versions" in capsys.readouterr().err
