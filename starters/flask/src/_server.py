"""Serves the application with waitress."""

import logging
import socket

from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from .errors import ListenError

__all__: list[str] = []  # for the package's own use

log = logging.getLogger(__name__)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Waitress would take a port that another program has on Windows; Python does not.

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


def serve(app: Flask) -> None:
    """Serve an application as its configuration says, until SystemExit is raised.

    Requests that are being answered then have five seconds to finish.

    Raises:
        ListenError: If it cannot listen there.
    """
    host, proxy = app.config["HOST"], app.config["TRUSTED_PROXY"]
    with listen(host, app.config["PORT"]) as listener:
        connections: dict[int, socket.socket] = {}
        server = create_server(
            app,
            map=connections,
            sockets=[listener],
            threads=app.config["THREADS"],
            # Flask answers what is too large by a little, and this does not even read it.
            max_request_body_size=app.config["MAX_CONTENT_LENGTH"] + 65536,
            # One slow client holds one connection, so there are many, and idle ones end.
            # Windows allows a process 512 of them.
            connection_limit=500,
            channel_timeout=30,
            cleanup_interval=5,
            ident=None,
            trusted_proxy=proxy,
            trusted_proxy_headers="x-forwarded-for x-forwarded-proto" if proxy else "",
        )
        shown = f"[{host}]" if ":" in host else host
        log.info("Serving on http://%s:%d", shown, listener.getsockname()[1])
        server.run()
        wasyncore.close_all(connections)
