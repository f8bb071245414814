"""Free text comes out exactly as it was typed, wherever a project repeats it."""

import re
import shutil
import sys
import tomllib
import zipfile
from email.utils import parseaddr
from pathlib import Path

import pytest
import yaml
from conftest import Generate, run
from packaging.metadata import parse_email
from support.pages import text_of_page

TEXTS = [
    pytest.param("O'Connor", id="apostrophe"),
    pytest.param(
        'the "Jr" \'\'\' """ \u2018\u2019 “” «» \u00b4`', id="quotes-of-every-kind"
    ),
    pytest.param("'", id="lone-apostrophe"),
    pytest.param('"', id="lone-quote"),
    pytest.param('"""', id="triple-quote"),
    pytest.param("C:\\new\\table \\u0041 \\x41 \\N{DASH} \\\\ \\", id="backslashes"),
    pytest.param("{{ 7 * 7 }}", id="jinja-expression"),
    pytest.param("{% raw %}{% for x in y %}", id="jinja-statement"),
    pytest.param("{# comment", id="jinja-comment"),
    pytest.param("{{ _copier_conf.src_path }} }} %} #}", id="jinja-variable"),
    pytest.param("{0} {name} %s %(name)s ${HOME} $HOME", id="formats"),
    pytest.param("# not a comment # at all", id="hash"),
    pytest.param("#", id="lone-hash"),
    pytest.param("C# and F#", id="hash-last"),
    pytest.param("a ## ##", id="closing-heading"),
    pytest.param("$(id) `id` ; id && id | id > /dev/null", id="shell"),
    pytest.param("`code` and ``code`` and ```", id="backticks"),
    pytest.param("key: value", id="yaml-mapping"),
    pytest.param("- item", id="yaml-item"),
    pytest.param("- [ ] task", id="task"),
    pytest.param("--- ...", id="yaml-document"),
    pytest.param("---", id="thematic-break"),
    pytest.param("===", id="underline"),
    pytest.param("yes", id="yaml-boolean"),
    pytest.param("null", id="yaml-null"),
    pytest.param("~", id="yaml-tilde"),
    pytest.param("1.10", id="yaml-float"),
    pytest.param("0x1F", id="yaml-integer"),
    pytest.param("1:30", id="yaml-sexagesimal"),
    pytest.param("2020-01-01", id="yaml-date"),
    pytest.param("!!python/object:os.system {a: &b *b}", id="yaml-tag"),
    pytest.param("| literal", id="yaml-literal"),
    pytest.param("> folded", id="quotation"),
    pytest.param("%TAG ! tag", id="yaml-directive"),
    pytest.param("@ada, `x`, ?x, !x, %x, &x, *x", id="yaml-indicators"),
    pytest.param('" ] }\nname = "x"'.replace("\n", " "), id="toml-end-of-string"),
    pytest.param('[project] name = "x"', id="toml-table"),
    pytest.param(
        "<b>bold</b> <script>alert(1)</script> <!-- x --> &lt; &amp; &#65; &nbsp;",
        id="html",
    ),
    pytest.param("*a* **b** _c_ __d__ ***e*** ~~f~~ ~g~ a_b_c a*b*c", id="emphasis"),
    pytest.param(
        "[link](https://example.org) ![image](x.png) [ref] [^1] <https://example.org>",
        id="links",
    ),
    pytest.param("1. one", id="ordered-item"),
    pytest.param("1) one", id="ordered-item-parenthesis"),
    pytest.param("+ one", id="plus-item"),
    pytest.param("* one", id="star-item"),
    pytest.param("| a | b | --- |", id="table"),
    pytest.param("::: note", id="directive"),
    pytest.param("two  spaces   inside", id="several-spaces"),
    pytest.param(
        "no\u00a0break\u200bzero\u200dwidth\ufeff\u00ad", id="unseen-characters"
    ),
    pytest.param("שלום עולם \u202ertl\u202c مرحبا", id="right-to-left"),
    pytest.param("日本語のパッケージ", id="japanese"),
    pytest.param("e\u0301 \u00e9 ﬁ ǅ ß \u017f", id="not-normalised"),
    pytest.param("👩‍👩‍👧 🏳️‍🌈 😀", id="emoji"),
    pytest.param("\U0010fffd\U000e0041\ue000", id="private-use"),
    pytest.param("=cmd|'/c calc'!A1", id="spreadsheet-formula"),
    pytest.param("../../etc/passwd", id="path"),
    pytest.param("A, B; C <d@example.org> (e)", id="mail-syntax"),
    pytest.param("Name: x", id="metadata-field"),
    pytest.param("x" * 500, id="500-characters"),
    pytest.param(
        ('it\'s  a long "story": # ' * 25)[:499] + ".", id="500-characters-that-wrap"
    ),
]
NAME = 'O\'Connor "Jr" \\ {{ x }} # $(id) `id` é 😀 שלום'
DESCRIPTION = "Says: \"hi\" \\ {% raw %} '''  <b>&amp;</b> *x* 日本語 👩‍👧"
REPOSITORY = "https://example.org/@o(connor)/x?y=%20&z=1#top"
PACKAGE = {"package_name": "pkg", "modules": "greeting:greet"}


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_out_as_typed(generate: Generate, text: str) -> None:
    project = generate(project_name=text, description=text, user_name=text, **PACKAGE)

    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    assert metadata["description"] == text
    assert metadata["authors"] == [{"name": text}]

    answers = yaml.safe_load(
        (project / ".copier-answers.yml").read_text(encoding="utf-8")
    )
    assert [answers[name] for name in ["project_name", "description", "user_name"]] == [
        text
    ] * 3

    page = text_of_page((project / "README.md").read_text(encoding="utf-8"))
    assert page["h1"] == [text]
    assert page["p"][0] == text
    assert page["p"][-1].startswith(f"Copyright {answers['copyright_year']} {text}. ")

    assert f"Copyright (c) {answers['copyright_year']} {text}\n" in (
        project / "LICENSE"
    ).read_text(encoding="utf-8")

    for path in project.rglob("*.py"):
        compile(path.read_bytes(), path, "exec")


