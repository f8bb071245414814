"""Refreeze the starters' locks: python starters/lock.py --exclude-newer 2026-11-14 [NAME …].

Every lock moves to the newest versions that were out on that day, so that the same day gives
the same bytes; the one with the documentation's tools, made from the other, has its versions. uv has to be on PATH. Packages come from the public index alone: whatever the
machine's pip and uv settings add would get into locks that are for everyone.
"""

import argparse
import importlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import jinja2

STARTERS = Path(__file__).resolve().parent
TEMPLATE = STARTERS.parent / "template"
DOCS = "requirements_docs.txt"
LOCKS = {False: "requirements_lock.txt", True: "requirements_lock_docs.txt"}


def rendered(file: str, starter: str, *, docs: bool) -> str:
    """Return a requirements file of the template as a project of that starter gets it."""
    environment = jinja2.Environment(
        autoescape=False,
        keep_trailing_newline=True,
        loader=jinja2.FileSystemLoader(TEMPLATE.parent),
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(f"template/{file}").render(
        base="", born={"reviewed": 2}, docs=docs, starter=starter
    )


def main() -> None:
    """Run the command line; exits with one line on stderr where a lock cannot be made."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--exclude-newer", required=True, metavar="DATE")
    parser.add_argument("--requires-python", default=">=3.11", metavar="SPEC")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()

    known = sorted(
        path.parent.name for path in STARTERS.glob("*/requirements_prod.txt")
    )
    names = arguments.names or known
    if unknown := sorted(set(names) - set(known)):
        sys.exit(
            f"lock.py: no such starter: {', '.join(unknown)}: there are {', '.join(known)}"
        )
    uv = shutil.which("uv")
    if not uv:
        sys.exit("lock.py: need 'uv' (command not found): pip install uv")
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")) and name not in (
            "PIP_CERT",
            "UV_CACHE_DIR",
        ):
            del os.environ[name]
    os.environ["PIP_CONFIG_FILE"] = os.devnull

    sys.path.insert(0, str(TEMPLATE / ".standard"))
    bootstrap = importlib.import_module("bootstrap")
    newest = ["--exclude-newer", arguments.exclude_newer]
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            tools = Path(folder, ".standard")
            tools.mkdir()
            shutil.copy(TEMPLATE / ".standard/requirements_tools.txt", tools)
            shutil.copy(
                TEMPLATE / f".standard/{{% if docs %}}{DOCS}{{% endif %}}", tools / DOCS
            )
            made = {}
            for docs, file in LOCKS.items():
                for source in (bootstrap.PROD, bootstrap.DEV):
                    text = rendered(f"{source}.jinja", name, docs=docs)
                    Path(folder, source).write_text(text)
                flags = newest if docs else ["--upgrade", *newest]
                try:
                    bootstrap.freeze(folder, uv, arguments.requires_python, flags)
                except bootstrap.UserError as failure:
                    sys.exit(f"lock.py: {name}: {failure}")
                made[file] = Path(folder, bootstrap.LOCK).read_bytes()
        for file, new in made.items():
            lock = STARTERS / name / file
            same = lock.exists() and lock.read_bytes() == new
            if not same:
                draft = lock.with_suffix(".new")
                draft.write_bytes(new)
                draft.replace(lock)
            print(
                f"{name}/{file}: {new.count(b'==')} packages, {len(new) // 1000} kB, {'same' if same else 'new'}"
            )


if __name__ == "__main__":
    main()
