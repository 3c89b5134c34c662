"""A text as a row of words in which the numbers, dates and names are marked: what checking compares."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Literal, TypeAlias

from rag.agreement.amounts import VAGUE, read_amount
from rag.agreement.units import written_out
from rag.periods import MONTHS, WEEKDAYS
from rag.placing import NUMERIC_DATE, days_come_first, numeric_day
from rag.wording import content_words, plain, stem

Kind: TypeAlias = Literal["number", "month", "weekday", "name"]

_TOKEN = re.compile(
    r"\d+(?:[.,]\d+)*(?:st|nd|rd|th|s)?(?![^\W\d_])|[^\W\d_](?:\.[^\W\d_])+\b\.?|n't\b|"
    r"[^\W\d_]+?(?=n't\b)|[^\W_]+(?:['][^\W\d_]+)*|(?P<stop>[.!?;:](?=\s|$|[\"'”’)\]*_]))|[,()–—\"“”]"
)
_SPACED = re.compile(r"(?<=\w) (?='s\b|')")
_ISO = re.compile(r"(?<![\w-])(?P<year>[12]\d{3})-(?P<month>\d\d)-(?P<day>\d\d)(?![\w-])")
_SHORT_RANGE = re.compile(r"\b((?:1\d|20)\d\d)(\s*(?:--?|–|/)\s*)(\d\d)\b(?!\s*[-/])")
_ROMAN = re.compile(r"(?:[IVX]{1,5})\b")
# A bracket that is open for longer than this was never closed.
_LONGEST_BRACKET = 40
# Capitalised at the head of a sentence, these name nothing; nor does any word without a meaning of its own.
_OPENERS = frozenset(
    "according both neither while after before during since yes no these those although though however "
    "because until under over most many all each other another also but or not then thus such today "
    "initially later early several following within between through once only upon unlike like despite "
    "instead therefore currently additionally generally typically commonly usually often your "
    "again overall together among against along around above below first second finally eventually hence "
    # German ones.
    "der das den dem des ein eine einer eines einem einen ihr ihre ihren ihrem ihrer sein seine seinen seinem seiner "
    "er sie es wir ich man dieser diese dieses diesen diesem im am beim zum zur mit nach vor bei bis seit ab aus auf "
    "für über unter zwischen durch wegen ohne nein ja wenn als da nur auch nicht kein keine".split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text.

    Attributes:
        place: Its place in the row; the end of a sentence is worth several places.
        light: Whether it carries little meaning by itself.
        opens: Whether it begins a sentence, so that a capital letter says nothing.
        aside: Whether it stands in brackets.
        tied: Whether a hyphen ties it to the word before.
    """

    text: str
    lower: str
    stem: str
    place: int
    light: bool
    opens: bool
    aside: bool
    tied: bool


@dataclass(frozen=True, slots=True)
class Term:
    """A number, month, weekday or name: ``words[first : last + 1]`` of a `Row`.

    Attributes:
        key: What is compared: one value, or the stems of a name.
        opens: Whether it is one word that opens its sentence, so that it may be no name.
    """

    kind: Kind
    key: tuple[str, ...]
    text: str
    first: int
    last: int
    opens: bool = False
    vague: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """The words of a text in order, and its terms; compared by identity, so that what is found of it can be kept.

    Attributes:
        breaks: Before which words a mark stands: 2 for one that ends a sentence, 1 for others.
        stems: Of all words.
        small: Of the words that are not capitalised.
        joined: Two words written as one.
    """

    words: tuple[Word, ...]
    terms: tuple[Term, ...]
    stems: frozenset[str]
    breaks: Mapping[int, int]
    small: frozenset[str]
    joined: frozenset[str]


@lru_cache(maxsize=256)
def read_row(text: str) -> Row:
    """Read a text; the last ones are remembered, since every claim is compared with the same quotes."""
    words, breaks = _words(_even(text))
    lowers = [word.lower for word in words]
    small = frozenset(word.stem for word in words if word.text == word.lower)
    return Row(
        words=tuple(words),
        terms=tuple(_terms(words, lowers, small, breaks)),
        stems=frozenset(word.stem for word in words),
        breaks=breaks,
        small=small,
        joined=frozenset(one + other for one, other in pairwise(lowers)),
    )


@lru_cache(maxsize=4096)
def _is_light(lower: str) -> bool:
    return len(lower) == 1 or not content_words(lower)


