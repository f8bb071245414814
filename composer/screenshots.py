"""Takes the documentation's pictures of a built site."""

import tempfile
from pathlib import Path
from typing import Any

from .chromium import open_browser, served, wait_for_rendering

ANSWERS = "#project_name=Wave+lab&starter=fastapi&license=Apache-2.0"
# name: width and height, the colour scheme, whether it is a phone
PICTURES = {
    "desktop": (1360, 860, "light", False),
    "dark": (1360, 860, "dark", False),
    "phone": (390, 844, "light", True),
}


def take(site: Path, folder: Path) -> None:
    """Write a PNG file for each picture.

    Raises:
        ComposerError: If Chromium or its driver is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile, served(site) as address:
        driver = open_browser(Path(profile), folder)
        try:
            for name, (width, height, scheme, mobile) in PICTURES.items():
                metrics: dict[str, Any] = {
                    "width": width,
                    "height": height,
                    "deviceScaleFactor": 2 if mobile else 1,
                    "mobile": mobile,
                }
                driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
                feature = {"name": "prefers-color-scheme", "value": scheme}
                media = {"features": [feature]}
                driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
                driver.get("about:blank")
                driver.get(f"{address}{ANSWERS}")
                wait_for_rendering(driver)
                driver.save_screenshot(str(folder / f"{name}.png"))
                print(folder / f"{name}.png")
        finally:
            driver.quit()
