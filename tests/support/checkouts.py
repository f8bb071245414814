"""Tiny projects to bootstrap, and an index of tiny wheels to bootstrap them from."""

import base64
import compileall
import contextlib
import ensurepip
import fcntl
import hashlib
import os
import pty
import py_compile
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).parents[2] / "template"
BASE = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))

PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "tiny-project"
requires-python = ">=3.11"
dynamic = ["dependencies", "version"]

[project.scripts]
tiny = "tiny:main"

[tool.setuptools]
packages.find.where = ["src"]

[tool.setuptools.dynamic]
dependencies = { file = ["requirements_prod.txt"] }
version = { attr = "tiny.__version__" }

[tool.ruff]
line-length = 99

[tool.uv]
managed = false
"""
MODULE = """\
__version__ = "0.1.0"


def main():
    import beta

    print("tiny, using", beta.NAME)
"""


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that all workers of one test run share."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def wheel(
    folder: Path,
    name: str,
    version: str,
    requires: tuple[str, ...] = (),
    script: bool = False,
) -> Path:
    """Write a wheel with one module, `NAME` and `VERSION` in it, and a console script if asked."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"NAME, VERSION = {name!r}, {version!r}\n\n\ndef main():\n    print(NAME, VERSION)\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + "".join(f"Requires-Dist: {requirement}\n" for requirement in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if script:
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{name} = {name}:main\n"
    record = ""
    for path, text in files.items():
        digest = (
            base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            .rstrip(b"=")
            .decode()
        )
        record += f"{path},sha256={digest},{len(text)}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    target = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for inner, text in files.items():
            archive.writestr(zipfile.ZipInfo(inner, (2020, 1, 1, 0, 0, 0)), text)
    return target


def compile_into(wheel: Path, folder: Path) -> None:
    """Add compiled modules to a wheel: uv installs none, so the build of each project would compile setuptools again."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, invalidation_mode=mode)
    (record,) = folder.glob("*.dist-info/RECORD")
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*.pyc")]
    with record.open("a") as file:
        file.writelines(f"{name},,\n" for name in names)
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in filter(Path.is_file, folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    shutil.rmtree(folder)


def simple_index(folder: Path, wheels: list[Path]) -> Path:
    """Write a package index (PEP 503) of these wheels and return its folder."""
    for path in wheels:
        page = folder / path.name.split("-")[0].replace("_", "-")
        page.mkdir(parents=True, exist_ok=True)
        if not (page / path.name).exists():
            os.link(path, page / path.name)
        links = [
            f'<a href="{file.name}#sha256={hashlib.sha256(file.read_bytes()).hexdigest()}">{file.name}</a>'
            for file in sorted(page.glob("*.whl"))
        ]
        (page / "index.html").write_text(
            f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>"
        )
    return folder


def copied_python(
    folder: Path, source: Path = BASE, without: tuple[str, ...] = ()
) -> Path:
    """Make a Python that can be changed or deleted: its own program over links to another's library."""
    library = next(
        path
        for path in source.parents[1].glob("lib/python3.*")
        if (path / "os.py").exists()
    )
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bin").mkdir(parents=True)
    (folder / "lib" / library.name / "site-packages").mkdir(parents=True)
    for path in library.iterdir():
        if path.name not in ("site-packages", "EXTERNALLY-MANAGED", *without):
            (folder / "lib" / library.name / path.name).symlink_to(path)
    if "pip" not in without:
        for path in library.glob("site-packages/pip*"):
            (folder / "lib" / library.name / "site-packages" / path.name).symlink_to(
                path
            )
    shutil.copy(os.path.realpath(source), folder / "bin" / "python3")
    return folder / "bin" / "python3"


@dataclass
class World:
    """What all checkouts of a test run share: the index, the caches and programs on PATH."""

    base: Path
    wheels: Path = field(init=False)
    index: Path = field(init=False)

    def __post_init__(self) -> None:
        """Build the index, once for all workers; setuptools and uv come from where pip's settings point."""
        self.wheels, self.index = self.base / "wheels", self.base / "simple"
        with locked(self.base / "lock"):
            if (self.base / "done").exists():
                return
            self.wheels.mkdir()
            wheels = [
                wheel(self.wheels, "alpha", "1.0"),
                wheel(self.wheels, "alpha", "1.1"),
                wheel(self.wheels, "beta", "1.0", ("alpha",)),
                wheel(self.wheels, "beta", "1.1", ("alpha",)),
                wheel(self.wheels, "gamma", "1.0", script=True),
                wheel(self.wheels, "delta", "1.0", ("alpha", "epsilon")),
                wheel(self.wheels, "epsilon", "1.0"),
                wheel(self.wheels, "winonly", "1.0"),
            ]
            # The environment of the tests may hold no pip; ensurepip bundles one.
            bundled = Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")
            command = [
                sys.executable,
                str(next(bundled) / "pip"),
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary=:all:",
            ]
            subprocess.run(
                [*command, "--dest", self.wheels, "setuptools>=77", "uv"],
                check=True,
                stdin=subprocess.DEVNULL,
            )
            backend, uv = (
                next(self.wheels.glob(f"{name}-*.whl")) for name in ("setuptools", "uv")
            )
            compile_into(backend, self.base / "compiled")
            wheels += [backend, uv]
            simple_index(self.index, wheels)
            tools = self.base / "uv"
            with zipfile.ZipFile(wheels[-1]) as archive:
                inner = next(
                    name for name in archive.namelist() if name.endswith("scripts/uv")
                )
                tools.mkdir()
                (tools / "uv").write_bytes(archive.read(inner))
                (tools / "uv").chmod(0o755)
            project = Checkout(self, self.base / "born")
            project.write()
            result = project.run("--lock", "true")
            assert result.returncode == 0, result.stderr
            (self.base / "done").touch()

    def programs(self, folder: Path, *names: str) -> Path:
        """Make a folder with links to these programs of the machine, `python3` being the one of the tests."""
        folder.mkdir(exist_ok=True)
        for name in names:
            kind, _, target = name.partition("=")
            source = target or (
                str(BASE) if kind in ("python", "python3") else shutil.which(kind)
            )
            assert source, f"this machine has no {kind}"
            link = folder / f".{kind}-{os.getpid()}"
            link.symlink_to(source)
            link.replace(folder / kind)  # at once, since other workers are using it
        return folder


@dataclass
class Terminal:
    """A process on a terminal, and what it has written there."""

    process: subprocess.Popen[str]
    handle: int
    text: str = ""

    def read(self) -> bool:
        """Wait for more text; return whether there was any before all writers were gone."""
        try:
            more = os.read(self.handle, 9999)
        except OSError:  # what Linux says when the last writer is gone
            more = b""
        self.text += more.decode(errors="replace")
        return bool(more)

    def end(self) -> str:
        """Wait until the process, which has to succeed, is done; return all that it wrote."""
        while self.read():
            pass
        assert self.process.wait(300) == 0, self.text
        os.close(self.handle)
        return self.text


@dataclass
class Checkout:
    """One project under test, and how to run its bootstrap."""

    world: World
    root: Path
    uv: bool = True
    variables: dict[str, str] = field(default_factory=dict)

    def write(self, lock: Path | None = None) -> None:
        """Write the project's files."""
        (self.root / ".standard").mkdir(parents=True)
        (self.root / "src" / "tiny").mkdir(parents=True)
        for name in ("bootstrap", ".standard/bootstrap.py"):
            shutil.copy(TEMPLATE / name, self.root / name)
        (self.root / "pyproject.toml").write_text(PYPROJECT)
        (self.root / "src" / "tiny" / "__init__.py").write_text(MODULE)
        (self.root / "requirements_prod.txt").write_text(
            "# what it needs\nbeta==1.0\nwinonly; sys_platform == 'win32'\n"
        )
        (self.root / "requirements_dev.txt").write_text(
            "-r requirements_prod.txt\n\ngamma\nsetuptools>=77\nuv\n"
        )
        if lock:
            shutil.copy(lock, self.root / "requirements_lock.txt")

    def environment(self, **variables: str) -> dict[str, str]:
        """Return a plain user's variables: this index, warm caches, one Python and perhaps uv."""
        path = ["/usr/local/bin", "/usr/bin", "/bin"]
        python = self.world.programs(self.world.base / "python", "python3")
        path = [str(python), *([str(self.world.base / "uv")] if self.uv else []), *path]
        return {
            "PATH": os.pathsep.join(path),
            "HOME": str(self.world.base),
            "LANG": "C.UTF-8",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": self.world.index.as_uri(),
            "PIP_CACHE_DIR": str(self.world.base / "pip-cache"),
            "UV_CACHE_DIR": str(self.world.base / "uv-cache"),
            **self.variables,
            **variables,
        }

    def start(
        self, *arguments: str, launcher: tuple[str, ...] = (), **options: Any
    ) -> subprocess.Popen[str]:
        """Start the bootstrap; `env` adds variables, None takes one away."""
        changes = options.pop("env", {})
        variables = {
            k: v for k, v in {**self.environment(), **changes}.items() if v is not None
        }
        program = options.pop("program", str(self.root / "bootstrap"))
        options = {
            "stdin": subprocess.DEVNULL,
            "cwd": self.root,
            "text": True,
            **options,
        }
        return subprocess.Popen(
            [*launcher, program, *arguments],
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )

    def run(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run the bootstrap to its end."""
        given = options.pop("input", None)
        if given is not None:
            options["stdin"] = subprocess.PIPE
        process = self.start(*arguments, **options)
        out, err = process.communicate(given, timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def on_terminal(
        self, *arguments: str, launcher: tuple[str, ...] = (), **options: Any
    ) -> "Terminal":
        """Start the bootstrap, or a launcher in its place, on a terminal of its own; `env` adds variables."""
        main, side = pty.openpty()
        command = launcher or (str(self.root / "bootstrap"), *arguments)
        env = self.environment(TERM="xterm", **options.pop("env", {}))
        options = {"cwd": self.root, **options}
        process = subprocess.Popen(
            command, env=env, stdin=side, stdout=side, stderr=side, **options
        )
        os.close(side)
        return Terminal(process, main)

    def works(
        self, *arguments: str, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run the bootstrap, which has to succeed."""
        result = self.run(*arguments, **options)
        assert result.returncode == 0, result.stderr
        return result

    def fails(self, *arguments: str, **options: Any) -> str:
        """Run the bootstrap, which has to fail with 1 and one last clear line; return what it wrote to stderr."""
        result = self.run(*arguments, **options)
        assert result.returncode == 1, result
        assert "Traceback" not in result.stderr
        assert result.stderr.splitlines()[-1].startswith("bootstrap: ")
        return result.stderr

    def sound(self, **options: Any) -> None:
        """Assert that the environment works and is exact."""
        assert self.works("tiny", **options).stdout == "tiny, using beta\n"
        self.works("--check", **options)

    def packages(self) -> dict[str, str]:
        """Return what is installed, version by name."""
        infos = self.root.glob(".venv/lib/*/site-packages/*.dist-info")
        return dict(
            info.name.removesuffix(".dist-info").split("-", 1) for info in infos
        )

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text that has to be there in a file of the project."""
        path = self.root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


def shared_world(shared: Path) -> World:
    """Return the world that all test modules and workers of this run share.

    Args:
        shared: pytest's base folder for temporary files, of this worker.
    """
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    base = shared / "bootstrap-world"
    base.mkdir(exist_ok=True)
    return World(base)
