"""The documentation site: what it shows, what stops its build, and what switching it on and off does to a project."""

import ensurepip
import html
import json
import os
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, STARTERS, Generate, commit, copier, git, run
from packaging.utils import canonicalize_name
from support.files import contents
from support.locks import hashes, pins
from support.rules import reserved

SITE = ROOT / "includes/requirements_lock_docs.txt"

BUILD = "sphinx-build -M html docs build -W"
YOURS = ("docs/conf.py", "docs/index.md")
OURS = (".standard/api_pages.py", ".standard/requirements_docs.txt")
MODULES = """
greeting:Greeter,greet,GREETINGS  echo:echo,EchoError  _core:Container,LIMIT
deep._hidden:Found  deep.deeper.deepest.plain:to_plain,Plain
"""

each_starter = pytest.mark.parametrize("starter", STARTERS, ids=lambda path: path.name)


def build(project: Path, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Build a project's site with this repository's tools, without any network."""
    offline = ["unshare", "--map-root-user", "--net"]
    if (
        not shutil.which("unshare")
        or run(*offline, "true", cwd=project, check=False).returncode
    ):
        offline = []  # then dead proxies have to do
    dead = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://[::1]:9")
    words = [sys.executable, "-m", *BUILD.replace("-build", "").split(), "--quiet"]
    env = {"PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1", **dead}
    return run(*offline, *words, cwd=project, env=env, check=check)


def documented(project: Path, package: str) -> set[str]:
    """Return what a package's page and those of its modules show: names, and links to the pages below it."""
    path = f"api/{package.replace('.', '/')}(/[^/]*)?.html"
    site = project / "build/html"
    page = site / f"api/{package.replace('.', '/')}.html"
    packed = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    found = set()
    for line in zlib.decompress(packed).decode().splitlines():
        name, _, rest = line.partition(" py:")
        if re.search(f" {path}#", rest) and name.rpartition(".")[0] == package:
            found.add(name.rpartition(".")[2])
    last = package.rpartition(".")[2]
    links = re.findall(rf'href="{last}/(\w+)\.html"', article(page))
    return found | set(links)


def article(page: Path) -> str:
    """Return the content of a page, without the navigation around it."""
    found = re.search(r'<article role="main".*?</article>', page.read_text(), re.DOTALL)
    assert found
    return found[0]


def texts(tag: str, markup: str) -> list[str]:
    """Return the text of each element, as a reader sees it."""
    inner = re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", markup, re.DOTALL)
    plain = (re.sub(r'<a class="headerlink".*?</a>|<[^>]+>', "", x) for x in inner)
    return [html.unescape(text).strip() for text in plain]


# ---- The project ------------------------------------------------------------------------------------------------------


def test_no_adds_nothing(generate: Generate) -> None:
    for ci in ("github", "gitlab"):
        project = generate(ci=ci)
        files = contents(project)
        assert not {*YOURS, *OURS} & files.keys()
        assert not [path for path in files if path.endswith("docs.yml")]
        for path, content in files.items():
            if path != ".copier-answers.yml":
                assert b"sphinx" not in content, path


@pytest.mark.parametrize("ci", ["github", "gitlab", "none"])
def test_yes_adds_the_same_command_everywhere(generate: Generate, ci: str) -> None:
    """A laptop and the forge build the site by the same words; there is nothing else to run."""
    project = generate(docs=True, ci=ci)
    assert {*YOURS, *OURS} <= contents(project).keys()
    readme = (project / "README.md").read_text()
    assert f"\n./bootstrap {BUILD} " in readme
    lines = [
        line.strip().removeprefix("- ").removeprefix("run: ")
        for path in project.glob(".git*/**/docs.yml")
        for line in path.read_text().splitlines()
        if "bootstrap" in line
    ]
    assert set(lines) == ({f"./bootstrap {BUILD}"} if ci != "none" else set())


def test_pull_requests_publish_nothing(generate: Generate) -> None:
    workflow = yaml.safe_load(
        (generate(docs=True, ci="github") / ".github/workflows/docs.yml").read_text()
    )
    assert workflow["permissions"] == {"contents": "read"}
    jobs: dict[str, Any] = workflow["jobs"]
    writing = [
        name for name, job in jobs.items() if "write" in str(job.get("permissions"))
    ]
    assert writing == ["publish"]
    assert jobs["publish"]["if"] == "github.event_name == 'push'"
    pipeline = yaml.safe_load(
        (generate(docs=True, ci="gitlab") / ".gitlab/docs.yml").read_text()
    )
    publishing = [name for name, job in pipeline.items() if "artifacts" in job]
    assert publishing == ["pages"]
    assert pipeline["pages"]["rules"] == [
        {"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}
    ]


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_forge_can_read_it(generate: Generate, ci: str) -> None:
    project = generate(docs=True, ci=ci)
    schema = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}[ci]
    tools = str(Path(sys.executable).parent)
    checker = str(shutil.which("check-jsonschema", path=tools))
    files = [*project.glob(".github/workflows/*.yml"), *project.glob(".gitlab/*.yml")]
    assert "docs.yml" in {path.name for path in files}
    run(checker, "--builtin-schema", schema, *files, cwd=project)
    if ci == "github":
        run("zizmor", "--offline", "--pedantic", "--quiet", ".github", cwd=project)
    else:
        standard = yaml.safe_load((project / ".gitlab/standard.yml").read_text())
        assert {"local": ".gitlab/docs.yml"} in standard["include"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"package_name": "sphinx"}, 'an import package "sphinx" too'),
        (
            {"package_name": "demo", "distribution_name": "MyST_Parser"},
            'a distribution "myst-parser" too',
        ),
    ],
)
def test_a_name_that_its_tools_have_is_refused(
    generate: Generate, names: dict[str, str], said: str
) -> None:
    """It comes only with the site: a project without one does not have the command."""
    with pytest.raises(ValueError, match=f"{said}: answer no, or choose another"):
        generate(docs=True, **names)
    assert generate(**names).exists()


