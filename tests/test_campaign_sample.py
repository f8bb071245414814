"""The documentation's configuration of a campaign, copied as it is: clone, dry-run, restore and update."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, commit, git, run
from support.tiny import born, substitute, tiny

IDENTITY = {
    f"GIT_{role}_{what}": "t@example.org"
    for role in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}


def campaign(
    folder: Path, *options: str | Path, status: int = 0
) -> list[dict[str, Any]]:
    """Run a campaign in a folder and return its rows."""
    program = Path(sys.executable).with_name("plinth")
    command = (program, "campaign", "--json", *options)
    done = run(*command, cwd=folder, env=IDENTITY, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_the_sample_works_when_it_is_copied(tmp_path: Path) -> None:
    """Only the addresses of the repositories are others."""
    template = tiny(tmp_path / "template")
    text = (ROOT / "docs/team/campaign.md").read_text()
    config, repos = re.findall("(?s)```json\n(.*?)```", text)[:2]
    remotes = {}
    for name in json.loads(repos):
        born(template, tmp_path / name, "v1.1.0")
        remotes[name] = tmp_path / "forge" / f"{name}.git"
        clone = ("git", "clone", "--quiet", "--bare", tmp_path / name)
        run(*clone, remotes[name], cwd=tmp_path)
        repos = re.sub(rf'"https://\S+/{name}"', f'"{remotes[name].as_uri()}"', repos)
    edited = tmp_path / "light"
    substitute(edited / "tool", "echo tool", "echo mine")
    commit(edited)
    git(edited, "push", "--quiet", remotes["light"], "HEAD")
    (tmp_path / "all-repos.json").write_text(config)
    (tmp_path / "repos.json").write_text(repos)
    os.chmod(tmp_path / "all-repos.json", 0o600)  # noqa: PTH101 - as in the text
    named = f"--template={template}"

    before = {name: git(path, "rev-parse", "HEAD") for name, path in remotes.items()}
    rows = campaign(tmp_path, "--clone", named, "-j", "4", "--dry-run")
    assert [row["outcome"] for row in rows] == ["updated"] * 2
    assert before == {x: git(path, "rev-parse", "HEAD") for x, path in remotes.items()}

    rows = campaign(tmp_path, "--restore", "--only=*", named, "-j", "2")
    told = {Path(row["repository"]).stem: row["outcome"] for row in rows}
    assert told == {"light": "restored", "sound": "current"}
    for path in remotes.values():
        assert "echo tool" in git(path, "show", "HEAD:tool")
    assert git(remotes["sound"], "rev-parse", "HEAD") == before["sound"]

    rows = campaign(tmp_path, "--clone", named, "-j", "2")
    assert [row["outcome"] for row in rows] == ["updated"] * 2
    for path in remotes.values():
        assert "version = 2.0.0" in git(path, "show", "HEAD:static.cfg")


def test_a_missing_configuration_is_one_line(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("plinth")
    done = run(program, "campaign", "--template=x", cwd=tmp_path, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("plinth: there is no 'all-repos.json': name")
