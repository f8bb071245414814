"""Videos in files, written and read by the ffmpeg that imageio-ffmpeg installs."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
from moviepy import VideoClip
from moviepy.video.io.ffmpeg_reader import FFMPEG_VideoReader

from .errors import ClipError, ReadError, WriteError


class _Reader(FFMPEG_VideoReader):
    """A reader that leaves nothing open.

    Once ffmpeg has ended by itself, MoviePy's leaves its pipes to the garbage collector,
    which warns of them: https://github.com/Zulko/moviepy/issues/2491.
    """

    proc: Any  # ffmpeg as a subprocess.Popen, or None

    def __init__(self, path: Path) -> None:
        try:
            FFMPEG_VideoReader.__init__(self, str(path.absolute()))
        except OSError:
            self.close()
            raise

    def read_frame(self) -> npt.NDArray[np.uint8]:
        """Return the next frame; raise OSError, without a warning, if there is none."""
        if not (hasattr(self, "last_read") or self.proc.stdout.peek(1)):
            raise OSError("no first frame")
        frame: npt.NDArray[np.uint8] = FFMPEG_VideoReader.read_frame(self)
        return frame

    def close(self, delete_lastread: bool = True) -> None:
        process = self.proc
        FFMPEG_VideoReader.close(self, delete_lastread)
        if process:
            process.stdout.close()
            process.stderr.close()


class VideoFile(VideoClip):
    """The pictures of a video file as a clip, for a with statement: it runs ffmpeg.

    Attributes:
        size: Width and height in pixels; frames are uint8 of shape (height, width, 3).
        duration: In seconds.
        fps: Frames a second.
    """

    def __init__(self, path: Path) -> None:
        """Open a file of any format that ffmpeg reads.

        Raises:
            ReadError: The file is not there or holds no video that ffmpeg can read.
        """
        if not path.is_file():
            raise ReadError(f"{path}: no such file")
        try:
            self.reader = _Reader(path)
        except OSError as error:
            raise ReadError(f"{path}: no video that ffmpeg can read") from error
        duration = self.reader.duration
        VideoClip.__init__(self, self.reader.get_frame, duration=duration)
        self.fps: float = self.reader.fps

    def close(self) -> None:
        """End ffmpeg; copies of the clip have no more frames either."""
        self.reader.close()


def write_video(clip: VideoClip, path: Path, fps: int = 25) -> None:
    """Write a clip to an MP4 file (H.264, and AAC if it has sound), whole or not at all.

    Args:
        clip: What to write; it stays open.
        path: A file that ends in ``.mp4``; one that is there already is replaced once
            the new one is complete and can be read.
        fps: Frames a second.

    Raises:
        ClipError: The clip has an odd or no width or height, or no frame at all.
        FrameError: A generated frame is none, see compose.
        WriteError: The file cannot be written there, or not to its end.
    """
    width, height = clip.size
    if width % 2 or height % 2 or not width * height:
        # The pixel format that all players know, yuv420p, has a colour per 2x2 pixels.
        raise ClipError(f"size is {width}x{height}: crop or pad both to even numbers")
    count = round((clip.duration or 0) * fps)
    if count < 1:
        raise ClipError(f"no frame in {clip.duration} s at {fps} frames a second")
    if path.suffix.lower() != ".mp4" or path.is_dir():
        raise WriteError(f"{path}: is no name of a file that ends in .mp4")
    try:
        folder = TemporaryDirectory(prefix=".video-", dir=path.parent)
    except OSError as error:
        raise WriteError(f"{path}: cannot write there: {error.strerror}") from error
    with folder:
        draft = Path(folder.name, path.name)
        try:
            # MoviePy takes the whole part of duration x fps: 28 of 0.29 s x 100.
            clip.with_duration((count + 0.5) / fps).write_videofile(
                str(draft),
                fps=fps,
                codec="libx264",
                audio_codec="aac",
                temp_audiofile_path=folder.name,
                logger=None,
            )
            # MoviePy does not look at ffmpeg's exit status.
            with VideoFile(draft):
                draft.replace(path)
        except (OSError, ReadError) as error:
            why = str(error).partition("\n")[0]
            raise WriteError(f"{path}: not written, is the disk full? {why}") from error
