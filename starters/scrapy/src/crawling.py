"""Crawls that give everything or an error."""

import logging
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader

from . import settings as project


class CrawlError(Exception):
    """A crawl that cannot be made or did not give all that it should."""


class UnknownSpiderError(CrawlError):
    """No spider has that name."""


class OutputError(CrawlError):
    """The items cannot be written there, or not in that format."""


class _Errors(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first line, with the exception where there is one."""
        line = record.getMessage().partition("\n")[0]
        if record.exc_info:
            line += f": {record.exc_info[1]!r}"
        self.lines.append(line)


def _settings(overrides: Mapping[str, str] | None = None) -> Settings:
    """Return the project's settings, changed for one crawl."""
    settings = Settings()
    settings.setmodule(project, priority="project")
    # Scrapy's log goes to the root logger's other handlers, and to LOG_FILE.
    settings.set("LOG_ENABLED", False, priority="project")
    settings.setdict(overrides or {}, priority="cmdline")
    return settings


def spider_names() -> list[str]:
    """Return the names of all spiders, sorted."""
    return sorted(get_spider_loader(_settings()).list())


def crawl(
    name: str,
    output: Path,
    arguments: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> int:
    """Run a spider and write its items to a file, all of them or none.

    A crawl fails if the spider gave up, if anything was logged as an error (a page that
    cannot be had after all retries, an exception in a callback) or if it found nothing;
    the file then stays as it was. Dropped items and pages that are not there are no
    errors. Twisted's reactor cannot be started again: call this once in a process.

    Args:
        name: The spider's name.
        output: The file; its suffix is the format, such as ``.json`` or ``.csv``.
        arguments: The spider's arguments.
        overrides: Scrapy settings for this crawl.

    Returns:
        How many items were written.

    Raises:
        UnknownSpiderError: There is no spider of that name.
        OutputError: The file cannot be written, or its format is unknown.
        CrawlError: The crawl failed.
    """
    settings = _settings(overrides)
    names = spider_names()
    if name not in names:
        raise UnknownSpiderError(f"no spider {name!r}: there are {', '.join(names)}")
    exporters = settings.getwithbase("FEED_EXPORTERS").items()
    formats = sorted(suffix for suffix, exporter in exporters if exporter)
    suffix = output.suffix.removeprefix(".")
    if suffix not in formats:
        raise OutputError(f"{output}: unknown format: end it in .{', .'.join(formats)}")
    if output.is_dir():
        raise OutputError(f"{output}: is a folder: name a file in it")
    try:
        folder = TemporaryDirectory(prefix=".crawl-", dir=output.parent)
    except OSError as error:
        message = f"{output}: cannot write there: {error.strerror}"
        raise OutputError(message) from error
    with folder:
        draft = Path(folder.name, output.name)
        settings.set("FEEDS", {draft: {"format": suffix}}, priority="cmdline")
        count = _run(name, arguments or {}, settings)
        draft.replace(output)
    return count


def _run(name: str, arguments: Mapping[str, str], settings: Settings) -> int:
    """Run a spider to its end; return how many items it gave or raise CrawlError."""
    errors = _Errors()
    logging.getLogger().addHandler(errors)
    try:
        process = AsyncCrawlerProcess(settings)
        crawler = process.create_crawler(name)
    except (OSError, ValueError) as error:
        raise CrawlError(f"cannot start with these settings: {error}") from error
    task = process.crawl(crawler, **arguments)
    process.start()

    if task.done() and (failure := task.exception()):
        raise CrawlError(f"{name}: {failure}") from failure
    reason = crawler.stats.get_value("finish_reason", "killed")
    count: int = crawler.stats.get_value("item_scraped_count", 0)
    if reason != "finished":
        raise CrawlError(f"{name}: closed early: {reason}")
    if errors.lines:
        hint = f"errors: {len(errors.lines)}; -s LOG_FILE=crawl.log keeps the log"
        raise CrawlError(f"{name}: {errors.lines[0]} ({hint})")
    if not count:
        raise CrawlError(f"{name}: found no item: is it the right site?")
    return count
