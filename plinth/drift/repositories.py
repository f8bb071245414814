"""Lists of repositories: from the command line, from a file, and from all-repos."""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

from plinth.bounds import from_json, text_of
from plinth.files import UserError, show

from .row import is_url


class Source(NamedTuple):
    """A repository, and where it is."""

    name: str
    place: str  # its folder or its URL


def repositories(options: argparse.Namespace) -> list[Source]:
    """Return the repositories that were named, each once.

    Raises:
        UserError: When there are none, or a list of them cannot be read.
    """
    found: dict[str, Source] = {}
    for source in with_repetitions(options):
        found.setdefault(source.name, source)
    if not found:
        raise UserError(
            "no repository is named: give folders, --from FILE or --all-repos"
        )
    return list(found.values())


def with_repetitions(options: argparse.Namespace) -> Iterator[Source]:
    """Yield the repositories of the command line, of a file and of all-repos.

    https://github.com/asottile/all-repos#setting-up: `output_dir` is relative to the settings, and holds a list.
    """
    for name in options.repository:
        yield Source(name, name)
    if path := getattr(options, "from"):
        for line in text_of(path).splitlines():
            name = line.strip()
            if name and not name.startswith("#"):
                yield Source(name, name if is_url(name) else str(path.parent / name))
    if path := options.all_repos:
        try:
            settings = from_json(text_of(path))
            folder = path.parent / settings["output_dir"]
            for name in from_json(text_of(folder / "repos_filtered.json")):
                yield Source(name, str(folder / name))
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{show(path)} is not a settings file of all-repos: {error!r}"
            ) from error
