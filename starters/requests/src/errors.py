"""What a client raises: catch ClientError for all of it."""

from http import HTTPStatus


class ClientError(Exception):
    """Anything that a client raises of its own."""


class ConfigurationError(ClientError, ValueError):
    """A client cannot be made with such arguments."""


class RequestError(ClientError):
    """A request brought no usable answer.

    Attributes:
        url: Where it went, without the query, which may hold keys, and without user and
            password.
        reason: What went wrong.
    """

    def __init__(self, url: str, reason: str) -> None:
        """Take the address and the reason, which make the message."""
        super().__init__(url, reason)
        self.url = url
        self.reason = reason

    def __str__(self) -> str:
        """Return both in one line."""
        return f"{self.url}: {self.reason}"


class ConnectionFailedError(RequestError):
    """No connection could be made, or it broke before the answer was complete."""


class TimedOutError(RequestError):
    """The server took longer to connect or to send the next bytes than it is given."""


class TLSError(RequestError):
    """The server could not prove who it is, or does not speak TLS."""


class RedirectError(RequestError):
    """There are too many redirects, or one leads where this client does not go."""


class ContentError(RequestError):
    """The answer cannot be decoded, is no JSON or does not have the expected shape."""


class TooLargeError(RequestError):
    """The answer is larger than it may be, decoded.

    Attributes:
        limit: How many bytes it may have.
    """

    def __init__(self, url: str, limit: int) -> None:
        """Take the address and how many bytes may come from there."""
        super().__init__(url, f"answered more than {limit} bytes")
        self.args = (url, limit)  # what copying and pickling start from
        self.limit = limit


class StatusError(RequestError):
    """The server answered with another status than one of success.

    Attributes:
        status: The HTTP status code, such as 404.
        body: What the server said besides, up to the client's limit.
    """

    def __init__(self, url: str, status: int, body: bytes) -> None:
        """Take the address and what came from there."""
        names = {known.value: f" {known.phrase}" for known in HTTPStatus}
        super().__init__(url, f"answered {status}{names.get(status, '')}")
        self.args = (url, status, body)  # what copying and pickling start from
        self.status = status
        self.body = body
