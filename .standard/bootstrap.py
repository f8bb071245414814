"""Make .venv match requirements_lock.txt, then run the command in it.

usage: ./bootstrap [options] [command ...]

  --prod                    only what production needs, no development tool
  --check                   is .venv exact? If not, name what differs, exit 1
  --python X                use this Python: a version such as 3.12, or a path
  --offline                 use no network, only what is cached
  --locked                  fail where the lock is out of date, as under CI
  --lock                    refreeze the lock, changing only what must change
  --upgrade                 ... moving everything to the newest versions
  --upgrade-package NAME    ... moving this one; may be repeated

BOOTSTRAP_UV=0 leaves everything to pip. Index settings in PIP_*, UV_*, pip.conf
and .standard/pip.conf count. Status: the command's own, 127 if it is not found,
130 on Ctrl-C.
"""

# `bootstrap` and `bootstrap.cmd` find a Python, 3.6 or newer, and hand over to `main`.
# uv makes the environment: one on PATH, else the lock's own, which the pip inside
# ensurepip fetches; else that pip does. Imports inside functions keep the start quick.

import os
import sys
import time
from hashlib import new, sha256

OPTIONS = ["prod", "check", "python=", "offline", "locked", "lock", "help"]
OPTIONS += ["upgrade", "upgrade-package="]
WINDOWS = os.name == "nt"
ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if WINDOWS else "bin")
PYTHON, UV = (os.path.join(BIN, f"{x}.exe" if WINDOWS else x) for x in ("python", "uv"))
SITES = "Lib/site-packages" if WINDOWS else "lib/*/site-packages"
# Written empty before anything else, so it tells who made that folder, and with content
# last, so it tells what is in there. Nothing else is "done".
STAMP = os.path.join(VENV, "bootstrap.stamp")
END_OF_STAMP = "all of it"  # without which it is half of a stamp
CHOSEN = os.path.join(VENV, "bootstrap.txt")  # the pins, and how they are installed:
PINNED = ["install", "--no-deps", "--require-hashes", "-r", CHOSEN]
PYPROJECT, LOCK = "pyproject.toml", "requirements_lock.txt"
PROD, DEV = "requirements_prod.txt", "requirements_dev.txt"
VERSION = sys.version.split()[0]
# This Python, or what the environment that it is in was made from.
BASE = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
BY_UV = os.environ.get("BOOTSTRAP_UV") != "0"
CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
TERMINAL = sys.stderr.isatty() and not CI
COLOR = TERMINAL and "NO_COLOR" not in os.environ and not WINDOWS
CRASH = "ERROR: Exception:"  # what pip says before a traceback
RED, CYAN, ENOSPC = 31, 36, 28
NEEDED_MB = 300  # measured: 140 for the development tools, as much for uv's cache
# The lines of a lock. A marker, and an end, leave no room for an option.
HASHES = r"((?: +--hash=sha256:[0-9a-f]{64})*)"
MARKER = r"""(?: *;(?:[\w ()<>=!~]|'[\w.*+-]*'|"[\w.*+-]*")+)?"""
PIN = rf"([A-Za-z0-9][\w.-]*)(?:\[[\w., -]+\])?==([\w.!+]+)({MARKER})"
END = r" *(?: #.*|\\)?"
UNRELATED = ("tool.coverage", "tool.mypy", "tool.pytest", "tool.ruff")

# pip's index settings, and the variables of uv that say the same. Neither is told what a
# pip.conf inside an environment says.
SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX UV_INDEX_URL",
    "extra-index-url": "UV_INDEX UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "no-index": "",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "retries": "UV_HTTP_RETRIES",
    "keyring-provider": "UV_KEYRING_PROVIDER",
    "cache-dir": "",
    "no-cache-dir": "UV_NO_CACHE",
}
# uv's other variables on how to get packages; the rest say what to install, or where.
UV_KEPT = (
    "UV_CACHE_DIR UV_CONCURRENT_ UV_CREDENTIALS_DIR UV_EXCLUDE_NEWER UV_HTTP_ UV_INDEX_ "
    "UV_LINK_MODE UV_NATIVE_TLS UV_OFFLINE UV_SYSTEM_CERTS "
    + " ".join(SETTINGS.values())
).split()
# Keys of uv.toml whose variables have other names.
UV_ALIASES = {
    "allow-insecure-host": "UV_INSECURE_HOST",
    "default-index": "UV_DEFAULT_INDEX",
    "index": "UV_INDEX",
    "index-url": "UV_DEFAULT_INDEX",
    "no-index": "UV_NO_INDEX",
    "http-proxy": "HTTP_PROXY",
    "https-proxy": "HTTPS_PROXY",
    "no-proxy": "NO_PROXY",
}


class UserError(Exception):
    """What was asked cannot be done; the text is the one line that the user gets."""


