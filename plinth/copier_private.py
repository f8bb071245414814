"""All that plinth uses of Copier's private names. When Copier moves one, this file changes and no other.

Run as a program, it is Copier for a template that nobody vouches for: `python -I copier_private.py update …`. The
process has only harmless variables. It reads the others as JSON from stdin, and gives them to the git that fetches the
template. This file does not import plinth, since an isolated Python does not find it.

Imported, it renders templates without Copier's clone for every project and its git call for every file. The tests
compare the result with `copier recopy`.
"""

import contextlib
import io
import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from copier import _vcs
from copier._cli import CopierApp
from copier._jinja_ext import get_yield_context
from copier._main import Worker, _operation
from copier._settings import SettingsModel
from copier._template import Template, load_template_config
from copier._types import RelativePath
from copier.errors import UserMessageError
from jinja2_ansible_filters.core_filters import (  # type: ignore[import-untyped]
    FilterModule,
)

# They read the environment, the home folder, the working directory or names of files:
# https://gitlab.com/dreamer-labs/libraries/jinja2-ansible-filters
TAKEN = ("expanduser", "expandvars", "fileglob", "realpath", "relpath")


def refusing(name: str) -> Callable[..., NoReturn]:
    """Return what stands for a filter that was taken away."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise UserMessageError(
            f"the template uses the filter {name}, which could read the files or variables of this machine: "
            "it is not available here"
        )

    return refuse


REFUSED: dict[str, Any] = {name: refusing(name) for name in TAKEN}


def expanded(address: str) -> str:
    """Return what git is given for an address such as gh:owner/name."""
    return str(_vcs.get_repo(address) or address)


def recorded(address: str) -> str:
    """Return an address as Copier takes it for a repository: with git+ before a URL that it would take for a folder."""
    known = "://" not in address or _vcs.get_repo(address)
    return address if known else f"git+{address}"


def configuration(folder: Path) -> dict[str, Any]:
    """Return what copier.yml of a template says, with the files that it includes.

    Raises:
        CopierError: When it is not valid.
    """
    return load_template_config(folder / "copier.yml", quiet=True)


@dataclass
class Release:
    """One version of a template, checked out, and what is read of it once."""

    template: Template
    folder: Path
    jinja: Any = None


def release(address: str, ref: str, commit: str, folder: Path, version: Any) -> Release:
    """Return a version of a template, as Copier knows it.

    Args:
        address: The template's address, as answers files have it.
        ref: The version's name.
        commit: The commit that it names.
        folder: The checkout.
        version: The version that a tag stands for, None for a commit without one.
    """
    template = Template(url=address, ref=ref)
    vars(template).update(
        commit=ref,
        commit_hash=commit,
        git_index_modes={},  # the checkout's own modes are true
        local_abspath=folder.resolve(),
        vcs="git",
        version=version,
    )
    return Release(template, folder)


class Aside(Worker):
    """Copier's worker, rendering into a temporary folder that is under no git."""

    def _sync_git_index_executable_bit(self, *_: object) -> None:
        """Leave git's index alone, since there is none."""


def forgetting_yield(environment: Any, make: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a method of Jinja's that compiles: forget the last {% yield %}, also where it is cached.

    Copier does so while compiling, and would take the next path for one that yields.
    """

    def wrapped(*arguments: Any, **options: Any) -> Any:
        made = make(*arguments, **options)
        state = get_yield_context(environment)
        state.yield_name = state.yield_iterable = None
        return made

    return wrapped


def render(
    version: Release,
    answers: dict[str, Any],
    answers_file: str,
    root: Path,
    operation: str,
) -> Callable[[Path], bool]:
    """Render a version with these answers, without trust, and return what tells the files of `_skip_if_exists`.

    Args:
        version: The version of the template.
        answers: What the answers file holds.
        answers_file: Its path in the project.
        root: The folder to render into, which does not exist.
        operation: The operation that the template sees, `update` or `copy`.

    Raises:
        CopierError: For a template that is unsafe, wants a newer Copier, or is broken.
    """
    template = version.template
    worker = Aside(
        src_path=template.url,
        dst_path=root,
        answers_file=RelativePath(answers_file),
        vcs_ref=template.ref,
        settings=SettingsModel(),  # of nobody: no defaults, and no trust
        defaults=True,
        overwrite=True,
        quiet=True,
    )
    vars(worker)["template"] = template
    last = {
        key: value
        for key, value in answers.items()
        if key in ("_src_path", "_commit") or not key.startswith("_")
    }
    vars(worker.subproject)["last_answers"] = last
    if version.jinja is None:
        version.jinja = worker.jinja_env
        version.jinja.filters.update(REFUSED)
        compiled = lru_cache(2000)(version.jinja.from_string)
        version.jinja.from_string = forgetting_yield(version.jinja, compiled)
        found = version.jinja.get_template
        version.jinja.get_template = forgetting_yield(version.jinja, found)
    vars(worker)["jinja_env"] = version.jinja
    token = _operation.set(operation)  # type: ignore[arg-type]
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            worker.run_copy()
            return worker.match_skip
    except BaseException:
        version.jinja = None  # it may have stopped anywhere
        raise
    finally:
        _operation.reset(token)


def main() -> None:
    """Run Copier's command line."""
    variables = json.load(sys.stdin)
    filters, git = FilterModule.filters, _vcs.get_git
    FilterModule.filters = lambda self: filters(self) | REFUSED

    def fetching(context_dir: Any = None) -> Any:
        return git(context_dir).with_env(**variables)

    # Only this module of Copier fetches. The others work on the project, and need no secret.
    _vcs.get_git = fetching
    try:
        CopierApp.run()
    except Exception as error:  # noqa: BLE001 - a template may fail in any way
        text = " ".join(str(error).split()) or type(error).__name__
        sys.exit(f"Copier cannot render the template: {text[:500]}")


if __name__ == "__main__":
    main()
