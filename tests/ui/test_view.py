"""From events to what is known of an answer, and from what was kept back to it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rag import (
    Answer,
    AnswerEvent,
    ClaimChecked,
    Conversation,
    Delta,
    Disagreement,
    Document,
    Finished,
    Retrieved,
    SavedExchange,
    Settings,
)
from tests.ui.pages import (
    ALSO,
    BRIDGE,
    CRACKS,
    FERRY,
    KNOWN,
    REOPENED,
    failed_claim,
    finished,
    found,
    refused,
    written,
)
from tests.ui.scripted import answered, claim, document, passages
from ui.chat.advance import advance, begin, fail, queue, stop
from ui.chat.record import Collected, from_saved, record_of
from ui.chat.tab import Tab
from ui.chat.view import ClaimView, Exchange, see_today, telling_words, view_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_stages_follow_the_events_and_take_their_times() -> None:
    exchange = Exchange(number=1, question="When?")
    assert exchange.stage == "waiting"
    assert queue(exchange, 2).place == 2
    searching = begin(queue(exchange, 2), 1.5)
    assert (searching.stage, searching.place) == ("searching", 0)
    retrieved = Retrieved(
        passages=passages((REOPENED, ALSO)), quotes=(), standalone_question="When?"
    )
    reading = advance(searching, retrieved, 1.75)
    assert (reading.stage, reading.passages, reading.documents) == ("reading", 2, 2)
    writing = advance(reading, Delta(text="It"), 5.75)
    checking = advance(writing, ClaimChecked(claim=claim("It", (1, REOPENED))), 6.75)
    done = advance(checking, Finished(answer=answered("When?", [], ())), 8.75)
    assert done.stage_seconds == (
        ("waiting", 1.5),
        ("searching", 0.25),
        ("reading", 4.0),
        ("writing", 1.0),
        ("checking", 2.0),
    )


def test_a_place_counts_only_while_waiting() -> None:
    assert queue(found(), 3) == found()


def test_quotes_are_known_as_soon_as_they_are_found() -> None:
    exchange = found()
    assert [quote.reference for quote in exchange.uncited] == ["r1", "r2"]
    assert exchange.quote("r1") == view_of(REOPENED, "r1")


def test_passages_stand_in_where_no_quotes_were_built() -> None:
    event = Retrieved(passages=passages((CRACKS,)), quotes=(), standalone_question="?")
    assert advance(found(), event).quote("r1") == view_of(CRACKS, "r1")


def test_a_checked_sentence_replaces_its_draft() -> None:
    exchange = written("It reopened in May [2]. It also had")
    exchange = advance(exchange, ClaimChecked(claim=claim("It reopened in May.", (2, REOPENED))))
    assert exchange.draft == "It also had"
    assert exchange.claims == (ClaimView(text="It reopened in May.", numbers=(2,), support=0.9),)
    assert exchange.cited == (view_of(REOPENED, "2"),)
    assert [quote.reference for quote in exchange.uncited] == ["r2"]


def test_a_sign_of_life_is_not_writing() -> None:
    waiting = begin(Exchange(number=1, question="?"))
    assert advance(waiting, Delta(text="")).stage == "searching"
    assert advance(found(), Delta(text="")).stage == "reading"


def test_a_sentence_that_fails_is_set_apart_with_its_reason() -> None:
    exchange = advance(
        written("It never was. It"), ClaimChecked(claim=failed_claim("It never was.", (1, CRACKS)))
    )
    assert (exchange.draft, exchange.claims, exchange.cited) == ("It", (), ())
    assert [(one.text, one.reason) for one in exchange.dropped] == [
        ("It never was.", "not in the quotes")
    ]


def test_what_is_said_in_place_of_a_failed_sentence_says_so() -> None:
    events: list[AnswerEvent] = [
        ClaimChecked(claim=failed_claim("It never was.", (1, CRACKS))),
        Delta(text=""),
        ClaimChecked(claim=claim("It had two cracks.", (1, CRACKS))),
    ]
    exchange = written("It never was.")
    for event in events:
        exchange = advance(exchange, event)
    assert exchange.claims[0].replaces == "It never was."
    answer = replace(
        answered("?", [claim("It had two cracks.", (1, CRACKS))], (CRACKS,)),
        dropped=(failed_claim("It never was.", (1, CRACKS)),),
    )
    assert advance(exchange, Finished(answer=answer)).claims[0].replaces == "It never was."


def test_a_second_sentence_is_no_replacement_of_a_first_that_failed() -> None:
    exchange = written("It never was. It had two cracks.")
    for made in (
        failed_claim("It never was.", (1, CRACKS)),
        claim("It had two cracks.", (1, CRACKS)),
    ):
        exchange = advance(exchange, ClaimChecked(claim=made))
    assert exchange.claims[0].replaces is None


def test_a_mended_sentence_does_not_stand_beside_its_draft() -> None:
    exchange = written("It reopned in")
    assert advance(exchange, ClaimChecked(claim=claim("It reopened.", (1, REOPENED)))).draft == ""


def test_quotes_know_the_sentences_that_rest_on_them() -> None:
    claims = [
        claim("One.", (1, REOPENED)),
        claim("Two.", (2, CRACKS)),
        claim("Three.", (1, REOPENED), (2, CRACKS)),
    ]
    exchange = advance(found(), Finished(answer=answered("?", claims, (REOPENED, CRACKS))))
    assert [exchange.resting_on(quote) for quote in exchange.cited] == [(1, 3), (2, 3)]


def test_references_resolve_within_their_exchange() -> None:
    exchange = finished()
    assert exchange.quote("2") == view_of(REOPENED, "2")
    assert exchange.quote("r2") == view_of(CRACKS, "r2")
    assert exchange.quote("1") is exchange.quote("r1") is exchange.quote("<b>") is None


def test_sides_of_a_disagreement_have_their_own_words() -> None:
    text = "Sources differ: “in May” (Bridge (daily), 5 March 2019) [1] — “in June” (Ferry, no date) [2]."
    assert telling_words(text, 1) == "in May"
    assert telling_words(text, 2) == "in June"
    assert telling_words(text, 3) == ""
    citations = claim("", (1, REOPENED), (2, ALSO)).citations
    answer = replace(
        answered("When?", [claim("In May.", (1, REOPENED))], (REOPENED,)),
        disagreements=(Disagreement(about="the month", citations=citations, text=text),),
    )
    exchange = advance(found(), Finished(answer=answer))
    assert [side.words for side in exchange.differing[0].sides] == ["in May", "in June"]
    assert exchange.quote("2") == view_of(ALSO, "2")


def test_a_refusal_cites_nothing() -> None:
    exchange = refused()
    assert (exchange.refused, exchange.claims, exchange.cited) == (True, (), ())
    assert [quote.reference for quote in exchange.uncited] == ["r1", "r2"]


def test_a_stop_keeps_what_stands() -> None:
    exchange = advance(found(), ClaimChecked(claim=claim("It reopened in May.", (2, REOPENED))))
    exchange = stop(advance(exchange, Delta(text="It also")))
    assert (exchange.draft, len(exchange.claims)) == ("It also", 1)
    assert advance(exchange, Delta(text=" more")) == exchange
    assert fail(exchange, "late") == exchange
    assert exchange.turn is not None


def test_an_answer_that_the_pipeline_stopped_is_no_refusal() -> None:
    answer = Answer(question="?", standalone_question="?", refused=True, refusal_reason="stopped")
    exchange = advance(written("It"), Finished(answer=answer))
    assert (exchange.stage, exchange.refused, exchange.draft) == ("stopped", False, "It")


def test_history_holds_what_was_answered() -> None:
    tab = Tab(exchanges=[finished(1), refused(2), fail(found(3), "no"), found(4)])
    assert [(turn.question, turn.answer) for turn in tab.history] == [
        ("When?", "It reopened in May."),
        ("When?", "The sources don't say."),
    ]


# quotes as the documents of today bear them out


def changed(source: Document, text: str) -> dict[str, Document]:
    return {source.id: replace(source, text=text, sha256="1" * 64)}


def test_a_quote_is_followed_where_its_words_have_moved() -> None:
    seen = see_today(view_of(CRACKS, "1"), changed(BRIDGE, f"New. {BRIDGE.text}"))
    assert (seen.state, seen.start) == ("current", CRACKS.start + 5)


def test_a_quote_whose_words_are_gone_keeps_them_and_says_so() -> None:
    seen = see_today(view_of(CRACKS, "1"), changed(BRIDGE, "It had three cracks."))
    assert (seen.state, seen.text) == ("changed", "It had two cracks.")


def test_of_a_removed_document_nothing_is_left() -> None:
    seen = see_today(view_of(CRACKS, "1"), {})
    assert (seen.state, seen.text) == ("removed", "")


# what is kept


def kept(
    events: list[AnswerEvent], *, at_the_end: str = "finished"
) -> tuple[Exchange, SavedExchange]:
    """An exchange after these events, and what is kept of it."""
    exchange, collected = (
        begin(Exchange(number=7, question="When?", scope="1 document")),
        Collected("When?"),
    )
    for at, event in enumerate(events, start=1):
        exchange = advance(exchange, event, float(at))
        collected.add(event)
    if at_the_end == "stopped":
        exchange = stop(exchange, 9.0)
    elif at_the_end == "failed":
        exchange = fail(exchange, "No model. Pull one.", 9.0)
    record = record_of(exchange, collected, Settings(home=Path("home")), asked_at=NOW)
    saved = SavedExchange(
        number=7,
        question="When?",
        state=at_the_end,  # type: ignore[arg-type]
        record=record,
        rating="up",
        reason="short",
        asked_at=NOW,
    )
    return replace(exchange, rating="up", reason="short"), saved


RETRIEVED = Retrieved(
    passages=passages((REOPENED, CRACKS)),
    quotes=(REOPENED, CRACKS),
    standalone_question="When did the bridge reopen?",
)


def whole() -> list[AnswerEvent]:
    """An answer with all that an answer can have."""
    answer = replace(
        answered("When?", [claim("It reopened.", (1, REOPENED))], (REOPENED, CRACKS)),
        standalone_question="When did the bridge reopen?",
        dropped=(failed_claim("It never was.", (2, CRACKS)),),
        disagreements=(
            Disagreement(
                about="May",
                citations=claim("", (1, REOPENED), (3, ALSO)).citations,
                text="Sources differ: “May” (Bridge, no date) [1] — “in May” (Ferry, no date) [3].",
            ),
        ),
        flagged=(BRIDGE.id,),
    )
    return [
        RETRIEVED,
        Delta(text="It never was [2]."),
        ClaimChecked(claim=failed_claim("It never was.", (2, CRACKS))),
        Delta(text=""),
        ClaimChecked(claim=claim("It reopened.", (1, REOPENED))),
        Finished(answer=answer),
    ]


REFUSED = Finished(
    answer=Answer(
        question="When?",
        standalone_question="When did the bridge reopen?",
        refused=True,
        refusal_reason="no_evidence",
        missing="when",
        passages=RETRIEVED.passages,
    )
)
UNTIL_THEN: list[AnswerEvent] = [
    RETRIEVED,
    Delta(text="It reopened [1]. It had"),
    ClaimChecked(claim=claim("It reopened.", (1, REOPENED))),
]


@pytest.mark.parametrize(
    ("events", "state"),
    [
        (whole(), "finished"),
        ([RETRIEVED, REFUSED], "finished"),
        (UNTIL_THEN, "stopped"),
        ([], "stopped"),
        (UNTIL_THEN[:2], "failed"),
    ],
    ids=["answered", "refused", "stopped", "stopped at once", "failed"],
)
def test_what_was_kept_is_shown_as_it_was(events: list[AnswerEvent], state: str) -> None:
    exchange, saved = kept(events, at_the_end=state)
    again = from_saved(saved, KNOWN)
    same = {"since": again.since, "pondering": again.pondering}
    if not events:
        same["standalone_question"] = again.standalone_question  # type: ignore[assignment]
    assert again == replace(exchange, **same)  # type: ignore[arg-type]


def test_a_question_without_an_end_was_interrupted() -> None:
    saved = SavedExchange(
        number=1, question="?", state="asked", record={}, rating=None, reason="", asked_at=NOW
    )
    exchange = from_saved(saved, KNOWN)
    assert (exchange.stage, exchange.over, exchange.turn) == ("interrupted", True, None)


def test_what_was_found_besides_is_left_out_where_the_file_has_changed() -> None:
    _, saved = kept([RETRIEVED, REFUSED])
    exchange = from_saved(saved, changed(BRIDGE, "Something else of the same length, nearly."))
    assert [(quote.state, quote.text) for quote in exchange.offered] == [("changed", "")] * 2


def test_a_removed_document_leaves_nothing_in_what_is_shown_again() -> None:
    _, saved = kept(whole())
    exchange = from_saved(saved, {FERRY.id: FERRY})
    assert [(quote.state, quote.text) for quote in exchange.cited] == [
        ("removed", ""),
        ("current", ALSO.text),
    ]
    assert [side.words for side in exchange.differing[0].sides] == ["", "in May"]
    assert exchange.flagged == ((BRIDGE.id, "a document that was removed"),)


def test_erased_sentences_can_be_read() -> None:
    _, saved = kept(whole())
    saved.record["claims"] = [{"text": "", "removed": True, "citations": [1]}]
    saved.record["citations"] = [{"number": 1, "document_id": BRIDGE.id, "removed": True}]
    exchange = from_saved(saved, {})
    assert exchange.claims[0].text == ""
    assert exchange.cited[0].state == "removed"


# a tab


def test_a_tab_is_copied_for_each_reader() -> None:
    assert deepcopy(Tab()) == Tab()


def test_a_tab_shows_a_kept_conversation() -> None:
    exchange, saved = kept(whole())
    conversation = Conversation(
        id="abc", title="Bridges", created=NOW, changed=NOW, exchanges=(saved,)
    )
    tab = Tab(exchanges=[found(3)], editing=3, notice="old")
    before = tab.showing
    tab.load(conversation, KNOWN)
    assert (tab.conversation_id, tab.title, tab.shown) == ("abc", "Bridges", 7)
    assert [one.claims for one in tab.exchanges] == [exchange.claims]
    assert (tab.editing, tab.notice) == (None, "")
    assert tab.showing > before


def test_dropping_forgets_what_comes_after() -> None:
    tab = Tab(exchanges=[finished(1), finished(4), finished(-1)], shown=4, active="2", editing=4)
    assert (tab.after(1), tab.after(-1), tab.after(99)) == (2, 0, 0)
    tab.drop_from(4)
    assert [one.number for one in tab.exchanges] == [1]
    assert (tab.shown, tab.active, tab.editing) == (None, None, None)
    tab.put(finished(4))
    assert [one.number for one in tab.exchanges] == [1]


def test_a_tab_sees_quotes_again_after_a_removal() -> None:
    tab = Tab(exchanges=[finished(1)])
    tab.refresh({})
    assert {quote.state for quote in tab.exchanges[0].cited} == {"removed"}


def test_what_may_repeat_an_erased_answer_goes_from_later_questions() -> None:
    later = replace(
        refused(2), question="When?", standalone_question="When in May?", missing="the May opening"
    )
    tab = Tab(exchanges=[finished(1), replace(later, offered=())])
    tab.refresh({})
    assert "It reopened" not in str(tab.exchanges)
    assert (tab.exchanges[1].standalone_question, tab.exchanges[1].missing) == ("When?", None)


def test_what_goes_from_the_store_is_what_is_kept_there() -> None:
    tab = Tab(exchanges=[finished(1), finished(-1), finished(2)])
    assert [tab.kept_from(number) for number in (1, -1, 2, 9, None)] == [1, 2, 2, None, None]


def test_an_exchange_holds_dates_and_documents_found() -> None:
    exchange = finished()
    assert exchange.as_of == date(2019, 3, 5)
    other = document("other", "other")
    assert view_of(replace(REOPENED, also_in=(other.id,)), "1").also_in == (other.id,)
