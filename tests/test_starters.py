"""Each starter: what its folder must hold, and what its project does when it is installed and run."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from conftest import (
    ROOT,
    STARTERS,
    Generate,
    assert_green,
    entries,
    import_in_every_way,
    interpreter,
    jobs,
    manifest,
    run,
    run_job,
    template_outside_git,
    tool,
)
from packaging.requirements import Requirement
from support.environments import full_coverage, installed_alone, make_environment
from support.rules import reserved

TOY = ROOT / "tests" / "toy"
LONG = "a" + "b" * 59
MORE = "extra.wave:Wave util:go"
CHOICES: dict[str, str] = yaml.safe_load((ROOT / "copier.yml").read_text())["starter"][
    "choices"
]
OUTSIDE_JINJA = {"README.md.jinja", "starter.yml"}  # not in any project
SPECIAL = OUTSIDE_JINJA | {
    f"requirements_{kind}.txt" for kind in ("prod", "dev", "lock")
}

each_starter = pytest.mark.parametrize("starter", STARTERS, ids=lambda path: path.name)


def exports(starter: Path) -> list[str]:
    """Return the values of `exports` that a starter allows, its default first."""
    default = manifest(starter).get("exports", "eager")
    values = [default, {"eager": "lazy", "lazy": "eager"}[default]]
    return [value for value in values if value not in manifest(starter)["never"]]


# ---- The folder -------------------------------------------------------------------------------------------------------


def test_each_folder_is_a_choice() -> None:
    assert sorted(CHOICES.values()) == [path.name for path in STARTERS]


@each_starter
def test_the_readme_says_how_it_was_chosen(starter: Path) -> None:
    _, chosen = (ROOT / "starters/README.md").read_text().split("## How each was ")
    assert chosen.count(f"\n- `{starter.name}`: ") == 1


@each_starter
def test_it_has_tests_of_what_a_user_does_next(starter: Path) -> None:
    module = f"tests/test_steps_{starter.name.replace('-', '_')}.py"
    assert (ROOT / module).is_file(), f"{module} is missing"


@each_starter
def test_the_manifest_names_every_file(starter: Path) -> None:
    """A file that starter.yml forgets would reach no project."""
    modules = [word.partition(":")[0] for word in manifest(starter)["modules"]]
    named = [f"src/{name.replace('.', '/')}.py" for name in modules]
    named += manifest(starter)["files"]
    for word in manifest(starter).get("suggested", "").split():
        path, name = f"/{word.partition(':')[0].replace('.', '/')}".rsplit("/", 1)
        named += [f"src{path}/{name}.py", f"tests{path}/test_{name}.py"]
    held = [path.relative_to(starter) for path in starter.rglob("*") if path.is_file()]
    shipped = [
        path.as_posix().removesuffix(".jinja")
        for path in held
        if path.name not in SPECIAL and "__pycache__" not in path.parts
    ]
    assert sorted(named) == sorted(shipped)


@each_starter
def test_only_what_renders_is_called_jinja(starter: Path) -> None:
    for path in filter(Path.is_file, starter.rglob("*")):
        if path.name not in SPECIAL and path.suffix != ".pyc":
            says = re.search(r"\{[{%#]", path.read_text()) is not None
            assert says == (path.suffix == ".jinja"), path


@each_starter
def test_projects_are_clean_whatever_their_name(
    generate: Generate, starter: Path
) -> None:
    """The linter and the formatter find nothing to do, and the user's own modules are there too."""
    for value in exports(starter):
        for name, modules in [("a", ""), (LONG, MORE)]:
            project = generate(
                starter=starter.name,
                package_name=name,
                exports=value,
                modules=modules,
                docs=bool(modules),
            )
            tool("ruff", "check", "--no-cache", cwd=project)
            tool("ruff", "format", "--no-cache", "--check", cwd=project)
            assert (project / "src" / name / "util.py").exists() == bool(modules)
            visible = [x for x in project.iterdir() if not x.name.startswith(".")]
            own = [x for x in manifest(starter)["files"] if "/" not in x]
            assert len(visible) <= 14 + len(own)
            for path in filter(Path.is_file, project.rglob("*")):
                text = path.read_bytes().replace(b"\r\n", b"\n")
                assert not text or (text[-1:] == b"\n" != text[-2:-1]), path


@each_starter
def test_without_an_answer_there_is_the_starter_alone(
    generate: Generate, starter: Path
) -> None:
    project = generate(starter=starter.name)
    (package,) = (path.parent for path in project.glob("src/*/__init__.py"))
    modules = [word.partition(":")[0] for word in manifest(starter)["modules"]]
    modules = modules or ["greeting"]
    private = {"_lazy.py"} if exports(starter)[0] == "lazy" else set()
    held = {path.relative_to(package).as_posix() for path in package.rglob("*.py")}
    inits = {path for path in held if path.endswith("__init__.py")}
    files = {x.removeprefix("src/") for x in manifest(starter)["files"]}
    named = {f"{name.replace('.', '/')}.py" for name in modules}
    assert held - inits - files == named | private


