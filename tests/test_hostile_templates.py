"""Templates that try to read the operator's environment and files, in a campaign and in drift.

One report meets all attacks, each in a release of its own. One campaign meets those that an answer can choose.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest
from conftest import ROOT, commit, git, run
from support.fleets import IDENTITY, Fleet, know

pytestmark = pytest.mark.slow  # the attacks run together, once

SECRET = "s3cr3t-of-the-operator"
READS = {
    "expandvars": "'$GH_TOKEN ${GH_TOKEN}'|expandvars",
    "expanduser": "'~/x'|expanduser",
    "fileglob": "('HOME/*'|fileglob)|join",
    "realpath": "'HOME/link'|realpath",
    "relpath": "'HOME'|relpath",
    "map": "['$GH_TOKEN']|map('expandvars')|join",
    "default": "''|default('$GH_TOKEN', true)|expandvars",
}
# Where a template has expressions; READ stands for one.
PLACES = {
    "default": ("q:\n  type: str\n  default: \"{{ READ }}\"\n", "{{ q }}", "file"),
    "computed": ("q:\n  type: str\n  when: false\n  default: \"{{ READ }}\"\n", "{{ q }}", "file"),
    "validator": ("q:\n  type: str\n  default: x\n  validator: \"{{ READ }}\"\n", "{{ q }}", "file"),
    "choices": ("q:\n  type: str\n  choices: [\"{{ READ }}\"]\n  default: \"{{ READ }}\"\n", "{{ q }}", "file"),
    "when": ("q:\n  type: str\n  default: x\n  when: \"{{ READ }}\"\n", "{{ q }}", "file"),
    "exclude": ("_exclude: [\"{{ READ }}\"]\n", "x", "file"),
    "content": ("", "{{ READ }}", "file"),
    "name": ("", "x", "a{{ READ }}"),
}  # fmt: skip
OTHERS = {
    "external": ("_external_data:\n  x: HOME/secret.yml\nq:\n  type: str\n  default: \"{{ _external_data.x }}\"\n", "{{ q }}", "file"),
    "external-up": ("_external_data:\n  x: ../../../../../../../../../../../HOME/secret.yml\n", "{{ _external_data.x }}", "file"),
    "include": ("", "{% include 'HOME/secret.yml' %}", "file"),
    "include-up": ("", "{% include '../../../../../../../../HOME/secret.yml' %}", "file"),
    "include-link": ("", "{% include 'template/link' %}", "file"),
    "yaml": ("q: !include HOME/secret.yml\n", "{{ q }}", "file"),
    "conf": ("", "{{ _copier_conf|to_json }}", "file"),
    "globals": ("", "{{ pathjoin.__globals__ }}", "file"),
    "format": ("", "{{ '{0.__globals__}'.format(pathjoin) }}", "file"),
    "from_yaml": ("", "{{ '!!python/object/apply:os.getenv [GH_TOKEN]'|from_yaml }}", "file"),
    "link": ("", "x", "file"),
    "link-kept": ("_preserve_symlinks: true\n", "x", "file"),
}  # fmt: skip
ATTACKS = (
    {f"{place}-expandvars": (place, READS["expandvars"]) for place in PLACES}
    | {f"content-{read}": ("content", text) for read, text in READS.items()}
    | {name: (name, "") for name in OTHERS}
)
FORBIDDEN = {name for name in ATTACKS if "-" in name and name not in OTHERS}


CHOSEN = {"q": "default", "v": "validator", "text": "content", "name": "name"}


def add_release(template: Path, home: Path, name: str, version: str) -> None:
    """Add a release with one attack."""
    place, read = ATTACKS[name]
    questions, text, file = (
        x.replace("READ", read).replace("HOME", str(home))
        for x in (PLACES | OTHERS)[place]
    )
    start(template)
    (template / "copier.yml").write_text(f"_subdirectory: template\n{questions}")
    (template / "template" / f"{file}.jinja").write_text(text + "\n")
    if "link" in name:
        (template / "template/link").symlink_to(home / "secret.yml")
    commit(template, version)


def start(template: Path) -> None:
    """Put the harmless files into a template's working tree."""
    shutil.rmtree(template / "template", ignore_errors=True)
    (template / "template").mkdir()
    (template / "copier.yml").write_text("_subdirectory: template\n")
    answers = template / "template/{{ _copier_conf.answers_file }}.jinja"
    answers.write_text("{{ _copier_answers|to_nice_yaml }}")
    (template / "template/plain").write_text("one\n")


