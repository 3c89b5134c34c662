"""A report as plain text: a table for the terminal, and report.md."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rag.compose import one_line
from rag.evaluate.compared import tell
from rag.evaluate.metrics import METRICS, Metric
from rag.evaluate.phrases import (
    ANSWERS,
    GROUPS,
    HEADLINES,
    OUTCOMES,
    SEARCH_HEADLINES,
    flat,
    in_order,
    interval,
    run_line,
    shown,
    title,
    verdict,
)
from rag.evaluate.results import FAILURES, EvaluationReport, Figure, QuestionResult

if TYPE_CHECKING:
    from rag.evaluate.compare import Comparison

Row = tuple[Metric, Figure]

# What Markdown reads as markup inside a line; of addresses, what makes a link of them.
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$@]|:(?=//)|(?<=www)\.)")


def grouped(figures: Mapping[str, Figure]) -> Iterator[tuple[str, list[Row]]]:
    """The metrics with their figures, group by group; groups in which nothing applies are left out."""
    known = ((metric, figures[name]) for name, metric in METRICS.items() if name in figures)
    for group, rows in groupby(known, key=lambda row: row[0].group):
        members = list(rows)
        if any(figure.count for _, figure in members):
            yield GROUPS[group], members


def headlines(figures: Mapping[str, Figure]) -> list[tuple[str, Row]]:
    """The few figures that say most, of those that apply, under the words they are said in."""
    answered = any(figures[name].count for name in ANSWERS if name in figures)
    return [
        (label, (METRICS[name], figures[name]))
        for name, label in (HEADLINES if answered else SEARCH_HEADLINES).items()
        if name in figures and figures[name].value is not None
    ]


def table_text(report: EvaluationReport) -> str:
    """Every figure in one aligned table, group by group, for a terminal."""
    rows: list[Sequence[str]] = []
    for group, members in grouped(report.figures):
        rows += [(), (group, *(() if rows else ("Value", "95 % interval", "n")))]
        rows += [(f"  {metric.label}", *_cells((metric, figure))) for metric, figure in members]
    widths = [max((len(row[at]) for row in rows if len(row) > at), default=0) for at in range(4)]
    lines = [verdict(report.results)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=False)]
        lines.append("  ".join([*(cell.ljust(widths[0]) for cell in row[:1]), *cells]).rstrip())
    return "\n".join(lines)


def comparison_text(comparison: Comparison) -> str:
    """What changed beyond chance and which questions flipped, for a terminal."""
    told = tell(comparison, defaultdict(str))
    lines = [told.verdict, *told.notes]
    lines += [
        f"  {row.one.verdict}: {row.metric.label} {shown(row.one.old, row.metric.unit)} -> "
        f"{shown(row.one.new, row.metric.unit)} ({row.between})"
        for row in told.rows
        if row.one.verdict in ("better", "worse")
    ]
    lines += [
        f"  {flip.one.change}: {flip.one.gold.id} {flip.old.lower()} -> {flip.new.lower()}: "
        f"{one_line(flip.one.gold.user_input)}"
        for flip in told.flips
    ]
    return "\n".join(lines)


def report_markdown(report: EvaluationReport, comparison: Comparison | None = None) -> str:
    """The report as Markdown: verdict, tables and what failed. Texts are escaped, so none becomes markup.

    Args:
        report: What is shown.
        comparison: Of this report with another, shown too if given.
    """
    lines = [f"# {inert(title(report))}", "", verdict(report.results), ""]
    lines += [f"- {label}: {inert(value)}" for label, value in run_line(report).items()]
    for group, members in grouped(report.figures):
        lines += ["", f"## {group}", "", *_table(members)]
    lines += _by_qtype(report)
    if followups := [
        row for _, members in grouped(report.followups) for row in members if row[1].count
    ]:
        lines += ["", "## Follow-up questions", "", *_table(followups)]
    lines += _comparison(comparison) if comparison else []
    failures = [result for result in report.results if result.outcome in FAILURES]
    lines += ["", f"## Failures ({len(failures):,})", ""]
    lines += [line for result in failures for line in _failure(result)] or ["None."]
    if report.run:
        lines += ["", "## Run", "", "| | |", "|---|---|"]
        lines += [f"| {inert(name)} | {inert(value)} |" for name, value in flat(report.run)]
    return "\n".join(lines).encode("utf-8", "replace").decode() + "\n"


def inert(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _cells(row: Row) -> tuple[str, str, str]:
    metric, figure = row
    return (shown(figure.value, metric.unit), interval(figure, metric.unit), f"{figure.count:,}")


def _table(rows: Iterable[Row]) -> list[str]:
    lines = ["| Metric | Value | 95 % interval | n |", "|---|---:|---:|---:|"]
    return lines + [f"| {row[0].label} | {' | '.join(_cells(row))} |" for row in rows]


def _by_qtype(report: EvaluationReport) -> list[str]:
    """A column for each type, a row for each metric that applies to one of them."""
    if not set(report.by_qtype) - {""}:
        return []
    names = [inert(qtype) if qtype else "no type" for qtype in in_order(report.by_qtype)]
    lines = ["", "## By type of question", "", f"| Metric | {' | '.join(names)} |"]
    lines.append(f"|---|{'---:|' * len(names)}")
    for name, metric in METRICS.items():
        figures = [report.by_qtype[qtype].get(name) for qtype in in_order(report.by_qtype)]
        if any(figure and figure.count for figure in figures):
            cells = (_with_interval(metric, figure) for figure in figures)
            lines.append(f"| {metric.label} | {' | '.join(cells)} |")
    return lines


def _with_interval(metric: Metric, figure: Figure | None) -> str:
    if figure is None or figure.value is None:
        return shown(None, metric.unit)
    between = interval(figure, metric.unit)
    return f"{shown(figure.value, metric.unit)}{f' ({between})' if between else ''}, n {figure.count:,}"


def _comparison(comparison: Comparison) -> Iterator[str]:
    told = tell(comparison, defaultdict(str))
    yield from ("", "## Against the other run", "", told.verdict)
    for note in told.notes:
        yield from ("", inert(note))
    if told.rows:
        yield from ("", "| Metric | This run | Other run | Difference | 95 % interval | p | n | |")
        yield "|---|---:|---:|---:|---:|---:|---:|---|"
    for row in told.rows:
        one, unit = row.one, row.metric.unit
        values = (shown(one.new, unit), shown(one.old, unit), row.difference, row.between, row.p)
        cells = (row.metric.label, *values, f"{one.count:,}", one.verdict)
        yield f"| {' | '.join(cells)} |"
    for flip in told.flips:
        question = f"{inert(flip.one.gold.id)}: {inert(flip.one.gold.user_input)}"
        yield from ("", f"### Flipped to the {flip.one.change}: {question}", "")
        yield f"- This run ({flip.new.lower()}): {inert(flip.one.new_answer)}"
        yield f"- Other run ({flip.old.lower()}): {inert(flip.one.old_answer)}"


def _failure(result: QuestionResult) -> Iterator[str]:
    gold, record = result.gold, result.record
    about = [OUTCOMES[result.outcome][0].lower(), *([gold.qtype] if gold.qtype else [])]
    yield f"### {inert(gold.id)} ({inert(', '.join(about))})"
    yield ""
    yield f"- Question: {inert(gold.user_input)}"
    asked = record.get("standalone_question") or record.get("query")
    if asked and asked != gold.user_input:
        yield f"- Asked as: {inert(str(asked))}"
    if record.get("error"):
        yield f"- Error: {inert(str(record['error']))}"
    elif "answer" in record:
        yield f"- Answer: {inert(str(record['answer']))}"
        if record.get("missing"):
            yield f"- Missing: {inert(str(record['missing']))}"
    elif "passages" in record:
        sources = dict.fromkeys(str(one.get("source")) for one in record["passages"] or ())
        yield f"- Found: {inert(', '.join(sources)) or 'nothing'}"
    references = [gold.reference] if gold.reference else list(gold.references)
    if references:
        yield f"- Reference: {inert(' / '.join(references))}"
    elif gold.reference_context_ids and result.outcome == "not_found":
        yield f"- Reference: {inert(', '.join(gold.reference_context_ids))}"
    elif not gold.answerable:
        yield "- Reference: none; the documents don't say."
    yield ""
