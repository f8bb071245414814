"""Renovate, the engine that updates many repositories: what it asks of the template, and the real one at work."""

import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from conftest import (
    NEXT,
    RELEASES,
    ROOT,
    Generate,
    born,
    commit,
    copier,
    git,
    released,
    run,
)
from packaging.version import Version
from support.forge import TOKEN, Forge, serve
from support.locks import clean, hashes

RULES = ROOT / "includes/renovate.json"
BOT = ROOT / "plinth/renovate/config.js"
# lib/modules/manager/*/index.ts of Renovate 44: what its managers read.
ANSWERS = re.compile(r"(^|/)\.copier-answers(\..+)?\.ya?ml")
READ = [
    r"(^|/)[\w-]*requirements([-._]\w+)?\.(txt|pip)$",
    r"(^|/)\.(github|gitea|forgejo)/(workflows|actions)/.+\.ya?ml$",
    r"(^|/)\.gitlab.*\.ya?ml$",  # gitlabci reads what .gitlab-ci.yml includes, too
    r"(^|/)\.pre-commit-config\.ya?ml$",
]
YOURS = [f"requirements_{kind}.txt" for kind in ("dev", "lock", "prod")]
YOURS += [".gitlab-ci.yml"]


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """Return a forge that has the template, with all its releases and the working tree as the next."""
    with serve(tmp_path_factory.mktemp("forge")) as forge:
        clone = released(tmp_path_factory.mktemp("template") / "plinth")
        git(clone, "branch", "--move", "--force", "main")
        forge.create("team/plinth", clone)
        yield forge


def answers(project: Path) -> dict[str, Any]:
    """Return what an answers file records."""
    text = (project / ".copier-answers.yml").read_text()
    recorded: dict[str, Any] = yaml.safe_load(text)
    return recorded


@pytest.mark.slow
@pytest.mark.parametrize("release", RELEASES)
def test_renovate_can_update_every_release(
    forge: Forge, tmp_path: Path, release: str
) -> None:
    """It finds the answers file, reads address and version in it, and its command line needs no --trust."""
    address = f"{forge.url}/team/plinth.git"
    project = born(address, release, tmp_path / "demo", {})
    (found,) = filter(ANSWERS.search, git(project, "ls-files").splitlines())
    before = answers(project)
    assert urlsplit(before["_src_path"]).netloc
    assert Version(before["_commit"]) == Version(release)
    # lib/modules/manager/copier/artifacts.ts
    options = ["--skip-answered", "--defaults", "--answers-file", Path(found).name]
    copier("update", *options, "--vcs-ref", NEXT, cwd=project)
    after = answers(project)
    assert after["_commit"] == NEXT
    assert after["_src_path"] == address
    assert before.keys() <= after.keys()
    assert ".copier-answers.yml" in git(project, "diff", "--name-only")
    assert (project / ".github/renovate.json").is_file()


def rules() -> list[dict[str, Any]]:
    """Return the rules that projects have."""
    loaded: list[dict[str, Any]] = json.loads(RULES.read_text())["packageRules"]
    return loaded


def is_left_alone(path: str) -> bool:
    """Return whether the rules switch Renovate off for a file of a project, below any folder."""
    return any(
        fnmatch(f"/{path}", f"*/{name.removeprefix('**/')}")
        for rule in rules()
        if rule.get("enabled") is False
        if rule.keys().isdisjoint(
            {"matchDepTypes", "matchManagers", "matchPackageNames"}
        )
        for pattern in rule["matchFileNames"]
        for name in expanded(pattern)
    )


def expanded(pattern: str) -> list[str]:
    """Return the patterns that one with braces stands for, as in minimatch."""
    choice = re.search(r"\{(.*?)\}", pattern)
    if not choice:
        return [pattern]
    before, after = pattern[: choice.start()], pattern[choice.end() :]
    return [x for part in choice[1].split(",") for x in expanded(before + part + after)]


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_each_pin_has_one_owner(generate: Generate, ci: str) -> None:
    """Renovate leaves alone the files that the template renews, and reads all of the user's."""
    project = generate(ci=ci)
    assert (project / f".{ci}/renovate.json").read_text() == RULES.read_text()
    files = [x.relative_to(project).as_posix() for x in project.rglob("*")]
    read = [x for x in files if any(re.search(pattern, x) for pattern in READ)]
    assert {x: is_left_alone(x) for x in read} == {x: x not in YOURS for x in read}
    assert not is_left_alone(".github/workflows/own.yml")
    assert not is_left_alone(".gitlab/own.yml")
    assert not is_left_alone(".copier-answers.yml")


