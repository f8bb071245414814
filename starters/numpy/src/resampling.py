"""Resample a series whose neighbouring values depend on one another."""

import operator
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray


def block_bootstrap(
    series: ArrayLike,
    *,
    block_length: SupportsIndex,
    resamples: SupportsIndex,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Resample a stationary series in blocks, which keep what neighbours share.

    This is the circular block bootstrap of Politis and Romano (1992). A block starts
    anywhere with the same probability. After the last value comes the first.
    Blocks of length 1 are Efron's bootstrap.

    Args:
        series: The series, in order of time along the first axis: shape (n,), or (n, k)
            for k series that stay together. Lists, integers and other real numbers are
            converted to float64, and the series is only read.
        block_length: Length of the blocks, from 1 to n. The last one is cut to fit.
        resamples: How many series to draw, at least 1.
        rng: Where the blocks are drawn from. The same state gives the same result.

    Returns:
        A new array of float64, of shape (resamples, n) or (resamples, n, k). It is empty
        if the series is; only then may block_length exceed n.

    Raises:
        TypeError: The series cannot be converted without loss, for example text or
            complex numbers. Or another argument has the wrong type.
        ValueError: The series has another number of axes, or holds NaN or infinity.
            Or another argument is out of its range.
    """
    values = np.asarray(series)
    values = values.astype(np.float64, casting="same_kind", copy=False)
    _check_values(values)
    length = len(values)
    block = _checked_count("block_length", block_length, length or None)
    rows = _checked_count("resamples", resamples, None)
    _check_rng(rng)

    blocks = -(-length // block)
    starts = rng.integers(length, size=(rows, blocks, 1))
    indices = (starts + np.arange(block)) % length
    indices = indices.reshape(rows, blocks * block)[:, :length]
    return np.take(values, indices, axis=0)


def _check_rng(rng: object) -> None:
    """Raise TypeError unless it is a generator of random numbers."""
    if not isinstance(rng, np.random.Generator):
        message = f"rng is {rng!r}: pass a numpy.random.Generator, from default_rng()"
        raise TypeError(message)


def _check_values(values: NDArray[np.float64]) -> None:
    """Raise ValueError for another number of axes, and for NaN and infinity."""
    if values.ndim not in (1, 2):
        raise ValueError(f"series has shape {values.shape}: (n,) or (n, k) is expected")
    finite = np.isfinite(values)
    if not finite.all():
        first = tuple(map(int, np.argwhere(~finite)[0]))
        message = f"series{[*first]} is {values[first]}: leave it out or fill it in"
        raise ValueError(message)


def _checked_count(name: str, value: SupportsIndex, most: int | None) -> int:
    """Return an integer from 1 to `most` as int, or raise TypeError or ValueError."""
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}: pass an integer") from None
    if count < 1 or (most is not None and count > most):
        limit = "at least 1" if most is None else f"from 1 to {most}"
        raise ValueError(f"{name} is {count}: it must be {limit}")
    return count
