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

BOOTSTRAP_UV=0 leaves everything to pip. pip's index settings count for uv, too.
"""

# The stamp in .venv is a copy of all that .venv was made from. While it is true, the
# command runs at once. Else this file runs again, with these imports, and does the work.
import os
import sys

if not sys.flags.no_site:
    import glob
    import re
    import shutil
    import subprocess
    import venv
    from importlib.metadata import distributions
    from typing import Any

    WHEELS = glob.glob(f"{os.path.dirname(os.__file__)}/ensurepip/_bundled/pip-*.whl")
    WHEELS += glob.glob("/usr/share/python-wheels/pip-*.whl")  # Debian's
    sys.path[:0] = WHEELS[:1]
    try:
        import pip  # type: ignore[import-not-found, unused-ignore]
        from pip._vendor.packaging.requirements import (  # type: ignore[import-not-found, unused-ignore]
            Requirement,
        )
    except ImportError:
        sys.exit(f"bootstrap: {sys.executable} has no pip: install python3-venv or so")

OPTIONS = ["help", "prod", "check", "python=", "offline", "locked", "lock", "upgrade"]
OPTIONS += ["upgrade-package=", "export="]
WINDOWS = sys.platform == "win32"
ROOT = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else ".")  # by the launcher
HERE = os.path.dirname(os.path.realpath(__file__))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if WINDOWS else "bin")
PYTHON, UV = (os.path.join(BIN, x + ".exe" * WINDOWS) for x in ("python", "uv"))
STAMP = os.path.join(VENV, "bootstrap.stamp")  # empty until .venv is ready
CHOSEN = os.path.join(VENV, "bootstrap.txt")  # the pins that pip and uv see
PYPROJECT, LOCK = "pyproject.toml", "requirements_lock.txt"
PROD, DEV = "requirements_prod.txt", "requirements_dev.txt"
BASE = os.path.realpath(sys._base_executable)  # type: ignore[attr-defined]
MADE_BY = ["{}.{}".format(*sys.version_info), repr(BASE), repr(ROOT)]
CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
# pip's settings of the index, and uv's variables for the same.
SETTINGS = """index-url=UV_DEFAULT_INDEX extra-index-url=UV_INDEX find-links=UV_FIND_LINKS
    trusted-host=UV_INSECURE_HOST cert=SSL_CERT_FILE client-cert=SSL_CLIENT_CERT
    proxy=ALL_PROXY timeout=UV_HTTP_TIMEOUT retries=UV_HTTP_RETRIES cache-dir=_
    keyring-provider=UV_KEYRING_PROVIDER no-index=_"""
# Other variables of these tools may say what to install, or where.
HARMFUL = (
    r"CONDA_PREFIX|PIP_|PYTHON|VIRTUAL_ENV|UV_(?!CACHE_DIR|CONCURRENT|CREDENTIALS|"
)
HARMFUL += "DEFAULT_INDEX|EXCLUDE_NEWER|EXTRA_INDEX|FIND_LINKS|HTTP_|INDEX|INSECURE_|"
HARMFUL += "KEYRING_|LINK_MODE|NATIVE_TLS|NO_CACHE|OFFLINE|SYSTEM_CERTS)"


class UserError(Exception):
    """The text is the one line that the user gets."""


def say(text: str) -> None:
    """Write one line for the user, control characters escaped."""
    text = "".join(x if x.isprintable() else repr(x)[1:-1] for x in text)
    print("bootstrap:", text, file=sys.stderr, flush=True)


def read(name: str, errors: str = "strict") -> str:
    """Return the text of a file in ROOT, or nothing if there is no such file."""
    try:
        with open(os.path.join(ROOT, name), "rb") as file:
            data = file.read().removeprefix(b"\xef\xbb\xbf")
        return data.decode(errors=errors).replace("\r\n", "\n")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except UnicodeDecodeError:
        raise UserError(f"{name} is not UTF-8: save it as UTF-8") from None


def write(path: str, text: str) -> None:
    """Replace a file at once. A link that somebody put there is not followed."""
    if os.path.lexists(path + ".new"):
        os.remove(path + ".new")
    with open(path + ".new", "x", encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.replace(path + ".new", path)


def stamp(mode: str, names: list[str]) -> str:
    """Return what the stamp holds if .venv was made from these files as they are."""
    texts = ["\t".join([*MADE_BY, mode, *names])]
    for name in names:
        lines = read(name, "replace").split("\n")
        if name.endswith(".py"):
            lines = [line for line in lines if line.startswith("__version__")]
        texts += [name, str(len(lines)), *lines]
    return "\n".join([*texts, "end"])


def ready(mode: str) -> bool:
    """Return whether .venv is what the project's files ask for."""
    held = read(STAMP, "replace")
    names = held.partition("\n")[0].split("\t")[4:]
    usable = os.path.isfile(PYTHON) and os.access(PYTHON, os.X_OK)
    return bool(names) and usable and held == stamp(mode, names)


