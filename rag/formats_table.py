"""Tables and records (.csv .tsv .json .jsonl): one document each, one paragraph for each row.

A row reads ``key: value; key: value`` on one line, so that what is quoted of it says what it is about; long values
stand on lines of their own. A file with one record only (an article saved as JSON, say) has one paragraph for each
field. Names of nested fields are joined with dots, numbers stay as they are written, empty fields are left out.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from itertools import zip_longest
from typing import Any

from rag.errors import UnreadableDocument
from rag.formats import Extracted
from rag.formats_text import decode

#: Tables of two columns in a text are forms more often than lists: their first row names nothing.
LEAST_COLUMNS = 3
# A field of this many characters is a text, not a value.
_LONG = 160
_DIGIT = re.compile(r"\d")
_MAX_DEPTH = 60
_DIALECT_CHARS = 16 * 1024
_DELIMITERS = ",;\t|"
_TITLE_KEYS = ("title", "headline", "subject", "name")
_AUTHOR_KEYS = ("author", "byline", "creator", "author.name")
_DATE_KEYS = re.compile(
    r"(?:date)?(?:publi(?:shed|cation))?(?:on|at|time)?(?:date)?|pubdate|timestamp"
)
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d(?!\d)")

Field = tuple[str, str]


def read_csv(raw: bytes) -> Extracted:
    """The rows of a table. The first row names the columns unless it holds a number or names one twice.

    Raises:
        UnreadableDocument: it is not text, or has a field that no table has.
    """
    text = decode(raw)
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(
            text[:_DIALECT_CHARS], delimiters=_DELIMITERS
        )
    except csv.Error:
        dialect = csv.excel
    # The sniffer takes a quote that happens to stand before a comma for a way of escaping; nobody else does.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter)
    try:
        rows = [[cell.strip() for cell in row] for row in reader]
    except csv.Error as error:
        raise UnreadableDocument(f"is no table that can be read ({error})") from error
    return Extracted(text="\n\n".join(row_texts(rows)), many=True)


def row_texts(rows: list[list[str]], *, sure: bool = False) -> list[str]:
    """The rows of a table, each with the names of its columns where the first row names them.

    Args:
        rows: Its cells.
        sure: Whether only a first row counts that is unlike the others: without any digit, over a column of numbers.
    """
    rows = [row for row in rows if any(row)]
    if len(rows) < 2 or not _names_columns(rows[0]) or (sure and not _is_unlike(*rows)):
        return [" | ".join(row) for row in rows]
    names = rows[0]
    return [
        _paragraph(
            [(names[at] if at < len(names) else "", cell) for at, cell in enumerate(row) if cell]
        )
        for row in rows[1:]
    ]


def read_json(raw: bytes, *, lines: bool) -> Extracted:
    """The records of a JSON file, or of a file with one JSON value a line.

    Raises:
        UnreadableDocument: it is not JSON, or nested too deeply.
    """
    text = decode(raw)
    try:
        value = _parse_lines(text) if lines else _parse(text)
    except RecursionError:
        raise UnreadableDocument("is nested too deeply") from None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        records = list(_records(value, "", 0))
        if len(records) == 1:
            return _single(records[0])
    else:
        records = [record for item in _listed(value) for record in _records(item, "", 0)]
    return Extracted(text="\n\n".join(map(_paragraph, records)), many=True)


def _parse(text: str) -> Any:
    try:
        return _loads(text)
    except ValueError as error:
        try:
            return _parse_lines(text)
        except UnreadableDocument:
            raise UnreadableDocument(f"is no JSON ({error})") from error


def _parse_lines(text: str) -> list[Any]:
    values = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                values.append(_loads(line))
            except ValueError as error:
                raise UnreadableDocument(f"is no JSON in line {number} ({error})") from error
    return values


def _loads(text: str) -> Any:
    # Numbers as they are written: 1.10 is a version or a price, and both end in a nought.
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _records(value: Any, prefix: str, depth: int) -> Iterator[list[Field]]:
    """The fields of a value as records: those of an object together, each object in a list on its own."""
    if depth > _MAX_DEPTH:
        raise UnreadableDocument("is nested too deeply")
    fields: list[Field] = []
    inner: list[tuple[str, Any]] = []
    stack = [(prefix, value, depth)]
    while stack:
        name, item, level = stack.pop()
        if level > _MAX_DEPTH:
            raise UnreadableDocument("is nested too deeply")
        if isinstance(item, dict):
            stack.extend(
                (f"{name}.{key}" if name else str(key), below, level + 1)
                for key, below in reversed(item.items())
            )
        elif isinstance(item, list) and any(isinstance(below, dict | list) for below in item):
            inner.extend((name, below) for below in item)
        else:
            words = (
                ", ".join(filter(None, map(_words, item)))
                if isinstance(item, list)
                else _words(item)
            )
            if words:
                fields.append((name, words))
    if fields:
        yield fields
    for name, item in inner:
        yield from _records(item, name, depth + 1)


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    words = "" if value is None else str(value)
    return words.replace("\r\n", "\n").strip()


def _paragraph(fields: list[Field]) -> str:
    lines: list[list[str]] = [[]]
    for name, value in fields:
        words = f"{name}: {value}" if name else value
        if len(value) > _LONG or "\n" in value:
            lines += [[words], []]
        else:
            lines[-1].append(words)
    return "\n".join("; ".join(line) for line in lines if line)


def _single(fields: list[Field]) -> Extracted:
    known = {name.lower(): value for name, value in fields}
    published = next((day for name, value in fields if (day := _published(name, value))), None)
    return Extracted(
        text="\n\n".join(_paragraph([field]) for field in fields),
        title=next((known[key] for key in _TITLE_KEYS if key in known), None),
        author=next((known[key] for key in _AUTHOR_KEYS if key in known), None),
        published=published,
        published_from="header" if published else None,
    )


def _published(name: str, value: str) -> date | None:
    plain = re.sub(r"[^a-z]", "", name.lower())
    if not plain or not _DATE_KEYS.fullmatch(plain) or not _ISO_DAY.match(value):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def _is_unlike(first: list[str], *others: list[str]) -> bool:
    return not any(map(_DIGIT.search, first)) and any(
        all(_DIGIT.search(cell) for cell in column if cell) and any(column)
        for column in zip_longest(*others, fillvalue="")
    )


def _names_columns(row: list[str]) -> bool:
    return (
        all(row)
        and len(set(row)) == len(row)
        and not any(re.match(r"[-+]?[\d.,]+%?$", cell) for cell in row)
    )
