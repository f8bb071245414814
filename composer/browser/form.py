"""Answers Copier's questions from a form, and notes how the form has to show each of them."""

import json
from collections.abc import Mapping
from types import FrameType
from typing import Any

from copier._types import MISSING
from copier._user_data import Question
from copier.errors import InteractiveSessionError

from .prompt import Structure

Entry = dict[str, Any]  # one question, as the page shows it


class Form:
    """One pass through the questions.

    `given` holds what a person answered, as text: what follows `--data NAME=`. `valid` holds the last valid text of
    each of these answers, which a refused one falls back to.
    """

    def __init__(self, given: Mapping[str, str], valid: dict[str, str]) -> None:
        """Begin with no question asked."""
        self.given = given
        self.valid = valid
        self.entries: list[Entry] = []

    @property
    def refused(self) -> bool:
        """Whether an answer has to be corrected."""
        return any(entry["error"] for entry in self.entries)

    def answer(self, structure: Structure, default: Any) -> Any:
        """Answer one question: with what was given where Copier takes it, else with the default.

        Raises:
            EOFError: If there is no default and no valid answer. Copier then asks no further question.
        """
        question: Question = structure["filter"].__self__
        entry = described(question)
        entry["default"] = text_of_default(structure)
        entry["choices"] = [
            {
                "title": choice.title,
                "value": text(choice.value),
                "disabled": choice.disabled or "",
            }
            for choice in structure.get("choices", ())
        ]
        entry["placeholder"] = structure.get("placeholder", "")
        entry["multiline"] = bool(structure.get("multiline"))
        self.entries.append(entry)
        name = question.var_name
        for number, source in enumerate((self.given, self.valid)):
            if name not in source:
                continue
            try:
                parsed = checked(question, source[name])
            except ValueError as error:
                if number == 0:
                    entry["error"] = message(name, error)
            else:
                self.valid[name] = source[name]
                return parsed
        if default is not MISSING:
            return default
        # Without a default, a terminal begins with an empty line or the first choice.
        try:
            return checked(question, entry["default"])
        except ValueError as error:
            entry["error"] = entry["error"] or message(name, error)
            raise EOFError(f"{name} has no answer") from error

    def stop(self, error: Exception) -> Question | None:
        """Note that Copier stopped at a question, and return it; None where it stopped elsewhere.

        Copier does not ask a question whose default it refuses.
        """
        question = stopped_at(error)
        if question is None:
            return None
        if not (isinstance(error, InteractiveSessionError) and self.refused):
            entry = described(question)
            entry["error"] = message(question.var_name, error)
            self.entries.append(entry)
        return question


def described(question: Question) -> Entry:
    """Return what is known of a question even where its default is refused."""
    kind = "text"
    if question.choices:
        kind = "checkbox" if question.multiselect else "select"
    elif question.get_type_name() == "bool":
        kind = "confirm"
    elif question.secret:
        kind = "password"
    return {
        "name": question.var_name,
        "kind": kind,
        "help": question.get_message().strip(),
        "asked": question.get_ask(),
        "default": "",
        "choices": [],
        "placeholder": "",
        "multiline": False,
        "error": "",
    }


def checked(question: Question, answer: str) -> Any:
    """Return an answer as Copier takes it from `--data`.

    Raises:
        ValueError: With Copier's message, for one that it refuses.
    """
    try:
        parsed = question.parse_answer(answer)
        question.validate_answer(parsed)
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(str(error) or "Invalid input") from error
    return parsed


def message(name: str, error: Exception) -> str:
    """Return what Copier says of an answer, without the question's name, which stands above it."""
    words = " ".join(str(error).split())
    for beginning in ("Validation error for question", "Invalid choice for"):
        words = words.removeprefix(f"{beginning} '{name}': ")
    return words or "Invalid input"


def text(value: Any) -> str:
    """Return a value as the text that stands for it after `--data NAME=`."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def text_of_default(structure: Structure) -> str:
    """Return the text that a question's field begins with."""
    if structure["type"] == "checkbox":
        return json.dumps([c.value for c in structure["choices"] if c.checked])
    default = structure.get("default", "")
    if structure["type"] == "select":
        if default == "":
            default = next(c for c in structure["choices"] if not c.disabled)
        return text(default.value)
    return text(default)


def stopped_at(error: Exception) -> Question | None:
    """Return the question that Copier was at, from the traceback: the error itself does not always name it."""
    trace = error.__traceback__
    while trace:
        frame: FrameType = trace.tb_frame
        if frame.f_code.co_name == "_ask":
            found = frame.f_locals.get("question")
            return found if isinstance(found, Question) else None
        trace = trace.tb_next
    return None
