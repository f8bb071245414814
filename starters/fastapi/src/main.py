"""The application, for uvicorn or another ASGI server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.middleware.base import RequestResponseEndpoint
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from .database import create_tables
from .routers import health, items
from .settings import get_settings

__all__ = ["app"]

# https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
# Strict-Transport-Security is for the server that ends TLS.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Prepare what all requests need. Close it after the yield."""
    settings = app.dependency_overrides.get(get_settings, get_settings)()
    create_tables(settings.database)
    yield


# A redirect to the right slash would go to any host that the client names.
app = FastAPI(title="Items", lifespan=lifespan, redirect_slashes=False)
app.add_middleware(RequestBodyLimitMiddleware, max_body_size=get_settings().max_body)
app.include_router(health.router)
app.include_router(items.router)


@app.middleware("http")
async def add_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Add the security headers that a response does not have."""
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


@app.exception_handler(RequestValidationError)
async def refuse(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Answer as FastAPI does, without the input: JSON cannot hold NaN, for example."""
    kept = ("type", "loc", "msg")
    detail = [{key: each[key] for key in kept} for each in error.errors()]
    return JSONResponse({"detail": detail}, 422)
