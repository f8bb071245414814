"""Try a new project on this system: ./bootstrap python scripts/try_project.py.

The tests need a POSIX system. This works on macOS and Windows, too. It makes a project in a
folder with a space in its name. It runs the launcher in each shell of the system, with uv and
with pip alone, and twice at a time. It imports what the project exports in six forms.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WINDOWS = sys.platform == "win32"
MODULES = "formats.wave:Wave,read_wave filters:equalize"
# Each statement of the import system, with an expression that is true after it.
FORMS = {
    "import sound": "sound.formats.Wave is sound.formats.wave.Wave",
    "import sound.filters": "callable(sound.filters.equalize)",
    "import sound.filters as x": "callable(x.equalize)",
    "from sound import equalize": "callable(equalize)",
    "from sound.formats import read_wave as x": "callable(x)",
    "from sound.formats.wave import *": "isinstance(Wave, type)",
}


def run(
    words: list[str], folder: Path, expected: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command and print it; exit with its output where it fails or does not print what is expected."""
    print("+", *words, flush=True)
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment(variables),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode or expected not in done.stdout:
        sys.exit(f"try_project: {words} exits with {done.returncode}:\n{done.stdout}")
    return done


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return this process's variables without those of its environment, as in a new terminal."""
    kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    programs = os.environ["PATH"].split(os.pathsep)
    path = [folder for folder in programs if Path(folder).parent != Path(sys.prefix)]
    return {**kept, "PATH": os.pathsep.join(path), "PYTHONUTF8": "1", **variables}


def launchers() -> list[list[str]]:
    """Return how each shell of this system starts the launcher, without the arguments."""
    if not WINDOWS:
        return [["./bootstrap"], ["sh", "bootstrap"]]
    shells = [name for name in ("powershell", "pwsh") if shutil.which(name)]
    options = ["-NoProfile", "-NonInteractive", "-Command", ".\\bootstrap"]
    return [["cmd", "/c", "bootstrap.cmd"], *([shell, *options] for shell in shells)]


def try_project(folder: Path) -> None:
    """Make a project in a folder, and try it."""
    project = folder / "a folder" / "sound"
    copier = [sys.executable, "-m", "copier", "copy", "--defaults", "--quiet"]
    answers = ["--data", f"modules={MODULES}", "--data", "exports=lazy"]
    template = ["--vcs-ref", "HEAD", str(ROOT), str(project)]
    run([*copier, *answers, *template], ROOT)
    first, *others = launchers()
    run([*first, "pytest", "--cov"], project, "Total coverage: 100.00%")
    for launcher in [first, *others]:
        done = run([*launcher, "python", "-c", "print(6*7)"], project, "42")
        if "is ready" in done.stdout:
            sys.exit("try_project: the second run made .venv again")
    for tool in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]):
        run([*first, *tool], project)
    for statement, true in FORMS.items():
        code = project / "form.py"
        code.write_text(f"{statement}\nassert {true}\nprint('imported')\n", "utf-8")
        run([*first, "python", "form.py"], project, "imported")

    try_twice(
        [*first, "python", "-c", "import sound; print(sound.__version__)"], project
    )

    shutil.rmtree(project / ".venv")
    run([*first, "pytest"], project, " passed", BOOTSTRAP_UV="0")


def try_twice(words: list[str], project: Path) -> None:
    """Run a command twice at a time without .venv: one waits for the other, and both work."""
    shutil.rmtree(project / ".venv")
    both = [
        subprocess.Popen(
            words, cwd=project, env=environment({}), stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in both:
        output, _ = process.communicate(timeout=600)
        if process.returncode or "0.1.0" not in output:
            sys.exit(f"try_project: two at a time: {process.returncode}\n{output}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="plinth-try-") as temporary:
        try_project(Path(temporary).resolve())
    print("a new project works on this system")
