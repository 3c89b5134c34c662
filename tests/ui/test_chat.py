"""What the chat's handlers do where no browser is needed to see it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import gradio as gr
import pytest
from starlette.requests import Request

from rag import ConversationNotFound, Document, IndexMissing, StorageError
from tests.ui.pages import finished
from tests.ui.scripted import ScriptedPipeline
from ui.chat.actions import Actions
from ui.chat.asking import DELETED, Asking, title_of
from ui.chat.part import ChatPart
from ui.chat.parts import SEED_EXAMPLES, Parts, Updates
from ui.chat.tab import Tab
from ui.desk.desk import Desk, DeskState
from ui.desk.running import Run
from ui.documents.part import SourcesPart

_Result = TypeVar("_Result")
_Chat = TypeVar("_Chat", ChatPart, Parts)


def built(chat: _Chat) -> _Chat:
    """The same with its components made."""

    async def build() -> None:  # Gradio leaves a loop behind where none is running
        with gr.Blocks(analytics_enabled=False):
            chat.build_thread()
            chat.build_evidence()

    asyncio.run(build())
    return chat


class Handled:
    """A tab and the handlers, called as the page calls them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.parts = built(Parts(desk))
        self.asking = Asking(desk, self.parts)
        self.actions = Actions(desk, self.parts, self.asking)
        self.tab = Tab()
        self.request = gr.Request(Request({"type": "http", "headers": []}), session_hash="tab")

    def run(self, awaitable: Awaitable[_Result]) -> _Result:
        async def wait() -> _Result:
            return await awaitable

        return asyncio.run(wait())

    async def whole(self, question: str, scope: dict[str, Any] | None = None) -> list[Updates]:
        """A question from the box to the end of its answer."""
        shown = [await self.asking.ask(self.tab, question, scope, self.request)]
        return shown + [one async for one in self.asking.answer(self.tab)]

    def ask(self, question: str, scope: dict[str, Any] | None = None) -> list[Updates]:
        return self.run(self.whole(question, scope))

    def act(self, act: object, **more: object) -> Updates:
        event = gr.EventData(None, {"act": act, **more})
        return self.run(self.actions.act(self.tab, event, self.request))

    def again(self, act: object) -> Updates:
        event = gr.EventData(None, {"act": act})
        return self.run(self.actions.ask(self.tab, None, event, self.request))

    def open(self, target: object) -> Updates:
        return self.run(self.actions.open(self.tab, gr.EventData(None, {"open": target})))

    def finish(self) -> list[Updates]:
        """Answer what was taken."""

        async def answer() -> list[Updates]:
            return [one async for one in self.asking.answer(self.tab)]

        return self.run(answer())

    @property
    def saved(self) -> list[tuple[str, str]]:
        """Questions and states of the conversation as it is kept."""
        conversation = self.desk.store.get("", self.tab.conversation_id)
        assert conversation is not None
        return [(one.question, one.state) for one in conversation.exchanges]


@pytest.fixture
def handled(desk: Desk) -> Handled:
    return Handled(desk)


WAGNER = "What happens after Wagner leaves?"


def test_the_first_question_begins_a_conversation(handled: Handled) -> None:
    shown = handled.ask(f"  {WAGNER} ")
    assert handled.parts.saved in shown[0]
    (listed,) = handled.desk.store.list("")
    assert (listed.id, listed.title) == (handled.tab.conversation_id, WAGNER)
    assert handled.saved == [(WAGNER, "finished")]
    handled.ask("Where do ships unload?")
    assert [state for _, state in handled.saved] == ["finished", "finished"]
    assert len(handled.desk.store.list("")) == 1


def test_an_answer_is_kept_with_all_that_made_it(handled: Handled) -> None:
    document = handled.desk.documents()[0]
    handled.ask(WAGNER, {"documents": [document.id]})
    handled.ask("Where do ships unload?")
    conversation = handled.desk.store.get("", handled.tab.conversation_id)
    assert conversation is not None
    first, second = (one.record for one in conversation.exchanges)
    assert first["answer"].startswith("The Africa Corps")
    assert first["record"]["filters"] == {"documents": [document.id]}
    assert first["record"]["embedder"] == handled.desk.embedder().identity
    assert first["page"]["scope"] == "1 document"
    assert [one["question"] for one in second["record"]["history"]] == [WAGNER]


