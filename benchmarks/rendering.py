"""Compares the speed of rendering Plinth with that of what a user would pick instead.

Run `./bootstrap python benchmarks/rendering.py`; it prints Markdown tables. With `--write` it puts them into README.md
beside it too. POSIX only: CPU is user plus system time of a command and its children, as getrusage(2) counts them.
"""

import argparse
import datetime as dt
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
TOOLS = {"hatch": "1.18.2", "pyscaffold": "4.6", "cookiecutter": "2.7.1"}
ANSWERS_FILE = "{{ _copier_conf.answers_file }}.jinja"
ANSWERS = "{{ _copier_answers | to_nice_yaml }}"
SIZES = (10, 100, 1000)
BAR_RENDER, BAR_UPDATE, BAR_IMPORT = 1.5, 2.0, 1.5
OURS, EMPTY, FLOOR = (
    "Plinth, default project",
    "empty Copier template",
    "the same files, static, no questions",
)


@dataclass(frozen=True)
class Cost:
    """What running a command takes, in seconds."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Case:
    """A command to measure; `{new}` in it becomes a path that does not exist yet. Without a folder it gets a new one.

    With a `start`, `{new}` is a copy of that folder, made before the clock runs.
    """

    command: Sequence[str | Path]
    folder: Path | None = None
    start: Path | None = None


class Bench:
    """A temporary folder with a home, an environment for the commands and what they make."""

    sizes: tuple[int, ...] = SIZES  # numbers of modules, whose growth is measured

    def __init__(self, root: Path) -> None:
        """Prepare the environment: git's identity, no network, bytecode allowed, no settings from the caller's home."""
        self.root = root
        self.serial = 0
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.copier, self.uv = (
            shutil.which(name, path=path) or sys.exit(f"need '{name}'")
            for name in ("copier", "uv")
        )
        kept = {
            "LANG": "C.UTF-8",
            "PATH": path,
            "TMPDIR": str(self.folder("tmp")),
            "HOME": str(self.folder("home")),
        }
        offline = {
            "UV_OFFLINE": "1",
            "UV_PYTHON": sys.executable,
            "UV_PYTHON_DOWNLOADS": "never",
        }
        self.env = kept | offline | {"GIT_CONFIG_NOSYSTEM": "1"}
        for key, value in {
            "user.name": "Ada",
            "user.email": "ada@example.org",
            "init.defaultBranch": "main",
        }.items():
            self.run(["git", "config", "--global", key, value], root)

    def folder(self, name: str) -> Path:
        """Return a new folder."""
        (self.root / name).mkdir()
        return self.root / name

    def run(self, command: Sequence[str | Path], folder: Path) -> str:
        """Run a command and return what it prints; raises CalledProcessError."""
        done = subprocess.run(
            command,
            cwd=folder,
            env=self.env,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def measure(self, case: Case) -> Cost:
        """Run a command once, in seconds, and remove what it made."""
        self.serial += 1
        new = self.folder(f"new-{self.serial}")
        command = [
            str(part).replace("{new}", str(new / "demo")) for part in case.command
        ]
        if case.start:
            shutil.copytree(case.start, new / "demo", symlinks=True)
        before, start = (
            resource.getrusage(resource.RUSAGE_CHILDREN),
            time.perf_counter(),
        )
        self.run(command, case.folder or new)
        wall, after = (
            time.perf_counter() - start,
            resource.getrusage(resource.RUSAGE_CHILDREN),
        )
        shutil.rmtree(new)
        return Cost(
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall
        )

    def compare(self, cases: Mapping[str, Case], rounds: int) -> dict[str, Cost]:
        """Measure commands in turn, one of each a round, and return the medians, in seconds.

        The first round is not counted: it writes bytecode and fills caches. Commands that fail in it are left out.
        """
        costs: dict[str, list[Cost]] = {name: [] for name in cases}
        for name, case in cases.items():
            try:
                self.measure(case)
            except (OSError, subprocess.CalledProcessError) as error:
                skip(name, error)
                del costs[name]
        for _ in range(rounds):
            for name, found in costs.items():
                found.append(self.measure(cases[name]))
        return {
            name: Cost(
                median(cost.cpu for cost in found), median(cost.wall for cost in found)
            )
            for name, found in costs.items()
        }

    def commit(self, folder: Path) -> Path:
        """Make a folder a git repository with one tagged release, as Copier wants a template."""
        for command in (
            "init -q",
            "add -f .",
            "commit -qm Release",
            "tag 1.0.0",
            "repack -adq",
        ):
            self.run(["git", *command.split()], folder)
        return folder

    def render(
        self, template: Path, *options: str, into: str | Path = "{new}"
    ) -> list[str | Path]:
        """Return the plain Copier command, without --trust."""
        return [self.copier, "copy", "--defaults", "--quiet", *options, template, into]

    def static(self, name: str, files: Path | None = None) -> Path:
        """Return a Copier template without questions that holds the files of a folder and its answers file."""
        folder = self.folder(name)
        (folder / "copier.yml").write_text("_subdirectory: template\n")
        shutil.copytree(
            files or self.folder(f"{name}-files"), folder / "template", symlinks=True
        )
        (folder / "template/.copier-answers.yml").unlink(missing_ok=True)
        (folder / "template" / ANSWERS_FILE).write_text(ANSWERS)
        return self.commit(folder)

    def plinth(self) -> Path:
        """Return a tagged clone of this repository's HEAD: without uncommitted work, and packed as from a host."""
        clone = self.root / "plinth"
        self.run(["git", "clone", "-q", "--no-local", HERE.parent, clone], self.root)
        self.run(["git", "tag", "--force", "999"], clone)
        return clone

    def next_release(self, template: Path) -> None:
        """Change one file of a template, which every project gets, and tag a release of it."""
        (template / "template/.gitattributes").write_text("* text=auto\n")
        for command in ("add -f .", "commit -qm Release", "tag 1000", "repack -adq"):
            self.run(["git", *command.split()], template)

    def edited(self, template: Path, name: str) -> Path:
        """Return a project of a template's last release that its owner has edited and committed."""
        project = self.root / name
        self.run(self.render(template, into=project), self.root)
        for file in ("README.md", "pyproject.toml", "src/demo.py"):
            (project / file).parent.mkdir(exist_ok=True)
            with (project / file).open("a") as stream:
                stream.write("# A line of the owner's.\n")
        for command in ("init -q", "add .", "commit -qm Start"):
            self.run(["git", *command.split()], project)
        return project

    def others(self) -> Iterator[tuple[str, Case]]:
        """Install the tools that this repository does not depend on and give each one's command."""
        uv, bin_ = self.uv, self.root / "tools/bin"
        pins = [f"{name}=={pin}" for name, pin in TOOLS.items()]
        one_file = self.folder("cookiecutter")
        (one_file / "cookiecutter.json").write_text('{"name": "demo"}\n')
        (one_file / "{{ cookiecutter.name }}").mkdir()
        (one_file / "{{ cookiecutter.name }}/README.md").write_text(
            "# {{ cookiecutter.name }}\n"
        )
        yield "`uv init --package`", Case([uv, "init", "--package", "{new}"])
        try:
            venv = [uv, "venv", "-q", "-p", sys.executable, str(bin_.parent)]
            install = [
                uv,
                "pip",
                "install",
                "-q",
                "-p",
                str(bin_.parent),
                "--compile-bytecode",
                *pins,
            ]
            for command in (
                venv,
                install,
            ):  # with the caller's own environment: its registry, its proxy
                subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            skip(", ".join(pins), error)
            return
        yield "`hatch new`", Case([bin_ / "hatch", "new", "demo"])
        yield "PyScaffold's `putup`", Case([bin_ / "putup", "demo"])
        cookiecutter: list[str | Path] = [
            bin_ / "cookiecutter",
            "--no-input",
            "-o",
            "{new}",
            one_file,
        ]
        yield "`cookiecutter`, one file", Case(cookiecutter)


