"""The bootstrap: every fault is produced for real and ends in a working environment or one clear line."""

import functools
import http.server
import os
import random
import re
import shutil
import signal
import ssl
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from checkouts import BASE, TEMPLATE, Checkout, copied_python, shared_world
from conftest import interpreter

WAYS: dict[str, dict[str, Any]] = {
    "uv": {"uv": True},
    "python-alone": {"uv": False},
    "pip": {"uv": True, "variables": {"BOOTSTRAP_UV": "0"}},
}
# The same, the others only among the slow tests: they take three times as long.
QUICK_WAYS = [
    "uv",
    pytest.param("pip", marks=pytest.mark.slow),
    pytest.param("python-alone", marks=pytest.mark.complete),
]
DEV = {"alpha": "1.1", "beta": "1.0", "gamma": "1.0", "tiny_project": "0.1.0"}
PROD = {"alpha": "1.1", "beta": "1.0", "tiny_project": "0.1.0"}


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    return shared_world(tmp_path_factory.getbasetemp())


@pytest.fixture
def make(world, tmp_path):
    def make(name="project", **options):
        checkout = Checkout(world, tmp_path / name, **options)
        checkout.write(world.base / "born" / "requirements_lock.txt")
        return checkout

    return make


@pytest.fixture
def project(make):
    return make()


@pytest.fixture
def made(project):
    project.works("true")
    return project


@pytest.fixture(scope="session")
def ready(world, tmp_path_factory):
    """A project with its environment, for tests that change nothing in it."""
    checkout = Checkout(world, tmp_path_factory.mktemp("ready") / "a b")
    checkout.write(world.base / "born" / "requirements_lock.txt")
    checkout.works("true")
    return checkout


def tools(packages):
    """Take away what every development environment holds, of whatever version."""
    return {
        name: version
        for name, version in packages.items()
        if name not in ("setuptools", "uv")
    }


# ---- What it does -------------------------------------------------------------------


@pytest.mark.parametrize(
    "way", ["uv", "python-alone", pytest.param("pip", marks=pytest.mark.slow)]
)
def test_every_way_gives_the_same_environment(make, way):
    project = make(**WAYS[way])
    result = project.works("tiny")
    assert result.stdout == "tiny, using beta\n"
    assert len(result.stderr.splitlines()) == 1
    assert tools(project.packages()) == DEV
    assert {"setuptools", "uv"} < project.packages().keys()
    project.works("--check")


@pytest.mark.parametrize("way", QUICK_WAYS)
def test_production_has_no_development_tool(make, way):
    project = make(**WAYS[way])
    assert project.works("--prod", "tiny").stdout == "tiny, using beta\n"
    assert project.packages() == PROD
    project.works("--check")
    project.works("--prod", "--check")


@pytest.mark.parametrize("way", QUICK_WAYS)
def test_production_and_development_take_turns(make, way):
    project = make(**WAYS[way])
    project.works("true")
    for mode, packages in ((["--prod"], PROD), ([], DEV)):
        project.works(*mode, "tiny")
        found = project.packages()  # production keeps no tool at all
        assert (found if mode else tools(found)) == packages


def test_nothing_to_do_starts_nothing(ready, world, tmp_path):
    alarm = tmp_path / "started"
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("uv", "pip", "python3", "python"):
        (folder / name).write_text(f"#!/bin/sh\ntouch '{alarm}'\nexit 9\n")
        (folder / name).chmod(0o755)
    ready.works(
        "tiny",
        env={"PATH": f"{folder}:/usr/bin:/bin", "PIP_INDEX_URL": "http://127.0.0.1:9/"},
    )
    assert not alarm.exists()


def test_command_gets_arguments_stdin_and_its_status(ready):
    code = "import sys; print(sys.argv[1:], sys.stdin.read()); sys.exit(7)"
    result = ready.run(
        "python",
        "-c",
        code,
        "a b",
        'it\'s "$HOME"',
        "",
        "--prod",
        "*",
        input="from stdin",
    )
    assert (
        result.stdout == "['a b', 'it\\'s \"$HOME\"', '', '--prod', '*'] from stdin\n"
    )
    assert (result.returncode, result.stderr) == (7, "")


def test_command_runs_where_it_was_given(ready, tmp_path):
    result = ready.works("python", "-c", "import os; print(os.getcwd())", cwd=tmp_path)
    assert result.stdout.strip() == str(tmp_path)


def test_double_dash_ends_the_options(ready):
    assert ready.works("--", "gamma").stdout == "gamma 1.0\n"


def test_command_not_found(ready):
    result = ready.run("no-such-command")
    assert (result.returncode, result.stderr) == (
        127,
        "bootstrap: command not found: no-such-command\n",
    )


