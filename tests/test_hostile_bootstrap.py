"""The bootstrap against hostile locks, settings, links, disks and indexes, seen from outside."""

import base64
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
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.bootstraps import Make
from support.checkouts import BASE, TEMPLATE, Checkout, World
from support.cover import rather

# With uv, or with pip alone. What pip does takes three times as long.
SLOW, COMPLETE = pytest.mark.slow, pytest.mark.complete
WAYS = ["uv", pytest.param("pip", marks=SLOW)]


LOCK = "requirements_lock.txt"
INSTALLED = {"alpha", "beta", "gamma", "tiny_project"}


def crossed(
    rows: Iterable[str], columns: Iterable[str], first: list[str], quick: list[str]
) -> list[Any]:
    """Pair each row with each column; the other pairs of the first rows are slow, the rest repetitions."""
    return [
        pytest.param(
            row,
            column,
            marks=COMPLETE
            if row not in first
            else ()
            if row == first[0] and column in quick
            else SLOW,
            id=f"{row}-{column}",
        )
        for row in rows
        for column in columns
    ]


@pytest.fixture
def make(world: World, tmp_path: Path) -> Make:
    """Write a project that has a valid lock and no environment yet."""

    def make(name: str | Path = "project", way: str = "uv", **env: str) -> Checkout:
        variables = {**({"BOOTSTRAP_UV": "0"} if way == "pip" else {}), **env}
        project = Checkout(world, tmp_path / name, variables=variables)
        project.write(world.base / "born" / LOCK)
        return project

    return make


def one_line(project: Checkout, *arguments: str, **options: Any) -> str:
    """Run the bootstrap, which has to fail with one line and nothing else; return that line."""
    result = project.run(*arguments, **options)
    assert result.returncode not in (0, None), result
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("bootstrap: "), line
    return str(line)


def contents(folder: Path) -> dict[str, tuple[str, bytes, int]]:
    """Return each file and link below a folder with its target or content, and its time."""
    found = {}
    for path in sorted(folder.rglob("*")):
        kept = str(path.readlink()) if path.is_symlink() else ""
        text = path.read_bytes() if path.is_file() and not kept else b""
        found[str(path.relative_to(folder))] = (kept, text, path.lstat().st_mtime_ns)
    return found


# ---- Point 5: a lock holds pins and comments -----------------------------------------

SHA = "sha256:" + "0" * 64
# Each is appended to the lock as it stands.
LINES = {
    "index": "--index-url http://127.0.0.1:9/${TOKEN}/",
    "index with equals": "--index-url=http://127.0.0.1:9/",
    "index, short": "-i http://127.0.0.1:9/",
    "indented": "    --index-url http://127.0.0.1:9/",
    "abbreviated": "--index http://127.0.0.1:9/",
    "extra index": "--extra-index-url http://127.0.0.1:9/",
    "no index": "--no-index",
    "links": "--find-links http://127.0.0.1:9/",
    "links, short": "-f ./wheels",
    "trusted host": "--trusted-host example.org",
    "prerelease": "--pre",
    "source": "--no-binary :all:",
    "wheels": "--only-binary=:all:",
    "prefer": "--prefer-binary",
    "feature": "--use-feature=fast-deps",
    "hashes": "--require-hashes",
    "file": "-r more.txt",
    "file, joined": "-rmore.txt",
    "file, long": "--requirement=more.txt",
    "constraint": "-c more.txt",
    "editable": "-e .",
    "editable, long": "--editable ./src",
    "folder": ".",
    "path": "./wheels/omega-1.0-py3-none-any.whl",
    "archive": f"omega-1.0-py3-none-any.whl --hash={SHA}",
    "address": f"http://127.0.0.1:9/o-1-py3-none-any.whl --hash={SHA}",
    "git": "git+https://127.0.0.1:9/o.git@main#egg=omega",
    "file address": "file:///tmp/omega-1.0-py3-none-any.whl",
    "direct": f"omega @ http://127.0.0.1:9/o.whl --hash={SHA}",
    "direct, no space": "omega@file:///tmp/o.whl",
    "variable": f"${{OMEGA}} --hash={SHA}",
    "variable as version": f"omega==${{OMEGA}} --hash={SHA}",
    "variable as marker": f"omega==1.0 ; sys_platform == '${{X}}' --hash={SHA}",
    "no version": f"omega --hash={SHA}",
    "range": f"omega>=1.0 --hash={SHA}",
    "wildcard": f"omega==1.* --hash={SHA}",
    "arbitrary": f"omega===1.0 --hash={SHA}",
    "two clauses": f"omega==1.0,>0 --hash={SHA}",
    "no hash": "omega==1.0",
    "md5": f"omega==1.0 --hash=md5:{'0' * 32}",
    "sha1": f"omega==1.0 --hash=sha1:{'0' * 40}",
    "sha512": f"omega==1.0 --hash=sha512:{'0' * 128}",
    "short hash": "omega==1.0 --hash=sha256:00",
    "config settings": f'omega==1.0 --config-settings "a=b" --hash={SHA}',
    "global option": f"omega==1.0 --hash={SHA} --global-option=--x",
    "option after a marker": f"omega==1.0 ; python_version > '3' --index-url=x --hash={SHA}",
    "option in a marker": f"omega==1.0 ; sys_platform == ' --pre ' --hash={SHA}",
    "option after a pin": f"omega==1.0 --hash={SHA} --pre",
    "option on the next line": f"omega==1.0 \\\n    --hash={SHA} \\\n --pre",
    "option after a backslash": f"omega==1.0 --hash={SHA} \\\n--pre",
    "pin after a backslash": f"omega==1.0 --hash={SHA} \\\n-r more.txt",
    "option split by a backslash": "--index\\\n-url http://127.0.0.1:9/",
    "comment ended by a backslash": "omega==1.0 \\\n# x \\\n--pre",
    "hash without a pin": f"    --hash={SHA}",
    "ends in a backslash": "omega==1.0 \\",
    "merge": "<<<<<<< HEAD",
    "text": "hello world",
}
# Characters at which pip ends a line where other programs do not, or that hide text.
CHARACTERS = {
    "form feed": "\f",
    "vertical tab": "\v",
    "carriage return": "\r",
    "file separator": "\x1c",
    "group separator": "\x1d",
    "record separator": "\x1e",
    "next line": "\x85",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "nul": "\0",
    "escape": "\x1b[2K",
    "right to left": "\u202e",
    "zero width": "\u200b",
}
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-32": lambda text: text.encode("utf-32"),
}


