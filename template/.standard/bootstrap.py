"""Make .venv match requirements_lock.txt, then run a command in it.

usage: ./bootstrap [options] [command ...]

  --prod                    only what production needs, no development tool
  --check                   is .venv up to date? If not, say so and exit 1
  --python X                use this Python: a version such as 3.12, or a path
  --offline                 use no network, only what is cached
  --locked                  fail if the lock is out of date, as under CI
  --lock                    renew the lock, changing only what must change
  --upgrade                 ... moving everything to the newest versions
  --upgrade-package NAME    ... moving this one; may be repeated
  --export pylock.toml      write the lock in the format of PEP 751, too

BOOTSTRAP_UV=0 leaves everything to pip.
"""

import _signal  # type: ignore[import-not-found]  # `signal` is slow to import
import os
import sys

if __name__ == "__main__" and _signal.getsignal(_signal.SIGINT) != _signal.SIG_IGN:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # no traceback on Ctrl-C
# The launcher starts this file with -S. While .venv is up to date, that is enough.
# Otherwise, the file starts itself again without -S, and does the work.
Requirement: type = object
if os.name == "nt" or not sys.flags.no_site:
    import subprocess
if not sys.flags.no_site:
    import ast
    import re
    import shutil
    import sysconfig
    import tomllib
    import venv
    from importlib.metadata import distributions
    from pathlib import Path
    from typing import Any

    if sys.platform == "win32":
        import msvcrt
    else:
        import fcntl

    # An installed pip starts three times as fast as the wheel that comes with Python.
    bundled = os.path.join(os.path.dirname(os.__file__), "ensurepip/_bundled")
    wheels = Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or bundled)  # Debian's
    sys.path += map(str, wheels.glob("pip-*.whl"))
    try:
        from pip import __path__ as pip
        from pip._vendor.packaging.requirements import Requirement
    except ImportError:
        sys.exit(f"bootstrap: {sys.executable} has no pip: install python3-venv")
    PIP = ["-Iu", pip[0] + ("" if ".whl" in pip[0] else "/__pip-runner__.py")]

WINDOWS = os.name == "nt"
ROOT = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else ".")  # by the launcher
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if WINDOWS else "bin")
PATH = os.environ.get("PATH", os.defpath).replace(BIN + os.pathsep, "")
PYTHON, UV = (os.path.join(BIN, x + ".exe" * WINDOWS) for x in ("python", "uv"))
STAMP = os.path.join(VENV, "bootstrap.stamp")  # what .venv was made from, or empty
CHOSEN = os.path.join(VENV, "bootstrap.txt")  # the pins that pip and uv see
LOCK, PROD = "requirements_lock.txt", "requirements_prod.txt"
SOURCES = ["requirements_dev.txt", PROD]
BASE = os.path.realpath(sys._base_executable)  # type: ignore[attr-defined]
MADE_BY = ["Python {}.{}".format(*sys.version_info), repr(BASE), repr(ROOT)]
CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
OPTIONS = "help prod check python= offline locked lock upgrade upgrade-package= export="
GET = ["install", "--no-deps", "--require-hashes", "--requirement", CHOSEN]
COMPILE = ["pip", "compile", "--universal", "--generate-hashes", "--no-strip-extras"]

# What only a Python that is new enough can run.
PROBE = "import sys; assert sys.version_info > (3, 11); print(sys._base_executable)"

# In a marker, pip would take a word that begins with a dash for an option.
PIN = r"(\w[\w.-]*(?:\[[\w., -]+])?==[\w.!+]+(?: *;(?:(?! -)[\w ()<>=!~.*'\"+-])+)?)"
PIN += r"((?: +--hash=sha256:[0-9a-f]{64})+)(?: +#.*)? *"
SYSTEMS = ("linux posix Linux", "darwin posix Darwin", "win32 nt Windows")
WORLD = "sys_platform os_name platform_system python_version python_full_version"
# pip's settings of the index, and the variables that say the same to uv.
SETTINGS = """cache-dir=PIP_CACHE_DIR cert=SSL_CERT_FILE client-cert=SSL_CLIENT_CERT
    extra-index-url=UV_INDEX find-links=UV_FIND_LINKS index-url=UV_DEFAULT_INDEX
    keyring-provider=UV_KEYRING_PROVIDER no-index=PIP_NO_INDEX proxy=ALL_PROXY
    retries=UV_HTTP_RETRIES timeout=UV_HTTP_TIMEOUT trusted-host=UV_INSECURE_HOST"""
