"""When the bootstrap calls a lock out of date, how it makes a new one, and what it refuses to lock."""

import ensurepip
import functools
import http.server
import importlib
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from support.bootstraps import Make, other
from support.checkouts import TEMPLATE, Checkout

SHA = "--hash=sha256:" + "0" * 64
LOCK = "requirements_lock.txt"
PYPROJECT = '[project]\nname = "x"\nrequires-python = ">=3.11"\n'
COMMAND = (
    "uv pip compile --universal --generate-hashes --no-strip-extras --python-version=3.11 "
    "--output-file=requirements_lock.txt requirements_dev.txt requirements_prod.txt"
)


@pytest.fixture(scope="module")
def module() -> Iterator[Any]:
    """Return the bootstrap as a module, with the `packaging` of the pip that comes with Python."""
    (wheel,) = Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(TEMPLATE / ".standard"), *sys.path, str(wheel)])
        yield importlib.import_module("bootstrap")


def judged(module: Any, folder: Path, files: dict[str, str], pins: str) -> str:
    """Return why a lock with these pins does not fit a project with these files."""
    blocks = [line.split("  # via ") for line in pins.split("\n") if line]
    text = f"# head\n#    {COMMAND}\n" + "".join(
        f"{pin} \\\n    {SHA}\n    # via\n"
        + "".join(f"    #   {reason}\n" for reason in reasons.split(", "))
        for pin, reasons in blocks
    )
    files = {"requirements_dev.txt": "", "requirements_prod.txt": "", **files}
    for name, content in {"pyproject.toml": PYPROJECT, **files}.items():
        (folder / name).write_text(content)
    module.ROOT = str(folder)
    return str(module.outdated(text))


DEV, PROD = "-r requirements_dev.txt", "-r requirements_prod.txt"


@pytest.mark.parametrize(
    ("dev", "prod", "pins", "reason"),
    [
        pytest.param("a", "", f"a==1  # via {DEV}", "", id="fits"),
        pytest.param("A_b", "", f"a-b==1  # via {DEV}", "", id="another spelling"),
        pytest.param("a>=1,<2", "", f"a==1.5  # via {DEV}", "", id="version fits"),
        pytest.param("a>=1,<2", "", f"a==2  # via {DEV}", "does not fit", id="version"),
        pytest.param("a>=2", "", f"a==2.1rc1  # via {DEV}", "", id="pre-release"),
        pytest.param("a", "b", f"a==1  # via {DEV}", "does not fit 'b'", id="missing"),
        pytest.param("", "", f"a==1  # via {DEV}", "nothing needs: a", id="removed"),
        pytest.param("a", "", f"a==1  # via {DEV}\nb==1  # via a", "", id="indirect"),
        pytest.param(
            "", "", f"a==1  # via {DEV}\nb==1  # via a", "needs: a", id="both go"
        ),
        pytest.param("a", "", "a==1  # via b\nb==1  # via b", "needs: b", id="circle"),
        pytest.param("a[x]", "", f"a==1  # via {DEV}", "does not fit", id="new extra"),
        pytest.param("a[x]", "", f"a[x]==1  # via {DEV}", "", id="extra"),
        pytest.param(
            "a", "", f"a[x]==1  # via {DEV}", "needs: a[x]", id="extra removed"
        ),
        pytest.param(
            "a\nb", "", f"a[x]==1  # via {DEV}, b\nb==1  # via {DEV}", "", id="b's"
        ),
        pytest.param(
            "a; sys_platform=='win32'",
            "",
            f"a==1 ; sys_platform == 'win32'  # via {DEV}",
            "",
            id="marker",
        ),
        pytest.param(
            "a; os_name=='nt'",
            "",
            f"a==1 ; sys_platform == 'win32'  # via {DEV}",
            "",
            id="same meaning",
        ),
        pytest.param(
            "a; sys_platform=='darwin'",
            "",
            f"a==1 ; sys_platform == 'win32'  # via {DEV}",
            "does not fit 'a",
            id="another marker",
        ),
        pytest.param(
            "a",
            "",
            f"a==1 ; sys_platform == 'win32'  # via {DEV}",
            "does not fit 'a",
            id="no marker now",
        ),
        pytest.param(
            "a; sys_platform=='win32'",
            "",
            f"a==1  # via {DEV}",
            "nothing needs: a",
            id="new marker",
        ),
        pytest.param("a; python_version<'3.11'", "", "", "", id="older Pythons"),
        pytest.param(
            "a",
            "",
            f"a==1 ; python_full_version < '3.13'  # via {DEV}\n"
            f"a==2 ; python_full_version >= '3.13'  # via {DEV}",
            "",
            id="fork",
        ),
        pytest.param(
            "a<2",
            "",
            f"a==1 ; python_full_version < '3.13'  # via {DEV}\n"
            f"a==2 ; python_full_version >= '3.13'  # via {DEV}",
            "does not fit",
            id="half of a fork",
        ),
        pytest.param(
            "a>1", "", f"a==1  # via --override (workspace), {DEV}", "", id="override"
        ),
        pytest.param(
            "a\nb[x]",
            "",
            f"a[x]==1  # via {DEV}\nb[x]==1  # via {DEV}",
            "needs: a[x]",
            id="extra of another",
        ),
        pytest.param(
            "a", "a", f"a[x]==1  # via {DEV}, {PROD}", "needs: a[x]", id="by both files"
        ),
        pytest.param(
            "A_b", "", f"a-b==1  # via {DEV}\nc==1  # via a-b", "", id="via a dash"
        ),
        pytest.param("--pre\na", "", f"a==1  # via {DEV}", "", id="option"),
        pytest.param(
            "a; platform_system == 'Windows'", "", "", "does not fit", id="Windows"
        ),
        pytest.param(
            "a; python_version == '3.14'", "", "", "does not fit", id="newer Python"
        ),
    ],
)
def test_content_decides(
    module: Any, tmp_path: Path, dev: str, prod: str, pins: str, reason: str
) -> None:
    files = {"requirements_dev.txt": dev, "requirements_prod.txt": prod}
    found = judged(module, tmp_path, files, pins)
    assert reason in found
    assert bool(reason) == bool(found)