def test_command_that_cannot_run(ready, tmp_path):
    (tmp_path / "text").write_text("no program")
    result = ready.run("./text", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (
        126,
        "bootstrap: cannot run ./text: Permission denied\n",
    )


def test_command_is_the_same_process_with_default_signals(ready):
    process = ready.start("sleep", "60")
    time.sleep(0.5)
    assert Path(f"/proc/{process.pid}/comm").read_text().strip() == "sleep"
    ignored = next(
        line
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if "SigIgn" in line
    )
    assert int(ignored.split()[1], 16) == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait() == -signal.SIGTERM


def test_help_fits_a_screen(project):
    text = project.works("--help").stdout
    assert len(text.splitlines()) <= 24
    assert max(map(len, text.splitlines())) <= 80
    for option in (
        "--prod",
        "--lock",
        "--locked",
        "--python",
        "--check",
        "--offline",
        "--upgrade",
    ):
        assert option in text
    assert not (project.root / ".venv").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        pytest.param(["--porod"], "--porod", id="unknown"),
        pytest.param(["--python"], "--python", id="no value"),
        pytest.param(["--prod=yes"], "--prod", id="value for a flag"),
        pytest.param(["--python", "2.7"], "2.7", id="a Python too old"),
        pytest.param(["--python", "/no/python"], "/no/python", id="no such Python"),
    ],
)
def test_bad_option(project, arguments, named):
    assert named in project.fails(*arguments, "true")
    assert not (project.root / ".venv").exists()


# ---- The lock -----------------------------------------------------------------------


def pins(project):
    lines = (project.root / "requirements_lock.txt").read_text().splitlines()
    return dict(
        line.split()[0].split("==")
        for line in lines
        if "==" in line and line[0].isalpha()
    )


