"""`rag replay`: what has become of a kept answer, its sources and its checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import click

from rag.cli.options import as_json
from rag.provenance import Change
from rag.recorded import RecordedQuote, load_record
from rag.render import printable
from rag.replay import CheckNow, Replay, SourceNow, replay_record
from rag.settings import Settings

_DIGEST_CHARS = 64
_SHOWN_CHARS = 12


@click.command(name="replay")
@click.argument("record", type=click.Path(path_type=Path))
@as_json
def replay_answer(*, record: Path, as_json: bool) -> None:
    """Repeat the checks of a kept answer and say which of its sources have changed since.

    RECORD is a file that `rag ask --save` or `rag ask --json` wrote. No language model is needed. Exits with 0 if
    all sources, their files included, are unchanged and all checks come out the same, else with 1; what it was made
    with (model, prompts, settings, versions) is compared too, but does not count.
    """
    replay = replay_record(load_record(record), Settings.load())
    if as_json:
        click.echo(json.dumps(_json(replay), ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(replay)))
    if not replay.repeats:
        click.get_current_context().exit(1)


def _json(replay: Replay) -> dict[str, Any]:
    record = replay.record
    return {
        "question": record.question,
        "answer": record.answer,
        "refused": record.refused,
        "asked_at": record.record.asked_at.isoformat(),
        "repeats": replay.repeats,
        "sources": [_source_json(one) for one in replay.sources],
        "checks": [_check_json(one) for one in replay.checks],
        "differences": [one._asdict() for one in replay.differences],
    }


def _source_json(source: SourceNow) -> dict[str, Any]:
    recorded = source.recorded
    return {
        "number": recorded.number if isinstance(recorded, RecordedQuote) else None,
        "document_id": recorded.document_id,
        "source": recorded.source,
        "unchanged": source.unchanged,
        "document": source.document,
        "quote": source.quote,
        "start": source.place,
        "published": source.dated and source.dated.isoformat(),
        "redated": source.redated,
        "file": source.file,
        "same_bytes": list(source.same_bytes),
    }


def _check_json(check: CheckNow) -> dict[str, Any]:
    return {
        "text": check.recorded.text,
        "dropped": check.dropped,
        "repeats": check.repeats,
        "recorded": {"supported": check.recorded.supported, "support": check.recorded.support},
        "now": {"supported": check.now.verdict == "supported", "support": check.now.support},
    }


def _lines(replay: Replay) -> Iterator[str]:
    record = replay.record
    yield f"{record.record.asked_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {printable(record.question)}"
    yield printable(record.answer)
    if replay.sources:
        yield ""
        yield "Sources looked at:" if record.refused else "Sources:"
    width = max((len(printable(one.recorded.source)) for one in replay.sources), default=0)
    for source in replay.sources:
        recorded = source.recorded
        number = f"[{recorded.number}]" if isinstance(recorded, RecordedQuote) else ""
        yield f"  {number:4} {printable(recorded.source):{width}}  {_told(source)}"
    if replay.checks:
        yield ""
        yield "Checks:"
    for check in replay.checks:
        text = f"{'(dropped) ' if check.dropped else ''}{printable(check.recorded.text)}"
        yield f"  {_verdicts(check)}: {text}"
    if replay.differences:
        yield ""
        yield "Made with something else than there is now:"
        yield from (f"  {_shown(one)}" for one in replay.differences)
    same = sum(one.unchanged for one in replay.sources)
    repeated = sum(one.repeats for one in replay.checks)
    yield ""
    yield (
        f"{same} of {len(replay.sources)} sources unchanged, "
        f"{repeated} of {len(replay.checks)} checks repeated."
    )


def _told(source: SourceNow) -> str:
    """A source's fate in words."""
    if source.document == "removed":
        same = f"; the same file is here as {', '.join(source.same_bytes)}"
        return f"removed{same if source.same_bytes else ''}"
    told = [source.document if source.document == "unchanged" else _changed(source)]
    if source.redated:
        told.append(f"now dated {source.dated or 'nothing'}")
    if source.file == "changed":
        told.append("its file has changed since it was ingested (run rag ingest)")
    elif source.file:
        told += [f"its file is {source.file}"] if source.file != "unchanged" else []
    return "; ".join(told)


def _changed(source: SourceNow) -> str:
    recorded = source.recorded
    if not isinstance(recorded, RecordedQuote):
        return "text changed"
    if source.place is None:
        return "text changed, the quote is no longer in it"
    if source.place == recorded.start:
        return "text changed, the quote stands where it stood"
    end = source.place + len(recorded.quote)
    return f"text changed, the quote moved to characters {source.place}-{end}"


def _verdicts(check: CheckNow) -> str:
    now, recorded = check.now, check.recorded
    told = f"{now.verdict}, support {now.support:.2f}"
    if not check.repeats:
        return f"{told}, recorded as {'supported' if recorded.supported else 'unsupported'}, {recorded.support:.2f}"
    if f"{now.support:.2f}" != f"{recorded.support:.2f}":
        return f"{told}, recorded with {recorded.support:.2f}"
    return f"{told}, as recorded"


def _shown(change: Change) -> str:
    """A change with digests shortened to what a person compares."""
    was, now = (_value(one) for one in (change.was, change.now))
    return printable(f"{change.name} was {was}, now {now}")


def _value(value: Any) -> str:
    if value is None:
        return "not here"
    text = str(value)
    is_digest = len(text) == _DIGEST_CHARS and set(text) <= set("0123456789abcdef")
    return text[:_SHOWN_CHARS] + "…" if is_digest else text or "empty"
