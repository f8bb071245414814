"""What a repository says of itself, read as text: no code of it is imported or run.

Every source is brought to the keywords of setuptools' setup(), which has a word for all
that is asked here: https://setuptools.pypa.io/en/latest/references/keywords.html
"""

import ast
import configparser
import re
import sys
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from .files import LIMIT, UserError, decoded, listing, read, unreadable

EMPTY = ast.Constant("")
COMPUTED = object()  # stands for what only running the repository's code would tell
LISTS = ("classifiers", "install_requires", "packages", "py_modules")

Fields = dict[str, Any]


def table(data: object, *keys: str) -> Fields:
    """Return the table below some keys, an empty one where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def values(data: object) -> list[Any]:
    """Return a list as it is, nothing as an empty one, another value as a list of it."""
    return data if isinstance(data, list) else [] if data is None else [data]


def strings(data: object) -> list[str]:
    """Return the texts of a list."""
    return [value for value in values(data) if isinstance(value, str)]


def people(listed: object) -> Fields:
    """Return the first name and address of authors, tables or `Name <address>`."""
    pairs = [
        (table(author).get("name"), table(author).get("email"))
        if isinstance(author, dict)
        else parseaddr(author)
        for author in values(listed)
        if isinstance(author, dict | str)
    ]
    name = next((name for name, _ in pairs if name), None)
    return {
        "author": name,
        "author_email": next(
            (mail for who, mail in pairs if mail and who in (name, None)), None
        ),
        "authors": len(pairs),
    }


def poetry_range(text: str) -> str:
    """Return a range of Poetry's as one of PEP 440.

    https://python-poetry.org/docs/dependency-specification/
    """
    if len(text) > 1000:  # too many digits for a number
        return text
    parts = []
    for part in text.replace(" ", "").split(","):
        if match := re.fullmatch(r"([~^])(\d+)(?:\.(\d+))?[\d.]*", part):
            sign, major, minor = match.groups()
            narrow = sign == "~" and minor
            last = f"{major}.{int(minor) + 1}" if narrow else str(int(major) + 1)
            parts.append(f">={part[1:]},<{last}")
        elif part != "*":
            parts.append(f"=={part}" if part[:1].isdigit() else part)
    return ",".join(parts)


def pyproject(folder: Path) -> Iterator[tuple[str, Fields]]:
    """Read `[project]` (PEP 621, PEP 639), then the tables of Poetry and older flit.

    https://packaging.python.org/en/latest/specifications/pyproject-toml/
    """
    path = folder / "pyproject.toml"
    try:
        data = tomllib.loads(decoded(path))
    except (ValueError, RecursionError) as error:
        raise unreadable(path, f"it is not valid TOML: {error}") from error
    project, tool = table(data, "project"), table(data, "tool")
    backend = table(data, "build-system").get("build-backend", "setuptools")
    hatch = strings(table(tool, "hatch", "build", "targets", "wheel").get("packages"))
    scikit = table(tool, "scikit-build", "wheel").get("packages")
    listed = [*hatch, *strings(scikit)]
    setuptools = table(tool, "setuptools")
    pdm = table(tool, "pdm", "build").get("package-dir")
    licence = project.get("license")
    yield (
        "pyproject.toml",
        {
            "name": project.get("name"),
            "description": project.get("description"),
            "license_expression": licence,
            "license": table(licence).get("text"),
            "classifiers": project.get("classifiers"),
            "python_requires": project.get("requires-python"),
            "project_urls": project.get("urls"),
            "install_requires": project.get("dependencies"),
            "packages": [path.strip("/").rpartition("/")[2] for path in listed]
            or table(tool, "uv", "build-backend").get("module-name")
            or setuptools.get("packages"),
            "py_modules": setuptools.get("py-modules"),
            "package_dir": setuptools.get("package-dir"),
            "homes": [
                *strings(table(setuptools, "packages", "find").get("where")),
                *(path.strip("/").rpartition("/")[0] for path in listed),
                *strings(table(tool, "maturin").get("python-source")),
                *strings(pdm or table(tool, "pdm").get("package-dir")),
                *strings(table(tool, "uv", "build-backend").get("module-root")),
            ],
            "build_requires": table(data, "build-system").get("requires"),
            "builds": "build-system" in data,
            # Of several packages the others take the one called like the distribution.
            "by_name": "setuptools" not in str(backend),
            **people(project.get("authors") or project.get("maintainers")),
        },
    )
    poetry = table(tool, "poetry")
    needed = dict(table(poetry, "dependencies"))
    python = needed.pop("python", None)
    packages = [table(package) for package in values(poetry.get("packages"))]
    yield (
        "pyproject.toml [tool.poetry]",
        {
            **poetry,
            "python_requires": poetry_range(python)
            if isinstance(python, str)
            else None,
            "project_urls": poetry | table(poetry, "urls"),
            "install_requires": [*needed],
            "packages": [
                path.split("/")[0]
                for path in strings([package.get("include") for package in packages])
            ],
            "homes": strings([package.get("from") for package in packages]),
            **people(poetry.get("authors") or poetry.get("maintainers")),
        },
    )
    flit = table(tool, "flit", "metadata")
    yield (
        "pyproject.toml [tool.flit]",
        {
            **flit,
            "name": flit.get("dist-name") or flit.get("module"),
            "author_email": flit.get("author-email"),
            "python_requires": flit.get("requires-python"),
            "project_urls": {"homepage": flit.get("home-page")} | table(flit, "urls"),
            "install_requires": flit.get("requires"),
            "packages": table(tool, "flit", "module").get("name") or flit.get("module"),
        },
    )


def setup_cfg(folder: Path) -> Iterator[tuple[str, Fields]]:
    """Read `[metadata]` and `[options]`; `file:`, `attr:` and `find:` are computed.

    https://setuptools.pypa.io/en/latest/userguide/declarative_config.html
    """
    path = folder / "setup.cfg"
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(decoded(path))
    except configparser.Error as error:
        raise unreadable(path, error) from error
    fields: Fields = {}
    sections = [
        section for section in ("metadata", "options") if parser.has_section(section)
    ]
    for key, value in [item for section in sections for item in parser.items(section)]:
        keyword = key.replace("-", "_")
        keyword = {"home_page": "url", "summary": "description"}.get(keyword, keyword)
        comma = "," if keyword in ("packages", "py_modules") else ""
        lines = [
            line.strip() for line in re.split(f"[\n{comma}]", value) if line.strip()
        ]
        if re.match("(file|attr|find|find_namespace):", value.strip()):
            fields[keyword] = COMPUTED
        elif keyword == "project_urls":
            pairs = (line.partition("=") for line in lines)
            fields[keyword] = {label.strip(): url.strip() for label, _, url in pairs}
        elif keyword == "package_dir":
            pairs = (line.partition("=") for line in lines)
            fields[keyword] = {name.strip(): path.strip() for name, _, path in pairs}
        else:
            fields[keyword] = lines if keyword in LISTS else value
    for section in ("options.packages.find", "options.packages.find_namespace"):
        if where := parser.get(section, "where", fallback=None):
            fields["homes"] = [where.strip()]
    yield "setup.cfg", fields


def literal(node: ast.expr, constants: Fields) -> Any:
    """Return what an expression of literals and known constants is, else COMPUTED."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return constants.get(name, COMPUTED)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [literal(item, constants) for item in items]
        case ast.Dict(keys=keys, values=items):
            words = [
                key.value if isinstance(key, ast.Constant) else None for key in keys
            ]
            return dict(
                zip(words, (literal(item, constants) for item in items), strict=True)
            )
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            return {word.arg: literal(word.value, constants) for word in keywords}
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = literal(left, constants), literal(right, constants)
            if (
                type(one) is type(other) in (str, list)
                and len(one) + len(other) <= LIMIT
            ):
                return one + other
    return COMPUTED


