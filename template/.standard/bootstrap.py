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
import _signal  # type: ignore[import-not-found]  # `signal` is slow to import
import os
import sys

ROOT = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else ".")  # by the launcher
if __name__ == "__main__" and _signal.getsignal(_signal.SIGINT) != _signal.SIG_IGN:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # no traceback on Ctrl-C
if not sys.flags.no_site:
    sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
    sys.dont_write_bytecode = True  # half a file, as on a full disk, would not load
    import re
    import shutil
    import subprocess
    import sysconfig
    import venv
    from importlib.metadata import distributions
    from pathlib import Path

    import lock

WINDOWS = os.name == "nt"
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if WINDOWS else "bin")
PYTHON, UV = (os.path.join(BIN, x + ".exe" * WINDOWS) for x in ("python", "uv"))
STAMP = os.path.join(VENV, "bootstrap.stamp")  # empty until .venv is ready
CHOSEN = os.path.join(VENV, "bootstrap.txt")  # the pins that pip and uv see
LOCK, PROD = "requirements_lock.txt", "requirements_prod.txt"
BASE = os.path.realpath(sys._base_executable)  # type: ignore[attr-defined]
MADE_BY = ["Python {}.{}".format(*sys.version_info), repr(BASE), repr(ROOT)]
CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
OPTIONS = "help prod check python= offline locked lock upgrade upgrade-package= export="
LOCKED: list[int] = []  # the handle of ROOT, which is locked until the last child ends


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


def stamp(mode: str, names: list[str]) -> str:
    """Return what the stamp holds if .venv was made from these files as they are."""
    texts = ["\t".join([*MADE_BY, mode, *names])]
    for name in names:
        lines = read(name).split("\n")
        if name.endswith(".py"):
            lines = [line for line in lines if line.startswith("__version__")]
        texts += [name, *lines]
    return "\n".join(texts)


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
    name, script = command[0], os.path.join(BIN, command[0])
    if os.sep in name or not os.path.isfile(script):
        if mode == "prod" and f"\n{name}==" in read(LOCK).replace("[", "=="):
            say(f"{name} is not in .venv: --prod leaves out development tools")
            return 127
        return become(name, command)
    # The first line of a script fails if the path is long or has quotes in it.
    with open(script, "rb") as file:
        head = file.readline(4096) + file.readline(4096)
    if head[:2] == b"#!" and b"python" in head:
        return become(PYTHON, [PYTHON, script, *command[1:]])
    return become(script, command)  # by its path: none elsewhere on PATH


def become(program: str, command: list[str]) -> int:
    """Go on as another program; return its status where that is impossible."""
    try:
        if WINDOWS:
            import subprocess

            return subprocess.call([program, *command[1:]])
        for name in ("SIGPIPE", "SIGXFSZ"):  # Python ignores them, programs do not
            _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
        os.execvp(program, command)
    except (FileNotFoundError, NotADirectoryError):
        say(f"command not found: {command[0]}")
        return 127
    except OSError as error:
        say(f"cannot run {command[0]}: {error.strerror}")
        return 126


def write(path: str, text: str) -> None:
    """Replace a file at once. A link that somebody put there is not followed."""
    draft = Path(f"{path}.new")
    draft.unlink(missing_ok=True)
    draft.write_text(text, "utf-8", newline="")
    draft.replace(path)


