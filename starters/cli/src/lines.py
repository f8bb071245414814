"""Lines of text, read from files and counted."""

from collections import Counter
from collections.abc import Iterable, Iterator


class InputError(Exception):
    """An input cannot be counted; the message says which one, and why."""


class UnreadableError(InputError):
    """A file is missing, may not be read, or is none."""


class EncodingError(InputError):
    """A line is not UTF-8."""


def count_lines(
    files: Iterable[str | int], *, ignore_case: bool = False
) -> Counter[str]:
    """Count how often each line occurs in all files together.

    Args:
        files: Paths, or numbers of open file descriptors, such as 0 for standard
            input, which stay open.
        ignore_case: Take lines for equal that differ in case only; they are
            counted as their ``str.casefold``.

    Returns:
        The counts, in the order in which the lines first occurred. Line ends, and
        a byte order mark at the start of a file, are no part of a line.

    Raises:
        UnreadableError: Where the system refuses to open or to read a file.
        EncodingError: For a line that is not UTF-8.
    """
    counts: Counter[str] = Counter()
    for file in files:
        lines = _read(file)
        counts.update(map(str.casefold, lines) if ignore_case else lines)
    return counts


def _read(file: str | int) -> Iterator[str]:
    """Yield a file's lines, without their ends."""
    name = repr(file) if isinstance(file, str) else f"file descriptor {file}"
    number, encoding = 0, "utf-8-sig"
    try:
        with open(file, "rb", closefd=isinstance(file, str)) as stream:
            for line in stream:
                number += 1
                yield line.rstrip(b"\r\n").decode(encoding)
                encoding = "utf-8"
    except OSError as error:
        raise UnreadableError(f"cannot read {name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        message = f"line {number} of {name} is not UTF-8: convert it, as with iconv"
        raise EncodingError(message) from error
