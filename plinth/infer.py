"""What a repository's sources answer of the template's questions."""

import ast
import difflib
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from .addresses import masked
from .files import UserError, listing, present, read, show
from .metadata import (
    COMPUTED,
    READERS,
    Fields,
    origin,
    requirements,
    strings,
    table,
)

# What a repository answers where its licence is none of the choices. The template then adds none.
OTHER = "other"
# Where packages are outside src/ and the root: the layouts of many scientific packages and of maturin.
HABITS = ("lib", "python")
# What a backend needs in addition for an editable installation.
EDITABLE = {"hatchling": "editables"}
# Much of what setuptools, too, takes for no package in a flat layout:
# https://setuptools.pypa.io/en/latest/userguide/package_discovery.html#flat-layout
NO_PACKAGES = re.compile(
    "_.*|benchmarks?|build|ci|conftest|debian|dist|docs?|documentation|examples?|manage"
    "|noxfile|python|scripts|setup|src|tasks|toxfile|tools?|utils?|(unit_?)?tests?"
)
FORGES = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org")
CLASSIFIED = {  # those of BSD and Apache do not say which
    "License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: The Unlicense (Unlicense)": "Unlicense",
    "License :: Other/Proprietary License": "proprietary",
}


class Finding(NamedTuple):
    """An answer (None: there is none), its source, and what its user should know."""

    value: Any
    source: str = ""
    note: str = ""


class Repository:
    """What the sources of a repository say, the best first."""

    def __init__(self, folder: Path) -> None:
        """Read all sources; one that no answer needs may be unreadable."""
        if not present(folder) or not folder.is_dir():
            raise UserError(f"{show(folder)} is not a folder")
        self.folder = folder
        self.notes: list[str] = []
        self.sources = [source for reader in READERS for source in reader(folder)]
        try:
            self.sources += requirements(folder)
        except UserError as error:
            self.notes.append(f"{error}: no requirement in it was read")

    @property
    def builds_by(self) -> list[str]:
        """Return the files of setuptools that hold the metadata, where no pyproject.toml does."""
        if present(self.folder / "pyproject.toml"):
            return []
        cfg = dict(self.sources).get("setup.cfg")
        found = {"setup.py": present(self.folder / "setup.py"), "setup.cfg": bool(cfg)}
        return [name for name, there in found.items() if there]

    def each(self, keyword: str) -> Iterator[Any]:
        """Yield all values for a keyword."""
        for _, fields in self.sources:
            if (value := fields.get(keyword)) and value is not COMPUTED:
                yield value

    def find(self, keyword: str) -> tuple[Any, str]:
        """Return the first value for a keyword of setup(), and its source."""
        for source, fields in self.sources:
            if (value := fields.get(keyword)) and value is not COMPUTED:
                return value, source
        return None, ""

    def text(self, keyword: str) -> Finding:
        """Return the first text for a keyword, on one line as core metadata want it.

        https://packaging.python.org/en/latest/specifications/core-metadata/
        """
        for source, fields in self.sources:
            value = fields.get(keyword)
            if isinstance(value, str) and value.strip():
                return Finding(" ".join(value.split()), source)
        for source, fields in self.sources:
            if fields.get(keyword) is COMPUTED:
                return Finding(None, note=f"{source} computes it")
        return Finding(None, note="no source has it")


@dataclass(frozen=True)
class Adoption:
    """What a repository answers, and what else its user should know."""

    found: dict[str, Finding]
    own: list[str]  # files that say where and how the package is built
    left: list[str]  # what a person has to do, the most dangerous first
    lines: dict[str, list[str]]  # what belongs into a file of requirements
    notes: list[str]


