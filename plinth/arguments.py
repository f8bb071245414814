"""The arguments of each command. This file imports no tool, so that help is quick."""

import argparse
import os
from pathlib import Path

# The files that people and templates write together. Plinth's; other templates' are called the same.
SHARED = (
    ".github/CONTRIBUTING.md",
    ".github/SECURITY.md",
    ".github/renovate.json",
    ".gitignore",
    ".gitlab-ci.yml",
    ".gitlab/renovate.json",
    "LICENSE",
    "MANIFEST.in",
    "docs/CONTRIBUTING.md",
    "docs/SECURITY.md",
    "pyproject.toml",
    "requirements_dev.txt",
)


def add_adopt(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `plinth adopt`."""
    command.add_argument(
        "repository", type=Path, help="its folder; nothing in it is run or changed"
    )
    command.add_argument(
        "--template",
        metavar="ADDRESS",
        help="the template (this clone, or where plinth was installed from)",
    )
    command.add_argument(
        "--to", metavar="VERSION", help="the template's version (the newest release)"
    )
    command.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an answer in place of the inferred one",
    )
    command.add_argument(
        "--apply",
        action="store_true",
        help="copy the template, too: add what the repository does not have",
    )
    command.add_argument(
        "--output", type=Path, metavar="FILE", help="write there, not to stdout"
    )
    command.add_argument(
        "--force", action="store_true", help="overwrite FILE if it exists"
    )
    command.add_argument(
        "--json", action="store_true", help="write all that was found as JSON"
    )


def add_preview(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `plinth preview`."""
    add_repositories(command)
    command.add_argument(
        "--to", metavar="VERSION", help="the version to update to (the newest release)"
    )
    command.add_argument(
        "--diff", action="store_true", help="show the changes in the files, too"
    )
    command.add_argument("--json", action="store_true", help="print JSON lines")
    add_limits(command, 300)


def add_drift(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `plinth drift`."""
    add_repositories(command)
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON lines")
    form.add_argument("--html", type=Path, metavar="FILE", help="write a page")
    command.add_argument(
        "--resume",
        type=Path,
        metavar="FILE",
        help="keep the rows there as they come, and continue with those that are missing",
    )
    command.add_argument(
        "--shared",
        action="append",
        default=[],
        metavar="PATTERN",
        help=f"files that are meant to be edited, in addition to {', '.join(SHARED)}",
    )
    command.add_argument(
        "--allow-behind",
        type=int,
        default=0,
        metavar="N",
        help="how many releases behind still count as clean (0)",
    )
    add_limits(command, 300)


def add_restore(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `plinth restore`."""
    add_repositories(command)
    command.add_argument(
        "--dry-run", action="store_true", help="print what would be restored, only"
    )
    command.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PATTERN",
        help="restore these files only; needed for a template other than Plinth",
    )
    command.add_argument(
        "--shared",
        action="append",
        default=[],
        metavar="PATTERN",
        help=f"leave these files, too, in addition to {', '.join(SHARED)}",
    )
    command.add_argument("--json", action="store_true", help="print JSON lines")
    add_limits(command, 300)


def add_campaign(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `plinth campaign`, which are those of all-repos and a few more."""
    command.add_argument(
        "-C",
        "--config-filename",
        metavar="FILE",
        default=os.environ.get("ALL_REPOS_CONFIG_FILENAME") or "all-repos.json",
        help="the settings of all-repos (all-repos.json)",
    )
    command.add_argument(
        "--template",
        metavar="ADDRESS",
        required=True,
        help="update only the projects whose answers file has this _src_path",
    )
    command.add_argument(
        "--to", metavar="VERSION", help="update to this release, not to the newest"
    )
    command.add_argument(
        "--restore",
        action="store_true",
        help="restore the template's files, and do not update",
    )
    command.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PATTERN",
        help="with --restore: these files only, as in plinth restore",
    )
    command.add_argument(
        "--clone",
        action="store_true",
        help="first clone the repositories, or fetch what is new in them",
    )
    command.add_argument(
        "--json", action="store_true", help="print JSON lines, and the rest to stderr"
    )
    command.add_argument(
        "--dry-run", action="store_true", help="update and commit, but push nothing"
    )
    command.add_argument(
        "-j",
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="worker processes (1); 0: one for each core",
    )
    command.add_argument(
        "--limit", type=int, metavar="N", help="take no more than N repositories"
    )
    command.add_argument("--author", help="commit as this author, as git commit takes")
    command.add_argument(
        "--repos", nargs="*", metavar="FOLDER", help="take these clones, no others"
    )


def add_completion(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `plinth completion`."""
    command.add_argument("shell", choices=["bash", "zsh", "fish"])
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.description = (
        'bash and zsh: eval "$(plinth completion bash)" in ~/.bashrc, or with zsh in ~/.zshrc.\n'
        "fish: plinth completion fish > ~/.config/fish/completions/plinth.fish"
    )


def add_repositories(command: argparse.ArgumentParser) -> None:
    """Add the arguments that name repositories."""
    command.add_argument("repository", nargs="*", help="its folder or its URL")
    command.add_argument(
        "--from",
        type=Path,
        metavar="FILE",
        help="and those that are named there, a line each; # comments",
    )
    command.add_argument(
        "--all-repos",
        type=Path,
        nargs="?",
        const=Path("all-repos.json"),
        metavar="FILE",
        help="and those that all-repos has cloned by its settings (all-repos.json)",
    )


def add_limits(command: argparse.ArgumentParser, seconds: int) -> None:
    """Add the arguments for worker processes and for the time that a repository may take."""
    command.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="worker processes (one for each core)",
    )
    command.add_argument(
        "--timeout",
        type=int,
        default=seconds,
        metavar="SECONDS",
        help=f"how long a repository may take ({seconds})",
    )
