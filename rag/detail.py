"""What else the document that was cited says in answer: a further quote for a sentence, or a sentence from one."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import replace

from rag.asked import asks_yes_or_no
from rag.check import MIN_SUPPORT, support_of
from rag.decide import Outcome, write
from rag.protocols import ChatModel
from rag.refuse import Judgement
from rag.types import Citation, Claim, Quote
from rag.wording import content_words

# Only these quotes are looked at, best first: each look costs half a second.
_FIRST = 3
_SURELY = 0.7
_TOKENS = 80
# What shares more of its words than this with a sentence that was told says the same.
_SAME = 0.6
_IS_OPEN = re.compile(
    r"^\W*(?:what (?:do|does|did|is|are|was|were|role|caus\w+|happen\w*)|how (?:do|does|did|is|are|was|were|can|to)|"
    r"why|explain|describe)\b|\b(?:difference|purpose|meaning)\b",
    re.IGNORECASE,
)


def is_open(question: str) -> bool:
    """Whether more than one sentence may be the answer to a question, since it asks to explain something."""
    return bool(_IS_OPEN.search(question))


def add_detail(
    question: str,
    outcome: Outcome,
    quotes: Sequence[Quote],
    judgement: Judgement,
    model: ChatModel,
) -> Generator[str, None, Outcome]:
    """The outcome, its claims with the other quotes that hold them, and what an open question is told besides.

    For an answer that cites one quote: others of its document that state an answer to the question, too, as clearly as
    the model can tell.
    """
    cited = {citation.number for claim in outcome.claims for citation in claim.citations}
    if len(cited) != 1 or asks_yes_or_no(question):
        return outcome
    (known,) = cited
    told, dropped, tokens = list(outcome.claims), list(outcome.dropped), outcome.tokens
    for number in judgement.every[:_FIRST]:
        quote = quotes[number - 1]
        if number == known or quote.document.id != quotes[known - 1].document.id:
            continue
        if judgement.confidence([number]) < _SURELY:
            continue
        further = Citation(number=number, quote=quote)
        also = [
            replace(one, citations=(*one.citations, further))
            if support_of(one.text, [quote], question) >= MIN_SUPPORT
            else one
            for one in told
        ]
        if also == told and is_open(question):
            written, count = yield from write(question, quotes, [number], model, _TOKENS)
            tokens = tokens + count if tokens else count
            dropped += [one for one in written if one.verdict == "unsupported"]
            also += [
                one for one in written if one.verdict == "supported" and not _is_told(one, told)
            ]
        told = also
    return replace(outcome, claims=tuple(told), dropped=tuple(dropped), tokens=tokens)


def _is_told(claim: Claim, told: Sequence[Claim]) -> bool:
    words = content_words(claim.text)
    return any(len(words & content_words(one.text)) > _SAME * len(words) for one in told)
