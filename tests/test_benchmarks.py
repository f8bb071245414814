"""The benchmarks run; what they measure is not judged here."""

import sys

import pytest
from conftest import ROOT, Generate, run


@pytest.mark.slow
def test_the_bootstraps_benchmark_runs(index: None, generate: Generate) -> None:
    """Its smallest size: each contestant once where there is nothing to do."""
    program = ROOT / "benchmarks/bootstrap.py"
    done = run(sys.executable, program, generate(), "--runs=0", cwd=ROOT)
    for name in ("./bootstrap true", "python3 -c pass", "uv run true"):
        assert f"\n  {name} " in done.stdout
