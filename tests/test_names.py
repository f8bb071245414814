"""The questions take every name and text that works and refuse every other, saying why and what would pass."""

import datetime as dt
import json
import keyword
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Generate, interpreter, run, template_outside_git
from copier import run_copy
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from jinja2_ansible_filters import AnsibleCoreFiltersExtension
from support.names import (
    DISTRIBUTIONS,
    EMAILS,
    GOOD_DISTRIBUTIONS,
    GOOD_EMAILS,
    GOOD_MODULES,
    GOOD_PACKAGES,
    GOOD_REPOSITORIES,
    MODULES,
    PACKAGES,
    REPOSITORIES,
    TEXTS,
    TITLES,
)
from support.rules import refused, reserved

Render = Callable[[Mapping[str, object], str], dict[str, object]]


# Only as text: in a list each word is an item of its own.
SPACES = [
    pytest.param("wave:Wave, read", '", read"', id="space-after-comma"),
    pytest.param("wave:Wave ,read", '"e ,read"', id="space-before-comma"),
    pytest.param("a: x", '": x"', id="space-after-colon"),
    pytest.param("a :x", '"a :x"', id="space-before-colon"),
    pytest.param("a:x,\n  y", r'",\n  y"', id="line-break-after-comma"),
    pytest.param("[a:x,y, b:z]", '"[a:x,y, b:z]"', id="list-with-commas-in-words"),
]
ODD_MODULES = [
    pytest.param(7, id="number"),
    pytest.param(True, id="true"),
    pytest.param({"a": "x"}, id="mapping"),
    pytest.param(["a:x", 7], id="number-in-list"),
    pytest.param([["a:x"]], id="list-in-list"),
    pytest.param([{"a": "x"}], id="mapping-in-list"),
    pytest.param(dt.date(2020, 1, 1), id="date"),
    pytest.param("[7]", id="number-in-typed-list"),
]


CREDENTIALS = [
    pytest.param("https://ada@example.org/sound", id="user"),
    pytest.param("https://ada:secret@example.org/sound", id="user-and-password"),
    pytest.param("http://secret@example.org/sound", id="token"),
    pytest.param("ssh://ada:secret@example.org/sound", id="ssh-password"),
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


def refusal(generate: Generate, question: str, value: object, **answers: object) -> str:
    """Return the one line in which a question refuses an answer."""
    with pytest.raises(
        ValueError, match=f"^Validation error for question '{question}': "
    ) as caught:
        generate(**{question: value}, **answers)
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
    assert message.endswith('Example: "sound_tools".')


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
    assert message.endswith('Example: "sound-tools".')


@pytest.mark.parametrize("name", GOOD_DISTRIBUTIONS)
def test_a_distribution_name_is_taken(render: Render, name: str) -> None:
    assert render({"distribution_name": name}, "project")["distribution_name"] == name


def test_the_recorded_tree_of_the_library_is_the_computed_one(render: Render) -> None:
    # A list is never equal to the suggestion, which is text.
    computed = render({"modules": ["greeting:Greeter,greet"]}, "project")
    assert render({}, "project")["tree"] == computed["tree"]


@pytest.mark.parametrize(("modules", "culprit", "reason"), MODULES)
def test_modules_are_refused(
    generate: Generate, render: Render, modules: str, culprit: str, reason: str
) -> None:
    message = refusal(generate, "modules", modules, package_name="pkg")
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        render({"modules": modules.split(), "package_name": "pkg"}, "project")
    assert f": {shown(culprit)}" in message
    assert reason in message
    assert message.endswith('Example: "formats.wave:Wave,read_wave".')


@pytest.mark.parametrize(("modules", "culprit"), SPACES)
def test_modules_with_spaces_are_refused(
    generate: Generate, modules: str, culprit: str
) -> None:
    message = refusal(generate, "modules", modules)
    typed_list = modules.startswith("[")
    assert ("a:b,c" if typed_list else "no space beside") in message
    assert culprit in message


@pytest.mark.parametrize("modules", ODD_MODULES)
def test_modules_that_are_no_words_are_refused(
    generate: Generate, modules: object
) -> None:
    message = refusal(generate, "modules", modules)
    assert "not text or a list of texts" in message
    assert message.endswith('Example: "formats.wave:Wave,read_wave".')


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
    assert message.endswith('Example: "Read, write and filter sound files.".')
    for question in ["project_name", "user_name"]:
        with pytest.raises(
            ValueError, match=f"^Validation error for question '{question}': .*{reason}"
        ):
            render({question: text}, "project")


def test_an_empty_project_name_is_refused(generate: Generate) -> None:
    assert refusal(generate, "project_name", "").endswith('Example: "Sound Tools".')


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
    reason = "the domain needs a dot" if "localhost" in email else "not an e-mail"
    assert reason in message
    assert shown(email) in message
    assert message.endswith('Example: "ada@example.org".')


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
    assert message.endswith('Example: "https://example.org/ada/sound-tools".')


@pytest.mark.parametrize("repository", CREDENTIALS)
def test_credentials_are_refused_and_not_shown(
    generate: Generate, repository: str
) -> None:
    message = refusal(generate, "repository", repository)
    assert "credentials" in message
    assert "secret" not in message
    assert message.endswith('Example: "https://example.org/ada/sound-tools".')


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
        pytest.param("modules", "Ada", id="modules"),
    ],
)
def test_the_example_in_a_message_would_pass(
    render: Render, question: str, value: str
) -> None:
    with pytest.raises(ValueError, match=r"^Validation error") as caught:
        render({question: value}, "project")
    example = re.search(r'Example: "([^"]+)"\.$', str(caught.value))
    assert example
    assert render({question: example[1]}, "project")[question] == example[1]


