"""What is raised where an argument does not keep to the contract of a routine."""


class ContractError(ValueError):
    """An argument that a routine does not accept; the text says which and why."""


class DtypeError(ContractError):
    """What was passed is no array, or one of another dtype."""


class NotFiniteError(ContractError):
    """An array holds NaN or infinity."""


class ParameterError(ContractError):
    """A parameter is out of its range, or of another type."""


class ShapeError(ContractError):
    """An array has another number of axes."""
