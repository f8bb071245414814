"""Small sets of answers that cover many combinations."""

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from allpairspy import AllPairs

Row = list[Any]


def rather(mark: pytest.MarkDecorator, values: Iterable[Any], *first: Any) -> list[Any]:
    """Return a test's values, all marked except those that are named first."""
    return [x if x in first else pytest.param(x, marks=mark) for x in values]


def pairwise(
    options: dict[str, list[Any]], possible: Callable[[Row], bool]
) -> list[Row]:
    """Return rows with each possible pair of values of two options."""
    return [list(x) for x in AllPairs(list(options.values()), filter_func=possible)]


def thin(rows: list[Row], options: dict[str, list[Any]], once: str) -> list[Row]:
    """Return some of the rows: all pairs are still there, but each value of the option `once` only once.

    Each starter with each value of every other option would double the time of the tests.
    """
    alone = list(options).index(once)

    def covered(row: Row) -> set[Any]:
        places = [place for place in enumerate(map(str, row)) if place[0] != alone]
        return {*itertools.combinations(places, 2), (once, str(row[alone]))}

    missing = set().union(*map(covered, rows))
    chosen = []
    while missing:
        best = max(rows, key=lambda row: len(covered(row) & missing))
        missing -= covered(best)
        chosen.append(best)
    return chosen
