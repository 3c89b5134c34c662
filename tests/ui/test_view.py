"""From events to what the page shows, without a browser."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from html.parser import HTMLParser

from rag import Answer, ClaimChecked, Delta, Disagreement, Finished, Retrieved
from tests.ui.scripted import HOSTILE_TEXT, answered, claim, document, passages, quote
from ui import markup, panels
from ui.conversation import Conversation, Exchange, advance, begin, fail, stop
from ui.markup import inert

BRIDGE = document(
    "bridge.txt", "The bridge reopened in May. It had two cracks.", published=date(2019, 3, 5)
)
FERRY = document("ferry.txt", "Ferries ran. The bridge reopened in May. Nobody cheered.")
REOPENED = quote(BRIDGE, "The bridge reopened in May.")
ALSO = quote(FERRY, "The bridge reopened in May.")
CRACKS = quote(BRIDGE, "It had two cracks.")
KNOWN = {BRIDGE.id: BRIDGE, FERRY.id: FERRY}


class Page(HTMLParser):
    """Tags, visible text and button values of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.values: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += [value or "" for name, value in attrs if name == "value"]

    def handle_data(self, data: str) -> None:
        self.text += data


def found(number: int = 1) -> Exchange:
    """A question whose passages were found."""
    event = Retrieved(
        passages=passages((REOPENED, CRACKS)), quotes=(REOPENED, CRACKS), standalone_question="?"
    )
    return advance(begin(Exchange(id=number, question="When?")), event)


def finished(number: int = 1) -> Exchange:
    """A question that was answered."""
    answer = answered("When?", [claim("It reopened in May.", (2, REOPENED))], (REOPENED, CRACKS))
    return advance(found(number), Finished(answer=answer))


def refused() -> Exchange:
    """A question that the documents do not answer."""
    answer = Answer(
        question="Who?",
        standalone_question="Who?",
        claims=(claim("A forged claim.", (1, REOPENED)),),
        passages=passages((REOPENED,)),
        refused=True,
        refusal_reason="no_evidence",
        missing="Nothing about who <paid>",
    )
    return advance(found(), Finished(answer=answer))


def test_inert_text_is_text_to_html_markdown_and_templates() -> None:
    treated = inert(HOSTILE_TEXT)
    assert not set(treated) & set("<>\"'`*_[]{}$()\\|~\n")
    assert Page(treated).text == HOSTILE_TEXT
    assert Page(treated).tags == []


def test_stages_follow_the_events() -> None:
    exchange = Exchange(id=1, question="When?")
    assert "Waiting" in markup.reply(exchange)
    assert "Searching" in markup.reply(begin(exchange))
    assert "Reading 2 passages from 1 document…" in markup.reply(found())
    writing = advance(found(), Delta(text="It reopened [2]"))
    assert "not checked" in markup.reply(writing)
    checking = advance(writing, ClaimChecked(claim=claim("It reopened", (2, REOPENED))))
    assert "Checking" in markup.reply(checking)


def test_quotes_are_listed_as_soon_as_they_are_found() -> None:
    page = Page(panels.evidence(found(), KNOWN))
    assert page.values == ["quote:1:r1", "quote:1:r2"]
    assert REOPENED.text in page.text
    assert "5 March 2019" in page.text


def test_passages_stand_in_where_no_quotes_were_built() -> None:
    exchange = advance(
        found(), Retrieved(passages=passages((CRACKS,)), quotes=(), standalone_question="?")
    )
    assert exchange.quote("r1") == CRACKS


def test_a_checked_sentence_replaces_its_draft() -> None:
    exchange = advance(found(), Delta(text="It reopened in May [2]. It also had"))
    assert 'class="sb-draft"' in markup.reply(exchange)
    exchange = advance(exchange, ClaimChecked(claim=claim("It reopened in May.", (2, REOPENED))))
    assert exchange.draft == "It also had"
    assert Page(markup.reply(exchange)).text.startswith("It reopened in May.[2] It also had")


