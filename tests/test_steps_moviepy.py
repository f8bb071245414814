"""The first steps of somebody who knows MoviePy, in a new project of its starter."""

import re
from pathlib import Path

import pytest
from conftest import run
from support.environments import (
    all_checks,
    export,
    in_project,
    installed_alone,
    make_project,
)
from support.files import edit

pytestmark = pytest.mark.slow

FILM = """\
import numpy as np
from moviepy import AudioClip, ColorClip, TextClip, CompositeVideoClip

def both_ears(t):
    return np.stack([np.sin(2 * np.pi * 440 * t)] * 2, axis=-1)

tone = AudioClip(both_ears, duration=4, fps=44100)
ground = ColorClip((320, 240), color=(0, 90, 90), duration=4)
text = TextClip(text="Hello", font_size=60, color="white", duration=4)
film = CompositeVideoClip([ground, text.with_position("center")]).with_audio(tone)
film.write_videofile("film.mp4", fps=25, audio_codec="aac", logger=None)
"""
INFO = """\
import sys
import demo
with demo.open_video(sys.argv[1]) as clip:
    print(clip.size, clip.fps, clip.duration, clip.audio is not None)
"""
FULL = """\
import pathlib, resource, sys
import demo
pathlib.Path("film.mp4").write_text("the old file")
with demo.open_video(sys.argv[1]) as clip:
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, resource.RLIM_INFINITY))
    try:
        demo.write_video(clip, "film.mp4", logger=None)
    except demo.VideoError as error:
        print(error)
"""
SOUND = """\
import demo
with demo.open_video("film.mp4") as clip:
    clip.audio.write_audiofile("sound.m4a", codec="aac", logger=None)
try:
    demo.open_video("sound.m4a")
except demo.VideoError as error:
    print(error)
"""
STREAMS = """\
import subprocess, sys
import imageio_ffmpeg
command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", sys.argv[1]]
print(subprocess.run(command, capture_output=True, text=True).stderr)
"""
TITLE = '''

def with_title(film: VideoClip, text: str) -> VideoClip:
    """Return the film with a text in its middle."""
    title = TextClip(text=text, font_size=20, color="white", duration=film.duration)
    return CompositeVideoClip([film, title.with_position("center")])
'''
TITLE_TEST = """

def test_a_title_covers_the_middle(clip: VideoClip) -> None:
    titled = package.with_title(clip, "Hi")
    assert titled.get_frame(0).max() > 200
    assert titled.audio is not None
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = make_project(tmp_path_factory.mktemp("moviepy"), "moviepy")
    in_project(project, "python", "-c", FILM)
    (project / "film.mp4").rename(project.parent / "film.mp4")
    return project


def info(project: Path, path: Path) -> str:
    return in_project(project, "python", "-c", INFO, path)[1].strip()


def test_join_scenes_with_sound_and_progress(project: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    words = ["../film.mp4", str(output), "--scene", "0.5", "1.5", "--scene", "3", "4"]
    _, _, err = in_project(project, "python", "-m", "demo", *words)
    assert "frame_index" in err
    assert info(project, output) in (
        "[320, 240] 25.0 2.0 True",
        "(320, 240) 25.0 2.0 True",
    )
    _, streams, _ = in_project(project, "python", "-c", STREAMS, output)
    assert "Video: h264" in streams
    assert "Audio: aac" in streams  # which every player knows


def test_a_file_without_pictures_is_refused(project: Path) -> None:
    done = run(project / ".venv/bin/python", "-c", SOUND, cwd=project.parent)
    assert done.stdout == "sound.m4a: not a video that ffmpeg can read\n"


def test_a_full_disk_leaves_the_old_file(project: Path, tmp_path: Path) -> None:
    python, film = project / ".venv/bin/python", project.parent / "film.mp4"
    done = run(python, "-c", FULL, film, cwd=tmp_path)
    assert "film.mp4: cannot write it: " in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
    assert (tmp_path / "film.mp4").read_text() == "the old file"


def test_it_runs_where_no_ffmpeg_is_installed(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wheel of imageio-ffmpeg brings one."""
    python, film = project / ".venv/bin/python", project.parent / "film.mp4"
    words = ["-m", "demo", str(film), "out.mp4", "--scene", "0", "1"]
    for name in ("FFMPEG_BINARY", "IMAGEIO_FFMPEG_EXE"):
        monkeypatch.delenv(name, raising=False)
    run(python, *words, cwd=tmp_path, env={"PATH": str(tmp_path)})
    assert info(project, tmp_path / "out.mp4").endswith("25.0 1.0 True")


def test_codec_and_preset_and_another_format(project: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    words = ["../film.mp4", str(output), "--scene", "0", "1", "--codec", "libx265"]
    in_project(
        project, "python", "-m", "demo", *words, "--preset", "ultrafast", "--quiet"
    )
    assert info(project, output).endswith("25.0 1.0 True")


def test_the_readme_runs(project: Path) -> None:
    edit_film, make_film = re.findall(
        r"```python\n(.*?)```", (project / "README.md").read_text(), re.DOTALL
    )
    in_project(project, "python", "-c", make_film)
    in_project(project, "python", "-c", edit_film.replace("(8, 10)", "(8, 8.5)"))
    assert info(project, project / "out.mp4").endswith("25.0 3.0 False")
    for name in ("film.mp4", "out.mp4"):
        (project / name).unlink()


def test_a_title_leaves_all_checks_green(project: Path) -> None:
    source = project / "src/demo/editing.py"
    several = "CompositeVideoClip, TextClip, VideoClip, afx"
    edit(source, "import VideoClip, afx", f"import {several}")
    source.write_text(source.read_text() + TITLE)
    in_project(project, "ruff", "format", "--quiet", source)
    export(project, "editing", "with_title")
    tests = project / "tests/test_editing.py"
    tests.write_text(tests.read_text() + TITLE_TEST)
    all_checks(project)


def test_the_wheel_cuts_in_a_clean_environment(project: Path, tmp_path: Path) -> None:
    fresh = installed_alone(project)
    film = project.parent / "film.mp4"
    words = [
        str(film),
        "out.mp4",
        "--scene",
        "1",
        "2",
        "--preset",
        "ultrafast",
        "--quiet",
    ]
    run(fresh / "bin/python", "-m", "demo", *words, cwd=tmp_path)
    assert info(project, tmp_path / "out.mp4").endswith("25.0 1.0 True")
