"""Drift: how far repositories are from their templates, told without changing or running any of them."""

import base64
import contextlib
import hashlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from conftest import ROOT, commit, copier, git, run
from support.files import everything, write
from support.tiny import TEMPLATE, born, substitute, tiny

from plinth.arguments import SHARED
from plinth.command import main
from plinth.drift.project import Drift
from plinth.drift.row import Row
from plinth.drift.template import Templates, git_address
from plinth.files import UserError


def drift(
    *arguments: str | Path, status: int, before: tuple[str, ...] = ()
) -> tuple[str, str]:
    """Run the command as a user would and return what it printed to stdout and stderr."""
    command = (*before, sys.executable, "-m", "plinth", "drift", *arguments)
    done = run(*command, cwd=ROOT, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def by_name(found: list[Row]) -> dict[str, Row]:
    """Return rows by the name of the repository's folder, of several projects with theirs."""
    return {
        row.repository.rpartition("/")[2]
        + (f":{row.project}" if row.projects > 1 else ""): row
        for row in found
    }


def rows(*arguments: str | Path, status: int, **options: Any) -> dict[str, Row]:
    """Run the command and return its rows."""
    printed, _ = drift("--json", *arguments, status=status, **options)
    return by_name([Row.of(json.loads(line)) for line in printed.splitlines()])


def examined(*places: Path, **options: Any) -> dict[str, Row]:
    """Return the rows of repositories as a worker makes them, without starting one."""
    with TemporaryDirectory() as folder:
        drift = Drift(Templates(Path(folder)), SHARED, **options)
        return by_name(
            [x for p in places for x in drift.read_repository(str(p), str(p))]
        )


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("small") / "template")


