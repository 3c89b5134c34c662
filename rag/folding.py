"""Copies among the candidates of a query: each group is shown once, the others are listed with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, pairwise, repeat

from rag.copies import COPY, EVERY, Sketch, says_all

# A part of the hashes is enough to see which documents are worth a full comparison.
_PROBES = 8_000
_FEW_PROBES = 6
_PROBE_SHARE = 0.5 * COPY
_CHANCE_SHARE = 0.1
# Of a passage that is known to be a copy, this much has to be in the one it is listed under.
_LEAST_SHARED = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A chunk that was found, with what folding has to know.

    Attributes:
        signature: `rag.copies.signature` of its text.
        score: Higher is better.
        published: Of its document.
        seen: Lower for what has been in the index longer, such as the number of the document's version.
    """

    chunk_id: str
    document_id: str
    signature: bytes
    score: float
    published: date | None = None
    seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A passage to show and its copies.

    Attributes:
        score: The best of all members.
        copies: Folded into the representative, best first.
    """

    representative: Candidate
    score: float
    copies: tuple[Candidate, ...] = ()

    @property
    def also_in(self) -> tuple[str, ...]:
        """Ids of the other documents that hold the passage, best first."""
        ids = dict.fromkeys(copy.document_id for copy in self.copies)
        ids.pop(self.representative.document_id, None)
        return tuple(ids)


@dataclass(slots=True, eq=False)
class _Shown:
    """A representative, what was folded into it, and the later one that says all of it.

    Attributes:
        probes: Of the pairs looked at, those that occur in other candidates too.
        probed: How many were looked at.
    """

    candidate: Candidate
    sketch: Sketch
    probes: list[int]
    probed: int
    copies: list[Candidate] = field(default_factory=list)
    fuller: _Shown | None = None


def fold(
    candidates: Sequence[Candidate], documents: Mapping[str, bytes] | None = None
) -> list[Group]:
    """Fold copies into one representative each; every candidate is in exactly one group, best group first.

    Documents are taken in the order of their publication (those without a date last, then by ``seen``, then by id).
    A passage is folded into those of one earlier document if they say all of it (`says_all`), so a copy whose chunks
    begin elsewhere is folded too; it is listed under the one it shares most with. Then a passage of which a later
    document says all and more is folded into that. So the earliest is shown, unless it is the shorter, and nothing
    that only a copy says is lost. Being compared with representatives only, passages that resemble each other in a
    chain are not all taken for one. The order of ``candidates`` does not matter.

    Args:
        candidates: What was found.
        documents: Signatures of whole documents by id. With them a copy's passage is folded even where a part of the
            text that it repeats is not among the candidates.

    Raises:
        StorageError: a signature was not written by this version of the program.
    """
    ordered = sorted(candidates, key=_precedence)
    sketches = [Sketch(one.signature) for one in ordered]
    shown = _Representatives(documents or {})
    for candidate, sketch, probes in zip(ordered, sketches, _probes(sketches), strict=True):
        shown.place(_Shown(candidate, sketch, *probes))
    groups = [_group(one) for one in shown.settled()]
    return sorted(groups, key=lambda group: (-group.score, _precedence(group.representative)))


class _Representatives:
    """Passages that stand for themselves, findable by their hashes."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        self._documents = documents
        self._opened: dict[str, Sketch] = {}
        self._all: list[_Shown] = []
        self._by_document: defaultdict[str, list[_Shown]] = defaultdict(list)
        self._holders: defaultdict[int, list[_Shown]] = defaultdict(list)

    def place(self, passage: _Shown) -> None:
        """Fold a passage into an earlier one, or let it stand for itself."""
        counts = self._shared_probes(passage)
        home = self._home(passage, counts)
        if home is not None:
            home.copies.append(passage.candidate)
            return
        for one, count in counts:
            likely = count >= _PROBE_SHARE * one.probed
            if likely and one.fuller is None and says_all(one.sketch, [passage.sketch]):
                one.fuller = passage
        self._all.append(passage)
        self._by_document[passage.candidate.document_id].append(passage)
        for probe in passage.probes:
            self._holders[probe].append(passage)

    def settled(self) -> list[_Shown]:
        """Those that no later one says all of; the others are among that one's copies."""
        for one in self._all:
            if one.fuller is not None:
                one.fuller.copies += [one.candidate, *one.copies]
        return [one for one in self._all if one.fuller is None]

    def _shared_probes(self, passage: _Shown) -> list[tuple[_Shown, int]]:
        """How many probes representatives have in common with a passage, where more than a few."""
        counts = Counter(chain.from_iterable(map(self._holders.get, passage.probes, repeat(()))))
        least = _CHANCE_SHARE * passage.probed
        return [(one, count) for one, count in counts.items() if count > least]

    def _home(self, passage: _Shown, counts: Sequence[tuple[_Shown, int]]) -> _Shown | None:
        """The representative that a passage belongs to, if that one's document says all of it."""
        shared: defaultdict[str, int] = defaultdict(int)
        for one, count in counts:
            shared[one.candidate.document_id] += count
        sketch, least = passage.sketch, _PROBE_SHARE * passage.probed
        likely = [document_id for document_id, count in shared.items() if count >= least]
        # The earliest first, so that it does not hang on which pairs were looked at.
        for document_id in sorted(
            likely, key=lambda one: _precedence(self._by_document[one][0].candidate)
        ):
            theirs = self._by_document[document_id]
            if document_id == passage.candidate.document_id:
                # Its own neighbours overlap with it and say much of it; only a repetition is a copy.
                theirs = [one for one in theirs if says_all(sketch, [one.sketch])]
            elif not says_all(sketch, [one.sketch for one in theirs]):
                theirs = self._nearest(document_id, sketch)
            if theirs:
                return max(theirs, key=lambda one: len(sketch.pairs & one.sketch.pairs))
        return None

    def _nearest(self, document_id: str, sketch: Sketch) -> list[_Shown]:
        """Representatives of a document that says all of a passage, if partly in chunks that were not found."""
        if document_id not in self._documents:
            return []
        whole = self._opened.setdefault(document_id, Sketch(self._documents[document_id]))
        if not says_all(sketch, [whole]):
            return []
        least = _LEAST_SHARED * len(sketch.pairs)
        theirs = self._by_document[document_id]
        return [one for one in theirs if len(sketch.pairs & one.sketch.pairs) >= least]


