"""A report as one HTML page that needs nothing else: no network, no other file, and no script to be read."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.evaluate import plots
from rag.evaluate.cards import card
from rag.evaluate.compared import tell
from rag.evaluate.metrics import METRICS, Metric
from rag.evaluate.phrases import (
    OUTCOMES,
    flat,
    in_order,
    interval,
    plural,
    run_line,
    shown,
    title,
    verdict,
)
from rag.evaluate.results import FAILURES, EvaluationReport, Figure
from rag.evaluate.table import grouped, headlines
from rag.html import html_templates

if TYPE_CHECKING:
    from jinja2 import Template

    from rag.evaluate.compare import Comparison

_TEMPLATES = Path(__file__).parent / "templates"
_BAR = 120  # width of the little interval bars


def report_html(report: EvaluationReport, comparison: Comparison | None = None) -> str:
    """The page. Every text in it is escaped: answers and documents may hold anything.

    Args:
        report: What is shown.
        comparison: Of this report with another, shown too if given.
    """
    from markupsafe import Markup

    script = (_TEMPLATES / "report.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    results = report.results
    outcomes = Counter(result.outcome for result in results)
    drawn = {
        "risk": plots.risk_coverage_svg(report),
        "latency": plots.latency_svg(report),
        "types": plots.qtypes_svg(results),
    }
    anchors = {result.gold.id: f"q{number}" for number, result in enumerate(results, start=1)}
    page = _template().render(
        title=title(report),
        verdict=verdict(results),
        run_line=run_line(report),
        headlines=headlines(report.figures),
        groups=list(grouped(report.figures)),
        plots={name: Markup(svg) for name, svg in drawn.items() if svg},  # noqa: S704 - escaped there
        qtypes=_qtypes(report),
        followups=[row for _, rows in grouped(report.followups) for row in rows if row[1].count],
        figures=report.figures,
        compared=tell(comparison, anchors) if comparison else None,
        cards=(card(result, number) for number, result in enumerate(results, start=1)),
        total=len(results),
        failures=sum(outcomes[outcome] for outcome in FAILURES),
        outcomes=[
            (name, label, outcomes[name]) for name, (label, _) in OUTCOMES.items() if outcomes[name]
        ],
        types=Counter(result.gold.qtype or "" for result in results),
        run=list(flat(report.run)) if report.run else [],
        css=Markup((_TEMPLATES / "report.css").read_text("utf-8")),  # noqa: S704 - our own
        script=Markup(script),  # noqa: S704 - our own
        script_digest=digest,
    )
    # What is no character cannot be written to a file.
    return page.encode("utf-8", "replace").decode()


@cache
def _template() -> Template:
    environment = html_templates(_TEMPLATES)
    environment.filters |= {"shown": shown, "interval": interval, "plural": plural}
    environment.globals["bar"] = _bar
    return environment.get_template("report.html.jinja")


def _bar(
    metric: Metric, figure: Figure, beside: Iterable[tuple[Metric, Figure]]
) -> dict[str, float] | None:
    """Where the interval is drawn: shares from 0 to 100 %, the rest up to the highest of its unit beside it."""
    if figure.value is None:
        return None
    low = figure.value if figure.low is None else figure.low
    high = figure.value if figure.high is None else figure.high
    most = 1.0
    if metric.unit != "share":
        ends = (
            end
            for other, one in beside
            if other.unit == metric.unit
            for end in (one.value, one.high)
        )
        most = max((end for end in ends if end), default=0.0) or 1.0
    places = {"low": low, "value": figure.value, "high": high}
    return {
        name: round(4 + (_BAR - 8) * min(1.0, max(0.0, at / most)), 1)
        for name, at in places.items()
    }


def _qtypes(report: EvaluationReport) -> dict[str, Any]:
    """Figures by type: the headlines as columns, and every metric that applies to some type."""
    if not set(report.by_qtype) - {""}:
        return {}
    tables = {qtype: report.by_qtype[qtype] for qtype in in_order(report.by_qtype)}
    applies = [
        metric
        for name, metric in METRICS.items()
        if any(name in figures and figures[name].count for figures in tables.values())
    ]
    columns = [(label, row[0]) for label, row in headlines(report.figures) if row[0] in applies]
    asked = Counter(result.gold.qtype or "" for result in report.results)
    return {"columns": columns, "metrics": applies, "tables": tables, "asked": asked}
