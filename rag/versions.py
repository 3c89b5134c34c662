"""Rows of the catalog as values: versions of documents and the files behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from rag.types import Document

State = Literal["pending", "ready", "stale"]

#: What `version_of` reads, but for the text, which comes last.
VERSION_COLUMNS = "version, document_id, state, path, source, title, sha256, published, published_from, ingested_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a document, as stored.

    Attributes:
        path: Absolute path of the file it was read from; identifies the document.
        ingested_at: When it was written, UTC, ISO 8601.
    """

    number: int
    state: State
    path: str
    ingested_at: str
    document: Document


class KnownFile(NamedTuple):
    """What is known of an ingested file."""

    path: str
    source: str
    document_id: str
    sha256: str
    version: int
    stamp: str | None


def version_of(row: tuple[Any, ...]) -> Version:
    """A row of `VERSION_COLUMNS` and the text."""
    number, document_id, state, path, source, title, digest, published, origin, at, text = row
    return Version(
        number=number,
        state=state,
        path=path,
        ingested_at=at,
        document=Document(
            id=document_id,
            source=source,
            title=title,
            text=text,
            sha256=digest,
            published=published and date.fromisoformat(published),
            published_from=origin,
        ),
    )
