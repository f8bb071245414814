"""Greetings: an example, to be replaced by your own module."""


def greet(name: str) -> str:
    """Return a greeting."""
    return f"Hello {name}!"


class Greeter:
    """Somebody who greets others.

    Attributes:
        name: Who greets.
    """

    def __init__(self, name: str) -> None:
        """Remember the name."""
        self.name = name

    def greet(self, other: str) -> str:
        """Return a greeting with both names."""
        return f"{greet(other)} I am {self.name}."
