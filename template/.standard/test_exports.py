"""Holds the package to its word: what ``__all__`` says is true in every package.

A package exports the public names of the modules directly in it, its public modules
and its subpackages, in sorted order. A module's public names are its ``__all__`` or,
without one, the functions, classes and UPPER_CASE constants that it defines and that
do not begin with an underscore. A Django app exports nothing: Django finds its modules
by their names.
"""

import ast
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
FOLDERS = sorted(path.parent for path in SOURCE.glob("*/**/__init__.py"))
APPS = {x.parent for x in SOURCE.glob("*/**/apps.py") if b"AppConfig" in x.read_bytes()}
PACKAGES = [folder for folder in FOLDERS if APPS.isdisjoint((folder, *folder.parents))]


def dotted(path: Path) -> str:
    """Return the full name of a module or package, given its path."""
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def is_public(name: str) -> bool:
    """Return whether a name is meant for users."""
    return not name.startswith("_")


def public_names(module: Path) -> set[str]:
    """Return what a module offers, read from its source without importing it."""
    names: set[str] = set()
    for node in ast.parse(module.read_bytes()).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Assign(targets=[ast.Name("__all__")], value=value):
                return set(ast.literal_eval(value))
            case ast.AnnAssign(target=ast.Name("__all__"), value=ast.expr() as value):
                return set(ast.literal_eval(value))
            case (
                ast.Assign(targets=[ast.Name(name)])
                | ast.AnnAssign(target=ast.Name(name))
            ) if name.isupper():
                names.add(name)
    return set(filter(is_public, names))


def expected_names(package: Path) -> set[str]:
    """Return what a package must export."""
    # A file that no import statement can name, such as a migration's, offers nothing.
    files = [path for path in package.glob("*.py") if path.stem.isidentifier()]
    modules = [path for path in files if not path.stem.startswith("__")]
    packages = [folder for folder in PACKAGES if folder.parent == package]
    names = {path.stem for path in modules + packages if is_public(path.stem)}
    return names.union(*map(public_names, modules))


@pytest.mark.parametrize("package", PACKAGES, ids=dotted)
def test_all_is_sorted(package: Path) -> None:
    names = import_module(dotted(package)).__all__
    assert names == sorted(set(names))


@pytest.mark.parametrize("package", PACKAGES, ids=dotted)
def test_every_exported_name_resolves(package: Path) -> None:
    module = import_module(dotted(package))
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("package", PACKAGES, ids=dotted)
def test_nothing_public_is_missing(package: Path) -> None:
    missing = expected_names(package) - set(import_module(dotted(package)).__all__)
    assert missing == set(), f"export them in {package / '__init__.py'}"


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in SOURCE.glob("*/**/*.py")}
    assert folders == set(FOLDERS)
