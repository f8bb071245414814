import subprocess
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from moviepy import AudioClip, VideoClip


def pytest_configure(config: pytest.Config) -> None:
    # MoviePy 2.2 reads frames in a way that NumPy 2.5 deprecates.
    known = "ignore:Setting the shape on a NumPy array:DeprecationWarning:moviepy"
    config.addinivalue_line("filterwarnings", known)


@pytest.fixture
def clip() -> VideoClip:
    """Two seconds, ten frames each, that get brighter, with a tone."""

    def both_ears(t: Any) -> Any:
        return np.stack([np.sin(2 * np.pi * 440 * t)] * 2, axis=-1)

    tone = AudioClip(both_ears, duration=2, fps=44100)
    picture = VideoClip(
        lambda t: np.full((48, 64, 3), 50 + 100 * t).astype(np.uint8), duration=2
    )
    clip: VideoClip = picture.with_audio(tone).with_fps(10)
    return clip


@pytest.fixture(autouse=True)
def no_ffmpeg_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Check that each ffmpeg has ended, and close the pipes that MoviePy leaves open.

    https://github.com/Zulko/moviepy/issues/2491
    """
    started: list[subprocess.Popen[Any]] = []

    class Popen(subprocess.Popen[Any]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Popen)
    yield
    for process in started:
        assert process.poll() is not None
        for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
            pipe.close()
