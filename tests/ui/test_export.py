"""A conversation as a file: whole, safe, and every marker leads to its quote and back."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser

from rag import REFUSAL, Citation, Conversation, SavedExchange
from rag.conversations_forget import without_documents
from tests.rag.answered import (
    BRIDGE,
    FERRY,
    answer,
    claim,
    document,
    quote,
    record,
    refusal,
    two_sided,
)
from ui.export.forms import FORMS, VERSION, as_json, file_name
from ui.export.html import as_html
from ui.export.markdown import as_markdown

MOMENT = datetime(2025, 6, 2, 9, 30, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:x) `*_~#|&amp; ${1}"
)


def exchange(number, kept, **more):
    given = {"question": f"Question {number}?", "state": "finished", "rating": None, "reason": ""}
    return SavedExchange(number=number, record=kept, asked_at=MOMENT, **(given | more))


def conversation(*exchanges, title="About bridges"):
    return Conversation(id="abc", title=title, created=MOMENT, changed=MOMENT, exchanges=exchanges)


@pytest.fixture
def whole():
    """Everything that a conversation may hold."""
    bridge, ferry = document("bridge", BRIDGE), document("ferry", FERRY, title="Ferry & Co")
    both = two_sided(bridge, ferry, standalone_question="What did the harbour bridge cost?")
    full = record(both, scope="2 documents", replaced=False)
    part = record(
        answer(claim("It cost 4.2 million euros.", Citation(number=1, quote=quote(bridge))))
    )
    return conversation(
        exchange(1, full, rating="down", reason="too long"),
        exchange(2, record(refusal(bridge))),
        exchange(4, {**part, "page": {"draft": "And then [1] it", "error": None}}, state="stopped"),
        exchange(5, record(answer(), error="The model is not here. Run: rag models pull"), state="failed"),
        exchange(6, {}, state="asked"),
        exchange(7, without_documents(full, {"bridge"})),
        exchange(8, part),
    )  # fmt: skip


def page_of(conversation):
    return parser.fromstring(as_html(conversation))


def text_of(element):
    return " ".join(element.text_content().split())


# Markdown


def test_markdown_has_everything_with_footnotes(whole):
    text = as_markdown(whole)
    blocks = text.split("\n\n")
    assert blocks[:5] == [
        "# About bridges",
        "*Begun on 2 June 2025*",
        "## Question 1?",
        "*Limited to 2 documents*",
        "*Understood as: What did the harbour bridge cost?*",
    ]
    assert blocks[5] == (f"The sources state: “{BRIDGE}”[^1] The ferry company says otherwise.[^2]")
    assert f"- “{FERRY}” (Ferry \\& Co, 12 March 2025)[^2]" in text
    assert "*1 sentence did not pass the check and is left out.*" in text
    assert "As of 12 March 2025 · searched in 0.1 s · first word after 0.5 s" in text
    assert "scripted · Rated bad: too long" in text
    assert (
        f"[^1]: “{BRIDGE}” — About bridge, bridge.txt, 12 March 2025, characters 0-{len(BRIDGE)}"
        in text
    )
    assert f"**{REFUSAL}**\n\nNothing about “dragons” was found." in text
    assert "*Not checked:* And then \\[1\\] it" in text
    assert "The model is not here. Run: rag models pull" in text
    assert "*No answer was kept" in text
    assert "*\\[a sentence stood here; its document was removed\\]*" in text
    assert "*its document was removed*" in text


def test_every_footnote_has_one_number_of_its_own(whole):
    text = as_markdown(whole)
    defined = re.findall(r"^\[\^(\d+)\]:", text, re.MULTILINE)
    assert defined == [str(number) for number in range(1, 7)]
    assert set(re.findall(r"\[\^(\d+)\](?!:)", text)) == set(defined)


# No parser can be relied on here; this is CommonMark's own list of what may be escaped.
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
LIVE = re.compile(r"(?<!\\)(?:\\\\)*[`*_{}\[\]<>#|~&]")


@given(st.text(min_size=1))
def test_words_from_outside_stay_words_in_markdown(words):
    source = document("d", words, title=words)
    cited = Citation(number=1, quote=quote(source))
    kept = record(answer(claim(words, cited), question=words))
    text = as_markdown(conversation(exchange(1, kept, question=words), title=words))
    even = " ".join(words.split())
    lines = text.split("\n")
    asked = next(line for line in lines if line.startswith("## "))
    assert ESCAPED.sub(r"\1", asked[3:]) == even
    assert not LIVE.search(asked[3:])
    said = lines[lines.index(asked) + 2] if even else ""
    assert ESCAPED.sub(r"\1", said.removesuffix("[^1]")) == even
    assert not re.match(r"[-+=>]|\d+[.)]\s|#", said)
    assert not LIVE.search(said.removesuffix("[^1]"))


# JSON


def test_json_is_complete(whole):
    content = json.loads(as_json(whole))
    assert (content["version"], content["id"], content["title"]) == (VERSION, "abc", whole.title)
    assert content["created"] == content["changed"] == MOMENT.isoformat()
    first = content["exchanges"][0]
    assert first == {
        "number": 1,
        "question": "Question 1?",
        "asked_at": MOMENT.isoformat(),
        "state": "finished",
        "rating": "down",
        "reason": "too long",
        "record": whole.exchanges[0].record,
    }
    assert [one["state"] for one in content["exchanges"]] == [one.state for one in whole.exchanges]


# HTML


def test_every_marker_leads_to_its_quote_and_back(whole):
    page = page_of(whole)
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    markers = page.find_class("marker")
    assert len(markers) == 9
    for marker in markers:
        (figure,) = page.xpath(f"//figure[@id='{marker.get('href')[1:]}']")
        backs = [one.get("href") for one in figure.find_class("back")]
        assert f"#{marker.get('id')}" in backs
    for back in page.find_class("back"):
        assert back.get("href")[1:] in ids
    assert [text_of(one) for one in page.xpath("//figure[@id='quote-1']/blockquote")] == [BRIDGE]
    assert {one.get("href") for one in page.xpath("//nav//a")} <= {f"#{one}" for one in ids}


def test_html_says_all_that_the_page_says(whole):
    first, refused, stopped, failed, asked, erased, _ = page_of(whole).xpath("//article")
    assert "Understood as: What did the harbour bridge cost?" in text_of(first)
    assert "Limited to 2 documents" in text_of(first)
    assert [text_of(one) for one in first.xpath(".//q")] == [BRIDGE, FERRY]
    assert "About bridge, 12 March 2025" in text_of(first)
    assert "As of 12 March 2025." in text_of(first)
    assert "1 sentence did not pass the check and is not part of the answer" in text_of(first)
    assert "Dropped, but" in text_of(first) and "not so" in text_of(first)
    assert "1.5 s in all · scripted · Rated bad: too long" in text_of(first)
    assert REFUSAL in text_of(refused) and "Nothing about “dragons”" in text_of(refused)
    assert not refused.find_class("quotes") and not refused.find_class("marker")
    assert "Not checked: And then [1] it" in text_of(stopped)
    assert "Stopped before the answer was checked as a whole." in text_of(stopped)
    assert "Run: rag models pull" in text_of(failed)
    assert "No answer was kept" in text_of(asked)
    assert "a sentence stood here; its document was removed" in text_of(erased)
    assert BRIDGE not in text_of(erased) and FERRY in text_of(erased)


def test_html_needs_nothing_else_and_has_landmarks(whole):
    page = page_of(whole)
    assert page.get("lang") == "en"
    assert page.findtext(".//title") == "About bridges"
    assert not page.xpath("//script | //img | //link | //iframe | //form")
    assert not [one for one in page.xpath("//@href | //@src") if not one.startswith("#")]
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv]")[0].get("content")
    assert not re.search(r"url\(|@import", as_html(whole))
    assert [len(page.xpath(f"//{name}")) for name in ("header", "nav", "main", "footer", "h1")] == [
        1
    ] * 5
    for element in page.xpath("//article"):
        assert page.xpath(f"//h2[@id='{element.get('aria-labelledby')}']")
    css = page.findtext(".//style")
    assert "prefers-color-scheme: dark" in css and "@media print" in css


@pytest.mark.parametrize(
    "field", ["title", "question", "reason", "claim", "quote", "name", "missing", "error", "scope"]
)
def test_nothing_from_outside_becomes_a_tag(field):  # fmt: skip
    use = {field: HOSTILE}
    source = document("d", use.get("quote", "text"), title=use.get("name", "name"))
    cited = Citation(number=1, quote=quote(source))
    exchanges = [
        exchange(
            1,
            record(answer(claim(use.get("claim", "c"), cited)), scope=use.get("scope", "")),
            question=use.get("question", "q"), rating="up", reason=use.get("reason", "r"),
        ),
        exchange(2, record(replace(refusal(), missing=use.get("missing", "m")))),
        exchange(3, record(answer(), error=use.get("error", "e")), state="failed"),
    ]  # fmt: skip
    found = conversation(*exchanges, title=use.get("title", "t"))
    page = page_of(found)
    assert not page.xpath("//script | //img")
    assert not page.xpath("//@onerror")
    assert " ".join(HOSTILE.split()) in text_of(page)
    assert not re.search(r"(?<!\\)<(?!/?sub>)", as_markdown(found))
    assert HOSTILE in json.dumps(json.loads(as_json(found)), ensure_ascii=False)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_half_a_letter_can_be_written(form):
    found = conversation(exchange(1, {}, question="half \ud800"), title="\udfff")
    assert b"half" in form.write(found).encode()


# files


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("About bridges", "2025-06-02-about-bridges"),
        ("", "2025-06-02-question-1"),
        ("CON", "2025-06-02-con"),
        ("../../etc/passwd", "2025-06-02-etc-passwd"),
        ('a\\b:c*d?e"f<g>h|i\0j\nk', "2025-06-02-a-b-c-d-e-f-g-h-i-j-k"),
        ("🙂 ...", "2025-06-02-conversation"),
        ("Über Brücken", "2025-06-02-über-brücken"),
        ("U\u0308ber", "2025-06-02-über"),
        ("word " * 40, "2025-06-02-" + "-".join(["word"] * 10)),
    ],
)
def test_file_names(title, name):
    found = conversation(exchange(1, {}), title=title)
    for form in FORMS.values():
        assert file_name(found, form) == name + form.suffix


@given(st.text(max_size=300))
def test_file_names_fit_every_file_system(title):
    name = file_name(conversation(title=title), FORMS["markdown"])
    assert len(name.encode("utf-8", "surrogatepass")) <= 255
    assert not re.search(r'[\x00-\x1f<>:"/\\|?*\s]', name)
    assert not name.startswith(".")
    assert name.endswith(".md") and not name.endswith("..md")


def test_forms():
    assert [(one.suffix, one.media_type) for one in FORMS.values()] == [
        (".md", "text/markdown"), (".json", "application/json"), (".html", "text/html"),
    ]  # fmt: skip
    empty = conversation()
    assert FORMS["markdown"].write(empty).startswith("# About bridges")
    assert json.loads(FORMS["json"].write(empty))["exchanges"] == []
    assert "0 questions" in FORMS["html"].write(empty)
