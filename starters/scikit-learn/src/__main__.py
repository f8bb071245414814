"""Train a model and use it, on the command line: `python -m` and the package's name."""

import argparse
from typing import NoReturn

from sklearn.model_selection import cross_val_score, train_test_split

from .classifier import TRUSTED, build, load_wine
from .storage import ModelError, load, save


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def train(arguments: argparse.Namespace) -> None:
    """Train a model, test it on samples that it has not seen, and save it."""
    samples, labels = load_wine()
    fitted_on, held_out, fitted_labels, held_out_labels = train_test_split(
        samples, labels, random_state=arguments.seed, stratify=labels
    )
    scores = cross_val_score(build(), fitted_on, fitted_labels)
    model = build().fit(fitted_on, fitted_labels)
    save(model, arguments.model, trusted=TRUSTED)
    mean, deviation = scores.mean(), scores.std()
    print(f"cross-validation: accuracy {mean:.3f}, deviation {deviation:.3f}")
    print(f"held out: accuracy {model.score(held_out, held_out_labels):.3f}")


def predict(arguments: argparse.Namespace) -> None:
    """Print the label of one sample."""
    print(*load(arguments.model, trusted=TRUSTED).predict([arguments.values]))


def main() -> None:
    """Run the command line. Exit with one line on stderr if something is wrong."""
    parser = Parser(prog=__package__, description="Classify wines.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("train", help="train a model and save it")
    command.add_argument("model", metavar="MODEL", help="file to write, wine.skops")
    command.add_argument("--seed", type=int, default=0, help="of the split (0)")
    command.set_defaults(run=train)
    command = commands.add_parser("predict", help="print the label of a sample")
    command.add_argument("model", metavar="MODEL", help="file that train has written")
    command.add_argument("values", metavar="VALUE", type=float, nargs="+")
    command.set_defaults(run=predict)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except OSError as error:
        parser.exit(1, f"{parser.prog}: {arguments.model}: {error.strerror}\n")
    except (ModelError, ValueError) as error:  # scikit-learn's are ValueErrors
        parser.exit(1, f"{parser.prog}: {str(error).splitlines()[0]}\n")


main()
