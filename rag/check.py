"""Each sentence of a reply against the quotes it cites. Text that its quotes do not support never stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from rag.agreement.agree import disagreement
from rag.agreement.another import told_of_another
from rag.agreement.bounds import limit_told_otherwise
from rag.agreement.called import called_otherwise
from rag.agreement.counted import counts_another
from rag.agreement.currency import wrong_currency
from rag.agreement.exceptions import denies_what_is_excepted, told_though_excepted
from rag.agreement.halves import half_told
from rag.agreement.headed import only_headed
from rag.agreement.measured import measures_another, other_unit
from rag.agreement.phases import told_of_the_time_after
from rag.agreement.polarity import denied_only, reversal
from rag.agreement.possibilities import supposed_only, told_as_fact
from rag.agreement.reasons import invented_reason
from rag.agreement.roles import titled_for_another
from rag.agreement.ruled_out import told_though_ruled_out
from rag.agreement.stances import only_a_stance
from rag.agreement.subject import (
    beside_the_point,
    concluded,
    subject_unmentioned,
    yes_of_another,
)
from rag.agreement.terms import read_row
from rag.agreement.units import written_out
from rag.asked import asks_yes_or_no
from rag.compose import Draft, read_as, retold
from rag.dates import stated_day
from rag.defined import put_names
from rag.events import read_dates
from rag.periods import MONTHS
from rag.split import Span, sentence_texts, split_sentences
from rag.types import Citation, Claim, Quote
from rag.wording import content_words

#: Share of a claim's words that its quotes must hold. Below it, the model is likely to have added something.
MIN_SUPPORT = 0.55

_TOO_LITTLE = "the quotes hold too little of it"
_DATE = re.compile(rf"\b(?:{'|'.join(MONTHS)}|\d{{1,4}})\b", re.IGNORECASE)
_UNMENTIONED_YEAR = re.compile(r"does not mention ((?:19|20)\d\d)$")
#: Of Markdown, before the first word of a sentence.
MARKUP = "*_#> "
_FROM_TO = re.compile(r"\b(?:from|between)\b.*\b(?:to|and|until|till)\b", re.IGNORECASE)
_REPEATED = 0.5
# What has no more than this from its quotes only gives the question back.
_ECHO = 0.3
# Other quotes than the cited ones must hold about as much of a sentence as those: else they only lack what speaks
# against it.
_AS_MUCH = 0.05
_MORE = 0.1


@dataclass(frozen=True, slots=True)
class Weighed:
    """A sentence held against quotes.

    Attributes:
        cover: Share of its words that the quotes hold, 0 to 1; words that only repeat the question count half, since
            whether they fit the quotes is for the model's own check to say (and not at all if there is hardly more).
        objection: What speaks against it, in words; ``None`` if nothing does.
    """

    cover: float
    objection: str | None

    @property
    def support(self) -> float:
        """How far the quotes support the sentence: not at all if something speaks against it."""
        return 0.0 if self.objection else self.cover


def check(
    question: str, draft: Draft, quotes: Sequence[Quote], *, among: Collection[int] | None = None
) -> Claim:
    """The claim that a draft becomes, with the citations it keeps.

    The numbers the model gave are tried first, then every single quote: small models often write the
    right sentence and point to the wrong place. Another quote takes their place where they do not hold the
    sentence, or where it holds clearly more of it. Numbers that name no quote are dropped.

    Args:
        question: What was asked.
        draft: What was written.
        quotes: By their numbers, from 1.
        among: The numbers that are tried; all by default.
    """
    known = [number for number in range(1, len(quotes) + 1) if among is None or number in among]
    given = [number for number in draft.numbers if number in known]
    best: tuple[float, list[int]] = (0.0, given)
    standing: tuple[float, list[int]] | None = None
    least = MIN_SUPPORT
    reason = ""
    for numbers in _tries(given, known):
        weighed = weigh(draft.text, [quotes[number - 1] for number in numbers], question)
        if weighed.support >= least:
            standing = (weighed.support, numbers)
            # The first that will do, but for one that holds clearly more.
            least = weighed.support + _MORE
            continue
        reason = reason or weighed.objection or _TOO_LITTLE
        if numbers == given:
            least = max(least, weighed.cover - _AS_MUCH)
        best = max(best, (weighed.support, numbers), key=lambda one: one[0])
    if standing is not None:
        return _claim(draft.text, standing[1], quotes, standing[0])
    return _claim(draft.text, best[1], quotes, best[0], reason=reason or _TOO_LITTLE)


def support_of(text: str, quotes: Sequence[Quote], question: str = "") -> float:
    """How far quotes support a sentence, 0 to 1.

    The share of its content words that the quotes hold, as the model read them. 0 if it disagrees with them: if it
    states a number, a date or a name that the quotes do not mention (but names of a question may be repeated, unless
    that asks for yes or no, and see `weigh` for the year that is asked about); if another one stands in its place
    there; if one of the two denies what the other says; if it gives a reason, a fact or a deed that the quotes give as
    none, as possible only, or of another; if it leaves out a "but" about what was asked.
    """
    return weigh(text, quotes, question).support


def weigh(text: str, quotes: Sequence[Quote], question: str = "") -> Weighed:
    """The same with the reason. A date may be told as the source has it or as what it stands for; so may a party.

    The year that is asked about may be told if it lies in what the source speaks of ("since 2021").
    """
    found = _weigh_each_way(text, quotes, question)
    if found.objection:
        return found
    bare, source = " ".join(map(read_as, quotes)), _source(quotes, question)
    return replace(found, objection=only_headed(text, bare, source, question))


def _source(quotes: Sequence[Quote], question: str) -> str:
    return " ".join(read_as(quote, question) for quote in quotes)


def _weigh_each_way(text: str, quotes: Sequence[Quote], question: str) -> Weighed:
    """With dates, parties and the year that is asked about as the source has them, and as they may be told."""
    source = _source(quotes, question)
    found = _weigh(text, source, question)
    # Each document has terms of its own.
    named = " ".join(put_names(read_as(quote, question)) for quote in quotes)
    if found.objection and named != source:
        other = _weigh(text, named, question)
        found = found if other.objection else other
    year = _UNMENTIONED_YEAR.search(found.objection or "")
    if year and year[1] in question:
        lasting = [one for quote in quotes for one in _lasting(quote, int(year[1]))]
        timeless = re.sub(rf"\s*\b(?:in\s+)?{year[1]}\b", "", text)
        if lasting:
            found = _weigh(timeless, " ".join(map(read_as, lasting)), "")
    if not (found.objection and _DATE.search(found.objection)):
        return found
    other = _weigh(text, " ".join(retold(quote, question) for quote in quotes), question)
    return found if other.objection else other


def _weigh(text: str, source: str, question: str) -> Weighed:
    words, whole, source = _content_words(text), source, _without_questions(source)
    held = words & _content_words(source)
    echo = len(held) <= _ECHO * len(words)
    repeated = set() if echo else (words - held) & _content_words(question)
    cover = (len(held) + _REPEATED * len(repeated)) / len(words) if words else 0.0
    claim, found = read_row(text), read_row(source)
    yes_or_no = asks_yes_or_no(question)
    objection = (
        disagreement(text, source, "" if yes_or_no else question)
        or limit_told_otherwise(text, source, question)
        or (None if denies_what_is_excepted(text, source) else reversal(claim, found))
        or told_though_excepted(text, source)
        or (denied_only(claim, found, read_row(question)) if yes_or_no else None)
        or titled_for_another(claim, found)
        or invented_reason(text, source)
        or told_as_fact(text, source, question)
        or supposed_only(text, source)
        or only_a_stance(text, source, question)
        or told_of_another(text, source)
        or told_though_ruled_out(text, source)
        or wrong_currency(text, source)
        or called_otherwise(text, source, question)
        or other_unit(claim, found)
        or measures_another(text, source, question)
        or counts_another(text, source, question)
        or told_of_the_time_after(text, source)
        or half_told(text, source, question)
        or subject_unmentioned(text, source, question)
        or concluded(text, whole, question)
        or yes_of_another(text, question)
        or beside_the_point(text, source, question)
    )
    return Weighed(cover, objection)


@lru_cache(maxsize=256)
def _without_questions(source: str) -> str:
    """Whoever asks whether something is so does not say that it is."""
    if "?" not in source:
        return source
    return " ".join(
        # The day and the title before it are of what follows as well.
        one.rpartition(": ")[0] if _asks_whether(one) else one
        for one in sentence_texts(source)
    )


def _asks_whether(sentence: str) -> bool:
    """Whether a sentence of a source is a question for yes or no, whoever is said to ask it ("Q: Is it …?")."""
    return sentence.rstrip(MARKUP + '”"»').endswith("?") and asks_yes_or_no(
        sentence.rsplit(": ", maxsplit=1)[-1]
    )


def _lasting(quote: Quote, year: int) -> Iterator[Quote]:
    """The sentences of a quote that speak of what went on all year: "since 2020", "from 2019 to 2023"."""
    published = stated_day(quote.document)
    for span in split_sentences(quote.text):
        sentence = replace(quote, start=quote.start + span.start, end=quote.start + span.end)
        for one in read_dates(sentence.text, [Span(0, len(sentence.text))], published):
            goes_on = one.period.last is None
            last = one.period.last or published or date.min
            spans = goes_on or _FROM_TO.search(sentence.text[: one.end])
            if spans and one.period.first <= date(year, 1, 1) and last >= date(year, 12, 31):
                yield sentence
                break


@lru_cache(maxsize=256)
def _content_words(text: str) -> frozenset[str]:
    """With units written out; remembered, since every sentence of a reply is held against the same quotes."""
    return frozenset(content_words(written_out(text)))


def _tries(given: Sequence[int], known: Sequence[int]) -> Iterator[list[int]]:
    if given:
        yield list(given)
    for number in known:
        if [number] != given:
            yield [number]


def _claim(
    text: str,
    numbers: Sequence[int],
    quotes: Sequence[Quote],
    support: float,
    *,
    reason: str | None = None,
) -> Claim:
    return Claim(
        text=text,
        citations=tuple(Citation(number=number, quote=quotes[number - 1]) for number in numbers),
        support=round(support, 3),
        verdict="unsupported" if reason else "supported",
        reason=reason,
    )
