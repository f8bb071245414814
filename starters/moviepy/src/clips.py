"""Clips composed from generated frames."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from moviepy import ColorClip, CompositeVideoClip, VideoClip, vfx

from .errors import ClipError, FrameError

Frames = Callable[[float], npt.NDArray[np.uint8]]  # by the time in seconds


def gradient(size: tuple[int, int], period: float = 2.0) -> Frames:
    """Return the frames of a gradient that moves from right to left.

    Args:
        size: Width and height in pixels.
        period: Seconds after which it is where it was.

    Returns:
        A function from a time in seconds to a frame: uint8 of shape (height, width, 3).
    """
    width, height = size
    x = np.linspace(0, 1, width, endpoint=False)
    y = np.linspace(0, 1, height)[:, np.newaxis]

    def frame(time: float) -> npt.NDArray[np.uint8]:
        phase = 2 * np.pi * (x + time / period)
        channels = np.broadcast_arrays(np.cos(phase) / 2 + 0.5, y, 1 - y)
        picture: npt.NDArray[np.float64] = 255 * np.stack(channels, axis=-1)
        return picture.astype(np.uint8)

    return frame


def compose(
    frames: Frames, size: tuple[int, int], duration: float
) -> CompositeVideoClip:
    """Lay a bar that tells how much has passed over frames that fade in.

    Args:
        frames: A function from a time in seconds to a frame.
        size: Width and height of the frames in pixels.
        duration: In seconds.

    Returns:
        A clip without sound. It holds no file or process open.

    Raises:
        ClipError: The duration is not positive and finite.
        FrameError: A frame is no uint8 array of shape (height, width, 3); frames after
            the first are made, and refused, when they are needed.
    """
    if not 0 < duration < math.inf:
        raise ClipError(f"duration is {duration} s: give a positive number of seconds")
    width, height = size

    def checked(time: float) -> npt.NDArray[Any]:
        frame = np.asarray(frames(time))
        if frame.dtype != np.uint8 or frame.shape != (height, width, 3):
            raise FrameError(
                f"frame at {time:g} s is {frame.dtype} of shape {frame.shape}: "
                f"make it uint8 of shape {(height, width, 3)}"
            )
        return frame

    picture = VideoClip(checked, duration=duration)
    thickness = max(1, height // 16)
    bar = ColorClip(size=(width, thickness), color=(255, 255, 255), duration=duration)
    return CompositeVideoClip(
        [
            picture.with_effects([vfx.FadeIn(min(0.5, duration / 4))]),
            bar.with_opacity(0.75).with_position(
                lambda time: (round(width * (time / duration - 1)), height - thickness)
            ),
        ],
        size=size,
        bg_color=(0, 0, 0),
    )
