"""The values that travel through the system: documents, chunks, passages, quotes, claims, answers and events.

Everything here is frozen and compares by value. Positions are always half-open character offsets into
``Document.text``, so ``document.text[start:end]`` is the text meant, verbatim.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Literal, TypeAlias

PublishedFrom: TypeAlias = Literal["header", "byline", "html", "filename", "mtime"]
Verdict: TypeAlias = Literal["supported", "unsupported"]
AnnotationKind: TypeAlias = Literal["aside", "date", "instruction", "page"]
RefusalReason: TypeAlias = Literal[
    "no_passages", "no_evidence", "not_stated", "unsupported", "stopped"
]
#: ``{"role": "system" | "user" | "assistant", "content": text}``
Message: TypeAlias = Mapping[str, str]


#: What is said in place of an answer. One sentence everywhere, so that a refusal can be recognised.
REFUSAL = "The sources don't say."


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One source, as read: its whole text and what is known about it.

    Attributes:
        id: Stable name, twelve hexadecimal digits; stays the same when the file's content changes.
        source: Path of the file relative to the folder that was given to ingest.
        title: A line to show people.
        text: The decoded text, complete and unchanged.
        sha256: Digest of the file's bytes, 64 hexadecimal digits.
        published: Day of publication, if the document states one.
        published_from: Where ``published`` was found.
    """

    id: str
    source: str
    title: str
    text: str
    sha256: str
    published: date | None = None
    published_from: PublishedFrom | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """Something known about the span ``document.text[start:end]``; the text itself is never changed.

    Attributes:
        kind: ``aside`` for words around the document's own that are never evidence, ``date`` for an
            expression that means days, ``page`` for the text of one page, ``instruction`` for words that
            speak to the software that reads the text, never evidence either.
        value: Of an aside or instruction the reason in words (``share bar``); of a date the ISO day
            (``2025-06-02``) or the ISO interval, both days included (``2025-06-02/2025-06-08``, open
            ``2021-12-01/..``); of a page its number.
    """

    start: int
    end: int
    kind: AnnotationKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A span of a document that is embedded and searched as one unit: ``document.text[start:end]``."""

    id: str
    document_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk retrieved for a query.

    Attributes:
        score: Between 0 and 1, higher is better; comparable within one query only.
        rank: Place in the result, from 1.
        similarity: Cosine of query and chunk vectors, ``None`` if the dense side did not return the chunk.
        lexical: BM25 score, ``None`` if the lexical side did not return the chunk.
        also_in: Ids of other documents that hold a copy of it.
        origin: Id of the document that, as far as the texts tell, came first with what this one reports:
            passages of one origin are one witness. ``None`` where that is not known: only of the first
            twenty passages of a search it is.
    """

    chunk: Chunk
    document: Document
    score: float
    rank: int
    similarity: float | None = None
    lexical: float | None = None
    also_in: tuple[str, ...] = ()
    origin: str | None = None

    @property
    def text(self) -> str:
        """The passage, verbatim."""
        return self.document.text[self.chunk.start : self.chunk.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A verbatim span of a document, offered to the model as evidence."""

    document: Document
    start: int
    end: int
    also_in: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The quoted words: exactly ``document.text[start:end]``."""
        return self.document.text[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A marker ``[number]`` resolved to the quote it stands for. Built by code, never parsed out of prose."""

    number: int
    quote: Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence of an answer with the quotes it rests on.

    Attributes:
        text: The sentence without its markers.
        support: How well the cited quotes support it, 0 to 1.
        verdict: Whether it may stand; only supported claims are shown as the answer.
        reason: Of one that is unsupported, what speaks against it.
    """

    text: str
    citations: tuple[Citation, ...]
    support: float
    verdict: Verdict
    reason: str | None = None

    @property
    def marked(self) -> str:
        """The sentence with its markers before the full stop."""
        end = len(self.text.rstrip(".!?"))
        markers = "".join(f"[{citation.number}]" for citation in self.citations)
        return f"{self.text[:end]} {markers}{self.text[end:]}" if markers else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One earlier exchange of a conversation."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds since the question was asked: passages found, first word written, answer checked."""

    retrieve_s: float = 0.0
    first_token_s: float = 0.0
    total_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """How much the model read to write the answer and how much it wrote, in its own tokens."""

    prompt: int
    answer: int

    def __add__(self, other: TokenCounts) -> TokenCounts:
        """Of two exchanges together."""
        return TokenCounts(prompt=self.prompt + other.prompt, answer=self.answer + other.answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """Which language model wrote an answer."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Values that independent sources give for the same thing.

    Attributes:
        about: The words that they have in common; for machines more than for readers.
        citations: One for each value.
        text: Both sides in their own words, each with outlet, day and marker.
    """

    about: str
    citations: tuple[Citation, ...]
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the system says to a question, or why it does not answer.

    Attributes:
        standalone_question: The question as searched, with what the history supplied written out.
        claims: The sentences that stand, each with its citations; empty in a refusal.
        dropped: Sentences of the model that did not pass; never part of the answer.
        passages: What was retrieved, best first.
        refused: Whether the sources do not answer the question.
        refusal_reason: Machine-readable reason of a refusal.
        missing: What the sources would have to say, in words.
        as_of: Newest publication day among the cited documents.
        flagged: Ids of retrieved documents that hold text which speaks to the software that reads them.
        confidence: How sure the checks are that the sources state the answer, 0 to 1; ``None`` if it
            did not come to that.
        tokens: ``None`` if no model was asked to write.
    """

    question: str
    standalone_question: str
    claims: tuple[Claim, ...] = ()
    dropped: tuple[Claim, ...] = ()
    passages: tuple[Passage, ...] = ()
    refused: bool = False
    refusal_reason: RefusalReason | None = None
    missing: str | None = None
    disagreements: tuple[Disagreement, ...] = ()
    as_of: date | None = None
    flagged: tuple[str, ...] = ()
    confidence: float | None = None
    timings: Timings = Timings()
    tokens: TokenCounts | None = None
    model: ModelInfo | None = None

    @property
    def text(self) -> str:
        """The answer in one line with its markers, and where sources differ; or `REFUSAL`."""
        if self.refused:
            return REFUSAL
        differing = (one.text for one in self.disagreements if one.text)
        return " ".join((*(claim.marked for claim in self.claims), *differing))

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Every citation once, by number."""
        cited = chain(
            *(one.citations for one in self.claims), *(one.citations for one in self.disagreements)
        )
        seen = {citation.number: citation for citation in cited}
        return tuple(seen[number] for number in sorted(seen))

    @property
    def also_in(self) -> dict[str, tuple[str, ...]]:
        """Documents that hold a cited text too, by the cited document's id."""
        quotes = [citation.quote for citation in self.citations]
        return {quote.document.id: quote.also_in for quote in quotes if quote.also_in}


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """First event: the passages found and the quotes built from them."""

    passages: tuple[Passage, ...]
    quotes: tuple[Quote, ...]
    standalone_question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A piece of text as the model writes it, before it is checked."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimChecked:
    """One sentence has been checked against the quotes it cites."""

    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Last event: the answer as it stands."""

    answer: Answer


AnswerEvent: TypeAlias = Retrieved | Delta | ClaimChecked | Finished
