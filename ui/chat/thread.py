"""HTML of the conversation: questions, answers with their markers, refusals, stops and errors."""

from __future__ import annotations

from collections.abc import Sequence

from rag import REFUSAL
from ui.chat.tools import tools
from ui.chat.view import ClaimView, Differing, Exchange, QuoteView
from ui.markup import counted, day, inert, listed, published, seconds

_STAGES = {
    "waiting": "Waited",
    "searching": "Searched",
    "reading": "Read",
    "writing": "Wrote",
    "checking": "Checked",
}
_INTERRUPTED = (
    "No answer was kept. Either it is still coming in another tab: open the conversation again to see. "
    "Or the program ended while it was at work: ask again."
)
# Seconds; less is shown as 0.0.
_WORTH_TELLING = 0.1
_QUOTED = "The sources state: “"


def past(exchanges: Sequence[Exchange], *, notice: str = "") -> str:
    """The exchanges that are over.

    Args:
        exchanges: The whole conversation; the one under way is left out.
        notice: What the person must be told first.
    """
    told = f'<p class="sb-thread-notice" role="alert">{inert(notice)}</p>' if notice else ""
    over = [one for one in exchanges if one.over]
    articles = "".join(article(one) for one in over)
    return f'{told}<div class="sb-log" role="log" aria-label="Conversation">{articles}</div>'


def under_way(exchanges: Sequence[Exchange], at: float = 0.0) -> str:
    """The exchange that is being answered; empty if there is none."""
    if not exchanges or exchanges[-1].over:
        return ""
    return article(exchanges[-1], at)


def article(exchange: Exchange, at: float = 0.0) -> str:
    """A question and what the page says to it; ``at`` is seconds since it was asked."""
    busy = "" if exchange.over else ' aria-busy="true"'
    number = exchange.number
    return (
        f'<article class="sb-exchange" data-number="{number}" data-key="x{number}"{busy} '
        f'aria-label="{inert(exchange.question[:80])}">'
        f'<div class="sb-asked"><div class="sb-question">{inert(exchange.question)}</div></div>'
        f"{_scope(exchange)}{_understood(exchange)}{reply(exchange, at)}{tools(exchange)}</article>"
    )


def reply(exchange: Exchange, at: float = 0.0) -> str:
    """What the page says to a question, at any moment of its answer."""
    match exchange.stage:
        case "failed":
            return _failure(exchange)
        case "finished" if exchange.refused:
            return _refusal(exchange)
        case "finished":
            return _box(
                "answer",
                _text(exchange),
                _left_out(exchange),
                *(_differing(exchange, one) for one in exchange.differing),
                _as_of(exchange),
                _warnings(exchange),
                _timings(exchange),
            )
        case "stopped":
            return _box("stopped", _text(exchange), _left_out(exchange), _stopped(exchange))
        case "interrupted":
            return _box("stopped", f'<p class="sb-note">{_INTERRUPTED}</p>')
        case _:
            return _box("working", _text(exchange), _left_out(exchange), _progress(exchange, at))


def stage(exchange: Exchange) -> str:
    """What is going on right now, in words."""
    match exchange.stage:
        case "waiting":
            return _place(exchange.place)
        case "searching":
            return "Loading the model…" if exchange.loading else "Searching your documents…"
        case "reading":
            return f"Reading {_found(exchange)}…"
        case "writing":
            return "Writing — not checked yet…"
        case "checking":
            return "Checking each sentence against its quotes…"
        case _:
            return ""


def marker(exchange: Exchange, number: int) -> str:
    """A ``[n]`` that opens its quote; every answer, old or new, has its own quotes."""
    quote = exchange.quote(str(number))
    title = f' title="{inert(quote.title)}"' if quote and quote.title else ""
    return (
        '<button type="button" class="sb-open sb-marker" '
        f'value="quote:{exchange.number}:{number}" aria-label="Open quote {number}"{title}>[{number}]</button>'
    )


