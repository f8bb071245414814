"""A file of rows, so that an interrupted run continues where it stopped."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from plinth.addresses import shown
from plinth.bounds import LONG, from_json
from plinth.files import UserError, show

from .repositories import Source
from .row import Row


class Journal:
    """Rows kept in a file, so that an interrupted run goes on where it was."""

    def __init__(self, path: Path | None, sources: Iterable[Source]) -> None:
        """Read the rows of an earlier run; a repository counts when it has all of its rows."""
        self.path = path
        # Names that only their credentials or queries tell apart are examined again.
        counted = Counter(shown(source.name) for source in sources)
        names = {name for name, count in counted.items() if count == 1}
        self.done: dict[str, list[Row]] = {}
        if path and path.exists():
            rows: dict[str, list[Row]] = {}
            for number, line in enumerate(self.lines(path), 1):
                try:
                    row = Row.of(from_json(line))
                except (ValueError, TypeError) as error:
                    reason = error if isinstance(error, TypeError) else "it is not JSON"
                    raise UserError(
                        f"{show(path)} holds no rows of an earlier run: line {number}: {reason}; choose another file"
                    ) from error
                if row.repository in names:
                    rows.setdefault(row.repository, []).append(row)
            self.done = {
                name: found[-found[-1].projects :]
                for name, found in rows.items()
                if len(found) >= found[-1].projects
            }
        self.left = [
            source for source in sources if shown(source.name) not in self.done
        ]

    def lines(self, path: Path) -> Iterator[str]:
        """Yield the whole lines of the file, and cut off one that was torn."""
        if not path.is_file():
            raise UserError(f"{show(path)} is not a regular file")
        try:
            with path.open("rb") as file:
                end = 0
                while line := file.readline(LONG):
                    if not line.endswith(b"\n"):
                        if len(line) == LONG:
                            raise UserError(
                                f"cannot read {show(path)}: a line has more than {LONG:,} bytes"
                            )
                        os.truncate(path, end)
                        return
                    end += len(line)
                    yield line.decode()
        except UnicodeDecodeError as error:
            raise UserError(f"cannot read {show(path)}: it is not UTF-8") from error
        except OSError as error:
            raise UserError(f"cannot read {show(path)}: {error.strerror}") from error

    def write(self, text: str) -> None:
        """Add to the file at once."""
        if self.path:
            try:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(text)
            except OSError as error:
                raise UserError(
                    f"cannot write {show(self.path)}: {error.strerror}"
                ) from error

    def keep(self, new: Iterable[list[Row]]) -> Iterator[list[Row]]:
        """Yield the rows of the earlier run, then the new ones, which are written down first."""
        for rows in self.done.values():
            for row in rows:
                row.mask()
            yield rows
        for rows in new:
            for row in rows:
                row.mask()
            self.write("".join(f"{json.dumps(row.data())}\n" for row in rows))
            yield rows
