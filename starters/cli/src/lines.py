"""What the commands do with lines of text."""

from collections import Counter
from collections.abc import Iterable, Iterator


def count_lines(lines: Iterable[str]) -> Counter[str]:
    """Count how often each line occurs. A line end is not part of a line."""
    return Counter(line.rstrip("\r\n") for line in lines)


def unique_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield each line once, without its end, in the order of the first occurrences."""
    seen: set[str] = set()
    for line in lines:
        text = line.rstrip("\r\n")
        if text not in seen:
            seen.add(text)
            yield text
