"""SHA-256 digests of files, remembered until the file's size or time of change differs.

Hashing a model of a gigabyte takes about a second; a start must not.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path

from rag.settings import Settings

log = logging.getLogger(__name__)


def sha256_of(path: Path, settings: Settings, *, fresh: bool) -> str:
    """Digest of a file; ``fresh`` reads the file whatever is remembered."""
    stat = path.stat()
    if not fresh:
        try:
            note = json.loads(_stamp(path, settings).read_text(encoding="utf-8"))
            if (note["size"], note["mtime_ns"]) == (stat.st_size, stat.st_mtime_ns):
                return str(note["sha256"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # none, or not readable: the same as not remembered
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    remember(path, sha256, settings, stat=stat)
    return sha256


def remember(
    path: Path, sha256: str, settings: Settings, *, stat: os.stat_result | None = None
) -> None:
    """Note a file's digest; ``stat`` is the file's from before it was read.

    Only spares work later, so a folder that cannot be written to is no error.
    """
    stat = stat or path.stat()
    stamp = _stamp(path, settings)
    draft = stamp.with_suffix(f".{os.getpid()}")
    note = {"path": str(path), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": sha256}
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(note), encoding="utf-8")
        draft.replace(stamp)
    except OSError as error:
        log.info("The digest of %s will be computed again next time: %s", path, error)


def _stamp(path: Path, settings: Settings) -> Path:
    # One folder for all stamps, so that nothing is written beside a user's own files or into a
    # read-only folder.
    key = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:24]
    return settings.models_dir.expanduser().absolute() / ".stamps" / f"{key}.json"
