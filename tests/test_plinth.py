"""The command `plinth`: how it is installed, its help, and its former name."""

import json
import os
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import (
    ROOT,
    commit,
    copy_working_tree,
    git,
    run,
    template_outside_git,
)

COMMANDS = ("adopt", "preview", "drift", "restore", "campaign", "completion")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel that `uvx --from git+…` and pipx build, made from a clone without ignored files."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in git(
        ROOT, "ls-files", "-z", "-co", "--exclude-standard", "--deduplicate"
    ).split("\0"):
        if name and (ROOT / name).is_file():
            (folder / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "tree" / name).write_bytes((ROOT / name).read_bytes())
    build = ("build", "--quiet", "--wheel", "--no-isolation", "--outdir", folder)
    run(sys.executable, "-m", *build, folder / "tree", cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_holds_the_tools_and_no_template(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "plinth/drift/page.html.jinja" in names
    assert "plinth/standard/conflicts.py" in names
    assert not [
        x for x in names if "copier.yml" in x or x.startswith(("template", "fleet"))
    ]


@pytest.mark.slow
def test_the_installed_command_works_without_a_clone(
    wheel: Path, tmp_path: Path
) -> None:
    """The dependencies are those of this environment; the package itself is only the wheel's."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "import sys; from plinth.__main__ import start; sys.argv[0] = 'plinth'; start()"
    )
    done = run(
        *(sys.executable, "-c", code, "drift", "--json", tmp_path),
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site")},
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "it is not a git repository" in done.stdout
    (tmp_path / "sound/sound").mkdir(parents=True)
    (tmp_path / "sound/sound/__init__.py").touch()
    adopt = (sys.executable, "-c", code, "adopt", "--json")
    env = {"PYTHONPATH": str(tmp_path / "site")}
    source = f"--template={template_outside_git()}"
    found = json.loads(run(*adopt, source, "sound", cwd=tmp_path, env=env).stdout)
    assert found["answers"]["package_name"] == "sound"
    done = run(*adopt, "sound", cwd=tmp_path, env=env, check=False)
    assert done.stderr == "plinth: name the template: add --template ADDRESS\n"


@pytest.mark.slow
def test_uv_runs_it_from_the_templates_address(tmp_path: Path) -> None:
    """Nobody clones anything: adopt takes the template that plinth came from, and drift knows the result."""
    server = tmp_path / "server/standard"
    copy_working_tree(server)
    git(server, "init", "--quiet")
    commit(server, "1.0.0")
    uv = Path(sys.executable).with_name("uv")

    def plinth(*arguments: str, status: int = 0) -> str:
        command = (uv, "tool", "run", "--quiet", "--from", f"git+{server.as_uri()}")
        done = run(*command, "plinth", *arguments, cwd=tmp_path, check=False)
        if "Failed to fetch" in done.stderr:
            pytest.skip("no package index can be reached")
        assert done.returncode == status, done.stderr
        return done.stdout

    (tmp_path / "sound/sound").mkdir(parents=True)
    (tmp_path / "sound/sound/__init__.py").touch()
    plinth("adopt", "--apply", "sound")
    git(tmp_path / "sound", "init", "--quiet")
    commit(tmp_path / "sound")
    answers = (tmp_path / "sound/.copier-answers.yml").read_text()
    assert f"_src_path: git+{server.as_uri()}\n" in answers
    assert "_commit: 1.0.0\n" in answers
    assert json.loads(plinth("drift", "--json", "sound"))["state"] == "clean"
    assert json.loads(plinth("preview", "--json", "sound"))["state"] == "same"
    assert "nothing to restore" in plinth("restore", "sound")


def test_one_help_names_all_commands_and_statuses() -> None:
    program = Path(sys.executable).with_name("plinth")
    text = run(program, "--help", cwd=ROOT).stdout
    for name in COMMANDS:
        assert f"\n    {name}" in text
        assert "Exit status: 0 " in run(program, name, "--help", cwd=ROOT).stdout


@pytest.mark.parametrize(
    ("module", "name"), [("fleet", "plinth"), ("fleet.campaign", "plinth campaign")]
)
def test_the_former_name_works_for_one_release(module: str, name: str) -> None:
    done = run(sys.executable, "-m", module, "--help", cwd=ROOT)
    assert done.stdout.startswith(f"usage: {name} ")
    (line,) = done.stderr.splitlines()
    assert line.endswith(f"run ./bootstrap {name} in its place")


def test_the_package_is_installed_as_what_the_launcher_runs() -> None:
    done = run(ROOT / "bootstrap", "plinth", "--version", cwd=ROOT, env={"CI": ""})
    assert done.stdout.startswith("plinth ")
    assert os.access(Path(sys.executable).with_name("plinth"), os.X_OK)


# How each shell is asked what it would offer after a line.
ASKED = {
    "bash": 'eval "$({plinth} completion bash)"; COMP_WORDS=({words}); COMP_CWORD={last}; _plinth; echo "${{COMPREPLY[*]}}"',
    "zsh": 'autoload -U compinit && compinit -D -u; eval "$({plinth} completion zsh)"; COMP_WORDS=({words}); setopt ksharrays;'
    ' COMP_CWORD={last}; _plinth; echo "${{COMPREPLY[*]}}"',
    "fish": "{plinth} completion fish | source; complete --do-complete '{line}'",
}


@pytest.mark.parametrize("shell", ASKED)
def test_the_script_for_a_shell_names_each_command(shell: str) -> None:
    """Also where that shell is not installed."""
    printed = run(sys.executable, "-m", "plinth", "completion", shell, cwd=ROOT).stdout
    assert [name for name in (*COMMANDS, "dry-run") if name not in printed] == []


@pytest.mark.parametrize("shell", ASKED)
@pytest.mark.parametrize(
    ("words", "offered", "others"),
    [(["plinth", "pre"], "preview", "drift"), (["plinth", "restore", "--dr"], "--dry-run", "--json")],
)  # fmt: skip
def test_shells_complete(
    shell: str, words: list[str], offered: str, others: str
) -> None:
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    line = ASKED[shell].format(
        plinth=Path(sys.executable).with_name("plinth"),
        words=" ".join(words),
        line=" ".join(words),
        last=len(words) - 1,
    )
    done = run(shell, "-c", line, cwd=ROOT)
    assert offered in done.stdout.split(), done.stderr
    # zsh itself leaves out what does not begin like the word.
    assert shell == "zsh" or others not in done.stdout.split()
