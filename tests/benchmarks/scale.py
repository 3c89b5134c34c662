"""How searching and adding change as an index grows, without an embedding model.

    python -m tests.benchmarks.scale                             5,000 chunks
    python -m tests.benchmarks.scale --chunks 500000 --home DIR  kept in DIR, and used again when it is there

The index is grown, not ingested: documents of ten chunks, each chunk a hundred words drawn from the documents in
seeds/ by how often they stand there, and one of four thousand publication days in turn. Vectors are unit vectors around
as many random centres as there are documents in a hundred: spread evenly over all directions they would have no
neighbours to find, unlike any text. They go into catalog, vectors and words through the classes that ingest uses.

Then questions of nine words are asked, with a vector near that of some chunk (the embedder's share is not measured):
of everything, and of the days that half, a tenth and a hundredth of the documents were published on. Reported are the
median and the 95th percentile of each side of the search and of a whole `HybridRetriever.retrieve`, resident memory,
and what adding one document more, in a process that has the index open and in a new one, takes. With --json the same as
one JSON object.
"""

from __future__ import annotations

import json
import multiprocessing
import re
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from rag import Document, HybridRetriever, Settings, ingest_paths
from rag.derive import derive, settle
from rag.details import Entry
from rag.index import Index, identity
from rag.paths import shipped
from rag.scope import Scope
from rag.split import Span

Vectors = NDArray[np.float32]

DIMENSION = 384
CHUNKS_A_DOCUMENT = 10
WORDS_A_CHUNK = 100
FIRST_DAY = date(2010, 1, 1)
DAYS = 4000
BATCH_DOCUMENTS = 500


