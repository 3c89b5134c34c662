"""Whether a document can tell of the year that a question asks about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from rag.asked_time import ALWAYS, asked_period, overlaps
from rag.dates import stated_day
from rag.events import read_dates
from rag.periods import MONTHS, Period, years
from rag.split import split_sentences
from rag.types import Quote

# Behind such a word it is no number of men or horsepower.
_YEAR = re.compile(
    rf"\b(?:in|during|year|between|mid|early|late|spring|summer|autumn|fall|winter|{'|'.join(MONTHS)})"
    r"[\s,-]+(?:1\d|20)\d\d(?![\w%]|[.,]\d|\s+[a-z]+s\b)",
    re.IGNORECASE,
)
_FOUR_DIGITS = re.compile(r"(?<!\d)(?:1\d|20)\d\d(?!\d)")
_RANGE = re.compile(r"\b(?:between|from)\b.*\d{4}.*\d{4}|\d{4}\s?[-–]\s?\d{4}", re.IGNORECASE)


def tells_of_its_year(question: str, quotes: Iterable[Quote]) -> bool:
    """Whether quotes or their documents have anything to do with the year that a question names.

    They do if one was published then, names the year, or a quote speaks of a time that it lies in ("since 2019"); so
    does a document that tells no year at all. A question that names none, or only a side of one ("before 2019"), may be
    about any.
    """
    if not _YEAR.search(question):
        return True
    period = asked_period(question, date.max)
    if period and (period.first == ALWAYS or period.last is None):
        return True
    asked = set(map(int, _FOUR_DIGITS.findall(question)))
    if _RANGE.search(question):
        asked = set(range(min(asked), max(asked) + 1))
    return any(_tells(quote, asked) for quote in quotes)


def _tells(quote: Quote, asked: set[int]) -> bool:
    document, published = quote.document, stated_day(quote.document)
    texts = (document.source, document.title, document.text)
    named = re.compile(rf"(?<!\d)(?:{'|'.join(map(str, asked))})(?!\d)")
    if any(map(named.search, texts)) or (published and published.year in asked):
        return True
    told = list(read_dates(quote.text, split_sentences(quote.text), published))
    spoken = [Period(one.period.first, one.period.last or published) for one in told]
    lasting = any(overlaps(one, years(year)) for one in spoken for year in asked)
    return lasting or not (told or published or any(map(_YEAR.search, texts)))
