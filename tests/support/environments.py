"""Projects of a starter with the environment of their lock, as a user makes them."""

import os
import re
from pathlib import Path

import pytest
from conftest import ROOT, copier, git, interpreter, run, template_outside_git


def pinned(lock: str) -> list[tuple[str, str]]:
    """Return the pins of a lock, distribution and lines; some Pythons may need another version than others."""
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", lock)[1:]
    return [(re.split(r"[=\[ ]", block)[0], f"{block}\n") for block in blocks]


def cpu_build(python: Path, floor: str) -> Path:
    """Return the CPU build of torch that pip is offered on this machine, or skip the test: CUDA's parts are gigabytes."""
    code = "import sys; print(sys._base_executable, 'cp%d%d' % sys.version_info[:2])"
    base, tag = run(python, "-c", code, cwd=ROOT).stdout.split()
    settings = run(base, "-m", "pip", "config", "list", cwd=ROOT).stdout
    settings += f"find-links='{os.environ.get('PIP_FIND_LINKS', '')}'"
    folders = " ".join(re.findall(r"find-links='(.*)'", settings)).split()
    for folder in map(Path, folders):
        for wheel in sorted(folder.glob(f"torch-{floor}*+cpu-{tag}-*.whl")):
            return wheel
    pytest.skip("pip is offered no CPU build of torch on this machine")


def make_environment(project: Path, base: Path) -> Path:
    """Make the project's environment from its lock, hashes checked, and return its Python."""
    lock = (project / "requirements_lock.txt").read_text()
    venv = project / ".venv"
    if "\nnvidia-" not in lock:
        run("./bootstrap", "--locked", "--python", base, "true", cwd=project)
        return venv / "bin/python"
    prod = (project / "requirements_prod.txt").read_text()
    (floor,) = re.findall(r"^torch>=([\d.]+)", prod, re.MULTILINE)
    wheel = cpu_build(base, floor)
    accelerators = re.compile("torch$|triton|nvidia-|cuda-")
    rest = [text for name, text in pinned(lock) if not accelerators.match(name)]
    (project.parent / "lock.txt").write_text("".join(rest))
    into = ("-p", str(venv))
    run("uv", "venv", "-p", base, venv, cwd=project)
    install = ("uv", "pip", "install", *into)
    run(*install, "--no-deps", "--require-hashes", "-r", "../lock.txt", cwd=project)
    run(*install, "--no-deps", wheel, cwd=project)
    run(*install, "--no-deps", "--no-build-isolation", "-e", ".", cwd=project)
    return venv / "bin/python"


def full_coverage(python: Path, project: Path) -> None:
    """Assert that a project's tests pass, warnings being errors, and reach all of its code.

    The tests run without a terminal. They ignore Ctrl-C, as a background job does. Tests that some systems skip do not count.
    """
    alone = ("sh", "-c", 'trap "" HUP INT; exec "$@" </dev/null', "sh")
    tests = (*alone, python, "-m", "pytest", "-p", "no:cacheprovider")
    done = run(*tests, "--cov", "-m", "not skipif", cwd=project)
    assert "Total coverage: 100.00%" in done.stdout
    if " deselected" in done.stdout:
        run(*tests, "-m", "skipif", cwd=project)


def make_project(folder: Path, starter: str) -> Path:
    """Copy a project `demo` of a starter into a folder, put it under git, and make its environment."""
    project = folder / "demo"
    answers = (f"--data=starter={starter}", "--data=project_name=Demo")
    copier(
        *("copy", "--quiet", "--defaults"),
        *answers,
        template_outside_git(),
        project,
        cwd=folder,
    )
    git(project, "init", "--quiet")
    make_environment(project, interpreter("3.11"))
    return project


def in_project(
    project: Path, *command: str | Path, check: bool = True
) -> tuple[int, str, str]:
    """Run a command of a project's environment; return its exit status, stdout and stderr."""
    done = run(
        project / ".venv/bin" / command[0], *command[1:], cwd=project, check=check
    )
    return done.returncode, done.stdout, done.stderr


def export(project: Path, module: str, name: str) -> None:
    """Export one more name of a module from the package `demo`, whose exports are lazy."""
    face = project / "src/demo/__init__.py"
    text = face.read_text()
    (listed,) = re.findall(r"__all__ = \[(.*?)\]", text, re.DOTALL)
    names = sorted({*re.findall(r'"(\w+)"', listed), name})
    text = text.replace(listed, ", ".join(f'"{each}"' for each in names), 1)
    text = re.sub(rf"( +from \.{module} import .*)\n", rf"\1, {name}\n", text)
    text = text.replace(
        "        {\n", f'        {{\n            "{name}": "{module}",\n'
    )
    face.write_text(text)
    in_project(project, "ruff", "check", "--fix", "--quiet", face)
    in_project(project, "ruff", "format", "--quiet", face)


def all_checks(project: Path) -> None:
    """Assert that lint, format, types and spelling are green, and the tests with full coverage."""
    for command in (
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["mypy"],
        ["codespell"],
    ):
        in_project(project, *command)
    full_coverage(project / ".venv/bin/python", project)


def installed_alone(project: Path, *more: str) -> Path:
    """Build the project's wheel, install it with its pins and more packages into a new environment, and return that.

    A starter whose lock has gigabytes of CUDA borrows the packages of the project's environment.
    """
    dist, fresh = project.parent / "dist", project.parent / "fresh"
    command = ("-m", "build", "--wheel", "--no-isolation", "--outdir", dist)
    run(project / ".venv/bin/python", *command, cwd=project)
    (wheel,) = dist.glob("*.whl")
    run("uv", "venv", "-p", interpreter("3.11"), fresh, cwd=project.parent)
    install = ("uv", "pip", "install", "-p", fresh)
    lock = project / "requirements_lock.txt"
    if "\nnvidia-" in lock.read_text():
        run(*install, "--no-deps", wheel, *more, cwd=project.parent)
        (borrowed,) = (project / ".venv").glob("lib/*/site-packages")
        (packages,) = fresh.glob("lib/*/site-packages")
        (packages / "borrowed.pth").write_text(f"{borrowed}\n")
    else:
        run(*install, "--constraint", lock, wheel, *more, cwd=project.parent)
    return fresh
