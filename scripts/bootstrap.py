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
and scripts/pip.conf count. Status: the command's own, 127 if it is not found,
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
# Written empty before anything else, so it tells who made that folder, and with content
# last, so it tells what is in there. Nothing else is "done".
STAMP = os.path.join(VENV, "bootstrap.stamp")
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
RED, CYAN, ENOSPC = 31, 36, 28
NEEDED_MB = 300  # measured: 140 for the development tools, as much for uv's cache
UNRELATED = ("tool.coverage", "tool.mypy", "tool.pytest", "tool.ruff")

# pip's index settings, and the variables of uv that say the same. pip is not told what
# uv.toml says, nor uv what a pip.conf inside an environment does.
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
    "UV_CACHE_DIR UV_CONCURRENT_ UV_CONFIG_FILE UV_CREDENTIALS_DIR UV_EXCLUDE_NEWER "
    "UV_HTTP_ UV_INDEX_ UV_LINK_MODE UV_NATIVE_TLS UV_NO_CONFIG UV_NO_SYSTEM_CONFIG "
    "UV_OFFLINE UV_SYSTEM_CERTS " + " ".join(SETTINGS.values())
).split()


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
    with open(path + ".new", "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.replace(path + ".new", path)


def say(text: str, color: int = CYAN) -> None:
    """Write one line for the user."""
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
    return read(STAMP).splitlines() if os.path.exists(PYTHON) else []


def execute(command: "list[str]") -> int:
    """Become the command, inside .venv; return its status where that is impossible."""
    path = BIN + os.pathsep + os.environ.get("PATH", os.defpath)
    os.environ.update(VIRTUAL_ENV=VENV, PATH=path)
    os.environ.pop("PYTHONHOME", None)
    # A script's first line names an absolute path, which fails where that is long or
    # holds quotes or dollars, so the environment's Python starts its own scripts.
    script = os.path.join(BIN, command[0])
    if os.sep not in command[0] and os.path.isfile(script):
        with open(script, "rb") as file:
            first, _, rest = file.read(4096).partition(b"\n")
        if first[:2] == b"#!" and (b"python" in first or rest[:7] == b"'''exec"):
            command = [PYTHON, script, *command[1:]]
    return become(command)


def become(command: "list[str]") -> int:
    """Go on as another program; return its status where that is impossible."""
    if WINDOWS:
        import shutil
        import signal
        import subprocess

        program = shutil.which(command[0])
        if program:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program decides
            return subprocess.call([program, *command[1:]])
    else:
        import _signal  # type: ignore[import-not-found]  # signal is slow to import

        for name in ("SIGPIPE", "SIGXFSZ"):  # what Python ignores, its heirs would too
            _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
        try:
            os.execvp(command[0], command)
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
    """Return the lock's pins, or what these names need: name, lines and `# via`."""
    import re

    pins = []
    for text in re.split(r"\n(?=[^\s#])", read(ROOT, LOCK).rstrip())[1:]:
        reasons = re.findall(r"\n +#(?: +via\b)? +(?!via\n)(.+)", text)
        pins.append((re.split(r"[^\w.-]", text)[0].lower(), text + "\n", set(reasons)))
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
    if run(command) is None:
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
    texts += [read(ROOT, "scripts", "pip.conf")]  # which an organisation may add
    pairs: list[tuple[str, str]] = []
    for text in texts if own != os.devnull else []:
        for section in sorted(("\n" + text).split("\n[")):
            if section.startswith(("global]", "install]")):
                entry = r"^([\w-]+)\s*[=:]\s*(.*(?:\n[ \t].*)*)"
                pairs += re.findall(entry, section, re.MULTILINE)
    pairs += [(key[4:], x) for key, x in os.environ.items() if key.startswith("PIP_")]
    return {k.lower().replace("_", "-"): " ".join(v.split()) for k, v in pairs if v}


def variables() -> "dict[str, str]":
    """Return the environment of child processes, which nothing in it leads astray."""
    harmful = ("PIP_", "PYTHON", "UV_", "VIRTUAL_ENV", "CONDA_PREFIX")
    told = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(harmful) or name.startswith(tuple(UV_KEPT))
    }
    settings = pip_settings()
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
    # What .venv holds, where it is activated, is no tool for making it.
    paths = os.environ.get("PATH", os.defpath).split(os.pathsep)
    told["PATH"] = os.pathsep.join(path for path in paths if path != BIN)
    return dict(told, UV_PYTHON=PYTHON)


