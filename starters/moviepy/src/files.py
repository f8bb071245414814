"""Read and write video files with MoviePy, in one piece or not at all."""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from moviepy import VideoClip, VideoFileClip


class VideoError(Exception):
    """Something is wrong with a video; the message is one line."""


def open_video(path: str | Path, **options: Any) -> VideoFileClip:
    """Return MoviePy's clip of a file, with its sound. Use it in a with statement.

    The options are those of MoviePy's VideoFileClip.

    Raises:
        VideoError: ffmpeg finds no file, or no pictures in it.
    """
    if not Path(path).is_file():
        raise VideoError(f"{path}: no such file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # MoviePy's, on missing frames
            clip: VideoFileClip = VideoFileClip(str(path), **options)
    except (KeyError, OSError, UserWarning) as error:
        raise VideoError(f"{path}: not a video that ffmpeg can read") from error
    return clip


def write_video(
    clip: VideoClip,
    path: str | Path,
    fps: float | None = None,
    codec: str | None = None,
    preset: str = "medium",
    **options: Any,
) -> None:
    """Write a clip to a file with its sound. The file is replaced at once or not at all.

    Args:
        clip: The clip. It stays open.
        path: The file. Its suffix is the format, for example .mp4 or .webm.
        fps: Frames per second. The default is that of the clip.
        codec: ffmpeg's name of a codec. The default depends on the suffix.
        preset: "ultrafast" to "veryslow". A slow one makes a smaller file.
        options: Others of MoviePy's write_videofile. logger=None shows no progress.

    Raises:
        VideoError: The clip has no frame or an odd size, or the file cannot be written.
    """
    path, fps = Path(path), fps or getattr(clip, "fps", None)
    frames = round((clip.duration or 0) * (fps or 0))
    if frames < 1 or not fps:
        raise VideoError(f"{path}: no frame in {clip.duration} s at {fps} per second")
    width, height = clip.size
    if codec in (None, "libx264") and (width % 2 or height % 2):
        # Many players show H.264 only with one colour for each 2x2 pixels.
        raise VideoError(f"{path}: size {width}x{height} is odd: crop it to be even")
    # MoviePy rounds down: 28 frames of 0.29 s at 100 per second.
    exact = clip.with_duration((frames + 0.5) / fps)
    if clip.audio:
        exact = exact.with_audio(clip.audio.with_duration(frames / fps))
    if path.suffix.lower() in (".mp4", ".m4v", ".mov"):
        options = {"audio_codec": "aac", **options}
    try:
        with TemporaryDirectory(prefix=".video-", dir=path.parent) as folder:
            draft = Path(folder, path.name)
            exact.write_videofile(
                str(draft),
                fps=fps,
                codec=codec,
                preset=preset,
                temp_audiofile_path=folder,
                **options,
            )
            # MoviePy does not check whether ffmpeg has failed.
            with open_video(draft, audio=False):
                draft.replace(path)
    except (OSError, ValueError, VideoError) as error:
        reason = " ".join(str(error).split())
        raise VideoError(f"{path}: cannot write it: {reason}") from error
