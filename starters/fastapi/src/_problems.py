"""Answers every request that fails in the one shape of Problem."""

from collections.abc import Mapping
from http.client import responses
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from .errors import ConversionError
from .models import Problem

__all__: list[str] = []  # for the package's own use

# https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
# Strict-Transport-Security is the business of whoever ends TLS.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
KIND = "application/problem+json"
# For OpenAPI: what every operation answers unless it says otherwise.
RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "Problem",
        "content": {KIND: {"schema": Problem.model_json_schema()}},
    }
}


def answer(
    status: int,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the answer that a problem is told by."""
    title = responses.get(status, "Problem")
    problem = Problem(title=title, status=status, detail=detail, errors=errors or [])
    return JSONResponse(problem.model_dump(), status, headers, KIND)


def register(app: FastAPI) -> None:
    """Let an application answer every error so; of a bug, only the log tells more."""

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        return answer(error.status_code, error.detail, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {"location": ".".join(map(str, one["loc"])), "message": one["msg"]}
            for one in error.errors()
        ]
        return answer(422, "The request does not have the right shape.", errors)

    @app.exception_handler(ConversionError)
    async def inconvertible(_: Request, error: ConversionError) -> JSONResponse:
        return answer(422, str(error))

    @app.exception_handler(Exception)
    async def failed(_: Request, _error: Exception) -> JSONResponse:
        # Starlette answers these outside all middleware, also outside the guard.
        return answer(500, "The service has an error.", headers=HEADERS)
