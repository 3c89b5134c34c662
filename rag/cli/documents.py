"""`rag ingest`, `rag list`, `rag remove` and `rag status`."""

from __future__ import annotations

import json
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import click

from rag.cli.options import as_json
from rag.cli.progress import follow, progress_bar
from rag.conversations import ConversationStore
from rag.errors import IndexMissing
from rag.index import Index
from rag.ingest import ingest_paths, rebuild_index, remove_document
from rag.intake import IngestReport
from rag.paths import shipped
from rag.render import document_json
from rag.settings import Settings


@click.command()
@click.argument(
    "paths", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[PATH]..."
)
@click.option(
    "--prune", is_flag=True, help="Remove documents of these folders whose files are gone."
)
@click.option(
    "--rebuild",
    is_flag=True,
    help="First cut every stored text anew, and embed what has changed by that.",
)
@as_json
def ingest(*, paths: tuple[Path, ...], prune: bool, rebuild: bool, as_json: bool) -> None:
    """Add or update files and folders (default: the seeds that come with the program).

    Unchanged files are skipped, changed ones replaced. It can be interrupted at any moment; the next
    ingest goes on.
    """
    settings = Settings.load()
    rebuilt = rebuild_index(settings) if rebuild else 0
    if rebuild:
        click.echo(f"Rebuilt {rebuilt} documents.", err=True)
    report = IngestReport()
    if paths or not rebuild:
        report = _with_progress(paths or (shipped("seeds"),), settings, prune=prune)
    if as_json:
        click.echo(json.dumps({"rebuilt": rebuilt, **_report_json(report)}, ensure_ascii=False))
        return
    if rebuild and not paths:
        return
    for source, reason in report.skipped:
        click.echo(f"skipped {source}: {reason}", err=True)
    click.echo(
        f"{len(report.added)} added, {len(report.updated)} updated, {len(report.unchanged)} unchanged, "
        f"{len(report.removed)} removed, {len(report.skipped)} skipped; "
        f"{report.chunks} new chunks in {report.seconds:.1f} s"
    )


@click.command(name="list")
@as_json
def list_documents(*, as_json: bool) -> None:
    """List the documents that can be asked about."""
    try:
        with Index.open(Settings.load()) as index:
            documents = index.catalog.documents()
    except IndexMissing:
        documents = []
    if as_json:
        rows = [document_json(document) for document in documents]
        click.echo(json.dumps({"documents": rows}, ensure_ascii=False))
    elif not documents:
        click.echo("No documents yet. Run: rag ingest FOLDER")
    for document in () if as_json else documents:
        click.echo(
            f"{document.id}  {document.published or 'undated   '}  {document.source}  {document.title}"
        )


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
def remove(*, ids: tuple[str, ...]) -> None:
    """Remove documents; nothing of their text is left in the data folder. IDs as in `rag list`."""
    settings = Settings.load()
    for identifier in ids:
        document = remove_document(settings, identifier)
        click.echo(f"removed {document.id} {document.source}")


@click.command()
@as_json
def status(*, as_json: bool) -> None:
    """Show where the data lies and what the index holds."""
    settings = Settings.load()
    facts: dict[str, Any] = {
        "home": str(settings.home.expanduser()),
        "documents": 0,
        "chunks": 0,
        "unfinished": 0,
        "chat_model": settings.chat_model,
        "embedding_model": settings.embedding_model,
    }
    try:
        with Index.open(settings) as index:
            index.catalog.forget_deleted()
            facts |= index.catalog.counts()
            facts["built_with"] = index.catalog.meta()
    except IndexMissing as error:
        facts["built_with"] = None
        click.echo(str(error), err=True)
    with closing(ConversationStore(settings.conversations_path)) as conversations:
        conversations.finish_deleting()
    facts["bytes"] = _bytes_in(settings.home.expanduser())
    if as_json:
        click.echo(json.dumps(facts))
        return
    built = facts.pop("built_with")
    for name, value in {**facts, **(built or {})}.items():
        click.echo(f"{name:18} {value:,}" if isinstance(value, int) else f"{name:18} {value}")


def _bytes_in(folder: Path) -> int:
    total = 0
    for file in folder.rglob("*"):
        # Another process may be writing: files come and go.
        with suppress(FileNotFoundError):
            total += file.stat().st_size if file.is_file() else 0
    return total


def _with_progress(paths: tuple[Path, ...], settings: Settings, *, prune: bool) -> IngestReport:
    with progress_bar("ingest", "file") as bar:
        return ingest_paths(paths, settings, prune=prune, progress=follow(bar))


def _report_json(report: IngestReport) -> dict[str, Any]:
    return {
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "skipped": [{"source": source, "reason": reason} for source, reason in report.skipped],
        "chunks": report.chunks,
        "seconds": round(report.seconds, 3),
    }
