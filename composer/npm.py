"""Gets packages from npm, at fixed versions whose content is verified."""

import base64
import hashlib
import tarfile
from pathlib import Path

from .programs import ComposerError, need, run

# name: version, integrity as npm states it
PINNED = {
    "pyodide": (
        "314.0.7",
        "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A==",
    ),
    "@highlightjs/cdn-assets": (
        "11.12.0",
        "sha512-KvOKXODaiFmId9xaq3xc5xCL66wVLUuOngDbO9B/kewbFTqdGbn2nJxNhN3H5R1cgDTVj6R8vH0zgiNDEGjpDw==",
    ),
    # Only the tests use it: it looks for what keeps people out of a page.
    "axe-core": (
        "4.14.1",
        "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    ),
}


def unpack(name: str, folder: Path) -> Path:
    """Download a package, verify it, and return the folder below `folder` that holds its files.

    Raises:
        ComposerError: If npm is missing, the download fails, or its content is not the expected one.
    """
    version, integrity = PINNED[name]
    npm = need("npm", "to get Pyodide and highlight.js")
    target = folder / name.replace("/", "-")
    target.mkdir(parents=True)
    # npm's cache serves what was downloaded before, without the network.
    options = ["--silent", "--prefer-offline", "--ignore-scripts"]
    spec = f"{name}@{version}"
    run(npm, "pack", *options, spec, doing=f"downloading {spec} with npm", cwd=target)
    (archive,) = target.glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != integrity:
        raise ComposerError(
            f"{spec} from npm has the integrity sha512-{digest}, not the pinned {integrity}: do not use it"
        )
    with tarfile.open(archive) as opened:
        opened.extractall(target, filter="data")
    return target / "package"
