"""What the tests share: rendering a project, and running commands in it."""

import atexit
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from copier._main import Worker
from jinja2 import Environment, StrictUndefined

ROOT = Path(__file__).parents[1]
STARTERS = sorted(path.parent for path in ROOT.glob("starters/*/starter.yml"))
LAYOUTS = sorted((ROOT / "tests" / "layouts").glob("*.yml"))
NEXT = "1000.0.0"
QUESTIONS = frozenset(
    name
    for name, details in yaml.safe_load((ROOT / "copier.yml").read_text()).items()
    if not name.startswith("_") and details.get("when") is not False
)

Generate = Callable[..., Path]

# ---- A machine of the tests' own --------------------------------------------------------------------------------------

# Variables that change what the tested commands do. A test that needs one sets it.
FOREIGN = re.compile(
    r"(BOOTSTRAP|COPIER|COVERAGE|GIT|LC|MYPY|PYTHON|RUFF|SETUPTOOLS|XDG)_?.*"
    r"|(CI|COLUMNS|EMAIL|FORCE_COLOR|LANGUAGE|LINES|NO_COLOR|PY_COLORS|SOURCE_DATE_EPOCH)"
    r"|PYTEST_(ADDOPTS|PLUGINS|DISABLE_PLUGIN_AUTOLOAD)"
)
# How git reaches a server is a property of the machine, not of its user. Coverage measures the commands, too.
MACHINE = re.compile(r"(GIT_(SSL|PROXY|EXEC_PATH)|COVERAGE_PROCESS).*")
# What installations need: where packages come from, what was downloaded before, and the Pythons.
LINKED = [
    *(".pyenv", ".pip", ".netrc", ".npmrc", ".npm"),
    *(".config/pip", ".config/uv", ".cache/pip", ".cache/uv"),
    *("Library/Application Support/pip", "Library/Caches/pip"),  # macOS
]
GIT_CONFIG = """\
[user]
    name = Test
    email = test@example.org
[safe]
    directory = *
"""


