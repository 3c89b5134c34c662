"""A table of questions and answers, as a spreadsheet saves it, into the fields of gold questions."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from rag.errors import GoldError
from rag.lines import Problem, Row, Rows, closest, gold_error, printable

_COLUMNS = {
    "id": "id",
    "question": "question",
    "user_input": "question",
    "answer": "answer",
    "reference": "answer",
    "qtype": "qtype",
    "context": "context",
    "document": "document",
    "source": "document",
}


def read_table(path: Path, raw: bytes, *, tabs: bool) -> Rows:
    """The questions of a table; its first line names the columns. An empty answer means that there is none."""
    # Bytes that are not UTF-8 become surrogates, so that the rows that have them can be told.
    text = raw.decode("utf-8", "surrogateescape")
    header = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = "\t" if tabs else max(",;\t|", key=header.count)
    columns: list[str | None] = []
    width = 0
    for line, cells in _rows(text, delimiter):
        if isinstance(cells, Problem):
            if not columns:
                raise gold_error(path, [cells])
            yield cells
        elif not columns:
            width = len(cells)
            for name in cells:
                yield from _column(name, columns, line)
            if "question" not in columns:
                found = printable(", ".join(cell.strip() for cell in cells))
                raise GoldError(
                    f'{path} has no column "question". It has: {found}. Wanted: question and answer; '
                    "id, qtype, context and document may be there too."
                )
        elif len(cells) != width:
            reason = f"it has {len(cells)} cells, the first line {width}. Quote cells that hold {delimiter!r}."
            yield Problem(line=line, reason=reason)
        else:
            yield _row(columns, cells, line)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | Problem]]:
    """The rows that are not empty, with the line where they begin."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = f"it is no row of a table ({error}). Check its quotation marks."
            yield line, Problem(line=line, reason=reason)
            continue
        if any("\udc80" <= letter <= "\udcff" for cell in cells for letter in cell):
            yield line, Problem(line=line, reason="it is not UTF-8. Save the file as UTF-8.")
        elif any(cell.strip() for cell in cells):
            yield line, cells


def _column(name: str, columns: list[str | None], line: int) -> Iterator[Problem]:
    """Add what a column stands for to ``columns``; yields what is wrong with it."""
    meant = _COLUMNS.get(name.strip().lower())
    if meant is None and name.strip():
        near = closest(name.strip(), _COLUMNS)
        yield Problem(line=line, reason=f'unknown column "{name}"{near}.', mended=True)
    elif meant and meant in columns:
        yield Problem(line=line, reason=f'two columns say "{meant}". Remove one.', mended=True)
        meant = None
    columns.append(meant)


def _row(columns: list[str | None], cells: list[str], line: int) -> Row:
    row = {
        name: cell.strip() for name, cell in zip(columns, cells, strict=True) if name is not None
    }
    answer = row.get("answer") or None
    answerable = "answer" not in row or answer is not None
    context, document = row.get("context"), row.get("document")
    fields = {
        "id": row.get("id") or f"line-{line}",
        "user_input": row["question"],
        "reference": answer,
        "references": [answer] if answer else [],
        "answerable": answerable,
        "reference_context_ids": [document] if document else [],
        "reference_contexts": [context] if context and answerable else [],
        "qtype": row.get("qtype") or None,
    }
    return Row(fields=fields, line=line)
