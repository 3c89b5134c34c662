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
from rag.leaning import beside, is_row, leaning_on
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
_LINE_CHARS = 200
# Sentences that fit much worse than the best one only cost reading time.
_LEAST_SHARE_OF_BEST = 0.45


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
    spent, asked = 0, content_words(question)
    ranked = score_sentences(question, passages, sentences, embedder)
    for sentence in ranked:
        if sentence.score < _LEAST_SHARE_OF_BEST * ranked[0].score:
            break
        spans = sentences[sentence.document.id]
        taken = {
            at for best, ats in windows if best.document.id == sentence.document.id for at in ats
        }
        text = sentence.document.text
        wanted = leaning_on(text, spans, sentence.position, asked) - taken
        if not wanted:
            continue
        cost = sum(count_tokens(_text(sentence.document, spans[at])) for at in wanted)
        if windows and spent + cost > budget:
            wanted = {sentence.position} - taken
            cost = sum(count_tokens(_text(sentence.document, spans[at])) for at in wanted)
            if not wanted or spent + cost > budget:
                continue
        spent += cost
        row = is_row(text, sentence.span)
        near = wanted if row else wanted | beside(text, spans, wanted)
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


def _heading(document: Document, span: Span) -> str:
    heading = heading_above(document.text, span.start)
    return _text(document, heading) if heading else ""


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
