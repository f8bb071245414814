"""Making a release: what `scripts/release.py` refuses, and what `scripts/tag` tags."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from conftest import ROOT, git, run

IDENTITY = {
    f"GIT_{role}_{what}": "test@example.org"
    for role in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}
CHANGELOG = "# Changelog\n\n## Unreleased\n\n- It is better.\n\n## 1.0.0 (2026-01-01)\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a clone of a small repository with the release 1.0.0 and work after it; its tests pass."""
    folder = tmp_path / "checkout"
    (folder / "scripts").mkdir(parents=True)
    for name in ("release.py", "tag"):
        shutil.copy(ROOT / "scripts" / name, folder / "scripts")
    (folder / "bootstrap").write_text('#!/bin/sh\n[ "$*" = pytest ]\n')
    (folder / "bootstrap").chmod(0o755)
    (folder / "pyproject.toml").write_text('[project]\nversion = "1.0.0"\n')
    (folder / "CHANGELOG.md").write_text(CHANGELOG.replace("- It is better.\n\n", ""))
    git(folder, "init", "--quiet", "--initial-branch=main")
    save(folder, "Release 1.0.0")
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    save(folder, "Make it better")
    git(tmp_path, "init", "--quiet", "--bare", "origin")
    git(folder, "remote", "add", "origin", tmp_path / "origin")
    return folder