def infer(folder: Path, choices: dict[str, list[str]], texts: Path) -> Adoption:
    """Return what a repository answers.

    Args:
        folder: The repository.
        choices: The template's choices for each question that has some. A pinned question has none.
        texts: The template's folder of licence texts.

    Raises:
        UserError: For a repository that cannot be adopted.
    """
    repository = Repository(folder)
    if present(folder / ".copier-answers.yml"):
        raise UserError(
            f"{show(folder)} comes from a template: update it, or remove .copier-answers.yml"
        )
    home, package = find_package(repository)
    place = home.relative_to(folder).as_posix()
    note = "the template's own checks look in src/ alone: move it there if you can"
    name, author = repository.text("name"), repository.text("author")
    called = Finding(package, "the package") if name.value is None else name
    authors, _ = repository.find("authors")
    if author.value and isinstance(authors, int) and authors > 1:
        author = Finding(author.value, author.source, f"the first of {authors}")
    code = home / package / "__init__.py"
    found = {
        "project_name": called,
        "package_name": Finding(
            package,
            "the flat layout" if place == "." else f"the {place} layout",
            "" if place == "src" else note,
        ),
        "distribution_name": name,
        "description": description(repository, code),
        "user_name": author,
        "user_email": repository.text("author_email"),
        "license": find_license(repository, choices.get("license", []), texts),
        "repository": find_url(repository),
        "python_min": python_min(repository, choices.get("python_min", [])),
        "starter": Finding(
            "library", "the template", "others write modules of their own"
        ),
        "modules": Finding("", "the template", "those of the repository exist already"),
        "exports": Finding(None, note=f"{package}/__init__.py stays as it is"),
    }
    own = repository.builds_by
    if not present(folder / "pyproject.toml"):
        own += configured(folder)
    if place != "src":
        own.append(code.relative_to(folder).as_posix())
    needed = {
        "requirements_prod.txt": requirements_of(repository)[0],
        "requirements_dev.txt": list(builders(repository)),
    }
    left = [*follow_ups(repository, code)]
    return Adoption(found, own, left, needed, repository.notes)


# Files and their sections where tools are configured, apart from pyproject.toml, whose tables would overrule most of them.
TOOLS = {
    "tool.pytest": {
        "pytest.ini": "",
        ".pytest.ini": "",
        "tox.ini": "pytest",
        "setup.cfg": "tool:pytest",
    },
    "tool.coverage": {
        ".coveragerc": "",
        "tox.ini": "coverage:",
        "setup.cfg": "coverage:",
    },
    "tool.mypy": {"mypy.ini": "", ".mypy.ini": "", "setup.cfg": "mypy"},
}


def configured(folder: Path) -> list[str]:
    """Return the tables of pyproject.toml that would overrule what a repository has elsewhere."""
    return [
        table
        for table, places in TOOLS.items()
        if any(
            present(folder / name)
            and (not section or f"[{section}".encode() in read(folder / name))
            for name, section in places.items()
        )
    ]


def follow_ups(repository: Repository, code: Path) -> Iterator[str]:
    """Yield what no answer takes over, the most dangerous first."""
    needed, source = requirements_of(repository)
    if needed:
        yield f"{len(needed)} requirements in {source}: copy them to requirements_prod.txt"
    elif source:
        yield f"{source} computes its requirements: write them into requirements_prod.txt"
    folder = repository.folder
    own_metadata = repository.builds_by
    build = list(builders(repository))
    if imports := strings(repository.find("imports")[0]) if own_metadata else []:
        yield (
            f"setup.py imports {', '.join(imports)}: write what provides that into requires of [build-system] in "
            "the new pyproject.toml"
        )
    if present(folder / "pyproject.toml"):
        if not repository.find("builds")[0]:
            yield (
                "pyproject.toml has no [build-system], so ./bootstrap does not install the package: add "
                'the table with the line requires = ["setuptools"]'
            )
    elif not own_metadata and not re.search(rb"(?m)^__version__\b", read(code)):
        where = code.relative_to(folder)
        yield f'{show(where)} has no version: add the line __version__ = "0.1.0"'
    if build:
        yield (
            "the lock lacks what builds the package: write these lines into requirements_dev.txt: "
            + ", ".join(build)
        )


def requirements_of(repository: Repository) -> tuple[list[str], str]:
    """Return what the package needs, and the source; a source alone where that computes it."""
    needed, source = repository.find("install_requires")
    computed = [
        s for s, f in repository.sources if f.get("install_requires") is COMPUTED
    ]
    # Beside metadata that list what is needed, requirements.txt is for other things.
    own = computed or not repository.find("name")[0] or source != "requirements.txt"
    found = strings(needed) if own else []
    return found, source if found else next(iter(computed), "")


