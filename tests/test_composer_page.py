"""The composer's page, in Chromium."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import (
    Page,
    built,
    copied,
    files_in,
    needs_browser,
    once,
    opened_browser,
    shared,
)
from conftest import NEXT, RELEASES, released

from composer.serve import server

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
    """Return the page, served as a static host does, below a path."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "www").mkdir()
    (folder / "www/below").symlink_to(site)
    served = server(folder / "www")
    threading.Thread(target=served.serve_forever, daemon=True).start()
    downloads = folder / "downloads"
    driver = opened_browser(folder / "profile", downloads)
    yield Page(driver, f"http://127.0.0.1:{served.server_port}/below/", downloads)
    driver.quit()
    served.shutdown()
    served.server_close()


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
