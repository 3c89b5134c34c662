"""What can be done with an answer: copy it, ask again, change the question, say whether it helped."""

from __future__ import annotations

from ui.chat.view import Differing, Exchange, QuoteView
from ui.markup import inert, published

MAX_REASON = 500


def tools(exchange: Exchange) -> str:
    """The row of buttons below an answer; nothing while it comes."""
    if not exchange.over:
        return ""
    buttons = []
    if copied(exchange):
        buttons.append(_button("copy", exchange, "Copy", "Copy the answer with its sources"))
    buttons.append(_button("again", exchange, "Retry", "Ask this question again", "sb-again"))
    buttons.append(_button("edit", exchange, "Edit", "Change this question and ask it anew"))
    if exchange.stage in ("finished", "stopped"):
        buttons += [_thumb(exchange, "up", "Good answer"), _thumb(exchange, "down", "Bad answer")]
    return f'<div class="sb-tools">{"".join(buttons)}{_why(exchange)}</div>'


def copied(exchange: Exchange) -> str:
    """The answer for the clipboard, with its citations as footnotes; empty if there is none."""
    said = " ".join(
        claim.text + "".join(f"[{number}]" for number in claim.numbers)
        for claim in exchange.claims
        if claim.text
    )
    parts = [said, *map(_differing, exchange.differing)]
    if any(parts):
        parts.append("\n".join(_footnote(quote) for quote in exchange.cited))
    return "\n\n".join(part for part in parts if part)


def _differing(differing: Differing) -> str:
    sides = [
        f"- “{' '.join(one.words.split())}”[{one.number}]" for one in differing.sides if one.words
    ]
    return "\n".join(("Sources differ:", *sides)) if sides else ""


def _footnote(quote: QuoteView) -> str:
    if quote.state == "removed":
        return f"[{quote.reference}] (its document has been removed)"
    words = " ".join(quote.text.split())
    return f"[{quote.reference}] “{words}” — {quote.title}, {quote.source}, {published(quote)}"


def _button(act: str, exchange: Exchange, name: str, label: str, kind: str = "") -> str:
    return (
        f'<button type="button" class="sb-act sb-tool {kind}" value="{act}:{exchange.number}" '
        f'title="{label}">{name}</button>'
    )


def _thumb(exchange: Exchange, rating: str, label: str) -> str:
    pressed = "true" if exchange.rating == rating else "false"
    return (
        f'<button type="button" class="sb-act sb-tool sb-thumb sb-{rating}" '
        f'value="rate:{exchange.number}:{rating}" aria-pressed="{pressed}" '
        f'aria-label="{label}" title="{label}"></button>'
    )


def _why(exchange: Exchange) -> str:
    if exchange.rating is None:
        return ""
    kept = '<span class="sb-kept">kept</span>' if exchange.reason else ""
    return (
        f'<form class="sb-why" data-act="why:{exchange.number}">'
        f'<label>Why? <span class="sb-optional">(optional)</span> '
        f'<input name="why" maxlength="{MAX_REASON}" autocomplete="off" value="{inert(exchange.reason)}"></label>'
        f'<button type="submit" class="sb-tool">Save</button>{kept}</form>'
    )
