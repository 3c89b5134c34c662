"""The words of a quote where what was written from it does not stand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.agreement.terms import read_row
from rag.asked import gives_what_is_asked
from rag.check import MARKUP
from rag.headings import is_heading
from rag.split import split_sentences
from rag.types import Citation, Claim, Quote
from rag.wording import content_words

_TAKEN_FOR = re.compile(r"where the sentence says ([^\W\d].*) the source says")
_NAME_COUNTS_LESS = 0.4


def quote_as_claim(
    question: str,
    citation: Citation,
    *,
    written: Sequence[Claim] = (),
    lead: str = "The sources state",
) -> Claim | None:
    """The sentence of a quote that is most likely meant, as it stands; none where no sentence can be an answer.

    That one has most in common with the question and with what was ``written`` from the quote, though that did not
    pass. ``lead`` goes before it. A heading says nothing by itself, unless there is nothing else; nor does a quote of
    somebody who was asked about, if it has another in his place.
    """
    for claim in written:
        taken = _TAKEN_FOR.match(claim.reason or "")
        if taken and taken[1] in question and taken[1] not in citation.quote.text:
            return None
    meant = content_words(" ".join([question, *(claim.text for claim in written)]))
    sentences = [one for one in _statements(citation.quote) if gives_what_is_asked(question, one)]
    if not sentences:
        return None
    # What is asked of somebody says more than who it is.
    names = {word for term in read_row(question).terms for word in content_words(term.text)}

    def fits(one: str) -> float:
        held = meant & content_words(one)
        return len(held) - _NAME_COUNTS_LESS * len(held & names)

    best = max(sentences, key=fits)
    return Claim(
        text=f"{lead}: “{' '.join(best.split()).lstrip(MARKUP)}”",
        citations=(citation,),
        support=1.0,
        verdict="supported",
    )


def _statements(quote: Quote) -> Sequence[str]:
    """The sentences of a quote but for headings, or all of it."""
    text, spans = quote.text, split_sentences(quote.text)
    told = [one for one in spans if not is_heading(quote.document.text, quote.start + one.start)]
    return [text[one.start : one.end] for one in told or spans] or [text]
