"""Stands in for questionary.prompts.common."""

from typing import Any


class Choice:
    """One choice of a question."""

    def __init__(
        self,
        title: str,
        value: Any = None,
        disabled: str | None = None,
        checked: bool | None = False,
    ) -> None:
        """Keep what Copier says of the choice; without a value, the title is the value."""
        self.title = title
        self.value = title if value is None else value
        self.disabled = disabled or None
        self.checked = checked
