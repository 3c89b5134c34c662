"""What is kept of an exchange, and the exchange as it is seen again from what was kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from rag import (
    Answer,
    AnswerEvent,
    Claim,
    ClaimChecked,
    Document,
    Finished,
    Retrieved,
    SavedExchange,
    Settings,
    Turn,
    make_record,
)
from ui.chat.view import (
    REMOVED,
    ClaimView,
    Differing,
    Exchange,
    QuoteView,
    Side,
    Stage,
    see_today,
    telling_words,
)


@dataclass(slots=True)
class Collected:
    """What has come of an answer so far; the page's exchange is only what is shown of it."""

    question: str
    retrieved: Retrieved | None = None
    claims: list[Claim] = field(default_factory=list)
    answer: Answer | None = None

    def add(self, event: AnswerEvent) -> None:
        """Take the next event."""
        match event:
            case Retrieved():
                self.retrieved = event
            case ClaimChecked(claim=claim):
                self.claims.append(claim)
            case Finished(answer=answer) if answer.refusal_reason != "stopped":
                self.answer = answer
            case _:
                pass

    def answer_so_far(self) -> Answer:
        """The answer, or what stood of it when it was cut off."""
        if self.answer is not None:
            return self.answer
        found = self.retrieved
        return Answer(
            question=self.question,
            standalone_question=found.standalone_question if found else self.question,
            claims=tuple(one for one in self.claims if one.verdict == "supported"),
            dropped=tuple(one for one in self.claims if one.verdict == "unsupported"),
            passages=found.passages if found else (),
        )


def record_of(
    exchange: Exchange,
    collected: Collected,
    settings: Settings,
    *,
    asked_at: datetime,
    embedder: str | None = None,
    filters: Mapping[str, Any] | None = None,
    history: Sequence[Turn] = (),
) -> dict[str, Any]:
    """The record of an answer, with what the page shows besides under ``page``."""
    record = make_record(
        collected.answer_so_far(),
        settings,
        asked_at=asked_at,
        embedder=embedder,
        filters=filters,
        history=history,
    )
    replaced = next((claim.replaces for claim in exchange.claims if claim.replaces), None)
    offered = [
        {
            "document_id": quote.document_id,
            "start": quote.start,
            "end": quote.end,
            "also_in": list(quote.also_in),
        }
        for quote in exchange.offered
    ]
    page = {
        "error": exchange.error,
        "draft": exchange.draft,
        "replaced": replaced is not None,
        "scope": exchange.scope,
        "stage_seconds": [[stage, round(took, 3)] for stage, took in exchange.stage_seconds],
        "offered": offered,
    }
    return {**record, "page": page}


def from_saved(saved: SavedExchange, documents: Mapping[str, Document]) -> Exchange:
    """The exchange as it is shown again.

    Args:
        saved: What was kept; as much of it is shown as is there.
        documents: Those of today by id: quotes that they no longer bear out say so.
    """
    record, page = saved.record, saved.record.get("page") or {}
    dropped = tuple(_claim(one) for one in record.get("dropped") or ())
    claims = tuple(_claim(one) for one in record.get("claims") or () if one.get("supported", True))
    if page.get("replaced") and claims and dropped:
        claims = (_replacing(claims[0], dropped[0]), *claims[1:])
    refused = bool(record.get("refused"))
    answered_from = record.get("passages") or ()
    timings, model = record.get("timings") or {}, record.get("model") or {}
    return Exchange(
        number=saved.number,
        question=saved.question,
        standalone_question=record.get("standalone_question") or "",
        scope=page.get("scope") or "",
        stage=_STAGES.get(saved.state, "interrupted"),
        stage_seconds=tuple(
            (str(name), float(took)) for name, took in page.get("stage_seconds", ())
        ),
        passages=len(answered_from),
        documents=len({one.get("document_id") for one in answered_from}),
        draft=page.get("draft") or "",
        claims=claims,
        dropped=dropped,
        cited=tuple(_quote(one, documents) for one in record.get("citations") or ()),
        offered=tuple(
            _offered(place, one, record, documents)
            for place, one in enumerate(page.get("offered") or (), start=1)
        ),
        differing=tuple(_differing(one, documents) for one in record.get("disagreements") or ()),
        refused=refused,
        missing=record.get("missing"),
        as_of=_day(record.get("as_of")),
        flagged=tuple((one, _title(one, documents)) for one in record.get("flagged") or ()),
        total_s=float(timings.get("total_s") or 0),
        model=str(model.get("name") or ""),
        error=page.get("error"),
        rating=saved.rating,
        reason=saved.reason or "",
    )


_STAGES: dict[str, Stage] = {
    "finished": "finished",
    "stopped": "stopped",
    "failed": "failed",
    "asked": "interrupted",
}


def _claim(kept: Mapping[str, Any]) -> ClaimView:
    return ClaimView(
        text=kept.get("text") or "",
        numbers=tuple(kept.get("citations") or ()),
        support=float(kept.get("support") or 0),
        verdict="supported" if kept.get("supported", True) else "unsupported",
        reason=kept.get("reason"),
    )


def _replacing(claim: ClaimView, failed: ClaimView) -> ClaimView:
    return ClaimView(
        text=claim.text, numbers=claim.numbers, support=claim.support, replaces=failed.text
    )


def _quote(kept: Mapping[str, Any], documents: Mapping[str, Document]) -> QuoteView:
    quote = QuoteView(
        reference=str(kept.get("number")),
        document_id=kept.get("document_id") or "",
        source=kept.get("source") or "",
        title=kept.get("title") or "",
        start=int(kept.get("start") or 0),
        end=int(kept.get("end") or 0),
        text=kept.get("quote") or "",
        published=_day(kept.get("published")),
        published_from=kept.get("published_from"),
        also_in=tuple(kept.get("also_in") or ()),
    )
    return see_today(quote, documents)


def _offered(
    place: int,
    kept: Mapping[str, Any],
    record: Mapping[str, Any],
    documents: Mapping[str, Document],
) -> QuoteView:
    """What was found besides is kept as a place alone; its words are those of today's document."""
    key, start, end = kept.get("document_id") or "", int(kept["start"]), int(kept["end"])
    made_with = record.get("record") or {}
    known = {one.get("document_id"): one for one in made_with.get("retrieved") or ()}.get(key, {})
    today = documents.get(key)
    same = today is not None and known.get("sha256") in (None, today.sha256)
    return QuoteView(
        reference=f"r{place}",
        document_id=key,
        source=today.source if today else known.get("source") or "",
        title=today.title if today else "",
        start=start,
        end=end,
        text=today.text[start:end] if today and same else "",
        published=today.published if today else None,
        published_from=today.published_from if today else None,
        also_in=tuple(kept.get("also_in") or ()),
        state="current" if same else "changed" if today else "removed",
    )


def _differing(kept: Mapping[str, Any], documents: Mapping[str, Document]) -> Differing:
    text, sides = kept.get("text") or "", []
    for one in kept.get("citations") or ():
        quote, number = _quote(one, documents), int(one.get("number") or 0)
        words = telling_words(text, number) or quote.text
        sides.append(
            Side(number=number, words="" if quote.state == "removed" else words, quote=quote)
        )
    return Differing(sides=tuple(sides))


def _title(identity: str, documents: Mapping[str, Document]) -> str:
    return documents[identity].title if identity in documents else REMOVED


def _day(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and value else None
