"""Compare the built wheel with requirements_prod.txt and with the files below src/.

pytest runs it only when you name it: ./bootstrap pytest .standard/check_distributions.py
Several build backends, and several versions of one, ship a wheel without dependencies
and exit 0; so the sdist is built, the wheel from it, and the wheel's metadata is read.
"""

import subprocess
import sys
import tomllib
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


def is_cache(path: Path) -> bool:
    """Return whether a file is hidden, compiled, or made by an installation."""
    parts = path.relative_to(ROOT / "src").parts
    made = ("__pycache__", ".pyc", ".egg-info")
    return any(part.startswith(".") or part.endswith(made) for part in parts)


def test_the_wheel_holds_every_file_below_src(wheel: Path) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    table = settings.get("tool", {}).get("setuptools", {})
    # A project that began with Plinth 1 lists the suffixes of its data itself.
    everything = "**/*" in table.get("package-data", {}).get("*", [])
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src").rglob("*")
        if path.is_file() and not is_cache(path)
        if everything or path.suffix == ".py" or path.name == "py.typed"
    }
    with ZipFile(wheel) as archive:
        missing = sources - set(archive.namelist())
    assert missing == set(), (
        "the wheel lacks these files: check [tool.setuptools] in pyproject.toml"
    )
