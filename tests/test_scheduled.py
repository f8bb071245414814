"""The scheduled workflow for a project that no engine looks after: what it proposes, and what it leaves alone."""

import functools
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, born, commit, git, run

WORKFLOW = ROOT / "plinth/github/update.yml"
GH = """#!/bin/sh
printf '%s\\n' "$*" >> "$GH_LOG"
if [ "$2" = list ]; then cat "$GH_PULLS"; fi
"""


def workflow_jobs() -> dict[str, dict[str, Any]]:
    """Return the two jobs: one makes a patch, the other proposes it."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(WORKFLOW.read_text())["jobs"]
    assert list(found) == ["update", "propose"]
    return found


def steps(job: str) -> list[dict[str, Any]]:
    """Return the steps of a job."""
    found: list[dict[str, Any]] = workflow_jobs()[job]["steps"]
    return found


def test_reviewers_find_nothing() -> None:
    run("zizmor", "--offline", "--pedantic", "--quiet", WORKFLOW, cwd=ROOT)
    checker = Path(sys.executable).parent / "check-jsonschema"
    run(checker, "--builtin-schema", "vendor.github-workflows", WORKFLOW, cwd=ROOT)


def test_it_runs_the_copier_that_is_tested() -> None:
    (version,) = re.findall(r"copier==([\d.]+)", WORKFLOW.read_text())
    lock = (ROOT / "requirements_lock.txt").read_text()
    assert f"\ncopier=={version} " in lock


def test_nothing_runs_with_the_token_but_git_and_gh() -> None:
    """The job that builds has no secret, and the token is asked for when all else is done."""
    jobs = workflow_jobs()
    assert "environment" not in jobs["update"]
    assert jobs["update"]["permissions"] == {"contents": "read"}
    assert not re.search(r"secrets|token|vars\.", str(steps("update")).lower())
    names = [step["name"] for step in steps("propose")]
    assert names.index("Get the app's token") == len(names) - 2
    used = [step["name"] for step in steps("propose") if "secrets." in str(step)]
    assert used == ["Get the app's token"]
    used = [step["name"] for step in steps("propose") if "outputs.token" in str(step)]
    assert used == ["Propose"]
    for job in jobs:
        assert not any("${{" in step.get("run", "") for step in steps(job))
    called = "\n".join(step.get("run", "") for step in steps("propose"))
    assert not re.search(r"bootstrap|python|pipx|\.standard/", called)


class Runner:
    """Runs the workflow's shell lines as GitHub does, in a fresh clone; `gh` only records its arguments."""

    def __init__(self, origin: Path, folder: Path) -> None:
        """Set up the programs that a runner has."""
        self.origin, self.folder, self.rounds = origin, folder, 0
        self.between: Callable[[], object] = lambda: None
        self.pulls, self.log = folder / "pulls", folder / "log"
        programs = folder / "bin"
        programs.mkdir()
        python = Path(sys.executable)
        pipx = f'#!/bin/sh\nshift 2\nexec {python} -m copier "$@"\n'
        for name, text in [("gh", GH), ("pipx", pipx)]:
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        (programs / "python").symlink_to(python)
        self.path = f"{programs}:/usr/bin:/bin"

    def run(self, what: str, pulls: str = "") -> tuple[list[str], str]:
        """Return what `gh` was told and the last line that was printed, for a change of the template or the lock."""
        self.rounds += 1
        self.log.write_text("")
        self.pulls.write_text(pulls)
        self.temp = self.folder / f"temp{self.rounds}"
        self.temp.mkdir()
        printed = self.job("update", what)
        self.between()
        if any((self.temp / "change").iterdir()):
            printed += self.job("propose", what)
        told = [x for x in self.log.read_text().splitlines() if x.startswith("pr ")]
        return told, printed.strip().rpartition("\n")[2]

    def job(self, job: str, what: str) -> str:
        """Return what the shell lines of a job print; each job has a clone of its own."""
        clone = self.folder / f"clone{self.rounds}-{job}"
        run("git", "clone", "--quiet", self.origin, clone, cwd=self.folder)
        output = self.folder / "output"
        output.write_text("")
        printed = ""
        for step in steps(job):
            outputs = dict(x.split("=", 1) for x in output.read_text().splitlines())
            condition = step.get("if", "")
            if "run" not in step or ("draft" in condition and "draft" not in outputs):
                continue
            environment = {
                "PATH": self.path,
                "HOME": str(self.folder),
                "COPIER_CACHE_DIR": os.environ["COPIER_CACHE_DIR"],
                "GITHUB_OUTPUT": str(output),
                "RUNNER_TEMP": str(self.temp),
                "GH_LOG": str(self.log),
                "GH_PULLS": str(self.pulls),
                "WHAT": what,
                "BASE": "main",
                "DRAFT": outputs.get("draft", ""),
            }
            environment |= {
                k: v for k, v in step.get("env", {}).items() if "${{" not in v
            }
            words = [f"{name}={value}" for name, value in environment.items()]
            shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
            done = run("env", "-i", *words, *shell, step["run"], cwd=clone)
            printed += done.stdout
        return printed


