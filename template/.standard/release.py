"""Make a release ready, or check that one is.

usage: ./bootstrap python .standard/release.py [VERSION | --tag TAG | --build]

  (nothing)   check that the package, its metadata and CHANGELOG.md name one version,
              and print what the changelog says about it
  VERSION     set the version, date its part of CHANGELOG.md, and commit both
  --tag TAG   check that a tag, such as 1.2.0 or v1.2.0, names that version, too
  --build     put sdist and wheel into dist/, if the wheel has every file below src/
              and requires what requirements_prod.txt says

If a check fails, it prints one line, exits with 1 and changes nothing.
"""

import datetime as dt
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from importlib import metadata
from pathlib import Path
from typing import NoReturn
from zipfile import Path as ZipPath
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parents[1]
LOG = "CHANGELOG.md"
VERSION = re.compile(r"^(__version__\b[^=\n]*= *[\"'])(.*?)(?=[\"'])", re.MULTILINE)
PART = re.compile(r"^## +(\S.*?)\s*$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def stop(said: str) -> NoReturn:
    """Exit with a line that says what is wrong and what to do."""
    sys.exit(f"release: {said}")


def read(name: str) -> str:
    """Return the text of a file of the project, with its own line ends."""
    if not (ROOT / name).is_file():
        stop(f"{name} is missing: restore it")
    return (ROOT / name).read_bytes().decode()


def run(*command: str) -> str:
    """Run a command in the project and return what it prints."""
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, check=False, text=True
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        stop(f"{' '.join(command[:3])} failed: {said}")
    return done.stdout


def parse(text: str) -> Version | None:
    """Return the version that a text is, perhaps with a v before it, or None."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


def sources() -> dict[str, str]:
    """Return the version that each package names, given the path of its file."""
    paths = [x.relative_to(ROOT).as_posix() for x in ROOT.glob("src/*/__init__.py")]
    found = {path: VERSION.search(read(path)) for path in sorted(paths)}
    return {path: match[2] for path, match in found.items() if match}


def parts() -> list[tuple[str, str, str]]:
    """Return title, version and text of the changelog's parts: no version if pending."""
    found = [
        (x[1], x[1].split()[0].strip("[],:"), x[2]) for x in PART.finditer(read(LOG))
    ]
    return [
        (title, "" if "unreleased" in title.lower() else version, text.strip())
        for title, version, text in found
    ]


def notes(tag: str | None = None) -> str:
    """Return what the changelog says about the version that everything names."""
    name = str(tomllib.loads(read("pyproject.toml")).get("project", {}).get("name"))
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        command = "./bootstrap python .standard/release.py"
        stop(f"{name!r} is not installed: run {command}")
    tagged = {} if tag is None else {"the tag": tag.removeprefix("v")}
    for where, other in {**tagged, **sources()}.items():
        if other != version:
            has = f"{where} says {other}, the metadata of {name} says {version}"
            stop(f"{has}: make them agree")
    for title, named, text in parts():
        if named.removeprefix("v") == version:
            return text or stop(f'{LOG} says nothing under "{title}": say what is new')
    command = f"./bootstrap python .standard/release.py {version}"
    stop(f'{LOG} has no dated part "## {version}": run {command}')


def prepare(version: str) -> str:
    """Set the version, date the pending part of the changelog, and commit both."""
    new = parse(version)
    if not new or str(new) != version:
        example = new or "a version such as 1.2.0 (PEP 440)"
        stop(f"{version!r} is not a version: write {example}")
    if run("git", "status", "--porcelain"):
        stop("the checkout has changes: commit or stash them")
    log, packages = parts(), sources()
    pending = [(title, text) for title, named, text in log if not named]
    if len(pending) != 1:
        has = f'{LOG} has {len(pending)} parts such as "## Unreleased"'
        stop(f"{has}: it needs one, which says what is new")
    if not packages:
        stop('no src/*/__init__.py has a line __version__ = "…": add one')
    ((title, text),) = pending
    if not text:
        stop(f'{LOG} says nothing under "{title}": say what is new')
    past = [*run("git", "tag").split(), *(named for _, named, _ in log)]
    newer = [old for old in map(parse, past) if old and new <= old]
    newer += [old for old in map(parse, packages.values()) if old and new < old]
    if newer:
        stop(f"{version} is not newer than {max(newer)}: use a higher one")
    day = dt.datetime.now(dt.UTC).date()
    dated = f"[{version}] - {day}" if title[0] == "[" else f"{version} ({day})"
    before = {name: read(name) for name in (LOG, *packages)}
    after = {x: VERSION.sub(rf"\g<1>{version}", before[x], count=1) for x in packages}
    after[LOG] = before[LOG].replace(f"## {title}", f"## {dated}", 1)
    try:
        for name, text in after.items():
            (ROOT / name).write_bytes(text.encode())
        run("git", "commit", "--quiet", "--message", f"Release {version}", *after)
    except BaseException:  # an interruption, too, leaves the files as they were
        for name, text in before.items():
            (ROOT / name).write_bytes(text.encode())
        raise
    publish = f"git push && git tag {version} && git push origin {version}"
    return f"Release {version} is committed. To publish it: {publish}"


def build() -> str:
    """Build sdist and wheel, check the wheel, and put both into dist/."""
    # A project that began with Plinth 1 lists the suffixes of its data itself.
    everything = 'package-data = { "*" = ["**/*"] }' in read("pyproject.toml")
    suffixes = "" if everything else r"(?=.*(\.py|/py\.typed)$)"
    ships = re.compile(suffixes + r"(?!.*(^|/)(\.|__pycache__/|[^/]*\.egg-info/))")
    files = [x for x in (ROOT / "src").rglob("*") if x.is_file() and x.suffix != ".pyc"]
    paths = {x.relative_to(ROOT / "src").as_posix() for x in files}
    lines = [x.partition(" #")[0] for x in read("requirements_prod.txt").splitlines()]
    asked = [str(Requirement(x)) for x in lines if x.strip() and x[0] != "#"]
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ".")
        (wheel,) = Path(folder).glob("*.whl")
        with ZipFile(wheel) as archive:
            missing = sorted(filter(ships.match, paths.difference(archive.namelist())))
            (info,) = (
                x for x in ZipPath(archive).iterdir() if x.suffix == ".dist-info"
            )
            required = metadata.PathDistribution(info).requires or []
        if missing:
            lacks = f"the wheel lacks {', '.join(missing)}"
            stop(f"{lacks}: check [tool.setuptools] in pyproject.toml")
        if differ := {str(Requirement(x)) for x in required} ^ set(asked):
            differs = f"the wheel and requirements_prod.txt differ in {min(differ)}"
            stop(f'{differs}: check "dependencies" in pyproject.toml')
        (ROOT / "dist").mkdir(exist_ok=True)
        made = [shutil.copy(x, ROOT / "dist") for x in Path(folder).iterdir()]
    return "\n".join(sorted(Path(x).relative_to(ROOT).as_posix() for x in made))


def main() -> None:
    """Run the command line."""
    try:
        match sys.argv[1:]:
            case []:
                said = notes()
            case ["--tag", tag]:
                said = notes(tag)
            case ["--build"]:
                said = build()
            case [version] if version[:1] != "-":
                said = prepare(version)
            case _:
                sys.exit(__doc__.split("\n\n")[1])
    except (OSError, ValueError) as error:
        stop(str(error))
    sys.stdout.write(f"{said}\n")


if __name__ == "__main__":
    main()