# These may send packages elsewhere. uv's variables of index, cache and TLS may not.
FOREIGN = "PIP_|PYTHON|UV_(?!.*(CACHE|CERT|CONC|CRED|HOST|HTTP|INDEX|KEY|LINK|OFF|TLS))"
FIXED = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
FIXED |= {"PIP_NO_INPUT": "1", "PIP_YES": "1", "UV_INDEX_STRATEGY": "unsafe-best-match"}
FIXED |= {"UV_NO_CONFIG": "1", "UV_NO_SOURCES": "1", "UV_PYTHON": PYTHON}
TOLD: dict[str, str] = {}  # what settings() has found, because asking pip takes long


def say(text: str, status: int = 1) -> int:
    """Write one line for the user, control characters escaped; return the status."""
    text = "".join(x if x.isprintable() else repr(x)[1:-1] for x in text)
    print("bootstrap:", text, file=sys.stderr, flush=True)
    return status


def read(name: str) -> str:
    """Return the text of a file in ROOT, or nothing if there is no such file."""
    path = os.path.join(ROOT, name)
    if not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        return file.read()


def stamp(mode: str, names: list[str] | None = None) -> str:
    """Return what STAMP holds if .venv fits these files, or those that it names now."""
    names = names or read(STAMP).partition("\n")[0].split("\t")[4:]
    texts = ["\t".join([*MADE_BY, mode, *names]), str(os.access(PYTHON, os.X_OK))]
    for name in names:
        text = read(name)
        version = f"\n{text}".partition("\n__version__")[2].partition("\n")[0]
        texts.append(version if name.endswith(".py") else text)
    return "\n".join(texts)


def execute(command: list[str], mode: str) -> int:
    """Become the command, inside .venv; return its status where that is impossible."""
    os.environ.update(VIRTUAL_ENV=VENV, PATH=BIN + os.pathsep + PATH, PYTHONHOME="")
    name, script = command[0], os.path.join(BIN, command[0] + ".exe" * WINDOWS)
    try:
        if os.path.isfile(script) and not os.path.dirname(name):
            # Its first line does not work if the path is long or has quotes in it.
            with open(script, "rb") as f:
                python = f.read(2) == b"#!" and b"python" in f.readline() + f.readline()
            command = [PYTHON] * python + [script, *command[1:]]
        elif mode == "prod" and f"\n{name}==" in read(LOCK).replace("[", "=="):
            return say(f"{name} is not in .venv: --prod leaves out tools", 127)
        if WINDOWS:
            return subprocess.call(command)
        for ignored in (_signal.SIGPIPE, _signal.SIGXFSZ):  # by Python alone
            _signal.signal(ignored, _signal.SIG_DFL)
        os.execvp(command[0], command)
    except (FileNotFoundError, NotADirectoryError):
        return say(f"command not found: {name}", 127)
    except OSError as error:
        return say(f"cannot run {name}: {error.strerror}", 126)


class Line(Requirement):  # type: ignore[misc]
    """A requirement of a file, or a pin: what pip and uv get, and who needs it."""

    def __init__(self, text: str, hashes: str = "", via: str = "") -> None:
        """Parse the requirement (PEP 508) and normalize its name (PEP 503)."""
        super().__init__(text)
        if self.url or text.endswith((".whl", ".zip", "gz")):
            raise ValueError(f"{text!r} is not in a package index")
        self.name: str = re.sub(r"[-_.]+", "-", self.name).lower()
        self.specifier.prereleases = True
        self.version = str(self.specifier)[2:]  # of a pin
        self.line = f"{text}{hashes}\n"
        self.via = set(re.findall(r"(?m)# +(?:via +)?(?!via$)(.+)", via))
        self.holds = self.marker.evaluate if self.marker else lambda _=None: True