def refuses_the_lock(project: Checkout, **options: Any) -> str:
    """Assert that one line refuses the lock before anything is made; return it."""
    before = contents(project.root)
    line = one_line(project, "true", **options)
    assert LOCK in line
    assert not (project.root / ".venv").exists()
    assert contents(project.root) == before
    return line


BEFORE = f"# via uv\nalpha==1.1 \\\n    --hash={SHA}\n    # via beta\n"


def read_pins(text: str) -> Any:
    """Read a lock as the bootstrap does."""
    (wheel,) = Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(TEMPLATE / ".standard"), *sys.path, str(wheel)])
        return importlib.import_module("bootstrap").pins(text)


@pytest.mark.parametrize("case", LINES)
def test_anything_but_a_pin_is_refused_by_name(case: str) -> None:
    added = LINES[case]
    assert [pin.line for pin in read_pins(BEFORE)] == [f"alpha==1.1 --hash={SHA}\n"]
    with pytest.raises(ValueError, match=re.escape(LOCK)) as error:
        read_pins(f"{BEFORE}{added}\n")
    # Its beginning, since an address that follows may hold a password.
    assert re.split(r"[=@:\\]", added)[0].strip() in str(error.value)


@pytest.mark.parametrize("case", CHARACTERS)
@pytest.mark.parametrize("before", ["# x", f"omega==1.0 --hash={SHA}"])
def test_character_that_hides_a_line_is_refused(case: str, before: str) -> None:
    """The message shows the character escaped, so that it cannot act on a terminal."""
    text = f"{BEFORE}{before}{CHARACTERS[case]}--index-url http://127.0.0.1:9/\n"
    with pytest.raises(ValueError, match=re.escape(LOCK)) as error:
        read_pins(text)
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    "address",
    [
        "--index-url https://user:SECRET@127.0.0.1:9/",
        "--index-url=https://127.0.0.1:9/?private_token=SECRET",
        "omega @ git+ssh://user:SECRET@127.0.0.1/x",
        "-e user:SECRET@127.0.0.1:x",
    ],
)
def test_refused_address_is_not_echoed_whole(address: str) -> None:
    with pytest.raises(ValueError, match=re.escape(LOCK)) as error:
        read_pins(f"{BEFORE}{address}\n")
    assert "SECRET" not in str(error.value)


@pytest.mark.parametrize("case", ENCODINGS)
def test_lock_in_another_encoding_is_refused(make: Make, case: str) -> None:
    project = make()
    path = project.root / LOCK
    path.write_bytes(ENCODINGS[case](path.read_text()))
    refuses_the_lock(project)


def test_comment_in_another_encoding_is_a_comment(make: Make) -> None:
    """Neither pip nor uv gets to see it."""
    project = make()
    path = project.root / LOCK
    path.write_bytes(path.read_bytes() + b"# \xe9\xff\n")
    project.sound()


@pytest.mark.parametrize("way", WAYS)
def test_option_in_a_lock_asks_no_server(
    make: Make, way: str, tmp_path: Path, answering: "Answering"
) -> None:
    """A secret from the environment does not reach the address that a lock names."""
    project = make(way=way, UV_CACHE_DIR=str(tmp_path / "uv"))
    path = project.root / LOCK
    path.write_text(f"--index-url {answering.url}${{TOKEN}}/\n" + path.read_text())
    refuses_the_lock(project, env={"TOKEN": "secret", "PIP_INDEX_URL": None})
    assert answering.asked == []


@pytest.mark.parametrize("way", WAYS)
def test_made_environment_is_left_alone_by_a_hostile_lock(make: Make, way: str) -> None:
    """A pull brings an option; neither the environment nor a repaired lock suffers."""
    project = make(way=way)
    project.works("true")
    lock = (project.root / LOCK).read_text()
    before = contents(project.root / ".venv")
    (project.root / LOCK).write_text(lock + "--pre\n")
    assert "--pre" in one_line(project, "true")
    assert contents(project.root / ".venv") == before
    (project.root / LOCK).write_text(lock)
    project.sound()


