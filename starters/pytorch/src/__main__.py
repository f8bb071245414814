"""The command line, `python -m` with the package's name."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

import torch

from .errors import SpiralError
from .training import Trainer, choose_device


class Parser(argparse.ArgumentParser):
    """A parser that tells in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {message} (--help shows how)\n")


def count(text: str) -> int:
    """Return a positive integer; raises ValueError for anything else."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def train(arguments: argparse.Namespace) -> None:
    """Train a model, from its checkpoint on where there is one."""
    path, epochs = arguments.checkpoint, arguments.epochs
    device = choose_device(arguments.device)
    trainer = Trainer.resume(path, device) if path.exists() else Trainer(device=device)
    show = sys.stderr.isatty()

    def report(epoch: int, loss: float) -> None:
        if show:
            text = f"\repoch {epoch}/{epochs}, loss {loss:.4f}"
            print(text, end="", file=sys.stderr, flush=True)

    try:
        trainer.fit(epochs, path, report)
    finally:
        if show:
            print(file=sys.stderr)
    first, last = trainer.losses[0], trainer.losses[-1]
    print(f"{trainer.epoch} epochs on {device}, loss from {first:.4f} to {last:.4f}")


def predict(arguments: argparse.Namespace) -> None:
    """Print the spiral that a point lies on."""
    trainer = Trainer.resume(arguments.checkpoint, choose_device(arguments.device))
    points = torch.tensor([[arguments.x, arguments.y]])
    print(trainer.model.predict(points).item())


def main() -> None:
    """Run the command line; exits with one line on stderr where something is wrong."""
    parser = Parser(prog=__package__, description="Tell two spirals apart.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = Parser(add_help=False)
    shared.add_argument("checkpoint", metavar="CHECKPOINT", type=Path)
    shared.add_argument("--device", help="such as cpu or cuda:1 (the best there is)")

    text = "train a model, from its checkpoint on where there is one"
    command = commands.add_parser("train", parents=[shared], help=text)
    command.add_argument("--epochs", type=count, default=60, help="in all (60)")
    command.set_defaults(run=train)

    text = "print the spiral, 0 or 1, that a point lies on"
    command = commands.add_parser("predict", parents=[shared], help=text)
    command.add_argument("x", metavar="X", type=float)
    command.add_argument("y", metavar="Y", type=float)
    command.set_defaults(run=predict)

    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except SpiralError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
    except KeyboardInterrupt:
        parser.exit(130, f"{parser.prog}: stopped; the same command goes on\n")


main()
