"""What can go wrong."""


class VideoError(Exception):
    """A clip or a video that cannot be used, in one line."""


class ClipError(VideoError):
    """A clip of a size, duration or frame rate that no video can have."""


class FrameError(VideoError):
    """A generated frame of the wrong shape or type."""


class ReadError(VideoError):
    """A file that is not there or holds no video that can be read."""


class WriteError(VideoError):
    """A video that cannot be written where it should go."""
