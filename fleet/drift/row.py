"""What is told of a project: one row of the report."""

import re
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from fleet.addresses import masked

STATES = ("clean", "drift", "unknown")  # and the exit status of each


def is_url(text: str) -> bool:
    """Return whether a repository is named by a URL, or as ssh does, and not by a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|[\w.-]+@[\w.-]+:", text) is not None


@dataclass
class Row:
    """A project, or a repository that has none that could be read."""

    repository: str
    project: str = "."  # its folder in the repository
    answers_file: str | None = None
    state: str = "unknown"
    template: str | None = None
    version: str | None = None
    latest: str | None = None
    behind: int | None = None  # releases
    untagged: bool | None = None  # it is at no release
    files: dict[str, str] = field(default_factory=dict)  # the template's, by path
    shared: dict[str, str] = field(default_factory=dict)  # to be edited, so no drift
    answers: dict[str, str] = field(default_factory=dict)  # changed by hand
    conflicts: list[str] = field(default_factory=list)
    dirty: bool | None = None
    problem: str | None = None  # why something could not be told
    projects: int = 1  # rows of the repository

    def settle(self, allow_behind: int) -> None:
        """Decide on the state: what is not known is worse than what drifts."""
        drift = (
            self.conflicts
            or self.untagged
            or self.answers
            or self.files
            or (self.behind or 0) > allow_behind
        )
        self.state = STATES[2 if self.problem else 1 if drift else 0]

    @property
    def name(self) -> str:
        """Return the repository's name, with the project's folder where it has one."""
        return self.repository + (f" ({self.project})" if self.project != "." else "")

    @property
    def rank(self) -> tuple[object, ...]:
        """Return what sorts the worst first."""
        return (
            -STATES.index(self.state),
            -len(self.conflicts),
            not self.untagged,
            -len(self.answers),
            -len(self.files),
            -(self.behind or 0),
            self.name,
        )

    def findings(self) -> list[tuple[str, str]]:
        """Return what was found, each with its kind: `bad`, or `note` for what is no drift."""
        found = [("bad", self.problem)] if self.problem else []
        found += [("bad", conflict) for conflict in self.conflicts]
        if self.untagged:
            text = "its version is no release: Renovate never updates it, copier update does"
            found.append(("bad", text))
        found += [("bad", f"answer {k}: {v}") for k, v in self.answers.items()]
        found += [("bad", text) for text in grouped(self.files)]
        found += [("note", f"{text} (yours to edit)") for text in grouped(self.shared)]
        if self.dirty:
            found.append(("note", "has uncommitted changes"))
        return found

    def mask(self) -> None:
        """Remove credentials from all that others have written, but for paths."""
        self.repository = masked(self.repository)
        self.template, self.version, self.latest, self.problem = (
            text and masked(text)
            for text in (self.template, self.version, self.latest, self.problem)
        )
        self.answers = {masked(k): masked(v) for k, v in self.answers.items()}

    def data(self) -> dict[str, Any]:
        """Return the row as JSON has it."""
        return asdict(self)

    @classmethod
    def of(cls, data: dict[str, Any]) -> "Row":
        """Return the row that JSON had.

        Raises:
            TypeError: For what is no row.
        """
        row, like = cls(**data), cls("")
        for part in fields(cls):
            kind = type(getattr(like, part.name))
            if (
                kind in (str, int, dict, list)
                and type(getattr(row, part.name)) is not kind
            ):
                raise TypeError(f"{part.name} is no {kind.__name__}")
        return row


def grouped(states: dict[str, str]) -> list[str]:
    """Return one line for each kind of difference, with the paths that have it."""
    kinds: dict[str, list[str]] = {}
    for path, kind in states.items():
        kinds.setdefault(kind, []).append(path)
    return [
        f"{kind}: {', '.join(paths[:8])}"
        + (f" and {len(paths) - 8} more" if len(paths) > 8 else "")
        for kind, paths in kinds.items()
    ]