def hand_over(runner: Runner, patch: str) -> None:
    """Replace the patch between the jobs."""
    (runner.temp / "change/patch").write_text(patch)


def move(origin: Path, folder: Path, branch: str, path: str, text: str) -> None:
    """Let somebody push a change to a branch."""
    run("git", "clone", "--quiet", f"--branch={branch}", origin, folder, cwd=origin)
    (folder / path).write_text(text)
    commit(folder)
    git(folder, "push", "--quiet", "origin", branch)


@pytest.mark.slow
def test_it_proposes_a_release_and_never_overwrites_work(
    template: Path, tmp_path: Path
) -> None:
    """A release, a second one that conflicts, in place and as a draft; what somebody has resolved there stays."""
    newer = tmp_path / "newer"
    run("git", "clone", "--quiet", template, newer, cwd=tmp_path)
    project = born(newer, "1.0.0", tmp_path / "demo", {})
    origin = tmp_path / "origin.git"
    run("git", "clone", "--quiet", "--bare", project, origin, cwd=tmp_path)
    runner = Runner(origin, tmp_path)
    editor = newer / "template/.gitattributes"
    text = editor.read_text()
    assert "eol=lf" in text

    editor.write_text(text + "\n*.new text\n")
    commit(newer, "1.1.0")
    listing = (
        "pr list --head update/template --state open --json number,isCrossRepository "
        "--jq map(select(.isCrossRepository | not))[].number"
    )
    told, _ = runner.run("template")
    assert told == [
        listing,
        "pr create --base main --head update/template --title Update the template to 1.1.0 --body ",
    ]
    assert git(origin, "log", "-1", "--format=%s%n%P", "update/template").split("\n")[
        :2
    ] == ["Update the template to 1.1.0", git(origin, "rev-parse", "main").strip()]
    assert runner.run("template", "7") == ([], "update/template has it already")

    changed = text.replace("eol=lf", "eol=lf size=8")
    move(origin, tmp_path / "mine", "main", ".gitattributes", changed)
    editor.write_text(editor.read_text().replace("eol=lf", "eol=lf size=2"))
    commit(newer, "1.2.0")
    told, _ = runner.run("template", "7")
    left = ".gitattributes has conflict markers: resolve them"
    assert told[0] == listing
    assert told[1].startswith("pr edit 7 --title Update the template to 1.2.0 --body ")
    assert left in told[1]
    assert told[2:] == ["pr ready 7 --undo"]
    assert "<<<<<<<" in git(origin, "show", "update/template:.gitattributes")

    move(origin, tmp_path / "resolved", "update/template", ".gitattributes", changed)
    head = git(origin, "rev-parse", "update/template")
    said = "somebody works on update/template: it stays as it is"
    assert runner.run("template", "7") == ([], said)
    assert git(origin, "rev-parse", "update/template") == head