def test_included_files_count(module: Any, tmp_path: Path) -> None:
    files = {"requirements_dev.txt": "-r more.txt\n-c less.txt\n", "more.txt": "a\n"}
    pins = "a==1  # via -c less.txt, -r more.txt"
    assert judged(module, tmp_path, {**files, "less.txt": "a<2\nz<9"}, pins) == ""
    assert "less.txt" in judged(module, tmp_path, {**files, "less.txt": "a<1"}, pins)
    files = {**files, "less.txt": "", "more.txt": "a\nb\n"}
    assert "'b' of more.txt" in judged(module, tmp_path, files, pins)
    files = {**files, "less.txt": "a\n"}  # a constraint asks for nothing
    found = judged(
        module, tmp_path, {**files, "more.txt": ""}, "a==1  # via -c less.txt"
    )
    assert "nothing needs: a" in found


@pytest.mark.parametrize("file", ["requirements_dev.txt", "requirements_prod.txt"])
def test_long_options_and_circles_count(module: Any, tmp_path: Path, file: str) -> None:
    """No pyproject.toml names these files, so setuptools does not read them."""
    files = {
        file: "--requirement more.txt\n--constraint=less.txt\n",
        "more.txt": "-r more.txt\na\n",
        "less.txt": "a<2\n",
    }
    pins = "a==1  # via -c less.txt, -r more.txt"
    assert judged(module, tmp_path, files, pins) == ""
    assert "less.txt" in judged(module, tmp_path, files | {"less.txt": "a<1"}, pins)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("setup.cfg", "[options]\npython_requires = >=3.12\n"),
        ("setup.py", "setup(\n    python_requires='>=3.12',\n)\n"),
    ],
)
def test_python_of_an_adopted_repository_decides(
    module: Any, tmp_path: Path, file: str, text: str
) -> None:
    files = {"pyproject.toml": "[build-system]\nrequires = []\n", file: text}
    assert "not for Python 3.12" in judged(module, tmp_path, files, "")


@pytest.mark.parametrize(
    ("floor", "header", "fits"),
    [
        (">=3.11", "# requires-python: >=3.11", True),  # as releases 1.x wrote it
        (">=3.11,<4", "--python-version=3.11", True),
        (">=3.11", "--python-version 3.11", True),
        (">=3.12", "--python-version=3.11", False),
        (">=3.12", "", False),
    ],
)
def test_python_decides(
    module: Any, tmp_path: Path, floor: str, header: str, fits: bool
) -> None:
    for name in ("requirements_dev.txt", "requirements_prod.txt"):
        (tmp_path / name).touch()
    text = PYPROJECT.replace(">=3.11", floor)
    (tmp_path / "pyproject.toml").write_text(text)
    module.ROOT = str(tmp_path)
    assert (module.outdated(f"# {header}\n") == "") == fits


