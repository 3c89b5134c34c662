"""Plots as SVG text to stand inside a page: its fonts and colours are the page's, light or dark, its ids its own."""

from __future__ import annotations

import html
import io
import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, TypeVar

from rag.evaluate.phrases import GOOD, NEITHER, in_order, shown
from rag.evaluate.results import EvaluationReport, QuestionResult

_T = TypeVar("_T")

# Colours that stand for variables of the page until the plot is text.
_INK, _SOFT, _LINE, _MAIN, _BAD = "#010203", "#010204", "#010205", "#010206", "#010207"
_VARIABLES = {
    _INK: "currentColor",
    _SOFT: "var(--soft, currentColor)",
    _LINE: "var(--line, currentColor)",
    _MAIN: "var(--accent, currentColor)",
    _BAD: "var(--bad, currentColor)",
}
_WIDTH = 4.4  # inches; at 72 units an inch the page shows it at about its own size
_HEIGHT = 2.9
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 11,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "xtick.labelcolor": _SOFT,
    "ytick.labelcolor": _INK,
    "grid.color": _LINE,
    "grid.linewidth": 0.8,
}
_MOST = 240  # points; more are not seen, only carried
_STAGES = {
    "retrieve_s": "Passages found",
    "first_token_s": "First word",
    "total_s": "Checked answer",
}


def risk_coverage_svg(report: EvaluationReport) -> str:
    """The risk-coverage curve; empty if no answer has a confidence."""
    curve = (
        [(0.0, report.risk_coverage[0][1]), *report.risk_coverage] if report.risk_coverage else []
    )
    if not curve:
        return ""
    reached, risk = zip(*_thinned(curve), strict=True)
    top = min(1.0, max(0.1, 1.15 * max(risk)))

    def draw(axes: Any) -> None:
        axes.fill_between(reached, risk, color=_MAIN, alpha=0.12, linewidth=0)
        axes.plot(reached, risk, color=_MAIN, linewidth=2, solid_capstyle="round")
        axes.plot(reached[-1], risk[-1], "o", color=_MAIN, markersize=6)
        axes.set(xlim=(0, 1.02), ylim=(0, top), xlabel="Questions answered")
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
        _percent_ticks(axes, top)
        axes.grid(axis="y")

    said = (
        f"Risk–coverage curve: with {shown(reached[-1], 'share')} of the questions answered, "
        f"{shown(risk[-1], 'share')} of the answers are wrong."
    )
    return _svg("risk", said, _HEIGHT, draw, left=0.15, right=0.93, bottom=0.18)


def latency_svg(report: EvaluationReport) -> str:
    """Where the seconds go, a row for each stage; empty if nothing was timed."""
    times = {
        label: sorted(found)
        for name, label in _STAGES.items()
        if (found := [one.scores[name] for one in report.results if name in one.scores])
    }
    if not times:
        return ""

    def draw(axes: Any) -> None:
        for row, seconds in enumerate(times.values()):
            dots = _thinned(seconds)
            # Spread so that equal times stay visible, the same way each time.
            heights = [row + 0.22 * math.sin(7.0 * index) for index in range(len(dots))]
            axes.plot(dots, heights, "o", color=_MAIN, alpha=0.28, markersize=4, markeredgewidth=0)
            middle = median(seconds)
            axes.plot([middle, middle], [row - 0.34, row + 0.34], color=_INK, linewidth=2)
            axes.text(middle, row - 0.41, shown(middle, "seconds"), ha="center", va="bottom")
        most = max(seconds[-1] for seconds in times.values())
        axes.set(xlim=(0, (most or 1.0) * 1.06), ylim=(len(times) - 0.5, -0.75), xlabel="Seconds")
        axes.set_yticks(range(len(times)), list(times))
        _rows_only(axes)
        axes.grid(axis="x")

    medians = ", ".join(
        f"{label.lower()} {shown(median(found), 'seconds')}" for label, found in times.items()
    )
    return _svg(
        "latency", f"Latency: medians {medians}.", _HEIGHT, draw, left=0.31, right=0.95, bottom=0.18
    )


