"""The composer without a browser: its form, its zip, its build. What needs Chromium is in test_composer_page.py."""

import json
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import NEXT, ROOT, STARTERS, copier, git, run
from copier import _main
from plumbum import local
from support.browsing import Files, built, copied, files_in, files_of
from support.forms import CHANGES, every_kind, prompted, template_of
from support.organisations import organise

from composer import npm, packages, releases
from composer.__main__ import main
from composer.browser import prompt
from composer.browser.composer import Composer
from composer.programs import ComposerError

Compose = Callable[..., Composer]


@pytest.fixture(scope="module", autouse=True)
def _form() -> Iterator[None]:
    """Let Copier ask a form, as it does in the page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_main, "unsafe_prompt", prompt.ask)
        yield


def opened(template: Path, version: str, folder: Path) -> Composer:
    """Return what the page's Python makes of a template."""
    folder.mkdir(exist_ok=True)
    release = releases.pack(str(template), version, folder)
    return Composer(release, folder / f"{release['name']}.zip", folder / "composer")


@pytest.fixture
def compose(tmp_path: Path) -> Compose:
    """Return a function that opens a template."""
    return lambda template, version="": opened(template, version, tmp_path / "packed")


@pytest.fixture(scope="module")
def composer(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Composer:
    """Return the opened working tree."""
    return opened(template, "1.0.0", tmp_path_factory.mktemp("composer"))


def zipped(composer: Composer, folder: Path) -> Files:
    """Return the files of a zip that a page offers for download."""
    archive = folder / f"{composer.folder.name}.zip"
    archive.write_bytes(composer.zip())
    return files_in(archive)


def entry(result: dict[str, Any], name: str) -> dict[str, Any]:
    """Return how the form shows a question."""
    (found,) = [one for one in result["questions"] if one["name"] == name]
    return dict(found)


# ---- The zip is what `copier copy` makes -------------------------------------------------------------------------------

VARIED: list[dict[str, str]] = [
    {"project_name": "Wave läb & 'co'", "license": "Apache-2.0"},
    {"package_name": "waves", "exports": "lazy", "ci": "gitlab"},
    {"docs": "true", "description": 'Says "hi" \\ {{ x }} # \' ${y}', "ci": "none"},
    {"modules": "formats.wave:Wave,read_wave utils", "python_min": "3.13"},
    {"user_name": "Ada Lovelace", "user_email": "ada@example.org"},
]


def assert_same(
    composer: Composer, template: Path, folder: Path, answers: dict[str, str]
) -> None:
    """Assert that the zip holds what `copier copy` makes of the same answers."""
    result = composer.render(answers)
    assert not result["error"]
    assert [one for one in result["questions"] if one["error"]] == []
    made = zipped(composer, folder)
    assert made == copied(template, "1.0.0", folder / composer.folder.name, answers)


def test_the_defaults_make_what_copier_copies(
    composer: Composer, template: Path, tmp_path: Path
) -> None:
    assert_same(composer, template, tmp_path, {})


@pytest.mark.slow
@pytest.mark.parametrize("starter", [path.name for path in STARTERS])
def test_each_starter_makes_what_copier_copies(
    composer: Composer, template: Path, tmp_path: Path, starter: str
) -> None:
    number = [path.name for path in STARTERS].index(starter)
    answers = {"starter": starter, **VARIED[number % len(VARIED)]}
    if starter == "django":
        answers.pop("exports", None)  # always lazy
    assert_same(composer, template, tmp_path, answers)


@pytest.mark.slow
def test_an_organisations_template_makes_what_copier_copies(
    compose: Compose,
    template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As in test_organisation.py; plumbum has an environment of its own.
    allow = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "protocol.file.allow",
        "GIT_CONFIG_VALUE_0": "always",
    }
    for name, value in allow.items():
        monkeypatch.setenv(name, value)
    base = tmp_path / "base"
    run("git", "clone", "--quiet", template, base, cwd=tmp_path)
    git(base, "tag", NEXT)
    organisation = organise(tmp_path / "standard", base)
    git(organisation, "tag", "1.0.0")
    with local.env(**allow):
        composer = compose(organisation, "1.0.0")
        assert_same(composer, organisation, tmp_path, {"project_name": "Wave lab"})


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Return a template that is not Plinth."""
    return every_kind(tmp_path / "other")


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({"name": "x"}, id="a name"),
        pytest.param(
            {"name": "x y", "count": "5", "ratio": "1e3", "extra": "false"},
            id="numbers",
        ),
        pytest.param(
            {"name": "", "tags": '["one", "th: ree"]', "level": "2"}, id="choices"
        ),
        pytest.param({"name": "n", "data": "[1, {b: c}]", "more": "[true]"}, id="data"),
        pytest.param(
            {"name": "n", "long": "a\nb\n", "quiet": "loud", "word": "w"}, id="text"
        ),
    ],
)
def test_any_other_template_works(
    compose: Compose, other: Path, tmp_path: Path, answers: dict[str, str]
) -> None:
    composer = compose(other, "1.0.0")
    result = composer.render(answers)
    assert not result["error"]
    assert result["files"]["image.bin"] is None
    # What a terminal begins with: the first choice.
    expected = {"level": "1", **answers}
    folder = tmp_path / composer.folder.name
    assert zipped(composer, tmp_path) == copied(other, "1.0.0", folder, expected)


def test_the_form_shows_each_kind_of_question(compose: Compose, other: Path) -> None:
    result = compose(other).render({"name": "x", "count": "2"})
    kinds = {one["name"]: one["kind"] for one in result["questions"]}
    assert kinds == {
        **dict.fromkeys(
            ["name", "count", "ratio", "data", "more", "long", "quiet"], "text"
        ),
        "tags": "checkbox",
        "level": "select",
        "word": "password",
    }
    assert entry(result, "level")["choices"][1]["disabled"] == "only for three"
    assert entry(result, "tags")["default"] == '["two"]'
    assert entry(result, "long")["multiline"]
    assert not entry(result, "quiet")["asked"]


def test_an_answer_that_copier_needs_stops_the_form(
    compose: Compose, tmp_path: Path
) -> None:
    questions = "first: {type: int}\nsecond: {type: str, default: x}\n"
    template = template_of(tmp_path / "needs", questions, {"a.txt": "a"})
    composer = compose(template)
    result = composer.render({})
    assert [one["name"] for one in result["questions"]] == ["first"]
    assert entry(result, "first")["error"]
    assert result["error"]
    assert composer.render({"first": "1"})["files"] == {"a.txt": "a"}


def test_a_default_that_copier_refuses_can_be_replaced(
    compose: Compose, tmp_path: Path
) -> None:
    questions = """\
first: {type: str, default: a}
second:
  type: str
  help: Not the same
  default: "{{ first }}"
  validator: "{% if second == 'b' %}not b{% endif %}"
third: {type: str, default: c}
"""
    content = "{{ first }}{{ second }}{{ third }}"
    template = template_of(tmp_path / "refuses", questions, {"all.txt.jinja": content})
    composer = compose(template)
    result = composer.render({"first": "b"})
    assert entry(result, "second")["error"] == "not b"
    assert result["error"]
    result = composer.render({"first": "b", "second": "b"})
    assert entry(result, "second")["error"] == "not b"
    result = composer.render({"first": "b", "second": "x"})
    assert (result["error"], result["files"]) == ("", {"all.txt": "bxc"})


# ---- Refusals are Copier's ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("package_name", "class"),
        ("modules", "a b:1"),
        pytest.param("user_email", "a@b", marks=pytest.mark.slow),
        pytest.param("license", "GPL", marks=pytest.mark.slow),
        pytest.param("project_name", "", marks=pytest.mark.slow),
        pytest.param("starter", "nothing", marks=pytest.mark.slow),
    ],
)
def test_a_refusal_is_copiers(
    composer: Composer, template: Path, tmp_path: Path, name: str, answer: str
) -> None:
    good = composer.render({name: answer, "description": "Other."})
    shown = entry(good, name)
    data = f"--data={name}={answer}"
    options = ("--quiet", "--defaults", data)
    status, said = copier(
        "copy", *options, template, tmp_path / "p", cwd=tmp_path, check=False
    )
    assert status
    assert shown["error"]
    assert shown["error"] in " ".join(said.split())
    # The files show the other answers.
    assert "Other." in good["files"]["README.md"]


def test_a_refused_answer_keeps_the_last_valid_one(composer: Composer) -> None:
    composer.render({"package_name": "waves"})
    result = composer.render({"package_name": "waves!"})
    assert entry(result, "package_name")["error"]
    assert "src/waves/__init__.py" in result["files"]
    result = composer.render({})
    assert "src/waves/__init__.py" not in result["files"]


def test_answers_to_no_question_are_left_out(composer: Composer) -> None:
    plain = composer.render({})
    names = ("constructor", "__proto__", "born", "before", "_src_path", "tree", "base")
    odd = composer.render(dict.fromkeys(names, "{{ 1 / 0 }}<script>"))
    assert odd == plain


# ---- The form asks what the prompt asks --------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", CHANGES, ids=lambda x: next(iter(x), "defaults"))
def test_the_form_asks_what_the_prompt_asks(
    composer: Composer, template: Path, tmp_path: Path, answers: dict[str, str]
) -> None:
    result = composer.render(answers)
    shown = [
        (
            one["name"],
            one["help"],
            [(choice["title"], choice["value"]) for choice in one["choices"]],
            one["placeholder"],
        )
        for one in result["questions"]
        if one["asked"]
    ]
    assert shown == prompted(template, tmp_path / "my-project", answers)


# ---- The build refuses what it cannot use ------------------------------------------------------------------------------


def fails(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run the build, and return the one line that it ends in."""
    assert main(["build", *map(str, arguments)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_the_build_needs_node(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "need 'node'" in fails(capsys, tmp_path / "site", "--template=/x")


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the build find a program called node, which these tests never start."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "node").write_text("#!/bin/false\n")
    (folder / "node").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://ada:secret@example.org/x.git", "has credentials"),
        ("{folder}", "it is not a git repository"),
        ("{folder}/missing", "cannot read the newest release"),
        ("tests", "is relative"),
    ],
)
def test_the_build_refuses_an_address(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    expected: str,
) -> None:
    monkeypatch.chdir(ROOT)
    (tmp_path / "plain").mkdir()
    address = address.format(folder=tmp_path / "plain")
    said = fails(capsys, tmp_path / "site", f"--template={address}")
    assert expected in said
    assert "secret" not in said
    assert not (tmp_path / "site").exists()


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    "setting",
    ["_tasks: [touch hacked]", "_jinja_extensions: [os.path]"],
    ids=["tasks", "extensions"],
)
def test_a_template_that_needs_trust_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, setting: str
) -> None:
    template = template_of(tmp_path / "unsafe", setting, {"a.txt": "a"})
    said = fails(capsys, tmp_path / "site", f"--template={template}")
    assert "need --trust" in said


