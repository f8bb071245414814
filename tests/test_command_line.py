"""What a person types in a shell: the plain `copier` command, without --trust."""

import os
import pty
import re
import select
import sys
import termios
import time
from pathlib import Path

import pytest
import yaml
from conftest import LAYOUTS, copier, run

CLEAR = "\x05\x15"  # go to the end of the line, then delete all of it
DOWN = "\x1b[B"
# The help of each question that is asked, in order, and an answer that Copier refuses at once, with the message.
ASKED = [
    ("What is the project called?", "\t", "empty, enter a name"),
    ("What does it do, in one sentence?", "x" * 501, "longer than 500 characters"),
    ("Who is the author and copyright holder?", " a", "no white space at either end"),
    ("What is the author's e-mail address?", "ada", "not an e-mail address"),
    ("Which licence do others get?", None, None),
    (
        "What is the URL of its repository?",
        "https://ada:secret@example.org",
        'no credentials before the "@"',
    ),
    ("What are you building?", None, None),
    (
        "Which modules does it have",
        "wave:Wave, read",
        'no space beside "," or ":": ", read"',
    ),
]


class Prompt:
    """Copier on a terminal of 80 columns."""

    def __init__(self, *arguments: str | Path) -> None:
        """Start Copier."""
        command = [sys.executable, "-m", "copier", *map(str, arguments)]
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            # Nobody answers when prompt_toolkit asks the terminal where its cursor is.
            environment = {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
            os.execve(sys.executable, command, os.environ | environment)
        termios.tcsetwinsize(self.terminal, (24, 80))
        self.printed = ""

    def wait_for(self, text: str) -> None:
        """Read until a text appears, and forget all before it."""
        end = time.monotonic() + 60
        while text not in self.printed:
            assert select.select([self.terminal], [], [], end - time.monotonic())[0]
            self.printed += self.read()
        self.printed = self.printed.partition(text)[2]

    def read(self) -> str:
        """Return what comes next, without the terminal's control sequences."""
        text = os.read(self.terminal, 65536).decode(errors="replace")
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)

    def type(self, keys: str) -> None:
        """Press keys, then Enter."""
        os.write(self.terminal, f"{keys}\r".encode())

    def finish(self) -> tuple[int, str]:
        """Read to the end; return the exit status and the last words."""
        try:
            while True:
                self.printed += self.read()
        except OSError:  # Linux says so when the other side is closed
            pass
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.terminal)
        return status, self.printed


def test_the_prompt_asks_eight_questions(template: Path, tmp_path: Path) -> None:
    """Each refusal can be read to its end, and a settled answer needs one key."""
    prompt = Prompt("copy", "--quiet", template, tmp_path / "demo")
    for question, wrong, message in ASKED:
        prompt.wait_for(question)
        if wrong is not None:
            prompt.type(CLEAR + wrong.strip("\t"))
            prompt.wait_for(f": {message}")
            prompt.type(CLEAR + ("demo" if question.endswith("called?") else ""))
        else:
            prompt.type("")
    status, printed = prompt.finish()
    assert status == 0
    assert "🎤" not in printed.replace(f"🎤 {question}", "")  # no other question
    answers = yaml.safe_load((tmp_path / "demo/.copier-answers.yml").read_text())
    asked = ("project_name", "description", "user_name", "user_email", "repository")
    assert [answers[name] for name in asked] == ["demo", "", "", "", ""]
    assert answers["package_name"] == "demo"
    licence = (tmp_path / "demo/LICENSE").read_text()
    assert f"(c) {answers['copyright_year']} demo contributors" in licence


def test_a_choice_at_the_prompt_cannot_clash(template: Path, tmp_path: Path) -> None:
    """Copier does not validate choices at the prompt: the package flask would hide the library."""
    prompt = Prompt("copy", "--quiet", template, tmp_path / "flask")
    for question, _, _ in ASKED[:-1]:
        prompt.wait_for(question)
        prompt.type(DOWN * 4 if question == "What are you building?" else "")
    status, printed = prompt.finish()
    assert status != 0
    assert '"flask" installs an import package "flask" too' in " ".join(printed.split())
    assert list(tmp_path.iterdir()) == []


def test_an_option_is_asked_on_request(template: Path, tmp_path: Path) -> None:
    prompt = Prompt("copy", "--defaults", "--ask=py*", template, tmp_path / "demo")
    prompt.wait_for("What is the oldest Python that it supports?")
    prompt.type(DOWN)
    status, printed = prompt.finish()
    assert status == 0
    others = "exports=eager ci=github docs=false"
    assert f"distribution_name=demo python_min=3.12 {others}" in " ".join(
        printed.split()
    )


