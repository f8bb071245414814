"""For any answers, a validator refuses the project or all of it is sound."""

import ast
import contextlib
import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
import yaml
from conftest import run, template_outside_git, tool
from copier import run_copy
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.pages import text_of_page

# The same examples in every run of the same selection: what fails in CI fails for a developer, too. Hypothesis draws
# constants of the modules that are loaded too, so select with -k here, not with this file's name.
REPEATABLE = settings(
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate, Phase.shrink],
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

WORDS = [
    "a",
    "b",
    "c",
    "echo",
    "json",
    "test",
    "build",
    "match",
    "_core",
    "_x1",
    "x10",
    "test_a",
    "conftest",
]
NAMES = [
    "a",
    "b",
    "echo",
    "Echo",
    "ECHO",
    "type",
    "test",
    "TestCase",
    "setUp",
    "print",
    "_private",
    "X",
    "EchoError",
]
NASTY = [
    "__",
    "~~",
    "'",
    '"',
    "\\",
    "{{ 1 }}",
    "{% if %}",
    "{#",
    "#",
    "$(id)",
    "`",
    ": ",
    "- ",
    "<b>",
    "&amp;",
    "*",
    "_",
    "~",
    "[",
    "]",
]


def joined(
    parts: st.SearchStrategy[str], separator: str = "", most: int = 6
) -> st.SearchStrategy[str]:
    """Draw some parts, joined to one string."""
    return st.lists(parts, min_size=1, max_size=most).map(separator.join)


identifiers = st.from_regex(r"[a-z][a-z0-9]{0,5}(_[a-z0-9]{1,4})?", fullmatch=True)
plain_text = joined(
    st.sampled_from([*NASTY, "é", "日本", "😀", "שלום", "O'Connor", "word", " "]),
    most=12,
).map(str.strip)
plain_entries = st.dictionaries(
    joined(st.sampled_from(WORDS) | identifiers, ".", most=4),
    st.lists(
        st.sampled_from(NAMES)
        | st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True),
        min_size=1,
        max_size=4,
    ),
    min_size=1,
    max_size=5,
).map(
    lambda modules: [f"{module}:{','.join(names)}" for module, names in modules.items()]
)


def all_differ(names: list[str]) -> bool:
    """Return whether no name is there twice."""
    return len(set(names)) == len(names)


# What most people would type, and what nobody should.
PLAIN: dict[str, st.SearchStrategy[object]] = {
    "project_name": plain_text.filter(bool),
    "package_name": st.just("pkg") | identifiers,
    "distribution_name": st.from_regex(
        r"[a-z][a-z0-9]{0,9}([-._][a-z0-9]{1,5}){0,2}", fullmatch=True
    ),
    "description": plain_text,
    "user_name": plain_text,
    "user_email": st.sampled_from(["", "ada@example.org", "o'connor+x@example.org"]),
    "license": st.sampled_from(
        ["MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "proprietary"]
    ),
    "repository": st.sampled_from(
        ["", "https://example.org/a?b=%20#c", "ssh://git@example.org/a.git"]
    ),
    "python_min": st.sampled_from(["3.11", "3.12", "3.15"]),
    "modules": plain_entries
    | plain_entries.map(" ".join)
    | plain_entries.map("\n".join),
    "exports": st.sampled_from(["eager", "lazy"]),
}
any_text = (
    st.text(max_size=20)
    | st.text(st.characters(), max_size=20)
    | st.text("\ud800\udfff\ufffe\x7f\x85\u2028 a", max_size=3)
)
any_yaml = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | any_text
    | st.dates()
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3)
    ),
    max_leaves=5,
)
HOSTILE: dict[str, st.SearchStrategy[object]] = {
    "project_name": any_text | st.text(min_size=450, max_size=510),
    "package_name": any_text
    | st.sampled_from(
        ["class", "json", "con", "tests", "pytest", "_a", "a" * 61, "a\n", "É"]
    ),
    "distribution_name": any_text
    | st.from_regex(r"[A-Za-z0-9._-]{0,8}\n?", fullmatch=True),
    "description": any_text | st.text(min_size=450, max_size=510),
    "user_name": any_text | st.text(min_size=450, max_size=510),
    "user_email": any_text
    | st.emails()
    | st.builds("{}@{}".format, any_text, any_text),
    "repository": any_text | st.builds("https://{}/{}".format, any_text, any_text),
    "modules": any_yaml
    | joined(
        st.sampled_from([*"ab.:,# \n\t", "class", "__init__", "B", "é", *NASTY]),
        most=12,
    )
    | joined(
        st.sampled_from(
            [
                "a:x",
                "a.b:y",
                "a:b",
                "b:a",
                "b.a:a",
                "a.a:a",
                "_a:b,x",
                "c:None",
                "a.con:z",
            ]
        ),
        " ",
    )
    | st.integers(2, 120).map(lambda depth: ".".join("a" * depth) + ":x"),
}


