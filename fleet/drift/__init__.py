"""Say how far repositories are from their templates: one row for each project.

Rows stream: what is held at a time are the rows of a few repositories, and for the table
and the page all rows, without any file's content.
"""

import argparse
import json
import multiprocessing
import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from fleet.addresses import shown
from fleet.bounds import (
    LONG,
    Expired,
    bound_worker,
    from_json,
    stop_workers,
    sweep,
    text_of,
    timed,
)
from fleet.environment import shrink
from fleet.sources import UserError, show

from .row import STATES, Row, is_url

# The files that people and templates write together. Plinth's; other templates' are called the same.
SHARED = (
    ".github/CONTRIBUTING.md",
    ".github/SECURITY.md",
    ".github/renovate.json",
    ".gitignore",
    ".gitlab-ci.yml",
    ".gitlab/renovate.json",
    "LICENSE",
    "MANIFEST.in",
    "docs/CONTRIBUTING.md",
    "docs/SECURITY.md",
    "pyproject.toml",
    "requirements_dev.txt",
)


class Source(NamedTuple):
    """A repository, and where it is."""

    name: str
    place: str  # its folder or its URL


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of the subcommand."""
    command.add_argument("repository", nargs="*", help="its folder or its URL")
    command.add_argument(
        "--from",
        type=Path,
        metavar="FILE",
        help="and those that are named there, a line each; # comments",
    )
    command.add_argument(
        "--all-repos",
        type=Path,
        nargs="?",
        const=Path("all-repos.json"),
        metavar="FILE",
        help="and those that all-repos has cloned by its settings (all-repos.json)",
    )
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON lines")
    form.add_argument("--html", type=Path, metavar="FILE", help="write a page")
    command.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="keep the rows there as they come, and go on from those that it has",
    )
    command.add_argument(
        "--shared",
        action="append",
        default=[],
        metavar="PATTERN",
        help=f"files that are meant to be edited, besides {', '.join(SHARED)}",
    )
    command.add_argument(
        "--allow-behind",
        type=int,
        default=0,
        metavar="N",
        help="releases behind that are no drift (0)",
    )
    command.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="worker processes (one for each core)",
    )
    command.add_argument(
        "--timeout",
        type=int,
        default=300,
        metavar="SECONDS",
        help="how long a repository may take (300)",
    )


def drift(options: argparse.Namespace) -> int:
    """Report on repositories; return 0 where all are clean, 1 for drift, 2 where one cannot be told.

    Raises:
        UserError: When the lists of repositories cannot be read, or a file not be written.
    """
    from .report import progress, write_page, write_table

    sources = [*listed(options)]
    if not sources:
        raise UserError(
            "no repository is named: give folders, --from FILE or --all-repos"
        )
    if options.html and not options.html.parent.is_dir():
        raise UserError(f"there is no folder for {show(options.html)}")
    journal = Journal(options.resume, sources)
    found = deque[Row]()
    worst = 0
    with progress(len(sources)) as advance:
        for rows in journal.keep(examined(journal.left, options)):
            for row in rows:
                worst = max(worst, STATES.index(row.state))
                if options.json:
                    print(json.dumps(row.data()), flush=True)
                else:
                    found.append(row)
            advance()
    if options.html:
        write_page(sorted(found, key=lambda row: row.rank), options.html)
    elif not options.json:
        write_table(sorted(found, key=lambda row: row.rank))
    return worst


def listed(options: argparse.Namespace) -> Iterator[Source]:
    """Yield the repositories that were named, each once.

    Raises:
        UserError: When a list of them cannot be read.
    """
    seen = set()
    for source in named(options):
        if source.name not in seen:
            seen.add(source.name)
            yield source


def named(options: argparse.Namespace) -> Iterator[Source]:
    """Yield the repositories of the command line, of a file and of all-repos.

    https://github.com/asottile/all-repos#setting-up: `output_dir` is relative to the settings, and holds a list.
    """
    for name in options.repository:
        yield Source(name, name)
    if path := getattr(options, "from"):
        for line in text_of(path).splitlines():
            name = line.strip()
            if name and not name.startswith("#"):
                yield Source(name, name if is_url(name) else str(path.parent / name))
    if path := options.all_repos:
        try:
            settings = from_json(text_of(path))
            folder = path.parent / settings["output_dir"]
            for name in from_json(text_of(folder / "repos_filtered.json")):
                yield Source(name, str(folder / name))
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{show(path)} is no settings of all-repos: {error!r}"
            ) from error


class Journal:
    """Rows kept in a file, so that an interrupted run goes on where it was."""

    def __init__(self, path: Path | None, sources: Iterable[Source]) -> None:
        """Read the rows of an earlier run; a repository counts when it has all of its rows."""
        self.path = path
        # Names that only their credentials or queries tell apart are examined anew.
        counted = Counter(shown(source.name) for source in sources)
        names = {name for name, count in counted.items() if count == 1}
        self.done: dict[str, list[Row]] = {}
        if path and path.exists():
            rows: dict[str, list[Row]] = {}
            for number, line in enumerate(self.lines(path), 1):
                try:
                    row = Row.of(from_json(line))
                except (ValueError, TypeError) as error:
                    reason = error if isinstance(error, TypeError) else "it is not JSON"
                    raise UserError(
                        f"{show(path)} holds no rows of an earlier run: line {number}: {reason}; choose another file"
                    ) from error
                if row.repository in names:
                    rows.setdefault(row.repository, []).append(row)
            self.done = {
                name: found[-found[-1].projects :]
                for name, found in rows.items()
                if len(found) >= found[-1].projects
            }
        self.left = [
            source for source in sources if shown(source.name) not in self.done
        ]

    def lines(self, path: Path) -> Iterator[str]:
        """Yield the whole lines of the file, and cut off one that was torn."""
        if not path.is_file():
            raise UserError(f"{show(path)} is not a regular file")
        try:
            with path.open("rb") as file:
                end = 0
                while line := file.readline(LONG):
                    if not line.endswith(b"\n"):
                        if len(line) == LONG:
                            raise UserError(
                                f"cannot read {show(path)}: a line has more than {LONG:,} bytes"
                            )
                        os.truncate(path, end)
                        return
                    end += len(line)
                    yield line.decode()
        except UnicodeDecodeError as error:
            raise UserError(f"cannot read {show(path)}: it is not UTF-8") from error
        except OSError as error:
            raise UserError(f"cannot read {show(path)}: {error.strerror}") from error

    def write(self, text: str) -> None:
        """Add to the file at once."""
        if self.path:
            try:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(text)
            except OSError as error:
                raise UserError(
                    f"cannot write {show(self.path)}: {error.strerror}"
                ) from error

    def keep(self, new: Iterable[list[Row]]) -> Iterator[list[Row]]:
        """Yield the rows of the earlier run, then the new ones, which are written down first."""
        for rows in self.done.values():
            for row in rows:
                row.mask()
            yield rows
        for rows in new:
            for row in rows:
                row.mask()
            self.write("".join(f"{json.dumps(row.data())}\n" for row in rows))
            yield rows


def examined(sources: list[Source], options: argparse.Namespace) -> Iterator[list[Row]]:
    """Yield the rows of each repository as they come from a few worker processes.

    One that takes its worker down is examined once more alone, then costs its row.
    """
    if not sources:
        return
    jobs = max(1, min(options.jobs, len(sources)))
    waiting = deque(sources)
    with TemporaryDirectory(prefix="drift-") as folder:
        running_folder(folder).mkdir()
        while waiting:
            running: dict[Future[list[Row]], Source] = {}
            pool = workers(jobs, folder, options)
            try:
                while waiting or running:
                    while waiting and len(running) < 2 * jobs:
                        running[pool.submit(examine, waiting[0])] = waiting[0]
                        waiting.popleft()
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        rows = future.result()
                        del running[future]
                        yield rows
            except BrokenProcessPool:
                sweep(running_folder(folder))
                for source in running.values():
                    yield alone(source, folder, options)
            except BaseException:
                stop_workers()
                raise
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
                sweep(running_folder(folder))


def running_folder(folder: str) -> Path:
    """Return the folder where workers note their child processes."""
    return Path(folder, "running")


def workers(jobs: int, folder: str, options: argparse.Namespace) -> ProcessPoolExecutor:
    """Start worker processes, which read each template once between them."""
    # Not forked: the progress bar has a thread. A fork server would bind a socket below
    # TMPDIR, whose path may be too long for one.
    context = multiprocessing.get_context("spawn")
    shared: Sequence[str] = (*SHARED, *options.shared)
    given = (folder, context.Lock(), shared, options.allow_behind, options.timeout)
    return ProcessPoolExecutor(jobs, context, initializer=begin, initargs=given)


def alone(source: Source, folder: str, options: argparse.Namespace) -> list[Row]:
    """Examine a repository in a worker of its own."""
    try:
        with workers(1, folder, options) as pool:
            try:
                return pool.submit(examine, source).result()
            except KeyboardInterrupt:
                stop_workers()
                raise
    except BrokenProcessPool:
        text = "reading it ended the process that did, perhaps for want of memory"
        return [Row(shown(source.name), problem=text)]


def begin(
    folder: str, lock: Any, shared: Sequence[str], allow_behind: int, seconds: int
) -> None:
    """Set a worker up: it ends with its parent, and at an interrupt without a word."""
    from .project import Drift
    from .template import Templates

    shrink()
    bound_worker(running_folder(folder))
    templates = Templates(Path(folder), lock, min(120, seconds))
    worker.update(
        drift=Drift(templates, shared, allow_behind, seconds), seconds=seconds
    )


worker: dict[str, Any] = {}


def examine(source: Source) -> list[Row]:
    """Examine a repository in a worker; where the system has no alarms, without a limit of time."""
    try:
        with timed(worker["seconds"]):
            rows: list[Row] = worker["drift"].examine(*source)
    except Expired:
        text = f"reading it took more than {worker['seconds']} seconds"
        rows = [Row(shown(source.name), problem=text)]
    return rows
