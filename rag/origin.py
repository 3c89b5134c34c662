"""Which documents go back to one report: copies and rewrites of it count as one origin, not as so many witnesses.

A rewrite shares few phrases with what it rewrites, but the words of the people it quotes, and it appears within days.
What cannot be told from the texts alone is written in docs/copies.md.
"""

from __future__ import annotations

import re
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from heapq import nsmallest
from typing import Literal
from zlib import crc32

from rag.copies import COPY, Sketch, same_marks, shared, signature

#: How one document depends on another.
Relation = Literal["copy", "rewrite"]

# Different documents on one topic share up to 0.27 (two censuses); with common quotes less is enough.
_REWRITE = 0.35
_REWRITE_WITH_CUE = 0.15
# Of runs of three quoted words; one quotation of eight words has six.
_SHARED_QUOTES = 6
# A story is retold within the week; later, only what is nearly the same is still its copy.
_MAX_DAYS = 7
_OLD_COPY = 0.7
_FEW_PAIRS = 20
_MAX_QUOTES = 256
_KEYS = 24
_QUOTE_KEYS = 8
_MAX_CANDIDATES = 50

_TAIL = struct.Struct("<HH")
_QUOTED = re.compile(r"[“«„]([^“”«»„]{8,800})[”»“]|\"([^\"\n]{8,800})\"")
_QUOTED_WORD = re.compile(r"[^\W_]+")
# As in: LONDON (Reuters) and: AFP — and: Source: dpa
_AGENCIES = "AFP|ANSA|AP|APA|Associated Press|DPA|dpa|EFE|IANS|Interfax|Kyodo|PA Media|PTI|Reuters|TASS|UPI|Xinhua"
_CREDIT = re.compile(
    rf"\(({_AGENCIES})\)|\b({_AGENCIES})\s*[—–]|\b(?:[Ss]ources?|[Ww]ith|[Vv]ia)\s*:?\s+({_AGENCIES})\b"
)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What has to be known of a document to find where it comes from.

    Attributes:
        signature: From `document_signature`.
        seen: Lower for what has been in the index longer, such as the number of the document's version.
    """

    document_id: str
    signature: bytes = field(repr=False)
    published: date | None = None
    seen: int = 0

    @cached_property
    def sketch(self) -> Sketch:
        """The signature of the text, opened."""
        return Sketch(self.signature)

    @cached_property
    def tail(self) -> tuple[frozenset[int], frozenset[int]]:
        """Hashes of what is quoted, and of the agencies that are credited."""
        quotes, credits_ = _TAIL.unpack_from(self.signature, self.sketch.end)
        at = self.sketch.end + _TAIL.size
        values = struct.unpack_from(f"<{quotes + credits_}I", self.signature, at)
        return frozenset(values[:quotes]), frozenset(values[quotes:])


def document_signature(text: str) -> bytes:
    """`rag.copies.signature` of a document with what it quotes and whom it credits, at most 3.7 kB.

    Give the text without what surrounds it: a footer that all pages of a site share makes them resemble each other.
    """
    runs: set[int] = set()
    for match in _QUOTED.finditer(text):
        words = _QUOTED_WORD.findall((match[1] or match[2]).lower())
        runs.update(crc32(" ".join(words[at : at + 3]).encode()) for at in range(len(words) - 2))
    quotes = nsmallest(_MAX_QUOTES, runs)
    credited = sorted({crc32(_agency(match).encode()) for match in _CREDIT.finditer(text)})
    packed = struct.pack(f"<{len(quotes) + len(credited)}I", *quotes, *credited)
    return signature(text) + _TAIL.pack(len(quotes), len(credited)) + packed


def keys(signed: bytes) -> tuple[int, ...]:
    """At most 32 numbers to find related documents by: those that share one may be, others are not looked at."""
    one = Origin(document_id="", signature=signed)
    quotes = (quote | 1 << 32 for quote in nsmallest(_QUOTE_KEYS, one.tail[0]))
    return (*nsmallest(_KEYS, one.sketch.ordered), *quotes)


def relation(one: Origin, other: Origin) -> Relation | None:
    """Whether one of two documents is a copy of the other, or a rewrite, or both rewrite a third."""
    if one.signature == other.signature:
        return "copy"
    share = shared(one.sketch, other.sketch)
    short = min(one.sketch.length, other.sketch.length) < _FEW_PAIRS
    if share < _REWRITE_WITH_CUE or short or not same_marks(one.sketch, [other.sketch]):
        return None
    if (
        one.published
        and other.published
        and abs((one.published - other.published).days) > _MAX_DAYS
    ):
        return "copy" if share >= _OLD_COPY else None
    if share >= COPY:
        return "copy"
    cue = len(one.tail[0] & other.tail[0]) >= _SHARED_QUOTES or one.tail[1] & other.tail[1]
    return "rewrite" if share >= _REWRITE or cue else None


def origins(documents: Sequence[Origin]) -> dict[str, str]:
    """For each document's id the id of the earliest document of the same origin.

    A copy takes the origin of what it is most like and relates nothing else, so that adding one never changes how
    many origins there are; rewrites that are related, also by way of others, are one origin. The order of
    ``documents`` does not matter.
    """
    found: dict[str, str] = {}
    earlier: dict[str, Origin] = {}
    copies: set[str] = set()
    holders: defaultdict[int, list[str]] = defaultdict(list)
    for document in sorted(documents, key=_precedence):
        of_it = keys(document.signature)
        counts = Counter(holder for key in of_it for holder in holders[key])
        related = {
            other: how
            for other, _ in counts.most_common(_MAX_CANDIDATES)
            for how in [relation(document, earlier[other])]
            if how
        }
        own = document.document_id
        found[own] = own
        copied = [other for other, how in related.items() if how == "copy"]
        if copied:
            found[own] = found[
                max(copied, key=lambda other: shared(document.sketch, earlier[other].sketch))
            ]
            copies.add(own)
        else:
            merged = [found[other] for other in related if other not in copies]
            first = min(merged, key=lambda one: _precedence(earlier[one]), default=own)
            if merged:
                found = {
                    one: first if origin in merged or one == own else origin
                    for one, origin in found.items()
                }
        earlier[own] = document
        for key in of_it:
            holders[key].append(own)
    return found


def count_origins(document_ids: Iterable[str], origin_of: Mapping[str, str]) -> int:
    """How many origins documents have; one that is not in the mapping is its own."""
    return len({origin_of.get(document_id, document_id) for document_id in document_ids})


def _agency(match: re.Match[str]) -> str:
    name = next(group for group in match.groups() if group).lower()
    return {"ap": "associated press"}.get(name, name)


def _precedence(one: Origin) -> tuple[date, int, str]:
    return (one.published or date.max, one.seen, one.document_id)