def save(folder: Path, title: str) -> None:
    """Commit all there is."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", title)


def release(checkout: Path, *version: str) -> tuple[int, str]:
    """Run the command and return its exit status and what it said."""
    command = (sys.executable, "scripts/release.py", *version)
    done = run(*command, cwd=checkout, env=IDENTITY, check=False)
    return done.returncode, done.stderr.strip()


def test_a_release_is_one_commit(checkout: Path) -> None:
    assert release(checkout, "1.1.0") == (0, "")
    assert git(checkout, "log", "-1", "--format=%s") == "Release 1.1.0\n"
    assert git(checkout, "status", "--porcelain") == ""
    assert 'version = "1.1.0"' in (checkout / "pyproject.toml").read_text()
    assert re.fullmatch(
        r"# Changelog\n\n## 1\.1\.0 \(\d{4}-\d\d-\d\d\)\n\n- It is better\.\n\n## 1\.0\.0 .*\n",
        (checkout / "CHANGELOG.md").read_text(),
    )


def test_the_changelog_may_have_subheadings(checkout: Path) -> None:
    text = CHANGELOG.replace("- It", "### Tools\n\n- It")
    (checkout / "CHANGELOG.md").write_text(text)
    save(checkout, "Give the changelog subheadings")
    assert release(checkout, "1.1.0") == (0, "")
    dated = (checkout / "CHANGELOG.md").read_text()
    assert re.search(r"^## 1\.1\.0 \(.*\)\n\n### Tools\n\n- It is", dated, re.MULTILINE)


def unsaved(checkout: Path) -> None:
    (checkout / "new").touch()


def nothing_new(checkout: Path) -> None:
    text = CHANGELOG.replace("- It is better.\n", "")
    (checkout / "CHANGELOG.md").write_text(text)
    save(checkout, "Forget the changelog")


def failing(checkout: Path) -> None:
    (checkout / "bootstrap").write_text("#!/bin/sh\nexit 1\n")
    save(checkout, "Break the tests")


@pytest.mark.parametrize(
    ("version", "change", "reason"),
    [
        ("1.1", None, "'1.1' is not a version"),
        ("1.1.0rc1", None, "'1.1.0rc1' is not a version"),
        ("1.01.0", None, "'1.01.0' is not a version"),
        ("next", None, "'next' is not a version"),
        ("1.0.0", None, "1.0.0 is not newer than 1.0.0"),
        ("0.9.0", None, "0.9.0 is not newer than 1.0.0"),
        ("1.1.0", unsaved, "the checkout has changes"),
        ("1.1.0", nothing_new, "CHANGELOG.md has no items"),
        ("1.1.0", failing, "the tests fail"),
    ],
)
def test_what_does_not_agree_is_refused(
    checkout: Path, version: str, change: object, reason: str
) -> None:
    if callable(change):
        change(checkout)
    before = git(checkout, "status", "--porcelain"), git(checkout, "rev-parse", "HEAD")
    status, said = release(checkout, version)
    assert status == 1
    assert said.startswith(f"release: {reason}")
    assert "\n" not in said
    after = git(checkout, "status", "--porcelain"), git(checkout, "rev-parse", "HEAD")
    assert before == after


def tag(checkout: Path) -> tuple[int, str, str]:
    """Run what the workflow runs; return its exit status and what it printed."""
    done = run("scripts/tag", cwd=checkout, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(os.name == "nt", reason="the workflow runs on Linux")
def test_every_release_is_tagged_once(checkout: Path, tmp_path: Path) -> None:
    """Also one that came with others in a push; what only mentions a release is none."""
    release(checkout, "1.1.0")
    save(checkout, "Release 1.2.0 is near")
    first, second = git(
        checkout, "log", "--reverse", "--grep=^Release .*0$", "--format=%H"
    ).split()
    assert tag(checkout) == (0, f"1.0.0 {first}\n1.1.0 {second}\n", "")
    refs = git(tmp_path / "origin", "for-each-ref", "--format=%(refname) %(objectname)")
    assert refs == f"refs/tags/1.0.0 {first}\nrefs/tags/1.1.0 {second}\n"
    assert tag(checkout) == (0, "", "")


def test_a_tag_never_moves(checkout: Path, tmp_path: Path) -> None:
    tag(checkout)
    before = git(tmp_path / "origin", "show-ref")
    save(checkout, "Release 1.0.0")
    status, printed, said = tag(checkout)
    assert (status, printed) == (0, "")
    assert said.startswith("tag: 1.0.0 stays at ")
    assert git(tmp_path / "origin", "show-ref") == before


def test_a_title_that_pyproject_denies_is_not_tagged(
    checkout: Path, tmp_path: Path
) -> None:
    tag(checkout)
    save(checkout, "Release 1.1.0")
    status, _, said = tag(checkout)
    assert status == 1
    assert "pyproject.toml says 1.0.0: not tagged" in said
    assert "1.1.0" not in git(tmp_path / "origin", "show-ref")


def test_every_release_of_this_repository_agrees() -> None:
    """Title, version and changelog, in each commit titled so."""
    log = git(ROOT, "log", "--format=%H %s")
    found = re.findall(r"^(\w+) Release (\S+)$", log, re.MULTILINE)
    if not found:
        pytest.skip("this clone has no release")
    for commit, version in found:
        assert f'\nversion = "{version}"\n' in git(
            ROOT, "show", f"{commit}:pyproject.toml"
        )
        headings = re.findall(
            r"^## .*", git(ROOT, "show", f"{commit}:CHANGELOG.md"), re.MULTILINE
        )
        assert headings[0].startswith(f"## {version} (")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.1.0", (0, "- It is better.\n\n### More\n\n- Fast.\n", "")),
        ("1.0.0", (1, "", "release: CHANGELOG.md says nothing about '1.0.0'\n")),
        ("1.1", (1, "", "release: CHANGELOG.md says nothing about '1.1'\n")),
    ],
)
def test_the_notes_are_those_of_the_version(
    checkout: Path, version: str, expected: tuple[int, str, str]
) -> None:
    dated = CHANGELOG.replace("Unreleased", "1.1.0 (2026-02-01)")
    text = dated.replace("better.\n", "better.\n\n### More\n\n- Fast.\n")
    (checkout / "CHANGELOG.md").write_text(text)
    command = (sys.executable, "scripts/release.py", "--notes", version)
    done = run(*command, cwd=checkout, check=False)
    assert (done.returncode, done.stdout, done.stderr) == expected
