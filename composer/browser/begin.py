"""Begins in Pyodide, in the browser and in the build: makes Copier importable."""

import sys
import zipfile

PACKAGES = "/packages.zip"
CORE = "/core"  # pydantic-core's own folder: a library cannot be imported out of a zip

with zipfile.ZipFile(PACKAGES) as packages:
    core = [name for name in packages.namelist() if name.startswith("pydantic_core/")]
    packages.extractall(CORE, core)
sys.path[:0] = [CORE, PACKAGES]
sys.dont_write_bytecode = True
