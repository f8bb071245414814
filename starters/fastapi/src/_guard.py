"""Bounds what comes in and marks what goes out."""

from asyncio import CancelledError

from fastapi import HTTPException
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._problems import HEADERS, answer

__all__: list[str] = []  # for the package's own use


class Guard:
    """Middleware that refuses large bodies and sets security headers.

    A request that the server cancels when it stops is answered with 503.

    Starlette's RequestBodyLimitMiddleware would answer in plain text; what is raised
    here is answered as any other problem. No more than the limit is ever read.
    """

    def __init__(self, app: ASGIApp, max_body: int) -> None:
        """Guard an application against bodies of more than so many bytes."""
        self.app = app
        self.max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, see https://asgi.readthedocs.io/en/latest/specs/."""
        size, started = 0, False

        async def bounded() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.max_body:
                raise HTTPException(413, f"A body may have {self.max_body} bytes.")
            return message

        async def marked(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, bounded, marked)
        except CancelledError:  # the server stops, and this took too long
            if not started and scope["type"] == "http":
                await answer(503, "The service stops.")(scope, receive, marked)
