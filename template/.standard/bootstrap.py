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
# command runs at once. Else this file runs again, with more imports, and does the work.
import os
import sys

if not sys.flags.no_site:
    sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
    sys.dont_write_bytecode = True  # half a file, as on a full disk, would not load
    try:
        import glob
        import re
        import shutil
        import subprocess
        import venv
        from importlib.metadata import distributions

        import lock
    except KeyboardInterrupt:
        sys.exit(130)

OPTIONS = "help prod check python= offline locked lock upgrade upgrade-package= export="
WINDOWS = sys.platform == "win32"
ROOT = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else ".")  # by the launcher
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if WINDOWS else "bin")
PYTHON, UV = (os.path.join(BIN, x + ".exe" * WINDOWS) for x in ("python", "uv"))
STAMP = os.path.join(VENV, "bootstrap.stamp")  # empty until .venv is ready
CHOSEN = os.path.join(VENV, "bootstrap.txt")  # the pins that pip and uv see
LOCK, PROD = "requirements_lock.txt", "requirements_prod.txt"
BASE = os.path.realpath(sys._base_executable)  # type: ignore[attr-defined]
MADE_BY = ["Python {}.{}".format(*sys.version_info), repr(BASE), repr(ROOT)]
CI = os.environ.get("CI", "").lower() not in ("", "0", "false")


def say(text: str) -> None:
    """Write one line for the user, control characters escaped."""
    text = "".join(x if x.isprintable() else repr(x)[1:-1] for x in text)
    print("bootstrap:", text, file=sys.stderr, flush=True)


def read(name: str) -> str:
    """Return the text of a file in ROOT, or nothing if there is no such file."""
    try:
        with open(os.path.join(ROOT, name), "rb") as file:
            return file.read().decode(errors="replace").replace("\r\n", "\n")
    except (FileNotFoundError, NotADirectoryError):
        return ""


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
        lines = read(name).split("\n")
        if name.endswith(".py"):
            lines = [line for line in lines if line.startswith("__version__")]
        texts += [name, str(len(lines)), *lines]
    return "\n".join([*texts, "end"])


def ready(mode: str) -> bool:
    """Return whether .venv is what the project's files ask for."""
    held = read(STAMP)
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
        text = f"cannot run {command[0]}: {error.strerror}"
        say(text if found else f"command not found: {command[0]}")
        return 126 if found else 127


def run(
    command: list[str], more: dict[str, str] | None = None, quiet: bool = False
) -> tuple[bool, str]:
    """Run pip or uv, led nowhere else; return whether it succeeds, and its output."""
    live = sys.stderr.isatty() and not CI and not quiet
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if live else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            close_fds=False,  # the lock of `main` holds until the last child is gone
            cwd=ROOT,
            env=lock.environment(PYTHON) | (more or {}),
            errors="replace",
        ) as done:
            said = done.communicate()[0] or ""
    except OSError:
        return False, ""
    if done.returncode and not quiet:
        # Of a crash of pip, only the last line tells what is wrong.
        sys.stderr.write(re.sub(r"(?m)^Traceback .*\n(?:[ \t].*\n)*", "", said))
    return not done.returncode, said


def freeze(uv: str, flags: list[str]) -> str:
    """Return a new lock; pins stay unless they must change or the flags say so."""
    draft, header = os.path.join(VENV, LOCK), lock.command(ROOT)
    write(draft, read(LOCK))
    command = [uv, *lock.command(ROOT, draft)[1:], *flags]
    more = lock.settings() | lock.project_settings(ROOT)
    done, said = run(command, more, quiet=True)
    if "missing an upload date" in said:
        say("the index tells no upload times, so nothing is too new for this lock")
        more |= {"UV_EXCLUDE_NEWER": "false"}
    if not done or "UV_EXCLUDE_NEWER" in more:
        done, _ = run(command, more)
    if not done:
        raise ValueError(f"no new {LOCK}, for the reason above: it is unchanged")
    first, _, rest = read(draft).split("\n", 2)
    text = f"{first}\n#    {' '.join(header)}\n{rest}"
    if reason := lock.outdated(ROOT, text):
        raise ValueError(f"no new {LOCK}: {reason}")
    return text


