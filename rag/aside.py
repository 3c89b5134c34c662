"""Asides: the words around a document's own (share bars, menus, notices, credits), which are never evidence.

They are found by what they say (the table in asides.toml) and by how they stand (`rag.aside_layout`), without a
model. Nothing is deleted: an aside is an annotation of an exact span, and sentences and chunks go around it.

The table errs towards keeping: of 1.6 MB of Wikipedia and of 306 sentences that begin as boilerplate does, one is
set aside; wordings that no rule knows stay. tests/rag/test_aside.py has the lines and the figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag import aside_layout as layout
from rag.aside_layout import Aside
from rag.aside_mail import machinery
from rag.aside_rules import END, Rule, rules_for, words_pattern
from rag.instructions import find_instructions
from rag.split import Span, split_sentences
from rag.types import Annotation

_LINE = re.compile(r"\S(?:[^\n\f]*\S)?")
_MARKUP = " \t#*_>•·|-–—[]"
_LONGEST_WHOLE_LINE = 400
# Behind a full stop with its quotes and brackets, or where a capital is glued to a small letter.
_EDGE = re.compile(
    r"[.!?…。！？][\"'”’»)\]]*\s*(?=[^\s\"'”’»)\].!?…])|(?<=[a-zß-öø-ÿ)])(?=[A-ZÀ-ÖØ-Þ©#(\[])"
)
_SENTENCE_END = re.compile(
    r"[.!?…]+[\"'”’»)\]*]*(?=\s|\Z)|(?<=[a-zß-öø-ÿ0-9][.!?])(?=[A-ZÀ-ÖØ-Þ])|[。！？]"
)
# A capitalised opener behind a small letter or figure: a new sentence follows on words without a full stop.
_OPENED = re.compile(
    rf"(?:(?<=\s)[a-z][\w’'-]*|\d)(?=\s+{words_pattern('opener').pattern}(?<!\sI)\s+\w)"
)
_SPACE = re.compile(r"\s|\A")
_LONGEST_RUN = 60
_WRAPPED = re.compile(r"\n[^\S\n]*[a-zß-öø-ÿ]")
_LONGEST_REST = 600
_SEPARATORS = re.compile(r"[\s|·•›»→←*]*")
_QUOTES = "“\"‘«„'"
_ADDRESS = ("http", "www.")
# A shorter match that something follows on the line is believed only before a whole sentence: "Advertisement
# Revenue Falls" is a headline.
_SHORT_WORDS = 2


def own_sentences(text: str) -> list[Span]:
    """The sentences of a text without what is set aside: for documents that no index has cut."""
    return split_sentences(text, find_asides(text))


def find_asides(text: str, *, pages: Sequence[Annotation] = ()) -> tuple[Annotation, ...]:
    """Spans of a text that must not be offered as evidence, in order, not overlapping.

    Args:
        text: The whole text of a document.
        pages: Its pages, if it has any; lines that stand at the edge of many of them are running heads.
            Form feeds divide pages too.

    Returns:
        Annotations of the kind ``aside``, and of the kind ``instruction`` where a text speaks to the software that
        reads it; their value is the reason in words.
    """
    lines = [match.span() for match in _LINE.finditer(text)]
    found = [*machinery(text, lines), *layout.repeated(text, lines, pages), *_anywhere(text)]
    heads: list[tuple[int, Rule]] = []
    for number, (first, last) in enumerate(lines):
        for start, end, rule in _in_line(text, first, last):
            found.append(Aside(start, end, rule.reason))
            if rule.heads and end >= last and not text[first:start].strip(_MARKUP):
                heads.append((number, rule))
    found += layout.below_heads(text, lines, heads)
    found += layout.menus(text, lines, found)
    found += layout.tail(text, lines, found)
    asides = [
        Annotation(start=start, end=end, kind="aside", value=reason)
        for start, end, reason in _disjoint(text, found)
    ]
    return tuple(_around(text, asides, find_instructions(text)))


def _in_line(text: str, start: int, end: int) -> Iterator[tuple[int, int, Rule]]:
    """The line if it is an aside as a whole, else those at places where a sentence could begin."""
    rule = _whole(text[start:end])
    if rule:
        yield start, end, rule
        return
    bare = start
    while bare < end and text[bare] in _MARKUP:
        bare += 1
    # Behind an aside another may begin, as at the start of a line.
    at, fresh = (start if _at(text, start, end) else bare), True
    while at < end:
        small = text[at].islower() and not text.startswith(_ADDRESS, at)
        hit = _at(text, at, end) if fresh or not small else None
        if hit:
            yield (start if at == bare else at), *hit
            at, fresh = _skip(text, hit[0]), True
            continue
        following = next(_edges(text, at, end), None)
        if following is None:
            return
        at, fresh = following, False


def _edges(text: str, at: int, end: int) -> Iterator[int]:
    """Where a sentence could begin behind ``at``."""
    for edge in _EDGE.finditer(text, at, end):
        glued = edge.start() == edge.end()
        # In a long run without spaces (a key, an address) nothing is glued together.
        run = glued and not _SPACE.search(text, max(0, edge.end() - _LONGEST_RUN), edge.end())
        if edge.end() > at and not run:
            yield edge.end()


def _whole(line: str) -> Rule | None:
    if len(line) > _LONGEST_WHOLE_LINE:
        return None
    table = rules_for("line")
    for words in (line, line.strip(_MARKUP).rstrip(": ")):
        match = table.pattern.fullmatch(words)
        if match:
            return table.of(match)
    return None


def _at(text: str, at: int, line_end: int) -> tuple[int, Rule] | None:
    """Where the aside that begins here ends, and its rule."""
    table = rules_for("edge")
    match = table.pattern.match(text, at)
    if match is None:
        return None
    rule, end = table.of(match), match.end()
    if rule.rest:
        closed = END.match(text, end) if text[end - 1].isalnum() else None
        end = closed.end() if closed else _rest(text, end)
    if end < line_end and len(text[at:end].split()) <= _SHORT_WORDS:
        follows = _skip(text, end)
        if follows < line_end and not (
            table.pattern.match(text, follows) or _SENTENCE_END.search(text, follows, line_end)
        ):
            return None
    return end, rule


def _anywhere(text: str) -> Iterator[Aside]:
    folded = text.casefold()
    for rule in rules_for("anywhere").rules:
        if any(hint in folded for hint in rule.hints):
            for match in rules_for("anywhere", rule.hints).pattern.finditer(text):
                start, end = match.span()
                opens = not text[text.rfind("\n", 0, start) + 1 : start][-100:].strip(_MARKUP)
                quoted = start > 0 and text[start - 1] in _QUOTES
                if opens or not (quoted or text[start].islower()):
                    yield Aside(start, end, rule.reason)


def _rest(text: str, at: int) -> int:
    """Where the sentence that is under way ends: at its full stop, else with its line, which may be wrapped."""
    limit, end = min(len(text), at + _LONGEST_REST), at
    while True:
        newline = text.find("\n", end, limit)
        line_end = limit if newline < 0 else newline
        stop = _SENTENCE_END.search(text, end, line_end)
        if stop:
            opened = _OPENED.search(text, at, stop.start())
            return opened.end() if opened else stop.end()
        if newline < 0 or not _WRAPPED.match(text, newline):
            return at + len(text[at:line_end].rstrip())
        end = newline + 1


def _disjoint(text: str, found: Sequence[Aside]) -> Iterator[Aside]:
    """The same ground without overlaps; what only separates two of them belongs to the first."""
    kept: list[Aside] = []
    for aside in sorted(found, key=lambda one: (one.start, -one.end)):
        start = max(aside.start, kept[-1].end) if kept else aside.start
        while start < aside.end and text[start].isspace():
            start += 1
        if start >= aside.end:
            continue
        if kept and _skip(text, kept[-1].end) >= start:
            last = kept[-1]
            between = text[last.end : start]
            if last.reason == aside.reason and "\n" not in between:
                kept[-1] = last._replace(end=aside.end)
                continue
            kept[-1] = last._replace(end=last.end + len(between.rstrip()))
        kept.append(aside._replace(start=start))
    return iter(kept)


def _around(
    text: str, asides: Sequence[Annotation], instructions: Sequence[Annotation]
) -> Iterator[Annotation]:
    """Both, in order; where they overlap it is an instruction, so that none is hidden in a footer."""
    following = 0
    for aside in asides:
        at = aside.start
        while following < len(instructions) and instructions[following].start < aside.end:
            one = instructions[following]
            yield from _part(text, aside, at, one.start)
            yield one
            at = max(at, one.end)
            following += 1
        yield from _part(text, aside, at, aside.end)
    yield from instructions[following:]


def _part(text: str, aside: Annotation, start: int, end: int) -> Iterator[Annotation]:
    """What is left of an aside between two places, if it is anything."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield replace(aside, start=start, end=end)


def _skip(text: str, at: int) -> int:
    match = _SEPARATORS.match(text, at)
    assert match is not None
    return match.end()
