"""The words of a sentence that are best asked for.

Left to choose, a small model asks for the commonest name of a text, again and again; so code chooses.
"""

from __future__ import annotations

import re

from rag.dates import stated_day
from rag.gold import normalise
from rag.relative import resolve_dates
from rag.types import Document
from rag.wording import count_words

#: Longer answers are no short answers.
MAX_ANSWER_WORDS = 12

# A name that a document keeps repeating is what it is about: asking for it tells little.
_MAX_MENTIONS = 5
_MIN_LIST_ITEMS = 3

_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DATE = re.compile(
    rf"\b(?:(?:early|mid|late)[ -])?(?:\d{{1,2}} {_MONTH}(?: \d{{4}})?|{_MONTH}(?: \d{{1,2}},)? \d{{4}}|"
    rf"{_MONTH} \d{{1,2}}|(?:1[5-9]|20)\d\d(?:[-–]\d{{2,4}})?)(?![\w-])"
)
_QUANTITY = re.compile(
    r"(?:\b(?:about|around|nearly|almost|some|more than|less than|fewer than|over|at least|up to) )?"
    r"(?<![\w.,-])[$€£]?\d+(?:[.,]\d+)*(?![\w-])(?: ?%| per ?cent)?(?: (?:thousand|million|billion|trillion))?"
    r"(?: (?:euros?|dollars?|pounds?|years?|months?|weeks?|days?|hours?|minutes?|kilomet(?:er|re)s?|miles?|"
    r"met(?:er|re)s?|tons?|tonnes?|degrees?)\b)?"
)
# "last July" of an undated text is no date, and no name either.
_DAY = re.compile(rf"{_MONTH}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day")
_REASON = re.compile(r"\b(?:because|due to|because of) ([^,.;]+)")
_WORD = r"(?:al-|el-|wal-)?[A-Z]\w*(?:['’`-][A-Z]\w+|['’`][a-z]{2,})*"
_NAME = re.compile(rf"\b{_WORD}(?: (?:(?:of|for) (?:the )?|de |van |von |bin )?{_WORD})*(?!-)\b")
_NAME_ITEM = rf"(?:the )?{_WORD}(?: (?:of )?{_WORD})*"
_NAME_LIST = re.compile(rf"\b{_NAME_ITEM}(?:, {_NAME_ITEM})+,? and {_NAME_ITEM}\b")
_ITEM = r"[a-z][\w-]+"
# "political, economic and humanitarian ties", with what it is that there are three of.
_THING_LIST = re.compile(
    rf"\b{_ITEM}(?:, {_ITEM}(?: {_ITEM})?)+,? and {_ITEM}(?: {_ITEM}(?=[,.;]))?(?![\w-])"
)
_LEADS_IN = re.compile(r"^.*\b(?:including|include|like|such as|especially|particularly|\w+ing) ")
_OPENING = re.compile(
    r"^(?:the|a|an|in|on|at|by|of|for|from|to|with|as|if|after|before|since|until|while|when|where|following|"
    r"although|though|despite|because|during|under|according to|most|many|some) ",
    re.IGNORECASE,
)
_AND_BEFORE = re.compile(r"[A-Z][\w'’]*,? and (?:the )?$")
_AND_AFTER = re.compile(r",? and (?:the )?[A-Z]")
# "Malian", "Japanese", "French": of whom something is, rarely what is asked for.
_ADJECTIVE = re.compile(r"(?:ian|can|ese|ish|ern|ench|utch|reek|wiss)s?$")


def pick_answer(text: str, document: Document) -> str | None:
    """What to ask a sentence for: a date, a quantity, a list, a reason or a name, in this order.

    Of names it is the one that the document has least often. ``None`` if nothing is left but what the
    title names or the document repeats all the time.
    """
    found: list[tuple[float, str]] = [(0, one) for one in _DATE.findall(text)]
    found += [(1, one.strip()) for one in _QUANTITY.findall(text)]
    found += [(2, one) for one in _lists(text)]
    found += [(3, text[one.start : one.end]) for one in resolve_dates(text, stated_day(document))]
    found += [(4, one) for one in _REASON.findall(text)]
    found += [(5 + document.text.count(one), one) for one in _names(text, document)]
    title = f" {normalise(document.title)} "
    fitting = [
        (rank, answer)
        for rank, answer in found
        if f" {normalise(answer)} " not in title and count_words(answer) <= MAX_ANSWER_WORDS
    ]
    # The first of the best: not the one that the alphabet puts first.
    return min(fitting, key=lambda one: one[0])[1] if fitting else None


def _lists(text: str) -> list[str]:
    lists = _NAME_LIST.findall(text)
    for words in _THING_LIST.findall(text):
        items = _LEADS_IN.sub("", words)
        if len(re.split(r", and |, | and ", items)) >= _MIN_LIST_ITEMS:
            lists.append(items)
    return lists


def _names(text: str, document: Document) -> list[str]:
    names = []
    for match in _NAME.finditer(text):
        name = _OPENING.sub("", match.group())
        # Half of "France and the United States" is no answer.
        half = _AND_BEFORE.search(text[: match.start()]) or _AND_AFTER.match(text[match.end() :])
        if half or len(name) == 1 or _DAY.fullmatch(name) or not re.match(_WORD, name):
            continue
        first = name.split()[0]
        if not re.search(r"\w", text[: match.start()]) and name == match.group():
            # What opens a sentence is a name only if it is one elsewhere, and no common word.
            elsewhere = re.search(rf"[a-z,] {re.escape(name)}\b", document.text)
            if (" " not in name and not elsewhere) or f" {first.lower()} " in document.text:
                continue
        repeated = document.text.count(name) > _MAX_MENTIONS
        if not repeated and (" " in name or not _ADJECTIVE.search(name)):
            names.append(name)
    return names