def builders(repository: Repository) -> Iterator[str]:
    """Yield the lines that requirements_dev.txt needs, so that the lock holds the build backend."""
    for line in strings(repository.find("build_requires")[0]):
        name = re.split(r"[^\w.-]", line.strip())[0].lower().replace("_", "-")
        if name != "setuptools":  # which is a tool of every project
            yield line.strip()
            if name in EDITABLE:
                yield EDITABLE[name]


def homes(repository: Repository) -> list[Path]:
    """Return the folders where the metadata say that packages are.

    Raises:
        UserError: When a package of the metadata is the repository's root.
    """
    folder = repository.folder
    named = [home for value in repository.each("homes") for home in value]
    for mapping in repository.each("package_dir"):
        for name, place in table(mapping).items():
            if not isinstance(place, str):  # setup.py computes it
                continue
            path = PurePosixPath(place.strip("/"))
            if not name:
                named.append(str(path))
            elif path.name == "":
                raise UserError(
                    f"cannot adopt {show(folder)}: its root is the package {show(name)}; move the package into a folder"
                )
            elif path.name == str(name).rpartition(".")[2]:
                named.append(str(path.parent))
    paths = [PurePosixPath(name.strip("/")) for name in named]
    return [folder / path for path in dict.fromkeys(paths) if ".." not in path.parts]


def find_package(repository: Repository) -> tuple[Path, str]:
    """Return the folder that holds the one import package, and the package's name.

    Raises:
        UserError: For several packages, a namespace package (PEP 420 and older styles)
            or modules alone.
    """
    folder = repository.folder
    first = [*homes(repository), folder / "src"]
    found = {home: survey(home) for home in (*first, folder, *habits(folder))}
    # A folder of packages beside the root's other folders, such as lib/, looks like a namespace package.
    home = next((home for home in first if home != folder and any(found[home])), folder)
    if home == folder and not found[folder][0]:
        home = next((home for home in habits(folder) if found[home][0]), folder)
    packages, spaces, modules = found[home]
    if (
        home == folder
        and present(folder / "__init__.py")
        and not listed_packages(repository)
    ):
        raise UserError(
            f"cannot adopt {show(folder)}: its root is a package, since it has an __init__.py; "
            "move the package into a folder, or delete that file"
        )
    name, _ = repository.find("name")
    name = name if isinstance(name, str) else folder.resolve().name
    name = re.sub("[-_.]+", "_", name).lower()
    tops = {name.split(".")[0] for name in listed_packages(repository)}
    named = {name} & {*packages} if repository.find("by_name")[0] else set()
    chosen = sorted(top for top in tops if not NO_PACKAGES.fullmatch(top)) or sorted(
        named
    )
    single = strings(repository.find("py_modules")[0])
    chosen = chosen or ([] if single else packages)
    if len(chosen) + len(single) > 1:
        several = ", ".join(map(show, [*chosen, *single]))
        raise UserError(f"cannot adopt several packages or modules in one: {several}")
    if len(chosen) == 1 and chosen[0] in packages:
        return home, chosen[0]
    # A folder of scripts at the root is none unless the distribution is called like it.
    for space in spaces:
        if home != folder or space in chosen or name.startswith(space):
            raise UserError(f"cannot adopt the namespace package {show(home / space)}")
    if module := next(iter(single or modules), None):
        raise UserError(
            f"cannot adopt the module {show(home / f'{module}.py')}: make it a package first"
        )
    missing = f"package {show(chosen[0])}" if chosen else "package"
    raise UserError(
        f"{show(folder)} is not a Python project: it has no {missing} in src/, lib/, python/ or at its root"
    )


def habits(folder: Path) -> list[Path]:
    """Return the folders where packages are by habit, when neither metadata nor src/ tell."""
    return [folder / name for name in HABITS]


def listed_packages(repository: Repository) -> list[str]:
    """Return the packages that the metadata list."""
    return strings(repository.find("packages")[0])


