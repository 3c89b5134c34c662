"""A conversation as Markdown, its quotes as footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rag import REFUSAL, Conversation
from ui.export.view import Printed, Quoted, Sentence, printed, title_of
from ui.markup import counted, day

# What would make something else of words: emphasis, links, headings, tables, HTML.
_MEANS = re.compile(r"[\\`*_{}\[\]<>#|~&]")
# At the start of a line also what begins a list or a rule.
_BEGINS = re.compile(r"^(?:([-+=])|(\d+)([.)]))")
_REMOVED = "[a sentence stood here; its document was removed]"


def as_markdown(conversation: Conversation) -> str:
    """The whole conversation. Words from outside are escaped: they stay words."""
    parts = [
        f"# {_inline(title_of(conversation))}",
        f"*Begun on {day(conversation.created.date())}*",
    ]
    for exchange in printed(conversation):
        parts += _exchange(exchange)
    return "\n\n".join(parts) + "\n"


def _exchange(exchange: Printed) -> Iterator[str]:
    yield f"## {_inline(exchange.question)}"
    if exchange.scope:
        yield f"*Limited to {_inline(exchange.scope)}*"
    if exchange.understood:
        yield f"*Understood as: {_inline(exchange.understood)}*"
    yield from _reply(exchange)
    yield from _small_print(exchange)
    if exchange.quotes:
        yield "\n".join(_footnote(quote) for quote in exchange.quotes)


def _reply(exchange: Printed) -> Iterator[str]:
    if exchange.refused:
        yield f"**{_line(REFUSAL)}**"
        if exchange.missing:
            yield _line(exchange.missing)
    if exchange.sentences:
        yield _line_start(" ".join(_sentence(one) for one in exchange.sentences))
    for sides in exchange.differing:
        yield "**Sources differ:**"
        yield "\n".join(_side(one) for one in sides)
    if exchange.draft:
        yield f"*Not checked:* {_inline(exchange.draft)}"
    if exchange.note:
        yield f"*{exchange.note}*"
    if exchange.error:
        yield _line(exchange.error)


def _small_print(exchange: Printed) -> Iterator[str]:
    if exchange.left_out:
        what = counted(len(exchange.left_out), "sentence")
        yield f"*{what} did not pass the check and {'is' if what.startswith('1 ') else 'are'} left out.*"
    facts = [f"As of {exchange.as_of}" if exchange.as_of else "", *exchange.facts, exchange.rating]
    if any(facts):
        yield f"<sub>{_inline(' · '.join(filter(None, facts)))}</sub>"


def _sentence(sentence: Sentence) -> str:
    if not sentence.text:
        return f"*{_inline(_REMOVED)}*"
    return _inline(sentence.text) + _markers(sentence.numbers)


def _side(side: Sentence) -> str:
    if not side.text:
        return f"- *removed*{_markers(side.numbers)}"
    return f"- “{_inline(side.text)}” ({_inline(side.by)}){_markers(side.numbers)}"


def _markers(numbers: Iterable[int]) -> str:
    return "".join(f"[^{number}]" for number in numbers)


def _footnote(quote: Quoted) -> str:
    if quote.removed:
        return f"[^{quote.number}]: *its document was removed*"
    where = f"{quote.title}, {quote.source}, {quote.day}, characters {quote.start}-{quote.end}"
    copies = f"; also in {counted(quote.copies, 'other document')}" if quote.copies else ""
    return f"[^{quote.number}]: “{_inline(quote.text)}” — {_inline(where)}{copies}"


def _inline(words: str) -> str:
    """Words as one line that means nothing but them."""
    return _MEANS.sub(r"\\\g<0>", " ".join(words.split()))


def _line(words: str) -> str:
    return _line_start(_inline(words))


def _line_start(line: str) -> str:
    return _BEGINS.sub(lambda found: "".join((found[2] or "", "\\", found[1] or found[3])), line)
