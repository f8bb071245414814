"""The template's questions: their choices, defaults and validators."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from copier.errors import CopierError
from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from .copier_private import REFUSED, configuration
from .files import UserError, show
from .infer import Finding
from .metadata import Fields

# Names are fixed at birth: a default in the place of one would stay wrong for good.
FIXED = ("package_name", "distribution_name", "starter")


class Questions:
    """The template's own choices, defaults and validators."""

    def __init__(self, folder: Path) -> None:
        """Read copier.yml of a template, and set Jinja up as Copier does for it.

        Raises:
            UserError: When the folder is not a template of this kind.
        """
        try:
            config = configuration(folder)
            self.asked: dict[str, Fields] = {
                name: question
                for name, question in config.items()
                if not name.startswith("_") and isinstance(question, dict)
            }
            subdirectory, options = config["_subdirectory"], config["_envops"]
            self.asked["package_name"], self.asked["adopted"]
        except (CopierError, OSError, KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"{show(folder)} is not Plinth and not a template that includes Plinth: {error!r}"
            ) from error
        self.choices: dict[str, list[str]] = {
            name: list(choices.values() if isinstance(choices, dict) else choices)
            for name, question in self.asked.items()
            if (choices := question.get("choices"))
        }
        self.jinja = SandboxedEnvironment(
            loader=FileSystemLoader(folder),
            extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
            **{**options, "undefined": StrictUndefined},
        )
        self.jinja.filters.update(REFUSED)
        self.context: Fields = {}  # every answer, those that the template pins included
        base = self.asked.get("base", {}).get("default", "")
        self.licenses = folder / base / "includes" / "licenses"
        self.files = folder / self.render(subdirectory, {"base": base})
        self.own_files: list[str] = self.asked.get("own_files", {}).get("default", [])

    def settle(
        self, found: dict[str, Finding], folder: Path
    ) -> Iterator[tuple[str, Finding, Any]]:
        """Yield each question, its finding and the answer that holds.

        A value that the template refuses is none; the default holds then.

        Raises:
            UserError: For a name that is refused.
        """
        context = self.context = {
            "_folder_name": folder.resolve().name,
            "_copier_operation": "copy",
        }
        for name, question in self.asked.items():
            finding = found.get(name, Finding(None, note="no source has it"))
            pinned = question.get("when") is False
            finding = Finding(None) if pinned else finding
            context[name] = finding.value
            if finding.value is not None and (refusal := self.refusal(name, context)):
                if name in FIXED:
                    raise UserError(
                        f"cannot adopt {show(folder)}: its {name}: {refusal}"
                    )
                finding = Finding(
                    None, note=f"{finding.source} has one that is refused: {refusal}"
                )
            if finding.value is None:
                context[name] = self.default(question, context)
            # Records, such as the year of the copy, have no words to ask with.
            if not pinned and "help" in question:
                yield name, finding, context[name]

    def default(self, question: Fields, context: Fields) -> Any:
        """Return the answer of a question that is left alone."""
        text = question.get("default", "")
        if not isinstance(text, str):
            return text
        text = self.render(text, context)
        plain = not text or question.get("type") not in ("json", "yaml")
        return text if plain else yaml.safe_load(text)

    def refusal(self, name: str, context: Fields) -> str:
        """Return why the template refuses an answer, nothing when it takes it."""
        choices = self.choices.get(name)
        if choices and context[name] not in choices:
            return f"{show(context[name])} is none of {', '.join(choices)}"
        return self.render(self.asked[name].get("validator", ""), context).strip()

    def render(self, text: str, context: Fields) -> str:
        """Render an expression of the template's own.

        Raises:
            UserError: When it is not valid.
        """
        try:
            return self.jinja.from_string(text).render(context)
        except TemplateError as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(
                f"the template's questions are not valid: {reason}"
            ) from error
