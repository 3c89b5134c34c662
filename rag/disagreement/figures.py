"""Figures in a sentence: how much of what, as exactly as the words say it; and whether two can both be right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.disagreement.said import singular
from rag.wording import stem

_TEENS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_UNITS = {word: at for at, word in enumerate(_TEENS.split(), 2)}
_TENS = {
    word: 10 * at
    for at, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "dozen": 12.0,
           "m": 1e6, "bn": 1e9, "k": 1e3}  # fmt: skip
# What the words of a vague number allow.
_VAGUE = {
    "dozens": (20, 120), "scores": (30, 200), "hundreds": (150, 1200), "thousands": (1500, 12_000),
    "tens of thousands": (15_000, 120_000), "hundreds of thousands": (150_000, 1.2e6),
    "millions": (1.5e6, 1.2e8),
}  # fmt: skip
_FRACTIONS = {"half": 50.0, "a third": 100 / 3, "one third": 100 / 3, "two thirds": 200 / 3, "a quarter": 25.0,
              "one quarter": 25.0, "three quarters": 75.0, "a fifth": 20.0, "one fifth": 20.0}  # fmt: skip
_WORDS = "|".join([*_UNITS, *_TENS])
_ABOUT = (
    r"about|around|some|roughly|approximately|approx\.?|an estimated|estimated|circa|as many as"
)
_LOWER = "more than|over|at least|above|upwards of|no fewer than|exceeding|just over"
_UPPER = "up to|less than|fewer than|under|below|at most|no more than"
_BOUND = rf"{_LOWER}|{_UPPER}|nearly|almost|close to|just under"
_NUMERAL = rf"\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?|(?:{'|'.join(_TENS)})[- ](?:one|{'|'.join(_UNITS)})|{_WORDS}"
_FIGURE = re.compile(
    rf"(?<![\w.,/-])(?:(?P<how>{_ABOUT}|{_BOUND})\s+)?(?P<money>US\$|[$€£])?(?:"
    rf"(?P<vague>(?:tens of |hundreds of )?(?:thousands|hundreds)|dozens|scores|millions)(?:\s+of)?|"
    rf"(?P<fraction>{'|'.join(name.replace(' ', '[ -]') for name in _FRACTIONS)})(?=\s+(?:of|the)\b)|"
    rf"(?:a\s+(?=dozen|hundred|thousand|million)|(?P<number>{_NUMERAL})(?:\s*(?:-|–|to|or)\s*(?P<to>{_NUMERAL}))?)"
    rf"(?:[\s-]*(?P<scale>hundred|thousand|million|billion|trillion|dozen|bn|m|k)\b)?(?:\s+(?P<scale2>thousand|million|billion)\b)?)"
    r"(?!(?:st|nd|rd|th|s)\b|[\w/]|[.,:]\d)\s*"
    r"(?P<unit>%|per ?cent\b|percentage points|dollars|euros|pounds|roubles|rubles|francs)?",
    re.IGNORECASE,
)
# Where the words after a number no longer name what is counted.
_STOP = re.compile(
    r"(?:of|in|on|at|to|by|for|from|with|and|or|but|as|that|which|who|were|was|are|is|be|been|have|has|had|will|would|"
    r"may|might|could|can|after|before|during|since|between|into|over|under|near|across|than|when|while|against|"
    r"later|ago|earlier|old|long|die|died|dead|lost|fell|rose|left|took|came|went|said|saw|a|an|the|its|their|his|her|this|each|per|every)$"
)
_MORE = re.compile(
    r"\s*(?:more|other|others|additional|further|new|extra|times|of (?:the|these|those|them|its|their))\b"
)
_WORD = re.compile(r"[^\W\d_][\w'-]*|[^\w\s]")
_DONE = {
    "killed": r"kill(?:ed|s|ing)?|died?|dying|dead|deaths?|lives|fatalities|death toll|toll",
    "injured": r"injur(?:ed|ies|ing|e)|wound(?:ed|s|ing)?|hurt",
    "arrested": r"arrest(?:ed|s|ing)?|detain(?:ed|s|ing)?|detentions?",
    "displaced": r"displac\w+|fled",
    "missing": r"missing",
}
#: A word for what was done to those counted.
DONE = re.compile(rf"\b(?:{'|'.join(_DONE.values())})\b", re.IGNORECASE)
#: The kinds of figure that say what was done to those counted.
DONE_TO = frozenset(_DONE)
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
#: Words for what can be the same people.
_SYNONYMS = {
    "fighter": "mercenary", "contractor": "mercenary", "operative": "mercenary", "personnel": "mercenary",
    "victim": "person", "nation": "country", "stat": "country", "state": "country", "troop": "soldier",
    "staff": "employe", "worker": "employe", "job": "employe", "inhabitant": "person", "resident": "person",
    "kilometer": "km", "kilometr": "km", "weapon": "arm", "seat": "seat",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure at ``[start, end)``: any number from ``low`` to ``high``, as exact as it is said.

    Attributes:
        kind: ``percent``, a currency, what was done to those counted (``killed``), or empty.
        thing: What is counted, as one stem; empty if it is not said.
        shown: The words.
    """

    start: int
    end: int
    low: float
    high: float
    kind: str
    thing: str
    shown: str

    def agrees(self, other: Figure) -> bool:
        """Whether both can be right."""
        return self.low <= other.high and other.low <= self.high

    def counts_like(self, other: Figure) -> bool:
        """Whether both say how much there is of the same kind of thing."""
        if self.kind != other.kind or (self.kind == "" and not self.thing):
            return False
        if self.kind and not (self.thing and other.thing):
            return True
        things = {self.thing, other.thing}
        return len(things) == 1 or (self.kind in _DONE and "person" in things)


