"""The questions take every name and text that works and refuse every other, saying why and what would pass."""

import json
import keyword
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from conftest import ROOT, Generate, interpreter, run, template_outside_git
from copier import run_copy
from jinja2 import Environment, FileSystemLoader

Render = Callable[[Mapping[str, object], str], dict[str, object]]

PACKAGES = [
    pytest.param("", "lowercase ASCII", id="empty"),
    pytest.param("Sound", "lowercase ASCII", id="capital"),
    pytest.param("éclair", "lowercase ASCII", id="accent"),
    pytest.param(
        "\N{LATIN SMALL LETTER LONG S}ound",
        "lowercase ASCII",
        id="letter-that-python-normalises",
    ),
    pytest.param("sound-tools", "lowercase ASCII", id="hyphen"),
    pytest.param("sound tools", "lowercase ASCII", id="space"),
    pytest.param("sound.tools", "lowercase ASCII", id="dot"),
    pytest.param("sound/tools", "lowercase ASCII", id="slash"),
    pytest.param("../sound", "lowercase ASCII", id="parent-folder"),
    pytest.param("sound\n", "lowercase ASCII", id="line-break-at-the-end"),
    pytest.param("3d", "lowercase ASCII", id="digit-first"),
    pytest.param("{{ 7 * 7 }}", "lowercase ASCII", id="jinja"),
    pytest.param("class", "is a Python keyword", id="keyword"),
    pytest.param("import", "is a Python keyword", id="keyword-import"),
    pytest.param("async", "is a Python keyword", id="keyword-async"),
    pytest.param("json", "standard library", id="stdlib"),
    pytest.param("site", "standard library", id="stdlib-site"),
    pytest.param("cprofile", "standard library", id="stdlib-but-for-case"),
    pytest.param("distutils", "standard library", id="stdlib-before-3.12"),
    pytest.param("telnetlib", "standard library", id="stdlib-before-3.13"),
    pytest.param("annotationlib", "standard library", id="stdlib-since-3.14"),
    pytest.param("profiling", "standard library", id="stdlib-since-3.15"),
    *(
        pytest.param(name, "reserved on Windows", id=f"windows-{name}")
        for name in ["aux", "con", "nul", "prn", "com1", "lpt9"]
    ),
    *(
        pytest.param(name, "collides with", id=f"project-{name}")
        for name in [
            "src",
            "tests",
            "test",
            "docs",
            "dist",
            "scripts",
            "bootstrap",
            "setup",
            "conftest",
            "pip",
        ]
    ),
    pytest.param("build", r"collides with|project's own lock", id="project-build"),
    pytest.param("pytest", "project's own lock", id="locked-pytest"),
    pytest.param("setuptools", "project's own lock", id="locked-setuptools"),
    pytest.param(
        "typing_extensions", "project's own lock", id="locked-typing_extensions"
    ),
    pytest.param("_core", "underscore", id="private"),
    pytest.param("__init__", "underscore", id="dunder"),
    pytest.param("s" * 61, "60 characters", id="61-characters"),
]
GOOD_PACKAGES = [
    *(
        pytest.param(name, id=f"soft-keyword-{name}")
        for name in keyword.softkwlist
        if not name.startswith("_")
    ),
    pytest.param("classes", id="like-a-keyword"),
    pytest.param("none", id="keyword-but-for-case"),
    pytest.param("jsons", id="like-stdlib"),
    pytest.param("con1", id="like-windows-con"),
    pytest.param("com10", id="like-windows-com1"),
    pytest.param("testing", id="like-project-test"),
    pytest.param("build_tools", id="like-project-build"),
    pytest.param("pytest_sound", id="like-locked-pytest"),
    pytest.param("s", id="one-letter"),
    pytest.param("s" * 60, id="60-characters"),
    pytest.param("s_2__x_", id="underscores-inside"),
]