def requirements(*files: str) -> dict[str, list[Line]]:
    """Return what files ask for, by the reason in a lock, such as "-r x.txt"."""
    found: dict[str, list[Line]] = {}
    for reason in (queue := [f"-r {file}" for file in files]):
        file, found[reason] = reason[3:], []
        for number, text in enumerate(read(file).split("\n"), 1):
            line = re.sub(r"(^|\s)#.*", "", text).strip()
            place = f"{file}, line {number}: {line!r}"
            if line[:1] == "-" and file == PROD and PROD in read("pyproject.toml"):
                raise ValueError(f"{place} is an option, which setuptools cannot read")
            if more := re.match(r"-(r|c|-requirement|-constraint)[\s=]*(.+)", line):
                path = os.path.normpath(os.path.join(file, "..", more[2]))
                entry = f"-{more[1].strip('-')[0]} {path}".replace("\\", "/")
                queue += [] if entry in queue else [entry]
            elif line and not re.match("-(?!e|-editable)", line):
                try:
                    found[reason].append(Line(line))
                except ValueError:
                    why = "cannot be locked with a hash: name a package of an index"
                    raise ValueError(f"{place} {why}") from None
    return found


def pins(lock: str) -> list[Line]:
    """Return the pins of a lock's text, which holds nothing but pins and comments."""
    text = re.sub(r"[ \t]*\\\n[ \t]*", " ", lock).replace("\\", "/")
    for line in text.split("\n"):
        if not (line.isprintable() and re.fullmatch(rf"(?a){PIN}|\s*(#.*)?", line)):
            shown = re.split("[=@:]", line)[0]  # the rest may hold a password
            raise ValueError(f"{LOCK}: {shown!r} is not a pin with sha256 hashes")
    return [Line(*x) for x in re.findall(rf"(?am)^{PIN}((?:\n +#.*)*)", text)]


def needed(found: list[Line], names: set[str]) -> set[str]:
    """Return these names and those of the pins that they lead to, by the comments."""
    while more := {x.name for x in found if x.via & names} - names:
        names = names | more
    return names


def floor() -> int:
    """Return the minor version of the oldest Python 3 that the project supports."""
    # An adopted repository may say it elsewhere, or name one that is too old here.
    text = "\n".join(map(read, ("pyproject.toml", "setup.cfg", "setup.py")))
    setting = r"(?m)^\s*(?:requires-)?python(?:_requires)?\s*=.*?[^<!][>~=^] *3\.(\d+)"
    return max([11, *map(int, re.findall(setting, text))])


def outdated(lock: str) -> str:
    """Return why a lock's text does not fit the project's files; nothing if it does."""
    made = re.search(r"(?m)^#.*(?:--python-version[= ]|requires-python: >=)(\S+)", lock)
    found, files, minor = pins(lock), requirements(*SOURCES), floor()
    if not made or made[1] != f"3.{minor}":
        return f"{LOCK} is not for Python 3.{minor}" if lock else f"{LOCK} is missing"
    # Markers are compared by what they mean, on each system and Python.
    for values in [f"{x} 3.{y} 3.{y}.0" for x in SYSTEMS for y in range(minor, 17)]:
        world = dict(zip(WORLD.split(), values.split(), strict=True))
        here = [x for x in found if x.holds(world)]
        wishes = [(k, x) for k in files for x in files[k] if x.holds(world)]
        for reason, wish in wishes:
            pin = next((x for x in here if x.name == wish.name), None)
            met = pin and pin.version in wish.specifier and not wish.extras - pin.extras
            met = met or (pin and "--override (workspace)" in pin.via)
            if not met and (pin or reason[1] == "r"):  # a constraint asks for nothing
                return f"{LOCK} does not fit '{wish}' of {reason[3:]}"
        names = needed(here, {x.name for reason, x in wishes if reason[1] == "r"})
        for pin in here:
            asked = [x.extras for _, x in wishes if x.name == pin.name]
            spare = pin.via <= files.keys() and pin.extras.difference(*asked)
            if pin.name not in names or spare:
                return f"{LOCK} pins what nothing needs: {pin}"
    return ""


