"""A sentence as it is compared with one of another source: whom it names, which days it speaks of, what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TypeVar, cast

from rag.dates import stated_day
from rag.events import Dated, read_dates
from rag.peoples import COUNTRY_OF
from rag.periods import MONTHS, WEEKDAYS, Period
from rag.split import Span, split_sentences
from rag.types import Document, Quote
from rag.wording import content_words, plain

T = TypeVar("T")
# What is longer is a table or a page without full stops.
_LONGEST = 800
#: Of a state or a forecast, what two sources say this far apart need not be about the same thing.
STATE_GAP = timedelta(183)
#: Of an event, what is told so long after another telling is likely another event.
EVENT_GAP = timedelta(60)

_NAME = re.compile(r"(?:[A-Z]\.){2,}|\b[A-Z][\w]*(?:['-][A-Z][\w]*)*")
#: Words that open a sentence and are no part of the name that follows.
OPENER = re.compile(
    r"(?:\w+(?:ing|ly)|After|Although|And|As|At|Before|Both|But|By|Despite|For|From|If|In|It|Its|Like|Of|On|Only|Once|Since|So|Some|"
    r"Still|That|The|Then|This|Those|Though|To|Under|Unlike|Until|When|Where|While|Why|With|Yet|Reports?|Officials|More|Most|Many|Half|About|"
    r"Around|Over|Nearly|Almost|Up|Gunmen|Police|Nobody|Everyone|People|One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Eleven|Twelve)\b"
)
_ENDINGS = ("", "n", "an", "ian", "ese", "ish", "s", "es", "i")
# What stands for a state, or for its people.
_SAME = COUNTRY_OF | {
    "united": "america", "states": "america", "washington": "america", "kremlin": "russia",
    "moscow": "russia", "paris": "france", "london": "britain", "beijing": "china", "bamako": "mali",
    "eu": "europe", "brussels": "europe", "un": "nations", "u.n.": "nations", "berlin": "germany", "kyiv": "ukraine",
}  # fmt: skip
_NO_NAME = (
    frozenset(MONTHS)
    | frozenset(WEEKDAYS)
    | frozenset(
        "i we you he she they it our my his her their its this that there mr mrs ms dr the a an and but in as "
        "so no yes of for on at by to".split()
    )
)
_SAYS = (
    r"(?:said|says?|told|report(?:ed|s)?|estimate[ds]?|announced|claim(?:ed|s)?|added|noted|stated|"
    r"found|according)"
)
# Who says it is not what is said: two papers cite two people for the same thing.
_ATTRIBUTION = re.compile(
    rf"\b[Aa]ccording\s+to\s+[^,.;]+|\b(?:in|to|by|for)\s+an?\s+(?:interview|statement|analysis|report)\s+(?:with|by|from|to)\s+[^,.;]+|"
    rf"[,\"”]\s*(?:[\w.'-]+\s+){{1,6}}?{_SAYS}\b[^,.;]*|,\s*{_SAYS}\s+[^,.;]+|"
    rf"^(?:[A-Z][\w.'-]*\s+){{1,3}}(?:(?:officials?|experts?|analysts?|spokes\w+|sources?|police|media)\s+)?{_SAYS}\s+(?:that\s+)?(?=\w)"
)
_CLAUSE = re.compile(
    r"\s*[;:()—]\s*|\s+[–-]\s+|,\s+(?:and|but|while|whereas|yet)\s+|\s+(?:while|whereas|but)\s+"
)


@dataclass(frozen=True, eq=False)
class Said:
    """One sentence, ``document.text[start:end]``, of a quote."""

    quote: Quote
    start: int
    end: int

    def once(self, name: str, read: Callable[[Said], Iterable[T]]) -> tuple[T, ...]:
        """What ``read`` finds in it, read the first time only: a sentence is compared with many."""
        if name not in self._kept:
            self._kept[name] = tuple(read(self))
        return cast("tuple[T, ...]", self._kept[name])

    @cached_property
    def _kept(self) -> dict[str, tuple[object, ...]]:
        return {}

    @property
    def document(self) -> Document:
        """Where it stands."""
        return self.quote.document

    @cached_property
    def text(self) -> str:
        """The words, with one kind of apostrophe and no line breaks."""
        words = plain(self.document.text[self.start : self.end])
        return words.replace("\n", " ").replace("“", '"').replace("”", '"')

    @property
    def published(self) -> date | None:
        """The day that its document states."""
        return stated_day(self.document)

    @cached_property
    def dates(self) -> tuple[Dated, ...]:
        """The days it speaks of."""
        return tuple(read_dates(self.text, [Span(0, len(self.text))], self.published))

    @cached_property
    def words(self) -> frozenset[str]:
        """Stems of what it says, without who says so."""
        return stems(self.unattributed)

    @cached_property
    def unattributed(self) -> str:
        """The sentence without the words for who says it, blanks in their place."""
        return _ATTRIBUTION.sub(lambda match: " " * len(match.group()), self.text)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names in what is said."""
        return self.names_in(0, len(self.text))

    def names_in(self, start: int, end: int) -> frozenset[str]:
        """Names in a part of it, folded: the Russian, the Kremlin and Moscow are one."""
        found = set()
        for match in _NAME.finditer(self.unattributed, start, end):
            if match.start() == 0 and not self._is_name(match.group(), match.end()):
                continue
            word = match.group().lower().removesuffix("'s")
            if word not in _NO_NAME:
                found.add(fold(word))
        return frozenset(found)

    def _is_name(self, word: str, end: int) -> bool:
        """Whether the first word is one, as far as the words after it and the rest of the document show."""
        if OPENER.match(word) or word.lower() in _NO_NAME:
            return False
        if re.match(r"\s+[A-Z]|'s\b", self.text[end:]):
            return True
        if re.search(rf"[a-z,]\s{re.escape(word)}\b", self.document.text):
            return True
        # "Militants", "Exports": what is written small elsewhere, or is many, is no name.
        return not word.endswith("s") and not re.search(rf"\b{word.lower()}\b", self.document.text)

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """Where the part of the sentence that holds ``[start, end)`` begins and ends."""
        first, last = 0, len(self.text)
        for match in _CLAUSE.finditer(self.text):
            if match.end() <= start:
                first = match.end()
            elif match.start() >= end:
                last = min(last, match.start())
        return first, last

    def placed(self, start: int = 0, end: int | None = None) -> Period | None:
        """The days that a part of it speaks of; without any, the day of publication."""
        end = len(self.text) if end is None else end
        inside = [one.period for one in self.dates if start <= one.start < end]
        if inside:
            last = (
                None
                if any(one.last is None for one in inside)
                else max(one.last or one.first for one in inside)
            )
            return Period(min(one.first for one in inside), last)
        return Period(self.published, self.published) if self.published else None