def test_comments_and_line_ends_are_no_change(project):
    for name in ("requirements_prod.txt", "requirements_dev.txt"):
        path = project.root / name
        path.write_bytes(
            b"\r\n# note\r\n" + path.read_bytes().replace(b"\n", b"  # why\r\n")
        )
    project.works("--locked", "true")


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        pytest.param(
            "requirements_prod.txt", "beta==1.0", "beta==1.1", "beta==1.1", id="prod"
        ),
        pytest.param(
            "requirements_dev.txt",
            "gamma",
            "gamma\nepsilon",
            "epsilon",
            id="dev",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_outdated_lock(made, name, old, new, said):
    before = (made.root / "requirements_lock.txt").read_bytes()
    made.edit(name, old, new)
    for arguments, env in ((["--locked"], {}), ([], {"CI": "true"}), ([], {"CI": "1"})):
        error = made.fails(*arguments, "true", env=env)
        assert said in error
        assert "--lock" in error
    assert (made.root / "requirements_lock.txt").read_bytes() == before
    assert "out of date" in made.fails("--check")
    assert said in made.works("true", env={"CI": "false"}).stderr
    made.works("--locked", "--check", env={"CI": "true"})


def test_a_lock_for_another_python(project):
    lock = "requirements_lock.txt"
    project.edit(lock, "--python-version=3.11", "--python-version=3.12")
    error = project.fails("--locked", "true")
    assert "is not for Python 3.11" in error
    assert "--lock" in error
    assert "is not for Python 3.11: renewing it" in project.works("true").stderr
    project.works("--locked", "true")


def test_a_floor_below_that_of_the_tools_is_no_reason_for_a_new_lock(project):
    """An adopted package may support Python 3.8. Its tools and this bootstrap need Python 3.11."""
    project.edit("pyproject.toml", ">=3.11", ">=3.8")
    project.works("--locked", "true")


def test_included_file_counts(project):
    (project.root / "more").mkdir()
    (project.root / "more" / "docs.txt").write_text("epsilon\n")
    project.edit("requirements_dev.txt", "gamma", "gamma\n-r more/docs.txt")
    project.works("true")
    assert "epsilon" in project.packages()
    (project.root / "more" / "docs.txt").write_text("epsilon\ndelta\n")
    assert "'delta' of more/docs.txt" in project.fails("--locked", "true")


def test_refreezing_changes_only_what_must_change(project):
    project.works("--lock", "--upgrade-package", "alpha<1.1", "true")
    assert pins(project)["alpha"] == "1.0"
    project.edit("requirements_dev.txt", "gamma", "gamma\nepsilon")
    assert project.works("true").returncode == 0
    assert (pins(project)["alpha"], pins(project)["epsilon"]) == ("1.0", "1.0")
    project.edit("requirements_prod.txt", "beta==1.0", "beta")
    project.works("true")
    assert (pins(project)["alpha"], pins(project)["beta"]) == ("1.0", "1.0")
    project.works("--lock", "--upgrade-package", "beta", "true")
    assert (pins(project)["alpha"], pins(project)["beta"]) == ("1.0", "1.1")
    project.works("--lock", "--upgrade", "true")
    assert (pins(project)["alpha"], project.packages()["alpha"]) == ("1.1", "1.1")


def test_removed_requirement_takes_along_what_only_it_needed(made):
    made.edit("requirements_prod.txt", "beta==1.0", "beta==1.0\ndelta")
    made.works("true")
    assert {"delta", "epsilon"} < made.packages().keys()
    made.edit("requirements_prod.txt", "\ndelta", "")
    made.works("true")
    assert tools(made.packages()) == DEV


@pytest.mark.slow
def test_pip_removes_too(make):
    project = make(**WAYS["pip"])
    project.works("true")
    project.edit("requirements_dev.txt", "gamma\n", "")
    assert "only uv can renew" in project.fails("true")
    project.works("--lock", "true", env={"BOOTSTRAP_UV": "1"})
    project.edit("requirements_dev.txt", "uv\n", "uv  # here\n")
    project.works("true")
    assert "gamma" not in project.packages()
    project.works("--check")


def test_refreezing_fails_and_leaves_the_lock(made):
    before = (made.root / "requirements_lock.txt").read_bytes()
    made.edit("requirements_prod.txt", "beta==1.0", "beta==9")
    assert "beta" in made.fails("true")
    assert (made.root / "requirements_lock.txt").read_bytes() == before
    assert not list(made.root.glob(".lock*"))


def test_missing_lock_is_made(project):
    lock = project.root / "requirements_lock.txt"
    before = lock.read_bytes()
    lock.unlink()
    assert "requirements_lock.txt is missing" in project.fails("--locked", "true")
    project.works("tiny")
    assert lock.read_bytes() == before


@pytest.mark.slow
def test_refreezing_with_python_alone(make):
    project = make(uv=False)
    project.edit("requirements_prod.txt", "beta==1.0", "beta==1.1")
    project.works("true")
    assert project.packages()["beta"] == "1.1"


def test_repository_without_build_system_is_no_package(project):
    text = (project.root / "pyproject.toml").read_text()
    (project.root / "pyproject.toml").write_text(text[text.index("[project]") :])
    project.works("gamma")
    assert tools(project.packages()) == {
        k: v for k, v in DEV.items() if k != "tiny_project"
    }
    project.works("--check")


# ---- What a change of the project does ----------------------------------------------


def test_new_entry_point_and_version_arrive(made):
    made.edit(
        "pyproject.toml",
        'tiny = "tiny:main"',
        'tiny = "tiny:main"\nminute = "tiny:main"',
    )
    assert made.works("minute").stdout == "tiny, using beta\n"
    made.edit("src/tiny/__init__.py", "0.1.0", "0.2.0")
    made.works("true")
    assert made.packages()["tiny_project"] == "0.2.0"
    made.sound()


# ---- Is it ready? -------------------------------------------------------------------


def test_check_without_environment(project):
    assert ".venv" in project.fails("--check")
    assert not (project.root / ".venv").exists()


# ---- Faults -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [
        pytest.param("uv", marks=pytest.mark.slow),
        *(pytest.param(x, marks=pytest.mark.complete) for x in ("pip", "python-alone")),
    ],
)
def test_killed_at_random_moments(make, way):
    project = make(**WAYS[way])
    whole = time.monotonic()
    project.works("true")
    whole = time.monotonic() - whole
    dice = random.Random(3)
    for _ in range(10 if way == "uv" else 3):
        shutil.rmtree(project.root / ".venv")
        process = project.start("true")
        time.sleep(dice.uniform(0, whole))
        process.kill()
        process.communicate()
        project.sound()


def test_three_at_once(project):
    processes = [project.start("tiny") for _ in range(3)]
    for process in processes:
        out, err = process.communicate()
        assert (process.returncode, out) == (0, "tiny, using beta\n"), err
    project.works("--check")


def test_running_command_keeps_nobody_waiting(project):
    process = project.start("sleep", "60")
    while (
        process.poll() is None
        and Path(f"/proc/{process.pid}/comm").read_text() != "sleep\n"
    ):
        time.sleep(0.05)
    project.edit(
        "pyproject.toml",
        'tiny = "tiny:main"',
        'tiny = "tiny:main"\nminute = "tiny:main"',
    )
    result = project.works("minute")
    assert process.poll() is None
    process.kill()
    assert "waiting" not in result.stderr


def test_moved_checkout(made, tmp_path):
    made.root = made.root.rename(tmp_path / "elsewhere")
    made.sound()
    result = made.works("python", "-c", "import sys; print(sys.prefix)")
    assert result.stdout.strip() == str(made.root / ".venv")


def prefix(project, python):
    """Return variables under which this Python is the first on PATH."""
    return {"PATH": f"{python.parent}:{project.environment()['PATH']}"}


def test_base_python_deleted(project, tmp_path):
    python = copied_python(tmp_path / "base")
    project.works("true", env=prefix(project, python))
    assert (project.root / ".venv/bin/python").resolve() == python
    shutil.rmtree(tmp_path / "base")
    project.sound()


