"""The web application, for any WSGI server."""

from collections.abc import Mapping

from flask import Flask, Response

from ._config import configure
from ._problems import register
from ._routes import blueprint

__all__ = ["create_app"]

# https://flask.palletsprojects.com/en/stable/web-security/#security-headers
# Strict-Transport-Security is the business of whoever ends TLS.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def create_app(config: Mapping[str, object] | None = None) -> Flask:
    """Return a new application.

    Args:
        config: Settings that win over those of the environment, by their upper-case names.

    Raises:
        ConfigError: If a setting is not what it has to be.
    """
    app = Flask(__name__)
    # Such redirects would lead to whatever host the client names.
    app.url_map.merge_slashes = False
    configure(app.config, config or {})
    register(app)
    app.register_blueprint(blueprint)

    @app.after_request
    def secure(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return app