def _own_machine() -> None:
    """Take the user's settings out of the environment, and give git an identity.

    The tests get a home folder of their own. It links to the user's package settings, caches and pyenv.
    """
    home = Path(tempfile.mkdtemp(prefix="plinth-home-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    (home / ".gitconfig").write_text(GIT_CONFIG)
    for name in LINKED:
        first, _, rest = name.partition("/")
        moved = os.environ.get(f"XDG_{first[1:].upper()}_HOME")
        source = Path(moved, rest) if moved and rest else Path.home() / name
        if name == ".pyenv":
            source = Path(os.environ.get("PYENV_ROOT", source))
        if first == ".cache":
            with contextlib.suppress(OSError):
                source.mkdir(parents=True, exist_ok=True)
        if source.exists():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).symlink_to(source.absolute())
    for name in list(os.environ):
        if FOREIGN.fullmatch(name) and not MACHINE.fullmatch(name):
            del os.environ[name]
    os.environ |= {"HOME": str(home), "LANG": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1"}
    # Without this, git's message outside of a repository has one line more where TMPDIR is a file system of its own.
    os.environ["GIT_DISCOVERY_ACROSS_FILESYSTEM"] = "1"
    os.umask(0o022)


_own_machine()  # at once: other modules already use git and the home folder when they are imported

# Their fixtures make projects to bootstrap, and look for a package index.
pytest_plugins = ["support.bootstraps", "support.locks"]


@pytest.fixture(scope="session", autouse=True)
def _own_signals() -> Iterator[None]:
    """Start the tests' children with default signals, also under `nohup` or `trap '' INT`.

    A child inherits "ignore", but never a handler: the kernel resets those to the default at exec.
    """
    names = ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    ignored = [x for x in numbers if signal.getsignal(x) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, lambda *_: None)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture(scope="session", autouse=True)
def _own_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give each worker caches of its own: those of Copier and mypy are not safe under parallel use."""
    caches = tmp_path_factory.mktemp("caches")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPIER_CACHE_DIR", str(caches / "copier"))
        patch.setenv("COPIER_SETTINGS_PATH", str(caches / "settings.yml"))
        patch.setenv("MYPY_CACHE_DIR", str(caches / "mypy"))
        (caches / "settings.yml").write_text("{}")
        yield


@pytest.fixture(scope="session", autouse=True)
def _render_faster() -> Iterator[None]:
    """Leave out what takes most of a render's time in this process and changes nothing in what it renders.

    Copier compiles each template again for each project, and asks git about each file whether an index must be
    told of its executable bit; a folder outside git has none. The code that Jinja compiles depends on the text,
    its names and the environment's syntax alone, as long as nothing is folded (`optimized`). What extensions do
    when a text is read is done each time, and so is rendering.
    """
    compiled: dict[object, Any] = {}
    compile_anew = Environment.compile

    def compile_once(self: Environment, source: Any, *rest: Any, **more: Any) -> Any:
        if self.optimized or not isinstance(source, str):
            return compile_anew(self, source, *rest, **more)
        # Jinja shares one lexer among the environments of a syntax.
        syntax = (type(self), self.lexer, frozenset(self.extensions))
        key = (source, rest, frozenset(more.items()), syntax)
        if key in compiled:
            self.preprocess(source)
        else:
            compiled[key] = compile_anew(self, source, *rest, **more)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", compile_once)
        bit = "_sync_git_index_executable_bit"
        patch.setattr(Worker, bit, lambda *_: None, raising=False)
        yield


# ---- The fast loop -----------------------------------------------------------------------------------------------------

# What `-m quick` runs, in half a minute: these modules, and one render of each starter.
QUICK = {"test_conflicts", "test_names", "test_releases", "test_text", "test_wording"}
QUICK |= {
    "test_only_what_renders_is_called_jinja",
    "test_the_manifest_names_every_file",
}
QUICK |= {"test_without_an_answer_there_is_the_starter_alone"}
# These are left out: they start the real command, which takes a second each, or import many projects.
NOT_QUICK = {
    "test_modules_are_taken_and_import",
    "test_the_answers_of_a_project_make_it_again",
    "test_the_plain_command_refuses_and_writes_nothing",
}


# The modules that test the command and the composer, whose coverage is measured.
TOOLS = re.compile(
    r"test_(adopt|campaign|command_line|composer|copier_private|drift|organisation|plinth|preview|restore|roll_out)\w*"
    r"|test_hostile_(addresses|bounds|campaign|input|records|repositories|templates)"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the tools, and those of the fast loop, none of which may be slow."""
    for item in items:
        name, module = item.name.partition("[")[0], item.path.stem
        if TOOLS.fullmatch(module):
            item.add_marker(pytest.mark.tools)
        slow = {"slow", "complete", "renovate"} & {x.name for x in item.iter_markers()}
        if not slow and name not in NOT_QUICK and QUICK & {name, module}:
            item.add_marker(pytest.mark.quick)


@pytest.fixture
def generate(copie: Any) -> Generate:
    """Render the template, or a changed copy of it, with the given answers and return the project's folder.

    Raises:
        ValueError: For an answer to no question, which pytest-copie would ignore, and for
            one that a validator refuses. Other errors of Copier are raised as they are.
    """

    def generate(template: Path | None = None, **answers: object) -> Path:
        if unknown := answers.keys() - QUESTIONS:
            raise ValueError(f"no such question: {', '.join(sorted(unknown))}")
        return rendered(copie, answers, template or template_outside_git())

    return generate


def rendered(copie: Any, answers: Mapping[str, object], template: Path) -> Path:
    """Render a template with pytest-copie, return the project's folder, and raise what Copier raised."""
    result = copie.copy(answers, template_dir=template)
    if result.exception:
        raise result.exception
    return Path(result.project_dir)


@cache
def template_outside_git() -> Path:
    """Return a copy of the template outside git, where Copier takes it as it is and makes no clone."""
    folder = Path(tempfile.mkdtemp(prefix="plinth-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copy(ROOT / "copier.yml", folder)
    for name in ["includes", "starters", "template"]:
        # What git ignores, such as a cache of a linter, is not part of the template.
        ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


@cache
def manifest(starter: Path, package: str = "package") -> dict[str, Any]:
    """Return what starter.yml says for a package's name."""
    environment = Environment(autoescape=False, undefined=StrictUndefined)
    text = environment.from_string((starter / "starter.yml").read_text())
    answers = {"package_name": package, "distribution_name": package}
    loaded: dict[str, Any] = yaml.safe_load(text.render(answers))
    return {
        "audit": {},
        "modules": [],
        "files": [],
        "packages": [],
        "never": {},
    } | loaded


def copy_working_tree(clone: Path) -> None:
    """Copy the files as they are, those that git ignores left out."""
    tracked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in filter(None, run(*tracked, cwd=ROOT).stdout.split("\0")):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone / name)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository of the working tree as it is, with the release 1.0.0."""
    clone = tmp_path_factory.mktemp("template") / "plinth"
    run("git", "init", "--quiet", clone, cwd=ROOT)
    copy_working_tree(clone)
    commit(clone, "1.0.0")
    return clone


def run(
    *command: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it did; with check, fail on a non-zero exit and show its output."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if check:
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def git(folder: Path, *arguments: str | Path) -> str:
    """Run git in a folder and return what it printed."""
    return run("git", *arguments, cwd=folder).stdout


def commit(folder: Path, tag: str | None = None) -> None:
    """Commit all there is, and tag it."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "Change")
    if tag:
        git(folder, "tag", tag)


RELEASES = re.findall(
    r"^Release (\d+\.\d+\.\d+)$", git(ROOT, "log", "--format=%s"), re.MULTILINE
)[::-1]
VERSION_1 = [release for release in RELEASES if release.startswith("1.")]


def released(clone: Path) -> Path:
    """Clone this repository, tag its releases, and add the working tree as one more."""
    run("git", "clone", "--quiet", "--no-tags", ROOT, clone, cwd=ROOT)
    for line in git(clone, "log", "--format=%H %s").splitlines():
        if found := re.fullmatch(r"(\w+) Release (\d+\.\d+\.\d+)", line):
            git(clone, "tag", found[2], found[1])
    git(clone, "rm", "-r", "--quiet", ".")
    copy_working_tree(clone)
    commit(clone, NEXT)
    return clone


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone whose releases are tagged, with the working tree as one more."""
    return released(tmp_path_factory.mktemp("history") / "plinth")


def born(
    template: Path | str, release: str, folder: Path, answers: Mapping[str, Any]
) -> Path:
    """Make a project with an old release and put it under git."""
    data = [f"--data={name}={value}" for name, value in answers.items()]
    options = ["--quiet", "--defaults", f"--vcs-ref={release}", *data]
    copier("copy", *options, template, folder, cwd=folder.parent)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)
    return folder


def copier(*arguments: str | Path, cwd: Path, check: bool = True) -> tuple[int, str]:
    """Run copier and return its exit status and what it printed."""
    done = run(sys.executable, "-m", "copier", *arguments, cwd=cwd, check=check)
    return done.returncode, done.stdout + done.stderr


def tool(
    name: str, *arguments: str | Path, cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Run one of the development tools, of the versions that this repository locks, in a project."""
    environment = {"PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    return run(sys.executable, "-m", name, *arguments, cwd=cwd, env=environment)


def jobs(project: Path, file: str = "standard") -> dict[str, list[str]]:
    """Return the commands that each job of a pipeline runs on a branch, in order, in one form for both forges."""
    (path,) = project.glob(f".git*/**/{file}.yml")
    loaded = yaml.safe_load(path.read_text())
    if "jobs" not in loaded:  # GitLab's; names that begin with a dot are not jobs
        return {
            name: job["script"]
            for name, job in loaded.items()
            if isinstance(job, dict) and "script" in job
        }
    return {
        name: [
            step["run"]
            for step in job.get("steps", ())  # a job that calls a workflow has none
            if "run" in step and step.get("if") != "github.ref_type == 'tag'"
        ]
        for name, job in loaded["jobs"].items()
    }


def run_job(commands: list[str], project: Path) -> None:
    """Run the commands of a job where nothing but Python, git and uv is installed."""
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for command in commands:
        run("bash", "-ec", command, cwd=project, env={"CI": "true", "PATH": path})


def assert_green(project: Path) -> None:
    """Assert that lint, types and tests pass with full coverage, and that the formatter changes nothing."""
    tool("ruff", "check", "--no-cache", cwd=project)
    tool("ruff", "format", "--no-cache", "--check", cwd=project)
    tool("mypy", cwd=project)
    assert (
        "Total coverage: 100.00%"
        in tool("pytest", "--cov", "-p", "no:cacheprovider", cwd=project).stdout
    )


def entries(modules: str | list[str]) -> list[tuple[str, list[str]]]:
    """Return (dotted module, names) for each entry of `modules`."""
    words = modules.split() if isinstance(modules, str) else modules
    return [
        (module, names.split(",") if names else [])
        for module, _, names in (word.partition(":") for word in words)
    ]


# Each statement of the import system, for a module p.m and a name n of it. `import p.m as x` and `from p import m` give
# what the package calls m: where the package exports a name of that word, the name wins.
SIX_WAYS = """
import json, sys
from importlib import import_module

root, entries = json.loads(sys.argv[1])
for module, names in entries:
    parent, _, last = f"{root}.{module}".rpartition(".")
    clash = last in names
    for name in names:
        value = getattr(import_module(f"{root}.{module}"), name)
        ways = {
            "import p.m": f"import {parent}.{last}; found = sys.modules['{parent}.{last}'].{name}",
            "import p.m as x": f"import {parent}.{last} as x; found = x if {clash} else x.{name}",
            "from p import m": f"from {parent} import {last}; found = {last} if {clash} else {last}.{name}",
            "from p.m import n": f"from {parent}.{last} import {name}; found = {name}",
            "from p.m import n as x": f"from {parent}.{last} import {name} as x; found = x",
            "from p import *": f"from {parent} import *; found = {name}",
            "import p": f"import {root}; found = {parent}.{name}",
        }
        if clash:
            value_of_package = getattr(import_module(f"{root}.{module}"), last)
        for way, code in ways.items():
            space = {"sys": sys}
            exec(code, space)
            expected = value_of_package if clash and way in ("import p.m as x", "from p import m") else value
            assert space["found"] is expected, (way, module, name)
print("imported", sum(len(names) for _, names in entries))
"""


def import_in_every_way(
    python: Path,
    root: str,
    modules: Sequence[tuple[str, list[str]]],
    setup: str = "",
) -> None:
    """Assert that an environment imports each name of a package in the six ways, and as its attribute.

    The code `setup` runs first, for a library that must be set up before its parts can be imported.
    """
    command = (python, "-I", "-c", f"{setup}\n{SIX_WAYS}")
    done = run(*command, json.dumps([root, modules]), cwd=ROOT.parent)
    assert int(done.stdout.split()[-1]) == sum(len(names) for _, names in modules)


def interpreter(version: str) -> Path:
    """Return the Python of a version such as "3.12", from PATH or among pyenv's; skip the test where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = shutil.which(f"python{version}")
    installed = sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    for python in [*map(Path, [found] if found else []), *installed]:
        # A shim of pyenv stands on PATH for versions that are not switched on, and exits non-zero.
        if (
            subprocess.run(
                [python, "-c", ""], capture_output=True, check=False
            ).returncode
            == 0
        ):
            return python
    pytest.skip(f"Python {version} is not installed")


# What a POSIX system has anyway, and bootstrap and git may call.
POSIX = ["sh", "env", "readlink", "dirname", "basename", "uname", "sed", "cat"]


@pytest.fixture
def newcomer(tmp_path: Path) -> dict[str, str]:
    """Return the variables of a user who has nothing but Python and git."""
    path = tmp_path / "bin"
    path.mkdir()
    base = getattr(sys, "_base_executable", sys.executable)
    (path / "python3").symlink_to(Path(base).resolve())
    for name in ["git", *POSIX]:
        if found := shutil.which(name):
            (path / name).symlink_to(found)
    (tmp_path / "home").mkdir()
    kept = ("PIP_CERT", "SSL_CERT_FILE", "LANG", "HTTPS_PROXY")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": str(tmp_path / "home"),
        "PATH": str(path),
    }
