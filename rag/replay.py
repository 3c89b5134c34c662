"""A record held against today: which of its sources have changed, and whether its checks come out the same.

No language model is asked: what is repeated is what code decided.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rag.check import check
from rag.compose import Draft
from rag.dates import stated_day
from rag.errors import IndexMissing, ModelError
from rag.index import Index
from rag.models import locate_model
from rag.provenance import Change, changes, decisive_settings, prompt_digests, versions
from rag.read import key_path
from rag.recorded import AnswerRecord, RecordedClaim, RecordedDocument, RecordedQuote
from rag.settings import Settings
from rag.stamps import stamp
from rag.types import Claim, Document, Quote

if TYPE_CHECKING:
    from rag.catalog import Catalog
    from rag.versions import KnownFile


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNow:
    """What has become of a recorded source.

    Attributes:
        recorded: A quote; or a document that was looked at for a refusal.
        document: Its text in the index.
        place: Where the quote's words now begin in that text; ``None`` if they are not in it.
        dated: Its day of publication now, ``None`` if it states none.
        file: The file that the text in the index was read from.
        same_bytes: Of one that was removed: documents with the same bytes under another id.
    """

    recorded: RecordedDocument
    document: Literal["unchanged", "changed", "removed"]
    place: int | None = None
    dated: date | None = None
    redated: bool = False
    file: Literal["unchanged", "changed", "missing", "unreadable"] | None = None
    same_bytes: tuple[str, ...] = ()

    @property
    def unchanged(self) -> bool:
        """Whether everything about it is as it was."""
        return (self.document, self.file, self.redated) == ("unchanged", "unchanged", False)

    @property
    def quote(self) -> Literal["stands", "moved", "gone"] | None:
        """Whether the words still stand where they stood; ``None`` if no quote is meant."""
        if not isinstance(self.recorded, RecordedQuote):
            return None
        if self.place is None:
            return "gone"
        return "stands" if self.place == self.recorded.start else "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckNow:
    """What the check says of a recorded sentence today.

    Attributes:
        dropped: Whether the sentence was left out of the answer.
    """

    recorded: RecordedClaim
    now: Claim
    dropped: bool

    @property
    def repeats(self) -> bool:
        """Whether the verdict is the same."""
        return self.recorded.supported == (self.now.verdict == "supported")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of a record. ``differences`` are those between what it was made with and what there is now."""

    record: AnswerRecord
    sources: tuple[SourceNow, ...]
    checks: tuple[CheckNow, ...]
    differences: tuple[Change, ...]

    @property
    def repeats(self) -> bool:
        """Whether all sources are unchanged and all checks come out the same."""
        return all(one.unchanged for one in self.sources) and all(
            one.repeats for one in self.checks
        )


def replay_record(record: AnswerRecord, settings: Settings) -> Replay:
    """Look up a record's sources in the index of the settings and repeat its checks.

    Where a source is not what it was, its sentences are checked against the words that the record holds.
    Without an index all sources count as removed.

    Raises:
        IndexFault: there is an index, but it cannot be read.
    """
    wanted = _sources(record)
    try:
        with Index.open(settings) as index:
            catalog = index.catalog
            sources, quotes = _look_up(wanted, catalog)
            embedder = catalog.meta().get("embedder")
    except IndexMissing:
        sources, quotes, embedder = (
            [SourceNow(recorded=one, document="removed") for one in wanted],
            {},
            None,
        )
    quotes = {number: one.as_quote() for number, one in record.quotes.items()} | quotes
    checks = [
        CheckNow(
            recorded=claim, now=_check(record.standalone_question, claim, quotes), dropped=dropped
        )
        for claims, dropped in ((record.claims, False), (record.dropped, True))
        for claim in claims
    ]
    return Replay(
        record=record,
        sources=tuple(sources),
        checks=tuple(checks),
        differences=tuple(_differences(record, embedder, settings)),
    )


