"""Templates with every kind of question, and what Copier's prompt asks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import commit, git
from copier import _main
from copier._main import Worker

from composer.browser import prompt
from composer.browser.form import text


def template_of(folder: Path, questions: str, files: Mapping[str, str]) -> Path:
    """Return a small template under git."""
    folder.mkdir()
    (folder / "copier.yml").write_text(questions)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    git(folder, "init", "--quiet")
    commit(folder, "1.0.0")
    return folder


QUESTIONS = """\
name:
  type: str
count:
  type: int
  help: How many?
  default: 3
  validator: "{% if count > 9 %}at most 9{% endif %}"
ratio:
  type: float
  default: 0.5
tags:
  type: str
  multiselect: true
  choices: [one, two, "th: ree"]
  default: [two]
level:
  type: int
  choices:
    low: 1
    high: {value: 2, validator: "{% if count < 3 %}only for three{% endif %}"}
data:
  type: yaml
  default: {a: [1, 2]}
more:
  type: json
  default: '{"b": null}'
word:
  type: str
  secret: true
  default: hidden
  help: A secret
extra:
  type: bool
  when: "{{ count > 4 }}"
  default: true
long:
  type: str
  multiline: true
  default: "{{ name }}\\nsecond line"
quiet:
  type: str
  help: Not asked
  default: "{{ count }}"
  ask: false
record:
  type: str
  default: none
  ask: false
computed:
  type: str
  default: "{{ name | upper }}"
  when: false
"""
ALL = "{{ [name, count, ratio, tags, level, data, more, word, extra | default('-'), long, quiet, record, computed] | to_json }}"


def every_kind(folder: Path) -> Path:
    """Return a template with each kind of question, binary and executable files, and a link."""
    files = {
        "all.json.jinja": ALL,
        "{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers | to_nice_yaml }}",
    }
    template = template_of(folder, QUESTIONS, files)
    (template / "image.bin").write_bytes(bytes(range(256)))
    (template / "run.sh").write_text("#!/bin/sh\n")
    (template / "run.sh").chmod(0o755)
    (template / "link").symlink_to("run.sh")
    commit(template)
    git(template, "tag", "--force", "1.0.0")
    return template


def prompted(template: Path, folder: Path, answers: Mapping[str, str]) -> list[Any]:
    """Return what the real prompt asks somebody who gives these answers and accepts the other defaults."""
    asked: list[Any] = []

    def answer(structure: prompt.Structure, default: Any) -> Any:
        question = structure["filter"].__self__
        name = structure["name"]
        choices = [(c.title, text(c.value)) for c in structure.get("choices", ())]
        asked.append(
            (
                name,
                structure["message"].strip(),
                choices,
                structure.get("placeholder", ""),
            )
        )
        return question.parse_answer(answers[name]) if name in answers else default

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prompt, "answer", answer)
        patch.setattr(_main, "unsafe_prompt", prompt.ask)
        with Worker(str(template), folder, quiet=True, pretend=True) as worker:
            worker.run_copy()
    return asked


CHANGES = [
    {},
    {"project_name": "Wave lab"},
    {"description": "Waves."},
    {"user_name": "Ada"},
    {"license": "proprietary"},
    {"repository": "https://gitlab.com/a/b"},
    {"starter": "flask"},
    {"modules": "a:b"},
]
