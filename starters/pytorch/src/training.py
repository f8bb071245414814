"""Train the model, and go on where an earlier run stopped."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch
from torch import nn
from torch.utils.data import DataLoader, random_split

from .checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from .data import make_spirals
from .model import SpiralNet


class DivergedError(Exception):
    """The loss is no longer a finite number."""


def choose_device(name: str | None = None) -> torch.device:
    """Return the device of a name, or the best of this machine.

    Raises:
        ValueError: PyTorch cannot compute on the device.
    """
    if name is None:
        found = torch.accelerator.current_accelerator(check_available=True)
        return found or torch.device("cpu")
    try:
        torch.zeros(1, device=name).item()
    except (AssertionError, RuntimeError) as error:  # a build without CUDA asserts
        raise ValueError(f"cannot compute on device {name!r}: use 'cpu'") from error
    return torch.device(name)


@dataclass(frozen=True)
class Settings:
    """What decides the result of a run. A checkpoint keeps them.

    Raises:
        ValueError: A value is out of range.
    """

    seed: int = 0
    points: int = 512
    validation: float = 0.25
    batch_size: int = 64
    hidden: int = 64
    dropout: float = 0.05
    learning_rate: float = 0.01

    def __post_init__(self) -> None:
        """Check each value."""
        share = self.validation if 0 < self.validation < 1 else 0
        held_out = int(self.points * share)
        for name, valid, rule in (
            ("seed", 0 <= self.seed < 2**63, "an integer from 0"),
            ("points", self.points >= 2, "at least 2"),
            ("validation", held_out >= 1, "a share below 1 with at least one point"),
            ("batch_size", self.batch_size >= 1, "at least 1"),
            ("hidden", self.hidden >= 1, "at least 1"),
            ("dropout", 0 <= self.dropout < 1, "from 0 to below 1"),
            ("learning_rate", 0 < self.learning_rate < math.inf, "above 0"),
        ):
            if not valid:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be {rule}")


class Epoch(NamedTuple):
    """The mean losses of an epoch, and the share of validation points that are right."""

    loss: float
    validation_loss: float
    accuracy: float


class Trainer:
    """A run: the model, and everything that decides how it goes on.

    PyTorch's global random generators are seeded and used, so one process can train one
    model at a time.

    Attributes:
        settings: The settings of the run.
        model: The model, on its device.
        history: The epochs so far.
    """

    def __init__(
        self, settings: Settings | None = None, device: torch.device | None = None
    ) -> None:
        """Start a run, on the best device of this machine by default."""
        self.settings = settings = settings or Settings()
        self.device = device or choose_device()
        torch.manual_seed(settings.seed)
        held_out = int(settings.points * settings.validation)
        train, validation = random_split(
            make_spirals(settings.points, settings.seed),
            [settings.points - held_out, held_out],
            generator=torch.Generator().manual_seed(settings.seed),
        )
        self._batches = DataLoader(train, settings.batch_size, shuffle=True)
        self._validation = DataLoader(validation, settings.batch_size)
        self.model = SpiralNet(settings.hidden, settings.dropout).to(self.device)
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=settings.learning_rate
        )
        # Where PyTorch keeps random states: a module, and a device if it has several.
        self._generators: dict[str, tuple[Any, list[torch.device]]] = {
            self.device.type: (torch.get_device_module(self.device), [self.device]),
            "cpu": (torch.random, []),
        }
        self.history: list[Epoch] = []

    @classmethod
    def resume(cls, path: str | Path, device: torch.device | None = None) -> Self:
        """Return the run of a checkpoint.

        On the same machine, device and PyTorch, each number is what it would have been
        without the interruption.

        Raises:
            CheckpointError: The file is not a checkpoint of this model.
            OSError: The file cannot be read.
        """
        state = load_checkpoint(path)
        try:
            trainer = cls(Settings(**state["settings"]), device)
            trainer.load_state_dict(state)
        except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
            message = f"{path} does not fit this model: train again"
            raise CheckpointError(message) from error
        return trainer

    def state_dict(self) -> dict[str, Any]:
        """Return everything that the next epoch depends on."""
        return {
            "settings": asdict(self.settings),
            "history": [list(epoch) for epoch in self.history],
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "random": {
                kind: module.get_rng_state(*where)
                for kind, (module, where) in self._generators.items()
            },
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the result of `state_dict`, perhaps on another device."""
        self.history = [Epoch(*epoch) for epoch in state["history"]]
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        for kind in self._generators.keys() & state["random"].keys():
            module, where = self._generators[kind]
            module.set_rng_state(state["random"][kind], *where)

    def train_epoch(self) -> Epoch:
        """Train on each training point once, validate, and return the epoch.

        Raises:
            DivergedError: The loss is not a finite number.
        """
        self.model.train()
        total, count = 0.0, 0
        for batch in self._batches:
            points, labels = (part.to(self.device) for part in batch)
            loss = nn.functional.cross_entropy(self.model(points), labels)
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            total += loss.item() * len(points)
            count += len(points)
        epoch = Epoch(total / count, *self.validate())
        if not all(map(math.isfinite, epoch)):
            message = f"the loss of epoch {len(self.history) + 1} is {epoch.loss}"
            raise DivergedError(f"{message}: use a smaller learning rate")
        self.history.append(epoch)
        return epoch

    def validate(self) -> tuple[float, float]:
        """Return the mean loss and the accuracy on the validation points."""
        self.model.eval()
        total, right, count = 0.0, 0, 0
        with torch.inference_mode():
            for batch in self._validation:
                points, labels = (part.to(self.device) for part in batch)
                logits = self.model(points)
                losses = nn.functional.cross_entropy(logits, labels, reduction="sum")
                total += losses.item()
                right += int((logits.argmax(dim=1) == labels).sum())
                count += len(points)
        return total / count, right / count

    def fit(
        self,
        epochs: int,
        path: str | Path,
        report: Callable[[int, Epoch], object] = lambda number, epoch: None,
    ) -> None:
        """Train until that many epochs are done, and write a checkpoint after each.

        Args:
            epochs: The number of epochs in all, with those done before.
            path: The file of the checkpoint.
            report: Gets the number of epochs done and the last one, after its checkpoint.
        """
        while len(self.history) < epochs:
            epoch = self.train_epoch()
            save_checkpoint(path, self.state_dict())
            report(len(self.history), epoch)
