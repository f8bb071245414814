"""Fail if a merge is unfinished, because Copier and git leave conflicts and exit 0.

https://git-scm.com/docs/git-merge#_how_conflicts_are_presented
"""

import subprocess
import sys

LEFT = {
    "is a change that did not fit: apply it and delete it": "ls-files -co -- *.rej",
    "is unmerged: resolve it and add it": "diff --name-only --diff-filter=U",
    "has conflict markers: resolve them": "grep --untracked -lIE ^(<{7}|>{7})[[:blank:]]",
}

if __name__ == "__main__":
    status = 0
    for what, command in LEFT.items():
        git = ["git", "-c", "core.quotePath=off", *command.split()]
        run = subprocess.run(git, check=False, stdout=subprocess.PIPE, text=True)
        if run.returncode > 1:  # git grep exits with 1 if it finds nothing
            sys.exit(run.returncode)
        for path in run.stdout.splitlines():
            print(path, what, file=sys.stderr)
            status = 1
    sys.exit(status)
