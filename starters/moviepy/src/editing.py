"""Edit clips."""

from collections.abc import Sequence
from typing import Any

from moviepy import VideoClip, afx, concatenate_videoclips, vfx

from .files import VideoError


def join_scenes(
    film: VideoClip, scenes: Sequence[tuple[float, float]], fade: float = 0.25
) -> VideoClip:
    """Return a clip of some scenes of a film, with their sound.

    Args:
        film: The film. Keep it open until you have written the result.
        scenes: Start and end of each scene, in seconds.
        fade: How long each scene takes to fade in and to fade out, in seconds.

    Raises:
        VideoError: A scene is not in the film, or there is no scene.
    """
    if not scenes:
        raise VideoError("there is no scene: name at least one")
    duration: float = film.duration or 0
    for start, end in scenes:
        if not 0 <= start < end <= duration:
            message = f"scene {start:g} to {end:g} is not in the film"
            raise VideoError(f"{message}: it runs from 0 to {duration:g} seconds")
    effects: list[Any] = []
    if fade > 0:
        effects = [vfx.FadeIn(fade), vfx.FadeOut(fade)]
        effects += [afx.AudioFadeIn(fade), afx.AudioFadeOut(fade)]
    joined: VideoClip = concatenate_videoclips(
        [film.subclipped(*scene).with_effects(effects) for scene in scenes]
    )
    return joined
