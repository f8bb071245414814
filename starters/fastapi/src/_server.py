"""Serves the application with uvicorn."""

import asyncio
import logging
import socket

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from .errors import ListenError
from .settings import Settings

__all__: list[str] = []  # for the package's own use

log = logging.getLogger(__name__)

PATIENCE = 30  # seconds in which a client has to send the next part of a request
GRACE = 5  # seconds in which requests are finished when the server stops


class Connection(H11Protocol):
    """A connection that is closed when its client leaves a request unfinished.

    Uvicorn alone only closes those that are idle after an answer.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first part of a request."""
        super().connection_made(transport)
        self.wait()

    def data_received(self, data: bytes) -> None:
        """Wait for the next part, unless the request is complete."""
        super().data_received(data)
        # Before the first request, uvicorn has no cycle.
        if getattr(self.cycle, "more_body", True) or self.cycle.response_complete:
            self.wait()

    def wait(self) -> None:
        """Close the connection after a while in which nothing comes."""
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(
            PATIENCE, self.transport.close
        )


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        ListenError: If that is not possible, such as where the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:  # the latter from names that are none
        reason = getattr(error, "strerror", None) or error
        message = f"cannot listen on {host} port {port}: {reason}"
        raise ListenError(f"{message}; choose another host or port") from error


def serve(app: FastAPI, settings: Settings) -> None:
    """Serve an application until SIGTERM or Ctrl+C, which then have their usual effect.

    Requests that are being answered have five seconds to finish before that.

    Raises:
        ListenError: If it cannot listen there.
    """
    with listen(settings.host, settings.port) as listener:
        config = uvicorn.Config(
            app,
            http=Connection,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=GRACE,
            workers=1,  # of this very process: WEB_CONCURRENCY does not count here
            ws="none",
        )
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        log.info("Serving on http://%s:%d", shown, listener.getsockname()[1])
        uvicorn.Server(config).run(sockets=[listener])
