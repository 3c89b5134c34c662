"""Whether a document can tell of the year that a question asks about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from rag.asked_time import ALWAYS, asked_period
from rag.dates import stated_day
from rag.events import read_dates
from rag.periods import MONTHS
from rag.split import split_sentences
from rag.types import Quote

# Behind such a word it is no number of men or horsepower.
_YEAR = re.compile(
    rf"\b(?:in|during|year|between|from|mid|early|late|spring|summer|autumn|fall|winter|{'|'.join(MONTHS)})"
    r"[\s,-]+(?:1\d|20)\d\d(?![\w%]|[.,]\d|\s+[a-z]+s\b)",
    re.IGNORECASE,
)
_ANY_YEAR = re.compile(r"(?<!\d)(?:1\d|20)\d\d(?!\d)")


def tells_of_its_year(question: str, quotes: Iterable[Quote]) -> bool:
    """Whether quotes or their documents have anything to do with the year that a question names.

    They do if one was published then, names the year, or a quote speaks of a time that it lies in ("since 2019"); so
    does a document that tells no year at all. A question that names none, or only a side of one ("before 2019"), may be
    about any.
    """
    asked = {int(year) for year in _ANY_YEAR.findall(question)} if _YEAR.search(question) else set()
    period = asked_period(question, date.max)
    if not asked or (period and (period.first == ALWAYS or period.last is None)):
        return True
    return any(_tells(quote, asked) for quote in quotes)


def _tells(quote: Quote, asked: set[int]) -> bool:
    document, published = quote.document, stated_day(quote.document)
    named = {
        int(year)
        for text in (document.source, document.title, document.text)
        for year in _ANY_YEAR.findall(text)
    }
    if published:
        named.add(published.year)
    if named & asked or not named:
        return True
    return any(
        one.period.first.year <= year <= (one.period.last or published or date.max).year
        for one in read_dates(quote.text, split_sentences(quote.text), published)
        for year in asked
    )
