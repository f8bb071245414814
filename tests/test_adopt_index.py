"""Adoption of packages from the package index."""

import ensurepip
import re
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from conftest import git, run
from support.adoption import ASKED, copy, plinth
from support.files import contents, write

# Stands in for a build backend: pip asks it for the metadata of what it downloads, and gets those that are in the
# archive. So no code of the package runs: only pip's hash vouches for the archive.
BACKEND = """
import email, pathlib, shutil, sys
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    name = email.message_from_string(pathlib.Path("PKG-INFO").read_text("utf-8"))
    info = pathlib.Path(folder, f"{name['Name'].replace('-', '_')}-{name['Version']}.dist-info")
    info.mkdir()
    shutil.copy("PKG-INFO", info / "METADATA")
    return info.name
__legacy__ = sys.modules[__name__]
"""
BACKENDS = (
    "setuptools.build_meta",
    "flit_core.buildapi",
    "hatchling.build",
    "poetry.core.masonry.api",
)


def unpack(requirement: str, folder: Path) -> Path:
    """Download a pinned source distribution with pip and commit what is in it; skip the test without an index."""
    stubs, archives = folder / "stubs", folder / "archives"
    for backend in BACKENDS:
        *packages, module = backend.split(".")
        for depth in range(len(packages)):
            write(
                folder, {"/".join(["stubs", *packages[: depth + 1], "__init__.py"]): ""}
            )
        write(stubs.joinpath(*packages), {f"{module}.py": BACKEND})
    write(folder, {"requirements.txt": requirement})
    bundled = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    options = [
        "--no-deps",
        "--no-binary=:all:",
        "--no-build-isolation",
        "--use-pep517",
        "--require-hashes",
    ]
    done = run(
        sys.executable, "-P", bundled / "pip", "download", *options, "--retries", "1",
        "--requirement", folder / "requirements.txt", "--dest", archives,
        cwd=folder,
        env={"PYTHONPATH": str(stubs), "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        check=False,
    )  # fmt: skip
    if "(from versions: none)" in done.stderr:
        pytest.skip(
            f"no package index has {requirement.split()[0]}, or none is reached"
        )
    assert done.returncode == 0, done.stdout + done.stderr
    with tarfile.open(next(archives.iterdir())) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    repository = next((folder / "unpacked").iterdir())
    git(repository, "init", "--quiet")
    git(repository, "add", "--all", "--force")
    git(repository, "commit", "--quiet", "--message", "Start")
    return repository


@pytest.mark.slow
@pytest.mark.parametrize(
    ("requirement", "expected", "unknown", "own", "passed"),
    [
        pytest.param(
            "requests==2.32.3 --hash=sha256:55365417734eb18255590a9ff9eb97e9e1da868d4ccd6402399eaf68af20a760",
            "src/requests, Apache-2.0, https://github.com/psf/requests, Requests HTTP Library",
            {"distribution_name", "user_name", "user_email"},  # read from a module when setup.py runs
            ["tests/test_hooks.py", "tests/test_structures.py", "tests/test_utils.py"],  # the others want a server
            220,
            id="src-setup.py-computed",
        ),
        pytest.param(
            "python-dotenv==1.0.1 --hash=sha256:e324ee90a023d808f1959c46bcbc04446a10ced277783dc6ee09987c37ec10ca",
            "src/dotenv, BSD-3-Clause, https://github.com/theskumar/python-dotenv, "
            "Read key-value pairs from a .env file and set them as environment variables",
            set(),
            [],  # its conftest wants click
            0,
            id="src-setup.py",
        ),
        pytest.param(
            "cachetools==5.5.0 --hash=sha256:2cc24fb4cbe39633fb7badd9db9ca6295d766d9c2995f245725a46715d050f2a",
            "src/cachetools, MIT, https://github.com/tkem/cachetools, Extensible memoizing collections and decorators",
            set(),
            ["tests"],
            215,
            id="src-setup.cfg",
        ),
        pytest.param(
            "click==8.1.8 --hash=sha256:ed53c9d8990d83c2a27deae68e4ee337473f6330c040a31d4225c9574d16096a",
            "src/click, BSD-3-Clause, https://github.com/pallets/click, Composable command line interface toolkit",
            set(),
            ["tests/test_context.py", "tests/test_options.py", "tests/test_testing.py"],  # test_basic is too old for pytest 9
            150,
            id="src-pep621-flit",
        ),
        pytest.param(
            "humanize==4.11.0 --hash=sha256:e66f36020a2d5a974c504bd2555cf770621dbdbb6d82f94a6857c0b1ea2608be",
            "src/humanize, MIT, https://github.com/python-humanize/humanize, Python humanize utilities",
            set(),
            ["tests/test_filesize.py", "tests/test_lists.py", "tests/test_number.py"],  # the others want freezegun
            281,
            id="src-pep621-hatchling",
        ),
        pytest.param(
            "zipp==3.21.0 --hash=sha256:2c9958f6430a2040341a52eb608ed6dd93ef4392e02ffe219417c1b28b5dd1f4",
            "zipp, MIT, https://github.com/jaraco/zipp, Backport of pathlib-compatible object wrapper for zip files",
            set(),
            [],  # they want jaraco's libraries
            0,
            id="flat-pep621-setuptools",
        ),
        pytest.param(
            "idna==3.10 --hash=sha256:12f65c9b470abda6dc35cf8e63cc574b1c52b11df2c86030af0ac09b01b13ea9",
            "idna, BSD-3-Clause, https://github.com/kjd/idna, Internationalized Domain Names in Applications (IDNA)",
            set(),
            ["tests"],
            32,
            id="flat-pep621-flit",
        ),
        pytest.param(
            "sqlparse==0.5.3 --hash=sha256:09f67787f56a0b16ecdbde1bfc7f5d9c3371ca683cfeaa8e6ff60b4807ec9272",
            "sqlparse, BSD-3-Clause, https://github.com/andialbrecht/sqlparse, A non-validating SQL parser.",
            set(),
            ["tests"],
            461,
            id="flat-pep621-hatchling",
        ),
        pytest.param(
            "tomlkit==0.13.2 --hash=sha256:fff5fe59a87295b278abd31bec92c15d9bc4a06885ab12bcea52c71119392e79",
            "tomlkit, MIT, https://github.com/sdispater/tomlkit, Style preserving TOML library",
            set(),
            ["tests"],
            859,
            id="flat-poetry",
        ),
        pytest.param(
            "h11==0.14.0 --hash=sha256:8f19fbbe99e72420ff35c00b27a34cb9937e902a8b810e2c88300c6f0a3b699d",
            "h11, MIT, https://github.com/python-hyper/h11, "
            "A pure-Python, bring-your-own-I/O implementation of HTTP/1.1",
            set(),
            ["h11/tests"],
            78,
            id="flat-setup.py",
        ),
    ],
)  # fmt: skip
def test_a_package_from_the_index(
    tmp_path: Path,
    requirement: str,
    expected: str,
    unknown: set[str],
    own: list[str],
    passed: int,
) -> None:
    """It is adopted, not a byte of it changes, and it imports and passes its own tests as before.

    These run in the environment of the tests here, so only those that need nothing else.
    """
    repository = unpack(requirement, tmp_path)
    before = contents(repository)
    output = tmp_path / "answers.yml"
    _, told = plinth("adopt", repository, "--output", output)
    assert contents(repository) == before
    answers = yaml.safe_load(output.read_text())
    home, licence, url, description = expected.split(", ", 3)
    package = Path(home).name
    assert answers["package_name"] == package
    assert (answers["license"], answers["repository"]) == (licence, url)
    assert answers["description"] == description
    assert answers["python_min"] == "3.11"
    free = {"ci", "docs", "exports"}  # nothing in a repository decides them
    assert ASKED - free - answers.keys() == unknown
    assert ("flat layout" in told) == ("/" not in home)

    listed = git(repository, "ls-files", "-z", *own).split("\0") if own else []
    tests = [path for path in listed if re.search(r"(^|/)test_\w+\.py$", path)]
    copy(output, repository)
    after = contents(repository)
    assert before.items() <= after.items()
    assert {
        ".copier-answers.yml",
        "bootstrap",
        "requirements_lock.txt",
    } <= after.keys() - before.keys()
    assert not [
        name
        for name in after.keys() - before.keys()
        if name.startswith((home, "src/", "tests/"))
    ]
    taken = yaml.safe_load((repository / ".copier-answers.yml").read_text())
    assert answers.items() <= taken.items()

    environment = {
        "PYTHONPATH": str((repository / home).parent),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    code = f"import {package}; print({package}.__file__)"
    imported = run(sys.executable, "-P", "-c", code, cwd=tmp_path, env=environment)
    assert Path(imported.stdout.strip()) == repository / home / "__init__.py"
    if tests:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        options = ["-p", "no:cacheprovider", "--color=no", *tests]
        pytest_ = [sys.executable, "-P", "-m", "pytest", *options]
        done = run(*pytest_, cwd=repository, env=environment)
        summary = done.stdout.splitlines()[-1]
        assert int(summary.partition(" passed")[0].split()[-1]) >= passed, summary
        assert contents(repository) == after


@pytest.mark.slow
@pytest.mark.parametrize(
    ("requirement", "told"),
    [
        pytest.param(
            "six==1.17.0 --hash=sha256:ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81",
            "six.py': make it a package first",
            id="module",
        ),
        pytest.param(
            "attrs==24.3.0 --hash=sha256:8f5c07333d543103541ba7be0e2ce16eeee8130cb0b3f9238ab904ce1e85baff",
            "several packages or modules in one: 'attr', 'attrs'",
            id="two-packages",
        ),
        pytest.param(
            "toolz==1.0.0 --hash=sha256:2c86e3d9a04798ac556793bced838816296a2f085017664e4995cb40a1047a02",
            "several packages or modules in one: 'tlz', 'toolz'",
            id="two-packages-setup.py",
        ),
        pytest.param(
            "pluggy==1.5.0 --hash=sha256:2cffa88e94fdc978c4c574f15f9e59b7f4201d439195c3715ca9e2486f1d0cf1",
            "in the lock, use another name",
            id="locked",
        ),
    ],
)  # fmt: skip
def test_a_package_from_the_index_that_cannot_be_adopted(
    tmp_path: Path, requirement: str, told: str
) -> None:
    assert told in plinth("adopt", unpack(requirement, tmp_path), status=2)[1]
