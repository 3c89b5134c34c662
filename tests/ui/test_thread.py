"""What the conversation looks like, without a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rag import ClaimChecked, Delta, Disagreement, Finished
from tests.ui.pages import (
    ALSO,
    CRACKS,
    REOPENED,
    Page,
    failed_claim,
    finished,
    found,
    refused,
    written,
)
from tests.ui.scripted import HOSTILE_TEXT, answered, claim, document
from ui import markup
from ui.chat import thread
from ui.chat.advance import advance, begin, fail, queue, stop
from ui.chat.tools import copied
from ui.chat.view import ClaimView, Exchange
from ui.markup import inert


def test_inert_text_is_text() -> None:
    said = HOSTILE_TEXT + '\r\n__i18n__{"key": "x"} `${value}` {{{value}}}'
    treated = inert(said)
    assert not set(treated) & set("<>\"'`\r")
    assert Page(treated).text == said
    assert Page(treated).tags == []
    assert Page(f'<a title="{treated}" value="{treated}">').values == [said]


def test_prose_is_not_blown_up() -> None:
    words = "A sentence, with (some) punctuation: 1.5 % of [it] — and more; that’s all!"
    assert inert(words) == words


@pytest.mark.parametrize(
    ("exchange", "words"),
    [
        (Exchange(number=1, question="?"), "Waiting for its turn…"),
        (queue(Exchange(number=1, question="?"), 1), "Waiting — 1 question before yours…"),
        (queue(Exchange(number=1, question="?"), 2), "Waiting — 2 questions before yours…"),
        (begin(Exchange(number=1, question="?")), "Searching your documents…"),
        (found(), "Reading 2 passages from 1 document…"),
        (written("It"), "Writing — not checked yet…"),
        (
            advance(written("It."), ClaimChecked(claim=claim("It.", (1, CRACKS)))),
            "Checking each sentence against its quotes…",
        ),
    ],
)
def test_stages_are_named(exchange: Exchange, words: str) -> None:
    assert words in Page(thread.article(exchange)).text


def test_stages_that_are_over_stay_with_their_times() -> None:
    text = Page(thread.article(written("It"), 1.5)).text
    assert "Waited 0.1 sSearched 0.2 sRead 2 passages from 1 document 0.7 s" in text
    assert text.endswith("not checked yet…0.5 s")
    assert 'data-seconds="0.5"' in thread.article(written("It"), 1.5)


def test_what_is_under_way_stands_apart_from_what_is_over() -> None:
    exchanges = [finished(1), found(2)]
    assert 'data-number="1"' in thread.past(exchanges)
    assert 'data-number="2"' not in thread.past(exchanges)
    assert 'data-number="2"' in thread.under_way(exchanges)
    assert thread.under_way([finished(1)]) == thread.under_way([]) == ""


def test_checked_sentences_are_told_from_the_draft() -> None:
    exchange = advance(
        written("It had two cracks. It also"),
        ClaimChecked(claim=claim("It had two cracks.", (2, CRACKS))),
    )
    html = thread.reply(exchange)
    assert "✓ checked" in Page(html).text
    assert '<span class="sb-draft">It also</span>' in html


def test_an_answer_shows_markers_date_and_times() -> None:
    page = Page(thread.reply(finished()))
    assert page.text.startswith("It reopened in May.[2]As of 5 March 2019.")
    assert "searched 0.2 s · read 1.7 s · 4.6 s in all · scripted" in page.text
    assert page.values == ["quote:1:2"]


def left_out(*, replacing: str | None = None, many: int = 1) -> str:
    """What is said of sentences that failed."""
    dropped = tuple(
        ClaimView(text=f"It <never> was {place}.", verdict="unsupported", reason="no such year")
        for place in range(many)
    )
    claims = (
        ClaimView(text=replacing or "Fine.", replaces="It never was." if replacing else None),
    )
    return thread.reply(replace(finished(), dropped=dropped, claims=claims))


def test_what_failed_its_check_is_told_with_its_reason() -> None:
    page = Page(left_out())
    assert "One sentence did not pass its check (no such year) and was left out." in page.text
    assert "It <never> was 0. — no such year" in page.text
    assert page.tags.count("details") == page.tags.count("s") == 1


def test_what_took_the_place_of_a_failed_sentence_is_told() -> None:
    quoted = left_out(replacing="The sources state: “Cracks.”")
    assert "was replaced by the source’s own words" in quoted
    assert "written from its source alone" in left_out(replacing="Two cracks.")
    assert "3 sentences did not pass their check and were left out." in left_out(many=3)


def test_a_sentence_that_fails_while_it_works_is_told_at_once() -> None:
    exchange = advance(written("No."), ClaimChecked(claim=failed_claim("No.", (1, CRACKS))))
    assert "One sentence did not pass its check" in thread.reply(exchange)
    assert '<p class="sb-text">' not in thread.reply(exchange)


def test_disagreements_stand_side_by_side_with_their_dates() -> None:
    differing = Disagreement(
        about="the month",
        citations=claim("", (1, REOPENED), (2, ALSO)).citations,
        text="Sources differ: “In May” (Bridge, no date) [1] — “in June” (Ferry, no date) [2].",
    )
    answer = replace(
        answered("When?", [claim("In May.", (1, REOPENED))], (REOPENED,)),
        disagreements=(differing,),
    )
    html = thread.reply(advance(found(), Finished(answer=answer)))
    assert html.count('class="sb-side"') == 2
    sides = Page(html).text.split("Sources differ")[1]
    assert "5 March 2019In May[1]" in sides
    assert "undatedin June[2]" in sides


def test_a_refusal_says_what_is_missing_and_lists_no_source() -> None:
    page = Page(thread.reply(refused()))
    assert page.text.startswith("The sources don't say.Nothing about who <paid>")
    assert "forged" not in page.text
    assert page.values == []


def test_a_rewritten_question_is_shown_as_understood() -> None:
    exchange = replace(found(), standalone_question="When did the bridge reopen?")
    assert "Understood as: When did the bridge reopen?" in thread.article(exchange)
    assert "Understood as" not in thread.article(found())


def test_a_narrowed_question_says_to_what() -> None:
    filters = {"documents": ["a", "b"], "after": date(2020, 3, 1), "before": None, "sources": ()}
    assert markup.limits(filters) == "2 documents, published on or after 1 March 2020"
    assert markup.limits({}) == ""
    exchange = Exchange(number=1, question="?", scope=markup.limits(filters))
    assert "Limited to 2 documents" in thread.article(exchange)


def test_documents_that_speak_to_software_are_told() -> None:
    html = thread.reply(replace(finished(), flagged=(("trap", "<Trap>"),)))
    assert "“<Trap>” speaks to the software that reads it" in Page(html).text


def test_stopped_answers_say_what_was_not_checked() -> None:
    exchange = advance(found(), ClaimChecked(claim=claim("It reopened in May.", (2, REOPENED))))
    page = Page(thread.reply(stop(advance(exchange, Delta(text="It also")))))
    assert page.text == (
        "It reopened in May.[2] It also"
        "Stopped before the answer was checked as a whole. "
        "The text in italics was not checked at all."
    )
    assert Page(thread.reply(stop(Exchange(number=1, question="?")))).text == "Stopped."


def test_errors_are_told_in_words() -> None:
    page = Page(thread.reply(fail(written("It"), "Run <rag ingest>")))
    assert page.text == "This did not work.Run <rag ingest>"


def test_a_question_that_was_cut_off_says_what_to_do() -> None:
    html = thread.article(Exchange(number=1, question="?", stage="interrupted"))
    assert "ask again" in html


def test_a_removed_sentence_leaves_a_note() -> None:
    html = thread.reply(replace(finished(), claims=(ClaimView(text="", numbers=(2,)),)))
    assert "its document was removed" in html


def test_what_is_not_kept_says_why() -> None:
    html = thread.reply(replace(finished(), unsaved="The disk is <full>."))
    assert "Not kept: The disk is <full>." in Page(html).text


# what can be done with an answer


def acts(exchange: Exchange) -> list[str]:
    return [value.split(":")[0] for value in Page(thread.article(exchange)).values]


def test_buttons_fit_the_state() -> None:
    assert acts(found()) == []
    assert acts(finished()) == ["quote", "copy", "again", "edit", "rate", "rate"]
    assert acts(refused()) == ["again", "edit", "rate", "rate"]
    assert acts(fail(found(), "no")) == ["again", "edit"]


def test_a_rating_is_shown_with_its_reason() -> None:
    html = thread.article(replace(finished(), rating="down", reason='too "short"'))
    assert html.count('aria-pressed="true"') == 1
    assert Page(html).values[-1] == 'too "short"'
    assert "sb-why" not in thread.article(finished())


def test_an_answer_is_copied_with_footnotes() -> None:
    assert copied(finished()) == (
        "It reopened in May.[2]\n\n"
        "[2] “The bridge reopened in May.” — The bridge reopened in May. It had two cracks., "
        "bridge.txt, 5 March 2019"
    )
    assert copied(refused()) == ""


def test_editing_says_how_much_goes() -> None:
    assert "removes its answer. " in thread.editing(finished())
    assert "1 later question with its answer" in thread.editing(finished(), 1)
    assert "3 later questions with their answers" in thread.editing(finished(), 3)
    assert thread.editing(None) == ""


def test_an_empty_conversation_offers_questions() -> None:
    page = Page(thread.welcome(["Who <paid>?"]))
    assert "Who <paid>?" in page.text
    assert page.values == ["ask:0"]


def test_a_hostile_document_adds_no_tag() -> None:
    def shown(words: str) -> list[list[str]]:
        source = document("same", words, title=words)
        everything = type(REOPENED)(document=source, start=0, end=len(words))
        made = claim(words, (1, everything))
        answer = replace(
            answered(words, [made], (everything,)),
            standalone_question=f"{words} ?",
            dropped=(failed_claim(words, (1, everything), reason=words),),
            disagreements=(Disagreement(about=words, citations=made.citations, text=words),),
            flagged=(source.id,),
        )
        exchange = Exchange(number=1, question=words, scope=words, unsaved=words)
        over = advance(exchange, Finished(answer=answer), 1.0)
        refusal = replace(over, refused=True, missing=words)
        parts = [
            thread.past([over, refusal, fail(exchange, words)], notice=words),
            thread.under_way([replace(exchange, draft=words)]),
            thread.article(replace(over, rating="up", reason=words)),
            thread.editing(exchange),
            thread.welcome([words]),
        ]
        return [Page(part).tags + Page(part).attributes for part in parts]

    assert shown(HOSTILE_TEXT) == shown("kind")


def test_a_thousand_turns_are_quick_to_draw() -> None:
    exchanges = [finished(number) for number in range(1, 1001)]
    html = thread.past(exchanges)
    assert html.count("<article") == 1000
    assert len(html) < 2_500_000
