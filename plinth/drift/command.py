"""The command `plinth drift`.

Rows stream. The rows of a few repositories are held at a time, and for the table and the page all rows, without any
file's content.
"""

import argparse
import functools
import json
from collections import deque

from plinth.arguments import SHARED
from plinth.files import UserError, show

from .repositories import repositories


def drift(options: argparse.Namespace) -> int:
    """Report on repositories; return 0 where all are clean, 1 for drift, 2 where one cannot be told.

    Raises:
        UserError: When the lists of repositories cannot be read, or a file not be written.
    """
    from .journal import Journal
    from .project import Drift
    from .report import progress, write_page, write_table
    from .row import STATES, Row
    from .workers import Job, results

    sources = [*repositories(options)]
    if options.html and not options.html.parent.is_dir():
        raise UserError(f"there is no folder for {show(options.html)}")
    journal = Journal(options.resume, sources)
    start = functools.partial(
        Drift.reader,
        shared=(*SHARED, *options.shared),
        allow_behind=options.allow_behind,
        seconds=options.timeout,
        with_differences=bool(options.html),
    )
    job = Job(start, Row.failure, options.timeout)
    found = deque[Row]()
    worst = 0
    with progress(len(sources)) as advance:
        for rows in journal.keep(results(journal.left, job, options.jobs)):
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
