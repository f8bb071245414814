"""The command `plinth adopt`: bring an existing repository under the template.

No code of the repository runs, and no file that it has is changed.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import yaml

from .addresses import masked, printable, shown
from .answers import inside
from .bounds import bounded, children, memory
from .copier_private import recorded
from .copier_program import copier_command, copier_environment, said_last
from .files import UserError, listing, show, write
from .infer import Adoption, Finding, infer, licenses
from .questions import Questions

CLONE = Path(__file__).parents[1]
SECONDS = 30  # for reading one repository
MINUTES = 5  # for fetching and rendering the template
HEADER = "# copier copy --defaults --data-file THIS_FILE TEMPLATE REPOSITORY\n"
# Renovate reads the first of its configurations that it finds, and no other.
RENOVATE = r"((\.github|\.gitlab)/)?renovate\.json[c5]?|\.renovaterc(\.jsonc?|\.json5)?"
# The template's files that a repository may have under another name: a second one would be one too many.
ELSEWHERE = {
    "AGENTS.md": r"CLAUDE\.md",
    "CHANGELOG.md": r"(docs/)?(change[-_]?(s|log)|history|news|release[-_ ]?notes|what.?s[-_]?new)(\.\w+)?",
    "README.md": r"readme(\.\w+)?",
    ".github/dependabot.yml": r"\.github/dependabot\.yaml",
    ".github/renovate.json": RENOVATE,
    ".gitlab/renovate.json": RENOVATE,
    **{
        f"{folder}/{name}.md": rf"((\.github|\.gitlab|docs)/)?{name}.*"
        for folder in (".github", "docs")
        for name in ("CONTRIBUTING", "SECURITY")
    },
}
COMMENTS = {
    "adopted": "# What the repository has itself. The template leaves these files alone.\n",
    "modules": "# Its own are there: one named here would be written again.\n",
}


class Source(NamedTuple):
    """A template, its files, and the version that they are of."""

    address: str
    folder: Path
    version: str | None = None


def adopt(options: argparse.Namespace) -> int:
    """Write a repository's answers, and tell on stderr where each comes from; copy the template with `--apply`.

    Raises:
        UserError: For a repository that cannot be adopted, and for an output that cannot be written. Nothing is
            written then.
    """
    folder, output = options.repository, options.output
    if output and os.path.lexists(output) and not options.force:
        raise UserError(f"{show(output)} exists: choose another file or add --force")
    with TemporaryDirectory(prefix="plinth-adopt-") as temporary:
        source = template(options, Path(temporary))
        with bounded(folder, SECONDS):
            questions = Questions(source.folder)
            adoption = infer(folder, questions.choices, questions.licenses)
            adoption.found.update(given(options.data, questions))
            settled = [*questions.settle(adoption.found, folder)]
            documents = ".github" if questions.context.get("ci") == "github" else "docs"
            files = kept_files(folder, questions, documents, adoption)
        text = HEADER + "".join(
            dump(name, value)
            for name, found, value in settled
            if found.value is not None
        )
        text += dump("adopted", files)
        added: list[str] = []
        if options.apply:
            added = apply(source, folder, text, Path(temporary))
        report = {
            "repository": str(folder),
            "template": shown(source.address),
            "version": source.version,
            "answers": {n: v for n, f, v in settled if f.value is not None}
            | {"adopted": files},
            "findings": {
                n: {
                    "value": f.value,
                    "source": masked(f.source),
                    "note": masked(f.note),
                }
                for n, f, _ in settled
            },
            "added": added,
            "left": [masked(text) for text in adoption.left],
            "lines": {n: [*map(masked, x)] for n, x in adoption.lines.items()},
            "notes": [masked(text) for text in adoption.notes],
        }
        if options.json:
            text = json.dumps(report) + "\n"
        if output or not options.apply or options.json:
            write(text.encode(), output)
        if not options.json:
            for line in told(folder, settled, files, adoption, added):
                print(printable(masked(line)), file=sys.stderr)
    return 0


def told(
    folder: Path,
    settled: list[tuple[str, Finding, Any]],
    files: list[str],
    adoption: Adoption,
    added: list[str],
) -> Iterator[str]:
    """Yield a line for each question, then the notes, then what is left to do, in the order of doing it."""
    for name, finding, value in settled:
        if finding.value is None:
            yield (
                f"{name}: not inferred: {finding.note}; "
                f"the default {show(value)} holds unless you answer {name}"
            )
        else:
            note = f" ({finding.note})" if finding.note else ""
            yield f"{name}: {show(value)}, from {finding.source}{note}"
    # The list also tells the template where the package and the settings of tools are.
    own = [x for x in files if not re.search(r"^tool\.|/__init__\.py$", x)]
    without = "LICENSE" in own and not licenses(folder)
    if without:
        own.remove("LICENSE")
        yield "note: no LICENSE is added, because it would become a part of what the repository builds"
    if own:
        yield f"note: kept, and not the template's: {', '.join(own)}"
    yield from (f"note: {note}" for note in adoption.notes)
    if added:
        yield f"note: {len(added)} files were added, and none was changed"
    last = [
        "run ./bootstrap, then ./bootstrap pytest",
        "review with git status, and commit",
    ]
    steps = [*adoption.left, *(last if added else [])]
    yield from (f"left, {number}: {text}" for number, text in enumerate(steps, 1))


def given(data: list[str], questions: Questions) -> dict[str, Finding]:
    """Return the answers of the command line.

    Raises:
        UserError: For one without `=`, and for one to no question.
    """
    found = {}
    for pair in data:
        name, sign, value = pair.partition("=")
        if not sign or name not in questions.asked:
            raise UserError(
                f"--data {show(pair)} answers no question: write NAME=VALUE, with a question of the template"
            )
        plain = questions.asked[name].get("type") in (
            "bool",
            "int",
            "float",
            "yaml",
            "json",
        )
        found[name] = Finding(yaml.safe_load(value) if plain else value, "--data")
    return found


def installed_from() -> str | None:
    """Return the address that plinth was installed from, where that is a repository (PEP 610)."""
    try:
        text = metadata.distribution("plinth").read_text("direct_url.json")
        found = json.loads(text or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return None
    return str(found["url"]) if "vcs_info" in found and "url" in found else None


def template(options: argparse.Namespace, place: Path) -> Source:
    """Return the template: that of the command line, that of the clone, or that which plinth was installed from.

    A clone without --template, --to and --apply is taken as it is, with changes that are not committed.

    Raises:
        UserError: When there is none, or it cannot be fetched.
    """
    from .drift.repository import GitError
    from .drift.template import Templates, is_top

    clone = str(CLONE) if (CLONE / "copier.yml").is_file() else None
    address = options.template or clone or installed_from()
    if not address:
        raise UserError("name the template: add --template ADDRESS")
    local = Path(address)
    address = str(local.resolve()) if local.is_dir() else recorded(address)
    plain = local.is_dir() and not is_top(local)
    if plain or not (options.template or options.to or options.apply):
        return Source(address, Path(address))
    templates = Templates(place / "templates")
    try:
        ref = options.to or templates.newest(address)
        return Source(address, templates.version(address, ref).folder, ref)
    except GitError as error:
        raise UserError(f"cannot read {show(shown(address))}: {error}") from error


def apply(source: Source, folder: Path, answers: str, place: Path) -> list[str]:
    """Render the template aside and add what the repository does not have; return the added paths.

    Raises:
        UserError: When Copier fails, or a file cannot be added. Nothing is added then.
    """
    data = place / "answers.yml"
    data.write_text(answers, "utf-8")
    aside = place / "aside" / folder.resolve().name
    aside.parent.mkdir()
    version = [f"--vcs-ref={source.version}"] if source.version else []
    command = copier_command(
        "copy",
        "--defaults",
        "--quiet",
        f"--data-file={data}",
        *version,
        source.address,
        aside,
    )
    env, variables = copier_environment(place)
    try:
        with memory():
            done = children.run(
                command,
                seconds=60 * MINUTES,
                given=variables,
                cwd=place,
                env=env,
                encoding="utf-8",
                errors="replace",
            )
        done.check_returncode()
    except subprocess.CalledProcessError as error:
        raise UserError(
            f"Copier did not copy the template: {said_last(error)}"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise UserError(f"Copier took more than {MINUTES} minutes") from error
    new = sorted(
        path.relative_to(aside).as_posix()
        for path in aside.rglob("*")
        if not path.is_dir()
    )
    # The answers file comes last: it says that the repository follows the template.
    new.sort(key=lambda path: path == ".copier-answers.yml")
    new = [path for path in new if not os.path.lexists(folder / path)]
    added: list[str] = []
    try:
        for path in new:
            if not inside(folder, path):
                raise UserError(
                    f"cannot add {show(path)}: its folder is a link out of the repository"
                )
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            added.append(path)
            shutil.copy2(aside / path, folder / path, follow_symlinks=False)
    except (UserError, OSError) as error:
        for path in added:
            with contextlib.suppress(OSError):
                (folder / path).unlink()
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"cannot add {show(added[-1] if added else folder)}: {error.strerror}"
        ) from error
    return added


def dump(name: str, value: object) -> str:
    """Return an answer as YAML, below the comment that it needs."""
    plain = str(value).isprintable()  # else YAML escapes it
    text = yaml.safe_dump({name: value}, allow_unicode=plain, width=10_000)
    return COMMENTS.get(name, "") + text


def kept_files(
    folder: Path, questions: Questions, documents: str, adoption: Adoption
) -> list[str]:
    """Return which of the template's files a repository has, under their names or others.

    The name of its own README is in the list as well, and the files that say how it is built.

    Args:
        folder: The repository.
        questions: Those of the template.
        documents: The folder of CONTRIBUTING and SECURITY.
        adoption: What was inferred.
    """
    files = [path for path in questions.files.rglob("*") if path.is_file()]
    names = [path.relative_to(questions.files).as_posix() for path in files]
    names = [name.replace("{{ documents }}", documents) for name in names]
    # What only some answers bring counts, too: {% if … %}.gitlab-ci.yml{% endif %}.
    names = [re.sub(r"\{%.*?%\}", "", name) for name in names if "{{" not in name]
    names = [name.removesuffix(".jinja") for name in names] + questions.own_files
    names = [name for name in names if not name.startswith(("src/", "tests/"))]
    there = {name for name in names if os.path.lexists(folder / name)}
    others = [
        path.relative_to(folder).as_posix()
        for place in ("", ".github", ".gitlab", "docs")
        for path in listing(folder / place)
    ]
    for name, pattern in ELSEWHERE.items():
        found = [path for path in others if re.fullmatch(f"(?ai){pattern}", path)]
        if found and name in names and name not in there:
            there.add(name)
            there |= {found[0]} if name == "README.md" else set()
    # Where the repository says how it is built, a licence's file is part of what it builds. One more would change that.
    builds = (adoption.own and "/" not in adoption.own[0]) or "pyproject.toml" in there
    if licenses(folder) or builds:
        there.add("LICENSE")
    if (
        folder / "Cargo.toml"
    ).is_file():  # cargo takes any README.md for the description
        there.add("README.md")
    return sorted(there | {*adoption.own})
