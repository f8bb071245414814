"""Run Copier as a program of its own, for templates and repositories that nobody vouches for."""

import json
import os
import subprocess
import sys
from pathlib import Path

from .environment import EXPLICIT, harmless, whole, with_settings

PROGRAM = Path(__file__).with_name("copier_private.py")


def copier_command(*arguments: str | Path) -> list[str]:
    """Return the command. An isolated Python imports nothing from the working directory."""
    return [sys.executable, "-I", str(PROGRAM), *map(str, arguments)]


def copier_environment(place: Path) -> tuple[dict[str, str], str]:
    """Return the variables of the program, and what it reads from stdin.

    A template sees harmless variables alone. The others go to the git that fetches the template.

    Args:
        place: A folder of ours for the cache and the settings, of which no two programs use one at a time.
    """
    variables = whole()
    small = harmless(variables)
    # Copier keeps the template in a bare repository.
    full = with_settings(variables, {"safe.bareRepository": "all"})
    others = {k: v for k, v in full.items() if k not in small}
    settings = place / "settings.yml"  # of nobody: no defaults, no trust
    settings.write_text("{}\n")
    env = {
        **with_settings(small, EXPLICIT),
        "COPIER_CACHE_DIR": str(place / f"cache-{os.getpid()}"),
        "COPIER_SETTINGS_PATH": str(settings),
        "GIT_TERMINAL_PROMPT": "0",
    }
    return env, json.dumps(others)


def said_last(error: subprocess.CalledProcessError) -> str:
    """Return the last line that a failed program wrote to stderr."""
    lines = (error.stderr or "").strip().splitlines()
    return lines[-1][:500] if lines else f"it exits with {error.returncode}"
