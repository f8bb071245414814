"""Measure an update of many repositories: the plain loop over `copier update`, and a campaign with one and two workers.

usage: ./bootstrap python benchmarks/campaign.py [number of repositories ...]

The loop updates clones that are there already and does nothing else. The campaign clones each repository, updates it, looks for
conflicts, commits and pushes. Half of the repositories are edited. Linux only: memory is read from /proc.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[1]
LATEST = "1000.0.0"
COPIER = (sys.executable, "-m", "copier")


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command, fail with it, and return what it prints."""
    command = tuple(str(word) for word in command)
    return subprocess.run(
        command, cwd=cwd, check=True, capture_output=True, text=True
    ).stdout


def processes(root: int) -> Iterator[int]:
    """Yield the resident KiB of each process below one."""
    parents, sizes = {}, {}
    for path in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError, KeyError):
            fields = dict(x.split(":", 1) for x in path.read_text().splitlines())
            number = int(path.parent.name)
            parents[number], sizes[number] = int(fields["PPid"]), fields["VmRSS"]
    for number, size in sizes.items():
        above = number
        while above in parents and above != root:
            above = parents[above]
        if above == root and number != root:
            yield int(size.split()[0])


class Measure:
    """Wall and CPU seconds, and the most memory that all children had at once."""

    def __enter__(self) -> Self:
        """Begin."""
        self.peak, self.going = 0, True
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()
        self.wall, self.cpu = time.perf_counter(), sum(os.times()[2:4])
        return self

    def watch(self) -> None:
        """Look ten times a second."""
        while self.going:
            self.peak = max(self.peak, sum(processes(os.getpid())))
            time.sleep(0.1)

    def __exit__(self, *_: object) -> None:
        """End."""
        self.wall = time.perf_counter() - self.wall
        self.cpu = sum(os.times()[2:4]) - self.cpu
        self.going = False
        self.watcher.join()


def prepare(folder: Path) -> tuple[str, list[Path]]:
    """Return the template's address, and a clean and an edited project of its first release."""
    work = folder / "work"
    run("git", "clone", "--quiet", "--no-tags", ROOT, work, cwd=folder)
    log = run("git", "log", "--format=%H %s", cwd=work)
    released = re.findall(r"(\w+) Release (\d+\.\d+\.\d+)", log)
    for commit, version in [*released, ("HEAD", LATEST)]:
        run("git", "tag", version, commit, cwd=work)
    run("git", "clone", "--quiet", "--bare", work, folder / "plinth.git", cwd=folder)
    template = f"git+file://{folder / 'plinth.git'}"
    projects = []
    for kind in ("clean", "edited"):
        project = folder / kind / "demo"
        project.parent.mkdir()
        first = f"--vcs-ref={released[-1][1]}"
        copy = (*COPIER, "copy", "--quiet", "--defaults", first, template, project)
        run(*copy, cwd=folder)
        if kind == "edited":
            with (project / ".gitignore").open("a") as file:
                file.write("\n/data/\n")
            with (project / "requirements_dev.txt").open("a") as file:
                file.write("tomli-w\n")
            (project / "README.md").write_text("# Mine\n")
        run("git", "init", "--quiet", "--initial-branch=main", cwd=project)
        run("git", "add", "--all", cwd=project)
        run("git", "commit", "--quiet", "--message", "Begin", cwd=project)
        projects.append(project)
    return template, projects


def forge(folder: Path, projects: list[Path], number: int) -> Path:
    """Make the repositories, let all-repos clone them, and return its configuration."""
    (folder / "forge").mkdir(parents=True)
    remotes = {}
    for index in range(number):
        remote = folder / "forge" / f"{index:04}.git"
        source = projects[index % len(projects)]
        run("git", "clone", "--quiet", "--bare", source, remote, cwd=folder)
        remotes[f"{index:04}"] = remote.as_uri()
    (folder / "repos.json").write_text(json.dumps(remotes))
    config = folder / "all-repos.json"
    settings = {
        "output_dir": "clones",
        "source": "all_repos.source.json_file",
        "source_settings": {"filename": str(folder / "repos.json")},
        "push": "all_repos.push.merge_to_master",
        "push_settings": {"fast_forward": True},
    }
    config.write_text(json.dumps(settings))
    config.chmod(0o600)
    run(sys.executable, "-m", "all_repos.clone", "-C", config, cwd=folder)
    return config


def loop(config: Path) -> None:
    """Update what all-repos cloned, one after the other."""
    for project in sorted((config.parent / "clones").glob("[0-9]*")):
        run(*COPIER, "update", "--defaults", "--quiet", project, cwd=config.parent)


def campaign(config: Path, template: str, jobs: int) -> None:
    """Do it by plinth/campaign.py."""
    command = (
        sys.executable,
        "-m",
        "plinth",
        "campaign",
        "-C",
        config,
        "-j",
        str(jobs),
    )
    run(*command, "--template", template, cwd=ROOT)


def main() -> None:
    """Print the table."""
    print("| repositories | how | s a repository | ratio | CPU s each | peak MiB |")
    print("|---:|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["COPIER_CACHE_DIR"] = str(folder / "cache")
        for role in ("AUTHOR", "COMMITTER"):
            os.environ[f"GIT_{role}_NAME"] = "Plinth contributors"
            os.environ[f"GIT_{role}_EMAIL"] = "python@example.org"
        template, projects = prepare(folder)
        for number in [int(x) for x in sys.argv[1:]] or [10, 50]:
            first = 0.0
            for name, jobs in ("loop", 0), ("campaign -j 1", 1), ("campaign -j 2", 2):
                config = forge(folder / f"{number}-{jobs}", projects, number)
                with Measure() as taken:
                    if jobs:
                        campaign(config, template, jobs)
                    else:
                        loop(config)
                first = first or taken.wall
                print(
                    f"| {number} | {name} | {taken.wall / number:.2f} | {taken.wall / first:.2f} "
                    f"| {taken.cpu / number:.2f} | {taken.peak / 1024:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
