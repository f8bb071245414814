"""Checkpoints: dictionaries of numbers and tensors in a file."""

import io
import os
from pathlib import Path
from typing import Any

import torch

_FORMAT = "spirals 2"  # count up when the content changes


class CheckpointError(Exception):
    """The file is not a checkpoint of this program."""


def save_checkpoint(path: str | Path, state: dict[str, Any]) -> None:
    """Write a checkpoint. At every moment the file is the old one or the new one.

    Raises:
        OSError: The file cannot be written.
    """
    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            torch.save({"format": _FORMAT, **state}, file)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """Return what `save_checkpoint` has written, with all tensors on the CPU.

    PyTorch loads only numbers, texts and tensors, and runs no code:
    https://docs.pytorch.org/docs/stable/notes/serialization.html#weights-only-security.
    Anyone who can change a checkpoint still decides what the model does.

    Raises:
        CheckpointError: The file is damaged, or another program wrote it.
        OSError: The file cannot be read.
    """
    data = io.BytesIO(Path(path).read_bytes())
    try:
        state = torch.load(data, map_location="cpu", weights_only=True)
    # A damaged file can raise anything.
    except Exception as error:
        message = f"{path} is damaged or not a checkpoint: name another file"
        raise CheckpointError(message) from error
    if not isinstance(state, dict) or state.pop("format", None) != _FORMAT:
        raise CheckpointError(f"{path} is of another program: name another file")
    return state