def _probes(sketches: Sequence[Sketch]) -> list[tuple[list[int], int]]:
    """The same sample of pairs from each sketch: those that occur in others too, and how many were taken.

    Of short passages all pairs are taken, and looked for in all others.
    """
    import numpy as np

    lengths = np.array([sketch.length for sketch in sketches], dtype=np.int64)
    pairs = np.frombuffer(b"".join(sketch.packed for sketch in sketches), dtype="<u4")
    share = min(1.0, _PROBES / max(1, len(pairs)))
    taken = pairs < share * EVERY
    short = np.repeat(lengths * share < _FEW_PROBES, lengths)
    if share < 1 and short.any():
        wanted = np.zeros(1 << 16, dtype=np.bool_)
        wanted[pairs[short] & 0xFFFF] = True
        taken |= wanted[pairs & 0xFFFF]  # and a few by chance
    owners = np.repeat(np.arange(len(sketches)), lengths)[taken]
    probes, times = np.unique(pairs[taken], return_inverse=True, return_counts=True)[1:]
    common = times[probes] > 1
    ends = np.searchsorted(owners[common], np.arange(len(sketches)), side="right").tolist()
    values = probes[common].tolist()
    looked_at = np.bincount(owners, minlength=len(sketches)).tolist()
    return [
        (values[start:end], probed)
        for (start, end), probed in zip(pairwise([0, *ends]), looked_at, strict=True)
    ]


def _group(shown: _Shown) -> Group:
    return Group(
        representative=shown.candidate,
        score=max(one.score for one in (shown.candidate, *shown.copies)),
        copies=tuple(sorted(shown.copies, key=lambda one: (-one.score, *_precedence(one)))),
    )


def _precedence(one: Candidate) -> tuple[date, int, str, str]:
    return (one.published or date.max, one.seen, one.document_id, one.chunk_id)
