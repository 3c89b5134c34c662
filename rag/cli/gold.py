"""`rag gold`: drafting gold questions from documents; see also `rag.cli.ratings` and `rag.cli.review`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from rag.aside import own_sentences
from rag.cli.ratings import export_ratings
from rag.cli.review import review_drafts
from rag.draft import draft_gold
from rag.draft_file import DraftFile
from rag.draft_sentences import DRAFT, Sentences
from rag.errors import IngestError, UnreadableDocument
from rag.generate import open_chat_model
from rag.gold import GoldQuestion
from rag.index import Index
from rag.read import find_files, read
from rag.settings import Settings
from rag.types import Document


@click.group(name="gold")
def manage_gold() -> None:
    """Draft gold questions from documents, take them from rated answers, and review the drafts."""


@manage_gold.command(name="draft")
@click.argument(
    "paths", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[DOCS]..."
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE.jsonl",
    help="Gold file that the drafts are added to.",
)
@click.option(
    "--count",
    default=20,
    show_default=True,
    type=click.IntRange(min=1),
    help="Drafts that FILE shall hold in the end, reviewed ones included.",
)
@click.option("--seed", default=0, show_default=True, help="Which sentences are asked about first.")
def draft_questions(*, paths: tuple[Path, ...], out: Path, count: int, seed: int) -> None:
    """Draft gold questions from DOCS with the chat model, for review.

    DOCS are files and folders; by default the documents of the index. Each draft asks for something that
    one sentence states, and counts only once it is reviewed. It can be interrupted at any moment; the
    same command goes on. Sentences that gave no good question are noted in FILE.jsonl.dropped, and left
    alone from then on; delete that file to try them again.
    """
    settings = Settings.load()
    file = DraftFile(out)
    documents, sentences = _documents(paths, settings)
    questions = list(file.start())
    if _drafts_in(questions) < count:
        questions += _draft(file, questions, documents, sentences, count=count, seed=seed)
    drafts = _drafts_in(questions)
    todo = sum(not question.reviewed for question in questions)
    why = "; no sentence is left to ask about" if drafts < count else ""
    click.echo(f"{drafts} of {count} drafts in {out}, {todo} to review{why}")
    if todo:
        click.echo(f"Next: rag gold review {out}")


def _draft(
    file: DraftFile,
    earlier: Sequence[GoldQuestion],
    documents: Sequence[Document],
    sentences: Sentences,
    *,
    count: int,
    seed: int,
) -> list[GoldQuestion]:
    """Draft what is missing, into the file as it goes."""
    from tqdm import tqdm

    model = open_chat_model(Settings.load())
    before = _drafts_in(earlier)
    kept: list[GoldQuestion] = []
    dropped: Counter[str] = Counter()
    with tqdm(total=count, initial=before, unit="draft", desc="draft", disable=None) as bar:

        def drop(identifier: str, reason: str) -> None:
            file.note_dropped(identifier, reason, model=model.info.name)
            dropped[reason] += 1
            bar.set_postfix(dropped=dropped.total())

        for question in draft_gold(
            documents,
            model,
            count=count - before,
            seed=seed,
            sentences=sentences,
            earlier=earlier,
            skip=file.dropped(model.info.name),
            on_drop=drop,
        ):
            file.add(question)
            kept.append(question)
            bar.update()
    reasons = ", ".join(f"{number} {reason}" for reason, number in dropped.most_common())
    shown = f" ({reasons})" if reasons else ""
    click.echo(f"{len(kept)} drafted, {dropped.total()} sentences dropped{shown}", err=True)
    return kept


def _drafts_in(questions: Sequence[GoldQuestion]) -> int:
    return sum(question.id.startswith(DRAFT) for question in questions)


def _documents(paths: Sequence[Path], settings: Settings) -> tuple[list[Document], Sentences]:
    """Documents and their sentences: of files, or of the index with its own spans."""
    if not paths:
        with Index.open(settings) as index:
            documents = index.catalog.documents()
            # Read now: the index is closed by the time the drafts are made.
            spans = {document.id: index.catalog.sentences(document.id) for document in documents}
        if not documents:
            raise IngestError("The index holds no documents. Run: rag ingest FOLDER")
        return documents, lambda document: spans[document.id]
    files = {file.key: file for path in paths for file in find_files(path)}
    documents, skipped = [], []
    for file in files.values():
        try:
            documents.append(read(file, max_bytes=int(settings.max_file_mb * 1e6)))
        except UnreadableDocument as error:
            skipped.append(f"{file.source} {error}")
    if not documents:
        raise IngestError(f"Nothing could be read: {'; '.join(skipped[:5])}. Give other documents.")
    for reason in skipped:
        click.echo(f"skipped {reason}", err=True)
    return documents, lambda document: own_sentences(document.text)


manage_gold.add_command(review_drafts)
manage_gold.add_command(export_ratings)
