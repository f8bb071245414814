"""Serves a built site as a static host should: with its headers."""

import functools
import http.server
import os
from pathlib import Path

from .programs import ComposerError

# A <meta> tag does not bind a worker. So the host sends the policy as a header.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; "
    "style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",  # a browser asks whether a file has changed, and keeps it otherwise
}
TYPES = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".zip": "application/zip",
}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Answers with the site's files."""

    protocol_version = "HTTP/1.1"

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        """Return a file's type, which does not depend on this machine's settings."""
        return TYPES.get(Path(path).suffix) or super().guess_type(path)

    def end_headers(self) -> None:
        """Add the headers of the site to each answer."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing for a request."""


def server(site: Path, port: int = 0) -> http.server.ThreadingHTTPServer:
    """Return a server of a folder on this machine, at a free port where none is given."""
    handler = functools.partial(Handler, directory=str(site))
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)


def serve(site: Path, port: int) -> None:
    """Serve a built site until Ctrl+C.

    Raises:
        ComposerError: If the folder holds no site, or the port is taken.
    """
    if not (site / "index.html").is_file():
        raise ComposerError(
            f"{site} holds no site: build it with `python -m composer build {site}`"
        )
    try:
        opened = server(site, port)
    except OSError as error:
        raise ComposerError(
            f"cannot listen on port {port}: {error.strerror}; give another with --port"
        ) from error
    with opened:
        print(f"http://127.0.0.1:{opened.server_port}/  (Ctrl+C ends it)", flush=True)
        opened.serve_forever()
