"""An extension of Sphinx that writes the pages in docs/made: the reference, and a page for each starter."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]
MADE = ROOT / "docs/made"
LANGUAGES = {
    ".cfg": "ini",
    ".css": "css",
    ".html": "html+django",
    ".json": "json",
    ".md": "markdown",
    ".py": "python",
    ".toml": "toml",
    ".yml": "yaml",
}
# A starter's files that every project has, with any starter.
COMMON = ("py.typed", "_lazy.py")
RELEASE = "template/.standard/release.py"
PROMISE = (
    "This page shows what `--help` prints. The first two are commands of a project."
)
# What Copier itself needs of the template.
TEMPLATE = ("copier.yml", "includes", "starters", "template")


def command(*words: str) -> str:
    """Return what a command prints, in 88 columns and without colour."""
    environment = {**os.environ, "COLUMNS": "88", "NO_COLOR": "1"}
    done = subprocess.run(
        words, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.rstrip()


def fenced(text: str, language: str = "text") -> list[str]:
    """Return the lines of a block of code, with a fence longer than those in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return [f"{fence}{language}", text.rstrip(), fence, ""]


# ---- Questions ------------------------------------------------------------------------------------------------------


def questions() -> dict[str, Mapping[str, Any]]:
    """Return the questions of copier.yml that a user may answer, in their order."""
    loaded = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    return {
        name: question
        for name, question in loaded.items()
        if not name.startswith("_") and "help" in question
    }


def default(value: object) -> str:
    """Return how the page shows a default; Jinja stands for "it depends on other answers"."""
    text = value if isinstance(value, str) else json.dumps(value)
    if "{%" in text or "{{" in text:
        return "depends on the answers before"
    return f"`{text}`" if text else "empty"


def choices(question: Mapping[str, Any]) -> list[str]:
    """Return a line for each value of a question, with its label."""
    found = question.get("choices") or []
    if isinstance(found, dict):
        return [f"- `{value}`: {label}" for label, value in found.items()]
    return [f"- `{value}`" for value in found]


def asked(question: Mapping[str, Any]) -> str:
    """Return when Copier asks a question at the prompt."""
    if question.get("ask", True) is False:
        return "no: set it with `--data` or `--ask`"
    return "only for some answers" if "ask" in question else "yes"


def questions_page() -> str:
    """Return the page of all questions, as copier.yml has them."""
    lines = [
        "# Questions",
        "",
        "This page is made from `copier.yml`. Give an answer at the prompt, with `--data NAME=VALUE`, or in a file with",
        "`--data-file`. `--ask NAME` makes Copier ask a question that it does not ask by itself.",
        "",
    ]
    for name, question in questions().items():
        lines += [f"## {name}", "", question["help"], ""]
        rows = [
            ("asked at the prompt", asked(question)),
            ("default", default(question.get("default", ""))),
        ]
        if "placeholder" in question:
            rows.append(("example", f"`{question['placeholder']}`"))
        lines += ["| | |", "|---|---|"]
        lines += [f"| {key} | {value} |" for key, value in rows if value]
        listed = choices(question)
        lines += ["", "Choices:", "", *listed, ""] if listed else [""]
    return "\n".join(lines)


# ---- Commands -------------------------------------------------------------------------------------------------------


def subcommands(text: str) -> list[str]:
    """Return the names of the subcommands that argparse lists in a help text."""
    listed = re.search(r"^  COMMAND\n((?:    .*\n?)+)", text, re.MULTILINE)
    return re.findall(r"^    (\S+)", listed[1], re.MULTILINE) if listed else []


def helps(words: tuple[str, ...], name: str) -> Iterator[tuple[str, str]]:
    """Yield a command and its help text, then those of its subcommands."""
    text = command(*words, "--help")
    yield name, text
    for each in subcommands(text):
        yield from helps((*words, each), f"{name} {each}")


