"""The database: SQLite, which is part of Python."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

from fastapi import Depends

from .settings import CurrentSettings

__all__ = ["Database", "create_tables", "get_connection"]

TABLES = """
CREATE TABLE IF NOT EXISTS item (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, quantity INTEGER NOT NULL
)
"""


def create_tables(path: Path) -> None:
    """Create the tables that a database does not have yet."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(TABLES)


def get_connection(settings: CurrentSettings) -> Iterator[sqlite3.Connection]:
    """Yield a connection for one request. Commit if the request succeeds."""
    # FastAPI may run the parts of one request in several threads, one after another.
    connection = sqlite3.connect(settings.database, check_same_thread=False)
    with closing(connection), connection:
        connection.row_factory = sqlite3.Row
        yield connection


Database = Annotated[sqlite3.Connection, Depends(get_connection)]
