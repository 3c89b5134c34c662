"""What sources of different times say of one matter, in the order of time: a change, not a contradiction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from rag.dates import stated_day
from rag.disagreement.said import STATE_GAP, Said, sentences_of, shared_names
from rag.disagreement.values import Difference
from rag.periods import day_of
from rag.types import Claim, Quote

# What was expected or planned may have been overtaken since.
_AHEAD = re.compile(
    r"\b(?:will|won't|would|may|might|could|(?:un)?likely|expect(?:s|ed)?|plan(?:s|ned)?\s+to|forecasts?|predict(?:s|ed)?|"
    r"intends?|hopes?\s+to|aims?\s+to|poised\s+to|set\s+to|scheduled|proposed)\b",
    re.IGNORECASE,
)


def is_overtaken(
    differing: Iterable[tuple[Said, Said, Difference]], claims: Sequence[Claim]
) -> bool:
    """Whether an answer rests on sources of different times of which later ones say something else.

    That is: two quotes, of which a claim cites one, give values that differ because they are of different times; or of
    two cited quotes published half a year apart the older one looks ahead and both name the same.

    Args:
        differing: As `rag.disagreement.sources.differences` gives it.
        claims: What stands as the answer.
    """
    if any(found.timeline for _, _, found in differing):
        return True
    cited = sorted(_cited(claims), key=lambda pair: pair[0])
    return any(
        later - earlier >= STATE_GAP and _looks_ahead(older, newer)
        for at, (earlier, older) in enumerate(cited)
        for later, newer in cited[at + 1 :]
    )


def order_claims_by_date(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims in the order in which their newest sources were published.

    One without a date stays behind the claim that it follows.
    """
    placed: list[tuple[date, int, Claim]] = []
    day = date.min
    for at, claim in enumerate(claims):
        day = max((published for published, _ in _cited([claim])), default=day)
        placed.append((day, at, claim))
    return tuple(claim for _, _, claim in sorted(placed, key=lambda one: one[:2]))


def timeline_note(claims: Sequence[Claim]) -> str | None:
    """``As told from 11 April 2021 to 10 June 2025.``; ``None`` if the sources are of one time."""
    days = sorted({published for published, _ in _cited(claims)})
    if not days or days[-1] - days[0] < STATE_GAP:
        return None
    return f"As told from {day_of(days[0]).label} to {day_of(days[-1]).label}."


def _cited(claims: Sequence[Claim]) -> list[tuple[date, Quote]]:
    """The cited quotes that have a date, with it."""
    return [
        (published, citation.quote)
        for claim in claims
        for citation in claim.citations
        if (published := stated_day(citation.quote.document))
    ]


def _looks_ahead(older: Quote, newer: Quote) -> bool:
    names = frozenset[str]().union(*(said.names for said in sentences_of(newer)))
    return any(
        _AHEAD.search(said.unattributed) and shared_names(said.names, names)
        for said in sentences_of(older)
    )