ANSWERS = ".copier-answers.yml"
# How a repository is made from an untouched project at 2.0.0, and what its row has to say.
STATES: dict[str, tuple[str, str, str]] = {
    "clean": ("", "clean", "^$"),
    "behind": ("", "drift", "^$"),
    "yours": ("echo mine > yours.txt; rm kept.txt; echo new > new.txt; git add -A", "clean", "^has uncommitted changes$"),
    "edited": ("echo more >> static.cfg", "drift", "^edited: static.cfg\n"),
    "crlf": ("sed -i 's/$/\\r/' static.cfg", "clean", "^has uncommitted"),
    "mode": ("chmod -x tool", "drift", "^not executable: tool\n"),
    "deleted": ("git rm -q static.cfg && git commit -qm x", "drift", "^deleted: static.cfg$"),
    "shared": ("echo more >> LICENSE", "clean", r"^edited: LICENSE \(yours to edit\)\n"),
    "refused": (f"sed -i 's/^name:.*/name: refused/' {ANSWERS}", "drift", "answer name: 'refused', (but record has|where Copier)"),
    "recorded": (f"sed -i 's/^name:.*/name: other/' {ANSWERS}", "drift", "^answer name: 'other', but record has 'demo'\n"),
    "computed": (f"echo 'computed: me' >> {ANSWERS}", "drift", "^answer computed: 'me', but no question asks for it\n"),
    "missing answer": (f"sed -i '/^colour/d' {ANSWERS}", "drift", "^answer colour: missing; Copier would write 'red'"),
    "not applied": (f"sed -i 's/^colour.*/colour: green/' {ANSWERS}; git commit -qam x", "drift", "^answer colour: 'green', but the files are made for 'red'$"),
    "applied": (f"sed -i 's/^colour.*/colour: green/' {ANSWERS}; sed -i s/red/green/ folder/colour.txt; git commit -qam x", "clean", "^$"),
    "markers": ("printf '<<<<<<< before updating\\na\\n=======\\nb\\n>>>>>>> after updating\\n' > 'new one.txt'", "drift", "^new one.txt has conflict markers"),
    "rejected": ("echo x > static.cfg.rej", "drift", "^static.cfg.rej is a change that did not fit"),
    "unmerged": ("git checkout -qb a; echo a > yours.txt; git commit -qam a; git checkout -qb b HEAD~; echo b > yours.txt; git commit -qam b; git merge -q a >&2; echo c > yours.txt", "drift", "^yours.txt is unmerged"),
    "a link": ("ln -sf /etc/passwd static.cfg", "drift", "^a link: static.cfg\n"),
    "a linked folder": ("cp -r folder ../copied; rm -r folder; ln -s ../copied folder", "drift", "^in a folder that is a link: folder/colour.txt\n"),
    "sparse": ("git sparse-checkout set --no-cone '/*' '!/static.cfg' 2>/dev/null", "clean", "^$"),
    "no answers": (f"git rm -q {ANSWERS}; git commit -qm x", "unknown", "^it has no .copier-answers.yml, so no template$"),
    "broken": (f"echo ': [' >> {ANSWERS}", "unknown", r"^\.copier-answers\.yml, line \d+: .*: correct it\n"),
    "a list": (f"echo '- a' > {ANSWERS}", "unknown", "holds no answers"),
    "bombed": (f"(echo 'a0: &a0 [x]'; for i in 1 2 3 4 5 6 7 8; do n=a$((i-1)); echo \"a$i: &a$i [*$n,*$n,*$n,*$n,*$n,*$n,*$n]\"; done) >> {ANSWERS}", "unknown", "more than 100,000 values"),
    "nested": (f"(printf 'x: '; head -c 200000 /dev/zero | tr '\\0' '[') >> {ANSWERS}", "unknown", "is not valid YAML: "),
    "linked answers": (f"mv {ANSWERS} ../a.yml; ln -s ../a.yml {ANSWERS}", "unknown", "is a link, and none is followed"),
    "no address": (f"sed -i '/^_src_path/d' {ANSWERS}", "unknown", "has no _src_path: set it to the template's address"),
    "no version": (f"sed -i '/^_commit/d' {ANSWERS}", "unknown", "has no _commit: set it to the template's version"),
    "a number": (f"sed -i 's/^_commit.*/_commit: 2.0/' {ANSWERS}", "unknown", "_commit is '2.0', no text: quote it"),
    "moved": (f"sed -i 's,^_src_path.*,_src_path: /nowhere/template,' {ANSWERS}", "unknown", "^cannot read the template: '/nowhere/template' is not there; if it has moved, set _src_path in .copier-answers.yml to its new address\n"),
    "unreachable": (f"sed -i 's,^_src_path.*,_src_path: https://me:secret@127.0.0.1:9/t.git,' {ANSWERS}", "unknown", "^cannot read the template: https://\\*\\*\\*@127.0.0.1:9/t.git: .*(onnect|refused).*; if it has moved"),
    "relative": (f"sed -i 's,^_src_path.*,_src_path: ../template,' {ANSWERS}", "unknown", "'../template' is relative, so nothing finds it"),
    "no repository": (f"sed -i 's,^_src_path.*,_src_path: /usr,' {ANSWERS}", "unknown", "'/usr' is not a git repository, so it has no versions"),
    "transport": (f"sed -i 's,^_src_path.*,_src_path: \"ext::sh -c touch% PWNED\",' {ANSWERS}", "unknown", "is not the address of a template"),
    "option": (f"sed -i 's,^_src_path.*,_src_path: --upload-pack=PWNED,' {ANSWERS}", "unknown", "is not the address of a template"),
    "ssh option": (f"sed -i 's,^_src_path.*,_src_path: ssh://-oProxyCommand=PWNED/x,' {ANSWERS}", "unknown", "is not the address of a template"),
    "vanished": (f"sed -i 's/^_commit.*/_commit: 1.9.0/' {ANSWERS}", "unknown", r"has no version '1\.9\.0' \(any more\); its newest is 2\.0\.0; set _commit"),
    "odd version": (f"sed -i 's/^_commit.*/_commit: --all/' {ANSWERS}", "unknown", "has no version '--all'"),
    "tasks": ("unsafe", "unknown", r"^the template runs programs \(tasks\), which nothing does here without trust"),
    "newer": ("newer", "unknown", r"requires Copier version >= 1000\.0, while your version of Copier is [\d.]+\. Upgrade Copier\."),
    "untagged": ("", "drift", "^its version is not a release: Renovate never updates it"),
    "bare.git": ("", "clean", "^$"),
    "shallow": ("", "clean", "^$"),
    "worktree": ("", "clean", "^$"),
    "folder": ("", "unknown", "^it is not a git repository"),
    "absent": ("", "unknown", "^there is no such folder$"),
    "pointing": ("rm -rf .git; echo 'gitdir: /nowhere' > .git", "unknown", "its .git names no git folder: 'gitdir: /nowhere'"),
    "unborn": ("rm -rf .git; git init -q", "clean", "^has uncommitted changes$"),
}  # fmt: skip


