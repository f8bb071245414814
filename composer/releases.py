"""Packs a release of a template as Copier itself would clone it."""

import os
import zipfile
from pathlib import Path
from typing import Any

from copier._template import Template
from copier.errors import UserMessageError

from plinth.addresses import masked

from .programs import ComposerError

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can hold


def pack(address: str, version: str, folder: Path) -> dict[str, Any]:
    """Clone a release, write it to `folder` as COMMIT.zip, and return what Copier asks git about it.

    Without a version, Copier's own rule finds the newest release.

    Raises:
        ComposerError: If the address has credentials, or Copier cannot clone it.
    """
    if masked(address) != address:
        raise ComposerError(
            f"the template's address {masked(address)} has credentials, which the page would publish: leave them out"
        )
    template = Template(url=address, ref=version or None)
    try:
        root = template.local_abspath
        if template.vcs != "git" or not template.commit or not template.commit_hash:
            raise ComposerError(
                f"{address} is not a git repository: give the URL or the absolute path of one"
            )
        name = template.commit_hash[:12]
        archive(root, folder / f"{name}.zip")
        return {
            "name": name,
            "url": address,
            "commit": template.commit,
            "commit_hash": template.commit_hash,
            "version": str(template.version or ""),
        }
    except (OSError, ValueError, UserMessageError) as error:
        raise ComposerError(
            f"cannot read {version or 'the newest release'} of {masked(address)}: {error}"
        ) from error
    except Exception as error:  # plumbum's errors have no common class that it exports
        if isinstance(error, ComposerError):
            raise
        last = str(error).strip().splitlines()[-1]
        raise ComposerError(
            f"cannot clone {version or 'the newest release'} of {masked(address)}: {last}"
        ) from error
    finally:
        template._cleanup()


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
