"""Train a model and use it, on the command line: `python -m` and the package's name."""

import argparse
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import NoReturn

import torch

from .checkpoint import CheckpointError
from .training import DivergedError, Epoch, Settings, Trainer, choose_device


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def train(arguments: argparse.Namespace) -> None:
    """Train a model, or go on from its checkpoint."""
    path, device = arguments.checkpoint, choose_device(arguments.device)
    given = {field.name: getattr(arguments, field.name) for field in fields(Settings)}
    given = {name: value for name, value in given.items() if value is not None}
    if path.exists():
        trainer = Trainer.resume(path, device)
        kept = asdict(trainer.settings)
        for name in (name for name in given if given[name] != kept[name]):
            message = f"{path} has {name} {kept[name]}, not {given[name]}"
            raise ValueError(f"{message}: leave it out or name another file")
    else:
        trainer = Trainer(Settings(**given), device)

    def report(number: int, epoch: Epoch) -> None:
        text = f"epoch {number}/{arguments.epochs}: loss {epoch.loss:.4f}"
        text += f", validation loss {epoch.validation_loss:.4f}"
        print(f"{text}, accuracy {epoch.accuracy:.3f}", file=sys.stderr, flush=True)

    trainer.fit(arguments.epochs, path, report)
    accuracy = trainer.history[-1].accuracy
    print(f"{len(trainer.history)} epochs on {device}, accuracy {accuracy:.3f}")


def predict(arguments: argparse.Namespace) -> None:
    """Print the spiral that a point lies on."""
    trainer = Trainer.resume(arguments.checkpoint, choose_device(arguments.device))
    points = torch.tensor([[arguments.x, arguments.y]])
    print(trainer.model.predict(points).item())


def count(text: str) -> int:
    """Return a positive integer, or raise ValueError."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def main() -> None:
    """Run the command line. Exit with one line on stderr if something is wrong."""
    parser = Parser(prog=__package__, description="Tell two spirals apart.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = Parser(add_help=False)
    shared.add_argument("checkpoint", metavar="CHECKPOINT", type=Path)
    shared.add_argument("--device", help="such as cpu or cuda:1 (the best there is)")

    text = "train a model, or go on from its checkpoint"
    command = commands.add_parser("train", parents=[shared], help=text)
    command.add_argument("--epochs", type=count, default=60, help="in all (60)")
    for field in fields(Settings):
        flag, kind = f"--{field.name.replace('_', '-')}", type(field.default)
        command.add_argument(flag, type=kind, help=f"({field.default})")
    command.set_defaults(run=train)

    text = "print the spiral, 0 or 1, that a point lies on"
    command = commands.add_parser("predict", parents=[shared], help=text)
    command.add_argument("x", metavar="X", type=float)
    command.add_argument("y", metavar="Y", type=float)
    command.set_defaults(run=predict)

    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except OSError as error:
        parser.exit(1, f"{parser.prog}: {arguments.checkpoint}: {error.strerror}\n")
    except (CheckpointError, DivergedError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    except KeyboardInterrupt:
        parser.exit(130, f"{parser.prog}: stopped; the same command goes on\n")


main()
