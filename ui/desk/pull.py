"""Fetching models in the background, with how far it is."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import rag
from rag import RagError, Settings

logger = logging.getLogger(__name__)

PullModel: TypeAlias = Callable[..., Any]
# The rate is that of the last while: connections come and go.
_WHILE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PullView:
    """How far it is.

    Attributes:
        name: The model that is being fetched, or was last.
        done: Bytes that have arrived, of ``total``; 0 of 0 before the first.
        rate: Bytes a second, 0 if not known yet.
        error: Why it ended without a model.
    """

    busy: bool = False
    name: str = ""
    done: int = 0
    total: int = 0
    rate: float = 0.0
    error: str = ""

    @property
    def seconds_left(self) -> float | None:
        """An estimate; ``None`` if there is none."""
        return (self.total - self.done) / self.rate if self.rate and self.total else None


class Pull:
    """One pull at a time, whichever tab it was started from."""

    def __init__(self, pull_model: PullModel | None = None) -> None:
        """``pull_model`` takes the place of `rag.pull_model`."""
        self._pull_model = pull_model
        self._turn = threading.Lock()
        self._view = PullView()
        self._seen: deque[tuple[float, int]] = deque()

    @property
    def view(self) -> PullView:
        """How it stands now."""
        return self._view

    def start(
        self, names: Sequence[str], settings: Settings, then: Callable[[], None] = lambda: None
    ) -> None:
        """Fetch models one after the other, then call ``then``; nothing happens if that is under way."""
        with self._turn:
            if self._view.busy or not names:
                return
            self._view = PullView(busy=True, name=names[0])
        threading.Thread(
            target=self._work, args=(tuple(names), settings, then), name="pull", daemon=True
        ).start()

    def _work(self, names: Sequence[str], settings: Settings, then: Callable[[], None]) -> None:
        error = ""
        try:
            for name in names:
                self._seen.clear()
                self._view = PullView(busy=True, name=name)
                (self._pull_model or rag.pull_model)(name, settings, progress=self._progress)
        except RagError as problem:
            error = str(problem)
        except Exception:
            logger.exception("The model could not be fetched")
            error = "Something unforeseen went wrong; the terminal shows what. You can try again."
        self._view = replace(self._view, busy=False, rate=0.0, error=error)
        if not error:
            then()

    def _progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        self._seen.append((now, done))
        while self._seen[0][0] < now - _WHILE_S and len(self._seen) > 2:
            self._seen.popleft()
        since, before = self._seen[0]
        took = now - since
        rate = (done - before) / took if took > 0.5 else self._view.rate
        self._view = replace(self._view, done=done, total=total, rate=rate)
