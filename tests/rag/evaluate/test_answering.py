"""Gold questions through pipelines and retrievers, one's own among them."""

import threading
import time

import pytest

from rag import (
    Answer,
    Chunk,
    Claim,
    Document,
    GoldQuestion,
    Passage,
    QuestionError,
    Turn,
    evaluate_pipeline,
    evaluate_retriever,
    load_gold,
    open_pipeline,
    open_retriever,
)
from rag.evaluate.answering import asking, each
from rag.evaluate.closed_book import ClosedBook
from rag.gold import GoldTurn
from rag.testing import ScriptedChatModel
from tests.rag.evaluate.scripted import QuotingChatModel

QUESTION = GoldQuestion(
    id="q", user_input="Who built it?", reference="Ada", references=("Ada",), answerable=True
)


class Foreign:
    """Somebody else's system: text, no quotes."""

    def __init__(self, text="Ada built it.", error=None):
        self.text, self.error, self.asked = text, error, []

    def ask(self, question, history=()):
        self.asked.append((question, tuple(history)))
        if self.error:
            raise self.error
        claim = Claim(text=self.text, citations=(), support=0.0, verdict="unsupported")
        return Answer(question=question, standalone_question=question, claims=(claim,))


def test_a_pipeline_is_asked_every_question_and_measured(index, embedder, gold):
    steps = []
    with open_pipeline(index, embedder=embedder, model=QuotingChatModel()) as pipeline:
        report = evaluate_pipeline(
            pipeline, load_gold(gold), progress=lambda done, of: steps.append((done, of))
        )
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [one.outcome for one in report.results] == ["right", "right", "wrong", "refused"]
    assert report.figures["contains_reference"].value == pytest.approx(2 / 3)
    assert report.figures["anchors_exact"].value == 1.0
    assert report.figures["hallucination_rate"].value == 0.0
    assert (report.figures["prompt_tokens"].value or 0) > 100
    # Eight passages were asked for: what looks deeper does not apply.
    assert report.figures["recall@100"].value is None
    assert report.figures["recall@5"].value == 1.0
    assert report.by_qtype["date"]["contains_reference"].count == 1


def test_an_anchor_that_does_not_hold_in_the_store_is_seen(index, embedder, gold):
    questions = load_gold(gold)[:1]
    with open_pipeline(index, embedder=embedder, model=QuotingChatModel()) as pipeline:
        other = [
            Document(id=one.id, source=one.source, title="", text="x" * 999, sha256="")
            for one in pipeline.documents()
        ]
        (result,) = map(asking([pipeline], other), questions)
    assert result.scores["anchors_exact"] == 0.0


def test_a_foreign_pipeline_is_measured_by_what_it_tells():
    report = evaluate_pipeline(Foreign(), [QUESTION])
    assert report.figures["contains_reference"].value == 1.0
    for name in ("citation_precision", "recall@5", "prompt_tokens", "aurc"):
        assert report.figures[name].value is None


def test_an_error_is_a_failed_question_and_counts_for_nothing():
    report = evaluate_pipeline(Foreign(error=QuestionError("Too long. Shorten it.")), [QUESTION])
    assert report.results[0].outcome == "failed"
    assert report.results[0].record["error"] == "Too long. Shorten it."
    assert report.figures["contains_reference"].value is None


def test_an_error_that_nobody_foresaw_is_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        evaluate_pipeline(Foreign(error=ZeroDivisionError()), [QUESTION])


def test_the_history_goes_along():
    asked = GoldQuestion(
        id="f", user_input="And then?", history=(GoldTurn(question="A?", answer="B."),),
        reference=None, answerable=False,
    )  # fmt: skip
    foreign = Foreign()
    evaluate_pipeline(foreign, [asked])
    assert foreign.asked == [("And then?", (Turn(question="A?", answer="B."),))]


def test_a_retriever_needs_no_model(index, embedder, gold):
    retriever = open_retriever(index, embedder=embedder)
    with retriever.index:
        report = evaluate_retriever(retriever, load_gold(gold))
    assert [one.outcome for one in report.results] == ["found", "found", "found", "unjudged"]
    assert report.figures["ndcg@10"].value == 1.0
    assert report.figures["recall@100"].value == 1.0
    assert report.figures["contains_reference"].value is None
    assert report.results[0].record["documents"][0] == "bridge.txt"


def test_ones_own_retriever_is_measured_by_the_same_protocol():
    class Own:
        def retrieve(self, query, *, top_k=5, after=None, before=None, sources=()):
            self.query = query
            texts = {"d1": "Nobody built it.", "d2": "Ada built it."}
            return tuple(
                Passage(
                    chunk=Chunk(id=name, document_id=name, start=0, end=len(text)),
                    document=Document(id=name, source=name, title="", text=text, sha256=""),
                    score=1 / rank,
                    rank=rank,
                )
                for rank, (name, text) in enumerate(texts.items(), start=1)
            )

    own = Own()
    asked = GoldQuestion(
        id="f", user_input="And who built it?", history=(GoldTurn(question="Is there a bridge?"),),
        reference="Ada", answerable=True, reference_context_ids=("d2",),
    )  # fmt: skip
    report = evaluate_retriever(own, [asked], top_k=10)
    assert own.query == "Is there a bridge? And who built it?"
    assert report.figures["mrr@10"].value == 0.5
    assert report.figures["hit_rate@1"].value == 0.0
    assert report.figures["recall@100"].value is None


def test_several_workers_each_use_an_answerer_of_their_own():
    busy, most, guard = [], [], threading.Lock()

    class Slow(Foreign):
        def ask(self, question, history=()):
            with guard:
                assert self not in busy
                busy.append(self)
                most.append(len(busy))
            time.sleep(0.02)
            with guard:
                busy.remove(self)
            return super().ask(question, history)

    questions = [QUESTION.model_copy(update={"id": str(n)}) for n in range(20)]
    results = list(each(asking([Slow(), Slow()]), questions, workers=2))
    assert {one.gold.id for one in results} == {str(n) for n in range(20)}
    assert max(most) == 2


def test_what_has_not_begun_when_the_reader_leaves_never_will():
    foreign = Foreign()
    questions = [QUESTION.model_copy(update={"id": str(n)}) for n in range(20)]
    results = each(asking([foreign]), questions, workers=2)
    next(results)
    results.close()
    assert len(foreign.asked) < 5


def test_closed_book_reads_no_document_and_can_refuse():
    model = ScriptedChatModel(["It was Ada.", "I don't know."])
    book = ClosedBook(model, answer_tokens=20)
    report = evaluate_pipeline(book, [QUESTION, QUESTION.model_copy(update={"id": "r"})])
    assert [one.outcome for one in report.results] == ["right", "missed"]
    assert report.figures["claims_supported"].value == 0.0
    assert "Who built it?" in model.prompts[0][-1]["content"]
    assert report.results[0].record["citations"] == []
