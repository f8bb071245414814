"""Compiles Python files in the build's Pyodide: a browser would do that at every start."""

import py_compile
import zipfile
from pathlib import Path

# Parts of the standard library that neither Pyodide nor Copier imports.
UNUSED = (
    *(
        "doctest.py",
        "imaplib.py",
        "mailbox.py",
        "pdb.py",
        "pickletools.py",
        "pydoc.py",
        "tkinter/",
    ),
    *(
        "multiprocessing/",
        "pydoc_data/",
        "sqlite3/",
        "unittest/",
        "wsgiref/",
        "xmlrpc/",
    ),
)
EPOCH = (1980, 1, 1, 0, 0, 0)


def compiled(source: bytes, name: str, level: int) -> bytes:
    """Return the bytecode of a source, which Python takes without looking for the source."""
    file, target = Path("/one.py"), Path("/one.pyc")
    file.write_bytes(source)
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(file), str(target), name, True, level, unchecked)
    return target.read_bytes()


def add(archive: zipfile.ZipFile, name: str, content: bytes, level: int = 0) -> None:
    """Add a file, compiled where it is Python, at one of Python's levels of optimization."""
    if name.endswith(".py"):
        name, content = f"{name}c", compiled(content, name, level)
    archive.writestr(
        zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED, compresslevel=9
    )


def packages(folder: str, target: str) -> None:
    """Zip a folder of packages: modules and what says their version."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix == ".py":
                content = path.read_bytes()
            elif path.name == "METADATA":  # the name and the version suffice
                lines = path.read_bytes().splitlines(keepends=True)
                wanted = (b"Metadata-Version:", b"Name:", b"Version:")
                content = b"".join(x for x in lines if x.startswith(wanted))
            else:
                continue
            add(archive, path.relative_to(folder).as_posix(), content)


def library(source: str, target: str) -> None:
    """Zip Python's standard library again, without docstrings and unused parts."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as archive:
        for name in old.namelist():
            if not name.startswith(UNUSED) and not name.endswith("/"):
                add(archive, name, old.read(name), level=2)