@st.composite
def answers(draw: st.DrawFn, *, hostile: int = 2) -> dict[str, object]:
    """Draw plain answers to all questions, and hostile ones to some."""
    # The modules, the richest question, have a half of the hostile answers.
    some = st.sampled_from([*HOSTILE, *["modules"] * len(HOSTILE)])
    questions = draw(st.lists(some, max_size=hostile))
    return {
        name: draw(HOSTILE[name] if name in questions else plain)
        for name, plain in PLAIN.items()
    }


def render(answers: Mapping[str, object], project: Path) -> None:
    """Render a project; raise ValueError for an answer that is refused."""
    run_copy(
        str(template_outside_git()),
        project,
        data=dict(answers),
        defaults=True,
        quiet=True,
    )


# Runs in a Python of its own, for a package may bear the name of one that the tests use.
PROBE = """
import importlib, json, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "src")
modules, packages = json.loads(sys.argv[1])
found = {}
for name in packages:
    package = importlib.import_module(name)
    star = {}
    exec(f"from {name} import *", star)
    missing = [public for public in package.__all__ if getattr(package, public, None) is not star.get(public, package)]
    found[name] = [package.__all__, missing, [public for public in package.__all__ if public not in dir(package)]]
for name, names in modules.items():
    module, package = importlib.import_module(name), sys.modules[name.rpartition(".")[0]]
    found[name] = [public for public in names if getattr(package, public) is not getattr(module, public)]
print(json.dumps(found))
"""


def model(
    package: str, modules: object
) -> tuple[dict[str, list[str]], dict[str, set[str]]]:
    """Return the names of every module and the public names of every package, as the answer says them."""
    entries = " ".join(modules) if isinstance(modules, list) else modules or ""
    assert isinstance(entries, str)
    named: dict[str, list[str]] = {}
    public: dict[str, set[str]] = {package: set()}
    for entry in entries.split():
        path, _, names = f"{package}.{entry}".partition(":")
        named[path] = names.split(",") if names else []
        public.setdefault(path.rpartition(".")[0], set()).update(named[path])
        while path != package:
            path, _, child = path.rpartition(".")
            public.setdefault(path, set()).update(
                [] if child.startswith("_") else [child]
            )
    return named, public


@cache
def fixed_files(exports: str) -> frozenset[str]:
    """Return the files that a project holds with any modules, outside its package."""
    with tempfile.TemporaryDirectory(prefix="plinth-") as folder:
        project = Path(folder, "project")
        render({"package_name": "pkg", "modules": ["a:x"], "exports": exports}, project)
        own = {path for path in files(project) if path.startswith("src/pkg/")}
        return frozenset(files(project) - own - {"tests/test_a.py"})


