"""Every value of every option gives a project that lints, type-checks, tests, builds and would be taken by PyPI."""

import re
import sys
import tomllib
from email import message_from_string
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from conftest import (
    LAYOUTS,
    ROOT,
    Generate,
    assert_green,
    git,
    interpreter,
    run,
    tool,
)

# Folders that tools leave out, and names that pytest, unittest and ruff treat as their own.
TOOLS_WORDS = """
build.a:x dist.b:y venv.c:z htmlcov.d:e test_f.g:h node_modules.i:j
tests.k:TestCase,test_it,setup_module,pytest_plugins,setUp,maxDiff,readFile,T,_x
l.m:TestCase,a o.p:I,O,IO,l
q _r.s _v t.test_u:
"""

# Each value of each option at least once.
CASES = [
    pytest.param(
        {"license": "MIT", "python_min": "3.11", "exports": "eager"}, id="defaults"
    ),
    pytest.param(
        {
            "license": "Apache-2.0",
            "python_min": "3.12",
            "exports": "lazy",
            "docs": True,
        },
        id="apache-3.12-lazy-docs",
    ),
    pytest.param(
        {
            "license": "BSD-3-Clause",
            "python_min": "3.13",
            "repository": "https://example.org/ada/sound.git",
        },
        id="bsd-3.13-https",
    ),
    pytest.param(
        {
            "license": "GPL-3.0-or-later",
            "python_min": "3.14",
            "exports": "lazy",
            "repository": "ssh://git@example.org:2222/ada/sound",
        },
        id="gpl-3.14-ssh",
    ),
    pytest.param(
        {"license": "MPL-2.0", "python_min": "3.15", "user_email": "ada@example.org"},
        id="mpl-3.15-email",
    ),
    pytest.param(
        {"license": "ISC", "modules": "", "exports": "eager"}, id="isc-no-modules"
    ),
    pytest.param(
        {"license": "Unlicense", "modules": [], "exports": "lazy"},
        id="unlicense-no-modules-lazy",
    ),
    pytest.param(
        {"exports": "lazy", "modules": TOOLS_WORDS}, id="names-that-tools-know"
    ),
    pytest.param(
        {"license": "proprietary", "user_name": "", "description": ""},
        id="proprietary-nameless",
    ),
]


# The defaults among the slow tests; tests/test_reviewers.py builds a pairwise cover of the others there.
@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(
            *x.values, id=x.id, marks=pytest.mark.complete if n else pytest.mark.slow
        )
        for n, x in enumerate(CASES)
    ],
)
def test_fresh_project_is_ready_to_publish(
    generate: Generate, answers: dict[str, str], tmp_path: Path
) -> None:
    project = generate(**answers)
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    listed = git(project, "ls-files", "src", "tests").splitlines()
    folders = [project / "src", project / "tests"]
    assert sorted(listed) == sorted(
        path.relative_to(project).as_posix()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    )
    assert_green(project)
    dist = tmp_path / "dist"
    tool("build", "--no-isolation", "--outdir", dist, cwd=project)
    tool("twine", "check", "--strict", *dist.iterdir(), cwd=project)
    (wheel,) = dist.glob("*.whl")
    with ZipFile(wheel) as archive:
        names = archive.namelist()
        text = next(name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = message_from_string(archive.read(text).decode())
        assert any(name.endswith("/py.typed") for name in names)
        licence = next(name for name in names if name.endswith("/licenses/LICENSE"))
        assert archive.read(licence).decode() == (project / "LICENSE").read_text()
    chosen = answers.get("license", "MIT")
    assert metadata["License-Expression"] == (
        "LicenseRef-Proprietary" if chosen == "proprietary" else chosen
    )
    assert metadata["Requires-Python"] == f">={answers.get('python_min', '3.11')}"
    assert metadata["Version"] == "0.1.0"
    assert metadata["Requires-Dist"] is None
    assert metadata["Project-URL"] == (
        f"Repository, {answers['repository']}" if "repository" in answers else None
    )


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14", "3.15"])
def test_sources_compile(
    generate: Generate, version: str, layout: Path, tmp_path: Path
) -> None:
    python = interpreter(version)
    for exports in ("eager", "lazy"):
        project = generate(**yaml.safe_load(layout.read_text()), exports=exports)
        folders = [project / name for name in ("src", "tests", ".standard")]
        run(
            python,
            "-m",
            "compileall",
            "-q",
            *folders,
            cwd=project,
            env={"PYTHONPYCACHEPREFIX": str(tmp_path)},
        )


def test_readme_example_runs(generate: Generate) -> None:
    """The import that README shows is one that works."""
    for modules in (
        "greeting:Greeter,greet",
        "filters.bands:BANDS",
        "_core:CoreError",
        "utils bands:BANDS",
        "utils",
        "",
    ):
        project = generate(project_name="Sound", modules=modules)
        code = (
            (project / "README.md")
            .read_text()
            .partition("```python\n")[2]
            .partition("```")[0]
        )
        assert run(sys.executable, "-c", code, cwd=project / "src").stdout


def test_a_project_stays_light(generate: Generate) -> None:
    """To add a file or a line to every project, remove another one first. The lock and the licence do not count."""
    project = generate()
    files = [path for path in project.rglob("*") if path.is_file()]
    counted = [x for x in files if x.name not in ("LICENSE", "requirements_lock.txt")]
    lines = sum(len(path.read_text().splitlines()) for path in counted)
    visible = [path for path in project.iterdir() if not path.name.startswith(".")]
    assert len(visible) <= 13
    assert len(files) <= 30
    assert lines <= 1300


@pytest.mark.parametrize(
    "license", ["MIT", "Apache-2.0", "GPL-3.0-or-later", "proprietary"]
)
def test_every_file_ends_in_one_line_end(generate: Generate, license: str) -> None:
    project = generate(license=license, exports="lazy")
    for path in filter(Path.is_file, project.rglob("*")):
        text = path.read_bytes().replace(b"\r\n", b"\n")
        assert not text or (text[-1:] == b"\n" and text[-2:] != b"\n\n"), path.name


@pytest.mark.parametrize("name", ["bootstrap", "bootstrap.cmd"])
def test_this_repository_uses_the_very_same_files(
    name: str, generate: Generate
) -> None:
    """One copy would be a link; a clone on Windows, where links are text, needs the file itself."""
    for copy in (ROOT / name, generate() / name):
        assert copy.read_bytes() == (ROOT / "template" / name).read_bytes()
        assert copy.stat().st_mode == (ROOT / "template" / name).stat().st_mode


@pytest.mark.parametrize("starter", ["library", "django"])
def test_older_projects_keep_the_group_dev(generate: Generate, starter: str) -> None:
    """Projects before version 2 have their development tools as a group, too: without pip, which came later, and without floors."""
    assert "dependency-groups" not in (generate() / "pyproject.toml").read_text()
    names = {"package_name": "demo", "distribution_name": "demo", "starter": starter}
    project = generate(born={**names, "reviewed": True}, **names)
    table = tomllib.loads((project / "pyproject.toml").read_text())
    files = ("requirements_dev.txt", ".standard/requirements_tools.txt")
    lines = "\n".join((project / name).read_text() for name in files).splitlines()
    wanted = {re.split(" #|[>=]", line)[0].strip() for line in lines}
    wanted = {line for line in wanted if line and line[0] not in "#-"}
    assert set(table["dependency-groups"]["dev"]) == wanted - {"pip"}
