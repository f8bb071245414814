"""Check that the ``__all__`` of every package is correct, and print the lines it lacks.

A package exports the public names of its modules, in sorted order. It also exports
each public module and subpackage that has public names. The public names of a module
are its ``__all__``. Without one they are the functions, classes and UPPER_CASE
constants that it defines, except those that begin with an underscore.
Django finds the modules of an app by their names, so an app exports nothing.
"""

import ast
import json
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
FOLDERS = sorted(path.parent for path in SOURCE.glob("*/**/__init__.py"))
APPS = {x.parent for x in SOURCE.glob("*/**/apps.py") if b"AppConfig" in x.read_bytes()}
FOUND_BY_DJANGO = {"management", "migrations", "templatetags"}  # nobody imports these
PACKAGES = [
    folder
    for folder in FOLDERS
    if APPS.isdisjoint((folder, *folder.parents))
    and FOUND_BY_DJANGO.isdisjoint(folder.relative_to(SOURCE).parts[1:])
]


def dotted(path: Path) -> str:
    """Return the full name of a package, given its folder."""
    return ".".join(path.relative_to(SOURCE).parts)


def all_of(package: Path) -> list[str]:
    """Return the ``__all__`` of a package, or an empty list."""
    return list(getattr(import_module(dotted(package)), "__all__", []))


def public_names(module: Path) -> set[str]:
    """Return the public names of a module, read from its source."""
    names: set[str] = set()
    for node in ast.parse(module.read_bytes()).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case (
                ast.Assign(targets=[ast.Name("__all__")], value=ast.expr() as value)
                | ast.AnnAssign(target=ast.Name("__all__"), value=ast.expr() as value)
            ):
                return set(ast.literal_eval(value))
            case (
                ast.Assign(targets=[ast.Name(name)])
                | ast.AnnAssign(target=ast.Name(name))
            ) if name.isupper():
                names.add(name)
    return {name for name in names if name[0] != "_"}


def exports(package: Path) -> dict[str, str]:
    """Return what a package must export, and the module that each name comes from."""
    homes: dict[str, str] = {}
    for path in sorted(package.iterdir()):
        offered: set[str] = set()
        if path in PACKAGES:
            offered = public_names(path / "__init__.py").union(exports(path))
        elif (
            path.suffix == ".py" and path.stem.isidentifier() and path.stem[:2] != "__"
        ):
            offered = public_names(path)
            homes |= dict.fromkeys(offered, path.stem)
        if offered and path.stem[0] != "_":
            homes.setdefault(path.stem, "")
    return homes


@pytest.mark.parametrize("package", PACKAGES, ids=dotted)
def test_all_is_sorted(package: Path) -> None:
    names = all_of(package)
    assert names == sorted(set(names))


@pytest.mark.parametrize("package", PACKAGES, ids=dotted)
def test_every_exported_name_resolves(package: Path) -> None:
    module = import_module(dotted(package))
    assert [name for name in all_of(package) if not hasattr(module, name)] == []


@pytest.mark.parametrize("package", PACKAGES, ids=dotted)
def test_nothing_public_is_missing(package: Path) -> None:
    homes, names = exports(package), all_of(package)
    missing = sorted(homes.keys() - names)
    lines = [f"from .{homes[name]} import {name}" for name in missing]
    if (package / "__init__.py").read_text(encoding="utf-8").count("attach("):
        lines += [
            f'    "{x}": "{homes[x]}",  # in attach()' for x in missing if homes[x]
        ]
    lines.append(f"__all__ = {json.dumps(sorted({*names, *missing}))}")
    where = (package / "__init__.py").relative_to(SOURCE.parent)
    if missing:
        pytest.fail("\n".join([f"{where} needs these lines:", *lines]), pytrace=False)


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in SOURCE.glob("*/**/*.py")}
    assert folders == set(FOLDERS)
