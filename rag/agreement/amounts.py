"""Numbers as values, however they are written: 2 and two, 1,500 and fifteen hundred, 19th and nineteenth."""

from __future__ import annotations

import re
from collections.abc import Sequence

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
_SCALES = {
    "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "dozen": 12,
}  # fmt: skip
_SMALL = {word: value for value, word in enumerate(_UNITS)} | {
    word: 10 * at for at, word in enumerate(_TENS, 2)
}
_ORDINAL = {word: value for value, word in enumerate(_ORDINALS)} | {
    f"{word[:-1]}ieth": 10 * at for at, word in enumerate(_TENS, 2)
}
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_ENDING = re.compile(r"(?<=\d)(?:st|nd|rd|th|s)$")
# Words that count nothing as often as something: "one of them", "the first time", "a second".
VAGUE = frozenset({"one", "first", "second", "zero", "once"})

#: What is called by a number: "clause 3" has no three of anything.
LABELLED = frozenset(
    "act apartment article box chapter clause exhibit figure flat floor gate item level line number page paragraph "
    "part phase platform plot point room route row section stage step table track type unit version".split()
)


def read_amount(words: Sequence[str], at: int) -> tuple[str, int]:
    """The number that begins at a word, and how many words it takes; ``("", 0)`` if none does.

    Args:
        words: Lower-cased words and digits of a text.
        at: Where to look.

    Returns:
        The value as text, so that 19th, nineteenth and 19 are one: ``"19"``. Decades keep their ending.
    """
    first = words[at]
    if first[0].isdigit():
        if first.endswith("s"):
            return first, 1
        value = _digits(_ENDING.sub("", first))
        if value is None:
            return first, 1
        scale = _SCALES.get(words[at + 1], 1) if at + 1 < len(words) else 1
        return _written(value * scale), 1 if scale == 1 else 2
    if first in _ORDINAL:
        return str(_ORDINAL[first]), 1
    if first in _SMALL or first in _SCALES:
        return _spelled(words, at)
    return "", 0


def _spelled(words: Sequence[str], at: int) -> tuple[str, int]:
    total, part, end = 0, 0, at
    while end < len(words):
        word = words[end]
        if word in _SMALL:
            value = _SMALL[word]
            # "Twenty five" goes on, "five six" are two numbers.
            if part % 100 and not (part % 100 >= 20 and part % 10 == 0 and 0 < value < 10):
                break
            part += value
        elif word in ("hundred", "dozen"):
            part = (part or 1) * _SCALES[word]
        elif word in _SCALES:
            total, part = total + (part or 1) * _SCALES[word], 0
        elif word in _ORDINAL and 0 < _ORDINAL[word] < 10 and part and part % 10 == 0:
            part, end = part + _ORDINAL[word], end + 1
            break
        elif not (
            word == "and"
            and end > at
            and words[end - 1] in ("hundred", "thousand")
            and end + 1 < len(words)
            and words[end + 1] in _SMALL
        ):
            break
        end += 1
    return _written(total + part), end - at


def _digits(word: str) -> float | None:
    if not _DIGITS.fullmatch(word):
        return None
    if _THOUSANDS.fullmatch(word):
        return float(word.replace(",", ""))
    # A comma before other than three digits is a decimal one, or a mistake; several stops are a version.
    try:
        return float(word.replace(",", "."))
    except ValueError:
        return None


def _written(value: float) -> str:
    rounded = round(value, 6)
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)