def refuse_links() -> None:
    """Raise ValueError if .venv, or a folder in it, is a link: it belongs elsewhere."""
    inside = [VENV, STAMP]
    for depth in ("*/", "lib/*/", "lib/*/*/", "lib/*/*/*/"):
        inside += glob.glob(os.path.join(glob.escape(VENV), depth))
    for path in map(os.path.normpath, inside):
        if os.path.realpath(path) != path and os.path.basename(path) != "lib64":
            raise ValueError(f"{path} is a link: remove it")


def claim() -> None:
    """Make .venv anew, if this program made it before."""
    if os.pathsep in ROOT or not ROOT.isprintable():
        raise ValueError(f"no PATH can name {ROOT!r}: rename the folder")
    os.makedirs(VENV, exist_ok=True)
    if os.listdir(VENV) and not os.path.exists(STAMP):
        raise ValueError(f"{VENV} was made by something else: move it away")
    write(STAMP, "")
    for entry in os.scandir(VENV):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        elif entry.path != STAMP:
            os.remove(entry.path)
    venv.EnvBuilder(symlinks=not WINDOWS).create(VENV)


def prepare(mode: str, flags: list[str], renew: bool, locked: bool) -> None:
    """Make .venv match the lock, and the lock match the requirements."""
    with open(os.path.join(ROOT, PROD), "rb") as file:
        if (data := file.read()).startswith(b"\xef\xbb\xbf"):
            write(file.name, data[3:].decode())
            say(f"{PROD}: removed the byte order mark, which setuptools cannot read")
    text = lock.read(os.path.join(ROOT, LOCK)) if read(LOCK) else ""
    reason = lock.outdated(ROOT, text) or ("as asked" if renew else "")
    if reason and locked and not renew:
        raise ValueError(f"{reason}: run ./bootstrap --lock and commit it")
    by_uv = os.environ.get("BOOTSTRAP_UV") != "0"
    pin = "".join(x.line for x in lock.pins(text) if x.name == "uv" and by_uv)
    same = read(STAMP).split("\t")[:3] == MADE_BY and run([PYTHON, "-ISc", ""])[0]
    # uv is one on PATH, or that of a sound .venv, or pip gets the one of the lock.
    folders = [x for x in os.environ.get("PATH", "").split(os.pathsep) if x != BIN]
    uv = shutil.which("uv", path=os.pathsep.join(folders)) or (UV if same else "")
    uv = uv if uv and by_uv and run([uv, "--version"], quiet=True)[0] else ""
    if reason and not uv and not pin:
        raise ValueError(f"{reason}: only uv can renew it: install uv")
    if not (uv and same):
        claim()
    get = ["install", "--no-deps", "--require-hashes", "--requirement", CHOSEN]
    if pin and not uv:
        write(CHOSEN, pin)
        uv = UV if run([*lock.pip(PYTHON), *get], lock.settings())[0] else ""
    if reason:
        say(f"{reason}: renewing it")
        text = freeze(uv, flags)
    write(STAMP, "")
    count = install([uv, "pip"] if uv else lock.pip(PYTHON), get, text, mode)
    if text != read(LOCK):
        write(os.path.join(ROOT, LOCK), text)
    inputs = ["pyproject.toml", LOCK]
    inputs += (x[3:] for x in lock.requirements(ROOT, *lock.sources(ROOT)))
    inputs += glob.glob("src/*/__init__.py", root_dir=ROOT)
    write(STAMP, stamp(mode, inputs))
    say(f".venv is ready: {count} packages by {'uv' if uv else 'pip'}, {MADE_BY[0]}")


