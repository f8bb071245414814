"""Opens the page in Chromium: for screenshots, tests and benchmarks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from .programs import need
from .serve import server

# As root, Chromium runs only without its sandbox. The others keep it from asking servers for updates.
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=1360,860",
)


def open_browser(profile: Path, downloads: Path) -> webdriver.Chrome:
    """Start Chromium with a profile of its own, which saves downloads in a folder.

    Raises:
        ComposerError: If Chromium or its driver is not there.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = need("chromium", "to open the page")
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    folder = {"download.default_directory": str(downloads)}
    options.add_experimental_option("prefs", folder)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(need("chromedriver", "to drive Chromium"))
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_script_timeout(60)
    return driver


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder for a while, at the address that comes back."""
    with server(folder) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{made.server_port}/"
        finally:
            made.shutdown()


def wait_for_rendering(driver: webdriver.Chrome, seconds: float = 120) -> None:
    """Wait until the page has rendered its answers."""
    script = "return document.documentElement.dataset.rendered > 0"
    WebDriverWait(driver, seconds, poll_frequency=0.05).until(
        lambda _: driver.execute_script(script)
    )