def test_base_python_upgraded(project, tmp_path):
    python = copied_python(tmp_path / "base")
    project.works("true", env=prefix(project, python))
    copied_python(tmp_path / "base", Path(other(12)))
    code = "import beta, sys; print('%d.%d' % sys.version_info[:2])"
    result = project.works("python", "-c", code, env=prefix(project, python))
    assert result.stdout == "3.12\n"
    assert "ready" in result.stderr
    project.sound()


@pytest.mark.slow
@pytest.mark.parametrize("way", QUICK_WAYS)
def test_another_python_is_asked_for_in_the_activated_environment(make, way):
    """The uv of .venv, which is then the first on PATH, goes with what it is in."""
    project = make(**WAYS[way])
    project.works("true")
    path = f"{project.root / '.venv/bin'}:{project.environment()['PATH']}"
    result = project.works("--python", other(12), "true", env={"PATH": path})
    assert "ready" in result.stderr
    project.sound()


@pytest.mark.parametrize(
    ("without", "uv"),
    [
        ("ensurepip", False),
        pytest.param("ensurepip", True, marks=pytest.mark.slow),
    ],
)
def test_no_ensurepip_but_uv_or_pip(make, tmp_path, without, uv):
    project = make(uv=uv)
    python = copied_python(
        tmp_path / "base", without=(without,) if isinstance(without, str) else without
    )
    project.works("python", "-c", "import beta", env=prefix(project, python))
    assert (project.root / ".venv/bin/python").resolve() == python
    project.sound()


def test_neither_ensurepip_nor_pip(make, tmp_path):
    project = make()
    python = copied_python(tmp_path / "base", without=("ensurepip", "pip"))
    error = project.fails("true", env=prefix(project, python))
    assert "-venv" in error
    project.sound()


def other(minor):
    """Return another Python of this machine, or skip."""
    return str(interpreter(f"3.{minor}"))


@pytest.mark.parametrize(
    "spelling", ["version", pytest.param("path", marks=pytest.mark.slow)]
)
def test_another_python_is_asked_for_and_stays(made, world, tmp_path, spelling):
    python = other(12)
    path = world.programs(tmp_path / "bin", f"python3.12={python}")
    env = {"PATH": f"{made.environment()['PATH']}:{path}"}
    asked = "3.12" if spelling == "version" else python
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    assert (
        made.works("--python", asked, "python", "-c", code, env=env).stdout == "3.12\n"
    )
    result = made.works("python", "-c", code)
    assert (result.stdout, result.stderr) == ("3.12\n", "")
    made.sound()


def without_usr_bin(project):
    """Let the launcher not look for a Python outside PATH."""
    script = (project.root / "bootstrap").read_text()
    (project.root / "bootstrap").write_text(script.replace(" /usr/bin/python3", ""))


@pytest.mark.parametrize(
    ("found", "floor"),
    [
        pytest.param(8, 11, marks=pytest.mark.slow),
        (10, 11),
        pytest.param(11, 12, marks=pytest.mark.slow),
    ],
)
def test_old_python_is_refused_and_a_newer_one_found(
    make, world, tmp_path, found, floor
):
    project = make()
    without_usr_bin(project)
    project.edit("pyproject.toml", ">=3.11", f">=3.{floor}")
    path = world.programs(
        tmp_path / "bin", "sh", "readlink", "sed", "env", f"python3={other(found)}"
    )
    error = project.fails("true", env={"PATH": str(path)})
    assert error.startswith(f"bootstrap: found no Python 3.{floor} or newer on PATH")
    assert not (project.root / ".venv").exists()
    world.programs(path, f"python3.12={other(12)}", "uv=" + str(world.base / "uv/uv"))
    code = "import beta, sys; print(sys.version_info[1])"
    result = project.works("python", "-c", code, env={"PATH": str(path)})
    assert result.stdout == "12\n"


@pytest.mark.slow
def test_only_python_without_3(make, world, tmp_path):
    project = make(uv=False)
    path = world.programs(tmp_path / "bin", "sh", "readlink", "sed", "python")
    project.works("python", "-c", "import beta", env={"PATH": str(path)})


def test_no_python_at_all(project, world, tmp_path):
    without_usr_bin(project)
    path = world.programs(tmp_path / "bin", "sh", "readlink", "sed")
    assert "found no Python" in project.fails("true", env={"PATH": str(path)})


def test_venv_is_a_file(project):
    (project.root / ".venv").write_text("precious")
    assert ".venv" in project.fails("true")
    assert (project.root / ".venv").read_text() == "precious"


def test_venv_of_somebody_else(project):
    (project.root / ".venv").mkdir()
    (project.root / ".venv" / "precious").touch()
    assert "something else" in project.fails("true")
    assert [path.name for path in (project.root / ".venv").iterdir()] == ["precious"]


