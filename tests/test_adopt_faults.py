"""Adoption: files that cannot be read or are wrong end in one line or a note."""

import os
from pathlib import Path

import pytest
from support.adoption import PACKAGE, adopt, plinth, refused
from support.files import write


def test_no_such_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("none", "file"):
        told = plinth("adopt", tmp_path / name, status=2)[1]
        assert told == f"plinth: '{tmp_path / name}' is not a folder\n"


NEEDED = ["pyproject.toml", "setup.cfg", "setup.py"]


@pytest.mark.parametrize("name", [*NEEDED, "LICENSE", "requirements.txt"])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("huge", id="huge"),
        pytest.param("binary", id="binary"),
        pytest.param("loop", id="loop"),
        pytest.param("folder", id="folder"),
        pytest.param("pipe", id="pipe"),
        pytest.param("unreadable", id="unreadable"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, fault: str) -> None:
    """Where an answer needs the file, the repository is refused. Elsewhere a note says so, and a licence stays."""
    path = write(tmp_path / "sound", PACKAGE) / name
    match fault:
        case "huge":
            path.write_text("#" * 1_000_001)
        case "binary":
            path.write_bytes(b"\x89PNG\r\n\0\0")
        case "loop":
            path.symlink_to(name)
        case "folder" if name == "LICENSE":
            pytest.skip("a folder of licences is none to read")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "unreadable":
            path.touch(mode=0)
            if os.access(path, os.R_OK):
                pytest.skip("root reads everything")
    line = f"cannot read '{path}': "
    if name in NEEDED:
        assert line in refused(tmp_path, {})
        return
    answers, said = adopt(tmp_path, {})
    assert line in said["note"]
    assert answers["license"] == ("other" if name == "LICENSE" else "proprietary")


def test_a_file_of_another_encoding_is_a_note(tmp_path: Path) -> None:
    repository = write(tmp_path / "sound", PACKAGE)
    (repository / "requirements.txt").write_text("attrs\n", encoding="utf-16")
    _, said = adopt(tmp_path, {})
    assert "requirements.txt': it is binary: no requirement in it" in said["note"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        pytest.param("pyproject.toml", "[project\n", "it is not valid TOML: Expected ']'", id="toml"),
        pytest.param("pyproject.toml", f"x = {'[' * 9999}", "it is not valid TOML", id="toml-nested"),
        pytest.param("setup.cfg", "name = x\n", "File contains no section headers", id="cfg"),
        pytest.param("setup.py", "print 'x'\n", "it is not Python 3: Missing parentheses", id="py"),
        pytest.param("setup.py", f"x = {'(' * 9999}", "it is not Python 3", id="py-nested"),
        pytest.param("setup.py", f"x = {'-' * 99999}1", "it is not Python 3", id="py-deep"),
        pytest.param("setup.py", f"x = {'1+' * 9999}1", "it is not Python 3", id="py-long"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong(tmp_path: Path, name: str, text: str, told: str) -> None:
    line = refused(tmp_path, PACKAGE | {name: text})
    assert f"sound/{name}': {told}" in line


def test_a_loop_of_folders(tmp_path: Path) -> None:
    (write(tmp_path / "sound", {}) / "src").symlink_to("src")
    assert "src': Too many levels of symbolic links" in refused(tmp_path, {})
    (tmp_path / "sound/src").unlink()
    write(tmp_path / "sound", PACKAGE)
    (tmp_path / "sound/src/sound/again").symlink_to("..")  # not walked into
    assert adopt(tmp_path, {})[0]["package_name"] == "sound"


@pytest.mark.parametrize(
    "text",
    [
        "[project]\nname = 5\nauthors = 'x'\nurls = []\nlicense = 3\nclassifiers = {}\nrequires-python = []",
        "[project]\nauthors = [1, {}, {name = 2}]\ndependencies = 'x'\n[tool]\nhatch = 1\npoetry = {packages = 1}",
        "project = 1\ntool = 2\n[build-system]\nbuild-backend = []",
        "[tool.poetry]\nauthors = [[]]\ndependencies = {python = [{version = '^3'}]}\npackages = ['x']\nurls = 1",
    ],
)
def test_values_of_wrong_types_are_none(tmp_path: Path, text: str) -> None:
    answers, _ = adopt(tmp_path, PACKAGE | {"pyproject.toml": text})
    assert answers["package_name"] == "sound"


def test_setup_py_that_grows(tmp_path: Path) -> None:
    """Doubling a text fifty times is refused, not done."""
    doubled = "\n".join(f"x{i + 1} = x{i} + x{i}" for i in range(50))
    code = f"x0 = 'text'\n{doubled}\nsetup(name='sound-tools', description=x50)"
    answers, _ = adopt(tmp_path, PACKAGE | {"setup.py": code})
    assert answers["distribution_name"] == "sound-tools"
    assert answers["description"] == "Read and write sound."
