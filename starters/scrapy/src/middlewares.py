"""Which requests Scrapy sends.

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
    """Send requests only to the schemes and ports of the spider's start_urls.

    Scrapy's own middleware checks the host name alone.
    """

    def should_follow(self, request: Request, spider: Spider) -> bool:
        """Return whether the host, the scheme and the port are the spider's.

        A spider that starts with http may go on with https. A spider without start_urls
        may use both, each with its usual port.
        """
        usual = set(_PORTS.items())
        servers = {_server(url) for url in spider.start_urls} or usual
        if ("http", 80) in servers:
            servers |= usual
        same = _server(request.url) in servers
        return same and super().should_follow(request, spider)
