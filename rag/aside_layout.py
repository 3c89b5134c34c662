"""Boilerplate by how it stands: running heads, page numbers, menus, lists of links, the foot of a page.

Position and repetition tell here, not words, so most of it holds in any language.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from rag.aside_rules import Rule, words_pattern
from rag.types import Annotation

Line = tuple[int, int]

_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)\]]*$")
_LIST_ITEM = re.compile(r"[-*+•]\s|\d{1,3}[.)]\s|#{1,6}\s|>|\|")
_BULLETS = " \t*•-|>»›"
_EDGE_LINES = 2
_MIN_REPEATS = 3
_PAGES_SHARE = 0.3
_MAX_FURNITURE_CHARS = 150
_MAX_HEADLINE_CHARS = 120
_MAX_LINKS = 12
_MAX_ITEM_CHARS = 30
_MAX_ITEM_WORDS = 4
_MIN_ITEMS = 4
_MENU_SHARE = 0.4
_MIN_KNOWN_ITEMS = 3
_MAX_BETWEEN = 3
_MAX_BOX_CHARS = 700
_MAX_BOX_LINES = 4
_BIO = re.compile(
    r"(?:[A-ZÀ-Þ][\w.’'-]+ ){1,4}is (?:an?|the) [^.\n]{0,60}?\b(?:journalist|reporter|writer|correspondent|columnist|"
    r"editor|contributor|blogger|author)\b(?=[^\n]*\b(?:covers|covering|writes|writing|based in|follow|freelance|"
    r"contribut|her work|his work|their work)\b)"
)


class Aside(NamedTuple):
    """A span that is not the document's own, and why."""

    start: int
    end: int
    reason: str


def repeated(text: str, lines: Sequence[Line], pages: Sequence[Annotation]) -> Iterator[Aside]:
    """Running heads and feet, page numbers, the title said again."""
    furniture = set(_furniture(text, lines, pages))
    numbers = set(_numbers(text, lines))
    seen: dict[str, list[int]] = defaultdict(list)
    for number, (start, end) in enumerate(lines):
        if end - start <= _MAX_FURNITURE_CHARS:
            seen[_same(text[start:end])].append(number)
    often = {
        number
        for words, places in seen.items()
        if len(places) >= _MIN_REPEATS and " " in words and not words.endswith(":")
        for number in places
        if not _is_sentence(text, lines[number])
        and not _LIST_ITEM.match(text, *lines[number])
        and _alone(text, lines, number)
    }
    title = _same(text[slice(*lines[0])]) if lines else ""
    again = seen[title][1:] if title.count(" ") >= 2 and not _SENTENCE.search(title) else []
    for number, line in enumerate(lines):
        if number in numbers:
            yield Aside(*line, "page number")
        elif number and (number in furniture or number in often):
            yield Aside(*line, "repeated header or footer")
        elif number in again:
            yield Aside(*line, "title again")


def _furniture(text: str, lines: Sequence[Line], pages: Sequence[Annotation]) -> Iterator[int]:
    """Lines at the edge of pages that are the same on many of them but for their figures."""
    breaks = sorted(
        {page.start for page in pages} | {match.end() for match in re.finditer("\f", text)} | {0}
    )
    if len(breaks) < _MIN_REPEATS:
        return
    by_page = defaultdict(list)
    for number, (start, _) in enumerate(lines):
        by_page[bisect_right(breaks, start)].append(number)
    edges = {
        number
        for numbers in by_page.values()
        for number in (*numbers[:_EDGE_LINES], *numbers[-_EDGE_LINES:])
    }
    shapes = {number: re.sub(r"\d+", "0", _same(text[slice(*lines[number])])) for number in edges}
    often = Counter(shapes.values())
    least = max(_MIN_REPEATS, _PAGES_SHARE * len(by_page))
    for number, shape in shapes.items():
        if often[shape] >= least and len(shape) <= _MAX_FURNITURE_CHARS:
            yield number


def _numbers(text: str, lines: Sequence[Line]) -> Iterator[int]:
    """Lone numbers that count up through the text, one by one."""
    lone = [
        (number, int(text[start:end]))
        for number, (start, end) in enumerate(lines)
        if end - start <= 4 and text[start:end].isdecimal()
    ]
    run: list[tuple[int, int]] = []
    for one in [*lone, (-1, -1)]:
        follows = run and one[1] == run[-1][1] + 1
        # Pages hold text: numbers line by line are a table.
        if follows and one[0] - run[-1][0] > _EDGE_LINES:
            run.append(one)
            continue
        if len(run) >= _MIN_REPEATS:
            yield from (number for number, _ in run)
        run = [one]


