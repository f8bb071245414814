"""What a person types in a shell: the plain `copier` command, without --trust."""

import sys
from pathlib import Path

import pytest
import yaml
from conftest import LAYOUTS, copier, run


def test_a_project_without_trust(template: Path, tmp_path: Path) -> None:
    copier("copy", "--defaults", template, "my-project", cwd=tmp_path)
    answers = yaml.safe_load((tmp_path / "my-project/.copier-answers.yml").read_text())
    assert answers["_src_path"] == str(template)
    assert answers["_commit"] == "1.0.0"
    assert (answers["project_name"], answers["package_name"]) == (
        "my-project",
        "my_project",
    )
    assert (tmp_path / "my-project/src/my_project/__init__.py").is_file()


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda path: path.stem)
def test_a_layout_as_data_file(template: Path, layout: Path, tmp_path: Path) -> None:
    copier("copy", "--defaults", "--data-file", layout, template, "out", cwd=tmp_path)
    answers = yaml.safe_load((tmp_path / "out/.copier-answers.yml").read_text())
    assert answers["modules"] == yaml.safe_load(layout.read_text())["modules"]


def test_next_commands_are_printed_and_work(template: Path, tmp_path: Path) -> None:
    """The commands hold for a folder whose name a shell would take apart."""
    folder = tmp_path / "it's a $project"
    _, printed = copier("copy", "--defaults", template, folder, cwd=tmp_path)
    lines = printed.partition("Next:")[2].splitlines()
    commands = [line.strip() for line in lines if line.strip()]
    assert commands[2].startswith("./bootstrap pytest")
    assert commands[3].startswith("copier update")
    identity = {
        f"GIT_{role}_{what}": "a@example.org"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    run("sh", "-c", f"{commands[0]} && {commands[1]}", cwd=tmp_path, env=identity)
    assert run("git", "status", "--porcelain", cwd=folder).stdout == ""


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        pytest.param(".", True, id="dot"),
        pytest.param("../plinth", True, id="parent"),
        pytest.param("{template}", False, id="absolute"),
        pytest.param("git+file://{template}", False, id="url"),
    ],
)
def test_a_relative_address_is_warned_of(
    template: Path, tmp_path: Path, address: str, warned: bool
) -> None:
    _, printed = copier(
        "copy",
        "--defaults",
        address.format(template=template),
        tmp_path / "out",
        cwd=template,
    )
    assert ("WARNING: the template's address" in printed) == warned


def test_settings_of_the_user_fill_in(template: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text(
        "defaults: {user_name: Ada Lovelace, user_email: ada@example.org, license: ISC}\n"
    )
    environment = {"COPIER_SETTINGS_PATH": str(settings)}
    run(
        sys.executable,
        "-m",
        "copier",
        "copy",
        "--defaults",
        template,
        "out",
        cwd=tmp_path,
        env=environment,
    )
    answers = yaml.safe_load((tmp_path / "out/.copier-answers.yml").read_text())
    assert (answers["user_name"], answers["user_email"], answers["license"]) == (
        "Ada Lovelace",
        "ada@example.org",
        "ISC",
    )


def test_the_year_is_frozen_at_birth(template: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    copier(
        "copy",
        "--defaults",
        "--data",
        "copyright_year=1999",
        template,
        project,
        cwd=tmp_path,
    )
    copier("recopy", "--defaults", "--overwrite", project, cwd=tmp_path)
    assert (
        "Copyright (c) 1999 project contributors" in (project / "LICENSE").read_text()
    )


def test_a_refusal_ends_in_one_line_and_leaves_nothing(
    template: Path, tmp_path: Path
) -> None:
    """The last line says it all; what Copier prints above it, for a value given by --data, is Copier's own."""
    status, printed = copier(
        "copy",
        "--defaults",
        "-d",
        "package_name=class",
        template,
        "out",
        cwd=tmp_path,
        check=False,
    )
    assert status != 0
    last = printed.strip().splitlines()[-1]
    assert (
        "Validation error for question 'package_name': \"class\" is a Python keyword"
        in last
    )
    assert 'such as "sound_tools".' in last
    assert list(tmp_path.iterdir()) == []
