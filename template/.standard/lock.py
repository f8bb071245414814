"""What bootstrap.py knows of the lock, the requirements files and pip's settings.

Nothing here writes a file. A ValueError has the one line that the user gets.
"""

import ast
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

# `packaging` is a part of pip, which comes with Python as a wheel, or is installed.
bundled = os.path.join(os.path.dirname(os.__file__), "ensurepip", "_bundled")
bundled = sysconfig.get_config_var("WHEEL_PKG_DIR") or bundled  # Debian has another
WHEELS = [str(path) for path in Path(bundled).glob("pip-*.whl")]
sys.path[:0] = WHEELS
try:
    import pip
    from pip._vendor.packaging.requirements import Requirement
except ImportError:
    text = "has no pip: install python3-venv, or another Python"
    sys.exit(f"bootstrap: {sys.executable} {text}")
PIP = ["-Iu", os.path.dirname(pip.__file__) + ("" if WHEELS else "/__pip-runner__.py")]

LOCK, PYPROJECT = "requirements_lock.txt", "pyproject.toml"
PROD, DEV = "requirements_prod.txt", "requirements_dev.txt"
DOCS = ".standard/requirements_docs.txt"
# In a marker, pip would take a word that begins with a dash for an option.
MARKER = r"(?: *;(?:(?! -)[\w ()<>=!~.*'\"+-])+)?"
PIN = rf"([a-zA-Z0-9][\w.-]*(?:\[[\w., -]+\])?==[\w.!+]+{MARKER})"
HASHES = r"((?: +--hash=sha256:[0-9a-f]{64})+)(?: +#.*)? *"
SYSTEMS = ("linux posix Linux", "darwin posix Darwin", "win32 nt Windows")
# pip's settings of the index, and the variables that say the same to uv.
SETTINGS = """cache-dir=PIP_CACHE_DIR cert=SSL_CERT_FILE client-cert=SSL_CLIENT_CERT
    extra-index-url=UV_INDEX find-links=UV_FIND_LINKS index-url=UV_DEFAULT_INDEX
    keyring-provider=UV_KEYRING_PROVIDER no-index=PIP_NO_INDEX proxy=ALL_PROXY
    retries=UV_HTTP_RETRIES timeout=UV_HTTP_TIMEOUT trusted-host=UV_INSECURE_HOST"""
# Variables that may send packages elsewhere, and those of uv that do not.
FOREIGN = ("CONDA_PREFIX", "PIP_", "PYTHON", "UV_", "VIRTUAL_ENV")
KEPT = """UV_CACHE_DIR UV_CONCURRENT UV_CREDENTIALS UV_DEFAULT_INDEX UV_EXCLUDE_NEWER
    UV_EXTRA_INDEX UV_FIND_LINKS UV_HTTP UV_INDEX UV_INSECURE UV_KEYRING UV_LINK_MODE
    UV_NATIVE_TLS UV_NO_CACHE UV_OFFLINE UV_SYSTEM_CERTS"""
FIXED = """PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_YES=1 UV_NO_CONFIG=1
    UV_NO_SOURCES=1 UV_INDEX_STRATEGY=unsafe-best-match"""


@dataclass
class Line:
    """A requirement of a file, or a pin of the lock."""

    text: str
    line: str = ""  # what pip and uv get of a pin: with hashes, without comments
    via: set[str] = field(default_factory=set)  # the files and packages that need it

    def __post_init__(self) -> None:
        """Parse the requirement (PEP 508) and normalize its name (PEP 503)."""
        self.asked = Requirement(self.text)
        if self.asked.url or self.text.endswith((".whl", ".zip", "gz")):
            raise ValueError(f"{self.text!r} is not in a package index")
        self.name = re.sub(r"[-_.]+", "-", self.asked.name).lower()

    def holds(self, world: dict[str, str] | None = None) -> bool:
        """Return whether the marker is true, in this Python or in a described one."""
        return not self.asked.marker or bool(self.asked.marker.evaluate(world))

    def takes(self, version: str) -> bool:
        """Return whether this allows a version."""
        return bool(self.asked.specifier.contains(version, prereleases=True))

    def meets(self, wish: "Line") -> bool:
        """Return whether this pin is what a requirement asks for."""
        fits = wish.takes(str(self.asked.specifier).removeprefix("=="))
        fits = fits and wish.asked.extras <= self.asked.extras
        return fits or "--override (workspace)" in self.via


