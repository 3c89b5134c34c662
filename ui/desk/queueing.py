"""Whose question is next: one at a time at the model, and people take turns."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Turn:
    """One question's place in the queue, from when it is made to the end of its ``with`` block.

    ::

        turn = queue.turn("ada", on_move=show)
        with turn as granted:  # waits
            if granted:
                work()
    """

    def __init__(
        self, queue: FairQueue, person: str, number: int, on_move: Callable[[int], None] | None
    ) -> None:
        self.person = person
        self.number = number
        self.left = False
        self._queue = queue
        self._on_move = on_move
        self._place: int | None = None

    @property
    def place(self) -> int:
        """0 while it runs or may run, 1 for the next, and so on."""
        return self._place or 0

    def leave(self) -> None:
        """Give up waiting, at once. A turn that runs keeps the model until its block has ended."""
        self._queue._leave(self)  # noqa: SLF001

    def __enter__(self) -> bool:
        """Wait. Whether it is this question's turn; otherwise it has left or nothing begins any more."""
        return self._queue._wait(self)  # noqa: SLF001

    def __exit__(self, *_: object) -> None:
        self._queue._release(self)  # noqa: SLF001

    def _move(self, place: int) -> None:
        if place == self._place:
            return
        self._place = place
        if self._on_move is not None:
            self._on_move(place)


class FairQueue:
    """Lets one question at a time to the model.

    Every person's next question belongs to a round later than the one before it, and rounds are served in
    order: somebody who asks ten things at once has one answered, then lets everybody else go first. Within a
    round it is first come, first served. A place is what it would be if nobody came or went; it
    rises when somebody comes who has had less.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[Turn] = []
        self._running: Turn | None = None
        self._entered = False
        self._exclusive = 0  # how many want the model for themselves, the one who has it included
        self._held = False
        self._closed = False
        self._arrivals = 0
        self._round = 0
        self._served: dict[str, int] = {}  # the round of each person's last turn

    def turn(self, person: str, on_move: Callable[[int], None] | None = None) -> Turn:
        """Queue up. What is returned must be entered or left.

        Args:
            person: Who asks.
            on_move: Told the place at once and whenever it changes, 0 when the question's turn has come;
                called in any thread, and must neither wait nor call the queue.
        """
        with self._changed:
            self._arrivals += 1
            turn = Turn(self, person, self._arrivals, on_move)
            self._waiting.append(turn)
            self._advance()
            return turn

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Nobody runs meanwhile; goes before all who wait."""
        with self._changed:
            self._exclusive += 1
            try:
                self._changed.wait_for(lambda: self._running is None and not self._held)
            except BaseException:
                self._exclusive -= 1
                self._advance()
                raise
            self._held = True
        try:
            yield
        finally:
            with self._changed:
                self._held = False
                self._exclusive -= 1
                self._advance()

    def close(self, timeout: float = 10) -> bool:
        """Let nothing more begin and wait for what runs.

        Args:
            timeout: Seconds to wait.

        Returns:
            Whether the model is at rest.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return self._changed.wait_for(
                lambda: self._running is None and not self._held, deadline - time.monotonic()
            )

    @property
    def closed(self) -> bool:
        """Whether nothing more begins."""
        return self._closed

    def __len__(self) -> int:
        """How many run or wait."""
        with self._changed:
            return len(self._waiting) + (self._running is not None)

    def _wait(self, turn: Turn) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._running is turn or turn.left or self._closed)
            if self._running is turn and not turn.left and not self._closed:
                self._entered = True
                return True
            return False

    def _leave(self, turn: Turn) -> None:
        with self._changed:
            turn.left = True
            if self._running is not turn or not self._entered:
                self._remove(turn)
            self._changed.notify_all()

    def _release(self, turn: Turn) -> None:
        with self._changed:
            self._remove(turn)

    def _remove(self, turn: Turn) -> None:
        if self._running is turn:
            self._running, self._entered = None, False
        elif turn in self._waiting:
            self._waiting.remove(turn)
        self._advance()

    def _advance(self) -> None:
        """Let the next one run if the model is free, and tell everybody their place."""
        order = self._order()
        if order and self._running is None and not self._exclusive and not self._closed:
            self._round, turn = order.pop(0)
            self._waiting.remove(turn)
            self._running = turn
            self._served[turn.person] = self._round
            # Who was last served in an earlier round begins in this one, like somebody new.
            self._served = {
                person: last for person, last in self._served.items() if last >= self._round
            }
            turn._move(0)  # noqa: SLF001
        for place, (_, turn) in enumerate(order, start=1):
            turn._move(place)  # noqa: SLF001
        self._changed.notify_all()

    def _order(self) -> list[tuple[int, Turn]]:
        """Those who wait, with their rounds, in the order in which they will run."""
        before: Counter[str] = Counter()
        rounds = []
        for turn in self._waiting:
            first = max(self._round, self._served.get(turn.person, -1) + 1)
            rounds.append((first + before[turn.person], turn))
            before[turn.person] += 1
        return sorted(rounds, key=lambda entry: (entry[0], entry[1].number))
