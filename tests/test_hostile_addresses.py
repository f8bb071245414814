"""Credentials of addresses, and control characters, stay out of messages."""

import json
import os
import sys
import time
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, commit, git, run

from plinth.addresses import masked, printable, shown
from plinth.infer import Repository, find_url

FORMS = [
    "https://user:SECRET@host/x",
    "https://SECRET@host/x",
    "https://oauth2:SECRET@host/x",
    "HTTPS://user:SECRET@host/x",
    "git+https://user:SECRET@host/x",
    "git://user:SECRET@host/x",
    "ssh://user:SECRET@host/x",
    "https://user:a@SECRET@host/x",
    "https://user:a/SECRET@host/x",
    "https://user:a#SECRET@host/x",
    "https://first.last:SECRET@host/x",
    "https://first.last:a/SECRET@host/x",
    "https://user/SECRET@host/x",
    "https://a.SECRET@host/x",
    "https://user%3ASECRET@host/x",
    "user:SECRET@host:path",
    "http://host/x?private_token=SECRET",
    "http://host/x?a=b&token=SECRET#t",
    "http://host/x#token=SECRET",
    "http://host/x?a=b@c&token=SECRET",
    "http://host/x?token=a@SECRET",
    "http://host/x?token=a#SECRET",
    "http://host/x?SECRET",
    "https://user:a'SECRET@host/x",
    "//user:SECRET@host/x",
    "user@corp:SECRET@host:path",
    "user:SECRET@host/path",
    "ext::https://user:SECRET@host/x",
    "url.https://user:SECRET@host/.insteadOf",
]
TEXTS = ["{}", "fatal: unable to access '{}': no host", "see {}, then\n{} again"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("form", FORMS)
def test_secrets_are_masked(form: str, text: str) -> None:
    """No form of an address shows its secret, in any surroundings."""
    assert "SECRET" not in masked(text.format(form, form))


@pytest.mark.parametrize(
    "text",
    [
        "ssh://git@host/x",
        "git@host:x",
        "git@host:x@1",
        "https://host/x",
        "SSH://git@host/x",
        "https://host/x@1",
        "https://example.org/x@main",
        "https://example.org/@x/y@v1.2",
        "/srv/x@1",
        "is it https://host/x? Yes: a=b, Ada <ada@example.org>",
    ],
)
def test_addresses_without_secrets_stay(text: str) -> None:
    """What holds no secret is shown as it is."""
    assert masked(text) == text


def test_the_rest_of_an_address_stays() -> None:
    """A reader still learns which server and which repository a message is about."""
    text = "fatal: 'https://user:SECRET@host/x' and (https://host/x?token=SECRET), not"
    expected = "fatal: 'https://***@host/x' and (https://host/x?***), not"
    assert masked(text) == expected
    assert shown("https://user:a SECRET@host/x") == "https://***@host/x"
    assert shown("/srv/my template") == "/srv/my template"
    assert printable("Zoë — 雪") == "Zoë — 雪"


@pytest.mark.parametrize(
    "bad", ["\x1b", "\x9b", "\x7f", "\u202e", "\u200b", "\u2028", "\udc80"]
)
def test_control_characters_are_escaped(bad: str) -> None:
    """A terminal gets nothing that it would obey."""
    assert printable(f"a{bad}b").isprintable()


def test_long_texts_take_no_time() -> None:
    """A message may quote a file of a megabyte."""
    start = time.monotonic()
    for part in ("/", "a:", "@", "?", "a=", "//@", "?a=", "a" * 9):
        masked(part * (1_000_000 // len(part)))
    assert time.monotonic() - start < 10


LOCAL = [
    form.replace("host", "127.0.0.1:9" if "//" in form else "127.0.0.1")
    for form in FORMS
] + ["https://user:a SECRET@127.0.0.1:9/x", f"https://{'a' * 400}:SECRET@127.0.0.1:9/x"]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Let drift read projects of such templates, and repositories at such addresses, once.

    The other formats are written from the rows that this run keeps.
    """
    top = tmp_path_factory.mktemp("addresses")
    repository = top / "projects\x1b[31m\u202e"
    for number, form in enumerate(LOCAL):
        project = repository / str(number)
        project.mkdir(parents=True)
        answers = {"_commit": form, "_src_path": form, "url": form}
        (project / ".copier-answers.yml").write_text(yaml.safe_dump(answers))
    git(repository, "init", "--quiet")
    commit(repository)
    named = [form for form in LOCAL if "://" in form]
    (top / "list").write_text("\n".join([str(repository), *named]))
    (top / "no-list.json").write_text(json.dumps({named[0]: named[0]}))
    environment = {
        "GIT_SSH_COMMAND": "false",
        "http_proxy": "",
        "https_proxy": "",
        "PYTHONIOENCODING": "utf-8",
    }
    resume = ("--from", top / "list", "--resume", top / "resume", "--jobs", "1")
    found = {}
    for form, options in {
        "table": resume,
        "json": (*resume, "--json"),
        "html": (*resume, "--html", top / "html"),
        "list": (f"--all-repos={top / 'no-list.json'}",),
        "option": (f"--{named[0]}\x1b",),
        "missing": (f"--from={named[0]}\x1b",),
        "preview": ("--from", top / "list", "--diff"),
        "preview-json": ("--from", top / "list", "--json"),
        "restore": ("--from", top / "list"),
        "restore-json": ("--from", top / "list", "--json"),
    }.items():
        other = form.partition("-")[0]
        tool = other if other in ("preview", "restore") else "drift"
        command = (sys.executable, "-m", "plinth", tool, *options)
        done = run(*command, cwd=ROOT, env=environment, check=False)
        assert done.returncode == 2
        found[form] = done.stdout + done.stderr
    return found | {name: (top / name).read_text() for name in ("html", "resume")}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *("table", "json", "html", "resume", "list", "option", "missing"),
        *("preview", "preview-json", "restore", "restore-json"),
    ],
)
def test_no_command_tells_a_secret(reports: dict[str, str], name: str) -> None:
    """In no format, in no error, and not in the file that a later run continues."""
    assert reports[name]
    assert "SECRET" not in reports[name]
    assert all(line.isprintable() for line in reports[name].splitlines())


@pytest.mark.slow
def test_drift_reads_all_of_them(reports: dict[str, str]) -> None:
    """Each has its row, which says why its template was not read."""
    rows = [json.loads(line) for line in reports["resume"].splitlines()]
    problems = [row["problem"] for row in rows if row["projects"] > 1]
    assert len(problems) == len(LOCAL)
    assert all("cannot read the template" in problem for problem in problems)
    named = [form for form in LOCAL if "://" in form]
    assert len(reports["json"].splitlines()) == len(LOCAL) + len(named)


BAD = "\x1b[31m\x9b\u202e\u200b\u2028"


def test_adopt_tells_no_secret(tmp_path: Path) -> None:
    """Neither in the answers nor on the terminal, under any names of files and texts."""
    repository = tmp_path / os.fsdecode(f"sound{BAD}".encode() + b"\x80")
    (repository / "src/sound").mkdir(parents=True)
    (repository / "src/sound/__init__.py").write_text("")
    for name in ("LICENSE", "COPYING"):
        text = (ROOT / "includes/licenses/MIT.txt").read_text()
        (repository / f"{name}-{BAD}").write_text(text)
    git(repository, "init", "--quiet")
    command = (sys.executable, "-m", "plinth", "adopt", repository)
    (repository / "setup.py").write_text(
        f"setup(author='Ada\\u202e', description={BAD!r}, license={BAD!r}, python_requires={BAD!r})"
    )
    done = run(*command, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert all(line.isprintable() for line in said.split("\n"))
    assert "\\x1b[31m" in said
    assert yaml.safe_load(done.stdout)["user_name"] == "Ada\u202e"
    (repository / ".copier-answers.yml").write_text("")
    done = run(*command, cwd=ROOT, check=False)
    assert done.stderr.startswith("plinth: ")
    assert done.stderr.removesuffix("\n").isprintable()


@pytest.mark.parametrize("form", FORMS)
def test_the_answer_holds_no_secret(tmp_path: Path, form: str) -> None:
    """What git calls origin becomes the repository's address, for all to read."""
    (tmp_path / ".git").mkdir()
    config = f'[remote "origin"]\nurl = {form}\n'
    (tmp_path / ".git/config").write_text(config)
    found = find_url(Repository(tmp_path))
    assert "SECRET" not in f"{found}"