def settings() -> dict[str, str]:
    """Return what pip's files and variables say of the index, for pip and for uv."""
    if TOLD:
        return TOLD
    env = os.environ | {"PIP_LOG": os.devnull, "PIP_QUIET": "0", "PIP_USER": "0"}
    # The organisation's file counts beside the user's; old projects have it in scripts/
    for name in (".standard", "scripts"):
        if os.path.isfile(path := os.path.join(ROOT, name, "pip.conf")):
            env.setdefault("PIP_CONFIG_FILE", path)
    ask = [sys.executable, *PIP, "config", "list"]
    said = subprocess.run(ask, check=False, env=env, capture_output=True, text=True)
    sys.stderr.write(said.stderr if said.returncode else "")
    names = dict(x.split("=") for x in SETTINGS.split())
    for section in ("global", "install", ":env:"):
        entry = rf"(?m)^{section}\.(?:default-)?({'|'.join(names)})=(.+)$"
        for key, value in re.findall(entry, said.stdout):
            items = ast.literal_eval(value).split()
            TOLD["PIP_" + key.upper().replace("-", "_")] = " ".join(items)
            TOLD[names[key]] = ("," if key == "find-links" else " ").join(items)
    if TOLD.get("PIP_NO_INDEX", "0") not in ("0", "false"):
        TOLD["UV_DEFAULT_INDEX"] = "file:///no-index"  # uv has no variable for it
    TOLD["PIP_CONFIG_FILE"] = os.devnull  # as in FIXED, so that it is never empty
    return TOLD


