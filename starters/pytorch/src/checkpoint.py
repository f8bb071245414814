"""Checkpoints: dictionaries of numbers and tensors in a file."""

import contextlib
import os
from pathlib import Path
from typing import Any

import torch

from .errors import (
    ForeignCheckpointError,
    MissingCheckpointError,
    UnreadableCheckpointError,
    UnwritableCheckpointError,
)

_FORMAT = "spirals 1"  # count up where what is saved changes


def save_checkpoint(path: str | Path, state: dict[str, Any]) -> None:
    """Write a checkpoint; at every moment the file is the old one or the new one.

    Raises UnwritableCheckpointError where that fails.
    """
    path = Path(path)
    draft = path.parent / f".{path.name}.{os.getpid()}"
    try:
        with draft.open("wb") as file:
            torch.save({"format": _FORMAT, **state}, file)
        draft.replace(path)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}"
        raise UnwritableCheckpointError(message) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """Return what `save_checkpoint` has written, with all tensors on the CPU.

    Nothing but numbers, texts and tensors is ever loaded, see
    https://docs.pytorch.org/docs/stable/notes/serialization.html#weights-only-security.
    Who can change a checkpoint still decides what the model does.

    Raises:
        MissingCheckpointError: If there is no such file.
        UnreadableCheckpointError: If it is damaged or holds anything else.
        ForeignCheckpointError: If another program has written it.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        message = f"there is no checkpoint {path}: train one"
        raise MissingCheckpointError(message) from error
    # PyTorch does not say what a damaged file makes it raise.
    except Exception as error:
        message = f"cannot read {path}: restore it if it is a checkpoint, or train anew"
        raise UnreadableCheckpointError(message) from error
    if not isinstance(state, dict) or state.pop("format", None) != _FORMAT:
        message = f"{path} is no checkpoint of this program: name another file"
        raise ForeignCheckpointError(message)
    return state
