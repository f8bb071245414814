"""Saves models and loads them again, without pickle.

pickle and joblib run whatever code a file names while they load it, so they are for
files of one's own only. ONNX files hold no code, but they cannot be trained further,
and they need a runtime and a converter besides. skops files hold the parameters and the
names of types, of which only scikit-learn's and NumPy's own are created: see
https://scikit-learn.org/stable/model_persistence.html. That still means to trust the
numbers: who can change a model file decides what it predicts.
"""

import contextlib
import os
import warnings
from pathlib import Path

import skops.io
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import Pipeline

from .errors import (
    MissingModelError,
    ModelVersionError,
    UnreadableModelError,
    UntrustedModelError,
    UnwritableModelError,
)


def save(model: Pipeline, path: str | Path) -> None:
    """Write a trained pipeline to a file, which is replaced at once or left as it was.

    Raises:
        UnwritableModelError: If the file cannot be written.
    """
    path = Path(path)
    draft = path.parent / f".{path.name}.{os.getpid()}"
    try:
        draft.write_bytes(skops.io.dumps(model))
        draft.replace(path)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}"
        raise UnwritableModelError(message) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def load(path: str | Path) -> Pipeline:
    """Return the trained pipeline of a file that `save` has written.

    Raises:
        MissingModelError: If there is no such file.
        ModelVersionError: If another version of scikit-learn has written it: nobody
            knows whether its numbers mean the same in this one.
        UnreadableModelError: If it is damaged or holds something else.
        UntrustedModelError: If it names types that are none of scikit-learn or NumPy.
            They are not imported.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingModelError(f"there is no model {path}: train one") from error
    except OSError as error:
        raise UnreadableModelError(f"cannot read {path}: {error.strerror}") from error
    try:
        unknown = skops.io.get_untrusted_types(data=data)
        if not unknown:
            with warnings.catch_warnings():
                warnings.simplefilter("error", InconsistentVersionWarning)
                model = skops.io.loads(data)
    except InconsistentVersionWarning as error:
        saved, current = error.original_sklearn_version, error.current_sklearn_version
        message = f"{path} is of scikit-learn {saved}, this is {current}: train it anew"
        raise ModelVersionError(message) from error
    # skops does not say what a damaged file makes it raise.
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UnreadableModelError(f"{path} is no saved model: {reason}") from error
    if unknown:
        message = f"{path} names types that are not trusted: {', '.join(unknown)}"
        raise UntrustedModelError(message)
    if getattr(model, "n_features_in_", None) is None:
        raise UnreadableModelError(f"{path} holds no trained model: train one")
    return model