def test_copier_itself_refuses_what_needs_trust(
    compose: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "UNSAFE", ())
    template = template_of(tmp_path / "unsafe", "_tasks: [touch x]", {"a.txt": "a"})
    result = compose(template).render({})
    assert "unsafe" in result["error"]
    assert not result["files"]


@pytest.mark.usefixtures("node")
def test_the_build_replaces_only_a_site(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert "holds other files" in fails(capsys, tmp_path, "--template=/x")
    assert (tmp_path / "mine.txt").read_text() == "mine"


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("npm"), reason="there is no npm")
def test_a_site_is_built_again_and_served(other: Path, tmp_path: Path) -> None:
    """It also needs Node, which comes with npm, but no browser."""
    site = tmp_path / "site"
    site.mkdir()
    for name in ("releases.json", "old.txt"):
        (site / name).write_text("[]")
    built(other, site, "1.0.0")
    assert not (site / "old.txt").exists()
    (release,) = json.loads((site / "releases.json").read_text())
    assert release["url"] == str(other)
    assert (site / "releases" / f"{release['name']}.zip").is_file()
    licences = (site / "licenses.txt").read_text()
    for name in ("copier", "pydantic", "pyodide", "highlight"):
        assert name in licences.lower()
    command: list[str | Path] = [sys.executable, "-m", "composer", "serve", site]
    with subprocess.Popen(
        [*command, "--port=0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        address = process.stdout.readline().split()[0]
        with urllib.request.urlopen(address) as answer:
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert str(other) in answer.read().decode()
        with urllib.request.urlopen(f"{address}pyodide/pyodide.asm.wasm") as answer:
            assert answer.headers["Content-Type"] == "application/wasm"
        taken = run(
            *(*command, f"--port={address.rpartition(':')[2].strip('/')}"),
            cwd=ROOT,
            check=False,
        )
        process.send_signal(signal.SIGINT)
    assert process.returncode == 130
    assert taken.returncode == 2
    assert re.fullmatch("composer: cannot listen on port .*\\n", taken.stderr)


def test_pictures_need_chromium(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["screenshots", str(tmp_path), str(tmp_path / "pictures")]) == 2
    said = (
        "composer: need 'chromium' to open the page (command not found): install it\n"
    )
    assert capsys.readouterr().err == said


def test_a_folder_without_a_site_is_not_served(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["serve", str(tmp_path)]) == 2
    assert "holds no site: build it" in capsys.readouterr().err


@pytest.mark.usefixtures("node")
def test_the_build_without_an_address_asks_for_one(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Unless this repository has a remote, whose address it takes."""
    git(tmp_path, "init", "--quiet", "nowhere")
    monkeypatch.setattr("composer.build.ROOT", tmp_path / "nowhere")
    assert "no remote origin: say --template" in fails(capsys, tmp_path / "site")
    address = tmp_path / "missing"
    git(tmp_path / "nowhere", "remote", "add", "origin", address)
    assert f"of {address}" in fails(capsys, tmp_path / "site")


def test_a_package_that_the_lock_does_not_have_is_named() -> None:
    lock = (ROOT / "requirements_lock.txt").read_text()
    assert packages.locked(lock).count("\n\n") == 0
    with pytest.raises(ComposerError, match="has no jinja2:"):
        packages.locked(lock.replace("\njinja2==", "\njinja3=="))


def test_a_package_from_npm_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pack(*_: object, cwd: Path, **__: object) -> str:
        (cwd / "axe-core.tgz").write_bytes(b"something else")
        return ""

    monkeypatch.setattr(npm, "need", lambda *_: "npm")
    monkeypatch.setattr(npm, "run", pack)
    with pytest.raises(ComposerError, match="do not use it"):
        npm.unpack("axe-core", tmp_path)


# ---- The command line --------------------------------------------------------------------------------------------------

HOSTILE = {
    "project_name": 'it\'s "$(touch hacked)" `x` \\ ! %PATH% ~ * é',
    "description": "-x; & | > < # \\",
}


def of_page(call: str, *arguments: object) -> Any:
    """Return what a function of the page's command.js returns, called in Node."""
    module = (ROOT / "composer/page/command.js").as_uri()
    words = ", ".join(json.dumps(argument) for argument in arguments)
    code = f"import * as page from {json.dumps(module)}; console.log(JSON.stringify(page.{call}({words})))"
    done = run("node", "--input-type=module", "--eval", code, cwd=ROOT)
    return json.loads(done.stdout)


@pytest.fixture
def release() -> dict[str, str]:
    """Return a release as the page knows it."""
    return {"commit": "1.0.0", "url": "https://example.org/a b.git"}


def test_the_command_gives_sh_the_answers(
    release: dict[str, str], tmp_path: Path
) -> None:
    command = of_page("command", "sh", release, HOSTILE, "my-project")
    fake = tmp_path / "copier"
    fake.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\n")
    fake.chmod(0o755)
    done = run(
        "sh", "-c", command, cwd=tmp_path, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}
    )
    data = [
        word
        for name, value in HOSTILE.items()
        for word in ("--data", f"{name}={value}")
    ]
    expected = ["copy", "--vcs-ref", "1.0.0", "--defaults", *data]
    assert done.stdout.split("\0")[:-1] == [*expected, release["url"], "my-project"]
    assert not (tmp_path / "hacked").exists()


def test_the_command_reads_a_file_where_quoting_is_not_safe(
    release: dict[str, str], tmp_path: Path
) -> None:
    for shell, answer in [("sh", "a\nb"), ("powershell", 'a"b'), ("powershell", "a\\")]:
        answers = {"description": answer}
        command = of_page("command", shell, release, answers, "p")
        assert "--data-file answers.yml" in command
        assert answer not in command
    assert of_page("fits", "sh", HOSTILE)
    # PowerShell takes typographic quotes for quotes, too.
    words = {"a": "it's $x `y` \N{RIGHT SINGLE QUOTATION MARK}"}
    assert of_page("fits", "powershell", words)
    quoted = of_page("command", "powershell", release, words, "p")
    doubled = 2 * "\N{RIGHT SINGLE QUOTATION MARK}"
    assert f"'a=it''s $x `y` {doubled}'" in quoted


@pytest.mark.slow
def test_the_data_file_holds_the_answers(template: Path, tmp_path: Path) -> None:
    answers = {"description": 'One "line": # not \\ two.', "docs": "true"}
    (tmp_path / "answers.yml").write_text(of_page("dataFile", answers))
    (tmp_path / "b").mkdir()
    options = ("--quiet", "--defaults", "--data-file", "answers.yml")
    copier("copy", *options, template, "a", cwd=tmp_path)
    assert files_of(tmp_path / "a") == copied(
        template, "1.0.0", tmp_path / "b" / "a", answers
    )