class InstantEmbedder:
    """Gives out vectors that lie ready."""

    identity = f"instant@{DIMENSION}"
    dimension = DIMENSION
    max_tokens = 256

    def __init__(self, seed: int, documents: int) -> None:
        self._random = np.random.default_rng(seed)
        # The same for all, so that questions lie near chunks.
        centres = np.random.default_rng(0).standard_normal(
            (max(10, documents // 100), DIMENSION), dtype=np.float32
        )
        self._centres = centres

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def vectors(self, count: int) -> Vectors:
        centres = self._random.integers(len(self._centres), size=count)
        noise = self._random.standard_normal((count, DIMENSION), dtype=np.float32)
        vectors = self._centres[centres] + 0.8 * noise
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed(self, texts: Sequence[str]) -> Any:
        return self.vectors(len(texts))


def words_of_seeds() -> list[str]:
    folder = Path(str(shipped("seeds")))
    return [
        word
        for path in sorted(folder.glob("*.txt"))
        for word in re.findall(r"\w+", path.read_text())
    ]


def grow(settings: Settings, chunks: int, embedder: InstantEmbedder) -> None:
    """Add documents until there are as many chunks."""
    random = np.random.default_rng(1)
    words = np.array(words_of_seeds())
    with Index(settings.index_dir) as index, index.writing():
        index.catalog.set_meta(identity(embedder, settings))
        settle(index, embedder)
        have = index.catalog.counts()["chunks"]
        while have < chunks:
            count = min(BATCH_DOCUMENTS, -(-(chunks - have) // CHUNKS_A_DOCUMENT))
            first = have // CHUNKS_A_DOCUMENT
            entries = [made_up(first + n, words, random) for n in range(count)]
            numbers = index.catalog.add(entries)
            derive(index, embedder, numbers)
            index.catalog.publish(numbers)
            have += count * CHUNKS_A_DOCUMENT


def made_up(number: int, words: NDArray[np.str_], random: np.random.Generator) -> Entry:
    chunks = [
        " ".join(random.choice(words, WORDS_A_CHUNK)) + ".\n" for _ in range(CHUNKS_A_DOCUMENT)
    ]
    ends = np.cumsum([len(chunk) for chunk in chunks]).tolist()
    spans = [Span(start, end - 1) for start, end in zip([0, *ends], ends, strict=False)]
    source = f"section{number % 20}/document{number}.txt"
    document = Document(
        id=f"{number:012x}",
        source=source,
        title=source,
        text="".join(chunks),
        sha256=f"{number:064x}",
        published=FIRST_DAY + timedelta(days=number % DAYS),
        published_from="header",
    )
    return Entry(path=f"/{source}", document=document, sentences=spans, chunks=spans)


def timed(work: Callable[[], Any], times: int) -> dict[str, float]:
    """Milliseconds, after five rounds that load what is loaded once."""
    seconds = []
    for _ in range(times + 5):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    p50, p95 = np.quantile(seconds[5:], [0.5, 0.95]) * 1000
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}


def resident_mb() -> int:
    """Memory of this process now."""
    with suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
        if found:
            return int(found[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure(settings: Settings, documents: int, questions: int) -> dict[str, Any]:
    """In a process of its own, so that the memory of growing does not count."""
    embedder = InstantEmbedder(2, documents)
    random = np.random.default_rng(3)
    words = words_of_seeds()
    figures: dict[str, Any] = {"resident_mb": {"without an index": resident_mb()}}
    started = time.perf_counter()
    with Index.open(settings) as index:
        retriever = HybridRetriever(index, embedder, settings)

        def question() -> str:
            return " ".join(random.choice(words, 9))

        def vector() -> list[float]:
            found: list[float] = embedder.vectors(1)[0].tolist()
            return found

        def nearest(scope: Scope | None) -> Any:
            return index.nearest(vector(), limit=limit, scope=scope)

        def matching(scope: Scope | None) -> Any:
            return index.matching(question(), limit=limit, scope=scope)

        def retrieve(after: date | None) -> Any:
            return retriever.retrieve(question(), after=after)

        retriever.retrieve(question())
        figures["open and first question, s"] = round(time.perf_counter() - started, 2)
        figures["resident_mb"]["after a question"] = resident_mb()
        limit = settings.candidates
        for share, name in ((None, "all"), (0.5, "half"), (0.1, "tenth"), (0.01, "hundredth")):
            after = None
            if share:
                after = FIRST_DAY + timedelta(days=round(min(DAYS, documents) * (1 - share)))
            started = time.perf_counter()
            retriever.retrieve(question(), after=after)
            scope = index.scope(after=after)
            figures[name] = {
                "first_ms": round((time.perf_counter() - started) * 1000, 1),
                "scope": timed(partial(index.scope, after=after), questions),
                "nearest": timed(partial(nearest, scope), questions),
                "matching": timed(partial(matching, scope), questions),
                "retrieve": timed(partial(retrieve, after), questions),
            }
            if share is None:
                exact = index.scope(after=FIRST_DAY)
                figures["recall of the graph"] = recall(index, vector, limit, exact, 20)
        figures["resident_mb"]["after all filters"] = resident_mb()
    return figures


def recall(
    index: Index, vector: Callable[[], list[float]], limit: int, scope: Any, times: int
) -> float:
    """Share of the truly nearest that Chroma finds."""
    found = []
    for _ in range(times):
        asked = vector()
        near = {one for one, _ in index.vectors.search(asked, limit=limit)}
        truly = {one for one, _ in index.nearest(asked, limit=limit, scope=scope)}
        found.append(len(near & truly) / len(truly))
    return round(float(np.mean(found)), 3)


def add_one(settings: Settings, documents: int, number: int) -> float:
    """Seconds to ingest one file of ten chunks."""
    words = np.array(words_of_seeds())
    entry = made_up(number, words, np.random.default_rng(number))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "added.txt")
        path.write_text(entry.document.text)
        started = time.perf_counter()
        ingest_paths([path], settings, embedder=InstantEmbedder(number, documents))
        return round(time.perf_counter() - started, 3)


def add_several(settings: Settings, documents: int) -> dict[str, float]:
    first = add_one(settings, documents, 10**9)
    later = [add_one(settings, documents, 10**9 + n) for n in range(1, 6)]
    return {"in a new process, s": first, "after that, s": round(float(np.median(later)), 3)}


def alone(work: Callable[..., Any], *arguments: Any) -> Any:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


@click.command()
@click.option("--chunks", type=int, default=5000, show_default=True)
@click.option("--questions", type=int, default=200, show_default=True)
@click.option("--home", type=click.Path(path_type=Path), help="Keep the index here.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(*, chunks: int, questions: int, home: Path | None, as_json: bool) -> None:
    """Run it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load(home=home or Path(folder))
        documents = chunks // CHUNKS_A_DOCUMENT
        started = time.perf_counter()
        alone(grow, settings, chunks, InstantEmbedder(1, documents))
        figures: dict[str, Any] = {
            "chunks": chunks,
            "grown in, s": round(time.perf_counter() - started, 1),
            **alone(measure, settings, documents, questions),
            "adding one document": alone(add_several, settings, documents),
            "on disk, MB": on_disk(settings.index_dir),
        }
    click.echo(json.dumps(figures) if as_json else table(figures))


def on_disk(folder: Path) -> dict[str, int]:
    sizes = {
        part.name: sum(file.stat().st_size for file in part.rglob("*") if file.is_file())
        for part in folder.iterdir()
        if part.is_dir()
    }
    sizes["catalog"] = sum(file.stat().st_size for file in folder.glob("catalog*"))
    return {name: size // 1_000_000 for name, size in sizes.items()}


def table(figures: dict[str, Any]) -> str:
    lines = [
        f"{'p50 / p95, ms':24}"
        + "".join(f"{name:>18}" for name in ("scope", "nearest", "matching", "retrieve"))
    ]
    for name in ("all", "half", "tenth", "hundredth"):
        cells = [figures[name][part] for part in ("scope", "nearest", "matching", "retrieve")]
        lines.append(
            f"{name:24}"
            + "".join(f"{cell['p50_ms']:>9.1f} /{cell['p95_ms']:>7.1f}" for cell in cells)
        )
    lines += [
        f"{name:32}{value}"
        for name, value in figures.items()
        if name not in ("all", "half", "tenth", "hundredth")
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