@each_starter
def test_a_name_that_the_starter_installs_is_refused(
    generate: Generate, starter: Path
) -> None:
    packages = manifest(starter)["packages"]
    for package in packages[:: len(packages) // 4 + 1]:  # some of them: each takes time
        if re.fullmatch("[a-z][a-z0-9_]*", package):
            with pytest.raises(ValueError, match=f'an import package "{package}" too'):
                generate(starter=starter.name, package_name=package)
    lock = (starter / "requirements_lock.txt").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==", lock, re.MULTILINE))
    common = (ROOT / "starters/library/requirements_lock.txt").read_text()
    own = sorted(name for name in locked if f"\n{name}" not in common)
    for name in own[:: len(own) // 4 + 1]:
        typed = name.replace("-", "_").title()
        with pytest.raises(ValueError, match=f'a distribution "{name}" too'):
            generate(starter=starter.name, package_name="mine", distribution_name=typed)


@each_starter
def test_a_clash_with_its_modules_is_refused(generate: Generate, starter: Path) -> None:
    for word in manifest(starter)["modules"]:
        module = word.partition(":")[0]
        if all(part.isidentifier() for part in module.split(".")):
            with pytest.raises(
                ValueError, match=f'the starter has this module: "{module}"'
            ):
                generate(starter=starter.name, modules=f"{module}:Thing")
    for file in manifest(starter)["files"]:
        if found := re.fullmatch(r"src/(\w+)/__init__\.py", file):
            for word in (found[1], f"{found[1]}.thing:Thing"):
                with pytest.raises(ValueError, match="the starter has this package"):
                    generate(starter=starter.name, modules=word)


@each_starter
def test_the_audit_skips_only_what_the_lock_has(
    generate: Generate, starter: Path
) -> None:
    """When a new lock has a fixed version, this fails: delete the exception from starter.yml."""
    skipped = manifest(starter)["audit"]
    locked = dict(
        re.findall(
            r"(?m)^([a-z0-9-]+)==([^ ]+)",
            (starter / "requirements_lock.txt").read_text(),
        )
    )
    for requirement in map(Requirement, skipped.values()):
        assert locked[requirement.name] in requirement.specifier
    for forge in ("github", "gitlab"):
        ((audit),) = jobs(generate(starter=starter.name, ci=forge))["audit"]
        assert re.findall(r"--ignore-vuln (\S+)", audit) == list(skipped)


@each_starter
def test_an_import_time_that_cannot_work_is_refused(
    generate: Generate, starter: Path
) -> None:
    for value, reason in manifest(starter)["never"].items():
        with pytest.raises(ValueError, match=re.escape(reason)):
            generate(starter=starter.name, exports=value)
    assert exports(starter)


# ---- One more ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def template_with_toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the template with one more starter: a folder, and a line in copier.yml."""
    folder = tmp_path_factory.mktemp("template") / "template"
    shutil.copytree(template_outside_git(), folder)
    shutil.copytree(TOY, folder / "starters/toy")
    shutil.copy(
        ROOT / "starters/library/requirements_lock.txt", folder / "starters/toy"
    )
    lines = (folder / "copier.yml").read_text().splitlines(keepends=True)
    first = next(i for i, line in enumerate(lines) if line.endswith(": library\n"))
    lines.insert(first + 1, "    a toy: toy\n")
    (folder / "copier.yml").write_text("".join(lines))
    return folder


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(LONG, "lazy", marks=pytest.mark.slow),
        pytest.param(LONG, "eager", marks=pytest.mark.slow),
        pytest.param("a", "lazy", marks=pytest.mark.slow),
        ("a", "eager"),
    ],
)
def test_a_starter_is_a_folder_and_a_line(
    generate: Generate, template_with_toy: Path, name: str, value: str
) -> None:
    project = generate(
        template_with_toy,
        starter="toy",
        package_name=name,
        exports=value,
        modules=MORE,
    )
    assert_green(project)
    assert (project / ".gitignore").read_text().endswith("\n/toy.sqlite3\n*.toy\n")
    assert (
        (project / "requirements_dev.txt")
        .read_text()
        .endswith("_tools.txt\npackaging\n")
    )
    assert f"python -m {name}\n" in (project / "README.md").read_text()
    surface = run(
        sys.executable,
        "-c",
        f"import {name}, json; print(json.dumps([{name}.__all__, {name}.deep.__all__]))",
        cwd=project / "src",
    )
    assert json.loads(surface.stdout) == [
        ["App", "Wire", "app", "deep", "extra", "go", "main", "make_app", "util"],
        ["settings", "steps"],
    ]


