"""The first steps of somebody who knows scikit-learn, in a new project of its starter."""

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

SAMPLE = [
    "14.23",
    "1.71",
    "2.43",
    "15.6",
    "127",
    "2.8",
    "3.06",
    "0.28",
    "2.29",
    "5.64",
    "1.04",
    "3.92",
    "1065",
]
HOSTILE = """\
import json, os, pathlib, pickle, sys, zipfile
import skops.io
from sklearn.preprocessing import FunctionTransformer
import demo

class Trap:
    def __reduce__(self):
        return os.mkdir, ("sprung",)

def refused(data):
    pathlib.Path("model").write_bytes(data)
    try:
        demo.load("model")
    except demo.ModelError as error:
        print(error)

refused(pickle.dumps(Trap()))
print(os.path.exists("sprung"))
pickle.loads(pickle.dumps(Trap()))
print(os.path.exists("sprung"))
demo.save(demo.build().fit(*demo.load_wine()), "model")
data = pathlib.Path("model").read_bytes()
middle = len(data) // 4
refused(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1:])
pathlib.Path("unknown.py").write_text("raise SystemExit('imported')")
pathlib.Path("model").write_bytes(skops.io.dumps(FunctionTransformer(json.dumps)))
with zipfile.ZipFile("model") as archive:
    members = {name: archive.read(name) for name in archive.namelist()}
schema = members["schema.json"].replace(b'"json"', b'"unknown"')
with zipfile.ZipFile("model", "w") as archive:
    for name, content in {**members, "schema.json": schema}.items():
        archive.writestr(name, content)
sys.path.insert(0, "")
refused(pathlib.Path("model").read_bytes())
"""
REPORT = '''

def report(model: Pipeline) -> dict[str, float]:
    """Return the recall of each label on the data that the model may know."""
    samples, labels = load_wine()
    found = metrics.recall_score(labels, model.predict(samples), average=None)
    return dict(zip(model.classes_, found, strict=True))
'''
REPORT_TEST = """

def test_the_report_has_every_label() -> None:
    model = package.build().fit(*package.load_wine())
    assert min(package.report(model).values()) > 0.9
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("sklearn"), "scikit-learn")


def test_train_and_predict(project: Path, tmp_path: Path) -> None:
    model = str(tmp_path / "wine.skops")
    _, out, _ = in_project(project, "python", "-m", "demo", "train", model)
    assert re.match(r"cross-validation: accuracy 0\.9", out)
    words = ["-m", "demo", "predict", model, *SAMPLE]
    assert in_project(project, "python", *words) == (0, "class_0\n", "")


def test_the_readme_runs(project: Path) -> None:
    (code,) = re.findall(
        r"```python\n(.*?)```", (project / "README.md").read_text(), re.DOTALL
    )
    _, out, _ = in_project(project, "python", "-c", code)
    assert "class_2" in out
    (project / "wine.skops").unlink()


def test_a_hostile_file_runs_nothing(project: Path, tmp_path: Path) -> None:
    """A pickle is not run, one bit that flipped is found, and an unknown type is not imported."""
    python = project / ".venv/bin/python"
    lines = run(python, "-c", HOSTILE, cwd=tmp_path).stdout.splitlines()
    assert [lines[1], lines[2]] == ["False", "True"]
    for line in (lines[0], lines[3]):
        assert "is not a trained model" in line
    assert "unknown" in lines[4]
    assert len(lines) == 5


def test_a_bad_seed_is_one_line(project: Path) -> None:
    words = ["-m", "demo", "train", "x", "--seed", "-1"]
    status, _, err = in_project(project, "python", *words, check=False)
    assert (status, err.count("\n")) == (1, 1)


def test_a_forest_and_a_new_function_leave_all_checks_green(
    project: Path, tmp_path: Path
) -> None:
    """The command line names the type that a forest needs; TRUSTED then lists it."""
    source = project / "src/demo/classifier.py"
    before = source.read_text()
    edit(
        source,
        "from sklearn.linear_model import LogisticRegression\n",
        "from sklearn.ensemble import RandomForestClassifier\n",
    )
    edit(source, "LogisticRegression()", "RandomForestClassifier(random_state=0)")
    words = ["-m", "demo", "train", str(tmp_path / "forest.skops")]
    status, _, err = in_project(project, "python", *words, check=False)
    assert (status, err.count("\n")) == (1, 1)
    (names,) = re.findall(r"trusted=\['(.*)'\]", err)
    edit(source, "...] = ()", f'...] = ("{names}",)')
    in_project(project, "python", *words)
    predict = ["-m", "demo", "predict", words[-1], *SAMPLE]
    assert in_project(project, "python", *predict)[1] == "class_0\n"
    for command in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]):
        in_project(project, *command)
    source.write_text(before)

    edit(
        source,
        "from sklearn import datasets\n",
        "from sklearn import datasets, metrics\n",
    )
    source.write_text(source.read_text() + REPORT)
    path = project / "src/demo/__init__.py"
    edit(path, '"load_wine",\n', '"load_wine",\n    "report",\n')
    edit(path, "build, load_wine\n", "build, load_wine, report\n")
    edit(
        path,
        '"load_wine": "classifier",\n',
        '"load_wine": "classifier",\n            "report": "classifier",\n',
    )
    tests = project / "tests/test_classifier.py"
    tests.write_text(tests.read_text() + REPORT_TEST)
    all_checks(project)


def test_the_wheel_trains_in_a_clean_environment(project: Path, tmp_path: Path) -> None:
    fresh = installed_alone(project)
    python = fresh / "bin/python"
    run(python, "-m", "demo", "train", "wine.skops", cwd=tmp_path)
    done = run(python, "-m", "demo", "predict", "wine.skops", *SAMPLE, cwd=tmp_path)
    assert done.stdout == "class_0\n"
