"""Run Copier for a template that nobody vouches for: `python -I rendering.py update …`.

The process has only harmless variables. It reads the others as JSON from stdin, and gives them to the git that fetches
the template. This file imports nothing of Plinth, since an isolated Python does not find it.
"""

import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from copier import _vcs
from copier._cli import CopierApp
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