def test_one_bot_updates_the_actions(generate: Generate) -> None:
    """It is Renovate; but older projects have Dependabot, whose settings their owners may have changed."""
    assert not (generate(ci="github") / ".github/dependabot.yml").exists()
    names = {"package_name": "demo", "distribution_name": "demo", "starter": "library"}
    older = generate(ci="github", born={**names, "reviewed": True}, **names)
    config = older / ".github/dependabot.yml"
    checker = str(Path(sys.executable).with_name("check-jsonschema"))
    run(checker, "--builtin-schema", "vendor.dependabot", config, cwd=older)
    (updates,) = yaml.safe_load(config.read_text())["updates"]
    files = {x.relative_to(older).as_posix() for x in older.glob(".github/workflows/*")}
    assert files <= set(updates["exclude-paths"])
    theirs = json.loads((older / ".github/renovate.json").read_text())
    assert "**/.github/workflows/*" in theirs["packageRules"][0]["matchFileNames"]


# ---- The real one ----

# Switched off by a rule; names without a version, in a file or in a group; an image that a variable chooses.
LEFT_ALONE = {
    "disabled",
    "invalid-value",
    "unspecified-version",
    "contains-variable",
}


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with Renovate and the Node that it asks for, from npm; kept where PLINTH_RENOVATE says."""
    kept = os.environ.get("PLINTH_RENOVATE")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("npm")
    modules = folder / "node_modules"
    if not (modules / "renovate/package.json").exists():
        if not shutil.which("npm"):
            pytest.skip("npm is not installed")
        machine = {"x86_64": "x64", "aarch64": "arm64"}.get(
            platform.machine(), platform.machine()
        )
        node = f"node-{sys.platform}-{machine}"
        path = f"{modules / node / 'bin'}:{os.environ['PATH']}"
        # Renovate in a second step: npm chooses the newest that suits the Node that it runs on.
        for package in (f"{node}@24", "renovate@44"):
            command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = run(
                *command,
                f"--prefix={folder}",
                package,
                cwd=folder,
                env={"PATH": path},
                check=False,
            )
            if done.returncode:
                pytest.skip(f"npm cannot install {package}: {done.stderr[-300:]}")
    (node_program,) = modules.glob("node-*/bin/node")
    (folder / "bin").mkdir(exist_ok=True)
    for program in (node_program, *modules.glob(".bin/renovate*")):
        if not (folder / "bin" / program.name).exists():
            (folder / "bin" / program.name).symlink_to(program)
    return folder / "bin"


Renovate = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def renovate(programs: Path, tmp_path: Path) -> Renovate:
    """Run Renovate with settings as variables and return its log; what warns is an error but where it is expected."""

    def renovate(
        *arguments: str,
        cwd: Path = tmp_path,
        program: str = "renovate",
        **settings: str,
    ) -> list[dict[str, Any]]:
        environment = {
            "PATH": f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(tmp_path / "home"),
            "LOG_LEVEL": "debug",
            "LOG_FORMAT": "json",
            "RENOVATE_BASE_DIR": str(tmp_path / "base"),
            "RENOVATE_BINARY_SOURCE": "global",
            **settings,
        }
        words = [f"{name}={value}" for name, value in environment.items()]
        done = run("env", "-i", *words, program, *arguments, cwd=cwd, check=False)
        log = [json.loads(x) for x in done.stdout.splitlines() if x.startswith("{")]
        assert done.returncode == 0, [x["msg"] for x in log] + [done.stderr]
        return log

    return renovate


@pytest.mark.renovate
@pytest.mark.parametrize("approved", ["", "1.2.0"])
def test_the_bots_configuration_is_valid(renovate: Renovate, approved: str) -> None:
    log = renovate(
        "--strict",
        str(BOT),
        program="renovate-config-validator",
        PLINTH_APPROVED=approved,
    )
    assert "Config validated successfully" in log[-1]["msg"]


@pytest.mark.renovate
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_projects_configuration_is_valid(
    renovate: Renovate, generate: Generate, ci: str
) -> None:
    log = renovate(
        "--strict",
        "--no-global",
        f".{ci}/renovate.json",
        program="renovate-config-validator",
        cwd=generate(ci=ci),
    )
    assert "Config validated successfully" in log[-1]["msg"]


@pytest.mark.renovate
@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_renovate_renews_the_users_pins_alone(
    renovate: Renovate, generate: Generate, forge: Forge, ci: str
) -> None:
    """Of the files that the lock is made from, and through the lock's own manager."""
    project = generate(ci=ci)
    with (project / "requirements_prod.txt").open("a") as file:
        file.write("idna==3.0\n")
    with (project / "requirements_dev.txt").open("a") as file:
        file.write("tomli-w==3.0\n")
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    forge.packages = {"idna": ["3.0", "3.10"], "tomli-w": ["3.0"]}
    forge.asked.clear()
    index = {"matchDatasources": ["pypi"], "registryUrls": [f"{forge.url}/simple/"]}
    hosts = [
        *({"matchHost": x, "enabled": False} for x in ("github.com", "docker.io")),
        {"matchHost": "127.0.0.1", "allowInternal": True},
    ]
    log = renovate(
        "--platform=local",
        "--dry-run=lookup",
        cwd=project,
        GITHUB_COM_TOKEN="none",
        RENOVATE_HOST_RULES=json.dumps(hosts),
        RENOVATE_PACKAGE_RULES=json.dumps([index]),
    )
    (found,) = (x["config"] for x in log if "packageFiles with updates" in x["msg"])
    renewed = {
        (manager, file["packageFile"], dep.get("depName"))
        for manager, files in found.items()
        for file in files
        for dep in file["deps"]
        if dep.get("skipReason") not in LEFT_ALONE
    }
    assert renewed == {
        ("pip-compile", "requirements_dev.txt", "tomli-w"),
        ("pip-compile", "requirements_prod.txt", "idna"),
    }
    assert forge.asked == {"idna", "tomli-w"}


