"""What bootstrap.py knows of the lock, the requirements files, pip and the index settings.

Nothing here writes a file. `packaging` is the one that pip contains. A ValueError has the
one line that the user gets.
"""

import glob
import os
import re
import subprocess
import sys
import sysconfig
from typing import Any

LOCK = "requirements_lock.txt"
PROD, DEV = "requirements_prod.txt", "requirements_dev.txt"
PYPROJECT = "pyproject.toml"
MARKER = r"""(?: *;(?:[\w ()<>=!~]|'[\w.*+-]*'|"[\w.*+-]*")+)?"""
PIN = rf"([A-Za-z0-9][\w.-]*(?:\[[\w., -]+\])?==[\w.!+]+{MARKER})"
HASHED = rf"({PIN}(?: +--hash=sha256:[0-9a-f]{{64}})+)(?: +#.*)? *"
SYSTEMS = ("linux posix Linux", "darwin posix Darwin", "win32 nt Windows")
# pip's settings of the index, and uv's variables for the same.
SETTINGS = {
    "cache-dir": "",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "index-url": "UV_DEFAULT_INDEX",
    "keyring-provider": "UV_KEYRING_PROVIDER",
    "no-index": "",
    "proxy": "ALL_PROXY",
    "retries": "UV_HTTP_RETRIES",
    "timeout": "UV_HTTP_TIMEOUT",
    "trusted-host": "UV_INSECURE_HOST",
}
# Other variables of these tools may say what to install, or where.
HARMFUL = (
    r"CONDA_PREFIX|PIP_|PYTHON|VIRTUAL_ENV|UV_(?!CACHE_DIR|CONCURRENT|CREDENTIALS|"
)
HARMFUL += "DEFAULT_INDEX|EXCLUDE_NEWER|EXTRA_INDEX|FIND_LINKS|HTTP_|INDEX|INSECURE_|"
HARMFUL += "KEYRING_|LINK_MODE|NATIVE_TLS|NO_CACHE|OFFLINE|SYSTEM_CERTS)"
OVERRIDE = "--override (workspace)"
KEYS = ("sys_platform", "os_name", "platform_system", "python_version")


