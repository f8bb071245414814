"""The first steps of somebody who knows Scrapy, in a new project of its starter."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import NEXT, born, commit, copier, git, run
from support.environments import (
    all_checks,
    in_project,
    installed_alone,
    make_project,
)
from support.files import edit

pytestmark = pytest.mark.slow

QUICK = ["-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=False"]
TEMPLATES = {
    "basic": "parse(page)",
    "crawl": "parse_item(page)",
    "csvfeed": "parse_row(page, {'title': 'Shop'})",
    "xmlfeed": "parse_node(page, page.selector)",
}
SPIDER_TEST = """\
from scrapy.http import HtmlResponse

import demo

URL = "https://shop.example/"


def test_it_reads_the_title() -> None:
    page = HtmlResponse(URL, body=b"<title>Shop</title>")
    (item,) = demo.spiders.ShopSpider().parse(page)
    assert item == {"url": URL, "title": "Shop"}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("scrapy"), "scrapy")


@pytest.fixture(scope="module")
def shop(project: Path) -> Iterator[str]:
    """Serve the shop of the project's tests and return its address."""
    serve = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "0"]
    with subprocess.Popen(
        [*serve, "--directory", project / "tests/site"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout
        yield server.stdout.readline().split("(")[1].partition(")")[0]
        server.terminate()


def crawl(shop: str, output: Path) -> list[str]:
    return ["scrapy", "crawl", "books", "-a", f"url={shop}", "-O", str(output), *QUICK]


def test_list_and_settings(project: Path) -> None:
    assert in_project(project, "scrapy", "list") == (0, "books\n", "")
    _, out, _ = in_project(project, "scrapy", "settings", "--get", "BOT_NAME")
    assert out == "demo\n"


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_crawl_into_a_file(
    project: Path, shop: str, tmp_path: Path, suffix: str
) -> None:
    output = tmp_path / f"books.{suffix}"
    _, _, log = in_project(project, *crawl(shop, output))
    assert "INFO: Spider opened" in log
    assert "A Light in the Attic — poems" in output.read_text(encoding="utf-8")


def test_fetch_and_parse_a_page(project: Path, shop: str) -> None:
    page = f"{shop}attic.html"
    _, out, _ = in_project(project, "scrapy", "fetch", "--nolog", page)
    assert "<h1>A Light in the Attic" in out
    words = [
        "--nolog",
        "--spider",
        "books",
        "-a",
        f"url={shop}",
        "-c",
        "parse_book",
        page,
    ]
    _, out, _ = in_project(project, "scrapy", "parse", *words)
    assert "a897fe39b1053632" in out


def test_every_template_of_genspider_gives_a_clean_spider(project: Path) -> None:
    _, out, _ = in_project(project, "scrapy", "genspider", "--list")
    assert out.split()[2:] == list(TEMPLATES)
    spiders = project / "src/demo/spiders"
    for template, call in TEMPLATES.items():
        words = ["genspider", "-t", template, f"a_{template}", "shop.example"]
        in_project(project, "scrapy", *words)
        code = "from scrapy.http import HtmlResponse\n"
        code += (
            f"from demo.spiders.a_{template} import A{template.title()}Spider as It\n"
        )
        code += (
            "page = HtmlResponse('https://a.example/', body=b'<title>Shop</title>')\n"
        )
        code += (
            f"item = It().{call}\nprint(item if isinstance(item, dict) else [*item])"
        )
        assert "'title': 'Shop'" in in_project(project, "python", "-c", code)[1]
    _, names, _ = in_project(project, "scrapy", "list")
    assert names.split() == [*(f"a_{name}" for name in TEMPLATES), "books"]
    for command in (["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]):
        in_project(project, *command)
    for template in TEMPLATES:
        (spiders / f"a_{template}.py").unlink()


def test_a_new_spider_and_a_new_field_leave_all_checks_green(project: Path) -> None:
    in_project(project, "scrapy", "genspider", "shop", "shop.example")
    tests = ["-q", "-p", "no:cacheprovider", ".standard/test_exports.py"]
    status, out, _ = in_project(project, "pytest", *tests, check=False)
    assert status == 1
    assert "spiders/__init__.py" in out

    path = project / "src/demo/spiders/__init__.py"
    edit(
        path,
        '["BooksSpider", "books"]',
        '["BooksSpider", "ShopSpider", "books", "shop"]',
    )
    edit(path, "import books\n", "import books, shop\n")
    edit(path, "BooksSpider\n", "BooksSpider\n    from .shop import ShopSpider\n")
    edit(path, '": "books",', '": "books",\n            "ShopSpider": "shop",')
    (project / "tests/test_shop.py").write_text(SPIDER_TEST)
    stock = "    stock: int | None = None\n"
    tax = "    tax: Decimal | None = Decimal(0)\n"
    edit(project / "src/demo/items.py", stock, stock + tax)
    level = 'LOG_LEVEL = "INFO"\n'
    edit(project / "src/demo/settings.py", level, level + "DEPTH_LIMIT = 3\n")
    all_checks(project)


def test_the_wheel_crawls_in_a_clean_environment(
    project: Path, shop: str, tmp_path: Path
) -> None:
    fresh = installed_alone(project)
    output = tmp_path / "books.json"
    scrapy, *words = crawl(shop, output)
    settings = {"SCRAPY_SETTINGS_MODULE": "demo.settings"}
    run(fresh / "bin" / scrapy, *words, cwd=tmp_path, env=settings)
    (book,) = json.loads(output.read_text(encoding="utf-8"))
    assert book["upc"] == "a897fe39b1053632"


def test_an_update_of_an_older_project_brings_no_scrapy_cfg(
    history: Path, tmp_path: Path
) -> None:
    project = born(history, "1.4.0", tmp_path / "old", {"starter": "scrapy"})
    commit(project)
    command = ("update", "--quiet", "--defaults", f"--vcs-ref={NEXT}")
    copier(*command, project, cwd=project)
    changed = git(project, "status", "--porcelain", "--untracked-files=all")
    assert ".copier-answers.yml" in changed
    assert not (project / "scrapy.cfg").exists()
    assert "scrapy.cfg" not in (project / "MANIFEST.in").read_text()
    assert " src/" not in changed
    assert "per-file-ignores" not in (project / "pyproject.toml").read_text()
