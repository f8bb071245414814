"""Shows rows to people: as a table, and as a page."""

import base64
import contextlib
import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from plinth.addresses import printable
from plinth.files import write

from .row import STATES, Row

COLOURS = {"clean": "green", "drift": "yellow", "unknown": "red"}
WIDE = 160  # where no terminal says how wide it is


@contextlib.contextmanager
def progress(total: int, what: str = "drift") -> Iterator[Callable[[], None]]:
    """Show on stderr how many repositories are done, on a terminal only."""
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    bar = Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
        redirect_stdout=False,  # stdout is for the rows
        redirect_stderr=False,
    )
    with bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def behind(row: Row) -> str:
    """Return how far a project is from the newest release."""
    return "" if row.behind is None else str(row.behind)


def summary(rows: list[Row]) -> str:
    """Return how many projects are in which state."""
    counted = Counter(row.state for row in rows)
    return ", ".join(f"{counted[state]} {state}" for state in reversed(STATES))


def versions(rows: list[Row]) -> list[tuple[str, str, int]]:
    """Return how many projects are at which version: the version, how new it is, and the count; the newest first."""
    counted = Counter(row.version or "no version" for row in rows)
    distance = {row.version: row.behind for row in rows if row.behind is not None}

    def group(version: str) -> str:
        behind = distance.get(version)
        return "" if behind is None else ("newest", "near", "far")[min(behind, 2)]

    order = sorted(counted, key=lambda x: (distance.get(x, 10**9), x))
    return [(version, group(version), counted[version]) for version in order]


def write_table(rows: list[Row]) -> None:
    """Print a table, worst first."""
    console = Console(highlight=False, soft_wrap=False, emoji=False, markup=False)
    if not console.is_terminal:
        console.width = WIDE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("state", "repository", "version", "behind", "findings"):
        end = "right" if name == "behind" else "left"
        table.add_column(name, justify=end, overflow="fold", no_wrap=name == "state")  # type: ignore[arg-type]
    for row in rows:
        findings = Text("\n").join(
            Text(printable(text), "" if kind == "bad" else "dim")
            for kind, text in row.findings()
        )
        table.add_row(
            Text(row.state, COLOURS[row.state]),
            Text(printable(row.name)),
            Text(printable(row.version or "")),
            Text(behind(row)),
            findings,
        )
    console.print(table)
    console.print(summary(rows))


def write_page(rows: list[Row], path: Path) -> None:
    """Write a page for a team's wall: one file, which a browser shows without fetching anything.

    It works without its script as well. The script sorts and filters.
    """
    here = Path(__file__).parent
    jinja = Environment(
        loader=FileSystemLoader(here),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters["printable"] = printable
    page = jinja.get_template("page.html.jinja")
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    script = (here / "page.js").read_text("utf-8")
    digest = hashlib.sha256(script.encode()).digest()
    counted = Counter(row.state for row in rows)
    text = page.render(
        rows=rows,
        summary=summary(rows),
        counts=[(state, counted[state]) for state in STATES],
        versions=versions(rows),
        when=when,
        behind=behind,
        script=script,
        hash=f"sha256-{base64.b64encode(digest).decode()}",
    )
    write(text.encode("utf-8", "replace"), path)