def test_a_sign_of_life_is_not_writing() -> None:
    assert advance(begin(Exchange(id=1, question="?")), Delta(text="")).stage == "searching"
    assert advance(found(), Delta(text="")) == found()


def test_an_unsupported_sentence_vanishes() -> None:
    exchange = advance(found(), Delta(text="It never was. It"))
    wrong = claim("It never was.", (1, CRACKS))
    wrong = type(wrong)(
        text=wrong.text, citations=wrong.citations, support=0.1, verdict="unsupported"
    )
    exchange = advance(exchange, ClaimChecked(claim=wrong))
    assert (exchange.draft, exchange.claims) == ("It", ())


def test_a_mended_sentence_does_not_stand_beside_its_draft() -> None:
    exchange = advance(found(), Delta(text="It reopned in"))
    assert advance(exchange, ClaimChecked(claim=claim("It reopened.", (1, REOPENED)))).draft == ""


def test_answer_shows_markers_date_and_timings() -> None:
    page = Page(markup.reply(finished()))
    assert page.text.startswith("It reopened in May.[2]As of 5 March 2019.")
    assert "done in 4.6 s" in page.text
    assert page.values == ["quote:1:2"]


def test_cited_quotes_stand_apart_from_the_others() -> None:
    html = panels.evidence(finished(), KNOWN, "2")
    cited, others = html.split("Also retrieved")
    assert Page(cited).values == ["quote:1:2"]
    assert 'aria-current="true"' in cited
    assert Page(others).values == ["quote:1:r2"]


def test_markers_resolve_per_turn() -> None:
    first, second = finished(1), finished(2)
    assert first.quote("2") == second.quote("2") == REOPENED
    assert first.quote("r2") == CRACKS
    assert first.quote("1") is first.quote("<b>") is None
    assert Page(markup.reply(second)).values == ["quote:2:2"]


def test_documents_that_hold_a_quote_too_are_named() -> None:
    also = type(REOPENED)(
        document=BRIDGE, start=REOPENED.start, end=REOPENED.end, also_in=(FERRY.id, "feedfeedfeed")
    )
    exchange = advance(
        found(), Finished(answer=answered("When?", [claim("In May.", (1, also))], (also,)))
    )
    assert "also in ferry.txt, feedfeedfeed" in Page(panels.evidence(exchange, KNOWN)).text


def test_disagreements_are_shown_with_their_markers() -> None:
    answer = Answer(
        question="When?",
        standalone_question="When?",
        claims=(claim("In May.", (1, REOPENED)),),
        disagreements=(
            Disagreement(
                about="the month", citations=claim("", (1, REOPENED), (2, ALSO)).citations
            ),
        ),
    )
    exchange = advance(found(), Finished(answer=answer))
    page = Page(markup.reply(exchange))
    assert "Sources differ on the month: [1][2]" in page.text
    assert exchange.quote("2") == ALSO


def test_a_refusal_lists_no_source() -> None:
    exchange = refused()
    reply, evidence = markup.reply(exchange), panels.evidence(exchange, KNOWN)
    assert "sb-refusal" in reply
    assert "forged" not in reply
    assert "The sources don't say.Nothing about who <paid>" in Page(reply).text
    assert Page(reply).values == []
    assert "Related, but not an answer" in evidence
    assert "Cited" not in evidence
    assert "sb-number" not in evidence


def test_a_stop_keeps_what_stands() -> None:
    exchange = advance(found(), ClaimChecked(claim=claim("It reopened in May.", (2, REOPENED))))
    exchange = stop(advance(exchange, Delta(text="It also")))
    page = Page(markup.reply(exchange))
    assert page.text == (
        "It reopened in May.[2] It also"
        "Stopped before the answer was checked as a whole. "
        "The text in italics was not checked at all."
    )
    assert exchange.quote("2") == REOPENED
    assert advance(exchange, Delta(text=" more")) == exchange
    assert exchange.turn is not None


