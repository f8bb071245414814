"""When the bootstrap renews the lock, and what then changes."""

import pytest
from support.bootstraps import DEV, WAYS, Make, pins, tools
from support.checkouts import Checkout


def test_comments_and_line_ends_are_no_change(project: Checkout) -> None:
    for name in ("requirements_prod.txt", "requirements_dev.txt"):
        path = project.root / name
        path.write_bytes(
            b"\r\n# note\r\n" + path.read_bytes().replace(b"\n", b"  # why\r\n")
        )
    project.works("--locked", "true")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        pytest.param(
            "requirements_prod.txt", "beta==1.0", "beta==1.1", "beta==1.1", id="prod"
        ),
        pytest.param(
            "requirements_dev.txt",
            "gamma",
            "gamma\nepsilon",
            "epsilon",
            id="dev",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_outdated_lock(
    made: Checkout, name: str, old: str, new: str, said: str
) -> None:
    before = (made.root / "requirements_lock.txt").read_bytes()
    made.edit(name, old, new)
    for arguments, env in ((["--locked"], {}), ([], {"CI": "true"}), ([], {"CI": "1"})):
        error = made.fails(*arguments, "true", env=env)
        assert said in error
        assert "--lock" in error
    assert (made.root / "requirements_lock.txt").read_bytes() == before
    assert "out of date" in made.fails("--check")
    assert said in made.works("true", env={"CI": "false"}).stderr
    made.works("--locked", "--check", env={"CI": "true"})


def test_a_lock_for_another_python(project: Checkout) -> None:
    lock = "requirements_lock.txt"
    project.edit(lock, "--python-version=3.11", "--python-version=3.12")
    error = project.fails("--locked", "true")
    assert "is not for Python 3.11" in error
    assert "--lock" in error
    assert "is not for Python 3.11: renewing it" in project.works("true").stderr
    project.works("--locked", "true")


def test_a_floor_below_that_of_the_tools_is_no_reason_for_a_new_lock(
    project: Checkout,
) -> None:
    """An adopted package may support Python 3.8. Its tools and this bootstrap need Python 3.11."""
    project.edit("pyproject.toml", ">=3.11", ">=3.8")
    project.works("--locked", "true")


def test_included_file_counts(project: Checkout) -> None:
    (project.root / "more").mkdir()
    (project.root / "more" / "docs.txt").write_text("epsilon\n")
    project.edit("requirements_dev.txt", "gamma", "gamma\n-r more/docs.txt")
    project.works("true")
    assert "epsilon" in project.packages()
    (project.root / "more" / "docs.txt").write_text("epsilon\ndelta\n")
    assert "'delta' of more/docs.txt" in project.fails("--locked", "true")


def test_refreezing_changes_only_what_must_change(project: Checkout) -> None:
    project.works("--lock", "--upgrade-package", "alpha<1.1", "true")
    assert pins(project)["alpha"] == "1.0"
    project.edit("requirements_dev.txt", "gamma", "gamma\nepsilon")
    assert project.works("true").returncode == 0
    assert (pins(project)["alpha"], pins(project)["epsilon"]) == ("1.0", "1.0")
    project.edit("requirements_prod.txt", "beta==1.0", "beta")
    project.works("true")
    assert (pins(project)["alpha"], pins(project)["beta"]) == ("1.0", "1.0")
    project.works("--lock", "--upgrade-package", "beta", "true")
    assert (pins(project)["alpha"], pins(project)["beta"]) == ("1.0", "1.1")
    project.works("--lock", "--upgrade", "true")
    assert (pins(project)["alpha"], project.packages()["alpha"]) == ("1.1", "1.1")


def test_removed_requirement_takes_along_what_only_it_needed(made: Checkout) -> None:
    made.edit("requirements_prod.txt", "beta==1.0", "beta==1.0\ndelta")
    made.works("true")
    assert {"delta", "epsilon"} < made.packages().keys()
    made.edit("requirements_prod.txt", "\ndelta", "")
    made.works("true")
    assert tools(made.packages()) == DEV


@pytest.mark.slow
def test_pip_removes_too(make: Make) -> None:
    project = make(**WAYS["pip"])
    project.works("true")
    project.edit("requirements_dev.txt", "gamma\n", "")
    assert "only uv can renew" in project.fails("true")
    project.works("--lock", "true", env={"BOOTSTRAP_UV": "1"})
    project.edit("requirements_dev.txt", "uv\n", "uv  # here\n")
    project.works("true")
    assert "gamma" not in project.packages()
    project.works("--check")


def test_refreezing_fails_and_leaves_the_lock(made: Checkout) -> None:
    before = (made.root / "requirements_lock.txt").read_bytes()
    made.edit("requirements_prod.txt", "beta==1.0", "beta==9")
    assert "beta" in made.fails("true")
    assert (made.root / "requirements_lock.txt").read_bytes() == before
    assert not list(made.root.glob(".lock*"))


def test_missing_lock_is_made(project: Checkout) -> None:
    lock = project.root / "requirements_lock.txt"
    before = lock.read_bytes()
    lock.unlink()
    assert "requirements_lock.txt is missing" in project.fails("--locked", "true")
    project.works("tiny")
    assert lock.read_bytes() == before


@pytest.mark.slow
def test_refreezing_with_python_alone(make: Make) -> None:
    project = make(uv=False)
    project.edit("requirements_prod.txt", "beta==1.0", "beta==1.1")
    project.works("true")
    assert project.packages()["beta"] == "1.1"


def test_repository_without_build_system_is_no_package(project: Checkout) -> None:
    text = (project.root / "pyproject.toml").read_text()
    (project.root / "pyproject.toml").write_text(text[text.index("[project]") :])
    project.works("gamma")
    assert tools(project.packages()) == {
        k: v for k, v in DEV.items() if k != "tiny_project"
    }
    project.works("--check")


def test_crlf_checkout(project: Checkout) -> None:
    for path in [*project.root.glob("*.t*"), project.root / ".standard/bootstrap.py"]:
        path.write_bytes(path.read_bytes().replace(b"\r", b"").replace(b"\n", b"\r\n"))
    project.works("--locked", "tiny")
    project.sound()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["pip"])
def test_crlf_checkout_with_pip(make: Make, way: str) -> None:
    project = make(**WAYS[way])
    test_crlf_checkout(project)
