"""Worker processes, each of which reads one repository after the other."""

import argparse
import multiprocessing
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from plinth.addresses import shown
from plinth.bounds import Expired, bound_worker, stop_workers, sweep, timed
from plinth.environment import shrink

from .command import SHARED
from .repositories import Source
from .row import Row


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
