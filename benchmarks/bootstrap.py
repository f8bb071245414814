"""Time the bootstrap against what a user would run instead, side by side.

python benchmarks/bootstrap.py PROJECT [--runs 5] [--cold-runs 3]

PROJECT is a freshly rendered project; it is copied, not touched. uv and copies of the
same packages come from the caches of this machine; the cold runs have empty caches and
need the index. Prints medians in milliseconds, with the ratios that the promises are about.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

BASE = os.path.realpath(getattr(sys, "_base_executable", sys.executable))


def timed(command: list[str], folder: Path, variables: dict[str, str]) -> float:
    """Return how many milliseconds a command takes; raises CalledProcessError where it fails."""
    started = time.perf_counter()
    result = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    took = (time.perf_counter() - started) * 1000
    if result.returncode:
        sys.stderr.write(result.stdout.decode() + result.stderr.decode())
        result.check_returncode()
    return took


def side_by_side(
    contestants: dict[str, Callable[[], float]], runs: int
) -> dict[str, float]:
    """Return the median of each, taking turns so that what else the machine does hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(runs):
        for name, run in contestants.items():
            times[name].append(run())
    return {name: statistics.median(values) for name, values in times.items()}


def like_project(source: Path, target: Path, variables: dict[str, str]) -> None:
    """Make the project that a user of uv has: the same packages, in uv's own lock."""
    shutil.copytree(
        source, target, ignore=shutil.ignore_patterns(".venv", "__pycache__")
    )
    files = [target / "requirements_dev.txt", *target.glob(".standard/requirements_*")]
    lines = [
        re.split(r"\s*#", line)[0].strip()
        for file in files
        for line in file.read_text().splitlines()
    ]
    pins = re.findall(
        r"^([\w.-]+==[^\s;\\]+)",
        (target / "requirements_lock.txt").read_text(),
        re.MULTILINE,
    )
    # The tables of the project say nothing about uv's own lock, or the opposite.
    pyproject = target / "pyproject.toml"
    text = re.sub(
        r"(?ms)^\[(?:dependency-groups|tool\.uv)\]\n.*?(?=^\[|\Z)",
        "",
        pyproject.read_text(),
    )
    tables = [
        ("dependency-groups", "dev", [x for x in lines if x and x[0] != "-"]),
        ("tool.uv", "constraint-dependencies", pins),
    ]
    for table, key, values in tables:
        text += f"\n[{table}]\n{key} = {json.dumps(values)}\n"
    pyproject.write_text(text)
    subprocess.run(
        ["uv", "lock", "--quiet", "--python", BASE],
        cwd=target,
        env=variables,
        check=True,
    )


def main() -> None:
    """Run all comparisons and print them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cold-runs", type=int, default=0)
    arguments = parser.parse_args()
    uv = shutil.which("uv") or sys.exit(
        "benchmarks: need 'uv' (command not found): pip install uv"
    )

    with tempfile.TemporaryDirectory() as scratch:
        top = Path(scratch)
        (top / "with-uv").mkdir()
        (top / "with-uv" / "uv").symlink_to(uv)
        (top / "python").mkdir()
        (top / "python" / "python3").symlink_to(BASE)
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("VIRTUAL_ENV", "CI", "UV_CACHE"))
        }
        plain = {
            **kept,
            "PATH": f"{top / 'python'}:/usr/bin:/bin",
            "UV_CACHE_DIR": str(top / "uv-cache"),
        }
        plain["PIP_CACHE_DIR"] = str(top / "pip-cache")
        fast = {**plain, "PATH": f"{top / 'with-uv'}:{plain['PATH']}"}
        like_project(arguments.project, top / "like", fast)
        number = count()

        def clone(source: Path = arguments.project) -> Path:
            target = top / f"clone-{next(number)}"
            shutil.copytree(
                source,
                target,
                ignore=shutil.ignore_patterns(".venv", "__pycache__", "*.egg-info"),
            )
            return target

        def ours(variables: dict[str, str]) -> float:
            return timed(["./bootstrap", "pytest", "-q"], clone(), variables)

        def sync() -> float:
            script = "uv sync -q && exec uv run pytest -q"
            return timed(
                ["sh", "-c", script], clone(top / "like"), {**fast, "UV_PYTHON": BASE}
            )

        def pip(variables: dict[str, str]) -> float:
            script = (
                "python3 -m venv .venv && .venv/bin/pip install -q --require-hashes -r requirements_lock.txt "
                "&& .venv/bin/pip install -q --no-deps --no-build-isolation -e . && exec .venv/bin/pytest -q"
            )
            return timed(["sh", "-c", script], clone(), variables)

        def cold(variables: dict[str, str]) -> dict[str, str]:
            cache = top / f"cold-{next(number)}"
            return {
                **variables,
                "UV_CACHE_DIR": str(cache / "uv"),
                "PIP_CACHE_DIR": str(cache / "pip"),
            }

        done, like = clone(), clone(top / "like")
        timed(["./bootstrap", "true"], done, fast)
        timed(["uv", "sync"], like, {**fast, "UV_PYTHON": BASE})
        groups = [
            (
                "nothing to do",
                {
                    "./bootstrap true": lambda: timed(
                        ["./bootstrap", "true"], done, fast
                    ),
                    "python3 -c pass": lambda: timed(
                        ["python3", "-c", "pass"], done, fast
                    ),
                    "uv run true": lambda: timed(
                        ["uv", "run", "true"], like, {**fast, "UV_PYTHON": BASE}
                    ),
                },
                [
                    ("./bootstrap true", "python3 -c pass", 2.0),
                    ("./bootstrap true", "uv run true", 1.0),
                ],
                arguments.runs * 8 or 1,
            ),
            (
                "clone to green, warm",
                {
                    "bootstrap, uv": lambda: ours(fast),
                    "uv sync": sync,
                    "bootstrap, Python alone": lambda: ours(plain),
                    "venv + pip": lambda: pip(plain),
                },
                [
                    ("bootstrap, uv", "uv sync", 1.1),
                    ("bootstrap, Python alone", "venv + pip", 0.4),
                ],
                arguments.runs,
            ),
            (
                "clone to green, cold",
                {
                    "bootstrap, Python alone": lambda: ours(cold(plain)),
                    "venv + pip": lambda: pip(cold(plain)),
                },
                [("bootstrap, Python alone", "venv + pip", 0.4)],
                arguments.cold_runs,
            ),
        ]
        for title, contestants, promises, runs in groups:
            if not runs:
                continue
            if "warm" in title:
                side_by_side(contestants, 1)
            medians = side_by_side(contestants, runs)
            print(f"\n{title}, median of {runs}")
            for name, value in medians.items():
                print(f"  {name:28}{value:10.1f} ms")
            for one, other, most in promises:
                ratio = medians[one] / medians[other]
                print(f"  {one} / {other}: {ratio:.2f} (promised: at most {most})")


if __name__ == "__main__":
    main()