def test_venv_is_a_dangling_link(project):
    (project.root / ".venv").symlink_to("nowhere")
    assert ".venv" in project.fails("true")


PATHS = [
    "a b",
    "it's",
    'say "x"',
    "$HOME",
    "$(touch x)",
    "`x`",
    "100%",
    "back\\slash",
    "ünï→🐍",
    "-dash",
    'a\'b $c "d" e',
    "star*[x]{y}",
    "#hash",
    "tilde~!",
    "deep" + "/0123456789" * 18,
]


TYPICAL = ["a b", "-dash", 'a\'b $c "d" e', "ünï→🐍"]


@pytest.mark.parametrize("way", ["uv", pytest.param("pip", marks=pytest.mark.complete)])
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in TYPICAL else pytest.mark.slow)
        for name in PATHS
    ],
)
def test_any_path(make, name, way):
    project = make(name, **WAYS[way])
    project.sound()
    assert project.works("gamma").stdout == "gamma 1.0\n"
    assert project.works("--prod", "tiny").stdout == "tiny, using beta\n"
    assert not list(project.root.rglob("x"))


def test_path_with_a_leading_dash(make, tmp_path):
    project = make("-dash")
    project.works(
        "gamma", launcher=("sh", "--"), program="-dash/bootstrap", cwd=tmp_path
    )


@pytest.mark.parametrize("name", ["a:b", "new\nline"])
def test_path_that_no_path_can_name(make, name):
    project = make(name)
    assert "rename" in project.fails("true")
    assert not (project.root / ".venv").exists()


def as_nobody(*command):
    if os.getuid():
        return command
    if not shutil.which("setpriv"):
        pytest.skip("no setpriv here to give up root's rights")
    return ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command)


@pytest.fixture
def public():
    """A folder that other users may reach, on a machine where root runs the tests."""
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    folder.chmod(0o755)
    yield folder
    subprocess.run(["chmod", "-R", "u+w", folder], check=True)
    shutil.rmtree(folder)


@pytest.mark.parametrize("part", ["checkout", "venv"])
def test_read_only(world, public, part):
    project = Checkout(world, public / "project", uv=False)
    project.write(world.base / "born" / "requirements_lock.txt")
    if part == "venv":
        (project.root / ".venv").mkdir(mode=0o555)
        project.root.chmod(0o777)
    else:
        subprocess.run(["chmod", "-R", "a-w", project.root], check=True)
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    error = project.fails("true", launcher=as_nobody(), env=env, cwd="/")
    assert "Permission denied" in error
    assert str(project.root / ".venv") in error


@pytest.mark.parametrize("way", ["uv", pytest.param("pip", marks=pytest.mark.slow)])
def test_disk_full(world, tmp_path, way):
    if os.getuid() or not shutil.which("unshare"):
        pytest.skip("needs root and unshare for a small file system")
    mount = tmp_path / "small"
    mount.mkdir()
    if subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", mount], check=False
    ).returncode:
        pytest.skip("cannot mount here")
    project = Checkout(world, mount / "project", **WAYS[way])
    source = Checkout(world, tmp_path / "source")
    source.write(world.base / "born" / "requirements_lock.txt")
    script = 'mount -t tmpfs -o size=3m tmpfs "$1" && cp -R "$2" "$1/project" && cd "$1" && exec "$1/project/bootstrap" true'
    error = project.fails(
        launcher=(
            "unshare",
            "-m",
            "sh",
            "-c",
            script,
            "sh",
            str(mount),
            str(source.root),
        ),
        program="",
        cwd=tmp_path,
    )
    assert "No space left" in error


@pytest.mark.slow
def test_wrong_hash(make):
    for way in WAYS.values():
        project = make(f"project{len(str(way))}", **way)
        path = project.root / "requirements_lock.txt"
        text = path.read_text()
        start = text.index("sha256:", text.index("beta=="))
        path.write_text(text[:start] + "sha256:" + "0" * 64 + text[start + 71 :])
        cache = {"UV_CACHE_DIR": str(project.root / "cache")}
        assert "beta" in project.fails("true", env=cache)
        assert "beta" in project.fails("true", env=cache)


@pytest.mark.parametrize("way", QUICK_WAYS)
def test_no_network_and_nothing_cached(make, tmp_path, way):
    project = make(**WAYS[way])
    cold = {
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "PIP_CACHE_DIR": str(tmp_path / "pip"),
        "PIP_RETRIES": "0",
    }
    error = project.fails(
        "true",
        env={
            "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
            "UV_HTTP_RETRIES": "0",
            **cold,
        },
    )
    assert any(name in error for name in ("alpha", "beta", "gamma", "setuptools", "uv"))
    project.sound(env=cold)


