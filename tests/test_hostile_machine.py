"""The tests run everywhere: the settings of the user, and signals that the caller ignores, do not change them."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

# Each line breaks some test here when it reaches git.
GIT_CONFIG = """\
[commit]
    gpgSign = true
[core]
    autocrlf = true
    excludesFile = ~/ignore
    hooksPath = ~/hooks
[init]
    defaultBranch = trunk
[merge]
    conflictStyle = zdiff3
[tag]
    gpgSign = true
[user]
    useConfigOnly = true
"""
VARIABLES = {
    "BOOTSTRAP_UV": "0",
    "COLUMNS": "20",
    "FORCE_COLOR": "1",
    "GIT_AUTHOR_DATE": "never",
    "GIT_DIR": "/nonexistent",
    "LC_ALL": "C",
    "NO_COLOR": "1",
    "PYTHONPATH": "/nonexistent",
    "PYTHONSAFEPATH": "1",
    "TZ": "Pacific/Kiritimati",
    "XDG_CONFIG_HOME": "/nonexistent",
}
# What each test needs: an identity and usual settings of git, or default signals.
TESTS = [
    "tests/test_conflicts.py",
    "tests/test_bootstrap_command.py::test_command_is_the_same_process_with_default_signals",
    "tests/test_bootstrap_faults.py::test_interrupted_command",
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the home folder of a user with unusual settings."""
    folder = tmp_path / "home"
    (folder / "hooks").mkdir(parents=True)
    (folder / ".gitconfig").write_text(GIT_CONFIG)
    (folder / "ignore").write_text("*.md\nsrc\n")
    hook = folder / "hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    return folder


def assert_passed(home: Path, variables: dict[str, str], *, ignoring: bool) -> None:
    """Assert that a few tests pass for this user; the caller may ignore signals, as `nohup … &` does."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}

    def ignore() -> None:
        os.umask(0o077)
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-q", "--color=no", *TESTS],
        cwd=ROOT,
        env={**inherited, "HOME": str(home), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=ignore if ignoring else None,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    summary = done.stdout.splitlines()[-1]
    assert re.match(r"\d+ passed", summary), summary
    assert "skipped" not in summary


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has none of these signals")
def test_settings_and_signals_of_the_user_do_not_matter(home: Path) -> None:
    assert_passed(home, VARIABLES, ignoring=True)


@pytest.mark.slow
def test_a_newcomer_needs_no_identity(tmp_path: Path) -> None:
    """With an empty home folder, and without any configuration of git."""
    (tmp_path / "home").mkdir()
    assert_passed(tmp_path / "home", {}, ignoring=False)
