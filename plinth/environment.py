"""The environments of the programs that the tools start.

Repositories and templates come from others. Git runs no program that they name, and Copier renders with the few
variables that it needs. The other variables may hold secrets, so only git gets them, for its fetches.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

# Git's settings for every child. They come before those of a repository.
SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
}
# https://git-scm.com/docs/git-config#Documentation/git-config.txt-safebareRepository
# A folder of a repository may look like a git folder. Those of Copier and of drift are bare, and theirs alone.
EXPLICIT = {"safe.bareRepository": "explicit"}
# What a render needs. COPIER_… are set by the tools themselves. The last line is for Windows.
HARMLESS = re.compile(
    r"PATH|(DY)?LD_LIBRARY_PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|XDG_CONFIG_HOME"
    r"|GIT_(CONFIG_(COUNT|GLOBAL|NOSYSTEM|SYSTEM)|EXEC_PATH|(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)|TERMINAL_PROMPT)"
    r"|SYSTEMROOT|SYSTEMDRIVE|COMSPEC|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA"
)

_whole: dict[str, str] = {}


def whole() -> dict[str, str]:
    """Return all variables that this process was started with."""
    return dict(_whole or os.environ)


def shrink() -> None:
    """Leave only harmless variables in this process; `whole` still returns the others."""
    _whole.update(whole())
    small = harmless(_whole)
    os.environ.clear()
    os.environ.update(small)


def harmless(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a template may see.

    Git's own settings in GIT_CONFIG_KEY_… may hold a header with a password, so they stay out.
    """
    kept = {k: v for k, v in variables.items() if HARMLESS.fullmatch(k.upper())}
    kept.pop("GIT_CONFIG_COUNT", None)
    return kept | {"PATH": absolute(variables.get("PATH", os.defpath))}


def absolute(path: str) -> str:
    """Return a search path without relative folders, where a repository could put a `git`."""
    return os.pathsep.join(x for x in path.split(os.pathsep) if Path(x).is_absolute())


def with_settings(
    variables: Mapping[str, str], *more: Mapping[str, str]
) -> dict[str, str]:
    """Return variables with which git follows SETTINGS, and more settings if given.

    https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT
    """
    added = dict(SETTINGS)
    for settings in more:
        added |= settings
    count = variables.get("GIT_CONFIG_COUNT", "")
    first = int(count) if count.isdecimal() else 0
    found = dict(variables)
    for number, (key, value) in enumerate(added.items(), first):
        found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    found["GIT_CONFIG_COUNT"] = str(first + len(added))
    found["PATH"] = absolute(variables.get("PATH", os.defpath))
    return found