def test_a_project_without_trust(template: Path, tmp_path: Path) -> None:
    copier("copy", "--defaults", template, "my-project", cwd=tmp_path)
    answers = yaml.safe_load((tmp_path / "my-project/.copier-answers.yml").read_text())
    assert answers["_src_path"] == str(template)
    assert answers["_commit"] == "1.0.0"
    assert (answers["project_name"], answers["package_name"]) == (
        "my-project",
        "my_project",
    )
    assert (tmp_path / "my-project/src/my_project/__init__.py").is_file()


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(
            path, id=path.stem, marks=[pytest.mark.slow] * (path.stem != "sound")
        )
        for path in LAYOUTS
    ],
)
def test_a_layout_as_data_file(template: Path, layout: Path, tmp_path: Path) -> None:
    copier("copy", "--defaults", "--data-file", layout, template, "out", cwd=tmp_path)
    answers = yaml.safe_load((tmp_path / "out/.copier-answers.yml").read_text())
    assert answers["modules"] == yaml.safe_load(layout.read_text())["modules"]


def test_next_commands_are_printed_and_work(template: Path, tmp_path: Path) -> None:
    """The commands hold for a folder whose name a shell would take apart."""
    folder = tmp_path / "it's a $project"
    _, printed = copier("copy", "--defaults", template, folder, cwd=tmp_path)
    assert "LICENSE" not in printed.partition("Next:")[2]
    lines = printed.partition("Next:")[2].splitlines()
    commands = [line.strip() for line in lines if line.strip()]
    assert commands[2].startswith("./bootstrap pytest")
    assert commands[3].startswith("copier update")
    identity = {
        f"GIT_{role}_{what}": "a@example.org"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    run("sh", "-c", f"{commands[0]} && {commands[1]}", cwd=tmp_path, env=identity)
    assert run("git", "status", "--porcelain", cwd=folder).stdout == ""


@pytest.mark.slow
def test_the_words_ask_for_a_licence_of_your_own(
    template: Path, tmp_path: Path
) -> None:
    other = ("copy", "--defaults", "--data=license=other", template, "demo")
    _, printed = copier(*other, cwd=tmp_path)
    assert "\nWrite your licence into LICENSE, and its name into" in printed
    assert not (tmp_path / "demo/LICENSE").exists()


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        pytest.param(".", True, id="dot"),
        pytest.param("../plinth", True, id="parent", marks=pytest.mark.slow),
        pytest.param("{template}", False, id="absolute"),
        pytest.param("git+file://{template}", False, id="url"),
    ],
)
def test_a_relative_address_is_warned_of(
    template: Path, tmp_path: Path, address: str, warned: bool
) -> None:
    _, printed = copier(
        "copy",
        "--defaults",
        address.format(template=template),
        tmp_path / "out",
        cwd=template,
    )
    assert ("WARNING: the template's address" in printed) == warned


def test_settings_of_the_user_fill_in(template: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text(
        "defaults: {user_name: Ada Lovelace, user_email: ada@example.org, license: ISC}\n"
    )
    environment = {"COPIER_SETTINGS_PATH": str(settings)}
    run(
        sys.executable,
        "-m",
        "copier",
        "copy",
        "--defaults",
        template,
        "out",
        cwd=tmp_path,
        env=environment,
    )
    answers = yaml.safe_load((tmp_path / "out/.copier-answers.yml").read_text())
    assert (answers["user_name"], answers["user_email"], answers["license"]) == (
        "Ada Lovelace",
        "ada@example.org",
        "ISC",
    )


@pytest.mark.slow
def test_the_year_is_frozen_at_birth(template: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    copier(
        "copy",
        "--defaults",
        "--data",
        "copyright_year=1999",
        template,
        project,
        cwd=tmp_path,
    )
    copier("recopy", "--defaults", "--overwrite", project, cwd=tmp_path)
    assert (
        "Copyright (c) 1999 project contributors" in (project / "LICENSE").read_text()
    )


def test_a_refusal_ends_in_one_line_and_leaves_nothing(
    template: Path, tmp_path: Path
) -> None:
    """The last line says it all; what Copier prints above it, for a value given by --data, is Copier's own."""
    status, printed = copier(
        "copy",
        "--defaults",
        "-d",
        "package_name=class",
        template,
        "out",
        cwd=tmp_path,
        check=False,
    )
    assert status != 0
    last = printed.strip().splitlines()[-1]
    rule = "Validation error for question 'package_name': a Python keyword"
    assert f'{rule}, change it: "class". Example: "sound_tools".' in last
    assert list(tmp_path.iterdir()) == []