def run(command: list[str], failure: str = "", **more: str) -> tuple[bool, str]:
    """Run pip or uv for .venv alone; return whether it succeeds, and its output."""
    env = {k: v for k, v in os.environ.items() if not re.match(FOREIGN, k)}
    env |= FIXED | {"PIP_NO_INDEX": env.get("UV_OFFLINE", "0")}
    if "UV_CACHE_DIR" not in env and not os.access(os.path.expanduser("~"), os.W_OK):
        env["UV_NO_CACHE"] = "1"  # pip finds that out itself
    out = sys.stderr if failure and sys.stderr.isatty() and not CI else subprocess.PIPE
    how: Any = {"cwd": ROOT, "env": env | more, "errors": "replace", "close_fds": False}
    how |= {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": subprocess.STDOUT}
    try:
        done = subprocess.run(command, check=False, **how)
    except OSError as error:
        done = subprocess.CompletedProcess(command, 127, f"{error}\n")
    if done.returncode and failure:
        # Of a crash of pip, only the last line tells what is wrong.
        crash = r"(?m)^Traceback .*\n(?:[ \t].*\n)*"
        sys.stderr.write(re.sub(crash, "", done.stdout or ""))
        raise ValueError(f"{failure}, for the reason above")
    return not done.returncode, done.stdout or ""


def write(name: str, text: str) -> None:
    """Replace a file at once. A link that somebody put there is not followed."""
    draft = Path(ROOT, f"{name}.new")
    draft.unlink(missing_ok=True)
    draft.write_text(text, "utf-8", newline="")
    draft.replace(Path(ROOT, name))


def prepare(mode: str, flags: list[str], renew: bool, locked: bool) -> None:
    """Make .venv match the lock, and the lock match the requirements."""
    if (data := Path(ROOT, PROD).read_bytes()).startswith(b"\xef\xbb\xbf"):
        write(PROD, data[3:].decode())
        say(f"{PROD}: removed the byte order mark, which setuptools cannot read")
    text = read(LOCK)
    reason = outdated(text) or ("as asked" if renew else "")
    if reason and locked and not renew:
        raise ValueError(f"{reason}: run ./bootstrap --lock and commit it")
    if os.pathsep in ROOT or not ROOT.isprintable():
        raise ValueError(f"no PATH can name {ROOT!r}: rename the folder")
    os.makedirs(VENV, exist_ok=True)
    if os.path.islink(VENV) or (os.listdir(VENV) and not os.path.exists(STAMP)):
        raise ValueError(f"{VENV} is a link or made by something else: move it away")

    # Only uv can change a sound .venv, since pip does not remove surplus packages.
    # A link to a folder would lead to the environment of another checkout.
    same = read(STAMP).split("\t")[:3] == MADE_BY
    links = {x.name for x in Path(VENV).rglob("*/") if x.is_symlink()} - {"lib64"}
    same = same and not links and run([PYTHON, "-ISc", ""])[0]
    uv = shutil.which("uv", path=PATH) or UV
    uv = "" if os.environ.get("BOOTSTRAP_UV") == "0" else uv
    if not (same and run([uv, "--version"])[0]):
        write(STAMP, "")
        for entry in os.scandir(VENV):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            elif entry.path != STAMP:
                os.remove(entry.path)
        venv.EnvBuilder(symlinks=not WINDOWS).create(VENV)
    if uv and not run([uv, "--version"])[0]:  # pip gets the one of the lock
        write(CHOSEN, "".join(x.line for x in pins(text) if x.name == "uv"))
        run([PYTHON, *PIP, *GET], **settings())
        uv = UV if os.path.isfile(UV) else ""
    if reason:
        if not uv:
            raise ValueError(f"{reason}: only uv can renew it: install uv")
        say(f"{reason}: renewing it")
        text = freeze(uv, flags)

    # Production needs what builds the package until the package is installed.
    write(STAMP, "")
    tool = [uv, "pip"] if uv else [PYTHON, *PIP]
    found, files = pins(text), requirements(*(SOURCES if mode == "dev" else [PROD]))
    kept = needed(found, {x.name for asked in files.values() for x in asked})
    system = tomllib.loads(read("pyproject.toml")).get("build-system", {})
    build = {Line(x).name for x in system.get("requires", [])}
    chosen = needed(found, kept | build)
    write(CHOSEN, "".join(pin.line for pin in found if pin.name in chosen))
    get = [*tool, *GET, "--exact"] if uv else [*tool, *GET]
    # With all in uv's cache, there is nothing to ask the index.
    if not uv or not run(get, UV_OFFLINE="1")[0]:
        run(get, f"{LOCK} could not be installed", **settings())
    if build:
        add = ["--no-deps", "--no-build-isolation", "--force-reinstall", "--editable"]
        # setuptools takes $x and {x} in the path of .venv for variables.
        more = {x: x for x in re.findall(r"[${](\w+)", ROOT) if x not in os.environ}
        run([*tool, "install", *add, "."], "the package could not be built", **more)
    if surplus := (chosen | {"uv"}) - kept:
        run([*tool, "uninstall", *surplus])
    site = sysconfig.get_path("purelib", "venv", {"base": VENV})
    there = {Line(x.name).name for x in distributions(path=[site])}
    if lost := {x.name for x in found if x.holds()} & kept - there:
        raise ValueError(f".venv lacks {', '.join(lost)}: was it installed elsewhere?")
    if text != read(LOCK):
        write(LOCK, text)
    names = ["pyproject.toml", LOCK, *(x[3:] for x in requirements(*SOURCES))]
    write(STAMP, stamp(mode, [*names, *map(str, Path(ROOT).glob("src/*/__init__.py"))]))
    say(f".venv is ready: {len(there)} packages, {MADE_BY[0]}")


def freeze(uv: str, flags: list[str]) -> str:
    """Return a new lock; pins stay unless they must change or the flags say so."""
    draft = os.path.join(VENV, LOCK)
    words = [f"--python-version=3.{floor()}", f"--output-file={draft}", *SOURCES]
    header = " ".join(["uv", *COMPILE, *words]).replace(draft, LOCK)
    more = settings() | {"UV_CUSTOM_COMPILE_COMMAND": header}
    if "uv" in tomllib.loads(read("pyproject.toml")).get("tool", {}):
        # The project's own settings count, such as a cooldown, and no others.
        more |= {"UV_NO_CONFIG": "0", "UV_NO_SYSTEM_CONFIG": "1"}
        more |= {"XDG_CONFIG_HOME": draft, "APPDATA": draft}
    write(draft, read(LOCK))
    done, said = run([uv, *COMPILE, *words, *flags], **more)
    if "missing an upload date" in said:
        say("the index tells no upload times, so nothing is too new for this lock")
        done, more["UV_EXCLUDE_NEWER"] = False, "false"
    if not done:
        run([uv, *COMPILE, *words, *flags], f"no new {LOCK}", **more)
    return read(draft)


def main(arguments: list[str]) -> int:
    """Do what the command line asks and return the exit status."""
    pairs, command = list[tuple[str, str]](), arguments
    if arguments and arguments[0].startswith("-"):
        from getopt import GetoptError, getopt  # slow to import

        try:
            pairs, command = getopt(arguments, "h", OPTIONS.split())
        except GetoptError as error:
            raise ValueError(f"{error.msg}: see ./bootstrap --help") from None
    options = dict(pairs)
    if {"-h", "--help"} & options.keys():
        sys.stdout.write(str(__doc__))
        return 0
    mode = "prod" if "--prod" in options else "dev"
    flags = [f"{k}={v}".rstrip("=") for k, v in pairs if k.startswith("--upgrade")]
    renew, fits = bool(flags) or "--lock" in options, read(STAMP) == stamp(mode)
    if "--check" in options:
        if not fits and read(STAMP) != stamp("prod"):
            raise ValueError(".venv is out of date: run ./bootstrap")
    elif renew or not fits or {"--python", "--export"} & options.keys():
        if sys.flags.no_site:
            return execute([BASE, "-I", __file__, ROOT, *arguments], mode)
        os.environ |= {"UV_OFFLINE": "1"} if "--offline" in options else {}
        if (asked := options.get("--python")) is not None:
            program = shutil.which(f"python{asked}") or shutil.which(asked) or ""
            done, said = run([os.path.abspath(program), "-ISc", PROBE])
            if not (asked and done and said):
                raise ValueError(f"--python {asked}: found no Python 3.11 or newer")
            if (python := os.path.realpath(said.strip())) != BASE:
                return execute([python, "-I", __file__, ROOT, *arguments], mode)
        with open(__file__, "rb") as file:  # locked until the last child ends
            if sys.platform == "win32":
                file.seek(1 << 30)  # past the end: all can read the file
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # for 10 s
                except OSError:
                    raise ValueError("another run is at work: wait for it") from None
            else:
                os.set_inheritable(file.fileno(), True)
                fcntl.flock(file, fcntl.LOCK_EX)
            if renew or read(STAMP) != stamp(mode):
                prepare(mode, flags, renew, CI or "--locked" in options)
            if path := options.get("--export"):
                export = [UV, *COMPILE, f"--python-version=3.{floor()}", "--no-deps"]
                export += ["--no-header", "--format=pylock.toml", CHOSEN]
                export += [f"--output-file={os.path.abspath(path)}"]
                run(export, f"{path} is not written", **settings())
    if not command and sys.stderr.isatty() and not CI:
        say("activate: " + (f'"{BIN}\\activate"' if WINDOWS else f". '{BIN}/activate'"))
    return execute(command, mode) if command else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[2:]))
    except (OSError, ValueError) as error:
        sys.exit(say(str(error)))
