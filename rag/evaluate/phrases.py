"""How numbers and outcomes are said to people: on the page, in report.md and in the terminal alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from rag.evaluate.results import EvaluationReport, Figure, Outcome, QuestionResult

Unit: TypeAlias = Literal["share", "seconds", "tokens"]
#: How an outcome is coloured.
Tone: TypeAlias = Literal["good", "bad", "warn", "plain"]

NOT_APPLICABLE = "n/a"
GROUPS: Mapping[str, str] = {
    "retrieval": "Retrieval",
    "answers": "Answers",
    "citations": "Citations",
    "refusals": "Refusals",
    "latency": "Time and tokens",
}
#: The metrics that say most, with the words they are said in at the head of the page.
HEADLINES: Mapping[str, str] = {
    "contains_reference": "Right",
    "rightly_cited": "Right and rightly cited",
    "hallucination_rate": "Hallucination rate",
    "miss_rate": "Miss rate",
    "hit_rate@5": "Hit rate @5",
    "total_s": "Median time",
}
#: Of a run that only searched none of these applies,
ANSWERS = ("contains_reference", "hallucination_rate", "miss_rate", "total_s")
#: and these say most.
SEARCH_HEADLINES: Mapping[str, str] = {
    "hit_rate@5": "Hit rate @5",
    "recall@10": "Recall @10",
    "recall@100": "Recall @100",
    "mrr@10": "MRR @10",
    "ndcg@10": "nDCG @10",
    "retrieve_s": "Median time",
}
OUTCOMES: Mapping[Outcome, tuple[str, Tone]] = {
    "right": ("Right", "good"),
    "found": ("Found", "good"),
    "refused": ("Rightly refused", "good"),
    "answered": ("Answered", "plain"),
    "wrong": ("Wrong", "bad"),
    "hallucinated": ("Hallucinated", "bad"),
    "not_found": ("Not found", "bad"),
    "missed": ("Missed", "warn"),
    "failed": ("Error", "bad"),
    "unjudged": ("Unjudged", "plain"),
}
#: Outcomes that count as good; those that count as neither are left out of shares.
GOOD: frozenset[Outcome] = frozenset({"right", "found", "refused"})
NEITHER: frozenset[Outcome] = frozenset({"answered", "unjudged"})
MODES: Mapping[str, str] = {
    "answers": "Answers",
    "retrieval": "Retrieval only",
    "closed_book": "Closed book: the model without the documents",
}
REFUSAL_REASONS: Mapping[str, str] = {
    "no_passages": "no passage was found",
    "no_evidence": "no sentence found bears on the question",
    "not_stated": "the sources found do not state it",
    "unsupported": "no sentence written passed the checks",
    "stopped": "it was stopped",
}


def shown(value: float | None, unit: Unit) -> str:
    """A value with its unit: ``64 %``, ``3.4 s``, ``1,234``; ``n/a`` for none."""
    if value is None:
        return NOT_APPLICABLE
    number, sign = _number(value, unit)
    return number + sign


def interval(figure: Figure, unit: Unit) -> str:
    """The interval of a figure, ``52–75 %``; empty if it has none."""
    if figure.low is None or figure.high is None:
        return ""
    (low, sign), (high, _) = _number(figure.low, unit), _number(figure.high, unit)
    return f"{low}–{high}{sign}"


def signed(value: float, unit: Unit) -> str:
    """A difference: ``+3.2 points`` of a share, ``−0.4 s``."""
    number, sign = _difference(value, unit)
    return number + sign


def signed_interval(low: float, high: float, unit: Unit) -> str:
    """An interval of a difference: ``−1 to +7.4 points``."""
    return f"{_difference(low, unit)[0]} to {signed(high, unit)}"


def plural(count: int, noun: str) -> str:
    """``1 question``, ``6,000 questions``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def in_order(qtypes: Iterable[str]) -> list[str]:
    """Types of question by name, those without one last."""
    return sorted(qtypes, key=lambda qtype: (not qtype, qtype))


