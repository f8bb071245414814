"""Copier's private names: what plinth uses of them, in one file, so that this test says what breaks when Copier moves."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest
from conftest import ROOT

FILE = ROOT / "plinth/copier_private.py"


def private_imports(file: Path) -> set[tuple[str, str]]:
    """Return the names that a file imports from private modules of Copier."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "copier"
        ):
            names = {alias.name for alias in node.names}
            hidden = "._" in f".{node.module}" or any(x[0] == "_" for x in names)
            found |= {(node.module or "", name) for name in names if hidden}
        if isinstance(node, ast.Import):
            found |= {(x.name, "") for x in node.names if x.name.startswith("copier._")}
    return found


def test_one_file_uses_private_names() -> None:
    users = [path for path in (ROOT / "plinth").rglob("*.py") if private_imports(path)]
    assert users == [FILE]


# What plinth does with each name, and which parameters or attributes that takes.
USES = {
    ("copier", "_vcs"): ("git as a fetch of a template calls it", ["get_git", "get_repo"]),
    ("copier._cli", "CopierApp"): ("the command line of an update", ["run"]),
    ("copier._jinja_ext", "get_yield_context"): ("forget the last {% yield %}", ["env"]),
    ("copier._main", "Worker"): (
        "render a project aside",
        ["src_path", "dst_path", "answers_file", "vcs_ref", "settings", "defaults", "overwrite", "quiet", "run_copy",
         "match_skip", "jinja_env", "subproject", "template", "_sync_git_index_executable_bit"],
    ),
    ("copier._main", "_operation"): ("tell a template that it is updated", ["set", "reset"]),
    ("copier._settings", "SettingsModel"): ("the settings of nobody", []),
    ("copier._template", "Template"): (
        "a template that is checked out already",
        ["url", "ref", "commit", "commit_hash", "git_index_modes", "local_abspath", "vcs", "version", "answers_relpath"],
    ),
    ("copier._template", "load_template_config"): ("read copier.yml with its includes", ["conf_path", "quiet"]),
    ("copier._types", "RelativePath"): ("name the answers file", []),
}  # fmt: skip


def test_every_use_is_listed() -> None:
    assert private_imports(FILE) == USES.keys()


@pytest.mark.parametrize(("module", "name"), USES)
def test_copier_still_has_it(module: str, name: str) -> None:
    purpose, needed = USES[module, name]
    found = getattr(importlib.import_module(module), name, None)
    if found is None and (module, name) == ("copier", "_vcs"):
        found = importlib.import_module("copier._vcs")
    assert found is not None, (
        f"Copier has moved {module}.{name}: plinth uses it to {purpose}"
    )
    there = {*dir(found), *getattr(found, "__dataclass_fields__", ())}
    if callable(found) and not isinstance(found, type):
        there |= {*inspect.signature(found).parameters}
    lost = [x for x in needed if x not in there]
    assert not lost, (
        f"{module}.{name} has no {', '.join(lost)}: plinth uses it to {purpose}"
    )
