"""The pages of the site that are made from the code, and the pages that describe parts of the code by hand."""

import argparse
import inspect
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import yaml
from conftest import ROOT, STARTERS, Generate, run
from markdown_it import MarkdownIt

from composer.__main__ import parser as composer_parser
from composer.screenshots import PICTURES
from docs.tools.pages import (
    commands_page,
    copy_template,
    questions,
    questions_page,
    render,
    starter_page,
)
from plinth.command import parser
from plinth.drift.row import Row, wrong

COPIER = yaml.safe_load((ROOT / "copier.yml").read_text())
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in sorted(
        [
            ROOT / "README.md",
            *ROOT.glob("benchmarks/*.md"),
            *ROOT.glob("composer/*.md"),
            *ROOT.glob("plinth/*.md"),
            *ROOT.glob("docs/*.md"),
            *ROOT.glob("docs/[!m]*/*.md"),
        ]
    )
}


def subparsers(made: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands of a command line."""
    (found,) = (x for x in made._actions if isinstance(x, argparse._SubParsersAction))
    return dict(found.choices)


def options(made: argparse.ArgumentParser) -> set[str]:
    """Return the options of a command."""
    return {name for action in made._actions for name in action.option_strings}


PLINTH = subparsers(parser())
COMPOSER = subparsers(composer_parser())
OF_PLINTH = set().union(*map(options, PLINTH.values()))
HELP = run(
    sys.executable, "template/.standard/bootstrap.py", ".", "--help", cwd=ROOT
).stdout
OF_BOOTSTRAP = set(re.findall(r"--[a-z][a-z-]*", HELP))
OF_BENCHMARKS = {
    name
    for path in ROOT.glob("benchmarks/*.py")
    for name in re.findall(r'"(--[a-z][a-z-]*)"', path.read_text())
}
# Options of Copier, which the pages name without it.
OF_COPIER = {"--ask", "--data", "--data-file", "--defaults", "--overwrite", "--trust"}


# ---- The reference -----------------------------------------------------------------------------------------------------


def test_the_reference_has_every_question() -> None:
    """Those without a `help` text are computed, or are an organisation's settings."""
    page = questions_page()
    headings = re.findall(r"^## (\w+)$", page, re.MULTILINE)
    assert headings == list(questions())
    assert len(headings) == 14
    for name in headings:
        part = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert COPIER[name]["help"] in part
        for choice in re.findall(r"^- `(.*?)`", part, re.MULTILINE):
            assert choice in str(COPIER[name]["choices"])


def test_the_reference_has_every_command() -> None:
    page = commands_page()
    headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
    assert headings == [
        "./bootstrap",
        "./bootstrap python .standard/release.py",
        "plinth",
        *(f"plinth {name}" for name in PLINTH),
        "python -m composer",
        *(f"python -m composer {name}" for name in COMPOSER),
    ]
    for name, command in PLINTH.items():
        part = page.partition(f"\n## plinth {name}\n")[2].partition("\n## ")[0]
        assert options(command) <= set(re.findall(r"--?[a-zA-Z][a-z-]*", part)), name
    assert "--tag TAG" in page


def test_the_gallery_shows_the_files_of_a_starter(
    template: Path, tmp_path: Path
) -> None:
    label = {value: text for text, value in COPIER["starter"]["choices"].items()}
    project = render(template, tmp_path, "cli")
    page = starter_page(project, "cli", label["cli"])
    assert page.startswith("# cli\n")
    starter = STARTERS[0].parent / "cli"
    listed = run("git", "ls-files", "src", "tests", cwd=starter).stdout.split()
    assert len(listed) > 3
    for name in (Path(name.removesuffix(".jinja")) for name in listed):
        assert re.search(rf"(├|└)── {re.escape(name.name)}$", page, re.MULTILINE), name
        if name.parts[0] == "src":
            path = Path("src/my_project", *name.parts[1:])
            text = (project / path).read_text()
            assert f"### `{path.as_posix()}`\n" in page
            assert text.rstrip() in page


def test_the_gallery_leaves_out_what_git_ignores(tmp_path: Path) -> None:
    """A tool's cache in the working tree is not a file of a project."""
    root = tmp_path / "root"
    (root / "template").mkdir(parents=True)
    (root / "starters").mkdir()
    (root / "includes").mkdir()
    (root / "copier.yml").write_text("name: a\n")
    (root / ".gitignore").write_text(".ruff_cache/\n")
    run("git", "init", "--quiet", cwd=root)
    (root / "template/new.txt").write_text("new\n")
    (root / "template/.ruff_cache").mkdir()
    (root / "template/.ruff_cache/CACHEDIR.TAG").write_text("cache\n")
    copy_template(root, tmp_path / "copy")
    copied = [x for x in (tmp_path / "copy").rglob("*") if x.is_file()]
    names = {path.relative_to(tmp_path / "copy").as_posix() for path in copied}
    assert names == {"copier.yml", "template/new.txt"}


# ---- What is written by hand -------------------------------------------------------------------------------------------


def test_the_guide_names_every_question() -> None:
    """CONTRIBUTING lists this place for a new question."""
    guide = PAGES["docs/guide/questions.md"]
    assert [name for name in questions() if f"`{name}`" not in guide] == []


def test_the_words_after_a_copy_name_each_answer_that_nobody_was_asked_for() -> None:
    words = (ROOT / "includes/copied.jinja").read_text()
    silent = [x for x, question in questions().items() if question.get("ask") is False]
    assert len(silent) > 4
    assert [name for name in silent if f"{name}={{{{ {name}" not in words] == []


def test_the_page_about_drift_names_every_field() -> None:
    """CONTRIBUTING lists this place for a new field of the report."""
    page = PAGES["docs/team/drift.md"]
    assert [x.name for x in fields(Row) if f"`{x.name}`" not in page] == []


def test_people_see_every_field_of_a_row() -> None:
    """In the table, on the page, or as a finding in both. The others are for programs."""
    for_programs = {"answers_file", "latest", "projects"}
    shown = "".join(
        [
            *((ROOT / "plinth/drift" / x).read_text() for x in SHOWING),
            inspect.getsource(Row.findings),
            inspect.getsource(Row.name.fget),  # type: ignore[attr-defined]
        ]
    )
    seen = set(re.findall(r"\b(?:row|self)\.(\w+)", shown))
    assert {x.name for x in fields(Row)} - seen == for_programs


NUMBERS = {11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen"}
SHOWING = ("report.py", "page.html.jinja")
SAMPLES = ("clean", 1, True, None, {"a": "b"}, ["a"], 1.5)


@pytest.mark.parametrize("name", [field.name for field in fields(Row)])
def test_every_field_is_checked_by_its_type(name: str) -> None:
    """`--resume` reads rows that somebody may have edited."""
    hint = get_type_hints(Row)[name]
    allowed = [getattr(x, "__origin__", x) for x in get_args(hint) or [hint]]
    if getattr(hint, "__origin__", None) in (dict, list):
        allowed = [hint.__origin__]
    for sample in SAMPLES:
        assert (wrong(name, sample) == "") == (type(sample) in allowed), sample


@pytest.mark.parametrize("name", list(PAGES))
def test_every_option_that_a_page_names_exists(name: str) -> None:
    """Those in its sentences and tables; other tests run the blocks."""
    known = OF_PLINTH | OF_BOOTSTRAP | OF_COPIER
    known |= OF_BENCHMARKS if name.startswith("benchmarks/") else set()
    known |= set().union(*map(options, COMPOSER.values()))
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(PAGES[name]):
        for code in (x for x in token.children or () if x.type == "code_inline"):
            used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", code.content))
            words = code.content.split()
            if code.content.startswith("./bootstrap -"):
                assert used <= OF_BOOTSTRAP, code.content
            elif words[0] == "plinth" and len(words) > 1:
                assert used <= options(PLINTH[words[1]]), code.content
            elif words[0].startswith("--"):
                assert used <= known, code.content


@pytest.mark.parametrize("name", list(PAGES))
def test_every_block_of_a_page_ends(name: str) -> None:
    """Markdown takes a fence without an end as a block up to the end of the page."""
    lines = PAGES[name].splitlines()
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(PAGES[name]):
        if token.type == "fence" and token.map:
            last = lines[token.map[1] - 1].strip()
            assert last == token.markup, f"line {token.map[0] + 1}"
            directive = token.info.startswith("{")  # a name can be all that it needs
            assert directive or token.content.strip(), f"line {token.map[0] + 1}"


@pytest.mark.parametrize(
    "name",
    [
        "benchmarks/README.md",
        "composer/README.md",
        "docs/composer.md",
        "plinth/README.md",
    ],
)
def test_the_commands_of_the_other_pages_are_understood(name: str) -> None:
    """These measure for minutes, or need the network. Other tests run them in another way."""
    blocks = re.findall(r"(?ms)^```(?:sh|text)\n(.*?)^```$", PAGES[name])
    lines = [line.partition(" #")[0].split() for x in blocks for line in x.splitlines()]
    assert lines
    for words in lines:
        if "plinth" in words:
            rest = words[words.index("plinth") + 1 :]
            assert parser().parse_args(rest).command == rest[0]
        elif words[1:4] == ["python", "-m", "composer"]:
            composer_parser().parse_args(words[4:])
        elif words[1:2] == ["python"]:
            assert (ROOT / words[2]).is_file()
        else:
            assert words[:3] == ["./bootstrap", "copier", "copy"]


# ---- Pictures ----------------------------------------------------------------------------------------------------------


def test_the_picture_of_the_architecture_names_what_is_there(
    generate: Generate,
) -> None:
    """It is the one picture that no command makes."""
    picture = (ROOT / "docs/pictures/architecture.svg").read_text()
    texts = re.findall(r">([^<>\n]+)<", picture)
    number = next(x for x in texts if x.startswith("starters/"))
    assert number == f"starters/: {NUMBERS[len(STARTERS)]} beginnings"
    project = generate()
    names = re.findall(r"[\w.]+/|[A-Za-z_.]+\.(?:md|toml|txt|yml)", " ".join(texts))
    assert len(names) > 10
    for name in [*names, "bootstrap", ".gitignore"]:
        assert (ROOT / name).exists() or (project / name).exists(), name


def test_the_page_of_the_composer_shows_a_picture_that_its_command_makes() -> None:
    """The workflows make the pictures before the site."""
    (shown,) = re.findall(
        r"^```\{composer\} (.*)\.png$", PAGES["docs/composer.md"], re.MULTILINE
    )
    assert shown in PICTURES
