import subprocess
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def no_process_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold each test to what it started: each ffmpeg ended, each pipe closed."""
    started: list[subprocess.Popen[Any]] = []

    class Popen(subprocess.Popen[Any]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    yield
    for process in started:
        pipes = [process.stdin, process.stdout, process.stderr]
        assert process.returncode is not None
        assert [pipe for pipe in pipes if pipe and not pipe.closed] == []