DISTRIBUTIONS = [
    pytest.param("", "no distribution name", id="empty"),
    pytest.param("---", "no distribution name", id="normalises-to-nothing"),
    pytest.param(".", "no distribution name", id="dot"),
    pytest.param("sound-", "no distribution name", id="hyphen-last"),
    pytest.param("sound.", "no distribution name", id="dot-last"),
    pytest.param("sound_", "no distribution name", id="underscore-last"),
    pytest.param("-sound", "no distribution name", id="hyphen-first"),
    pytest.param("sound tools", "no distribution name", id="space"),
    pytest.param("sound/tools", "no distribution name", id="slash"),
    pytest.param("sound\n", "no distribution name", id="line-break-at-the-end"),
    pytest.param("éclair", "no distribution name", id="accent"),
    pytest.param(
        "\N{KELVIN SIGN}it", "no distribution name", id="kelvin-sign-that-folds-to-k"
    ),
    pytest.param('sound"', "no distribution name", id="quote"),
    pytest.param("sound>=1", "no distribution name", id="requirement"),
    pytest.param("s" * 101, "100 characters", id="101-characters"),
    pytest.param("pytest", "project's own lock", id="locked"),
    pytest.param(
        "Typing_Extensions", "project's own lock", id="locked-when-normalised"
    ),
]
GOOD_DISTRIBUTIONS = [
    pytest.param("s", id="one-letter"),
    pytest.param("9", id="one-digit"),
    pytest.param("Sound.Tools_2--x", id="every-character"),
    pytest.param("s" * 100, id="100-characters"),
    pytest.param("pytest-sound", id="like-locked"),
]

MODULES = [
    pytest.param("a", "a", "is no dotted.module:Name,name", id="no-colon"),
    pytest.param(
        "a.b", "a.b", "is no dotted.module:Name,name", id="dotted-without-colon"
    ),
    pytest.param("a:", "", "is no name", id="no-names"),
    pytest.param(":x", "", "is no module name", id="no-module"),
    pytest.param("a..b:x", "", "is no module name", id="empty-part"),
    pytest.param(".a:x", "", "is no module name", id="relative"),
    pytest.param("a.B:x", "B", "is no module name", id="module-capital"),
    pytest.param("é:x", "é", "is no module name", id="module-accent"),
    pytest.param("a-b:x", "a-b", "is no module name", id="module-hyphen"),
    pytest.param("2d:x", "2d", "is no module name", id="module-digit-first"),
    pytest.param("../a:x", "", "is no module name", id="module-parent-folder"),
    pytest.param("a/b:x", "a/b", "is no module name", id="module-slash"),
    pytest.param("a.class.b:x", "class", "is a Python keyword", id="module-keyword"),
    pytest.param("__init__:x", "__init__", "cannot name a module", id="module-init"),
    pytest.param("a.__main__:x", "__main__", "cannot name a module", id="module-main"),
    pytest.param("s" * 61 + ":x", "s" * 61, "60 characters", id="module-61-characters"),
    pytest.param("a.con:x", "con", "reserved on Windows", id="module-windows"),
    pytest.param(
        "_lazy:x", "_lazy", "makes lazy exports work", id="module-of-the-template"
    ),
    pytest.param("a:é", "é", "is no name", id="name-accent"),
    pytest.param("a:x-y", "x-y", "is no name", id="name-hyphen"),
    pytest.param("a:2d", "2d", "is no name", id="name-digit-first"),
    pytest.param("a:x,", "", "is no name", id="comma-at-the-end"),
    pytest.param("a:b:c", "a:b:c", "is no dotted.module:Name,name", id="two-colons"),
    pytest.param("a:x.y", "x.y", "is no name", id="name-dotted"),
    pytest.param("a:import", "import", "is a Python keyword", id="name-keyword"),
    pytest.param("a:None", "None", "is a Python keyword", id="name-None"),
    pytest.param("a:__all__", "__all__", "cannot be exported", id="name-dunder"),
    pytest.param("a:" + "s" * 61, "s" * 61, "60 characters", id="name-61-characters"),
    pytest.param(
        "a:str", "str", "the generated code itself uses", id="name-of-the-template"
    ),
    pytest.param("a:x,y,x", "x", "name each once", id="name-twice"),
    pytest.param("a.b:x a.b:y", "a.b", "listed twice", id="module-twice"),
    pytest.param(
        "a:x a.b:y", "a", "a package and also a module", id="module-and-package"
    ),
    pytest.param(
        "a.b:y a:x", "a", "a package and also a module", id="package-and-module"
    ),
    pytest.param(
        "c.a.b:y c.a:x",
        "c.a",
        "a package and also a module",
        id="module-and-package-below",
    ),
    pytest.param("a:x b:x", "x", "name each once", id="name-from-two-modules"),
    pytest.param(
        "_a:x _b:x", "x", "name each once", id="name-from-two-private-modules"
    ),
    pytest.param(
        "a:b b.c:x", "b", "a package and also a name exported", id="name-is-subpackage"
    ),
    pytest.param(
        "b.c:x a:b", "b", "a package and also a name exported", id="subpackage-is-name"
    ),
    pytest.param(
        "a:b b:x", "b", "a module and also a name exported", id="name-is-sibling-module"
    ),
    pytest.param(
        "b:x a:b", "b", "a module and also a name exported", id="sibling-module-is-name"
    ),
]
ODD_MODULES = [
    pytest.param(7, id="number"),
    pytest.param(True, id="true"),
    pytest.param({"a": "x"}, id="mapping"),
    pytest.param("a: x", id="mapping-for-a-missing-comma"),
    pytest.param(["a:x", 7], id="number-in-list"),
    pytest.param([["a:x"]], id="list-in-list"),
    pytest.param([{"a": "x"}], id="mapping-in-list"),
    pytest.param("2020-01-01", id="date"),
]
GOOD_MODULES = [
    pytest.param(None, [], id="null"),
    pytest.param("", [], id="empty"),
    pytest.param([], [], id="empty-list"),
    pytest.param("a:x\tb:y\n\n  c:z", ["a", "b", "c"], id="white-space-of-every-kind"),
    pytest.param(["a:x\tb:y", " c:z\n"], ["a", "b", "c"], id="words-in-list"),
    pytest.param(
        "json:loads test:x site.io:x",
        ["json", "site.io", "test"],
        id="stdlib-names-below-the-package",
    ),
    pytest.param(
        "pytest:x src.tests:x",
        ["pytest", "src.tests"],
        id="project-names-below-the-package",
    ),
    pytest.param("match:type", ["match"], id="soft-keywords"),
    pytest.param("echo:echo,Echo", ["echo"], id="name-of-its-own-module"),
    pytest.param("_core:_core,Container", ["_core"], id="private"),
    pytest.param(
        "a:x b.c:x d.c:x", ["a", "b.c", "d.c"], id="one-name-in-several-packages"
    ),
    pytest.param("a.b:a", ["a.b"], id="name-of-the-package-above"),
    pytest.param("a.a.a:a", ["a.a.a"], id="one-word-all-the-way"),
    pytest.param("a:x,X,x1,x10,x2", ["a"], id="names-that-differ-by-case-or-number"),
    pytest.param("s" * 60 + ":" + "S" * 60, ["s" * 60], id="60-characters"),
    pytest.param("a.b.c.d.e.f.g.h:x", ["a.b.c.d.e.f.g.h"], id="deep"),
]

