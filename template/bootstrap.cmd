@echo off
rem Finds Python 3.11 or newer and runs bootstrap.py with it; see bootstrap --help.
setlocal
set "script=%~dp0.standard\bootstrap.py"
rem The second place is that of the template's own repository.
if not exist "%script%" set "script=%~dp0template\.standard\bootstrap.py"
set "python="
rem The check also skips the Microsoft Store's python, which only prints a message, and works for a .bat.
for %%c in ("py -3" "python" "python3") do (
    for /f %%v in ('%%~c -E -c "import sys; print(sys.version_info[:2] >= (3, 11))" 2^>nul') do (
        if "%%v"=="True" if not defined python set "python=%%~c"
    )
)
if not defined python (
    echo bootstrap: found no Python 3.11 or newer on PATH: install Python from https://www.python.org/downloads/ 1>&2
    exit /b 1
)
%python% -I -S "%script%" "%~dp0." %*
