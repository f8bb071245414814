"""Adoption: which files the repository keeps, which the command adds, and the file of answers."""

from pathlib import Path

import pytest
import yaml
from conftest import template_outside_git
from support.adoption import ASKED, MIT, PACKAGE, PEP_621, adopt, copy, plinth
from support.files import contents, write


def test_files_on_both_sides(tmp_path: Path) -> None:
    """The repository's are named, so that the template's do not come; so is a licence of another name."""
    files = [
        "LICENSE.md",
        "README.md",
        ".standard/ruff.toml",
        "bootstrap/x",
        "tests/test_version.py",
        "README.rst",
    ]
    answers, said = adopt(
        tmp_path,
        PACKAGE | dict.fromkeys(files, "") | {"setup.py": "setup(name='sound-tools')"},
    )
    kept = [".standard/ruff.toml", "LICENSE", "README.md", "bootstrap", "setup.py"]
    assert answers["adopted"] == kept
    assert f"kept, and not the template's: {', '.join(kept)}" in said["note"]
    answers, said = adopt(tmp_path, {"pyproject.toml": ""})
    assert answers["adopted"] == [
        ".standard/ruff.toml",
        "LICENSE",
        "README.md",
        "bootstrap",
        "pyproject.toml",
    ]


@pytest.mark.parametrize(
    ("file", "kept"),
    [
        ("README.rst", ["README.md", "README.rst"]),
        ("readme.txt", ["README.md", "readme.txt"]),
        ("CHANGES.rst", ["CHANGELOG.md"]),
        ("HISTORY.md", ["CHANGELOG.md"]),
        ("docs/changelog.md", ["CHANGELOG.md"]),
        ("LICENSE.txt", ["LICENSE"]),
        ("COPYING", ["LICENSE"]),
        ("docs/security.rst", [".github/SECURITY.md"]),
    ],
)
def test_a_file_under_another_name_needs_no_second(
    tmp_path: Path, file: str, kept: list[str]
) -> None:
    assert adopt(tmp_path, PACKAGE | {file: ""})[0]["adopted"] == kept


@pytest.mark.parametrize(
    "name", ["renovate.json5", ".renovaterc", ".gitlab/renovate.json"]
)
def test_one_configuration_of_renovate_is_enough(tmp_path: Path, name: str) -> None:
    """It reads the first that it finds: a second one would be dead, or replace the repository's own."""
    answers, _ = adopt(tmp_path, PACKAGE | {name: "{}"})
    assert answers["adopted"] == [".github/renovate.json", ".gitlab/renovate.json"]


def test_apply_adds_only_new_files(tmp_path: Path) -> None:
    """The answers file comes last; a link out of the repository is not written through, and then nothing is added."""
    repository = write(tmp_path / "sound", PACKAGE | {"README.rst": "Mine\n"})
    before = contents(repository)
    template = template_outside_git()
    command = ("adopt", "--apply", "--template", template, "--data", "ci=none")
    printed, told = plinth(*command, repository)
    assert printed == ""
    after = contents(repository)
    assert before.items() <= after.items()
    assert ".copier-answers.yml" in after.keys() - before.keys()
    assert not {"README.md", ".github/dependabot.yml"} & after.keys()
    assert f"{len(after) - len(before)} files were added, and none was changed" in told
    taken = yaml.safe_load((repository / ".copier-answers.yml").read_text())
    assert (taken["package_name"], taken["ci"]) == ("sound", "none")

    other = write(tmp_path / "other/sound", PACKAGE)
    (tmp_path / "outside").mkdir()
    (other / ".standard").symlink_to(tmp_path / "outside")
    before = contents(other)
    _, told = plinth(*command, other, status=2)
    assert "its folder is a link out of the repository" in told
    assert contents(other) == before
    assert not list((tmp_path / "outside").iterdir())


@pytest.mark.parametrize(
    ("pair", "told"),
    [("ci", "write NAME=VALUE"), ("colour=red", "answers no question"), ("package_name=1x", "package_name: ")],
)  # fmt: skip
def test_an_answer_of_the_command_line_that_is_wrong(
    tmp_path: Path, pair: str, told: str
) -> None:
    repository = write(tmp_path / "sound", PACKAGE)
    assert told in plinth("adopt", "--data", pair, repository, status=2)[1]


def test_a_template_that_is_another_is_refused(tmp_path: Path) -> None:
    repository = write(tmp_path / "sound", PACKAGE)
    other = write(tmp_path / "other", {"copier.yml": "name: {type: str}\n"})
    line = plinth("adopt", "--template", other, repository, status=2)[1]
    assert "is not Plinth and not a template that includes Plinth" in line


def test_the_file_is_written_whole(tmp_path: Path) -> None:
    """To a new file, over another with --force alone, and never a part."""
    repository, output = write(tmp_path / "sound", PACKAGE), tmp_path / "answers.yml"
    told = plinth("adopt", repository, "--output", output)
    assert told[0] == ""
    assert yaml.safe_load(output.read_text())["modules"] == ""
    assert "\n# Its own are there" in output.read_text()
    output.write_text("mine")
    refusal = plinth("adopt", repository, "--output", output, status=2)[1]
    assert refusal == f"plinth: '{output}' exists: choose another file or add --force\n"
    plinth("adopt", tmp_path / "none", "--output", output, "--force", status=2)
    assert output.read_text() == "mine"
    plinth("adopt", repository, "--output", output, "--force")
    assert output.read_text() == plinth("adopt", repository)[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.yml", "sound"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("none/answers.yml", "No such file or directory", id="no-folder"),
        pytest.param("sound", "Is a directory", id="folder"),
        pytest.param(
            "sound/src/sound/__init__.py/x", "Not a directory", id="below-a-file"
        ),
    ],
)
def test_an_output_that_cannot_be(tmp_path: Path, name: str, told: str) -> None:
    repository, output = write(tmp_path / "sound", PACKAGE), tmp_path / name
    said = plinth("adopt", repository, "--output", output, "--force", status=2)[1]
    assert said == f"plinth: cannot write '{output}': {told}\n"


HOSTILE = r"""
[project]
name = "Sound"
description = "{{ 1/0 }} 'x' \"y\" #: \\ \U0001F40D %(x)s"
authors = [{name = "\u001b[31mred\u0007", email = "no address"}]
requires-python = ">=3.12"
[project.urls]
Repository = "javascript:alert(1)"
"""


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"pyproject.toml": PEP_621, "LICENSE": MIT}, id="ordinary"),
        pytest.param({"pyproject.toml": HOSTILE}, id="hostile"),
        pytest.param({}, id="nothing"),
    ],
)
def test_copier_takes_the_answers(tmp_path: Path, files: dict[str, str]) -> None:
    """As they are; and where there is none, the default that was told holds."""
    answers, said = adopt(tmp_path, PACKAGE | files)
    assert all(text.isprintable() for text in said.values())
    data = write(tmp_path, {"answers.yml": plinth("adopt", tmp_path / "sound")[0]})
    copy(data / "answers.yml", tmp_path / "copy" / "sound")
    taken = yaml.safe_load((tmp_path / "copy/sound/.copier-answers.yml").read_text())
    assert answers.items() <= taken.items()
    for name in ASKED - answers.keys() - {"project_name"}:
        assert f"the default {str(taken[name])!r} holds" in said[name]
