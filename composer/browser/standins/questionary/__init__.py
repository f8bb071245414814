"""Stands in for questionary: Copier asks the page's form, not a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from composer.browser import prompt


def unsafe_prompt(
    questions: Sequence[prompt.Structure],
    answers: Mapping[str, Any] | None = None,
    **_: object,
) -> dict[str, Any]:
    """Return an answer to each question."""
    return prompt.ask(questions, answers or {})


def confirm(*_: object, **__: object) -> NoReturn:
    """Refuse to ask whether to overwrite a file: the page renders into an empty folder.

    Raises:
        EOFError: Always.
    """
    raise EOFError("a page cannot ask whether to overwrite a file")