def below_heads(
    text: str, lines: Sequence[Line], heads: Sequence[tuple[int, Rule]]
) -> Iterator[Aside]:
    """The headlines below "Related articles", the paragraph below "About the author"."""
    for number, rule in heads:
        block: list[Line] = []
        for before, at in pairwise(range(number, min(number + 1 + _MAX_LINKS, len(lines)))):
            gap = text[lines[before][1] : lines[at][0]].count("\n")
            if (gap > 1 and (block or gap > 3)) or (block and text[lines[at][0]] == "#"):
                break
            if rule.heads == "list" and (
                _is_sentence(text, lines[at]) or lines[at][1] - lines[at][0] > _MAX_HEADLINE_CHARS
            ):
                break
            block.append(lines[at])
        apart = block and text[lines[number][1] : block[0][0]].count("\n") > 1
        if rule.heads == "paragraph":
            if sum(end - start for start, end in block) <= _MAX_BOX_CHARS:
                yield from (Aside(*line, rule.reason) for line in block[:_MAX_BOX_LINES])
        elif not apart or len(block) > 1 or block[-1] == lines[-1]:
            yield from (Aside(*line, rule.reason) for line in block)


def menus(text: str, lines: Sequence[Line], found: Sequence[Aside]) -> Iterator[Aside]:
    """Runs of short lines, many of which name a page or a button of a site."""
    button, section = words_pattern("button"), words_pattern("section")
    taken = {aside.start for aside in found if aside.reason == "menu"}

    def item(line: Line) -> bool:
        words = text[slice(*line)].strip(_BULLETS)
        return (
            0 < len(words) <= _MAX_ITEM_CHARS
            and len(words.split()) <= _MAX_ITEM_WORDS
            and not _SENTENCE.search(words)
            and not words.endswith((":", ","))
        )

    for short, group in groupby(lines, key=item):
        run = list(group)
        if not short or len(run) < _MIN_ITEMS:
            continue
        # "Read more" below each name of a list makes no menu of the names.
        known = {
            words.casefold()
            for line in run
            for words in [text[slice(*line)].strip(_BULLETS)]
            if button.fullmatch(words) or section.fullmatch(words) or line[0] in taken
        }
        if len(known) >= max(_MIN_KNOWN_ITEMS, _MENU_SHARE * len(run)):
            yield from (Aside(*line, "menu") for line in run)


def tail(text: str, lines: Sequence[Line], found: Sequence[Aside]) -> Iterator[Aside]:
    """What stands between asides below a document's last sentence, and who wrote it."""
    starts = {aside.start: aside.end for aside in found}
    below = []
    for number in range(len(lines) - 1, -1, -1):
        start, end = lines[number]
        covered = starts.get(start, 0) >= end
        if not covered and (_is_sentence(text, lines[number]) or end - start > _MAX_HEADLINE_CHARS):
            if (
                _BIO.match(text, start, end)
                and _alone(text, lines, number)
                and end - start <= _MAX_BOX_CHARS
                and number
            ):
                yield Aside(start, end, "author box")
                continue
            break
        below.append((start, end, covered))
    else:
        return
    below.reverse()
    asides = [at for at, (_, _, covered) in enumerate(below) if covered]
    for one, other in pairwise(asides):
        # More of them are a table or a list of the document's own.
        if other - one <= _MAX_BETWEEN + 1:
            yield from (
                Aside(start, end, "site footer") for start, end, _ in below[one + 1 : other]
            )


def _is_sentence(text: str, line: Line) -> bool:
    return _SENTENCE.search(text[slice(*line)]) is not None


def _same(words: str) -> str:
    return " ".join(words.strip(" \t#*_").split()).casefold()


def _alone(text: str, lines: Sequence[Line], number: int) -> bool:
    """Whether a line is a paragraph of its own."""
    start, end = lines[number]
    above = lines[number - 1][1] if number else 0
    below = lines[number + 1][0] if number + 1 < len(lines) else len(text)
    return (not number or text[above:start].count("\n") > 1 or "\f" in text[above:start]) and (
        number + 1 == len(lines) or text[end:below].count("\n") > 1 or "\f" in text[end:below]
    )
