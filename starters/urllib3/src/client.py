"""A client for one server, which fetches many things at once and large ones in pieces."""

import hashlib
import json
import math
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import (
    DecodeError,
    HTTPError,
    InvalidHeader,
    LocationParseError,
    NewConnectionError,
    ResponseError,
    SSLError,
    TimeoutError,
)
from urllib3.util import parse_url

from .errors import (
    ConfigurationError,
    ConnectionFailedError,
    ContentError,
    RedirectError,
    RequestError,
    StatusError,
    TimedOutError,
    TLSError,
    TooLargeError,
)

_PIECE = 1 << 16  # bytes, decoded: urllib3 holds no more of a bomb than this
_MEBIBYTE = 1 << 20

# A later attempt may find the server in a better state: RFC 6585 (429), RFC 9110.
_TRANSIENT = (429, 502, 503, 504)

# What the causes of an error mean, the first that fits.
_MEANINGS: tuple[tuple[type[Exception], type[RequestError], str], ...] = (
    (NewConnectionError, ConnectionFailedError, "{}"),  # to urllib3 a timeout
    (TimeoutError, TimedOutError, "{}"),
    (SSLError, TLSError, "{}"),
    (DecodeError, ContentError, "{}"),
    (InvalidHeader, ContentError, "{}"),
    (ResponseError, RedirectError, "{}"),  # after too many redirects, and nothing else
    # The base URL is checked, so that this is what the server redirects to.
    (ValueError, RedirectError, "redirects to where this client does not go"),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, decoded from what it was compressed with.

    Attributes:
        url: Where it was asked for, without the query.
        media_type: Such as ``text/html``, without parameters; empty if it is not said.
        body: All of it.
    """

    url: str
    media_type: str
    body: bytes

    def json(self) -> Any:
        """Return the body decoded from JSON.

        Raises:
            ContentError: It is none.
        """
        try:
            return json.loads(self.body, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ContentError(self.url, f"answered no JSON: {error}") from error


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is complete.

    Attributes:
        path: Where it is.
        size: Its bytes.
        sha256: Their digest, in hexadecimal.
    """

    path: Path
    size: int
    sha256: str


class Client:
    """A client for one server; a context manager, which lets go of the connections.

    All threads may use one client. Requests are sent again with exponential back-off
    after a failed or lost connection, a timeout or a status 429, 502, 503 or 504; a
    ``Retry-After`` of the server goes before the back-off. An answer that breaks off or
    stalls half way is not asked for again.

    A client with an ``https`` address never follows a redirect to ``http``; certificates
    are always verified. The token goes to no other host. Nothing is taken from the
    environment, neither proxies nor passwords; only the system's certificates are where
    ``SSL_CERT_FILE`` or ``SSL_CERT_DIR`` says.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        workers: int = 8,
        connect_timeout: float = 5,
        read_timeout: float = 30,
        retries: int = 3,
        backoff: float = 0.5,
        longest_wait: int = 60,
        redirects: int = 5,
        ca_bundle: str | Path | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            base_url: What all paths begin with, such as ``https://example.org/data``.
            token: Sent with each request, as ``Authorization: Bearer`` (RFC 6750).
            workers: How many requests get_all() has under way, and how many
                connections are kept for later.
            connect_timeout: Seconds until a connection is made.
            read_timeout: Seconds from one piece of the answer to the next, not until it
                is complete.
            retries: How often a request is sent again, for each kind of failure: no
                connection, no answer, such a status.
            backoff: Seconds that double with each attempt: no wait before the second,
                ``2 * backoff`` before the third.
            longest_wait: Seconds that any wait has at most, whatever the server asks for.
            redirects: How many are followed.
            ca_bundle: File of the certificates to trust (PEM), instead of the system's.

        Raises:
            ConfigurationError: An argument cannot be right.
        """
        self._base_url = _base(base_url)
        for name, value, lowest in (
            ("workers", workers, 1),
            ("connect_timeout", connect_timeout, 0.001),
            ("read_timeout", read_timeout, 0.001),
            ("retries", retries, 0),
            ("backoff", backoff, 0),
            ("longest_wait", longest_wait, 0),
            ("redirects", redirects, 0),
        ):
            if not lowest <= value < math.inf:
                raise ConfigurationError(f"{name} is {value}: use at least {lowest}")
        if token is not None and not re.fullmatch("[!-~]+", token):
            raise ConfigurationError("token holds white space or is empty: strip it")
        if ca_bundle is not None and not Path(ca_bundle).is_file():
            raise ConfigurationError(f"ca_bundle {str(ca_bundle)!r} is no file")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._workers = workers
        self._pool = PoolManager(
            maxsize=workers,
            timeout=Timeout(connect=connect_timeout, read=read_timeout),
            retries=_Retry(
                total=None,
                connect=retries,
                read=retries,
                status=retries,
                redirect=redirects,
                other=0,  # such as a certificate, which no attempt makes better
                status_forcelist=_TRANSIENT,
                raise_on_status=False,
                backoff_factor=backoff,
                backoff_max=longest_wait,
                retry_after_max=longest_wait,
            ),
            cert_reqs="CERT_REQUIRED",
            ca_certs=None if ca_bundle is None else str(ca_bundle),
        )
        if self._base_url.startswith("https:"):
            del self._pool.key_fn_by_scheme["http"]  # so that no redirect leads there

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Let go of its connections."""
        self._pool.clear()

    def get(self, path: str, *, limit: int = 16 * _MEBIBYTE) -> Reply:
        """Fetch what is at a path.

        Args:
            path: Relative to the base URL, quoted (``urllib.parse.quote``) where needed.
            limit: How many bytes the answer may have.

        Raises:
            RequestError: One of its kinds says what went wrong.
        """
        with self._open(path, {"Accept-Encoding": "gzip"}) as (url, response):
            body = b"".join(_pieces(url, response, limit))
            media_type = response.headers.get("Content-Type", "").partition(";")[0]
            return Reply(url, media_type.strip().lower(), body)

    def get_all(
        self, paths: Iterable[str], *, limit: int = 16 * _MEBIBYTE
    ) -> list[Reply | RequestError]:
        """Fetch what is at each of the paths, many at once.

        Returns:
            In the order of the paths the answers or, in their place, the errors.
        """

        def attempt(path: str) -> Reply | RequestError:
            try:
                return self.get(path, limit=limit)
            except RequestError as error:
                return error

        with ThreadPoolExecutor(self._workers) as executor:
            return list(executor.map(attempt, paths))

    def download(
        self,
        path: str,
        target: str | Path,
        *,
        limit: int = 1024 * _MEBIBYTE,
        progress: Callable[[int, int | None], object] = lambda done, total: None,
    ) -> Download:
        """Fetch what is at a path into a file, piece by piece.

        It is written beside the target, which it replaces when it is complete: at no
        time is half of it there, and after an error the target is what it was before.

        Args:
            path: As for get().
            target: The file; its folder has to be there.
            limit: How many bytes it may have.
            progress: Called after each piece with the bytes written until then and the
                bytes to come in all, which is None where the server does not say.

        Raises:
            RequestError: One of its kinds says what went wrong.
            OSError: The file cannot be written.
        """
        target, done, digest = Path(target), 0, hashlib.sha256()
        with _replacing(target) as file, self._open(path, {}) as (url, response):
            encoded = "Content-Encoding" in response.headers
            total = None if encoded else response.length_remaining
            for piece in _pieces(url, response, limit):
                file.write(piece)
                digest.update(piece)
                done += len(piece)
                progress(done, total)
        return Download(target, done, digest.hexdigest())

    @contextmanager
    def _open(
        self, path: str, headers: dict[str, str]
    ) -> Iterator[tuple[str, BaseHTTPResponse]]:
        """Ask for a path; give what to call it in messages, and an answer to read."""
        url = f"{self._base_url}/{path.lstrip('/')}"
        shown = parse_url(url)._replace(query=None, fragment=None).url
        with _own_errors(shown):
            response = self._pool.request(
                "GET", url, headers=self._headers | headers, preload_content=False
            )
        try:
            if not 200 <= response.status < 300:
                raise StatusError(shown, response.status)
            yield shown, response
        finally:
            response.close()  # drops a connection with something left to read in it
            response.release_conn()


class _Retry(Retry):
    """Closes an answer before the next attempt: urllib3 would read all of its body."""

    def increment(self, *args: Any, **options: Any) -> Self:
        """Return the attempts that are left."""
        if response := options.get("response"):
            response.close()
            response.release_conn()
        return super().increment(*args, **options)


def _pieces(url: str, response: BaseHTTPResponse, limit: int) -> Iterator[bytes]:
    """Yield the decoded body, as long as it keeps within the limit."""
    done = 0
    with _own_errors(url):
        if (response.length_remaining or 0) > limit:
            raise TooLargeError(url, limit)
        for piece in response.stream(_PIECE, decode_content=True):
            done += len(piece)
            if done > limit:
                raise TooLargeError(url, limit)
            yield piece


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    """Open a file beside the target, which it becomes unless there is an error."""
    draft = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        with draft.open("xb") as file:
            yield file
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _own_errors(url: str) -> Iterator[None]:
    """Raise the package's own errors in place of those of urllib3."""
    try:
        yield
    except (HTTPError, ValueError) as error:
        # Without its cause, whose text has the query and what may be secret there.
        raise _meaning(error, url) from None


def _meaning(error: BaseException, url: str) -> RequestError:
    """Return an exception of urllib3 as one of the package's own."""
    for kind, meaning, reason in _MEANINGS:
        if isinstance(error, kind):
            return meaning(url, reason.format(error))
    inner = getattr(error, "reason", None)  # of the last attempt
    if isinstance(inner, Exception):
        return _meaning(inner, url)
    return ConnectionFailedError(url, str(error))


def _base(url: str) -> str:
    """Return the base URL without a slash at its end, if it is one."""
    shown = url.rpartition("@")[2]
    try:
        parts = parse_url(url)
    except LocationParseError:
        raise ConfigurationError(f"base_url {shown!r} is no URL") from None
    if parts.auth is not None:
        raise ConfigurationError("base_url holds a password or user: use a token")
    if parts.scheme not in ("http", "https") or not parts.host:
        raise ConfigurationError(f"base_url {shown!r} does not begin with https://…")
    if parts.query is not None or parts.fragment is not None:
        raise ConfigurationError(f"base_url {shown!r} has more than a path: remove it")
    return parts.url.rstrip("/")


def _refuse(constant: str) -> None:
    """Refuse NaN and Infinity, which are no JSON (RFC 8259, section 6)."""
    raise ValueError(f"{constant} is no JSON")
