"""Words of chunks, in tantivy: BM25. No positions and no stored text, so that deleted text cannot be read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import StorageError

if TYPE_CHECKING:
    import tantivy

_ANALYZER = "stemmed"
_LONGEST_WORD = 60
_WRITER_BYTES = 64_000_000
# A pasted page as a query would otherwise cost one posting list for each of its words.
_MAX_QUERY_WORDS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class WordEntry:
    """One chunk as this index sees it."""

    chunk_id: str
    version: int
    document_id: str
    published: date | None
    text: str


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
                writer.delete_documents_by_term("version", str(version))
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
        self,
        query: str,
        *,
        limit: int,
        after: date | None = None,
        before: date | None = None,
        document_ids: Sequence[str] | None = None,
    ) -> list[tuple[str, float]]:
        """Chunks that share words with the query, with their BM25 score (k1 1.2, b 0.75), best first."""
        import tantivy

        words = list(dict.fromkeys(self._analyzer.analyze(query)))[:_MAX_QUERY_WORDS]
        if not words:
            return []
        schema = self._index.schema
        should = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, "words", word, "freq"))
            for word in words
        ]
        parts = [(tantivy.Occur.Must, tantivy.Query.boolean_query(should))]
        parts += [
            (tantivy.Occur.Must, tantivy.Query.const_score_query(condition, 0.0))
            for condition in _conditions(schema, after, before, document_ids)
        ]
        with self._guard():
            self._index.reload()
            searcher = self._index.searcher()
            found = searcher.search(tantivy.Query.boolean_query(parts), limit, count=False)
            return [
                (str(searcher.doc(address).get_first("chunk_id")), float(score))
                for score, address in found.hits
            ]

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
            return {str(searcher.doc(address).get_first("chunk_id")) for _, address in found.hits}

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
        builder.add_text_field("chunk_id", stored=True, tokenizer_name="raw", index_option="basic")
        builder.add_text_field("version", tokenizer_name="raw", index_option="basic")
        builder.add_text_field("document_id", tokenizer_name="raw", index_option="basic")
        builder.add_integer_field("published", indexed=True, fast=True)
        builder.add_text_field("words", tokenizer_name=_ANALYZER, index_option="freq")
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
    document.add_text("chunk_id", entry.chunk_id)
    document.add_text("version", str(entry.version))
    document.add_text("document_id", entry.document_id)
    if entry.published is not None:
        document.add_integer("published", entry.published.toordinal())
    document.add_text("words", entry.text)
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


def _conditions(
    schema: Any, after: date | None, before: date | None, document_ids: Sequence[str] | None
) -> Iterator[tantivy.Query]:
    from tantivy import FieldType, Query

    if after is not None or before is not None:
        yield Query.range_query(
            schema,
            "published",
            FieldType.Integer,
            after.toordinal() if after else None,
            before.toordinal() if before else None,
        )
    if document_ids is not None:
        yield Query.term_set_query(schema, "document_id", list(document_ids))