def editing(exchange: Exchange | None, after: int = 0) -> str:
    """The line above the box while an earlier question is in it.

    Args:
        exchange: The one that is asked anew; ``None`` if none is.
        after: How many exchanges come after it.
    """
    if exchange is None:
        return ""
    goes = "its answer" if not after else f"its answer and {counted(after, 'later question')} with "
    goes += "" if not after else ("its answer" if after == 1 else "their answers")
    return (
        f'<p class="sb-editing" role="status">You are changing an earlier question. Sending it removes {goes}. '
        '<button type="button" class="sb-act sb-link" value="edit:cancel">Keep everything</button></p>'
    )


def welcome(examples: Sequence[str]) -> str:
    """What stands in an empty conversation."""
    offered = "".join(
        f'<li><button type="button" class="sb-act sb-example" value="ask:{place}">{inert(one)}</button></li>'
        for place, one in enumerate(examples)
    )
    return (
        '<div class="sb-welcome"><h2>Ask your documents</h2>'
        "<p>Every sentence of an answer rests on quotes that you can open in place. "
        "What the documents do not say is not answered.</p>"
        f"{f'<ul>{offered}</ul>' if offered else ''}</div>"
    )


def _text(exchange: Exchange) -> str:
    draft = exchange.draft.strip()
    parts = [_sentence(exchange, place, one) for place, one in enumerate(exchange.claims, start=1)]
    parts += [f'<span class="sb-draft">{inert(draft)}</span>'] if draft else []
    return f'<p class="sb-text">{" ".join(parts)}</p>' if parts else ""


def _sentence(exchange: Exchange, place: int, claim: ClaimView) -> str:
    if not claim.text:
        return '<span class="sb-claim sb-gone">[A sentence stood here; its document was removed.]</span>'
    markers = "".join(marker(exchange, number) for number in claim.numbers)
    checked = (
        ""
        if exchange.over
        else '<span class="sb-checked" title="checked">✓<span class="sb-hidden"> checked</span></span>'
    )
    rests = " ".join(map(str, claim.numbers))
    return (
        f'<span class="sb-claim" data-sentence="{exchange.number}:{place}" data-rests="{rests}">'
        f"{inert(claim.text)}{markers}{checked}</span>"
    )


def _left_out(exchange: Exchange) -> str:
    """What failed its check and what became of it: said at once, and kept with the answer."""
    if not exchange.dropped:
        return ""
    replacing = next((claim for claim in exchange.claims if claim.replaces), None)
    many = len(exchange.dropped)
    who = "One sentence" if many == 1 else f"{many} sentences"
    their = "its check" if many == 1 else "their check"
    was = "was" if many == 1 else "were"
    reason = next((claim.reason for claim in exchange.dropped if claim.reason), "")
    because = f" ({inert(reason)})" if reason and many == 1 else ""
    if replacing is None:
        became = f"{was} left out"
    elif replacing.text.startswith(_QUOTED):
        became = f"{was} replaced by the source’s own words"
    else:
        became = f"{was} replaced by a new one, written from its source alone"
    items = "".join(
        f"<li><s>{inert(claim.text)}</s>{f' — {inert(claim.reason)}' if claim.reason else ''}</li>"
        for claim in exchange.dropped
    )
    return (
        f'<details class="sb-left-out" data-key="d{exchange.number}">'
        f"<summary>{who} did not pass {their}{because} and {became}.</summary>"
        f"<ul>{items}</ul></details>"
    )


def _differing(exchange: Exchange, differing: Differing) -> str:
    sides = "".join(
        f'<li class="sb-side"><p class="sb-outlet">{inert(side.quote.title or side.quote.source)}</p>'
        f'<p class="sb-date">{inert(published(side.quote))}</p>'
        f"<blockquote>{_words(side.words, side.quote)}{marker(exchange, side.number)}</blockquote></li>"
        for side in differing.sides
    )
    return (
        '<section class="sb-differ" aria-label="Where sources differ">'
        f'<h3>Sources differ</h3><ul class="sb-sides">{sides}</ul></section>'
    )


def _words(words: str, quote: QuoteView) -> str:
    return inert(words) if words else f"[{'removed' if quote.state == 'removed' else 'gone'}]"


def _refusal(exchange: Exchange) -> str:
    missing = f'<p class="sb-missing">{inert(exchange.missing)}</p>' if exchange.missing else ""
    related = (
        '<p class="sb-note">The nearest passages are listed as related reading only.</p>'
        if exchange.uncited
        else ""
    )
    lead = f'<p class="sb-lead">{inert(REFUSAL)}</p>'
    left_out = _left_out(exchange)
    return _box(
        "refusal", lead, missing, related, left_out, _warnings(exchange), _timings(exchange)
    )


