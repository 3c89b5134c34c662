"""`rag inspect`: a document as the index knows it, with what was set aside and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import click

from rag.cli.options import as_json
from rag.errors import DocumentNotFound
from rag.index import Index
from rag.render import document_json, printable
from rag.settings import Settings
from rag.types import Annotation, Chunk, Document

# Letters that nobody sees: each stands for the ASCII letter with the same last two digits.
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_ADDRESSED = "addresses the reader's software"
_LABEL = 11
_RULE = "─" * 8


@click.command(name="inspect")
@click.argument("document_id", metavar="ID")
@as_json
def inspect_document(*, document_id: str, as_json: bool) -> None:
    """Show a document with what was set aside and why. ID as in `rag list`.

    Words between ⟦ and ⟧ are never offered as evidence; the reason comes first. Those that speak to the software
    that reads them (orders to a model, forged turns, hidden letters) say so. Dates stand between ‹ and › with the
    days that they mean.
    """
    with Index.open(Settings.load()) as index:
        catalog = index.catalog
        document = catalog.document(document_id)
        if document is None:
            raise DocumentNotFound(f"No document has the id {document_id}. See: rag list")
        annotations = catalog.annotations(document_id)
        sentences = len(catalog.sentences(document_id))
        versions = [file.version for file in catalog.files() if file.document_id == document_id]
        chunks = [chunk for version in versions for chunk in catalog.chunks(version)]
    if as_json:
        click.echo(json.dumps(_json(document, annotations, sentences, chunks), ensure_ascii=False))
        return
    for label, value in _facts(document, annotations, sentences, chunks):
        click.echo(f"{label:{_LABEL}}{_printable(value)}")
    click.echo()
    click.echo("".join(_marked(document.text, annotations)).rstrip())


def _json(
    document: Document,
    annotations: Sequence[Annotation],
    sentences: int,
    chunks: Sequence[Chunk],
) -> dict[str, Any]:
    return {
        **document_json(document),
        "sentences": sentences,
        "flagged": any(one.kind == "instruction" for one in annotations),
        "chunks": [{"id": chunk.id, "start": chunk.start, "end": chunk.end} for chunk in chunks],
        "annotations": [
            {
                "start": one.start,
                "end": one.end,
                "kind": one.kind,
                "value": one.value,
                # A page's text would say the whole document again.
                "text": None if one.kind == "page" else document.text[one.start : one.end],
            }
            for one in annotations
        ],
    }


def _facts(
    document: Document,
    annotations: Sequence[Annotation],
    sentences: int,
    chunks: Sequence[Chunk],
) -> Iterator[tuple[str, str]]:
    counts = {kind: sum(one.kind == kind for one in annotations) for kind in ("date", "page")}
    asides = [one for one in annotations if one.kind == "aside"]
    yield "id", document.id
    yield "source", document.source
    yield "title", document.title
    if document.published:
        yield "published", f"{document.published} (from: {document.published_from})"
    else:
        yield "published", "unknown"
    pages = f", pages: {counts['page']}" if counts["page"] else ""
    size = f"characters: {len(document.text):,}, sentences: {sentences}, chunks: {len(chunks)}"
    yield "text", size + pages
    yield "dates", f"{counts['date']}"
    aside_chars = sum(one.end - one.start for one in asides)
    yield "set aside", f"{len(asides)} ({aside_chars:,} characters)"
    flagged = [one for one in annotations if one.kind == "instruction"]
    if flagged:
        reasons = ", ".join(dict.fromkeys(one.value for one in flagged))
        yield "flagged", f"{_ADDRESSED}: {len(flagged)} ({reasons})"


def _marked(text: str, annotations: Sequence[Annotation]) -> Iterator[str]:
    """The text with its annotations written into it."""
    at = 0
    for one in sorted(annotations, key=lambda one: (one.start, one.kind != "page", -one.end)):
        if one.start < at:  # a date inside an aside, or in a longer one
            continue
        yield _printable(text[at : one.start])
        at = one.start
        if one.kind == "page":
            yield click.style(f"{_RULE} page {one.value} {_RULE}\n", dim=True)
            continue
        words, at = _printable(text[one.start : one.end]), one.end
        if one.kind == "aside":
            yield click.style(f"⟦{one.value}: {words}⟧", dim=True)
        elif one.kind == "instruction":
            yield click.style(f"⟦{_ADDRESSED} ({one.value}): {words}⟧", fg="red")
        else:
            yield f"‹{words} " + click.style(f"= {one.value}›", fg="cyan")
    yield _printable(text[at:])


def _printable(words: str) -> str:
    words = _TAGS.sub(lambda match: f"{{hidden: {_letters(match[0])}}}", words)
    return printable(words)


def _letters(tags: str) -> str:
    return "".join(chr(ord(tag) - 0xE0000) for tag in tags)
