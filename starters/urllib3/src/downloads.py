"""Downloads with urllib3: many at once, piece by piece, with progress and limits."""

import hashlib
import re
import secrets
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

_GIBIBYTE = 1 << 30
_PIECE = 1 << 16  # bytes, decompressed


class DownloadError(HTTPError):
    """A download failed. The message is one line, without user, password and query.

    Attributes:
        url: The URL.
        status: The status of the server's answer, or None if that was not the reason.
    """

    def __init__(self, message: str, url: str = "", status: int | None = None) -> None:
        """Take the message and the attributes."""
        super().__init__(message)
        self.url = url
        self.status = status


@dataclass(frozen=True)
class Download:
    """A complete file.

    Attributes:
        url: Where it comes from.
        path: Where it is.
        size: Its bytes.
        sha256: Its digest in hexadecimal.
    """

    url: str
    path: Path
    size: int
    sha256: str


def make_pool(
    *, threads: int = 8, timeout: float = 30, retries: int = 3, **options: Any
) -> PoolManager:
    """Return a pool of connections that all threads can share.

    It never follows a redirect from ``https`` to ``http``.

    Args:
        threads: How many connections to one server are kept for later.
        timeout: Seconds to connect, and seconds between two pieces of an answer.
        retries: How often a request is sent again after a lost connection, a timeout
            or a status 429, 502, 503 or 504. The waits double, unless the server sends
            ``Retry-After``; none is longer than a minute.
        **options: More for the PoolManager, such as ``headers`` or ``ca_certs``.

    Raises:
        ValueError: The timeout is not above 0.
    """
    retry = _Retry(
        total=None,
        connect=retries,
        read=retries,
        status=retries,
        redirect=5,
        other=0,  # a wrong certificate stays wrong
        status_forcelist=(429, 502, 503, 504),
        raise_on_status=False,
        backoff_factor=0.5,
        backoff_max=60,
        retry_after_max=60,
    )
    limits = Timeout(connect=timeout, read=timeout)
    return PoolManager(maxsize=threads, timeout=limits, retries=retry, **options)


def stream(
    pool: PoolManager,
    url: str,
    *,
    limit: int = _GIBIBYTE,
    progress: Callable[[int, int | None], object] = lambda done, total: None,
) -> Iterator[bytes]:
    """Yield what is at a URL piece by piece, decompressed.

    Args:
        pool: What make_pool() returns.
        url: An address that begins with ``https://`` or ``http://``.
        limit: How many bytes there may be.
        progress: Called after each piece with the number of bytes so far and of all
            bytes, which is None if the server does not send it.

    Raises:
        DownloadError: The server cannot be reached, its answer has a status other than
            success, is too large or stops half way.
    """
    with _plain_errors(url):
        response = pool.request("GET", url, preload_content=False)
    try:
        if not 200 <= response.status < 300:
            status = response.status
            raise _error(url, f"the server answered with status {status}", status)
        encoded = "Content-Encoding" in response.headers
        total = None if encoded else response.length_remaining
        done, pieces = 0, response.stream(_PIECE)
        while max(done, total or 0) <= limit:
            with _plain_errors(url):
                piece = next(pieces, b"")
            if not piece:
                return
            done += len(piece)
            yield piece
            progress(done, total)
        raise _error(url, f"the answer has more than {limit} bytes")
    finally:
        response.close()  # an unread answer must not stay in its connection
        response.release_conn()


def download(
    pool: PoolManager, url: str, target: str | Path, **options: Any
) -> Download:
    """Write what is at a URL into a file, and return the file's size and digest.

    The file is never there half-written: it replaces an older one when it is complete.

    Args:
        pool: What make_pool() returns.
        url: As for stream().
        target: The file. Its folder must exist.
        **options: ``limit`` and ``progress``, as for stream().

    Raises:
        DownloadError: As for stream().
        OSError: The file cannot be written.
    """
    path, size, digest = Path(target), 0, hashlib.sha256()
    with _replacing(path) as file:
        for piece in stream(pool, url, **options):
            size += file.write(piece)
            digest.update(piece)
    return Download(url, path, size, digest.hexdigest())


def download_all(
    pool: PoolManager,
    files: Iterable[tuple[str, str | Path]],
    *,
    threads: int = 8,
    limit: int = _GIBIBYTE,
) -> Generator[Download | DownloadError]:
    """Download many files at once, and yield each result as soon as it is there.

    Args:
        pool: What make_pool() returns.
        files: URLs and targets.
        threads: How many downloads run at the same time.
        limit: How many bytes each file may have.

    Yields:
        The file or, in place of it, the error. One error does not stop the others.

    Raises:
        OSError: A file cannot be written. The other downloads stop.
    """
    stopped = threading.Event()

    def attempt(url: str, target: str | Path) -> Download | DownloadError:
        def check(*_: object) -> None:
            if stopped.is_set():
                raise _error(url, "stopped")

        try:
            return download(pool, url, target, limit=limit, progress=check)
        except DownloadError as error:
            return error

    with ThreadPoolExecutor(threads) as executor:
        results = [executor.submit(attempt, *file) for file in files]
        try:
            for result in as_completed(results):
                yield result.result()
        finally:  # also after Ctrl-C
            stopped.set()
            executor.shutdown(cancel_futures=True)


class _Retry(Retry):
    """Follows no redirect to http, and reads no answer before the next attempt."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        *rest: Any,
        **options: Any,
    ) -> Self:
        """Return the attempts that are left."""
        if response:
            response.close()  # urllib3 would read it whole, of any size
            response.release_conn()
            place = response.get_redirect_location() or ""
            if f"{url}".startswith("https:") and place.lower().startswith("http:"):
                raise HTTPError("redirects from https to http")
        return super().increment(method, url, response, *rest, **options)


@contextmanager
def _plain_errors(url: str) -> Iterator[None]:
    """Raise an error of urllib3 as DownloadError, without its cause, which shows more."""
    try:
        yield
    except (HTTPError, ValueError) as error:
        # A MaxRetryError has a reason: what happened in the last attempt.
        raise _error(url, getattr(error, "reason", error)) from None


def _error(url: str, reason: object, status: int | None = None) -> DownloadError:
    shown = re.split("[?#]", url)[0]
    message = re.sub(r"//\S*@|\?\S*", "…", f"{shown}: {reason}")
    return DownloadError(message, url, status)


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    """Open a file beside the target. It becomes the target unless there is an error."""
    draft = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        with draft.open("xb") as file:
            yield file
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
