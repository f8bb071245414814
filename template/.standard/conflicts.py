"""Fail if a merge is unfinished, because Copier and git leave conflicts and exit 0.

It prints conflict markers, .rej files and unmerged paths in all files that git tracks
or would add. https://git-scm.com/docs/git-merge#_how_conflicts_are_presented
"""

import subprocess
import sys

LEFT = {
    "is a change that did not fit: apply it and delete it": "ls-files -co -- *.rej",
    "is unmerged: resolve it and add it": "diff --name-only --diff-filter=U",
    "has conflict markers: resolve them": "grep --untracked -lIE ^(<{7}|>{7})[[:blank:]]",
}


def main() -> int:
    """Print a line for each problem. Return 1 if there is one, and 2 if git fails."""
    found = 0
    for what, command in LEFT.items():
        run = subprocess.run(
            ["git", "-c", "core.quotePath=off", *command.split()],
            capture_output=True,
            check=False,
            text=True,
        )
        if run.returncode > 1:  # git grep exits 1 when it finds nothing
            print(f"conflicts: {run.stderr.strip()}", file=sys.stderr)
            return 2
        for path in sorted(set(run.stdout.splitlines())):
            print(f"{path} {what}", file=sys.stderr)
            found = 1
    return found


if __name__ == "__main__":
    sys.exit(main())
