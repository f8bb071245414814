"""Times `plinth drift` over many repositories, beside `copier check-update` in a loop.

The repositories are one rendered project under other names: at three releases, a tenth of them
edited. Needs Linux: memory is that of all processes of a command together, what they share counted once.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = "qqnameqq"
PSS = re.compile(r"^Pss:\s+(\d+)", re.MULTILINE)
PATTERN = re.compile(r"^(\w+) Release (\d+\.\d+\.\d+)$", re.MULTILINE)


def git(folder: Path, *arguments: str | Path) -> str:
    """Run git as somebody."""
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    command = ["git", *who, "-c", "gc.auto=0", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return done.stdout.decode()


def template(folder: Path) -> list[str]:
    """Clone the template, tag its releases and return them."""
    git(ROOT, "clone", "--quiet", "--no-tags", ROOT, folder)
    found = PATTERN.findall(git(folder, "log", "--format=%H %s"))[::-1]
    for commit, release in found:
        git(folder, "tag", release, commit)
    return [release for _, release in found]


def generate(source: Path, home: Path, number: int, releases: list[str]) -> list[Path]:
    """Make repositories out of one project for each release."""
    bases = []
    for release in releases[-3:]:
        base = home / f"base-{release}" / NAME
        options = ["--quiet", "--defaults", f"--vcs-ref={release}"]
        command = [sys.executable, "-m", "copier", "copy", *options]
        subprocess.run([*command, str(source), str(base)], check=True)
        bases.append(base)
    made = []
    for index in range(number):
        name, base = f"project{index:05}", bases[index % len(bases)]
        folder = home / "repositories" / name
        for path in base.rglob("*"):
            if path.is_file():
                inner = path.relative_to(base).as_posix().replace(NAME, name)
                (folder / inner).parent.mkdir(parents=True, exist_ok=True)
                content = path.read_bytes().replace(NAME.encode(), name.encode())
                (folder / inner).write_bytes(content)
                shutil.copymode(path, folder / inner)
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message=Start")
        if index % 10 == 0:
            with (folder / "bootstrap").open("a") as file:
                file.write("# edited\n")
            (folder / ".gitattributes").unlink()
        made.append(folder)
    return made


def usage(session: int) -> tuple[float, float]:
    """Return the CPU seconds of a session's processes, and the MB that they take."""
    ticks, kilobytes = 0, 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                rollup = (process / "smaps_rollup").read_text()
                kilobytes += int(PSS.findall(rollup)[0])
                ticks += sum(map(int, fields[11:15]))  # its own and its late children's
        except (OSError, IndexError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK"), kilobytes / 1024


def timed(
    command: list[str], cwd: Path, env: dict[str, str]
) -> tuple[float, float, float]:
    """Run a command; return its seconds, its CPU seconds and its peak of memory in MB."""
    start, cpu, peak = time.perf_counter(), 0.0, 0.0
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.DEVNULL, start_new_session=True
    ) as process:
        while process.poll() is None:
            now, megabytes = usage(process.pid)
            cpu, peak = max(cpu, now), max(peak, megabytes)
            time.sleep(0.2)
    seconds = time.perf_counter() - start
    if process.returncode not in (0, 1):
        raise SystemExit(f"{command[:5]} exits with {process.returncode}")
    return seconds, cpu, peak


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 200, 1000])
    parser.add_argument(
        "--loop", type=int, default=50, help="repositories that the loop checks"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        releases = template(home / "plinth")
        made = generate(home / "plinth", home, max(options.sizes), releases)
        (home / "settings.yml").write_text("{}")
        env = {
            **os.environ,
            "COPIER_CACHE_DIR": str(home / "cache"),
            "COPIER_SETTINGS_PATH": str(home / "settings.yml"),
        }
        copier = f"{sys.executable} -m copier check-update --quiet"
        print("| | repositories | s | ms each | CPU ms each | MB | times faster |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        loop = 0.0
        for size in [0, *options.sizes]:
            chosen = [str(path) for path in made[: size or options.loop]]
            if size:
                what = "`plinth drift`"
                command = [sys.executable, "-m", "plinth", "drift", "--json", *chosen]
            else:
                what = "`copier check-update` in a loop"
                script = f'for project do {copier} "$project"; done; exit 0'
                command = ["sh", "-c", script, "loop", *chosen]
            seconds, cpu, peak = timed(command, ROOT, env)
            each = seconds / len(chosen)
            loop = loop or each
            print(
                f"| {what} | {len(chosen):,} | {seconds:.1f} | {each * 1000:.0f} "
                f"| {cpu / len(chosen) * 1000:.0f} | {peak:.0f} | {loop / each:.1f} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
