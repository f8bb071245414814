"""One row of the report, about one project."""

import re
from dataclasses import asdict, dataclass, field, fields
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Any

from plinth.addresses import masked
from plinth.files import show

LINES = 400  # of a difference, and ten times as many of a file that is compared
LARGEST = 20_000  # characters of a difference
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
    differences: dict[str, str] = field(default_factory=dict)  # for the page

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

    @classmethod
    def failure(cls, repository: str, why: str) -> "Row":
        """Return the row of a repository that could not be read."""
        return cls(repository, problem=why)

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
        """Return what was found, each with its kind: `bad`, or `note` for what is not drift."""
        found = [("bad", self.problem)] if self.problem else []
        found += [("bad", conflict) for conflict in self.conflicts]
        if self.untagged:
            text = "its version is not a release: Renovate never updates it, copier update does"
            found.append(("bad", text))
        found += [("bad", f"answer {k}: {v}") for k, v in self.answers.items()]
        found += [("bad", text) for text in grouped(self.files)]
        found += [("note", f"{text} (yours to edit)") for text in grouped(self.shared)]
        if self.dirty:
            found.append(("note", "has uncommitted changes"))
        return found

    def mask(self) -> None:
        """Remove credentials from all that others have written, except from paths."""
        self.repository = masked(self.repository)
        self.template, self.version, self.latest, self.problem = (
            text and masked(text)
            for text in (self.template, self.version, self.latest, self.problem)
        )
        self.differences = {k: masked(v) for k, v in self.differences.items()}
        self.answers = {masked(k): masked(v) for k, v in self.answers.items()}

    def data(self) -> dict[str, Any]:
        """Return the row as JSON has it."""
        data = asdict(self)
        if not self.differences:
            del data["differences"]
        return data

    def add_difference(self, path: str, expected: Path, own: Path) -> None:
        """Add how a project's file differs from the rendered one, unless it is huge or not text."""
        if own.is_symlink() or not own.is_file():
            return
        before, after = expected.read_bytes(), own.read_bytes()
        if b"\0" in before + after:
            return
        texts = [
            x.decode("utf-8", "replace").replace("\r\n", "\n").splitlines()
            for x in (before, after)
        ]
        if max(map(len, texts)) > 10 * LINES:
            return
        found = unified_diff(
            texts[0], texts[1], "the template", "the project", lineterm=""
        )
        self.differences[path] = "\n".join(islice(found, LINES))[:LARGEST]

    @classmethod
    def of(cls, data: object) -> "Row":
        """Return the row that JSON had.

        Raises:
            TypeError: For anything else. It names the key.
        """
        if not isinstance(data, dict):
            raise TypeError("it is not an object")
        names = {part.name for part in fields(cls)}
        for name in data:
            if name not in names:
                raise TypeError(f"{show(name)} is not a key of a row")
        if "repository" not in data:
            raise TypeError("repository is missing")
        for name, value in data.items():
            if fault := wrong(name, value):
                raise TypeError(f"{name} is {show(value)}: it has to be {fault}")
        return cls(**data)


KINDS: dict[str, tuple[type, ...]] = {
    "behind": (int, type(None)),
    "untagged": (bool, type(None)),
    "dirty": (bool, type(None)),
    "projects": (int,),
    **dict.fromkeys(("repository", "project", "state"), (str,)),
}


def wrong(name: str, value: object) -> str:
    """Return what a key of a row has to hold, nothing when it does.

    `isinstance` would take true for a number.
    """
    if name in ("files", "shared", "answers", "differences"):
        texts = isinstance(value, dict) and all(type(x) is str for x in value.values())
        return "" if texts else "an object of texts"
    if name == "conflicts":
        texts = isinstance(value, list) and all(type(x) is str for x in value)
        return "" if texts else "a list of texts"
    kinds = KINDS.get(name, (str, type(None)))
    if type(value) not in kinds:
        words = {str: "text", int: "a whole number", bool: "true or false"}
        return words[kinds[0]] + (" or null" if type(None) in kinds else "")
    if name == "state" and value not in STATES:
        return f"one of {', '.join(STATES)}"
    least = 1 if name == "projects" else 0
    if type(value) is int and value < least:
        return f"{least} or more"
    return ""


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
