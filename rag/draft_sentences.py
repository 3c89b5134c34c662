"""Which sentences of documents can be asked about and for what, and whether words lean on their surroundings."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.aside import own_sentences
from rag.compose import one_line
from rag.draft_answers import pick_answer
from rag.split import Span
from rag.types import Document
from rag.wording import count_words

#: Every draft's id begins so.
DRAFT = "draft-"

Sentences = Callable[[Document], Sequence[Span]]

_MIN_WORDS, _MAX_WORDS, _MAX_CHARS = 8, 60, 500
_MAX_CAPITALS = 0.3
_ENDS = re.compile(r"[.!?…][\"'”’)\]]*$")
_BOILERPLATE = re.compile(
    r"https?://|www\.|\S@\S|[|©{}<>]|\b(?:cookies?|copyright|all rights reserved|subscri(?:be|ption)|newsletter|"
    r"sign (?:up|in)|log ?in|click|read more|share (?:this|on)|follow us|comments?|advertisement|"
    r"privacy policy|terms of (?:use|service)|related (?:posts|articles)|powered by|posted (?:by|in)|"
    r"visited \d+|min(?:ute)?s? read|photo(?:graph)? by|image credit)\b",
    re.IGNORECASE,
)
_LEANING_OPENING = re.compile(
    r"^[\"“'‘(]*(?:he|she|it|its|they|their|his|her|him|them|this|that|these|those|such|there|here|then|we|our|"
    r"i|my|you|your|and|but|or|so|yet|also|too|still|however|instead|meanwhile|moreover|furthermore|"
    r"additionally|in (?:addition|turn)|therefore|thus|hence|similarly|likewise|another|both|the (?:former|"
    r"latter|same|other|group|move|report|talks|dialogue|force|agreement|shift|country|company|event|study))\b",
    re.IGNORECASE,
)
# "these countries", "a separate attack"; "this month" can be placed.
_LEANING_INSIDE = re.compile(
    r"\b(?:(?:this|these|those|such) (?!day|week|month|year|spring|summer|autumn|winter)|"
    r"an? (?:separate|similar|further|second|third) )",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(?:he|she|him|his|her|hers|they|them|their|it|its)\b", re.IGNORECASE)
_CAPITAL = re.compile(r"\b[A-Z][\w'’-]*")
_NO_NAME = frozenset(
    "a an the in on at by of for from to with after before since until while when where what which who whom "
    "whose why how as if although though despite because during under over between about according many most "
    "some several no not all each every other its is are was were do does did has have had can could will "
    "would".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sentence to draft from, and the words of it to ask for."""

    document: Document
    span: Span
    answer: str

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.document.text[self.span.start : self.span.end]

    @property
    def id(self) -> str:
        """The same for the same sentence of the same source, whatever the seed."""
        return f"{DRAFT}{_digest(self.document.source, self.text)[:12]}"


def pick_sentences(
    documents: Sequence[Document], *, seed: int = 0, sentences: Sentences | None = None
) -> Iterator[Candidate]:
    """Sentences that can be asked about, one of each document in turn.

    The order goes by digests: it changes with the seed, and a document more leaves the rest in order.
    """
    spans_of = sentences or (lambda document: own_sentences(document.text))
    order = sorted(documents, key=lambda document: _digest(str(seed), document.id))
    # A document is split when its turn comes: a few drafts of a large folder don't need all of it.
    turns = [_candidates(document, spans_of, seed) for document in order]
    while turns:
        left = []
        for turn in turns:
            candidate = next(turn, None)
            if candidate is not None:
                left.append(turn)
                yield candidate
        turns = left


def can_be_asked_about(text: str) -> bool:
    """Whether a sentence is whole, states something and can be understood without its neighbours."""
    words = count_words(text)
    letters = [letter for letter in text if letter.isalpha()]
    if not (_MIN_WORDS <= words <= _MAX_WORDS) or len(text) > _MAX_CHARS or "\n\n" in text:
        return False
    if not _ENDS.search(text) or not re.match(r"[\"“'‘(]*[^\W_]", text) or text[0].islower():
        return False
    if sum(letter.isupper() for letter in letters) > _MAX_CAPITALS * len(letters):
        return False
    # Half of a quotation, or of a bracket.
    if (
        text.count("“") != text.count("”")
        or text.count('"') % 2
        or text.count("(") != text.count(")")
    ):
        return False
    if _BOILERPLATE.search(text) or leans(text):
        return False
    return text.rstrip("\"”'’)")[-1] != "?"


def leans(text: str) -> bool:
    """Whether a sentence points to what stands before it."""
    return bool(
        _LEANING_OPENING.match(text) or _LEANING_INSIDE.search(text) or has_unnamed_person(text)
    )


def has_unnamed_person(text: str) -> bool:
    """Whether a pronoun stands before every name that it could stand for."""
    pronoun = _PERSON.search(text)
    return pronoun is not None and not names(text[: pronoun.start()])


def names(text: str) -> list[str]:
    """Capitalised words that are more than the opening of a sentence."""
    return [word for word in _CAPITAL.findall(text) if word.lower() not in _NO_NAME]


def _candidates(document: Document, spans_of: Sentences, seed: int) -> Iterator[Candidate]:
    spans = spans_of(document)
    texts = [document.text[span.start : span.end] for span in spans]
    order = sorted(range(len(spans)), key=lambda at: _digest(str(seed), texts[at]))
    for at in order:
        answer = pick_answer(texts[at], document) if can_be_asked_about(texts[at]) else None
        if answer:
            yield Candidate(
                answer=one_line(answer),
                document=document,
                span=spans[at],
            )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
