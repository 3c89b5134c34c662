"""Short ways to make documents, and to look at the whole of an index at once."""

from pathlib import Path
from typing import Any

from rag.index import Index
from rag.protocols import Embedder
from rag.settings import Settings


def write(folder: Path, **files: str) -> Path:
    """Files of a folder by their stems; older content is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, text in files.items():
        (folder / f"{stem}.txt").write_text(text)
    return folder


def prose(topic: str, sentences: int = 12, about: str = "reopened") -> str:
    """A text of several chunks (with few tokens each), dated, unlike those on other topics."""
    lines = [
        f"Fact {n} about the {topic} is that {topic}{n} was {about} on day {n} of that year."
        for n in range(sentences)
    ]
    return "Date: 2024-03-27\n\n" + "\n\n".join(lines) + "\n"


def snapshot(settings: Settings, embedder: Embedder, *, every: int = 1) -> dict[str, Any]:
    """Everything an index holds, without what may differ between two that are equal (numbers, times).

    Raises:
        AssertionError: its parts contradict each other, or something is half done.
    """
    with Index.open(settings) as index:
        catalog = index.catalog
        assert catalog.counts()["unfinished"] == 0
        versions = catalog.versions("ready")
        documents = [version.document for version in versions]
        assert len({document.id for document in documents}) == len(documents)
        chunks = {version.number: catalog.chunks(version.number) for version in versions}
        ids = [chunk.id for spans in chunks.values() for chunk in spans]
        assert index.vectors.ids() == index.words.ids() == catalog.ready_chunk_ids() == set(ids)
        assert index.vectors.count() == index.words.count() == len(ids)
        check_findable(index, embedder, every=every)
        return {
            "meta": catalog.meta(),
            "documents": {version.path: version.document for version in versions},
            "chunks": {
                version.path: [(chunk.start, chunk.end) for chunk in chunks[version.number]]
                for version in versions
            },
            "sentences": {
                version.path: catalog.sentences(version.document.id) for version in versions
            },
            "annotations": {
                version.path: catalog.annotations(version.document.id) for version in versions
            },
            "signatures": {
                version.path: [
                    (one.signature, one.document_signature)
                    for one in catalog.found(chunk.id for chunk in chunks[version.number]).values()
                ]
                for version in versions
            },
        }


def check_findable(index: Index, embedder: Embedder, *, every: int = 1) -> None:
    """Each chunk of each ready document is found by its own words and its own vector, with and without a filter.

    With ``every`` only one chunk in so many is looked at.
    """
    everything = max(1, index.catalog.counts()["chunks"]) * 3
    for version in index.catalog.versions("ready"):
        document = version.document
        chunks = index.catalog.chunks(version.number)[::every]
        assert chunks, f"{document.source} has no chunks"
        vectors = embedder.embed([document.text[chunk.start : chunk.end] for chunk in chunks])
        for chunk, vector in zip(chunks, vectors, strict=True):
            stored: Any = index.vectors._collection.get(ids=[chunk.id], include=["embeddings"])
            (found,) = stored["embeddings"]
            assert sum(a * b for a, b in zip(found, vector, strict=True)) > 1 - 1e-3
            scope = index.scope(document_ids=[document.id])
            words = document.text[chunk.start : chunk.end]
            for inside in (scope, None):
                near = dict(index.nearest(vector, limit=everything, scope=inside))
                assert near[chunk.id] > 1 - 1e-3
                assert chunk.id in dict(index.matching(words, limit=everything, scope=inside))
