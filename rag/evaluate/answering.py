"""Gold questions through a pipeline or a retriever, one result each."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from queue import SimpleQueue

from rag.condense import spell_out_history
from rag.errors import RagError
from rag.evaluate.figures import summarise
from rag.evaluate.results import EvaluationReport, QuestionResult
from rag.evaluate.scores import score_answer, score_passages
from rag.gold import GoldQuestion
from rag.pipeline import Pipeline
from rag.protocols import Answerer, Retriever
from rag.render import answer_json, search_json
from rag.types import Document

#: How many passages a retriever is asked for: the deepest metric, recall@100, counts documents, and of one document
#: several passages may be found.
DEPTH = 200
_PASSAGES_KEPT = 10

Ask = Callable[[GoldQuestion], QuestionResult]
Progress = Callable[[int, int], None]


def evaluate_pipeline(
    pipeline: Answerer, gold: Sequence[GoldQuestion], *, progress: Progress | None = None
) -> EvaluationReport:
    """Ask every gold question and measure the answers.

    Args:
        pipeline: A `Pipeline`, or anything else with its ``ask``.
        gold: As `load_gold` gives them.
        progress: Called with how many are done and how many there are.

    A question that raises a `RagError` has the outcome ``failed``.
    """
    documents = pipeline.documents() if isinstance(pipeline, Pipeline) else ()
    return _evaluate(asking([pipeline], documents), gold, progress)


def evaluate_retriever(
    retriever: Retriever,
    gold: Sequence[GoldQuestion],
    *,
    top_k: int = DEPTH,
    progress: Progress | None = None,
) -> EvaluationReport:
    """Retrieve for every gold question and measure the passages; no language model is needed.

    Args:
        retriever: A `HybridRetriever`, or anything else with its ``retrieve``.
        gold: As `load_gold` gives them.
        top_k: Passages to ask for; metrics that look deeper do not apply.
        progress: Called with how many are done and how many there are.

    A question that leans on its history is searched with the one before it in front.
    """
    return _evaluate(retrieving(retriever, top_k=top_k), gold, progress)


def asking(answerers: Sequence[Answerer], documents: Iterable[Document] = ()) -> Ask:
    """A function that puts one gold question to whichever answerer is free.

    ``documents`` are those in store; citations are held against them.
    """
    free: SimpleQueue[Answerer] = SimpleQueue()
    for answerer in answerers:
        free.put(answerer)
    stored = {document.id: document for document in documents}

    def ask(question: GoldQuestion) -> QuestionResult:
        answerer = free.get()
        try:
            return _answered(question, answerer, stored)
        except RagError as error:
            return _failed(question, error)
        finally:
            free.put(answerer)

    return ask


def retrieving(
    retriever: Retriever, documents: Iterable[Document] = (), *, top_k: int = DEPTH
) -> Ask:
    """A function that retrieves for one gold question.

    ``documents`` are those in store; they tell what copies are called.
    """
    stored = {document.id: document for document in documents}

    def retrieve(question: GoldQuestion) -> QuestionResult:
        query = spell_out_history(question.user_input, question.turns)
        try:
            passages = retriever.retrieve(query, top_k=top_k)
        except RagError as error:
            return _failed(question, error)
        score = score_passages(question, passages, depth=top_k, documents=stored)
        return QuestionResult(
            gold=question,
            record={
                **search_json(query, passages[:_PASSAGES_KEPT]),
                "documents": list(dict.fromkeys(one.document.source for one in passages)),
            },
            scores=score.scores,
            outcome=score.outcome,
        )

    return retrieve


def each(
    ask: Ask, questions: Sequence[GoldQuestion], *, workers: int
) -> Generator[QuestionResult, None, None]:
    """Results as they are done; what has not begun when the iterator is closed never will."""
    if workers == 1:
        yield from map(ask, questions)
        return
    waiting = iter(questions)
    running: set[Future[QuestionResult]] = set()
    with ThreadPoolExecutor(max_workers=workers) as pool:

        def begin(count: int) -> None:
            running.update(pool.submit(ask, question) for question in islice(waiting, count))

        begin(workers)
        while running:
            done = wait(running, return_when=FIRST_COMPLETED).done
            running -= done
            begin(len(done))
            for one in done:
                yield one.result()


def _evaluate(
    ask: Ask, gold: Sequence[GoldQuestion], progress: Progress | None
) -> EvaluationReport:
    results = []
    for result in map(ask, gold):
        results.append(result)
        if progress:
            progress(len(results), len(gold))
    return summarise(results)


def _answered(
    question: GoldQuestion, answerer: Answerer, stored: Mapping[str, Document]
) -> QuestionResult:
    answer = answerer.ask(question.user_input, question.turns)
    # A foreign pipeline does not tell how many passages it asked for: as many as it got.
    depth = answerer.settings.top_k if isinstance(answerer, Pipeline) else len(answer.passages)
    score = score_answer(question, answer, documents=stored, depth=depth)
    return QuestionResult(
        gold=question,
        record=answer_json(answer),
        scores=score.scores,
        outcome=score.outcome,
        confidence=score.confidence,
        risk=score.risk,
    )


def _failed(question: GoldQuestion, error: RagError) -> QuestionResult:
    record = {"question": question.user_input, "error": str(error)}
    return QuestionResult(gold=question, record=record, scores={}, outcome="failed")