class Server(http.server.ThreadingHTTPServer):
    """A server that tells its address and can go away."""

    @property
    def url(self):
        """The address of the index."""
        return f"http://127.0.0.1:{self.server_port}/"

    def stop(self):
        """Go away, as a network does."""
        self.shutdown()
        self.server_close()


@pytest.fixture
def server(world):
    """The index behind a server on this machine; `stop` makes it the network that fails."""
    handler = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=world.index
    )
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def certified(server, tmp_path):
    """The same over HTTPS, with a certificate by an authority that only `authority` knows."""
    if not shutil.which("openssl"):
        pytest.skip("no openssl here to make certificates")
    (tmp_path / "leaf.txt").write_text(
        "basicConstraints = CA:FALSE\nsubjectAltName = DNS:localhost\n"
    )
    sign = "openssl x509 -req -days 2 -CAcreateserial"
    new = "openssl req -newkey rsa:2048 -nodes -keyout"
    for command in (
        f"{new} ca.key -x509 -days 2 -subj /CN=authority -out ca.pem",
        f"{new} leaf.key -subj /CN=localhost -out leaf.csr",
        f"{sign} -in leaf.csr -CA ca.pem -CAkey ca.key -extfile leaf.txt -out leaf.pem",
    ):
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "leaf.pem", tmp_path / "leaf.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.authority = tmp_path / "ca.pem"
    return server


@pytest.mark.slow
@pytest.mark.parametrize("way", QUICK_WAYS)
def test_certificate_of_an_own_authority(make, certified, tmp_path, way):
    project = make(**WAYS[way])
    variables = {
        "PIP_INDEX_URL": f"https://localhost:{certified.server_port}/",
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "PIP_CACHE_DIR": str(tmp_path / "pip"),
        "PIP_RETRIES": "0",
    }
    error = project.fails("true", env=variables)
    assert "certificate" in error
    assert "requirements_lock.txt could not be installed" in error.splitlines()[-1]
    project.sound(env={**variables, "PIP_CERT": str(certified.authority)})
    project.edit("requirements_dev.txt", "gamma", "gamma\nepsilon")
    env = {**variables, "PIP_CERT": "ca.pem", "BOOTSTRAP_UV": "1"}
    project.works("true", env=env, cwd=tmp_path)
    assert "epsilon" in project.packages()


def test_no_network(make, server, tmp_path):
    variables = {
        "PIP_INDEX_URL": server.url,
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "UV_HTTP_RETRIES": "0",
    }
    project = make("cold", variables=variables)
    assert "--offline" in project.fails("--offline", "true").splitlines()[-1]
    make("warm", variables=variables).works("true")
    server.stop()
    make("offline", variables=variables).works("--offline", "tiny")
    project.sound()


@pytest.mark.parametrize(
    ("way", "given"),
    [
        ("uv", "PIP_FIND_LINKS"),
        ("uv", "pip.conf"),
        *(
            pytest.param("uv", given, marks=pytest.mark.slow)
            for given in ("PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_FIND_LINKS")
        ),
        pytest.param("uv", "user", marks=pytest.mark.slow),
        *(
            pytest.param("pip", given, marks=pytest.mark.slow)
            for given in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "pip.conf", "user")
        ),
        *(
            pytest.param("pip", f"{folder}/pip.conf", marks=pytest.mark.slow)
            for folder in (".standard", "scripts")
        ),
    ],
)
def test_index_settings_count(make, world, tmp_path, way, given):
    project = make(**WAYS[way])
    empty = tmp_path / "empty"
    empty.mkdir()
    index, links = world.index.as_uri(), str(world.wheels)
    user = tmp_path / "home/.config/pip/pip.conf"
    user.parent.mkdir(parents=True)
    user.write_text(f"[global]\nindex-url = {empty.as_uri()}\n")
    file = {
        "pip.conf": tmp_path / "home/other.conf",
        ".standard/pip.conf": project.root / given,
        "scripts/pip.conf": project.root / given,  # where older projects have it
    }.get(given, user)
    file.parent.mkdir(exist_ok=True)
    file.write_text(
        f"[global]\nindex-url = {index}\nuser = true\ntarget = {tmp_path / 'target'}\n"
    )
    home = {"HOME": str(tmp_path / "home"), "PIP_CONFIG_FILE": None}
    settings = {
        "PIP_EXTRA_INDEX_URL": {
            "PIP_EXTRA_INDEX_URL": index,
            "PIP_INDEX_URL": empty.as_uri(),
        },
        "PIP_FIND_LINKS": {
            "PIP_FIND_LINKS": links,
            "PIP_INDEX_URL": None,
            "PIP_NO_INDEX": "1",
        },
        "UV_DEFAULT_INDEX": {"UV_DEFAULT_INDEX": index, "PIP_INDEX_URL": None},
        "UV_FIND_LINKS": {
            "UV_FIND_LINKS": links,
            "PIP_INDEX_URL": None,
            "PIP_NO_INDEX": "1",
        },
        "pip.conf": {"PIP_CONFIG_FILE": str(file), "PIP_INDEX_URL": None},
        "user": {**home, "PIP_INDEX_URL": None},
        ".standard/pip.conf": {**home, "PIP_INDEX_URL": None},
        "scripts/pip.conf": {**home, "PIP_INDEX_URL": None},
    }[given]
    cold = {
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "PIP_CACHE_DIR": str(tmp_path / "pip"),
    }
    project.sound(
        env={**cold, **settings, "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": ""}
    )
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("way", QUICK_WAYS)
def test_variables_that_redirect_do_not(make, tmp_path, way):
    project = make(**WAYS[way])
    subprocess.run(
        [BASE, "-m", "venv", "--without-pip", tmp_path / "other"], check=True
    )
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "beta.py").write_text("raise SystemExit('the wrong beta')")
    (tmp_path / "path" / "pip.py").write_text("raise SystemExit('the wrong pip')")
    env = {
        "VIRTUAL_ENV": str(tmp_path / "other"),
        "CONDA_PREFIX": str(tmp_path / "other"),
        "PYTHONPATH": str(tmp_path / "path"),
        "PYTHONHOME": "",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_USER": "1",
        "PIP_TARGET": str(tmp_path / "target"),
        "PIP_PREFIX": str(tmp_path / "prefix"),
        "PIP_NO_DEPS": "0",
        "PIP_REQUIRE_HASHES": "1",
        "UV_PROJECT_ENVIRONMENT": str(tmp_path / "other"),
        "UV_SYSTEM_PYTHON": "1",
        "UV_PYTHON": "3.8",
        "UV_REQUIRE_HASHES": "1",
        "UV_CONSTRAINT": str(tmp_path / "none.txt"),
        "UV_NO_BUILD": "1",
    }
    project.works("true", env=env)
    project.sound()
    assert tools(project.packages()) == DEV
    assert not list((tmp_path / "other").glob("lib/*/site-packages/*"))
    assert not (tmp_path / "target").exists()
    assert not (tmp_path / "prefix").exists()


