@echo off
rem Finds a Python and hands over to .standard\bootstrap.py; bootstrap --help tells the rest.
setlocal
set "python="
rem The check also passes over the Microsoft Store's python, which only prints a message, and works for a .bat.
for %%c in ("py -3" "python" "python3") do (
    for /f %%v in ('%%~c -E -c "import sys; print(sys.version_info[:2] >= (3, 6))" 2^>nul') do (
        if "%%v"=="True" if not defined python set "python=%%~c"
    )
)
if not defined python (
    echo bootstrap: found no Python 3.6 or newer on PATH: install Python from https://www.python.org/downloads/ 1>&2
    exit /b 1
)
rem A full disk may leave half of the compiled module, which no import survives: then the source runs.
%python% -I -S -c "import sys; sys.path.insert(0, sys.argv.pop(1)); exec('try:\n import bootstrap\nexcept (EOFError, TypeError, ValueError):\n import runpy, shutil\n shutil.rmtree(sys.path[0] + \'/__pycache__\', True)\n runpy.run_path(sys.path[0] + \'/bootstrap.py\', run_name=\'__main__\')\nelse:\n bootstrap.main()')" "%~dp0.standard" %*
