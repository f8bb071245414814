"""Which requests are sent.

https://docs.scrapy.org/en/latest/topics/downloader-middleware.html
"""

from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.offsite import OffsiteMiddleware

_PORTS = {"http": 80, "https": 443}


def _site(url: str) -> tuple[str, str | None, int | None]:
    """Return what makes up a site: scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


class SameSiteMiddleware(OffsiteMiddleware):
    """Sends a spider's requests only to the sites of its first pages.

    Scrapy's own middleware allows every subdomain, port and scheme.
    """

    def should_follow(self, request: Request, spider: Spider) -> bool:
        """Return whether the site is one of the spider's, or the same with https."""
        sites = {_site(url) for url in spider.start_urls}
        sites |= {("https", host, 443) for _, host, port in sites if port == 80}
        return _site(request.url) in sites