def test_scope_and_history_reach_the_pipeline(handled: Handled, pipeline: ScriptedPipeline) -> None:
    document = handled.desk.documents()[0]
    handled.ask(WAGNER, {"documents": [document.id]})
    handled.ask("Where do ships unload?", {})
    assert pipeline.filters == [{"documents": [document.id]}, {}]
    assert [[turn.question for turn in turns] for turns in pipeline.histories] == [[], [WAGNER]]
    assert handled.tab.exchanges[0].scope == "1 document"


def test_titles_are_cut_at_a_word() -> None:
    assert title_of("Who\n was it?") == "Who was it?"
    long = title_of("word " * 40)
    assert len(long) <= 60
    assert long.endswith("word…")
    assert len(title_of("x" * 500)) == 60


@pytest.mark.parametrize("question", ["", "   ", "\n"])
def test_empty_questions_do_nothing(handled: Handled, question: str) -> None:
    # Twice: an answer that said nothing at all would have Gradio empty the page.
    assert handled.ask(question) == [handled.parts.nothing()] * 2
    assert handled.desk.store.list("") == ()


def test_a_second_question_waits_for_the_first(handled: Handled) -> None:
    async def twice() -> None:
        # As a double click does it: both are taken before either is answered.
        await asyncio.gather(
            handled.asking.ask(handled.tab, WAGNER, None, handled.request),
            handled.asking.ask(handled.tab, WAGNER, None, handled.request),
        )

    handled.run(twice())
    assert len(handled.tab.exchanges) == 1
    assert handled.saved == [(WAGNER, "asked")]
    handled.finish()
    assert handled.saved == [(WAGNER, "finished")]


def test_an_answer_is_given_once(handled: Handled, pipeline: ScriptedPipeline) -> None:
    async def twice() -> None:
        await handled.asking.ask(handled.tab, WAGNER, None, handled.request)
        answers = [handled.asking.answer(handled.tab) for _ in range(2)]

        async def drain(answer: Any) -> None:
            async for _ in answer:
                pass

        await asyncio.gather(*map(drain, answers))

    handled.run(twice())
    assert len(pipeline.histories) == 1


# stopping, failing, leaving


async def stopped(handled: Handled, end: str) -> list[Updates]:
    """A long answer that is ended after its first checked sentence."""
    shown = [await handled.asking.ask(handled.tab, "a long one", None, handled.request)]
    answer = handled.asking.answer(handled.tab)
    async for update in answer:
        shown.append(update)
        current = handled.tab.current
        if current and current.claims:
            if end == "stop":
                shown.append(await handled.asking.stop(handled.tab))
            elif end == "clear":
                handled.tab.clear()
            elif end == "leave":
                await answer.aclose()  # type: ignore[attr-defined]
                break
    return shown


def states(handled: Handled) -> list[str]:
    (listed,) = handled.desk.store.list("")
    conversation = handled.desk.store.get("", listed.id)
    assert conversation is not None
    return [one.state for one in conversation.exchanges]


@pytest.mark.parametrize("end", ["stop", "clear", "leave"])
def test_what_stands_is_kept_however_an_answer_ends(
    handled: Handled, pipeline: ScriptedPipeline, end: str
) -> None:
    handled.run(stopped(handled, end))
    assert states(handled) == ["stopped"]
    (listed,) = handled.desk.store.list("")
    conversation = handled.desk.store.get("", listed.id)
    assert conversation is not None
    record = conversation.exchanges[0].record
    assert record["claims"][0]["text"].startswith("Sentence 0")
    assert len(pipeline.histories) == 1
    assert handled.desk.queue.close(timeout=5)
    assert len(pipeline.closed) == 1


def test_another_conversation_is_not_touched_by_what_the_old_one_says(handled: Handled) -> None:
    handled.run(stopped(handled, "clear"))
    assert (handled.tab.exchanges, handled.tab.run) == ([], None)
    handled.ask(WAGNER)
    assert [one.stage for one in handled.tab.exchanges] == ["finished"]


def test_asking_goes_on_after_a_stop(handled: Handled) -> None:
    shown = handled.run(stopped(handled, "stop"))
    assert "sb-stopped" in shown[-1][handled.parts.fresh]
    assert shown[-1][handled.parts.now] == ""
    handled.ask(WAGNER)
    assert [one.stage for one in handled.tab.exchanges] == ["stopped", "finished"]
    assert handled.saved == [("a long one", "stopped"), (WAGNER, "finished")]


