"""The first steps of a user of Flask, in one project: all checks stay green, and the site runs."""

import contextlib
import re
import socket
from pathlib import Path

import pytest
from conftest import run
from support.environments import all_checks, installed_alone
from support.files import edit
from support.websites import (
    Step,
    ask,
    command,
    free_port,
    serving,
    take_steps,
    tidy,
)

SECRET = {"DEMO_SECRET_KEY": "0123456789" * 4}
HTTPS = {
    "Host": "example.org",
    "Referer": "https://example.org/",
    "X-Forwarded-Proto": "https",
}
BLUEPRINT = '''"""A page about the visitor's favourite drink."""

import logging
from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue

__all__: list[str] = []  # app.py registers the blueprint

log = logging.getLogger(__name__)
blueprint = Blueprint("drinks", __name__, url_prefix="/drinks", cli_group="drinks")


@blueprint.get("/")
def show() -> ResponseReturnValue:
    """Show the form."""
    return render_template("drinks.html", drink=current_app.config["DRINK"])


@blueprint.post("/api")
def order() -> Response:
    """Order a drink."""
    log.info("Ordered %r", request.form["drink"])
    return jsonify(ordered=request.form["drink"])


@blueprint.cli.command("list")
def list_drinks() -> None:
    """List the drinks."""
    print(current_app.config["DRINK"])
'''
PAGE = """{% extends "base.html" %}
{% block title %}Drinks{% endblock %}
{% block main %}
    <link rel="stylesheet" href="{{ url_for('static', filename='drinks.css') }}">
    <form method="post" action="{{ url_for('.order') }}">
      <input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
      <input name="drink" value="{{ drink }}">
    </form>
{% endblock %}
"""
TESTS = """import re

from demo import create_app
from flask import Flask
from flask.testing import FlaskClient


def test_the_page_orders_a_drink(client: FlaskClient) -> None:
    page = client.get("/drinks/").text
    assert 'value="tea"' in page
    with client.get("/static/drinks.css") as style:
        assert style.status_code == 200
    token = re.search(r'csrf_token" value="(.+?)"', page)
    assert token
    form = {"csrf_token": token[1], "drink": "coffee"}
    referer = {"Referer": "https://localhost/"}
    response = client.post("/drinks/api", data=form, headers=referer)
    assert response.json == {"ordered": "coffee"}


def test_the_command_lists_the_drinks(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["drinks", "list"])
    assert done.output == "tea\\n"


def test_a_test_overrides_a_setting() -> None:
    app = create_app({"SECRET_KEY": "only for tests", "DRINK": "milk"})
    assert app.config["DRINK"] == "milk"
"""


def a_blueprint_with_a_command(project: Path) -> None:
    """The user adds a blueprint, and registers it as README says."""
    package = project / "src/demo"
    (package / "drinks.py").write_text(BLUEPRINT)
    app = package / "app.py"
    edit(app, "from .pages", "from .drinks import blueprint as drinks\nfrom .pages")
    line = "    app.register_blueprint(blueprint)\n"
    edit(app, line, f"{line}    app.register_blueprint(drinks)\n")
    init = package / "__init__.py"
    edit(init, '"create_app", "pages"]', '"create_app", "drinks", "pages"]')
    edit(init, "import app, config, pages", "import app, config, drinks, pages")


def a_template_and_a_static_file(project: Path) -> None:
    package = project / "src/demo"
    (package / "templates/drinks.html").write_text(PAGE)
    (package / "static/drinks.css").write_text("input { color: brown; }\n")


def a_setting(project: Path) -> None:
    edit(
        project / "src/demo/config.py",
        '    "HOST": ',
        '    "DRINK": "tea",\n    "HOST": ',
    )


def all_checks_pass_in_the_end(project: Path) -> None:
    (project / "tests/test_drinks.py").write_text(TESTS)
    tidy(project)
    all_checks(project)


