"""The check of the wording: what it finds, and that our own texts pass it."""

import sys
from pathlib import Path

import pytest
from conftest import ROOT, run

from scripts.wording import findings

LONG = "word " * 36


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param(
            "page.md",
            f"# Title\n\nShort. {LONG}\n",
            '3: 36 words in one sentence: write two: "word word word word word …"',
            id="long-sentence",
        ),
        pytest.param(
            "page.md",
            f"A.\n\n| a | b |\n|---|---|\n| x | {LONG} |\n",
            '5: 36 words in one sentence: write two: "word word word word word …"',
            id="long-sentence-in-a-table",
        ),
        pytest.param(
            "page.md.jinja",
            "{% if x\n%}\n{{ y }} is no answer.\n{% endif %}\n",
            '3: "is no": write "is not a"',
            id="phrase-in-a-template",
        ),
        pytest.param(
            "file.yml",
            "# Whoever comes\n",
            '1: "Whoever": write "anyone who, for people who"',
            id="phrase-in-a-comment",
        ),
        pytest.param(
            "CHANGELOG.md",
            "# Changelog\n\n## Unreleased\n\n- It mends.\n\n## 1.0.0\n\n- It mends.\n",
            '5: "mends": write "fix"',
            id="unreleased-changes-only",
        ),
        pytest.param("page.md", f"{LONG[:170]}. {LONG[:170]}.\n", None, id="two"),
        pytest.param("page.md", f"```\n{LONG}\n```\n`{LONG}`\n", None, id="code"),
        pytest.param("page.md", "There is no file, and it is no longer.\n", None),
        pytest.param(
            "page.py",
            f'"""Short.\n\n{LONG}\n"""\n',
            '3: 36 words in one sentence: write two: "word word word word word …"',
            id="long-sentence-in-a-docstring",
        ),
        pytest.param(
            "page.py",
            'def f():\n    """Return.\n\n    Whoever."""\n',
            '4: "Whoever": write "anyone who, for people who"',
            id="phrase-in-a-docstring",
        ),
        pytest.param(
            "page.py",
            'x = "it is no folder"\n',
            '1: "is no": write "is not a"',
            id="phrase-in-a-message",
        ),
        pytest.param("page.py", f'x = """{LONG}"""\n', None, id="long-text-in-code"),
        pytest.param(
            "page.py",
            f'"""Usage.\n\n--one    {LONG[:120]}\n          {LONG[:120]}\n"""\n',
            None,
            id="table-of-options",
        ),
    ],
)
def test_hard_english_is_found(
    tmp_path: Path, name: str, text: str, expected: str | None
) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert findings(path) == ([f"{path}:{expected}"] if expected else [])


def test_our_texts_are_plain() -> None:
    done = run(sys.executable, "scripts/wording.py", cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_command_names_what_it_finds(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("For whom?\n")
    command = (sys.executable, "scripts/wording.py", tmp_path / "a.md")
    done = run(*command, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith(f'{tmp_path}/a.md:1: "whom": ')
    assert done.stderr == "wording: 1 findings\n"


@pytest.mark.parametrize("folder", ["tests", "scripts"])
def test_of_tests_and_scripts_the_code_is_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path(folder, "page.py")
    path.parent.mkdir()
    path.write_text('x = "whom"\ny = 1  # for whom\n')
    assert findings(path) == [f'{path}:2: "whom": write "anyone who, for people who"']
