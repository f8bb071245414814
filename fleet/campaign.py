"""Run `copier update` in every repository of an all-repos configuration, and push the results its way.

all-repos (https://github.com/asottile/all-repos) clones, commits and pushes; this is the fix between. What would spoil a
campaign is closed off: new files are added, an unfinished merge is no result, a failed update leaves nothing behind, and
each worker has a cache of its own, since Copier's is not safe under parallel use. Nothing is trusted.
"""

import argparse
import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from all_repos import autofix_lib, mapper
from all_repos.config import Config
from all_repos.git import remote
from all_repos.grep import grep_result

# Renovate's pattern: https://docs.renovatebot.com/modules/manager/copier/
ANSWERS = (
    ":(glob)**/.copier-answers.y*ml",
    ":(glob)**/.copier-answers.*.y*ml",
)
GATE = Path(__file__).parents[1] / "template" / ".standard" / "conflicts.py"
SECONDS = 600  # for one update; one that waits for an answer would wait for ever
OUTCOMES = ("updated", "current", "failed", "not pushed")


class Campaign(NamedTuple):
    """What every worker is told."""

    place: str  # a folder for the caches and the report
    version: str | None = None
    template: str | None = None

    def report(self, repository: str, project: str, outcome: str, why: str) -> None:
        """Add one line, which other workers do not break up."""
        line = json.dumps([repository, project, outcome, why]) + "\n"
        with (Path(self.place) / "report").open("a") as file:
            file.write(line)

    def read(self) -> Iterator[list[str]]:
        """Yield the lines of all workers."""
        path = Path(self.place) / "report"
        for line in path.read_text().splitlines() if path.exists() else ():
            yield json.loads(line)


def git(*arguments: str) -> str:
    """Run git in the repository at hand and return what it says."""
    done = autofix_lib.run("git", *arguments, capture_output=True, text=True)
    return str(done.stdout)


def find_repos(config: Config) -> list[str]:
    """Return the clones that hold an answers file, and those that git cannot read, which the campaign will report."""
    return [
        str(Path(config.output_dir, name))
        for name in sorted(config.get_cloned_repos())
        if grep_result(config, name, ("-q", "^_src_path:", "--", *ANSWERS))[1] != 1
    ]


