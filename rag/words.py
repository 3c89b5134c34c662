"""Words of chunks, in tantivy: BM25. No positions and no stored text, so that deleted text cannot be read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import StorageError

if TYPE_CHECKING:
    import tantivy

    from rag.scope import Scope

_ANALYZER = "stemmed"
_FIELDS = ("words", "around")
_LONGEST_WORD = 60
_WRITER_BYTES = 64_000_000
# A pasted page as a query would otherwise cost one posting list for each of its words.
_MAX_QUERY_WORDS = 128
# Naming this many documents in a query costs 15 ms; above, looking at more chunks than wanted is cheaper.
_MAX_NAMED = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class WordEntry:
    """One chunk as this index sees it.

    ``around`` is its text with that of its neighbours: a chunk that says only "the treaty" is found by the name that
    the one before it gives.
    """

    version: int
    number: int
    text: str
    around: str


def word_entries(version: int, texts: Sequence[str]) -> list[WordEntry]:
    """The entries of a version's chunks, from all of their texts in order."""
    return [
        WordEntry(
            version=version,
            number=at,
            text=text,
            around="\n".join(texts[max(0, at - 1) : at + 2]),
        )
        for at, text in enumerate(texts)
    ]


class TantivyWords:
    """The lexical side of the index."""

    def __init__(self, folder: Path) -> None:
        """Open or create the index.

        Raises:
            StorageError: the folder cannot be used.
        """
        self._folder = folder
        with self._guard():
            folder.mkdir(parents=True, exist_ok=True)
            self._analyzer = _analyzer()
            self._index = self._open()

    def write(self, entries: Sequence[WordEntry], *, without: Sequence[int] = ()) -> None:
        """Add chunks and drop whole versions, in one commit. What is added replaces its version's chunks."""
        if not entries and not without:
            return
        with self._writer() as writer:
            for version in {*without, *(entry.version for entry in entries)}:
                writer.delete_documents_by_term("version", version)
            for entry in entries:
                writer.add_document(_document(entry))
            writer.commit()

    def rebuild(self, entries: Iterable[WordEntry]) -> None:
        """Replace everything in one commit, so that no trace of earlier text is left in the word lists."""
        with self._writer() as writer:
            writer.delete_all_documents()
            for entry in entries:
                writer.add_document(_document(entry))
            writer.commit()
            writer.garbage_collect_files()

    def search(
        self, query: str, *, limit: int, scope: Scope | None = None
    ) -> list[tuple[str, float]]:
        """Chunks that share words with the query, best first.

        The score is that of the chunk and that of the chunk with its neighbours, added (BM25, k1 1.2, b 0.75).
        """
        import tantivy

        words = list(dict.fromkeys(self._analyzer.analyze(query)))[:_MAX_QUERY_WORDS]
        if not words or (scope is not None and scope.empty):
            return []
        schema = self._index.schema
        asked = tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Should, tantivy.Query.term_query(schema, field, word, "freq"))
                for field in _FIELDS
                for word in words
            ]
        )
        at_once = limit
        if scope is not None:
            named = scope.versions
            if len(named) <= _MAX_NAMED:
                inside = tantivy.Query.term_set_query(schema, "version", named)
                asked = tantivy.Query.boolean_query(
                    [
                        (tantivy.Occur.Must, asked),
                        (tantivy.Occur.Must, tantivy.Query.const_score_query(inside, 0.0)),
                    ]
                )
            share = scope.chunks / max(1, scope.overview.chunks)
            at_once = limit if len(named) <= _MAX_NAMED else round(limit / max(share, 0.02) * 1.5)
        with self._guard():
            self._index.reload()
            searcher = self._index.searcher()
            while True:
                hits = searcher.search(asked, at_once, count=False).hits
                found = _within(scope, searcher, hits)
                if len(found) >= limit or len(hits) < at_once:
                    return found[:limit]
                at_once *= 8

    def count(self) -> int:
        """How many chunks there are."""
        with self._guard():
            self._index.reload()
            return self._index.searcher().num_docs

    def ids(self) -> set[str]:
        """Every chunk id in the index."""
        import tantivy

        with self._guard():
            self._index.reload()
            searcher = self._index.searcher()
            found = searcher.search(tantivy.Query.all_query(), max(1, searcher.num_docs))
            return {chunk_id for chunk_id, _ in _within(None, searcher, found.hits)}

    @contextmanager
    def _writer(self) -> Iterator[tantivy.IndexWriter]:
        with self._guard():
            # One thread writes one segment; several would leave as many tiny ones at each commit.
            writer = self._index.writer(_WRITER_BYTES, num_threads=1)
            try:
                # Files of a commit that was cut off would be in the way of the same commit done again.
                writer.garbage_collect_files()
                yield writer
            finally:
                writer.wait_merging_threads()
            self._index.reload()

    def _open(self) -> tantivy.Index:
        import tantivy

        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("version", indexed=True, fast=True)
        builder.add_integer_field("number", fast=True)
        for field in _FIELDS:
            builder.add_text_field(field, tokenizer_name=_ANALYZER, index_option="freq")
        index = tantivy.Index(builder.build(), path=str(self._folder))
        index.register_tokenizer(_ANALYZER, self._analyzer)
        index.config_reader("manual")
        return index

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, OSError) as error:
            raise StorageError(
                f"The word index in {self._folder} cannot be used ({error}). Check that the folder is "
                "writable and the disk not full, then rebuild: rag ingest --rebuild"
            ) from error


def _document(entry: WordEntry) -> tantivy.Document:
    import tantivy

    document = tantivy.Document()
    document.add_integer("version", entry.version)
    document.add_integer("number", entry.number)
    for field, text in zip(_FIELDS, (entry.text, entry.around), strict=True):
        document.add_text(field, text)
    return document


def _analyzer() -> tantivy.TextAnalyzer:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(_LONGEST_WORD))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .filter(Filter.stemmer("english"))
        .build()
    )


def _within(
    scope: Scope | None, searcher: tantivy.Searcher, hits: Sequence[tuple[Any, tantivy.DocAddress]]
) -> list[tuple[str, float]]:
    """Ids and scores of those hits that lie in the scope."""
    import numpy as np

    if not hits:
        return []
    addresses = [address for _, address in hits]
    versions: list[Any] = searcher.fast_field_values("version", addresses)
    numbers: list[Any] = searcher.fast_field_values("number", addresses)
    found = (
        (f"{version}:{number}", float(score))
        for version, number, (score, _) in zip(versions, numbers, hits, strict=True)
    )
    if scope is None:
        return list(found)
    return list(compress(found, scope.holds(np.array(versions), np.array(numbers)).tolist()))
