"""The first steps of somebody who knows NumPy, in a new project of its starter."""

import re
from pathlib import Path

import pytest
from conftest import run
from support.environments import (
    all_checks,
    in_project,
    installed_alone,
    make_project,
)
from support.files import edit

pytestmark = pytest.mark.slow

USE = """\
import numpy as np, demo
rng = np.random.default_rng(0)
for series in ([3, 1, 2], np.float32([3, 1, 2]), np.ones((4, 2), int)):
    drawn = demo.block_bootstrap(series, block_length=2, resamples=10, rng=rng)
    print(drawn.shape, drawn.dtype)
"""
REFUSED = """\
import numpy as np, demo
demo.block_bootstrap({}, block_length=1, resamples=1, rng=np.random.default_rng(0))
"""
DEPENDENT = """\
import numpy as np, demo
rng, length, memory = np.random.default_rng(7), 4000, 0.8
series = np.zeros(length)
for step, shock in enumerate(rng.standard_normal(length - 1)):
    series[step + 1] = memory * series[step] + shock
for block in (50, 1):
    drawn = demo.block_bootstrap(series, block_length=block, resamples=400, rng=rng)
    print(drawn.mean(axis=1).std() * (1 - memory) * np.sqrt(length))
"""
STANDARD_ERROR = '''

def standard_error(drawn: ArrayLike) -> NDArray[np.float64]:
    """Return the standard deviation of the means of resampled series."""
    means = np.asarray(drawn, dtype=np.float64).mean(axis=1)
    error: NDArray[np.float64] = means.std(axis=0)
    return error
'''
STANDARD_ERROR_TEST = """

def test_the_standard_error_of_a_constant_is_zero() -> None:
    assert package.standard_error(draw(np.ones(9))) == 0
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("numpy"), "numpy")


def test_lists_integers_and_float32(project: Path) -> None:
    _, out, _ = in_project(project, "python", "-c", USE)
    assert out.splitlines() == [
        "(10, 3) float64",
        "(10, 3) float64",
        "(10, 4, 2) float64",
    ]


@pytest.mark.parametrize(
    ("series", "error"),
    [("['a']", "TypeError"), ("[1j]", "TypeError"), ("[np.nan]", "ValueError")],
)
def test_errors_are_those_of_numpy(project: Path, series: str, error: str) -> None:
    code = REFUSED.format(series)
    status, _, err = in_project(project, "python", "-c", code, check=False)
    assert status == 1
    assert error in err.splitlines()[-1]


def test_blocks_show_the_error_of_the_mean_of_dependent_values(project: Path) -> None:
    """Relative to the true error. One value at a time makes it look far smaller."""
    blocks, single = map(
        float, in_project(project, "python", "-c", DEPENDENT)[1].split()
    )
    assert blocks == pytest.approx(1, rel=0.2)
    assert single < 0.5


def test_the_readme_runs(project: Path) -> None:
    readme = (project / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert "[" in in_project(project, "python", "-c", code)[1]


def test_a_new_routine_leaves_all_checks_green(project: Path) -> None:
    source = project / "src/demo/resampling.py"
    source.write_text(source.read_text() + STANDARD_ERROR)
    path = project / "src/demo/__init__.py"
    edit(path, '"resampling"]', '"resampling", "standard_error"]')
    edit(path, "import block_bootstrap\n", "import block_bootstrap, standard_error\n")
    tests = project / "tests/test_resampling.py"
    tests.write_text(tests.read_text() + STANDARD_ERROR_TEST)
    all_checks(project)


def test_the_wheel_runs_in_a_clean_environment(project: Path, tmp_path: Path) -> None:
    python = installed_alone(project) / "bin/python"
    assert "float64" in run(python, "-c", USE, cwd=tmp_path).stdout
