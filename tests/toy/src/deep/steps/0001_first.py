"""The first step."""


class Step:
    """A step."""
