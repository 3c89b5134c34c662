"""What kind of thing a question asks for, and whether a sentence gives one that the question did not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from rag.agreement.polarity import denies
from rag.agreement.terms import read_row
from rag.dates import stated_day
from rag.events import read_dates
from rag.relative import resolve_dates
from rag.split import split_sentences
from rag.types import Quote
from rag.wording import content_words, plain

_NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty "
    "seventy eighty ninety hundred thousand million billion half third quarter dozen dozens hundreds "
    "thousands single both none no twice once double".split()
)
_NUMBER = re.compile(rf"\d|\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)
_DATE = re.compile(
    r"\b\d{4}\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|yesterday|today|century|spring|summer|"
    r"autumn|winter)\b|\b\d+(?:st|nd|rd|th)\b|\b(?:day|week|month|year|decade)s?\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
_ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|old|long|far|tall|high|big|large)\b|"
    r"\b(?:what|which) (?:\w+ )?(?:percentage|percent|share|proportion|number|amount|fraction)\b",
    re.IGNORECASE,
)
_ASKS_DATE = re.compile(
    r"(?:^|[.,;:?!]\s*|\band )(?:since |by |until )?when\b|"
    r"\b(?:what|which) (?:\w+ (?:and \w+ )?)?(?:day|date|month|year|century|decade)\b",
    re.IGNORECASE,
)
_ASKS_PUBLICATION = re.compile(
    r"\b(?:reports?|articles?|story|stories|piece|texts?|documents?|sources?|pages?|news|letters?|dated|"
    r"publish\w*|publication|written|posted|fresh|as of)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:not|never|without|except|cannot)\b|n't\b", re.IGNORECASE)


def denies_alone(question: str, text: str) -> bool:
    """Whether a question asks for what is not so, and the text denies nothing.

    A small model answers "Who was not invited?" from who was. (Of ten such development questions that were answered
    from a text without a denial none was answered rightly.)
    """
    return bool(_DENIES.search(plain(question))) and not denies(read_row(text))


def only_says_when_it_was_published(question: str, text: str, quotes: Iterable[Quote]) -> bool:
    """Whether a sentence tells the day of a report to somebody who asks when the thing itself happened.

    The model reads each quote with its day of publication, and takes that day for an answer if no other is there.
    """
    if not _ASKS_DATE.search(question) or _ASKS_PUBLICATION.search(question):
        return False
    told = list(_days(text, None))
    spoken_of = [day for one in quotes for day in _days(one.text, stated_day(one.document))]
    return bool(told) and not any(
        first <= end and start <= last for first, last in told for start, end in spoken_of
    )


def _days(text: str, published: date | None) -> Iterator[tuple[date, date]]:
    for one in read_dates(text, split_sentences(text), published):
        yield one.period.first, one.period.last or one.period.first


def holds_asked_kind(question: str, text: str, published: date | None = None) -> bool:
    """Whether a question asks for a number or a date and a source text holds one.

    ``published`` places relative dates: without it they do not count.
    """
    if _ASKS_NUMBER.search(question):
        return bool(_NUMBER.search(text))
    if _ASKS_DATE.search(question):
        return bool(_YEAR.search(text) or resolve_dates(text, published))
    return False


def gives_what_is_asked(question: str, text: str) -> bool:
    """Whether a sentence can be an answer at all.

    It must say something that the question did not. To a question for a number or a date it must hold
    one. Other kinds cannot be told from the words reliably, and are left to the model's own check.
    """
    if not content_words(text) - content_words(question):
        return bool(re.match(r"(?:yes|no)\b", text, re.IGNORECASE))
    if _ASKS_NUMBER.search(question):
        return bool(_NUMBER.search(text))
    if _ASKS_DATE.search(question):
        return bool(_DATE.search(text))
    return True
