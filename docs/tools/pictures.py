"""The pictures: ./bootstrap python -m docs.tools.pictures makes docs/pictures/terminal.svg.

That picture is kept in git, since README shows it. All others are made when the site is built.
"""

import io
import os
import re
import shutil
import subprocess
from pathlib import Path

from rich.console import Console
from rich.text import Text

from .session import ROOT, CommandError, Session

TERMINAL = ROOT / "docs/pictures/terminal.svg"
COMMANDS = (
    './bootstrap copier copy --defaults --quiet "$PWD" ../my-project',
    "cd ../my-project",
    "ls -C -w 80",
    "./bootstrap pytest",
    './bootstrap python -c "import my_project; print(my_project.__version__)"',
)
SIZE = "1100,520"  # of a screenshot
# rich names a font on the internet. A picture loads nothing.
FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


def terminal() -> str:
    """Return a picture of a terminal in which a project is made and tested.

    Raises:
        CommandError: If a command fails.
    """
    console = Console(
        record=True,
        width=88,
        file=io.StringIO(),
        force_terminal=True,
        legacy_windows=False,
    )
    with Session() as session:
        session.run("./bootstrap true")  # not a part of the picture
        session.environment.pop("NO_COLOR")
        session.environment |= {"FORCE_COLOR": "1", "COLUMNS": "80"}
        for command in COMMANDS:
            status, output = session.run(command)
            if status:
                raise CommandError(f"exit status {status}: {command}\n{output}")
            console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
            kept = [
                line
                for line in output.rstrip().splitlines()
                if not line.startswith(
                    ("rootdir", "configfile", "plugins", "platform", "cachedir")
                )
            ]
            if kept:
                console.print(Text.from_ansi("\n".join(kept)), soft_wrap=True)
    svg = console.export_svg(title="a new project", unique_id="plinth")
    return FONT.sub("", svg) + "\n"


def screenshot(page: Path, picture: Path) -> bool:
    """Make a picture of a page with Chromium; return whether there is a Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        return False
    # As root, as in a container, Chromium's sandbox does not start. The page is our own.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    options = ["--headless=new", "--hide-scrollbars", f"--window-size={SIZE}", *root]
    command = [browser, *options, f"--screenshot={picture}", page.resolve().as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return picture.is_file()


if __name__ == "__main__":
    TERMINAL.write_text(terminal(), encoding="utf-8")
    print(TERMINAL.relative_to(ROOT))
