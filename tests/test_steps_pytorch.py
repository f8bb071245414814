"""The first steps of somebody who knows PyTorch, in a new project of its starter."""

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

CPU = ["--device", "cpu"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("pytorch"), "pytorch")


def demo(project: Path, *words: str) -> tuple[int, str, str]:
    return in_project(project, "python", "-m", "demo", *words, check=False)


def test_train_stop_go_on_and_predict(project: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "spirals.pt")
    flags = ["--points", "128", "--hidden", "16", "--learning-rate", "0.02"]
    status, _, err = demo(project, "train", path, "--epochs", "2", *flags, *CPU)
    assert (status, len(err.splitlines())) == (0, 2)
    assert "epoch 2/2: loss 0." in err
    assert "validation loss 0." in err
    status, out, _ = demo(project, "train", path, "--epochs", "4", *CPU)
    assert (status, out[:9]) == (0, "4 epochs ")
    assert demo(project, "predict", path, "0.5", "0.1", *CPU)[1] in ("0\n", "1\n")


def test_bad_input_is_one_line(project: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "none.pt")
    for words in (["predict", path, "0", "0"], ["train", path, "--dropout", "1"]):
        status, out, err = demo(project, *words)
        assert (status, out, err.count("\n")) == (1, "", 1)


def test_the_readme_runs(project: Path) -> None:
    (code,) = re.findall(
        r"```python\n(.*?)```", (project / "README.md").read_text(), re.DOTALL
    )
    demo(project, "train", "spirals.pt", "--epochs", "30", *CPU)
    _, out, _ = in_project(project, "python", "-c", code)
    assert float(re.sub("[^0-9.]", "", out)) > 0.7
    (project / "spirals.pt").unlink()


def test_a_layer_a_setting_and_a_scheduler_leave_all_checks_green(
    project: Path,
) -> None:
    """The new setting becomes a flag, and the scheduler's state is in the checkpoint."""
    norm = "            nn.SiLU(),\n            nn.Dropout(dropout),\n"
    edit(
        project / "src/demo/model.py",
        norm,
        "            nn.LayerNorm(hidden),\n" + norm,
    )
    rate = "    learning_rate: float = 0.01\n"
    adam = "        # Where PyTorch keeps"
    path = project / "src/demo/training.py"
    edit(path, rate, rate + "    weight_decay: float = 0.01\n")
    edit(
        path,
        "lr=settings.learning_rate\n",
        "lr=settings.learning_rate, weight_decay=settings.weight_decay\n",
    )
    edit(
        path,
        adam,
        "        self._schedule = torch.optim.lr_scheduler.ConstantLR(self._optimizer)\n"
        + adam,
    )
    edit(
        path,
        "        epoch = Epoch(total",
        "        self._schedule.step()\n        epoch = Epoch(total",
    )
    edit(
        path,
        '            "random": {\n',
        '            "schedule": self._schedule.state_dict(),\n            "random": {\n',
    )
    edit(
        path,
        "        for kind in self",
        '        self._schedule.load_state_dict(state["schedule"])\n        for kind in self',
    )
    in_project(project, "ruff", "format", "--quiet", "src")
    assert "--weight-decay" in demo(project, "train", "--help")[1]
    all_checks(project)


def test_the_wheel_trains_in_a_clean_environment(project: Path, tmp_path: Path) -> None:
    python = installed_alone(project) / "bin/python"
    run(python, "-m", "demo", "train", "x.pt", "--epochs", "1", *CPU, cwd=tmp_path)
    done = run(python, "-m", "demo", "predict", "x.pt", "0", "0.5", *CPU, cwd=tmp_path)
    assert done.stdout in ("0\n", "1\n")
