"""A conversation as it is kept: its exchanges, each with the record of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

ExchangeState: TypeAlias = Literal["asked", "finished", "stopped", "failed"]
Rating: TypeAlias = Literal["up", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedExchange:
    """A question and what became of it.

    Attributes:
        number: Place in the conversation, from 1; never given twice.
        state: ``asked`` while it is being answered, and for good if the process died then.
        record: What `make_record` gives, with the key ``page``; of an answer that was cut off as much as there
            was; empty while it is ``asked``.
        reason: Why it was rated so, in the person's words.
    """

    number: int
    question: str
    state: ExchangeState
    record: dict[str, Any]
    rating: Rating | None
    reason: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A whole conversation, oldest exchange first.

    Attributes:
        title: May be empty.
        changed: When something was last asked or answered in it.
    """

    id: str
    title: str
    created: datetime
    changed: datetime
    exchanges: tuple[SavedExchange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSummary:
    """A conversation as a list shows it.

    Attributes:
        exchanges: How many.
    """

    id: str
    title: str
    created: datetime
    changed: datetime
    exchanges: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedExchange:
    """An exchange that somebody has rated, and whose it is."""

    conversation_id: str
    owner: str
    exchange: SavedExchange
