"""Resampling of series whose neighbouring values depend on one another."""

import operator
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from .errors import DtypeError, NotFiniteError, ParameterError, ShapeError


def block_bootstrap(
    series: NDArray[np.float64],
    *,
    block_length: SupportsIndex,
    resamples: SupportsIndex,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Resample a stationary series in blocks, which keep what neighbours share.

    This is the circular block bootstrap of Politis and Romano (1992): blocks start
    anywhere with the same probability and run on from the last value to the first, so
    that each value is drawn equally often. Blocks of length 1 are Efron's bootstrap.

    Args:
        series: The series, in order of time along the first axis: shape (n,), or (n, k)
            for k series that stay together. Any strides; it is only read.
        block_length: Length of the blocks, from 1 to n. The last one is cut to fit.
        resamples: How many series to draw, at least 1.
        rng: Where the blocks are drawn from; the same state gives the same result.

    Returns:
        A new array of shape (resamples, n) or (resamples, n, k). It is empty where the
        series is; only then may block_length exceed n.

    Raises:
        DtypeError: If the series is no array of float64 in native byte order. Nothing
            is converted: what may lose digits is to be seen in the caller.
        ShapeError: If it has neither one axis nor two.
        NotFiniteError: If it holds NaN or infinity.
        ParameterError: If block_length, resamples or rng is not as described above.
    """
    _check_series(series)
    length = len(series)
    block = _checked_count("block_length", block_length, length or None)
    rows = _checked_count("resamples", resamples, None)
    _check_rng(rng)

    blocks = -(-length // block)
    starts = rng.integers(length, size=(rows, blocks, 1))
    indices = (starts + np.arange(block)) % length
    indices = indices.reshape(rows, blocks * block)[:, :length]
    return np.take(series, indices, axis=0)


def _check_rng(rng: object) -> None:
    """Raise an error of the package unless it is a generator of random numbers."""
    if not isinstance(rng, np.random.Generator):
        message = f"rng is {rng!r}: pass a numpy.random.Generator, from default_rng()"
        raise ParameterError(message)


def _check_series(series: object) -> None:
    """Raise an error of the package unless the series keeps to the contract."""
    if not isinstance(series, np.ndarray):
        message = f"series is a {type(series).__name__}: pass a NumPy array of float64"
        raise DtypeError(message)
    if series.dtype != np.float64:
        message = f"series has dtype {series.dtype}: convert it with .astype('float64')"
        raise DtypeError(message)
    if series.ndim not in (1, 2):
        raise ShapeError(f"series has shape {series.shape}: (n,) or (n, k) is expected")
    finite = np.isfinite(series)
    if not finite.all():
        first = tuple(map(int, np.argwhere(~finite)[0]))
        message = f"series{[*first]} is {series[first]}: leave it out or fill it in"
        raise NotFiniteError(message)


def _checked_count(name: str, value: SupportsIndex, most: int | None) -> int:
    """Return an integer from 1 to most as int; raise ParameterError otherwise."""
    try:
        count = operator.index(value)
    except TypeError:
        raise ParameterError(f"{name} is {value!r}: pass an integer") from None
    if count < 1 or (most is not None and count > most):
        limit = "at least 1" if most is None else f"from 1 to {most}"
        raise ParameterError(f"{name} is {count}: it has to be {limit}")
    return count
