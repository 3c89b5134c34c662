"""HTML beside the conversation: the evidence and the document viewer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rag import Document
from ui.chat.thread import stage
from ui.chat.view import Exchange, QuoteView, see_today
from ui.markup import hint, inert, listed, published

_STATES = {"changed": "changed since", "removed": "removed"}
# Shares of a sentence's words that its quotes hold.
_STRONG, _GOOD = 0.85, 0.65


def evidence(
    exchange: Exchange | None, documents: Mapping[str, Document], active: str | None = None
) -> str:
    """The quotes behind an answer: those it cites first, what was found besides apart from them.

    Args:
        exchange: Whose quotes; ``None`` while nothing has been asked.
        documents: Those of today by id.
        active: Reference of the quote that is open in the viewer.
    """
    if exchange is None:
        return hint("The quotes behind an answer appear here. Each one opens in its document.")
    cited = [_card(exchange, quote, documents, active) for quote in exchange.cited]
    others = [
        _card(exchange, quote, documents, active)
        for quote in exchange.uncited
        if see_today(quote, documents).state != "removed"
    ]
    about = f'<p class="sb-about">{inert(exchange.question)}</p>'
    if not exchange.over:
        status = "" if others or cited else f'<p class="sb-hint">{stage(exchange)}</p>'
        return about + status + _group("Cited so far", cited) + _group("Found", others)
    if exchange.refused:
        return about + _group("Related, but not an answer", others, "sb-related")
    if exchange.stage == "failed":
        return about + hint("No evidence: the question could not be answered.")
    nothing = "" if cited else hint("Nothing was cited.")
    return (
        about
        + nothing
        + _group("Cited", cited)
        + _group("Also retrieved, not cited", others, "sb-also")
    )


def quote_viewer(
    exchange: Exchange,
    quote: QuoteView,
    document: Document | None,
    *,
    opened: int = 0,
) -> str:
    """A quote in its document, or what can still be said of it.

    Args:
        exchange: Whose quote.
        quote: What was clicked.
        document: As it is today; ``None`` if it was removed.
        opened: A number that differs from the last call's, so that the page notices a quote that is
            opened again.
    """
    quote = see_today(quote, {document.id: document} if document else {})
    of = f"{exchange.number}:{quote.reference}"
    if document is None:
        gone = "This document has been removed, and its words with it."
        return _frame(quote.title, "", _told(gone), opened, of)
    if quote.state == "changed":
        kept = f"<blockquote>{inert(quote.text)}</blockquote>" if quote.text else ""
        told = _told(
            "This document has changed since the answer. The quoted words are no longer in it; "
            "below is what it says today.",
            kept,
        )
        return _frame(document.title, _origin(document), told + _page(document, 0, 0), opened, of)
    page = _page(document, quote.start, quote.end)
    return _frame(document.title, _origin(document), page, opened, of)


def viewer(
    document: Document,
    *,
    start: int = 0,
    end: int = 0,
    opened: int = 0,
) -> str:
    """A whole document, with the span ``start:end`` marked; an empty span marks nothing."""
    return _frame(document.title, _origin(document), _page(document, start, end), opened, "")


def _frame(title: str, origin: str, body: str, opened: int, quote: str) -> str:
    return (
        f'<article class="sb-viewer" data-opened="{opened}" data-quote="{inert(quote)}" '
        f'aria-label="{inert(title)}"><header><div><h3>{inert(title)}</h3>{origin}</div>'
        '<button type="button" class="sb-open sb-close" value="close" '
        f'aria-label="Close the document">×</button></header>{body}</article>'
    )


def _told(words: str, more: str = "") -> str:
    return f'<div class="sb-told" role="status"><p>{words}</p>{more}</div>'


def _page(document: Document, start: int, end: int) -> str:
    text = inert(document.text)
    if end > start:
        before, words, after = (
            inert(part)
            for part in (document.text[:start], document.text[start:end], document.text[end:])
        )
        text = f'{before}<mark tabindex="-1">{words}</mark>{after}'
    return (
        '<div class="sb-page" tabindex="0" role="region" aria-label="Text of the document">'
        f"{text}</div>"
    )


def _card(
    exchange: Exchange,
    quote: QuoteView,
    documents: Mapping[str, Document],
    active: str | None,
) -> str:
    quote = see_today(quote, documents)
    is_cited = not quote.reference.startswith("r")
    if is_cited:
        number = f'<span class="sb-number">{quote.reference}</span>'
    elif not exchange.over and not exchange.claims:
        # as the draft numbers them
        number = f'<span class="sb-number sb-draft">{quote.reference[1:]}</span>'
    else:
        number = ""
    state = (
        f'<span class="sb-state">{_STATES[quote.state]}</span>' if quote.state != "current" else ""
    )
    words = inert(quote.text.strip()) or "The words are no longer kept."
    current = ' aria-current="true"' if quote.reference == active else ""
    title = inert(quote.title)
    return (
        '<li><button type="button" class="sb-open sb-card" '
        f'value="quote:{exchange.number}:{quote.reference}"{current}>'
        f'<span class="sb-quote">{number}{words}</span>'
        f'<span class="sb-title">{title}{state}</span>{_origin(quote)}'
        f"{_also_in(quote.also_in, documents)}{_support(exchange, quote) if is_cited else ''}</button></li>"
    )


def _support(exchange: Exchange, quote: QuoteView) -> str:
    places = exchange.resting_on(quote)
    if not places:
        return ""
    least = min(exchange.claims[place - 1].support for place in places)
    word = "Strong" if least >= _STRONG else "Good" if least >= _GOOD else "Some"
    share = f"At least {least:.0%} of the words are in the quotes"
    noun = "sentence" if len(places) == 1 else "sentences"
    return (
        f'<span class="sb-support sb-{word.lower()}" title="{share}">{word} support</span>'
        f'<span class="sb-rests">Rests on this: {noun} {listed(map(str, places))}</span>'
    )


def _also_in(ids: Iterable[str], documents: Mapping[str, Document]) -> str:
    names = [
        inert(documents[one].title or documents[one].source) for one in ids if one in documents
    ]
    return f'<span class="sb-origin">also in {", ".join(names)}</span>' if names else ""


def _origin(document: Document | QuoteView) -> str:
    if not document.source:
        return ""
    return (
        f'<span class="sb-origin"><span class="sb-source">{inert(document.source)}</span> · '
        f'<span class="sb-date">{inert(published(document))}</span></span>'
    )


def _group(heading: str, cards: Sequence[str], kind: str = "") -> str:
    if not cards:
        return ""
    items = f'<ul class="sb-list">{"".join(cards)}</ul>'
    return f'<section class="sb-group {kind}"><h3>{heading}</h3>{items}</section>'