@pytest.mark.renovate
def test_renovate_renews_the_lock(
    index: None, renovate: Renovate, generate: Generate, forge: Forge, tmp_path: Path
) -> None:
    """A new version ends in a pull request that changes requirements and lock, which the bootstrap takes."""
    project = generate()
    (project / "requirements_prod.txt").write_text("idna==3.10\n")
    command = (project / "requirements_lock.txt").read_text().splitlines()[1]
    run(*command.removeprefix("#    ").split(), cwd=project, env=clean())
    git(project, "init", "--quiet", "--initial-branch=main")
    commit(project)
    forge.create("ada/locked", project)
    log = renovate(
        "ada/locked",
        RENOVATE_ENABLED_MANAGERS="pip-compile",
        RENOVATE_ENDPOINT=forge.url,
        RENOVATE_FORCE='{"schedule": ["at any time"], "lockFileMaintenance": {"enabled": false}}',
        RENOVATE_ONBOARDING="false",
        RENOVATE_PLATFORM="gitea",
        RENOVATE_TOKEN=TOKEN,
        **{k: v for k, v in os.environ.items() if k.endswith(("CERTS", "CERT_FILE"))},
    )
    assert not [x["msg"] for x in log if "artifactErrors" in x["msg"]]
    (pull,) = forge.open("ada/locked")
    branch = tmp_path / "branch"
    address = f"{forge.url}/ada/locked.git"
    run(
        "git",
        "clone",
        "--quiet",
        f"--branch={pull.head}",
        address,
        branch,
        cwd=tmp_path,
    )
    changed = git(branch, "diff", "--name-only", "origin/main", "HEAD").split()
    assert changed == ["requirements_lock.txt", "requirements_prod.txt"]
    wanted = (branch / "requirements_prod.txt").read_text().strip()
    locked = hashes((branch / "requirements_lock.txt").read_text())
    before = hashes((project / "requirements_lock.txt").read_text())
    assert Version(wanted.removeprefix("idna==")) > Version("3.10")
    assert locked[wanted]
    assert locked.keys() - before.keys() == {wanted}
    assert locked[wanted] != before["idna==3.10"]
    code = "import importlib.metadata as m; print(m.version('idna'))"
    done = run("./bootstrap", "--locked", "python", "-c", code, cwd=branch)
    assert done.stdout.strip() == wanted.removeprefix("idna==")


