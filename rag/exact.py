"""Exact search over the vectors that the catalog keeps: for filters, of which Chroma makes hard work.

A sketch of all vectors, 8 bits a number, lies in memory. From it follow bounds of each similarity; only the
vectors that may be among the nearest are read from the catalog and compared in full.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.catalog import Catalog
    from rag.scope import Overview, Scope

# Reading a kept vector takes 4 µs, looking at one in the sketch 0.1 µs; but the sketch has to be made first.
_FEW_CHUNKS = 4000
_FEW_SHARE = 0.1
_BLOCK_ROWS = 1024
_LEVELS = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sketch:
    """Rows as in the overview: vector = ``levels * scale``, off by at most ``slack`` (Euclidean)."""

    overview: Overview
    levels: NDArray[np.int8]
    scale: NDArray[np.float32]
    slack: NDArray[np.float32]


class ExactSearch:
    """Threads may share one; it follows the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        """Nothing is read yet."""
        self._catalog = catalog
        self._turn = threading.Lock()
        self._sketch: _Sketch | None = None

    def search(
        self, vector: Sequence[float], *, limit: int, scope: Scope
    ) -> list[tuple[str, float]]:
        """The nearest chunks of the scope with their cosine similarity, nearest first."""
        import numpy as np

        query = np.asarray(vector, np.float32)
        count = scope.chunks
        if count == 0:
            return []
        rows = np.flatnonzero(scope.row_flags())
        sketch = self._sketch
        stale = sketch is None or sketch.overview is not scope.overview
        if stale and count <= min(_FEW_CHUNKS, _FEW_SHARE * scope.overview.chunks):
            return self._compare(query, rows, limit, scope.overview)
        sketch = self._refreshed(scope.overview, len(query))
        guess = _products(sketch.levels, query, rows) * sketch.scale[rows]
        slack = sketch.slack[rows] * float(np.linalg.norm(query))
        if count > limit:
            least = np.partition(guess - slack, count - limit)[count - limit]
            rows = rows[guess + slack >= least]
        return self._compare(query, rows, limit, scope.overview)

    def _compare(
        self, query: Any, rows: NDArray[np.int64], limit: int, overview: Overview
    ) -> list[tuple[str, float]]:
        """The nearest of some rows by their kept vectors."""
        import numpy as np

        at = np.searchsorted(overview.starts, rows, side="right") - 1
        wanted: dict[int, list[int]] = {}
        for version, number in zip(
            overview.versions[at].tolist(), (rows - overview.starts[at]).tolist(), strict=True
        ):
            wanted.setdefault(version, []).append(number)
        scores: list[tuple[float, int, int]] = []
        for version, vectors in self._catalog.vectors(list(wanted)):
            numbers = [number for number in wanted[version] if number < len(vectors)]
            # Unlike a product of matrices this sums each row alike, however many there are.
            found = np.einsum("ij,j->i", vectors[numbers], query).tolist()
            scores.extend((-s, version, number) for s, number in zip(found, numbers, strict=True))
        scores.sort()
        return [(f"{version}:{number}", -score) for score, version, number in scores[:limit]]

    def _refreshed(self, overview: Overview, dimension: int) -> _Sketch:
        with self._turn:
            if self._sketch is None or self._sketch.overview is not overview:
                self._sketch = self._make(overview, dimension, self._sketch)
            return self._sketch

    def _make(self, overview: Overview, dimension: int, before: _Sketch | None) -> _Sketch:
        """Of versions that were there before the rows are copied, of the others read."""
        import numpy as np

        made = _Sketch(
            overview=overview,
            levels=np.zeros((overview.chunks, dimension), np.int8),
            scale=np.zeros(overview.chunks, np.float32),
            slack=np.zeros(overview.chunks, np.float32),
        )
        new = overview.versions
        # Version numbers are used again only by a rebuild.
        if before and before.overview.changes[1] == overview.changes[1]:
            _copy_rows(before, made)
            new = np.setdiff1d(new, before.overview.versions, assume_unique=True)
        for version, vectors in self._catalog.vectors(new.tolist()):
            at = int(np.searchsorted(overview.versions, version))
            start, end = int(overview.starts[at]), int(overview.starts[at + 1])
            if vectors.shape != (end - start, dimension):
                continue  # replaced by a rebuild a moment ago
            scale = np.abs(vectors).max(axis=1) / _LEVELS
            scale[scale == 0] = 1
            levels = np.rint(vectors / scale[:, None])
            made.levels[start:end] = levels
            made.scale[start:end] = scale
            # Sums of so many products in 32 bits are good to five digits.
            made.slack[start:end] = np.linalg.norm(vectors - levels * scale[:, None], axis=1) + 1e-5
        return made


def _copy_rows(before: _Sketch, made: _Sketch) -> None:
    import numpy as np

    old, new = before.overview, made.overview
    kept, at_old, at_new = np.intersect1d(
        old.versions, new.versions, assume_unique=True, return_indices=True
    )
    counts = np.diff(old.starts)[at_old]
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    source = np.repeat(old.starts[at_old], counts) + offsets
    target = np.repeat(new.starts[at_new], counts) + offsets
    for part in range(0, len(source) if len(kept) else 0, _BLOCK_ROWS * 16):
        here = slice(part, part + _BLOCK_ROWS * 16)
        made.levels[target[here]] = before.levels[source[here]]
    made.scale[target] = before.scale[source]
    made.slack[target] = before.slack[source]


def _products(
    levels: NDArray[np.int8], query: NDArray[np.float32], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """In blocks that fit the processor's cache, as 32-bit numbers."""
    import numpy as np

    products = np.empty(len(rows), np.float32)
    block = np.empty((_BLOCK_ROWS, levels.shape[1]), np.float32)
    whole = len(rows) == len(levels)
    for start in range(0, len(rows), _BLOCK_ROWS):
        end = min(start + _BLOCK_ROWS, len(rows))
        part = block[: end - start]
        part[:] = levels[start:end] if whole else levels[rows[start:end]]
        products[start:end] = part @ query
    return products