def add_chosen(template: Path) -> None:
    """Add a harmless release, and one with attacks that the answer `attack` chooses."""
    read = READS["expandvars"]
    hostile = {
        key: f"{{% if attack == '{key}' %}}{{{{ {read} }}}}{{% endif %}}"
        for key in CHOSEN
    }
    start(template)
    commit(template, "8.0.0")
    (template / "copier.yml").write_text(
        "_subdirectory: template\nattack:\n  type: str\n  default: none\n"
        f'q:\n  type: str\n  default: "{hostile["q"]}"\n'
        f'v:\n  type: str\n  default: x\n  validator: "{hostile["v"]}"\n'
    )
    (template / "template/file.jinja").write_text(f"{hostile['text']}\n")
    (template / f"template/a{hostile['name']}.jinja").write_text("x\n")
    # Copier's own environment, which a template can only read by a filter or a file.
    (template / "template/conf.jinja").write_text("{{ _copier_conf|to_json }}\n")
    commit(template, "9.0.0")


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Let drift meet all releases, and a campaign those that an answer chooses."""
    top = tmp_path_factory.mktemp("templates")
    home, template = top / "home", top / "template"
    drifted, work = top / "drifted", top / "work"
    for folder in (home, template, drifted, work):
        folder.mkdir()
    (home / "secret.yml").write_text(f"secret: {SECRET}\n")
    (home / SECRET).write_text("")
    (home / "link").symlink_to(SECRET)
    (home / ".gitconfig").write_text("[safe]\n    directory = *\n")
    settings = top / "settings.yml"
    settings.write_text(f"defaults:\n  q: {SECRET}\n  v: {SECRET}\n")
    environment = IDENTITY | {
        "COPIER_SETTINGS_PATH": str(settings),
        "GH_TOKEN": SECRET,
        "HOME": str(home),
    }
    for folder in (template, drifted, work):
        git(folder, "init", "--quiet", "--initial-branch=main")
    for number, name in enumerate(ATTACKS):
        add_release(template, home, name, f"1.{number}.0")
        write_project(drifted / name, f"_commit: 1.{number}.0\n_src_path: {template}\n")
    commit(drifted)
    drift = (sys.executable, "-m", "plinth", "drift", "--json", drifted)
    done = run(*drift, cwd=ROOT, env=environment, check=False)
    (top / "drift").write_text(done.stdout + done.stderr)

    add_chosen(template)
    for key in (*CHOSEN, "none"):
        answers = f"_commit: 8.0.0\n_src_path: {template}\nattack: {key}\n"
        write_project(work / key, answers)
    write_project(work / "garbled", "}{\n")
    write_project(work / "elsewhere", f"_commit: 8.0.0\n_src_path: {drifted}\n")
    commit(work)
    fleet = Fleet(top, top / "all-repos.json", {"chosen": "chosen"})
    run("git", "clone", "--quiet", "--bare", work, fleet.remote("chosen"), cwd=top)
    know(fleet)
    command = (sys.executable, "-m", "plinth", "campaign", "-C", fleet.config)
    named = ("--template", str(template), "--to", "9.0.0")
    done = run(*command, *named, cwd=ROOT, env=environment, check=False)
    (top / "campaign").write_text(done.stdout + done.stderr)
    return top


def write_project(folder: Path, answers: str) -> None:
    """Write a project's files."""
    folder.mkdir()
    (folder / "plain").write_text("one\n")
    (folder / ".copier-answers.yml").write_text(answers)


@pytest.mark.parametrize("name", ATTACKS)
def test_drift_tells_no_secret(attacked: Path, name: str) -> None:
    said = (attacked / "drift").read_text()
    rows = [json.loads(x) for x in said.splitlines() if x.startswith("{")]
    (row,) = [x for x in rows if x["answers_file"].startswith(f"{name}/")]
    assert SECRET not in json.dumps(row)
    if name in FORBIDDEN:
        assert "which could read the files or variables" in row["problem"]


def test_a_campaign_commits_no_secret(attacked: Path) -> None:
    said = (attacked / "campaign").read_text()
    remote = attacked / "forge/chosen.git"
    committed = git(remote, "log", "-p", "--all", "--format=%B")
    assert SECRET not in said + committed
    assert "1 repositories: 1 updated, 5 failed" in said
    for key, place in CHOSEN.items():
        (line,) = [
            x
            for x in said.splitlines()
            if f" {key}/.copier-answers" in x and x.startswith("failed")
        ]
        assert "the filter expandvars, which could read" in line, place
    assert "_commit: 9.0.0" in git(remote, "show", "HEAD:none/.copier-answers.yml")


def test_a_campaign_names_what_it_cannot_read_and_leaves_other_templates(
    attacked: Path,
) -> None:
    said = (attacked / "campaign").read_text()
    assert " garbled/.copier-answers.yml: garbled/.copier-answers.yml" in said
    assert "elsewhere" not in said
