"""Campaigns against settings, answers and addresses that are hostile or broken, and against their own end."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, commit, git, run
from support.fleets import IDENTITY, Fleet, campaign, know

SECRET = "hunter2"
CAMPAIGN = (sys.executable, "-m", "plinth", "campaign", "--template=/nowhere")
# What an answers file may hold, and the words of the line that says so.
ANSWERS = {
    "aliases": (
        "a0: &a0 [x, x]\n"
        + "".join(
            f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
        ),
        "more than 100,000 values",
    ),
    "digits": (f"_src_path: {'9' * 9999}\n", "more than 300 digits"),
    "nested": ("_src_path: " + "[" * 9999, "nested too deeply"),
    "large": ("_src_path: x\n#" + "x" * 2_000_000, "more than 1,000,000 bytes"),
    "list": ("_src_path: [/template]\n", "no address under _src_path"),
    "number": ("_src_path: 1\n", "no address under _src_path"),
    "nothing": ("_src_path:\n", "no address under _src_path"),
    "broken": ("_src_path: }{\n", "line 1"),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fleet, str, list[str]]:
    """Run one campaign over a repository with all these answers, whose remote's address holds a password."""
    top = tmp_path_factory.mktemp("hostile")
    work = top / "work"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    for name, (text, _) in ANSWERS.items():
        (work / f"{name}\x1b[2J").mkdir()
        (work / f"{name}\x1b[2J/.copier-answers.yml").write_text(text)
    commit(work)
    fleet = Fleet(top, top / "all-repos.json", {"hostile": "hostile"})
    run("git", "clone", "--quiet", "--bare", work, fleet.remote("hostile"), cwd=top)
    know(fleet)
    clone = top / "clones/hostile"
    address = f"https://user:{SECRET}@127.0.0.1:9/x?private_token={SECRET}"
    git(clone, "config", "remote.origin.url", address)
    git(clone, "config", f"url.{fleet.remote('hostile').as_uri()}.insteadOf", address)
    # The clone of the clone has no such setting, so its fetch fails, and git says why.
    command = (*CAMPAIGN, "-C", str(fleet.config))
    done = run(*command, cwd=ROOT, env=IDENTITY, check=False)
    output = done.stdout + done.stderr
    git(clone, "config", "remote.origin.url", fleet.remote("hostile").as_uri())
    _, _, left = campaign(fleet, "/nowhere")
    return fleet, output, left


@pytest.mark.parametrize("name", ANSWERS)
def test_hostile_answers_are_one_line(
    told: tuple[Fleet, str, list[str]], name: str
) -> None:
    (line,) = (x for x in told[2] if f"{name}\\x1b[2J/.copier-answers.yml:" in x)
    assert ANSWERS[name][1] in line
    assert line.isprintable()


def test_no_password_is_printed(told: tuple[Fleet, str, list[str]]) -> None:
    assert "127.0.0.1" in told[1]
    assert SECRET not in told[1]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param(None, "there is no", id="missing"),
        pytest.param("[" * 99999, "nested too deeply", id="nested"),
        pytest.param("9" * 9999, "not valid JSON", id="digits"),
        pytest.param("{", "not valid JSON", id="broken"),
        pytest.param("[]", "cannot use", id="list"),
        pytest.param("{}", "output_dir", id="empty"),
        pytest.param(
            json.dumps({"output_dir": "x", "source": "no.such"}), "no", id="module"
        ),
    ],
)
def test_settings_are_one_line(tmp_path: Path, text: str | None, what: str) -> None:
    config = tmp_path / "all-repos.json"
    if text is not None:
        config.write_text(text)
        config.chmod(0o600)
    done = run(*CAMPAIGN, "-C", config, cwd=ROOT, check=False)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert line.startswith("plinth: ")
    assert what in line


def test_an_endless_list_of_clones_is_one_line(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, tmp_path / "all-repos.json", {})
    know(fleet)
    os.truncate(tmp_path / "clones/repos_filtered.json", 10**11)
    done = run(*CAMPAIGN, "-C", fleet.config, cwd=ROOT, check=False)
    assert done.returncode == 2
    assert "has more than 20,000,000 bytes" in done.stderr


@pytest.mark.skipif(not Path("/proc").exists(), reason="this system has no /proc")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_nothing_is_left_running(tmp_path: Path, jobs: str) -> None:
    """SIGTERM ends the campaign, its workers, and what their commands have started."""
    template, work = tmp_path / "template", tmp_path / "work"
    template.mkdir()
    (template / "copier.yml").write_text("_subdirectory: x\n")
    git(template, "init", "--quiet", "--initial-branch=main")
    commit(template, "1.0.0")
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    (work / ".copier-answers.yml").write_text(
        f"_commit: 1.0.0\n_src_path: {template}\n"
    )
    commit(work)
    fleet = Fleet(tmp_path, tmp_path / "all-repos.json", {"one": "x", "two": "x"})
    for name in fleet.kinds:
        run("git", "clone", "--quiet", "--bare", work, fleet.remote(name), cwd=work)
    know(fleet)
    # This git stands for any command that never ends.
    marker = f"86{os.getpid() % 1000:03}.{jobs}"  # an unusual number of seconds
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *ls-files*) sleep {marker} ;; esac\n'
        f'PATH=${{PATH#*:}} exec git "$@"\n'
    )
    program.chmod(0o755)
    running = subprocess.Popen(
        [*CAMPAIGN, "-C", str(fleet.config), "-j", jobs],
        cwd=ROOT,
        env={
            **os.environ,
            **IDENTITY,
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "TMPDIR": str(tmp_path / "bin"),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def sleeping() -> int:
        found = 0
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):  # it ends meanwhile
                found += f"sleep\0{marker}\0".encode() in path.read_bytes()
        return found

    until = time.monotonic() + 60
    while sleeping() < int(jobs) and time.monotonic() < until:
        time.sleep(0.1)
    assert sleeping() == int(jobs)
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 128 + signal.SIGTERM
    assert sleeping() == 0
    assert [x.name for x in program.parent.iterdir()] == ["git"]  # no folder is left
