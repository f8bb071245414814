"""What the tests of the starters for websites share: a project, its checks, its wheel, and a server that answers."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path

import pytest
from conftest import run
from support.environments import make_project

Step = Callable[[Path], None]
TIMEOUT = 60  # seconds, enough for a server on a slow machine


def take_steps(
    starter: str, steps: list[Step], folder: Path, subtests: pytest.Subtests
) -> None:
    """Make a project of a starter and take each step in it. A step builds on those before it."""
    project = make_project(folder, starter)
    for step in steps:
        with subtests.test(step.__name__):
            step(project)


def command(project: Path, *words: str, **environment: str) -> str:
    """Run a command of the project's environment, and return what it printed."""
    program = project / ".venv/bin" / words[0]
    return run(program, *words[1:], cwd=project, env=environment).stdout


def tidy(project: Path) -> None:
    """Let ruff fix and format the project's files, as the starters' READMEs say."""
    command(project, "ruff", "check", "--fix", "--quiet")
    command(project, "ruff", "format", "--quiet")


def free_port() -> int:
    """Return a port that no program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def ask(
    port: int,
    path: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, str], str]:
    """Return the status, the headers in small letters, and the text that a server answers with."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    with contextlib.closing(connection):
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return response.status, found, response.read().decode()


@contextlib.contextmanager
def serving(
    *words: str | Path, port: int, cwd: Path, env: Mapping[str, str]
) -> Iterator[list[str]]:
    """Run a server until the block ends. The list then holds the lines that it printed.

    The server must answer at /health, and end within 10 seconds of SIGTERM.
    """
    lines: list[str] = []
    process = subprocess.Popen(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + TIMEOUT
        while True:
            with contextlib.suppress(OSError):
                assert ask(port, "/health")[0] == 200
                break
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)
        yield lines
        process.send_signal(signal.SIGTERM)
        lines += process.communicate(timeout=10)[0].splitlines()
    finally:
        process.kill()
        process.communicate()