class Team:
    """Four repositories of a team on the forge, and a bot that looks after them."""

    def __init__(self, forge: Forge, renovate: Renovate, folder: Path) -> None:
        """Make the repositories with the oldest release."""
        self.forge, self.renovate, self.folder = forge, renovate, folder
        self.names: list[str] = []  # other tests have repositories on the forge, too
        self.template = folder / "plinth"
        run(
            "git",
            "clone",
            "--quiet",
            f"{forge.url}/team/plinth.git",
            self.template,
            cwd=folder,
        )
        address = f"{forge.url}/team/plinth.git"
        clean = born(address, RELEASES[0], folder / "clean", {})
        edited, conflicting, several = (
            shutil.copytree(clean, folder / name)
            for name in ("edited", "conflicting", "several")
        )
        self.add("clean", clean, "plinth-canary")
        (edited / "README.md").write_text("# Mine\n")
        (edited / "requirements_prod.txt").write_text("click\nidna\n")
        self.add("edited", edited)
        rules = conflicting / ".gitattributes"
        text = rules.read_text().replace("eol=lf", "eol=lf size=3")
        rules.write_text(text)
        self.add("conflicting", conflicting)
        git(several, "rm", "-r", "--quiet", ".")
        for name in ("light", "sound"):
            ignored = shutil.ignore_patterns(".git")
            shutil.copytree(clean, several / name, ignore=ignored)
        self.add("several", several)

    def add(self, name: str, project: Path, *topics: str) -> None:
        """Put a project on the forge."""
        commit(project)
        self.forge.create(f"ada/{name}", project, "plinth", *topics)
        self.names.append(f"ada/{name}")

    def release(self, version: str, size: int) -> None:
        """Release the template again, with a line changed that one of the projects has changed, too."""
        rules = self.template / "template/.gitattributes"
        text = re.sub("eol=lf.*", f"eol=lf size={size}", rules.read_text())
        rules.write_text(text)
        commit(self.template, version)
        git(self.template, "push", "--quiet", "origin", "HEAD", "--tags")

    def run(self, approved: str = "") -> None:
        """Let the bot make its round, at any hour."""
        log = self.renovate(
            PLINTH_APPROVED=approved,
            # Seconds pass here between releases: it would know the tags of the last round for minutes.
            RENOVATE_CACHE_TTL_OVERRIDE='{"datasource-git*": 0}',
            RENOVATE_CONFIG_FILE=str(BOT),
            RENOVATE_ENABLED_MANAGERS="copier",
            RENOVATE_ENDPOINT=self.forge.url,
            RENOVATE_FORCE='{"schedule": ["at any time"]}',
            RENOVATE_PLATFORM="gitea",
            RENOVATE_TOKEN=TOKEN,
        )
        # Of a library that npm was told not to build, and of conflicts.
        expected = ("RE2", "artifactErrors")
        warned = [x["msg"] for x in log if x["level"] >= 40]
        assert [x for x in warned if not any(y in x for y in expected)] == []

    def pulls(self) -> dict[str, list[tuple[int, str, str]]]:
        """Return number, branch and title of each open pull request, by repository."""
        return {
            name.removeprefix("ada/"): [
                (x.number, x.head, x.title) for x in self.forge.open(name)
            ]
            for name in self.names
            if self.forge.open(name)
        }

    def statuses(self, name: str) -> dict[str, str]:
        """Return the statuses of the commit that a repository's first open pull request has."""
        head = self.forge.head(f"ada/{name}", self.forge.open(f"ada/{name}")[0].head)
        found = self.forge.statuses.get(head, [])
        return {x["context"]: x["status"] for x in found}

    def heads(self) -> dict[tuple[str, int], str]:
        """Return the commit of each open pull request."""
        return {
            (name, pull.number): self.forge.head(name, pull.head)
            for name in self.names
            for pull in self.forge.open(name)
        }

    def checkout(self, name: str, branch: str) -> Path:
        """Return a clone of a branch."""
        folder = self.folder / f"checkout-{name}-{branch.replace('/', '-')}"
        shutil.rmtree(folder, ignore_errors=True)
        run(
            "git",
            "clone",
            "--quiet",
            f"--branch={branch}",
            f"{self.forge.url}/ada/{name}.git",
            folder,
            cwd=self.folder,
        )
        return folder


