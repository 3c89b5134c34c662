"""HTML of the conversation: questions, answers with their markers, refusals, stops and errors.

Whatever comes from outside goes through `inert`; every tag on the page is written here or in
`ui.panels`.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from datetime import date

from rag import Answer, Citation, Claim, Disagreement, Document
from ui.conversation import Exchange

# Gradio runs messages through Markdown and page parts through a template language, so more than <,
# > and & must lose its meaning. As character references, punctuation and line ends are text to all
# of them.
_INERT = {ord(character): f"&#{ord(character)};" for character in string.punctuation + "\n\r"}

_MARKER = re.compile(r" \[\d+\]")


def inert(text: str) -> str:
    """The text, shown as it is by HTML, Markdown and templates alike; fit for attributes too."""
    return text.translate(_INERT)


def day(value: date) -> str:
    """A date as people write it: ``10 June 2025``."""
    return f"{value.day} {value:%B %Y}"


def published(document: Document) -> str:
    """When a document was published, as far as it says."""
    if document.published is None:
        return "undated"
    return day(document.published) + (
        " (date of the file)" if document.published_from == "mtime" else ""
    )


def counted(number: int, noun: str) -> str:
    """``1 passage``, ``2 passages``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def messages(exchanges: Sequence[Exchange]) -> list[dict[str, str]]:
    """The conversation in the form that ``gr.Chatbot`` takes."""
    return [
        message
        for exchange in exchanges
        for message in (
            {
                "role": "user",
                "content": f'<div class="sb-question">{inert(exchange.question)}</div>',
            },
            {"role": "assistant", "content": reply(exchange)},
        )
    ]


def reply(exchange: Exchange) -> str:
    """What the page says to a question, at any moment of its answer."""
    if exchange.error is not None:
        return _box(
            "error", f'<p class="sb-lead">This did not work.</p><p>{inert(exchange.error)}</p>'
        )
    if exchange.answer is not None and exchange.refused:
        return _refusal(exchange, exchange.answer)
    if exchange.answer is not None:
        return _box("answer", _claims(exchange), *_notes(exchange, exchange.answer))
    draft = (
        f'<span class="sb-draft">{inert(exchange.draft.strip())}</span>'
        if exchange.draft.strip()
        else ""
    )
    text = " ".join(part for part in (_sentences(exchange), draft) if part)
    body = f'<p class="sb-text">{text}</p>' if text else ""
    if exchange.stage == "stopped":
        note = "Stopped before the answer was checked as a whole." if text else "Stopped."
        note += " The text in italics was not checked at all." if draft else ""
        return _box("stopped", body, f'<p class="sb-note">{note}</p>')
    return _box(
        "working", body, f'<p class="sb-stage"><span class="sb-dot"></span>{stage(exchange)}</p>'
    )


def stage(exchange: Exchange) -> str:
    """What is going on right now, in words."""
    match exchange.stage:
        case "waiting":
            return "Waiting for its turn…"
        case "searching":
            return "Searching your documents…"
        case "reading":
            passages = exchange.retrieved.passages if exchange.retrieved else ()
            documents = {passage.document.id for passage in passages}
            sources = counted(len(documents), "document")
            return f"Reading {counted(len(passages), 'passage')} from {sources}…"
        case "writing":
            return "Writing — not checked yet…"
        case "checking":
            return "Checking each sentence against its quotes…"
        case "finished" | "stopped" | "failed":
            return ""


def marker(exchange: Exchange, citation: Citation) -> str:
    """A ``[n]`` that opens its quote."""
    # Gradio strips data and ARIA attributes from messages, value and title stay; the page's script
    # makes the title the ARIA label.
    label = inert(f"Open quote {citation.number}: {citation.quote.document.title}")
    target = quote_target(exchange, str(citation.number))
    return (
        f'<button type="button" class="sb-open sb-marker" value="{target}" title="{label}">'
        f"[{citation.number}]</button>"
    )


def quote_target(exchange: Exchange, reference: str) -> str:
    """What a button that opens a quote carries: every answer, old or new, has its own quotes."""
    return f"quote:{exchange.id}:{reference}"


def _sentences(exchange: Exchange) -> str:
    return " ".join(_sentence(exchange, claim) for claim in exchange.claims)


def _sentence(exchange: Exchange, claim: Claim) -> str:
    markers = "".join(marker(exchange, citation) for citation in claim.citations)
    return f'<span class="sb-claim">{inert(claim.text)}{markers}</span>'


def _claims(exchange: Exchange) -> str:
    return f'<p class="sb-text">{_sentences(exchange)}</p>'


def _notes(exchange: Exchange, answer: Answer) -> list[str]:
    notes = [_disagreement(exchange, disagreement) for disagreement in answer.disagreements]
    if answer.as_of is not None:
        notes.append(f'<p class="sb-note">As of {day(answer.as_of)}.</p>')
    return [*notes, _timings(answer)]


def _disagreement(exchange: Exchange, disagreement: Disagreement) -> str:
    markers = "".join(marker(exchange, citation) for citation in disagreement.citations)
    said = _MARKER.sub("", disagreement.text) or f"Sources differ on {disagreement.about}:"
    return f'<p class="sb-differ">{inert(said)} {markers}</p>'


def _timings(answer: Answer) -> str:
    if not answer.timings.total_s:
        return ""
    parts = [f"searched in {answer.timings.retrieve_s:.1f} s"]
    if answer.timings.first_token_s > answer.timings.retrieve_s:  # otherwise no model was asked
        parts.append(f"first word after {answer.timings.first_token_s:.1f} s")
    parts.append(f"done in {answer.timings.total_s:.1f} s")
    if answer.model is not None:
        parts.append(inert(answer.model.name))
    return f'<p class="sb-timings">{" · ".join(parts)}</p>'


def _refusal(exchange: Exchange, answer: Answer) -> str:
    missing = f"<p>{inert(answer.missing)}</p>" if answer.missing else ""
    related = (
        '<p class="sb-note">The nearest passages are listed as related reading only.</p>'
        if exchange.uncited
        else ""
    )
    return _box(
        "refusal",
        f'<p class="sb-lead">{inert(answer.text)}</p>',
        missing,
        related,
        _timings(answer),
    )


def _box(kind: str, *parts: str) -> str:
    return f'<div class="sb-reply sb-{kind}">{"".join(parts)}</div>'