def _even(text: str) -> str:
    """One way of writing for apostrophes, dates in digits, percentages and spans of years."""
    text = _SPACED.sub("", plain(text.replace("``", '"').replace("''", '"'))).replace("--", "–")
    day_first = days_come_first(text) if "/" in text else None
    text = _ISO.sub(lambda m: _day(int(m["year"]), int(m["month"]), int(m["day"]), m[0]), text)
    text = re.sub(NUMERIC_DATE, lambda m: _numeric(m, day_first=day_first), text)
    text = _SHORT_RANGE.sub(lambda m: f"{m[1]}{m[2]}{m[1][:2]}{m[3]}", text)
    return written_out(text)


def _day(year: int, month: int, day: int, else_: str) -> str:
    try:
        return f"{day} {date(year, month, day):%B} {year}"
    except ValueError:
        return else_


def _numeric(match: re.Match[str], *, day_first: bool | None) -> str:
    day = numeric_day(match, day_first=day_first)
    return _day(day.year, day.month, day.day, match[0]) if day else match[0]


def _words(text: str) -> tuple[list[Word], dict[int, int]]:
    """The words, and before which of them a mark stands: 2 for one that ends a sentence, 1 for others."""
    words: list[Word] = []
    breaks: dict[int, int] = {}
    opened: list[int] = []
    place, opens = 0, True
    for match in _TOKEN.finditer(text):
        found = match.group()
        if found[0].isalnum() or found == "n't":
            lower = _fold(found).lower().removesuffix("'s")
            lower = lower if lower[0].isdigit() else lower.replace(".", "")
            light = _is_light(lower)
            tied = text[match.start() - 1 : match.start()] == "-"
            words.append(Word(found, lower, stem(lower), place, light, opens, bool(opened), tied))
            place, opens = place + 1, False
            continue
        if opened and place - opened[0] > _LONGEST_BRACKET:
            opened.clear()
        level = 2 if match["stop"] and not opened else 1
        breaks[len(words)] = max(level, breaks.get(len(words), 0))
        if match["stop"]:
            # Words on either side of a full stop are further apart than they look.
            place, opens = place + (0 if opened else 3), found != ";"
        elif found == "(":
            # What stands around brackets stands together.
            opened.append(place)
        elif found == ")" and opened:
            place = opened.pop()
        # What a quotation mark or a bracket begins may be capitalised as a sentence is.
        opens = opens or found in '"“('
    return words, breaks


def _fold(word: str) -> str:
    """The word without accents."""
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFKD", word)
    return "".join(one for one in parts if not unicodedata.combining(one))


def _terms(
    words: Sequence[Word], lowers: Sequence[str], small: frozenset[str], breaks: Mapping[int, int]
) -> Iterator[Term]:
    at = 0
    while at < len(words):
        word = words[at]
        capital = word.text[0].isupper()
        if capital and word.lower in MONTHS and not (word.opens and word.lower in ("may", "march")):
            yield Term("month", (str(MONTHS[word.lower]),), word.text, at, at)
        elif word.lower in WEEKDAYS:
            yield Term("weekday", (str(WEEKDAYS[word.lower]),), word.text, at, at)
        elif (amount := read_amount(lowers, at))[1] and not (capital and not word.opens):
            value, length = amount
            text = " ".join(one.text for one in words[at : at + length])
            vague = length == 1 and word.lower in VAGUE
            yield Term("number", (value,), text, at, at + length - 1, vague=vague)
            at += length - 1
        elif capital and not (word.opens and (word.light or word.lower in _OPENERS)):
            last = _name_end(words, at, breaks)
            opens = word.opens and last == at
            if not (opens and word.stem in small) and (len(word.text) > 1 or last > at):
                key = tuple(one.stem for one in words[at : last + 1] if one.text[0].isupper())
                text = " ".join(one.text for one in words[at : last + 1])
                yield Term("name", key, text, at, last, opens=opens)
            at = last
        at += 1


def _name_end(words: Sequence[Word], at: int, breaks: Mapping[int, int]) -> int:
    """Where a name ends: at the last of the capitalised words that follow each other."""
    last = at
    while last + 1 < len(words) and last + 1 not in breaks:
        following = words[last + 1]
        month = following.lower in MONTHS or following.lower in WEEKDAYS
        if not following.text[0].isupper() or month or words[last].text.endswith("'s"):
            break
        last += 1
    return last
