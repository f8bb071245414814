"""Files of the template that plinth uses itself."""

from pathlib import Path


def conflicts_program() -> Path:
    """Return the program of every project that finds unfinished merges: in the installed package, or in a clone."""
    here = Path(__file__).parent
    installed = here / "standard" / "conflicts.py"
    return (
        installed
        if installed.is_file()
        else here.with_name("template") / ".standard" / "conflicts.py"
    )
