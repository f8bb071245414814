"""The wire."""


class Wire:
    """A wire."""
