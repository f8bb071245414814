"""Writes the licences of what the site hands out, as most of them ask."""

import json
from pathlib import Path


def write(packages: Path, from_npm: list[Path], target: Path) -> None:
    """Write the name, the version and the licence texts of each package to one file."""
    parts = [of_wheel(folder) for folder in sorted(packages.glob("*.dist-info"))]
    parts += [of_npm(folder) for folder in from_npm]
    rule = "\n" + 80 * "=" + "\n\n"
    target.write_text(rule.join(parts), encoding="utf-8")


def of_wheel(folder: Path) -> str:
    """Return what an unpacked wheel says of its licence, and its licence files."""
    lines = (folder / "METADATA").read_text(encoding="utf-8").split("\n\n")[0]
    wanted = ("Name:", "Version:", "License:", "License-Expression:")
    head = [line for line in lines.splitlines() if line.startswith(wanted)]
    files = [path for path in sorted(folder.rglob("*")) if path.name != "METADATA"]
    return "\n".join(head) + "\n" + texts([path for path in files if path.is_file()])


def of_npm(folder: Path) -> str:
    """Return what a package of npm says of its licence, its licence files, and where its source is."""
    about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    keys = ("name", "version", "license", "homepage")
    head = "".join(f"{key.title()}: {about.get(key, '')}\n" for key in keys)
    return head + texts(sorted(folder.glob("LICEN*")))


def texts(files: list[Path]) -> str:
    """Return the texts of files, an empty line before each."""
    return "".join(
        f"\n{path.read_text(encoding='utf-8', errors='replace')}" for path in files
    )
