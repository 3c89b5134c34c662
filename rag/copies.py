"""Near-duplicates: a small signature of a text, and how much of one text another holds.

A signature keeps hashes of the pairs of neighbouring content words, in the order of the text: all of them up to 256,
so that the measure is exact for chunks; of a longer text the 256 smallest, a sample that is the same for the same words
(a bottom-k sketch: Broder, "On the resemblance and containment of documents", 1997). With them go names and
numbers, because the same sentence about another match, month or toll is no copy. What the measure knows, what it cannot
know and how the thresholds were found: docs/copies.md.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection, Sequence
from functools import cached_property
from heapq import nsmallest
from itertools import pairwise
from math import ceil
from unicodedata import normalize
from zlib import crc32

from rag.errors import StorageError

#: Of passages edited in one word of five, 99 % hold more of each other; of different ones on one topic none.
COPY = 0.5
#: Hashes below this are all hashes.
EVERY = 1 << 32

_FORMAT = 1
_HEADER = struct.Struct("<BHHH")
_MAX_PAIRS = 256
_MAX_MARKS = 256
# Where names and numbers differ so much, it is the same form filled in for something else.
_SAME_MARKS = 0.5
_FEW_MARKS = 5
# So many new pairs in a row are a sentence that only one of the texts has.
_NEW_RUN = 10
# Of a sample smaller than this nothing can be said.
_FEW_PAIRS = 8

# Scripts written without spaces have no words to find; their characters serve.
_WORD = re.compile(
    r"\d+(?:[.,:]\d+)+|[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]|[^\W_\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]+"
)
# The day of publication differs from copy to copy.
_FULL_DATE = re.compile(
    r"\b(?:\d{4}-\d{1,2}-\d{1,2}(?:T[\d:.]+)?|\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]{2,8}\.?,? \d{4}|"
    r"[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4})\b"
)
_NUMBER_WORDS = frozenset(
    "two three four five six seven eight nine ten eleven twelve hundred hundreds thousand thousands million "
    "billion dozen dozens".split()
)
# A copy's function words change first. "not", "no" and "never" are none.
_FUNCTION_WORDS = frozenset(
    "a an the and or but if of in on at by for from to into with as is are was were be been being am it its this that "
    "these those he she they them his her their there i we you my our your me us him who whom whose which what when "
    "where how has have had do does did will would can could shall should may might must than then so also just "
    "about over after before up out s t re ve ll d m".split()
)


class Sketch:
    """A signature, opened as far as it is looked at: most candidates of a query are compared by a few pairs only.

    Attributes:
        packed: The hashes of pairs of content words as little-endian 32-bit numbers.
        length: How many they are.
        limit: Every pair with a hash below this is there.
        marks_limit: The same for marks.
        has_all_numbers: Whether none was left out.
        end: Where it ends; a document's has more behind it (`rag.origin`).
    """

    def __init__(self, signed: bytes) -> None:
        """Open a signature.

        Raises:
            StorageError: it was not written by this version of the program.
        """
        version, self.length, numbers, self._marks = (
            _HEADER.unpack_from(signed) if len(signed) >= _HEADER.size else (0, 0, 0, 0)
        )
        self._marks_at = _HEADER.size + 4 * (self.length + numbers)
        self.end = self._marks_at + 2 * self._marks
        if version != _FORMAT or len(signed) < self.end:
            raise StorageError(
                "The index holds signatures of copies in a form that this version does not know. "
                "Build them anew: rag ingest --rebuild"
            )
        self.packed = signed[_HEADER.size : _HEADER.size + 4 * self.length]
        self.has_all_numbers = numbers < _MAX_MARKS
        self._numbers = numbers
        self._signed = signed
        self.limit = EVERY if self.length < _MAX_PAIRS else max(self.ordered) + 1
        self.marks_limit = EVERY if self._marks < _MAX_MARKS else max(self.marks) + 1

    @cached_property
    def ordered(self) -> tuple[int, ...]:
        """Hashes of pairs of content words, each once, in the order of the text."""
        return struct.unpack(f"<{self.length}I", self.packed)

    @cached_property
    def pairs(self) -> frozenset[int]:
        """The same without order."""
        return frozenset(self.ordered)

    @cached_property
    def marks(self) -> frozenset[int]:
        """Hashes of names and of words with digits."""
        return frozenset(struct.unpack_from(f"<{self._marks}H", self._signed, self._marks_at))

    @cached_property
    def numbers(self) -> frozenset[int]:
        """Numbers in their places: the hash of a neighbour and its side, times 65,536, plus the number's hash."""
        at = self._marks_at - 4 * self._numbers
        return frozenset(struct.unpack_from(f"<{self._numbers}I", self._signed, at))

    def below(self, limit: int) -> frozenset[int]:
        """The pairs with a hash below a limit; two samples are compared below the lower of their limits."""
        return self.pairs if limit >= self.limit else _below(self.pairs, limit)