@pytest.fixture(scope="module")
def fleet(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a repository in each state."""
    home = tmp_path_factory.mktemp("fleet")
    tiny(
        home / "t/unsafe",
        **{"copier.yml": f"{TEMPLATE['copier.yml']}_tasks: [touch PWNED]\n"},
    )
    tiny(
        home / "t/newer",
        **{"copier.yml": f"{TEMPLATE['copier.yml']}_min_copier_version: '1000.0'\n"},
    )
    project = born(small, home / "clean", "2.0.0")
    born(small, home / "behind", "v1.1.0")
    born(small, home / "untagged", "HEAD")
    run("git", "clone", "-q", "--bare", project, home / "bare.git", cwd=home)
    run("git", "clone", "-q", "--depth=1", project.as_uri(), home / "shallow", cwd=home)
    (home / "folder").mkdir()
    script = [
        'cd "$1"',
        "export GIT_AUTHOR_NAME=T GIT_COMMITTER_NAME=T EMAIL=t@example.org",
    ]
    for name, (change, *_) in STATES.items():
        if not change:
            continue
        shutil.copytree(project, home / name, symlinks=True)
        if change in ("unsafe", "newer"):
            substitute(
                home / name / ANSWERS,
                "^_src_path.*",
                f"_src_path: {home / 't' / change}",
            )
        else:
            script.append(f"(cd '{name}'\n{change}\n)")
    run("bash", "-c", "\n".join(script), "-", home, cwd=home)
    git(project, "worktree", "add", "--quiet", home / "worktree")
    return home


def test_each_state_has_its_row(fleet: Path) -> None:
    """Each repository has one clear row, and no file is changed."""
    before = everything(fleet)
    found = rows(*(fleet / name for name in STATES), status=2)
    assert {name: row.state for name, row in found.items()} == {
        name: state for name, (_, state, _) in STATES.items()
    }
    for name, (_, _, told) in STATES.items():
        text = "\n".join(text for _, text in found[name].findings())
        assert re.search(told, text), (name, text)
        assert len(text) < 600, name
        assert "secret" not in json.dumps(found[name].data())
    assert everything(fleet) == before
    assert not [path for path in fleet.rglob("*") if path.name == "PWNED"]
    assert not (ROOT / "PWNED").exists()
    at = {
        name: (row.version, row.latest, row.behind, row.untagged)
        for name, row in found.items()
    }
    assert at["clean"] == ("2.0.0", "2.0.0", 0, False)
    assert at["behind"] == ("v1.1.0", "2.0.0", 1, False)
    assert at["tasks"] == ("2.0.0", "2.0.0", 0, False)
    version, *rest = at["untagged"]
    assert re.fullmatch(r"2\.0\.0-1-g\w+", str(version))
    assert rest == ["2.0.0", 0, True]
    assert found["bare.git"].dirty is False


def test_nothing_of_a_repository_is_run(small: Path, tmp_path: Path) -> None:
    """Not what its settings name for git, nor its hooks; git itself would run some of it."""
    project = born(small, tmp_path / "hostile", "2.0.0")
    pwned = tmp_path / "PWNED"
    program = (
        write(tmp_path, {"program": f"#!/bin/sh\ntouch '{pwned}'\ncat\n"}) / "program"
    )
    program.chmod(0o755)
    write(project, {".gitattributes": "* filter=evil diff=evil\n"})
    commit(project)
    for name in (
        *(
            "core.fsmonitor",
            "core.sshCommand",
            "core.alternateRefsCommand",
            "core.pager",
        ),
        *(
            "filter.evil.clean",
            "filter.evil.smudge",
            "diff.evil.textconv",
            "diff.external",
        ),
        *("gpg.program", "credential.helper", "remote.origin.uploadpack"),
    ):
        git(project, "config", name, str(program))
    for name, value in {
        "log.showSignature": "true",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": "ssh://example.org/x",
        "core.hooksPath": str(tmp_path),
    }.items():
        git(project, "config", name, value)
    pwned.unlink(missing_ok=True)
    git(project, "config", "core.worktree", "/")
    shutil.copy(program, tmp_path / "post-index-change")
    for name in ("static.cfg", "yours.txt"):
        write(project, {name: "edited, of another length\n"})
    found = examined(project)["hostile"]
    assert found.files == {"static.cfg": "edited"}
    assert not pwned.exists()
    git(project, "config", "--unset", "core.worktree")
    run("git", "status", cwd=project, check=False)
    assert pwned.exists()


@pytest.mark.slow
def test_what_copier_itself_would_change(template: Path, tmp_path: Path) -> None:
    """The real template: your files are not drift, shared ones are named as such, the rest is as `copier recopy` has it."""
    options = ["--quiet", "--defaults", "--vcs-ref=1.0.0"]
    project = tmp_path / "demo"
    copier("copy", *options, template, project, cwd=tmp_path)
    git(project, "init", "--quiet", "--initial-branch=main")
    commit(project)
    shutil.copytree(project, tmp_path / "untouched")
    for name in ("README.md", "requirements_lock.txt", "src/demo/__init__.py"):
        write(project, {name: "mine\n"})
    shutil.rmtree(project / "tests")
    for name in ("pyproject.toml", "bootstrap", ".standard/ruff.toml"):
        substitute(project / name, r"\Z", "# more\n")
    (project / ".gitattributes").unlink()
    (project / "LICENSE").unlink()
    substitute(project / ANSWERS, "^exports: eager", "exports: lazy")
    found = examined(project, tmp_path / "untouched")
    assert found["untouched"].state == "clean"
    row = found["demo"]
    assert row.shared == {"LICENSE": "deleted", "pyproject.toml": "edited"}
    assert row.answers == {"exports": "'lazy', but before has 'eager'"}
    assert row.files == {
        ".gitattributes": "deleted",
        "bootstrap": "edited",
        ".standard/ruff.toml": "edited",
    }
    recopy = ("recopy", "--vcs-ref=:current:", "--pretend", "--defaults", "--overwrite")
    _, told = copier(*recopy, project, cwd=tmp_path)
    lines = re.findall(r"(?:overwrite|create)\S*\s+(\S+)", told)
    ours = {
        name
        for name in lines
        if not re.match(r"tests|src|README|\.copier-answers", name)
    }
    assert ours == row.files.keys() | row.shared.keys()


def test_the_shared_files_are_those_of_the_documentation() -> None:
    line = next(
        x
        for x in (ROOT / "docs/update.md").read_text().splitlines()
        if x.startswith("| *shared*")
    )
    # The page names CONTRIBUTING and SECURITY without their folder, which is the forge's.
    either = {re.sub(r".*/(?=CONTRIBUTING|SECURITY)", "", path) for path in SHARED}
    assert sorted(re.findall("`(.*?)`", line)) == sorted(either)


def test_projects_of_one_repository(small: Path, tmp_path: Path) -> None:
    """Each has its row, and the conflicts in its folder; a folder in the repository narrows them down."""
    mono = tmp_path / "mono"
    for name, release in [("a", "2.0.0"), ("b", "1.0.0"), ("b/inner", "2.0.0")]:
        born(small, mono / "packages" / name, release, name=name.replace("/", "-"))
        shutil.rmtree(mono / "packages" / name / ".git")
    library = mono / "packages/a"
    shutil.copy(library / ANSWERS, library / ".copier-answers.other.yml")
    git(mono, "init", "--quiet")
    commit(mono)
    write(
        mono, {"packages/b/inner/x.rej": "x", "y.rej": "y", "packages/a/static.cfg": ""}
    )
    found = examined(mono)
    assert {
        name: (row.behind, row.conflicts != [], list(row.files))
        for name, row in found.items()
    } == {
        "mono:packages/a": (0, True, ["static.cfg"]),
        "mono:packages/b": (2, False, []),
        "mono:packages/b/inner": (0, True, []),
    }
    assert found["mono:packages/a"].answers_file == "packages/a/.copier-answers.yml"
    inner = examined(mono / "packages/b", allow_behind=2)
    assert {name: row.state for name, row in inner.items()} == {
        "b:packages/b": "clean",
        "b:packages/b/inner": "drift",
    }


def test_a_submodule(small: Path, tmp_path: Path) -> None:
    """It is a repository of its own, and no part of the one around it."""
    project = born(small, tmp_path / "project", "2.0.0")
    outer = tmp_path / "outer"
    run("git", "init", "--quiet", outer, cwd=tmp_path)
    git(
        outer,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        project,
        "inner",
    )
    commit(outer)
    found = examined(outer, outer / "inner")
    assert found["inner"].state == "clean"
    assert found["outer"].problem == "it has no .copier-answers.yml, so no template"


@pytest.mark.slow
def test_permissions_missing(small: Path, tmp_path: Path) -> None:
    without: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip(
                "root may read everything, and there is no setpriv to take that away"
            )
        drop = "-dac_override,-dac_read_search"
        without = ("setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}")
    for name in ("folder", "git", "file", "answers"):
        born(small, tmp_path / name, "2.0.0")
    closed = {
        "folder": "",
        "git": ".git/objects",
        "file": "static.cfg",
        "answers": ANSWERS,
    }
    for name, path in closed.items():
        (tmp_path / name / path).chmod(0)
    try:
        found = rows(*(tmp_path / name for name in closed), status=2, before=without)
    finally:
        for name, path in closed.items():
            (tmp_path / name / path).chmod(0o755)
    assert {
        name: row.problem.rpartition(": ")[2]
        for name, row in found.items()
        if row.problem
    } == dict.fromkeys(closed, "Permission denied")


@pytest.mark.slow
def test_repositories_of_a_file(small: Path, tmp_path: Path) -> None:
    """Clone URLs and paths, relative to the file; what was cloned is gone afterwards."""
    born(small, tmp_path / "one", "2.0.0")
    born(small, tmp_path / "two", "1.0.0")
    listed = (
        f"# ours\n{(tmp_path / 'one').as_uri()}\n\ntwo\nfile:///nowhere/me\next://x\n"
    )
    write(tmp_path, {"lists/repositories.txt": listed.replace("two", "../two")})
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        found = rows("--from", tmp_path / "lists/repositories.txt", status=2)
    assert {name: row.state for name, row in found.items()} == {
        "one": "clean",
        "two": "drift",
        "me": "unknown",
        "x": "unknown",
    }
    assert "cannot clone it: " in str(found["me"].problem)
    assert found["x"].problem == "'ext://x' is not the address of a repository"
    assert [path for path in temporary.iterdir() if "pymp" not in path.name] == []


def row(name: str, **values: Any) -> str:
    """Return a line of an earlier run."""
    return json.dumps(Row(name, **values).data()) + "\n"


def earlier(tmp_path: Path, *lines: str) -> Path:
    """Write the rows of an earlier run."""
    return write(tmp_path, {"rows.jsonl": "".join(lines)}) / "rows.jsonl"


HOSTILE = "<script>alert(1)</script>\"'&[red]\x1b[31m\u202e"


def told(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path, status: int
) -> str:
    """Run the command here, where it has nothing to read, and return what it printed."""
    assert main(["drift", *map(str, arguments)]) == status
    return capsys.readouterr().out


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return the rows of an earlier run over three repositories."""
    return earlier(
        tmp_path,
        row("a", state="clean", version="1.0.0", behind=0),
        row(
            HOSTILE,
            state="drift",
            version=HOSTILE,
            files={HOSTILE: "edited", "b": "edited"},
            untagged=True,
        ),
        row("c", project="x", projects=2, state="clean", shared={"LICENSE": "edited"}),
        row(
            "c",
            project="y",
            projects=2,
            problem="broken",
            conflicts=["z is unmerged"],
            answers={"k": "v"},
        ),
    )


def test_the_table_shows_the_worst_first(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = told(capsys, "--resume", kept, "a", HOSTILE, "c", status=2)
    lines = [line.split() for line in printed.splitlines()]
    states = [line[:2] for line in lines if line[0] in ("unknown", "drift", "clean")]
    assert [state for state, _ in states] == ["unknown", "drift", "clean", "clean"]
    assert "c (y)" in printed
    assert "LICENSE (yours to edit)" in printed
    assert "[red]" in printed
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert printed.endswith("1 unknown, 1 drift, 2 clean\n")


def test_the_page_needs_nothing_and_shows_names_as_text(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "drift.html"
    assert (
        told(capsys, "--html", page, "--resume", kept, "a", HOSTILE, "c", status=2)
        == ""
    )
    text = page.read_text()
    (script,) = re.findall("(?s)<script.*?>(.*?)</script>", text)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )
    assert f'content="{policy}"' in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert re.findall('<td class="([a-z]+)" data-key="[0-9]+">[a-z]', text) == [
        "unknown",
        "drift",
        "clean",
        "clean",
    ]
    assert text.count("<tr") == 5
    assert not re.search(r"(?:src|href)=|url\(|\x1b|\u202e", text)
    missing = tmp_path / "none/drift.html"
    assert main(["drift", "--html", str(missing), "a"]) == 2
    assert capsys.readouterr().err == f"plinth: there is no folder for '{missing}'\n"


@pytest.mark.slow
def test_the_page_unfolds_what_differs(small: Path, tmp_path: Path) -> None:
    """The bar counts the versions, the newest first. A difference is text, even if it holds markup."""
    for name, release in {"one": "2.0.0", "two": "v1.1.0", "three": "2.0.0"}.items():
        born(small, tmp_path / name, release)
    substitute(
        tmp_path / "one/static.cfg", r"\Z", "</pre><b>https://me:secret@x.org/</b>\n"
    )
    page = tmp_path / "wall.html"
    names = [tmp_path / name for name in ("one", "two", "three")]
    drift("--html", page, *names, status=1)
    text = page.read_text()
    bar = re.findall(r'<button type="button" class="(\w*)".*?>(.*?)</button>', text)
    assert bar == [("newest", "2 at 2.0.0"), ("near", "1 at v1.1.0")]
    (shown,) = re.findall("(?s)<details>(.*?)</details>", text)
    assert "<summary>static.cfg</summary>" in shown
    assert '<span class="added">+&lt;/pre&gt;&lt;b&gt;https://***@x.org/' in shown


@pytest.mark.parametrize(
    ("names", "status"), [(["a"], 0), (["a", HOSTILE], 1), (["a", HOSTILE, "c"], 2)]
)
def test_the_exit_status(
    kept: Path, names: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 for all clean, 1 for drift, 2 where something could not be told; of those that are named."""
    printed = told(capsys, "--json", "--resume", kept, *names, status=status)
    assert len(printed.splitlines()) == len(names) + (status == 2)


def test_an_interrupted_run_goes_on(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what has all of its rows; a line that was torn, and rows without the others, are made again."""
    new = born(small, tmp_path / "new", "2.0.0")
    part = born(small, tmp_path / "part", "2.0.0")
    torn = row(str(new), state="drift")[:50]
    whole = row("old", state="clean", version="of old")
    file = earlier(tmp_path, whole, row(str(part), projects=2), torn)
    found = rows("old", new, part, "--resume", file, status=0)
    assert {name: row.version for name, row in found.items()} == {
        "old": "of old",
        "new": "2.0.0",
        "part": "2.0.0",
    }
    assert len(file.read_text().splitlines()) == 4
    # Nothing is left to read: what is named need not be there any more.
    shutil.rmtree(new)
    again = told(capsys, "old", new, part, "--json", "--resume", file, status=0)
    assert len(again.splitlines()) == 3
    write(tmp_path, {"rows.jsonl": "mine\n"})
    assert main(["drift", "a", "--resume", str(file)]) == 2
    assert capsys.readouterr().err == (
        f"plinth: '{file}' holds no rows of an earlier run: line 1: it is not JSON; choose another file\n"
    )


def test_repositories_of_all_repos(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its settings say where it cloned; what it filtered out is left out."""
    write(
        tmp_path,
        {
            "all-repos.json": json.dumps({"output_dir": "clones", "source": "x"}),
            "clones/repos.json": json.dumps(dict.fromkeys(["a", "c", "d"], "url")),
            "clones/repos_filtered.json": json.dumps(dict.fromkeys(["a", "c"], "url")),
        },
    )
    settings = tmp_path / "all-repos.json"
    printed = told(
        capsys, "--json", "--resume", kept, "--all-repos", settings, status=2
    )
    assert [json.loads(line)["repository"] for line in printed.splitlines()] == [
        "a",
        "c",
        "c",
    ]
    settings.write_text("{}")
    assert main(["drift", "--all-repos", str(settings)]) == 2
    assert (
        "is not a settings file of all-repos: KeyError('output_dir')"
        in capsys.readouterr().err
    )
    assert main(["drift", "--all-repos", str(tmp_path / "none.json")]) == 2
    assert "cannot read" in capsys.readouterr().err
    assert main(["drift"]) == 2
    assert "no repository is named" in capsys.readouterr().err


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose template takes for ever to render, though not for the copy that makes it."""
    home = tmp_path_factory.mktemp("endless")
    loop = "{% for i in range(99999) %}" * 3 + "{% endfor %}" * 3
    yours = "/yours.txt{% endif %}"
    settings = TEMPLATE["copier.yml"].replace(yours, loop + yours)
    assert loop in settings
    template = tiny(home / "template", **{"copier.yml": settings})
    return born(template, home / "endless", "2.0.0")


@contextlib.contextmanager
def started(
    *arguments: str | Path, temporary: Path, **options: Any
) -> Iterator[subprocess.Popen[str]]:
    """Start the command in a session of its own; in the end none of it runs any more."""
    temporary.mkdir()
    command = [sys.executable, "-m", "plinth", "drift", "--json", *map(str, arguments)]
    env = {
        **os.environ,
        "TMPDIR": str(temporary),
        "TERM": "xterm",
        **options.pop("env", {}),
    }
    pipes = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        **options,
    }
    with subprocess.Popen(
        command, cwd=ROOT, env=env, start_new_session=True, **pipes
    ) as process:
        try:
            yield process
            until(lambda: not session(process.pid))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def session(leader: int) -> dict[int, int]:
    """Return the processes of a session, each with its parent."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader and fields[0] != "Z":
                found[int(status.parent.name)] = int(fields[1])
    return found


def until(condition: Any) -> Any:
    """Wait for something to be so."""
    for _ in range(1200):
        if result := condition():
            return result
        time.sleep(0.1)
    raise AssertionError("it did not come about in two minutes")


linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


@pytest.mark.slow
def test_one_that_never_ends_costs_its_row(
    small: Path, endless: Path, tmp_path: Path
) -> None:
    """The other rows are printed meanwhile. A person at a terminal sees how far it is."""
    good = born(small, tmp_path / "good", "2.0.0")
    main_side, side = pty.openpty()
    names = ("--timeout=15", endless, good)
    with started(*names, temporary=tmp_path / "t", stderr=side) as process:
        os.close(side)
        shown = b""
        with contextlib.suppress(
            OSError
        ):  # what Linux says when the last writer is gone
            while more := os.read(main_side, 9999):
                shown += more
        printed, _ = process.communicate()
    os.close(main_side)
    found = by_name([Row.of(json.loads(line)) for line in printed.splitlines()])
    assert found["endless"].problem == "reading it took more than 15 seconds"
    assert found["good"].state == "clean"
    assert process.returncode == 2
    assert b"1/2" in shown
    assert [path for path in (tmp_path / "t").iterdir() if "drift-" in path.name] == []


@linux
@pytest.mark.slow
def test_one_that_takes_its_process_down_costs_its_row(
    small: Path, endless: Path, tmp_path: Path
) -> None:
    good = born(small, tmp_path / "good", "2.0.0")
    with started("--jobs=1", endless, good, temporary=tmp_path / "t") as process:
        killed: list[int] = []

        def workers() -> list[int]:
            return [
                pid
                for pid, parent in session(process.pid).items()
                if parent == process.pid and pid not in killed
                if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
            ]

        while len(killed) < 2:
            killed += until(workers)[:1]
            os.kill(killed[-1], signal.SIGKILL)
        printed, _ = process.communicate()
    found = by_name([Row.of(json.loads(line)) for line in printed.splitlines()])
    assert (
        found["endless"].problem
        == "the worker process crashed while reading it, possibly out of memory"
    )
    assert found["good"].state == "clean"


@linux
@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupt_leaves_nothing_but_the_rows(
    small: Path, endless: Path, tmp_path: Path, how: signal.Signals
) -> None:
    """No process, and where it can be helped no temporary file; a row is there though one before it takes long."""
    good = born(small, tmp_path / "good", "2.0.0")
    file = tmp_path / "rows.jsonl"
    arguments = ("--resume", file, endless, good)
    with started(*arguments, temporary=tmp_path / "t") as process:
        until(lambda: file.exists() and file.read_text().endswith("\n"))
        process.send_signal(how)
        _, said = process.communicate()
    assert [json.loads(line)["state"] for line in file.read_text().splitlines()] == [
        "clean"
    ]
    if how is not signal.SIGKILL:
        assert (process.returncode, said) == (130, "plinth: interrupted\n")
        assert [
            path for path in (tmp_path / "t").iterdir() if "drift-" in path.name
        ] == []


def test_releases_behind(small: Path, tmp_path: Path) -> None:
    """Versions compare by PEP 440, in any form of tag; a pre-release counts only after one."""
    templates, address = Templates(tmp_path), str(small)
    tags = ("1.0.0", "v1.1.0", "2.0.0rc1", "2.0.0", "main^{commit}", "HEAD~3")
    git(small, "branch", "--force", "main")
    assert [[*map(str, templates.newer(address, tag))] for tag in tags] == [
        ["1.1.0", "2.0.0"],
        ["2.0.0"],
        ["2.0.0"],
        [],
        [],
        ["2.0.0"],
    ]


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("gh:ada/tool", "https://github.com/ada/tool.git"),
        ("git+https://example.org/tool", "https://example.org/tool"),
        ("git@example.org:ada/tool.git", "git@example.org:ada/tool.git"),
        ("ssh://git@example.org/tool", "ssh://git@example.org/tool"),
    ],
)
def test_addresses_are_expanded_as_copier_does(address: str, given: str) -> None:
    assert git_address(address) == given


@pytest.mark.parametrize(
    "address",
    [
        "-x",
        "ext::sh",
        "persistent-https://x/y",
        "ssh://-oProxyCommand=x/y",
        "ssh://a@-oProxyCommand=x/y",
        "a@-x:y",
        "../x",
        "x",
        "",
        "https://x/\ny",
    ],
)
def test_odd_addresses_are_refused(address: str) -> None:
    with pytest.raises(UserError):
        git_address(address)
