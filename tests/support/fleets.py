"""Repositories as a forge has them, known to all-repos, and campaigns over them."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from conftest import ROOT, git, run

IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Test"), ("EMAIL", "test@example.org"))
}


@dataclass
class Fleet:
    """Repositories as a forge has them, and the configuration by which all-repos knows them."""

    folder: Path
    config: Path
    kinds: dict[str, str]

    def remote(self, name: str) -> Path:
        """Return a repository on the forge."""
        return self.folder / "forge" / f"{name}.git"

    def head(self, name: str) -> str:
        """Return its last commit."""
        return git(self.remote(name), "rev-parse", "HEAD")

    def show(self, name: str, path: str) -> str:
        """Return a file of it."""
        return git(self.remote(name), "show", f"HEAD:{path}")

    def paths(self, name: str) -> set[str]:
        """Return the paths of its files."""
        return set(
            git(self.remote(name), "ls-tree", "-r", "--name-only", "HEAD").splitlines()
        )

    def of(self, *kinds: str) -> list[str]:
        """Return the names of some kinds."""
        return [name for name, kind in self.kinds.items() if kind in kinds]


def know(fleet: Fleet) -> None:
    """Write the configuration by which all-repos knows the repositories, and clone them."""
    repos = fleet.folder / "repos.json"
    repos.write_text(
        json.dumps({name: fleet.remote(name).as_uri() for name in fleet.kinds})
    )
    fleet.config.write_text(
        json.dumps(
            {
                "output_dir": "clones",
                "source": "all_repos.source.json_file",
                "source_settings": {"filename": str(repos)},
                "push": "all_repos.push.merge_to_master",
                "push_settings": {"fast_forward": True},
            }
        )
    )
    fleet.config.chmod(0o600)
    command = (sys.executable, "-m", "all_repos.clone", "-C", fleet.config, "-j", "2")
    run(*command, cwd=fleet.folder)


def campaign(fleet: Fleet, template: str, *options: str) -> tuple[int, str, list[str]]:
    """Run a campaign; return its status, its last line, and the lines for what is left to do."""
    command = (
        sys.executable,
        "-m",
        "plinth",
        "campaign",
        "-C",
        str(fleet.config),
        f"--template={template}",
        *options,
    )
    done = run(*command, cwd=ROOT, env=IDENTITY, check=False)
    left = [
        x
        for x in done.stderr.splitlines()
        if x.startswith(("failed: ", "not pushed: "))
    ]
    return done.returncode, done.stdout.splitlines()[-1], left