# ---- Its lock ---------------------------------------------------------------------------------------------------------


@each_starter
def test_both_locks_agree(starter: Path) -> None:
    """What both the starter and the site's tools need has one version, with the same hashes."""
    old = hashes((starter / "requirements_lock.txt").read_text())
    new = hashes(SITE.read_text())
    shared = pins(starter / "requirements_lock.txt").keys() & pins(SITE).keys()
    assert {"colorama", "packaging", "pygments"} <= shared
    for pin in old.keys() | new.keys():
        if canonicalize_name(re.split(r"[^\w.-]", pin)[0]) in shared:
            assert old.get(pin) == new.get(pin)
    assert {"furo", "myst-parser", "sphinx"} <= pins(SITE).keys()


@pytest.mark.parametrize("docs", [False, True])
def test_production_is_the_same(generate: Generate, docs: bool) -> None:
    (wheel,) = Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl")
    code = (
        f"import sys; sys.path[:0] = ['.standard', {str(wheel)!r}]; import bootstrap as b;"
        "pins = b.pins(b.read(b.LOCK)); (asked,) = b.requirements(b.PROD).values();"
        "print(*sorted(b.needed(pins, {x.name for x in asked})))"
    )
    project = generate(starter="requests", docs=docs)
    chosen = run(sys.executable, "-c", code, cwd=project).stdout.split()
    assert chosen == [
        *("annotated-types", "certifi", "charset-normalizer", "idna", "pydantic"),
        *("pydantic-core", "requests", "typing-extensions", "typing-inspection"),
        "urllib3",
    ]


def test_its_import_packages_are_known() -> None:
    """Those that the site's tools install beside the others."""
    library = ROOT / "starters/library"
    own = pins(SITE).keys() - pins(library / "requirements_lock.txt").keys()
    code = "import importlib.metadata as m, json; print(json.dumps(m.packages_distributions()))"
    found = json.loads(run(sys.executable, "-c", code, cwd=ROOT).stdout)
    imported = {
        name
        for name, distributions in found.items()
        if own & {x.lower().replace("_", "-") for x in distributions}
        and re.fullmatch("[a-z][a-z0-9_]*", name)
    }
    assert imported == set(reserved()["docs_packages"])


