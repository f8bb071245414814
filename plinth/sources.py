"""What a repository says of itself, read as text: nothing of it is imported or run.

Every source is brought to the keywords of setuptools' setup(), which has a word for all
that is asked here: https://setuptools.pypa.io/en/latest/references/keywords.html
"""

import ast
import configparser
import re
import stat
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from .addresses import masked

LIMIT = 1_000_000  # bytes; metadata take a few thousand
COMPUTED = object()  # stands for what only running the repository's code would tell
LISTS = ("classifiers", "install_requires", "packages", "py_modules")

Fields = dict[str, Any]


class UserError(Exception):
    """What keeps a repository from being adopted, in one line for its user."""


def show(value: object) -> str:
    """Return a value quoted, without credentials and what a terminal would obey; cut, but for paths."""
    text = repr(masked(str(value)))
    return (
        text
        if len(text) <= 80 or isinstance(value, Path)
        else f"{text[:76]}...{text[0]}"
    )


def unreadable(path: Path, reason: object) -> UserError:
    """Return the error for a file, the reason on one line."""
    return UserError(
        f"cannot read {show(path)}: {masked(' '.join(str(reason).split()))[:200]}"
    )


def present(path: Path) -> bool:
    """Return whether a file or folder is there; a loop of links is an error."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise unreadable(path, error.strerror) from error
    return True


def listing(folder: Path) -> list[Path]:
    """Return what is in a folder, sorted; nothing where there is no such folder."""
    try:
        return sorted(folder.iterdir()) if present(folder) and folder.is_dir() else []
    except OSError as error:
        raise unreadable(folder, error.strerror) from error


def read(path: Path) -> bytes:
    """Return a file's content, nothing where there is no such file.

    Raises:
        UserError: For one that is unreadable, huge, binary or no regular file: a pipe
            would be waited for, a device has no end.
    """
    try:
        status = path.stat() if present(path) else None
        if status and not stat.S_ISREG(status.st_mode):
            raise unreadable(path, "it is no regular file")
        if status and status.st_size > LIMIT:
            raise unreadable(path, f"it has more than {LIMIT:,} bytes")
        content = b""
        if status:
            with path.open("rb") as file:
                content = file.read(LIMIT + 1)  # /proc says 0 of endless files
        if len(content) > LIMIT:
            raise unreadable(path, f"it has more than {LIMIT:,} bytes")
    except OSError as error:
        raise unreadable(path, error.strerror) from error
    if b"\0" in content:
        raise unreadable(path, "it is binary")
    return content


def decoded(path: Path) -> str:
    """Return a text file's content."""
    try:
        return read(path).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise unreadable(path, "it is not UTF-8") from error


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
        raise unreadable(path, f"it is no valid TOML: {error}") from error
    project, tool = table(data, "project"), table(data, "tool")
    backend = table(data, "build-system").get("build-backend", "setuptools")
    hatch = strings(table(tool, "hatch", "build", "targets", "wheel").get("packages"))
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
            "packages": [path.strip("/").rpartition("/")[2] for path in hatch]
            or table(tool, "uv", "build-backend").get("module-name")
            or table(tool, "setuptools").get("packages"),
            "py_modules": table(tool, "setuptools").get("py-modules"),
            # Of several packages the others take the one called like the distribution.
            "by_name": "setuptools" not in str(backend),
            **people(project.get("authors") or project.get("maintainers")),
        },
    )
    poetry = table(tool, "poetry")
    needed = dict(table(poetry, "dependencies"))
    python = needed.pop("python", None)
    packages = [
        table(package).get("include") for package in values(poetry.get("packages"))
    ]
    yield (
        "pyproject.toml [tool.poetry]",
        {
            **poetry,
            "python_requires": poetry_range(python)
            if isinstance(python, str)
            else None,
            "project_urls": poetry | table(poetry, "urls"),
            "install_requires": [*needed],
            "packages": [path.split("/")[0] for path in strings(packages)],
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
        else:
            fields[keyword] = lines if keyword in LISTS else value
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
    except MemoryError as error:
        raise unreadable(
            path,
            "it is no Python 3 that can be read: it is nested too deeply or too large",
        ) from error
    except (SyntaxError, ValueError, RecursionError) as error:
        raise unreadable(path, f"it is no Python 3: {error}") from error
    yield "setup.py", fields


def requirements(folder: Path) -> Iterator[tuple[str, Fields]]:
    """Read the lines of requirements.txt that are no option and no comment."""
    lines = map(str.strip, decoded(folder / "requirements.txt").splitlines())
    yield (
        "requirements.txt",
        {"install_requires": [s for s in lines if s[:1].isalnum()]},
    )


def origin(folder: Path) -> str:
    """Return the URL of git's remote `origin`, https://git-scm.com/docs/git-config."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    if (folder / ".git").is_dir():  # a file in worktrees, whose settings are elsewhere
        try:
            parser.read_string(decoded(folder / ".git" / "config"))
        except configparser.Error:
            return ""
    return parser.get('remote "origin"', "url", fallback=None) or ""


READERS = (pyproject, setup_cfg, setup_py, requirements)
