"""A classifier of wines: 13 measurements, three cultivars."""

import numpy as np
from numpy.typing import NDArray
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

# The types that the command line passes to `load` and `save` as `trusted`. A forest, for
# example, needs "sklearn.tree._tree.Tree"; the error message of `save` names the types.
TRUSTED: tuple[str, ...] = ()


def load_wine() -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Return the samples (178, 13) and labels (178,) that come with scikit-learn."""
    wine = datasets.load_wine()
    return wine.data, wine.target_names[wine.target]


def build() -> Pipeline:
    """Return the untrained model. Put your own estimator here."""
    return make_pipeline(StandardScaler(), LogisticRegression())