def verdict(results: Sequence[QuestionResult]) -> str:
    """What the run came to, in one sentence or two that need no table."""
    outcomes = Counter(result.outcome for result in results)
    searched = outcomes["found"] + outcomes["not_found"]
    sentences = []
    if searched:
        sentences.append(
            f"For {outcomes['found']:,} of {plural(searched, 'question')} one of the first ten passages "
            "is from a document that answers."
        )
        if outcomes["failed"]:
            sentences.append(f"{plural(outcomes['failed'], 'question')} ended in an error.")
    parts = [part for part in (_of_answerable(results), _of_unanswerable(results)) if part]
    if parts and not searched:
        told = "; ".join(parts)
        sentences.append(f"{told[0].upper()}{told[1:]}.")
    if outcomes["unjudged"]:
        sentences.append(f"{plural(outcomes['unjudged'], 'question')} could not be judged.")
    return " ".join(sentences) or "No question was asked."


def title(report: EvaluationReport) -> str:
    """What the report is of: the gold file, by its name alone."""
    path = _inside(report.run, "gold", "path").replace("\\", "/").rstrip("/")
    return f"Evaluation of {path.rpartition('/')[2]}" if path else "Evaluation"


def run_line(report: EvaluationReport) -> dict[str, str]:
    """When, with what and over what it was run, as far as that is known."""
    run = report.run
    documents = _inside(run, "corpus", "documents")
    found = {
        "Date": str(run.get("started") or "")[:10],
        "Mode": MODES.get(str(run.get("mode")), ""),
        "Model": _inside(run, "models", "chat", "name")
        or _inside(run, "models", "embedding", "name"),
        "Corpus": plural(int(documents), "document") if documents.isdecimal() else documents,
        "Questions": f"{len(report.results):,}",
    }
    return {label: value for label, value in found.items() if value}


def flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """A nested object as lines: ``("model.name", "…")``."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, (list, tuple)) and all(not isinstance(one, Mapping) for one in value):
        yield name, ", ".join(map(str, value)) or "none"
    else:
        yield name, "none" if value is None or value == {} else str(value)


def _inside(value: Any, *keys: str) -> str:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)


def _number(value: float, unit: Unit) -> tuple[str, str]:
    if unit == "share":
        # What is not all and not nothing must not be rounded to it.
        if 0 < value < 0.0005:
            return "<0.1", " %"
        if 0.9995 <= value < 1:
            return ">99.9", " %"
        return f"{100 * value:.1f}".removesuffix(".0"), " %"
    if unit == "seconds":
        digits = 0 if value >= 99.95 else 1 if value >= 1 else 2 if value >= 0.01 else 3
        return f"{value:,.{digits}f}", " s"
    return f"{value:,.0f}", ""


def _difference(value: float, unit: Unit) -> tuple[str, str]:
    if unit == "share":
        number, sign = f"{abs(100 * value):.1f}".removesuffix(".0"), " points"
    else:
        number, sign = _number(abs(value), unit)
    nothing = not number.strip("0.")
    return "0" if nothing else f"{'−' if value < 0 else '+'}{number}", sign


def _of_answerable(results: Sequence[QuestionResult]) -> str:
    mine = Counter(result.outcome for result in results if result.gold.answerable)
    total = sum(mine[outcome] for outcome in ("right", "wrong", "answered", "missed", "failed"))
    told = [f"{_were(mine['right'])} answered right"] if mine["right"] or mine["wrong"] else []
    told += [f"{mine['wrong']:,} wrong"] if mine["wrong"] else []
    if mine["answered"]:
        told.append(
            f"{_were(mine['answered'])} answered at length (neither right nor wrong by their words)"
        )
    told += [f"{_were(mine['missed'])} refused"] if mine["missed"] else []
    told += [f"{mine['failed']:,} ended in an error"] if mine["failed"] else []
    return f"of {plural(total, 'answerable question')} {_listed(told)}" if total else ""


def _of_unanswerable(results: Sequence[QuestionResult]) -> str:
    mine = Counter(result.outcome for result in results if not result.gold.answerable)
    total = sum(mine[outcome] for outcome in ("refused", "hallucinated", "failed"))
    told = [f"{_were(mine['refused'])} refused"]
    told += [f"{_were(mine['hallucinated'])} answered all the same"] if mine["hallucinated"] else []
    told += [f"{mine['failed']:,} ended in an error"] if mine["failed"] else []
    return f"of {plural(total, 'unanswerable question')} {_listed(told)}" if total else ""


def _were(count: int) -> str:
    return f"{count or 'none':,} were" if count > 1 else "1 was" if count else "none was"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
