"""The list of conversations, without a browser."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from rag import ConversationSummary
from ui.chat.tab import Tab
from ui.desk.desk import Desk
from ui.history import markup
from ui.history.part import HistoryPart, Look

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 3, 5, 9, 30, tzinfo=ZONE)  # a Thursday


def summary(identity: str, title: str, changed: datetime = NOW) -> ConversationSummary:
    return ConversationSummary(
        id=identity, title=title, created=changed, changed=changed, exchanges=1
    )


@pytest.mark.parametrize(
    ("changed", "period"),
    [
        (datetime(2026, 3, 5, 0, 1, tzinfo=ZONE), "Today"),
        (datetime(2026, 3, 5, 9, 31, tzinfo=ZONE), "Today"),  # a clock that was set back
        (datetime(2026, 3, 4, 22, 5, tzinfo=UTC), "Today"),  # midnight has passed here
        (datetime(2026, 3, 4, 23, 59, tzinfo=ZONE), "Yesterday"),
        (datetime(2026, 3, 2, 0, 0, tzinfo=ZONE), "Earlier this week"),
        (datetime(2026, 3, 1, 23, 59, tzinfo=ZONE), "Older"),  # the Sunday before
        (datetime(2024, 3, 5, 9, 30, tzinfo=ZONE), "Older"),
    ],
)
def test_a_conversation_stands_under_the_day_of_its_last_change(changed, period):
    assert markup.period(changed, NOW) == period


def test_the_list_keeps_its_order_marks_what_is_open_and_shows_titles_as_text():
    found = [
        summary("a", "<img src=x onerror=alert(1)> ${1} {{x}} `"),
        summary("b", "Second"),
        summary("c", "Third", NOW - timedelta(days=1)),
        summary("d", "", NOW - timedelta(days=90)),
    ]
    listed = markup.listing(markup.Listed(found=found, current="b", title="Second"), NOW)

    assert re.findall(r'data-id="(\w)"', listed) == ["a", "b", "c", "d"]
    assert re.findall(r"<h3[^>]*>([^<]*)<", listed) == ["Today", "Yesterday", "Older"]
    assert re.findall(r'href="\?c=(\w)"[^>]* aria-current', listed) == ["b"]
    assert "<img" not in listed
    assert "<img src=x onerror=alert(1)>" in html.unescape(listed)
    assert markup.UNTITLED in listed


def test_a_long_list_is_shown_in_parts():
    found = [summary(f"n{number}", "x") for number in range(markup.PAGE + 30)]
    first = markup.listing(markup.Listed(found=found), NOW)
    assert first.count("data-id=") == markup.PAGE
    assert "Show 30 more" in first
    whole = markup.listing(markup.Listed(found=found, limit=2 * markup.PAGE), NOW)
    assert whole.count("data-id=") == markup.PAGE + 30
    assert "more</button>" not in whole


def test_an_empty_list_says_why():
    assert "kept here" in markup.listing(markup.Listed(found=[]), NOW)
    nothing = markup.listing(markup.Listed(found=[], search="<b>"), NOW)
    assert "Nothing found for “<b>”" in html.unescape(nothing)
    assert "0 conversations found" in nothing
    one = markup.listing(markup.Listed(found=[summary("a", "A")], search="a"), NOW)
    assert "1 conversation found" in one


def test_a_file_is_handed_out_whole_however_it_is_written():
    content = "# Zürich\n\n`${x}` <b> {{y}} \\ end"
    link = markup.download('a"b.md', "text/markdown", content, 3)
    encoded = re.search(r'base64,([^"]*)"', link)
    assert encoded is not None
    assert base64.b64decode(encoded[1]).decode() == content
    assert html.unescape(re.search(r'download="([^"]*)"', link)[1]) == 'a"b.md'  # type: ignore[index]
    assert link != markup.download('a"b.md', "text/markdown", content, 4)


@dataclass
class FakeChat:
    """Stands for the part that shows a conversation."""

    outputs: list[str] = field(default_factory=lambda: ["thread"])

    def render(self, tab: Tab) -> tuple[Any, ...]:
        return ([exchange.question for exchange in tab.exchanges],)


@dataclass
class Event:
    """What the page's script sends."""

    id: str = ""
    title: str = ""
    form: str = ""


