"""What is raised where training or predicting cannot go on."""


class SpiralError(Exception):
    """What was asked cannot be done; the text says why, and the way out."""


class CheckpointError(SpiralError):
    """A checkpoint that cannot be used."""


class ForeignCheckpointError(CheckpointError):
    """The file is sound, but no checkpoint of this package."""


class MissingCheckpointError(CheckpointError):
    """There is no such file."""


class UnreadableCheckpointError(CheckpointError):
    """The file is damaged, or it holds more than numbers and so might run code."""


class UnwritableCheckpointError(CheckpointError):
    """The checkpoint could not be written; the file is as it was."""


class DeviceError(SpiralError):
    """The device does not exist, or this PyTorch cannot compute on it."""


class DivergedError(SpiralError):
    """The loss is no longer a finite number."""


class ShapeError(SpiralError):
    """Points have another shape or dtype than the model takes."""