def execute(command: list[str], mode: str) -> int:
    """Become the command, inside .venv; return its status where that is impossible."""
    path = BIN + os.pathsep + os.environ.get("PATH", os.defpath)
    os.environ.update(VIRTUAL_ENV=VENV, PATH=path)
    os.environ.pop("PYTHONHOME", None)
    script = os.path.join(BIN, command[0])
    if os.sep in command[0] or not os.path.isfile(script):
        if mode == "prod" and f"\n{command[0]}==" in read(LOCK).replace("[", "=="):
            say(f"{command[0]} is not in .venv: --prod leaves out development tools")
            return 127
        return become(command)
    if os.access(script, os.R_OK):
        # The first line of a script fails if the path is long or has quotes in it.
        with open(script, "rb") as file:
            head = file.readline(4096) + file.readline(4096)
        if head[:2] == b"#!" and b"python" in head:
            return become([PYTHON, script, *command[1:]])
    return become(command, script)  # by its path: none elsewhere on PATH


def become(command: list[str], program: str = "") -> int:
    """Go on as another program; return its status where that is impossible."""
    try:
        if sys.platform == "win32":
            import subprocess

            return subprocess.call([program or command[0], *command[1:]])
        import _signal  # type: ignore[import-not-found]  # signal is slow to import

        for name in ("SIGPIPE", "SIGXFSZ"):  # Python ignores them, programs do not
            _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
        os.execvp(program or command[0], command)
    except OSError as error:
        found = not isinstance(error, (FileNotFoundError, NotADirectoryError))
        reason = f"cannot run ({error.strerror})" if found else "command not found"
        say(f"{reason}: {command[0]}")
        return 126 if found else 127


def requirement(text: str) -> "Any":
    """Parse a requirement (PEP 508) and normalize its name (PEP 503)."""
    found: Any = Requirement(text)
    found.name = re.sub(r"[-_.]+", "-", found.name).lower()
    return found


def requirements(*files: str) -> "dict[str, list[Any]]":
    """Return what files ask for, by reason as the lock tells it, such as "-r x.txt"."""
    found: dict[str, list[Any]] = {}
    for reason in (queue := [f"-r {file}" for file in files]):
        file, found[reason] = reason[3:], []
        for number, text in enumerate(read(file).split("\n"), 1):
            line = re.sub(r"(^|\s)#.*", "", text).strip()
            place = f"{file}, line {number}: {line!r}"
            more = re.match(r"(-r|-c|--requirement|--constraint)[\s=]*(.+)", line)
            if line[:1] == "-" and file == PROD and PROD in read(PYPROJECT):
                raise UserError(f"{place}: setuptools takes no options in this file")
            if more:
                path = os.path.normpath(os.path.join(file, "..", more[2]))
                kind = "-c" if reason[:2] == "-c" or "c" in more[1][:3] else "-r"
                queue += {f"{kind} {path}".replace("\\", "/")} - {*queue}
            elif line and (line[0] != "-" or line.startswith(("-e", "--editable"))):
                try:
                    found[reason].append(requirement(line))
                    local = found[reason][-1].url or line.endswith((".whl", "gz"))
                except ValueError:
                    local = True
                if local:
                    way = "publish it to a package index and write name==version"
                    raise UserError(f"{place} cannot be locked with a hash: {way}")
    return found