@pytest.fixture
def history(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> HistoryPart:
    part = HistoryPart(desk)
    part._chat = FakeChat()  # type: ignore[assignment]
    monkeypatch.setattr("ui.history.part.owner_of", lambda request: str(request or ""))
    return part


def conversation(desk: Desk, owner: str, title: str) -> str:
    identity = desk.store.create(owner, title)
    desk.store.begin(owner, identity, f"{title}?")
    return identity


def test_a_conversation_is_opened_by_its_id(desk: Desk, history: HistoryPart) -> None:
    identity = conversation(desk, "", "Arms")
    tab = Tab()
    listed, notice, thread = history.arrive(identity, tab, Look(), None)  # type: ignore[arg-type]
    assert (tab.conversation_id, thread, notice) == (identity, ["Arms?"], "")
    assert 'aria-current="page"' in listed


@pytest.mark.parametrize("owner", ["ada", "bob"])
def test_nobody_sees_what_is_another_persons(desk: Desk, history: HistoryPart, owner: str) -> None:
    mine, other = conversation(desk, owner, "Mine"), conversation(desk, "carol", "Theirs")
    tab = Tab()
    listed, notice, thread = history.arrive(other, tab, Look(), owner)  # type: ignore[arg-type]
    assert "belongs to somebody else" in notice
    assert (tab.conversation_id, thread) == ("", [])
    assert mine in listed and other not in listed and "Theirs" not in listed

    event = Event(id=other, title="x", form="json")
    for said in (
        history.erase(tab, Look(), event, owner),  # type: ignore[arg-type]
        history.rename(tab, Look(), event, owner),  # type: ignore[arg-type]
        history.fetch(Look(), event, owner),  # type: ignore[arg-type]
    ):
        assert "not here" in said[1]
    assert desk.store.get("carol", other).title == "Theirs"  # type: ignore[union-attr]


def test_deleting_what_is_open_leaves_a_new_conversation(desk: Desk, history: HistoryPart) -> None:
    first, second = conversation(desk, "", "One"), conversation(desk, "", "Two")
    tab = Tab()
    history.arrive(first, tab, Look(), None)  # type: ignore[arg-type]
    history.erase(tab, Look(), Event(id=second), None)  # type: ignore[arg-type]
    assert tab.conversation_id == first
    listed, _, thread = history.erase(tab, Look(), Event(id=first), None)  # type: ignore[arg-type]
    assert (tab.conversation_id, thread) == ("", [])
    assert "data-id=" not in listed


def test_a_title_is_one_line_and_never_empty(desk: Desk, history: HistoryPart) -> None:
    identity = conversation(desk, "", "One")
    tab = Tab()
    history.arrive(identity, tab, Look(), None)  # type: ignore[arg-type]
    history.rename(tab, Look(), Event(id=identity, title=" A\n new  name "), None)  # type: ignore[arg-type]
    assert desk.store.get("", identity).title == tab.title == "A new name"  # type: ignore[union-attr]
    history.rename(tab, Look(), Event(id=identity, title="  "), None)  # type: ignore[arg-type]
    assert desk.store.get("", identity).title == "A new name"  # type: ignore[union-attr]


def test_a_search_begins_at_the_top_of_its_list(desk: Desk, history: HistoryPart) -> None:
    conversation(desk, "", "Arms"), conversation(desk, "", "Bread")
    look = Look(limit=600)
    listed = history.arrange(Tab(), look, type("E", (), {"search": " bread "})(), None)  # type: ignore[arg-type]
    assert "Bread" in listed and "Arms" not in listed
    assert (look.search, look.limit) == ("bread", markup.PAGE)
    history.arrange(Tab(), look, type("E", (), {"more": True})(), None)  # type: ignore[arg-type]
    assert (look.search, look.limit) == ("bread", 2 * markup.PAGE)
