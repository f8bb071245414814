"""The network and the package index: settings, certificates, failures, and variables that redirect."""

import functools
import http.server
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bootstraps import DEV, QUICK_WAYS, WAYS, Make, tools
from support.checkouts import BASE, World


@pytest.mark.slow
def test_wrong_hash(make: Make) -> None:
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
def test_no_network_and_nothing_cached(make: Make, tmp_path: Path, way: str) -> None:
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

    authority: Path  # the certificate of who has signed its own, if there is one

    @property
    def url(self) -> str:
        """The address of the index."""
        return f"http://127.0.0.1:{self.server_port}/"

    def stop(self) -> None:
        """Go away, as a network does."""
        self.shutdown()
        self.server_close()


@pytest.fixture
def server(world: World) -> Server:
    """The index behind a server on this machine; `stop` makes it the network that fails."""
    handler = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=world.index
    )
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def certified(server: Server, tmp_path: Path) -> Server:
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
def test_certificate_of_an_own_authority(
    make: Make, certified: Server, tmp_path: Path, way: str
) -> None:
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
    shutil.copy(certified.authority, project.root)  # pip and uv run there
    env = {**variables, "PIP_CERT": "ca.pem", "BOOTSTRAP_UV": "1"}
    project.works("true", env=env, cwd=tmp_path)
    assert "epsilon" in project.packages()


@pytest.mark.slow
def test_no_network(make: Make, server: Server, tmp_path: Path) -> None:
    variables = {
        "PIP_INDEX_URL": server.url,
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "UV_HTTP_RETRIES": "0",
    }
    project = make("cold", variables=variables)
    error = project.fails("--offline", "true")
    assert "network was disabled" in error
    assert "could not be installed" in error.splitlines()[-1]
    make("warm", variables=variables).works("true")
    server.stop()
    make("offline", variables=variables).works("--offline", "tiny")
    project.sound()


@pytest.mark.parametrize(
    ("way", "given"),
    [
        ("uv", "PIP_FIND_LINKS"),
        ("uv", ".standard/pip.conf"),
        *(
            pytest.param("uv", given, marks=pytest.mark.slow)
            for given in ("PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_FIND_LINKS")
        ),
        pytest.param("uv", "pip.conf", marks=pytest.mark.slow),
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
def test_index_settings_count(
    make: Make, world: World, tmp_path: Path, way: str, given: str
) -> None:
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
    cases: dict[str, dict[str, str | None]] = {
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
    }
    cold = {
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "PIP_CACHE_DIR": str(tmp_path / "pip"),
    }
    project.sound(
        env={
            **cold,
            **cases[given],
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "",
        }
    )
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("way", QUICK_WAYS)
def test_variables_that_redirect_do_not(make: Make, tmp_path: Path, way: str) -> None:
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


@pytest.fixture
def held(world: World) -> Iterator[tuple[str, threading.Event]]:
    """An index whose files come only once `go` is set, as over a slow line."""
    go = threading.Event()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.endswith(".whl"):
                go.wait(60)
            super().do_GET()

    server = Server(("127.0.0.1", 0), functools.partial(Handler, directory=world.index))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.url, go
    go.set()
    server.stop()


@pytest.mark.slow
@pytest.mark.parametrize("way", QUICK_WAYS)
def test_long_installation_shows_on_a_terminal_that_it_goes_on(
    make: Make, held: tuple[str, threading.Event], tmp_path: Path, way: str
) -> None:
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
def test_installation_under_ci_is_quiet_on_a_terminal_too(make: Make, way: str) -> None:
    (line,) = make(**WAYS[way]).on_terminal("true", env={"CI": "1"}).end().splitlines()
    assert line.startswith("bootstrap: .venv is ready")


def test_bare_on_a_terminal_tells_how_to_activate(make: Make) -> None:
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
