"""What kind of thing a question asks for, and whether a sentence gives one that the question did not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from rag.agreement.amounts import LABELLED
from rag.agreement.terms import read_row
from rag.dates import stated_day
from rag.events import read_dates
from rag.periods import MONTHS, Period
from rag.relative import resolve_dates
from rag.split import split_sentences
from rag.types import Quote
from rag.wording import content_words, plain

_NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion half "
    "third quarter dozen dozens hundreds thousands single both none no twice once double".split()
)
_NUMBER = re.compile(rf"\d|\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)
# A day or the number of a clause does not say how many.
_COUNTS_NOTHING = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)? (?:{'|'.join(MONTHS)})|(?:{'|'.join(MONTHS)}) \d{{1,2}})\b(?:,? \d{{4}}\b)?|"
    rf"\b(?:{'|'.join(LABELLED)})s? \d+",
    re.IGNORECASE,
)
# Nor does the "one member" of the question.
_ONE = re.compile(r"\bone (?P<what>[^\W\d]+)", re.IGNORECASE)
_HOW_MANY = re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE)
_HOW_OLD = re.compile(r"\bhow old\b", re.IGNORECASE)
_AGE = re.compile(
    r"\b(?:born|birth\w*|aged?|old|older|years?|months?|since|founded|established|built|dates?|century|(?:1\d|20)\d\d)\b|"
    r"\((?:\d\d)\)|, \d\d,",
    re.IGNORECASE,
)
_IS_SO_OLD = re.compile(
    r"\b(?:is|was|turn(?:s|ed)?|at) (?:now )?\d{1,3}\b"
    r"(?![.,]\d|\s*(?:%|percent|euros?|pounds?|dollars?|k?m\b|miles?|people))",
    re.IGNORECASE,
)
# Nor how long, unless something lasts since or until then; nor does a sum or a time of day.
_HOW_LONG = re.compile(r"\bhow long\b", re.IGNORECASE)
_LASTS = re.compile(
    r"\b(?:since|until|till|ends?|ended|expires?|expired|(?:from|between)\b.*\b(?:to|and))\b",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"[€£$]\s?\d[\d.,]*|\b\d[\d.,]*\s?(?:euros?|pounds?|dollars?|percent\b|%)", re.IGNORECASE
)
_CLOCK = re.compile(r"\b\d{1,2}(?:[:.]\d\d)?\s?(?:[ap]\.?m\b|o['’]clock)", re.IGNORECASE)
_DATE = re.compile(
    r"\b\d{4}\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun|birth|holi)days?|yesterday|today|tomorrow|century|spring|summer|"
    r"autumn|winter|christmas|easter|daily|weekly|monthly|yearly|annually|noon|midnight)\b|\b\d+(?:st|nd|rd|th)\b|"
    r"\b\d{1,2}(?:[:.]\d\d|\s?[ap]\.?m\b|\s?o['’]clock)|"
    r"\b(?:day|week|weekend|month|year|decade|morning|afternoon|evening|night|hour|minute)s?\b",
    re.IGNORECASE,
)
# "When should I add salt?" may be answered by what goes before; "When did it close?" by a day only.
_ASKS_ABOUT_ONCE = re.compile(r"\b(?:did|was|were|had|has|have)\b", re.IGNORECASE)
_OCCASION = re.compile(
    r"\b(?:after|before|when|whenever|once|until|till|during|while|as soon as|if|every)\b",
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
# Of these the day of publication is the day that is asked for.
_ASKS_PUBLICATION = re.compile(
    r"\b(?:reports?|articles?|stor(?:y|ies)|piece|texts?|documents?|pages?|letters?|notices?|memos?|releases?|"
    r"statements?|posts?|dated|publish\w*|publication|written|wrote|posted|issued|sent|updated|fresh|as of)\b",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"\b(?:today|tonight|overnight|now|just|currently|morning|afternoon|evening|this (?:day|week|month|year))\b",
    re.IGNORECASE,
)
_ASKS_PLACE = re.compile(
    r"(?:^|[.,;:?!]\s*|\band )(?:(?:from|to|near|in) )?where\b(?! from\b)", re.IGNORECASE
)
# What is "run by" somebody is no place.
_BY = r"(?<!run )(?<!led )(?<!owned )(?<!headed )(?<!managed )(?<!founded )(?<!written )by"
_PLACE = re.compile(
    r"\b(?:here|there|abroad|home|everywhere|nowhere|elsewhere|worldwide|nearby|online|overseas|upstairs|downstairs)\b|"
    rf"\b(?:in|into|inside|at|on|onto|upon|from|to|toward|towards|near|{_BY}|beside|along|across|over|above|under|below|"
    r"beneath|off|outside|within|between|among|around|behind|beyond|through|throughout|via)\b"
    r"(?=(?P<what>(?: [^\s,.;:]+){1,3}))",
    re.IGNORECASE,
)
# "In July", "in response" and "in a plane crash" are no places.
_NO_PLACE = re.compile(
    rf"^ (?:(?:the|an?|early|late|mid|last|next) )*(?:\d|(?:{'|'.join(MONTHS)}|spring|summer|autumn|winter|year|month|"
    r"week|day|decade|century|time|order|response|addition|fact|general|particular|which|turn)s?\b)|"
    r"\b(?:crash|accident|incident|attack|explosion|raid|clash)(?:e?s)?$",
    re.IGNORECASE,
)
# "Who is the landlord?", asked by the role: the answer has a name, or says what somebody is.
_ASKS_BEARER = re.compile(
    r"^\W*(?:and |but |so )?who(?:['’]s| is| was| are| were) (?:the|our|my|your|his|her|its|their)\b",
    re.IGNORECASE,
)
_SAYS_WHO = re.compile(r"\b(?:is|are|was|were|be|been|called|named|by)\b", re.IGNORECASE)
_ASKS_REASON = re.compile(
    r"^\W*(?:and |but |so )?why\b|\bwhy (?:is|was|are|were|did|do|does|has|have|had|would|will|can|could)\b|"
    r"\b(?:what|which) (?:\w+ ){0,2}?reasons?\b",
    re.IGNORECASE,
)
_GIVES_REASON = re.compile(
    r"\b(?:because|due|since|as|after|amid|following|over|owing|thanks|for|so|therefore|reasons?|caus\w+|led|leads|"
    r"by|through|prompt\w+|forc\w+|blam\w+|spark\w*|trigger\w*|result\w*|driven|aim\w*|purpose|"
    r"protest\w*|response|given|when|wants?|wanted|needs?|needed|fear\w*|help\w*|"
    r"means|would|could|to (?!\d)\w+|(?:is|are|was|were) (?:the|an?|so|too|very|more|most|not))\b",
    re.IGNORECASE,
)
_ASKS_YES_OR_NO = re.compile(
    r"^\W*(?:(?:and|but|so|und|aber|et|mais|y|pero) )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|"
    r"should|may|might|must|ist|sind|war|waren|hat|haben|hatten?|wird|werden|wurden?|kann|können|darf|dürfen|muss|müssen|"
    r"soll|gibt|gab|est-ce|est|sont|était|a-t|ont|peut|peuvent|es|está|están|hay|puede|pueden|fue|tiene)\b",
    re.IGNORECASE,
)
_A_MONTH = 31
_SAME_WORD_CHARS = 6
# Lists, comparisons, several questions in one, and what may have changed.
_ASKS_FOR_SEVERAL = re.compile(
    r"^\W*(?:list|name|compare|contrast|summari[sz]e|describe)\b|"
    r"\b(?:which|what) (?:\w+ ){0,2}?(?!is\b|was\b|has\b|does\b|this\b|news\b|\w*ss\b|\w*us\b)\w{3,}s\b (?!of\b)|"
    r"\b(?:what|who) (?:are|were)\b|"
    r"\b(?:compared?|comparison|differ\w*|versus|vs|both|each|all|everything|between|contradict\w*|disagree\w*|agree)\b|"
    r"\b(?:sources|articles|reports)\b|"
    r"\b(?:and|or) (?:how|what|who|whom|whose|when|where|why|which)\b|"
    r", (?:or|and) (?:has|have|is|are|did|do|does|was|were)\b|"
    r"\b(?:still|now|nowadays|today|so far|since|any ?more|any longer|yet|meanwhile|chang\w+|evolv\w+|develop\w*|"
    r"becom\w+|became|come of|happen\w*|likely)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:not|never|without|except|cannot)\b|n't\b", re.IGNORECASE)
_ASSUMED = re.compile(
    r"\b(?:say|says|said|saying|know|knows|knew|known|claim\w*|report\w*|believ\w+|think|thinks|thought|hold|holds|held|argu\w+|"
    r"announc\w+|fact|states?|stated|tell|tells|told|admit\w*|show\w*|suggest\w*|insist\w*|warn\w*|agree\w*|hope\w*)"
    r"\s+that\b|\s(?:because|whether|although|while|if)\b",
    re.IGNORECASE,
)
_DENIES_ANYHOW = re.compile(
    rf"{_DENIES.pattern}|\b(?:no|none|nothing|nobody|neither|nor|hardly|barely|fail(?:s|ed)?|refus(?:es|ed)|lack(?:s|ed)?|"
    r"den(?:y|ies|ied)|reject(?:s|ed)?|unlikely|unable|impossible)\b",
    re.IGNORECASE,
)


def denies_alone(question: str, text: str) -> bool:
    """Whether a question asks for what is not so, and the text denies nothing; what it only assumes does not count.

    A small model answers "Who was not invited?" from who was. (Of ten such development questions that were answered
    from a text without a denial none was answered rightly.)
    """
    asked, *_ = _ASSUMED.split(plain(question), maxsplit=1)
    return bool(_DENIES.search(asked)) and not _DENIES_ANYHOW.search(plain(text))


def only_says_when_it_was_published(question: str, text: str, quotes: Sequence[Quote]) -> bool:
    """Whether a sentence tells the day of a report to somebody who asks when the thing itself happened.

    The model reads each quote with its day of publication, and takes that day for an answer if no other is there. It
    is so only where all the sentence's dates hold that day and nothing in the quotes' own words can mean it.
    """
    days = [stated_day(quote.document) for quote in quotes]
    if not _ASKS_DATE.search(question) or _ASKS_PUBLICATION.search(question) or None in days:
        return False
    words = " ".join(quote.text for quote in quotes)
    if _NOW.search(words) or any(year in words for year in _YEAR.findall(text)):
        return False
    told = [period for day in days for period in _periods(text, day)]
    spoken_of = [
        period
        for quote, day in zip(quotes, days, strict=True)
        for period in _periods(quote.text, day)
        if period.days <= _A_MONTH
    ]
    return bool(told) and all(
        any(day and one.first <= day <= (one.last or one.first) for day in days)
        and not any(_overlap(one, other) for other in spoken_of)
        for one in told
    )


def _periods(text: str, published: date | None) -> list[Period]:
    return [one.period for one in read_dates(text, split_sentences(text), published)]


def _overlap(one: Period, other: Period) -> bool:
    return one.first <= (other.last or other.first) and other.first <= (one.last or one.first)


def holds_asked_kind(question: str, text: str, published: date | None = None) -> bool:
    """Whether a question asks for a number or a date and a source text holds one.

    ``published`` places relative dates: without it those do not count that lean on it.
    """
    if _ASKS_NUMBER.search(question):
        return bool(_NUMBER.search(text))
    if _ASKS_DATE.search(question):
        return bool(_YEAR.search(text) or resolve_dates(text, published))
    return False


def asks_for_several(question: str) -> bool:
    """Whether an answer may have to be put together: from things of a kind, two sides, or then and now."""
    return bool(_ASKS_FOR_SEVERAL.search(question))


def asks_yes_or_no(question: str) -> bool:
    """Whether a yes or a no would answer a question, or one of two things that it names."""
    return bool(_ASKS_YES_OR_NO.match(question))


def gives_what_is_asked(question: str, text: str) -> bool:
    """Whether a sentence can be an answer at all.

    It must say something that the question did not, unless a yes or no is asked for. To a question for a number, a
    date or a place it must hold one, and a name where somebody's is asked for; asked for a reason, it must not only
    repeat what happened. Other kinds cannot be told from the words reliably, and are left to the model's own check.
    """
    told, asked = content_words(text), content_words(question)
    if not told - asked:
        return asks_yes_or_no(question) or bool(re.match(r"(?:yes|no)\b", text, re.IGNORECASE))
    if _ASKS_NUMBER.search(question):
        return _counts(question, text)
    if _ASKS_DATE.search(question):
        return bool(_DATE.search(text)) or _names_an_occasion(question, text)
    if _ASKS_PLACE.search(question):
        return _names_a_place(question, text)
    if _ASKS_BEARER.match(question):
        return bool(_SAYS_WHO.search(text)) or _names_another(question, text)
    if _ASKS_REASON.search(question):
        first = next((words for word in text.split() if (words := content_words(word))), set[str]())
        # "Ordania" is of "Ordanian guns".
        repeats = {one[:_SAME_WORD_CHARS] for one in first} & {
            one[:_SAME_WORD_CHARS] for one in asked
        }
        return bool(_GIVES_REASON.search(text)) or not repeats
    return True


def _counts(question: str, text: str) -> bool:
    """Whether a sentence holds a number that can be the one which is asked for."""
    if _HOW_OLD.search(question) and not (_AGE.search(text) or _IS_SO_OLD.search(text)):
        return False
    if _HOW_MANY.search(question):
        text = _COUNTS_NOTHING.sub("", text)
        for one in _ONE.finditer(question):
            text = re.sub(rf"\b{one[0]}\b", "", text, flags=re.IGNORECASE)
    elif _HOW_LONG.search(question) and not _LASTS.search(text):
        text = _CLOCK.sub("", _SUM.sub("", _COUNTS_NOTHING.sub("", text)))
    return bool(_NUMBER.search(text))


def _names_an_occasion(question: str, text: str) -> bool:
    """Whether a sentence says when a thing is to be done, for whoever asks just that, in words of its own."""
    if _ASKS_ABOUT_ONCE.search(question) or not (found := _OCCASION.search(text)):
        return False
    return bool(content_words(text[found.end() :]) - content_words(question))


def _names_another(question: str, text: str) -> bool:
    """Whether a sentence has a name that is not made of the question's own words."""
    asked = content_words(question)
    return any(
        term.kind == "name" and content_words(term.text) - asked for term in read_row(text).terms
    )


def _names_a_place(question: str, text: str) -> bool:
    """Whether a sentence says where, in words that are not the question's own; "crashed in a crash" says nothing."""
    for found in _PLACE.finditer(plain(text)):
        what = found["what"]
        if what is None:
            return True
        rest = content_words(question) | content_words(text[: found.start()])
        if not _NO_PLACE.search(what) and content_words(what) - rest:
            return True
    known, row = {term.key for term in read_row(question).terms}, read_row(text)
    alone = len(row.words) == 1
    return any(
        term.kind == "name" and (alone or not term.opens) and term.key not in known
        for term in row.terms
    )
