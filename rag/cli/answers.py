"""`rag ask` and `rag search`: one question, or a batch of them with the models loaded once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from rag.cli.options import as_json, batch, filters, reranker
from rag.errors import QuestionError, RagError
from rag.library import open_pipeline, open_retriever
from rag.pipeline import Pipeline
from rag.record import check_free, make_record, save_record
from rag.render import answer_text, explanation_text, search_json, search_text
from rag.retrieve import HybridRetriever
from rag.settings import Settings
from rag.types import Answer, Turn

_DEFAULT_TOP_K = 5


@click.command()
@click.argument("question", required=False)
@click.option("--top-k", type=click.IntRange(1, 100), help="Passages to answer from.")
@filters
@reranker
@as_json
@batch
@click.option("--explain", is_flag=True, help="Add why these passages, the checks, the timings.")
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the answer with all that its checks need in a new file; see `rag replay`.",
)
def ask(
    *,
    question: str | None,
    top_k: int | None,
    as_json: bool,
    batch: IO[str] | None,
    explain: bool,
    save: Path | None,
    reranker: str | None,
    **narrowed: Any,
) -> None:
    """Answer QUESTION from the documents, with the quotes it rests on."""
    _one_of(question, batch)
    if save is not None:
        if batch is not None:
            raise click.UsageError(
                "--save keeps one answer; the lines that --batch prints are records."
            )
        check_free(save)  # before the time that an answer takes is spent
    settings = Settings.load(top_k=top_k, reranker=reranker)
    with open_pipeline(settings) as pipeline:
        embedder = _embedder(pipeline)

        def answer_to(asked: str, history: Sequence[Turn] = ()) -> tuple[Answer, dict[str, Any]]:
            asked_at = datetime.now(UTC)
            answer = pipeline.ask(asked, history, **narrowed)
            return answer, make_record(
                answer,
                settings,
                asked_at=asked_at,
                embedder=embedder,
                filters=narrowed,
                history=history,
            )

        if batch is not None:
            _run_batch(batch, lambda asked, history: answer_to(asked, history)[1])
            return
        answer, record = answer_to(question or "")
    try:
        if save is not None:
            save_record(record, save)
    finally:  # an answer that could not be kept is worth showing all the same
        click.echo(json.dumps(record, ensure_ascii=False) if as_json else answer_text(answer))
        if explain:
            click.echo(explanation_text(answer), err=as_json)


@click.command()
@click.argument("query", required=False)
@click.option(
    "--top-k",
    type=click.IntRange(1, 100),
    default=_DEFAULT_TOP_K,
    show_default=True,
    help="Passages to print.",
)
@filters
@reranker
@as_json
@batch
def search(
    *,
    query: str | None,
    top_k: int,
    as_json: bool,
    batch: IO[str] | None,
    reranker: str | None,
    **narrowed: Any,
) -> None:
    """Find passages for QUERY. No language model is needed."""
    _one_of(query, batch)
    with open_retriever(Settings.load(reranker=reranker)) as retriever:

        def find(asked: str, _: Sequence[Turn] = ()) -> Any:
            return retriever.retrieve(asked, top_k=top_k, **narrowed)

        if batch is not None:
            _run_batch(batch, lambda asked, _: search_json(asked, find(asked)))
        elif as_json:
            click.echo(json.dumps(search_json(query or "", find(query or "")), ensure_ascii=False))
        else:
            click.echo(search_text(find(query or "")))


def _embedder(pipeline: Pipeline) -> str | None:
    """Identity of what made the vectors that were searched."""
    retriever = pipeline.retriever
    return retriever.embedder.identity if isinstance(retriever, HybridRetriever) else None


def _one_of(question: str | None, batch: IO[str] | None) -> None:
    if (question is None) == (batch is None):
        raise click.UsageError("Give a question, or --batch FILE with several.")


def _run_batch(lines: IO[str], run: Callable[[str, Sequence[Turn]], dict[str, Any]]) -> None:
    """One object a line, in order, flushed as it is done; a bad question gives an object with ``error``."""
    failed = 0
    for identifier, asked, history in _questions(lines):
        try:
            result = {"id": identifier, **run(asked, history)}
        except QuestionError as error:
            failed += 1
            result = {"id": identifier, "question": asked, "error": str(error)}
        click.echo(json.dumps(result, ensure_ascii=False))
        sys.stdout.flush()
    if failed:
        raise RagError(
            f"{failed} of the questions could not be asked; their lines have an 'error'."
        )


def _questions(lines: IO[str]) -> Iterator[tuple[Any, str, list[Turn]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            history = [
                Turn(question=turn["question"], answer=turn.get("answer", ""))
                for turn in row.get("history") or ()
            ]
            yield row.get("id", number), row["user_input"], history
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RagError(
                f"Line {number} of the batch is not an object with 'user_input' ({error!r}). Correct it and "
                "run the rest again."
            ) from None