def skip(name: str, error: Exception) -> None:
    """Say on stderr why something is not measured."""
    reason = str(getattr(error, "stderr", None) or error).strip().splitlines()
    print(f"skipped: {name}: {reason[-1] if reason else error}", file=sys.stderr)


def table(*rows: Sequence[str]) -> str:
    """Return a Markdown table, its first row the heading, its other columns aligned to the right."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], f"|---|{'---:|' * (len(rows[0]) - 1)}", *lines[1:], ""])


def met(ratio: float, bar: float) -> str:
    """Return whether a ratio keeps within a bar."""
    return "met" if ratio <= bar else "**not met**"


def beside_empty(costs: Mapping[str, Cost]) -> str:
    """Return a table of costs in seconds, and their ratios to those of the empty template."""
    base = costs[EMPTY]
    rows = [
        (
            name,
            f"{cost.cpu:.3f}",
            f"{cost.cpu / base.cpu:.2f}",
            f"{cost.wall:.3f}",
            f"{cost.wall / base.wall:.2f}",
        )
        for name, cost in costs.items()
    ]
    return table(("", "CPU s", "ratio", "wall s", "ratio"), *rows)


def rendering(bench: Bench, template: Path, rounds: int) -> str:
    """Compare the default project with other ways to begin one."""
    project = bench.root / "project"
    bench.run(bench.render(template, into=project), bench.root)
    cases = {
        EMPTY: Case(bench.render(bench.static("empty"))),
        FLOOR: Case(bench.render(bench.static("floor", project))),
        OURS: Case(bench.render(template)),
        **dict(bench.others()),
    }
    costs = bench.compare(cases, rounds)
    ours, floor = (costs[name].cpu / costs[EMPTY].cpu for name in (OURS, FLOOR))
    count = sum(path.is_file() for path in project.rglob("*"))
    verdict = (
        f"The default project ({count} files) takes {ours:.2f} times the CPU of the empty template; the bar of "
        f"{BAR_RENDER:.2f} is {met(ours, BAR_RENDER)}. The same files without a question or a line of Jinja take "
        f"{floor:.2f} times, so {ours - floor:+.2f} is Plinth's own. {rounds} rounds.\n"
    )
    return "\n".join(["### A new project", "", beside_empty(costs), verdict])


def updating(bench: Bench, template: Path, rounds: int) -> str:
    """Compare the update of an edited project with one whose template is empty, each to a release that changes one file."""
    update = [bench.copier, "update", "--defaults", "--quiet", "{new}"]
    cases: dict[str, Case] = {}
    for name, source in {
        EMPTY: bench.static("empty-update"),
        OURS: template,
    }.items():
        project = bench.edited(source, f"edited-{len(cases)}")
        bench.next_release(source)
        cases[name] = Case(update, start=project)
        trial = shutil.copytree(project, bench.root / f"trial-{len(cases)}")
        bench.run([*update[:-1], trial], bench.root)
        if "_commit: '1000'" not in (trial / ".copier-answers.yml").read_text():
            sys.exit(f"{name}: the update did not reach the next release")
    costs = bench.compare(cases, rounds)
    ours = costs[OURS].cpu / costs[EMPTY].cpu
    verdict = (
        f"The update takes {ours:.2f} times the CPU of that with an empty template; the bar of {BAR_UPDATE:.2f} is "
        f"{met(ours, BAR_UPDATE)}. {rounds} rounds.\n"
    )
    title = "### An update of an edited project"
    return "\n".join([title, "", beside_empty(costs), verdict])


def growth(bench: Bench, template: Path, rounds: int) -> str:
    """Measure how rendering grows with the number of modules, beside Copier's own cost for the same files."""
    cases: dict[str, Case] = {}
    for size in bench.sizes:
        data = ("--data", modules(size))
        project = bench.root / f"modules-{size}"
        bench.run(bench.render(template, *data, into=project), bench.root)
        cases[f"{size}"] = Case(bench.render(template, *data))
        cases[f"{size} static"] = Case(
            bench.render(bench.static(f"static-{size}", project))
        )
    costs = bench.compare(cases, rounds)
    rows: list[tuple[str, ...]] = []
    steps, before = [], (0, 0.0)
    for size in bench.sizes:
        cpu, floor = costs[f"{size}"].cpu, costs[f"{size} static"].cpu
        steps.append((cpu - before[1]) / (size - before[0]) * 1000)
        before = (size, cpu)
        each, further = f"{cpu / size * 1000:.1f}", f"{steps[-1]:.1f}" if rows else ""
        rows.append(
            (
                f"{size:,}",
                f"{cpu:.2f}",
                each,
                further,
                f"{floor:.2f}",
                f"{cpu / floor:.2f}",
            )
        )
    heading = (
        "modules",
        "CPU s",
        "ms a module",
        "ms a further module",
        "static files, CPU s",
        "ratio",
    )
    worst = steps[2] / steps[1]
    verdict = (
        f"A further module costs {worst:.2f} times as much between {bench.sizes[1]} and {bench.sizes[2]:,} modules as between "
        f"{bench.sizes[0]} and {bench.sizes[1]}: {'linear' if worst <= 1.1 else '**worse than linear**'}. {rounds} rounds.\n"
    )
    return "\n".join(
        ["### Growth with the number of modules", "", table(heading, *rows), verdict]
    )


