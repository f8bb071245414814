"""An application."""

from ._wire import Wire


class App:
    """Has a wire."""

    def __init__(self) -> None:
        """Make the wire."""
        self.wire = Wire()


def make_app() -> App:
    """Return a new application."""
    return App()


def main() -> None:
    """Say what was made."""
    print(type(make_app()).__name__)
