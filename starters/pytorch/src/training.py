"""Trains the model, and goes on where an earlier run stopped."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from .checkpoint import load_checkpoint, save_checkpoint
from .data import make_spirals
from .errors import DeviceError, DivergedError, ForeignCheckpointError
from .model import SpiralNet


def choose_device(name: str | None = None) -> torch.device:
    """Return the device of that name or, without one, the best of this machine.

    Raises DeviceError where PyTorch cannot compute on it.
    """
    if name is None:
        found = torch.accelerator.current_accelerator(check_available=True)
        return found or torch.device("cpu")
    try:
        torch.zeros(1, device=name).item()
    except (AssertionError, RuntimeError) as error:  # a build without CUDA asserts
        message = f"cannot compute on device {name!r}: leave it out or use 'cpu'"
        raise DeviceError(message) from error
    return torch.device(name)


@dataclass(frozen=True)
class Settings:
    """What decides the result of a run; a checkpoint keeps them with it."""

    seed: int = 0
    points: int = 512
    batch_size: int = 64
    hidden: int = 64
    dropout: float = 0.05
    learning_rate: float = 0.01


class Trainer:
    """A run: the model, and everything that decides how it goes on.

    It seeds and uses PyTorch's global random generators, as dropout and data loaders
    do, so one process can train one model at a time.

    Attributes:
        settings: What the run was started with.
        model: The model, on the device that was asked for.
        losses: The mean loss of each epoch so far.
    """

    def __init__(
        self, settings: Settings | None = None, device: torch.device | None = None
    ) -> None:
        """Start a run, on the best device of this machine unless one is given."""
        self.settings = settings = settings or Settings()
        self._device = device or choose_device()
        torch.manual_seed(settings.seed)
        points, labels = make_spirals(settings.points, settings.seed)
        self._batches = DataLoader(
            TensorDataset(points, labels), batch_size=settings.batch_size, shuffle=True
        )
        model = SpiralNet(settings.hidden, settings.dropout)
        self.model = model.to(self._device)
        self._optimizer = torch.optim.AdamW(
            model.parameters(), lr=settings.learning_rate
        )
        # Where there are random states: in a module, of a device. The CPU has but one.
        self._generators: dict[str, tuple[Any, list[torch.device]]] = {
            self._device.type: (torch.get_device_module(self._device), [self._device]),
            "cpu": (torch.random, []),
        }
        self.losses: list[float] = []

    @classmethod
    def resume(cls, path: str | Path, device: torch.device | None = None) -> Self:
        """Return the run of a checkpoint as it was.

        On the same machine, device and PyTorch it goes on bit for bit as it would have
        without the interruption. Raises CheckpointError where the file cannot be used.
        """
        state = load_checkpoint(path)
        try:
            trainer = cls(Settings(**state["settings"]), device)
            trainer.load_state_dict(state)
        except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
            message = f"{path} does not fit this version of the model: train anew"
            raise ForeignCheckpointError(message) from error
        return trainer

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return len(self.losses)

    def state_dict(self) -> dict[str, Any]:
        """Return all that the next epoch depends on."""
        return {
            "settings": asdict(self.settings),
            "losses": self.losses,
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "random": {
                kind: module.get_rng_state(*where)
                for kind, (module, where) in self._generators.items()
            },
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned, perhaps on another device."""
        self.losses = [*state["losses"]]
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        for kind in self._generators.keys() & state["random"].keys():
            module, where = self._generators[kind]
            module.set_rng_state(state["random"][kind], *where)

    def train_epoch(self) -> float:
        """Train on every point once, in random order, and return the mean loss.

        Raises DivergedError where that is no finite number.
        """
        self.model.train()
        total = 0.0
        for batch in self._batches:
            points, labels = (part.to(self._device) for part in batch)
            loss = nn.functional.cross_entropy(self.model(points), labels)
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            total += loss.item() * len(points)
        mean = total / self.settings.points
        if not math.isfinite(mean):
            text = f"the loss of epoch {self.epoch + 1} is {mean}"
            raise DivergedError(f"{text}: use a smaller learning_rate")
        self.losses.append(mean)
        return mean

    def fit(
        self,
        epochs: int,
        path: str | Path,
        report: Callable[[int, float], object] = lambda epoch, loss: None,
    ) -> None:
        """Train until that many epochs are done, with a checkpoint after each.

        Args:
            epochs: How many there are to be in all, with those done before.
            path: The file that the checkpoints replace.
            report: Called with the number of epochs done and the last one's mean loss,
                after each, when its checkpoint is written.
        """
        while self.epoch < epochs:
            loss = self.train_epoch()
            save_checkpoint(path, self.state_dict())
            report(self.epoch, loss)
