"""Serves the application with uvicorn."""

import logging
import socket

import uvicorn
from fastapi import FastAPI

from .errors import ListenError
from .settings import Settings

__all__: list[str] = []  # for the package's own use

log = logging.getLogger(__name__)


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
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=5,
            workers=1,  # of this very process: WEB_CONCURRENCY does not count here
            ws="none",
        )
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        log.info("Serving on http://%s:%d", shown, listener.getsockname()[1])
        uvicorn.Server(config).run(sockets=[listener])
