"""Bound time, memory and child processes while plinth reads what strangers wrote.

A repository, a template or a list of repositories may be made to take hours or gigabytes. Each of them gets a limited
time and a limited amount of memory, and the programs started for it end with it.
"""

import contextlib
import faulthandler
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .files import UserError, show

try:
    import fcntl
    import resource
except ImportError:  # Windows has neither, and no alarms
    POSIX = False
else:
    POSIX = True

LONG = 20_000_000  # bytes of a list of repositories, or of one row
LARGE = 100_000_000  # bytes of git's index, and of its packed refs
MEMORY = 500 * 2**20  # bytes of one process
DEPTH = 20  # lists in lists; plinth's own files have three
GRACE = 10  # seconds after which a process that ignores its alarm ends


class Expired(BaseException):
    """A repository took too long. This is not an Exception, so handlers of exceptions do not stop it."""


# ---- Child processes --------------------------------------------------------------------------------------------------


class Children:
    """The child processes of this process, each the leader of a session of its own.

    A session has no terminal that its programs could ask for a password, and can be ended as a whole.
    """

    def __init__(self) -> None:
        """Begin without children."""
        self.leaders: set[int] = set()
        self.noted: Path | None = None  # where another process finds the leaders
        self.starting = False
        self.late: Callable[[], None] | None = None

    def when_safe(self, act: Callable[[], None]) -> None:
        """Call a signal handler's function; wait while a child starts, whose number is not known yet."""
        if self.starting:
            self.late = act
        else:
            act()

    @contextlib.contextmanager
    def started(self, command: list[str], **options: Any) -> Iterator[Any]:
        """Start a child process, and end its whole session where the block raises."""
        process: subprocess.Popen[Any] | None = None
        self.starting = True
        try:
            process = subprocess.Popen(command, start_new_session=True, **options)  # noqa: S603
            self.leaders.add(process.pid)
            self.note(process.pid)
            self.starting = False
            if self.late:
                act, self.late = self.late, None
                act()
            yield process
        except BaseException:
            if process is not None:
                end(process)
            raise
        finally:
            self.starting = False
            if process is not None:
                self.leaders.discard(process.pid)
                self.note(process.pid, gone=True)

    def note(self, leader: int, *, gone: bool = False) -> None:
        """Write down which sessions there are, for the case that this process is killed."""
        if self.noted:
            with contextlib.suppress(OSError):
                path = self.noted / str(leader)
                path.unlink() if gone else path.touch()

    def kill(self) -> None:
        """End all sessions at once."""
        for leader in list(self.leaders):
            kill(leader)

    def run(
        self, command: list[str], *, seconds: float, given: str = "", **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a command and return its output; end its session where it takes too long.

        Args:
            command: The program and its arguments.
            seconds: How long it may take.
            given: What it reads from stdin.
            options: Those of subprocess.Popen.

        Raises:
            subprocess.TimeoutExpired: When it takes too long.
            OSError: When it does not start.
        """
        pipe = subprocess.PIPE
        pipes = {"stdin": pipe, "stdout": pipe, "stderr": pipe}
        with self.started(command, **pipes, **options) as process:
            out, err = process.communicate(given, timeout=seconds)
        return subprocess.CompletedProcess(command, process.returncode, out, err)


children = Children()


def kill(leader: int, number: int = getattr(signal, "SIGKILL", signal.SIGTERM)) -> None:
    """Send a signal to a child process and all of its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number) if POSIX else os.kill(leader, number)


