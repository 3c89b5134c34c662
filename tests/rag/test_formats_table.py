"""Tables and records: rows as paragraphs that say what they are about."""

import json
from datetime import date

import pytest

from rag.errors import UnreadableDocument
from rag.formats_table import read_csv, read_json


def as_json(value):
    return read_json(json.dumps(value).encode(), lines=False)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("name,city\nAda,Paris\nBob,\n", "name: Ada; city: Paris\n\nname: Bob"),
        ('name;city\nAda;"Paris; F"\n', "name: Ada; city: Paris; F"),
        ("name\tcity\nAda\tParis\n", "name: Ada; city: Paris"),
        ("\ufeffname,city\r\nAda,Paris\r\n", "name: Ada; city: Paris"),
        ('name,says\nAda,"He said ""no""."\n', 'name: Ada; says: He said "no".'),
        ('name,says\nAda,"One.\nTwo."\n', "name: Ada\nsays: One.\nTwo."),
        ("name,city\nAda,Paris,more\n", "name: Ada; city: Paris; more"),
        ("1,2\n3,4\n", "1 | 2\n\n3 | 4"),
        ("a,a\nx,y\n", "a | a\n\nx | y"),
        ("name,city\n\n,\n", "name | city"),
        ("only\nwords\n", "only: words"),
    ],
)
def test_rows_become_paragraphs(raw, text):
    assert read_csv(raw.encode()).text == text


def test_a_field_too_long_for_any_table_is_reported():
    with pytest.raises(UnreadableDocument, match="no table"):
        read_csv(b'a,b\n"' + b"x" * 200_000)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([{"a": 1, "b": "x"}, {"a": True, "b": None}], "a: 1; b: x\n\na: true"),
        ([{"a": {"b": 1, "c": ["x", "y"]}}, {"a": []}, "z"], "a.b: 1; a.c: x, y\n\nz"),
        ({"all": [{"a": 1}, {"a": 2}], "n": 2}, "n: 2\n\nall.a: 1\n\nall.a: 2"),
        ([{"a": "x" * 200, "b": 1, "c": 2}, {}], f"a: {'x' * 200}\nb: 1; c: 2"),
        ({"a": 1, "b": "One.\n\nTwo."}, "a: 1\n\nb: One.\n\nTwo."),
        (["a", "b"], "a\n\nb"),
        ("words", "words"),
        (None, ""),
        ([], ""),
    ],
)
def test_records_become_paragraphs(value, text):
    assert as_json(value).text == text


def test_numbers_stay_as_they_are_written():
    raw = b'{"a": 1.10, "b": 1e3, "c": 123456789012345678901234567890, "d": NaN}'
    assert (
        read_json(raw, lines=False).text
        == "a: 1.10\n\nb: 1e3\n\nc: 123456789012345678901234567890\n\nd: NaN"
    )


def test_lines_of_json_whatever_the_ending():
    raw = b'{"a": 1}\n\n{"a": 2}\n'
    assert read_json(raw, lines=True).text == read_json(raw, lines=False).text == "a: 1\n\na: 2"


def test_one_record_is_an_article_with_title_author_and_date():
    found = as_json(
        {
            "title": "Harbour",
            "author": {"name": "Ann"},
            "published_at": "2024-03-05T10:00",
            "text": "x",
        }
    )
    assert (found.title, found.author, found.published) == ("Harbour", "Ann", date(2024, 3, 5))
    assert found.published_from == "header"
    assert not found.many


@pytest.mark.parametrize(
    ("key", "value", "day"),
    [
        ("date", "2024-03-05", date(2024, 3, 5)),
        ("datePublished", "2024-03-05", date(2024, 3, 5)),
        ("publication_date", "2024-03-05", date(2024, 3, 5)),
        ("pubDate", "2024-03-05", date(2024, 3, 5)),
        ("date", "2024-13-05", None),
        ("date", "soon", None),
        ("updated", "2024-03-05", None),
        ("birthdate", "2024-03-05", None),
    ],
)
def test_which_fields_are_the_day_of_publication(key, value, day):
    assert as_json({key: value}).published == day


def test_the_date_of_one_record_is_not_the_files():
    found = as_json([{"date": "2024-03-05"}, {"date": "2024-03-06"}])
    assert (found.published, found.title, found.many) == (None, None, True)
    assert read_csv(b"date,x\n2024-03-05,y\n").many


@pytest.mark.parametrize(
    ("raw", "lines", "reason"),
    [
        (b'{"a": ', False, "is no JSON"),
        (b'{"a": 1}\n{"a"\n', True, "is no JSON in line 2"),
        (b"[" * 100_000, False, "nested too deeply"),
        (b"[" * 100 + b"1" + b"]" * 100, False, "nested too deeply"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, False, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_reported(raw, lines, reason):
    with pytest.raises(UnreadableDocument, match=reason):
        read_json(raw, lines=lines)
