"""Which requests are sent.

https://docs.scrapy.org/en/latest/topics/downloader-middleware.html
"""

from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.offsite import OffsiteMiddleware

_PORTS = {"http": 80, "https": 443}


def _server(url: str) -> tuple[str, int | None]:
    """Return the scheme and the port of a URL."""
    parts = urlsplit(url)
    return parts.scheme, parts.port or _PORTS.get(parts.scheme)


class SameServerMiddleware(OffsiteMiddleware):
    """Sends no requests to other ports and schemes than those of the first pages.

    Scrapy's own middleware compares the host with ``allowed_domains`` and allows every
    port and scheme of it.
    """

    def should_follow(self, request: Request, spider: Spider) -> bool:
        """Return whether the host, the scheme and the port are the spider's.

        ``https`` is also allowed for ``http``, and both for a spider without
        ``start_urls``, each with its usual port.
        """
        usual = set(_PORTS.items())
        servers = {_server(url) for url in spider.start_urls} or usual
        if ("http", 80) in servers:
            servers |= usual
        return _server(request.url) in servers and super().should_follow(
            request, spider
        )
