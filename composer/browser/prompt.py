"""Where Copier's questions go: a terminal asks them through questionary, the page through this."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Structure = Mapping[str, Any]  # a question as Copier describes it to questionary


def nobody(question: Structure, default: Any) -> Any:
    """Refuse a question that comes while no form is there.

    Raises:
        EOFError: Always; Copier turns it into a message of its own.
    """
    raise EOFError(f"nobody answers {question['name']}")


answer: Callable[[Structure, Any], Any] = nobody


def ask(questions: Sequence[Structure], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of the form, and the computed ones for questions that are not asked."""
    given = dict(answers)
    for question in questions:
        if question["when"](given):
            given[question["name"]] = answer(question, given[question["name"]])
    return given