def test_it_proposes_a_renewed_lock(tmp_path: Path) -> None:
    """The workflow's part of it; what `./bootstrap --lock --upgrade` does is tested with the bootstrap."""
    project = tmp_path / "demo"
    (project / ".standard").mkdir(parents=True)
    (project / ".standard/conflicts.py").write_text("")
    (project / "bootstrap").write_text("#!/bin/sh\ncp ../lock requirements_lock.txt\n")
    (project / "bootstrap").chmod(0o755)
    (project / "requirements_lock.txt").write_text("a==1\n")
    git(project, "init", "--quiet", "--initial-branch=main")
    commit(project)
    origin = tmp_path / "origin.git"
    run("git", "clone", "--quiet", "--bare", project, origin, cwd=tmp_path)
    runner = Runner(origin, tmp_path)
    lock = tmp_path / "lock"
    lock.write_text("a==1\n")
    assert runner.run("lock") == ([], "nothing to do")
    lock.write_text("a==2\n")
    told, _ = runner.run("lock")
    create = "pr create --base main --head update/lock --title Renew the lock --body "
    assert told[1:] == [create]
    lock.write_text("a==3\n")
    told, _ = runner.run("lock", "8")
    assert told[1:] == ["pr edit 8 --title Renew the lock --body ", "pr ready 8"]
    assert git(origin, "show", "update/lock:requirements_lock.txt") == "a==3\n"
    assert git(origin, "log", "--format=%s", "main..update/lock") == "Renew the lock\n"


def test_a_patch_of_a_hostile_release_runs_nothing(tmp_path: Path) -> None:
    """A build may write anything: hooks, filters, programs, a title. None of it reaches the second job's shell."""
    project = tmp_path / "demo"
    (project / ".standard").mkdir(parents=True)
    stolen = tmp_path / "stolen"
    attack = f"#!/bin/sh\ntouch {stolen}\n"
    (project / ".standard/conflicts.py").write_text("")
    (project / "bootstrap").write_text(
        "#!/bin/sh\necho a==2 > requirements_lock.txt\n"
        "echo '* filter=evil diff=evil' > .gitattributes\n"
        f"git config filter.evil.clean 'touch {tmp_path}/built; cat'\n"
        "for name in pre-commit commit-msg post-commit pre-push post-index-change; do\n"
        f"cp attack .git/hooks/$name; chmod +x .git/hooks/$name; done\n"
        "cp attack git; cp attack gh; cp attack sitecustomize.py; chmod +x git gh\n"
    )
    (project / "bootstrap").chmod(0o755)
    (project / "attack").write_text(attack)
    (project / "requirements_lock.txt").write_text("a==1\n")
    git(project, "init", "--quiet", "--initial-branch=main")
    commit(project)
    origin = tmp_path / "origin.git"
    run("git", "clone", "--quiet", "--bare", project, origin, cwd=tmp_path)
    runner = Runner(origin, tmp_path)

    def between() -> None:
        assert (tmp_path / "built").exists()  # the first job is the attacker's
        stolen.unlink(missing_ok=True)

    runner.between = between
    told, _ = runner.run("lock")
    assert told[-1].startswith("pr create --base main --head update/lock")
    assert not stolen.exists()
    assert git(origin, "show", "update/lock:requirements_lock.txt") == "a==2\n"

    title = "$(touch stolen) ${{ secrets.X }}"
    runner.between = lambda: (runner.temp / "change/title").write_text(title)
    with pytest.raises(AssertionError, match="the title is not one of this workflow"):
        runner.run("lock")
    for path in ("../x", ".git/hooks/pre-push"):
        text = (
            f"diff --git a/{path} b/{path}\nnew file mode 100644\n"
            f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n"
        )
        runner.between = functools.partial(hand_over, runner, text)
        with pytest.raises(AssertionError, match=r"invalid path|error: "):
            runner.run("lock")