def read(path: str) -> str:
    """Return the text of a file with plain line ends and no byte order mark."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8: save it as UTF-8") from None


def declared(root: str) -> tuple[str, set[str], bool]:
    """Return the oldest Python, what builds the package, and if uv is configured."""
    project = tomllib.loads(read(os.path.join(root, PYPROJECT)))
    # An adopted repository may say it elsewhere, or name a Python that is too old here.
    files = [os.path.join(root, x) for x in (PYPROJECT, "setup.cfg", "setup.py")]
    text = "\n".join(read(path) for path in files if os.path.isfile(path))
    key = r"(?:requires-python|python_requires|python)"  # the last is Poetry's
    found = re.search(rf"(?m)^\s*{key}\s*=.*?(?<![!<])[>~=^]=? *3\.(\d+)", text)
    floor = f"3.{max(11, int(found[1]) if found else 0)}"
    build = {Line(x).name for x in project.get("build-system", {}).get("requires", [])}
    return floor, build, "uv" in project.get("tool", {})


def sources(root: str) -> list[str]:
    """Return the files that the lock is made from."""
    return [DEV, PROD, *[DOCS] * os.path.isfile(os.path.join(root, DOCS))]


def requirements(root: str, *files: str) -> dict[str, list[Line]]:
    """Return what files ask for, by the reason that a lock gives, such as "-r x.txt".

    Raises:
        ValueError: If one cannot be locked with a hash. The text names file and line.
    """
    found: dict[str, list[Line]] = {}
    for reason in (queue := [f"-r {file}" for file in files]):
        file, found[reason] = reason[3:], []
        for number, text in enumerate(read(os.path.join(root, file)).split("\n"), 1):
            line = re.sub(r"(^|\s)#.*", "", text).strip()
            place = f"{file}, line {number}: {line!r}"
            if line[:1] == "-" and file == PROD and PROD in read(f"{root}/{PYPROJECT}"):
                raise ValueError(f"{place} is an option, which setuptools cannot read")
            if more := re.match(r"-(r|c|-requirement|-constraint)[\s=]*(.+)", line):
                path = os.path.normpath(os.path.join(file, "..", more[2]))
                kind = "c" if "c" in (reason[1], more[1].strip("-")[0]) else "r"
                entry = f"-{kind} {path}".replace("\\", "/")
                queue += [] if entry in queue else [entry]
            elif line and not re.match("-(?!e|-editable)", line):
                try:
                    found[reason].append(Line(line))
                except ValueError:
                    raise ValueError(
                        f"{place} cannot be locked with a hash. "
                        "Publish it to a package index and write name==version"
                    ) from None
    return found


def pins(lock: str) -> list[Line]:
    """Return the pins of a lock's text, which holds nothing but pins and comments."""
    found: list[Line] = []
    for line in re.sub(r"[ \t]*\\\n[ \t]*", " ", lock).split("\n"):
        if pin := re.fullmatch(PIN + HASHES, line, re.ASCII):
            found.append(Line(pin[1], f"{pin[1]}{pin[2]}\n"))
        elif not re.fullmatch(r"\s*(#.*)?", line) or not line.isprintable():
            # Not the whole line: an address may hold a password.
            shown = re.sub(r"[^\s=]*://\S*|[^\s=]+@\S+|[0-9a-f]{16,}", "...", line)[:80]
            raise ValueError(
                f"{LOCK}: {shown!r} is neither a pin with sha256 hashes nor a comment. "
                "Remove it, or delete the file to make a new one"
            )
        elif found and (via := re.fullmatch(r" +#(?: +via\b)? +(?!via$)(.+)", line)):
            found[-1].via.add(via[1].replace("\\", "/"))
    return found


def needed(found: list[Line], names: set[str]) -> set[str]:
    """Return the names of those pins that these names lead to, by the comments."""
    while more := {x.name for x in found if x.via & names} - names:
        names = names | more
    return names & {x.name for x in found}


