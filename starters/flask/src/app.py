"""The web application, for any WSGI server."""

from collections.abc import Mapping

from flask import Flask, Response, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from .config import configure
from .pages import blueprint

__all__ = ["create_app"]

# https://flask.palletsprojects.com/en/stable/web-security/#security-headers
# Strict-Transport-Security is for the server that ends TLS.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Return a new application.

    Args:
        config: Settings by name, which override those of the environment.

    Raises:
        ConfigError: If a setting is missing or has the wrong type.
    """
    app = Flask(__package__)
    # A redirect to the right slashes would go to any host that the client names.
    app.url_map.merge_slashes = False
    configure(app, config or {})
    if proxies := app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    CSRFProtect(app)
    app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, show_error)
    app.after_request(add_headers)
    return app


def show_error(error: HTTPException) -> ResponseReturnValue:
    """Show an error as a page. Only the log has the details of an exception."""
    response = error.get_response()  # with its own headers, such as Allow
    response.data = render_template("error.html", error=error)
    response.content_type = "text/html; charset=utf-8"
    return response


def add_headers(response: Response) -> Response:
    """Add the security headers that a response does not have."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