def sentences_of(quote: Quote) -> list[Said]:
    """The sentences of a quote, in order, without what is too long to be one."""
    return [
        Said(quote, quote.start + span.start, quote.start + span.end)
        for span in split_sentences(quote.text)
        if span.end - span.start <= _LONGEST
    ]


def stems(text: str) -> frozenset[str]:
    """Stems of the words that carry meaning; "companies" and "company" are one."""
    return frozenset(map(singular, content_words(text)))


def singular(word: str) -> str:
    """A stem that is the same for both numbers."""
    if word.endswith(("ies", "ri")):
        word = re.sub(r"i(?:es)?$", "y", word)
    return {"men": "man", "women": "woman", "people": "person", "defenc": "defens"}.get(word, word)


def fold(name: str) -> str:
    """A name in lower case, a state for its capital and its people where they are known."""
    return _SAME.get(name, name)


def same_name(one: str, other: str) -> bool:
    """Whether two folded names are one, or one is the people of the other."""
    short, long = sorted((one, other), key=len)
    return long == short or (
        len(short) >= 4 and long.startswith(short) and long[len(short) :] in _ENDINGS
    )


def shared_names(one: frozenset[str], other: frozenset[str]) -> set[str]:
    """Names of the first that the second has too."""
    return {name for name in one if any(same_name(name, another) for another in other)}


def about_others(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether each names somebody whom the other does not: one form about two things."""
    return bool(one - shared_names(one, other)) and bool(other - shared_names(other, one))


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of the smaller set that the other holds."""
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def apart(one: Period | None, other: Period | None) -> timedelta:
    """Time between two periods; none where one is unknown or goes on into the other."""
    if one is None or other is None:
        return timedelta(0)
    first, second = sorted((one, other), key=lambda period: period.first)
    if first.last is None:
        return timedelta(0)
    return max(timedelta(0), second.first - first.last)
