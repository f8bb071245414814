"""What works beside ./bootstrap: uv alone, venv and pip alone, and a container's build."""

import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import (
    NEXT,
    VERSION_1,
    Generate,
    born,
    commit,
    copier,
    git,
    interpreter,
    released,
    run,
)
from support.locks import clean

UV = str(Path(sys.executable).with_name("uv"))


def outside() -> dict[str, str]:
    """Return the variables of a user who has uv, without a configuration of it."""
    kept = {k: v for k, v in clean().items() if k != "UV_NO_CONFIG"}
    return {**kept, "PATH": f"{Path(UV).parent}:/usr/bin:/bin"}


def do(folder: Path, *command: str | Path) -> tuple[int, str, str]:
    """Run a command with the variables of such a user; return status, output and errors."""
    words = [f"{name}={value}" for name, value in outside().items()]
    done = run("env", "-i", *words, *command, cwd=folder, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_uv_works_in_the_same_environment(index: None, generate: Generate) -> None:
    """And refuses in one line what would need a lock of its own."""
    project = generate()
    assert do(project, UV, "venv", "--quiet", "--python", sys.executable)[0] == 0
    install = [UV, "pip", "install", "--quiet", "-r", "requirements_dev.txt", "-e", "."]
    assert do(project, *install)[0] == 0
    status, output, errors = do(project, UV, "run", "pytest")
    assert (status, " passed" in output) == (0, True), output + errors
    for command in (["sync"], ["add", "click"]):
        status, output, errors = do(project, UV, *command)
        assert status != 0
        assert "marked as unmanaged" in errors
        assert len(errors.splitlines()) == 1
    assert not (project / "uv.lock").exists()


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_documented_venv_and_pip_work(
    index: None, generate: Generate, version: str
) -> None:
    """The commands of CONTRIBUTING, with the oldest pip of that Python, end in green tests."""
    project = generate()
    page = (project / ".github/CONTRIBUTING.md").read_text()
    first, *others = re.findall(r"`(python -m venv .*?|\.venv/bin/.*?)`", page)
    assert len(others) == 2
    python = shlex.quote(str(interpreter(version)))
    script = "\n".join([first.replace("python", python, 1), *others])
    status, output, errors = do(project, "sh", "-ec", script)
    assert (status, " passed" in output) == (0, True), output + errors
    status, output, _ = do(project, ".venv/bin/python", "-m", "pip", "check")
    assert status == 0, output


@pytest.mark.slow
def test_the_documented_dockerfile_works(
    index: None, generate: Generate, tmp_path: Path
) -> None:
    """Each line does in a folder what it does in an image: the app runs, without development tools."""
    project = generate(starter="cli", package_name="sound")
    page = (project / ".github/CONTRIBUTING.md").read_text()
    (text,) = re.findall(r"```dockerfile\n(.*?)```", page, re.DOTALL)
    app = tmp_path / "app"  # /app of both stages, one after the other
    stages: dict[str, Path] = {}
    path, name = f"{Path(sys.executable).parent}:/usr/bin:/bin", ""
    for line in filter(None, text.splitlines()):
        word, *rest = line.split(maxsplit=1)[0], *shlex.split(line)[1:]
        if word == "FROM":
            if name:
                stages[name] = app.rename(tmp_path / f"app of {name}")
            assert rest[0].startswith("python:3.11")
            name = rest[2] if rest[1:2] == ["AS"] else ""
        elif word == "WORKDIR":
            assert rest == ["/app"]
            app.mkdir()
        elif word == "COPY" and rest[0].startswith("--from="):
            source, target = rest[1:]
            origin = stages[rest[0].removeprefix("--from=")]
            inside = origin / Path(source).relative_to("/app")
            shutil.copytree(inside, app / target, symlinks=True)
        elif word == "COPY":
            shutil.copytree(project, app / rest[1], dirs_exist_ok=True)
        elif word == "RUN":
            words = {**outside(), "PATH": path}
            pairs = [f"{key}={value}" for key, value in words.items()]
            run("env", "-i", *pairs, "sh", "-ec", line.removeprefix("RUN "), cwd=app)
        else:
            assert word == "ENV"
            (pair,) = rest
            variable, _, value = pair.partition("=")
            assert variable == "PATH"
            path = value.replace("/app", str(app)).replace("$PATH", "/usr/bin:/bin")
    assert name == ""
    env = {"PATH": path, "PYTHONPATH": "", "VIRTUAL_ENV": ""}
    code = "import click, sound, sys; print(sound.__file__, sys.prefix)"
    where, prefix = run("python", "-c", code, cwd=tmp_path, env=env).stdout.split()
    assert where == str(app / "src/sound/__init__.py")
    assert prefix == str(app / ".venv")
    missing = run("python", "-c", "import mypy", cwd=tmp_path, env=env, check=False)
    assert missing.returncode == 1


@pytest.mark.slow
def test_an_update_leaves_the_owners_settings_of_uv(tmp_path: Path) -> None:
    """TOML takes a table once: an older project gets none, and a new one keeps its own through an update."""
    template = released(tmp_path / "plinth")
    mine = '\n[tool.uv]\nexclude-newer = "3 days"\n'
    for release in (VERSION_1[-1], NEXT):
        project = born(template, release, tmp_path / f"demo-{release}", {})
        file = project / "pyproject.toml"
        text = file.read_text()
        if release == NEXT:
            assert tomllib.loads(text)["tool"]["uv"] == {
                "managed": False,
                "exclude-newer": "7 days",
            }
            text = text.replace('"7 days"', '"3 days"')
        file.write_text(text if release == NEXT else text + mine)
        commit(project)
        copier("update", "--defaults", f"--vcs-ref={NEXT}", cwd=project)
        assert "<<<<<<<" not in git(project, "diff")
        own = {"managed": False} if release == NEXT else {}
        settings = tomllib.loads(file.read_text())["tool"]["uv"]
        assert settings == {**own, "exclude-newer": "3 days"}


def test_without_a_forge_nothing_names_renovate(generate: Generate) -> None:
    page = (generate(ci="none") / "docs/CONTRIBUTING.md").read_text()
    assert "enovate" not in page
    assert "\n\n\n" not in page