TEXTS = [
    pytest.param("one\ntwo", "line break or a control", id="line-feed"),
    pytest.param("one\rtwo", "line break or a control", id="carriage-return"),
    pytest.param("one\n", "line break or a control", id="line-feed-last"),
    pytest.param("one\ttwo", "line break or a control", id="tab"),
    pytest.param("one\0two", "line break or a control", id="nul"),
    pytest.param("one\x1btwo", "line break or a control", id="escape"),
    pytest.param("one\x7ftwo", "line break or a control", id="del"),
    pytest.param("one\x85two", "line break or a control", id="next-line"),
    pytest.param("one\x9ftwo", "line break or a control", id="c1-control"),
    pytest.param("one\u2028two", "line break or a control", id="line-separator"),
    pytest.param("one\u2029two", "line break or a control", id="paragraph-separator"),
    pytest.param("one\ud800two", "line break or a control", id="lone-surrogate"),
    pytest.param("one\uffffTwo", "line break or a control", id="noncharacter"),
    pytest.param(" one", "white space", id="space-first"),
    pytest.param("one\u3000", "white space", id="ideographic-space-last"),
    pytest.param("\N{PILE OF POO}" * 501, "500 characters", id="501-characters"),
]

EMAILS = [
    pytest.param("ada", id="no-at"),
    pytest.param("@example.org", id="no-mailbox"),
    pytest.param("ada@", id="no-domain"),
    pytest.param("ada@@example.org", id="two-ats"),
    pytest.param("ada@example.org, bob@example.org", id="two-addresses"),
    pytest.param("Ada <ada@example.org>", id="with-a-name"),
    pytest.param("ada lovelace@example.org", id="space"),
    pytest.param("ada@example.org\n", id="line-break-at-the-end"),
    pytest.param("ada@example.org\nBcc: bob@example.org", id="second-header"),
    pytest.param('ada"@example.org', id="quote"),
    pytest.param("ada.@example.org", id="dot-before-at"),
    pytest.param("ada@example..org", id="empty-label"),
    pytest.param("ada@-example.org", id="hyphen-first"),
    pytest.param("ada@localhost", id="no-dot-in-the-domain"),
]
GOOD_EMAILS = [
    pytest.param("", id="empty"),
    pytest.param("o'connor+plinth@sub.example.org", id="apostrophe-and-plus"),
    pytest.param("`$id`{x}|#@example.org", id="shell-characters"),
]

