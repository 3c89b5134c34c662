"""HTML beside the conversation: the list of documents, the evidence and the document viewer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rag import Document, Quote
from ui.conversation import Exchange
from ui.markup import counted, inert, published, quote_target, stage

LISTED = 500


def library(documents: Mapping[str, Document]) -> str:
    """The list of documents; each opens in the viewer."""
    if not documents:
        return _hint(
            "No documents yet. Add some with <code>rag ingest PATH</code>, then reload this page."
        )
    ordered = sorted(documents.values(), key=lambda document: document.source)
    items = "".join(
        '<li><button type="button" class="sb-open sb-document" '
        f'value="document:{inert(document.id)}">'
        f'<span class="sb-title">{inert(document.title)}</span>{_origin(document)}</button></li>'
        for document in ordered[:LISTED]
    )
    more = (
        _hint(f"and {counted(len(ordered) - LISTED, 'more document')}")
        if len(ordered) > LISTED
        else ""
    )
    count = f'<p class="sb-count">{counted(len(ordered), "document")}</p>'
    return f'{count}<ul class="sb-list">{items}</ul>{more}'


def failure(message: str) -> str:
    """A panel that could not be filled, and why."""
    return f'<p class="sb-hint" role="alert">{inert(message)}</p>'


def evidence(
    exchange: Exchange | None, documents: Mapping[str, Document], active: str | None = None
) -> str:
    """The quotes behind an answer: those it cites first, what was found besides apart from them.

    Args:
        exchange: Whose quotes; ``None`` while nothing has been asked.
        documents: Everything known by id, to name the documents that hold a quote too.
        active: Reference of the quote that is open in the viewer.
    """
    if exchange is None:
        return _hint("The quotes behind an answer appear here. Each one opens in its document.")
    cards = {
        reference: _card(exchange, reference, quote, documents, active)
        for reference, quote in (exchange.cited | exchange.uncited).items()
    }
    cited = [cards[reference] for reference in exchange.cited]
    others = [cards[reference] for reference in exchange.uncited]
    about = f'<p class="sb-about">{inert(exchange.question)}</p>'
    if not exchange.over:
        status = f'<p class="sb-stage"><span class="sb-dot"></span>{stage(exchange)}</p>'
        return about + status + _group("Cited so far", cited) + _group("Found", others)
    if exchange.refused:
        return about + _group("Related, but not an answer", others, "sb-related")
    if exchange.stage == "failed":
        return about + _hint("No evidence: the question could not be answered.")
    nothing = _hint("Nothing was cited.") if not cited else ""
    return (
        about
        + nothing
        + _group("Cited", cited)
        + _group("Also retrieved, not cited", others, "sb-also")
    )


def viewer(document: Document, *, start: int = 0, end: int = 0, opened: int = 0) -> str:
    """A whole document, with the span ``start:end`` marked.

    Args:
        document: What to show.
        start: Where the span begins in ``document.text``.
        end: Where it ends; an empty span marks nothing.
        opened: A number that differs from the last call's, so that the page notices a span that is
            opened again.
    """
    before, span, after = document.text[:start], document.text[start:end], document.text[end:]
    mark = f'<mark tabindex="-1">{inert(span)}</mark>' if span else ""
    return (
        f'<article class="sb-viewer" data-opened="{opened}" aria-label="{inert(document.title)}">'
        f"<header><div><h3>{inert(document.title)}</h3>{_origin(document)}</div>"
        '<button type="button" class="sb-open sb-close" value="close" '
        'aria-label="Close the document">×</button></header>'
        '<div class="sb-page" tabindex="0" role="region" aria-label="Text of the document">'
        f"{inert(before)}{mark}{inert(after)}</div>"
        "</article>"
    )


def _card(
    exchange: Exchange,
    reference: str,
    quote: Quote,
    documents: Mapping[str, Document],
    active: str | None,
) -> str:
    if reference in exchange.cited:
        number = f'<span class="sb-number">{reference}</span>'
    elif not exchange.over and not exchange.claims:
        number = (
            f'<span class="sb-number sb-draft">{reference[1:]}</span>'  # as the draft numbers them
        )
    else:
        number = ""
    also_in = _also_in(quote.also_in, documents)
    current = ' aria-current="true"' if reference == active else ""
    return (
        '<li><button type="button" class="sb-open sb-card" '
        f'value="{quote_target(exchange, reference)}"{current}>'
        f'<span class="sb-quote">{number}{inert(quote.text.strip())}</span>'
        f'<span class="sb-title">{inert(quote.document.title)}</span>'
        f"{_origin(quote.document)}{also_in}</button></li>"
    )


def _also_in(ids: Iterable[str], documents: Mapping[str, Document]) -> str:
    names = [inert(documents[name].source if name in documents else name) for name in ids]
    return f'<span class="sb-origin">also in {", ".join(names)}</span>' if names else ""


def _origin(document: Document) -> str:
    return (
        f'<span class="sb-origin"><span class="sb-source">{inert(document.source)}</span> · '
        f'<span class="sb-date">{inert(published(document))}</span></span>'
    )


def _group(heading: str, cards: list[str], kind: str = "") -> str:
    if not cards:
        return ""
    items = f'<ul class="sb-list">{"".join(cards)}</ul>'
    return f'<section class="sb-group {kind}"><h3>{heading}</h3>{items}</section>'


def _hint(markup: str) -> str:
    return f'<p class="sb-hint">{markup}</p>'
