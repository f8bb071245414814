"""Worker processes, each of which reads one repository after the other."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from plinth.addresses import shown
from plinth.bounds import Expired, bound_worker, stop_workers, sweep, timed
from plinth.environment import shrink

from .repositories import Source

# Returns the rows of a repository, given its name and its folder or URL.
Read = Callable[[str, str], list[Any]]


@dataclass(frozen=True)
class Job:
    """What the workers do. They get it pickled."""

    start: Callable[..., Read]  # given the templates, in each worker
    failure: Callable[
        [str, str], Any
    ]  # the row of a repository, given its name and why
    seconds: int  # how long a repository may take


def results(sources: list[Source], job: Job, jobs: int) -> Iterator[list[Any]]:
    """Yield the rows of each repository as they come from a few worker processes.

    One that takes its worker down is read once more in a worker of its own, then costs its row.
    """
    if not sources:
        return
    jobs = max(1, min(jobs, len(sources)))
    waiting = deque(sources)
    with TemporaryDirectory(prefix="drift-") as folder:
        running_folder(folder).mkdir()
        while waiting:
            running: dict[Future[list[Any]], Source] = {}
            pool = workers(jobs, folder, job)
            try:
                while waiting or running:
                    while waiting and len(running) < 2 * jobs:
                        running[pool.submit(read, waiting[0])] = waiting[0]
                        waiting.popleft()
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        rows = future.result()
                        del running[future]
                        yield rows
            except BrokenProcessPool:
                sweep(running_folder(folder))
                for source in running.values():
                    yield read_in_own_worker(source, folder, job)
            except BaseException:
                stop_workers()
                raise
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
                sweep(running_folder(folder))


def running_folder(folder: str) -> Path:
    """Return the folder where workers note their child processes."""
    return Path(folder, "running")


def workers(jobs: int, folder: str, job: Job) -> ProcessPoolExecutor:
    """Start worker processes, which read each template once between them."""
    # Not forked: the progress bar has a thread. A fork server would bind a socket below
    # TMPDIR, whose path may be too long for one.
    context = multiprocessing.get_context("spawn")
    given = (folder, context.Lock(), job)
    return ProcessPoolExecutor(jobs, context, initializer=begin, initargs=given)


def read_in_own_worker(source: Source, folder: str, job: Job) -> list[Any]:
    """Read a repository in a worker of its own."""
    try:
        with workers(1, folder, job) as pool:
            try:
                return pool.submit(read, source).result()
            except KeyboardInterrupt:
                stop_workers()
                raise
    except BrokenProcessPool:
        text = "the worker process crashed while reading it, possibly out of memory"
        return [job.failure(shown(source.name), text)]


def begin(folder: str, lock: Any, job: Job) -> None:
    """Set a worker up: it ends with its parent, and at an interrupt without a word."""
    from .template import Templates

    shrink()
    bound_worker(running_folder(folder))
    templates = Templates(Path(folder), lock, min(120, job.seconds))
    worker.update(read=job.start(templates), job=job)


worker: dict[str, Any] = {}


def read(source: Source) -> list[Any]:
    """Read a repository in a worker; where the system has no alarms, without a limit of time."""
    job: Job = worker["job"]
    try:
        with timed(job.seconds):
            rows: list[Any] = worker["read"](*source)
    except Expired:
        text = f"reading it took more than {job.seconds} seconds"
        rows = [job.failure(shown(source.name), text)]
    return rows
