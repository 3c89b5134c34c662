"""Whether a yes or a no is about something that the source does not speak of."""

from __future__ import annotations

import re

from rag.agreement.terms import read_row
from rag.asked import asks_yes_or_no
from rag.split import sentence_texts
from rag.wording import content_words, plain

# What a sentence is about stands before its first verb of this kind; without one, in its first words.
_SUBJECT = re.compile(
    r"^\W*(?:(?:yes|no|ja|nein|oui|non|sí)\b\W*)?(?P<subject>.*?)\b(?:is|are|was|were|has|have|had|do|does|did|can|cannot|"
    r"could|will|would|may|might|must|should|shall|ist|sind|war|waren|hat|haben|wird|werden|wurden?|kann|können|darf|"
    r"dürfen|est|sont|ont|peut|peuvent|es|son|está|están|puede|pueden)\b",
    re.IGNORECASE,
)
# Of whom a source speaks so, it need not say here.
_PERSONS = re.compile(
    r"\b(?:I|he|she|we|you|they|er|sie|wir|ils?|elles?|nous|ellos|ellas)\b", re.IGNORECASE
)
# "No, never" is one, and "if you do not" belongs to what was said before.
_GOES_ON = re.compile(
    r"\W*(?:(?:yes|no|ja|nein|oui|non|sí)\b\W*(?:$|[,.;:–—-])|(?:if|otherwise|unless|but|however|then|also|and|it|they|"
    r"he|she|this|that|there)\b)",
    re.IGNORECASE,
)
# "Yes", and a sentence that goes with it.
_SAYS_YES_OR_NO = re.compile(r"\W*(?:yes|no|ja|nein),\s+\w+\.?\s+\w+", re.IGNORECASE)
_LEAST_SHARED = 0.3
# "Withdrew" is not "withdrawal", but "probation" and "probationary" are one word.
_SAME_WORD_CHARS = 5


def concluded(sentence: str, source: str, question: str) -> str | None:
    """Why a sentence is no yes or no: what it says of its subject is the question's word, and not the source's.

    ``source`` is with the questions that it asks itself, which an answer leans on.

    "The glucose is too high" is a conclusion that a small model draws from 92 where 70 to 99 is given, and wrongly. The
    words of the source are to be told instead.
    """
    if not asks_yes_or_no(question):
        return None
    held = content_words(source)
    row, names = read_row(sentence), set()
    for term in row.terms:
        names |= {word.stem for word in row.words[term.first : term.last + 1]}
    asked = content_words(question)
    subject = _SUBJECT.match(plain(sentence))
    about = content_words(subject["subject"]) if subject else set()
    for word in row.words:
        if word.stem in about or word.light or word.stem in names or word.stem not in asked:
            continue
        alike = any(one[:_SAME_WORD_CHARS] == word.stem[:_SAME_WORD_CHARS] for one in held)
        # "A refund is not possible" does not make it refundable.
        if not alike or (word.stem not in held and word.lower.endswith(("able", "ible"))):
            return f"the source does not say “{word.text}”"
    return None


def yes_of_another(sentence: str, question: str) -> str | None:
    """Why a sentence is no yes or no: it says yes or no of somebody else than was asked about.

    "Is Kamp on the list?" is not answered by "Yes, Adeyemi is".
    """
    if not asks_yes_or_no(question) or not _SAYS_YES_OR_NO.match(sentence):
        return None
    if _PERSONS.search(sentence):
        return None
    asked = {one for term in read_row(question).terms if term.kind == "name" for one in term.key}
    told = [term for term in read_row(sentence).terms if term.kind == "name" and not term.opens]
    if asked and told and not asked & content_words(sentence):
        name = max((term.text for term in told), key=len)
        return f"that is of {name}, who was not asked about"
    return None


def beside_the_point(sentence: str, source: str, question: str) -> str | None:
    """Why a sentence is no yes or no: it has nothing of what was asked about, and another one of the source has.

    "No meal was ordered" is no no to whether a fare is refundable. A yes with a sentence of its own has some of it.
    """
    asked = content_words(question)
    shared = asked & content_words(sentence)
    if not asks_yes_or_no(question):
        return None
    if _SAYS_YES_OR_NO.match(sentence) and len(shared) < _LEAST_SHARED * len(asked) > 1:
        return "it has too little of what was asked"
    if _GOES_ON.match(sentence) or shared:
        return None
    if others := [one for one in sentence_texts(source) if content_words(one) & asked]:
        return f"the source says of what was asked: {' '.join(others[0].split())}"
    return None


def subject_unmentioned(sentence: str, source: str, question: str) -> str | None:
    """Why a sentence is no yes or no: it tells of what only the question mentions.

    "Cats are allowed" does not rest on "Bonfires are allowed", though most of its words do. A source that speaks of
    "they" is trusted to mean what was asked.
    """
    if not asks_yes_or_no(question) or not (found := _SUBJECT.match(plain(sentence))):
        return None
    subject = content_words(found["subject"])
    if not subject or subject & content_words(source) or _PERSONS.search(source):
        return None
    return f"the source does not mention {found['subject'].strip()}"
