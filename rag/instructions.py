"""Sentences of a document that speak to the software that reads it: orders to a model, forged turns, hidden letters.

They are found by what they say (the table in instructions.toml), without a model. Nothing is deleted: a sentence that
is found is annotated, shown by ``rag inspect``, and sentences and chunks go around it, as they do around asides.

That a text orders something is not what makes it one of these: it has to speak of the reader's answer, its orders, its
conversation or its being a program. docs/safety.md has the figures and what is not found.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rag.split import Span, split_sentences
from rag.types import Annotation, Document

_TABLE = Path(__file__).with_name("instructions.toml")
_HIDDEN = "hidden characters"
# Nothing shows where these stand: joiners, marks of direction, tags, selectors of variants.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0000-\U000e01ef]"
)
# Writing that nobody sees: tags (but for those of a flag), runs of the invisible, letters shown in reverse.
# Persian, Indic scripts and emojis join letters with single ones, web pages allow breaks with them.
_SMUGGLED = re.compile(
    "(?<!\U0001f3f4)(?<![\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+|[\U000e0100-\U000e01ef]{3,}"
    "|[\u200b-\u200d\u2060-\u2064\ufeff]{8,}|[\u202d\u202e]"
)
_LINE = re.compile(r"\S(?:[^\n\f]*\S)?")
_BLANKS = re.compile(r"[^\S\n]+")
_NEWLINES = re.compile(r"\s*\n\s*")
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n|\f")
# Full-width forms of ASCII, and the marks that stand for one another.
_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | str.maketrans(
    "“”„«»’‘‚‹›–—\u2011−\r\u2028\u2029\u2581", "\"\"\"\"\"'''''----\n\n\n_"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """Words that are addressed to software.

    Attributes:
        reason: Why, for people.
        hints: One of these stands in every text that the rule matches.
        turn: Whether the rest of the paragraph belongs to it.
    """

    reason: str
    hints: tuple[str, ...]
    turn: bool
    pattern: re.Pattern[str]


def find_instructions(text: str) -> tuple[Annotation, ...]:
    """Sentences that speak to the software that reads the text, in order, not overlapping.

    Args:
        text: The whole text of a document.

    Returns:
        Annotations of the kind ``instruction``; their value is the reason in words.
    """
    plain = _plain(text)
    rules = [
        rule
        for rule in _rules()
        if any(hint in plain for hint in rule.hints) and rule.pattern.search(plain)
    ]
    smuggled = [] if text.isascii() else [match.span() for match in _SMUGGLED.finditer(text)]
    if not rules and not smuggled:
        return ()
    return tuple(
        Annotation(start=span.start, end=span.end, kind="instruction", value=reason)
        for span, reason in _judged(text, split_sentences(text), rules, smuggled)
    )


def speaks_to_software(document: Document) -> bool:
    """Whether a document holds such a sentence; an index knows it from its annotations."""
    return bool(find_instructions(document.text))


def _judged(
    text: str,
    sentences: Sequence[Span],
    rules: Sequence[_Rule],
    smuggled: Sequence[tuple[int, int]],
) -> Iterator[tuple[Span, str]]:
    """Each sentence that is one, or goes on with one before it in its paragraph; with the reason."""
    before: Span | None = None
    reason, turn = "", False
    for span in sentences:
        plain = _plain(text[span.start : span.end]).strip()
        same = before is not None and not _PARAGRAPH_END.search(text, before.end, span.start)
        hidden = any(start < span.end and span.start < end for start, end in smuggled)
        rule = next((rule for rule in rules if rule.pattern.search(plain)), None)
        if rule:
            reason, turn = rule.reason, rule.turn or (same and turn)
        elif not same or not (turn or _follows().search(plain)):
            before = None
            if hidden:
                yield from ((line, _HIDDEN) for line in _lines(text, span, smuggled))
            continue
        before = span
        yield span, reason


def _lines(text: str, span: Span, smuggled: Sequence[tuple[int, int]]) -> Iterator[Span]:
    """The lines of a sentence in which something is hidden: a list of names can be one sentence."""
    for match in _LINE.finditer(text, span.start, span.end):
        if any(start < match.end() and match.start() < end for start, end in smuggled):
            yield Span(*match.span())


def _plain(text: str) -> str:
    """A text as patterns see it: small letters, plain marks, single blanks, nothing invisible."""
    if not text.isascii():
        text = _INVISIBLE.sub("", text).translate(_PLAIN)
    return _NEWLINES.sub("\n", _BLANKS.sub(" ", text)).lower()


@cache
def _rules() -> tuple[_Rule, ...]:
    return tuple(
        _Rule(
            row["reason"], tuple(row["hints"]), row.get("turn", False), _compiled(row["patterns"])
        )
        for row in _table()["rules"]
    )


@cache
def _follows() -> re.Pattern[str]:
    return _compiled(_table()["follows"]["patterns"])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))


def _compiled(patterns: Sequence[str]) -> re.Pattern[str]:
    words = _table()["words"]
    whole = "|".join(patterns)
    while (filled := re.sub(r"\{([a-z]+)\}", lambda match: words[match[1]], whole)) != whole:
        whole = filled
    return re.compile(whole.replace("\n", "").replace(" ", r"\s"))