def modules(size: int) -> str:
    """Return the answer that gives a package so many modules, all in its root, one function each."""
    return "modules=" + " ".join(
        f"module_{number:04}:run_{number:04}" for number in range(size)
    )


def importing(bench: Bench, template: Path, rounds: int) -> str:
    """Measure what importing a package of 1,000 modules costs, lazy and eager, against an empty one."""
    python = (
        bench.root / "plain/bin/python"
    )  # an environment of its own: no .pth file of a tool slows its start
    bench.run(
        [sys.executable, "-m", "venv", "--without-pip", python.parents[1]], bench.root
    )
    empty = bench.folder("bare") / "src"
    (empty / "demo").mkdir(parents=True)
    (empty / "demo/__init__.py").touch()
    sources = {"empty `__init__.py`": empty}
    for exports, size in (
        ("lazy", 0),
        ("lazy", bench.sizes[-1]),
        ("eager", bench.sizes[-1]),
    ):
        project = bench.root / f"{exports}-{size}"
        answers = [
            f"--data={answer}"
            for answer in ("package_name=demo", f"exports={exports}", modules(size))
        ]
        bench.run(bench.render(template, *answers, into=project), bench.root)
        sources[f"{exports}, {size:,} modules"] = project / "src"
    timer = "from time import perf_counter as t; a = t(); import demo; print(t() - a)"
    cases = {
        name: Case([python, "-c", "import demo"], source)
        for name, source in sources.items()
    }
    whole = bench.compare(cases, rounds)
    inside: dict[str, list[float]] = {name: [] for name in sources}
    for _ in range(rounds):
        for name, source in sources.items():
            inside[name].append(float(bench.run([python, "-c", timer], source)))
    base, base_inside = next(iter(whole.values())), median(next(iter(inside.values())))
    rows, ratios = [], {}
    for name, cost in whole.items():
        own = median(inside[name])
        ratios[name] = (cost.cpu / base.cpu, cost.wall / base.wall, own / base_inside)
        cells = zip((cost.cpu, cost.wall, own), ratios[name], strict=True)
        rows.append(
            (
                name,
                *(
                    text
                    for value, ratio in cells
                    for text in (f"{value * 1000:.2f}", f"{ratio:.2f}")
                ),
            )
        )
    heading = (
        "package",
        "process, CPU ms",
        "ratio",
        "process, wall ms",
        "ratio",
        "`import` alone, ms",
        "ratio",
    )
    lazy = ratios[f"lazy, {bench.sizes[-1]:,} modules"]
    verdict = (
        f"The lazy package: as a process {lazy[0]:.2f} times the empty one's CPU, the bar of {BAR_IMPORT} is "
        f"{met(lazy[0], BAR_IMPORT)}; the `import` statement alone {lazy[2]:.2f} times, {met(lazy[2], BAR_IMPORT)}. "
        f"{rounds} rounds.\n"
    )
    return "\n".join(
        [
            f"### Importing a package of {bench.sizes[-1]:,} modules",
            "",
            table(heading, *rows),
            verdict,
        ]
    )


