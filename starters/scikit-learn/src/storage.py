"""Save models and load them again, without pickle.

A pickle or joblib file can run any code while you load it. A skops file creates only types
that skops knows as safe, and those that you trust by name. See
https://scikit-learn.org/stable/model_persistence.html.
"""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import skops.io
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.utils.validation import check_is_fitted


class ModelError(Exception):
    """The file is not a trained model of this version of scikit-learn."""


class UntrustedModelError(ModelError):
    """The model has types that you must trust by name."""


def save(model: Any, path: str | Path, *, trusted: Sequence[str] = ()) -> None:
    """Write a trained model to a file. An existing file is replaced at once or not at all.

    Raises:
        ModelError: `load` would refuse the file. UntrustedModelError names the types.
        OSError: The file cannot be written.
    """
    path = Path(path)
    data = skops.io.dumps(model)
    _restore(path, data, trusted)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def load(path: str | Path, *, trusted: Sequence[str] = ()) -> Any:
    """Return the trained model of a file that `save` has written.

    Trust a type only if you know who wrote the file. Changed numbers in a tree or a
    neighbours' index can crash the process.

    Raises:
        ModelError: The file is damaged, or another version of scikit-learn wrote it.
        UntrustedModelError: The file names types that are not in `trusted`.
        OSError: The file cannot be read.
    """
    return _restore(path, Path(path).read_bytes(), trusted)


def _restore(path: str | Path, data: bytes, trusted: Sequence[str]) -> Any:
    """Return the trained model in the bytes of a file, or raise as `load` does."""
    try:
        unknown = sorted({*skops.io.get_untrusted_types(data=data)} - {*trusted})
        if not unknown:
            with warnings.catch_warnings():
                warnings.simplefilter("error", InconsistentVersionWarning)
                model = skops.io.loads(data, trusted=trusted)
            check_is_fitted(model)
            return model
    except InconsistentVersionWarning as error:
        saved, current = error.original_sklearn_version, error.current_sklearn_version
        text = f"{path} is of scikit-learn {saved}, this is {current}: train again"
        raise ModelError(text) from error
    # A damaged file can raise anything.
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ModelError(f"{path} is not a trained model: {reason}") from error
    text = f"{path} has types that you must trust by name: trusted={unknown}"
    raise UntrustedModelError(text)