def outdated(root: str, lock: str) -> str:
    """Return why a lock's text does not fit the project's files; nothing if it does."""
    made = re.search(r"(?m)^#.*(?:--python-version[= ]|requires-python: >=)(\S+)", lock)
    found, files = pins(lock), requirements(root, *sources(root))
    python = declared(root)[0]
    if not made or made[1] != python:
        return f"{LOCK} is not for Python {python}" if lock else f"{LOCK} is missing"
    # Markers are compared by what they mean, on each system and Python.
    versions = [f"3.{minor}" for minor in range(int(python[2:]), 17)]
    for system, version in ((x, y) for x in SYSTEMS for y in versions):
        world = {"python_version": version, "python_full_version": f"{version}.0"}
        names = ("sys_platform", "os_name", "platform_system")
        world |= dict(zip(names, system.split(), strict=True))
        here = {x.name: x for x in found if x.holds(world)}
        wishes = [(k, x) for k in files for x in files[k] if x.holds(world)]
        for reason, wish in wishes:
            pin = here.get(wish.name)
            if not (pin.meets(wish) if pin else reason.startswith("-c")):
                return f"{LOCK} does not fit '{wish.asked}' of {reason[3:]}"
        direct = {wish.name for reason, wish in wishes if reason.startswith("-r")}
        if lost := here.keys() - needed(list(here.values()), direct):
            return f"{LOCK} pins what nothing needs: {', '.join(sorted(lost))}"
        for pin in here.values():
            extras = [x.asked.extras for _, x in wishes if x.name == pin.name]
            more = pin.asked.extras.difference(*extras)
            if more and all(reason.startswith("-") for reason in pin.via):
                return f"{LOCK} pins {pin.name} with {', '.join(more)}: not asked for"
    return ""


def environment(python: str) -> dict[str, str]:
    """Return variables that lead pip and uv to this Python and nowhere else."""
    kept = tuple(KEPT.split())
    told = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    told |= {k: v for k, v in os.environ.items() if k.startswith(kept)}
    told |= dict(x.split("=") for x in FIXED.split())
    told |= {"PIP_NO_INDEX": "1"} if "UV_OFFLINE" in told else {}
    homes = [os.path.expanduser(x) for x in ("~", "~/.cache")]
    if "UV_CACHE_DIR" not in told and not any(os.access(x, os.W_OK) for x in homes):
        told |= {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
    return told | {"PIP_CONFIG_FILE": os.devnull, "UV_PYTHON": python}


def settings(root: str) -> dict[str, str]:
    """Return what pip's files and variables say of the index, for pip and for uv."""
    told, listed, names = {}, "", dict(x.split("=") for x in SETTINGS.split())
    # The organisation's file counts beside the user's; old projects have it in scripts/
    files = [f"{root}/{x}/pip.conf" for x in (".standard", "scripts")]
    own = [{"PIP_CONFIG_FILE": x} for x in files if os.path.isfile(x)]
    for more in [{}, *own][:2]:
        env = os.environ | {"PIP_QUIET": "0", "PIP_USER": "0"} | more
        ask = [sys.executable, *PIP, "--log", os.devnull, "config", "list"]
        done = subprocess.run(ask, check=False, env=env, capture_output=True, text=True)
        sys.stderr.write(done.stderr if done.returncode else "")
        listed += done.stdout
    for section in ("global", "install", ":env:"):
        entry = rf"(?m)^{section}\.(?:default-)?({'|'.join(names)})=(.+)$"
        for key, value in re.findall(entry, listed):
            # A path may be relative to where the user is.
            items = ast.literal_eval(value).split()
            items = [os.path.abspath(x) if os.path.exists(x) else x for x in items]
            told["PIP_" + key.upper().replace("-", "_")] = " ".join(items)
            told[names[key]] = ("," if key == "find-links" else " ").join(items)
    if told.get("PIP_NO_INDEX", "0") not in ("0", "false"):
        told["UV_DEFAULT_INDEX"] = "file:///no-index"  # uv has no variable for it
    return told