def figures(text: str) -> Iterator[Figure]:
    """The figures of a sentence, in order; years, dates and ordinal numbers are none."""
    for match in _FIGURE.finditer(text):
        bare = match["number"] and not (
            match["money"] or match["unit"] or match["scale"] or match["how"]
        )
        if (bare and _YEAR.fullmatch(match["number"])) or (
            not (match["unit"] or match["fraction"]) and _MORE.match(text, match.end())
        ):
            continue
        measured = _measure(match)
        if measured is None:
            continue
        nouns, end = ([], match.end()) if match["unit"] else _counted(text, match.end())
        kind = _kind(match, text, end)
        yield Figure(
            start=match.start(),
            end=end,
            low=measured[0],
            high=measured[1],
            kind=kind,
            thing=_SYNONYMS.get(nouns[-1], nouns[-1]) if nouns else "",
            shown=text[match.start() : end].strip(),
        )


def _measure(match: re.Match[str]) -> tuple[float, float] | None:
    """The least and the most that the words allow."""
    if match["vague"]:
        return _VAGUE[" ".join(match["vague"].lower().split())]
    how = " ".join((match["how"] or "").lower().split())
    if match["fraction"]:
        value = _FRACTIONS[match["fraction"].lower().replace("-", " ")]
        return _bounds(value, value * 0.05, how)
    scale = 1.0
    for name in (match["scale"], match["scale2"]):
        scale *= _SCALES[name.lower()] if name else 1.0
    words = match["number"]
    if words is None:
        return _bounds(scale, scale * 0.05, how) if match["scale"] else None
    value = _value(words) * scale
    if match["to"]:
        last = _value(match["to"]) * scale
        return (value, last) if value < last else None
    percent = (match["unit"] or "").startswith(("%", "per"))
    return _bounds(value, _slack(words, value, scale, percent=percent), how)


def _slack(words: str, value: float, scale: float, *, percent: bool) -> float:
    """How far the true number may lie from a rounded one."""
    if "." in words:
        return 0.5 * scale * 10.0 ** -len(words.partition(".")[2])
    if percent:
        return 1.0 if value % 10 == 0 else 0.5
    if scale > 1:
        return min(0.5 * scale, 0.1 * value)
    if value < 100:
        return 0.0
    digits = str(int(value))
    zeros = len(digits) - len(digits.rstrip("0"))
    return min(0.5 * 10**zeros, 0.05 * value) if zeros else 0.0


def _bounds(value: float, slack: float, how: str) -> tuple[float, float]:
    if how in _LOWER.split("|"):
        return value - slack, 2 * value
    if how in [*_UPPER.split("|"), "as many as"]:
        return 0.0, value + slack
    if how:
        slack = max(slack, 0.1 * value)
    return value - slack, value + slack


def _value(words: str) -> float:
    words = words.lower().replace(",", "")
    if words[0].isdigit():
        return float(words)
    return float(sum(_TENS.get(part) or _UNITS.get(part) or 1 for part in re.split(r"[- ]", words)))


def _counted(text: str, at: int) -> tuple[list[str], int]:
    """The nouns that follow a number, as stems, and where they end."""
    nouns: list[str] = []
    end = at
    for match in _WORD.finditer(text, at):
        word = match.group()
        lower = word.lower()
        done = re.search(r"(?:ing|ed)$", lower) and lower != "hundred"
        if not word[0].isalpha() or _STOP.match(lower) or (done and nouns) or len(nouns) == 3:
            break
        if text[end : match.start()].strip() or (done and _kind_of(lower)):
            break
        end = match.end()
        # The Russian ones are counted among all of them by who is named, not by what.
        if word[0].islower() and not lower.endswith("ly") and not done:
            nouns.append(singular(stem(lower)))
    return nouns, end


def _kind(match: re.Match[str], text: str, end: int) -> str:
    unit = (match["unit"] or "").lower()
    if match["fraction"] or unit.startswith("%") or unit.replace(" ", "").startswith("percent"):
        return "points" if "point" in unit else "percent"
    if match["money"] or unit:
        return {"$": "dollars", "US$": "dollars", "€": "euros", "£": "pounds"}.get(
            match["money"] or "", unit
        )
    if re.search(
        r"\bdeath toll\b[^,;]*$", text[max(0, match.start() - 80) : match.start()], re.IGNORECASE
    ):
        return "killed"
    near = " ".join(text[end:].split()[:4])
    before = " ".join(text[: match.start()].split()[-4:])
    return _kind_of(re.split(r"[,;.]|\band\b", near)[0]) or _kind_of(
        re.split(r"[,;]|\band\b", before)[-1]
    )


def _kind_of(words: str) -> str:
    found = (
        kind
        for kind, pattern in _DONE.items()
        if re.search(rf"\b(?:{pattern})\b", words, re.IGNORECASE)
    )
    return next(found, "")
