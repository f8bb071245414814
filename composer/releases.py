"""Packs a release of a template as Copier itself would clone it."""

import os
import zipfile
from pathlib import Path
from typing import Any

from copier._template import Template
from copier.errors import UserMessageError
from plumbum import ProcessExecutionError

from plinth.addresses import masked

from .programs import ComposerError

UNSAFE = ("jinja_extensions", "tasks")  # what Copier refuses in a copy without --trust
LINK = 0o120000
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can hold


def pack(address: str, version: str, folder: Path) -> dict[str, Any]:
    """Clone a release, write it to `folder` as NAME.zip, and return what Copier asks git about it.

    Without a version, Copier's own rule finds the newest release.

    Raises:
        ComposerError: If the address does not suit a public page, Copier cannot clone it, or it needs --trust.
    """
    if masked(address) != address:
        raise ComposerError(
            f"the template's address {masked(address)} has credentials, which the page would publish: leave them out"
        )
    if Path(address).exists() and not Path(address).is_absolute():
        raise ComposerError(
            f"the template's address {address} is relative, so no project could be updated: give its URL or an absolute path"
        )
    template = Template(url=address, ref=version or None)
    try:
        return _packed(template, folder)
    except ProcessExecutionError as error:
        reason = error.stderr.strip().splitlines()[-1:]
    except (OSError, ValueError, UserMessageError) as error:
        reason = [str(error)]
    finally:
        template._cleanup()
    wanted = version or "the newest release"
    raise ComposerError(f"cannot read {wanted} of {address}: {' '.join(reason)}")


def _packed(template: Template, folder: Path) -> dict[str, Any]:
    root = template.local_abspath
    if template.vcs != "git" or not template.commit or not template.commit_hash:
        raise ValueError("it is not a git repository")
    if wanted := [name for name in UNSAFE if getattr(template, name)]:
        raise ValueError(
            f"it uses {' and '.join(wanted)}, which need --trust, and a page does not run them"
        )
    name = template.commit_hash[:12]
    archive(root, folder / f"{name}.zip")
    return {
        "name": name,
        "url": template.url,
        "commit": template.commit,
        "commit_hash": template.commit_hash,
        "version": str(template.version or ""),
        # Git says that a link is not executable, even where its target is. Copier believes git.
        "links": [
            str(path) for path, mode in template.git_index_modes.items() if mode == LINK
        ],
    }


def archive(root: Path, target: Path) -> None:
    """Zip a checkout without git's own files, with modes and links, the same bytes for the same files."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root)
            if ".git" in name.parts or (path.is_dir() and not path.is_symlink()):
                continue
            entry = zipfile.ZipInfo(name.as_posix(), EPOCH)
            entry.create_system = 3  # Unix, whose modes unpacking reads
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = path.lstat().st_mode << 16
            content = (
                os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            )
            opened.writestr(entry, content)
