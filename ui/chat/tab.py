"""What one browser tab knows: its conversation, what is open on the right, what is being asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from rag import Conversation, Document, Turn
from ui.chat.advance import stop
from ui.chat.record import from_saved
from ui.chat.view import Exchange, forget, without_unclear
from ui.desk.running import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Where a question belongs and what it was asked with.

    Attributes:
        exchange: As it was taken.
        showing: Which showing of a conversation it was asked in, see `Tab.showing`.
    """

    exchange: Exchange
    showing: int
    owner: str
    conversation_id: str
    at: datetime
    filters: Mapping[str, Any]
    history: tuple[Turn, ...]


@dataclass(slots=True)
class Tab:
    """The mutable state of one tab. Gradio gives every tab its own copy of an empty one.

    Attributes:
        person: Whose turn it is when the tab asks.
        conversation_id: Empty until the first question.
        shown: Number of the exchange whose evidence is on the right.
        active: Reference of the quote that is open in the viewer.
        editing: Number of the exchange whose question is in the box again.
        opened: How often something was opened; makes the viewer scroll again when the same quote is
            opened twice.
        drawn: Counts up with everything that is drawn; makes the page notice what looks the same as before.
        asked_at: When the question that is being answered was asked, on the clock of `time.monotonic`.
        asked: The question that was taken and whose answer has not begun.
        stale: Whether documents have changed while an answer was under way.
        taking: Whether a question is just being taken.
        showing: Counts up with every conversation that is shown; tells one from another.
        unkept: How many questions could not be kept.
        notice: What the person must be told about the conversation as a whole.
    """

    person: str = ""
    conversation_id: str = ""
    title: str = ""
    exchanges: list[Exchange] = field(default_factory=list)
    shown: int | None = None
    active: str | None = None
    editing: int | None = None
    opened: int = 0
    drawn: int = 0
    asked_at: float = 0.0
    asked: Asked | None = None
    stale: bool = False
    taking: bool = False
    showing: int = 0
    unkept: int = 0
    notice: str = ""
    run: Run | None = None

    def get(self, number: object) -> Exchange | None:
        """The exchange with this number."""
        return next((one for one in self.exchanges if one.number == number), None)

    def put(self, exchange: Exchange) -> None:
        """Take the next state of an exchange; one that was cleared away stays away."""
        self.exchanges = [
            exchange if old.number == exchange.number else old for old in self.exchanges
        ]

    @property
    def current(self) -> Exchange | None:
        """The exchange that is being answered."""
        return self.exchanges[-1] if self.exchanges and not self.exchanges[-1].over else None

    @property
    def busy(self) -> bool:
        """Whether a question is being answered, so that no other one can be asked."""
        return self.taking or self.current is not None

    @property
    def history(self) -> tuple[Turn, ...]:
        """Earlier exchanges as the pipeline wants them."""
        return tuple(turn for exchange in self.exchanges if (turn := exchange.turn))

    def load(self, conversation: Conversation, documents: Mapping[str, Document]) -> None:
        """Show a conversation that was kept, as the documents of today bear it out."""
        self.clear()
        self.conversation_id, self.title = conversation.id, conversation.title
        self.exchanges = [from_saved(one, documents) for one in conversation.exchanges]
        self.shown = self.exchanges[-1].number if self.exchanges else None

    def clear(self) -> None:
        """Begin a new conversation; what is being answered is stopped and kept in the old one."""
        self.stop()
        self.showing += 1
        self.stale = False
        self.conversation_id = self.title = self.notice = ""
        self.exchanges, self.shown, self.active, self.editing = [], None, None, None

    def stop(self) -> None:
        """Stop whatever is being answered."""
        if self.run is not None:
            self.run.stop()
            self.run = None
        if self.current is not None:
            self.put(stop(self.current))

    def add(self, exchange: Exchange) -> None:
        """Take a question that is to be answered."""
        self.exchanges = [*self.exchanges, exchange]
        self.shown, self.active, self.notice = exchange.number, None, ""

    def drop_from(self, number: int) -> None:
        """Forget an exchange and those after it."""
        numbers = [one.number for one in self.exchanges]
        if number in numbers:
            self.exchanges = self.exchanges[: numbers.index(number)]
        self.editing = None
        if self.get(self.shown) is None:
            self.shown = self.active = None

    def kept_from(self, number: int | None) -> int | None:
        """The first exchange from this one on that is kept, ``None`` if none is."""
        numbers = [one.number for one in self.exchanges]
        later = numbers[numbers.index(number) :] if number in numbers else []
        return next((one for one in later if one > 0), None)

    def after(self, number: int) -> int:
        """How many exchanges come after one."""
        numbers = [one.number for one in self.exchanges]
        return len(numbers) - 1 - numbers.index(number) if number in numbers else 0

    def refresh(self, documents: Mapping[str, Document]) -> None:
        """See every exchange as the documents of today bear it out; nothing of removed ones is left."""
        self.stale = False
        refreshed: list[Exchange] = []
        erased = False
        for one in self.exchanges:
            seen = forget(one, documents)
            if erased and seen.rewritten:  # it may repeat what earlier answers said
                seen = replace(
                    without_unclear(seen), standalone_question=seen.question, missing=None
                )
            erased = erased or any(not claim.text for claim in seen.claims)
            refreshed.append(seen)
        self.exchanges = refreshed