def qtypes_svg(results: Sequence[QuestionResult]) -> str:
    """Share of good outcomes for each type of question, with 95 % whiskers; empty if there is nothing to show."""
    shares = good_by_qtype(results)
    if not shares:
        return ""
    names = [
        name if len(name) <= 15 else f"{name[:14]}…"
        for name in (key or "no type" for key in shares)
    ]

    def draw(axes: Any) -> None:
        for row, (good, count) in enumerate(shares.values()):
            low, high = wilson(good, count)
            axes.barh(row, 1, height=0.5, color=_LINE, alpha=0.45)
            axes.barh(row, good / count, height=0.5, color=_MAIN, alpha=0.75)
            axes.plot([low, high], [row, row], color=_INK, linewidth=1.5, solid_capstyle="butt")
            axes.text(1.03, row, f"{good} of {count}", ha="left", va="center", color=_INK)
        axes.set(xlim=(0, 1.0), ylim=(len(shares) - 0.5, -0.5))
        axes.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
        # Names may be in any script: they take the place of these once the plot is text.
        axes.set_yticks(range(len(shares)), [f"@@{row}@@" for row in range(len(shares))])
        _rows_only(axes)

    told = ", ".join(f"{name or 'no type'} {good} of {n}" for name, (good, n) in shares.items())
    height = max(_HEIGHT, 0.34 * len(shares) + 0.5)
    said = f"Good outcomes by type of question: {told}."
    plot = _svg("types", said, height, draw, left=0.35, right=0.8)
    return re.sub(r"(?<=>)@@(\d+)@@(?=<)", lambda mark: html.escape(names[int(mark[1])]), plot)


def good_by_qtype(results: Sequence[QuestionResult]) -> dict[str, tuple[int, int]]:
    """How many outcomes are good, of how many, by type."""
    outcomes: defaultdict[str, list[bool]] = defaultdict(list)
    for result in results:
        if result.outcome not in NEITHER:
            outcomes[result.gold.qtype or ""].append(result.outcome in GOOD)
    return {qtype: (sum(outcomes[qtype]), len(outcomes[qtype])) for qtype in in_order(outcomes)}


def wilson(good: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share: unlike the bootstrap's it has a width when all are good."""
    z2 = 1.959964**2
    share, whole = good / count, count + z2
    centre = (good + z2 / 2) / whole
    reach = math.sqrt(z2 * (share * (1 - share) * count + z2 / 4)) / whole
    return max(0.0, centre - reach), min(1.0, centre + reach)


def _svg(name: str, said: str, height: float, draw: Callable[[Any], None], **margins: float) -> str:
    """Draw with the page's variables for colours, and with ids that begin with ``name``."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    file = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH, height))
        draw(figure.add_subplot())
        figure.subplots_adjust(
            **{"left": 0.1, "right": 0.97, "top": 0.96, "bottom": 0.12, **margins}
        )
        figure.savefig(file, format="svg", transparent=True, metadata=nothing)
    text = file.getvalue()
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    # Its style sheet would hold for the whole page, and so would the names of its groups.
    text = re.sub(
        r"<style.*?</style>|(?<=<g) id=\"[^\"]*\"|font-family: [^;\"]*;? ?",
        "",
        text,
        flags=re.DOTALL,
    )
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)
    _, _, body = text.partition("viewBox=")
    box, _, body = body.partition(">")
    size = box.split('"')[1]
    return (
        f'<svg class="plot" viewBox="{size}" role="img" aria-labelledby="{name}-title">'
        f'<title id="{name}-title">{html.escape(said)}</title>{body.rstrip()}'
    )


def _thinned(values: Sequence[_T]) -> Sequence[_T]:
    """At most `_MOST` of the values, evenly spread, with the first and the last."""
    if len(values) <= _MOST:
        return values
    return [values[round(index * (len(values) - 1) / (_MOST - 1))] for index in range(_MOST)]


def _percent_ticks(axes: Any, top: float) -> None:
    step = next(step for step in (0.02, 0.05, 0.1, 0.25) if top / step <= 6)
    ticks = [index * step for index in range(int(top / step) + 1)]
    axes.set_yticks(ticks, [shown(tick, "share") for tick in ticks])
    axes.tick_params(axis="y", labelcolor=_SOFT)


def _rows_only(axes: Any) -> None:
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_axisbelow(True)
