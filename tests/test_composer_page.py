"""The composer's page, in Chromium."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import NEXT, RELEASES, commit, copier, git, released, run
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from support.browsing import (
    Page,
    built,
    copied,
    files_in,
    files_of,
    needs_browser,
    once,
    shared,
    shown,
    unzip,
)
from support.forms import CHANGES, every_kind, prompted
from support.organisations import organise

from composer import npm
from composer.chromium import wait_for_rendering

pytestmark = [pytest.mark.slow, needs_browser]


@pytest.fixture(scope="session")
def plinth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone with the releases and the working tree, the same one for all worker processes."""
    return once(shared(tmp_path_factory) / "composer/plinth", released)


@pytest.fixture(scope="session")
def site(plinth: Path) -> Path:
    """Return a site of the working tree and of the last release before it."""
    site = plinth.parent / "site"
    return once(site, lambda site: built(plinth, site, NEXT, RELEASES[-1]))


@pytest.fixture(scope="session")
def page(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Return the page in a browser."""
    with shown(site, tmp_path_factory.mktemp("page")) as page:
        yield page


@pytest.fixture(autouse=True)
def _no_errors(page: Page) -> Iterator[None]:
    """Fail where the browser's console says that something is wrong, except where a test looks for that."""
    yield
    assert page.errors() == []


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the program of axe-core."""
    return (
        npm.unpack("axe-core", tmp_path_factory.mktemp("axe")) / "axe.min.js"
    ).read_text()


PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
VARIED = {
    "project_name": "Wave läb 'n more",
    "starter": "fastapi",
    "license": "Apache-2.0",
    "exports": "eager",
    "docs": "true",
}


@pytest.mark.parametrize("answers", [{}, VARIED], ids=["defaults", "varied"])
def test_the_zip_is_what_copier_copies(
    page: Page, plinth: Path, tmp_path: Path, answers: dict[str, str]
) -> None:
    page.open(**answers)
    archive = page.download()
    expected = copied(plinth, NEXT, tmp_path / archive.stem, answers)
    assert files_in(archive) == expected


def test_an_older_release_updates_cleanly(
    page: Page, plinth: Path, tmp_path: Path
) -> None:
    """A downloaded project is as good as a copied one: the real `copier update` takes over."""
    older = RELEASES[-1]
    answers = {"project_name": "Wave lab", "starter": "cli"}
    page.open(**answers)
    Select(page.find("#version")).select_by_visible_text(older)
    page.wait(lambda: older in page.run("return location.search"))
    wait_for_rendering(page.driver)
    archive = page.download()
    made = tmp_path / "unzipped"
    unzip(archive, made)
    copied(plinth, older, tmp_path / "wave-lab", answers)
    updated = []
    for folder in (made / "wave-lab", tmp_path / "wave-lab"):
        git(folder, "init", "--quiet", "--initial-branch=main")
        commit(folder)
        copier("update", "--quiet", "--defaults", folder, cwd=tmp_path)
        run(sys.executable, ".standard/conflicts.py", cwd=folder)
        assert f"_commit: {NEXT}" in (folder / ".copier-answers.yml").read_text()
        updated.append(files_of(folder))
    assert updated[0] == updated[1]


def test_a_refused_answer_says_why_at_its_field(page: Page) -> None:
    page.open(project_name="Wave lab")
    page.answer("package_name", "class")
    assert "Python keyword" in page.text("#package_name-error")
    field = page.find("#package_name")
    assert field.get_attribute("aria-invalid") == "true"
    assert field.get_attribute("aria-describedby") == "package_name-error"
    assert not page.find("#download").is_enabled()
    assert "src/wave_lab/__init__.py" in page.files()
    page.answer("package_name", "waves")
    assert page.text("#package_name-error") == ""
    assert "src/waves/__init__.py" in page.files()
    assert page.find("#download").is_enabled()
    page.answer("package_name", None)
    assert "src/wave_lab/__init__.py" in page.files()


def test_a_hostile_link_is_text(page: Page) -> None:
    page.open(
        "#project_name=%3Cimg%20src%3Dx%20onerror%3Dwindow.hacked%3D1%3E&constructor=1&__proto__=2"
        "&born=3&description=%7B%7B7*7%7D%7D%3Cscript%3Ewindow.hacked%3D1%3C/script%3E&starter=%22%3E%3Cb%3E&docs=%00"
    )
    assert page.run("return window.hacked ?? null") is None
    assert (
        page.run("return document.querySelectorAll('img, b, main script').length") == 0
    )
    assert (
        page.find("#description").get_attribute("value").startswith("{{7*7}}<script>")
    )
    assert "{{7\\*7}}\\<script>" in page.text("#content")
    assert page.errors() == []


def test_the_page_asks_what_the_prompt_asks(
    page: Page, plinth: Path, tmp_path: Path
) -> None:
    """After each change of one answer, the form in the browser shows the real prompt's questions."""
    page.open()
    for answers in CHANGES:
        for name, value in answers.items():
            page.answer(name, value)
        shown = page.run(
            "return [...document.querySelectorAll('#questions > *')].map((box) => "
            "[box.dataset.name, box.querySelector('.help').textContent])"
        )
        asked = prompted(plinth, tmp_path / "my-project", answers)
        assert shown == [list(question[:2]) for question in asked]
        for name in answers:
            page.answer(name, None)


def test_everything_works_by_keyboard(page: Page, plinth: Path, tmp_path: Path) -> None:
    page.open()
    keys = ActionChains(page.driver)
    page.run("document.activeElement.blur()")

    def press(*pressed: str) -> None:
        keys.send_keys(*pressed).perform()

    def focus(selector: str) -> None:
        for _ in range(150):
            press(Keys.TAB)
            if page.run(
                "return document.activeElement.matches(arguments[0])", selector
            ):
                return
        pytest.fail(f"no key leads to {selector}")

    focus("#project_name")
    before = page.rendered()
    press("Wave lab")
    page.wait(
        lambda: page.rendered() > before and "src/wave_lab/__init__.py" in page.files()
    )
    # The focus stays, and so does what was typed.
    assert page.run("return document.activeElement.id") == "project_name"
    assert page.find("#project_name").get_attribute("value") == "Wave lab"
    focus("[name=starter]:checked")
    press(Keys.ARROW_DOWN)
    page.wait(lambda: "src/wave_lab/__main__.py" in page.files())
    assert page.run("return document.activeElement.value") == "cli"
    focus("#more > summary")
    press(Keys.ENTER)
    focus("#docs")
    press(Keys.SPACE)
    page.wait(lambda: "docs/conf.py" in page.files())
    focus("#tree [data-path='src/wave_lab/__init__.py']")
    press(Keys.ENTER)
    assert page.text("#path") == "src/wave_lab/__init__.py"
    focus("#download")
    page.clear_downloads()
    press(Keys.ENTER)
    archive = page.downloaded()
    answers = {"project_name": "Wave lab", "starter": "cli", "docs": "true"}
    assert files_in(archive) == copied(plinth, NEXT, tmp_path / archive.stem, answers)


def test_a_reload_restores_what_was_there(page: Page) -> None:
    page.open()
    page.answer("project_name", "Wave lab")
    page.answer("starter", "flask")
    page.click("[data-path='src/wave_lab/__init__.py']")
    page.driver.refresh()
    page.wait(lambda: page.rendered() > 0, 120)
    assert page.find("#project_name").get_attribute("value") == "Wave lab"
    assert page.text("#path") == "src/wave_lab/__init__.py"
    assert page.find("[name=starter]:checked").get_attribute("value") == "flask"


def test_the_reader_stays_where_they_were(page: Page) -> None:
    """An answer elsewhere does not scroll; a renamed package renames the shown file's folder."""
    page.open(starter="flask")
    page.click("[data-path='requirements_lock.txt']")
    page.run("document.getElementById('text').scrollTop = 100")
    page.answer("license", "ISC")
    assert page.run("return document.getElementById('text').scrollTop") == 100
    page.click("[data-path='src/my_project/__init__.py']")
    page.answer("project_name", "Wave lab")
    assert page.text("#path") == "src/wave_lab/__init__.py"
    page.click("[data-path='requirements_lock.txt']")
    assert page.run("return document.getElementById('text').scrollTop") == 100


def test_changed_files_are_marked(page: Page) -> None:
    page.open()
    page.answer("license", "ISC")
    marked = page.run(
        "return [...document.querySelectorAll('#tree .changed, #tree .new')].map((one) => one.dataset.path)"
    )
    assert {"LICENSE", "pyproject.toml"} <= set(marked)
    assert "CHANGELOG.md" not in marked


def test_modules_are_edited_as_a_list(page: Page) -> None:
    page.open()
    page.answer("modules", "formats.wave:Wave")
    page.run("document.querySelector('.modules').open = true")
    tree = "return document.querySelector('.package').innerText.split('\\n').filter(Boolean)"
    assert page.run(tree) == ["formats/", "wave.py: Wave"]
    page.click(".modules > div > button")
    names = page.find("[data-key=names-1]")
    names.send_keys("one, two")
    page.wait(lambda: "one,two" in page.find("#modules").get_attribute("value"))
    assert (
        page.find("#modules").get_attribute("value")
        == "formats.wave:Wave module1:one,two"
    )
    assert page.run("return document.activeElement.dataset.key") == "names-1"
    page.wait(lambda: "src/my_project/module1.py" in page.files())
    page.click("[aria-label='Remove module 1']")
    page.wait(lambda: "src/my_project/formats/wave.py" not in page.files())
    assert page.run(tree) == ["module1.py: one, two"]


def test_a_phone_shows_it_all(page: Page) -> None:
    with page.emulated("Emulation.setDeviceMetricsOverride", PHONE):
        page.open(project_name="Wave lab " * 8)
        for details in ("#more", "#shown", "#next", ".modules"):
            page.run("document.querySelector(arguments[0]).open = true", details)
        wide = (
            "return [...document.querySelectorAll('body *')].filter((one) => !one.closest('pre, nav, code') "
            "&& one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 80))"
        )
        assert page.run(wide) == []
        assert (
            page.run("return document.scrollingElement.scrollWidth") <= PHONE["width"]
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out(page: Page, axe: str, scheme: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    with page.emulated("Emulation.setEmulatedMedia", {"features": features}):
        page.open()
        page.answer("package_name", "class")
        page.answer("license", "ISC")
        for details in ("#more", "#shown", "#next", ".modules"):
            page.run("document.querySelector(arguments[0]).open = true", details)
        page.run(axe)
        found = page.driver.execute_async_script(
            "axe.run().then((found) => arguments[0](found.violations.map("
            "(one) => [one.id, one.nodes.map((node) => [node.html.slice(0, 200), node.failureSummary])])))"
        )
        assert found == []


def test_no_layout_jumps_while_python_loads(page: Page) -> None:
    page.open()
    shift = page.driver.execute_async_script(
        "const done = arguments[0]; let sum = 0;"
        "new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value; })"
        ".observe({ type: 'layout-shift', buffered: true }); setTimeout(() => done(sum), 200);"
    )
    assert shift < 0.02


def test_nothing_is_asked_of_another_server(page: Page) -> None:
    """The page, its worker included, loads all from its own folder, under a policy that forbids the rest."""
    page.open()
    page.download()
    names = page.run(
        "return performance.getEntriesByType('resource').map((one) => one.name)"
    )
    assert names
    assert [
        name for name in names if not name.startswith((page.address, "data:"))
    ] == []
    page.run("fetch('https://example.org/').catch(() => {})")
    assert "Content Security Policy" in page.next_error()


def test_a_browser_without_webassembly_is_told_the_command(
    page: Page, plinth: Path
) -> None:
    script = {"source": "delete globalThis.WebAssembly"}
    added = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", script)
    try:
        page.driver.get("about:blank")
        page.driver.get(page.address)
        page.wait(lambda: page.find("#unsupported").is_displayed())
        assert f"copier copy --vcs-ref {NEXT} {plinth} my-project" in page.text(
            "#unsupported"
        )
        # The defaults can be read all the same.
        page.wait(lambda: "README.md" in page.files())
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_the_link_holds_the_answers(page: Page) -> None:
    answers = {"project_name": "Wave läb & more", "docs": "true", "ci": "gitlab"}
    page.open()
    for name, value in answers.items():
        page.answer(name, value)
    link = page.run("return location.href")
    page.driver.get("about:blank")
    page.driver.get(link)
    page.wait(lambda: page.rendered() > 0, 120)
    assert page.find("#project_name").get_attribute("value") == answers["project_name"]
    assert ".gitlab-ci.yml" in page.files()
    assert "docs/conf.py" in page.files()


# ---- Pages of other templates ------------------------------------------------------------------------------------------


def test_an_organisation_has_its_page(
    plinth: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "protocol.file.allow")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "always")
    organisation = organise(tmp_path / "standard", plinth)
    site = built(organisation, tmp_path / "site")
    with shown(site, tmp_path / "page") as page:
        answers = {"project_name": "Wave lab", "starter": "cli"}
        page.open(**answers)
        assert page.text("h1") == "New project from standard"
        assert not page.run("return document.getElementById('license')")
        archive = page.download()
        expected = copied(organisation, "2026.11.0", tmp_path / archive.stem, answers)
        assert files_in(archive) == expected
        assert page.errors() == []


def test_another_template_has_its_page(tmp_path: Path) -> None:
    template = every_kind(tmp_path / "other")
    site = built(template, tmp_path / "site")
    with shown(site, tmp_path / "page") as page:
        page.open(name="x y")
        page.answer("count", "2")
        disabled = page.find("[name=level][value='2']")
        assert not disabled.is_enabled()
        page.answer("count", "5")
        page.answer("level", "2")
        page.answer("long", "a\nb")
        before = page.rendered()
        page.click("[name=tags][value=one]")
        page.wait(lambda: page.rendered() > before)
        assert "word" not in page.run("return location.hash")
        archive = page.download()
        answers = {
            "name": "x y",
            "count": "5",
            "level": "2",
            "long": "a\nb",
            "tags": '["one", "two"]',
        }
        expected = copied(template, "1.0.0", tmp_path / archive.stem, answers)
        assert files_in(archive) == expected
        assert page.errors() == []
