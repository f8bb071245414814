"""A small template with releases, and projects that are made from it."""

import re
from pathlib import Path
from typing import Any

import copier as copier_library
from conftest import ROOT, commit, git, run
from support.files import write

TEMPLATE = {
    "copier.yml": """\
_subdirectory: template
_skip_if_exists: [/kept.txt]
_exclude: ["{% if _copier_operation == 'update' %}/yours.txt{% endif %}"]
name: {type: str, default: demo, validator: "{{ 'no' if name == 'refused' }}"}
colour: {type: str, choices: [red, green, blue], default: red}
computed: {type: str, default: "{{ name }}!", when: false}
record: {type: yaml, default: "{{ {'name': name} | to_json }}", ask: false}
""",
    "template/{{ _copier_conf.answers_file }}.jinja": (
        "{{ dict(_copier_answers, record={'name': name}) | to_nice_yaml }}"
    ),
    "template/tool": "#!/bin/sh\necho tool\n",
    "template/folder/colour.txt.jinja": "{{ colour }}\n{{ computed }} {{ _copier_answers._src_path }}\n",
    "template/static.cfg": "[static]\n",
    "template/LICENSE.jinja": "Free for {{ name }}\n",
    "template/yours.txt": "yours\n",
    "template/kept.txt": "kept\n",
}


def tiny(folder: Path, **changes: str) -> Path:
    """Make a small template with three releases and a commit on top."""
    run("git", "init", "--quiet", folder, cwd=ROOT)
    write(folder, TEMPLATE | changes)
    (folder / "template/tool").chmod(0o755)
    for tag in ("1.0.0", "v1.1.0", "2.0.0rc1", "2.0.0"):
        write(folder, {"template/static.cfg": f"[static]\nversion = {tag}\n"})
        commit(folder, tag)
    commit(folder)
    return folder


def born(template: Path, folder: Path, release: str, **answers: str) -> Path:
    """Make a project at a release and put it under git."""
    options: dict[str, Any] = {"defaults": True, "quiet": True, "vcs_ref": release}
    copier_library.run_copy(str(template), folder, answers, **options)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)
    return folder


def substitute(path: Path, old: str, new: str) -> None:
    """Replace what matches a regular expression, which has to be there."""
    text = path.read_text()
    assert re.search(old, text, re.MULTILINE)
    path.write_text(re.sub(old, new, text, flags=re.MULTILINE))
