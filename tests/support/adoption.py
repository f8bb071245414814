"""What the tests of adoption share: a repository to adopt, and what the command says of it."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import yaml
from conftest import ROOT, run, template_outside_git
from support.files import write

from plinth.command import main

ASKED = {
    name
    for name, question in yaml.safe_load((ROOT / "copier.yml").read_text()).items()
    if not name.startswith("_")
    and question.get("when") is not False
    and "help" in question
}
MIT = (ROOT / "includes/licenses/MIT.txt").read_text()
PACKAGE = {"src/sound/__init__.py": '"""Read and write sound."""\n'}

BSD = (ROOT / "includes/licenses/BSD-3-Clause.txt").read_text()
BSD_2 = BSD[: BSD.index("3. ")] + BSD[BSD.index("THIS SOFTWARE") :]

PEP_621 = """
[project]
name = "Sound.Tools"
description = "Reads “sound”: a, b # c\\\\d."
license = "apache-2.0"
requires-python = ">=3.12,<3.15"
authors = [{name = "Adā Lovelace, Jr."}, {name = "B", email = "b@example.org"}]
dynamic = ["version"]
dependencies = ["attrs", "numpy>=2"]
[project.urls]
Homepage = "https://example.org"
"Source Code" = "https://example.org/ada/sound.git/"
"""


def plinth(*arguments: str | Path, status: int = 0) -> tuple[str, str]:
    """Run the command and return what it wrote to stdout and to stderr."""
    printed, told = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(told):
        found = main([str(argument) for argument in arguments])
    assert found == status, told.getvalue()
    printed.seek(0)
    return printed.read(), told.getvalue()


def adopt(
    tmp_path: Path, files: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the answers of a repository called `sound`, and what is said of each question."""
    printed, told = plinth("adopt", write(tmp_path / "sound", files))
    said = [line.partition(": ") for line in told.splitlines()]
    notes = "; ".join(text for name, _, text in said if name[:4] in ("note", "left"))
    lines = {name: text for name, _, text in said if name[:4] != "left"}
    return yaml.safe_load(printed), lines | {"note": notes}


def refused(tmp_path: Path, files: dict[str, str]) -> str:
    """Return the one line that says why a repository called `sound` is not adopted."""
    printed, told = plinth("adopt", write(tmp_path / "sound", files), status=2)
    assert printed == ""
    assert told.startswith("plinth: ")
    assert told.count("\n") == 1
    return told


def copy(data: Path, folder: Path) -> None:
    """Copy the template over what is there, keeping each file that is."""
    options = ["--defaults", "--quiet", f"--data-file={data}"]
    copier = [sys.executable, "-m", "copier", "copy", *options]
    run(*copier, template_outside_git(), folder, cwd=data.parent)
