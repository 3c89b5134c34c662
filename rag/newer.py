"""What a newer source says of the same: an answer from an older one does not go without it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rag.asked_time import asks_about_a_time, asks_about_now
from rag.check import MIN_SUPPORT, quote_as_claim, support_of
from rag.dates import stated_day
from rag.refuse import Judgement
from rag.types import Citation, Claim, Quote

# Of the quotes from newer documents so many are looked at, best first: each look costs half a second.
_LOOKS = 2


def add_newer(
    question: str, claims: Sequence[Claim], quotes: Sequence[Quote], judgement: Judgement
) -> tuple[Claim, ...]:
    """The claims, and after them what the newest quote says that states another answer to the question.

    A lease says what the rent is, an amendment of next year says so, too; both were retrieved, and the older one fits
    the question better. Newer is what was published after everything that is cited, as far as documents say when they
    were. Nothing is added where the question itself names a time.
    """
    cited = [citation.quote for claim in claims for citation in claim.citations]
    days = [stated_day(quote.document) for quote in cited]
    if None in days or not days:
        return tuple(claims)
    latest = max(day for day in days if day)
    if asks_about_a_time(question, latest) and not asks_about_now(question):
        return tuple(claims)
    newer: list[tuple[date, Citation]] = []
    for number, quote in enumerate(quotes, 1):
        day = stated_day(quote.document)
        if day and day > latest and len(newer) < _LOOKS:
            newer.append((day, Citation(number=number, quote=quote)))
    for day, citation in sorted(newer, key=lambda one: one[0], reverse=True):
        told = any(
            support_of(one.text, [citation.quote], question) >= MIN_SUPPORT for one in claims
        )
        if not told and judgement.will_do([citation.number]):
            lead = f"A newer source ({day.day} {day:%B %Y}) states"
            stated = quote_as_claim(question, citation, lead=lead)
            return (*claims, stated) if stated else tuple(claims)
    return tuple(claims)
