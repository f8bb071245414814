"""Templates of an organisation, with their policy."""

import re
import shutil
from pathlib import Path

from conftest import NEXT, ROOT, commit, git

EXAMPLE = ROOT / "plinth" / "organisation"


def pin(organisation: Path, **policy: str) -> None:
    """Change values of an organisation's policy."""
    path = organisation / "copier.yml"
    for name, value in policy.items():
        line = re.compile(rf"^({name}: .*default: )[^,]+", re.MULTILINE)
        text, found = line.subn(rf'\g<1>"{value}"', path.read_text())
        assert found == 1, name
        path.write_text(text)


def organise(folder: Path, base: Path, **policy: str) -> Path:
    """Return an organisation's template, made as plinth/README.md says, with Plinth at its newest release."""
    shutil.copytree(EXAMPLE, folder)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "submodule", "--quiet", "add", base, "base")
    git(folder / "base", "checkout", "--quiet", NEXT)
    pin(folder, **policy)
    commit(folder, "2026.11.0")
    return folder
