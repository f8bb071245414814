"""What an answers file says, and which answers somebody changed by hand."""

from typing import Any
from urllib.parse import urlsplit

from plinth.answers import load
from plinth.files import UserError, decoded, show

from .repository import Repository


def address_and_version(answers: dict[str, Any], file: str) -> tuple[str, str]:
    """Return `_src_path` and `_commit`.

    Raises:
        UserError: When one is missing, is not text, or cannot be parsed.
    """
    for name, what in [("_src_path", "address"), ("_commit", "version")]:
        value = answers.get(name)
        if value is None or value == "":
            raise UserError(f"{file} has no {name}: set it to the template's {what}")
        if not isinstance(value, str):
            raise UserError(f"{file}: {name} is {show(value)}, no text: quote it")
        if not value.isprintable() or not value.strip():
            raise UserError(
                f"{file}: {name} is {show(value)}: set it to the template's {what}"
            )
    try:
        urlsplit(answers["_src_path"])
    except ValueError as error:
        raise UserError(
            f"{file}: _src_path is not an address ({error}): set it to the template's"
        ) from error
    return answers["_src_path"], answers["_commit"]


def answers_by_hand(stored: dict[str, Any], written: object) -> dict[str, str]:
    """Return which answers Copier would write otherwise, and how, by name.

    A record of answers within an answer (as `born` and `before` of Plinth's) stands for those.
    """
    found: dict[str, str] = {}
    written = written if isinstance(written, dict) else {}
    for name in sorted(stored.keys() | written.keys()):
        if name.startswith("_") or (
            name in stored and name in written and stored[name] == written[name]
        ):
            continue
        if name not in stored:
            found[name] = f"missing; Copier would write {show(written[name])}"
        elif name not in written:
            found[name] = f"{show(stored[name])}, but no question asks for it"
        else:
            own, other = stored[name], written[name]
            if isinstance(own, dict) and isinstance(other, dict):
                inner = [
                    k for k in own.keys() | other.keys() if own.get(k) != other.get(k)
                ]
                if all(k in stored for k in inner):
                    for k in inner:
                        text = f"{show(stored[k])}, but {name} has {show(own.get(k))}"
                        found.setdefault(str(k), text)
                    continue
            found[name] = f"{show(own)}, where Copier would write {show(other)}"
    return found


def committed_answers(
    repository: Repository, file: str, answers: dict[str, Any]
) -> dict[str, Any] | None:
    """Return what the last copy or update wrote into the answers file, if that differs now."""
    try:
        text = repository.answered(file)
        if text == decoded(repository.root / file):
            return None
        then = load(text, file)
    except UserError:
        return None
    if not isinstance(then, dict) or then.get("_commit") != answers["_commit"]:
        return None
    same = {key: answers[key] for key in ("_commit", "_src_path")}
    return None if then | same == answers else then | same