def run(command: list[str], failure: str = "", **more: str) -> tuple[bool, str]:
    """Run pip or uv; return whether it succeeds, and its output.

    With `failure`, the user sees the output, and a ValueError has that text.
    """
    live = failure and sys.stderr.isatty() and not CI
    try:
        done = subprocess.run(
            command,
            check=False,
            cwd=ROOT,
            env=lock.environment(PYTHON) | more,
            errors="replace",
            pass_fds=LOCKED,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if live else subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except OSError:
        return False, ""
    said = done.stdout or ""
    if done.returncode and failure:
        # Of a crash of pip, only the last line tells what is wrong.
        sys.stderr.write(re.sub(r"(?m)^Traceback .*\n(?:[ \t].*\n)*", "", said))
        raise ValueError(f"{failure}, for the reason above")
    return not done.returncode, said


def claim() -> None:
    """Make .venv from nothing, if this program made it before."""
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
    data = Path(ROOT, PROD).read_bytes()
    if data.startswith(b"\xef\xbb\xbf"):
        write(os.path.join(ROOT, PROD), data[3:].decode())
        say(f"{PROD}: removed the byte order mark, which setuptools cannot read")
    text = lock.read(os.path.join(ROOT, LOCK)) if read(LOCK) else ""
    reason = lock.outdated(ROOT, text) or ("as asked" if renew else "")
    if reason and locked and not renew:
        raise ValueError(f"{reason}: run ./bootstrap --lock and commit it")
    # A link in .venv would lead to the environment of another checkout.
    site = sysconfig.get_path("purelib", "venv", {"base": VENV})
    same = read(STAMP).split("\t")[:3] == MADE_BY and run([PYTHON, "-ISc", ""])[0]
    same = same and all(os.path.realpath(path) == path for path in (BIN, site))
    inside = Path(site).glob("*/")
    same = same and not any(os.path.islink(path) for path in inside if path.is_dir())
    # uv is one on PATH, or that of a sound .venv, or pip gets the one of the lock.
    uv = pin = ""
    if os.environ.get("BOOTSTRAP_UV") != "0":
        pin = "".join(x.line for x in lock.pins(text) if x.name == "uv")
        path = os.environ.get("PATH", "").replace(BIN, os.devnull)
        uv = shutil.which("uv", path=path) or (UV if same else "")
        uv = uv if run([uv, "--version"])[0] else ""
    if reason and not uv and not pin:
        raise ValueError(f"{reason}: only uv can renew it: install uv")
    if not (uv and same):
        claim()
    get = ["install", "--no-deps", "--require-hashes", "--requirement", CHOSEN]
    if pin and not uv:
        write(CHOSEN, pin)
        uv = UV if run([PYTHON, *lock.PIP, *get], **lock.settings(ROOT))[0] else ""
    if reason:
        say(f"{reason}: renewing it")
        text = freeze(uv, flags)
    write(STAMP, "")
    tool = [uv, "pip"] if uv else [PYTHON, *lock.PIP]
    there = install(tool, [*get, "--exact"] if uv else get, lock.pins(text), mode, site)
    if text != read(LOCK):
        write(os.path.join(ROOT, LOCK), text)
    files = lock.requirements(ROOT, *lock.sources(ROOT))
    modules = Path(ROOT).glob("src/*/__init__.py")
    inputs = ["pyproject.toml", LOCK, *(reason[3:] for reason in files)]
    inputs += [path.relative_to(ROOT).as_posix() for path in modules]
    write(STAMP, stamp(mode, inputs))
    say(f".venv is ready: {there} packages by {'uv' if uv else 'pip'}, {MADE_BY[0]}")


def freeze(uv: str, flags: list[str]) -> str:
    """Return a new lock; pins stay unless they must change or the flags say so."""
    python, _, own = lock.declared(ROOT)
    draft, sources = os.path.join(VENV, LOCK), lock.sources(ROOT)
    options = ["--universal", "--generate-hashes", "--no-strip-extras"]
    options += [f"--python-version={python}"]
    header = ["uv pip compile", *options, f"--output-file={LOCK}", *sources]
    command = [uv, "pip", "compile", *options, f"--output-file={draft}", *sources]
    command += ["--custom-compile-command", " ".join(header), *flags]
    more = lock.settings(ROOT)
    if own:  # the project's own settings count, such as a cooldown, and no others
        more |= {"UV_NO_CONFIG": "0", "UV_NO_SYSTEM_CONFIG": "1"}
        more |= {"XDG_CONFIG_HOME": draft, "APPDATA": draft}
    write(draft, read(LOCK))
    done, said = run(command, **more)
    if "missing an upload date" in said:
        say("the index tells no upload times, so nothing is too new for this lock")
        done, more["UV_EXCLUDE_NEWER"] = False, "false"
    if not done:
        run(command, f"no new {LOCK}", **more)
    text = lock.read(draft)
    if reason := lock.outdated(ROOT, text):
        raise ValueError(f"no new {LOCK}: {reason}")
    return text


def install(
    tool: list[str], get: list[str], pins: "list[lock.Line]", mode: str, site: str
) -> int:
    """Install exactly the pins, and the project if it is a package; count them."""
    build, kept = lock.declared(ROOT)[1], {pin.name for pin in pins}
    if mode == "prod":
        files = lock.requirements(ROOT, PROD)
        kept = lock.needed(pins, {x.name for asked in files.values() for x in asked})
    # Production does not keep what builds the package: it is installed, then removed.
    chosen = lock.needed(pins, kept | build)
    write(CHOSEN, "".join(pin.line for pin in pins if pin.name in chosen))
    # With all in uv's cache, there is nothing to ask the index.
    if "--exact" not in get or not run([*tool, *get], UV_OFFLINE="1")[0]:
        failure = f"{LOCK} could not be installed"
        failure += " with --offline" if "UV_OFFLINE" in os.environ else ""
        run([*tool, *get], failure, **lock.settings(ROOT))
    if build:
        add = ["--no-deps", "--no-build-isolation", "--force-reinstall", "--editable"]
        # setuptools takes $x and {x} in the path of .venv for variables.
        more = {x: x for x in re.findall(r"[${](\w+)", ROOT) if x not in os.environ}
        run([*tool, "install", *add, "."], "the package could not be built", **more)
    if surplus := (chosen | {"uv"}) - kept:
        run([*tool, "uninstall", *surplus])
    there = {lock.Line(x.name).name: x.version for x in distributions(path=[site])}
    for pin in pins:
        here = pin.name not in kept or not pin.holds()
        if not here and not pin.takes(there.get(pin.name, "0")):
            raise ValueError(f".venv lacks {pin.asked}: was it installed elsewhere?")
    return len(there)


def choose(asked: str) -> str:
    """Return the Python of a version such as 3.12, or of a path."""
    code = "import sys; sys.version_info < (3, 11) or print(sys._base_executable)"
    for program in (f"python{asked}", asked) if asked else ():
        path = os.path.abspath(shutil.which(program) or "")
        if base := run([path, "-ISc", code])[1].strip():
            return os.path.realpath(base)
    raise ValueError(f"--python {asked}: found no such Python, 3.11 or newer")


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
            return become(BASE, [BASE, "-I", __file__, ROOT, *arguments])
        if os.path.islink(VENV):
            raise ValueError(f"{VENV} is a link: remove it")
        if checks:
            raise ValueError(".venv is out of date: run ./bootstrap")
        if "--offline" in options:
            os.environ["UV_OFFLINE"] = "1"
        if "--python" in options and (python := choose(options["--python"])) != BASE:
            return become(python, [python, "-I", __file__, ROOT, *arguments])
        if not WINDOWS:
            import fcntl

            LOCKED.append(os.open(ROOT, os.O_RDONLY))
            fcntl.flock(LOCKED[0], fcntl.LOCK_EX)
        if renew or not ready(mode):
            prepare(mode, flags, renew, CI or "--locked" in options)
        if path := options.get("--export"):
            export = ["--universal", "--no-deps", "--generate-hashes", CHOSEN]
            export += ["--format=pylock.toml", f"--output-file={os.path.abspath(path)}"]
            export = [UV, "pip", "compile", *export]
            run(export, f"{path} is not written", **lock.settings(ROOT))
    if not command and sys.stderr.isatty() and not CI:
        line = f'"{BIN}\\activate"' if WINDOWS else f". '{BIN}/activate'"
        say(f"activate: {line}")
    return execute(command, mode) if command else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[2:]))
    except ValueError as error:
        say(str(error))
    except OSError as error:
        say(f"{error.filename or ROOT}: {error.strerror}")
    sys.exit(1)