def signature(text: str) -> bytes:
    """What is kept of a text to know copies of it by: four bytes a content word and some, 1.8 kB at most."""
    words = _WORD.findall(_FULL_DATE.sub(" ", normalize("NFKC", text)))
    lower = [word.lower() for word in words]
    content = [
        (word, low) for word, low in zip(words, lower, strict=True) if low not in _FUNCTION_WORDS
    ]
    hashes = [crc32(low.encode()) for _, low in content] or [
        crc32(" ".join(lower or [text]).encode())
    ]
    # Neighbouring hashes of a linear code would not be an unbiased sample, so they are scattered.
    pairs = dict.fromkeys(
        ((one * 0x9E3779B1 ^ other * 0x85EBCA77) * 0xC2B2AE35 >> 7) & 0xFFFFFFFF
        for one, other in (pairwise(hashes) if len(hashes) > 1 else [(hashes[0], 0)])
    )
    marks: set[int] = set()
    numbers: dict[int, None] = {}
    for at, (word, low) in enumerate(content):
        has_digit = not word.isalpha()
        if has_digit or word[0].isupper():
            marks.add(_short(hashes[at]))
        if has_digit or low in _NUMBER_WORDS:
            value = _short(hashes[at])
            for side, neighbour in ((1, at - 1), (2, at + 1)):
                if 0 <= neighbour < len(hashes):
                    numbers[_short(hashes[neighbour] * 3 + side) << 16 | value] = None
    kept = _smallest(pairs, _MAX_PAIRS)
    few_marks = _smallest(sorted(marks), _MAX_MARKS)
    few_numbers = _smallest(numbers, _MAX_MARKS)
    return _HEADER.pack(_FORMAT, len(kept), len(few_numbers), len(few_marks)) + struct.pack(
        f"<{len(kept)}I{len(few_numbers)}I{len(few_marks)}H", *kept, *few_numbers, *few_marks
    )


def resemblance(a: bytes, b: bytes) -> float:
    """Share of the smaller text that the larger one holds, 0 to 1; 1 for equal texts; the same both ways.

    Raises:
        StorageError: a signature was not written by this version of the program.
    """
    return 1.0 if a == b else shared(Sketch(a), Sketch(b))


def shared(one: Sketch, other: Sketch) -> float:
    """`resemblance` of opened signatures."""
    limit = min(one.limit, other.limit)
    ours, theirs = one.below(limit), other.below(limit)
    smaller = min(len(ours), len(theirs))
    return len(ours & theirs) / smaller if smaller else 0.0


def says_all(held: Sketch, by: Sequence[Sketch]) -> bool:
    """Whether texts together say what another one says: then nothing is lost if that is folded into them.

    It may differ in up to half of its pairs (one word of five changed), but neither in a row as long as a sentence, nor
    in most of its names, nor in a number: "15 killed" is not said by "12 killed".
    """
    limit = min(held.limit, *(sketch.limit for sketch in by))
    ours = held.below(limit)
    new = ours.difference(*(sketch.pairs for sketch in by))
    if len(ours) < min(_FEW_PAIRS, held.length) or len(new) > (1 - COPY) * len(ours):
        return False
    run = max(_FEW_PAIRS, ceil(_NEW_RUN * len(ours) / held.length))
    if len(new) >= run:
        in_order = [pair for pair in held.ordered if pair < limit]
        if bytes([True] * run) in bytes(map(new.__contains__, in_order)):
            return False
    return same_marks(held, by) and not _other_numbers(held, by)


def same_marks(held: Sketch, by: Sequence[Sketch]) -> bool:
    """Whether texts speak of the same names and numbers, as far as there are any."""
    limit = min(held.marks_limit, *(sketch.marks_limit for sketch in by))
    ours, theirs = held.marks, by[0].marks.union(*(sketch.marks for sketch in by[1:]))
    if limit < EVERY:
        ours, theirs = _below(ours, limit), _below(theirs, limit)
    fewer = min(len(ours), len(theirs))
    return fewer < _FEW_MARKS or len(ours & theirs) >= _SAME_MARKS * fewer


def _other_numbers(held: Sketch, by: Sequence[Sketch]) -> bool:
    """Whether beside some word one number has taken the place of another, as far as all numbers are kept."""
    if not all(sketch.has_all_numbers for sketch in (held, *by)):
        return False
    theirs = by[0].numbers.union(*(sketch.numbers for sketch in by[1:]))
    new = _novel(held.numbers, theirs)
    return bool(new) and not new.isdisjoint(_novel(theirs, held.numbers))


def _below(hashes: frozenset[int], limit: int) -> frozenset[int]:
    return frozenset(value for value in hashes if value < limit)


def _novel(numbers: frozenset[int], known: frozenset[int]) -> set[int]:
    """Places of numbers that are not known from any place."""
    unknown = numbers - known
    if not unknown:
        return set()
    values = {number & 0xFFFF for number in known}
    return {number >> 16 for number in unknown if number & 0xFFFF not in values}


def _short(value: int) -> int:
    return (value * 0x9E3779B1 >> 13) & 0xFFFF


def _smallest(hashes: Collection[int], most: int) -> list[int]:
    """The smallest, in the order given."""
    if len(hashes) <= most:
        return list(hashes)
    limit = nsmallest(most, hashes)[-1]
    return [value for value in hashes if value <= limit]
