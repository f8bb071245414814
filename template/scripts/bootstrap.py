"""Make .venv match requirements_lock.txt, then run a command in it.

`bootstrap` and `bootstrap.cmd` find a Python, 3.6 or newer, and hand over to `main`. The
environment is made by uv where there is one, else by the lock's own uv, which the pip
inside `ensurepip` fetches, else by that pip alone; the result is the same.

`.venv/bootstrap.stamp` is written empty before anything else, so it tells who made that
folder, and gets its content last, so it tells what is in there. Nothing else is "done".

uv is told pip's index settings, pip is told uv's variables. Not told: uv.toml to pip, and
a pip.conf inside an environment. Of several indexes from pip's settings uv takes the best
version, as pip does. Imports inside functions keep the start quick; pathlib is slow too.
"""

import os
import sys

HELP = """\
usage: ./bootstrap [options] [command ...]

Make .venv match requirements_lock.txt, then run the command in it.
Options end at the command, or at --.

  --prod                    only what production needs, no development tool
  --check                   is .venv exact? If not, name what differs, exit 1
  --python X                use this Python: a version such as 3.12, or a path
  --offline                 use no network, only what is cached
  --locked                  fail where the lock is out of date, as under CI,
                            instead of refreezing it
  --lock                    refreeze the lock, changing only what must change
  --upgrade                 ... moving everything to the newest versions
  --upgrade-package NAME    ... moving this one; may be repeated
  --help                    show this

BOOTSTRAP_UV=0 leaves everything to pip. Index settings in PIP_*, pip.conf and
UV_* count. Status: the command's own, 127 if it is not found, 130 on Ctrl-C.
"""
WINDOWS = os.name == "nt"
ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if WINDOWS else "bin")
PYTHON = os.path.join(BIN, "python.exe" if WINDOWS else "python")
STAMP = os.path.join(VENV, "bootstrap.stamp")
PYPROJECT, LOCK = "pyproject.toml", "requirements_lock.txt"
PROD, DEV = "requirements_prod.txt", "requirements_dev.txt"
VERSION = sys.version.split()[0]
# This Python, or what the environment that it is in was made from.
BASE = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
NEEDED_MB = 300  # measured: 140 for the development tools, as much for uv's cache
UNRELATED = ("[tool.coverage", "[tool.mypy", "[tool.pytest", "[tool.ruff")

# pip's index settings, and the variables of uv that say the same.
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
    "retries": "UV_HTTP_RETRIES",
    "keyring-provider": "UV_KEYRING_PROVIDER",
    "cache-dir": "",
    "no-cache-dir": "UV_NO_CACHE",
}
# uv's other variables on how to get packages; the rest say what to install, or where.
UV_KEPT = (
    "UV_CACHE_DIR UV_CONCURRENT_ UV_CONFIG_FILE UV_CREDENTIALS_DIR UV_EXCLUDE_NEWER UV_HTTP_ "
    "UV_INDEX_ UV_LINK_MODE UV_NATIVE_TLS UV_NO_CONFIG UV_NO_SYSTEM_CONFIG UV_OFFLINE "
    "UV_SYSTEM_CERTS " + " ".join(SETTINGS.values())
).split()


class UserError(Exception):
    """What was asked cannot be done; the text is the one line that the user gets."""


# ---- The quick part: is there anything to do? ---------------------------------------


