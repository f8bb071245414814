"""Renew the starters' locks: python scripts/lock_starters.py --exclude-newer 2026-11-14 [NAME …].

Every pin moves to the newest version that was out on that day, so that the same day gives the
same bytes. With --keep, a pin stays unless a requirement or the index rules it out.
includes/requirements_lock_docs.txt, which a project with a documentation site also gets, is
made with the lock of `library`. uv has to be on PATH. Packages come from the public index alone:
the settings of this machine's pip and uv would get into locks that are for everyone.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jinja2

ROOT = Path(__file__).resolve().parents[1]
STARTERS = ROOT / "starters"
TEMPLATE = ROOT / "template"
LOCK, DOCS = "requirements_lock.txt", "requirements_docs.txt"
SITE = ROOT / "includes/requirements_lock_docs.txt"
# Renovate reads exactly these options, with their equals signs, in a lock's first lines.
COMPILE = ["pip", "compile", "--universal", "--generate-hashes", "--no-strip-extras"]
COMPILE += ["--python-version=3.11", f"--output-file={LOCK}"]
COMPILE += ["requirements_dev.txt", "requirements_prod.txt"]
# A pin's first line, its name, its hashes, and what it is there for.
PIN = r"(?m)^(([a-z0-9-]+).*\n)((?: +--hash=.*\n)+) +# via((?: .+|(?:\n    #   .+)+)\n)"


def write_project(folder: Path, starter: str, *, docs: bool) -> None:
    """Write the requirements files that a project of that starter gets."""
    environment = jinja2.Environment(
        autoescape=False,
        keep_trailing_newline=True,
        loader=jinja2.FileSystemLoader(ROOT),
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    for file in ("requirements_dev.txt", "requirements_prod.txt"):
        template = environment.get_template(f"template/{file}.jinja")
        text = template.render(base="", reviewed=2, docs=docs, starter=starter)
        (folder / file).write_text(text)
    tools = folder / ".standard"
    tools.mkdir(exist_ok=True)
    shutil.copy(TEMPLATE / ".standard/requirements_tools.txt", tools)
    shutil.copy(
        TEMPLATE / f".standard/{{% if docs %}}{DOCS}{{% endif %}}", tools / DOCS
    )


def site_part(lock: str) -> str:
    """Return the pins of a lock that the site's tools need, with their reasons among these alone."""
    pins = [
        (name, start + hashes, re.findall(r"^(?: +#  )? *(\S.*)$", via, re.MULTILINE))
        for start, name, hashes, via in re.findall(PIN, lock)
    ]
    names = {f"-r .standard/{DOCS}"}
    for _ in pins:  # no chain is longer
        names |= {name for name, _, reasons in pins if names.intersection(reasons)}
    text = "# The pins of the documentation's tools, which scripts/lock_starters.py makes.\n"
    for name, pin, reasons in pins:
        if name in names:
            kept = [reason for reason in reasons if reason in names]
            comment = f" {kept[0]}" if len(kept) == 1 else ""
            comment = comment or "".join(f"\n    #   {reason}" for reason in kept)
            text += f"{pin}    # via{comment}\n"
    return text


def report(path: Path, text: str) -> None:
    """Replace a file at once, and print what it holds."""
    new = text.encode()
    same = path.exists() and path.read_bytes() == new
    if not same:
        draft = path.with_suffix(".new")
        draft.write_bytes(new)
        draft.replace(path)
    shown = path.relative_to(ROOT).as_posix()
    count, size = new.count(b"=="), len(new) // 1000
    print(f"{shown}: {count} packages, {size} kB, {'same' if same else 'new'}")


def freeze(folder: Path, name: str, uv: str, day: str, *flags: str) -> str:
    """Return the new lock of a folder; what is in its old one stays where the flags do not say otherwise."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PIP_", "UV_")) or key == "UV_CACHE_DIR"
    }
    done = subprocess.run(
        [uv, *COMPILE, "--quiet", *flags],
        cwd=folder,
        env={**kept, "UV_EXCLUDE_NEWER": day, "UV_NO_CONFIG": "1"},
        check=False,
    )
    if done.returncode:
        sys.exit(f"lock_starters: {name}: uv failed, for the reason above")
    return (folder / LOCK).read_text()


def main() -> None:
    """Run the command line; exits with one line on stderr where a lock cannot be made."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--exclude-newer", required=True, metavar="DATE")
    parser.add_argument("--keep", action="store_true", help="change only what must")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()

    known = sorted(
        path.parent.name for path in STARTERS.glob("*/requirements_prod.txt")
    )
    names = arguments.names or known
    if unknown := sorted(set(names) - set(known)):
        sys.exit(
            f"lock_starters: no such starter: {', '.join(unknown)}: there are {', '.join(known)}"
        )
    uv = shutil.which("uv")
    if not uv:
        sys.exit("lock_starters: need 'uv' (command not found): pip install uv")
    flags = [] if arguments.keep else ["--upgrade"]
    for name in names:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            write_project(folder, name, docs=False)
            if arguments.keep and (STARTERS / name / LOCK).exists():
                shutil.copy(STARTERS / name / LOCK, folder)
            lock = freeze(folder, name, uv, arguments.exclude_newer, *flags)
            report(STARTERS / name / LOCK, lock)
            if name == "library":
                # The lock made above keeps its pins, since a project gets both parts as one.
                if arguments.keep and SITE.exists():
                    (folder / LOCK).write_text(lock + SITE.read_text())
                write_project(folder, name, docs=True)
                both = freeze(folder, name, uv, arguments.exclude_newer)
                report(SITE, site_part(both))


if __name__ == "__main__":
    main()
