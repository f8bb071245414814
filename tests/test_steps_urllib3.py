"""The first steps of somebody who knows urllib3, in a new project of its starter.

1. A module of your own that downloads a list of files. 2. A command, run as a module. 3. A token in the headers, from the
environment. 4. Progress. 5. A digest is checked. 6. Lines are read while they arrive. 7. A POST with JSON through the
same pool. 8. A limit and a timeout of your own. 9. A redirect to another host loses the token. 10. The wheel in a clean
environment.
"""

from pathlib import Path

import pytest
from conftest import run
from support.environments import all_checks, installed_alone, make_project

pytestmark = pytest.mark.slow

MIRROR = '''\
"""A mirror of some files."""

import codecs
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from urllib3 import PoolManager

from .downloads import Download, download, download_all, make_pool, stream


class DigestError(Exception):
    """A file is not the one that was expected."""


def pool_from_environment() -> PoolManager:
    """Make a pool with the token of MIRROR_TOKEN."""
    headers = {"Authorization": f"Bearer {os.environ['MIRROR_TOKEN']}"}
    return make_pool(timeout=10, headers=headers)


def mirror(pool: PoolManager, site: str, names: list[str], folder: Path) -> list[str]:
    """Download files and return the names of those that failed."""
    files = [(f"{site}/{name}", folder / name) for name in names]
    failed = []
    for done, result in enumerate(download_all(pool, files, limit=1 << 20), 1):
        print(f"{done} of {len(files)}")
        if not isinstance(result, Download):
            failed.append(result.url.rpartition("/")[2])
    return failed


def verified(pool: PoolManager, url: str, target: Path, sha256: str) -> Path:
    """Download a file with a known digest."""
    if download(pool, url, target).sha256 != sha256:
        target.unlink()
        raise DigestError(f"{url} has another digest than {sha256}")
    return target


def rows(pool: PoolManager, url: str) -> Iterator[Any]:
    """Yield the objects of JSON lines while they arrive."""
    rest = ""
    for text in codecs.iterdecode(stream(pool, url), "utf-8"):
        *lines, rest = (rest + text).split("\\n")
        yield from map(json.loads, lines)


def tell(pool: PoolManager, url: str, names: list[str]) -> int:
    """Send the names of files and return the status."""
    return pool.request("POST", url, json={"names": names}).status
'''
MAIN = '''\
"""Mirrors files of a site: python -m demo SITE FOLDER NAME…."""

import sys
from pathlib import Path

from .mirror import mirror, pool_from_environment

with pool_from_environment() as pool:
    failed = mirror(pool, sys.argv[1], sys.argv[3:], Path(sys.argv[2]))
sys.exit(f"failed: {failed}" if failed else 0)
'''
TESTS = """\
import json
import runpy
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import demo

SEEN: list[tuple[str, str | None]] = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        SEEN.append((self.headers["Host"], self.headers["Authorization"]))
        _, port = self.headers["Host"].split(":")
        self.send_response({"/gone": 404, "/moved": 302}.get(self.path, 200))
        if self.path == "/moved":
            self.send_header("Location", f"http://localhost:{port}/a")
        self.end_headers()
        self.wfile.write(b'{"a": 1}\\n{"b": 2}\\n')

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(201 if body == {"names": ["a"]} else 400)
        self.end_headers()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("MIRROR_TOKEN", "open")
    SEEN.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_main(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["demo", site, str(tmp_path), "a", "gone"])
    with pytest.raises(SystemExit, match="gone"):
        runpy.run_module("demo", run_name="__main__")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert SEEN[0][1] == "Bearer open"


def test_verified(site: str, tmp_path: Path) -> None:
    with demo.pool_from_environment() as pool:
        with pytest.raises(demo.DigestError):
            demo.verified(pool, f"{site}/a", tmp_path / "a", "0")
        good = demo.download(pool, f"{site}/a", tmp_path / "a").sha256
        assert demo.verified(pool, f"{site}/a", tmp_path / "a", good).exists()


def test_rows_and_tell(site: str) -> None:
    with demo.pool_from_environment() as pool:
        assert list(demo.rows(pool, f"{site}/a")) == [{"a": 1}, {"b": 2}]
        assert demo.tell(pool, f"{site}/files", ["a"]) == 201


def test_another_host_gets_no_token(site: str) -> None:
    with demo.pool_from_environment() as pool:
        assert b"".join(demo.stream(pool, f"{site}/moved"))
    assert [token for _, token in SEEN] == ["Bearer open", None]
"""
WHEEL = """\
import sys, threading
from http.server import HTTPServer, SimpleHTTPRequestHandler

import demo

with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    site = f"http://127.0.0.1:{server.server_port}"
    with demo.make_pool() as pool:
        print(demo.download(pool, f"{site}/file", "copy").size)
        (error,) = demo.download_all(pool, [(f"{site}/missing", "none")])
        print(error.status)
    server.shutdown()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("urllib3"), "urllib3")


def test_a_mirror_leaves_all_checks_green(project: Path) -> None:
    (project / "src/demo/mirror.py").write_text(MIRROR)
    (project / "src/demo/__main__.py").write_text(MAIN)
    (project / "tests/test_mirror.py").write_text(TESTS)
    face = project / "src/demo/__init__.py"
    text, rest = face.read_text().split("__all__")
    names = [
        "DigestError",
        "mirror",
        "pool_from_environment",
        "rows",
        "tell",
        "verified",
    ]
    public = sorted([*names, *[line.strip(' ",') for line in rest.splitlines()[1:-1]]])
    lines = "".join(f'    "{name}",\n' for name in public)
    imported = "".join(f"    {name},\n" for name in names)
    text = text.replace("\n__v", f"from .mirror import (\n{imported})\n\n__v")
    face.write_text(f"{text}__all__ = [\n{lines}]\n")
    all_checks(project)


def test_the_wheel_works_in_a_clean_environment(project: Path, tmp_path: Path) -> None:
    fresh = installed_alone(project)
    (tmp_path / "file").write_bytes(bytes(100_000))
    done = run(fresh / "bin/python", "-W", "error", "-c", WHEEL, cwd=tmp_path)
    assert done.stdout == "100000\n404\n"
    assert not (tmp_path / "none").exists()
