"""Check the ``__all__`` of every package, and print the lines that are missing.

A package exports the public names of its modules, in sorted order, and the public
modules and subpackages that have some. A module's public names are its ``__all__``, or
else the functions, classes and UPPER_CASE constants that do not begin with ``_``.
"""

import ast
from importlib import import_module
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src"
FOLDERS = sorted(path.parent for path in SRC.glob("*/**/__init__.py"))
# Django finds these by their names, so they export nothing.
DJANGO = {x.parent for x in SRC.glob("*/**/apps.py") if b"AppConfig" in x.read_bytes()}
for found in ("management", "migrations", "templatetags"):
    DJANGO.update(SRC.glob(f"*/**/{found}"))
PACKAGES = {
    ".".join(folder.relative_to(SRC).parts): folder
    for folder in FOLDERS
    if DJANGO.isdisjoint((folder, *folder.parents))
}


def public_names(module: Path) -> set[str]:
    """Return the public names of a module, read from its source."""
    names = set()
    for node in ast.parse(module.read_bytes()).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case (
                ast.Assign(targets=[ast.Name(name)], value=ast.expr() as value)
                | ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value)
            ):
                if name == "__all__":
                    return set(ast.literal_eval(value))
                if name.isupper():
                    names.add(name)
    return {name for name in names if name[0] != "_"}


def exports(package: Path) -> dict[str, str]:
    """Return what a package must export, and the module that each name comes from."""
    homes: dict[str, str] = {}
    for path in sorted(package.iterdir()):
        names, home = set(), path.stem
        if path in PACKAGES.values():
            names = public_names(path / "__init__.py").union(exports(path))
        elif path.suffix == ".py" and home.isidentifier() and home[:2] != "__":
            names = public_names(path)
            homes |= dict.fromkeys(names, home)
        if names and home[0] != "_":
            homes.setdefault(home, "")
    return homes


@pytest.mark.parametrize("name", PACKAGES)
def test_all_is_complete_and_sorted(name: str) -> None:
    package, init = import_module(name), PACKAGES[name] / "__init__.py"
    exported = list(getattr(package, "__all__", []))
    found = {x for x in exported if hasattr(package, x)}
    homes = exports(PACKAGES[name])
    new = sorted(homes.keys() - found)
    wanted = sorted(found.union(new))
    lines = [f"from .{homes[x]} import {x}" for x in new]
    if "attach(" in init.read_text(encoding="utf-8"):
        lines += [f'    "{x}": "{homes[x]}",  # in attach()' for x in new if homes[x]]
    lines.append(f"__all__ = {wanted}".replace("'", '"'))
    if new or exported != wanted:
        where = init.relative_to(SRC.parent)
        pytest.fail("\n".join([f"{where} needs these lines:", *lines]), pytrace=False)


def test_every_folder_of_modules_is_a_package() -> None:
    assert {path.parent for path in SRC.glob("*/**/*.py")} == set(FOLDERS)
