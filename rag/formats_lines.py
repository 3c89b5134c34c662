"""Lines that stand on a page, put together to paragraphs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

_ITEM = re.compile(r"(?:[•‣◦▪●–*-]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")
# A line of a table of contents.
_LEADERS = re.compile(r"(?:\. ?){4,}\s*\w*$")
_ENDS_SENTENCE = re.compile(r"[.!?:;…。！？][\"'”’)\]]*$")
# Leading is 1.1 to 1.3 of the size; paragraphs that are set apart are so by half a line at least.
_GAP = 1.35
# Lines further apart than this tell nothing about the space between lines.
_DOUBLE_SPACED = 2.2
_SAME_SIZE = 0.12
_NEIGHBOURS = 12


class Line(NamedTuple):
    """One line of a page; places in points, from the left and from below."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    hyphenated: bool = False


def vocabulary(pages: Iterable[Sequence[Line]]) -> Counter[str]:
    """How often each word stands whole on a line; tells words with a hyphen from words cut by the line's end."""
    return Counter(
        word.lower()
        for lines in pages
        for line in lines
        for word in re.findall(r"\w+(?:-\w+)*", line.text)
    )


def join_lines(lines: Sequence[Line], words: Counter[str]) -> str:
    """The text of a page: paragraphs apart by blank lines, list items and rows of tables on lines of their own."""
    pitches = [
        above.bottom - line.bottom
        for above, line in pairwise(lines)
        if 0 < above.bottom - line.bottom < _DOUBLE_SPACED * line.size and _same_size(above, line)
    ]
    pitch = median(pitches) if pitches else 0.0
    text = ""
    for at, line in enumerate(lines):
        text = _attach(text, lines, at, pitch, words) if at else line.text
    return text.strip()


def _attach(text: str, lines: Sequence[Line], at: int, pitch: float, words: Counter[str]) -> str:
    above, line = lines[at - 1], lines[at]
    if above.hyphenated:
        return text + _hyphen(text, line.text, words) + line.text
    return text + _separator(lines, at, pitch) + line.text


def _separator(lines: Sequence[Line], at: int, pitch: float) -> str:
    above, line = lines[at - 1], lines[at]
    ended = bool(_ENDS_SENTENCE.search(above.text))
    if min(above.top, line.top) - max(above.bottom, line.bottom) > 0.5 * min(above.size, line.size):
        return " "  # side by side: a page's running head, or the cells of a row
    if not _same_size(above, line):
        return "\n\n"
    if line.bottom > above.top:  # the next column
        return "\n\n" if ended or not line.text[:1].islower() else " "
    if _apart(above, line, pitch):
        return "\n\n"
    if _ITEM.match(line.text) or _LEADERS.search(above.text):
        return "\n"
    # Had the next word had room, the line was ended on purpose.
    word = line.text.split(" ", 1)[0]
    width = (line.right - line.left) / max(len(line.text), 1) * (len(word) + 1)
    if above.right + width < _right_edge(lines, at - 1) - 0.5 * line.size:
        return "\n\n" if ended else "\n"
    indented = line.left - above.left > line.size and not _ITEM.match(above.text)
    return "\n\n" if indented and ended else " "


def _right_edge(lines: Sequence[Line], at: int) -> float:
    """Where the lines of the column around this one end."""
    here = lines[at]
    return max(
        line.right
        for line in lines[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS]
        if abs(line.left - here.left) < 3 * here.size and _same_size(line, here)
    )


def _apart(above: Line, line: Line, pitch: float) -> bool:
    return above.bottom - line.bottom > _GAP * max(pitch, line.size)


def _same_size(one: Line, other: Line) -> bool:
    return abs(one.size - other.size) <= _SAME_SIZE * max(one.size, other.size)


def _hyphen(before: str, after: str, words: Counter[str]) -> str:
    """What stood at the line's end: a hyphen of the word's own, or one that only cut it."""
    head = re.search(r"[\w-]+$", before)
    tail = re.match(r"[\w-]+", after)
    if head is None or tail is None or not after[:1].islower():
        return "-"
    whole, parted = (f"{head[0]}{mark}{tail[0]}".lower() for mark in ("", "-"))
    return "-" if words[parted] > words[whole] else ""