def pins(lock: str) -> "list[Any]":
    """Return the pins of a lock. Nothing else in it reaches pip and uv."""
    found: list[Any] = []
    marker = r"""(?: *;(?:[\w ()<>=!~]|'[\w.*+-]*'|"[\w.*+-]*")+)?"""
    pinned = rf"([A-Za-z0-9][\w.-]*(?:\[[\w., -]+\])?==[\w.!+]+{marker})"
    pinned = rf"({pinned}(?: +--hash=sha256:[0-9a-f]{{64}})+)(?: +#.*)? *"
    for line in re.sub(r"[ \t]*\\\n[ \t]*", " ", lock).split("\n"):
        via = re.fullmatch(r" +#(?: +via\b)? +(?!via$)(.+)", line)
        if pin := re.fullmatch(pinned, line, re.ASCII):
            found.append(requirement(pin[2]))
            found[-1].line, found[-1].via = pin[1] + "\n", set()
        elif not re.fullmatch(r"\s*(#.*)?", line) or not line.isprintable():
            shown = re.sub(r"[^\s=]*://\S*|[^\s=]+@\S+", "...", line)[:80]  # secrets
            what = f"is neither a pin with sha256 hashes nor a comment: {shown!r}"
            raise UserError(f"{LOCK}: this line {what}. Remove it, or delete the file")
        elif via and found:
            found[-1].via.add(via[1])
    return found


def needed(found: "list[Any]", names: set[str]) -> set[str]:
    """Return these names and all that they lead to, by the lock's comments."""
    while more := {x.name for x in found if x.via & names} - names:
        names = names | more
    return names


def sources() -> list[str]:
    """Return the files that the lock is made from."""
    docs = os.path.relpath(os.path.join(HERE, "requirements_docs.txt"), ROOT)
    return [DEV, PROD, *([docs] if os.path.isfile(os.path.join(ROOT, docs)) else [])]


def outdated(lock: str, floor: str) -> str:
    """Return why a lock does not fit the project's files; nothing if it does."""
    made = re.search(r"(?m)^#.*(?:--python-version[= ]|requires-python: >=)(\S+)", lock)
    found, asked = pins(lock), requirements(*sources())
    wishes = [(reason, wish) for reason in asked for wish in asked[reason]]
    direct = {wish.name for reason, wish in wishes if reason[1] == "r"}
    if not made or made[1] != floor:
        return f"{LOCK} is not for Python {floor}" if lock else f"{LOCK} is missing"
    if lost := {x.name for x in found} - needed(found, direct):
        return f"{LOCK} pins what nothing needs: {', '.join(sorted(lost))}"
    # A marker is compared by what it means on each system and Python.
    keys = ("sys_platform", "os_name", "platform_system", "python_version")
    for system in ("linux posix Linux", "darwin posix Darwin", "win32 nt Windows"):
        for minor in range(int(floor[2:]), 17):
            world = dict(zip(keys, [*system.split(), f"3.{minor}"], strict=True))
            world["python_full_version"] = f"3.{minor}.0"
            here = [x for x in found if not x.marker or x.marker.evaluate(world)]
            for reason, wish in wishes:
                if wish.marker and not wish.marker.evaluate(world):
                    continue
                same = [x for x in here if x.name == wish.name]
                fits = all(
                    wish.specifier.contains(str(x.specifier)[2:], prereleases=True)
                    and wish.extras <= x.extras
                    for x in same
                )
                if not fits or (not same and reason[1] == "r"):
                    return f"{LOCK} does not fit {str(wish)!r} in {reason[3:]}"
    return ""