@pytest.mark.parametrize(
    "text",
    [pytest.param("~a~ and ~b~", id="one-tilde"), pytest.param("~", id="lone-tilde")],
)
def test_no_tilde_is_left_that_github_would_strike_through_by(
    generate: Generate, text: str
) -> None:
    # https://github.github.com/gfm/#strikethrough-extension- takes one tilde as well as two; markdown-it only two.
    page = (generate(project_name=text, **PACKAGE) / "README.md").read_text()
    assert page.splitlines()[0] == "# " + text.replace("~", "\\~")


@pytest.mark.parametrize("licence", ["MIT", "BSD-3-Clause", "ISC", "proprietary"])
def test_the_licence_names_the_holder_as_typed(
    generate: Generate, licence: str
) -> None:
    project = generate(user_name=NAME, license=licence, **PACKAGE)
    notices = [
        line
        for line in (project / "LICENSE").read_text("utf-8").splitlines()
        if line.startswith("Copyright")
    ]
    assert len(notices) == 1
    assert notices[0].endswith(f" {NAME}")


@pytest.mark.parametrize("user_email", ["", "o'connor+x@example.org"])
@pytest.mark.parametrize("user_name", ["", NAME])
def test_authors_are_as_typed(
    generate: Generate, user_name: str, user_email: str
) -> None:
    project = generate(user_name=user_name, user_email=user_email, **PACKAGE)
    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    expected = {
        key: value
        for key, value in [("name", user_name), ("email", user_email)]
        if value
    }
    assert metadata.get("authors", []) == ([expected] if expected else [])


@pytest.mark.slow
@pytest.mark.parametrize("user_email", ["", "o'connor+x@example.org"])
def test_a_wheel_carries_text_as_typed(
    generate: Generate, tmp_path: Path, user_email: str
) -> None:
    project = generate(
        project_name=NAME,
        description=DESCRIPTION,
        user_name=NAME,
        user_email=user_email,
        repository=REPOSITORY,
        license="GPL-3.0-or-later",
        **PACKAGE,
    )
    run(
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        f"--outdir={tmp_path}",
        cwd=project,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (
            name for name in archive.namelist() if name.endswith(".dist-info/METADATA")
        )
        source = archive.read(path)
    metadata, unparsed = parse_email(source)
    assert unparsed == {}
    assert metadata["summary"] == DESCRIPTION
    assert metadata["license_expression"] == "GPL-3.0-or-later"
    assert metadata["project_urls"] == {"Repository": REPOSITORY}
    assert metadata["description"] == (project / "README.md").read_text(
        encoding="utf-8"
    )
    if user_email:
        assert parseaddr(metadata["author_email"]) == (NAME, user_email)
    else:
        assert metadata["author"] == NAME


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({}, id="defaults"),
        pytest.param(
            {
                "project_name": NAME,
                "description": DESCRIPTION,
                "user_name": "yes",
                "user_email": "o'connor@example.org",
                "repository": REPOSITORY,
                "license": "proprietary",
                "python_min": "3.12",
                "modules": ["a.b:X,y", "_c:Z"],
                "exports": "lazy",
            },
            id="every-question",
        ),
        pytest.param(
            {"description": "1.10", "user_name": "", "modules": None},
            id="look-alikes-and-nothing",
        ),
    ],
)
def test_the_answers_of_a_project_make_it_again(
    generate: Generate, tmp_path: Path, answers: dict[str, object]
) -> None:
    first = generate(**answers)
    recorded = yaml.safe_load(
        (first / ".copier-answers.yml").read_text(encoding="utf-8")
    )
    questions = {
        name: value for name, value in recorded.items() if not name.startswith("_")
    }
    data = tmp_path / "answers.yml"
    data.write_text(yaml.safe_dump(questions, allow_unicode=True), encoding="utf-8")
    # The same place, for the recorded answers file is a part of the project.
    kept = shutil.move(first, tmp_path / "first")
    words = [
        "copy",
        "--defaults",
        "--quiet",
        "--vcs-ref=HEAD",
        f"--data-file={data}",
        recorded["_src_path"],
        first,
    ]
    run(sys.executable, "-m", "copier", *words, cwd=tmp_path)
    assert contents_but_commit(first) == contents_but_commit(Path(kept))


def contents_but_commit(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file below a folder, by path, without the commit of the template."""
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    # In a work tree with changes each render makes a commit of its own.
    answers = re.sub(rb"(?m)^_commit: .*\n", b"", files[".copier-answers.yml"])
    return {**files, ".copier-answers.yml": answers}