def test_pythonhome(project):
    project.works("true", env={"PYTHONHOME": "/nonexistent"})


def test_activated_environment_is_no_base(made, tmp_path):
    env = {
        "PATH": f"{made.root / '.venv/bin'}:{made.environment()['PATH']}",
        "VIRTUAL_ENV": str(made.root / ".venv"),
    }
    made.edit("requirements_dev.txt", "gamma\n", "gamma\nepsilon\n")
    made.works("true", env=env)
    shutil.rmtree(made.root / ".venv")
    other = tmp_path / "other"
    subprocess.run([BASE, "-m", "venv", "--without-pip", other], check=True)
    made.works("true", env={"PATH": f"{other / 'bin'}:{made.environment()['PATH']}"})
    home = next(
        line
        for line in (made.root / ".venv/pyvenv.cfg").read_text().splitlines()
        if line.startswith("home")
    )
    assert str(other) not in home


def test_crlf_checkout(project):
    for path in [*project.root.glob("*.t*"), project.root / ".standard/bootstrap.py"]:
        path.write_bytes(path.read_bytes().replace(b"\r", b"").replace(b"\n", b"\r\n"))
    project.works("--locked", "tiny")
    project.sound()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["pip"])
def test_crlf_checkout_with_pip(make, way):
    project = make(**WAYS[way])
    test_crlf_checkout(project)


def test_through_links(ready, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "one").symlink_to("../two")
    (tmp_path / "two").symlink_to(ready.root / "bootstrap")
    (tmp_path / "folder").symlink_to(ready.root)
    for program in ("bin/one", "folder/bootstrap"):
        result = ready.works("tiny", program=str(tmp_path / program), cwd=tmp_path)
        assert (result.stdout, result.stderr) == ("tiny, using beta\n", "")
    path = f"{tmp_path / 'bin'}:{ready.environment()['PATH']}"
    assert (
        ready.works(
            "tiny",
            launcher=("/usr/bin/env",),
            program="one",
            env={"PATH": path},
            cwd="/",
        ).stderr
        == ""
    )


