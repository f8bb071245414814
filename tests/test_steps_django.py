"""The first steps of a user of Django, in one project: all checks stay green, and the site runs."""

import re
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

DEBUG = {"DJANGO_DEBUG": "1"}
HTTPS = {"X-Forwarded-Proto": "https", "Host": "example.org"}
MODEL = '''"""The tables of the polls."""

from django.db import models


class Poll(models.Model):
    question = models.CharField(max_length=200)

    class Meta:
        ordering = ["question"]

    def __str__(self) -> str:
        return self.question
'''
ADMIN = """from django.contrib import admin

from .models import Poll


@admin.register(Poll)
class PollAdmin(admin.ModelAdmin):
    list_display = ["question"]
"""
VIEW = """from django.views.generic import ListView

from .models import Poll


class PollList(ListView):
    model = Poll
"""
PAGE = """{% load static %}<link rel="stylesheet" href="{% static 'polls/polls.css' %}">
{% for poll in poll_list %}<p>{{ poll }}</p>{% endfor %}
"""
COMMAND = """import logging
from typing import Any

from demo.polls.models import Poll
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Add a poll."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("question")

    def handle(self, *_args: Any, **options: Any) -> None:
        question = options["question"] + settings.POLLS_END
        log.info("Added %s", Poll.objects.create(question=question))
"""
TESTS = """import pytest
from demo.accounts.models import User
from demo.polls.models import Poll
from django.core.management import call_command
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_command_adds_a_poll(client: Client) -> None:
    call_command("addpoll", "Tea")
    assert str(Poll.objects.get()) == "Tea?"
    assert "<p>Tea?</p>" in client.get("/polls/", secure=True).text


def test_users_have_a_city() -> None:
    assert User(city="London").city == "London"
"""


def manage(project: Path, *words: str, **environment: str) -> str:
    """Run a command of Django in the checkout."""
    return command(project, "python", "-m", "demo", *words, **DEBUG, **environment)


def startapp_as_readme_says(project: Path) -> None:
    readme = (project / "README.md").read_text()
    for line in re.findall(
        r"^(?:mkdir|python .* startapp|rm) .*", readme, re.MULTILINE
    ):
        path = f"PATH={project}/.venv/bin:/usr/bin:/bin"
        run("env", path, "DJANGO_DEBUG=1", "sh", "-c", line, cwd=project)
    app = project / "src/demo/polls"
    edit(app / "apps.py", "'polls'", "'demo.polls'")
    apps = '    f"{__package__}.accounts",\n'
    edit(
        project / "src/demo/settings.py", apps, f'{apps}    f"{{__package__}}.polls",\n'
    )
    tidy(project)


def a_model_and_a_field_with_their_migrations(project: Path) -> None:
    app = project / "src/demo/polls"
    (app / "models.py").write_text(MODEL)
    (app / "admin.py").write_text(ADMIN)
    user = project / "src/demo/accounts/models.py"
    field = '\n    city = models.CharField(max_length=100, blank=True, default="")\n'
    text = user.read_text() + field
    user.write_text(text.replace("User\n", "User\nfrom django.db import models\n", 1))
    made = manage(project, "makemigrations")
    assert "+ Create model Poll" in made
    assert "+ Add field city to user" in made
    assert "polls.0001_initial... OK" in manage(project, "migrate")
    assert (project / "db.sqlite3").exists()


def a_command_a_setting_and_a_log_line(project: Path) -> None:
    settings = project / "src/demo/settings.py"
    settings.write_text(
        f'{settings.read_text()}\nPOLLS_END = os.environ.get("POLLS_END", "?")\n'
    )
    commands = project / "src/demo/polls/management/commands"
    commands.mkdir(parents=True)
    for folder in (commands, commands.parent):
        (folder / "__init__.py").touch()
    (commands / "addpoll.py").write_text(COMMAND)
    words = (project / ".venv/bin/python", "-m", "demo", "addpoll", "Tea")
    done = run(*words, cwd=project.parent, env={**DEBUG, "POLLS_END": "!"})
    assert done.stderr.endswith(
        "INFO demo.polls.management.commands.addpoll: Added Tea!\n"
    )