def test_a_stop_before_the_first_word() -> None:
    exchange = stop(Exchange(id=1, question="When?"))
    assert Page(markup.reply(exchange)).text == "Stopped."
    assert exchange.turn is None
    assert "Nothing was cited" in panels.evidence(exchange, KNOWN)


def test_an_answer_that_the_pipeline_stopped_is_no_refusal() -> None:
    answer = Answer(question="?", standalone_question="?", refused=True, refusal_reason="stopped")
    exchange = advance(advance(found(), Delta(text="It")), Finished(answer=answer))
    assert exchange.stage == "stopped"
    assert not exchange.refused


def test_an_error_is_shown_in_words() -> None:
    exchange = fail(advance(found(), Delta(text="It")), "Run <rag ingest>")
    page = Page(markup.reply(exchange))
    assert page.text == "This did not work.Run <rag ingest>"
    assert exchange.turn is None
    assert "could not be answered" in panels.evidence(exchange, KNOWN)


def test_the_viewer_shows_the_whole_document_with_the_span_marked() -> None:
    html = panels.viewer(BRIDGE, start=CRACKS.start, end=CRACKS.end)
    assert Page(html).text.endswith(BRIDGE.text)
    assert f">{inert(CRACKS.text)}</mark>" in html
    assert "<mark" not in panels.viewer(BRIDGE)


def test_a_hostile_document_adds_no_tag_anywhere() -> None:
    evil = document(HOSTILE_TEXT, HOSTILE_TEXT, title=HOSTILE_TEXT)
    kind = document("kind", "kind", title="kind")

    def shown(source: type[Exchange] | object) -> list[list[str]]:
        assert isinstance(source, type(evil))
        everything = type(REOPENED)(document=source, start=0, end=len(source.text))
        answer = answered(source.text, [claim(source.text, (1, everything))], (everything,))
        exchange = advance(Exchange(id=1, question=source.text), Finished(answer=answer))
        known = {source.id: source}
        parts = [
            markup.reply(exchange),
            markup.messages([exchange])[0]["content"],
            panels.evidence(exchange, known),
        ]
        parts += [
            panels.library(known),
            panels.viewer(source, start=0, end=4),
            panels.failure(source.text),
        ]
        return [Page(part).tags for part in parts]

    assert shown(evil) == shown(kind)


def test_a_long_library_is_cut() -> None:
    many = {str(number): document(f"{number}.txt", "text") for number in range(panels.LISTED + 3)}
    html = panels.library(many)
    assert len(Page(html).values) == panels.LISTED
    assert "and 3 more documents" in html
    assert "rag ingest" in panels.library({})


def test_a_conversation_takes_one_question_at_a_time() -> None:
    conversation = deepcopy(Conversation())
    assert conversation.ask("  ") is None
    first = conversation.ask(" When? ")
    assert first is not None
    assert first.question == "When?"
    assert conversation.ask("Again?") is None
    conversation.stop()
    second = conversation.ask("Again?")
    assert second is not None
    conversation.clear()
    third = conversation.ask("Anew?")
    assert [first.id, second.id, third and third.id] == [1, 2, 3]
    conversation.put(second)
    assert [exchange.id for exchange in conversation.exchanges] == [3]


def test_history_holds_what_was_answered() -> None:
    conversation = Conversation(exchanges=[finished(1), refused(), fail(found(3), "no"), found(4)])
    assert [(turn.question, turn.answer) for turn in conversation.history] == [
        ("When?", "It reopened in May."),
        ("When?", "The sources don't say."),
    ]


def test_dates_say_where_they_come_from() -> None:
    dated = document("a", "a", published=date(2020, 1, 2))
    assert markup.published(dated) == "2 January 2020"
    assert markup.published(document("a", "a")) == "undated"
    fields = {
        name: getattr(dated, name)
        for name in ("id", "source", "title", "text", "sha256", "published")
    }
    assert (
        markup.published(type(dated)(**fields, published_from="mtime"))
        == "2 January 2020 (date of the file)"
    )