@pytest.mark.parametrize(
    "line",
    [
        "-e .",
        "--editable ./other",
        "./wheels/omega-1.0-py3-none-any.whl",
        "omega-1.0-py3-none-any.whl",
        "omega-1.0.tar.gz",
        "omega-1.0.zip",
        ".",
        "omega @ file:///tmp/omega.whl",
        "omega @ git+https://example.org/omega.git",
        "git+https://example.org/omega.git",
        "https://example.org/omega-1.0-py3-none-any.whl",
        "omega === ; nonsense",
    ],
)
def test_what_cannot_be_locked_is_refused_with_file_and_line(
    module: Any, tmp_path: Path, line: str
) -> None:
    files = {"requirements_dev.txt": f"# tools\na\n{line}  # why\n"}
    with pytest.raises(ValueError, match="cannot be locked with a hash") as error:
        judged(module, tmp_path, files, f"a==1  # via {DEV}")
    assert "requirements_dev.txt, line 3: " in str(error.value)


# ---- The bootstrap itself -----------------------------------------------------------


def test_header_is_the_command_that_makes_it(make: Make) -> None:
    """Plain uv writes the very same file, and the bootstrap takes it."""
    project = make()
    lock = project.root / LOCK
    own = lock.read_bytes()
    assert own.decode().splitlines()[1] == f"#    {COMMAND}"
    lock.unlink()
    env = project.environment(UV_DEFAULT_INDEX=project.world.index.as_uri())
    uv = [str(project.world.base / "uv/uv"), *COMMAND.split()[1:], "--quiet"]
    subprocess.run(uv, cwd=project.root, env=env, check=True)
    assert lock.read_bytes() == own
    project.works("--locked", "true")


@pytest.mark.parametrize("line", ["-e ./other", "omega @ file:///tmp/omega.whl"])
def test_refused_requirement_changes_nothing(make: Make, line: str) -> None:
    project = make()
    project.edit("requirements_dev.txt", "gamma", f"gamma\n{line}")
    before = (project.root / LOCK).read_bytes()
    for arguments in (["true"], ["--lock"], ["--upgrade"]):
        error = project.fails(*arguments)
        assert "requirements_dev.txt, line 4" in error
        assert (project.root / LOCK).read_bytes() == before
    assert not (project.root / ".venv").exists()


@pytest.mark.parametrize("option", ["-r more.txt", "-c more.txt", "--pre"])
def test_option_that_setuptools_cannot_read_is_refused(make: Make, option: str) -> None:
    project = make()
    (project.root / "more.txt").write_text("alpha\n")
    project.edit("requirements_prod.txt", "beta==1.0", f"beta==1.0\n{option}")
    error = project.fails("true")
    assert f"requirements_prod.txt, line 3: '{option}'" in error
    assert "setuptools" in error


def test_byte_order_mark_is_taken_away(make: Make) -> None:
    """Setuptools would read it as a part of the first name."""
    project = make()
    path = project.root / "requirements_prod.txt"
    path.write_bytes(b"\xef\xbb\xbfbeta==1.0\r\nwinonly; sys_platform == 'win32'\r\n")
    for name in ("requirements_dev.txt", LOCK):
        text = (project.root / name).read_bytes()
        (project.root / name).write_bytes(b"\xef\xbb\xbf" + text)
    assert "byte order mark" in project.works("--locked", "tiny").stderr
    assert path.read_bytes().startswith(b"beta==1.0\r\n")
    project.sound()


@pytest.mark.parametrize(
    "name", ["requirements_dev.txt", "requirements_prod.txt", LOCK]
)
def test_utf16_is_one_line_that_names_the_file(make: Make, name: str) -> None:
    project = make()
    path = project.root / name
    path.write_bytes(path.read_text().encode("utf-16"))
    (line,) = project.fails("true").splitlines()
    assert name in line


def exported(project: Checkout) -> set[tuple[str, str, str]]:
    """Return name, version and marker of each package of pylock.toml."""
    packages = tomllib.loads((project.root / "pylock.toml").read_text())["packages"]
    return {(x["name"], x["version"], x.get("marker", "")) for x in packages}