def a_page_with_its_template_and_style(project: Path) -> None:
    app = project / "src/demo/polls"
    (app / "views.py").write_text(VIEW)
    for name in ("templates/polls/poll_list.html", "static/polls/polls.css"):
        (app / name).parent.mkdir(parents=True)
        (app / name).write_text(PAGE if name.endswith("html") else "p { margin: 0 }\n")
    urls = project / "src/demo/urls.py"
    edit(urls, "from .views", "from .polls.views import PollList\nfrom .views")
    edit(urls, "[\n", '[\n    path("polls/", PollList.as_view()),\n')


def all_checks_pass_in_the_end(project: Path) -> None:
    (project / "tests/test_polls.py").write_text(TESTS)
    tidy(project)
    assert manage(project, "makemigrations", "--check") == "No changes detected\n"
    all_checks(project)


def the_tests_use_the_database_of_the_environment(project: Path) -> None:
    """A URL whose driver is missing shows that they read it."""
    url = {"DATABASE_URL": "postgres://ada@127.0.0.1:1/site"}
    words = ("-m", "pytest", "-x", "tests/test_site.py")
    done = run(project / ".venv/bin/python", *words, cwd=project, env=url, check=False)
    assert done.returncode
    assert "Error loading psycopg2 or psycopg module" in done.stdout + done.stderr


def the_wheel_runs_under_gunicorn_and_uvicorn(project: Path) -> None:
    """In a clean environment, elsewhere, with two workers; the admin has its styles."""
    elsewhere = project.parent / "elsewhere"
    elsewhere.mkdir()
    programs = installed_alone(project, "gunicorn", "uvicorn") / "bin"
    environment = {
        "DATABASE_URL": f"sqlite:///{elsewhere}/site.sqlite3",
        "DJANGO_ALLOWED_HOSTS": "example.org,127.0.0.1",
        "DJANGO_BEHIND_PROXY": "1",
        "DJANGO_SECRET_KEY": "0123456789" * 5,
        "DJANGO_STATIC_ROOT": str(elsewhere / "static"),
    }
    manage = (programs / "python", "-m", "demo")
    for words in (["migrate"], ["collectstatic", "--no-input"], ["addpoll", "Tea"]):
        run(*manage, *words, cwd=elsewhere, env=environment)
    password = environment | {"DJANGO_SUPERUSER_PASSWORD": "a-long-word"}
    options = ("--no-input", "--username=ada", "--email=ada@example.org")
    run(*manage, "createsuperuser", *options, cwd=elsewhere, env=password)

    port = free_port()
    gunicorn = (programs / "gunicorn", "--workers=2", f"--bind=127.0.0.1:{port}")
    with serving(
        *gunicorn, "demo.wsgi", port=port, cwd=elsewhere, env=environment
    ) as lines:
        assert_the_site_answers(port)
        assert ask(port, "/polls/")[0] == 301
        assert ask(port, "/", headers={"Host": "example.com"})[0] == 400
    assert len([line for line in lines if "Booting worker" in line]) == 2

    del environment["DJANGO_STATIC_ROOT"]  # WhiteNoise finds the files itself
    uvicorn = (programs / "uvicorn", "--workers=2", f"--port={port}")
    with serving(
        *uvicorn, "demo.asgi:application", port=port, cwd=elsewhere, env=environment
    ):
        assert_the_site_answers(port)


def assert_the_site_answers(port: int) -> None:
    """Assert that a page, and the styles that the admin's first page names, are served."""
    status, headers, page = ask(port, "/polls/", headers=HTTPS)
    assert (status, "<p>Tea?</p>" in page) == (200, True)
    assert headers["strict-transport-security"]
    login = ask(port, "/admin/login/", headers=HTTPS)[2]
    for text in (page, login):
        styles = re.findall(r'href="(/static/[^"]*\.css)"', text)
        assert styles
        for style in styles:
            status, headers, _ = ask(port, style, headers=HTTPS)
            assert (status, headers["content-type"][:8]) == (200, "text/css")


STEPS: list[Step] = [
    startapp_as_readme_says,
    a_model_and_a_field_with_their_migrations,
    a_command_a_setting_and_a_log_line,
    a_page_with_its_template_and_style,
    all_checks_pass_in_the_end,
    the_tests_use_the_database_of_the_environment,
    the_wheel_runs_under_gunicorn_and_uvicorn,
]


@pytest.mark.slow
def test_the_first_steps(tmp_path: Path, subtests: pytest.Subtests) -> None:
    take_steps("django", STEPS, tmp_path, subtests)
