"""A text into sentences and chunks, each an exact span of it that holds no aside."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.dates import dateline_end
from rag.types import Annotation

# Where much of a text stands in lines longer than this it is not wrapped by hand, and every newline ends a
# paragraph; a few long lines (web addresses, tables) say nothing.
_WRAP_COLUMN = 100
_MAX_LONG_SHARE = 0.2
# Word-piece models count a run of any length as one unknown token; nobody could read a quote of it.
_MAX_TOKEN_CHARS = 12
# Of so many lines after the first of a paragraph, this share begins with a capital letter or a digit in a list.
_LIST_LINES = 3
_LIST_SHARE = 0.7
_LIST_ITEM = re.compile(r"\s*(?:[-*+•]\s|\d{1,3}[.)]\s|#{1,6}\s|>|\|)")
_NUMBER = re.compile(r"\s*\d{1,3}[.)]\s+(?=\S)")
_HEADING = re.compile(r"\s*#{1,6}\s")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n|\f")
_ENDS_SENTENCE = re.compile(r"[.!?:;…。！？][\"'”’)\]]*\s*$")

CountTokens = Callable[[Sequence[str]], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters."""

    start: int
    end: int


Measure = Callable[[Sequence[Span]], list[int]]

# Nor does the stop of "29. März".
_DAY = re.compile(
    r"(?<=\d)(?<!\d\d\d)\.(?=\s+(?:Jan(?:uar|\.)|Jänner|Feb(?:ruar|\.)|März|April|Mai|Juni|Juli|Aug(?:ust|\.)|Sept?(?:ember|\.)|"
    r"Okt(?:ober|\.)|Nov(?:ember|\.)|Dez(?:ember|\.))(?!\w))"
)
# "May" is never cut short, but the splitter takes it for one of the months that are.
_MAY = re.compile(r"\bMay(?=\.\s)")
# White space of several bytes between an initial and its stop makes the splitter panic.
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f](?=\s*\.)")


def split_sentences(text: str, asides: Sequence[Annotation | Span] = ()) -> list[Span]:
    """Sentences, headings and list items, without surrounding white space, in order, not overlapping.

    Args:
        text: The whole text of a document.
        asides: Spans with words that no sentence may hold any of, in order and not overlapping; one in the
            middle of a sentence leaves what stands on either side.
    """
    from sentencex import get_sentence_boundaries

    sentences = []
    for block in _around(_blocks(text), asides):
        # The stop of "2. Ferries" ends no sentence.
        number = _NUMBER.match(text, block.start, block.end)
        start, offset = block.start, number.end() if number else block.start
        told = _WIDE_SPACE.sub(" ", text[offset : block.end])
        told = _MAY.sub("day", _DAY.sub(",", told))
        for boundary in get_sentence_boundaries("en", told):
            end = offset + boundary["end_index"]
            span = _trim(text, start, end)
            if span is not None:
                sentences.append(span)
            start = end
    return sentences


@lru_cache(maxsize=256)
def sentence_texts(text: str) -> tuple[str, ...]:
    """The same as texts, of a quote or a claim; remembered, since every claim is held against the same quotes."""
    return tuple(text[one.start : one.end] for one in split_sentences(text))


def adjoin(text: str, one: Span, other: Span) -> bool:
    """Whether nothing but white space stands between two sentences: no aside has been left out there."""
    between = text[one.end : other.start]
    return not between or between.isspace()