def update(answers: Path, campaign: Campaign) -> bool:
    """Update one project and commit, new files included; return whether there was anything to bring.

    Raises:
        subprocess.SubprocessError: For a failed or endless update, and for one with a conflict.
    """
    version = [f"--vcs-ref={campaign.version}"] if campaign.version else []
    autofix_lib.run(
        *(sys.executable, "-m", "copier", "update", "--defaults", *version),
        *(f"--answers-file={answers.name}", str(answers.parent)),
        env={
            **os.environ,
            "COPIER_CACHE_DIR": str(Path(campaign.place, f"cache-{os.getpid()}")),
            "GIT_TERMINAL_PROMPT": "0",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    autofix_lib.run(
        *(sys.executable, str(GATE)), cwd=answers.parent, capture_output=True, text=True
    )
    git("add", "--all")
    changed = bool(git("status", "--porcelain"))
    if changed:
        # Copier wants a clean tree for the next one; apply_fix makes one change of all.
        git("commit", "--quiet", "--no-verify", "--message", f"Update {answers}")
    return changed


def wanted(answers: Path, campaign: Campaign) -> bool:
    """Return whether a project comes from the template that the campaign is for; one that cannot tell is not left out."""
    try:
        address = yaml.safe_load(answers.read_text())["_src_path"]
    except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError):
        return True
    return bool(address == campaign.template)


def apply_fix(campaign: Campaign, repo: str) -> None:
    """Update each project of the clone at hand, made of `repo`; all-repos commits what is left in the index.

    A project that fails takes nothing with it: its folder is reset, and the others go on.

    Raises:
        subprocess.SubprocessError: Where a project failed and no other was updated.
    """
    repository = remote(".")
    start = git("rev-parse", "HEAD").strip()
    campaign.report(repo, "", "reached", "")
    failure = None
    for name in sorted(filter(None, git("ls-files", "-z", "--", *ANSWERS).split("\0"))):
        answers = Path(name)
        if campaign.template and not wanted(answers, campaign):
            continue
        try:
            outcome = "updated" if update(answers, campaign) else "current"
            campaign.report(repository, name, outcome, "")
        except subprocess.SubprocessError as error:
            git("reset", "--hard", "--quiet")
            git("clean", "-fdxq")
            failure = error
            why = str(error)
            if isinstance(error, subprocess.CalledProcessError):
                why = error.stderr.strip() or why
            campaign.report(repository, name, "failed", why.splitlines()[-1])
    if failure and start == git("rev-parse", "HEAD").strip():
        raise failure
    git("reset", "--soft", start)


def push(
    campaign: Campaign, how: Callable[[Any, str], None], settings: Any, branch: str
) -> None:
    """Push as the configuration says, and report where that fails."""
    try:
        how(settings, branch)
    except Exception as error:
        campaign.report(remote("."), "", "not pushed", str(error))
        raise


def fix(
    repo: str,
    campaign: Campaign,
    config: Config,
    commit: autofix_lib.Commit,
    settings: autofix_lib.AutofixSettings,
) -> None:
    """Have all-repos clone a repository again, and commit and push what apply_fix makes of it."""
    pushing = functools.partial(push, campaign, config.push)
    # Where it cannot clone or fetch it says why, then ends with this error; it is one repository's alone.
    with contextlib.suppress(RuntimeError):
        autofix_lib.fix(
            [repo],
            apply_fix=functools.partial(apply_fix, campaign, repo),
            config=config._replace(push=pushing),
            commit=commit,
            autofix_settings=settings._replace(jobs=1),
        )


def summarize(repos: Sequence[str], campaign: Campaign) -> int:
    """Print what became of the projects, and return 1 where something is left to do."""
    lines = list(campaign.read())
    reached = {repo for repo, _, outcome, _ in lines if outcome == "reached"}
    missed = [repo for repo in repos if repo not in reached]
    lines += [[repo, "", "failed", "git said why above"] for repo in missed]
    count = Counter(outcome for _, _, outcome, _ in lines)
    print(f"{len(repos)} repositories:", end=" ")
    print(*(f"{count[x]} {x}" for x in OUTCOMES if count[x]), sep=", ")
    left = sorted(line for line in lines if line[2] in ("failed", "not pushed"))
    for repository, project, outcome, why in left:
        print(f"{outcome}: {repository} {project}: {why}", file=sys.stderr)
    return 1 if left else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; exit status 0 when all is done, 1 where a repository is left to a person."""
    parser = argparse.ArgumentParser(
        prog="python -m fleet.campaign", description=(__doc__ or "").split("\n")[0]
    )
    autofix_lib.add_fixer_args(parser)
    parser.add_argument(
        "--to", metavar="VERSION", help="update to this release, not to the newest"
    )
    parser.add_argument(
        "--template",
        metavar="ADDRESS",
        help="only the projects whose answers file has this _src_path",
    )
    options = parser.parse_args(arguments)
    found, config, commit, settings = autofix_lib.from_cli(
        options,
        find_repos=find_repos,
        msg=f"Update the standard{f' to {options.to}' if options.to else ''}",
        branch_name="standard",
    )
    repos = list(found)[: settings.limit]
    with tempfile.TemporaryDirectory(prefix="plinth-campaign-") as place:
        campaign = Campaign(place, options.to, options.template)
        one = functools.partial(
            fix, campaign=campaign, config=config, commit=commit, settings=settings
        )
        with mapper.process_mapper(settings.jobs) as do_map:
            mapper.exhaust(do_map(one, repos))
        return summarize(repos, campaign)


if __name__ == "__main__":
    sys.exit(main())
