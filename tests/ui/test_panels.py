"""Evidence and viewer, without a browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag import Delta, Document, Finished
from tests.ui.pages import (
    ALSO,
    BRIDGE,
    CRACKS,
    FERRY,
    KNOWN,
    REOPENED,
    Page,
    finished,
    found,
    refused,
)
from tests.ui.scripted import HOSTILE_TEXT, answered, claim, day, document
from ui import markup
from ui.chat import panels
from ui.chat.advance import advance, fail, stop
from ui.chat.view import Exchange, view_of
from ui.markup import inert


def test_nothing_asked_is_explained() -> None:
    assert "appear here" in panels.evidence(None, KNOWN)


def test_quotes_are_listed_before_the_first_word() -> None:
    page = Page(panels.evidence(found(), KNOWN))
    assert page.values == ["quote:1:r1", "quote:1:r2"]
    assert REOPENED.text in page.text
    assert "5 March 2019" in page.text


def test_cited_quotes_stand_apart_from_the_others() -> None:
    html = panels.evidence(finished(), KNOWN, "2")
    cited, others = html.split("Also retrieved")
    assert Page(cited).values == ["quote:1:2"]
    assert 'aria-current="true"' in cited
    assert Page(others).values == ["quote:1:r2"]


def test_cards_name_the_sentences_that_rest_on_them() -> None:
    claims = [
        claim("One.", (1, REOPENED)),
        replace(claim("Two.", (2, CRACKS)), support=0.7),
        replace(claim("Three.", (1, REOPENED), (2, CRACKS)), support=0.52),
    ]
    exchange = advance(found(), Finished(answer=answered("?", claims[:2], (REOPENED, CRACKS))))
    text = Page(panels.evidence(exchange, KNOWN)).text
    assert "Strong supportRests on this: sentence 1" in text
    assert "Good supportRests on this: sentence 2" in text
    exchange = advance(found(), Finished(answer=answered("?", claims, (REOPENED, CRACKS))))
    text = Page(panels.evidence(exchange, KNOWN)).text
    assert "Some supportRests on this: sentences 1 and 3" in text
    assert "52% of the words" in panels.evidence(exchange, KNOWN)


def test_documents_that_hold_a_quote_too_are_named() -> None:
    also = replace(REOPENED, also_in=(FERRY.id, "feedfeedfeed"))
    exchange = advance(
        found(), Finished(answer=answered("When?", [claim("In May.", (1, also))], (also,)))
    )
    text = Page(panels.evidence(exchange, KNOWN)).text
    assert f"also in {FERRY.title}" in text
    assert "feedfeedfeed" not in text


def test_a_refusal_lists_no_source() -> None:
    html = panels.evidence(refused(), KNOWN)
    assert "Related, but not an answer" in html
    assert "Cited" not in html
    assert "sb-number" not in html
    assert "Rests on" not in html


def test_what_ended_early_says_so() -> None:
    assert "Nothing was cited" in panels.evidence(stop(Exchange(number=1, question="?")), KNOWN)
    assert "could not be answered" in panels.evidence(fail(found(), "no"), KNOWN)


@pytest.mark.parametrize(
    ("documents", "told"),
    [
        ({BRIDGE.id: replace(BRIDGE, text="The bridge fell.")}, "changed since"),
        ({}, "removed"),
    ],
)
def test_cards_say_what_became_of_their_document(documents: dict[str, Document], told: str) -> None:
    html = panels.evidence(finished(), documents)
    assert f'<span class="sb-state">{told}</span>' in html
    assert (REOPENED.text in html) == bool(documents)


def test_the_names_of_a_removed_document_are_gone_too() -> None:
    html = panels.evidence(finished(), {})
    assert BRIDGE.title not in html
    assert BRIDGE.source not in html
    assert "quote:1:r2" not in html


# the viewer


def test_the_viewer_shows_the_whole_document_with_the_quote_marked() -> None:
    html = panels.quote_viewer(finished(), view_of(CRACKS, "r2"), BRIDGE, opened=3)
    assert Page(html).text.endswith(BRIDGE.text)
    assert f">{inert(CRACKS.text)}</mark>" in html
    assert 'data-quote="1:r2"' in html
    assert "bridge.txt · 5 March 2019" in Page(html).text
    assert "<mark" not in panels.viewer(BRIDGE)


def test_a_changed_document_is_shown_with_the_words_of_then() -> None:
    today = replace(BRIDGE, text="The bridge fell.")
    html = panels.quote_viewer(finished(), view_of(CRACKS, "r2"), today)
    text = Page(html).text
    assert "has changed since the answer" in text
    assert CRACKS.text in text
    assert text.endswith("The bridge fell.")
    assert "<mark" not in html


def test_a_removed_document_is_said_to_be_so() -> None:
    html = panels.quote_viewer(finished(), view_of(CRACKS, "r2"), None)
    assert "has been removed" in html
    assert CRACKS.text not in html


def test_a_hostile_document_adds_no_tag() -> None:
    def shown(words: str) -> list[list[str]]:
        source = document("same", words, title=words)
        everything = type(REOPENED)(document=source, start=0, end=len(words), also_in=(source.id,))
        answer = answered(words, [claim(words, (1, everything))], (everything,))
        exchange = advance(Exchange(number=1, question=words), Finished(answer=answer))
        asked = advance(Exchange(number=1, question=words), Delta(text=words))
        known, quote = {source.id: source}, exchange.cited[0]
        changed = replace(source, text=f"not {words[1:]}")
        parts = [
            panels.evidence(exchange, known),
            panels.evidence(asked, known),
            panels.quote_viewer(exchange, quote, source),
            panels.quote_viewer(exchange, quote, changed),
            panels.quote_viewer(exchange, quote, None),
            panels.viewer(source, start=0, end=4),
            markup.failure(words),
        ]
        return [Page(part).tags + Page(part).attributes for part in parts]

    assert shown(HOSTILE_TEXT) == shown("kind words")


def test_dates_say_where_they_come_from() -> None:
    dated = document("a", "a", published=day(2020, 1, 2))
    assert markup.published(dated) == "2 January 2020"
    assert markup.published(document("a", "a")) == "undated"
    assert (
        markup.published(replace(dated, published_from="mtime"))
        == "2 January 2020 (date of the file)"
    )


def test_quotes_from_elsewhere_are_not_mixed_up() -> None:
    exchange = advance(
        found(), Finished(answer=answered("?", [claim("In May.", (4, ALSO))], (ALSO,)))
    )
    assert Page(panels.evidence(exchange, KNOWN)).values[0] == "quote:1:4"
