"""Times the composer's page in Chromium: `python benchmarks/composer.py SITE`, where SITE was built before.

Cold is a browser with a new profile, warm the same browser at its next visit. Needs Linux: the memory is what the
browser's processes take together, what they share counted once, less what they take for an empty page.
"""

import argparse
import contextlib
import gzip
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver

sys.path[0] = str(
    Path(__file__).parents[1]
)  # this folder has a file of the package's name
from composer.chromium import (  # noqa: E402
    open_browser,
    served,
    wait_for_rendering,
)

PSS = re.compile(r"^Pss:\s+(\d+)", re.MULTILINE)
EDIT = """
const done = arguments[0];
const page = document.documentElement;
const input = document.getElementById("description");
const before = page.dataset.rendered;
const start = performance.now();
input.value += " More.";
input.dispatchEvent(new Event("input"));
const look = () => (page.dataset.rendered === before ? setTimeout(look, 1) : done(performance.now() - start));
look();
"""
MARKS = "return Object.fromEntries(performance.getEntriesByType('mark').map((one) => [one.name, one.startTime]))"
TARGETS = {
    "first preview, s": (0.5, 0.5),
    "ready, s": (5.0, 3.0),
    "one edit, s": (0.3, 0.3),
}


def compressed(site: Path, releases: int) -> float:
    """Return the MB of a visit that loads each file of a site once, compressed by gzip."""
    files = [path for path in site.rglob("*") if path.is_file()]
    if releases > 1:
        raise SystemExit(f"{site} offers {releases} releases: build it with one")
    return sum(len(gzip.compress(path.read_bytes(), 6)) for path in files) / 1e6


def family(driver: webdriver.Chrome) -> tuple[float, float]:
    """Return the CPU seconds and the MB of all processes that the driver's process started."""
    stats: dict[int, list[str]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            stats[int(stat.parent.name)] = fields
    found = {driver.service.process.pid}
    while more := {x for x, y in stats.items() if int(y[1]) in found} - found:
        found |= more
    ticks, kilobytes = 0, 0
    for process in found:
        with contextlib.suppress(OSError):
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            kilobytes += int(PSS.findall(rollup)[0])
            ticks += sum(map(int, stats[process][11:13]))
    return ticks / os.sysconf("SC_CLK_TCK"), kilobytes / 1000


def visit(driver: webdriver.Chrome, address: str) -> dict[str, float]:
    """Open the page, edit one answer, and return the seconds and the memory."""
    driver.get("about:blank")
    time.sleep(1)
    cpu, empty = family(driver)
    driver.get(address)
    wait_for_rendering(driver)
    ready_cpu, _ = family(driver)
    marks = driver.execute_script(MARKS)
    edits = [driver.execute_async_script(EDIT) for _ in range(3)]
    return {
        "first preview, s": marks["preview"] / 1000,
        "ready, s": marks["ready"] / 1000,
        "one edit, s": statistics.median(edits) / 1000,
        "CPU until ready, s": ready_cpu - cpu,
        "memory, MB": family(driver)[1] - empty,
    }


def measure(site: Path, rounds: int) -> list[dict[str, list[float]]]:
    """Return all figures of the cold visits, then those of the warm ones."""
    figures: list[dict[str, list[float]]] = [{}, {}]
    with served(site) as address:
        for _ in range(rounds):
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
                driver = open_browser(Path(profile), Path(profile))
                try:
                    for kind in figures:
                        for name, value in visit(driver, address).items():
                            kind.setdefault(name, []).append(value)
                        kind.setdefault("load", []).append(os.getloadavg()[0])
                finally:
                    driver.quit()
    return figures


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    archives = list((options.site / "releases").glob("*.zip"))
    if not archives:
        parser.error(
            f"{options.site} is not a composer's site: make it with composer build"
        )
    size = compressed(options.site, len(archives))
    print(f"{size:.1f} MB with gzip (at most 12)\n")
    cold, warm = measure(options.site, options.rounds)
    print("| | cold | at most | warm | at most |\n|---|---:|---:|---:|---:|")
    for name in cold:
        limits = TARGETS.get(name, ("", ""))
        first, second = statistics.median(cold[name]), statistics.median(warm[name])
        digits = 2 if name.endswith(", s") else 0
        print(
            f"| {name} | {first:.{digits}f} | {limits[0]} | {second:.{digits}f} | {limits[1]} |"
        )


if __name__ == "__main__":
    main()
