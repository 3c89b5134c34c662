"""Whether a yes or a no is about something that the source does not speak of."""

from __future__ import annotations

import re

from rag.asked import asks_yes_or_no
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