def test_its_pages_and_command_are_in_the_wheel(
    generate: Generate, template_with_toy: Path, tmp_path: Path
) -> None:
    project = generate(template_with_toy, starter="toy", distribution_name="The.Toy")
    command = (sys.executable, "-m", "build", "--wheel", "--no-isolation")
    run(*command, "--outdir", tmp_path, project, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    venv = tmp_path / "venv"
    run("uv", "venv", "--offline", "-p", sys.executable, venv, cwd=tmp_path)
    run("uv", "pip", "install", "--offline", "-p", venv, wheel, cwd=tmp_path)
    (page,) = venv.rglob("pages/index.html")
    assert page.read_text() == "<p>{{ name }}</p>\n"
    assert run(venv / "bin/The.Toy", cwd=tmp_path).stdout == "App\n"


@pytest.mark.parametrize(
    "clash",
    ["app:X", "_wire:X", "deep.settings:X", "__main__:X", "deep:X", "other:App"],
)
def test_what_the_toy_has_cannot_be_added(
    generate: Generate, template_with_toy: Path, clash: str
) -> None:
    with pytest.raises(ValueError, match="Validation error for question 'modules'"):
        generate(template_with_toy, starter="toy", modules=clash)


# ---- Installed and run ------------------------------------------------------------------------------------------------


SETUP = {
    "django": "import os, django\n"
    "os.environ.update(DJANGO_DEBUG='1', DJANGO_SETTINGS_MODULE='demo.settings')\n"
    "django.setup()"
}


@pytest.mark.slow
@each_starter
def test_starter_runs_for_real(generate: Generate, starter: Path) -> None:
    """From its lock: tests, linter, formatter, types, the site; then the wheel, alone in a fresh environment."""
    project = generate(starter=starter.name, project_name="Demo", docs=True)
    base = interpreter("3.11")
    python = make_environment(project, base)
    full_coverage(python, project)
    for command in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]):
        run(python, "-m", *command, cwd=project)
    run(python, "-m", "sphinx", *["-M", "html", "docs", "build", "-W"], cwd=project)

    fresh = installed_alone(project)
    words = manifest(starter)["modules"] or ["greeting:Greeter,greet"]
    import_in_every_way(
        fresh / "bin/python",
        "demo",
        entries([word for word in words if ":" in word]),
        setup=SETUP.get(starter.name, ""),
    )


# Starters with compiled packages or many of them, on the newest Python of this machine; the others are repetitions.
WIDE = ("django", "fastapi", "library", "numpy", "scikit-learn", "scrapy")


@pytest.mark.parametrize(
    ("starter", "version"),
    [
        pytest.param(
            starter,
            version,
            marks=pytest.mark.slow
            if version == "3.13" and starter.name in WIDE
            else pytest.mark.complete,
            id=f"{starter.name}-{version}",
        )
        for starter in STARTERS
        for version in ("3.12", "3.13")
    ],
)
def test_starter_runs_on_other_pythons(
    generate: Generate, starter: Path, version: str
) -> None:
    """The same lock serves them: with modules of the user's own, and the other value of `exports`.

    The library also has a site, since each of these Pythons has its own Sphinx in the lock.
    """
    base = interpreter(version)
    project = generate(
        starter=starter.name,
        python_min=version,
        package_name=LONG if version == "3.13" else "demo",
        modules=MORE,
        exports=exports(starter)[-1],
        docs=starter.name == "library",
    )
    python = make_environment(project, base)
    full_coverage(python, project)
    if starter.name == "library":
        run(python, "-m", "sphinx", *["-M", "html", "docs", "build", "-W"], cwd=project)


@pytest.mark.slow
@each_starter
def test_floors_are_true(generate: Generate, starter: Path) -> None:
    """The oldest versions that requirements_prod.txt allows pass the same tests, run as the pipelines do."""
    project = generate(starter=starter.name, ci="gitlab")
    if "\nnvidia-" in (project / "requirements_lock.txt").read_text():
        pytest.skip(
            "torch is at its floor wherever it is run, without CUDA's gigabytes"
        )
    python = make_environment(project, interpreter("3.11"))
    run_job(jobs(project)["lowest"], project)
    prod = (project / "requirements_prod.txt").read_text()
    floors = re.findall(r"^([\w-]+)(?:\[.*\])?>=([\d.]+)", prod, re.MULTILINE)
    code = "import importlib.metadata as m, sys; print(*map(m.version, sys.argv[1:]))"
    names = [name for name, _ in floors]
    found = run(python, "-c", code, *names, cwd=project).stdout.split()
    for version, (_, floor) in zip(found, floors, strict=True):
        assert f"{version}.0.0".startswith(f"{floor}.")


@pytest.mark.slow
@each_starter
def test_every_import_package_of_the_lock_is_known(
    generate: Generate, starter: Path
) -> None:
    """What the lock installs is refused as the package's name: by includes/reserved.yml or by the starter."""
    project = generate(starter=starter.name)
    python = make_environment(project, interpreter("3.11"))
    code = "import importlib.metadata as m; print(*m.packages_distributions())"
    installed = set(run(python, "-c", code, cwd=project).stdout.split())
    known = {*reserved()["locked_packages"], *manifest(starter)["packages"]}
    own = next(project.glob("src/*/__init__.py")).parent.name
    names = {name for name in installed if re.fullmatch("[a-z][a-z0-9_]*", name)}
    assert names - known - {own} == set()