def _failure(exchange: Exchange) -> str:
    error = inert(exchange.error or "Ask the question again.")
    return _box(
        "error",
        f'<p class="sb-lead">This did not work.</p><p role="alert">{error}</p>',
        _warnings(exchange),
    )


def _stopped(exchange: Exchange) -> str:
    if not exchange.claims and not exchange.draft.strip():
        note = "Stopped."
        if exchange.replacing:
            note += " There is no answer: the earlier one went when the question was asked anew."
    else:
        note = "Stopped before the answer was checked as a whole."
        note += " The text in italics was not checked at all." if exchange.draft.strip() else ""
    return f'<p class="sb-note">{note}</p>{_warnings(exchange)}'


def _progress(exchange: Exchange, at: float) -> str:
    done = "".join(
        f"<li>{_done(exchange, name)} {seconds(took)}</li>"
        for name, took in _spent(exchange).items()
        if name != exchange.stage
    )
    trail = f'<ol class="sb-trail">{done}</ol>' if done else ""
    running = max(0.0, at - exchange.since) + _spent(exchange).get(exchange.stage, 0.0)
    return (
        f'<div class="sb-progress">{trail}<p class="sb-stage"><span class="sb-dot"></span>'
        f'<span role="status">{stage(exchange)}</span>'
        f'<span class="sb-clock" aria-hidden="true" data-seconds="{running:.1f}">{seconds(running)}</span>'
        "</p></div>"
    )


def _spent(exchange: Exchange) -> dict[str, float]:
    """Seconds by stage, of those that are worth telling; a stage may come again."""
    spent: dict[str, float] = {}
    for name, took in exchange.stage_seconds:
        spent[name] = spent.get(name, 0.0) + took
    return {
        name: took
        for name, took in spent.items()
        if name in _STAGES and (name != "waiting" or took >= _WORTH_TELLING)
    }


def _done(exchange: Exchange, name: str) -> str:
    words = _STAGES[name]
    return f"{words} {_found(exchange)}" if name == "reading" else words


def _found(exchange: Exchange) -> str:
    return f"{counted(exchange.passages, 'passage')} from {counted(exchange.documents, 'document')}"


def _place(place: int) -> str:
    if not place:
        return "Waiting for its turn…"
    return f"Waiting — {counted(place, 'question')} before yours…"


def _timings(exchange: Exchange) -> str:
    if not exchange.total_s:
        return ""
    parts = [f"{_STAGES[name].lower()} {seconds(took)}" for name, took in _spent(exchange).items()]
    parts.append(f"{seconds(exchange.total_s)} in all")
    if exchange.model:
        parts.append(inert(exchange.model))
    return f'<p class="sb-timings">{" · ".join(parts)}</p>'


def _as_of(exchange: Exchange) -> str:
    return f'<p class="sb-note">As of {day(exchange.as_of)}.</p>' if exchange.as_of else ""


def _warnings(exchange: Exchange) -> str:
    notes = ""
    if exchange.flagged:
        names = inert(listed(f"“{title}”" for _, title in exchange.flagged))
        verb = "speaks" if len(exchange.flagged) == 1 else "speak"
        notes += (
            f'<p class="sb-note sb-flagged">{names} {verb} to the software that reads it, as instructions would. '
            "Such text is never followed and never quoted as evidence.</p>"
        )
    if exchange.unsaved:
        notes += (
            f'<p class="sb-note sb-flagged" role="alert">Not kept: {inert(exchange.unsaved)}</p>'
        )
    return notes


def _scope(exchange: Exchange) -> str:
    return f'<p class="sb-limited">Limited to {inert(exchange.scope)}</p>' if exchange.scope else ""


def _understood(exchange: Exchange) -> str:
    if not exchange.rewritten:
        return ""
    return f'<p class="sb-understood">Understood as: {inert(exchange.standalone_question)}</p>'


def _box(kind: str, *parts: str) -> str:
    return f'<div class="sb-reply sb-{kind}">{"".join(parts)}</div>'