@pytest.mark.parametrize("way", WAYS)
def test_pins_with_markers_and_comments_are_taken(make: Make, way: str) -> None:
    """Hashes may share the pin's line, comments may be anywhere, and a pin may have a marker."""
    project = make(way=way)
    path = project.root / LOCK
    text = path.read_text().replace(" \\\n    --hash", " --hash", 1)
    text = text.replace("\nbeta==", "\n# ünï, --index-url http://x\n\nbeta==")
    text = re.sub(r"\ngamma==1.0", r"\ngamma==1.0 ; python_version >= '3.8'", text)
    path.write_text(text)
    project.sound()
    assert project.packages().keys() >= INSTALLED


def test_requirements_files_keep_their_options(make: Make, tmp_path: Path) -> None:
    """They are their owner's: an included file and a constraint count as before."""
    project = make()
    (project.root / "more.txt").write_text("epsilon\n")
    (project.root / "less.txt").write_text("alpha<1.1\n")
    project.edit("requirements_dev.txt", "gamma", "gamma\n-r more.txt\n-c less.txt")
    project.works("--lock", "--upgrade", "true")
    assert project.packages()["alpha"] == "1.0"
    assert "epsilon" in project.packages()


# ---- Point 6: nothing redirects the installation --------------------------------------


def redirections(folder: Path) -> dict[str, str]:
    """Return settings for uv that lead away from .venv, or change what is installed."""
    return {
        "target": f'[pip]\ntarget = "{folder}/target"\n',
        "prefix": f'[pip]\nprefix = "{folder}/prefix"\n',
        "python": f'[pip]\npython = "{folder}/other/bin/python"\n',
        "system": "[pip]\nsystem = true\nbreak-system-packages = true\n",
        "no-deps": "[pip]\nno-deps = false\nno-build = true\n",
        "hashes": "[pip]\nrequire-hashes = false\nverify-hashes = false\n",
        "version": "[pip]\npython-version = '3.8'\npython-platform = 'windows'\n",
        "reinstall": "reinstall = true\nno-binary = true\n",
        "required": "required-version = '==0.0.1'\n",
        "override": "override-dependencies = ['alpha==1.0']\n",
        "compile": f'[pip]\noutput-file = "{folder}/output"\nemit-index-url = true\n',
        "no install": "[pip]\nno-emit-package = ['alpha']\n",
    }