def run(command: "list[str]", quiet: bool = False, **more: str) -> "str | None":
    """Return a program's output, None if it fails; a person sees it live, else then."""
    import subprocess

    live = TERMINAL and not quiet
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=dict(variables(), **more),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if live else subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else subprocess.STDOUT,
            close_fds=False,  # the lock of `alone` holds until the last child is gone
            check=False,
        )
    except OSError:
        return None
    text = os.fsdecode(done.stdout or b"")
    if done.returncode and not quiet:
        sys.stderr.write(text)
    return None if done.returncode else text


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


def pip() -> "list[str]":
    """Return how to start a pip that installs into .venv, which need not have one."""
    import glob
    import sysconfig

    bundled = os.path.join(os.path.dirname(os.__file__), "ensurepip", "_bundled")
    for folder in (bundled, sysconfig.get_config_var("WHEEL_PKG_DIR") or bundled):
        for wheel in glob.glob(os.path.join(glob.escape(folder), "pip-*.whl")):
            return [PYTHON, "-I", os.path.join(wheel, "pip")]
    if run([BASE, "-I", "-m", "pip", "--version"], quiet=True):
        return [BASE, "-I", "-m", "pip", "--python", PYTHON]
    debian = "python{}.{}-venv on Debian and Ubuntu".format(*sys.version_info)
    raise UserError(f"{BASE} has no ensurepip and no pip: install uv, or {debian}")


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


def claim() -> None:
    """Make .venv anew, once it is known that this script has made it before."""
    import shutil
    import venv

    if {os.pathsep, "\n"} & set(ROOT):
        raise UserError(f"no PATH can name {ROOT!r} (colon or line break): rename it")
    if not os.path.lexists(VENV):
        os.mkdir(VENV)
    if not os.path.isdir(VENV) or (os.listdir(VENV) and not os.path.exists(STAMP)):
        raise UserError(f"{VENV} was made by something else: move it away")
    open(STAMP, "w").close()
    for entry in os.scandir(VENV):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        elif entry.path != STAMP:
            os.remove(entry.path)
    venv.EnvBuilder(symlinks=not WINDOWS).create(VENV)


def prepare(mode: str, flags: "list[str]", refreeze: bool, locked: bool) -> None:
    """Make .venv match the files, and the lock before it where it is outdated."""
    reason = outdated() or ("as asked" if refreeze else "")
    if reason and locked and not refreeze:
        raise UserError(f"{reason}: run ./bootstrap --lock and commit {LOCK}")
    started, reusable = time.time(), stamp(mode)[1:4] == stamped()[1:4]
    uv = find_uv("uv", UV) if reusable else find_uv("uv")
    tool = [uv, "pip"] if uv else pip()  # which fails before anything is made
    pin = "".join(text for name, text, _ in needed() if name == "uv" and BY_UV)
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
    open(STAMP, "w").close()
    install([uv, "pip"] if uv else tool, mode)
    lines = [*stamp(mode), *installed()]
    write(STAMP, "\n".join(lines))
    how, took = "uv" if uv else "pip", time.time() - started
    say(f".venv is ready: {len(lines) - 5} packages by {how}, {VERSION}, {took:.1f} s")


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
    if mode == "prod":
        roots = {"-r " + name for name in requirements(ROOT, PROD)}
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
        add = ["install", "--no-deps", "--no-build-isolation", "--force-reinstall"]
        if run([*tool, *add, "--editable", "."], **more) is None:
            raise UserError("the package could not be built, for the reason above")
    # uv takes these for part of any environment; perhaps it is itself the last to go.
    surplus = {name for name, _, _ in chosen} | {"pip", "setuptools", "uv", "wheel"}
    surplus -= {name for name, _, _ in needed(roots)}
    run([*tool, "uninstall", *sorted(surplus)], quiet=True, PIP_YES="1")


def installed() -> "dict[str, str]":
    """Return the metadata folder of what is in .venv, by name and version."""
    import glob

    place = "Lib" if WINDOWS else "lib/*"
    paths = glob.glob(f"{glob.escape(VENV)}/{place}/site-packages/*.dist-info")
    return {os.path.basename(x)[:-10].replace("-", " "): x for x in sorted(paths)}


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
        open(STAMP, "w").close()  # it is not "done", so the next run repairs it
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
    if {"-h", "--help"} & options.keys():
        sys.stdout.write(str(__doc__))
        return 0
    if {"--lock", "--locked"} <= options.keys():
        raise UserError("--lock and --locked exclude each other: leave one out")
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
