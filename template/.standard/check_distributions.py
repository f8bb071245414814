"""Holds the built distributions to requirements_prod.txt.

Several build backends, and several versions of one, ship a wheel without dependencies
and exit 0; so the sdist is built, the wheel from it, and the wheel's metadata is read.
"""

import subprocess
import sys
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def declared() -> list[str]:
    """Return the requirements of requirements_prod.txt, each in its normal form."""
    lines = (ROOT / "requirements_prod.txt").read_text(encoding="utf-8").splitlines()
    texts = (line.partition(" #")[0].strip() for line in lines)
    return sorted(str(Requirement(text)) for text in texts if text and text[0] != "#")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist, and from it the wheel, with the backend that the lock pins."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    run = subprocess.run(
        [*command, str(ROOT)], capture_output=True, check=False, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (built,) = folder.glob("*.whl")
    return built


def metadata(wheel: Path) -> Message:
    """Return the wheel's core metadata."""
    with ZipFile(wheel) as archive:
        (name,) = (x for x in archive.namelist() if x.endswith(".dist-info/METADATA"))
        return BytesParser().parsebytes(archive.read(name))


def test_the_wheel_requires_what_requirements_prod_says(wheel: Path) -> None:
    required = metadata(wheel).get_all("Requires-Dist", [])
    assert sorted(str(Requirement(text)) for text in required) == declared()


def test_the_wheel_holds_every_module(wheel: Path) -> None:
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src").rglob("*")
        if path.suffix == ".py" or path.name == "py.typed"
    }
    with ZipFile(wheel) as archive:
        assert sources <= set(archive.namelist())
