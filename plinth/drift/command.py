"""The command `plinth drift`.

Rows stream. The rows of a few repositories are held at a time, and for the table and the page all rows, without any
file's content.
"""

import argparse
import json
import os
from collections import deque
from pathlib import Path

from plinth.files import UserError, show

# The files that people and templates write together. Plinth's; other templates' are called the same.
SHARED = (
    ".github/CONTRIBUTING.md",
    ".github/SECURITY.md",
    ".github/renovate.json",
    ".gitignore",
    ".gitlab-ci.yml",
    ".gitlab/renovate.json",
    "LICENSE",
    "MANIFEST.in",
    "docs/CONTRIBUTING.md",
    "docs/SECURITY.md",
    "pyproject.toml",
    "requirements_dev.txt",
)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `plinth drift`."""
    command.add_argument("repository", nargs="*", help="its folder or its URL")
    command.add_argument(
        "--from",
        type=Path,
        metavar="FILE",
        help="and those that are named there, a line each; # comments",
    )
    command.add_argument(
        "--all-repos",
        type=Path,
        nargs="?",
        const=Path("all-repos.json"),
        metavar="FILE",
        help="and those that all-repos has cloned by its settings (all-repos.json)",
    )
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON lines")
    form.add_argument("--html", type=Path, metavar="FILE", help="write a page")
    command.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="keep the rows there as they come, and go on from those that it has",
    )
    command.add_argument(
        "--shared",
        action="append",
        default=[],
        metavar="PATTERN",
        help=f"files that are meant to be edited, besides {', '.join(SHARED)}",
    )
    command.add_argument(
        "--allow-behind",
        type=int,
        default=0,
        metavar="N",
        help="releases behind that are no drift (0)",
    )
    command.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="worker processes (one for each core)",
    )
    command.add_argument(
        "--timeout",
        type=int,
        default=300,
        metavar="SECONDS",
        help="how long a repository may take (300)",
    )


def drift(options: argparse.Namespace) -> int:
    """Report on repositories; return 0 where all are clean, 1 for drift, 2 where one cannot be told.

    Raises:
        UserError: When the lists of repositories cannot be read, or a file not be written.
    """
    from .journal import Journal
    from .report import progress, write_page, write_table
    from .repositories import repositories
    from .row import STATES, Row
    from .workers import examined

    sources = [*repositories(options)]
    if not sources:
        raise UserError(
            "no repository is named: give folders, --from FILE or --all-repos"
        )
    if options.html and not options.html.parent.is_dir():
        raise UserError(f"there is no folder for {show(options.html)}")
    journal = Journal(options.resume, sources)
    found = deque[Row]()
    worst = 0
    with progress(len(sources)) as advance:
        for rows in journal.keep(examined(journal.left, options)):
            for row in rows:
                worst = max(worst, STATES.index(row.state))
                if options.json:
                    print(json.dumps(row.data()), flush=True)
                else:
                    found.append(row)
            advance()
    if options.html:
        write_page(sorted(found, key=lambda row: row.rank), options.html)
    elif not options.json:
        write_table(sorted(found, key=lambda row: row.rank))
    return worst
