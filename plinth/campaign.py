"""Run `copier update` in every repository of an all-repos configuration, and push the results.

all-repos (https://github.com/asottile/all-repos) clones, commits and pushes. Between these, this command updates the
projects. It also adds new files, refuses unfinished merges, and resets a project whose update failed. Each worker has a
cache of its own, since Copier's is not safe under parallel use. Nothing is trusted.
"""

import argparse
import functools
import json
import multiprocessing
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from all_repos import autofix_lib, mapper
from all_repos.config import Config
from all_repos.git import remote
from all_repos.grep import grep_result

from .addresses import masked, printable
from .answers import read_answers
from .bounds import children, from_json, memory, stop_workers, text_of
from .copier_program import copier_command, copier_environment
from .drift.report import progress
from .environment import EXPLICIT, harmless, with_settings
from .files import UserError, show
from .shipped import conflicts_program

# Renovate's pattern: https://docs.renovatebot.com/modules/manager/copier/
ANSWERS = (
    ":(glob)**/.copier-answers.y*ml",
    ":(glob)**/.copier-answers.*.y*ml",
)
PACKAGES = Path(__file__).parents[1]  # where Python finds plinth
SECONDS = 600  # for one command; one that waits for an answer would never end
CLONING = 12 * 3600  # seconds for all clones
OUTCOMES = ("updated", "restored", "current", "failed", "not pushed")


class Campaign(NamedTuple):
    """The settings of every worker."""

    place: str  # a folder for the caches and the report
    template: str
    version: str | None = None
    restores: bool = False  # the template's files, in place of an update
    only: tuple[str, ...] = ()  # patterns of files to restore
    quiet: bool = False  # stdout is for JSON

    def report(self, repository: str, project: str, outcome: str, why: str) -> None:
        """Add one line, which other workers do not break up."""
        shown = [masked(text) for text in (repository, project, outcome, why)]
        line = json.dumps(shown) + "\n"
        with (Path(self.place) / "report").open("a") as file:
            file.write(line)

    def read(self) -> Iterator[list[str]]:
        """Yield the lines of all workers."""
        path = Path(self.place) / "report"
        for line in path.read_text().splitlines() if path.exists() else ():
            yield json.loads(line)


def tell(text: str, file: Any = None) -> None:
    """Print lines without credentials and without characters that a terminal obeys."""
    for line in text.splitlines():
        print(printable(masked(line)), file=file, flush=True)