def in_uv_toml(project: Checkout, place: str, text: str, home: Path) -> dict[str, Any]:
    """Write uv's settings to one of the places where uv looks; return the variables for it."""
    env: dict[str, Any] = {"HOME": str(home), "XDG_CONFIG_HOME": None}
    env["XDG_CONFIG_DIRS"] = str(home / "etc")
    if place == "parent's pyproject.toml":
        path = project.root.parent / "pyproject.toml"
        text = "[tool.uv]\n" + text.replace("[pip]", "[tool.uv.pip]")
    else:
        path = {
            "parent": project.root.parent / "uv.toml",
            "user": home / ".config/uv/uv.toml",
            "system": home / "etc/uv/uv.toml",
            "variable": home / "named.toml",
        }[place]
    if place == "variable":
        env["UV_CONFIG_FILE"] = str(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return env


def assert_whole(project: Checkout, tmp_path: Path, result: Any) -> None:
    """Assert that .venv holds the pins and that nothing has been installed elsewhere."""
    assert result.returncode == 0, result.stderr
    assert project.packages().keys() >= INSTALLED
    assert project.packages()["alpha"] == "1.1"
    assert not re.search(r"\b0 packages", result.stderr)
    for name in ("target", "prefix", "root", "output", "user"):
        assert not (tmp_path / name).exists()
    assert not list((tmp_path / "other").glob("lib/*/site-packages/*"))


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Make another environment, which no installation may reach."""
    command = [str(BASE), "-m", "venv", "--without-pip", str(tmp_path / "other")]
    subprocess.run(command, check=True)
    return tmp_path / "other"


PLACES = ["user", "parent", "parent's pyproject.toml", "system", "variable"]


@pytest.mark.parametrize(
    ("case", "place"),
    crossed(redirections(Path()), PLACES, ["target"], ["user", PLACES[2]]),
)
def test_settings_of_uv_elsewhere_do_not_redirect(
    make: Make, tmp_path: Path, other: Path, place: str, case: str
) -> None:
    project = make("folder/project")
    text = redirections(tmp_path)[case]
    env = in_uv_toml(project, place, text, tmp_path / "home")
    assert_whole(project, tmp_path, project.run("true", env=env))


@pytest.mark.parametrize("place", rather(SLOW, ["parent", "user"], "parent"))
@pytest.mark.parametrize("case", rather(SLOW, ["compile", "override"], "override"))
@pytest.mark.parametrize("own", [True, False], ids=["own table", "no table"])
def test_settings_of_uv_elsewhere_do_not_change_the_lock(
    make: Make, tmp_path: Path, place: str, case: str, own: bool
) -> None:
    """A refrozen lock depends on the project and on the index, not on the machine."""
    project = make("folder/project")
    if not own:
        project.edit("pyproject.toml", "[tool.uv]\nmanaged = false\n", "")
    text = redirections(tmp_path)[case]
    env = in_uv_toml(project, place, text, tmp_path / "home")
    before = (project.root / LOCK).read_text()
    assert_whole(project, tmp_path, project.run("--lock", "true", env=env))
    assert (project.root / LOCK).read_text() == before


def test_unreadable_settings_of_a_parent_do_not_count(make: Make) -> None:
    project = make("folder/project")
    (project.root.parent / "uv.toml").write_text("target = [[[ no TOML")
    (project.root.parent / "pyproject.toml").write_text("[tool.uv\n")
    project.sound()


@pytest.mark.parametrize("case", rather(SLOW, ["target", "prefix", "python"], "target"))
def test_the_projects_own_settings_do_not_lead_elsewhere(
    make: Make, tmp_path: Path, other: Path, case: str
) -> None:
    """The project's own uv.toml may do less than uv allows: .venv is where the pins go, or one line fails."""
    project = make()
    (project.root / "uv.toml").write_text(redirections(tmp_path)[case])
    result = project.run("true")
    if result.returncode:
        one_line(project, "true")
    else:
        assert_whole(project, tmp_path, result)


PIP_CONF = {
    "target": "target = {folder}/target",
    "prefix": "prefix = {folder}/prefix",
    "root": "root = {folder}/root",
    "user": "user = true",
    "dry-run": "dry-run = true",
    "no-deps": "no-deps = false\nno-build-isolation = false",
    "constraint": "constraint = {folder}/alpha.txt",
    "requirement": "requirement = {folder}/alpha.txt",
    "hashes": "require-hashes = false",
    "python": "python = {folder}/other/bin/python",
    "ignore": "ignore-installed = true\nforce-reinstall = true",
    "virtualenv": "require-virtualenv = true",
    "report": "report = {folder}/output\nlog = {folder}/output",
    "format": "no-binary = :all:",
    "platform": "platform = win_amd64\nonly-binary = :all:",
}


PIP_PLACES = ["user", "legacy", "system", "variables"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("case", "place"),
    crossed(PIP_CONF, PIP_PLACES, ["target", "report"], ["user", "variables"]),
)
def test_settings_of_pip_do_not_redirect(
    make: Make, tmp_path: Path, other: Path, way: str, place: str, case: str
) -> None:
    """Also as variables, such as PIP_TARGET. pip reads pip.conf for uv's download as well."""
    project = make(way=way)
    (tmp_path / "alpha.txt").write_text("alpha==1.0\n")
    text = PIP_CONF[case].format(folder=tmp_path)
    home = tmp_path / "home"
    env: dict[str, Any] = {"HOME": str(home), "PIP_CONFIG_FILE": None}
    env |= {"XDG_CONFIG_HOME": None, "XDG_CONFIG_DIRS": str(home / "etc")}
    if place == "variables":
        pairs = (line.split(" = ") for line in text.splitlines())
        env |= {f"PIP_{k.upper().replace('-', '_')}": value for k, value in pairs}
    else:
        folder = {"user": ".config/pip", "legacy": ".pip", "system": "etc/pip"}[place]
        path = home / folder / "pip.conf"
        path.parent.mkdir(parents=True)
        path.write_text(f"[global]\n{text}\n[install]\n{text}\n")
    assert_whole(project, tmp_path, project.run("true", env=env))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "name", rather(SLOW, [".pydistutils.cfg", "setup.cfg", "pip.conf"], "setup.cfg")
)
def test_other_settings_in_parents_and_home_do_not_redirect(
    make: Make, tmp_path: Path, way: str, name: str
) -> None:
    """setuptools, which builds the project, reads such files too."""
    project = make("home/project", way=way)
    away = f"prefix = {tmp_path}/prefix\n"
    text = f"[install]\n{away}[develop]\n{away}[global]\ntarget = {tmp_path}/target\n"
    (tmp_path / "home" / name).write_text(text)
    home = str(tmp_path / "home")
    result = project.run("tiny", env={"HOME": home, "PIP_CONFIG_FILE": None})
    assert_whole(project, tmp_path, result)
    assert result.stdout == "tiny, using beta\n"