def main() -> None:
    """Print the tables, and with --write put them into README.md between its two markers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rounds", type=int, default=15, help="how often each command is measured (15)"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the tables into benchmarks/README.md"
    )
    parser.add_argument(
        "--modules",
        type=int,
        nargs=3,
        default=SIZES,
        help="sizes of growth (10 100 1000)",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        bench = Bench(Path(root).resolve())
        bench.sizes = tuple(options.modules)
        template = bench.plinth()
        commit = bench.run(["git", "rev-parse", "--short", "HEAD"], template).strip()
        dated = (
            f"Measured on {dt.datetime.now(dt.UTC).date()} at commit {commit} with Python {platform.python_version()}, "
            f"Copier {version('copier')}, uv {bench.run([bench.uv, '--version'], template).split()[1]}, "
            f"{', '.join(map(' '.join, TOOLS.items()))}, {bench.run(['git', '--version'], template).strip()}.\n"
        )
        parts = [dated]
        print(dated, flush=True)
        for part, rounds in (
            (rendering, options.rounds),
            (growth, min(options.rounds, 3)),
            (importing, options.rounds * 3),
            (updating, options.rounds),  # the last: it gives the template a release
        ):
            parts.append(part(bench, template, rounds))
            print(parts[-1], flush=True)
    if options.write:
        readme = HERE / "README.md"
        begin, end = "<!-- results: begin -->\n", "<!-- results: end -->\n"
        head, _, rest = readme.read_text(encoding="utf-8").partition(begin)
        tail = rest.partition(end)[2]
        readme.write_text(
            "\n".join([head + begin, *parts, end + tail]), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
