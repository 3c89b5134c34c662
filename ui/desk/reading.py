"""Reading files in the background: what waits, what is read, what became of each, for all tabs to see."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from rag import FileOutcome, IndexLocked, IngestError, RagError

if TYPE_CHECKING:
    from ui.desk.desk import Desk

logger = logging.getLogger(__name__)

FileState: TypeAlias = Literal[
    "waiting", "reading", "added", "updated", "unchanged", "skipped", "cancelled"
]
#: States in which nothing more will happen to a file.
SETTLED = frozenset({"added", "updated", "unchanged", "skipped", "cancelled"})

#: So many at a time: whoever wants to remove a document in between waits no longer than these take.
AT_ONCE = 16
_AGAIN_S = 1.0
_LOCKED = "Another program is writing to the index; reading goes on when it has finished."
_UNFORESEEN = "Something unforeseen went wrong; the terminal shows what. Add the files again."


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """One file and how it stands.

    Attributes:
        path: ``None`` for one that never arrived.
        root: Folder that its name is relative to.
        fresh: It has just been uploaded.
        reason: Why it was skipped.
    """

    name: str
    path: Path | None = None
    root: Path | None = None
    fresh: bool = False
    state: FileState = "waiting"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingView:
    """All of it at one moment.

    Attributes:
        revision: Differs after each change.
        trouble: What keeps it from going on, or ended it.
    """

    revision: int = 0
    busy: bool = False
    lines: tuple[FileLine, ...] = ()
    trouble: str = ""

    def count(self, *states: FileState) -> int:
        """How many files are in one of these states."""
        return sum(line.state in states for line in self.lines)

    @property
    def settled(self) -> int:
        """How many files are done with."""
        return sum(line.state in SETTLED for line in self.lines)


class _Cancelled(Exception):
    """Somebody does not want the rest."""


class Reading:
    """One file after the other into the index, in a thread of its own."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._changed = threading.Condition(threading.RLock())
        self._lines: dict[Path | str, FileLine] = {}
        self._revision = 0
        self._busy = False
        self._trouble = self._batch = ""
        self._cancelled = threading.Event()

    def view(self) -> ReadingView:
        """How it stands now."""
        with self._changed:
            return ReadingView(
                revision=self._revision,
                busy=self._busy,
                lines=tuple(self._lines.values()),
                trouble=self._trouble,
            )

    def add(self, lines: Sequence[FileLine], batch: str = "") -> None:
        """Read more files; those that are settled already are only shown.

        Args:
            lines: The files.
            batch: Of which they are a part; what became of its other parts stays in sight.
        """
        if not lines:
            return
        with self._changed:
            if not self._busy:
                if not batch or batch != self._batch:
                    self._lines = {}
                self._trouble = ""
                self._cancelled.clear()
            self._batch = batch
            for line in lines:
                key = line.path or line.name
                self._lines.pop(key, None)
                self._lines[key] = line
            start = not self._busy and any(line.state not in SETTLED for line in lines)
            self._busy = self._busy or start
            self._note()
        if start:
            threading.Thread(target=self._work, name="reading", daemon=True).start()

    def cancel(self) -> None:
        """Leave the rest unread; what has been read stays."""
        with self._changed:
            if not self._busy:
                return
            self._cancelled.set()
            for key, line in tuple(self._lines.items()):
                if line.state == "waiting":
                    self._settle(key, "cancelled")

    def dismiss(self) -> None:
        """Forget what was read, once that is over."""
        with self._changed:
            if not self._busy:
                self._lines, self._trouble = {}, ""
                self._note()

    def wait(self, timeout: float | None = None) -> bool:
        """Until nothing is being read; whether it came to that."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, timeout)

    def _note(self) -> None:
        self._revision += 1
        self._changed.notify_all()

    def _work(self) -> None:
        ended = False
        try:
            while not ended:
                ended = self._step()
        finally:
            if not ended:
                with self._changed:
                    self._busy = False
                    self._note()
        self._desk.after_reading()

    def _step(self) -> bool:
        """Read some of what waits; whether there was nothing left."""
        with self._changed:
            waiting = [line for line in self._lines.values() if line.state == "waiting"]
            if not waiting or self._desk.closed:
                self._busy = False  # within the lock, so that what comes now is begun anew
                self._note()
                return True
        _, same = next(groupby(waiting, key=lambda line: line.root))
        try:
            self._read(list(same)[:AT_ONCE])
        except RagError as error:
            self._give_up(str(error))
        except Exception:
            logger.exception("Files could not be read")
            self._give_up(_UNFORESEEN)
        return False

    def _read(self, lines: Sequence[FileLine]) -> None:
        paths = []
        for line in lines:
            if line.path is not None and line.path.is_file():
                paths.append(line.path)
            else:
                self._settle(line.path or line.name, "skipped", "is gone")
        try:
            if paths:
                self._desk.ingest(paths, self._on_file, root=lines[0].root)
        except _Cancelled:
            self._abandon("cancelled", "")
        except IndexLocked:
            self._wait_for_the_other()
        except IngestError:
            # None of them could be read, which each has been told of.
            self._abandon("skipped", "is gone")

    def _on_file(self, file: FileOutcome) -> None:
        if file.outcome == "reading":
            if self._cancelled.is_set() or self._desk.closed:
                raise _Cancelled
            with self._changed:
                self._trouble = ""
        elif not self._is_being_read(file.path):
            return  # another version of it has come meanwhile, and waits
        self._settle(file.path, file.outcome, file.reason)

    def _is_being_read(self, path: Path) -> bool:
        with self._changed:
            line = self._lines.get(path)
            return line is not None and line.state == "reading"

    def _settle(self, key: Path | str, state: FileState, reason: str = "") -> None:
        with self._changed:
            line = self._lines.get(key)
            if line is None:
                return
            if line.path and line.fresh and state in SETTLED:
                read = state not in ("skipped", "cancelled")
                try:
                    self._desk.uploads.settle(line.path, read=read)
                except OSError as error:
                    logger.warning("%s cannot be tidied up: %s", line.path, error)
            self._lines[key] = replace(line, state=state, reason=reason)
            self._note()

    def _abandon(self, state: FileState, reason: str) -> None:
        """What was begun and not ended."""
        for line in self.view().lines:
            if line.state == "reading" or (self._cancelled.is_set() and line.state == "waiting"):
                self._settle(line.path or line.name, state, reason)

    def _wait_for_the_other(self) -> None:
        with self._changed:
            self._trouble = _LOCKED
            self._note()
        if self._cancelled.wait(_AGAIN_S):
            self._abandon("cancelled", "")

    def _give_up(self, reason: str) -> None:
        with self._changed:
            self._trouble = reason
        for line in self.view().lines:
            if line.state not in SETTLED:
                self._settle(line.path or line.name, "skipped", "was not read")