def run(
    command: list[str], more: "dict[str, str] | None" = None, quiet: bool = False
) -> "str | None":
    """Run pip or uv, led nowhere else; return its output, None if it fails."""
    env = {k: v for k, v in os.environ.items() if not re.match(HARMFUL, k)}
    env |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    env |= {"PIP_NO_INPUT": "1", "PIP_YES": "1", "UV_PYTHON": PYTHON}
    env |= {"UV_NO_CONFIG": "1", "UV_NO_SOURCES": "1", **(more or {})}
    env |= {"PIP_NO_INDEX": "1"} if "UV_OFFLINE" in env else {}
    cache = os.path.expanduser(env.get("XDG_CACHE_HOME") or "~/.cache")
    cache = os.path.abspath(env.get("UV_CACHE_DIR") or cache)
    while not os.path.exists(cache):
        cache = os.path.dirname(cache)
    if not os.access(cache, os.W_OK):
        env |= {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
    live = sys.stderr.isatty() and not CI and not quiet
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if live else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            close_fds=False,  # the lock of `main` holds until the last child is gone
            cwd=ROOT,
            env=env,
            errors="replace",
            check=False,
        )
    except OSError:
        return None
    if done.returncode and not quiet:
        # Of a crash of pip, only the last line tells what is wrong.
        stack = r"(?m)^Traceback .*\n(?:[ \t].*\n)*"
        sys.stderr.write(re.sub(stack, "", done.stdout or ""))
    return None if done.returncode else done.stdout or ""


def run_pip(python: str) -> list[str]:
    """Return how to start the pip of this Python for the environment of another."""
    folder = os.path.dirname(pip.__file__)
    runner = folder if WHEELS else os.path.join(folder, "__pip-runner__.py")
    return [python, "-Iu", runner]


