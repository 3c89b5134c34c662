"""Whether a sum has a currency that its source does not give."""

from __future__ import annotations

import re

_CURRENCIES = {
    "euro": r"€|\beuros?\b|\beur\b",
    "pound": r"£|\bpounds?\b|\bsterling\b|\bgbp\b|\bquid\b|\bpence\b",
    "dollar": r"\$|\bdollars?\b|\b(?:us|ca|au|nz)d\b|\bbucks?\b|\bcents?\b",
    "rouble": r"₽|\br(?:o)?ubles?\b|\brub\b",
    "yen": r"¥|\byen\b|\bjpy\b",
    "yuan": r"¥|\byuan\b|\brenminbi\b|\brmb\b|\bcny\b",
    "rupee": r"₹|\brupees?\b|\binr\b",
    "franc": r"\bfrancs?\b|\bchf\b|\bcfa\b|\bxof\b",
    "crown": r"\bkron[aeo]r?\b|\bcrowns?\b|\b(?:sek|nok|dkk|czk)\b",
}
_SUM = re.compile(
    r"(?P<before>\S{0,4}\s?)\d[\d.,]*(?P<after>(?:\s?(?:thousand|million|billion|trillion))?\s?\S+)?"
)


def wrong_currency(sentence: str, source: str) -> str | None:
    """Why a sentence cannot rest on a source: it gives a sum in a currency that the source does not mention."""
    beside = " ".join(f"{one['before']} {one['after'] or ''}" for one in _SUM.finditer(sentence))
    for name, pattern in _CURRENCIES.items():
        told = re.search(pattern, beside, re.IGNORECASE)
        if told and not re.search(pattern, source, re.IGNORECASE):
            return f"the source does not mention {name}s"
    return None
