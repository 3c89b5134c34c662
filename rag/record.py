"""Answers kept so that they can be checked later: what ``rag ask --json`` prints and ``--save`` writes.

A record holds all that the checks of an answer need, the words of its quotes included, so that they can be repeated
when the sources are gone. `rag.recorded` reads it, `rag.replay` repeats them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rag.errors import RagError
from rag.provenance import decisive_settings, prompt_digests, versions
from rag.recorded import VERSION
from rag.render import answer_json, citation_json
from rag.settings import Settings
from rag.types import Answer, Turn


def make_record(
    answer: Answer,
    settings: Settings,
    *,
    asked_at: datetime,
    embedder: str | None = None,
    filters: Mapping[str, Any] | None = None,
    history: Sequence[Turn] = (),
) -> dict[str, Any]:
    """The fields of ``rag ask --json`` with what the answer was made with under ``record``.

    Args:
        answer: An answer or a refusal.
        settings: Those it was made with.
        asked_at: When, with a time zone.
        embedder: Identity of what made the vectors.
        filters: What the search was narrowed by.
        history: The conversation before the question.
    """
    given = {name: value for name, value in (filters or {}).items() if value}
    documents = {passage.document.id: passage.document for passage in answer.passages}
    return {
        **answer_json(answer),
        "record": {
            "version": VERSION,
            "asked_at": asked_at.astimezone(UTC).isoformat(timespec="seconds"),
            "versions": versions(),
            "settings": decisive_settings(settings),
            "prompts": prompt_digests(),
            "embedder": embedder,
            "filters": {name: _filter_json(value) for name, value in given.items()},
            "history": [{"question": one.question, "answer": one.answer} for one in history],
            "retrieved": [
                {"document_id": one.id, "source": one.source, "sha256": one.sha256}
                for one in documents.values()
            ],
            "also_cited": _also_cited(answer),
        },
    }


def check_free(path: Path) -> None:
    """That a record can be written to ``path``, as far as can be seen beforehand.

    Raises:
        RagError: something is there already, or its folder does not exist.
    """
    if path.exists() or path.is_symlink():
        raise RagError(
            f"{path} exists already, and --save replaces nothing. Name another file, or remove it first."
        )
    if not path.parent.is_dir():
        raise RagError(f"There is no folder {path.parent} to save the record in. Make it first.")


def save_record(record: Mapping[str, Any], path: Path) -> None:
    """Write a record to a new file: the whole of it or nothing.

    Raises:
        RagError: something is there already, or it cannot be written.
    """
    # A lone surrogate, as in an argument that is no UTF-8, becomes the escape that JSON has for it.
    content = json.dumps(record, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace")
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            file.write(content + b"\n")
            file.flush()
            os.fsync(file.fileno())
        _put(partial, path)
    except OSError as error:
        raise RagError(
            f"The record cannot be written to {path} ({error.strerror or error}). Name another file."
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def _also_cited(answer: Answer) -> list[dict[str, Any]]:
    """Quotes that only dropped sentences cite, each once."""
    known = {one.number for one in answer.citations}
    cited = (one for claim in answer.dropped for one in claim.citations)
    rest = {one.number: one for one in cited if one.number not in known}
    return [citation_json(rest[number]) for number in sorted(rest)]


def _filter_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else list(value)


def _put(partial: Path, path: Path) -> None:
    """Give a file its name, unless something has got it meanwhile."""
    try:
        path.hardlink_to(partial)
    except FileExistsError:
        check_free(path)
        raise
    except OSError:  # a file system without links
        check_free(path)
        partial.replace(path)