def read(*path: str) -> str:
    """Return a text file with plain line ends; raises UserError where there is none."""
    try:
        with open(os.path.join(*path), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        raise UserError(f"cannot find {os.path.join(*path)}: restore it") from None
    except UnicodeDecodeError:
        raise UserError(f"{os.path.join(*path)} is not UTF-8: save it so") from None


def requirements(folder: str, *names: str) -> "dict[str, list[str]]":
    """Return the lines of these files and of all they include, by file.

    Without comments, blank lines and the order, which mean nothing.
    """
    found: dict[str, list[str]] = {}
    queue = list(names)
    for name in queue:
        lines = (line.split(" #")[0].strip() for line in read(folder, name).split("\n"))
        found[name] = sorted(line for line in lines if line and line[0] != "#")
        for line in found[name]:
            for option in ("--requirement", "--constraint", "-r", "-c"):
                if line.startswith(option):
                    target = line[len(option) :].lstrip("= ")
                    target = os.path.join(os.path.dirname(name), target)
                    queue += [] if target in queue else [target]
                    break
    return found


def project() -> "list[str]":
    """Return what of pyproject.toml the installed package depends on.

    So does a version that setuptools reads from a module (`attr = "package.__version__"`).
    """
    text = read(ROOT, PYPROJECT)
    kept, related = [], True
    for line in text.split("\n"):
        if line.startswith("["):
            related = not line.startswith(UNRELATED)
        if related and line.strip() and line[0] != "#":
            kept.append(line)
    if '"""' in text or "'''" in text:  # what looks like a table may be text
        kept = [text]
    for piece in text.replace(" ", "").replace("'", '"').split('attr="')[1:]:
        module, _, name = piece.partition('"')[0].rpartition(".")
        base = os.path.join(ROOT, "src", *module.split("."))
        for path in (base + ".py", os.path.join(base, "__init__.py")):
            if os.path.isfile(path):
                kept += [x for x in read(path).split("\n") if x.startswith(name)]
    return kept


def stamp(mode: str) -> "list[str]":
    """Return the stamp's first lines as they are where .venv is what the files want."""
    from hashlib import sha256

    lock = read(ROOT, LOCK) if os.path.exists(os.path.join(ROOT, LOCK)) else ""
    inputs = (requirements(ROOT, DEV, PROD), lock, project())
    digest = sha256(repr(inputs).encode()).hexdigest()
    return [mode, VERSION, repr(BASE), repr(ROOT), digest]


def stamped() -> "list[str]":
    """Return the stamp's lines; none where .venv is unfinished or not ours."""
    try:
        return read(STAMP).splitlines() if os.path.exists(PYTHON) else []
    except (UserError, OSError):
        return []


def execute(command: "list[str]") -> int:
    """Become the command, inside .venv; return its status where that is impossible."""
    path = BIN + os.pathsep + os.environ.get("PATH", os.defpath)
    environment = dict(os.environ, VIRTUAL_ENV=VENV, PATH=path)
    environment.pop("PYTHONHOME", None)
    if WINDOWS:
        import shutil
        import subprocess

        program = shutil.which(command[0], path=path)
        if program:
            child = subprocess.Popen([program, *command[1:]], env=environment)
            while True:
                try:
                    return child.wait()
                except KeyboardInterrupt:  # noqa: PERF203 -- the command decides
                    pass
    else:
        import _signal  # type: ignore[import-not-found]  # signal is slow to import

        # A script's first line names an absolute path, which fails where that is long or
        # holds quotes or dollars, so the environment's Python starts its own scripts.
        script = os.path.join(BIN, command[0])
        if os.sep not in command[0] and os.path.isfile(script):
            with open(script, "rb") as file:
                first, _, rest = file.read(4096).partition(b"\n")
            if first[:2] == b"#!" and (b"python" in first or rest[:7] == b"'''exec"):
                command = [PYTHON, script, *command[1:]]
        for name in ("SIGPIPE", "SIGXFSZ"):  # what Python ignores, its heirs would too
            _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
        try:
            os.execvpe(command[0], command, environment)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            say(f"cannot run {command[0]}: {error.strerror}", error=True)
            return 126
    say(f"command not found: {command[0]}", error=True)
    return 127


# ---- The lock -----------------------------------------------------------------------


def requires_python() -> str:
    """Return `requires-python` of pyproject.toml; raises UserError where it has none."""
    table = ""
    for line in read(ROOT, PYPROJECT).split("\n"):
        table = line.split("#")[0].strip() if line.startswith("[") else table
        key, _, value = (part.strip() for part in line.partition("="))
        if (
            table == "[project]"
            and key == "requires-python"
            and value[:1] in ('"', "'")
        ):
            return value[1:].partition(value[0])[0].strip()
    raise UserError(f'{PYPROJECT} lacks a line such as requires-python = ">=3.11"')


def satisfies(version: str, specifier: str) -> bool:
    """Return whether a release meets all clauses, as PEP 440 reads them."""
    import re

    for clause in specifier.split(","):
        match = re.match(r"(~=|[<>=!]=|[<>])\s*([\d.]+?)(\.\*)?$", clause.strip())
        if not match:
            raise UserError(f'requires-python {specifier!r}: write it like ">=3.11"')
        operator, text, wild = match.groups()
        left, right = ([int(n) for n in re.findall(r"\d+", x)] for x in (version, text))
        if operator == "~=" and left[: len(right) - 1] != right[:-1]:
            return False
        left = left[: len(right)] if wild else left
        right += [0] * (len(left) - len(right))
        sign = "<" if left < right else ">" if left > right else "="
        if sign not in {"!=": "<>", "~=": ">="}.get(operator, operator):
            return False
    return True


def pins() -> "list[tuple[str, str, set[str]]]":
    """Return the lock's pins: the name, the lines, and the reasons (`# via`)."""
    import re

    found = []
    for text in re.split(r"\n(?=[^\s#])", read(ROOT, LOCK).rstrip())[1:]:
        reasons = re.findall(r"\n +#(?: +via\b)? +(?!via\n)(.+)", text)
        found.append((re.split(r"[^\w.-]", text)[0].lower(), text + "\n", set(reasons)))
    return found


def needed(names: "set[str]") -> "list[tuple[str, str, set[str]]]":
    """Return the pins of these names, those that they need, and so on."""
    size = -1
    while len(names) != size:
        size = len(names)
        names = names | {name for name, _, reasons in pins() if names & reasons}
    return [pin for pin in pins() if pin[0] in names]


def origin(folder: str, requires: str) -> "list[str]":
    """Return the comments that say what a lock was made from: a digest for each file."""
    from hashlib import sha256

    lines = [f"# requires-python: {requires}"]
    for name, texts in sorted(requirements(folder, DEV, PROD).items()):
        digest = sha256("\n".join(texts).encode()).hexdigest()
        lines.append(f"# {name}: sha256:{digest}")
    return lines


def outdated(requires: str) -> str:
    """Return why the lock does not fit what it was made from; nothing where it does."""
    if not os.path.exists(os.path.join(ROOT, LOCK)):
        return f"{LOCK} is missing"
    said = read(ROOT, LOCK).split("\n")
    lines = (line for line in origin(ROOT, requires) if line not in said)
    changed = [line.split(":")[0][2:] for line in lines]
    return f"{', '.join(changed)} changed since {LOCK} was made" if changed else ""


def freeze(folder: str, uv: str, requires: str, flags: "list[str]") -> None:
    """Make a folder's lock anew; pins stay unless they must change or the flags say so.

    Raises UserError, and leaves the lock as it was, where uv finds no solution.
    """
    import re
    import shutil
    import tempfile

    floor = re.search(r"(?:>=|~=|==)\s*(\d+\.\d+)", requires)
    if not floor:
        raise UserError(f'requires-python {requires!r} needs a floor, as in ">=3.11"')
    includes = PROD in requirements(folder, DEV)
    lock, lines = os.path.join(folder, LOCK), origin(folder, requires)
    handle, draft = tempfile.mkstemp(prefix=".lock-", suffix=".txt", dir=folder)
    os.close(handle)
    os.chmod(draft, 0o644)
    try:
        if os.path.exists(lock):
            shutil.copy(lock, draft)
        command = [uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
        command += ["--python", BASE, "--python-version", floor.group(1)]
        command += ["--no-strip-extras"]  # without extras, pip 23 refuses the lock
        command += ["--custom-compile-command", "./bootstrap --lock"]
        command += ["--output-file", os.path.basename(draft), *uv_options(), *flags]
        if run(command + ([DEV] if includes else [PROD, DEV]), folder):
            raise UserError(f"no new {LOCK}, for the reason above: it is unchanged")
        text = read(draft).split("\n")
        with open(draft, "w", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(text[:2] + lines + text[2:]))
        os.replace(draft, lock)
    finally:
        if os.path.exists(draft):
            os.remove(draft)


# ---- Finding a Python and an installer ----------------------------------------------


def output(*command: str) -> str:
    """Return what a program prints; nothing where it fails or does not start."""
    import subprocess

    null = subprocess.DEVNULL
    try:
        text = subprocess.check_output(
            command, env=variables(), stdin=null, stderr=null
        )
        return text.decode(errors="replace")
    except (OSError, subprocess.CalledProcessError):
        return ""


def choose(asked: str, requires: str) -> str:
    """Return the Python for .venv: the present one, this one, else newer before older.

    One in an environment stands for its base. Raises UserError, and tells what was found,
    where none fits.
    """
    import glob
    import shutil

    names = [f"python3.{minor}" for minor in range(30, 5, -1)] + ["python3", "python"]
    paths = [PYTHON if stamped() else "", BASE] + [shutil.which(x) or "" for x in names]
    pyenv = os.environ.get("PYENV_ROOT") or "~/.pyenv"
    for pattern in (
        f"{pyenv}/versions/*/bin/python3",
        f"{pyenv}/pyenv-win/versions/*/python.exe",
        "~/.local/share/uv/python/*/bin/python3",
    ):
        paths += sorted(glob.glob(os.path.expanduser(pattern)), reverse=True)
    if WINDOWS:
        listed = (line.partition(":\\") for line in output("py", "-0p").split("\n"))
        paths += [
            drive[-1:] + ":\\" + path.strip() for drive, _, path in listed if path
        ]
    number = asked + "." if asked[:1].isdigit() else ""
    if asked and not number:
        paths = [shutil.which(asked) or asked]
    code = (
        "import os, sys; print('.'.join(map(str, sys.version_info[:3]))); print("
        "os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable))"
    )
    found = []
    for path in dict.fromkeys(filter(None, paths)):
        text = f"{VERSION}\n{BASE}" if path == BASE else output(path, "-ESc", code)
        version, _, base = text.strip().partition("\n")
        fits = version and satisfies(version, requires)
        if fits and (version + ".").startswith(number):
            return base.strip()
        found += [version] if version and version not in found else []
    raise UserError(
        f"need Python {asked} {requires} (requires-python), found "
        f"{', '.join(found) or 'none'}: install one, such as from "
        "https://www.python.org/downloads/, or name it with --python PATH"
    )


def pip_settings() -> "dict[str, str]":
    """Return pip's settings as pip reads them: the machine's files, the user's, variables.

    PIP_CONFIG_FILE stands in for the user's file; the null device, for all of them.
    """
    import configparser

    home, own = os.path.expanduser("~"), os.environ.get("PIP_CONFIG_FILE", "")
    mac = "/Library/Application Support"
    shared = [mac, *os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    user = [os.path.join(home, ".pip", "pip.conf")]
    user += [os.path.join(x, "pip", "pip.conf") for x in (config, home + mac)]
    files = [os.path.join(x, "pip", "pip.conf") for x in shared] + ["/etc/pip.conf"]
    if WINDOWS:
        places = [os.environ.get(x, home) for x in ("PROGRAMDATA", "HOME", "APPDATA")]
        places = [os.path.join(x, "pip", "pip.ini") for x in places]
        files, user = places[:1], places[1:]
    parser = configparser.RawConfigParser()
    try:
        parser.read([] if own == os.devnull else files + ([own] if own else user))
    except (configparser.Error, UnicodeDecodeError) as error:
        raise UserError(f"pip's configuration: {str(error).splitlines()[0]}") from None
    sections = (x for x in ("global", "install") if parser.has_section(x))
    pairs = [pair for section in sections for pair in parser.items(section)]
    pairs += [(key[4:], x) for key, x in os.environ.items() if key.startswith("PIP_")]
    found = {k.lower().replace("_", "-"): " ".join(v.split()) for k, v in pairs if v}
    return dict({"timeout": found.get("default-timeout", "")}, **found)


def variables() -> "dict[str, str]":
    """Return the environment of child processes.

    Nothing in it redirects or changes what they install, and it tells pip and uv the
    same index settings; what one of them is told in its own words it keeps.
    """
    harmful = ("PIP_", "PYTHON", "UV_", "VIRTUAL_ENV", "CONDA_PREFIX")
    told = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(harmful) or name.startswith(tuple(UV_KEPT))
    }
    settings = pip_settings()
    for key, names in SETTINGS.items():
        own = next((told[name] for name in names.split() if told.get(name)), "")
        comma = "," if key == "find-links" else " "
        items = settings.get(key, "").split()
        if key == "find-links":  # which may be relative to where the user is
            items = [os.path.abspath(x) if os.path.exists(x) else x for x in items]
        if items and names and not own:
            told[names.split()[0]] = comma.join(items)
            if key == "extra-index-url":
                told.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
        if not items:  # in uv, an index may have a name: name=https://...
            items = [x[x.split(":")[0].find("=") + 1 :] for x in own.split(comma) if x]
        if items:
            told["PIP_" + key.upper().replace("-", "_")] = " ".join(items)
    if truthy("UV_OFFLINE"):
        told["PIP_NO_INDEX"] = "1"
    return dict(told, PIP_CONFIG_FILE=os.devnull, PIP_DISABLE_PIP_VERSION_CHECK="1")


def uv_options() -> "list[str]":
    """Return the options for what uv has no variable for."""
    no = pip_settings().get("no-index", "no").lower() in ("0", "false", "no", "off")
    return [] if no else ["--no-index"]


def pip(python: str) -> "list[str]":
    """Return how to start a pip that installs for this Python, which may have none.

    Raises UserError where there is neither the one that ensurepip bundles nor another.
    """
    import glob
    import importlib.util
    import sysconfig

    spec = importlib.util.find_spec("ensurepip")
    bundled = (
        os.path.join(os.path.dirname(spec.origin or ""), "_bundled") if spec else ""
    )
    for folder in (bundled, sysconfig.get_config_var("WHEEL_PKG_DIR")):
        for wheel in glob.glob(f"{glob.escape(folder)}/pip-*.whl") if folder else []:
            return [python, "-I", os.path.join(wheel, "pip")]
    if output(BASE, "-I", "-m", "pip", "--version"):
        return [BASE, "-I", "-m", "pip", "--python", python]
    raise UserError(
        f"{BASE} has neither ensurepip nor pip: install uv, or on Debian and Ubuntu "
        "python{}.{}-venv".format(*sys.version_info)
    )


def get_uv(folder: str = "") -> str:
    """Return a uv that works: on PATH, in .venv, else, given a folder, got from the lock.

    pip puts it into that folder, which may be .venv. Return nothing where uv has no wheel
    for this machine or BOOTSTRAP_UV is 0.
    """
    import shutil
    import tempfile

    if os.environ.get("BOOTSTRAP_UV") == "0":
        return ""
    for uv in (shutil.which("uv"), shutil.which("uv", path=BIN)):
        said = output(uv, "--version").split() if uv else []
        if uv and said and satisfies(said[1], ">=0.5"):  # it has all options used here
            return uv
    if not folder or not os.path.exists(os.path.join(ROOT, LOCK)):
        return ""
    if on_terminal():
        say("getting uv")
    chosen = [pin for pin in pins() if pin[0] == "uv"]
    command = [
        *pip(PYTHON if folder == VENV else BASE),
        "install",
        "--only-binary=:all:",
    ]
    command += ["--no-compile"] + ([] if folder == VENV else ["--target", folder])
    with tempfile.TemporaryDirectory() as place:
        if run(command + only(place, chosen), quiet=True):
            say("pip cannot get uv and does everything itself, which takes longer")
            return ""
    return shutil.which("uv", path=os.path.join(folder, os.path.basename(BIN))) or ""


# ---- Making the environment ---------------------------------------------------------


def truthy(name: str) -> bool:
    """Return whether a variable is set, and to something else than no."""
    return os.environ.get(name, "").lower() not in ("", "0", "false")


def on_terminal() -> bool:
    """Return whether a person sees what is written."""
    return sys.stderr.isatty() and not truthy("CI")


def say(text: str, error: bool = False) -> None:
    """Write one line for the user."""
    name = "bootstrap:"
    if on_terminal() and "NO_COLOR" not in os.environ and not WINDOWS:
        name = f"\033[{31 if error else 36}m{name}\033[0m"
    sys.stderr.write(f"{name} {text}\n")
    sys.stderr.flush()


def run(command: "list[str]", cwd: str = ROOT, quiet: bool = False, **more: str) -> int:
    """Return a tool's status; its output is live on a terminal, else shown if it fails."""
    import subprocess

    live = on_terminal() and not quiet
    child = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(variables(), **more),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr if live else subprocess.PIPE,
        stderr=sys.stderr if live else subprocess.STDOUT,
        close_fds=False,  # the lock of `alone` holds until the last child is gone
    )
    try:
        text = child.communicate()[0]
    except BaseException:
        child.terminate()
        child.wait()
        raise
    if child.returncode and text and not quiet:
        sys.stderr.write(text.decode(errors="replace"))
    return child.returncode


def alone() -> int:
    """Wait until no other run works in this checkout; others do until this is closed.

    The lock is on something that is there anyway, so nothing is left behind, and it ends
    with the processes that hold it, however they end.
    """
    if sys.platform == "win32":
        import msvcrt
        import time

        handle = os.open(os.path.realpath(__file__), os.O_RDONLY)
        os.lseek(handle, 1 << 30, os.SEEK_SET)  # past the end, so everyone can read
        while True:
            try:
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
                return handle
            except OSError:  # noqa: PERF203 -- waiting is what this loop is for
                time.sleep(0.2)
    else:
        import fcntl

        handle = os.open(ROOT, os.O_RDONLY)
        os.set_inheritable(handle, True)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another run in this checkout")
            fcntl.flock(handle, fcntl.LOCK_EX)
        return handle


def claim(reusable: bool) -> None:
    """Make .venv this script's own and unfinished; empty it unless it can be reused.

    Raises UserError, and touches nothing, where something else has made it.
    """
    import shutil

    if {os.pathsep, "\n"} & set(ROOT):
        raise UserError(f"no PATH can name {ROOT!r} (colon or line break): rename it")
    if not os.path.lexists(VENV):
        os.mkdir(VENV)
    if not os.path.isdir(VENV):
        raise UserError(f"{VENV} is no folder: move it away")
    if os.listdir(VENV) and not os.path.exists(STAMP):
        raise UserError(f"{VENV} was made by something else: move it away")
    open(STAMP, "w").close()
    for entry in [] if reusable else os.scandir(VENV):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        elif entry.name != os.path.basename(STAMP):
            os.remove(entry.path)


def prepare(mode: str, flags: "list[str]", refreeze: bool, locked: bool) -> None:
    """Make .venv match the files, and the lock before it where it is outdated.

    Raises UserError where that cannot be done; then the stamp stays empty.
    """
    import tempfile
    import time
    import venv

    started, requires = time.time(), requires_python()
    reason = outdated(requires)
    if reason and locked and not refreeze:
        raise UserError(f"{reason}: run ./bootstrap --lock and commit {LOCK}")
    if reason or refreeze:
        with tempfile.TemporaryDirectory() as folder:
            uv = get_uv(folder)
            if not uv:
                raise UserError(f"{reason or LOCK}: only uv can refreeze: install it")
            say(f"{reason or 'as asked'}: refreezing")
            freeze(ROOT, uv, requires, flags)
    uv = get_uv()
    if not uv:
        pip(PYTHON)  # which fails, if it does, before anything is made
    reusable = stamp(mode)[1:4] == stamped()[1:4] and bool(uv)
    claim(reusable)
    if not reusable:
        if on_terminal():
            say(f"making .venv with Python {VERSION}")
        venv.EnvBuilder(symlinks=not WINDOWS).create(VENV)
    with tempfile.TemporaryDirectory(dir=VENV) as folder:
        uv = get_uv(VENV if mode == "dev" else folder)
        install(uv, mode, folder)
    lines = stamp(mode) + list(installed())
    with open(STAMP + ".new", "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    os.replace(STAMP + ".new", STAMP)
    how, took = "uv" if uv else "pip", time.time() - started
    say(f".venv is ready: {len(lines) - 5} packages by {how}, {VERSION}, {took:.1f} s")


def only(folder: str, chosen: "list[tuple[str, str, set[str]]]") -> "list[str]":
    """Return the options that install just these pins, hashes checked."""
    path = os.path.join(folder, f"{len(chosen)}.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(text for _, text, _ in chosen))
    return ["--no-deps", "--require-hashes", "-r", path]


def install(uv: str, mode: str, folder: str) -> None:
    """Install exactly the pins, then the project if it is a package; raises UserError."""
    import re

    tool = [uv, "pip"] if uv else pip(PYTHON)
    add = tool + ["install"] + (["--python", PYTHON, *uv_options()] if uv else [])

    def get(command: "list[str]") -> None:
        # With all in uv's cache there is nothing to ask the index, and it is quicker.
        if uv and run(command, quiet=True, UV_OFFLINE="1") == 0:
            return
        if run(command):
            raise UserError(trouble())

    prod = {"-r " + name for name in requirements(ROOT, PROD)}
    chosen = needed(prod) if mode == "prod" else pins()
    if uv:
        sync = [uv, "pip", "sync", "--require-hashes", "--allow-empty-requirements"]
        sync += ["--python", PYTHON, *uv_options(), only(folder, chosen)[-1]]
        get(sync)
    elif chosen:
        get(add + only(folder, chosen))
    names = backend()
    if names:
        # The editable way in production too: the source stays the only copy. But what
        # builds is no part of production, so there it comes, from the lock, into a folder
        # beside. setuptools takes $x and {x} in the path of .venv for variables.
        more = {x: x for x in re.findall(r"[${](\w+)", ROOT) if x not in os.environ}
        if mode == "prod":
            more["PYTHONPATH"] = os.path.join(folder, "backend")
            get([*add, "--target", more["PYTHONPATH"], *only(folder, needed(names))])
        command = [*add, "--no-deps", "--no-build-isolation", "--editable", "."]
        if run(command + (["--reinstall"] if uv else []), **more):
            raise UserError("the package could not be built, for the reason above")
    if (
        uv
    ):  # which takes these for part of any environment; perhaps it is the last of them
        extra = {"pip", "setuptools", "uv", "wheel"} - {pin[0] for pin in chosen}
        run([uv, "pip", "uninstall", "--python", PYTHON, *sorted(extra)], quiet=True)


def backend() -> "set[str]":
    """Return what builds the project; nothing where it is no package (no build-system).

    Raises UserError where the lock has no pin for it.
    """
    import re

    flags = re.MULTILINE | re.DOTALL
    text = read(ROOT, PYPROJECT)
    table = re.search(r"^\[build-system\].*?(?=^\[|\Z)", text, flags)
    requires = table and re.search(r"^requires *= *\[(.*?)\]\s*$", table.group(), flags)
    found = re.findall(r"[\"']\s*([\w.-]+)", requires.group(1)) if requires else []
    names = {re.sub(r"[-_.]+", "-", name).lower() for name in found}
    lost = ", ".join(names - {pin[0] for pin in pins()})
    if lost:
        raise UserError(f"{LOCK} lacks {lost}, which builds: add it to {DEV}")
    return names


def trouble() -> str:
    """Return why an installation may have failed: the disk, else what the tool said."""
    import shutil
    import tempfile

    for folder in (VENV, tempfile.gettempdir(), os.path.expanduser("~")):
        free = shutil.disk_usage(folder).free >> 20
        if free < NEEDED_MB // 6:
            return f"{folder} has {free} MB left, about {NEEDED_MB} MB are needed"
    if truthy("UV_OFFLINE"):
        return "not all is cached, see above: run this without --offline"
    return f"{LOCK} could not be installed, for the reason above"


# ---- Is it exact? -------------------------------------------------------------------


def installed() -> "dict[str, str]":
    """Return the metadata folder of what is in .venv, by name and version."""
    import glob

    place = os.path.join(glob.escape(VENV), *(["Lib"] if WINDOWS else ["lib", "*"]))
    found = sorted(glob.glob(os.path.join(place, "site-packages", "*.dist-info")))
    return {os.path.basename(path)[:-10].replace("-", " "): path for path in found}


def damage(info: str) -> "list[str]":
    """Return which files of an installed distribution are not as its RECORD says."""
    import base64
    import csv
    import hashlib

    record, lines = os.path.join(info, "RECORD"), []
    if not os.path.exists(record):
        return [f"missing file: {os.path.relpath(record, VENV)}"]
    for name, *rest in filter(None, csv.reader(read(record).split("\n"))):
        path = os.path.normpath(os.path.join(info, "..", name))
        if name.endswith(".pyc"):
            continue
        if not os.path.exists(path):
            lines.append(f"missing file: {os.path.relpath(path, VENV)}")
        elif rest[0]:
            kind, _, digest = rest[0].partition("=")
            with open(path, "rb") as file:
                actual = hashlib.new(kind, file.read()).digest()
            if base64.urlsafe_b64encode(actual).decode().rstrip("=") != digest:
                lines.append(f"changed file: {os.path.relpath(path, VENV)}")
    return lines


def check(mode: str) -> None:
    """Raise UserError, after naming what differs, where .venv is not exact.

    What is proved wrong is not "done": the stamp is emptied, so the next run repairs it.
    """
    if not stamped():
        raise UserError(f"{VENV} is missing or unfinished: run ./bootstrap")
    reason, then, now = outdated(requires_python()), stamped(), installed()
    if not reason and then[:5] != stamp(mode):
        reason = "out of date: a file, a path, the Python or the mode changed"
    lines = [reason] if reason else []
    lines += [f"missing: {info}" for info in then[5:] if info not in now]
    lines += [f"extra: {info}" for info in now if info not in then]
    lines += [line for info in now if info in then for line in damage(now[info])]
    if lines:
        sys.stdout.write("\n".join(lines) + "\n")
        open(STAMP, "w").close()
        raise UserError(".venv is not exact: run ./bootstrap")


# ---- The command line ---------------------------------------------------------------


def parse(rest: "list[str]") -> "tuple[dict[str, str], list[str]]":
    """Return options and command; raises UserError for what is no option."""
    options = {"--upgrade-package": ""}
    while rest and rest[0].startswith("-"):
        option, equals, value = rest.pop(0).partition("=")
        if option == "--":
            break
        option = "--help" if option == "-h" else option
        if option in ("--python", "--upgrade-package"):
            value = value or (rest.pop(0) if rest and not equals else "")
            if not value:
                raise UserError(f"{option} needs a value: see ./bootstrap --help")
            options[option] = options.get(option, "") + " " + value
        elif equals or f" {option} " not in HELP:
            raise UserError(f"no such option: {option + equals + value}: see --help")
        else:
            options[option] = "yes"
    if "--locked" in options and "--lock" in options:
        raise UserError("--lock and --locked exclude each other: leave one out")
    return options, rest


def hand_over(python: str) -> int:
    """Start this file anew with another Python."""
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); import bootstrap as b; b.main()"
    command = [python, "-ISc", code, os.path.join(ROOT, "scripts"), *sys.argv[1:]]
    if WINDOWS:
        import subprocess

        return subprocess.call(command)
    return os.execv(python, command)


def next_commands() -> None:
    """Tell how to go on, in the words of the user's own shell."""
    import shlex

    shell = os.path.basename(os.environ.get("SHELL", "sh"))
    if os.path.exists(f"/proc/{os.getppid()}/comm"):
        shell = read(f"/proc/{os.getppid()}/comm").strip()
    path = os.path.relpath(BIN) if os.path.realpath(os.getcwd()) == ROOT else BIN
    source = shlex.quote(os.path.join(path, "activate"))
    text = {
        "fish": f"source {source}.fish",
        "csh": f"source {source}.csh",
        "tcsh": f"source {source}.csh",
        "pwsh": f"& {shlex.quote(os.path.join(path, 'Activate.ps1'))}",
    }.get(shell, f". {source}")
    if WINDOWS:
        text = f'"{path}\\activate.bat"  (PowerShell: & "{path}\\Activate.ps1")'
    if set(VENV) & set("$`\"'!" if WINDOWS else "$`\"'!\\"):
        text = "may fail under a path like this; ./bootstrap COMMAND works"
    say("to run a command inside:  ./bootstrap COMMAND")
    say(f"to activate it:  {text}")


def work(arguments: "list[str]") -> int:
    """Do what the command line asks and return the exit status."""
    options, command = parse(arguments)
    handed = os.environ.pop("BOOTSTRAP_FROM", "")  # once is enough, whatever it says
    if "--help" in options:
        sys.stdout.write(HELP)
        return 0
    if "--offline" in options:
        os.environ["UV_OFFLINE"] = "1"  # pip is told, too: see `variables`
    names = options["--upgrade-package"].split()
    flags = ["--upgrade"] if "--upgrade" in options else []
    flags += [f"--upgrade-package={name}" for name in names]
    checks, refreeze = "--check" in options, bool("--lock" in options or flags)
    mode = "prod" if "--prod" in options else "dev"
    if checks and "--prod" not in options:
        mode = (stamped() or [mode])[0]
    asked = options.get("--python", "").strip()
    inside = os.path.realpath(os.path.dirname(sys.executable)) == os.path.realpath(BIN)
    done = not refreeze and (checks or stamped()[:5] == stamp(mode))
    if asked or not inside or not done:
        python = choose(asked, requires_python())
        if (python != BASE or inside) and python != handed:
            os.environ["BOOTSTRAP_FROM"] = python
            return hand_over(python)
        if not checks:
            handle = alone()
            if refreeze or stamped()[:5] != stamp(mode):
                prepare(mode, flags, refreeze, "--locked" in options or truthy("CI"))
            os.close(handle)  # the command is not to hold it
    if checks:
        check(mode)
    if command:
        return execute(command)
    if on_terminal():
        next_commands()
    return 0


def main() -> None:
    """Run the command line and exit: 1 after one line on what is wrong, 130 on Ctrl-C."""
    try:
        status = work(sys.argv[1:])
    except UserError as failure:
        say(str(failure), error=True)
        status = 1
    except KeyboardInterrupt:
        status = 130
    except OSError as error:
        text = f"{error.filename or ROOT}: {error.strerror}"
        if error.errno == 28:  # ENOSPC, everywhere
            text += f", about {NEEDED_MB} MB are needed"
        say(text, error=True)
        status = 1
    sys.exit(status)


if __name__ == "__main__":
    main()
