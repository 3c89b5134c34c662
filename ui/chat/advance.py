"""How events change what the page knows of an answer.

Nothing changes in place: `advance` maps an exchange and an event to the next exchange, so that all of it is tested
without a browser or a thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rag import (
    Answer,
    AnswerEvent,
    Claim,
    ClaimChecked,
    Delta,
    Disagreement,
    Finished,
    Quote,
    Retrieved,
)
from ui.chat.view import (
    ClaimView,
    Differing,
    Exchange,
    QuoteView,
    Side,
    Stage,
    telling_words,
    view_of,
)


def begin(exchange: Exchange, at: float = 0.0, *, loading: bool = False) -> Exchange:
    """The exchange once the pipeline works on it; ``at`` is seconds since it was asked."""
    if exchange.stage != "waiting":
        return exchange
    return replace(_enter(exchange, "searching", at), place=0, loading=loading)


def queue(exchange: Exchange, place: int) -> Exchange:
    """The exchange while others are first."""
    return replace(exchange, place=place) if exchange.stage == "waiting" else exchange


def advance(exchange: Exchange, event: AnswerEvent, at: float = 0.0) -> Exchange:
    """The exchange after an event of its answer; events that come after a stop change nothing."""
    if exchange.over:
        return exchange
    match event:
        case Retrieved():
            return _found(exchange, event, at)
        case Delta(text=""):
            return replace(exchange, pondering=True)  # a sign of life
        case Delta(text=text):
            return replace(_enter(exchange, "writing", at), draft=exchange.draft + text)
        case ClaimChecked(claim=claim):
            return _checked(_enter(exchange, "checking", at), claim)
        case Finished(answer=answer):
            return _finished(exchange, answer, at)


def stop(exchange: Exchange, at: float | None = None) -> Exchange:
    """The exchange after the person stopped it: checked sentences and the draft stay."""
    return exchange if exchange.over else _enter(exchange, "stopped", at)


def fail(exchange: Exchange, message: str, at: float | None = None) -> Exchange:
    """The exchange after an error."""
    if exchange.over:
        return exchange
    return replace(_enter(exchange, "failed", at), error=message, draft="")


def _enter(exchange: Exchange, stage: Stage, at: float | None) -> Exchange:
    if exchange.stage == stage:
        return exchange
    if at is None:  # nobody looked at the clock
        return replace(exchange, stage=stage)
    took = (exchange.stage, max(0.0, at - exchange.since))
    return replace(exchange, stage=stage, since=at, stage_seconds=(*exchange.stage_seconds, took))


def _found(exchange: Exchange, event: Retrieved, at: float) -> Exchange:
    quotes = event.quotes or tuple(
        Quote(
            document=passage.document,
            start=passage.chunk.start,
            end=passage.chunk.end,
            also_in=passage.also_in,
        )
        for passage in event.passages
    )
    return replace(
        _enter(exchange, "reading", at),
        standalone_question=event.standalone_question,
        passages=len(event.passages),
        documents=len({passage.document.id for passage in event.passages}),
        offered=tuple(view_of(quote, f"r{place}") for place, quote in enumerate(quotes, start=1)),
    )


def _checked(exchange: Exchange, claim: Claim) -> Exchange:
    view = _claim(claim)
    draft = _after(exchange.draft, claim.text)
    if not view.stands:
        dropped = (*exchange.dropped, view)
        return replace(exchange, dropped=dropped, draft=draft, pondering=False)
    # Something new, after thinking about sentences of which none passed.
    if exchange.pondering and exchange.dropped and not exchange.claims:
        view = replace(view, replaces=exchange.dropped[0].text)
    return replace(
        exchange,
        claims=(*exchange.claims, view),
        cited=_by_number(exchange.cited, [claim]),
        draft=draft,
        pondering=False,
    )


def _finished(exchange: Exchange, answer: Answer, at: float) -> Exchange:
    if answer.refusal_reason == "stopped":
        return stop(exchange, at)
    standing = [claim for claim in answer.claims if claim.verdict == "supported"]
    replaced = {claim.text: claim.replaces for claim in exchange.claims if claim.replaces}
    differing = tuple(_differing(one) for one in answer.disagreements)
    titles = {passage.document.id: passage.document.title for passage in answer.passages}
    exchange = replace(
        _enter(exchange, "finished", at),
        draft="",
        dropped=tuple(_claim(claim) for claim in answer.dropped),
        standalone_question=answer.standalone_question,
        as_of=answer.as_of,
        flagged=tuple((one, titles.get(one, one)) for one in answer.flagged),
        total_s=answer.timings.total_s,
        model=answer.model.name if answer.model else "",
    )
    if answer.refused:
        return replace(exchange, refused=True, missing=answer.missing, claims=(), cited=())
    return replace(
        exchange,
        claims=tuple(replace(_claim(one), replaces=replaced.get(one.text)) for one in standing),
        cited=_by_number((side.quote for one in differing for side in one.sides), standing),
        differing=differing,
    )


def _claim(claim: Claim) -> ClaimView:
    return ClaimView(
        text=claim.text,
        numbers=tuple(citation.number for citation in claim.citations),
        support=claim.support,
        verdict=claim.verdict,
        reason=claim.reason,
    )


def _by_number(known: Iterable[QuoteView], claims: Sequence[Claim]) -> tuple[QuoteView, ...]:
    quotes = {int(quote.reference): quote for quote in known}
    for claim in claims:
        for citation in claim.citations:
            quotes[citation.number] = view_of(citation.quote, str(citation.number))
    return tuple(quotes[number] for number in sorted(quotes))


def _differing(disagreement: Disagreement) -> Differing:
    sides = tuple(
        Side(
            number=one.number,
            words=telling_words(disagreement.text, one.number) or one.quote.text,
            quote=view_of(one.quote, str(one.number)),
        )
        for one in disagreement.citations
    )
    return Differing(sides=sides)


def _after(draft: str, sentence: str) -> str:
    """What the draft says after a sentence; the draft has markers that the sentence lost."""
    gap = r"\s*(?:\[\d+\]\s*)*"
    said = gap.join(re.escape(token) for token in re.findall(r"\w+|[^\w\s]", sentence))
    found = re.search(said + gap, draft)
    # A sentence that the draft does not hold was mended on the way; what it was made of must not
    # stand beside it.
    return draft[found.end() :] if found else ""