REPOSITORIES = [
    pytest.param("example.org/ada/sound", "is no repository", id="no-scheme"),
    pytest.param("ftp://example.org/sound", "is no repository", id="ftp"),
    pytest.param("javascript:alert(1)", "is no repository", id="javascript"),
    pytest.param("file:///home/ada/sound", "is no repository", id="file"),
    pytest.param("/home/ada/sound", "is no repository", id="path"),
    pytest.param("https://", "is no repository", id="no-host"),
    pytest.param("https://example.org/ada sound", "is no repository", id="space"),
    pytest.param('https://example.org/"ada"', "is no repository", id="double-quote"),
    pytest.param("https://example.org/o'connor", "is no repository", id="single-quote"),
    pytest.param(
        "https://example.org/ada\n", "is no repository", id="line-break-at-the-end"
    ),
    pytest.param("https://example.org/<b>", "is no repository", id="angle-brackets"),
    pytest.param("https://example.org/`id`", "is no repository", id="backticks"),
    pytest.param(
        "https://example.org/" + "s" * 500, "500 characters", id="520-characters"
    ),
]
CREDENTIALS = [
    pytest.param("https://ada@example.org/sound", id="user"),
    pytest.param("https://ada:secret@example.org/sound", id="user-and-password"),
    pytest.param("http://secret@example.org/sound", id="token"),
    pytest.param("ssh://ada:secret@example.org/sound", id="ssh-password"),
]
GOOD_REPOSITORIES = [
    pytest.param("", id="empty"),
    pytest.param("https://example.org", id="host"),
    pytest.param("http://localhost:8080/sound", id="port"),
    pytest.param("ssh://git@example.org/ada/sound.git", id="ssh-user"),
    pytest.param("https://example.org/@ada/sound?x=1&y=%20#top", id="at-in-the-path"),
]

TITLES = [
    pytest.param("3D Tools!", "project_3d_tools", id="digit-and-mark"),
    pytest.param("Éclair", "eclair", id="accent"),
    pytest.param("E\N{COMBINING ACUTE ACCENT}clair", "eclair", id="combining-accent"),
    pytest.param("Straße", "strasse", id="sharp-s"),
    pytest.param("O'Connor & Sons", "o_connor_sons", id="apostrophe"),
    pytest.param("sound--tools", "sound_tools", id="hyphens"),
    pytest.param("class", "class_project", id="keyword"),
    pytest.param("test", "test_project", id="project-test"),
    pytest.param("json", "json_project", id="stdlib"),
    pytest.param("pytest", "pytest_project", id="locked"),
    pytest.param("con", "con_project", id="windows"),
    pytest.param("__init__", "init", id="dunder"),
    pytest.param("日本語", "my_project", id="no-latin-letter"),
    pytest.param("\N{PILE OF POO}", "my_project", id="emoji"),
    pytest.param("{{ 7 * 7 }}", "project_7_7", id="jinja"),
    pytest.param("İstanbul", None, id="capital-that-lowers-to-two-characters"),
    pytest.param("x" * 500, "x" * 50, id="500-characters"),
    pytest.param("9" * 500, None, id="500-digits"),
    pytest.param("x" * 49 + " tools", None, id="cut-between-words"),
    pytest.param("ß" * 500, None, id="500-characters-that-double"),
]


