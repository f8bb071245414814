"""A classifier of wines by their chemical analysis: 13 numbers, three cultivars."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from .errors import FeatureError


class Wine(NamedTuple):
    """Samples, one a row (n, 13), and their labels (n,), to train and to test on."""

    train_samples: NDArray[np.float64]
    test_samples: NDArray[np.float64]
    train_labels: NDArray[np.str_]
    test_labels: NDArray[np.str_]


def load_wine(seed: int = 0) -> Wine:
    """Return the data that comes with scikit-learn, a quarter of it held out for tests.

    The same seed holds out the same samples, with the same share of each label.
    """
    wine = datasets.load_wine()
    labels = wine.target_names[wine.target]
    parts = train_test_split(
        wine.data, labels, test_size=0.25, random_state=seed, stratify=labels
    )
    return Wine(*parts)


def build() -> Pipeline:
    """Return the untrained pipeline. What it scales by, it learns in training alone."""
    return make_pipeline(StandardScaler(), LogisticRegression())


def train(samples: ArrayLike, labels: ArrayLike) -> Pipeline:
    """Return a pipeline trained on samples (n, features) and their labels (n,)."""
    return build().fit(samples, labels)


def evaluate(model: Pipeline, samples: ArrayLike, labels: ArrayLike) -> float:
    """Return the share of samples (n, features) that the model gives their labels (n,).

    Raises FeatureError as `predict` does.
    """
    return float(accuracy_score(labels, predict(model, samples)))


def predict(model: Pipeline, samples: ArrayLike) -> list[str]:
    """Return the label of each sample, given one a row: shape (n, features).

    Raises:
        FeatureError: If they are no finite numbers or have another shape.
    """
    try:
        array = np.asarray(samples, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise FeatureError(f"samples are no table of numbers: {error}") from error
    expected = model.n_features_in_
    if array.ndim != 2 or array.shape[1] != expected:
        message = f"samples have shape {array.shape}: (n, {expected}) is expected"
        raise FeatureError(message)
    finite = np.isfinite(array)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        value = array[row, column]
        raise FeatureError(f"feature {column} of sample {row} is {value}: leave it out")
    return [str(label) for label in model.predict(array)] if len(array) else []
