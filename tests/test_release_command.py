"""`.standard/release.py`: what it checks before a release, and how it makes one ready."""

import datetime as dt
import os
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    Generate,
    commit,
    git,
    rendered,
    run,
    template_outside_git,
)
from support.files import edit, editing

NEEDS = 'CHANGELOG.md needs exactly one "## {}" that says what is new'


@pytest.fixture(scope="module")
def released(copie_session: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with metadata, as setuptools writes it, and a changelog that is ready for 0.1.0."""
    project = shutil.copytree(
        rendered(copie_session, {"project_name": "Demo"}, template_outside_git()),
        tmp_path_factory.mktemp("released") / "demo",
    )
    edit(project / "CHANGELOG.md", "(unreleased)", "(2026-11-21)")
    setup = (sys.executable, "-c", "import setuptools; setuptools.setup()")
    run(*setup, "--quiet", "egg_info", cwd=project)
    return project


def release(project: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the check and return its exit status and what it wrote."""
    command = (sys.executable, ".standard/release.py", *arguments)
    done = run(*command, cwd=project, env={"PYTHONPATH": "src"}, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("tag", ["0.1.0", "v0.1.0"])
@pytest.mark.parametrize(
    "heading",
    ["0.1.0 (2026-11-21)", "0.1.0", "[0.1.0] - 2026-11-21", "v0.1.0, 2026-11-21"],
)
def test_what_agrees_can_be_released(
    released: Path, tmp_path: Path, tag: str, heading: str
) -> None:
    """The text between the version's heading and the next is the release's."""
    project = shutil.copytree(released, tmp_path / "demo")
    sections = ["# Changelog", "## 0.1.0.1", "- Later.", f"## {heading}", "- Ä.\n- B."]
    sections += ["### More", "- C.", "## 0.0.1", "- Earlier."]
    (project / "CHANGELOG.md").write_text("\n\n".join(sections) + "\n", "utf-8")
    assert release(project, "--tag", tag) == (0, "- Ä.\n- B.\n\n### More\n\n- C.\n", "")


@pytest.mark.parametrize(
    ("change", "arguments", "line"),
    [
        pytest.param(
            editing("README.md", "# Demo", "# The Demo"),
            ["--tag", "0.2.0"],
            "the package says 0.1.0, not 0.2.0: make them agree",
            id="tag",
        ),
        pytest.param(
            editing("src/demo/__init__.py", '"0.1.0"', '"0.2.0"'),
            ["--tag", "v0.1.0"],
            "the package says 0.2.0, not 0.1.0: make them agree",
            id="source",
        ),
        pytest.param(
            editing("CHANGELOG.md", "## 0.1.0 ", "## 0.1.01 "),
            ["--tag", "0.1.0"],
            NEEDS.format("0.1.0 (DATE)"),
            id="no part",
        ),
        pytest.param(
            editing("CHANGELOG.md", "(2026-11-21)", "(Unreleased)"),
            ["--tag", "0.1.0"],
            NEEDS.format("0.1.0 (DATE)"),
            id="unreleased",
        ),
        pytest.param(
            editing("CHANGELOG.md", "- The first version.\n", ""),
            [],
            NEEDS.format("0.1.0 (DATE)"),
            id="empty part",
        ),
        pytest.param(
            lambda project: (project / "CHANGELOG.md").unlink(),
            [],
            "[Errno 2] No such file or directory: 'CHANGELOG.md'",
            id="no changelog",
        ),
        pytest.param(
            editing("src/demo/__init__.py", '"0.1.0"', '"next"'),
            [],
            "Backend subprocess exited when trying to invoke prepare_metadata_for_build_wheel",
            id="no version",
        ),
        pytest.param(
            lambda project: (project / "pyproject.toml").write_text("key ="),
            [],
            "Failed to parse ./pyproject.toml: Invalid value (at end of document)",
            id="no TOML",
        ),
    ],
)
def test_what_disagrees_is_refused(
    released: Path,
    tmp_path: Path,
    change: Callable[[Path], None],
    arguments: list[str],
    line: str,
) -> None:
    """With one line that says what to do, and nothing that could be taken for notes."""
    project = shutil.copytree(released, tmp_path / "demo")
    change(project)
    assert release(project, *arguments) == (1, "", f"release: {line}\n")


# ---- Making a release ready ---------------------------------------------------------------------------------------------


@pytest.fixture
def project(released: Path, tmp_path: Path) -> Path:
    """Return a project under git, as it was born: version 0.1.0, not yet released."""
    project = shutil.copytree(released, tmp_path / "demo")
    edit(project / "CHANGELOG.md", "(2026-11-21)", "(unreleased)")
    git(project, "init", "--quiet")
    commit(project)
    return project


def lately(project: Path) -> None:
    """Release 0.1.0 and write what is new since then."""
    assert release(project, "0.1.0")[0] == 0
    edit(
        project / "CHANGELOG.md",
        "# Changelog\n",
        "# Changelog\n\n## Unreleased\n\n- New.\n",
    )
    commit(project)


def state(project: Path) -> tuple[str, ...]:
    """Return what a refused release must not change."""
    names = ("CHANGELOG.md", "src/demo/__init__.py")
    texts = [(project / name).read_bytes().decode() for name in names]
    return (
        *texts,
        git(project, "status", "--porcelain"),
        git(project, "log", "--format=%H"),
    )


def test_a_release_is_one_commit(project: Path) -> None:
    """The first one has the version that the project was born with, and the next one a higher version."""
    today = dt.datetime.now(dt.UTC).date()
    lately(project)
    status, printed, said = release(project, "0.2.0rc1")
    assert (status, said) == (0, "")
    assert printed.startswith(
        "Release 0.2.0rc1 is committed. To publish it: git push && "
    )
    assert git(project, "log", "--format=%s").splitlines() == [
        "Release 0.2.0rc1",
        "Change",
        "Release 0.1.0",
        "Change",
    ]
    assert git(project, "status", "--porcelain") == ""
    assert (
        '__version__ = "0.2.0rc1"\n' in (project / "src/demo/__init__.py").read_text()
    )
    assert (project / "CHANGELOG.md").read_text() == (
        f"# Changelog\n\n## 0.2.0rc1 ({today})\n\n- New.\n\n"
        f"## 0.1.0 ({today})\n\n- The first version.\n"
    )
    setup = (sys.executable, "-c", "import setuptools; setuptools.setup()")
    run(*setup, "--quiet", "egg_info", cwd=project)
    assert release(project) == (0, "- New.\n", "")


@pytest.mark.parametrize("version", ["v0.2.0", "0.2.0\n", "0.2.00"])
def test_a_version_is_written_in_its_normal_form(project: Path, version: str) -> None:
    assert release(project, version)[0] == 0
    assert git(project, "log", "-1", "--format=%s") == "Release 0.2.0\n"
    assert '"0.2.0"' in (project / "src/demo/__init__.py").read_text()


def test_a_version_that_stands_elsewhere_is_set_by_hand(project: Path) -> None:
    """An adopted project may have it in setup.cfg. The command dates the changelog."""
    edit(project / "src/demo/__init__.py", '__version__ = "0.1.0"\n', "")
    build_system = '[build-system]\nrequires = ["setuptools"]\n'
    (project / "pyproject.toml").write_text(build_system)
    (project / "setup.cfg").write_text("[metadata]\nname = demo\nversion = 0.1.0\n")
    commit(project)
    status, _, said = release(project, "0.2.0")
    line = "the package says 0.1.0, not 0.2.0: make them agree"
    assert (status, said) == (1, f"release: {line}\n")
    edit(project / "setup.cfg", "0.1.0", "0.2.0")
    commit(project)
    assert release(project, "0.2.0")[0] == 0
    assert release(project, "--tag", "v0.2.0") == (0, "- The first version.\n", "")


def test_line_ends_and_the_style_of_headings_stay(project: Path) -> None:
    text = "# Changelog\r\n\r\n## [Unreleased]\r\n\r\n- New.\r\n"
    (project / "CHANGELOG.md").write_bytes(text.encode())
    (project / ".gitattributes").write_text("* -text\n")
    commit(project)
    assert release(project, "1.0")[0] == 0
    day = dt.datetime.now(dt.UTC).date()
    dated = text.replace("[Unreleased]", f"[1.0] - {day}")
    assert (project / "CHANGELOG.md").read_bytes() == dated.encode()


def hook(command: str) -> Callable[[Path], None]:
    """Return what makes git run a command before each commit."""

    def apply(project: Path) -> None:
        path = project / ".git/hooks/pre-commit"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{command}\n")
        path.chmod(0o755)

    return apply


def changed(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Return what replaces a text in a file and commits that."""

    def apply(project: Path) -> None:
        edit(project / file, old, new)
        commit(project)

    return apply


@pytest.mark.parametrize(
    ("version", "change", "line"),
    [
        pytest.param(
            "next",
            None,
            "Invalid version: 'next'",
            id="no version",
        ),
        pytest.param(
            "0.0.9",
            None,
            "0.0.9 is older than 0.1.0: use a higher version",
            id="older",
        ),
        pytest.param("0.1.0", lately, NEEDS.format("0.1.0 (DATE)"), id="same"),
        pytest.param(
            "0.2.0",
            lambda project: (project / "new").touch(),
            "the checkout has changes: commit or stash them",
            id="dirty",
        ),
        pytest.param(
            "0.2.0",
            changed("CHANGELOG.md", " (unreleased)", ""),
            NEEDS.format("Unreleased"),
            id="nothing unreleased",
        ),
        pytest.param(
            "0.2.0",
            changed("CHANGELOG.md", "- The first version.\n", ""),
            NEEDS.format("Unreleased"),
            id="empty part",
        ),
        pytest.param(
            "0.2.0",
            changed("CHANGELOG.md", "## 0.1.0", "## Unreleased\n\n- New.\n\n## 0.1.0"),
            NEEDS.format("Unreleased"),
            id="two parts",
        ),
        pytest.param(
            "0.2.0",
            changed(
                "src/demo/__init__.py",
                '__version__ = "0.1.0"',
                'VERSION = "0.1.0"\n__version__ = VERSION',
            ),
            "the package says 0.1.0, not 0.2.0: make them agree",
            id="no line",
        ),
        pytest.param(
            "0.2.0",
            hook("echo no; exit 1"),
            "git commit --quiet failed: no",
            id="commit fails",
        ),
        pytest.param(
            "0.2.0",
            lambda project: shutil.move(project / ".git", project.parent / "git"),
            "git status --porcelain failed: fatal: not a git repository",
            id="no git",
        ),
    ],
)
def test_what_cannot_be_released_stays_as_it_is(
    project: Path, version: str, change: Callable[[Path], object] | None, line: str
) -> None:
    """One line says why, and nothing is half written."""
    if change:
        change(project)
    before = state(project) if (project / ".git").exists() else ()
    status, printed, said = release(project, version)
    assert (status, printed) == (1, "")
    assert said.startswith(f"release: {line}")
    assert said.count("\n") == 1
    assert before == (state(project) if (project / ".git").exists() else ())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_an_interrupted_release_leaves_the_files_as_they_were(project: Path) -> None:
    """Here somebody interrupts the command, but not its git, while a hook runs."""
    before = state(project)
    hook("kill -INT $(ps -o ppid= -p $PPID); sleep 5")(project)
    status, printed, said = release(project, "0.2.0")
    assert (status != 0, printed) == (True, "")
    assert said.endswith("KeyboardInterrupt\n")
    assert state(project) == before


@pytest.mark.parametrize("arguments", [["--tag"], ["--help"], ["0.2.0", "0.3.0"]])
def test_a_wrong_command_line_gets_the_usage(
    project: Path, arguments: list[str]
) -> None:
    before = state(project)
    status, printed, said = release(project, *arguments)
    assert (status, printed) == (1, "")
    assert "\nusage: ./bootstrap python .standard/release.py [VERSION" in said
    assert state(project) == before


# ---- Building -----------------------------------------------------------------------------------------------------------


# It packs all files below src, but those that a test names, as if pyproject.toml did not mention them.
BUILD = """\
import sys
import zipfile
from pathlib import Path

folder = Path(sys.argv[sys.argv.index("--outdir") + 1])
(folder / "demo-0.1.0.tar.gz").touch()
with zipfile.ZipFile(folder / "demo-0.1.0-py3-none-any.whl", "w") as archive:
    fields = "Metadata-Version: 2.1\\nName: demo\\nVersion: 0.1.0\\n"
    archive.writestr("demo-0.1.0.dist-info/METADATA", fields)
    record = []
    for path in Path("src").rglob("*"):
        name = path.relative_to("src").as_posix()
        if path.is_file() and name not in LEFT_OUT and "egg-info" not in name:
            archive.write(path, name)
            record.append(f"{name},,\\n")
    archive.writestr("demo-0.1.0.dist-info/RECORD", "".join(record))
"""
EVERYTHING = 'package-data = { "*" = ["**/*"] }'


@pytest.mark.parametrize(
    ("name", "data", "refused"),
    [
        ("demo/app.js", EVERYTHING, True),
        ("demo/more.py", EVERYTHING, True),
        ("demo/app.js", 'package-data = { "*" = ["*.css"] }', False),
        ("demo/more.py", 'package-data = { "*" = ["*.css"] }', True),
        ("demo/deep/py.typed", 'package-data = { "*" = ["*.css"] }', True),
        ("demo/.hidden/app.js", EVERYTHING, False),
        ("demo/__pycache__/more.pyi", EVERYTHING, False),
        ("demo/more.pyc", EVERYTHING, False),
        ("demo.egg-info/more.txt", EVERYTHING, False),
    ],
)
def test_a_wheel_that_lacks_a_file_is_not_released(
    released: Path, tmp_path: Path, name: str, data: str, refused: bool
) -> None:
    """Caches and files of the tools may be missing. In projects of Plinth 1, so may data."""
    project = shutil.copytree(released, tmp_path / "demo")
    (project / "src" / name).parent.mkdir(parents=True, exist_ok=True)
    (project / "src" / name).touch()
    edit(project / "pyproject.toml", EVERYTHING, data)
    (project / "build.py").write_text(f"LEFT_OUT = [{name!r}]\n{BUILD}")
    status, printed, said = release(project, "--build")
    made = "dist/demo-0.1.0-py3-none-any.whl\ndist/demo-0.1.0.tar.gz\n"
    lacking = f"release: the wheel lacks {name}: check pyproject.toml\n"
    assert (status, printed, said) == ((1, "", lacking) if refused else (0, made, ""))
    assert (project / "dist").exists() != refused


@pytest.mark.slow
def test_every_file_below_src_ships(generate: Generate, tmp_path: Path) -> None:
    """Data of any suffix is in the wheel and the sdist, caches are in neither, and the check says what is missing."""
    project = generate(project_name="Demo")
    data = ["app.js", "static/deep/logo.svg", "locale/de/django.mo", "table"]
    for name in data:
        (project / "src/demo" / name).parent.mkdir(exist_ok=True, parents=True)
        (project / "src/demo" / name).write_text("data\n")
    for folder in ("src/demo/.ruff_cache", "tests/.mypy_cache/x", "tests/__pycache__"):
        (project / folder).mkdir(parents=True)
        (project / folder / "left.pyc").write_text("cache\n")
    assert release(project, "--build") == (
        0,
        "dist/demo-0.1.0-py3-none-any.whl\ndist/demo-0.1.0.tar.gz\n",
        "",
    )
    sdist, wheel = sorted((project / "dist").iterdir(), key=lambda x: x.suffix)
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert {f"src/demo/{name}" for name in data} < set(names)
    assert not [name for name in names if "cache" in name]
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {f"demo/{name}" for name in data} < set(names)
    assert not [name for name in names if "cache" in name]

    shutil.rmtree(project / "dist")
    edit(project / "pyproject.toml", '["**/*.pyc"]', '["**/*.pyc", "*.js"]')
    lacking = "release: the wheel lacks demo/app.js: check pyproject.toml\n"
    assert release(project, "--build") == (1, "", lacking)
    assert not (project / "dist").exists()


@pytest.mark.slow
def test_the_wheel_requires_what_the_file_says(generate: Generate) -> None:
    """It may also have optional requirements, which the file does not list."""
    project = generate(project_name="Demo")
    with (project / "pyproject.toml").open("a") as file:
        file.write('[project.optional-dependencies]\nfast = ["numpy"]\n')
    with (project / "requirements_prod.txt").open("a") as file:
        file.write("# A comment.\nidna>=3  # Another.\n")
    assert release(project, "--build")[0] == 0
    edit(project / "pyproject.toml", 'file = ["requirements_prod.txt"]', "file = []")
    status, printed, said = release(project, "--build")
    assert (status, printed) == (1, "")
    assert said == "release: the wheel lacks idna>=3: check pyproject.toml\n"