def gate(project: Path) -> tuple[int, str]:
    """Run what every pipeline runs first; return its exit status and what it said."""
    command = (sys.executable, ".standard/conflicts.py")
    done = run(*command, cwd=project, check=False)
    return done.returncode, done.stderr


@pytest.fixture
def team(forge: Forge, renovate: Renovate, tmp_path: Path) -> Team:
    """Return a team whose four repositories are at the oldest release."""
    return Team(forge, renovate, tmp_path)


@pytest.mark.renovate
def test_renovate_updates_a_team(team: Team) -> None:
    """The canary first, then all; what is merged stays quiet, and a newer release comes into what is open."""
    team.release("99.1.0", 5)
    team.run()
    assert list(team.pulls()) == ["clean"]

    team.run(approved="99.1.0")
    first = team.pulls()
    title = "Update Plinth to v99"  # of a major release Renovate names no more
    assert {name: [x[1:] for x in pulls] for name, pulls in first.items()} == {
        "clean": [("renovate/plinth", title)],
        "edited": [("renovate/plinth", title)],
        "conflicting": [("renovate/plinth", title)],
        "several": [
            ("renovate/plinth-light", "Update Plinth in light to v99"),
            ("renovate/plinth-sound", "Update Plinth in sound to v99"),
        ],
    }
    for name in ("clean", "edited", "conflicting"):
        branch = team.checkout(name, "renovate/plinth")
        assert answers(branch)["_commit"] == "99.1.0"
        status, said = gate(branch)
        (pull,) = team.forge.open(f"ada/{name}")
        if name == "conflicting":
            assert (status, said) == (
                1,
                ".gitattributes has conflict markers: resolve them\n",
            )
            (comment,) = pull.comments.values()
            assert "Conflicting files:\n  * .gitattributes\n" in comment
            assert team.statuses(name) == {"renovate/artifacts": "failure"}
        else:
            assert team.statuses(name) == {}
            assert (status, said, pull.comments) == (0, "", {})
        assert "the check of them fails" in pull.body
    branch = team.checkout("edited", "renovate/plinth")
    assert (branch / "README.md").read_text() == "# Mine\n"
    assert (branch / "requirements_prod.txt").read_text() == "click\nidna\n"
    for name in ("light", "sound"):
        branch = team.checkout("several", f"renovate/plinth-{name}")
        changed = git(branch, "diff", "--name-only", "origin/main", "HEAD").split()
        assert {x.split("/")[0] for x in changed} == {name}
        assert gate(branch / name) == (0, "")

    for name, which in (("clean", 0), ("several", 0)):
        team.forge.merge(f"ada/{name}", team.forge.open(f"ada/{name}")[which])
    left = {x: y for x, y in first.items() if x != "clean"}
    left["several"] = left["several"][1:]
    heads = team.heads()
    team.release("99.2.0", 6)
    team.run(approved="99.1.0")
    assert team.pulls() == left
    assert team.heads() == heads

    team.run(approved="99.2.0")
    second = team.pulls()
    numbers = {name: {x[0] for x in pulls} for name, pulls in second.items()}
    assert numbers["edited"] == {first["edited"][0][0]}
    assert numbers["conflicting"] == {first["conflicting"][0][0]}
    assert {x[0] for x in left["several"]} < numbers["several"]
    assert list(map(len, numbers.values())) == [1, 1, 1, 2]
    after = team.heads()
    assert all(after[pull] != head for pull, head in heads.items())
    for name in ("clean", "edited", "conflicting"):
        branch = team.checkout(name, "renovate/plinth")
        assert answers(branch)["_commit"] == "99.2.0"
        assert gate(branch)[0] == (name == "conflicting")
