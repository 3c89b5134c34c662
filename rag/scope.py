"""What a search may return: the chunks that are left by filters on documents, days and what is spoken of."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import translate
from itertools import compress
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.catalog import Catalog

    Flags: TypeAlias = NDArray[np.bool_]
    Numbers: TypeAlias = NDArray[np.int64]

# Patterns of which the matching sources are remembered until the index changes.
_REMEMBERED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The ready documents at one moment, without their texts: what filters look at, in columns.

    The chunks of all documents are thought of as rows, one after the other.

    Attributes:
        changes: Tells whether the catalog has changed since.
        versions: In rising order; ``starts`` has the first row of each, and the number of rows at its end.
        published: Days as ordinals, 0 for none.
    """

    changes: tuple[int, int]
    versions: Numbers
    starts: Numbers
    published: Numbers
    document_ids: Sequence[str]
    sources: Sequence[str]
    matches: dict[tuple[str, ...], Flags] = field(default_factory=dict)

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return int(self.starts[-1])

    def from_sources(self, patterns: Sequence[str]) -> Flags:
        """Which documents have a source that matches one of the shell patterns."""
        import numpy as np

        key = tuple(patterns)
        if key not in self.matches:
            matches = re.compile("|".join(map(translate, key))).match
            flags = np.fromiter((matches(one) is not None for one in self.sources), bool)
            while len(self.matches) >= _REMEMBERED:
                self.matches.pop(next(iter(self.matches)), None)
            self.matches[key] = flags
            return flags
        return self.matches[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which documents, and which of their chunks, a search may return.

    Attributes:
        documents: A flag for each document of the overview.
        rows: A flag for each chunk, ``None`` if all chunks of the documents are meant.
    """

    overview: Overview
    documents: Flags
    rows: Flags | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is left to search."""
        return not self.documents.any()

    @property
    def versions(self) -> list[int]:
        """The documents' versions."""
        versions: list[int] = self.overview.versions[self.documents].tolist()
        return versions

    @property
    def document_ids(self) -> list[str]:
        """The documents."""
        return list(compress(self.overview.document_ids, self.documents))

    @property
    def chunks(self) -> int:
        """How many chunks are left."""
        import numpy as np

        if self.rows is not None:
            return int(np.count_nonzero(self.rows))
        return int(np.diff(self.overview.starts)[self.documents].sum())

    def row_flags(self) -> Flags:
        """A flag for each chunk."""
        import numpy as np

        if self.rows is not None:
            return self.rows
        return np.repeat(self.documents, np.diff(self.overview.starts))

    def holds(self, versions: Numbers, numbers: Numbers) -> Flags:
        """Which of these chunks may be returned."""
        import numpy as np

        overview = self.overview
        if not len(overview.versions):
            return np.zeros(len(versions), bool)
        at = np.minimum(np.searchsorted(overview.versions, versions), len(overview.versions) - 1)
        flags: Flags = (overview.versions[at] == versions) & self.documents[at]
        if self.rows is not None and len(self.rows):
            rows = np.minimum(overview.starts[at] + numbers, len(self.rows) - 1)
            flags &= self.rows[rows]
        return flags


def look_over(catalog: Catalog) -> Overview:
    """The catalog's ready documents as they are now."""
    import numpy as np

    # Asked first: what changes meanwhile is seen the next time.
    changes = catalog.changes()
    rows = catalog.overview()
    return Overview(
        changes=changes,
        versions=np.array([row[0] for row in rows], np.int64),
        starts=np.cumsum([0, *(row[1] for row in rows)], dtype=np.int64),
        published=np.array([_ordinal(row[3]) for row in rows], np.int64),
        document_ids=[row[2] for row in rows],
        sources=[row[4] for row in rows],
    )


def narrow(
    catalog: Catalog,
    overview: Overview,
    *,
    after: date | None = None,
    before: date | None = None,
    sources: Sequence[str] = (),
    document_ids: Collection[str] | None = None,
    event_after: date | None = None,
    event_before: date | None = None,
) -> Scope:
    """What these filters leave; see `rag.index.Index.scope`."""
    import numpy as np

    documents = np.ones(len(overview.versions), bool)
    if after is not None or before is not None:
        documents &= overview.published >= max(1, (after or date.min).toordinal())
        documents &= overview.published <= (before or date.max).toordinal()
    if sources:
        documents &= overview.from_sources(sources)
    if document_ids is not None:
        wanted = set(document_ids)
        documents &= np.fromiter((one in wanted for one in overview.document_ids), bool)
    if event_after is None and event_before is None:
        return Scope(overview=overview, documents=documents)
    rows = np.zeros(overview.chunks, bool)
    about = np.array(catalog.chunks_about(event_after, event_before), np.int64).reshape(-1, 2)
    everything = Scope(overview=overview, documents=documents)
    about = about[everything.holds(about[:, 0], about[:, 1])]
    at = np.searchsorted(overview.versions, about[:, 0])
    rows[overview.starts[at] + about[:, 1]] = True
    speaking = np.zeros(len(documents), bool)
    speaking[at] = True
    return Scope(overview=overview, documents=speaking, rows=rows)


def _ordinal(day: str | None) -> int:
    return date.fromisoformat(day).toordinal() if day else 0
