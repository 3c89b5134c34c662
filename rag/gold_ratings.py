"""Answers that people have rated as gold questions.

What somebody found right is the reference from then on. What somebody found wrong, and what was asked in a way that an
evaluation does not repeat, becomes a draft: `rag gold review` shows it with a note of what to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rag.conversations_types import RatedExchange
from rag.gold import GoldQuestion, GoldTurn

RATED = "rated-"


def gold_from_ratings(rated: Iterable[RatedExchange]) -> Iterator[GoldQuestion | None]:
    """A gold question for each rated answer; ``None`` for one that rested on a document removed since.

    A refusal that was found right is a question that the documents do not answer. One that was found wrong asks for
    the right answer.
    """
    for one in rated:
        yield _question(one)


def _question(rated: RatedExchange) -> GoldQuestion | None:
    exchange, record = rated.exchange, rated.exchange.record
    claims = record.get("claims") or ()
    answered = bool(claims) and not record.get("refused")
    if answered and any(claim.get("removed") for claim in claims):
        return None
    note = _note(rated)
    quotes = _cited(record) if answered else []
    return GoldQuestion(
        id=f"{RATED}{rated.conversation_id}-{exchange.number}",
        user_input=exchange.question,
        history=_history(record),
        reference=" ".join(claim["text"] for claim in claims) if answered else None,
        answerable=answered or exchange.rating == "down",
        reference_context_ids=tuple(dict.fromkeys(quote["source"] for quote in quotes)),
        reference_contexts=tuple(dict.fromkeys(quote["quote"] for quote in quotes)),
        as_of=record.get("as_of") if answered else None,
        reviewed=note is None,
        note=note,
    )


def _note(rated: RatedExchange) -> str | None:
    """What is to be looked at; ``None`` if the rating says all."""
    exchange = rated.exchange
    if exchange.rating == "down":
        said = f" ({exchange.reason})" if exchange.reason else ""
        if exchange.record.get("claims") and not exchange.record.get("refused"):
            return f"rated bad{said}: the answer is the one that was given"
        return f"rated bad{said}: nothing was answered, so the answer is yet to be written"
    if exchange.state != "finished":
        return "the answer was stopped before it was checked as a whole"
    if _circumstances(exchange.record).get("filters"):
        return "asked of a part of the documents: of all of them the answer may be another"
    return None


def _cited(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The quotes of the answer; what only a disagreement cites does not state it."""
    numbers = {number for claim in record["claims"] for number in claim.get("citations", ())}
    return [one for one in record.get("citations") or () if one["number"] in numbers]


def _history(record: Mapping[str, Any]) -> tuple[GoldTurn, ...]:
    history = _circumstances(record).get("history") or ()
    return tuple(GoldTurn(question=one["question"], answer=one["answer"]) for one in history)


def _circumstances(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return record.get("record") or {}
