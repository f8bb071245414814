"""Says whether a version can be released, and prints what CHANGELOG.md tells of it.

usage: ./bootstrap python .standard/release.py TAG

The tag is the version, perhaps with a v before it. Exits 1, with one line on what is
wrong, unless the tag, the package, its metadata and CHANGELOG.md name the same version
and the changelog has something to tell. A release begins with this; so can you.
"""

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSION = re.compile(r"^__version__\b[^=\n]*= *[\"'](.*?)[\"']", re.MULTILINE)
HEADING = re.compile(r"^## +(.+)", re.MULTILINE)


class UserError(Exception):
    """The version cannot be released; the text is the one line that says why."""


def read(name: str) -> str:
    """Return a file of the project."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{name} is missing: restore it") from None


def versions() -> dict[str, str]:
    """Return the version that the package's metadata says, and that its source says."""
    name = tomllib.loads(read("pyproject.toml")).get("project", {}).get("name") or "?"
    try:
        found = {f"the metadata of {name}": metadata.version(name)}
    except metadata.PackageNotFoundError:
        raise UserError(
            f"{name!r} is not installed: run ./bootstrap python .standard/release.py"
        ) from None
    for path in sorted(ROOT.glob("src/*/__init__.py")):
        where = path.relative_to(ROOT).as_posix()
        if said := VERSION.search(read(where)):
            found[where] = said[1]
    return found


def notes(version: str) -> str:
    """Return the version's section of CHANGELOG.md, without its heading."""
    text = read("CHANGELOG.md")
    headings = list(HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    for heading, end in zip(headings, ends, strict=True):
        title = heading[1].strip()
        if title.split()[0].strip("[],:").removeprefix("v") == version:
            if "unreleased" in title.lower():
                raise UserError(
                    f'CHANGELOG.md says "{title}": put the date of the release there'
                )
            if section := text[heading.end() : end].strip():
                return section
            raise UserError(
                f'CHANGELOG.md tells nothing under "{title}": say what is new'
            )
    raise UserError(
        f'CHANGELOG.md has no section "## {version}": say there what is new'
    )


def main() -> None:
    """Run the command line."""
    if len(sys.argv) != 2:
        sys.exit("usage: ./bootstrap python .standard/release.py TAG")
    version = sys.argv[1].removeprefix("v")
    try:
        for where, other in versions().items():
            if other != version:
                raise UserError(
                    f"the tag says {version}, {where} says {other}: make them agree"
                )
        sys.stdout.write(f"{notes(version)}\n")
    except UserError as error:
        sys.exit(f"release: {error}")


if __name__ == "__main__":
    main()
