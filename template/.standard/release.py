"""Make a release ready, or check that one is.

usage: ./bootstrap python .standard/release.py [VERSION | --tag TAG | --build]

  (nothing)   check that CHANGELOG.md has a dated part for the version, and print it
  VERSION     set the version, date the unreleased part of CHANGELOG.md, commit both
  --tag TAG   check that a tag, such as 1.2.0 or v1.2.0, names that version, too
  --build     put sdist and wheel into dist/, if the wheel has every file below src/
              and requires what requirements_prod.txt says

If a check fails, it prints one line, exits with 1 and changes nothing.
"""

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from build import BuildBackendException, BuildException
from build.util import project_wheel_metadata
from packaging.requirements import Requirement
from packaging.version import Version

LOG = Path("CHANGELOG.md")


def run(*command: str) -> str:
    """Run a command and return what it prints."""
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise ValueError(f"{' '.join(command[:3])} failed: {said}")
    return done.stdout


def package_version() -> str:
    """Return the version that a wheel of the package would have now."""
    return str(project_wheel_metadata(".", isolated=False)["Version"])


def part(name: str, title: str) -> re.Match[str]:
    """Return the part of the changelog whose title fits a pattern: title and text."""
    pattern = rf"(?im)^## ({title}.*?)\s*\n\s*(?!## )(\S(?s:.*?))\s*(?=^## |\Z)"
    found = list(re.finditer(pattern, LOG.read_text("utf-8")))
    if len(found) != 1:
        raise ValueError(f'{LOG} needs exactly one "## {name}" that says what is new')
    return found[0]


def notes(wanted: str | None = None) -> str:
    """Return what the changelog says about the version of the package."""
    version = package_version()
    if wanted not in (None, version):
        raise ValueError(f"the package says {version}, not {wanted}: make them agree")
    dated = rf"\[?v?{re.escape(version)}(?=[],:\s])(?!.*unreleased)"
    return part(f"{version} (DATE)", dated)[2]


def prepare(version: str) -> str:
    """Set the version, date the changelog, and commit both if the check passes."""
    if run("git", "status", "--porcelain"):
        raise ValueError("the checkout has changes: commit or stash them")
    if Version(version) < Version(old := package_version()):
        raise ValueError(f"{version} is older than {old}: use a higher version")
    title = part("Unreleased", ".*unreleased")[1]
    day = dt.datetime.now(dt.UTC).date()
    dated = f"[{version}] - {day}" if title[0] == "[" else f"{version} ({day})"
    before = {x: x.read_bytes() for x in [LOG, *Path("src").glob("*/__init__.py")]}
    line = rb"(?m)^(__version__\b.*= *[\"']).*?(?=[\"'])"
    after = {x: re.sub(line, rb"\g<1>" + version.encode(), before[x]) for x in before}
    after[LOG] = before[LOG].replace(f"## {title}".encode(), f"## {dated}".encode(), 1)
    try:
        for path, text in after.items():
            path.write_bytes(text)
        notes(version)
        run("git", "commit", "--quiet", "--all", "--message", f"Release {version}")
    except BaseException:  # an interruption, too, leaves the files as they were
        for path, text in before.items():
            path.write_bytes(text)
        raise
    publish = f"git push && git tag {version} && git push origin {version}"
    return f"Release {version} is committed. To publish it: {publish}"


def pack() -> str:
    """Build sdist and wheel, check the wheel, and put both into dist/."""
    # A project that began with Plinth 1 lists the suffixes of its data itself.
    everything = '["**/*"]' in Path("pyproject.toml").read_text("utf-8")
    kinds = ("",) if everything else (".py", "/py.typed")
    made = r"(^|/)\.|__pycache__/|\.egg-info/|\.pyc$"  # hidden, or by a tool
    src = Path("src")
    paths = [x.relative_to(src).as_posix() for x in src.rglob("*") if x.is_file()]
    tree = {x for x in paths if x.endswith(kinds) and not re.search(made, x)}
    text = re.sub(r"(?m)(^| )#.*", "", Path("requirements_prod.txt").read_text("utf-8"))
    asked = {str(Requirement(line)) for line in text.splitlines() if line.strip()}
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder)
        wheels = [str(path) for path in Path(folder).glob("*.whl")]
        (wheel,) = metadata.distributions(path=wheels)
        has = {str(Requirement(x)) for x in wheel.requires or []}
        has.update(map(str, wheel.files or []))
        if lacking := ", ".join(sorted((tree | asked) - has)):
            raise ValueError(f"the wheel lacks {lacking}: check pyproject.toml")
        shutil.copytree(folder, "dist", dirs_exist_ok=True)
        return "\n".join(sorted(f"dist/{x.name}" for x in Path(folder).iterdir()))


os.chdir(Path(__file__).parents[1])
try:
    match sys.argv[1:]:
        case []:
            print(notes())
        case ["--tag", tag]:
            print(notes(tag.removeprefix("v")))
        case ["--build"]:
            print(pack())
        case [version] if version[:1] != "-":
            print(prepare(str(Version(version))))
        case _:
            sys.exit(__doc__)
except (OSError, ValueError, BuildException, BuildBackendException) as error:
    sys.exit(f"release: {error}")