def test_a_stop_without_an_answer_changes_nothing(handled: Handled) -> None:
    handled.ask(WAGNER)
    before = handled.tab.exchanges
    handled.run(handled.asking.stop(handled.tab))
    assert handled.tab.exchanges == before


def test_a_question_that_was_never_answered_can_be_stopped(handled: Handled) -> None:
    handled.run(handled.asking.ask(handled.tab, WAGNER, None, handled.request))
    shown = handled.run(handled.asking.stop(handled.tab))
    assert "sb-stopped" in shown[handled.parts.fresh]
    assert not handled.tab.busy


def test_a_failure_is_told_and_kept(handled: Handled) -> None:
    shown = handled.ask("please fail")
    assert "rag models pull" in shown[-1][handled.parts.fresh]
    assert handled.saved == [("please fail", "failed")]


def test_a_question_that_is_stopped_before_its_answer_begins_is_kept_so(handled: Handled) -> None:
    handled.run(handled.asking.ask(handled.tab, WAGNER, None, handled.request))
    handled.run(handled.asking.stop(handled.tab))
    assert handled.saved == [(WAGNER, "stopped")]
    assert handled.finish() == [handled.parts.nothing()]


@pytest.mark.parametrize("then", ["answer", "ask"])
def test_a_question_that_is_left_before_its_answer_begins_is_kept_as_stopped(
    handled: Handled, pipeline: ScriptedPipeline, then: str
) -> None:
    handled.run(handled.asking.ask(handled.tab, WAGNER, None, handled.request))
    left = handled.tab.conversation_id
    handled.tab.clear()
    if then == "answer":
        assert list(handled.finish()[0]) == [handled.parts.saved]
    else:
        handled.ask("Where do ships unload?")
    kept = handled.desk.store.get("", left)
    assert kept is not None
    assert [(one.question, one.state) for one in kept.exchanges] == [(WAGNER, "stopped")]
    assert len(pipeline.histories) == (then == "ask")


