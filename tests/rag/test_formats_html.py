"""Web pages: the article, its date and title, and pages that are none."""

from datetime import date

import pytest

from rag.formats_html import decode_html, parse, read_html, visible_text
from tests.rag.files import STORY, page

META = '<meta property="article:published_time" content="2024-03-05T08:00:00Z">'


def shown(html):
    return visible_text(parse(html))


def test_the_article_alone_with_its_title_author_and_date():
    found = read_html(
        page(STORY, STORY.upper(), head=f'{META}<meta name="author" content="Ann Clay">')
    )

    assert found.text == f"Harbour reopens\n\n{STORY}\n\n{STORY.upper()}"
    assert (found.title, found.author) == ("Harbour reopens", "Ann Clay")
    assert (found.published, found.published_from) == (date(2024, 3, 5), "html")


@pytest.mark.parametrize(
    ("head", "day"),
    [
        (META, date(2024, 3, 5)),
        ('<meta name="date" content="2024-03-05">', date(2024, 3, 5)),
        ('<meta itemprop="datePublished" content="2024-03-05">', date(2024, 3, 5)),
        (
            '<script type="application/ld+json">{"@type": "NewsArticle", "dateModified": "2024-04-01",'
            ' "datePublished": "2024-03-05T23:59:00+01:00"}</script>',
            date(2024, 3, 5),
        ),
        (f'<meta property="article:modified_time" content="2024-04-01">{META}', date(2024, 3, 5)),
        ('<script type="application/ld+json">{"datePublished": </script>', None),
        ("", None),
    ],
)
def test_the_date_comes_from_metadata(head, day):
    found = read_html(page(STORY, STORY, head=head))
    assert found.published == day
    assert found.published_from == ("html" if day else None)


@pytest.mark.parametrize(
    "words", ["On 12 March 2016 it rained.", "Updated 2016-03-12", "© 2016 The Paper", "2016/03/12"]
)
def test_dates_in_the_words_are_no_metadata(words):
    raw = page(STORY, STORY, words, title=f"Report of {words}")
    assert read_html(raw).published is None


def test_the_first_time_of_the_article_is_its_date():
    times = '<time datetime="2024-03-05T10:00">a</time><time datetime="2024-03-09">b</time>'
    raw = page(STORY, STORY).replace(b"<article>", f"<article>{times}".encode())
    assert read_html(raw).published == date(2024, 3, 5)
    outside = page(STORY, STORY).replace(b"<footer>", f"<footer>{times}".encode())
    assert read_html(outside).published is None


def test_the_address_that_a_page_gives_as_its_own():
    head = '<link rel="canonical" href="https://paper.example/2021/02/03/harbour">'
    found = read_html(page(STORY, STORY, head=head))
    assert found.url == "https://paper.example/2021/02/03/harbour"
    assert found.published is None


def test_a_page_without_an_article_gives_all_that_is_visible():
    raw = b"<title>Desk</title><ul><li>Call <b>Ann</b></li><li>Ink</li></ul><p hidden>x</p><script>y</script>Bye"
    found = read_html(raw)
    assert found.text == "- Call Ann\n- Ink\n\nBye"
    assert found.title == "Desk"


def test_a_page_that_is_an_address_is_not_fetched(monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("looked outside"))
    assert read_html(b"http://127.0.0.1:9/page").text == "http://127.0.0.1:9/page"


def test_the_same_page_gives_the_same_text_again_and_again():
    raw = page(STORY, STORY, STORY.upper())
    assert len({read_html(raw).text for _ in range(5)}) == 1


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a\n b</p><p>c</p>", "a b\n\nc"),
        ("a<br>b", "a\nb"),
        ("<div>a<div>b</div>c</div>", "a\n\nb\n\nc"),
        (
            "<table><tr><th>Year</th><th>Ships</th></tr><tr><td>2020</td><td></td></tr></table>",
            "Year | Ships\n2020 |",
        ),
        ("<pre>if x:\n    y</pre>", "if x:\n    y"),
        ("a<script>b</script>c<style>d</style>e", "ace"),
        ("a<span style='display: none'>b</span>c<template><p>d</p></template>", "ac"),
        ("a &amp; b&nbsp;c &lt;d&gt;", "a & b\xa0c <d>"),
        ("a<!-- b -->c<?d e?>f", "acf"),
        ("<ol><li>a<ul><li>b</li></ul></li></ol>", "- a\n\n- b"),
        ("", ""),
    ],
)
def test_visible_text(html, text):
    assert shown(html) == text


def test_deep_nesting_is_no_crash():
    assert shown("<div>" * 50_000 + "deep") in ("", "deep")


@pytest.mark.parametrize(
    "raw",
    [
        "<meta charset='windows-1251'><p>Все люди".encode("cp1251"),
        '<?xml version="1.0" encoding="windows-1251"?><p>Все люди'.encode("cp1251"),
        '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">Все люди'.encode(
            "koi8-r"
        ),
        "<meta charset='windows-1251'><p>Все люди".encode(),
        "<p>Все люди".encode("utf-16"),
        "<meta charset='base64'><p>Все люди рождаются свободными и равными".encode("cp1251"),
    ],
)
def test_the_encoding_is_the_one_declared_unless_it_is_utf_8(raw):
    assert shown(decode_html(raw)).startswith("Все люди")


def test_rows_of_a_table_say_their_columns_where_there_are_three_that_have_names():
    def rows(*cells):
        return "".join(f"<tr>{''.join(f'<td>{one}</td>' for one in row)}</tr>" for row in cells)

    head = ("Flight", "From", "To")
    assert shown(
        f"<table>{rows(head, ('LH 1', 'Orsk', 'Sund'), ('LH 2', 'Sund', ''))}</table>"
    ) == ("Flight: LH 1; From: Orsk; To: Sund\nFlight: LH 2; From: Sund")
    assert shown(f"<table>{rows(('Name', 'Ann'), ('Town', 'Orsk'))}</table>") == (
        "Name | Ann\nTown | Orsk"
    )