def _sources(record: AnswerRecord) -> list[RecordedDocument]:
    """What an answer cites; a refusal rests on all that was looked at."""
    quotes = record.quotes
    sources: list[RecordedDocument] = [quotes[number] for number in sorted(quotes)]
    if record.refused:
        cited = {one.document_id for one in sources}
        sources += [one for one in record.record.retrieved if one.document_id not in cited]
    return sources


def _check(question: str, claim: RecordedClaim, quotes: Mapping[int, Quote]) -> Claim:
    """The check again, with the quotes that the sentence kept in place of all that were offered."""
    kept = [quotes[number] for number in claim.citations]
    draft = Draft(claim.text, tuple(range(1, len(kept) + 1)))
    return check(question, draft, kept)


def _look_up(
    wanted: Sequence[RecordedDocument], catalog: Catalog
) -> tuple[list[SourceNow], dict[int, Quote]]:
    """What has become of each, and by their numbers the quotes that are still what they were."""
    files = catalog.files()
    by_id = {file.document_id: file for file in files}
    sources, quotes = [], {}
    for recorded in wanted:
        document = catalog.document(recorded.document_id)
        if document is None:
            same = tuple(file.document_id for file in files if file.sha256 == recorded.sha256)
            sources.append(SourceNow(recorded=recorded, document="removed", same_bytes=same))
            continue
        source = _compare(recorded, document, by_id.get(document.id))
        if isinstance(recorded, RecordedQuote) and source.quote == "stands" and not source.redated:
            quotes[recorded.number] = Quote(
                document=document, start=recorded.start, end=recorded.end
            )
        sources.append(source)
    return sources, quotes


def _compare(recorded: RecordedDocument, document: Document, file: KnownFile | None) -> SourceNow:
    place, redated = None, False
    unchanged = document.sha256 == recorded.sha256
    if isinstance(recorded, RecordedQuote):
        place = _place(recorded, document.text)
        redated = stated_day(document) != stated_day(recorded.as_quote().document)
        # The same bytes may be read otherwise by a newer program.
        unchanged = unchanged and place == recorded.start
    return SourceNow(
        recorded=recorded,
        document="unchanged" if unchanged else "changed",
        place=place,
        dated=stated_day(document),
        redated=redated,
        file=_file_state(file) if file else None,
    )


def _place(recorded: RecordedQuote, text: str) -> int | None:
    """Where a quote's words stand, nearest to where they stood."""
    places = [match.start() for match in re.finditer(re.escape(recorded.quote), text)]
    return min(places, key=lambda place: abs(place - recorded.start), default=None)


def _file_state(known: KnownFile) -> Literal["unchanged", "changed", "missing", "unreadable"]:
    """Whether a file is still what was ingested; it is read only if it does not look the same."""
    path: Path = key_path(known.path)
    try:
        now = stamp(path.stat())
        if now and now == known.stamp:
            return "unchanged"
        with path.open("rb") as file:
            same = file_digest(file, "sha256").hexdigest() == known.sha256
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError:
        return "unreadable"
    return "unchanged" if same else "changed"


def _differences(record: AnswerRecord, embedder: str | None, settings: Settings) -> list[Change]:
    kept = record.record
    before = {
        "model": record.model.model_dump() if record.model else {},
        "embedder": kept.embedder,
        "prompts": kept.prompts,
        "settings": kept.settings,
        "versions": kept.versions,
    }
    after = {
        "model": _model(settings) if record.model else {},
        "embedder": embedder if kept.embedder else None,
        "prompts": prompt_digests(),
        "settings": decisive_settings(settings),
        "versions": versions(),
    }
    return changes(before, after)


def _model(settings: Settings) -> dict[str, Any]:
    try:
        found = locate_model(settings.chat_model, settings, "chat")
    except ModelError:  # not here, so there is none now
        return {}
    return {"name": found.name, "sha256": found.sha256}