def files(folder: Path) -> set[str]:
    """Return the paths of all files below a folder, relative to it."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir()
    }


def assert_sound(project: Path, answers: Mapping[str, object]) -> None:
    """Assert that a project says what was answered, and that its packages import and export it."""
    package = str(answers["package_name"])
    named, public = model(package, answers["modules"])

    exports = (
        str(answers["exports"]) if named else "eager"
    )  # a package without names has nothing to delay
    source = ["py.typed", "_lazy.py"] if exports == "lazy" else ["py.typed"]
    expected = {f"src/{package}/{name}" for name in source} | fixed_files(exports)
    expected |= set() if named else {"tests/test_version.py"}
    expected |= {f"src/{name.replace('.', '/')}/__init__.py" for name in public}
    for name in named:
        *folders, module = name.split(".")
        expected |= {
            f"src/{'/'.join(folders)}/{module}.py",
            "/".join(["tests", *folders[1:], f"test_{module}.py"]),
        }
    assert files(project) == expected

    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    author = {"name": answers["user_name"], "email": answers["user_email"]}
    author = {key: value for key, value in author.items() if value}
    assert metadata["name"] == answers["distribution_name"]
    assert metadata["description"] == answers["description"]
    assert metadata.get("authors", [{}]) == [author]
    assert metadata.get("urls", {"Repository": ""}) == {
        "Repository": answers["repository"]
    }
    assert metadata["requires-python"] == f">={answers['python_min']}"

    recorded = yaml.safe_load(
        (project / ".copier-answers.yml").read_text(encoding="utf-8")
    )
    # Copier writes empty bytes as null, which says the same: no modules.
    said = {key: None if value == b"" else value for key, value in answers.items()}
    assert {name: recorded[name] for name in answers} == said

    holder = (
        answers["user_name"]
        or f"{str(answers['project_name'])[:480].strip()} contributors"
    )
    page = text_of_page((project / "README.md").read_text(encoding="utf-8"))
    assert page["h1"] == [answers["project_name"]]
    assert page["p"][0] == answers["description"] or not answers["description"]
    assert page["p"][-1].startswith(
        f"Copyright {recorded['copyright_year']} {holder}. "
    )
    licence = (project / "LICENSE").read_text(encoding="utf-8")
    assert str(holder) in licence or answers["license"] == "Apache-2.0"

    for path in project.rglob("*.py"):
        compile(ast.parse(path.read_bytes(), path), path, "exec")
    words = json.dumps([named, sorted(public)])
    done = run(sys.executable, "-I", "-S", "-c", PROBE, words, cwd=project)
    found = {name: [sorted(names), [], []] for name, names in public.items()} | {
        name: [] for name in named
    }
    assert json.loads(done.stdout) == found


def assert_refused_or_sound(answers: Mapping[str, object], folder: Path) -> bool:
    """Render a project, and return whether it was: if not, a validator said why and nothing was written."""
    project = folder / "project"
    try:
        render(answers, project)
    except ValueError as error:
        message = str(error)
    else:
        message = ""
    if message:
        assert re.fullmatch(r"Validation error for question '\w+': [ -~]+\.", message)
        assert list(folder.iterdir()) == []
        return False
    assert_sound(project, answers)
    return True


@given(answers())
@settings(REPEATABLE, max_examples=40)
def test_answers_are_refused_or_sound(answers: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory(prefix="plinth-") as folder:
        assert_refused_or_sound(answers, Path(folder))


@pytest.mark.slow
@given(answers())
@settings(REPEATABLE, max_examples=200)
def test_many_answers_are_refused_or_sound(answers: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory(prefix="plinth-") as folder:
        assert_refused_or_sound(answers, Path(folder))


# Parts that no rule forbids and that cannot clash: prefixes keep packages, modules and names apart.
sound_modules = st.lists(
    st.tuples(
        joined(st.from_regex(r"_?p[a-z0-9_]{1,6}", fullmatch=True), ".", most=4),
        st.from_regex(r"_?m[a-z0-9_]{1,6}", fullmatch=True),
        st.lists(
            st.from_regex(
                r"N[A-Za-z0-9]{1,8}|n[A-Za-z0-9_]{1,8}|N_[A-Z0-9_]{1,8}", fullmatch=True
            ),
            min_size=1,
            max_size=4,
        ),
    ),
    max_size=5,
    unique_by=(lambda entry: entry[:2], lambda entry: tuple(entry[2])),
).filter(lambda entries: all_differ([name for entry in entries for name in entry[2]]))
sound_answers = st.fixed_dictionaries(
    PLAIN
    | {
        "package_name": st.from_regex(r"q[a-z0-9_]{1,20}", fullmatch=True),
        "distribution_name": st.from_regex(
            r"q[a-z0-9]{1,9}([-._]{1,2}[A-Za-z0-9]{1,5}){1,2}", fullmatch=True
        ),
        "modules": sound_modules.map(
            lambda entries: [
                f"{path}.{module}:{','.join(names)}" for path, module, names in entries
            ]
        ),
    }
)


@pytest.mark.slow
@given(sound_answers)
@settings(REPEATABLE, max_examples=30)
def test_what_no_rule_forbids_is_sound(answers: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory(prefix="plinth-") as folder:
        assert assert_refused_or_sound(answers, Path(folder))


@pytest.mark.slow
def test_the_tools_find_nothing_in_sound_projects(tmp_path: Path) -> None:
    """One run of each tool over many projects: of ruff's in all, of mypy and pytest in those of the same package."""

    @given(sound_answers | answers(hostile=0))
    @settings(REPEATABLE, max_examples=40)
    def collect(answers: dict[str, object]) -> None:
        project = tmp_path / f"project{len(list(tmp_path.iterdir()))}"
        with contextlib.suppress(ValueError):
            render(answers, project)

    collect()
    projects = sorted(tmp_path.iterdir())
    assert len(projects) >= 20
    tool("ruff", "check", "--no-cache", ".", cwd=tmp_path)
    tool("ruff", "format", "--no-cache", "--check", ".", cwd=tmp_path)
    for project in projects[::4]:
        tool("mypy", f"--cache-dir={tmp_path.parent / 'mypy'}", cwd=project)
    for project in projects[::4]:
        tool("pytest", "-p", "no:cacheprovider", "-q", cwd=project)
