"""What a newer source says of the same, or a change: an answer that is overtaken does not go without it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from rag.agreement.terms import read_row
from rag.asked_time import asks_about_a_time, asks_about_now
from rag.check import MIN_SUPPORT, support_of
from rag.compose import read_as
from rag.dates import stated_day
from rag.periods import MONTHS
from rag.refuse import Judgement
from rag.split import split_sentences
from rag.types import Citation, Claim, Quote
from rag.verbatim import quote_as_claim
from rag.wording import content_words

# Of the quotes from newer documents so many are looked at, best first: each look costs half a second.
_LOOKS = 2
# What says "from 15 to 18" of the 15 that was told, or that something was moved, need only be half as likely to state
# an answer.
_CHANGE = 0.5
# Rules that are put out again may not know of a change of last year; of an older one they do.
_LONG_BEFORE = timedelta(days=366)
_TELLS_CHANGE = re.compile(
    r"\b(?:moved|postponed|put off|brought forward|cancell?ed|called off|rais(?:ed|es)|lowered|reduced|increased|"
    r"changed|replaced|no longer|instead|from now on|now|goes up|go up|goes down)\b",
    re.IGNORECASE,
)
# "The fee was raised from 15 to 18": whoever states 15 is overtaken, whether it is dated or not.
_CHANGED = re.compile(
    r"\b(?:(?:rais|increas|reduc|chang|mov|postpon)(?:e|es|ed|ing)|(?:lower|adjust|extend|shorten)(?:s|ed|ing)?|cuts?|"
    r"cutting|r[io]ses?|risen|rising|f[ae]ll(?:s|en|ing)?|drop(?:s|ped|ping)?|gr[eo]w(?:s|n|ing)?|"
    r"(?:go|goes|going|gone|went) (?:up|down))\b"
    r"[^.;\n]{0,60}?\bfrom\b(?P<old>[^;\n]{1,30}?)\bto\b(?P<new>[^;\n]{1,30})",
    re.IGNORECASE,
)
# "The committee proposed to raise the fee from 85 to 95" tells of none.
_ONLY_MEANT = re.compile(
    r"\b(?:propos|suggest|want|wish|would|could|might|plan|ask|demand|request|consider|discuss|reject|refus|oppos|if)\w*\b[^.;\n]*$",
    re.IGNORECASE,
)


_OF_SOMEBODY = re.compile(r": “(?:She|He|They)\b")


def add_newer(
    question: str, claims: Sequence[Claim], quotes: Sequence[Quote], judgement: Judgement
) -> tuple[Claim, ...]:
    """The claims, and after them what the newest quote says that states another answer to the question.

    A lease says what the rent is, an amendment of next year says so, too; both were retrieved, and the older one fits
    the question better. Newer is what was published after everything that is cited, as far as documents say when they
    were, or what says that the amount which is told was changed. Nothing is added where the question itself names a
    time.
    """
    latest = _latest([citation.quote for claim in claims for citation in claim.citations])
    today = latest or datetime.now(UTC).date()
    if asks_about_a_time(question, today) and not asks_about_now(question):
        return tuple(claims)
    for citation, said, lead, share in (
        *_of_changes(claims, quotes, latest),
        *(_of_newer(question, claims, quotes, latest) if latest else ()),
    ):
        if judgement.confidence([citation.number]) >= share * judgement.strictness:
            stated = quote_as_claim(question, replace(citation, quote=said), lead=lead)
            if stated and _is_of_the_same(stated, question, claims):
                return (*claims, replace(stated, citations=(citation,)))
    return tuple(claims)


def _is_of_the_same(stated: Claim, question: str, claims: Sequence[Claim]) -> bool:
    """Whether what is stated has a word, other than dates and numbers, of what was asked or told; of her or him two.

    "She begins on 1 August" is not about a tenancy that begins.
    """
    known = content_words(" ".join([question, *(claim.text for claim in claims)]))
    (citation,) = stated.citations
    words = content_words(read_as(citation.quote, question))
    shared = {word for word in known & words if word.isalpha() and word not in MONTHS}
    return len(shared) >= (2 if _OF_SOMEBODY.search(stated.text) else 1)


def _latest(quotes: Sequence[Quote]) -> date | None:
    """The newest day of publication; ``None`` unless all quotes have one."""
    days = [stated_day(quote.document) for quote in quotes]
    known = [day for day in days if day]
    return max(known) if known and len(known) == len(days) else None


def _of_newer(
    question: str, claims: Sequence[Claim], quotes: Sequence[Quote], latest: date
) -> Iterator[tuple[Citation, Quote, str, float]]:
    """The first quotes from documents newer than a day on which no claim stands, newest first.

    With what is told of them, what goes before that, and how likely they must be to state an answer, as a share of
    what others must.
    """
    newer: list[tuple[date, Citation]] = []
    for number, quote in enumerate(quotes, 1):
        day = stated_day(quote.document)
        if day and day > latest and len(newer) < _LOOKS:
            newer.append((day, Citation(number=number, quote=quote)))
    for day, citation in sorted(newer, key=lambda one: one[0], reverse=True):
        held = (support_of(one.text, [citation.quote], question) for one in claims)
        if all(support < MIN_SUPPORT for support in held):
            share = _CHANGE if _TELLS_CHANGE.search(citation.quote.text) else 1.0
            yield citation, citation.quote, f"A newer source ({day.day} {day:%B %Y}) states", share


def _of_changes(
    claims: Sequence[Claim], quotes: Sequence[Quote], latest: date | None
) -> Iterator[tuple[Citation, Quote, str, float]]:
    """The quotes, none from long before a day, that say that an amount of the claims changed; else as `_of_newer`."""
    told = set().union(*(_amounts(claim.text) for claim in claims))
    for number, quote in enumerate(quotes, 1):
        for found in _CHANGED.finditer(quote.text):
            new = _amounts(found["new"])
            meant = _ONLY_MEANT.search(quote.text, 0, found.start())
            if _amounts(found["old"]) & told and new and not new & told and not meant:
                day = stated_day(quote.document)
                if day and latest and latest - day > _LONG_BEFORE:
                    break
                (says,) = (
                    one
                    for one in split_sentences(quote.text)
                    if one.start <= found.start() < one.end
                )
                when = f" ({day.day} {day:%B %Y})" if day else ""
                yield (
                    Citation(number=number, quote=quote),
                    replace(quote, start=quote.start + says.start, end=quote.start + says.end),
                    f"A source{when} states a change",
                    _CHANGE,
                )
                break


def _amounts(text: str) -> set[tuple[str, ...]]:
    return {term.key for term in read_row(text).terms if term.kind == "number"}