@pytest.mark.parametrize("uv", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_export_has_the_packages_of_the_lock(make: Make, uv: bool) -> None:
    project = make(uv=uv)
    project.works("--export", "pylock.toml")
    lock = (project.root / LOCK).read_text()
    pins = [Requirement(x.strip(" \\")) for x in lock.split("\n") if "==" in x[:30]]
    assert exported(project) == {
        (x.name, str(x.specifier)[2:], str(x.marker or "").replace('"', "'"))
        for x in pins
        if x.name != "#"
    }
    hashes = re.findall("[0-9a-f]{64}", (project.root / "pylock.toml").read_text())
    assert set(hashes) == set(re.findall("sha256:([0-9a-f]{64})", lock))
    # The environment is up to date now.
    first = (project.root / "pylock.toml").rename(project.root / "first.toml")
    project.works("--export", "pylock.toml")
    assert exported(project) == {
        (x["name"], x["version"], x.get("marker", ""))
        for x in tomllib.loads(first.read_text())["packages"]
    }


def test_export_refuses_production_alone(make: Make) -> None:
    """Production has no uv, which writes the file."""
    project = make()
    error = project.fails("--prod", "--export", "pylock.toml")
    assert "No such file or directory" in error
    assert ".venv/bin/uv" in error
    assert "pylock.toml is not written" in error.splitlines()[-1]
    assert not (project.root / "pylock.toml").exists()


def test_export_with_a_newer_python_is_for_the_oldest(make: Make) -> None:
    """A pin that only older Pythons need stays, and no path of this machine gets in."""
    project = make()
    project.edit("requirements_dev.txt", "gamma", "gamma; python_version < '3.12'")
    python = other(12)
    project.works("--python", python, "--export", "pylock.toml")
    text = (project.root / "pylock.toml").read_text()
    assert tomllib.loads(text)["requires-python"] == ">=3.11"
    assert ("gamma", "1.0", "python_full_version < '3.12'") in exported(project)
    assert str(project.root) not in text


def test_production_runs_no_development_tool_from_elsewhere(
    make: Make, tmp_path: Path
) -> None:
    project = make()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gamma").write_text("#!/bin/sh\necho from elsewhere\n")
    (tmp_path / "bin/gamma").chmod(0o755)
    env = {"PATH": f"{tmp_path / 'bin'}:{project.environment()['PATH']}"}
    project.works("--prod", "true", env=env)
    for _ in range(2):
        result = project.run("--prod", "gamma", env=env)
        assert (result.returncode, result.stdout) == (127, "")
        assert "gamma is not in .venv" in result.stderr


@pytest.mark.parametrize("way", ["uv", pytest.param("pip", marks=pytest.mark.slow)])
def test_home_that_cannot_be_written(make: Make, tmp_path: Path, way: str) -> None:
    """/proc takes no new folders, not even from root."""
    project = make(variables={"BOOTSTRAP_UV": "1" if way == "uv" else "0"})
    home = {"HOME": "/proc/home", "UV_CACHE_DIR": None, "PIP_CACHE_DIR": None}
    assert project.works("tiny", env=home).stdout == "tiny, using beta\n"


def test_index_without_upload_times_gives_no_older_lock(make: Make) -> None:
    """A cooldown would leave out every file, or take what an older index has."""
    project = make()
    handler = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=project.world.index
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cooldown = 'managed = false\nexclude-newer = "7 days"'
    project.edit("pyproject.toml", "managed = false", cooldown)
    project.edit("requirements_prod.txt", "beta==1.0", "beta")
    env = {"PIP_INDEX_URL": f"http://127.0.0.1:{server.server_port}/"}
    said = project.works("--upgrade", "true", env=env).stderr
    server.shutdown()
    server.server_close()
    assert "no upload times" in said
    assert project.packages()["beta"] == "1.1"


def test_read_only_checkout_runs_in_its_environment(make: Make) -> None:
    project = make()
    project.works("true")
    if os.getuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("no setpriv here to give up root's rights")
    subprocess.run(["chmod", "-R", "a-w", project.root], check=True)
    try:
        assert project.works("tiny").stderr == ""
        project.works("--check")
    finally:
        subprocess.run(["chmod", "-R", "u+w", project.root], check=True)