# ---- What the prompt shows ---------------------------------------------------------------------------------------------


REFUSED: dict[str, list[Any]] = {
    "project_name": [*TEXTS, pytest.param("")],
    "package_name": PACKAGES,
    "distribution_name": DISTRIBUTIONS,
    "description": TEXTS,
    "user_name": TEXTS,
    "user_email": EMAILS,
    "repository": [*REPOSITORIES, *CREDENTIALS],
    "modules": [*MODULES, *SPACES],
}


@pytest.mark.parametrize("question", REFUSED)
def test_a_refusal_fits_the_prompt(question: str) -> None:
    """Copier shows one line of the terminal, however long and strange the value is."""
    loaded = yaml.safe_load((ROOT / "copier.yml").read_text())
    environment = SandboxedEnvironment(
        **{**loaded["_envops"], "undefined": StrictUndefined},
        extensions=[AnsibleCoreFiltersExtension],
        loader=FileSystemLoader(ROOT),
    )
    validator = environment.from_string(loaded[question]["validator"])
    recipe = {"modules": ["cli:main"], "files": [], "suggested": ""}
    prompt = {"defaults": False, "data": {}}
    context = {"base": "", "package_name": "pkg", "recipe": recipe}
    for case in REFUSED[question]:
        value = case.values[0]
        for typed in [value, f"{value}!" * 40, f"{value}\x7f" * 200, f"é {value}"]:
            answers = {**context, question: typed, "_copier_conf": prompt}
            message = validator.render(answers).strip()
            shown = f"Validation error for question '{question}': {message}"
            assert len(shown) <= 80, shown
            assert shown.isprintable()
            assert message or typed != value, value


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
            "package_name",
            "class",
            'a Python keyword, change it: "class"',
            id="package_name",
        ),
        pytest.param(
            "distribution_name",
            "sound-",
            'letter or digit at both ends: "sound-"',
            id="distribution_name",
        ),
        pytest.param(
            "modules",
            "a:x a.b:y",
            'a package and a module: "a"',
            id="modules",
        ),
        pytest.param(
            "description",
            "one\ntwo",
            r'no control characters: "one\ntwo"',
            id="description",
        ),
        pytest.param(
            "user_email", "ada", 'not an e-mail address: "ada"', id="user_email"
        ),
        pytest.param(
            "repository",
            "https://ada:secret@example.org",
            "no credentials",
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


def test_keywords_are_those_of_python() -> None:
    assert sorted(reserved()["keywords"]) == sorted(keyword.kwlist)


@pytest.mark.parametrize("version", [f"3.{minor}" for minor in range(11, 16)])
def test_standard_library_names_hold_for_every_python(
    version: str, tmp_path: Path
) -> None:
    code = (
        "import keyword, sys; print(*sys.stdlib_module_names); print(*keyword.kwlist)"
    )
    done = run(interpreter(version), "-I", "-c", code, cwd=tmp_path)
    modules, keywords = map(str.split, done.stdout.splitlines())
    public = {name.lower() for name in modules if not name.startswith("_")}
    assert public - set(reserved()["stdlib"]) == set()
    assert sorted(reserved()["keywords"]) == sorted(keywords)


def test_windows_names_are_all_refused() -> None:
    # https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file#naming-conventions
    ports = {f"{port}{number}" for port in ["com", "lpt"] for number in range(1, 10)}
    for name in {"con", "prn", "aux", "nul"} | ports:
        assert refused("package_name", name)
        assert refused("module", name)


def test_lists_name_each_word_once() -> None:
    lists = reserved()
    assert lists.keys() >= {"keywords", "stdlib", "project", "locked_packages"}
    assert {
        name for name, words in lists.items() if len(set(words)) != len(words)
    } == set()


def test_the_project_list_holds_what_a_project_contains(
    generate: Generate,
) -> None:
    """A package of the name of a folder or file beside ``src`` would be taken for it, or the other way round."""
    names = {path.name.partition(".")[0].lower() for path in generate().iterdir()}
    importable = {
        name for name in names if name.isidentifier() and not name.startswith("_")
    }
    exempt = {
        "agents",
        "changelog",
        "license",
        "manifest",
        "readme",
        "requirements_dev",
        "requirements_lock",
        "requirements_prod",
    }
    assert importable - exempt - set(reserved()["project"]) == set()