def commands_page() -> str:
    """Return the page of all commands with what their --help prints."""
    lines = ["# Commands", "", PROMISE, ""]
    python = sys.executable
    bootstrap = (python, "-I", "template/.standard/bootstrap.py", ".")
    found = [("./bootstrap", command(*bootstrap, "--help"))]
    # A project's command for releases has no --help: a mistake prints its usage.
    release = ast.parse((ROOT / RELEASE).read_text(encoding="utf-8"))
    usage = ast.get_docstring(release) or ""
    found.append(("./bootstrap python .standard/release.py", usage))
    found += helps((python, "-m", "plinth"), "plinth")
    if (ROOT / "composer/__main__.py").exists():
        found += helps((python, "-m", "composer"), "python -m composer")
    for name, text in found:
        lines += [f"## {name}", "", *fenced(text)]
    return "\n".join(lines)


# ---- Starters -------------------------------------------------------------------------------------------------------


def tree(folder: Path) -> str:
    """Return a drawing of the files below a folder."""

    def below(path: Path, indent: str) -> Iterator[str]:
        entries = sorted(path.iterdir(), key=lambda each: (each.is_file(), each.name))
        for number, each in enumerate(entries, 1):
            last = number == len(entries)
            yield f"{indent}{'└── ' if last else '├── '}{each.name}{'/' * each.is_dir()}"
            if each.is_dir():
                yield from below(each, indent + ("    " if last else "│   "))

    return "\n".join([f"{folder.name}/", *below(folder, "")])


def copy_template(root: Path, folder: Path) -> None:
    """Copy the template's files out of git, where Copier takes them as they are.

    Files that git ignores, such as a tool's cache, are left out.
    """
    listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = command("git", "-C", str(root), *listed, "--", *TEMPLATE)
    for name in filter(None, names.split("\0")):
        if (root / name).is_file():  # not one that is deleted
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, folder / name)


def render(template: Path, folder: Path, starter: str) -> Path:
    """Render the project of a starter, and return its folder."""
    from copier import run_copy

    project = folder / starter / "my-project"
    run_copy(
        str(template),
        project,
        data={"starter": starter},
        defaults=True,
        quiet=True,
        unsafe=False,
    )
    return project


def use(project: Path) -> str:
    """Return the part "Use" of a project's README."""
    text = (project / "README.md").read_text(encoding="utf-8")
    return text.partition("\n## Use\n")[2].partition("\n## ")[0].strip()


def starter_page(project: Path, name: str, label: str) -> str:
    """Return the page of a starter: how it is used, its tree and its files."""
    lines = [
        f"# {name}",
        "",
        f"{label[0].upper()}{label[1:]}.",
        "",
        *fenced(f"copier copy --data starter={name} ADDRESS my-project"),
        use(project),
        "",
        "## Files",
        "",
        *fenced(tree(project)),
    ]
    package = project / "src/my_project"
    files = [
        path
        for path in sorted(package.rglob("*"), key=lambda x: (x.parent, x.name))
        if path.is_file() and path.name not in COMMON and path.stat().st_size
    ]
    for path in [project / "requirements_prod.txt", *files]:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        shown = path.relative_to(project).as_posix()
        language = LANGUAGES.get(path.suffix, "text")
        # In code, Markdown leaves the underscores of __init__.py alone.
        lines += [f"### `{shown}`", "", *fenced(text, language)]
    return "\n".join(lines)


def starter_pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page of the gallery."""
    labels = {
        value: label for label, value in questions()["starter"]["choices"].items()
    }
    with tempfile.TemporaryDirectory() as temporary:
        template = Path(temporary, "template")
        copy_template(ROOT, template)
        for starter, label in labels.items():
            project = render(template, Path(temporary), starter)
            yield starter, starter_page(project, starter, label)


# ---- The extension --------------------------------------------------------------------------------------------------


def write(app: Sphinx) -> None:
    """Write the pages that have changed, so that Sphinx reads only these again."""
    made = {
        MADE / "questions.md": questions_page(),
        MADE / "commands.md": commands_page(),
        **{MADE / f"starters/{name}.md": text for name, text in starter_pages()},
    }
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in MADE.rglob("*.md"):
        if path not in made:
            path.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Let Sphinx call the function above."""
    app.connect("builder-inited", write, priority=100)
    return {"parallel_read_safe": True}
