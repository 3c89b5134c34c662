"""Folders kept in step: what is added, changed or deleted there is soon so in the index."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from rag.errors import RagError

logger = logging.getLogger(__name__)

#: Reads one folder anew; raises a `RagError` if that cannot be done now.
TakeIn = Callable[[Path], None]
#: Told what is wrong with a folder, and with ``None`` that nothing is any more.
OnTrouble = Callable[[Path, str | None], None]

# A file that is being copied changes many times: read once it has been still for so long, or at last after so long.
_QUIET_MS = 300
_LATEST_MS = 3_000
# What failed is tried again even if nothing changes: the disk may have room again, the other program be done.
_AGAIN_S = 5.0


def watch_folders(
    folders: Sequence[Path],
    take_in: TakeIn,
    *,
    stop: threading.Event,
    on_trouble: OnTrouble | None = None,
    again_s: float = _AGAIN_S,
) -> None:
    """Keep folders in step until ``stop`` is set: all of each at once, then each whenever something in it changes.

    Args:
        folders: Each with everything below it. One that is not there is waited for.
        take_in: Usually `rag.ingest_paths` with ``prune=True``; called in this thread. A file it could not
            read because it was half written is read again when it changes.
        stop: Ends the watching, at the latest after the folder that is being read.
        on_trouble: Told why a folder could not be read; without it that is logged.
        again_s: Seconds until what failed is tried again.
    """
    watchers = [
        threading.Thread(
            target=_Watcher(folder, take_in, stop, on_trouble or _log, again_s).run,
            name=f"watch {folder}",
            daemon=True,
        )
        for folder in _outermost(folders)
    ]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()


class _Watcher:
    def __init__(
        self,
        folder: Path,
        take_in: TakeIn,
        stop: threading.Event,
        on_trouble: OnTrouble,
        again_s: float,
    ) -> None:
        self._folder = folder
        self._take_in = take_in
        self._stop = stop
        self._on_trouble = on_trouble
        self._again_s = again_s
        self._failed = False

    def run(self) -> None:
        """Until told to stop: also when the folder goes and comes back."""
        while not self._stop.is_set():
            try:
                self._watch()
            except OSError as error:  # it is not there, or there are too many folders to watch
                self._fail(
                    f"{self._folder} cannot be watched ({error.strerror or error}). Check that it is there and "
                    "may be read; it is tried again."
                )
                self._stop.wait(self._again_s)

    def _watch(self) -> None:
        from watchfiles import watch

        changes = watch(
            self._folder,
            watch_filter=self._counts,
            debounce=_LATEST_MS,
            step=_QUIET_MS,
            stop_event=self._stop,
            rust_timeout=int(self._again_s * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
        )
        self._read()
        # Watching begins with the first step; what changed before it is seen by reading once more after it.
        unseen = True
        for found in changes:
            if self._stop.is_set():
                return
            if found or self._failed or unseen:
                self._read()
            unseen = False
            if not self._folder.is_dir():
                raise FileNotFoundError(2, "No such file or directory", str(self._folder))

    def _read(self) -> None:
        try:
            self._take_in(self._folder)
        except RagError as error:
            self._fail(str(error))
        except Exception:
            logger.exception("%s could not be read", self._folder)
            self._fail(f"{self._folder} could not be read; the terminal shows why.")
        else:
            self._failed = False
            self._on_trouble(self._folder, None)

    def _counts(self, _: object, path: str) -> bool:
        """Whether a change matters: hidden files and folders are not read."""
        try:
            inside = Path(path).relative_to(self._folder)
        except ValueError:
            return True
        return not any(part.startswith(".") for part in inside.parts)

    def _fail(self, reason: str) -> None:
        self._failed = True
        self._on_trouble(self._folder, reason)


def _outermost(folders: Sequence[Path]) -> list[Path]:
    """Each folder once, without those inside others."""
    whole = dict.fromkeys(folder.expanduser().resolve() for folder in folders)
    return [one for one in whole if not any(other in one.parents for other in whole)]


def _log(_: Path, reason: str | None) -> None:
    if reason:
        logger.warning("%s", reason)