def setup_py(folder: Path) -> Iterator[tuple[str, Fields]]:
    """Read setup()'s keywords that are literals or constants; others are computed."""
    path = folder / "setup.py"
    fields: Fields = {}
    homes: list[str] = []
    try:
        with warnings.catch_warnings(action="ignore"):
            module = ast.parse(read(path))
        nodes = list(ast.walk(module))
        stored = Counter(
            node.id
            for node in nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
        constants: Fields = {}
        size = 0
        for statement in module.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    if stored[name] == 1 and size < LIMIT:
                        constants[name] = found = literal(value, constants)
                        size += len(found) if isinstance(found, str | list) else 0
        for node in nodes:
            match node:
                case ast.Call(func=ast.Name(id="setup") | ast.Attribute(attr="setup")):
                    for word in node.keywords:
                        value = literal(word.value, constants)
                        fields |= {word.arg: value} if word.arg else table(value)
                case ast.Call(
                    func=ast.Name(id="find_packages" | "find_namespace_packages")
                    | ast.Attribute(attr="find_packages" | "find_namespace_packages")
                ):
                    where = [w.value for w in node.keywords if w.arg == "where"]
                    home = literal((where + node.args or [EMPTY])[0], constants)
                    homes += [home] if isinstance(home, str) else []
    except MemoryError as error:
        raise unreadable(
            path,
            "it is not Python 3 that can be read: it is nested too deeply or too large",
        ) from error
    except (SyntaxError, ValueError, RecursionError) as error:
        raise unreadable(path, f"it is not Python 3: {error}") from error
    if homes:
        fields["homes"] = homes
    if needed := sorted(imported(module, folder)):
        fields["imports"] = needed
    yield "setup.py", fields


def imported(module: ast.Module, folder: Path) -> set[str]:
    """Return what setup.py imports when it starts, except Python's own modules, setuptools and the repository's."""
    names: set[str] = set()
    for statement in module.body:
        if isinstance(statement, ast.Import):
            names |= {alias.name.split(".")[0] for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom) and not statement.level:
            names.add((statement.module or "").split(".")[0])
    own = {path.stem for home in (folder, folder / "src") for path in listing(home)}
    given = {"setuptools", "pkg_resources", "distutils", *own}
    return names - sys.stdlib_module_names - given


def requirements(folder: Path) -> Iterator[tuple[str, Fields]]:
    """Read the lines of requirements.txt that are neither an option nor a comment."""
    lines = map(str.strip, decoded(folder / "requirements.txt").splitlines())
    yield (
        "requirements.txt",
        {"install_requires": [s for s in lines if s[:1].isalnum()]},
    )


def git_folder(folder: Path) -> Path | None:
    """Return where git keeps the settings of a repository, also of a linked worktree.

    https://git-scm.com/docs/gitrepository-layout
    """
    entry = folder / ".git"
    if entry.is_file():  # in a linked worktree and in a submodule
        target = decoded(entry).removeprefix("gitdir:").strip()
        entry = folder / target if target else entry
    if not entry.is_dir():
        return None
    common = decoded(entry / "commondir").strip()
    return entry / common if common else entry


def origin(folder: Path) -> str:
    """Return the URL of git's remote `origin`, https://git-scm.com/docs/git-config."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        if found := git_folder(folder):
            parser.read_string(decoded(found / "config"))
    except (configparser.Error, UserError, OSError, ValueError):
        return ""
    return parser.get('remote "origin"', "url", fallback=None) or ""


READERS = (pyproject, setup_cfg, setup_py)