# ---- The site ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("exports", ["eager", "lazy"])
def test_each_package_has_a_page_of_its_all(generate: Generate, exports: str) -> None:
    """Exactly of that, at any depth, private modules' names included; and README comes out as typed."""
    title = 'Tools "it\'s" <b> {{ 7 }} -- & `x` %s *é* 🎉'
    text = "% (label)= {ref}`x` <script>alert(1)</script> $HOME \\ ... -- 'q' [a](b)"
    project = generate(
        docs=True,
        exports=exports,
        project_name=title,
        package_name="demo",
        description=text,
        modules=MODULES,
    )
    build(project)
    packages = [
        ".".join(path.parent.relative_to(project / "src").parts)
        for path in project.glob("src/**/__init__.py")
    ]
    assert len(packages) == 4
    code = "import sys, json, importlib as i; print(json.dumps([i.import_module(x).__all__ for x in sys.argv[1:]]))"
    listed = json.loads(
        run(sys.executable, "-c", code, *packages, cwd=project / "src").stdout
    )
    site = project / "build/html"
    assert (
        len([*site.glob("api/**/*.html")]) == 4 + 2
    )  # greeting, plain; the name echo wins over its module
    for package, names in zip(packages, listed, strict=True):
        assert documented(project, package) == set(names)
    pages = {
        "demo": ["Container", "EchoError", "LIMIT", "echo"],
        "demo/greeting": ["GREETINGS", "Greeter", "greet"],
        "demo/deep": ["Found"],
        "demo/deep/deeper/deepest": [],
        "demo/deep/deeper/deepest/plain": ["Plain", "to_plain"],
    }
    for path, names in pages.items():
        page = (site / f"api/{path}.html").read_text()
        found = set(re.findall(r'<dt class="sig[^>]* id="[\w.]+\.(\w+)"', page))
        assert found - {"name"} == set(names)
        assert ("Example code: replace" in page) == (
            path[-8:] in ("greeting", "st/plain")
        )
    constant = texts("dd", article(site / "api/demo/greeting.html"))
    assert "An example constant." in constant

    front = article(site / "index.html")
    assert texts("h1", front) == [title]
    assert texts("p", front)[0] == text
    whole = (site / "api/demo.html").read_text()
    assert texts("title", whole)[0] == f"demo - {title}"
    assert title in texts("span", whole)  # beside the logo
    assert texts("h2", front) == ["Install", "Use", "Licence"]
    assert "bootstrap" not in front
    assert "_downloads/" in front
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    listed_files = git(project, "ls-files", "docs", "build").split()
    assert set(listed_files) >= set(YOURS)
    assert not [x for x in listed_files if x.startswith(("docs/api", "build"))]


@pytest.mark.slow
def test_the_list_of_pages_stays_where_developers_are_last(generate: Generate) -> None:
    """The README of a project that began with Plinth 1 ends with "Develop", which the site leaves out."""
    project = generate(docs=True, package_name="demo")
    readme = project / "README.md"
    readme.write_text(readme.read_text().partition("\n## Licence\n")[0])
    build(project)
    page = (project / "build/html/index.html").read_text()
    assert texts("h2", article(project / "build/html/index.html")) == ["Install", "Use"]
    assert 'href="api/demo.html"' in page


