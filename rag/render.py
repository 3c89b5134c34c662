"""Answers and passages as JSON objects (a contract: fields may be added, not renamed) and as text for a terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

from rag.types import Answer, Citation, Claim, Disagreement, Document, Passage

_WIDTH = 96
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]"
)


def printable(words: str) -> str:
    """Words from outside without what would take effect on the terminal that shows them."""
    return _UNPRINTABLE.sub("", words.replace("\f", "\n"))


def answer_json(answer: Answer) -> dict[str, Any]:
    """The object that ``rag ask --json`` prints."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "answer": answer.text,
        "refused": answer.refused,
        "refusal_reason": answer.refusal_reason,
        "missing": answer.missing,
        "claims": [_claim_json(claim) for claim in answer.claims],
        "dropped": [_claim_json(claim) for claim in answer.dropped],
        "confidence": answer.confidence,
        "citations": [citation_json(citation) for citation in answer.citations],
        "passages": [_passage_json(passage) for passage in answer.passages],
        "disagreements": [_disagreement_json(one) for one in answer.disagreements],
        "as_of": answer.as_of and answer.as_of.isoformat(),
        "flagged": list(answer.flagged),
        "timings": {
            "retrieve_s": round(answer.timings.retrieve_s, 3),
            "first_token_s": round(answer.timings.first_token_s, 3),
            "total_s": round(answer.timings.total_s, 3),
        },
        "tokens": answer.tokens
        and {"prompt": answer.tokens.prompt, "answer": answer.tokens.answer},
        "model": answer.model and {"name": answer.model.name, "sha256": answer.model.sha256},
    }


def document_json(document: Document) -> dict[str, Any]:
    """What ``rag list --json`` and ``rag inspect --json`` say of a document, without its text."""
    return {
        "id": document.id,
        "source": document.source,
        "title": document.title,
        "published": document.published and document.published.isoformat(),
        "published_from": document.published_from,
        "sha256": document.sha256,
        "characters": len(document.text),
    }


def search_json(query: str, passages: Sequence[Passage]) -> dict[str, Any]:
    """The object that ``rag search --json`` prints."""
    return {
        "query": query,
        "passages": [
            {
                **_passage_json(passage),
                "source": passage.document.source,
                "title": passage.document.title,
                "published": _day(passage),
                "also_in": list(passage.also_in),
                "origin": passage.origin,
                "text": passage.text,
            }
            for passage in passages
        ],
    }


def answer_text(answer: Answer) -> str:
    """The answer with the quotes below it; under a refusal what is missing, and no source."""
    lines = [_wrap(answer.text)]
    if answer.standalone_question != answer.question:
        lines.insert(0, f"(asked as: {answer.standalone_question})")
    if answer.refused:
        lines += ["", _wrap(answer.missing or "")]
        if answer.passages:
            lines += ["", "Related, but not an answer:"]
            lines += [f"  - {_where(passage)}" for passage in _one_each(answer.passages)[:3]]
        return "\n".join(lines)
    if answer.as_of:
        lines.append(f"As of {answer.as_of}.")
    lines += [
        f"Document {one} addresses the software that reads it: rag inspect {one}"
        for one in answer.flagged
    ]
    for citation in answer.citations:
        quote = citation.quote
        lines += [
            "",
            f"[{citation.number}] {quote.document.title}",
            f"    {quote.document.source}, {quote.document.published or 'undated'}, "
            f"characters {quote.start}-{quote.end}",
            textwrap.indent(_wrap(f"“{' '.join(quote.text.split())}”", _WIDTH - 4), "    "),
        ]
    return "\n".join(lines)


def explanation_text(answer: Answer) -> str:
    """Why these passages, what the checks said, where the time went."""
    lines = ["", "Passages:"]
    for passage in answer.passages:
        similarity = "-" if passage.similarity is None else f"{passage.similarity:.3f}"
        lexical = "-" if passage.lexical is None else f"{passage.lexical:.2f}"
        lines.append(
            f"  {passage.rank:2}. score {passage.score:.3f} (cosine {similarity}, BM25 {lexical}) {_where(passage)}"
        )
    lines.append("Checks:")
    lines += [
        f"  {claim.verdict}, support {claim.support:.2f}: {claim.text}" for claim in answer.claims
    ]
    lines += [
        f"  dropped, support {claim.support:.2f}: {claim.text}"
        + (f" ({claim.reason})" if claim.reason else "")
        for claim in answer.dropped
    ]
    if answer.confidence is not None:
        lines.append(f"  confidence {answer.confidence:.3f}")
    if answer.refusal_reason:
        lines.append(f"  refused: {answer.refusal_reason}")
    timings = answer.timings
    lines.append(
        f"Seconds: passages {timings.retrieve_s:.2f}, first word {timings.first_token_s:.2f}, "
        f"done {timings.total_s:.2f}"
    )
    return "\n".join(lines)


def search_text(passages: Sequence[Passage]) -> str:
    """Passages for a terminal, best first."""
    if not passages:
        return "Nothing found."
    blocks = []
    for passage in passages:
        text = textwrap.shorten(" ".join(passage.text.split()), 4 * _WIDTH, placeholder=" …")
        blocks.append(
            f"{passage.rank}. {_where(passage)}  score {passage.score:.3f}\n"
            + textwrap.indent(_wrap(text, _WIDTH - 3), "   ")
        )
    return "\n\n".join(blocks)


def _passage_json(passage: Passage) -> dict[str, Any]:
    return {
        "document_id": passage.document.id,
        "rank": passage.rank,
        "score": round(passage.score, 6),
        "start": passage.chunk.start,
        "end": passage.chunk.end,
    }


def _claim_json(claim: Claim) -> dict[str, Any]:
    return {
        "text": claim.text,
        "supported": claim.verdict == "supported",
        "support": claim.support,
        "citations": [citation.number for citation in claim.citations],
    } | ({"reason": claim.reason} if claim.reason else {})


def citation_json(citation: Citation) -> dict[str, Any]:
    """A quote with its number, where it stands, and the digest of the file that it was read from."""
    document = citation.quote.document
    return {
        "number": citation.number,
        "document_id": document.id,
        "source": document.source,
        "title": document.title,
        "published": document.published and document.published.isoformat(),
        "published_from": document.published_from,
        "sha256": document.sha256,
        "start": citation.quote.start,
        "end": citation.quote.end,
        "quote": citation.quote.text,
        "also_in": list(citation.quote.also_in),
    }


def _disagreement_json(disagreement: Disagreement) -> dict[str, Any]:
    return {
        "about": disagreement.about,
        "text": disagreement.text,
        "citations": [citation_json(citation) for citation in disagreement.citations],
    }


def _day(passage: Passage) -> str | None:
    published = passage.document.published
    return published.isoformat() if published else None


def _where(passage: Passage) -> str:
    return f"{passage.document.title} ({passage.document.source}, {_day(passage) or 'undated'})"


def _one_each(passages: Sequence[Passage]) -> list[Passage]:
    """The best passage of every document."""
    best: dict[str, Passage] = {}
    for passage in passages:
        best.setdefault(passage.document.id, passage)
    return list(best.values())


def _wrap(text: str, width: int = _WIDTH) -> str:
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)
