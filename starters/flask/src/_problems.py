"""Answers errors as a page or, for programs, as problem details (RFC 9457)."""

from typing import Any

from flask import Flask, json, render_template, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

__all__: list[str] = []  # for the package's own use


class Provider(DefaultJSONProvider):
    """JSON as Flask reads it; too many nested arrays are the client's mistake, too."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Return what a text of JSON holds.

        Raises:
            ValueError: If it is not JSON, or nested too deeply for Python.
        """
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error


def answer(error: HTTPException) -> ResponseReturnValue:
    """Return the answer to a request that failed.

    Browsers ask for text/html by name and get a page; whoever takes anything gets JSON.
    """
    problem = {"title": error.name, "status": error.code, "detail": error.description}
    # Its own answer has the headers that belong to it, such as Allow of a 405.
    response = error.get_response()
    kinds = ["application/json", "text/html"]
    if request.accept_mimetypes.best_match(kinds) == "text/html":
        response.data = render_template("problem.html", **problem)
        response.content_type = "text/html; charset=utf-8"
    else:
        response.data = json.dumps(problem)
        response.content_type = "application/problem+json"
    response.vary.add("Accept")
    return response


def register(app: Flask) -> None:
    """Let an application answer every error so; of a bug, only the log tells more."""
    app.json = Provider(app)
    app.register_error_handler(HTTPException, answer)
