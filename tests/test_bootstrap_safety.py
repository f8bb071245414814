"""What the bootstrap promises for the sake of safety: a whole lock at any time, hashes, and no redirected installers."""

from pathlib import Path

import pytest
from support.bootstraps import Make
from support.checkouts import Checkout, World

REDIRECTED = {
    "PIP_PREFIX": "/nonexistent/prefix",
    "PIP_REQUIREMENT": "/nonexistent/more.txt",
    "PIP_ROOT": "/nonexistent/root",
    "PIP_TARGET": "/nonexistent/target",
}


@pytest.fixture(scope="module")
def calls(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[list[str], list[str]]]:
    """Return the arguments and the variables of each call of uv while an environment is made."""
    folder = tmp_path_factory.mktemp("recorded")
    log = folder / "log"
    log.mkdir()
    program = folder / "bin/uv"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$@\" >'{log}'/$$.arguments\nenv >'{log}'/$$.variables\n"
        f"exec '{world.base}/uv/uv' \"$@\"\n"
    )
    program.chmod(0o755)
    project = Checkout(world, folder / "project")
    project.write(world.base / "born/requirements_lock.txt")
    path = f"{program.parent}:{project.environment()['PATH']}"
    project.works("true", env={**REDIRECTED, "PATH": path})
    return [
        (
            path.read_text().splitlines(),
            path.with_suffix(".variables").read_text().splitlines(),
        )
        for path in sorted(log.glob("*.arguments"))
    ]


def test_packages_are_installed_with_hashes_alone(
    calls: list[tuple[list[str], list[str]]],
) -> None:
    installs = [words for words, _ in calls if "install" in words]
    downloads = [words for words in installs if "--editable" not in words]
    assert downloads
    for words in downloads:
        assert "--require-hashes" in words
        assert "--no-deps" in words


def test_installers_do_not_see_settings_that_redirect(
    calls: list[tuple[list[str], list[str]]],
) -> None:
    assert any("install" in words for words, _ in calls)
    for _, variables in calls:
        names = {line.partition("=")[0] for line in variables}
        assert not names & REDIRECTED.keys()


def test_reader_of_the_old_lock_goes_on_with_it(project: Checkout) -> None:
    """A renewed lock takes the place of the old one at once, so nobody reads half of it."""
    lock = project.root / "requirements_lock.txt"
    before = lock.read_text()
    with lock.open() as opened:
        project.edit("requirements_dev.txt", "gamma", "gamma\nepsilon")
        project.works("true")
        assert opened.read() == before
    assert "\nepsilon==1.0 " in lock.read_text()
    assert not list(Path(project.root).glob("requirements_lock*.new"))


# The lock has alpha 1.1.
@pytest.mark.parametrize("wish", ["alpha~=1.0.0", "alpha~=0.9", "alpha~=1.2"])
def test_compatible_release_that_the_lock_lacks(project: Checkout, wish: str) -> None:
    """PEP 440: ~=1.0.0 is >=1.0.0 and ==1.0.*."""
    project.edit("requirements_dev.txt", "gamma", f"gamma\n{wish}")
    assert f"does not fit '{wish}'" in project.fails("--locked", "true")


def test_compatible_release_that_the_lock_has(make: Make) -> None:
    project = make()
    project.edit("requirements_dev.txt", "gamma", "gamma\nalpha~=1.0")
    project.works("--locked", "true")
    assert project.packages()["alpha"] == "1.1"
