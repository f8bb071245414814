"""Builds the site: a folder of static files."""

import html
import json
import re
import shutil
import string
import tempfile
from pathlib import Path
from typing import Any

from . import licenses, npm, packages, releases
from .programs import ComposerError, need, run
from .serve import POLICY

HERE = Path(__file__).parent
ROOT = HERE.parent
LANGUAGES = ("bash", "css", "dos", "ini", "json", "markdown", "python", "xml", "yaml")
PYODIDE_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")


def build(site: Path, address: str | None, versions: list[str]) -> None:
    """Build the site for a template into a folder, which is new, empty, or holds an older build.

    Raises:
        ComposerError: If the folder is not ours to replace, a program or the network is missing, or Copier refuses the template.
    """
    if site.exists() and any(site.iterdir()) and not (site / "releases.json").is_file():
        raise ComposerError(
            f"{site} holds other files: name a new folder, or an older build"
        )
    node = need("node", "to compile Python for the browser")
    address = address or origin()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        made = work / "site"
        (made / "releases").mkdir(parents=True)
        offered = [
            releases.pack(address, version, made / "releases")
            for version in versions or [""]
        ]
        collected = packages.collect(ROOT / "requirements_lock.txt", work)
        pyodide = npm.unpack("pyodide", work)
        highlighter = npm.unpack("@highlightjs/cdn-assets", work)
        licenses.write(collected, [pyodide, highlighter], made / "licenses.txt")
        packages.add_own(collected)
        add_pyodide(pyodide, made / "pyodide")
        add_highlighter(highlighter, made / "highlight")
        add_page(made, offered)
        (work / "releases.json").write_text(json.dumps(offered))
        run(
            *(node, HERE / "browser/prepare.mjs", work, made, pyodide),
            doing="rendering the template in Pyodide",
        )
        if site.exists():
            shutil.rmtree(site)
        site.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(made, site)
    names = ", ".join(release["commit"] for release in offered)
    print(f"{site}: {address} {names}, {size(site) / 1e6:.1f} MB")


def origin() -> str:
    """Return the address of this repository's remote.

    Raises:
        ComposerError: If it has none.
    """
    git = need("git", "to read this repository")
    try:
        return run(
            git, "-C", ROOT, "remote", "get-url", "origin", doing="asking git"
        ).strip()
    except ComposerError as error:
        raise ComposerError(
            "this repository has no remote origin: say --template ADDRESS"
        ) from error


def add_pyodide(package: Path, folder: Path) -> None:
    """Add Pyodide's own files; its list of packages is not needed, only what it was made for."""
    folder.mkdir()
    for name in PYODIDE_FILES:
        shutil.copy(package / name, folder)
    info = json.loads((package / "pyodide-lock.json").read_text())["info"]
    (folder / "lock.json").write_text(json.dumps({"info": info, "packages": {}}))


def add_highlighter(package: Path, folder: Path) -> None:
    """Add highlight.js with the languages that a project has."""
    folder.mkdir()
    shutil.copy(package / "es/core.min.js", folder)
    for name in LANGUAGES:
        shutil.copy(package / f"es/languages/{name}.min.js", folder)


def add_page(site: Path, offered: list[dict[str, Any]]) -> None:
    """Add the page, with the template's name and address in its HTML."""
    ignored = shutil.ignore_patterns("index.html")
    shutil.copytree(HERE / "page", site, ignore=ignored, dirs_exist_ok=True)
    release = offered[0]
    values = {
        "name": template_name(release["url"]),
        "url": release["url"],
        "commit": release["commit"],
        "policy": POLICY,
    }
    page = string.Template((HERE / "page/index.html").read_text())
    escaped = {name: html.escape(value) for name, value in values.items()}
    (site / "index.html").write_text(page.substitute(escaped))


def template_name(address: str) -> str:
    """Return the last part of a template's address, without `.git`."""
    return re.split(r"[/:\\]", address.rstrip("/\\"))[-1].removesuffix(".git")


def size(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
