"""The web application, for any ASGI server."""

from fastapi import FastAPI

from ._guard import Guard
from ._problems import RESPONSES, register
from ._routes import router
from .settings import Settings

__all__ = ["create_app"]


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return a new application; without settings, those of the environment hold.

    Raises:
        ConfigError: If a setting in the environment is not what it has to be.
    """
    from . import __version__  # here: now the package is complete

    settings = settings or Settings.load()
    app = FastAPI(
        title="Unit conversion",
        version=__version__,
        redirect_slashes=False,  # they would lead to whatever host the client names
        redoc_url=None,
        responses=RESPONSES,
    )
    app.add_middleware(Guard, max_body=settings.max_body)
    register(app)
    app.include_router(router)
    return app
