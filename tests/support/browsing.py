"""What the composer's tests share: a built site, a browser, and reading a project's files."""

import fcntl
import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from conftest import ROOT, copier, run
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from composer.chromium import open_browser, served, wait_for_rendering

PROGRAMS = ("chromium", "chromedriver", "node", "npm")
MISSING = [program for program in PROGRAMS if not shutil.which(program)]
needs_browser = pytest.mark.skipif(
    bool(MISSING), reason=f"there is no {', '.join(MISSING)}"
)
Files = dict[str, tuple[bytes, bool]]  # content, and whether it is executable


def built(template: Path, site: Path, *versions: str) -> Path:
    """Build a site for a template with the command that a user runs."""
    chosen = [f"--version={version}" for version in versions]
    command = [sys.executable, "-m", "composer", "build", str(site)]
    run(*command, f"--template={template}", *chosen, cwd=ROOT)
    return site


def once(folder: Path, make: Callable[[Path], Any]) -> Path:
    """Make a folder once for all worker processes of a session."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            make(folder)
    return folder


def shared(factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all worker processes of a session share."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


class Page:
    """The composer's page in Chromium."""

    def __init__(self, driver: webdriver.Chrome, address: str, downloads: Path) -> None:
        """Keep the browser and where the site is."""
        self.driver, self.address, self.downloads = driver, address, downloads

    def open(self, query: str = "", /, **answers: str) -> None:
        """Open the page again, and wait until it has rendered the answers."""
        self.driver.get("about:blank")
        fragment = f"#{urlencode(answers)}" if answers else ""
        self.driver.get(f"{self.address}{query}{fragment}")
        wait_for_rendering(self.driver)

    def rendered(self) -> int:
        """Return how often the page has come to rest after rendering."""
        script = "return document.documentElement.dataset.rendered ?? 0"
        return int(self.run(script))

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition: Callable[[], object], seconds: float = 30) -> None:
        """Wait until a condition holds."""
        WebDriverWait(self.driver, seconds, poll_frequency=0.05).until(
            lambda _: condition()
        )

    def find(self, selector: str) -> Any:
        """Return the element of a selector."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """Return the text of an element, hidden or not."""
        return str(
            self.run(
                "return document.querySelector(arguments[0]).textContent", selector
            )
        )

    def answer(self, name: str, value: str | None) -> None:
        """Answer a question as a person would, or take its default back, and wait until it is rendered."""
        before = self.rendered()
        self.run(ANSWER, name, value)
        self.wait(lambda: self.rendered() > before)

    def files(self) -> list[str]:
        """Return the paths of the files in the tree."""
        script = "return [...document.querySelectorAll('#tree button')].map((one) => one.dataset.path)"
        return list(self.run(script))

    def click(self, selector: str) -> None:
        """Click an element, wherever it is on the page."""
        self.run("document.querySelector(arguments[0]).click()", selector)

    @contextmanager
    def emulated(self, command: str, settings: dict[str, Any]) -> Iterator[None]:
        """Let the browser be another one for a while, by a command of the DevTools protocol."""
        self.driver.execute_cdp_cmd(command, settings)
        try:
            yield
        finally:
            undo = command.replace("setDevice", "clearDevice")
            self.driver.execute_cdp_cmd(undo, {})

    def clear_downloads(self) -> None:
        """Forget earlier downloads."""
        shutil.rmtree(self.downloads, ignore_errors=True)
        self.downloads.mkdir()

    def download(self) -> Path:
        """Click the button and return the downloaded zip."""
        self.clear_downloads()
        self.click("#download")
        return self.downloaded()

    def downloaded(self) -> Path:
        """Return the zip that is being downloaded, when it is there."""
        self.wait(lambda: list(self.downloads.glob("*.zip")))
        (path,) = self.downloads.glob("*.zip")
        return path

    def next_error(self) -> str:
        """Wait for the console to say that something is wrong, and return that."""
        found: list[str] = []

        def look() -> bool:
            found.extend(self.errors())
            return bool(found)

        self.wait(look)
        return found[0]

    def errors(self) -> list[str]:
        """Return what the browser's console says is wrong."""
        entries: list[dict[str, str]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        wrong = [entry for entry in entries if entry["level"] in ("WARNING", "SEVERE")]
        return [entry["message"] for entry in wrong]


# Sets a field and tells the page, for any kind of field.
ANSWER = """
const [name, value] = arguments;
const box = document.querySelector(`[data-name="${name}"]`);
box.closest("details")?.setAttribute("open", "");
if (value === null) { box.querySelector(".reset").click(); return; }
const radio = [...box.querySelectorAll("[type=radio]")].find((input) => input.value === value);
if (radio) { radio.click(); return; }
const input = document.getElementById(name);
if (input.type === "checkbox") { if (String(input.checked) !== value) input.click(); return; }
input.focus();
input.value = value;
input.dispatchEvent(new Event(input.matches("select") ? "change" : "input", { bubbles: true }));
"""


@contextmanager
def shown(site: Path, folder: Path) -> Iterator[Page]:
    """Serve a site as a static host does, below a path, and open a browser."""
    (folder / "www").mkdir(parents=True)
    (folder / "www/below").symlink_to(site)
    downloads = folder / "downloads"
    driver = open_browser(folder / "profile", downloads)
    try:
        with served(folder / "www") as address:
            yield Page(driver, f"{address}below/", downloads)
    finally:
        driver.quit()


def files_of(folder: Path) -> Files:
    """Return the files of a project, without git's."""
    return {
        path.relative_to(folder).as_posix(): (
            path.read_bytes(),
            bool(path.stat().st_mode & 0o111),
        )
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def files_in(archive: Path) -> Files:
    """Return the files in a downloaded zip, whose one folder has the zip's name."""
    with zipfile.ZipFile(archive) as opened:
        found: Files = {}
        for entry in opened.infolist():
            folder, _, name = entry.filename.partition("/")
            assert folder == archive.stem
            executable = bool(entry.external_attr >> 16 & 0o111)
            found[name] = (opened.read(entry), executable)
        return found


def unzip(archive: Path, folder: Path) -> None:
    """Unpack a zip with its modes, as the program unzip does."""
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            path = Path(opened.extract(entry, folder))
            path.chmod(entry.external_attr >> 16 & 0o777)


def copied(
    template: Path, version: str, folder: Path, answers: dict[str, str]
) -> Files:
    """Return what `copier copy` makes of a release and some answers."""
    data = [f"--data={name}={value}" for name, value in answers.items()]
    options = ["--quiet", "--defaults", f"--vcs-ref={version}", *data]
    copier("copy", *options, template, folder, cwd=folder.parent)
    return files_of(folder)
