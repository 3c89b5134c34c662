"""Questions about how the sources go together: what differs answers them, whatever the model makes of the quotes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rag.asked import asks_yes_or_no
from rag.disagreement.sources import compares_sources, differences, find_disagreements, telling
from rag.types import Citation, Claim, Quote

# "By one man or by two?"
_OR = re.compile(r"\bor\b", re.IGNORECASE)


def answer_by_difference(
    question: str, quotes: Sequence[Quote], origins: Mapping[str, str]
) -> Claim | None:
    """What one of two differing sources states, where a question asks whether or how they differ, or which is so.

    Args:
        question: As it was searched.
        quotes: All that were offered.
        origins: As `differences` takes them.
    """
    if not compares_sources(question) and not (asks_yes_or_no(question) and _OR.search(question)):
        return None
    cited = tuple(Citation(number=number, quote=quote) for number, quote in enumerate(quotes, 1))
    every = Claim(text="", citations=cited, support=1.0, verdict="supported")
    found = find_disagreements(differences(question, [every], quotes, origins), quotes)
    if not found:
        return None
    first = found[0].citations[0]
    return Claim(
        text=f"The sources state: “{telling(first, found[0])}”",
        citations=(first,),
        support=1.0,
        verdict="supported",
    )
