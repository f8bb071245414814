"""Bounds what comes in and marks what goes out."""

from fastapi import HTTPException
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__: list[str] = []  # for the package's own use

# https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers
# Strict-Transport-Security is the business of whoever ends TLS.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Middleware that refuses large bodies and sets security headers.

    Starlette's RequestBodyLimitMiddleware would answer in plain text; what is raised
    here is answered as any other problem. No more than the limit is ever read.
    """

    def __init__(self, app: ASGIApp, max_body: int) -> None:
        """Guard an application against bodies of more than so many bytes."""
        self.app = app
        self.max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, see https://asgi.readthedocs.io/en/latest/specs/."""
        size = 0

        async def bounded() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.max_body:
                raise HTTPException(413, f"A body may have {self.max_body} bytes.")
            return message

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, bounded, marked)
