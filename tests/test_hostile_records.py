"""Updates of projects whose recorded answers somebody edited by hand: one line names the key."""

from pathlib import Path

import pytest
import yaml
from conftest import NEXT, born, commit, copier, git

RECORDS = {
    "born: []": "born",
    "born: text": "born",
    "born: 1": "born",
    "born: null": "born",
    "born: {}": "born.package_name",
    "born: {package_name: 1}": "born.package_name",
    "born: {package_name: demo, distribution_name: [demo], starter: library}": "born.distribution_name",
    "born: {package_name: demo, distribution_name: demo, starter: {}}": "born.starter",
    "before: []": "before",
    "before: text": "before",
    "before: {}": "before.exports",
    "before: {docs: [], exports: eager}": "before.docs",
    "before: {docs: 'yes', exports: eager}": "before.docs",
    "before: {docs: false, exports: [eager]}": "before.exports",
    "before: {docs: false, exports: eager, modules: {a: b}}": "before.modules",
    "before: {docs: false, exports: eager, shown: [a]}": "before.shown",
}
# The default selection has one of them.
QUICK = {"born: {package_name: 1}"}


@pytest.fixture(scope="module")
def project(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of this version of the template."""
    folder = tmp_path_factory.mktemp("records") / "demo"
    folder.parent.mkdir(exist_ok=True)
    return born(str(history), NEXT, folder, {})


@pytest.mark.parametrize(
    "record",
    [
        record if record in QUICK else pytest.param(record, marks=pytest.mark.slow)
        for record in RECORDS
    ],
)
def test_a_record_of_another_type_is_named(project: Path, record: str) -> None:
    path = project / ".copier-answers.yml"
    text = path.read_text()
    answers = yaml.safe_load(text) | yaml.safe_load(record)
    path.write_text(yaml.safe_dump(answers))
    commit(project)
    status, said = copier(
        "update", "--defaults", f"--vcs-ref={NEXT}", cwd=project, check=False
    )
    git(project, "reset", "--quiet", "--hard", "HEAD")
    path.write_text(text)
    commit(project)
    # Copier prints a traceback before the reason.
    last = said.splitlines()[-1]
    assert status
    assert RECORDS[record] in last
    assert "has no attribute" not in said