def flask_says_what_is_wrong_in_one_line(project: Path) -> None:
    """The command `flask` reads the same settings, and a misspelt one is logged."""
    flask = (project / ".venv/bin/flask", "--app", "demo")
    done = run(*flask, "run", cwd=project, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "Error: Set DEMO_SECRET_KEY to 32 random characters or more.\n"
    )
    environment = SECRET | {"DEMO_DRINK": "milk", "DEMO_DIRNK": "milk"}
    done = run(*flask, "drinks", "list", cwd=project, env=environment)
    assert done.stdout == "milk\n"
    assert "DEMO_DIRNK is not a known setting" in done.stderr
    assert "drinks" in command(project, "flask", "--app", "demo", "routes", **SECRET)


def the_wheel_runs_under_waitress(project: Path) -> None:
    """In a clean environment, elsewhere: slow clients keep nobody out, and each request is logged."""
    programs = installed_alone(project, "gunicorn") / "bin"
    port = free_port()
    environment = SECRET | {"DEMO_PORT": str(port), "DEMO_PROXIES": "1"}
    words = (programs / "python", "-m", "demo")
    with (
        serving(*words, port=port, cwd=elsewhere(project), env=environment) as lines,
        contextlib.ExitStack() as stack,
    ):
        for _ in range(190):
            client = socket.create_connection(("127.0.0.1", port), 10)
            stack.enter_context(client)
            client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n")
        assert_the_site_answers(port)
        assert ask(port, "/", "POST", b" " * 2_000_000)[0] == 413
    assert [x for x in lines if "INFO demo: 127.0.0.1 GET '/drinks/' 200" in x]
    assert [x for x in lines if "INFO demo.drinks: Ordered 'milk'" in x]


def the_wheel_runs_under_gunicorn(project: Path) -> None:
    """With the line of README and two processes, which share the sessions."""
    readme = (project / "README.md").read_text()
    (line,) = [x for x in readme.splitlines() if x.startswith("gunicorn ")]
    _, *words = line.replace("--workers 4", "--workers 2").replace("'", "").split()
    port = free_port()
    gunicorn = project.parent / "fresh/bin/gunicorn"
    words += [f"--bind=127.0.0.1:{port}"]
    environment = SECRET | {"DEMO_PROXIES": "1"}
    with serving(
        gunicorn, *words, port=port, cwd=elsewhere(project), env=environment
    ) as lines:
        for _ in range(5):
            assert_the_site_answers(port)
    assert sum("Booting worker" in line for line in lines) == 2
    assert [line for line in lines if '"GET /drinks/ HTTP/1.1" 200' in line]


def elsewhere(project: Path) -> Path:
    """Return a folder outside the project."""
    folder = project.parent / "elsewhere"
    folder.mkdir(exist_ok=True)
    return folder


def assert_the_site_answers(port: int) -> None:
    """Assert that a form with its session and token is accepted, and refused without."""
    status, headers, page = ask(port, "/drinks/", headers=HTTPS)
    assert status == 200
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert ask(port, "/static/drinks.css")[0] == 200
    token = re.search(r'csrf_token" value="(.+?)"', page)
    assert token
    cookie, _, attributes = headers["set-cookie"].partition(";")
    assert "Secure" in attributes
    form = {"Content-Type": "application/x-www-form-urlencoded", **HTTPS}
    body = f"drink=milk&csrf_token={token[1]}".encode()
    assert ask(port, "/drinks/api", "POST", body, form)[0] == 400
    status, _, text = ask(port, "/drinks/api", "POST", body, {"Cookie": cookie, **form})
    assert (status, text) == (200, '{"ordered":"milk"}\n')


STEPS: list[Step] = [
    a_blueprint_with_a_command,
    a_template_and_a_static_file,
    a_setting,
    all_checks_pass_in_the_end,
    flask_says_what_is_wrong_in_one_line,
    the_wheel_runs_under_waitress,
    the_wheel_runs_under_gunicorn,
]


@pytest.mark.slow
def test_the_first_steps(tmp_path: Path, subtests: pytest.Subtests) -> None:
    take_steps("flask", STEPS, tmp_path, subtests)
