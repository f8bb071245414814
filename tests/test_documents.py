"""README and the site: their commands run as written, their links lead somewhere, their pictures are current."""

import importlib
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from conftest import ROOT, STARTERS, Generate, git, run
from markdown_it import MarkdownIt

from docs.tools.pictures import TERMINAL, terminal
from docs.tools.session import Block, CommandError, Session, blocks
from plinth.command import parser

README = (ROOT / "README.md").read_text()
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("docs/[!m]*/*.md")])
}
MARKDOWN = [ROOT / name for name in git(ROOT, "ls-files", "*.md").splitlines()]


@pytest.mark.slow
def test_the_first_commands_work(tmp_path: Path, newcomer: dict[str, str]) -> None:
    """A new user has a fresh clone, a fresh home folder, and only Python and git on PATH.

    A project comes out, and its tests are green; this repository's own tests at least are found.
    """
    copy, test = README.partition("```sh\n")[2].partition("```")[0].strip().splitlines()
    assert test.split("#")[0].split() == ["./bootstrap", "pytest"]
    clone = tmp_path / "plinth"
    run("git", "clone", "--quiet", ROOT, clone, cwd=tmp_path)

    def shell(command: str, folder: Path) -> str:
        code = f"cd {folder} && {command}"
        # env -i: what the tests' own environment holds must not help.
        words = [f"{name}={value}" for name, value in newcomer.items()]
        return run("env", "-i", *words, "sh", "-c", code, cwd=tmp_path).stdout

    shell(copy, clone)
    assert (tmp_path / "my-project/requirements_lock.txt").is_file()
    assert " passed in " in shell("./bootstrap pytest", tmp_path / "my-project")
    assert "tests collected" in shell("./bootstrap pytest --collect-only -q", clone)


# ---- The pages ---------------------------------------------------------------------------------------------------------


def test_the_first_page_is_short() -> None:
    assert len(README.splitlines()) <= 120
    assert len(README.split()) <= 900


def test_the_first_page_names_every_starter() -> None:
    rows = re.findall(r"^\| (`.*) \| .* \|$", README, re.MULTILINE)
    names = re.findall("`(.*?)`", " ".join(rows))
    assert sorted(names) == [path.name for path in STARTERS]


def test_every_place_that_contributing_names_exists() -> None:
    """Words in capitals and `…` stand for any name."""
    names = re.findall("`([^` ]+/[^` ]*)`", CONTRIBUTING.read_text())
    assert len(names) > 20
    for name in names:
        pattern = re.sub("[A-Z]{4,}|…", "**", name.removesuffix("/"))
        assert any(ROOT.glob(pattern)), f"{name} does not exist"


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(
        r"^#+ (.*)$", re.sub(r"(?ms)^```.*?^```", "", page), re.MULTILINE
    )
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    }


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: path.relative_to(ROOT))
def test_every_link_inside_the_repository_leads_somewhere(path: Path) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(path.read_text())
    for child in (child for token in tokens for child in token.children or ()):
        link = str(child.attrGet("href") or child.attrGet("src") or "")
        if not link or re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (path.parent / name) if name else path
        if "made/" not in name:  # made when the site is built, which checks these links
            assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """Return the machine that runs the pages, one after the other."""
    with Session() as session:
        yield session


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    # Building the site runs the pages that show outputs.
    [name for name, page in PAGES.items() if blocks(page) and "```{run}" not in page]
    + ["CONTRIBUTING.md"],
)
def test_every_command_of_a_page_works(session: Session, name: str) -> None:
    session.begin()
    for block in blocks((ROOT / name).read_text()):
        assert len(list(session.run_block(block))) == len(block.commands)


@pytest.mark.slow
def test_every_command_of_readme_works(session: Session) -> None:
    """The last block builds the site, and so runs the commands whose outputs it shows.

    The first block has a test of its own.
    """
    session.begin()
    first, *rest = blocks(README)
    assert "./bootstrap pytest " in first.code
    for block in rest:
        session.folder = session.clone
        assert len(list(session.run_block(block))) == len(block.commands)
    made = session.clone / "build/html"
    for name, page in PAGES.items():
        built = (made / name.removeprefix("docs/")).with_suffix(".html").read_text()
        for block in blocks(page):
            first_word = block.commands[0].split()[0]
            assert "```{run}" not in page or first_word in built
    assert len(list(made.glob("made/starters/*.html"))) == len(STARTERS)


@pytest.mark.slow
def test_a_page_whose_command_fails_is_not_built(session: Session) -> None:
    session.begin()
    with pytest.raises(CommandError, match=r"exit status 3: \(exit 3\)"):
        list(session.run_block(Block("true\n(exit 3)\n")))


@pytest.mark.slow
def test_the_picture_of_a_terminal_is_current() -> None:
    """`./bootstrap python -m docs.tools.pictures` makes it; only times differ."""
    made, kept = (
        re.sub(r"\d+\.\d+s", "0s", re.sub(r"<[^>]*>", "", text))
        for text in (terminal(), TERMINAL.read_text())
    )
    assert re.sub(r"[=&#160;\s]+", " ", made) == re.sub(r"[=&#160;\s]+", " ", kept)


def commands_of_plinth() -> list[str]:
    """Return the commands that blocks of text show, which nothing runs."""
    found = [re.findall(r"(?ms)^```text\n(.*?)^```$", page) for page in PAGES.values()]
    lines = [line for texts in found for text in texts for line in text.splitlines()]
    return [line for line in lines if re.match(r"(\./bootstrap )?plinth ", line)]


@pytest.mark.parametrize("line", commands_of_plinth())
def test_the_commands_of_plinth_are_understood(line: str) -> None:
    words = shlex.split(line.removeprefix("./bootstrap "))[1:]
    assert parser().parse_args(words).command == words[0]


def test_the_settings_of_a_campaign_are_understood() -> None:
    """Those of the page are whole settings of all-repos, or the list of repositories."""
    page = PAGES["docs/team/campaign.md"]
    texts = [json.loads(x) for x in re.findall(r"(?ms)^```json\n(.*?)^```$", page)]
    complete = [settings for settings in texts if "output_dir" in settings]
    assert len(complete) > 1
    for settings in complete:
        for kind in ("source", "push"):
            module = importlib.import_module(settings[kind])
            assert module.Settings(**settings[f"{kind}_settings"])


def test_the_dockerfile_is_that_of_a_project(generate: Generate) -> None:
    (text,) = re.findall(
        r"(?ms)^```dockerfile\n.*?^```$", PAGES["docs/guide/docker.md"]
    )
    assert text in (generate(starter="flask") / ".github/CONTRIBUTING.md").read_text()
