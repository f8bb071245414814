"""Read answers files: those of a working tree, those that git has, and those that Copier has just written."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .addresses import masked
from .files import UserError, decoded

MANY = 100_000
DIGITS = 300


class TooMuchError(UserError):
    """An answers file that would take too much memory or time."""


class Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which also refuses small files that stand for huge values.

    Aliases and merge keys (`<<`) may repeat a value in a value in a value. Numbers may have thousands of digits.
    """

    def get_single_node(self) -> Any:
        """Return the document, once its size with all aliases written out is known."""
        node = super().get_single_node()
        if node is not None:
            measure(node)
        return node


def measure(top: yaml.Node) -> None:
    """Refuse a document that is too large with its aliases written out.

    Raises:
        TooMuchError: For one that is.
    """
    sizes: dict[int, int] = {}  # 0 for a node that is not finished
    left = [(top, False)]
    while left:
        node, finished = left.pop()
        inner = list(below(node))
        if finished:
            sizes[id(node)] = 1 + sum(sizes[id(x)] for x in inner)
            if sizes[id(node)] > MANY:
                raise TooMuchError(
                    f"has more than {MANY:,} values, aliases written out"
                )
        elif id(node) not in sizes:
            sizes[id(node)] = 0
            left.append((node, True))
            left += [(x, False) for x in inner if id(x) not in sizes]
            if any(sizes.get(id(x)) == 0 for x in inner):
                raise TooMuchError("has a value that contains itself")
        if (
            isinstance(node, yaml.ScalarNode)
            and re.search(":(int|float)$", str(node.tag))
            and len(node.value) > DIGITS
        ):
            raise TooMuchError(f"has a number of more than {DIGITS} digits")


def below(node: yaml.Node) -> Iterator[yaml.Node]:
    """Yield the nodes that are directly in a node."""
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value


def load(text: str | bytes, file: str) -> Any:
    """Return what YAML holds.

    Args:
        text: The YAML.
        file: What messages call it.

    Raises:
        UserError: When it is broken, or too large.
    """
    try:
        return yaml.load(text, Loader)  # noqa: S506 - it is a safe loader
    except TooMuchError as error:
        raise UserError(f"{file} {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise UserError(f"{file}, line {line}: {error.problem}: correct it") from error
    except RecursionError as error:
        raise UserError(f"{file} is not valid YAML: it is nested too deeply") from error
    except (yaml.YAMLError, ArithmeticError, ValueError) as error:
        reason = masked(" ".join(str(error).split()))[:200]
        raise UserError(f"{file} is not valid YAML: {reason}") from error


def read_answers(root: Path, file: str) -> dict[str, Any]:
    """Return what an answers file holds.

    Args:
        root: The folder that the file has to be in, links followed.
        file: Its path there.

    Raises:
        UserError: When it cannot be read, or is broken.
    """
    if (root / file).is_symlink() or not inside(root, file):
        raise UserError(f"{file} is a link, and none is followed: make it a file")
    answers = load(decoded(root / file), file)
    if not isinstance(answers, dict) or not all(isinstance(k, str) for k in answers):
        raise UserError(f"{file} holds no answers: restore it from git's history")
    return answers


def inside(root: Path, path: str) -> bool:
    """Return whether a path's folder lies in the project, links followed."""
    top = os.path.realpath(root)
    folder = os.path.realpath((root / path).parent)
    return folder == top or folder.startswith(top.rstrip(os.sep) + os.sep)