def read(path: str) -> str:
    """Return the text of a file with plain line ends and no byte order mark."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            return file.read()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8: save it as UTF-8") from None


def pip(python: str) -> list[str]:
    """Return how to start the pip of this Python for the environment of another."""
    bundled = os.path.join(os.path.dirname(os.__file__), "ensurepip", "_bundled")
    bundled = sysconfig.get_config_var("WHEEL_PKG_DIR") or bundled  # Debian has another
    found = glob.glob(f"{glob.escape(bundled)}/pip-*.whl")
    program = "pip" if found else "pip/__pip-runner__.py"
    found += [x for x in sys.path if os.path.isdir(f"{x}/pip")]
    if not found:
        base = sys.executable
        raise ValueError(f"{base} has no pip: install python3-venv, or another Python")
    sys.path[:] = [*sys.path, *({found[0]} - {*sys.path})]  # for `packaging`
    return [python, "-Iu", os.path.join(found[0], program)]


def requirement(text: str) -> Any:
    """Parse a requirement (PEP 508) and normalize its name (PEP 503)."""
    if "pip" not in sys.modules:
        pip(sys.executable)  # which finds it
    from pip._vendor.packaging.requirements import (  # type: ignore[import-not-found, unused-ignore]
        Requirement,
    )

    class Pin(Requirement):  # type: ignore[misc, unused-ignore]
        """A requirement that takes more attributes; those of newer pips take none."""

    found = Pin(text)
    found.name = re.sub(r"[-_.]+", "-", found.name).lower()
    return found


def requirements(root: str, *files: str) -> dict[str, list[Any]]:
    """Return what files ask for, by reason as the lock tells it, such as "-r x.txt".

    Raises:
        ValueError: If one cannot be locked with a hash. The text names file and line.
    """
    found: dict[str, list[Any]] = {}
    package = os.path.isfile(path := os.path.join(root, PYPROJECT)) and read(path)
    for reason in (queue := [f"-r {file}" for file in files]):
        file, found[reason] = reason[3:], []
        for number, text in enumerate(read(os.path.join(root, file)).split("\n"), 1):
            line = re.sub(r"(^|\s)#.*", "", text).strip()
            place = f"{file}, line {number}: {line!r}"
            more = re.match(r"(-r|-c|--requirement|--constraint)[\s=]*(.+)", line)
            if line[:1] == "-" and file == PROD and package and PROD in package:
                raise ValueError(
                    f"{place} is an option, which setuptools does not take in this file. "
                    f"Write the requirements themselves, or move the line to {DEV}"
                )
            if more:
                path = os.path.normpath(os.path.join(file, "..", more[2]))
                kind = "-c" if reason[:2] == "-c" or "c" in more[1][:3] else "-r"
                entry = f"{kind} {path}".replace("\\", "/")
                queue += [] if entry in queue else [entry]
            elif line and (line[0] != "-" or line.startswith(("-e", "--editable"))):
                try:
                    found[reason].append(requirement(line))
                    local = found[reason][-1].url or line.endswith(
                        (".whl", ".zip", "gz")
                    )
                except ValueError:
                    local = True
                if local:
                    raise ValueError(
                        f"{place} cannot be locked with a hash. Publish it to a package "
                        "index and write name==version"
                    )
    return found


def sources(root: str) -> list[str]:
    """Return the files that the lock is made from."""
    docs = os.path.join(
        os.path.dirname(os.path.realpath(__file__)), "requirements_docs.txt"
    )
    docs = os.path.relpath(docs, root).replace("\\", "/")
    return [DEV, PROD, *([docs] if os.path.isfile(os.path.join(root, docs)) else [])]


def pins(lock: str) -> list[Any]:
    """Return the pins of a lock's text, each with its `line` and its reasons, `via`.

    pip and uv get these lines alone.

    Raises:
        ValueError: If anything else than pins with hashes and comments is in there.
    """
    found: list[Any] = []
    for line in re.sub(r"[ \t]*\\\n[ \t]*", " ", lock).split("\n"):
        via = re.fullmatch(r" +#(?: +via\b)? +(?!via$)(.+)", line)
        pin = re.fullmatch(HASHED, line, re.ASCII)
        if pin:
            found.append(requirement(pin[2]))
            found[-1].line, found[-1].via = f"{pin[1]}\n", set()
            found[-1].version = str(found[-1].specifier).removeprefix("==")
        elif not re.fullmatch(r"\s*(#.*)?", line) or not line.isprintable():
            # Not the whole line: an address may hold a password.
            shown = re.sub(r"[^\s=]*://\S*|[^\s=]+@\S+|[0-9a-f]{16,}", "...", line)[:80]
            raise ValueError(
                f"{LOCK}: {shown!r} is neither a pin with sha256 hashes nor a comment. "
                "Remove it, or delete the file to make a new one"
            )
        elif via and found:
            found[-1].via.add(via[1].replace("\\", "/"))
    return found


def needed(found: list[Any], names: set[str]) -> set[str]:
    """Return the names of those pins that these names lead to, by the comments."""
    while more := {x.name for x in found if x.via & names} - names:
        names = names | more
    return names & {x.name for x in found}


def build_requires(root: str) -> set[str]:
    """Return the names of what builds the package; none if the project is no package."""
    text = read(os.path.join(root, PYPROJECT))
    table = re.search(r"(?ms)^\[build-system\].*?^requires *= *\[(.*?)\]", text)
    found = re.findall(r"[\"'](.*?)[\"']", table[1] if table else "")
    return {requirement(each).name for each in found}


def command(root: str, output: str = LOCK) -> list[str]:
    """Return the command that makes the lock; as it is here, it stands in the header."""
    options = ["--universal", "--generate-hashes", "--no-strip-extras"]
    options += [f"--python-version={floor(root)}", f"--output-file={output}"]
    return ["uv", "pip", "compile", *options, *sources(root)]


def lacking(found: list[Any], names: set[str], have: dict[str, str]) -> list[str]:
    """Return the pins of these names, for here, that are not among installed versions."""
    plain = {re.sub(r"[-_.]+", "-", x).lower(): have[x] for x in have}
    here = [x for x in found if not x.marker or x.marker.evaluate()]
    here = [x for x in here if x.name in names]
    missing = [
        x for x in here if not x.specifier.contains(plain.get(x.name, "0"), True)
    ]
    return [str(x) for x in missing]


def project_settings(root: str) -> dict[str, str]:
    """Return variables with which uv reads the project's own settings and no others.

    They count when a lock is made: a cooldown, or overrides of versions.
    """
    text = read(os.path.join(root, PYPROJECT))
    own = os.path.isfile(os.path.join(root, "uv.toml"))
    if not own and not re.search(r"(?m)^\[+tool\.uv\b", text):
        return {}
    nowhere = os.path.join(root, ".venv", "uv")
    told = {"XDG_CONFIG_HOME": nowhere, "APPDATA": nowhere, "UV_NO_CONFIG": "0"}
    return told | {"UV_NO_SYSTEM_CONFIG": "1"}


def settings() -> dict[str, str]:
    """Return what pip's settings say of the index, as variables for pip and for uv."""
    told, listed = {}, ""
    here = os.path.dirname(os.path.realpath(__file__))
    # In projects made before version 2, the organisation's file is in scripts/.
    own = [f"{here}/pip.conf", f"{here}/../scripts/pip.conf"]
    for more in [{}, *({"PIP_CONFIG_FILE": x} for x in own if os.path.isfile(x))][:2]:
        # Settings of options that `pip config` has itself.
        off = ("PIP_QUIET", "PIP_USER", "PIP_GLOBAL", "PIP_SITE")
        env = os.environ | dict.fromkeys(off, "0") | more
        asked = [*pip(sys.executable), "--log", os.devnull, "config", "list"]
        listed += subprocess.run(
            asked, env=env, stdout=subprocess.PIPE, text=True, check=False
        ).stdout
    for section in ("global", "install", ":env:"):
        entry = rf"(?m)^{section}\.(?:default-)?([\w-]+)='(.*)'$"
        for key, value in re.findall(entry, listed):
            items = value.replace("\\n", " ").split()
            # Paths may be relative to where the user is.
            items = [os.path.abspath(x) if os.path.exists(x) else x for x in items]
            if key in SETTINGS and items:
                told["PIP_" + key.upper().replace("-", "_")] = " ".join(items)
                told[SETTINGS[key]] = ("," if key == "find-links" else " ").join(items)
    if told.pop("", "") and told.get("PIP_NO_INDEX", "0") not in ("0", "false"):
        told["UV_DEFAULT_INDEX"] = "file:///no-index"  # uv has no variable for it
    return told | {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # as pip does it


def environment(python: str) -> dict[str, str]:
    """Return variables for pip and uv that lead them to this Python and nowhere else."""
    told = {k: v for k, v in os.environ.items() if not re.match(HARMFUL, k)}
    told |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    told |= {"PIP_NO_INPUT": "1", "PIP_YES": "1", "UV_PYTHON": python}
    told |= {"UV_NO_CONFIG": "1", "UV_NO_SOURCES": "1"}
    told |= {"PIP_NO_INDEX": "1"} if "UV_OFFLINE" in told else {}
    cache = os.path.expanduser(told.get("XDG_CACHE_HOME") or "~/.cache")
    cache = told.get("UV_CACHE_DIR") or cache
    try:
        os.makedirs(cache, exist_ok=True)
        writable = os.access(cache, os.W_OK)
    except OSError:
        writable = False
    if not writable or cache[0] == "~":
        told |= {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
    return told


def floor(root: str) -> str:
    """Return the oldest Python that the lock is for: the project's, or the oldest of these tools."""
    files = [os.path.join(root, x) for x in (PYPROJECT, "setup.cfg", "setup.py")]
    text = "\n".join(read(path) for path in files if os.path.isfile(path))
    key = r"(?:requires-python|python_requires|python)"  # the last is Poetry's
    found = re.search(rf"(?m)^\s*{key}\s*=.*?(?<![!<])[>~=^]=? *3\.(\d+)", text)
    return f"3.{max(11, int(found[1]) if found else 0)}"


def outdated(root: str, lock: str) -> str:
    """Return why a lock's text does not fit the project's files; nothing if it does."""
    made = re.search(r"(?m)^#.*(?:--python-version[= ]|requires-python: >=)(\S+)", lock)
    found, asked = pins(lock), requirements(root, *sources(root))
    wishes = [(reason, wish) for reason in asked for wish in asked[reason]]
    direct = {wish.name for reason, wish in wishes if reason.startswith("-r")}
    if not made or made[1] != floor(root):
        return f"{LOCK} is {f'not for Python {floor(root)}' if lock else 'missing'}"
    if lost := {x.name for x in found} - needed(found, direct):
        return f"{LOCK} pins what nothing needs: {', '.join(sorted(lost))}"
    # Markers are compared by what they mean, on each system and Python.
    for system in SYSTEMS:
        for minor in range(int(made[1][2:]), 17):
            world = dict(zip(KEYS, [*system.split(), f"3.{minor}"], strict=True))
            world["python_full_version"] = f"3.{minor}.0"
            here = [x for x in found if not x.marker or x.marker.evaluate(world)]
            there = [
                x for x in wishes if not x[1].marker or x[1].marker.evaluate(world)
            ]
            for reason, wish in there:
                for pin in here:
                    fits = wish.specifier.contains(pin.version, prereleases=True)
                    fits = fits and wish.extras <= pin.extras
                    if pin.name == wish.name and not fits and OVERRIDE not in pin.via:
                        return f"{LOCK} does not fit {str(wish)!r} in {reason[3:]}"
                if reason.startswith("-r") and wish.name not in {x.name for x in here}:
                    return f"{LOCK} lacks {str(wish)!r} of {reason[3:]}"
            for pin in here:
                extras = [x.extras for _, x in there if x.name == pin.name]
                more = not extras or pin.extras - set().union(*extras)
                if more and all(reason.startswith("-") for reason in pin.via):
                    return f"{LOCK} pins more of {pin.name} than the files ask for"
    return ""