SHELLS = [
    "sh",
    "dash",
    "bash",
    "bash --posix",
    "zsh",
    "busybox sh",
    "ksh",
    "yash",
    "mksh",
]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("fresh", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_shells(make, ready, shell, fresh):
    if not shutil.which(shell.split()[0]):
        pytest.skip(f"no {shell} here")
    project = make("a b") if fresh else ready
    for _ in range(2):
        result = project.works(
            "python",
            "-c",
            "import sys; print(sys.argv)",
            "x y",
            "*",
            launcher=tuple(shell.split()),
            program="bootstrap",
        )
        assert result.stdout == "['-c', 'x y', '*']\n"


def test_shell_script_is_clean():
    for command in (["shellcheck"], ["shfmt", "-i", "4", "-d"]):
        if not shutil.which(command[0]):
            pytest.skip(f"no {command[0]} here")
        subprocess.run([*command, TEMPLATE / "bootstrap"], check=True)


def interrupt(process):
    time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err
    return process.returncode


@pytest.mark.parametrize("way", QUICK_WAYS)
def test_interrupted_while_installing(make, way):
    project = make(**WAYS[way])
    for pause in (0.1, 0.4, 0.9):
        process = project.start("true", start_new_session=True)
        time.sleep(pause)
        assert interrupt(process) in (130, 0, -signal.SIGINT)
    project.sound()


def test_interrupted_command(ready):
    process = ready.start(
        "sh", "-c", "trap 'exit 130' INT; sleep 60", start_new_session=True
    )
    time.sleep(0.5)
    assert interrupt(process) == 130


def test_bare_on_a_terminal_tells_how_to_activate(make):
    project = make("a b")
    line = project.on_terminal().end().splitlines()[-1]
    command = line.partition("activate:")[2].strip()
    result = subprocess.run(
        ["sh", "-c", f"{command}; python -c 'import sys; print(sys.prefix)'"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == str(project.root / ".venv")


@pytest.fixture
def held(world):
    """An index whose files come only once `go` is set, as over a slow line."""
    go = threading.Event()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            if self.path.endswith(".whl"):
                go.wait(60)
            super().do_GET()

    server = Server(("127.0.0.1", 0), functools.partial(Handler, directory=world.index))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.url, go
    go.set()
    server.stop()


@pytest.mark.parametrize("way", QUICK_WAYS)
def test_long_installation_shows_on_a_terminal_that_it_goes_on(
    make, held, tmp_path, way
):
    project = make(**WAYS[way])
    url, go = held
    cold = {"PIP_INDEX_URL": url, "UV_CACHE_DIR": str(tmp_path / "uv")}
    cold["PIP_CACHE_DIR"] = str(tmp_path / "pip")
    terminal = project.on_terminal("true", env=cold)
    while not re.search(r"Resolving|Preparing|Collecting", terminal.text):
        assert terminal.read(), terminal.text
    assert "ready" not in terminal.text
    assert terminal.process.poll() is None
    go.set()
    assert "ready" in terminal.end()


@pytest.mark.parametrize("way", QUICK_WAYS)
def test_installation_under_ci_is_quiet_on_a_terminal_too(make, way):
    (line,) = make(**WAYS[way]).on_terminal("true", env={"CI": "1"}).end().splitlines()
    assert line.startswith("bootstrap: .venv is ready")


WINE_PYTHON = """\
@echo off
if "%~1"=="-E" (
    echo True
    exit /b 0
)
echo got: %*
exit /b 7
"""


@pytest.fixture
def windows(tmp_path):
    """A checkout in wine's cmd, with a python.bat that tells how it was called."""
    if not shutil.which("wine"):
        pytest.skip("no wine here, which runs cmd files")
    root = tmp_path / "a b"
    (root / "bin").mkdir(parents=True)
    shutil.copy(TEMPLATE / "bootstrap.cmd", root)
    (root / "bin" / "python.bat").write_bytes(
        WINE_PYTHON.replace("\n", "\r\n").encode()
    )

    def run(*arguments):
        variables = {
            "WINEPREFIX": str(tmp_path / "wine"),
            "WINEDEBUG": "-all",
            "WINEPATH": f"Z:{root / 'bin'}",
            "DISPLAY": "",
        }
        return subprocess.run(
            ["wine", "cmd", "/c", "bootstrap.cmd", *arguments],
            check=False,
            cwd=root,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
        )

    run.root = root  # type: ignore[attr-defined]
    return run


@pytest.mark.slow
def test_cmd_hands_over_with_arguments_and_status(windows):
    result = windows("--prod", "x y", "z")
    assert result.returncode == 7
    assert result.stdout.strip().startswith("got: -I -S ")
    assert result.stdout.strip().endswith('a b\\." --prod "x y" z')


@pytest.mark.slow
def test_cmd_passes_over_the_store_and_old_pythons(windows):
    (windows.root / "bin" / "python3.bat").write_bytes(
        (windows.root / "bin" / "python.bat").read_bytes()
    )
    stub = "@echo off\r\necho Python was not found; run without arguments to install from the Microsoft Store\r\nexit /b 9009\r\n"
    (windows.root / "bin" / "python.bat").write_text(stub)
    assert windows("x").returncode == 7
    (windows.root / "bin" / "python3.bat").write_text(stub)
    result = windows("x")
    assert result.returncode == 1
    assert result.stderr.strip().startswith("bootstrap: found no Python 3.11")


def test_cmd_has_the_line_ends_of_windows():
    text = (TEMPLATE / "bootstrap.cmd").read_bytes()
    assert text.count(b"\r\n") == text.count(b"\n") > 0