@pytest.mark.parametrize("full", [False, True])
def test_a_question_does_not_vanish_if_another_conversation_is_opened_while_it_is_taken(
    handled: Handled, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    begin = handled.desk.store.begin

    def opened(*given: Any, **more: Any) -> int:
        handled.tab.clear()
        if full:
            raise StorageError("The disk is full. Make room.")
        return begin(*given, **more)

    monkeypatch.setattr(handled.desk.store, "begin", opened)
    shown = handled.ask(WAGNER)
    assert handled.tab.exchanges == []
    if full:
        assert shown[0][handled.parts.box] == WAGNER
    else:
        assert states(handled) == ["stopped"]


def test_a_retry_that_is_stopped_says_that_the_earlier_answer_is_gone(handled: Handled) -> None:
    handled.ask(WAGNER)
    handled.again("again:1")
    shown = handled.run(handled.asking.stop(handled.tab))
    assert "the earlier one went" in shown[handled.parts.fresh]


def test_the_record_states_the_settings_that_the_answer_was_made_with(handled: Handled) -> None:
    async def changed() -> None:
        await handled.asking.ask(handled.tab, WAGNER, None, handled.request)
        async for _ in handled.asking.answer(handled.tab):
            if handled.tab.current and handled.tab.current.offered:
                handled.desk.apply(top_k=3)

    made_with = handled.desk.settings.top_k
    assert made_with != 3
    handled.run(changed())
    conversation = handled.desk.store.get("", handled.tab.conversation_id)
    assert conversation is not None
    assert conversation.exchanges[0].record["record"]["settings"]["top_k"] == made_with


def test_models_that_are_being_loaded_are_told(
    handled: Handled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handled.desk, "state", lambda: DeskState("opening", "Loading."))
    said = "".join(str(one.get(handled.parts.now)) for one in handled.ask(WAGNER))
    assert "Loading the model…" in said
    assert "Searching your documents" not in said


def test_documents_are_not_looked_up_for_every_word(
    handled: Handled, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    documents = handled.desk.documents

    def counted() -> tuple[Document, ...]:
        looked.append(1)
        return documents()

    monkeypatch.setattr(handled.desk, "documents", counted)
    handled.ask(WAGNER)
    assert len(looked) < 10


# documents that go


def kept_words(handled: Handled) -> str:
    """All that an open tab holds of an answer, and gives to the next question."""
    tab, parts = handled.tab, handled.parts
    shown = "".join(map(str, parts.whole(tab).values()))
    copied = "".join(str(handled.act(f"copy:{one.number}")) for one in tab.exchanges)
    return f"{tab.exchanges}{tab.history}{shown}{copied}"


def test_words_of_a_removed_document_leave_an_open_tab(
    handled: Handled, pipeline: ScriptedPipeline
) -> None:
    for question in ("Do they differ?", "Ships in Paris?"):
        handled.ask(question)
    gone = handled.tab.exchanges[0].cited[0].document_id
    assert "Paris." in kept_words(handled)
    assert "Africa Corps will remain" in kept_words(handled)
    pipeline.library = tuple(one for one in pipeline.library if one.id != gone)
    handled.tab.refresh(handled.parts.documents())
    words = kept_words(handled)
    for erased in ("Africa Corps will remain", "the force will remain", "Paris.", "Conakry"):
        assert erased not in words
    assert "it will continue" in words  # the other side's document is still there
    assert handled.tab.history == ()


def test_documents_that_go_within_an_answer_are_seen_when_it_ends(
    handled: Handled, pipeline: ScriptedPipeline
) -> None:
    sources = SourcesPart(handled.desk)
    sources._chat = SimpleNamespace(outputs=[1], render=lambda tab: ("drawn",))  # type: ignore[assignment]

    async def removed() -> list[Updates]:
        shown = [await handled.asking.ask(handled.tab, WAGNER, None, handled.request)]
        async for update in handled.asking.answer(handled.tab):
            shown.append(update)
            current = handled.tab.current
            if current and current.offered:
                gone = current.offered[0].document_id
                pipeline.library = tuple(one for one in pipeline.library if one.id != gone)
                sources.see_again(handled.tab)
        return shown

    shown = handled.run(removed())
    assert "which the Kremlin controls" not in kept_words(handled)
    assert "which the Kremlin controls" not in shown[-1][handled.parts.past]
    assert not handled.tab.stale


# when nothing can be kept


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(
    handled: Handled, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise StorageError("The disk is full. Make room.")

    with monkeypatch.context() as patched:
        patched.setattr(handled.desk.store, "create", full)
        shown = handled.ask(WAGNER)
        assert "Not kept: The disk is full. Make room." in shown[-1][handled.parts.fresh]
        handled.ask("Where do ships unload?")
    assert [one.number for one in handled.tab.exchanges] == [-1, -2]
    assert "sb-viewer" in handled.open("quote:-2:1")[handled.parts.viewer]
    handled.ask(WAGNER)
    assert handled.saved == [(WAGNER, "finished")]


def test_an_end_that_cannot_be_kept_is_told(
    handled: Handled, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("The disk is full. Make room.")

    monkeypatch.setattr(handled.desk.store, "finish", full)
    shown = handled.ask(WAGNER)
    assert "Africa Corps" in shown[-1][handled.parts.fresh]
    assert "Not kept: The disk is full." in shown[-1][handled.parts.fresh]


def test_a_conversation_that_was_deleted_elsewhere_is_told(handled: Handled) -> None:
    handled.ask(WAGNER)
    handled.desk.store.delete("", handled.tab.conversation_id)
    shown = handled.ask("Where do ships unload?")
    assert DELETED.split(",", maxsplit=1)[0] in shown[0][handled.parts.past]
    assert shown[0][handled.parts.box] == "Where do ships unload?"
    assert handled.tab.exchanges == []
    handled.ask("Where do ships unload?")
    assert handled.saved == [("Where do ships unload?", "finished")]
    assert handled.tab.notice == ""


def test_deleting_while_it_is_answered_is_told(handled: Handled) -> None:
    async def delete() -> list[Updates]:
        shown = [await handled.asking.ask(handled.tab, WAGNER, None, handled.request)]
        async for update in handled.asking.answer(handled.tab):
            shown.append(update)
            if handled.desk.store.list(""):
                handled.desk.store.delete("", handled.tab.conversation_id)
        return shown

    shown = handled.run(delete())
    assert "was deleted meanwhile" in shown[-1][handled.parts.fresh]
    assert handled.desk.store.list("") == ()


# retry, edit, rate, copy


def test_a_retry_takes_the_place_of_the_last_answer(handled: Handled) -> None:
    handled.ask(WAGNER)
    handled.ask("Where do ships unload?")
    shown = handled.again("again:2")
    assert 'data-dropped="2"' in shown[handled.parts.fresh]
    handled.finish()
    assert [one.number for one in handled.tab.exchanges] == [1, 3]
    assert handled.saved == [(WAGNER, "finished"), ("Where do ships unload?", "finished")]
    assert handled.again("again:1") == handled.parts.nothing()


def test_an_edited_question_drops_its_answer_and_later_ones(
    handled: Handled, pipeline: ScriptedPipeline
) -> None:
    for question in (WAGNER, "Where do ships unload?", WAGNER):
        handled.ask(question)
    shown = handled.act("edit:2")
    assert shown[handled.parts.box] == "Where do ships unload?"
    assert "1 later question" in shown[handled.parts.editing]
    shown = handled.ask("Where do the ships unload now?")[0]
    assert shown[handled.parts.editing] == ""
    assert [one.number for one in handled.tab.exchanges] == [1, 4]
    assert [question for question, _ in handled.saved] == [WAGNER, "Where do the ships unload now?"]
    assert [turn.question for turn in pipeline.histories[-1]] == [WAGNER]


def test_editing_can_be_given_up(handled: Handled) -> None:
    handled.ask(WAGNER)
    handled.act("edit:1")
    shown = handled.act("edit:cancel")
    assert (shown[handled.parts.editing], shown[handled.parts.box]) == ("", "")
    handled.ask("Where do ships unload?")
    assert len(handled.tab.exchanges) == 2


def test_ratings_are_kept_and_taken_back(handled: Handled) -> None:
    handled.ask(WAGNER)

    def kept() -> tuple[str | None, str]:
        conversation = handled.desk.store.get("", handled.tab.conversation_id)
        assert conversation is not None
        return conversation.exchanges[0].rating, conversation.exchanges[0].reason

    assert 'aria-pressed="true"' in handled.act("rate:1:up")[handled.parts.fresh]
    assert kept() == ("up", "")
    handled.act("why:1", text="  to the\npoint ")
    assert kept() == ("up", "to the point")
    handled.act("rate:1:down")
    assert kept() == ("down", "")
    handled.act("rate:1:down")
    assert kept() == (None, "")
    assert handled.act("why:1", text="too late") == handled.parts.nothing()


def test_a_rating_that_cannot_be_kept_is_told(handled: Handled) -> None:
    handled.ask(WAGNER)
    handled.desk.store.delete("", handled.tab.conversation_id)
    shown = handled.act("rate:1:up")[handled.parts.fresh]
    assert "was deleted meanwhile" in shown
    assert 'aria-pressed="true"' not in shown


def test_copying_brings_where_sources_differ(handled: Handled) -> None:
    handled.ask("Do they differ?")
    copied = handled.act("copy:1")[handled.parts.copied]
    assert "Sources differ:\n- “the force will remain”[1]\n- “it will continue”[2]" in copied


def test_copying_brings_text_and_footnotes(handled: Handled) -> None:
    handled.ask(WAGNER)
    first = handled.act("copy:1")[handled.parts.copied]
    assert "will remain in Mali.[1][2]" in first
    assert "[2] “it will continue its operations in Mali”" in first
    assert handled.act("copy:1")[handled.parts.copied] != first  # or else the page would not notice


@pytest.mark.parametrize(
    "act",
    [
        "copy:9", "copy:x", "copy", "edit:9", "rate:1:sideways", "rate:9:up", "why:1", "why:9",
        "again:1", "", None, 7, "a:b:c:d",
    ],
)  # fmt: skip
def test_a_forged_click_does_nothing(handled: Handled, act: object) -> None:
    handled.ask(WAGNER)
    before = replace(handled.tab)
    assert handled.act(act) == handled.parts.nothing()
    assert handled.tab == before


@pytest.mark.parametrize("act", ["ask:0", "again:9", "again:x", "copy:1", None])
def test_a_forged_click_asks_nothing(
    handled: Handled, pipeline: ScriptedPipeline, act: object
) -> None:
    handled.ask(WAGNER)
    assert handled.again(act) == handled.parts.nothing()
    assert len(pipeline.histories) == 1


def test_nothing_is_asked_or_edited_while_an_answer_comes(handled: Handled) -> None:
    handled.ask(WAGNER)
    handled.run(handled.asking.ask(handled.tab, "Where do ships unload?", None, handled.request))
    assert handled.again("again:2") == handled.act("edit:1") == handled.parts.nothing()
    assert handled.again("ask:0") == handled.parts.nothing()
    assert len(handled.tab.exchanges) == 2


# evidence


@pytest.mark.parametrize(
    "target", ["quote:1:9", "quote:x:1", "quote:1", "document:none", "", None, "a:b:c:d", 7]
)
def test_a_forged_click_opens_nothing(handled: Handled, target: object) -> None:
    handled.ask(WAGNER)
    assert handled.open(target) == handled.parts.nothing()
    assert (
        handled.run(handled.actions.open(handled.tab, gr.EventData(None, {})))
        == handled.parts.nothing()
    )
    assert handled.tab.active is None


def test_markers_of_any_answer_open_their_quote(handled: Handled) -> None:
    handled.ask(WAGNER)
    handled.ask("Where do ships unload?")
    shown = handled.open("quote:1:2")
    assert "it will continue its operations in Mali</mark>" in shown[handled.parts.viewer]
    assert WAGNER.replace("'", "&#39;") in shown[handled.parts.evidence]
    assert 'aria-current="true"' in shown[handled.parts.evidence]
    assert handled.open("quote:1:2")[handled.parts.viewer] != shown[handled.parts.viewer]
    assert handled.open("close")[handled.parts.viewer] == ""


def test_a_quote_of_a_removed_document_says_so(
    handled: Handled, pipeline: ScriptedPipeline
) -> None:
    handled.ask(WAGNER)
    removed = handled.tab.exchanges[0].cited[0].document_id
    pipeline.library = tuple(one for one in pipeline.library if one.id != removed)
    shown = handled.open("quote:1:1")
    assert "has been removed" in shown[handled.parts.viewer]
    assert "Kremlin-controlled" not in shown[handled.parts.evidence]


def test_documents_open_whole(handled: Handled) -> None:
    document = handled.desk.documents()[0]
    shown = handled.open(f"document:{document.id}")[handled.parts.viewer]
    assert "<mark" not in shown
    assert document.source in shown


# the page


def test_examples_are_about_documents_that_are_there(
    handled: Handled, pipeline: ScriptedPipeline
) -> None:
    pipeline.library = pipeline.library[:1]
    assert handled.parts.examples() == [SEED_EXAMPLES[pipeline.library[0].source]]
    handled.again("ask:0")
    assert handled.tab.exchanges[0].question == SEED_EXAMPLES[pipeline.library[0].source]


def test_a_page_stands_without_an_index(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise IndexMissing("Nothing ingested yet. Run: rag ingest")

    monkeypatch.setattr(desk, "documents", missing)
    handled = Handled(desk)
    assert handled.parts.examples() == []


def test_another_conversation_is_drawn_even_if_it_looks_the_same(desk: Desk) -> None:
    chat = built(ChatPart(desk))
    tab = Tab(exchanges=[finished(1)], shown=1)
    first, second = chat.render(tab), chat.render(tab)
    assert len(first) == len(chat.outputs)
    assert first[0] != second[0]
    assert "It reopened in May." in first[0]


def test_a_conversation_kept_by_another_program_is_found_again(
    handled: Handled, tmp_path: Path
) -> None:
    handled.ask(WAGNER)
    conversation = handled.desk.store.get("", handled.tab.conversation_id)
    assert conversation is not None
    tab = Tab()
    tab.load(conversation, handled.parts.documents())
    assert tab.exchanges[0].claims == handled.tab.exchanges[0].claims
    assert tab.exchanges[0].stage_seconds
    with pytest.raises(ConversationNotFound):
        handled.desk.store.rename("somebody else", conversation.id, "mine")
    assert tmp_path in handled.desk.settings.home.parents


def test_runs_are_of_the_person_who_asks(handled: Handled, monkeypatch: pytest.MonkeyPatch) -> None:
    people: list[str] = []
    made = threading.Event()

    class Noted(Run):
        def __init__(self, desk: Any, queue: Any, person: str) -> None:
            people.append(person)
            made.set()
            super().__init__(desk, queue, person)

    monkeypatch.setattr("ui.chat.asking.Run", Noted)
    handled.ask(WAGNER)
    assert made.is_set()
    assert people == ["tab tab"]
