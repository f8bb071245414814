"""What a lock pins, and whether a package index can be reached."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def pins(lock: Path) -> dict[str, list[Requirement]]:
    """Return the requirements that a lock pins, by normalized name (PEP 503)."""
    found: dict[str, list[Requirement]] = {}
    for line in lock.read_text().splitlines():
        if line[:1].isalnum():
            requirement = Requirement(line.rstrip(" \\"))
            found.setdefault(canonicalize_name(requirement.name), []).append(
                requirement
            )
    return found


def clean() -> dict[str, str]:
    """Return the variables of a user without settings for pip and uv: the public index alone."""
    harmful = ("PIP_", "UV_", "PYTHON", "VIRTUAL_ENV")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(harmful)}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"}


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip a test where no package index can be reached."""
    folder = tmp_path_factory.mktemp("probe")
    command = ["uv", "pip", "compile", "--quiet", "--no-cache", "-"]
    probe = subprocess.run(
        command,
        cwd=folder,
        env=clean(),
        input=b"iniconfig",
        capture_output=True,
        check=False,
    )
    if probe.returncode:
        pytest.skip("no package index can be reached")


def hashes(lock: str) -> dict[str, set[str]]:
    """Return the hashes of each pin of a lock."""
    found: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=[a-zA-Z0-9])", lock)[1:]:
        found[block.split(" ")[0]] = set(re.findall(r"--hash=(\S+)", block))
    return found
