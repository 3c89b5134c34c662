"""Where sources differ: values, descriptions or outcomes that independent sources give for the same thing.

Precise before complete: what may agree (a rounded figure, a month and a day in it, one name of two) is taken to
agree, and what was said of two different times is a timeline, not a contradiction; see `rag.disagreement.timeline`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from textwrap import shorten

from rag.dates import stated_day
from rag.disagreement.outcomes import deaths_differ, denials_differ, outcomes_differ
from rag.disagreement.roles import ranks_differ, roles_differ
from rag.disagreement.said import Said, fold, sentences_of, shared_names, stems
from rag.disagreement.values import Difference, dates_differ, figures_differ
from rag.disagreement.wordings import lists_differ, scopes_differ, ties_differ
from rag.origin import Origin, document_signature, relation
from rag.periods import day_of
from rag.types import Citation, Claim, Disagreement, Document, Quote

#: Each gives the differences between two sentences of its own sort.
COMPARERS: tuple[Callable[[Said, Said], Iterator[Difference]], ...] = (
    figures_differ,
    dates_differ,
    roles_differ,
    ranks_differ,
    deaths_differ,
    outcomes_differ,
    scopes_differ,
    lists_differ,
    ties_differ,
    denials_differ,
)
_MAX_SHOWN = 5
_MAX_QUOTED = 240
_MAX_OUTLET = 60
_COMPARES = re.compile(
    r"\b(?:(?:all|both|other|different|these|the|two|do|does|did)\s+(?:the\s+|of\s+the\s+)?(?:reports?|sources?|articles?|accounts?|papers?|outlets?|documents?)"
    r"|disagree|contradict\w*|differ|consistent|conflicting|versions?)\b",
    re.IGNORECASE,
)
_ASKS_KIND = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        "figure": r"\bhow (?:many|much|large|big|high|old|long|far|tall)\b|"
        r"\b(?:share|percentage|number|amount|percent|toll|costs?|price|worth|size|population)\b",
        "date": r"\bwhen\b|\b(?:what|which)\b.*\b(?:day|date|month|year)\b|\bsince\b|\bhow long\b",
        "outcome": r"\b(?:how|why) did\b|\bhappened\b|\bbecame of\b|\boutcome\b|\bresult\b|"
        r"\bhow (?:\w+ ){1,4}(?:died|ended|went)\b|\bdeaths?\b|^(?:did|was|were|has|have|is|are)\b",
        "denial": r"^(?:did|was|were|has|have|is|are|will|does|do|can)\b",
    }.items()
}


@dataclass(slots=True)
class _Found:
    """A disagreement as it is put together."""

    about: str
    values: dict[str, tuple[int, Quote]] = field(default_factory=dict)


def find_disagreements(
    differing: Iterable[tuple[Said, Said, Difference]], quotes: Sequence[Quote]
) -> tuple[Disagreement, ...]:
    """What the sources of an answer tell differently, timelines left out.

    Args:
        differing: As `differences` gives it.
        quotes: All that were offered, numbered from 1 as the claims cite them.

    Returns:
        Each with one citation for each value, in the order of the quotes, the cited one among them.
    """
    found: dict[tuple[str, str], _Found] = {}
    for one, other, difference in differing:
        if difference.timeline:
            continue
        entry = found.setdefault(
            (difference.kind, " ".join(sorted(difference.anchors))), _Found(difference.about)
        )
        for value, said in zip(difference.values, (one, other), strict=True):
            number = quotes.index(said.quote) + 1
            entry.values.setdefault(f"{value.lower()}", (number, said.quote))
    made = []
    for entry in found.values():
        numbered = dict(sorted(entry.values.values(), key=lambda pair: pair[0]))
        if len(numbered) > 1:
            citations = [Citation(number=number, quote=quote) for number, quote in numbered.items()]
            bare = Disagreement(about=entry.about, citations=tuple(citations[:_MAX_SHOWN]))
            made.append(replace(bare, text=_text(bare)))
    # Several comparers may see the same: one for each set of quotes.
    return tuple({tuple(one.citations): one for one in reversed(made)}.values())[::-1]


def differences(
    question: str,
    claims: Sequence[Claim],
    quotes: Sequence[Quote],
    origins: Mapping[str, str],
) -> Iterator[tuple[Said, Said, Difference]]:
    """Every pair of sentences that give different values and bear on the question or the answer, timelines too.

    One side is always a quote that a claim cites, the other any quote of another source. Quotes of one origin are
    one witness: copies are never held against each other, a rewrite only where it gives another value than what it
    rewrites.

    Args:
        question: As it was searched.
        claims: What stands as the answer.
        quotes: All that were offered.
        origins: Id of the origin of a document, by the document's id; one that is missing is its own.
    """
    cited = {citation.quote for claim in claims for citation in claim.citations}
    answer = " ".join(claim.text for claim in claims)
    said = {quote: sentences_of(quote) for quote in quotes}
    for at, first in enumerate(quotes):
        for second in quotes[at + 1 :]:
            if not {first, second} & cited or not _independent(first, second, origins):
                continue
            for one in said[first]:
                for other in said[second]:
                    for difference in compare(one, other):
                        if _bears_on(question, answer, one, other, difference):
                            yield one, other, difference


def compare(one: Said, other: Said) -> Iterator[Difference]:
    """All differences between two sentences; none where they have next to nothing in common."""
    if len(one.words & other.words) + len(one.names & other.names) < 2:
        return
    for comparer in COMPARERS:
        yield from comparer(one, other)


def compares_sources(question: str) -> bool:
    """Whether a question itself asks how the sources go together."""
    return bool(_COMPARES.search(question))


def _text(disagreement: Disagreement) -> str:
    """Like: Sources differ: “…” (Outlet, 12 March 2025) [1] — “…” (Outlet, no date) [3]."""
    parts = []
    for citation in disagreement.citations:
        document = citation.quote.document
        published = stated_day(document)
        day = day_of(published).label if published else "no date"
        words = telling(citation, disagreement)
        if len(words) > _MAX_QUOTED:
            words = words[:_MAX_QUOTED].rsplit(" ", 1)[0] + " …"
        parts.append(f"“{words}” ({outlet(document)}, {day}) [{citation.number}]")
    return f"Sources differ: {' — '.join(parts)}."


def outlet(document: Document) -> str:
    """A name to show for where something was published: the title, or the file if there is none."""
    title = shorten(document.title, _MAX_OUTLET, placeholder=" …")
    return title or document.source


def telling(citation: Citation, disagreement: Disagreement) -> str:
    """The sentence of a quote that differs from the others."""
    others = [
        said
        for another in disagreement.citations
        if another is not citation
        for said in sentences_of(another.quote)
    ]
    sentences = sentences_of(citation.quote)
    wanted = stems(disagreement.about)
    differing = [
        one
        for one in sentences
        if any(not found.timeline for other in others for found in compare(one, other))
    ]
    best = max(differing or sentences, key=lambda one: len(one.words & wanted), default=None)
    words = best.document.text[best.start : best.end] if best else citation.quote.text
    return " ".join(words.split()).strip('"“”')


def _independent(one: Quote, other: Quote, origins: Mapping[str, str]) -> bool:
    """Whether two quotes can be held against each other."""
    ids = (one.document.id, other.document.id)
    if ids[0] == ids[1] or ids[0] in other.also_in or ids[1] in one.also_in:
        return False
    if origins.get(ids[0], ids[0]) != origins.get(ids[1], ids[1]):
        return True
    # A rewrite that gives another value is no copy in that.
    signed = [
        Origin(
            document_id=document.id,
            signature=document_signature(document.text),
            published=stated_day(document),
        )
        for document in (one.document, other.document)
    ]
    return relation(*signed) == "rewrite"


def _bears_on(question: str, answer: str, one: Said, other: Said, found: Difference) -> bool:
    """Whether the question asks for what differs, or the answer states one of the values."""
    asked, told = stems(question), stems(answer)
    if found.subject and not shared_names(found.subject, frozenset(map(fold, asked | told))):
        return False
    # What somebody puts first comes up in passing in many an answer.
    listed = found.kind == "list" and not found.anchors & asked
    if not listed and any(value and value.lower() in answer.lower() for value in found.values):
        return found.kind in {"figure", "date"} or bool(found.anchors & (asked | told))
    if not shared_names(
        frozenset(map(fold, asked)), one.words | one.names | other.words | other.names
    ):
        return False
    kind = _ASKS_KIND.get(found.kind)
    asks = bool(found.anchors & asked or (kind and kind.search(question)))
    return asks or (found.kind == "list" and compares_sources(question))
