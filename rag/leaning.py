"""What a sentence leans on: what must be quoted with it, so that it can be understood alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.headings import heading_above
from rag.split import Span, adjoin
from rag.wording import content_words, count_words

# A sentence that opens so leans on the one before it.
_LEANS_BACK = re.compile(
    r"^[\"“'‘(]?(?:he|she|it|its|they|their|his|her|this|that|these|those|such|the (?:group|move|report|"
    r"talks|dialogue|force|agreement|shift|country|company|city|event|study))\b",
    re.IGNORECASE,
)
# Words in quotation marks alone lean on the sentence that says who spoke.
_ONLY_QUOTED = re.compile(r"^[\"“„«][^\"”“»]*[\"”“»]?$|^[^\"“„«]*[\"”»]$")
_ASKS = re.compile(r"\?[*_\"”»]*$")
# A row of a table as it is read: each is a matter of its own.
_ROW = re.compile(r"[^\n:;]{1,40}: [^;\n]*(?:; [^\n:;]{1,40}: [^;\n]*)+\Z")
# What stands on a line of its own belongs together, if it is no longer than this.
_SHORT_LINE_WORDS = 40
# So far down a paragraph its first sentence is taken with another one.
_TOPIC_WORDS = 60
_BLANK_LINE = re.compile(r"\n\s*\n")


def is_row(text: str, span: Span) -> bool:
    """Whether a sentence is a row of a table: "Firm: Norwin; Price: 890"."""
    return bool(_ROW.match(text[span.start : span.end]))


def leaning_on(text: str, spans: Sequence[Span], at: int, asked: set[str]) -> set[int]:
    """The sentence at a position with those that it cannot go without, by position.

    That is the one before it if it leans on that, and the one after if that leans on it. A short line is taken whole,
    a question with what answers it, and what opens the paragraph, or a heading right above, where that says a word
    that is asked about. A row of a table stands alone.
    """
    if is_row(text, spans[at]):
        return {at}
    found = {at} | _short_line(text, spans, at)
    for one, other in ((at - 1, at), (at, at + 1)):
        if one >= 0 and other < len(spans) and _leans_back(text, spans, other):
            found |= {one, other}
    last = max(found)
    if last + 1 < len(spans) and _ASKS.search(text[spans[last].start : spans[last].end]):
        found |= {last + 1} | _short_line(text, spans, last + 1)
    first = _topic(text, spans, min(found), asked)
    found |= set(range(first, min(found)))
    heading = heading_above(text, spans[first].start)
    if heading and first and spans[first - 1].start == heading.start:
        held = content_words(text[spans[first].start : spans[max(found)].end])
        says = asked & content_words(text[heading.start : heading.end]) - held
        if says and adjoin(text, heading, spans[first]):
            found.add(first - 1)
    return found


def beside(text: str, spans: Sequence[Span], positions: set[int]) -> set[int]:
    """The sentences next to some, as far as they stand under the same heading."""

    def under(at: int) -> Span | None:
        return heading_above(text, spans[at].end + 1)

    return {
        at + step
        for at in positions
        for step in (-1, 1)
        if 0 <= at + step < len(spans) and under(at) == under(at + step)
    }


def _leans_back(text: str, spans: Sequence[Span], at: int) -> bool:
    words = text[spans[at].start : spans[at].end]
    leans = _LEANS_BACK.match(words) or _ONLY_QUOTED.match(words)
    return bool(leans) and adjoin(text, spans[at - 1], spans[at])


def _topic(text: str, spans: Sequence[Span], first: int, asked: set[str]) -> int:
    """Where the paragraph of a sentence opens, if that is near and says a word that is asked about, else itself.

    "Our visit to the museum is on Monday" is what "It costs 14 pounds" is about, two sentences on.
    """
    top = first
    while (
        top
        and adjoin(text, spans[top - 1], spans[top])
        and not _BLANK_LINE.search(text, spans[top - 1].end, spans[top].start)
    ):
        top -= 1
    near = count_words(text[spans[top].start : spans[first].end]) <= _TOPIC_WORDS
    opening, held = (content_words(text[spans[at].start : spans[at].end]) for at in (top, first))
    return top if near and asked & opening - held else first


def _short_line(text: str, spans: Sequence[Span], at: int) -> set[int]:
    """All sentences of the line that one is in, if they are few words: an item of a list, a short paragraph."""
    first = last = at
    while first and _on_one_line(text, spans[first - 1], spans[first]):
        first -= 1
    while last + 1 < len(spans) and _on_one_line(text, spans[last], spans[last + 1]):
        last += 1
    short = count_words(text[spans[first].start : spans[last].end]) <= _SHORT_LINE_WORDS
    return set(range(first, last + 1)) if short else set()


def _on_one_line(text: str, one: Span, other: Span) -> bool:
    return "\n" not in text[one.start : other.end] and adjoin(text, one, other)