def split_chunks(
    text: str,
    sentences: Sequence[Span],
    *,
    max_tokens: int,
    overlap: int,
    count_tokens: CountTokens,
) -> list[Span]:
    """Pack whole sentences into spans of at most ``max_tokens``, neighbours sharing ``overlap`` sentences.

    A chunk holds what its sentences do and white space: it ends where something was left out between two of
    them, and the next begins behind that. A sentence that is too long is cut between words. ``count_tokens``
    counts special tokens too, so the sum over sentences is an upper bound of the count of their span.
    """

    def measure(spans: Sequence[Span]) -> list[int]:
        counts = count_tokens([text[span.start : span.end] for span in spans])
        return [
            max(count, (span.end - span.start) // _MAX_TOKEN_CHARS)
            for count, span in zip(counts, spans, strict=True)
        ]

    sized = _fit(text, sentences, max_tokens=max_tokens, measure=measure)
    pieces, sizes = [piece for piece, _ in sized], [size for _, size in sized]
    chunks: list[Span] = []
    first = 0
    while first < len(pieces):
        last, total = first, sizes[first]
        while (
            last + 1 < len(pieces)
            and total + sizes[last + 1] <= max_tokens
            and adjoin(text, pieces[last], pieces[last + 1])
        ):
            last += 1
            total += sizes[last]
        chunks.append(Span(pieces[first].start, pieces[last].end))
        if last + 1 == len(pieces):
            break
        follow = last + 1
        if adjoin(text, pieces[last], pieces[follow]):
            # Overlap must leave room for something new, else the next chunk would end where this one did.
            room = max_tokens - sizes[follow]
            while follow > max(first + 1, last + 1 - overlap) and sizes[follow - 1] <= room:
                follow -= 1
                room -= sizes[follow]
        first = follow
    return chunks


def _blocks(text: str) -> list[Span]:
    """Paragraphs, headings and list items: units that no sentence reaches across.

    So is the line that states when a text was published, even where the first sentence follows on it.
    """
    dateline = dateline_end(text)
    long_lines = sum(len(line) for line in text.splitlines() if len(line) > _WRAP_COLUMN)
    wrapped = long_lines <= _MAX_LONG_SHARE * len(text)
    blocks = []
    for paragraph in _between(text, Span(0, len(text)), _BLANK_LINE):
        start = paragraph.start
        of_lines = not wrapped or _is_list(text[paragraph.start : paragraph.end])
        for newline in re.finditer(r"\n", text[paragraph.start : paragraph.end]):
            position = paragraph.start + newline.start()
            line = text[text.rfind("\n", 0, position) + 1 : position]
            starts_item = _LIST_ITEM.match(text, position + 1, paragraph.end)
            ends = starts_item or _HEADING.match(line) or _ENDS_SENTENCE.search(line)
            if ends or of_lines:
                blocks.append(Span(start, position))
                start = position + 1
        blocks.append(Span(start, paragraph.end))
    return [
        part
        for block in blocks
        for part in (
            (Span(block.start, dateline), Span(dateline, block.end))
            if block.start < dateline < block.end
            else (block,)
        )
    ]


def _is_list(paragraph: str) -> bool:
    """Whether each line says something of its own: of wrapped prose few lines begin as a sentence does."""
    lines = paragraph.strip().splitlines()[1:]
    firsts = [line.lstrip(" \t\"'“‘„«([<*_")[:1] for line in lines]
    begin = sum(first.isupper() or first.isdigit() for first in firsts)
    return len(lines) >= _LIST_LINES and begin >= _LIST_SHARE * len(lines)


def _around(blocks: Sequence[Span], asides: Sequence[Annotation | Span]) -> Iterator[Span]:
    """The blocks without what is set aside; both in order."""
    following = 0
    for block in blocks:
        while following < len(asides) and asides[following].end <= block.start:
            following += 1
        start, at = block.start, following
        while at < len(asides) and asides[at].start < block.end:
            if start < asides[at].start:
                yield Span(start, asides[at].start)
            start = max(start, asides[at].end)
            at += 1
        if start < block.end:
            yield Span(start, block.end)


def _between(text: str, span: Span, separator: re.Pattern[str]) -> list[Span]:
    parts, start = [], span.start
    for match in separator.finditer(text, span.start, span.end):
        parts.append(Span(start, match.start()))
        start = match.end()
    parts.append(Span(start, span.end))
    return parts


def _trim(text: str, start: int, end: int) -> Span | None:
    words = text[start:end]
    stripped = words.strip()
    if not stripped:
        return None
    begin = start + words.index(stripped[0])
    return Span(begin, begin + len(stripped))


def _fit(
    text: str, sentences: Sequence[Span], *, max_tokens: int, measure: Measure
) -> list[tuple[Span, int]]:
    """The sentences with their sizes, those that are too long in parts."""
    pieces: list[tuple[Span, int]] = []
    for sentence, size in zip(sentences, measure(sentences), strict=True):
        pieces.extend(_cut(text, sentence, size, max_tokens=max_tokens, measure=measure))
    return pieces


def _cut(
    text: str, span: Span, size: int, *, max_tokens: int, measure: Measure
) -> list[tuple[Span, int]]:
    """Halve a span at the word boundary nearest its middle until every part fits."""
    if size <= max_tokens:
        return [(span, size)]
    middle = (span.start + span.end) // 2
    left = text.rfind(" ", span.start + 1, middle)
    right = text.find(" ", middle, span.end - 1)
    spaces = [position for position in (left, right) if position > 0]
    at = min(spaces, key=lambda position: abs(position - middle)) if spaces else middle
    halves = [
        half
        for half in (_trim(text, span.start, at), _trim(text, at, span.end))
        if half is not None
    ]
    return [
        piece
        for half, half_size in zip(halves, measure(halves), strict=True)
        for piece in _cut(text, half, half_size, max_tokens=max_tokens, measure=measure)
    ]
