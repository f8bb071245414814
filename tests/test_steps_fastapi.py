"""The first steps of a user of FastAPI, in one project: all checks stay green, and the service runs."""

import json
from pathlib import Path

import pytest
from conftest import run
from support.environments import all_checks, installed_alone
from support.files import edit
from support.websites import (
    Step,
    ask,
    free_port,
    serving,
    take_steps,
    tidy,
)

JSON = {"Content-Type": "application/json"}
TEA = b'{"name": "tea", "quantity": 3, "note": "green"}'
ROUTER = '''"""Greetings, as JSON, as a page and through a WebSocket."""

from importlib.resources import files

from fastapi import APIRouter, Header, HTTPException, Request, WebSocket
from fastapi.responses import HTMLResponse
from demo.settings import CurrentSettings
from typing import Annotated

__all__: list[str] = []  # main.py includes the router

router = APIRouter(prefix="/greetings", tags=["greetings"])
PAGE = files("demo").joinpath("pages/greeting.html").read_text(encoding="utf-8")


@router.get("")
def greet(request: Request, settings: CurrentSettings, x_key: Annotated[str, Header()] = "") -> str:
    """Greet, for anyone who has the key."""
    if x_key != "open":
        raise HTTPException(403, {"needed": ["X-Key"]})
    return f"{settings.greeting}, {request.state.name}"


@router.get("/page", response_class=HTMLResponse)
def show_page() -> str:
    """Show the page."""
    return PAGE


@router.websocket("/socket")
async def echo(socket: WebSocket) -> None:
    """Send back one message."""
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()
'''
TESTS = """from fastapi.testclient import TestClient


def test_the_greeting_needs_a_key(client: TestClient) -> None:
    refused = client.get("/greetings")
    assert (refused.status_code, refused.json()["detail"]) == (403, {"needed": ["X-Key"]})
    assert client.get("/greetings", headers={"X-Key": "open"}).json() == "Hello, world"


def test_the_page_and_its_style(client: TestClient) -> None:
    assert "<h1>Hello" in client.get("/greetings/page").text
    assert "h1" in client.get("/static/style.css").text


def test_a_message_comes_back(client: TestClient) -> None:
    with client.websocket_connect("/greetings/socket") as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"


def test_an_item_has_a_note(client: TestClient) -> None:
    tea = {"name": "tea", "quantity": 3, "note": "green"}
    assert client.post("/items", json=tea).json()["note"] == "green"
"""
SOCKET = """import sys
from websockets.sync.client import connect

with connect(sys.argv[1]) as socket:
    socket.send("hello")
    print(socket.recv())
"""


def a_router(project: Path) -> None:
    """The user adds a router with an operation, a page and a WebSocket, as README says."""
    package = project / "src/demo"
    (package / "routers/greetings.py").write_text(ROUTER)
    init = package / "routers/__init__.py"
    edit(init, '["health"', '["greetings", "health"')
    edit(init, "from . import health", "from . import greetings, health")
    main = package / "main.py"
    edit(main, "import health, items", "import greetings, health, items")
    line = "app.include_router(health.router)\n"
    edit(main, line, f"{line}app.include_router(greetings.router)\n")


def a_page_and_a_static_file(project: Path) -> None:
    package = project / "src/demo"
    for name in ("pages/greeting.html", "static/style.css"):
        (package / name).parent.mkdir()
        page = '<link rel="stylesheet" href="/static/style.css"><h1>Hello</h1>\n'
        (package / name).write_text(page if "pages" in name else "h1 { margin: 0 }\n")
    main = package / "main.py"
    edit(
        main,
        "from fastapi import",
        "from fastapi.staticfiles import StaticFiles\nfrom fastapi import",
    )
    main.write_text(
        f"{main.read_text()}\n\nstatic = StaticFiles(packages=[(__package__, 'static')])\n"
        'app.mount("/static", static)\n'
    )


def a_setting_and_what_the_lifespan_shares(project: Path) -> None:
    edit(
        project / "src/demo/settings.py",
        '    database: Path = Path("items.sqlite3")\n',
        '    database: Path = Path("items.sqlite3")\n    greeting: str = "Hello"\n',
    )
    main = project / "src/demo/main.py"
    edit(main, "    yield\n", '    yield {"name": "world"}\n')
    edit(main, "AsyncIterator[None]", "AsyncIterator[dict[str, str]]")


def a_field(project: Path) -> None:
    """The user adds a field to the models and to the table."""
    models = project / "src/demo/models.py"
    edit(models, "\n\nclass Item(", '    note: str = ""\n\n\nclass Item(')
    edit(
        project / "src/demo/database.py",
        "quantity INTEGER NOT NULL\n",
        "quantity INTEGER NOT NULL,\n    note TEXT NOT NULL\n",
    )
    items = project / "src/demo/routers/items.py"
    edit(items, "(name, quantity)", "(name, quantity, note)")
    edit(items, "(:name, :quantity)", "(:name, :quantity, :note)")
    (project / "tests/test_greetings.py").write_text(TESTS)
    test = project / "tests/test_items.py"
    edit(test, '"quantity": 3}', '"quantity": 3, "note": ""}')


def a_requirement(project: Path) -> None:
    """The user adds a package, and the bootstrap renews the lock."""
    path = project / "requirements_prod.txt"
    path.write_text(f"{path.read_text()}websockets>=15,<17\n")
    run("./bootstrap", "true", cwd=project)
    assert "\nwebsockets==" in (project / "requirements_lock.txt").read_text()


def all_checks_pass_in_the_end(project: Path) -> None:
    tidy(project)
    all_checks(project)


def the_wheel_runs_with_several_workers(project: Path) -> None:
    """In a clean environment, elsewhere, by the command of README."""
    elsewhere = project.parent / "elsewhere"
    elsewhere.mkdir()
    programs = installed_alone(project) / "bin"
    readme = (project / "README.md").read_text()
    (line,) = [x for x in readme.splitlines() if x.startswith("uvicorn ")]
    _, *words = line.replace("--workers 4", "--workers 2").split()
    port = free_port()
    words += ["--port", str(port)]
    environment = {"DEMO_GREETING": "Good day", "DEMO_MAX_BODY": "1000"}
    with serving(
        programs / "uvicorn", *words, port=port, cwd=elsewhere, env=environment
    ) as lines:
        assert ask(port, "/items", "POST", TEA, JSON)[0] == 201
        for _ in range(20):  # both workers see the item
            assert json.loads(ask(port, "/items")[2])[0]["note"] == "green"
        status, headers, text = ask(port, "/greetings", headers={"X-Key": "open"})
        assert (status, json.loads(text)) == (200, "Good day, world")
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers
        assert ask(port, "/greetings")[0] == 403
        assert ask(port, "/static/style.css")[0] == 200
        assert ask(port, "/items", "POST", b" " * 1001, JSON)[0] == 413
        url = f"ws://127.0.0.1:{port}/greetings/socket"
        said = run(programs / "python", "-c", SOCKET, url, cwd=elsewhere)
        assert said.stdout == "hello\n"
    assert sum("Started server process" in line for line in lines) == 2
    assert not [line for line in lines if "Traceback" in line]


STEPS: list[Step] = [
    a_router,
    a_page_and_a_static_file,
    a_setting_and_what_the_lifespan_shares,
    a_field,
    a_requirement,
    all_checks_pass_in_the_end,
    the_wheel_runs_with_several_workers,
]


@pytest.mark.slow
def test_the_first_steps(tmp_path: Path, subtests: pytest.Subtests) -> None:
    take_steps("fastapi", STEPS, tmp_path, subtests)
