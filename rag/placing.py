"""Which year a date without one belongs to, by the day of publication and the sentence around it."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from rag.periods import Period, day_of, month_of

#: 27/03/2024, 27.03.2024.
NUMERIC_DATE = r"(?<![\w/.-])(?P<one>\d{1,2})(?P<mark>[/.])(?P<two>\d{1,2})(?P=mark)(?P<year>[12]\d{3})(?![\w/-]|\.\d)"
_STEPS = {"last": -1, "previous": -1, "past": -1, "this": 0, "next": 1}
_PLANS = r"due|set|scheduled|expected|likely|planned|going|about"
# "The fair is on 6 August", "booked the train for 6 August": what was done for a day was done before it.
_ARRANGED = re.compile(
    r"\b(?:is|are)\s+(?:on\s+)?$|"
    r"\b(?:booked|reserved|arranged|scheduled)\b[^.;]*\b(?:for|to|until)\s+(?:the\s+)?$"
)
# "We must move the fitting from 30 September to 9 October" looks ahead, "it was moved to 9 October" may look back.
_MOVED = re.compile(
    r"\b(?:(?:mov|postpon|reschedul|delay)(?:e|es|ed|ing)|put(?:ting)? (?:off|back)|(?:bring|brought) forward|"
    r"shift(?:ed|ing)?)\b"
    r"[^.;]*\b(?:from|to|until|till)\s+(?:the\s+)?$"
)
_PRESENT = re.compile(
    r"\b(?:is|are|am|I|[Ww]e|[Yy]ou|[Tt]hey|[Ii]f|[Pp]lease|do|does|don['’]t|doesn['’]t|can|must|should|may)\b|['’](?:s|re|m)\b"
)
# "The rest comes on 20 November"; a word in -s may be a noun as well.
_COMES = re.compile(r"\b(?!was\b|has\b|this\b|its\b|his\b)[a-z]{2,}[^s\W]s\s+$")
_DEADLINE = re.compile(r"\b(?:[Bb]y|[Uu]ntil|[Tt]ill|no later than)\s+(?:the\s+)?$")
# An appointment: "Next meeting: 8 April", "8 April at noon".
_LABEL = re.compile(r":\s*$")
_NO_WORDS = re.compile(r"^[\s*#•–-]*$")
_CLOCK = re.compile(
    r"\W*(?:at|from)?\s*(?:noon|midnight|\d{1,2}(?:[:.]\d\d)?\s*(?:[ap]\.?m|o['’]clock|h\b)|\d{1,2}:\d\d)"
)
_PAST = re.compile(
    r"\b(?:has|have|had|did|was|were|been|spoke|gave|made|got|saw|knew|thought|sent|brought|bought|built|fell|rose|grew|"
    r"ran|won|lost|paid|sold|fought|struck|shot|fled|flew|drove|stood|became|broke|chose|led|kept|put|cut|hit|set)\b"
)
_WILL = re.compile(r"\W*(?:\w+ )?(?:will|won['’]t|shall)\b")
# So many times as near must a coming day be to be meant without a verb that looks ahead.
_MUCH_NEARER = 3
# What the verb is that a date belongs to: the last of these before it. "Will be closed" is one verb.
_VERB = re.compile(
    rf"\b(?:(?P<ahead>(?:will|won['’]t|shall|would|(?:is|are|was|were|be)\s+(?:{_PLANS})|"
    rf"(?:{_PLANS}|plans?|planning|hopes?|aims?|intends?|promised|agreed|vowed)\s+(?:to|for))"
    r"(?:\s+(?:not|also|now|be|have|to|hold|take|\w+ly))*\s+\w+|\w+['’]ll\s+\w+|"
    r"(?:meet|open|start|begin|end|close|resume|expire|arrive|return|sail|leave|(?:take|come|go)(?=s?\s+(?:place|effect|into)))"
    r"(?:s|(?=\s+(?:again\s+)?(?:on\s+)?$))|runs?\s+out|falls?\s+due|lapses)|"
    r"(?P<said>said|told|reported|announced|confirmed|added|warned|stated|wrote|posted)|"
    r"(?P<past>(?:did|didn['’]t)(?:\s+not)?\s+\w+|was|were|had|began|held|left|met|took|came|went|"
    r"(?!need|hundred|speed|indeed)[a-z]+ed))\b"
)


def days_come_first(text: str) -> bool | None:
    """Whether days stand before months in a text's dates with slashes; ``None`` if they don't show it."""
    pairs = [
        (int(match["one"]), int(match["two"]))
        for match in re.finditer(NUMERIC_DATE, text)
        if match["mark"] == "/"
    ]
    day_first, month_first = any(one > 12 for one, _ in pairs), any(two > 12 for _, two in pairs)
    return day_first if day_first != month_first else None


def numeric_day(match: re.Match[str], *, day_first: bool | None) -> date | None:
    """The day of a `NUMERIC_DATE`; ``None`` if the order of day and month is unknown or there is none.

    With stops the day comes first wherever that is written.
    """
    one, two, year = int(match["one"]), int(match["two"]), int(match["year"])
    if match["mark"] == "." or one > 12 or one == two:
        day_first = True
    elif two > 12:
        day_first = False
    if day_first is None:
        return None
    with suppress(ValueError):
        return date(year, two, one) if day_first else date(year, one, two)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """What places an expression in time.

    Attributes:
        published: Day of publication.
        before: The sentence up to the expression.
        expression: "from 30 September to 9 October".
        after: What follows it there.
        frame: The period, with its year, that the sentence opens with ("In 2015, …").
        old: Whether the paragraph has spoken of an earlier year, so that "in May" may belong to that.
        day_first: Whether 03/04/2024 is in April; ``None`` if the text does not show it.
    """

    published: date | None
    before: str = ""
    expression: str = ""
    after: str = ""
    frame: Period | None = None
    old: bool = False
    day_first: bool | None = None

    @property
    def ahead(self) -> bool | None:
        """Whether the verb that leads to the expression looks ahead; ``None`` if two verbs disagree."""
        if _ARRANGED.search(self.before):
            return True
        verbs = list(_VERB.finditer(self.before))
        if not verbs or verbs[-1]["said"]:
            return False
        if verbs[-1]["ahead"]:
            return True
        return None if any(verb["ahead"] for verb in verbs) else False

    def year(self, which: str) -> int | None:
        """The year called "last", "this" or "next"."""
        return self.published.year + _STEPS[which] if self.published else None

    def place(
        self, month: int, *, day: int | None = None, year: int | None = None
    ) -> Period | None:
        """A month or a day of it.

        Without a year it is the one that the sentence opens with, else the latest that had come when
        the document was published, or the next one where the sentence looks ahead. In the present tense ("we fly on 2
        August", written in June) and without a verb ("2 August at noon") it is the next one as well if that is much
        nearer; where something was moved, the nearer one.
        """
        if year is not None:
            return _at(year, month, day)
        if self.frame:
            found = _at(self.frame.first.year, month, day)
            return found if found and _within_year(self.frame, found) else None
        if self.published is None or self.old:
            return None
        from_there = "from " if self.expression.lower().startswith("from ") else ""
        moved, ahead = bool(_MOVED.search(self.before + from_there)), self.ahead
        if ahead is None and not moved:
            return None
        if ahead and not moved:
            return self._next(month, day)
        latest, coming = self._latest(month, day), self._next(month, day)
        if not (latest and coming and (moved or self._is_present())):
            return latest
        until, since = (coming.first - self.published).days, (self.published - latest.first).days
        if until * _MUCH_NEARER < since:
            return coming
        return None if moved else latest

    def _is_present(self) -> bool:
        """Whether the sentence tells of what is, or of the expression what will be ("The fair on 6 August will …")."""
        whole = f"{self.before} {self.after}"
        if _VERB.search(whole) or _PAST.search(whole):
            return bool(_WILL.match(self.after)) and not _VERB.search(self.before)
        leads = (
            _PRESENT,
            _DEADLINE,
            _LABEL,
            _COMES,
            *([_NO_WORDS] if _CLOCK.match(self.after) else []),
        )
        return any(one.search(self.before) for one in leads)

    def _latest(self, month: int, day: int | None) -> Period | None:
        assert self.published
        years = (self.published.year, self.published.year - 1)
        found = (_at(year, month, day) for year in years)
        return next((one for one in found if one and one.first <= self.published), None)

    def _next(self, month: int, day: int | None) -> Period | None:
        assert self.published
        years = (self.published.year, self.published.year + 1)
        found = (_at(year, month, day) for year in years)
        return next((one for one in found if one and one.last and one.last >= self.published), None)


def _within_year(frame: Period, found: Period) -> bool:
    """Whether a frame is one year at most, and the other not before it."""
    assert found.last is not None
    last = frame.last or frame.first
    return frame.first.year == last.year and found.last >= frame.first


def _at(year: int, month: int, day: int | None) -> Period | None:
    with suppress(ValueError):
        return month_of(date(year, month, 1)) if day is None else day_of(date(year, month, day))
    return None
