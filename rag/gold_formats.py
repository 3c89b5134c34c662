"""Files of questions that people have already, read into the fields of gold questions.

Nothing is judged here but the form of the file: each reader yields `Row` after `Row`, `rag.gold` says which of
them are gold questions.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from rag.errors import GoldError
from rag.evaluate.corpus import file_name
from rag.gold_table import read_table
from rag.lines import Problem, Row, Rows, gold_error, objects, parse_json, read_bytes, text_lines

KINDS = (
    "gold lines (.jsonl), a BEIR folder (queries.jsonl and qrels), SQuAD (.json) or a table with the "
    "columns question and answer (.csv, .tsv)"
)
_QRELS = ("qrels/test.tsv", "qrels/dev.tsv", "qrels/train.tsv", "qrels.tsv")
_QRELS_COLUMNS = ("query-id", "corpus-id", "score")


def read_rows(path: Path) -> Rows:
    """The questions of a file or folder, by what it is; a `Problem` in place of what cannot be read.

    Raises:
        GoldError: there is no such file, or it is of no known kind.
    """
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError):
        is_folder = False
    if is_folder:
        return _folder(path)
    kind = path.suffix.lower()
    raw = read_bytes(path)
    if kind in (".jsonl", ".ndjson"):
        return _gold_lines(raw)
    if kind == ".json":
        return _squad(path, raw)
    if kind in (".csv", ".tsv"):
        return read_table(path, raw, tabs=kind == ".tsv")
    raise GoldError(f"{path} is no file of questions. Give {KINDS}.")


def _gold_lines(raw: bytes, *, in_corpus: bool = False) -> Rows:
    for number, row in objects(raw.split(b"\n")):
        if isinstance(row, Problem):
            yield row
            continue
        ids = row.get("reference_context_ids")
        if in_corpus and isinstance(ids, list):
            names = [file_name(one) if isinstance(one, str) else one for one in ids]
            row["reference_context_ids"] = names
        yield Row(fields=row, line=number)


def _folder(path: Path) -> Rows:
    if (path / "queries.jsonl").is_file():
        return _beir(path)
    if (path / "gold.jsonl").is_file():
        return _gold_lines(read_bytes(path / "gold.jsonl"), in_corpus=True)
    raise GoldError(f"{path} holds no queries.jsonl. Give {KINDS}.")


def _beir(path: Path) -> Rows:
    """The queries that something relevant is known for. How relevant a text is does not count."""
    qrels = next((name for name in _QRELS if (path / name).is_file()), None)
    if qrels is None:
        raise GoldError(f"{path} has queries but no qrels. Put them into {path / _QRELS[0]}.")
    # By query: the lines of what is relevant, by corpus id.
    relevant: dict[str, dict[str, int]] = {}
    for number, line in text_lines(read_bytes(path / qrels).split(b"\n")):
        judged = line if isinstance(line, Problem) else _judgement(line)
        if isinstance(judged, Problem):
            yield Problem(line=number, file=qrels, reason=judged.reason)
        elif judged and judged[2] > 0:
            relevant.setdefault(judged[0], {}).setdefault(judged[1], number)
    asked = set()
    for number, query in objects(read_bytes(path / "queries.jsonl").split(b"\n")):
        row = query if isinstance(query, Problem) else _query(query, relevant)
        if isinstance(row, Problem):
            yield Problem(line=number, file="queries.jsonl", reason=row.reason)
        elif row:
            asked.add(row["id"])
            yield Row(fields=row, line=number, file="queries.jsonl")
    for query_id, texts in relevant.items():
        if query_id not in asked:
            reason = f"the query {query_id} is not in queries.jsonl. Add it or remove the line."
            yield Problem(line=min(texts.values()), file=qrels, id=query_id, reason=reason)


def _query(query: dict[str, Any], relevant: dict[str, dict[str, int]]) -> dict[str, Any] | Problem:
    """The fields of a query; none if nothing relevant is known for it."""
    query_id = query.get("_id")
    if not isinstance(query_id, str) or not query_id:
        return Problem(reason='"_id" is no text, or empty. Give the line an id in quotation marks.')
    if query_id not in relevant:
        return {}
    return {
        "id": query_id,
        "user_input": query.get("text"),
        "reference": None,
        "answerable": True,
        "reference_context_ids": [file_name(one) for one in relevant[query_id]],
    }


def _judgement(line: str) -> tuple[str, str, float] | Problem | None:
    cells = [cell.strip() for cell in line.split("\t")]
    if tuple(cell.lower() for cell in cells) == _QRELS_COLUMNS:
        return None
    try:
        query_id, corpus_id, score = cells[0], cells[1], float(cells[2])
    except (IndexError, ValueError):
        score = math.nan
    if len(cells) != 3 or math.isnan(score) or not (query_id and corpus_id):
        return Problem(reason=f"it is not {', '.join(_QRELS_COLUMNS)} with tabs between.")
    return query_id, corpus_id, score


def _squad(path: Path, raw: bytes) -> Rows:
    try:
        whole = parse_json(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        number = raw[: error.start].count(b"\n") + 1
        whole = f"line {number} is not UTF-8. Save the file as UTF-8"
    if isinstance(whole, str):
        raise gold_error(path, [Problem(reason=f"{whole}.")])
    if not isinstance(whole, dict) or not isinstance(whole.get("data"), list):
        raise GoldError(f'{path} is not SQuAD: there is no list "data" in it. Give {KINDS}.')
    for article, holder in enumerate(whole["data"], start=1):
        place = f"article {article}"
        for number, paragraph in enumerate(_items(holder, "paragraphs"), start=1):
            spot = f"{place}, paragraph {number}"
            if isinstance(paragraph, Problem):
                yield Problem(reason=f"{place}: {paragraph.reason}")
                continue
            if not isinstance(paragraph, dict) or not isinstance(paragraph.get("context"), str):
                yield Problem(reason=f'{spot}: "context" is no text.')
                continue
            for question in _items(paragraph, "qas"):
                yield _squad_question(question, paragraph["context"], spot)


def _items(holder: object, name: str) -> list[Any]:
    items = holder.get(name) if isinstance(holder, dict) else None
    return items if isinstance(items, list) else [Problem(reason=f'there is no list "{name}".')]


def _squad_question(question: object, context: str, spot: str) -> Row | Problem:
    if isinstance(question, Problem):
        return Problem(reason=f"{spot}: {question.reason}")
    given = question.get("id") if isinstance(question, dict) else None
    if not isinstance(question, dict) or not isinstance(given, str) or not given:
        return Problem(reason=f'{spot}: a question has no "id" that is a text.')
    answers = question.get("answers", [])
    texts = [one.get("text") if isinstance(one, dict) else None for one in _listed(answers)]
    if not isinstance(answers, list) or not all(isinstance(text, str) for text in texts):
        return Problem(id=given, reason='"answers" is no list of {"text": …}.')
    impossible = question.get("is_impossible", False)
    if not isinstance(impossible, bool):
        return Problem(id=given, reason='"is_impossible" is neither true nor false.')
    if not texts and not impossible:
        return Problem(id=given, reason='it has no answers. Add one, or "is_impossible": true.')
    return Row(
        fields={
            "id": given,
            "user_input": question.get("question"),
            "reference": texts[0] if texts else None,
            "references": list(dict.fromkeys(texts)),
            "answerable": not impossible,
            "reference_contexts": [] if impossible else [context],
            "qtype": "unanswerable" if impossible else "extractive",
        }
    )


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