def test_a_tool_that_installs_nothing_is_found_out(
    make: Make, world: World, tmp_path: Path
) -> None:
    """If a tool succeeds but installs elsewhere, .venv is not called ready."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "uv").write_text(
        f'#!/bin/sh\n[ "$1" != pip ] || exit 0\nexec \'{world.base}/uv/uv\' "$@"\n'
    )
    (folder / "uv").chmod(0o755)
    project = make()
    env = {"PATH": f"{folder}:{project.environment()['PATH']}"}
    for _ in range(2):  # and a second run is not taken in either
        line = one_line(project, "true", env=env)
        assert "ready" not in line
        assert re.search(r"alpha|beta|gamma", line)
    project.sound()


# ---- Point 7: links -------------------------------------------------------------------


@pytest.fixture
def pair(make: Make) -> tuple[Checkout, Checkout]:
    """Return a project with its environment, and a second worktree of it that has none."""
    first, second = make("first"), make("second")
    first.works("true")
    return first, second


COMMANDS: list[tuple[str, ...]] = [
    ("true",),
    ("--prod", "true"),
    ("--check",),
    ("--lock",),
    ("--python", sys.executable, "true"),
]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(x, id=x[0], marks=() if x[0] in ("true", "--check") else SLOW)
        for x in COMMANDS
    ],
)
@pytest.mark.parametrize(
    "kind",
    [
        "relative",
        pytest.param("absolute", marks=pytest.mark.complete),
        pytest.param("chain", marks=pytest.mark.complete),
    ],
)
def test_linked_environment_is_refused(
    pair: tuple[Checkout, Checkout], command: tuple[str, ...], kind: str
) -> None:
    """The environment that it leads to stays as it is, byte for byte and second for second."""
    first, second = pair
    target = {"relative": "../first/.venv", "chain": "link"}.get(kind)
    (second.root / "link").symlink_to("../first/.venv")
    (second.root / ".venv").symlink_to(target or first.root / ".venv")
    before = contents(first.root / ".venv")
    line = one_line(second, *command)
    assert ".venv" in line
    assert "link" in line or command == ("--check",)
    assert contents(first.root / ".venv") == before
    assert (second.root / ".venv").is_symlink()
    assert first.works("tiny").stderr == ""


@pytest.mark.parametrize("target", ["empty", "nowhere", "file"])
def test_link_to_no_environment_is_refused(make: Make, target: str) -> None:
    project = make()
    (project.root / "empty").mkdir()
    (project.root / "file").write_text("precious")
    (project.root / ".venv").symlink_to(target)
    assert ".venv" in one_line(project, "true")
    assert list((project.root / "empty").iterdir()) == []
    assert not (project.root / "nowhere").exists()
    assert (project.root / "file").read_text() == "precious"


INNER = [
    "bootstrap.stamp",
    "bin",
    "lib",
    "lib/{python}",
    "lib/{python}/site-packages",
    "lib/{python}/site-packages/alpha-1.1.dist-info",
]


@pytest.mark.parametrize(
    "inner",
    [pytest.param(inner, marks=() if inner == INNER[4] else SLOW) for inner in INNER],
)
@pytest.mark.parametrize(
    "case", ["added", pytest.param("removed", marks=pytest.mark.complete)]
)
def test_link_inside_the_environment_is_not_followed(
    pair: tuple[Checkout, Checkout], inner: str, case: str
) -> None:
    """The environment is the worktree's own, a part of it is another's: that one stays as it is."""
    first, second = pair
    second.works("true")
    inner = inner.format(python=f"python{sys.version_info[0]}.{sys.version_info[1]}")
    mine, theirs = second.root / ".venv" / inner, first.root / ".venv" / inner
    assert theirs.exists()
    mine.rename(second.root / "moved")
    mine.symlink_to(theirs)
    before = contents(first.root / ".venv")
    if case == "added":
        second.edit("requirements_dev.txt", "gamma", "gamma\nepsilon")
    else:
        second.edit("requirements_dev.txt", "gamma\n", "")
    second.sound()
    assert ("epsilon" in second.packages()) == (case == "added")
    assert ("gamma" in second.packages()) == (case == "added")
    assert contents(first.root / ".venv") == before
    assert first.works("tiny").stderr == ""


def test_hard_links_to_another_environment_are_broken(
    pair: tuple[Checkout, Checkout],
) -> None:
    """`cp -al` copies an environment so that its files are still those of the other one."""
    first, second = pair
    subprocess.run(
        ["cp", "-al", first.root / ".venv", second.root / ".venv"], check=True
    )
    before = contents(first.root / ".venv")
    second.run("--check")
    second.run("true")
    after = contents(first.root / ".venv")
    assert {k: v[:2] for k, v in after.items()} == {k: v[:2] for k, v in before.items()}
    assert first.works("tiny").stderr == ""
    second.sound()


@pytest.mark.parametrize(
    "draft",
    rather(
        SLOW,
        [f"{LOCK}.new", ".venv/bootstrap.stamp.new", ".venv/bootstrap.txt.new"],
        f"{LOCK}.new",
    ),
)
def test_nothing_is_written_through_a_planted_link(
    make: Make, tmp_path: Path, draft: str
) -> None:
    """A repository may hold a link where a draft of a file is written first."""
    project = make()
    precious = tmp_path / "precious"
    precious.write_text("precious")
    project.works("true")
    (project.root / draft).symlink_to(precious)
    project.edit("requirements_dev.txt", "gamma", "gamma\nepsilon")
    project.run("true")
    assert precious.read_text() == "precious"


# ---- Point 8: a disk that was full once -------------------------------------------------


def test_nothing_is_compiled_into_the_project(make: Make) -> None:
    """A full disk leaves half of such a file, which Python then fails to import."""
    project = make()
    project.works("--lock", "true")
    found = project.root.rglob("*.pyc")
    assert [path for path in found if ".venv" not in path.parts] == []


@pytest.mark.parametrize("length", rather(COMPLETE, [0, 1, 9, 40, 120, -1], 40))
def test_half_of_a_stamp_is_repaired(make: Make, length: int) -> None:
    project = make()
    project.works("true")
    stamp = project.root / ".venv/bootstrap.stamp"
    stamp.write_bytes(stamp.read_bytes()[:length])
    project.sound()


@pytest.mark.slow
@pytest.mark.parametrize("length", rather(COMPLETE, [0, 1, 4096, -4096], 1))
def test_half_of_uv_is_fetched_again(make: Make, world: World, length: int) -> None:
    """Uv of .venv was cut short; the next change of the project needs it."""
    project = make()
    project.uv = False
    project.works("true")
    path = project.root / ".venv/bin/uv"
    whole = path.read_bytes()
    path.unlink()  # uv may have linked it to its cache
    path.write_bytes(whole[:length])
    path.chmod(0o755)
    project.edit("requirements_dev.txt", "uv\n", "uv  # here\n")
    project.edit("pyproject.toml", '"tiny:main"', '"tiny:main"\nminute = "tiny:main"')
    assert project.works("minute").stdout == "tiny, using beta\n"


@pytest.mark.slow
def test_half_of_a_lock_is_one_line_or_made_whole(make: Make) -> None:
    """Wherever it ends, no half of the pins is called ready."""
    project = make()
    path = project.root / LOCK
    whole = path.read_bytes()
    cuts = [whole.index(b"beta==") + 20, whole.index(b"gamma=="), len(whole) // 2]
    cuts += [whole.index(b"gamma==") - 40, len(whole) - 70]
    for cut in cuts:
        path.write_bytes(whole[:cut])
        result = project.run("true", env={"CI": "1"})
        assert "Traceback" not in result.stderr
        if result.returncode == 0:
            assert project.packages().keys() >= INSTALLED, cut
            shutil.rmtree(project.root / ".venv")
        else:
            assert LOCK in result.stderr.splitlines()[-1]
    path.write_bytes(whole)
    project.sound()


def test_draft_of_a_killed_first_start_is_no_foreign_environment(make: Make) -> None:
    project = make()
    (project.root / ".venv").mkdir()
    (project.root / ".venv/bootstrap.stamp.new").touch()
    (project.root / ".venv/bootstrap.stamp").touch()
    project.sound()


FULL = """
set -e
mount -t tmpfs -o size=24m tmpfs "$1"
cp -R "$2" "$1/project"
cd "$1/project"
dd if=/dev/zero of="$1/fill" bs=4k 2>/dev/null || :
./bootstrap true && exit 9
truncate -s -8192 "$1/fill"
./bootstrap true && exit 8
rm "$1/fill"
./bootstrap tiny
./bootstrap --check
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_really_full_disk_and_then_room(make: Make, tmp_path: Path, way: str) -> None:
    """A small file system is filled to the last byte, and emptied."""
    if os.getuid() or not shutil.which("unshare"):
        pytest.skip("needs root and unshare for a small file system")
    mount = tmp_path / "small"
    mount.mkdir()
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", str(mount)]
    if subprocess.run(probe, check=False).returncode:
        pytest.skip("cannot mount here")
    project = make(way=way, UV_LINK_MODE="symlink")
    project.edit("requirements_dev.txt", "\nuv\n", "\n")
    project.works("--lock", "true", env={"BOOTSTRAP_UV": "1"})
    shutil.rmtree(project.root / ".venv")
    shell = ("unshare", "-m", "sh", "-c", FULL, "sh", str(mount), str(project.root))
    result = project.run(launcher=shell, program="", cwd=tmp_path)
    assert result.returncode == 0, result
    assert result.stdout.endswith("tiny, using beta\n")
    assert "Traceback" not in result.stderr
    assert "EOFError" not in result.stderr


