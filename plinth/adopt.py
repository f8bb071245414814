"""Write an existing repository's answers to the template's questions."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from .addresses import masked, printable
from .bounds import bounded
from .infer import Finding, infer, licenses
from .sources import Fields, UserError, show

TEMPLATE = Path(__file__).parents[1]
SECONDS = 30  # for reading one repository
# Names are fixed at birth: a default in the place of one would stay wrong for good.
FIXED = ("package_name", "distribution_name", "starter")
HEADER = "# copier copy --defaults --data-file THIS_FILE TEMPLATE REPOSITORY\n"
# Files of the template's that a repository may have under another name: one beside it would be one too many. Of its
# configurations Renovate reads the first that it finds, and no other.
RENOVATE = [
    *(
        f"{place}renovate.json{end}"
        for place in ("", ".github/", ".gitlab/")
        for end in ("", "c", "5")
    ),
    *(f".renovaterc{end}" for end in ("", ".json", ".jsonc", ".json5")),
]
ELSEWHERE = {
    "AGENTS.md": ["CLAUDE.md"],
    ".github/dependabot.yml": [".github/dependabot.yaml"],
    ".github/renovate.json": RENOVATE,
    ".gitlab/renovate.json": RENOVATE,
    **{
        f"{folder}/{name}.md": [f"{place}{name}*" for place in ("", ".git*/", "docs/")]
        for folder in (".github", "docs")
        for name in ("CONTRIBUTING", "SECURITY")
    },
}
COMMENTS = {
    "adopted": "# Files of the template's that the repository has: its own stay.\n",
    "modules": "# Its own are there: one named here would be written anew.\n",
}


class Questions:
    """The template's own choices, defaults and validators."""

    def __init__(self) -> None:
        """Read copier.yml, and set Jinja up as Copier does for it."""
        config = yaml.safe_load((TEMPLATE / "copier.yml").read_text("utf-8"))
        self.asked: dict[str, Fields] = {
            name: question
            for name, question in config.items()
            if not name.startswith("_")
        }
        self.choices: dict[str, list[str]] = {
            name: list(choices.values() if isinstance(choices, dict) else choices)
            for name, question in self.asked.items()
            if (choices := question.get("choices"))
        }
        self.jinja = SandboxedEnvironment(
            loader=FileSystemLoader(TEMPLATE),
            extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
            **{**config["_envops"], "undefined": StrictUndefined},
        )

    def settle(
        self, found: dict[str, Finding], folder: Path
    ) -> Iterator[tuple[str, Finding, Any]]:
        """Yield each question, its finding and the answer that holds.

        A value that the template refuses is none; the default holds then.

        Raises:
            UserError: For a name that is refused.
        """
        context: Fields = {
            "_folder_name": folder.resolve().name,
            "_copier_operation": "copy",
        }
        for name, question in self.asked.items():
            finding = found.get(name, Finding(None, note="no source has it"))
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
            if question.get("when") is not False and "help" in question:
                yield name, finding, context[name]

    def default(self, question: Fields, context: Fields) -> Any:
        """Return the answer of a question that is left alone."""
        text = question.get("default", "")
        text = self.render(text, context) if isinstance(text, str) else text
        return (
            yaml.safe_load(text)
            if text and question["type"] in ("json", "yaml")
            else text
        )

    def refusal(self, name: str, context: Fields) -> str:
        """Return why the template refuses an answer, nothing when it takes it."""
        choices = self.choices.get(name)
        if choices and context[name] not in choices:
            return f"{show(context[name])} is none of {', '.join(choices)}"
        return self.render(self.asked[name].get("validator", ""), context).strip()

    def render(self, text: str, context: Fields) -> str:
        """Render an expression of the template's own."""
        return self.jinja.from_string(text).render(context)


def adopt(folder: Path, output: Path | None, *, force: bool = False) -> None:
    """Write a repository's answers, and tell on stderr where each comes from.

    Args:
        folder: The repository.
        output: The file to write; stdout without one.
        force: Whether to replace a file that exists.

    Raises:
        UserError: For a repository that cannot be adopted, and for an output that
            cannot be written. Nothing is written then.
    """
    if output and os.path.lexists(output) and not force:
        raise UserError(f"{show(output)} exists: choose another file or add --force")
    questions = Questions()
    with bounded(folder, SECONDS):
        found, notes = infer(folder, questions.choices)
        settled = [*questions.settle(found, folder)]
    told, answers, documents = [], HEADER, "docs"
    for name, finding, value in settled:
        if name == "ci" and value == "github":
            documents = ".github"
        if finding.value is None:
            told.append(
                f"{name}: not inferred: {finding.note}; "
                f"the default {show(value)} holds unless you answer {name}"
            )
        else:
            note = f" ({finding.note})" if finding.note else ""
            told.append(f"{name}: {show(value)}, from {finding.source}{note}")
            answers += dump(name, value)
    with bounded(folder, SECONDS):
        files = kept(folder, documents)
    if files:
        notes.append(f"kept, and not the template's: {', '.join(files)}")
    write((answers + dump("adopted", files)).encode(), output)
    for line in (*told, *(f"note: {note}" for note in notes)):
        print(printable(masked(line)), file=sys.stderr)


def dump(name: str, value: object) -> str:
    """Return an answer as YAML, below the comment that it needs."""
    plain = str(value).isprintable()  # else YAML escapes it
    text = yaml.safe_dump({name: value}, allow_unicode=plain, width=10_000)
    return COMMENTS.get(name, "") + text


def kept(folder: Path, documents: str) -> list[str]:
    """Return which of the template's files a repository has.

    `documents` is the folder of CONTRIBUTING and SECURITY. Its src/ and tests/ need no mention. A licence has many names; it is no reason for
    another beside it, unless a pyproject.toml of the template's is to name that.
    """
    template = TEMPLATE / "template"
    files = [path for path in template.rglob("*") if path.is_file()]
    names = [path.relative_to(template).as_posix() for path in files]
    names = [name.replace("{{ documents }}", documents) for name in names]
    # What only some answers bring counts, too: {% if … %}.gitlab-ci.yml{% endif %}.
    names = [re.sub(r"\{%.*?%\}", "", name) for name in names if "{{" not in name]
    names = [name.removesuffix(".jinja") for name in names]
    names = [name for name in names if not name.startswith(("src/", "tests/"))]
    there = [
        name
        for name in names
        if os.path.lexists(folder / name)
        or any(any(folder.glob(other)) for other in ELSEWHERE.get(name, []))
    ]
    if "pyproject.toml" in there and "LICENSE" not in there and licenses(folder):
        there.append("LICENSE")
    return sorted(there)


def write(content: bytes, output: Path | None) -> None:
    """Write a file, or stdout, as a whole or not at all."""
    if not output:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    try:
        with tempfile.TemporaryDirectory(
            dir=output.parent, prefix=".answers-"
        ) as beside:
            file = Path(beside) / "answers.yml"
            file.write_bytes(content)
            file.replace(output)
    except OSError as error:
        raise UserError(f"cannot write {show(output)}: {error.strerror}") from error
