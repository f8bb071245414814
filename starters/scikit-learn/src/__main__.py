"""The command line, `python -m` with the package's name."""

import argparse
from typing import NoReturn

from .classifier import evaluate, load_wine, predict, train
from .errors import ModelError
from .storage import load, save


class Parser(argparse.ArgumentParser):
    """A parser that tells in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {message} (--help shows how)\n")


def train_model(arguments: argparse.Namespace) -> None:
    """Train a model, save it and print how good it is."""
    wine = load_wine(arguments.seed)
    model = train(wine.train_samples, wine.train_labels)
    accuracy = evaluate(model, wine.test_samples, wine.test_labels)
    save(model, arguments.model)
    print(f"accuracy {accuracy:.3f} on {len(wine.test_labels)} samples held out")


def predict_label(arguments: argparse.Namespace) -> None:
    """Print the label of one sample."""
    print(*predict(load(arguments.model), [arguments.values]))


def main() -> None:
    """Run the command line; exits with one line on stderr where something is wrong."""
    parser = Parser(prog=__package__, description="Tell wines by their analysis.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("train", help="train a model and save it")
    command.add_argument(
        "model", metavar="MODEL", help="file to write, such as wine.skops"
    )
    command.add_argument(
        "--seed", type=int, default=0, help="chooses what is held out (0)"
    )
    command.set_defaults(run=train_model)
    command = commands.add_parser("predict", help="print the label of a sample")
    command.add_argument("model", metavar="MODEL", help="file that train has written")
    command.add_argument(
        "values", metavar="VALUE", type=float, nargs="+", help="13 numbers"
    )
    command.set_defaults(run=predict_label)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except ModelError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")


main()
