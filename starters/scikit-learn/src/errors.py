"""What is raised for models and samples that cannot be used."""


class ModelError(Exception):
    """A model or a sample that cannot be used; the text says which, and the way out."""


class FeatureError(ModelError):
    """Samples are no finite numbers, or not as many as the model has features."""


class MissingModelError(ModelError):
    """There is no model file."""


class ModelVersionError(ModelError):
    """The model was saved by another version of scikit-learn."""


class UnreadableModelError(ModelError):
    """The file is damaged or is no saved model."""


class UntrustedModelError(ModelError):
    """The file names types that nobody has said may be loaded."""


class UnwritableModelError(ModelError):
    """The model could not be written; the file is as it was."""