@pytest.fixture(scope="session")
def render(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """Answer the questions without writing a project, and return all answers."""
    nowhere = tmp_path_factory.mktemp("nowhere")

    def render(
        answers: Mapping[str, object], folder: str = "project"
    ) -> dict[str, object]:
        project = nowhere / folder
        worker = run_copy(
            str(template_outside_git()),
            project,
            data=dict(answers),
            defaults=True,
            quiet=True,
            pretend=True,
        )
        return dict(worker.answers.combined)

    return render


@pytest.fixture(scope="session")
def reserved() -> dict[str, list[str]]:
    """The lists of includes/reserved.jinja."""
    environment = Environment(loader=FileSystemLoader(ROOT), autoescape=True)
    return dict(vars(environment.get_template("includes/reserved.jinja").module))


def refusal(generate: Generate, question: str, value: object) -> str:
    """Return the one line in which a question refuses an answer."""
    with pytest.raises(
        ValueError, match=f"^Validation error for question '{question}': "
    ) as caught:
        generate(**{question: value})
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.isprintable()
    assert message.isascii()
    assert len(message) < 1200
    return message


def shown(value: str) -> str:
    """Return a value as a message shows it: quoted, escaped and, if long, cut."""
    return json.dumps(value) if len(value) <= 80 else json.dumps(value[:77])[:-1]


@pytest.mark.parametrize(("name", "reason"), PACKAGES)
def test_a_package_name_is_refused(generate: Generate, name: str, reason: str) -> None:
    message = refusal(generate, "package_name", name)
    assert shown(name) in message
    assert re.search(reason, message)
    assert message.endswith('such as "sound_tools".')


@pytest.mark.parametrize("name", GOOD_PACKAGES)
def test_a_package_name_is_taken_and_imports(generate: Generate, name: str) -> None:
    project = generate(package_name=name)
    run(
        sys.executable,
        "-I",
        "-c",
        f"import sys; sys.path.insert(0, 'src'); import {name}",
        cwd=project,
    )


@pytest.mark.parametrize(("name", "reason"), DISTRIBUTIONS)
def test_a_distribution_name_is_refused(
    generate: Generate, name: str, reason: str
) -> None:
    message = refusal(generate, "distribution_name", name)
    assert shown(name) in message
    assert reason in message
    assert message.endswith('such as "sound-tools".')


@pytest.mark.parametrize("name", GOOD_DISTRIBUTIONS)
def test_a_distribution_name_is_taken(render: Render, name: str) -> None:
    assert render({"distribution_name": name}, "project")["distribution_name"] == name


@pytest.mark.parametrize(("modules", "culprit", "reason"), MODULES)
def test_modules_are_refused(
    generate: Generate, render: Render, modules: str, culprit: str, reason: str
) -> None:
    message = refusal(generate, "modules", modules)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        render({"modules": modules.split()}, "project")
    assert f'"{json.dumps(culprit)[1:-1]}' in message
    assert reason in message
    assert message.endswith('such as "formats.wave:Wave,read_wave".')


@pytest.mark.parametrize("modules", ODD_MODULES)
def test_modules_that_are_no_words_are_refused(
    generate: Generate, modules: object
) -> None:
    message = refusal(generate, "modules", modules)
    assert re.search(r" is no (dotted\.module:Name,name|module name|name): ", message)
    assert message.endswith('such as "formats.wave:Wave,read_wave".')


@pytest.mark.parametrize(("modules", "expected"), GOOD_MODULES)
@pytest.mark.parametrize("exports", ["eager", "lazy"])
def test_modules_are_taken_and_import(
    generate: Generate, modules: object, expected: list[str], exports: str
) -> None:
    project = generate(package_name="pkg", modules=modules, exports=exports)
    package = project / "src" / "pkg"
    modules = [
        path for path in package.rglob("*.py") if path.stem not in {"__init__", "_lazy"}
    ]
    assert (
        sorted(
            ".".join(path.relative_to(package).with_suffix("").parts)
            for path in modules
        )
        == expected
    )
    code = "import sys; sys.path.insert(0, 'src')\nfor name in sys.argv[1:]: __import__(name)"
    run(
        sys.executable,
        "-I",
        "-c",
        code,
        "pkg",
        *(f"pkg.{name}" for name in expected),
        cwd=project,
    )


@pytest.mark.parametrize(("text", "reason"), TEXTS)
def test_text_is_refused(
    generate: Generate, render: Render, text: str, reason: str
) -> None:
    message = refusal(generate, "description", text)
    assert len(text) > 500 or shown(text) in message
    assert reason in message
    assert message.endswith('such as "Read, write and filter sound files.".')
    for question in ["project_name", "user_name"]:
        with pytest.raises(
            ValueError, match=f"^Validation error for question '{question}': .*{reason}"
        ):
            render({question: text}, "project")


def test_an_empty_project_name_is_refused(generate: Generate) -> None:
    assert refusal(generate, "project_name", "").endswith('such as "Sound Tools".')


@pytest.mark.parametrize("question", ["project_name", "description", "user_name"])
@pytest.mark.parametrize(
    "text", ["x" * 500, "\N{PILE OF POO}" * 500, "-", "é"], ids=ascii
)
def test_text_is_taken(render: Render, question: str, text: str) -> None:
    assert render({question: text}, "project")[question] == text


@pytest.mark.parametrize(
    "question", ["description", "user_name", "user_email", "repository"]
)
def test_what_may_stay_empty(render: Render, question: str) -> None:
    assert render({question: ""}, "project")[question] == ""


@pytest.mark.parametrize("email", EMAILS)
def test_an_email_is_refused(generate: Generate, email: str) -> None:
    message = refusal(generate, "user_email", email)
    assert f"{shown(email)} is no e-mail address" in message
    assert message.endswith('such as "ada@example.org".')


def test_an_endless_email_is_refused(generate: Generate) -> None:
    assert "254 characters" in refusal(
        generate, "user_email", "ada@" + "s" * 249 + ".io"
    )


@pytest.mark.parametrize("email", GOOD_EMAILS)
def test_an_email_is_taken(render: Render, email: str) -> None:
    assert render({"user_email": email}, "project")["user_email"] == email


@pytest.mark.parametrize(("repository", "reason"), REPOSITORIES)
def test_a_repository_is_refused(
    generate: Generate, repository: str, reason: str
) -> None:
    message = refusal(generate, "repository", repository)
    assert len(repository) > 500 or shown(repository) in message
    assert reason in message
    assert message.endswith('such as "https://example.org/ada/sound-tools".')


@pytest.mark.parametrize("repository", CREDENTIALS)
def test_credentials_are_refused_and_not_shown(
    generate: Generate, repository: str
) -> None:
    message = refusal(generate, "repository", repository)
    assert "credentials" in message
    assert "secret" not in message
    assert message.endswith('such as "https://example.org/ada/sound-tools".')


@pytest.mark.parametrize("repository", GOOD_REPOSITORIES)
def test_a_repository_is_taken(render: Render, repository: str) -> None:
    assert render({"repository": repository}, "project")["repository"] == repository


@pytest.mark.parametrize(
    ("question", "value"),
    [
        pytest.param("project_name", "", id="project_name-empty"),
        pytest.param("project_name", "a\nb", id="project_name"),
        pytest.param("package_name", "class", id="package_name"),
        pytest.param("distribution_name", "-", id="distribution_name"),
        pytest.param("description", "a\nb", id="description"),
        pytest.param("user_name", " a", id="user_name"),
        pytest.param("user_email", "ada", id="user_email"),
        pytest.param("repository", "ada", id="repository"),
        pytest.param("modules", "ada", id="modules"),
    ],
)
def test_the_example_in_a_message_would_pass(
    render: Render, question: str, value: str
) -> None:
    with pytest.raises(ValueError, match=r"^Validation error") as caught:
        render({question: value}, "project")
    example = re.search(r'(?:such as|as in) "([^"]+)"\.$', str(caught.value))
    assert example
    assert render({question: example[1]}, "project")[question] == example[1]


@pytest.mark.parametrize(("title", "package"), TITLES)
def test_defaults_derived_from_a_title_are_valid(
    render: Render, title: str, package: str | None
) -> None:
    answers = render({"project_name": title}, "project")
    derived = {
        name: answers[name]
        for name in ["package_name", "distribution_name", "user_name"]
    }
    assert package in {None, derived["package_name"]}
    # Given as answers they pass the validators again, and so would an update.
    assert (
        render({"project_name": title} | derived, "project").items() >= derived.items()
    )
    assert str(derived["package_name"]).isidentifier()
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", str(derived["distribution_name"]))


@pytest.mark.parametrize(
    ("folder", "title"),
    [
        pytest.param("sound-tools", "sound-tools", id="plain"),
        pytest.param("日本語", "日本語", id="no-latin-letter"),
        pytest.param("{{ 7 * 7 }}", "{{ 7 * 7 }}", id="jinja"),
        pytest.param('O\'Connor "Jr"', 'O\'Connor "Jr"', id="quotes"),
        pytest.param("one\ntwo", "My project", id="line-break"),
        pytest.param(" one ", "My project", id="spaces-around"),
        pytest.param("class", "class", id="keyword"),
    ],
)
def test_the_folder_gives_the_title(render: Render, folder: str, title: str) -> None:
    assert render({}, folder)["project_name"] == title


@pytest.mark.parametrize(
    ("question", "value", "reason"),
    [
        pytest.param(
            "package_name", "class", '"class" is a Python keyword', id="package_name"
        ),
        pytest.param(
            "distribution_name",
            "sound-",
            '"sound-" is no distribution name',
            id="distribution_name",
        ),
        pytest.param(
            "modules",
            "a:x a.b:y",
            '"a" would be a package and also a module',
            id="modules",
        ),
        pytest.param(
            "description", "one\ntwo", r'"one\ntwo" has a line break', id="description"
        ),
        pytest.param(
            "user_email", "ada", '"ada" is no e-mail address', id="user_email"
        ),
        pytest.param(
            "repository",
            "https://ada:secret@example.org",
            "holds credentials",
            id="repository",
        ),
    ],
)
def test_the_plain_command_refuses_and_writes_nothing(
    tmp_path: Path, question: str, value: str, reason: str
) -> None:
    project = tmp_path / "project"
    words = [
        "copy",
        "--defaults",
        "--vcs-ref=HEAD",
        "--data",
        f"{question}={value}",
        str(ROOT),
        str(project),
    ]
    done = run(sys.executable, "-m", "copier", *words, cwd=tmp_path, check=False)
    assert done.returncode != 0
    # Copier 9 itself puts a traceback before it; what a person reads is the last line.
    message = done.stderr.splitlines()[-1]
    assert message.startswith(
        f"ValueError: Validation error for question '{question}': "
    )
    assert reason in message
    assert list(tmp_path.iterdir()) == []


def test_keywords_are_those_of_python(reserved: dict[str, list[str]]) -> None:
    assert sorted(reserved["keywords"]) == sorted(keyword.kwlist)


@pytest.mark.parametrize("version", [f"3.{minor}" for minor in range(11, 16)])
def test_standard_library_names_hold_for_every_python(
    reserved: dict[str, list[str]], version: str, tmp_path: Path
) -> None:
    code = (
        "import keyword, sys; print(*sys.stdlib_module_names); print(*keyword.kwlist)"
    )
    done = run(interpreter(version), "-I", "-c", code, cwd=tmp_path)
    modules, keywords = map(str.split, done.stdout.splitlines())
    public = {name.lower() for name in modules if not name.startswith("_")}
    assert public - set(reserved["stdlib"]) == set()
    assert sorted(reserved["keywords"]) == sorted(keywords)


def test_windows_names_are_all_there(reserved: dict[str, list[str]]) -> None:
    # https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file#naming-conventions
    ports = {f"{port}{number}" for port in ["com", "lpt"] for number in range(1, 10)}
    assert set(reserved["windows"]) == {"con", "prn", "aux", "nul"} | ports


def test_lists_are_sorted_and_name_each_word_once(
    reserved: dict[str, list[str]],
) -> None:
    lists = {
        name: words
        for name, words in reserved.items()
        if not name.startswith("_") and name != "keywords"
    }
    assert lists.keys() >= {
        "stdlib",
        "windows",
        "project",
        "locked_packages",
        "locked_distributions",
        "generated",
    }
    assert {
        name for name, words in lists.items() if len(set(words)) != len(words)
    } == set()


def test_the_project_list_holds_what_a_project_contains(
    generate: Generate, reserved: dict[str, list[str]]
) -> None:
    """A package of the name of a folder or file beside ``src`` would be taken for it, or the other way round."""
    names = {path.name.partition(".")[0].lower() for path in generate().iterdir()}
    importable = {
        name for name in names if name.isidentifier() and not name.startswith("_")
    }
    exempt = {
        "changelog",
        "license",
        "manifest",
        "readme",
        "requirements_dev",
        "requirements_lock",
        "requirements_prod",
    }
    assert importable - exempt - set(reserved["project"]) == set()
