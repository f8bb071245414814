"""What can go wrong: every error of the package is a ServiceError."""


class ServiceError(Exception):
    """Base of the package's errors; its text is one line that a user can act on."""


class ConfigError(ServiceError):
    """A setting is not what it has to be."""


class ConversionError(ServiceError):
    """A value cannot be given in the unit asked for."""


class ListenError(ServiceError):
    """The server cannot listen where it was told to."""
