"""The benchmarks run at their smallest size; what they measure is not judged here."""

import sys
from pathlib import Path

import pytest
from conftest import ROOT, Generate, run
from support.browsing import built, needs_browser

pytestmark = pytest.mark.slow


def printed(name: str, *arguments: str | Path) -> str:
    """Run a benchmark and return what it prints."""
    program = ROOT / "benchmarks" / f"{name}.py"
    return run(sys.executable, program, *arguments, cwd=ROOT).stdout


def test_every_benchmark_has_a_test() -> None:
    names = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    tested = {
        name for name in names if f'printed("{name}"' in Path(__file__).read_text()
    }
    assert tested == names


def test_the_bootstraps(index: None, generate: Generate) -> None:
    """Each contestant runs once where there is nothing to do."""
    out = printed("bootstrap", generate(), "--runs=0")
    for name in ("./bootstrap true", "python3 -c pass", "uv run true"):
        assert f"\n  {name} " in out


@pytest.mark.complete  # it takes two minutes
def test_that_of_rendering(index: None) -> None:
    out = printed("rendering", "--rounds=1", "--modules", "1", "2", "3")
    for row in (
        "Plinth, default project",
        "3",
        "lazy, 3 modules",
        "empty Copier template",
    ):
        assert f"\n| {row} | " in out


def test_that_of_the_starters(index: None) -> None:
    assert "\n| `library` | " in printed("starters", "--rounds=1", "library")


def test_that_of_campaigns() -> None:
    out = printed("campaign", "1")
    for name in ("loop", "campaign -j 1", "campaign -j 2"):
        assert f"\n| 1 | {name} | " in out


def test_that_of_drift() -> None:
    assert " | 1 | " in printed("drift", "--sizes", "1", "--loop", "1")


@needs_browser
def test_that_of_the_composer(tmp_path: Path) -> None:
    site = built(ROOT, tmp_path / "site")
    assert "\n| one edit, s | " in printed("composer", site, "--rounds=1")