def survey(folder: Path) -> tuple[list[str], list[str], list[str]]:
    """Return the packages, the namespace packages and the modules of a folder."""
    packages: list[str] = []
    spaces: list[str] = []
    modules: list[str] = []
    for path in listing(folder):
        name = path.stem if path.suffix == ".py" else path.name
        if not name.isidentifier() or NO_PACKAGES.fullmatch(name) or not path.exists():
            continue
        if path.suffix == ".py":
            modules.append(name)
        elif present(path / "__init__.py"):
            code = read(path / "__init__.py")
            old_style = b"extend_path(" in code or b"declare_namespace(" in code
            (spaces if old_style else packages).append(name)
        elif any(
            p.suffix == ".py" or present(p / "__init__.py") for p in listing(path)
        ):
            spaces.append(name)
    return packages, spaces, modules


def description(repository: Repository, init: Path) -> Finding:
    """Find the summary, else the first line of the package's docstring, as flit does."""
    found = repository.text("description")
    try:
        docstring = ast.get_docstring(ast.parse(read(init))) or ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        docstring = ""
    if found.value or not docstring.strip():
        return found
    return Finding(docstring.splitlines()[0].strip(), "the package's docstring")


def python_min(repository: Repository, choices: list[str]) -> Finding:
    """Map Requires-Python to the lowest choice that it admits from its first release on."""
    found = repository.text("python_requires")
    try:
        if len(found.value or "") > 1000:  # too many digits for a number
            raise InvalidSpecifier
        wanted = SpecifierSet(found.value or "")
    except InvalidSpecifier:
        wrong = (
            f"{found.source} has {show(found.value)}, which is not a range of versions"
        )
        return Finding(None, note=wrong)
    admitted = [c for c in choices if wanted.contains(f"{c}.0", prereleases=True)]
    if not found.value:
        return found
    asked = f"{found.source} has {show(found.value)}"
    if not admitted:
        return Finding(None, note=f"{asked}, which admits none of {', '.join(choices)}")
    below = ["2.7.99", *(f"3.{minor}.99" for minor in range(int(admitted[0][2:])))]
    notes = []
    if any(map(wanted.contains, below)):
        notes.append(f"raises {show(found.value)} to the oldest choice that it admits")
    if left_out := [
        c for c in choices[choices.index(admitted[0]) :] if c not in admitted
    ]:
        notes.append(
            f"the template supports {', '.join(left_out)}, too, which it leaves out"
        )
    return Finding(admitted[0], found.source, "; ".join(notes))


def find_license(repository: Repository, choices: list[str], known: Path) -> Finding:
    """Find the licence: an SPDX expression (PEP 639), the text, a classifier, the field.

    A licence that is none of the choices is OTHER: the repository's own statement and file hold.
    """
    expression = repository.text("license_expression")
    if expression.value:
        spdx = {choice.lower(): choice for choice in choices}
        return choice_for(expression, spdx.get(expression.value.lower()))
    files = licenses(repository.folder)
    texts = {}
    for path in files:
        try:
            content = read(path)
        except UserError as error:
            repository.notes.append(str(error))
            continue
        for choice in choices:
            if reads_like(content, choice, known):
                texts[path.name] = choice
    if len(set(texts.values())) > 1:
        return Finding(OTHER, ", ".join(texts), "there are several: they stay")
    for name, choice in texts.items():
        if not choice.startswith("GPL"):  # whose text leaves open "or later"
            return Finding(choice, name)
    classifiers, source = repository.find("classifiers")
    for classifier in strings(classifiers):
        if classifier in CLASSIFIED:
            return Finding(CLASSIFIED[classifier], f"{source} classifiers")
    stated = repository.text("license")
    if stated.value:
        names = {squeezed(choice): choice for choice in choices}
        return choice_for(stated, names.get(squeezed(stated.value)))
    if (
        files
        or "computes" in stated.note
        or any("License ::" in c for c in strings(classifiers))
    ):
        where = files[0].name if files else stated.note or f"{source} classifiers"
        return Finding(OTHER, where, "it is none of the choices, and stays")
    return Finding("proprietary", "nothing", "no licence is stated, so none is granted")


def choice_for(stated: Finding, choice: str | None) -> Finding:
    """Return the choice for a statement, OTHER where there is none."""
    if choice:
        return Finding(choice, stated.source)
    note = f"{show(stated.value)} is none of the choices, and stays"
    return Finding(OTHER, stated.source, note)


