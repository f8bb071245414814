"""What the tests of the bootstrap share: projects to bootstrap, and the packages that they expect."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import interpreter
from support.checkouts import Checkout, World, shared_world

Make = Callable[..., Checkout]

WAYS: dict[str, dict[str, Any]] = {
    "uv": {"uv": True},
    "python-alone": {"uv": False},
    "pip": {"uv": True, "variables": {"BOOTSTRAP_UV": "0"}},
}


# The same, the others only among the slow tests: they take three times as long.
QUICK_WAYS = [
    "uv",
    pytest.param("pip", marks=pytest.mark.slow),
    pytest.param("python-alone", marks=pytest.mark.complete),
]


DEV = {"alpha": "1.1", "beta": "1.0", "gamma": "1.0", "tiny_project": "0.1.0"}


PROD = {"alpha": "1.1", "beta": "1.0", "tiny_project": "0.1.0"}


def tools(packages: dict[str, str]) -> dict[str, str]:
    """Take away what every development environment holds, of any version."""
    return {
        name: version
        for name, version in packages.items()
        if name not in ("setuptools", "uv")
    }


def pins(project: Checkout) -> dict[str, str]:
    lines = (project.root / "requirements_lock.txt").read_text().splitlines()
    return dict(
        line.split()[0].split("==")
        for line in lines
        if "==" in line and line[0].isalpha()
    )


def prefix(project: Checkout, python: Path) -> dict[str, str]:
    """Return variables under which this Python is the first on PATH."""
    return {"PATH": f"{python.parent}:{project.environment()['PATH']}"}


def other(minor: int) -> str:
    """Return another Python of this machine, or skip."""
    return str(interpreter(f"3.{minor}"))


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return shared_world(tmp_path_factory.getbasetemp())


@pytest.fixture
def make(world: World, tmp_path: Path) -> Make:
    def make(name: str = "project", **options: Any) -> Checkout:
        checkout = Checkout(world, tmp_path / name, **options)
        checkout.write(world.base / "born" / "requirements_lock.txt")
        return checkout

    return make


@pytest.fixture
def project(make: Make) -> Checkout:
    return make()


@pytest.fixture
def made(project: Checkout) -> Checkout:
    project.works("true")
    return project


@pytest.fixture(scope="session")
def ready(world: World, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A project with its environment, for tests that change nothing in it."""
    checkout = Checkout(world, tmp_path_factory.mktemp("ready") / "a b")
    checkout.write(world.base / "born" / "requirements_lock.txt")
    checkout.works("true")
    return checkout