def end(process: Any) -> None:
    """End a child process and its session: with SIGTERM, two seconds later with SIGKILL."""
    kill(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(2)
    kill(process.pid)
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            with contextlib.suppress(OSError):
                stream.close()


def stop_workers() -> None:
    """End the worker processes of this process; each ends the programs that it has started."""
    import multiprocessing

    workers = multiprocessing.active_children()
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(5)
        worker.kill()


def sweep(folder: Path) -> None:
    """End the sessions that killed processes noted in a folder."""
    for path in folder.iterdir():
        kill(int(path.name))
        path.unlink(missing_ok=True)


# ---- Time -------------------------------------------------------------------------------------------------------------


def expire(*_: object) -> None:
    """Raise Expired: the handler of the alarm."""

    def stop() -> None:
        raise Expired

    children.when_safe(stop)


_hard = False


def arm(seconds: float) -> None:
    """Set the alarm.

    Python runs a signal's handler between two of its own steps. A single endless step is ended by the second alarm.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds)
    if _hard:
        with Path(os.devnull).open("w") as nowhere:
            faulthandler.dump_traceback_later(
                seconds + GRACE, exit=True, file=os.dup(nowhere.fileno())
            )


def disarm() -> float:
    """Stop the alarm and return the seconds that were left."""
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    if _hard:
        faulthandler.cancel_dump_traceback_later()
    return left


def has_alarms() -> bool:
    """Return whether an alarm reaches the code that runs here."""
    return POSIX and threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def timed(seconds: float) -> Iterator[None]:
    """Raise Expired when the block takes longer; without a limit where the system has no alarms."""
    if not has_alarms():
        yield
        return
    before = signal.signal(signal.SIGALRM, expire)
    arm(seconds)
    try:
        yield
    finally:
        disarm()
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def untimed() -> Iterator[None]:
    """Stop the clock while the block waits for others."""
    left = disarm() if has_alarms() else 0
    try:
        yield
    finally:
        if left:
            arm(left)


@contextlib.contextmanager
def locked(path: Path, otherwise: contextlib.AbstractContextManager[Any]) -> Any:
    """Hold a lock that all processes share; the system releases it when its holder ends.

    Args:
        path: The file that stands for the lock.
        otherwise: The lock to hold where the system cannot lock files.
    """
    if not POSIX:
        with otherwise:
            yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# ---- Memory -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def memory(most: int = MEMORY) -> Iterator[None]:
    """Limit the memory of this process and of each child that the block starts.

    The limit is on data, so that git may still map large packs.
    """
    if not POSIX:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    given = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    with contextlib.suppress(OSError, ValueError):
        limit = min([used() + most, *given])
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    try:
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def used() -> int:
    """Return the bytes of data that this process has already; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[5])
    except OSError:
        return 0
    return pages * resource.getpagesize()


@contextlib.contextmanager
def bounded(folder: Path, seconds: float) -> Iterator[None]:
    """Limit the time and memory for reading one repository.

    Raises:
        UserError: When the block takes more, and for a value that Python cannot read, such as a number of thousands
            of digits.
    """
    try:
        with memory(), timed(seconds):
            yield
    except Expired:
        raise UserError(
            f"reading {show(folder)} takes more than {seconds:g} seconds"
        ) from None
    except MemoryError:
        raise UserError(
            f"reading {show(folder)} takes more than {MEMORY // 2**20} MB of memory"
        ) from None
    except (ArithmeticError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"cannot read {show(folder)}: {reason}") from error


def bound_worker(folder: Path) -> None:
    """Set up a worker process: bound its memory, and end its children with it and with its parent."""
    import multiprocessing

    global _hard  # noqa: PLW0603 - an alarm belongs to a process, too
    _hard = POSIX
    children.noted = folder

    def leave() -> None:
        children.kill()
        os._exit(1)

    def follow() -> None:
        if parent := multiprocessing.parent_process():
            parent.join()
        leave()

    threading.Thread(target=follow, daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: children.when_safe(leave))
    contextlib.ExitStack().enter_context(memory())


# ---- Files ------------------------------------------------------------------------------------------------------------


def head(path: Path, most: int) -> bytes:
    """Return a file's content, and no more than one byte over the limit."""
    with path.open("rb") as file:
        return file.read(most + 1)


def text_of(path: Path, most: int = LONG) -> str:
    """Return the text of a file that the user names.

    Raises:
        UserError: When it cannot be read, is not UTF-8 or is too large.
    """
    try:
        content = head(path, most)
        if len(content) > most:
            raise UserError(
                f"cannot read {show(path)}: it has more than {most:,} bytes"
            )
        return content.decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UserError(f"cannot read {show(path)}: {reason}") from error


def from_json(text: str) -> Any:
    """Return what JSON holds.

    Raises:
        ValueError: For JSON that is broken, holds a number of thousands of digits, or is nested too deeply.
    """
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    left = [(value, 0)]
    while left:
        inner, depth = left.pop()
        if depth > DEPTH:
            raise ValueError("it is nested too deeply")
        if isinstance(inner, dict | list):
            found = inner.values() if isinstance(inner, dict) else inner
            left += [(x, depth + 1) for x in found if isinstance(x, dict | list)]
    return value