def best(command: list[str], **options: Any) -> float:
    """Return the least time that a command takes, of several."""
    times = []
    for _ in range(15):
        start = time.perf_counter()
        subprocess.run(command, check=True, **options)
        times.append(time.perf_counter() - start)
    return min(times)


def test_nothing_to_do_takes_twice_the_start_of_python_at_most(make: Make) -> None:
    """The checks above cost next to nothing when there is nothing to do."""
    project = make()
    project.works("true")
    for _ in range(3):  # another job on the machine may disturb one round
        python = best([str(project.root / ".venv/bin/python"), "-c", "pass"])
        quick = best(
            [str(project.root / "bootstrap"), "true"], env=project.environment()
        )
        if quick <= 2 * python:
            return
    pytest.fail(f"{quick:.4f} s, but Python starts in {python:.4f} s")


# ---- Point 9: odds and ends -------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", rather(SLOW, ["text", "folder", "empty", "dangling"], "text")
)
def test_python_of_the_environment_that_cannot_run(make: Make, kind: str) -> None:
    """It is made again, or one line fails; no other Python runs the command in its place."""
    project = make()
    project.works("true")
    python = project.root / ".venv/bin/python"
    python.unlink()
    if kind == "folder":
        python.mkdir()
    elif kind == "dangling":
        python.symlink_to("nowhere")
    else:
        python.write_text("" if kind == "empty" else "#!/bin/sh\necho wrong\n")
        python.chmod(0o755 if kind == "empty" else 0o644)
    code = "import sys; print(sys.prefix)"
    result = project.run("python", "-c", code)
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 1
    if result.returncode == 0:
        assert result.stdout.strip() == str(project.root / ".venv")
        project.sound()
    else:
        assert result.stdout == ""


