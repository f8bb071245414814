"""Counts what a text consists of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is of a text.

    Attributes:
        characters: Unicode code points, line breaks included.
        words: Runs of characters that are not white space, see str.split.
        lines: Lines as str.splitlines sees them; a last line break begins no new one.
    """

    characters: int
    words: int
    lines: int


def count(text: str) -> Counts:
    """Count the characters, words and lines of a text."""
    return Counts(len(text), len(text.split()), len(text.splitlines()))
