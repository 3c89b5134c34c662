"""From a question to an answer or a refusal, over a real index with a scripted model."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import rag.probe
from rag import (
    REFUSAL,
    ClaimChecked,
    Delta,
    Finished,
    ModelInfo,
    Pipeline,
    QuestionError,
    Retrieved,
    Settings,
    Turn,
    ingest_paths,
    open_pipeline,
)
from rag.probe import Probe
from rag.testing import HashEmbedder, ScriptedChatModel
from rag.types import Message

BRIDGE = (
    "date 2019-03-05\n\nThe harbour bridge reopened on Monday after eleven months of repairs. "
    "The work on the harbour bridge cost 4.2 million euros, said the mayor, Lena Ortiz."
)
FERRY = "Ferries carried commuters across the bay while the bridge was closed for its repairs."
QUESTION = "What did the work on the harbour bridge cost?"
RIGHT = "The work on the harbour bridge cost 4.2 million euros [1]."


@pytest.fixture
def folder(tmp_path):
    documents = tmp_path / "docs"
    documents.mkdir()
    (documents / "bridge.txt").write_text(BRIDGE)
    (documents / "ferry.md").write_text(FERRY)
    return documents


@pytest.fixture
def ask(tmp_path, folder):
    """A pipeline over the documents with a model that replies as told."""
    settings = Settings.load(home=tmp_path / "home")
    embedder = HashEmbedder()
    ingest_paths([folder], settings, embedder=embedder)
    opened: list[Pipeline] = []

    def build(*replies: str, yes: float = 1.0, **changes: object) -> Pipeline:
        model = ScriptedChatModel(list(replies) or [RIGHT], yes=yes)
        opened.append(
            open_pipeline(settings.model_copy(update=changes), embedder=embedder, model=model)
        )
        return opened[-1]

    yield build
    for pipeline in opened:
        pipeline.close()


def model_of(pipeline: Pipeline) -> ScriptedChatModel:
    assert isinstance(pipeline.model, ScriptedChatModel)
    return pipeline.model


def test_a_right_reply_becomes_an_answer_with_verbatim_dated_quotes(ask):
    answer = ask().ask(QUESTION)
    assert not answer.refused
    assert answer.text == RIGHT
    (citation,) = answer.citations
    assert citation.quote.text == BRIDGE[citation.quote.start : citation.quote.end]
    assert "4.2 million euros" in citation.quote.text
    assert answer.as_of is not None
    assert answer.as_of.isoformat() == "2019-03-05"
    assert answer.model is not None
    assert 0 <= answer.timings.retrieve_s <= answer.timings.first_token_s <= answer.timings.total_s


def test_events_come_in_order_and_end_with_the_answer(ask):
    events = list(ask().stream(QUESTION))
    assert isinstance(events[0], Retrieved)
    assert isinstance(events[-1], Finished)
    assert "".join(one.text for one in events if isinstance(one, Delta)) == RIGHT
    kinds = [type(one) for one in events]
    assert kinds.index(ClaimChecked) > max(at for at, kind in enumerate(kinds) if kind is Delta)
    assert events[-1].answer.text == RIGHT


def test_the_prompt_holds_the_numbered_dated_quotes_and_a_grammar(ask):
    pipeline = ask()
    pipeline.ask(QUESTION)
    prompt = model_of(pipeline).prompts[0][-1]["content"]
    assert "[1] Tuesday 5 March 2019: " in prompt
    assert "on Monday (4 March 2019)" in prompt
    assert prompt.endswith(f"Question: {QUESTION}")
    assert "marker" in (model_of(pipeline).grammars[0] or "")


@pytest.mark.parametrize(
    "reply",
    [
        "The work on the harbour bridge cost 9.9 million euros [1].",
        "Paris is the capital of France [1].",
        "The harbour bridge cost money",
        "",
    ],
)
def test_a_reply_that_no_quote_supports_becomes_a_refusal(ask, reply):
    answer = ask(reply, yes=0.1).ask(QUESTION)
    assert (answer.refused, answer.refusal_reason) == (True, "unsupported")
    assert (answer.text, answer.claims, answer.citations) == (REFUSAL, (), ())
    assert answer.missing


def test_only_the_supported_sentences_of_a_reply_stand(ask):
    answer = ask(f"{RIGHT} It was built in 1844 by Napoleon [1].").ask(QUESTION)
    assert [claim.text for claim in answer.claims] == [
        "The work on the harbour bridge cost 4.2 million euros."
    ]


def test_that_sources_differ_is_told_though_the_model_finds_no_answer(ask, folder):
    other = "date 2019-04-02\n\nThe work on the harbour bridge cost 6.5 million euros, the auditors found."
    (folder / "audit.txt").write_text(other)
    pipeline = ask(yes=0.1)
    ingest_paths([folder], pipeline.settings, embedder=HashEmbedder())
    assert pipeline.ask(QUESTION).refused
    answer = pipeline.ask("Do the reports agree on what the work on the harbour bridge cost?")
    assert (answer.refused, answer.missing, answer.confidence) == (False, None, None)
    assert answer.text.startswith("The sources state: “The work on the harbour bridge cost ")
    (differing,) = answer.disagreements
    assert "4.2 million" in differing.text
    assert "6.5 million" in differing.text


def test_an_answer_of_the_wrong_kind_is_refused(ask):
    answer = ask("The harbour bridge reopened after repairs [1].").ask(
        "How many workers repaired the harbour bridge?"
    )
    assert (answer.refused, answer.refusal_reason) == (True, "not_stated")


def test_a_doubted_answer_is_refused(ask):
    assert ask(yes=0.4, refuse_below=0.5).ask(QUESTION).refusal_reason == "not_stated"
    answer = ask(yes=0.6, refuse_below=0.5).ask(QUESTION)
    assert (answer.refused, answer.confidence) == (False, 0.6)


def test_nothing_retrieved_means_no_model_call(ask):
    pipeline = ask()
    answer = pipeline.ask(QUESTION, sources=["no/such/*"])
    assert (answer.refused, answer.refusal_reason) == (True, "no_passages")
    assert answer.passages == ()
    assert model_of(pipeline).prompts == []


def test_nothing_relevant_means_no_model_call(ask):
    pipeline = ask()
    answer = pipeline.ask("zzz qqq xxx")
    assert (answer.refused, answer.refusal_reason) == (True, "no_evidence")
    assert model_of(pipeline).prompts == []


def test_filters_reach_the_search(ask):
    answer = ask().ask(QUESTION, sources=["ferry*"])
    assert {passage.document.source for passage in answer.passages} == {"ferry.md"}


def test_closing_the_stream_stops_the_model(ask):
    pipeline = ask()
    events = pipeline.stream(QUESTION)
    for event in events:
        if isinstance(event, Delta) and event.text:
            break
    events.close()
    assert model_of(pipeline).closed == 1


def test_a_follow_up_is_rewritten_and_shown(ask):
    pipeline = ask("What did the work on the harbour bridge cost?", RIGHT)
    history = [Turn(question="When did the harbour bridge reopen?", answer="On 4 March 2019.")]
    answer = pipeline.ask("And what did it cost?", history)
    assert answer.question == "And what did it cost?"
    assert answer.standalone_question == QUESTION
    prompt = model_of(pipeline).prompts[0][-1]["content"]
    assert "When did the harbour bridge reopen?" in prompt
    assert answer.text == RIGHT


def test_a_question_that_stands_alone_is_not_rewritten(ask):
    pipeline = ask()
    history = [Turn(question="Who are you?", answer="A program.")]
    assert pipeline.ask(QUESTION, history).standalone_question == QUESTION
    assert len(model_of(pipeline).prompts) == 2  # the answer and its check


@pytest.mark.parametrize("question", ["", "  \n "])
def test_an_empty_question_is_an_error(ask, question):
    with pytest.raises(QuestionError, match="empty"):
        ask().ask(question)


def test_a_question_of_ten_thousand_characters_is_an_error(ask):
    with pytest.raises(QuestionError, match=r"10,000 characters; at most 4,000"):
        ask().ask("x" * 10_000)


def test_a_model_that_only_talks_can_be_used(ask):
    class Talker:
        """No probabilities: its choice under the grammar counts."""

        def __init__(self, inner: ScriptedChatModel) -> None:
            self.info, self.context_tokens = inner.info, inner.context_tokens
            self.stream, self.count_tokens = inner.stream, inner.count_tokens

    pipeline = ask()
    for verdict, refused in (("Yes", False), ("No", True)):
        pipeline.model = Talker(ScriptedChatModel([RIGHT, verdict]))
        assert pipeline.ask(QUESTION).refused is refused


def test_documents_are_listed(ask):
    assert [document.source for document in ask().documents()] == ["bridge.txt", "ferry.md"]


def test_an_own_retriever_is_enough(ask):
    inner = ask()

    class Mine:
        def retrieve(self, query: str, **_: Any) -> Any:
            return inner.retriever.retrieve("cost of harbour bridge work", top_k=2)

    pipeline = Pipeline(Mine(), ScriptedChatModel([RIGHT]), HashEmbedder(), inner.settings)
    assert pipeline.ask(QUESTION).text == RIGHT


@pytest.fixture
def probe(monkeypatch):
    none = np.zeros((0, 1), np.float32)
    found = Probe(
        model="1" * 64,
        prompt="",
        layer=3,
        weights=np.ones(1, np.float32),
        tokens=1,
        keys=none,
        values=none,
        bias=0.0,
    )
    monkeypatch.setattr(rag.probe, "_shipped_probe", lambda: found)
    return found


def test_a_year_of_which_no_source_tells_is_refused_before_a_model_is_asked(ask):
    pipeline = ask()
    answer = pipeline.ask("What did the work on the harbour bridge cost in 1907?")
    assert (answer.refusal_reason, answer.citations) == ("not_stated", ())
    assert "1907" in answer.missing
    assert not model_of(pipeline).prompts


class Reading(ScriptedChatModel):
    """Its state tells of the best quote alone, and of the second one."""

    info = ModelInfo(name="reading", sha256="1" * 64)

    def __init__(self, best: float, second: float) -> None:
        told = (
            "Ferries carried commuters across the bay, with work on the harbour bridge at cost [2]."
        )
        super().__init__([RIGHT if best > second else told])
        self.best, self.second, self.looks = best, second, 0

    def hidden_states(self, messages: Sequence[Message], _: int) -> NDArray[np.float32]:
        self.looks += 1
        told = self.second if "[2] " in messages[-1]["content"] else self.best
        return np.array([[told]], np.float32)


@pytest.mark.parametrize(
    ("best", "second", "read"),
    [(3.0, -9.0, ["[1] "]), (-1.0, 3.0, ["[2] "]), (-9.0, 3.0, ["[2] "]), (-1.0, -1.0, [])],
)
def test_a_probe_decides_what_is_answered_from(ask, probe, best, second, read):
    pipeline = ask()
    pipeline.model = model = Reading(best, second)
    answer = pipeline.ask(
        "What did the work on the harbour bridge cost, with the ferries across the bay?"
    )
    assert model.looks == (1 if read == ["[1] "] else 2)
    shown = re.findall(r"\[\d\] ", "".join(one[-1]["content"] for one in model.prompts[:1]))
    assert shown == read
    surest = max(best, second) if model.looks > 1 else best
    assert answer.confidence == probe.probability(np.array([[surest]], np.float32))
    if not read:
        assert (answer.refusal_reason, answer.tokens, answer.text) == ("not_stated", None, REFUSAL)
        assert answer.timings.first_token_s == answer.timings.total_s


@pytest.mark.usefixtures("probe")
def test_getting_ready_reads_the_instruction_where_a_probe_judges(ask):
    pipeline = ask()
    pipeline.warm()
    assert not model_of(pipeline).prompts
    pipeline.model = model = Reading(0.0, 0.0)
    pipeline.warm()
    assert (model.looks, model.prompts) == (1, [])
