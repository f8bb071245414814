"""The first steps of somebody who knows requests, in a new project of its starter.

1. A module with models of the service: dates, enumerations, literals and unions. 2. A client of your own.
3. Settings from the environment. 4. Headers and a timeout for one request. 5. A model as the body of a PATCH.
6. A status that is not an error. 7. All pages of a list. 8. A proxy, certificates and a bigger pool of connections.
9. Many threads. 10. The wheel in a clean environment, with a header of your own.
"""

from pathlib import Path

import pytest
from conftest import run
from support.environments import all_checks, installed_alone, make_project

pytestmark = pytest.mark.slow

USERS = '''\
"""The users of the service."""

import os
from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Literal, Self

import requests
from pydantic import BaseModel, TypeAdapter
from requests.adapters import HTTPAdapter

from .client import Client


class Role(Enum):
    """What a user may do."""

    ADMIN = "admin"
    READER = "reader"


class User(BaseModel):
    """A person."""

    id: int
    born: date
    role: Role = Role.READER
    contact: int | Literal["none"] = "none"


class Gone(BaseModel):
    """What is left of a person."""

    gone: Literal[True]


class Users(Client):
    """The part of the service that keeps the users."""

    @classmethod
    def from_environment(cls) -> Self:
        """Make a client from USERS_URL and USERS_TOKEN."""
        return cls(os.environ["USERS_URL"], token=os.environ.get("USERS_TOKEN"))

    def find(self, number: int) -> User | Gone | None:
        """Return a user, or None if there was never such a user."""
        headers = {"Accept-Language": "en"}
        try:
            path = f"users/{number}"
            return self.get(path, User | Gone, headers=headers, timeout=5)
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code == 404:
                return None
            raise

    def rename(self, user: User) -> User:
        """Store a user."""
        return self.patch(f"users/{user.id}", User, json=user)

    def all(self) -> Iterator[User]:
        """Return the users of all pages."""
        page = 0
        while users := self.get("users", list[User], params={"page": page}):
            yield from users
            page += 1

    def through(self, proxy: str, certificates: str) -> None:
        """Send the requests through a proxy."""
        self.session.proxies = {"https": proxy}
        self.session.verify = certificates
        self.session.mount("https://", HTTPAdapter(pool_maxsize=32))


NUMBERS = TypeAdapter(list[int])
'''
TESTS = """\
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from demo import NUMBERS, Gone, Role, User, Users

ADA = User(id=7, born=date(1815, 12, 10), contact=5)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        pages = [ADA.model_dump_json(), json.dumps({"id": 8, "born": "1912-06-23"})]
        page = int(query.partition("=")[2] or 0)
        found = {
            "/users/7": pages[0],
            "/users/8": '{"gone": true}',
            "/users": f"[{pages[page] if page < 2 else ''}]",
        }
        self.send_response(200 if path in found else 404 if "9" in path else 500)
        self.end_headers()
        self.wfile.write(found.get(path, "").encode())

    def do_PATCH(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.rfile.read(int(self.headers["Content-Length"])))


@pytest.fixture
def users(monkeypatch: pytest.MonkeyPatch) -> Iterator[Users]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        monkeypatch.setenv("USERS_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("USERS_TOKEN", "open")
        with Users.from_environment() as users:
            yield users
        server.shutdown()
        thread.join()


def test_one_user(users: Users) -> None:
    assert users.find(7) == ADA
    assert users.find(8) == Gone(gone=True)
    assert users.find(9) is None
    with pytest.raises(requests.HTTPError, match="status 500"):
        users.find(1)


def test_rename(users: Users) -> None:
    ada = ADA.model_copy(update={"role": Role.ADMIN})
    assert users.rename(ada) == ada


def test_pages(users: Users) -> None:
    assert [user.id for user in users.all()] == [7, 8]


def test_settings_of_the_session(users: Users) -> None:
    users.through("http://proxy.test:3128", "ca.pem")
    assert users.session.proxies == {"https": "http://proxy.test:3128"}
    assert NUMBERS.validate_python(["1"]) == [1]


def test_threads(users: Users) -> None:
    def find(number: int) -> object:
        with Users.from_environment() as own:
            return own.find(number)

    with ThreadPoolExecutor(4) as executor:
        assert list(executor.map(find, [7] * 20)) == [ADA] * 20
"""
WHEEL = """\
import sys, threading
from http.server import HTTPServer, SimpleHTTPRequestHandler

import demo, requests
from datetime import date

with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    with demo.Client(f"http://127.0.0.1:{server.server_port}") as client:
        client.session.headers["X-Trace"] = "1"
        print(client.get("dates.json", list[date]))
        try:
            client.get("missing.json", None)
        except requests.RequestException as error:
            print(error.response.status_code)
    server.shutdown()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("requests"), "requests")


def test_a_client_of_your_own_leaves_all_checks_green(project: Path) -> None:
    (project / "src/demo/users.py").write_text(USERS)
    (project / "tests/test_users.py").write_text(TESTS)
    face = project / "src/demo/__init__.py"
    old = face.read_text()
    names = ["Client", "NUMBERS", "Gone", "Options", "Role", "User", "Users"]
    new = old.replace("import client\n", "import client, users\n")
    new = new.replace(
        "import Client, Options\n",
        "import Client, Options\nfrom .users import NUMBERS, Gone, Role, User, Users\n",
    )
    (listed,) = [line for line in old.splitlines() if line.startswith("__all__")]
    public = sorted([*names, "client", "users"])
    lines = "".join(f'    "{name}",\n' for name in public)
    face.write_text(new.replace(listed, f"__all__ = [\n{lines}]"))
    all_checks(project)


def test_the_wheel_works_in_a_clean_environment(project: Path, tmp_path: Path) -> None:
    fresh = installed_alone(project)
    (tmp_path / "dates.json").write_text('["1815-12-10"]')
    done = run(fresh / "bin/python", "-W", "error", "-c", WHEEL, cwd=tmp_path)
    assert done.stdout == "[datetime.date(1815, 12, 10)]\n404\n"
