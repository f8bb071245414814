"""What the page asks of Python: open a release, render a project for some answers, zip it."""

import functools
import io
import json
import re
import shutil
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from copier._main import Worker
from copier._settings import SettingsModel
from copier._template import Template
from jinja2 import Environment
from packaging.version import InvalidVersion, Version

from . import prompt
from .form import Form

# The question whose answer names the project's folder: the first of these that has one.
NAMES = ("project_name", "project_slug", "repo_name", "repository_name", "name")


class Composer:
    """A release of a template, opened below a folder."""

    def __init__(self, release: Mapping[str, Any], archive: Path, root: Path) -> None:
        """Unpack the release; it is what `composer.releases` packed and says of it."""
        self.root = root
        self.valid: dict[str, str] = {}
        self.folder = root / "projects/my-project"
        source = root / "template"
        shutil.rmtree(root, ignore_errors=True)
        unpack(archive, source)
        # A Template keeps what it has asked git. Told beforehand, it never looks for git.
        self.template = Template(url=release["url"], ref=release["commit"])
        vars(self.template).update(
            vcs=None,
            local_abspath=source.resolve(),
            commit=release["commit"],
            commit_hash=release["commit_hash"],
            version=version(release["version"]),
            git_index_modes={
                PurePosixPath(path): 0o120000 for path in release["links"]
            },
        )
        # A question without a help text that is not asked is a record of the template's, and none of the form's.
        self.asked = [
            name
            for name, details in self.template.questions_data.items()
            if details.get("help") or details.get("ask", True) is not False
        ]
        self.environment: Any = None

    def render(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Return the questions that Copier asks with these answers, and the project's files.

        `error` says why there are no files; where an answer is refused, the question has the reason, and the files are
        those of the last valid one.
        """
        given = {name: given[name] for name in self.asked if name in given}
        self.valid = {name: self.valid[name] for name in given if name in self.valid}
        data: dict[str, str] = {}
        while True:
            form = Form(given, self.valid)
            try:
                self._copy(form, given, data)
                return self._result(form, self._files())
            except Exception as error:  # noqa: BLE001 - a template may fail in any way
                question = form.stop(error)
                if question is None:
                    return self._result(form, {}, str(error) or repr(error))
                name = question.var_name
                if name not in given or name in data:
                    return self._result(
                        form, {}, f"{name}: {form.entries[-1]['error']}"
                    )
                # As with --data, an answer takes the place of a default that is refused.
                data[name] = given[name]

    def _copy(self, form: Form, given: Mapping[str, str], data: dict[str, str]) -> None:
        """Run Copier's own copy into an empty folder."""
        shutil.rmtree(self.root / "projects", ignore_errors=True)
        self.folder = self.root / "projects" / folder_name(given)
        prompt.answer = form.answer
        worker = Worker(
            src_path=self.template.url,
            dst_path=self.folder,
            data=dict(data),
            settings=SettingsModel(),
            vcs_ref=self.template.ref,
            defaults=True,
            ask=self.asked,
            quiet=True,
        )
        vars(worker)["template"] = self.template
        if self.environment is None:
            self.environment = worker.jinja_env
            compile_once(self.environment)
        vars(worker)["jinja_env"] = self.environment
        with worker:
            worker.run_copy()

    def _files(self) -> dict[str, str | None]:
        """Return each file's text, and None for one that holds no text."""
        found: dict[str, str | None] = {}
        for path in paths(self.folder):
            name = path.relative_to(self.folder).as_posix()
            if path.is_symlink():
                found[name] = f"a link to {path.readlink()}"
                continue
            try:
                found[name] = path.read_bytes().decode()
            except UnicodeDecodeError:
                found[name] = None
        return found

    def _result(
        self, form: Form, files: Mapping[str, str | None], error: str = ""
    ) -> dict[str, Any]:
        return {
            "questions": form.entries,
            "files": files,
            "folder": self.folder.name,
            "error": error,
        }

    def zip(self) -> bytes:
        """Return the project in one folder, with executable bits and links."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in paths(self.folder):
                name = f"{self.folder.name}/{path.relative_to(self.folder).as_posix()}"
                entry = zipfile.ZipInfo(name, time.localtime()[:6])
                entry.create_system = 3  # Unix, or the mode does not count
                entry.compress_type = zipfile.ZIP_DEFLATED
                if path.is_symlink():
                    entry.external_attr = 0o120777 << 16
                    content = str(path.readlink()).encode()
                else:
                    executable = path.stat().st_mode & 0o111
                    entry.external_attr = (0o100755 if executable else 0o100644) << 16
                    content = path.read_bytes()
                archive.writestr(entry, content)
        return buffer.getvalue()


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a release with its modes and links."""
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            path = folder / entry.filename
            path.parent.mkdir(parents=True, exist_ok=True)
            mode = entry.external_attr >> 16
            if mode & 0o170000 == 0o120000:
                path.symlink_to(opened.read(entry).decode())
            else:
                path.write_bytes(opened.read(entry))
                path.chmod(mode & 0o777)


def paths(folder: Path) -> list[Path]:
    """Return the files and links below a folder."""
    return sorted(p for p in folder.rglob("*") if p.is_symlink() or p.is_file())


def version(written: str) -> Version | None:
    """Return a release's version, or None where its tag is none."""
    try:
        return Version(written)
    except InvalidVersion:
        return None


def folder_name(given: Mapping[str, str]) -> str:
    """Return the name of the project's folder, as a person would type it after the template's address."""
    answer = next((given[name] for name in NAMES if given.get(name)), "")
    words = re.sub(r"[^a-z0-9._-]+", "-", answer.lower()).strip("-._")
    return words[:60].rstrip("-._") or "my-project"


def compile_once(environment: Environment) -> None:
    """Keep the compiled form of each string, since a form renders the same ones again and again.

    Extensions still see each string before it is rendered: Copier's `yield` resets its state there.
    """
    compiled = functools.lru_cache(4096)(environment.from_string)

    def from_string(source: Any, *rest: Any, **more: Any) -> Any:
        if not isinstance(source, str) or rest or more:
            return type(environment).from_string(environment, source, *rest, **more)
        environment.preprocess(source)
        return compiled(source)

    environment.from_string = from_string  # type: ignore[method-assign]


def answered(call: Any, given: str) -> str:
    """Call with answers that come as JSON, and return the result, with the seconds it took, as JSON."""
    start = time.perf_counter()
    result = call(json.loads(given))
    result["seconds"] = round(time.perf_counter() - start, 4)
    return json.dumps(result)