@pytest.mark.slow
def test_a_mistake_stops_the_build(generate: Generate) -> None:
    """Named, with its place; and a page goes with its package, while a page by hand stays."""
    project = generate(docs=True, package_name="demo", modules="a:x sub.b:y")
    build(project)
    stale = project / "build/html/api/demo/sub.html"
    assert stale.exists()
    module = project / "src/demo/a.py"
    mistakes = [
        (module, 'Return the value unchanged."""', 'a `wrong <>`_ role."""', "a.py"),
        (project / "README.md", "\n## Use\n", "\n## [Use](no.md)\n", "no.md"),
        (project / "docs/lost.md", "", "# Lost\n", "lost.md"),
    ]
    for path, old, new, named in mistakes:
        text = path.read_text() if path.exists() else ""
        assert old in text
        path.write_text(text.replace(old, new, 1))
        done = build(project, check=False)
        assert done.returncode != 0
        assert named in done.stderr, done.stderr
        if text:
            path.write_text(text)
        else:
            path.unlink()

    by_hand = project / "docs/api/mine.rst"
    by_hand.write_text("Mine\n====\n")
    shutil.rmtree(project / "src/demo/sub")
    init = project / "src/demo/__init__.py"
    kept = init.read_text().replace("from . import a, sub", "from . import a")
    init.write_text(kept.replace(', "sub"', ""))
    build(project)
    assert not (project / "docs/api/demo/sub.rst").exists()
    assert by_hand.read_text() == "Mine\n====\n"
    assert documented(project, "demo") == {"a", "x"}


# ---- Updates ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_switching_it_on_and_off(template: Path, tmp_path: Path) -> None:
    """On brings the first pages once and a lock that builds them; off deletes no page; on again touches none."""
    newer = tmp_path / "newer"
    run("git", "clone", "--quiet", template, newer, cwd=tmp_path)
    project = tmp_path / "demo"
    copier("copy", "--defaults", newer, project, cwd=tmp_path)
    with (project / "requirements_dev.txt").open("a") as file:
        file.write("tomli-w\n")
    git(project, "init", "--quiet")
    commit(project)

    def update(docs: bool | None = None) -> tuple[str, dict[str, bytes]]:
        answer = [] if docs is None else [f"--data=docs={str(docs).lower()}"]
        _, said = copier("update", "--defaults", *answer, project, cwd=tmp_path)
        run(sys.executable, ".standard/conflicts.py", cwd=project)
        commit(project)
        return said, contents(project)

    said, files = update(docs=True)
    assert f"bootstrap {BUILD}\n" in said
    assert {*YOURS, *OURS} <= files.keys()
    assert files["requirements_dev.txt"].endswith(
        b"_docs.txt\n-r .standard/requirements_tools.txt\ntomli-w\n"
    )
    done = run("./bootstrap", *BUILD.split(), cwd=project, env={"CI": ""})
    assert "renewing it" in done.stderr
    assert (project / "build/html/index.html").exists()
    assert git(project, "status", "--porcelain").split() == [
        "M",
        "requirements_lock.txt",
    ]
    commit(project)

    with (project / "docs/index.md").open("a") as file:
        file.write("\n## Mine\n")
    with (project / "docs/conf.py").open("a") as file:
        file.write('html_title = "Mine"\n')
    (project / "docs/usage.md").write_text("---\norphan: true\n---\n# Usage\n")
    commit(project)
    mine = {
        path: text
        for path, text in contents(project).items()
        if path.startswith("docs/")
        and not path.endswith(("CONTRIBUTING.md", "SECURITY.md"))
    }
    for path in (
        ("", "docs{% endif %}/index.md"),
        (".standard/", "api_pages.py{% endif %}"),
    ):
        found = newer / "template" / f"{path[0]}{{% if docs %}}{path[1]}"
        found.write_text(found.read_text() + "\n# New\n")
    commit(newer, "1.1.0")

    def pages(files: dict[str, bytes]) -> dict[str, bytes]:
        return {path: files[path] for path in mine if path in files}

    _, files = update()
    assert files[".standard/api_pages.py"].endswith(b"# New\n")
    assert pages(files) == mine
    said, files = update(docs=False)
    assert "docs/: delete conf.py and the pages if you no longer want them" in said
    assert not {*OURS} & files.keys()
    assert b"requirements_docs" not in files["requirements_dev.txt"]
    assert pages(files) == {**mine}
    (project / "docs/index.md").unlink()
    commit(project)
    _, files = update(docs=True)
    assert {*OURS, "docs/index.md"} <= files.keys()
    assert pages(files) | {"docs/index.md": b""} == mine | {"docs/index.md": b""}
    assert os.access(project / "bootstrap", os.X_OK)
