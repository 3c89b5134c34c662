"""Which index a gold file is asked of, and which of its questions."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path

from rag.errors import RagError
from rag.evaluate.corpus import file_name, find_corpus, write_corpus
from rag.gold import GoldFile, GoldQuestion, log_problems
from rag.gold_check import fit_to
from rag.ingest import ingest_paths
from rag.intake import Progress
from rag.lines import gold_error
from rag.settings import Settings
from rag.types import Document

_ADVICE = (
    "Correct the file, ask other documents (--index or --docs), or leave out what does not fit with "
    "--skip-bad."
)


def settings_for(settings: Settings, *, index: Path | None, docs: Path | None) -> Settings:
    """The settings with the data folder that is to be asked.

    Args:
        settings: As they apply otherwise.
        index: A data folder (or the ``index`` folder in it) with an index.
        docs: Documents that get an index of their own, kept under the data folder.
    """
    if index is not None:
        index = index.expanduser().absolute()
        inside = (index / "catalog.sqlite").is_file()
        return settings.model_copy(update={"home": index.parent if inside else index})
    if docs is not None:
        key = hashlib.sha256(str(docs.expanduser().resolve()).encode()).hexdigest()[:16]
        return settings.model_copy(
            update={"home": settings.home.expanduser().absolute() / "evaluations" / key}
        )
    return settings


def ingest_docs(docs: Path, settings: Settings, *, progress: Progress | None = None) -> None:
    """Bring the index of an evaluation in step with its documents; only what changed is work.

    ``docs`` is a file or folder as for ingest, or a BEIR corpus (``corpus.jsonl`` or its folder).

    Raises:
        RagError: as `ingest_paths`; or the corpus is damaged.
    """
    corpus = find_corpus(docs)
    folder = docs
    if corpus is not None:
        folder = settings.home / "corpus"
        write_corpus(corpus, folder)
    ingest_paths([folder], settings, prune=folder.is_dir(), progress=progress)


def usable(
    gold: GoldFile, documents: Sequence[Document], path: Path, *, skip_bad: bool
) -> tuple[GoldQuestion, ...]:
    """The questions, once they are known to fit the documents.

    Documents of a BEIR corpus may be called by their ids there.

    Raises:
        GoldError: a question names a document that is not indexed, or a context that stands in none;
            with ``skip_bad``: no question is left without these.
    """
    files = {document.source for document in documents}
    questions = [_with_file_names(question, files) for question in gold.questions]
    fitting, problems = fit_to(questions, documents, lines=gold.lines)
    if problems and not skip_bad:
        raise gold_error(path, problems, advice=_ADVICE)
    log_problems(path, problems)
    if not fitting:
        raise gold_error(path, problems, advice="No question is left. Ask the right documents.")
    return fitting


def sample(questions: Sequence[GoldQuestion], count: int | None, seed: int) -> list[GoldQuestion]:
    """``count`` questions in their order; the choice hangs on their ids, so it is stable while a file grows."""
    if count is None or count >= len(questions):
        return list(questions)
    if count < 1:
        raise RagError("--sample needs at least one question.")

    def draw(question: GoldQuestion) -> str:
        return hashlib.sha256(f"{seed} {question.id}".encode()).hexdigest()

    chosen = {question.id for question in sorted(questions, key=draw)[:count]}
    return [question for question in questions if question.id in chosen]


def _with_file_names(question: GoldQuestion, files: Collection[str]) -> GoldQuestion:
    names = tuple(
        name if name in files or file_name(name) not in files else file_name(name)
        for name in question.reference_context_ids
    )
    return question.model_copy(update={"reference_context_ids": names})