def licenses(folder: Path) -> list[Path]:
    """Return the files that tell a licence, by their usual names."""
    pattern = re.compile(r"(?i)((un)?licen[cs]e|copying)([-._](?!py).*)?")
    files = [path for path in listing(folder) if pattern.fullmatch(path.name)]
    return [path for path in files if not path.is_dir()]


def squeezed(licence: str) -> str:
    """Return what tells one licence's name from another's: `Apache License, Version 2.0`."""
    return re.sub(r"\b(the|licen[cs]e|version)\b|[^a-z0-9+]", "", licence.lower())


@functools.cache
def words(text: str) -> list[str]:
    """Return a licence's words, except copyright lines and what follows its terms."""
    body = re.split("(?i)end of terms and conditions", text)[0]
    copyright_ = r"(?im)^\W*(copyright\W+(\(c\)|\d|\{|©)|all rights reserved).*$"
    return re.findall("[a-z0-9]+", re.sub(copyright_, "", body).lower())


def reads_like(content: bytes, spdx: str, texts: Path) -> bool:
    """Return whether a text is that of a licence, other names and a few words aside.

    Args:
        content: The text.
        spdx: The licence.
        texts: The folder of known texts; a licence without one is never the same.
    """
    path = texts / f"{spdx}.txt"
    if not path.is_file():
        return False
    given = words(content.decode("utf-8", "replace"))
    known = words(path.read_text("utf-8"))
    runs = [{*zip(w, w[1:], w[2:], strict=False)} for w in (given, known)]
    if len(runs[0] & runs[1]) < 0.9 * max(map(len, runs)):
        return False
    # A sentence more, such as "for Good, not Evil", makes another licence.
    changes = difflib.SequenceMatcher(None, known, given).get_opcodes()
    return not any(
        at and end - start > 6 > stop - at for _, at, stop, start, end in changes
    )


def find_url(repository: Repository) -> Finding:
    """Find the repository by its well-known label, in git, or as the home page.

    https://packaging.python.org/en/latest/specifications/well-known-project-urls/
    """
    homes = []
    for source, fields in repository.sources:
        urls: Fields = table(fields.get("project_urls"))
        for label, url in [*urls.items(), ("homepage", fields.get("url"))]:
            plain = re.sub(r"[\W_]", "", str(label)).lower()
            if not isinstance(url, str):
                continue
            if plain in ("source", "sourcecode", "repository", "github", "code"):
                return without_secrets(url, f"{source} {plain}")
            if plain == "homepage" and re.match(
                rf"https?://(www\.)?({'|'.join(FORGES)})/", url
            ):
                homes.append(without_secrets(url, f"{source} home page"))
    remote = origin(repository.folder)
    if re.match(r"[\w+]+://|[^/\\]{2,}:", remote):  # and no folder
        return without_secrets(remote, ".git/config")
    return homes[0] if homes else Finding(None, note="no source has it")


def without_secrets(url: str, source: str) -> Finding:
    """Return an address as an answer, which all can read: none where credentials may be left in it."""
    found = address(url)
    if masked(found) != found:
        return Finding(None, note=f"{source} has credentials in its address")
    return Finding(found, source)


def address(url: str) -> str:
    """Return an address as a URL without credentials, one to look at where it is known."""
    url = url.strip().removeprefix("git+")
    # https://git-scm.com/docs/git-clone#_git_urls: [<user>@]<host>:/<path-to-git-repo>
    if match := re.fullmatch(r"([\w.-]+@)?([\w-]+(?:\.[\w-]+)+):(?!//)/*(.+)", url):
        url = "ssh://{}{}/{}".format(*(group or "" for group in match.groups()))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return url.rpartition("@")[2]
    if parts.scheme in ("http", "https") or host in FORGES:
        scheme = "http" if parts.scheme == "http" else "https"
        return f"{scheme}://{host}{port}{parts.path.rstrip('/').removesuffix('.git')}"
    user = f"{parts.username}@" if parts.username and "ssh" in parts.scheme else ""
    return f"{parts.scheme}://{user}{host}{port}{parts.path}"
