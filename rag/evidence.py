"""Passages into quotes: the few sentences that bear on the question, each with what it leans on, verbatim."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log1p

from rag.asked import holds_asked_kind
from rag.dates import stated_day
from rag.headings import heading_above
from rag.protocols import Embedder
from rag.split import Span, adjoin
from rag.types import Document, Passage, Quote
from rag.wording import content_words, count_words

# To a question for a number or a date, a sentence that holds one is likelier the answer.
_KIND_BONUS = 0.25
_MIN_WORDS = 3
_MIN_WORDS_UNENDED = 8
_ENDS = re.compile(r"[.!?…。！？][\"'”’)\]]*$")
# An item of a list has right above it another line that does not end as a sentence does: it is whole without a stop.
_ITEM = re.compile(r"[^\s#.!?…\"”][^\S\n]*\n[^\S\n]*\Z")
# So are a line with a bullet, "Attendees: Ana, Bo" and "Glaziers | £890".
_LABELLED = re.compile(r"[-*+•]\s|[^\n:]{1,40}: \S|[^\n|]{1,60} \| \S")
# A row of a table as it is read: each is a matter of its own.
_ROW = re.compile(r"[^\n:;]{1,40}: [^;\n]*(?:; [^\n:;]{1,40}: [^;\n]*)+\Z")
_LINE_CHARS = 200
# Sentences that fit much worse than the best one only cost reading time.
_LEAST_SHARE_OF_BEST = 0.45
# A sentence that opens so leans on the one before it.
_LEANS_BACK = re.compile(
    r"^[\"“'‘(]?(?:he|she|it|its|they|their|his|her|this|that|these|those|such|the (?:group|move|report|"
    r"talks|dialogue|force|agreement|shift|country|company|city|event|study))\b",
    re.IGNORECASE,
)
# What stands on a line of its own belongs together, if it is no longer than this.
_SHORT_LINE_WORDS = 40
# Words in quotation marks alone lean on the sentence that says who spoke.
_ONLY_QUOTED = re.compile(r"^[\"“„«][^\"”“»]*[\"”“»]?$|^[^\"“„«]*[\"”»]$")


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """A sentence of a retrieved passage and how well it fits the question."""

    document: Document
    position: int
    span: Span
    score: float


def score_sentences(
    question: str,
    passages: Sequence[Passage],
    sentences: Mapping[str, Sequence[Span]],
    embedder: Embedder,
) -> list[ScoredSentence]:
    """Every sentence of the passages with its score, best first. ``sentences`` is by document id.

    Its cosine with the question, the share of the question's words that it or the heading above it holds (rare ones
    weigh more) and the score of its passage count alike. (The fitted weights of these three were so close to each
    other that they may as well be equal; fitted ones of twenty signals found no more.)
    """
    found: dict[tuple[str, int], tuple[Passage, Span]] = {}
    for passage in passages:
        for position, span in enumerate(sentences[passage.document.id]):
            inside = passage.chunk.start <= span.start and span.end <= passage.chunk.end
            if inside and _says_something(passage.document.text, span):
                found.setdefault((passage.document.id, position), (passage, span))
    texts = [_text(passage.document, span) for passage, span in found.values()]
    if not texts:
        return []
    asked, *vectors = embedder.embed([question, *texts])
    covers = _covers(
        content_words(question),
        [
            content_words(f"{text} {_heading(passage.document, span)}")
            for (passage, span), text in zip(found.values(), texts, strict=True)
        ],
    )
    best = max(passage.score for passage in passages)
    scored = []
    for ((_, position), (passage, span)), text, vector, cover in zip(
        found.items(), texts, vectors, covers, strict=True
    ):
        score = sum(a * b for a, b in zip(asked, vector, strict=True)) + cover
        if best > 0:
            score += max(0.0, passage.score) / best
        if holds_asked_kind(question, text, stated_day(passage.document)):
            score += _KIND_BONUS
        scored.append(ScoredSentence(passage.document, position, span, score))
    return sorted(scored, key=lambda one: -one.score)


def _covers(wanted: set[str], sentences: Sequence[set[str]]) -> list[float]:
    """Which share of the wanted words each sentence holds, a word weighing more the fewer sentences hold it."""
    held = Counter(word for words in sentences for word in words & wanted)
    weights = {word: log1p((len(sentences) + 1) / (held[word] + 0.5)) for word in wanted}
    total = sum(weights.values())
    return [
        sum(weights[word] for word in wanted & words) / total if total else 0.0
        for words in sentences
    ]


def build_quotes(
    question: str,
    passages: Sequence[Passage],
    sentences: Mapping[str, Sequence[Span]],
    embedder: Embedder,
    *,
    budget: int,
    count_tokens: Callable[[str], int],
) -> tuple[Quote, ...]:
    """The best sentences with their neighbours, merged where they touch, in at most ``budget`` tokens.

    Quotes of the best sentence come first. The best sentence is always in, whatever it costs.
    """
    also_in = {passage.document.id: passage.also_in for passage in reversed(passages)}
    windows: list[tuple[ScoredSentence, set[int]]] = []
    spent = 0
    ranked = score_sentences(question, passages, sentences, embedder)
    for sentence in ranked:
        if sentence.score < _LEAST_SHARE_OF_BEST * ranked[0].score:
            break
        spans = sentences[sentence.document.id]
        taken = {
            at for best, ats in windows if best.document.id == sentence.document.id for at in ats
        }
        wanted = _window(sentence, spans, content_words(question)) - taken
        if not wanted:
            continue
        cost = sum(count_tokens(_text(sentence.document, spans[at])) for at in wanted)
        if windows and spent + cost > budget:
            wanted = {sentence.position} - taken
            cost = sum(count_tokens(_text(sentence.document, spans[at])) for at in wanted)
            if not wanted or spent + cost > budget:
                continue
        spent += cost
        row = _ROW.match(_text(sentence.document, sentence.span))
        near = wanted if row else wanted | _beside(sentence.document.text, spans, wanted)
        for best, ats in windows:
            if best.document.id == sentence.document.id and ats & near:
                ats.update(wanted)
                break
        else:
            windows.append((sentence, wanted))
    quotes = []
    for best, ats in windows:
        document, spans = best.document, sentences[best.document.id]
        runs = _runs(document.text, spans, ats)
        for first, last in sorted(runs, key=lambda run: not run[0] <= best.position <= run[1]):
            quotes.append(
                Quote(
                    document=document,
                    start=spans[first].start,
                    end=spans[last].end,
                    also_in=also_in.get(document.id, ()),
                )
            )
    return tuple(quotes)


def _window(sentence: ScoredSentence, spans: Sequence[Span], asked: set[str]) -> set[int]:
    """The sentence, with the one before it if it leans on that, and the one after if that leans on it.

    A short line is taken whole, and a heading right above with it if that says a word that is asked about.
    """
    document, at = sentence.document, sentence.position
    window = {at}
    for one, other in ((at - 1, at), (at, at + 1)):
        if (
            one >= 0
            and other < len(spans)
            and _leans_back(_text(document, spans[other]))
            and adjoin(document.text, spans[one], spans[other])
        ):
            window |= {one, other}
    window |= _short_line(document.text, spans, at)
    first = min(window)
    held = content_words(document.text[spans[first].start : spans[max(window)].end])
    heading = heading_above(document.text, spans[first].start)
    if (
        first
        and heading
        and spans[first - 1].start == heading.start
        and asked & content_words(_text(document, heading)) - held
        and adjoin(document.text, heading, spans[first])
    ):
        window.add(first - 1)
    return window


def _beside(text: str, spans: Sequence[Span], positions: set[int]) -> set[int]:
    """The sentences next to some, as far as they stand under the same heading."""

    def under(at: int) -> Span | None:
        return heading_above(text, spans[at].end + 1)

    return {
        at + step
        for at in positions
        for step in (-1, 1)
        if 0 <= at + step < len(spans) and under(at) == under(at + step)
    }


def _heading(document: Document, span: Span) -> str:
    heading = heading_above(document.text, span.start)
    return _text(document, heading) if heading else ""


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


def _leans_back(text: str) -> bool:
    return bool(_LEANS_BACK.match(text) or _ONLY_QUOTED.match(text))


def _says_something(text: str, span: Span) -> bool:
    """Whether words can be evidence: most headings, captions and buttons cannot, lines of a list can."""
    words = text[span.start : span.end]
    above = max(0, span.start - _LINE_CHARS)
    whole = _ENDS.search(words) or _LABELLED.match(words) or _ITEM.search(text, above, span.start)
    return count_words(words) >= (_MIN_WORDS if whole else _MIN_WORDS_UNENDED)


def _runs(text: str, spans: Sequence[Span], positions: set[int]) -> list[tuple[int, int]]:
    """First and last of sentences that follow each other with nothing between them that was set aside."""
    runs: list[tuple[int, int]] = []
    for at in sorted(positions):
        if runs and at == runs[-1][1] + 1 and adjoin(text, spans[at - 1], spans[at]):
            runs[-1] = (runs[-1][0], at)
        else:
            runs.append((at, at))
    return runs


def _text(document: Document, span: Span) -> str:
    return document.text[span.start : span.end]
