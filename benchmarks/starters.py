"""Time each starter: rendering it, bootstrapping it, importing its package.

./bootstrap python benchmarks/starters.py [--rounds 5] [NAME …]

Prints a Markdown table of medians; all starters take turns in each round. Rendering is
`copier copy` as a command. Bootstrapping is `./bootstrap true` without .venv and with
warm caches: a first round fills them and is not counted. Importing is a process that
imports the package and stops, less one that imports nothing. A starter whose lock holds
CUDA's parts, gigabytes, is only rendered. POSIX only.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STARTERS = sorted(path.parent.name for path in ROOT.glob("starters/*/starter.yml"))


def timed(command: Sequence[str | Path], folder: Path) -> float:
    """Return how many seconds a command takes; stops with its output where it fails."""
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, check=False, text=True
    )
    took = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return took


def measure(name: str, template: Path, folder: Path) -> dict[str, float]:
    """Return the seconds that rendering, bootstrapping and importing a starter take."""
    project = folder / name
    shutil.rmtree(project, ignore_errors=True)
    copy = ["copier", "copy", "--quiet", "--defaults", f"--data=starter={name}"]
    copy += ["--data=package_name=demo", str(template), str(project)]
    found = {"render": timed(copy, folder)}
    if "\nnvidia-" in (project / "requirements_lock.txt").read_text():
        return found
    found["bootstrap"] = timed(["./bootstrap", "--locked", "true"], project)
    python = project / ".venv/bin/python"
    timed([python, "-c", "import demo"], project)  # writes the bytecode
    imported, nothing = (
        timed([python, "-c", code], project) for code in ("import demo", "pass")
    )
    return found | {"import": imported - nothing}


def row(name: str, medians: Mapping[str, float], base: Mapping[str, float]) -> str:
    """Return a starter's row of the table; ratios are to the starter `library`."""
    cells = []
    for what, unit in [("render", 1), ("bootstrap", 1), ("import", 1000)]:
        if what not in medians:
            cells += ["", ""]
        else:
            cells.append(f"{medians[what] * unit:.{2 if unit == 1 else 0}f}")
            cells.append(f"{medians[what] / base[what]:.2f}" if unit == 1 else "")
    return f"| `{name}` | " + " | ".join(cells[:5]) + " |"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    names = ["library", *(x for x in arguments.names or STARTERS if x != "library")]
    if unknown := set(names) - set(STARTERS):
        sys.exit(f"starters.py: no such starter: {', '.join(sorted(unknown))}")
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    times: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder, "template")
        template.mkdir()
        shutil.copy(ROOT / "copier.yml", template)
        for part in ("includes", "starters", "template"):
            shutil.copytree(ROOT / part, template / part)
        for _ in range(arguments.rounds + 1):
            for name in names:
                times[name].append(measure(name, template, Path(folder)))
    medians = {
        name: {
            what: statistics.median(found[what] for found in rounds[1:])
            for what in rounds[0]
        }
        for name, rounds in times.items()
    }
    print("| starter | render, s | ratio | bootstrap, warm, s | ratio | import, ms |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in names:
        print(row(name, medians[name], medians["library"]))


if __name__ == "__main__":
    main()
