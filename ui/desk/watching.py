"""Folders that are kept in step with the index while the chat runs."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import rag
from rag import FileOutcome, IngestError, find_files
from ui.desk.reading import AT_ONCE

if TYPE_CHECKING:
    from ui.desk.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A folder that is kept in step.

    Attributes:
        done: While it is read: how many of its files, of ``total``, are settled.
        skipped: Files that cannot be read, and why.
        trouble: Why it cannot be kept in step just now.
    """

    done: int = 0
    total: int = 0
    skipped: tuple[tuple[str, str], ...] = ()
    trouble: str = ""


class Watching:
    """Takes in what is added, changed or deleted there.

    Attributes:
        folders: How each of them stands.
    """

    def __init__(self, desk: Desk) -> None:
        self.folders: dict[Path, Watched] = {}
        self._desk = desk
        self._over = threading.Event()

    def start(self, folders: Sequence[Path]) -> None:
        """Keep folders in step, in the background, until `stop`."""
        if not folders:
            return
        for folder in folders:
            self.folders[folder.expanduser().resolve()] = Watched()
        threading.Thread(
            target=rag.watch_folders,
            args=(folders, self._take_in),
            kwargs={"stop": self._over, "on_trouble": self._trouble},
            name="watch",
            daemon=True,
        ).start()

    def stop(self) -> None:
        """Take nothing more in."""
        self._over.set()

    def _take_in(self, folder: Path) -> None:
        skipped: dict[str, str] = {}
        files = self._to_take_in(folder)
        before = 0

        def on_file(file: FileOutcome) -> None:
            if self._desk.closed:
                raise IngestError("The chat is being closed.")
            if file.outcome == "skipped":
                skipped[file.source] = file.reason
            self.folders[folder] = Watched(
                done=before + file.done, total=len(files), skipped=tuple(skipped.items())
            )

        # Whoever wants to remove a document in between waits no longer than a few files take.
        for before in range(0, len(files), AT_ONCE):
            some = [file for file in files[before : before + AT_ONCE] if os.path.exists(file)]  # noqa: PTH110 - never raises
            told = len(skipped)
            try:
                if some:
                    self._desk.ingest(some, on_file, root=folder)
            except IngestError:
                if self._desk.closed or len(skipped) == told:
                    raise
        self._desk.ingest([folder], prune=True, read=False)
        self.folders[folder] = Watched(skipped=tuple(skipped.items()))
        self._desk.after_reading()

    def _to_take_in(self, folder: Path) -> list[Path]:
        """The files of a folder that is kept in step, without those that hold what was read of them.

        Raises:
            IngestError: there are none, but documents from it; so does the folder of a disk look that is gone.
        """
        try:
            files = [file.path for file in find_files(folder)]
        except IngestError:
            if not folder.is_dir():
                raise
            files = []
        held = [file for file in self._desk.files() if file.path.is_relative_to(folder)]
        if held and not any(file.is_file() for file in files):
            raise IngestError(
                f"{folder} is empty; its documents are kept. Remove them in the list if that is meant."
            )
        same = {file.path for file in held if file.state == "same"}
        return [file for file in files if file not in same]

    def _trouble(self, folder: Path, reason: str | None) -> None:
        if reason is not None:
            self.folders[folder] = Watched(trouble=reason)
