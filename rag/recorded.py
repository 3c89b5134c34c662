"""A record of an answer as it is read back: as much of it as is needed to check it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from rag.errors import RagError
from rag.types import Document, PublishedFrom, Quote

#: Raised when a program that knows the number before would read a record wrongly.
VERSION = 1

_SHA256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_FROZEN = ConfigDict(frozen=True)  # fields of no interest here may be anything


class RecordedDocument(BaseModel):
    """A document that was looked at."""

    model_config = _FROZEN

    document_id: str
    source: str
    sha256: _SHA256


class RecordedQuote(RecordedDocument):
    """A quote with its number, as it was then."""

    number: int
    title: str
    published: date | None
    published_from: PublishedFrom | None
    start: Annotated[int, Field(ge=0)]
    end: int
    quote: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.end - self.start != len(self.quote):
            raise ValueError(f"quote [{self.number}] is not as long as its span says")
        return self

    def as_quote(self) -> Quote:
        """To check claims against: of a document that holds these words alone."""
        document = Document(
            id=self.document_id,
            source=self.source,
            title=self.title,
            text=self.quote,
            sha256=self.sha256,
            published=self.published,
            published_from=self.published_from,
        )
        return Quote(document=document, start=0, end=len(self.quote))


class RecordedClaim(BaseModel):
    """A sentence, the numbers of its quotes, and what the check said then."""

    model_config = _FROZEN

    text: str
    supported: bool
    support: float
    citations: tuple[int, ...]


class RecordedModel(BaseModel):
    """Which language model wrote."""

    model_config = _FROZEN

    name: str
    sha256: str


class Circumstances(BaseModel):
    """What an answer was made with."""

    model_config = _FROZEN

    version: int
    asked_at: AwareDatetime
    versions: dict[str, str]
    settings: dict[str, Any]
    prompts: dict[str, str]
    embedder: str | None
    retrieved: tuple[RecordedDocument, ...]
    also_cited: tuple[RecordedQuote, ...]


class AnswerRecord(BaseModel):
    """A record as read."""

    model_config = _FROZEN

    question: str
    standalone_question: str
    answer: str
    refused: bool
    claims: tuple[RecordedClaim, ...]
    dropped: tuple[RecordedClaim, ...]
    citations: tuple[RecordedQuote, ...]
    model: RecordedModel | None
    record: Circumstances

    @property
    def quotes(self) -> dict[int, RecordedQuote]:
        """By number, those that only dropped sentences cite included."""
        return {one.number: one for one in (*self.citations, *self.record.also_cited)}

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        cited = {number for claim in (*self.claims, *self.dropped) for number in claim.citations}
        if lost := sorted(cited - self.quotes.keys()):
            raise ValueError(f"it cites [{lost[0]}], which it does not hold")
        return self


def load_record(path: Path) -> AnswerRecord:
    """Read a record.

    Raises:
        RagError: there is none, it is damaged or no record, or a newer program wrote it.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise RagError(
            f"{path} cannot be opened ({error.strerror or error}). Give a file that `rag ask --save` wrote."
        ) from error
    except (ValueError, RecursionError) as error:
        raise RagError(
            f"{path} is damaged, or no record: it is not one JSON object ({error})."
        ) from None
    kept = content.get("record") if isinstance(content, dict) else None
    if not isinstance(kept, dict) or not isinstance(kept.get("version"), int):
        raise RagError(
            f"{path} is no record of an answer. Give a file that `rag ask --save` or `rag ask --json` wrote."
        )
    if kept["version"] != VERSION:
        raise RagError(
            f"{path} is a record of version {kept['version']}; this program reads version {VERSION}. Use the "
            f"seedbound that wrote it ({_written_by(kept)}) or a newer one."
        )
    try:
        return AnswerRecord.model_validate(content)
    except ValidationError as error:
        first, more = error.errors()[0], error.error_count() - 1
        where = ".".join(str(part) for part in first["loc"])
        raise RagError(
            f"{path} is a damaged record: {f'{where}: ' if where else ''}{first['msg']}"
            f"{f' (and {more} more faults)' if more else ''}. Ask the question again."
        ) from None


def _written_by(kept: Mapping[str, Any]) -> str:
    known = kept.get("versions")
    return str(known.get("seedbound", "unknown") if isinstance(known, dict) else "unknown")