@pytest.mark.parametrize("name", rather(SLOW, ["gamma", "program"], "program"))
def test_program_of_the_environment_that_cannot_run(
    make: Make, tmp_path: Path, name: str
) -> None:
    """One of the same name elsewhere on PATH does not replace it."""
    project = make()
    project.works("true")
    (tmp_path / "bin").mkdir()
    for folder, mode in (
        (tmp_path / "bin", 0o755),
        (project.root / ".venv/bin", 0o644),
    ):
        path = folder / name
        path.unlink(missing_ok=True)
        path.write_text("#!/bin/sh\necho wrong\n")
        path.chmod(mode)
    env = {"PATH": f"{tmp_path / 'bin'}:{project.environment()['PATH']}"}
    line = one_line(project, name, env=env)
    assert name in line


@pytest.mark.parametrize(
    "arguments", rather(SLOW, [(b"true",), (b"tiny",), (b"--check",)], (b"tiny",))
)
def test_path_that_is_not_utf8(
    make: Make, tmp_path: Path, arguments: tuple[bytes, ...]
) -> None:
    """It works, or one line says that the path is the reason."""
    name = os.fsdecode(b"named\xe9")
    project = make(name)
    result = subprocess.run(
        [os.fsencode(project.root / "bootstrap"), *arguments],
        env=project.environment(),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert b"Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 1
    if arguments == (b"--check",):
        assert result.returncode == 1
    elif result.returncode == 0:
        assert b"ready" in result.stderr
        project.sound()
    else:
        assert re.search(rb"UTF-8|utf-8|rename", result.stderr)
        assert not (project.root / ".venv").exists()


@pytest.mark.parametrize(
    "where",
    ["command", "--python=", "PATH", pytest.param("HOME", marks=SLOW)],
)
def test_other_text_that_is_not_utf8(make: Make, where: str) -> None:
    project = make()
    wrong = os.fsdecode(b"/named\xe9")
    if where in ("PATH", "HOME"):
        value = f"{wrong}:{project.environment()['PATH']}" if where == "PATH" else wrong
        project.works("tiny", env={where: value})
        return
    if where == "command":
        project.works("true")
        one_line(project, wrong)
    else:
        one_line(project, where + wrong, "true")


@pytest.mark.parametrize("made", [True, False], ids=["made", "fresh"])
@pytest.mark.parametrize(
    "arguments", rather(SLOW, [("",), ("--", ""), ("", "x"), ("--prod", "")], ("",))
)
def test_empty_command_is_one_line(
    make: Make, arguments: tuple[str, ...], made: bool
) -> None:
    """An unset variable in a script makes one: "$command"."""
    project = make()
    if made:
        project.works(*(x for x in arguments if x == "--prod"), "true")
    result = project.run(*arguments)
    assert result.returncode in (1, 126, 127)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    last = result.stderr.splitlines()[-1]
    assert re.search("bootstrap: .*empty", last)


@pytest.mark.parametrize(
    "arguments",
    [("--python=", "true"), ("--python", "", "true")],
)
def test_empty_value_is_one_line(make: Make, arguments: tuple[str, ...]) -> None:
    project = make()
    assert arguments[0].rstrip("=") in one_line(project, *arguments)
    assert not (project.root / ".venv").exists()


@pytest.mark.parametrize(
    "option", ["--python=\x1b]0;x\x07", "--python=a\nb", "--\x1b[2J"]
)
def test_control_characters_of_options_are_shown_escaped(
    make: Make, option: str
) -> None:
    assert one_line(make(), option, "true").isprintable()


SHELLS = ["dash", "bash --posix", "zsh", "busybox sh", "ksh", "mksh"]


@pytest.mark.parametrize("shell", rather(SLOW, SHELLS, "dash"))
def test_variables_of_another_shell_change_nothing(make: Make, shell: str) -> None:
    """A shell passes them on where its user has exported them."""
    if not shutil.which(shell.split()[0]):
        pytest.skip(f"no {shell} here")
    project = make("a b")
    names = ("ZSH_VERSION", "BASH_VERSION", "KSH_VERSION", "POSIXLY_CORRECT")
    env = {
        **dict.fromkeys(names, "5.9"),
        "IFS": "ao/",
        "root": "/nowhere",
        "python": "/bin/false",
    }
    for _ in range(2):
        command = ("python", "-c", "import sys; print(sys.argv)", "x y", "*")
        options = {"launcher": tuple(shell.split()), "program": "bootstrap"}
        result = project.works(*command, env=env, **options)
        assert result.stdout == "['-c', 'x y', '*']\n"


class Answering(http.server.ThreadingHTTPServer):
    """A server that gives every question the same answer, and remembers the questions."""

    asked: list[tuple[str, str]]
    answer: tuple[int, dict[str, str], bytes]

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answer with what the server was given."""

    server: Answering

    def do_GET(self) -> None:
        """Answer a question."""
        given = self.headers.get("Authorization", "")
        self.server.asked.append((self.path, given))
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        """Answer the same."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Start a server on this machine; by default it knows no page."""
    server = Answering(("127.0.0.1", 0), Handler)
    server.asked, server.answer = [], (404, {}, b"")
    threading.Thread(
        target=functools.partial(server.serve_forever, poll_interval=0.05), daemon=True
    ).start()
    yield server
    server.shutdown()
    server.server_close()


JSON = {"Content-Type": "application/vnd.pypi.simple.v1+json"}
HTML = {"Content-Type": "text/html"}
ANSWERS = {
    "401": (401, {"WWW-Authenticate": 'Basic realm="x"'}, b"who are you?"),
    "401 without a scheme": (401, {}, b""),
    "403": (403, {}, b"no"),
    "404": (404, {}, b""),
    "418": (418, {}, b""),
    "500": (500, {}, b"\xff\x00"),
    "empty": (200, HTML, b""),
    "no type": (200, {}, b"\x00\xff"),
    "image": (200, {"Content-Type": "image/png"}, b"\x89PNG\r\n"),
    "login page": (200, HTML, b"<!DOCTYPE html><html><form>log in</form></html>"),
    "binary": (200, HTML, bytes(range(256)) * 9),
    "json": (200, JSON, b"{"),
    "json of another shape": (200, JSON, b"[1]"),
    "json without keys": (200, JSON, b"{}"),
    "json of wrong types": (
        200,
        JSON,
        b'{"meta": 1, "name": 2, "files": [3], "versions": "x"}',
    ),
    "json with a bad file": (
        200,
        JSON,
        b'{"meta": {"api-version": "1.0"}, "name": "alpha", "files": [{"filename": 1, "url": [], "hashes": 5}]}',
    ),
    "deep json": (200, JSON, b"[" * 100_000),
    "bad gzip": (200, {**HTML, "Content-Encoding": "gzip"}, b"not compressed"),
    "bad charset": (200, {"Content-Type": "text/html; charset=nonsense"}, b"\xff"),
    "bad location": (302, {"Location": "http://[::1"}, b""),
    "loop": (302, {"Location": "/loop/"}, b""),
    "too short": (200, {**HTML, "Content-Length": "9999"}, b"<html>"),
    "bad length": (200, {**HTML, "Content-Length": "x"}, b"<html>"),
    "bad link": (200, HTML, b"<!DOCTYPE html><a href='http://[x'>alpha-1.1.tar.gz</a>"),
    "bad api": (
        200,
        JSON,
        b'{"meta": {"api-version": "99.0"}, "name": "alpha", "files": []}',
    ),
}


TYPICAL = ["401", "json of wrong types"]  # the second is quick


@pytest.mark.parametrize(
    ("case", "way"),
    [
        pytest.param(
            case,
            way,
            marks=COMPLETE
            if case not in TYPICAL
            else ()
            if (case, way) == (TYPICAL[1], "uv")
            else SLOW,
            id=f"{case}-{way}",
        )
        for case in ANSWERS
        for way in ("uv", "python-alone", "pip")
        if way != "python-alone" or case == TYPICAL[1]
    ],
)
def test_index_that_answers_nonsense(
    make: Make, tmp_path: Path, answering: Answering, case: str, way: str
) -> None:
    """No traceback, no question, no Python but .venv's, and the last line is clear."""
    cold = {"UV_CACHE_DIR": str(tmp_path / "uv"), "PIP_CACHE_DIR": str(tmp_path / "p")}
    project = make(way=way, **cold)
    project.uv = way == "uv"
    answering.answer = ANSWERS[case]
    env = {"PIP_INDEX_URL": answering.url, "PIP_RETRIES": "0", "UV_HTTP_RETRIES": "0"}
    error = project.fails("true", env=env)  # no traceback, a clear last line
    assert LOCK in error.splitlines()[-1]
    assert answering.asked
    assert not (project.root / ".venv/bin/gamma").exists()
    project.variables = {}
    project.sound()


@pytest.mark.parametrize("way", rather(SLOW, ["uv", "pip", "python-alone"], "uv"))
def test_index_that_wants_a_password_asks_nobody(
    make: Make, tmp_path: Path, answering: Answering, way: str
) -> None:
    """On a terminal pip would ask for a name and wait. The secrets of the address stay out of the output."""
    cold = {"UV_CACHE_DIR": str(tmp_path / "uv"), "PIP_CACHE_DIR": str(tmp_path / "p")}
    project = make(way=way, **cold)
    project.uv = way == "uv"
    answering.answer = ANSWERS["401"]
    url = answering.url.replace("//", "//ada:SECRET@")
    for address in (answering.url, url):
        env = {"PIP_INDEX_URL": address, "UV_HTTP_RETRIES": "0", "PIP_RETRIES": "0"}
        terminal = project.on_terminal("true", env=env)
        threading.Timer(60, terminal.process.kill).start()
        while terminal.read():
            pass
        assert terminal.process.wait(9) == 1
        os.close(terminal.handle)
        assert not re.search(r"User for|Password|Traceback|SECRET", terminal.text)
        assert "bootstrap:" in terminal.text.splitlines()[-1]
    sent = "Basic " + base64.b64encode(b"ada:SECRET").decode()
    assert sent in {given for _, given in answering.asked}