def read(*path: str) -> str:
    """Return a text file with plain line ends; nothing where there is no such file."""
    try:
        with open(os.path.join(*path), encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def write(path: str, text: str) -> None:
    """Replace a file at once, so that there is never half of it."""
    new = path + ".new"
    if os.path.lexists(new):
        os.remove(new)  # never write through a link that somebody put there
    try:
        with open(new, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(new, path)
    except OSError:
        if os.path.lexists(new):
            os.remove(new)
        raise


def say(text: str, color: int = CYAN) -> None:
    """Write one line for the user, control characters escaped."""
    text = "".join(x if x.isprintable() else repr(x)[1:-1] for x in text)
    name = f"\033[{color}mbootstrap:\033[0m" if COLOR else "bootstrap:"
    print(name, text, file=sys.stderr, flush=True)


# ---- The quick part: is there anything to do? ---------------------------------------


def requirements(folder: str, *names: str) -> "dict[str, list[str]]":
    """Return what these files, and all they include, ask for: sorted lines, by file."""
    found: dict[str, list[str]] = {}
    queue = list(names)
    for name in queue:
        lines = (line.split(" #")[0].strip() for line in read(folder, name).split("\n"))
        found[name] = sorted(line for line in lines if line and line[0] != "#")
        for line in found[name]:
            if line.startswith(("-r", "-c", "--requirement", "--constraint")):
                target = (line.replace("=", " ").split()[1:] or [line[2:]])[0]
                target = os.path.join(os.path.dirname(name), target)
                queue += [] if target in queue else [target]
    return found


def stamp(mode: str) -> "list[str]":
    """Return the stamp's first lines as they are where .venv is what the files want."""
    tables = ("\n" + read(ROOT, PYPROJECT)).split("\n[")
    kept = [table for table in tables if not table.startswith(UNRELATED)]
    text = "".join(kept).replace(" ", "").replace("'", '"')
    for piece in text.split('attr="')[1:]:  # such as attr = "package.__version__"
        module, _, name = piece.partition('"')[0].rpartition(".")
        base = os.path.join(ROOT, "src", *module.split("."))
        source = read(base + ".py") + read(base, "__init__.py")
        kept += [line for line in source.split("\n") if line.startswith(name)]
    inputs = (requirements(ROOT, DEV, PROD), read(ROOT, LOCK), kept)
    digest = sha256(repr(inputs).encode()).hexdigest()
    return [mode, VERSION, repr(BASE), repr(ROOT), digest]


def stamped() -> "list[str]":
    """Return the stamp's lines; none where .venv is unfinished or not ours."""
    usable = os.path.isfile(PYTHON) and os.access(PYTHON, os.X_OK)
    lines = read(STAMP).splitlines() if usable else []
    return lines[:-1] if lines[-1:] == [END_OF_STAMP] else []


def execute(command: "list[str]") -> int:
    """Become the command, inside .venv; return its status where that is impossible."""
    path = BIN + os.pathsep + os.environ.get("PATH", os.defpath)
    os.environ.update(VIRTUAL_ENV=VENV, PATH=path)
    os.environ.pop("PYTHONHOME", None)
    # A script's first line names an absolute path, which fails where that is long or
    # holds quotes or dollars, so the environment's Python starts its own scripts.
    script = os.path.join(BIN, command[0])
    if os.sep in command[0] or not os.path.isfile(script):
        return become(command)
    if os.access(script, os.R_OK):
        with open(script, "rb") as file:
            first, _, rest = file.read(4096).partition(b"\n")
        if first[:2] == b"#!" and (b"python" in first or rest[:7] == b"'''exec"):
            command = [PYTHON, script, *command[1:]]
            script = PYTHON
    # By its path: where it cannot run, nothing of the same name elsewhere stands in.
    return become(command, script)


def become(command: "list[str]", program: str = "") -> int:
    """Go on as another program; return its status where that is impossible."""
    if WINDOWS:
        import shutil
        import signal
        import subprocess

        found = shutil.which(command[0])
        if found:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program decides
            return subprocess.call([found, *command[1:]])
    else:
        import _signal  # type: ignore[import-not-found]  # signal is slow to import

        for name in ("SIGPIPE", "SIGXFSZ"):  # what Python ignores, its heirs would too
            _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
        try:
            os.execvp(program or command[0], command)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            say(f"cannot run {command[0]}: {error.strerror}", RED)
            return 126
    say(f"command not found: {command[0]}", RED)
    return 127


# ---- The rest: making it so ---------------------------------------------------------


def requires_python() -> str:
    """Return `requires-python` of pyproject.toml; nothing where it has none."""
    import re

    line = re.search(r"^requires-python *= *(.*)", read(ROOT, PYPROJECT), re.MULTILINE)
    return line.group(1).split("#")[0].strip("\"' ") if line else ""


def satisfies(version: str, specifier: str) -> bool:
    """Return whether a release meets all clauses, as PEP 440 reads them."""
    import re

    release = [int(number) for number in re.findall(r"\d+", version)[:3]]
    clause = r"(~=|[<>=!]=|[<>])\s*([\d.]*\d)(\.\*)?"
    for operator, text, wild in re.findall(clause, specifier):
        right = [int(number) for number in text.split(".")]
        if operator == "~=" and release[: len(right) - 1] != right[:-1]:
            return False
        left = release[: len(right)] if wild else release
        right += [0] * (len(left) - len(right))
        sign = "<" if left < right else ">" if left > right else "="
        if sign not in {"!=": "<>", "~=": ">="}.get(operator, operator):
            return False
    return True


def needed(names: "set[str] | None" = None) -> "list[tuple[str, str, set[str]]]":
    """Return the lock's pins, or what these names need: name, line and `# via`.

    pip and uv see only these lines. Anything but a pin with sha256 hashes or a comment
    raises UserError, since both would obey it.
    """
    import re

    try:
        with open(os.path.join(ROOT, LOCK), "rb") as file:
            lines = file.read().replace(b"\r\n", b"\n").split(b"\n")
    except FileNotFoundError:
        lines = []
    pins: list[tuple[str, str, set[str]]] = []
    pin, hashes, goes_on = "", "", False
    for number, raw in enumerate(lines, 1):
        line = raw.decode(errors="surrogateescape")
        # pip also ends lines at other characters, and obeys a comment on the encoding.
        plain = line.replace("\t", " ").isprintable()
        plain = plain and not (number < 3 and re.search("coding[:=]", line))
        start = None if goes_on else re.fullmatch(PIN + HASHES + END, line, re.ASCII)
        more = re.fullmatch(HASHES + END, line) if goes_on and line.strip() else None
        comment = None if goes_on else re.fullmatch(r"\s*(#.*)?", line)
        if start:
            pin, hashes = line[: start.end(3)], start.group(4)
        elif more:
            hashes += more.group(1)
        goes_on = bool((start or more) and line.endswith("\\"))
        done = (start or more) and not goes_on
        if not plain or not (start or more or comment) or (done and not hashes):
            # Not whole: an address may hold a password.
            shown = re.sub(r"\w[\w+.-]*://\S*|[^\s=@]+@[^\s@]\S*", "...", line)
            shown = re.sub("[0-9a-f]{16,}", "...", shown)[:99]
            raise UserError(
                f"{LOCK}, line {number} is neither a pin with sha256 hashes nor a "
                f"comment: {shown!r}. Remove it, or delete the file to make a new one"
            )
        if done:
            name = re.split(r"[^\w.-]", pin)[0].lower()
            pins.append((name, pin + hashes + "\n", set()))
        via = re.fullmatch(r" +#(?: +via\b)? +(?!via$)(.+)", line)
        if via and pins:
            pins[-1][2].add(via.group(1))
    if names is None:
        return pins
    for _ in pins:  # no chain is longer
        names = names.union(name for name, _, reasons in pins if names & reasons)
    return [pin for pin in pins if pin[0] in names]


def origin(folder: str, requires: str) -> "list[str]":
    """Return the comments that say what a lock was made from: a digest for each file."""
    lines = [f"# requires-python: {requires}"]
    for name, texts in sorted(requirements(folder, DEV, PROD).items()):
        digest = sha256("\n".join(texts).encode()).hexdigest()
        lines.append(f"# {name}: sha256:{digest}")
    return lines


def outdated() -> str:
    """Return why the lock does not fit what it was made from; nothing where it does."""
    said = read(ROOT, LOCK).split("\n")
    lines = (line for line in origin(ROOT, requires_python()) if line not in said)
    changed = ", ".join(line.split(":")[0][2:] for line in lines)
    if said == [""]:
        return f"{LOCK} is missing"
    return f"{changed} changed since {LOCK} was made" if changed else ""


def freeze(folder: str, uv: str, requires: str, flags: "list[str]") -> None:
    """Make a folder's lock anew; pins stay unless they must change or the flags say so."""
    import re

    floor = re.search(r"[>~=]=\s*(\d+\.\d+)", requires)
    if not floor:
        raise UserError(f'requires-python {requires!r} needs a floor, as in ">=3.11"')
    command = [uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    command += ["--no-strip-extras"]  # without extras, pip 23 refuses the lock
    command += ["--custom-compile-command", "./bootstrap --lock", *flags]
    command += ["--python", BASE, "--python-version", floor.group(1)]
    command += ["--directory", folder, "--output-file", LOCK, DEV]
    command += [] if PROD in requirements(folder, DEV) else [PROD]
    # What the folder itself sets for uv counts here, overrides of versions for instance.
    tables = "\n" + read(folder, PYPROJECT)
    own = read(folder, "uv.toml") or "\n[tool.uv" in tables or "\n[[tool.uv" in tables
    more = dict.fromkeys(("XDG_CONFIG_HOME", "APPDATA"), os.path.join(VENV, "uv"))
    more.update(UV_NO_CONFIG="false", UV_NO_SYSTEM_CONFIG="true")
    if run(command, False, **(more if own else {})) is None:
        raise UserError(f"no new {LOCK}, for the reason above: it is unchanged")
    text = read(folder, LOCK).split("\n")
    text[2:2] = origin(folder, requires)
    write(os.path.join(folder, LOCK), "\n".join(text))


def pip_settings() -> "dict[str, str]":
    """Return pip's settings: the machine's files, the user's, ours, variables."""
    import re

    get, own = os.environ.get, os.environ.get("PIP_CONFIG_FILE", "")
    mac = "/Library/Application Support"
    shared = [mac, *get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"), "%PROGRAMDATA%"]
    user = ["~", get("XDG_CONFIG_HOME", "~/.config"), "~" + mac, "%APPDATA%"]
    name = "pip/pip.ini" if WINDOWS else "pip/pip.conf"
    shared, user = ([f"{x}/{name}" for x in places] for places in (shared, user))
    # PIP_CONFIG_FILE stands in for the user's file; the null device, for all of them.
    files = [*shared, "/etc/pip.conf", *([own] if own else ["~/.pip/pip.conf", *user])]
    texts = [read(os.path.expandvars(os.path.expanduser(path))) for path in files]
    # An organisation may add one; releases before 2.0 had it in scripts.
    texts += [read(ROOT, name, "pip.conf") for name in ("scripts", ".standard")]
    pairs: list[tuple[str, str]] = []
    for text in texts if own != os.devnull else []:
        for section in sorted(("\n" + text).split("\n[")):
            if section.startswith(("global]", "install]")):
                entry = r"^([\w-]+)\s*[=:]\s*(.*(?:\n[ \t].*)*)"
                pairs += re.findall(entry, section, re.MULTILINE)
    pairs += [(key[4:], x) for key, x in os.environ.items() if key.startswith("PIP_")]
    return {k.lower().replace("_", "-"): " ".join(v.split()) for k, v in pairs if v}


def uv_settings() -> "dict[str, str]":
    """Return uv's variables that say the same as its files: ours, the user's, all users'.

    Only settings on how to get packages count. Files of parent folders do not.
    """
    try:
        import tomllib
    except ImportError:  # before Python 3.11, only variables and pip's files count
        return {}
    get = os.environ.get
    user = get("APPDATA", "") if WINDOWS else get("XDG_CONFIG_HOME") or "~/.config"
    shared = (
        [get("PROGRAMDATA", "")] if WINDOWS else get("XDG_CONFIG_DIRS", "").split(":")
    )
    own = "uv.toml" if read(ROOT, "uv.toml") else PYPROJECT
    files = [f"{x}/uv/uv.toml" for x in [user, *shared, "/etc"] if x]
    files = [os.path.join(ROOT, own), *map(os.path.expanduser, files)]
    if get("UV_NO_SYSTEM_CONFIG", "0").lower() in ("1", "true", "yes", "on"):
        files = files[:2]
    if get("UV_NO_CONFIG", "0").lower() in ("1", "true", "yes", "on"):
        files = []
    if get("UV_CONFIG_FILE"):
        files = [os.path.join(ROOT, get("UV_CONFIG_FILE", ""))]
        if not os.path.isfile(files[0]):
            raise UserError(f"UV_CONFIG_FILE names no file: {files[0]}")
    found: dict[str, str] = {}
    for path in files:
        text = read(path)
        if path.endswith(PYPROJECT) and "tool.uv" not in text:
            continue
        try:
            data = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path} is not valid TOML: {error}") from None
        for key in ("tool", "uv") if path.endswith(PYPROJECT) else ():
            data = data.get(key, {})
        pairs = [*data.items(), *data.get("pip", {}).items()]
        for entry in data.get("index", []):
            kind = "default-index" if entry.get("default") else "index"
            kind = "find-links" if entry.get("format") == "flat" else kind
            name = (
                entry["name"] + "=" if "name" in entry and kind != "find-links" else ""
            )
            pairs += [] if entry.get("explicit") else [(kind, name + entry["url"])]
        here: dict[str, str] = {}
        for key, value in pairs:
            name = UV_ALIASES.get(key) or "UV_" + key.upper().replace("-", "_")
            known = name in UV_ALIASES.values() or name.startswith(tuple(UV_KEPT))
            values = value if isinstance(value, list) else [value]
            if not known or False in values or any(isinstance(x, dict) for x in values):
                continue
            values = [str(True).lower() if x is True else str(x) for x in values]
            if name == "UV_FIND_LINKS":  # paths there are relative to the file
                near = [os.path.join(os.path.dirname(path), x) for x in values]
                values = [y if os.path.exists(y) else x for x, y in zip(values, near)]
            comma = "," if name == "UV_FIND_LINKS" else " "
            here[name] = comma.join(filter(None, [here.get(name), *values]))
        found = {**here, **found}
    return found


def variables() -> "dict[str, str]":
    """Return the environment of child processes, which nothing in it leads astray."""
    harmful = ("PIP_", "PYTHON", "UV_", "VIRTUAL_ENV", "CONDA_PREFIX")
    told = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(harmful) or name.startswith(tuple(UV_KEPT))
    }
    settings, by_file = pip_settings(), uv_settings()
    if by_file.pop("UV_NO_INDEX", ""):
        settings.setdefault("no-index", "true")
    said = {*told, *(name.upper() for name in told)}  # such as https_proxy
    for key, names in SETTINGS.items():
        if key in settings or said & set(names.split()):
            said.update(names.split())
    told.update({name: x for name, x in by_file.items() if name not in said})
    for key, names in SETTINGS.items():
        comma = "," if key == "find-links" else " "
        own = next((told[name] for name in names.split() if told.get(name)), "")
        # Paths may be relative to where the user is.
        items = settings.get(key, "").split()
        items = [os.path.abspath(x) if os.path.exists(x) else x for x in items]
        if items and names and not own:
            told[names.split()[0]] = comma.join(items)
            if key == "extra-index-url":  # pip takes the best version of all indexes
                told.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
        if not items:  # in uv, an index may have a name: name=https://...
            items = [x[x.split(":")[0].find("=") + 1 :] for x in own.split(comma) if x]
        if items:
            told["PIP_" + key.upper().replace("-", "_")] = " ".join(items)
    if settings.get("no-index", "no").lower() not in ("0", "false", "no", "off"):
        told["UV_DEFAULT_INDEX"] = "file:///c:/no-index"  # uv has no variable for it
    if told.get("UV_OFFLINE", "0") != "0":
        told["PIP_NO_INDEX"] = "1"
    told.update(PIP_CONFIG_FILE=os.devnull, PIP_DISABLE_PIP_VERSION_CHECK="1")
    told.update(UV_NO_CONFIG="true", PIP_NO_INPUT="1")  # nobody is there to be asked
    # What .venv holds, where it is activated, is no tool for making it.
    paths = os.environ.get("PATH", os.defpath).split(os.pathsep)
    told["PATH"] = os.pathsep.join(path for path in paths if path != BIN)
    return dict(told, UV_PYTHON=PYTHON)


def run(command: "list[str]", quiet: bool = False, **more: str) -> "str | None":
    """Return a program's output, None if it fails; a person sees it live, else then."""
    import subprocess

    # uv shows its progress on a terminal itself; what pip says is passed on, see below.
    live = TERMINAL and not quiet
    direct = live and command[0] not in (PYTHON, BASE)
    try:
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(variables(), **more),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if direct else subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else subprocess.STDOUT,
            close_fds=False,  # the lock of `alone` holds until the last child is gone
        ) as process:
            lines: list[str] = []
            try:
                for line in map(os.fsdecode, process.stdout or ()):
                    # Of a crash of pip, for instance over an index that answers
                    # nonsense, only the last line tells what is wrong.
                    if lines and lines[-1].startswith(CRASH):
                        lines[-1] = f"{CRASH} {line}" if line.strip() else lines[-1]
                        continue
                    lines.append(line)
                    if live and not line.startswith(CRASH):
                        sys.stderr.write(line)
                        sys.stderr.flush()
            except BaseException:
                process.kill()
                raise
    except OSError:
        return None
    if process.returncode and not quiet:
        crash = [line for line in lines if line.startswith(CRASH)]
        sys.stderr.write("".join(crash if live else lines))
    return None if process.returncode else "".join(lines)


def choose(asked: str) -> str:
    """Return the Python for .venv: the present one, this one, else newer before older."""
    import glob

    each = ["py", "-3.{}"] if WINDOWS else ["python3.{}"]
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    path = "pyenv-win/versions/*/python.exe" if WINDOWS else "versions/*/bin/python3"
    paths = sorted(glob.glob(os.path.join(pyenv, path)), reverse=True)
    commands = [[PYTHON] if stamped() else [BASE], [BASE]]
    commands += [[x.format(minor) for x in each] for minor in range(20, 5, -1)]
    commands += [[path] for path in ["python3", "python", *paths]]
    number = asked + "." if asked[:1].isdigit() else ""
    if asked and not number:
        commands = [[os.path.abspath(asked) if os.path.exists(asked) else asked]]
    code = (
        "import os, sys; print('.'.join(map(str, sys.version_info[:3])), "
        "os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable))"
    )
    found, requires = [], requires_python()
    for command in commands:
        said = run([*command, "-ESc", code], quiet=True) or ""
        version, _, base = said.strip().partition(" ")
        fits = version and satisfies(version, requires)
        if fits and (version + ".").startswith(number):
            return base
        found += [version] if version and version not in found else []
    wrong = f"need Python {asked} {requires}, found {', '.join(found) or 'none'}"
    raise UserError(f"{wrong}: get one from https://python.org or use --python PATH")


def own_pip() -> "list[str]":
    """Return how to start a pip that installs into .venv; nothing where there is none."""
    import glob
    import sysconfig

    bundled = os.path.join(os.path.dirname(os.__file__), "ensurepip", "_bundled")
    for folder in (bundled, sysconfig.get_config_var("WHEEL_PKG_DIR") or bundled):
        for wheel in glob.glob(os.path.join(glob.escape(folder), "pip-*.whl")):
            return [PYTHON, "-Iu", os.path.join(wheel, "pip")]
    if run([BASE, "-I", "-m", "pip", "--version"], quiet=True):
        return [BASE, "-I", "-m", "pip", "--python", PYTHON]
    return []


def pip() -> "list[str]":
    """Return how to start a pip that installs into .venv, which need not have one."""
    found = own_pip()
    if found:
        return found
    debian = "python{}.{}-venv on Debian and Ubuntu".format(*sys.version_info)
    raise UserError(f"{BASE} has no ensurepip and no pip: install uv, or {debian}")


def in_a_project() -> bool:
    """Return whether a parent folder holds a pyproject.toml, where uv looks for a workspace."""
    folder, found = os.path.dirname(ROOT), False
    while not found and folder != os.path.dirname(folder):
        found = os.path.isfile(os.path.join(folder, PYPROJECT))
        folder = os.path.dirname(folder)
    return found


def find_uv(*paths: str) -> str:
    """Return the first of these uv that works; none does where BOOTSTRAP_UV is 0."""
    for uv in paths if BY_UV else ():
        version = run([uv, "--version"], quiet=True)
        if version and satisfies(version, ">=0.7"):  # it has all options used here
            return uv
    return ""


def alone() -> int:
    """Wait until no other run works in this checkout; others do until this is closed."""
    # On something that is there anyway: nothing is left behind, and the lock ends with
    # the processes that hold it, however they end.
    handle = os.open(os.path.realpath(__file__) if WINDOWS else ROOT, os.O_RDONLY)
    os.set_inheritable(handle, True)
    for attempt in range(sys.maxsize):
        try:
            if sys.platform == "win32":
                import msvcrt

                os.lseek(handle, 1 << 30, os.SEEK_SET)  # past the end: all can read it
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except (BlockingIOError, PermissionError):
            if attempt == 0:
                say("waiting for another run in this checkout")
            time.sleep(0.1)
    return handle


def refuse_links(*more: str) -> None:
    """Raise UserError where .venv, or a part of it, is a link: it belongs elsewhere."""
    for path in (VENV, STAMP, BIN, *more):
        real = os.path.realpath(path)
        if os.path.normcase(real) != os.path.normcase(path):
            raise UserError(f"{path} is a link to {real}: remove the link")


def claim() -> None:
    """Make .venv anew, once it is known that this script has made it before."""
    import shutil
    import venv

    if {os.pathsep, "\n"} & set(ROOT):
        raise UserError(f"no PATH can name {ROOT!r} (colon or line break): rename it")
    try:
        os.fsencode(ROOT).decode()
    except UnicodeDecodeError:
        raise UserError(f"the path {ROOT!r} is not UTF-8: rename it") from None
    if not os.path.lexists(VENV):
        os.mkdir(VENV)
    # A run that was killed at its start may have left the draft of its stamp.
    foreign = os.path.isfile(VENV) or set(os.listdir(VENV)) - {"bootstrap.stamp.new"}
    if foreign and not os.path.exists(STAMP):
        raise UserError(f"{VENV} was made by something else: move it away")
    write(STAMP, "")
    for entry in os.scandir(VENV):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        elif entry.path != STAMP:
            os.remove(entry.path)
    venv.EnvBuilder(symlinks=not WINDOWS).create(VENV)


def prepare(mode: str, flags: "list[str]", refreeze: bool, locked: bool) -> None:
    """Make .venv match the files, and the lock before it where it is outdated."""
    import glob

    pins = needed()  # which refuses a lock that is more than pins
    sites = glob.glob(f"{glob.escape(VENV)}/{SITES}")
    inner = [x for site in sites for x in glob.glob(f"{glob.escape(site)}/*/")]
    refuse_links(*(os.path.normpath(x) for x in sites + inner))
    reason = outdated() or ("as asked" if refreeze else "")
    if reason and locked and not refreeze:
        raise UserError(f"{reason}: run ./bootstrap --lock and commit {LOCK}")
    started, reusable = time.time(), stamp(mode)[1:4] == stamped()[1:4]
    uv = find_uv("uv", UV) if reusable else find_uv("uv")
    tool = [uv, "pip"] if uv else pip()  # which fails before anything is made
    pin = "".join(text for name, text, _ in pins if name == "uv" and BY_UV)
    if reason and not uv and not pin:
        raise UserError(f"{reason}: only uv can refreeze: install it")
    if not uv or not reusable:
        claim()
    if pin and not uv:
        write(CHOSEN, pin)
        if run([*tool, *PINNED, "--only-binary=:all:"]) is None:
            say("pip cannot get uv and does everything itself, which takes longer")
        uv = find_uv(UV)
    if reason:
        say(f"{reason}: refreezing")
        freeze(ROOT, uv, requires_python(), flags)
    write(STAMP, "")
    install([uv, "pip"] if uv else tool, mode)
    compare(mode)
    lines = [*stamp(mode), *installed()]
    write(STAMP, "\n".join([*lines, END_OF_STAMP]))
    how, took = "uv" if uv else "pip", time.time() - started
    say(f".venv is ready: {len(lines) - 5} packages by {how}, {VERSION}, {took:.1f} s")


def production() -> "set[str]":
    """Return what the lock's comments name as the origin of a need of production."""
    return {"-r " + name for name in requirements(ROOT, PROD)}


def install(tool: "list[str]", mode: str) -> None:
    """Install exactly the pins, then the project if it is a package."""
    import re
    import shutil

    table = r"^\[build-system\].*?^requires *= *\[(.*?)\]\s*(?:#[^\n]*)?$"
    found = re.search(table, read(ROOT, PYPROJECT), re.MULTILINE | re.DOTALL)
    texts = re.findall(r"[\"']\s*([\w.-]+)", found.group(1)) if found else []
    build = {re.sub(r"[-_.]+", "-", text).lower() for text in texts}
    roots = {name for name, _, _ in needed()}
    if build - roots:
        raise UserError(f"{LOCK} lacks {', '.join(build - roots)}: add it to {DEV}")
    files = requirements(ROOT, DEV, PROD)
    lines = [line for line in files[DEV] + files[PROD] if ";" not in line]
    names = [
        re.match(r"([A-Za-z0-9][\w.-]*) *(\[.*\])? *($|[<>=!~])", x) for x in lines
    ]
    direct = {re.sub(r"[-_.]+", "-", x.group(1)).lower() for x in names if x}
    absent = direct - {re.sub(r"[-_.]+", "-", name) for name in roots}
    if absent:
        raise UserError(
            f"{LOCK} lacks {', '.join(sorted(absent))}: run ./bootstrap --lock"
        )
    if mode == "prod":
        roots = production()
    # What builds is no part of production: it comes, from the lock, and goes again.
    chosen = needed(roots | build)
    write(CHOSEN, "".join(text for _, text, _ in chosen))
    by_uv = tool[1:] == ["pip"]
    get = [*tool, *PINNED, *(["--exact"] if by_uv else [])]
    # With all in uv's cache there is nothing to ask the index, and it is quicker.
    done = run(get, quiet=True, UV_OFFLINE="1") if by_uv else None
    if done is None and run(get) is None:
        if shutil.disk_usage(VENV).free >> 20 < NEEDED_MB // 6:
            raise OSError(ENOSPC, os.strerror(ENOSPC), VENV)
        hint = ": run this without --offline" if "UV_OFFLINE" in os.environ else ""
        raise UserError(f"{LOCK} could not be installed, for the reason above{hint}")
    if build:
        # The editable way in production too: the source stays the only copy. setuptools
        # takes $x and {x} in the path of .venv for variables.
        more = {x: x for x in re.findall(r"[${](\w+)", ROOT) if x not in os.environ}
        more["UV_NO_SOURCES"] = "true"  # they say nothing about how to build this
        add = ["install", "--no-deps", "--no-build-isolation", "--force-reinstall"]
        builder = tool
        if by_uv and in_a_project():
            # uv reads the settings of that project, too, and fails on bad ones.
            builder = own_pip() or tool
        if run([*builder, *add, "--editable", "."], **more) is None:
            raise UserError("the package could not be built, for the reason above")
    # uv takes these for part of any environment; perhaps it is itself the last to go.
    surplus = {name for name, _, _ in chosen} | {"pip", "setuptools", "uv", "wheel"}
    surplus -= {name for name, _, _ in needed(roots)}
    run([*tool, "uninstall", *sorted(surplus)], quiet=True, PIP_YES="1")


def installed() -> "dict[str, str]":
    """Return the metadata folder of what is in .venv, by name and version."""
    import glob

    paths = glob.glob(f"{glob.escape(VENV)}/{SITES}/*.dist-info")
    return {os.path.basename(x)[:-10].replace("-", " "): x for x in sorted(paths)}


def compare(mode: str) -> None:
    """Raise UserError where a pin is not in .venv, whatever the tool has said."""
    import re

    def plain(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    def number(version: str) -> "list[str]":  # 2023.07.22 is 2023.7.22
        pieces: list[str] = re.findall(r"\d+|[a-z]+", version.lower())
        return [piece.lstrip("0") or "0" for piece in pieces]

    there = {plain(x.split()[0]): number(x.split()[-1]) for x in installed()}
    pins: dict[str, list[list[str]]] = {}
    optional: set[str] = set()  # whether a marker holds here is for the tool to say
    for name, text, _ in needed(production() if mode == "prod" else None):
        version, _, marker = text.split(" --hash")[0].partition("==")[2].partition(";")
        pins.setdefault(plain(name), []).append(number(version))
        optional.update({plain(name)} if marker else ())
    wrong = [name for name in pins if name not in there and name not in optional]
    wrong += [name for name in pins if name in there and there[name] not in pins[name]]
    if wrong:
        text = f"{', '.join(wrong[:5])}{', ...' if wrong[5:] else ''}"
        raise UserError(
            f".venv lacks {text}, or has another version: installed elsewhere?"
        )


def damage(info: str) -> "list[str]":
    """Return which files of an installed distribution are not as its RECORD says."""
    import base64
    import csv

    lines, rows = [], csv.reader(read(info, "RECORD").splitlines())
    for name, digest, _ in [(f"{info}/RECORD", "", ""), *rows]:
        path = os.path.normpath(os.path.join(info, "..", name))
        kind, _, value = digest.partition("=")
        if name.endswith(".pyc"):
            continue
        if not os.path.exists(path):
            lines.append(f"missing file: {path}")
        elif value:
            with open(path, "rb") as file:
                actual = base64.urlsafe_b64encode(new(kind, file.read()).digest())
            if actual.decode().rstrip("=") != value:
                lines.append(f"changed file: {path}")
    return lines


def check(mode: str) -> None:
    """Raise UserError, after naming what differs, where .venv is not exact."""
    then, now = stamped(), installed()
    if not then:
        raise UserError(f"{VENV} is missing or unfinished: run ./bootstrap")
    lines = [outdated()]
    if not lines[0] and then[:5] != stamp(mode):
        lines = ["out of date: a file, a path, the Python or the mode changed"]
    lines += [f"missing: {name}" for name in then[5:] if name not in now]
    lines += [f"extra: {name}" for name in now if name not in then]
    lines += [line for info in now.values() for line in damage(info)]
    if any(lines):
        sys.stdout.write("\n".join(filter(None, lines)) + "\n")
        write(STAMP, "")  # it is not "done", so the next run repairs it
        raise UserError(".venv is not exact: run ./bootstrap")


def next_commands() -> None:
    """Tell how to go on, in the words of the user's own shell."""
    import shlex

    shell = read(f"/proc/{os.getppid()}/comm").strip() or os.environ.get("SHELL", "")
    path = os.path.relpath(BIN) if os.path.realpath(os.getcwd()) == ROOT else BIN
    source = shlex.quote(os.path.join(path, "activate"))
    kind = {"fish": ".fish", "csh": ".csh", "tcsh": ".csh"}.get(os.path.basename(shell))
    text = f"source {source}{kind}" if kind else f". {source}"
    if shell == "pwsh":
        text = f"& {shlex.quote(os.path.join(path, 'Activate.ps1'))}"
    if WINDOWS:
        text = f'"{path}\\activate.bat"  (PowerShell: & "{path}\\Activate.ps1")'
    if set(VENV) & set("$`\"'!" if WINDOWS else "$`\"'!\\"):
        text = "may fail under a path like this; ./bootstrap COMMAND works"
    say("to run a command inside:  ./bootstrap COMMAND")
    say(f"to activate it:  {text}")


def work(arguments: "list[str]") -> int:
    """Do what the command line asks and return the exit status."""
    pairs: list[tuple[str, str]] = []
    command = arguments
    if arguments and arguments[0].startswith("-"):
        from getopt import GetoptError, getopt  # which is slow to import

        try:
            pairs, command = getopt(arguments, "h", OPTIONS)
        except GetoptError as error:
            text = f"{error.msg}, in {' '.join(arguments)}: see ./bootstrap --help"
            raise UserError(text) from None
    options = dict(pairs)
    empty = [x for x in ("--python", "--upgrade-package") if options.get(x) == ""]
    if empty:
        raise UserError(f"{empty[0]} needs a value: see ./bootstrap --help")
    if {"-h", "--help"} & options.keys():
        sys.stdout.write(str(__doc__))
        return 0
    if {"--lock", "--locked"} <= options.keys():
        raise UserError("--lock and --locked exclude each other: leave one out")
    if command and not command[0]:
        say("command not found: its name is empty", RED)
        return 127
    refuse_links()
    handed = os.environ.pop("BOOTSTRAP_FROM", "")  # once is enough, whatever it says
    if "--offline" in options:
        os.environ["UV_OFFLINE"] = "1"  # pip is told, too: see `variables`
    flags = [f"{k}={v}".rstrip("=") for k, v in pairs if k.startswith("--upgrade")]
    checks, refreeze = "--check" in options, "--lock" in options or bool(flags)
    mode = "prod" if "--prod" in options else ((checks and stamped()) or ["dev"])[0]
    inside = os.path.realpath(os.path.dirname(sys.executable)) == os.path.realpath(BIN)
    todo = refreeze or not (checks or stamped()[:5] == stamp(mode))
    if "--python" in options or not inside or todo:
        python = choose(options.get("--python", ""))
        if (python != BASE or inside) and python != handed:
            os.environ["BOOTSTRAP_FROM"] = python
            return become([python, "-IS", os.path.realpath(__file__), *arguments])
        if not checks:
            handle = alone()
            if refreeze or stamped()[:5] != stamp(mode):
                prepare(mode, flags, refreeze, "--locked" in options or CI)
            os.close(handle)  # the command is not to hold it
    if checks:
        check(mode)
    if command:
        return execute(command)
    if TERMINAL:
        next_commands()
    return 0


def main() -> None:
    """Run the command line and exit: 1 after one line on what is wrong, 130 on Ctrl-C."""
    try:
        sys.exit(work(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except UserError as error:
        say(str(error), RED)
    except OSError as error:
        full = f", about {NEEDED_MB} MB are needed" if error.errno == ENOSPC else ""
        say(f"{error.filename or ROOT}: {error.strerror}{full}", RED)
    sys.exit(1)


if __name__ == "__main__":
    main()