def install(tool: list[str], get: list[str], text: str, mode: str) -> int:
    """Install exactly the pins, and the project if it is a package; count them."""
    build, pins = lock.build_requires(ROOT), lock.pins(text)
    names = {x.name for x in pins}
    if build - names:
        raise ValueError(f"{LOCK} lacks {', '.join(build - names)}: add it")
    asked = {x.name for each in lock.requirements(ROOT, PROD).values() for x in each}
    kept = lock.needed(pins, asked) if mode == "prod" else names
    # Production does not keep what builds the package: it is installed, then removed.
    chosen = lock.needed(pins, kept | build)
    write(CHOSEN, "".join(x.line for x in pins if x.name in chosen))
    by_uv = tool[1:] == ["pip"]
    get = [*tool, *get, *["--exact"] * by_uv]
    # With all in uv's cache, there is nothing to ask the index.
    done = by_uv and run(get, {"UV_OFFLINE": "1"}, quiet=True)[0]
    if not done and not run(get, lock.settings())[0]:
        offline = ": --offline" if "UV_OFFLINE" in os.environ else ""
        raise ValueError(f"{LOCK} could not be installed, see above{offline}")
    add = ["--no-deps", "--no-build-isolation", "--force-reinstall", "--editable", "."]
    # setuptools takes $x and {x} in the path of .venv for variables.
    more = {x: x for x in re.findall(r"[${](\w+)", ROOT) if x not in os.environ}
    if build and not run([*tool, "install", *add], more)[0]:
        raise ValueError("the package could not be built, for the reason above")
    surplus = (chosen | {"pip", "setuptools", "uv", "wheel"}) - kept
    run([*tool, "uninstall", *sorted(surplus)], quiet=True)
    site = "Lib/site-packages" if WINDOWS else "lib/*/site-packages"
    there = list(distributions(path=glob.glob(f"{glob.escape(VENV)}/{site}")))
    if lost := lock.lacking(pins, kept, {x.name: x.version for x in there}):
        raise ValueError(f".venv lacks {', '.join(lost[:5])}: installed elsewhere?")
    return len(there)


def choose(asked: str) -> str:
    """Return the Python of a version such as 3.12, or of a path."""
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    paths = glob.glob(f"{glob.escape(pyenv)}/versions/{glob.escape(asked)}*/bin/python")
    code = "import sys; print('{}.{}'.format(*sys.version_info), sys._base_executable)"
    for program in [asked, f"python{asked}", *paths]:
        _, said = run([program, "-ESc", code], quiet=True)
        version, _, base = said.strip().partition(" ")
        if version and (asked.startswith(version) or not asked[0].isdigit()):
            return os.path.realpath(base)
    raise ValueError(f"found no Python {asked}: use --python PATH")


def main(arguments: list[str]) -> int:
    """Do what the command line asks and return the exit status."""
    pairs: list[tuple[str, str]] = []
    command = arguments
    if arguments and arguments[0].startswith("-"):
        from getopt import GetoptError, getopt  # slow to import

        try:
            pairs, command = getopt(arguments, "h", OPTIONS.split())
        except GetoptError as error:
            raise ValueError(f"{error.msg}: see ./bootstrap --help") from None
    if command and not command[0]:
        raise ValueError("the name of the command is empty")
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
            raise ValueError(".venv is out of date: run ./bootstrap")
        if "--python" in options and (python := choose(options["--python"])) != BASE:
            return become([python, "-I", __file__, ROOT, *arguments])
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
            if not run([UV, "pip", "compile", *export], lock.settings())[0]:
                raise ValueError(f"{path} is not written, for the reason above")
        os.close(handle)
    if not command and sys.stderr.isatty() and not CI:
        line = f'"{BIN}\\activate"' if WINDOWS else f". '{BIN}/activate'"
        say(f"activate: {line}")
    return execute(command, mode) if command else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[2:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except ValueError as error:
        say(str(error))
    except OSError as error:
        say(f"{error.filename or ROOT}: {error.strerror}")
    sys.exit(1)
