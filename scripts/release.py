"""Prepare a release: ./bootstrap python scripts/release.py 1.2.0.

Dates the section "Unreleased" of CHANGELOG.md, sets the version, and commits both as
"Release 1.2.0"; push that commit, and the workflow "Release" tags it. Refuses, and
changes nothing, where the version, the changelog or the tests do not agree.

With --notes it only prints what CHANGELOG.md says about a version.
"""

import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parents[1]
UNRELEASED = re.compile(r"^## Unreleased\n+(?=- |### )", re.MULTILINE)
VERSION = re.compile(r'^version = "(.*)"$', re.MULTILINE)


def git(*arguments: str) -> str:
    """Run git in the repository and return what it prints."""
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


def released() -> list[Version]:
    """Return the versions of all commits titled "Release X.Y.Z", the newest first."""
    titles = git("log", "--format=%s").splitlines()
    return [
        Version(title.removeprefix("Release "))
        for title in titles
        if re.fullmatch(r"Release \d+\.\d+\.\d+", title)
    ]


def refusal(version: str) -> str:
    """Return why this version cannot be released; nothing where it can."""
    try:
        new = Version(version)
    except InvalidVersion:
        new = Version("0.dev0")
    if not re.fullmatch(r"\d+\.\d+\.\d+", version) or str(new) != version:
        return f"{version!r} is not a version: use three numbers (PEP 440), as in 1.2.0"
    if any(new <= old for old in released()):
        return f"{version} is not newer than {max(released())}: use a higher version"
    if git("status", "--porcelain"):
        return "the checkout has changes: commit or stash them"
    if not UNRELEASED.search((ROOT / "CHANGELOG.md").read_text()):
        return 'CHANGELOG.md has no items under "## Unreleased": say what is new'
    if subprocess.run(["./bootstrap", "pytest"], cwd=ROOT, check=False).returncode:
        return "the tests fail: fix what they name"
    return ""


def notes(version: str) -> str:
    """Return the part of CHANGELOG.md about a version, or nothing where it has none."""
    text = (ROOT / "CHANGELOG.md").read_text()
    part = rf"^## {re.escape(version)} \([^\n]*\)\n(.*?)(?=^## |\Z)"
    found = re.search(part, text, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def main() -> None:
    """Run the command line."""
    arguments = [word for word in sys.argv[1:] if word != "--notes"]
    if len(arguments) != 1:
        sys.exit("usage: ./bootstrap python scripts/release.py [--notes] X.Y.Z")
    (version,) = arguments
    if "--notes" in sys.argv:
        if not (text := notes(version)):
            sys.exit(f"release: CHANGELOG.md says nothing about {version!r}")
        print(text)
        return
    if reason := refusal(version):
        sys.exit(f"release: {reason}")
    today = dt.datetime.now(dt.UTC).date()
    for name, pattern, text in [
        ("CHANGELOG.md", UNRELEASED, f"## {version} ({today})\n\n"),
        ("pyproject.toml", VERSION, f'version = "{version}"'),
    ]:
        path = ROOT / name
        path.write_text(pattern.sub(text, path.read_text(), count=1))
    git("commit", "--quiet", "--all", "--message", f"Release {version}")
    print(f"Release {version} is committed: push it, and it will be tagged.")


if __name__ == "__main__":
    main()