def run(
    *command: str, check: bool = True, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command in a session of its own, with bounded time and memory.

    This also stands for all-repos' function of the same name, whose commands would print addresses with their passwords.
    It prints the command, and its output unless `capture_output` is given.

    Raises:
        subprocess.CalledProcessError: For an exit status other than 0, unless `check` is false.
        subprocess.TimeoutExpired: When it takes more than SECONDS.
    """
    tell(f"$ {shlex.join(command)}")
    quiet = options.pop("capture_output", False)
    options.pop("text", None)
    with memory():
        done = children.run(
            list(command),
            seconds=SECONDS,
            encoding="utf-8",
            errors="surrogateescape",
            **options,
        )
    if not quiet:
        tell(done.stdout)
        tell(done.stderr, sys.stderr)
    if check:
        done.check_returncode()
    return done


def git(*arguments: str) -> str:
    """Run git in the current repository and return what it prints."""
    return run("git", *arguments, capture_output=True).stdout


def bounded_json(path: Path) -> None:
    """Check a file that all-repos will read.

    Raises:
        UserError: When it is missing, too large, nested too deeply, or not JSON.
    """
    try:
        from_json(text_of(path))
    except ValueError as error:
        raise UserError(f"{path} is not valid JSON: {error}") from error


def find_repos(config: Config) -> list[str]:
    """Return the clones that hold an answers file, and those that git cannot read, which the campaign will report.

    Raises:
        UserError: When the list of clones cannot be read.
    """
    listed = Path(config.repos_filtered_path)
    if not listed.is_file():
        raise UserError(
            f"there is no {show(listed)}: add --clone, which makes the clones"
        )
    bounded_json(listed)
    return [
        str(Path(config.output_dir, name))
        for name in sorted(config.get_cloned_repos())
        if grep_result(config, name, ("-q", "^_src_path:", "--", *ANSWERS))[1] != 1
    ]


def restore(answers: Path, campaign: Campaign) -> bool:
    """Bring one project's files back to its recorded version and commit; return whether there was anything to do.

    Raises:
        subprocess.SubprocessError: When the command takes too long.
        UserError: When it cannot restore a file.
    """
    done = run(
        *(sys.executable, "-m", "plinth", "restore", "--json", "--jobs=1"),
        *(f"--only={pattern}" for pattern in campaign.only),
        str(answers.parent.absolute()),
        check=False,
        cwd=PACKAGES,
        # The command keeps the template in a bare repository, as it does without a campaign.
        env=with_settings(os.environ, {"safe.bareRepository": "all"}),
        capture_output=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    for row in rows:
        left = [f"{path}: {why}" for path, why in row["left"].items()]
        if row["problem"] or left:
            raise UserError(row["problem"] or left[0])
    if not rows:
        raise UserError((done.stderr.splitlines() or ["restore says nothing"])[-1])
    return commit(f"Restore {answers}")


def commit(message: str) -> bool:
    """Commit all changes, new files included; return whether there were any.

    Copier wants a clean tree for the next project. apply_fix makes one change of all.
    """
    git("add", "--all")
    changed = bool(git("status", "--porcelain"))
    if changed:
        git("commit", "--quiet", "--no-verify", "--message", message)
    return changed


def update(answers: Path, campaign: Campaign) -> bool:
    """Update one project and commit, new files included; return whether there was anything to bring.

    Raises:
        subprocess.SubprocessError: For a failed or endless update, and for one with a conflict.
    """
    version = [f"--vcs-ref={campaign.version}"] if campaign.version else []
    env, given = copier_environment(Path(campaign.place))
    run(
        *copier_command("update", "--defaults", *version),
        *(f"--answers-file={answers.name}", str(answers.parent.absolute())),
        cwd=campaign.place,  # outside of the clone
        env=env,
        given=given,
        capture_output=True,
    )
    run(
        *(sys.executable, "-I", str(conflicts_program())),
        cwd=answers.parent,
        env=with_settings(harmless(os.environ), EXPLICIT),
        capture_output=True,
    )
    return commit(f"Update {answers}")


def wanted(answers: Path, campaign: Campaign) -> bool:
    """Return whether a project comes from the template that the campaign is for.

    Raises:
        UserError: When the answers file cannot be read, or does not say.
    """
    address = read_answers(Path.cwd(), str(answers)).get("_src_path")
    if not isinstance(address, str):
        raise UserError(
            f"{answers} has no address under _src_path: restore it from git's history"
        )
    return address == campaign.template


def reason(error: Exception) -> str:
    """Return in one line why a command failed."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took more than {SECONDS} seconds"
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else ""
    lines = (said.strip() or str(error)).splitlines()
    return lines[-1][:500]


def apply_fix(campaign: Campaign, repo: str) -> None:
    """Update each project of the current clone, made of `repo`; all-repos commits what is left in the index.

    A project that fails takes nothing with it: its folder is reset, and the others go on.

    Raises:
        subprocess.SubprocessError: When a project failed and no other was updated.
        UserError: Also when an answers file cannot be read.
    """
    repository = remote(".")
    start = git("rev-parse", "HEAD").strip()
    campaign.report(repo, "", "reached", "")
    failure: Exception | None = None
    for name in sorted(filter(None, git("ls-files", "-z", "--", *ANSWERS).split("\0"))):
        answers = Path(name)
        try:
            if not wanted(answers, campaign):
                continue
            if campaign.restores:
                outcome = "restored" if restore(answers, campaign) else "current"
            else:
                outcome = "updated" if update(answers, campaign) else "current"
            campaign.report(repository, name, outcome, "")
        except (subprocess.SubprocessError, UserError) as error:
            git("reset", "--hard", "--quiet")
            git("clean", "-fdxq")
            failure = error
            campaign.report(repository, name, "failed", reason(error))
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
        campaign.report(remote("."), "", "not pushed", reason(error))
        raise


def fix(
    repo: str,
    campaign: Campaign,
    config: Config,
    commit: autofix_lib.Commit,
    settings: autofix_lib.AutofixSettings,
) -> None:
    """Have all-repos clone a repository again, and commit and push what apply_fix makes of it."""
    follow_parent()
    if campaign.quiet:
        sys.stdout = sys.stderr
    pushing = functools.partial(push, campaign, config.push)
    # All-repos prints a traceback for a repository that it cannot clone, and ends with RuntimeError where it cannot fetch.
    try:
        autofix_lib.fix(
            [repo],
            apply_fix=functools.partial(apply_fix, campaign, repo),
            config=config._replace(push=pushing),
            commit=commit,
            autofix_settings=settings._replace(jobs=1),
        )
    except RuntimeError:
        pass
    except SystemExit:
        # The pool would give this worker its next repository.
        if multiprocessing.parent_process():
            os._exit(1)
        raise


def leave(*_: object) -> None:
    """End this process and its commands: the handler of SIGTERM."""

    def act() -> None:
        # A pool without one of its workers sends the others a second signal, while they clean up.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sys.exit(128 + signal.SIGTERM)

    children.when_safe(act)


@functools.cache
def follow_parent() -> None:
    """Bring all-repos' commands under the campaign's bounds, and end a worker's commands with the campaign."""
    autofix_lib.run = run
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the campaign ends its workers

    def follow() -> None:
        parent.join()
        children.kill()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def summarize(repos: Sequence[str], campaign: Campaign) -> int:
    """Print what became of the projects, and return 1 where something is left to do."""
    lines = list(campaign.read())
    reached = {repo for repo, _, outcome, _ in lines if outcome == "reached"}
    missed = [repo for repo in repos if repo not in reached]
    lines += [[repo, "", "failed", "git said why above"] for repo in missed]
    left = sorted(line for line in lines if line[2] in ("failed", "not pushed"))
    if campaign.quiet:
        names = ("repository", "project", "outcome", "reason")
        for line in lines:
            if line[2] != "reached":
                print(json.dumps(dict(zip(names, line, strict=True))))
        return 1 if left else 0
    count = Counter(outcome for _, _, outcome, _ in lines)
    print(f"{len(repos)} repositories:", end=" ")
    print(*(f"{count[x]} {x}" for x in OUTCOMES if count[x]), sep=", ")
    for repository, project, outcome, why in left:
        tell(f"{outcome}: {repository} {project}: {why}", sys.stderr)
    return 1 if left else 0


def clone(path: Path, jobs: int) -> None:
    """Have all-repos clone the repositories of a configuration, or fetch what is new.

    Raises:
        UserError: When that fails.
    """
    command = (
        sys.executable,
        "-m",
        "all_repos.clone",
        "-C",
        str(path),
        "-j",
        str(jobs),
    )
    try:
        with memory():
            done = children.run(
                list(command), seconds=CLONING, encoding="utf-8", errors="replace"
            )
        tell(done.stdout, sys.stderr)
        done.check_returncode()
    except (subprocess.SubprocessError, OSError) as error:
        raise UserError(f"cannot clone the repositories: {reason(error)}") from error


def campaign(options: argparse.Namespace) -> int:
    """Run the campaign; return 0 when all is done, 1 where a repository is left to a person.

    Raises:
        UserError: When the configuration of all-repos cannot be used.
    """
    # All-repos starts git, too.
    os.environ.update(with_settings(os.environ, EXPLICIT))
    options.jobs = options.jobs if options.jobs > 0 else os.cpu_count() or 1
    options.color, options.interactive = False, False
    path = Path(options.config_filename)
    if not path.is_file():
        raise UserError(
            f"there is no {show(path)}: name the configuration of all-repos with -C; the documentation has one to copy"
        )
    bounded_json(path)
    if options.clone:
        clone(path, options.jobs)
    try:
        found, config, commit, settings = autofix_lib.from_cli(
            options,
            find_repos=find_repos,
            msg="Restore the template's files"
            if options.restore
            else f"Update the standard{f' to {options.to}' if options.to else ''}",
            branch_name="standard",
        )
    except UserError:
        raise
    # All-repos checks little of its settings, and exits where it does.
    except (Exception, SystemExit) as error:
        what = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise UserError(f"cannot use {path}: {what}") from error
    repos = list(found)[: settings.limit]
    out = sys.stdout
    if options.json:
        sys.stdout = sys.stderr
    signal.signal(signal.SIGTERM, leave)
    with tempfile.TemporaryDirectory(prefix="plinth-campaign-") as place:
        tour = Campaign(
            *(place, options.template, options.to),
            *(options.restore, tuple(options.only), options.json),
        )
        one = functools.partial(
            fix, campaign=tour, config=config, commit=commit, settings=settings
        )
        bar = progress(len(repos), "campaign")
        with mapper.process_mapper(settings.jobs) as do_map, bar as advance:
            try:
                for _ in do_map(one, repos):
                    advance()
            except BaseException:
                stop_workers()
                raise
            finally:
                sys.stdout = out
        return summarize(repos, tour)
