"""Three real layouts, installed as wheels into fresh environments and imported in every way."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import (
    LAYOUTS,
    Generate,
    assert_green,
    entries,
    import_in_every_way,
    run,
)


def answers(layout: Path) -> dict[str, Any]:
    """Return the answers that a layout file holds."""
    loaded: dict[str, Any] = yaml.safe_load(layout.read_text())
    return loaded


@pytest.fixture(params=["eager", "lazy"])
def exports(request: pytest.FixtureRequest) -> str:
    """Return each value of the question `exports`."""
    value: str = request.param
    return value


@pytest.fixture(
    params=[
        pytest.param(
            path, id=path.stem, marks=[pytest.mark.slow] * (path.stem != "sound")
        )
        for path in LAYOUTS
    ]
)
def layout(request: pytest.FixtureRequest) -> Path:
    """Return each layout's file."""
    value: Path = request.param
    return value


def environment(folder: Path, project: Path) -> Path:
    """Build the project's wheel, install it into a fresh environment and return that one's Python."""
    run(
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--outdir",
        folder / "dist",
        project,
        cwd=project,
    )
    (wheel,) = (folder / "dist").glob("*.whl")
    run("uv", "venv", "--offline", "-p", sys.executable, folder / "venv", cwd=folder)
    run(
        "uv",
        "pip",
        "install",
        "--offline",
        "--no-deps",
        "-p",
        folder / "venv",
        wheel,
        cwd=folder,
    )
    return folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"


def test_layout_imports_in_every_way(
    generate: Generate, layout: Path, exports: str, tmp_path: Path
) -> None:
    project = generate(**answers(layout), exports=exports)
    python = environment(tmp_path, project)
    (root,) = (path.parent.name for path in project.glob("src/*/__init__.py"))
    import_in_every_way(python, root, entries(answers(layout)["modules"]))


PUBLIC = """
import json, sys
from importlib import import_module
from pathlib import Path

surface = {}
for init in sorted(Path("src").glob("*/**/__init__.py")):
    name = ".".join(init.parent.relative_to("src").parts)
    package = import_module(name)
    surface[name] = {
        "all": package.__all__,
        "dir": [x for x in dir(package) if not x.startswith("_")],
        "modules": [x for x in package.__all__ if isinstance(getattr(package, x), type(sys))],
    }
print(json.dumps(surface))
"""


def surface(project: Path) -> dict[str, dict[str, Any]]:
    """Return what each package of a project shows: `__all__`, `dir()` and which names are modules."""
    code = f"import sys; sys.path.insert(0, 'src'){PUBLIC}"
    loaded: dict[str, dict[str, Any]] = json.loads(
        run(sys.executable, "-c", code, cwd=project).stdout
    )
    return loaded


def test_lazy_and_eager_show_the_same(generate: Generate, layout: Path) -> None:
    eager, lazy = (
        surface(generate(**answers(layout), exports=value))
        for value in ("eager", "lazy")
    )
    assert eager == lazy
    assert all(shown["all"] == shown["dir"] for shown in eager.values())


MISUSE = """
import {root}
from {root} import *
from {module} import {name}

reveal_type({package}.{name})
{package}.missing
"""


def test_type_checkers_see_the_same(generate: Generate, layout: Path) -> None:
    """A type checker resolves each export of either kind and reports a name that is not there."""
    module, names = entries(answers(layout)["modules"])[0]
    seen = []
    for value in ("eager", "lazy"):
        project = generate(**answers(layout), exports=value)
        (root,) = (path.parent.name for path in project.glob("src/*/__init__.py"))
        package = f"{root}.{module}".rpartition(".")[0]
        code = MISUSE.format(
            root=root, module=f"{root}.{module}", package=package, name=names[0]
        )
        (project / "use.py").write_text(code)
        # Not through tool(), which demands success.
        done = run(
            sys.executable,
            "-m",
            "mypy",
            "use.py",
            cwd=project,
            env={"PYTHONPATH": "src"},
            check=False,
        )
        seen.append(done.stdout)
    assert seen[0] == seen[1]
    assert 'has no attribute "missing"' in seen[0]
    assert "Any" not in seen[0]


def test_nested_packages_work_after_one_import(
    generate: Generate, exports: str
) -> None:
    """One import reaches everything, and from-imports work, too."""
    project = generate(**answers(LAYOUTS[-1]), exports=exports)
    code = (
        "import sound; print(sound.formats.wavread.read_wav('ok'));"
        "from sound.effects import Echo, surround; print(Echo('ok').name, surround('ok'));"
        "print(callable(sound.effects.echo), sound.__version__);"
        "print('read_wav' in sound.__all__, hasattr(sound, 'read_wav'))"
    )
    done = run(sys.executable, "-c", code, cwd=project / "src")
    assert done.stdout.split("\n") == ["ok", "ok ok", "True 0.1.0", "False False", ""]


def test_private_modules_stay_private(generate: Generate, exports: str) -> None:
    project = generate(
        **answers(next(path for path in LAYOUTS if path.stem == "private_core")),
        exports=exports,
    )
    code = "import deep_sea as p; print(p.__all__, p.Container('x').name, p.zones.abyss.trench.ping('x'))"
    done = run(sys.executable, "-c", code, cwd=project / "src")
    assert (
        done.stdout
        == "['Container', 'DeepSeaError', 'Registry', 'exceptions', 'zones'] x x\n"
    )


def test_lazy_import_loads_no_module(generate: Generate, layout: Path) -> None:
    project = generate(**answers(layout), exports="lazy")
    (root,) = (path.parent.name for path in project.glob("src/*/__init__.py"))
    code = f"import sys, {root}; print(*(name for name in sys.modules if name.startswith('{root}.')))"
    assert run(sys.executable, "-c", code, cwd=project / "src").stdout.split() == [
        f"{root}._lazy"
    ]


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(
            path, id=path.stem, marks=[pytest.mark.slow] * (path.stem != "sound")
        )
        for path in LAYOUTS
    ],
)
def test_fresh_project_is_green(generate: Generate, layout: Path, exports: str) -> None:
    """Lint, types and tests pass with full coverage, and the formatter changes nothing."""
    project = generate(**answers(layout), exports=exports)
    assert_green(project)


def test_imports_are_in_the_order_of_isort(generate: Generate) -> None:
    """Constants, then classes, then functions, which a sort by letters mixes; `__all__` is in plain order.

    Source: `order_by_type` in https://pycqa.github.io/isort/docs/configuration/options.html
    """
    project = generate(package_name="demo", modules="wave:zoom,Zebra,ZERO,air,Ant,ALL")
    text = (project / "src/demo/__init__.py").read_text()
    assert "from .wave import ALL, ZERO, Ant, Zebra, air, zoom" in text
    run(sys.executable, "-m", "ruff", "check", "src", cwd=project)
    (exported,) = re.findall(r"__all__ = \[(.*?)\]", text, re.DOTALL)
    names = re.findall(r'"(\w+)"', exported)
    assert names == ["ALL", "Ant", "ZERO", "Zebra", "air", "wave", "zoom"]
