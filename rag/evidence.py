"""Passages into quotes: the few sentences that bear on the question, each with what it leans on, verbatim."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rag.asked import holds_asked_kind
from rag.dates import stated_day
from rag.protocols import Embedder
from rag.split import Span, adjoin
from rag.types import Document, Passage, Quote
from rag.wording import content_words, count_words

# Share of the question's words a sentence holds, against its cosine with the question: the mixture put
# the answering sentence first almost every time on the shipped documents.
_COVER_WEIGHT = 0.5
# To a question for a number or a date, a sentence that holds one is likelier the answer.
_KIND_BONUS = 0.15
_MIN_WORDS = 3
_MIN_WORDS_UNENDED = 8
_ENDS = re.compile(r"[.!?…。！？][\"'”’)\]]*$")
# Sentences that fit much worse than the best one only cost reading time.
_LEAST_SHARE_OF_BEST = 0.45
# A sentence that opens so leans on the one before it.
_LEANS_BACK = re.compile(
    r"^[\"“'‘(]?(?:he|she|it|its|they|their|his|her|this|that|these|those|such|the (?:group|move|report|"
    r"talks|dialogue|force|agreement|shift|country|company|city|event|study))\b",
    re.IGNORECASE,
)


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
    """Every sentence of the passages with its score, best first. ``sentences`` is by document id."""
    found: dict[tuple[str, int], tuple[Document, Span]] = {}
    for passage in passages:
        for position, span in enumerate(sentences[passage.document.id]):
            inside = passage.chunk.start <= span.start and span.end <= passage.chunk.end
            if inside and _says_something(_text(passage.document, span)):
                found.setdefault((passage.document.id, position), (passage.document, span))
    texts = [document.text[span.start : span.end] for document, span in found.values()]
    if not texts:
        return []
    asked, *vectors = embedder.embed([question, *texts])
    wanted = content_words(question)
    scored = []
    for ((_, position), (document, span)), text, vector in zip(
        found.items(), texts, vectors, strict=True
    ):
        similarity = sum(a * b for a, b in zip(asked, vector, strict=True))
        cover = len(wanted & content_words(text)) / len(wanted) if wanted else 0.0
        fits = holds_asked_kind(question, text, stated_day(document))
        score = similarity + _COVER_WEIGHT * cover + (_KIND_BONUS if fits else 0.0)
        scored.append(ScoredSentence(document, position, span, score))
    return sorted(scored, key=lambda one: -one.score)


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
    windows: list[tuple[Document, set[int]]] = []
    spent = 0
    ranked = score_sentences(question, passages, sentences, embedder)
    for sentence in ranked:
        if sentence.score < _LEAST_SHARE_OF_BEST * ranked[0].score:
            break
        spans = sentences[sentence.document.id]
        taken = {
            at for document, ats in windows if document.id == sentence.document.id for at in ats
        }
        wanted = _window(sentence, spans) - taken
        if not wanted:
            continue
        cost = sum(count_tokens(_text(sentence.document, spans[at])) for at in wanted)
        if windows and spent + cost > budget:
            wanted = {sentence.position} - taken
            cost = sum(count_tokens(_text(sentence.document, spans[at])) for at in wanted)
            if not wanted or spent + cost > budget:
                continue
        spent += cost
        near = {at + step for at in wanted for step in (-1, 0, 1)}
        for document, ats in windows:
            if document.id == sentence.document.id and ats & near:
                ats.update(wanted)
                break
        else:
            windows.append((sentence.document, wanted))
    quotes = []
    for document, ats in windows:
        spans = sentences[document.id]
        for first, last in _runs(document.text, spans, ats):
            quotes.append(
                Quote(
                    document=document,
                    start=spans[first].start,
                    end=spans[last].end,
                    also_in=also_in.get(document.id, ()),
                )
            )
    return tuple(quotes)


def _window(sentence: ScoredSentence, spans: Sequence[Span]) -> set[int]:
    """The sentence, with the one before it if it leans on that, and the one after if that leans on it."""
    document, at = sentence.document, sentence.position
    window = {at}
    for one, other in ((at - 1, at), (at, at + 1)):
        if (
            one >= 0
            and other < len(spans)
            and _LEANS_BACK.match(_text(document, spans[other]))
            and adjoin(document.text, spans[one], spans[other])
        ):
            window |= {one, other}
    return window


def _says_something(text: str) -> bool:
    """Whether words can be evidence: most headings, captions and buttons cannot."""
    return count_words(text) >= (_MIN_WORDS if _ENDS.search(text) else _MIN_WORDS_UNENDED)


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
