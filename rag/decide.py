"""Whether what was written may stand, what is said in its place if not, or the reason to refuse."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, replace

from rag.asked import denies_alone, gives_what_is_asked, only_says_when_it_was_published
from rag.asked_year import tells_of_its_year
from rag.check import check
from rag.compose import answer_grammar, answer_messages, count_exchange, parse_reply
from rag.protocols import ChatModel
from rag.refuse import Judgement
from rag.settings import Settings
from rag.types import Citation, Claim, Quote, RefusalReason, TokenCounts
from rag.verbatim import quote_as_claim

# Long enough for one sentence: what is written anew has one quote to go by.
_REWRITE_TOKENS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What writing and checking came to: claims that stand, or the reason why none does.

    Attributes:
        tokens: Of what was written; `decide` counts what it has written a second time from all quotes.
    """

    claims: tuple[Claim, ...] = ()
    dropped: tuple[Claim, ...] = ()
    reason: RefusalReason | None = None
    confidence: float | None = None
    tokens: TokenCounts | None = None


def decide(
    question: str,
    checked: Sequence[Claim],
    quotes: Sequence[Quote],
    model: ChatModel,
    settings: Settings,
    judgement: Judgement,
    *,
    read: Sequence[int],
    before: Sequence[int] = (),
) -> Generator[str, None, Outcome]:
    """What stands of the sentences that were checked; yields while the model is at work.

    The quotes must state the answer to exactly this question, as far as the model can tell. Where none of the sentences
    passed, all quotes are read if only some were (``read`` has their numbers) and all together will do; else one
    sentence is written anew from the quote they point to, unless that quote was read alone, now or ``before``: the same
    would be written. If that does not pass either, the words of the quote stand in its place.
    """
    claims = tuple(claim for claim in checked if claim.verdict == "supported")
    dropped = tuple(claim for claim in checked if claim.verdict == "unsupported")
    useful = any(_gives(question, claim) for claim in claims)
    every = judgement.every
    if len(read) < len(quotes) and not useful and judgement.will_do(every):
        written, tokens = yield from write(question, quotes, every, model, settings.answer_tokens)
        outcome = yield from decide(
            question, written, quotes, model, settings, judgement, read=every, before=read
        )
        tried = checked if outcome.reason else dropped
        dropped = tuple(dict.fromkeys((*tried, *outcome.dropped)))
        return replace(outcome, dropped=dropped, tokens=tokens)
    cited = _cited(claims or dropped, quotes)
    if not cited:
        return Outcome(reason="unsupported", dropped=dropped)
    sources = [citation.quote for citation in cited]
    texts = " ".join(quote.text for quote in sources)
    timely = tells_of_its_year(question, sources)
    if (claims and not useful) or denies_alone(question, texts) or not timely:
        return Outcome(reason="not_stated", dropped=tuple(checked))
    numbers = [citation.number for citation in cited]
    confidence = judgement.of_answer(read if claims else numbers, numbers)
    if confidence < settings.refuse_below:
        reason: RefusalReason = "not_stated" if claims else "unsupported"
        return Outcome(reason=reason, dropped=tuple(checked), confidence=confidence)
    if not claims:
        anew, number = None, cited[0].number
        if [number] not in (list(read), list(before)):
            anew = yield from _rewritten(question, number, quotes, model)
        stated = anew or quote_as_claim(question, cited[0], written=dropped)
        if stated is None:
            return Outcome(reason="unsupported", dropped=tuple(checked), confidence=confidence)
        claims = (stated,)
    return Outcome(claims=claims, dropped=dropped, confidence=confidence)


def _gives(question: str, claim: Claim) -> bool:
    """Whether a sentence can be an answer at all."""
    quotes = [citation.quote for citation in claim.citations]
    return gives_what_is_asked(question, claim.text) and not (
        only_says_when_it_was_published(question, claim.text, quotes)
    )


def _cited(claims: Sequence[Claim], quotes: Sequence[Quote]) -> list[Citation]:
    """What claims cite, by number; of claims that cite nothing, the best quote."""
    seen = {one.number: one for claim in claims for one in claim.citations}
    if claims and not seen and quotes:
        return [Citation(number=1, quote=quotes[0])]
    return [seen[number] for number in sorted(seen)]


def _rewritten(
    question: str, number: int, quotes: Sequence[Quote], model: ChatModel
) -> Generator[str, None, Claim | None]:
    """A sentence from one quote alone, if it passes the check."""
    written, _ = yield from write(question, quotes, [number], model, _REWRITE_TOKENS)
    for claim in written[:1]:
        if claim.verdict == "supported" and _gives(question, claim):
            return claim
    return None


def write(
    question: str,
    quotes: Sequence[Quote],
    numbers: Collection[int],
    model: ChatModel,
    max_tokens: int,
) -> Generator[str, None, tuple[list[Claim], TokenCounts]]:
    """Pieces of an answer from the quotes of these numbers; then its sentences, checked, and what they took."""
    messages, reply = answer_messages(question, quotes, numbers), ""
    for piece in model.stream(
        messages,
        grammar=answer_grammar(numbers),
        max_tokens=max_tokens,
    ):
        reply += piece
        yield piece
    claims = [check(question, draft, quotes, among=numbers) for draft in parse_reply(reply)]
    return claims, count_exchange(model, messages, reply)