def settings() -> dict[str, str]:
    """Return the index settings of pip, as variables for pip and for uv."""
    told, said = {"_": ""}, ""
    own = os.path.join(HERE, "pip.conf")  # which an organisation may add
    for more in [{}, {"PIP_CONFIG_FILE": own}][: 1 + os.path.isfile(own)]:
        command = [*run_pip(BASE), "--log", os.devnull, "config", "list"]
        env = {**os.environ, "PIP_QUIET": "0", **more}
        said += subprocess.check_output(command, env=env, text=True)
    names = dict(x.split("=") for x in SETTINGS.split())
    for section in ("global", "install", ":env:"):
        entry = rf"(?m)^{section}\.(?:default-)?([\w-]+)='(.*)'$"
        for key, value in re.findall(entry, said):
            if key in names:
                values = value.replace("\\n", " ").split()
                told["PIP_" + key.upper().replace("-", "_")] = " ".join(values)
                told[names[key]] = ("," if key == "find-links" else " ").join(values)
    if told.get("PIP_NO_INDEX") in ("1", "true"):
        told["UV_DEFAULT_INDEX"] = "file:///no-index"
    return told | {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # as pip does


def freeze(uv: str, flags: list[str], floor: str) -> str:
    """Return a new lock; pins stay unless they must change or the flags say so."""
    draft = os.path.join(VENV, LOCK)
    write(draft, read(LOCK))
    command = ["uv", "pip", "compile", "--universal", "--generate-hashes"]
    command += ["--no-strip-extras", f"--python-version={floor}"]
    line = " ".join([*command, f"--output-file={LOCK}", *sources()])
    command = [uv, *command[1:], f"--output-file={draft}", *flags, *sources()]
    more = settings() | dict.fromkeys(("XDG_CONFIG_HOME", "APPDATA"), VENV)
    more |= {"UV_NO_SYSTEM_CONFIG": "1"}
    # What the project itself tells uv counts here: a cooldown, or overrides.
    tables = read("uv.toml") or re.search(r"(?m)^\[+tool\.uv\b", read(PYPROJECT))
    more |= {"UV_NO_CONFIG": "0"} if tables else {}
    said = run(command, more)
    if "missing an upload date" in (said or ""):
        say("the index tells no upload times, so nothing is too new for this lock")
        said = run(command, more | {"UV_EXCLUDE_NEWER": "false"})
    if said is None:
        raise UserError(f"no new {LOCK}, for the reason above: it is unchanged")
    first, _, *rest = read(draft).split("\n")
    return "\n".join([first, f"#    {line}", *rest])


def refuse_links() -> None:
    """Raise UserError if .venv, or a folder in it, is a link: it belongs elsewhere."""
    inside = [STAMP]
    for depth in ("", "*/", "lib/*/", "lib/*/*/", "lib/*/*/*/"):
        inside += glob.glob(os.path.join(glob.escape(VENV), depth))
    for path in map(os.path.normpath, inside):
        if os.path.realpath(path) != path and os.path.basename(path) != "lib64":
            raise UserError(f"{path} is a link: remove it")
    if os.path.islink(VENV):
        raise UserError(f"{VENV} is a link: remove it")


def claim() -> None:
    """Make .venv anew, if this program made it before."""
    if os.pathsep in ROOT or not ROOT.isprintable():
        raise UserError(f"no PATH can name {ROOT!r}: rename the folder")
    if not os.path.lexists(VENV):
        os.mkdir(VENV)
    if not os.path.isdir(VENV) or (os.listdir(VENV) and not os.path.exists(STAMP)):
        raise UserError(f"{VENV} was made by something else: move it away")
    write(STAMP, "")
    for entry in os.scandir(VENV):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        elif entry.path != STAMP:
            os.remove(entry.path)
    venv.EnvBuilder(symlinks=not WINDOWS).create(VENV)


def prepare(mode: str, flags: list[str], renew: bool, locked: bool) -> None:
    """Make .venv match the lock, and the lock the requirements."""
    with open(os.path.join(ROOT, PROD), "rb") as file:
        if file.read(3) == b"\xef\xbb\xbf":
            write(file.name, read(PROD))
            say(f"{PROD}: removed the byte order mark, which setuptools cannot read")
    floor = re.search(r"(?m)^requires-python.*?[>~=]= *(\d+\.\d+)", read(PYPROJECT))
    if not floor:
        raise UserError(f'{PYPROJECT}: requires-python needs a floor, as in ">=3.11"')
    lock = read(LOCK)
    reason = outdated(lock, floor[1]) or ("as asked" if renew else "")
    if reason and locked and not renew:
        raise UserError(f"{reason}: run ./bootstrap --lock and commit it")
    by_uv = os.environ.get("BOOTSTRAP_UV") != "0"
    pin = "".join(x.line for x in pins(lock) if x.name == "uv" and by_uv)
    same = read(STAMP, "replace").split("\t")[:3] == MADE_BY
    path = os.environ.get("PATH", "").split(os.pathsep)
    uv = shutil.which("uv", path=os.pathsep.join(x for x in path if x != BIN))
    uv = uv or (UV if same and run([UV, "--version"], quiet=True) else None)
    uv = uv if by_uv else None
    if reason and not uv and not pin:
        raise UserError(f"{reason}: only uv can renew it: install uv")
    if not (uv and same):
        claim()
    get = ["install", "--no-deps", "--require-hashes", "--requirement", CHOSEN]
    if pin and not uv:
        write(CHOSEN, pin)
        uv = UV if run([*run_pip(PYTHON), *get], settings()) is not None else None
    if reason:
        say(f"{reason}: renewing it")
        lock = freeze(uv or "", flags, floor[1])
        if reason := outdated(lock, floor[1]):
            raise UserError(f"no new lock: {reason}")
    write(STAMP, "")
    found = pins(lock)
    names = {x.name for x in found}
    table = re.search(
        r"(?ms)^\[build-system\].*?^requires *= *\[(.*?)\]", read(PYPROJECT)
    )
    texts = re.findall("[\"'](.*?)[\"']", table[1] if table else "")
    build = {requirement(text).name for text in texts}
    if build - names:
        raise UserError(f"{LOCK} lacks {', '.join(build - names)}: add it to {DEV}")
    asked = {x.name for each in requirements(PROD).values() for x in each}
    kept = names & needed(found, asked) if mode == "prod" else names
    # What builds the package is no part of production: it comes, and goes again.
    chosen = names & needed(found, kept | build)
    write(CHOSEN, "".join(x.line for x in found if x.name in chosen))
    tool = [uv, "pip"] if uv else run_pip(PYTHON)
    get += ["--exact"] if uv else []
    # With all in uv's cache, there is nothing to ask the index.
    done = run([*tool, *get], {"UV_OFFLINE": "1"}, True) if uv else None
    if done is None and run([*tool, *get], settings()) is None:
        hint = ": run this without --offline" if "UV_OFFLINE" in os.environ else ""
        raise UserError(f"{LOCK} could not be installed, for the reason above{hint}")
    if build:
        add = ["--no-deps", "--no-build-isolation", "--force-reinstall", "-e", "."]
        # setuptools takes $x and {x} in the path of .venv for variables.
        more = {x: x for x in re.findall(r"[${](\w+)", ROOT) if x not in os.environ}
        if run([*tool, "install", *add], more) is None:
            raise UserError("the package could not be built, for the reason above")
    surplus = (chosen | {"pip", "setuptools", "uv", "wheel"}) - kept
    run([*tool, "uninstall", *sorted(surplus)], quiet=True)
    site = "Lib/site-packages" if WINDOWS else "lib/*/site-packages"
    there = distributions(path=glob.glob(f"{glob.escape(VENV)}/{site}"))
    have = {re.sub(r"[-_.]+", "-", x.name).lower(): x.version for x in there}
    for x in found:
        if x.name in kept and (not x.marker or x.marker.evaluate()):
            if x.name not in have or not x.specifier.contains(have[x.name], True):
                raise UserError(f".venv lacks {x}: it was installed elsewhere?")
    if lock != read(LOCK):
        write(os.path.join(ROOT, LOCK), lock)
    inputs = [PYPROJECT, LOCK, *(x[3:] for x in requirements(*sources()))]
    inputs += glob.glob("src/*/__init__.py", root_dir=ROOT)
    write(STAMP, stamp(mode, inputs))
    how = "uv" if uv else "pip"
    say(f".venv is ready: {len(have)} packages by {how}, Python {MADE_BY[0]}")


def choose(asked: str) -> str:
    """Return the Python of a version such as 3.12, or of a path."""
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    paths = glob.glob(f"{glob.escape(pyenv)}/versions/{glob.escape(asked)}*/bin/python")
    code = "import sys; print('{}.{}'.format(*sys.version_info), sys._base_executable)"
    for program in [asked, f"python{asked}", *paths]:
        said = run([program, "-ESc", code], quiet=True) or ""
        version, _, base = said.strip().partition(" ")
        if version and (asked.startswith(version) or not asked[0].isdigit()):
            return os.path.realpath(base)
    raise UserError(f"found no Python {asked}: use --python PATH")


def main(arguments: list[str]) -> int:
    """Do what the command line asks and return the exit status."""
    pairs: list[tuple[str, str]] = []
    command = arguments
    if arguments and arguments[0].startswith("-"):
        from getopt import GetoptError, getopt  # slow to import

        try:
            pairs, command = getopt(arguments, "h", OPTIONS)
        except GetoptError as error:
            raise UserError(f"{error.msg}: see ./bootstrap --help") from None
    options = dict(pairs)
    if {"-h", "--help"} & options.keys():
        sys.stdout.write(str(__doc__))
        return 0
    mode = "prod" if "--prod" in options else "dev"
    flags = [f"{k}={v}".rstrip("=") for k, v in pairs if k.startswith("--upgrade")]
    renew, checks = "--lock" in options or bool(flags), "--check" in options
    done = ready(mode) or (checks and ready("prod"))
    if not done or renew or {"--python", "--export"} & options.keys():
        if sys.flags.no_site:
            return become([BASE, "-I", __file__, ROOT, *arguments])
        refuse_links()
        if checks:
            raise UserError(".venv is out of date: run ./bootstrap")
        asked = choose(options["--python"]) if "--python" in options else BASE
        if asked != BASE:
            return become([asked, "-I", __file__, ROOT, *arguments])
        if "--offline" in options:
            os.environ["UV_OFFLINE"] = "1"
        handle = os.open(__file__ if WINDOWS else ROOT, os.O_RDONLY)
        if sys.platform != "win32":
            import fcntl

            os.set_inheritable(handle, True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        if renew or not ready(mode):
            prepare(mode, flags, renew, CI or "--locked" in options)
        if path := options.get("--export"):
            export = ["--universal", "--no-deps", "--generate-hashes", CHOSEN]
            export += ["--format=pylock.toml", f"--output-file={os.path.abspath(path)}"]
            if run([UV, "pip", "compile", *export], settings()) is None:
                raise UserError(f"{path} is not written, for the reason above")
        os.close(handle)
    return execute(command, mode) if command else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[2:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except UserError as error:
        say(str(error))
    except OSError as error:
        say(f"{error.filename or ROOT}: {error.strerror}")
    sys.exit(1)
