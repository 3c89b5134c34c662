"""Answers over a gold file, with the real models: how many are right, rightly cited, refused.

    python -m tests.benchmarks.answers                       both halves of tests/gold/seeds.jsonl
    python -m tests.benchmarks.answers --half even --sweep   what other strictness would have given

The even lines are for development; figures are reported on the odd ones.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from rag import Answer, Settings, ingest_paths, open_pipeline
from rag.gold import GoldQuestion, load_gold
from rag.paths import shipped

GOLD = Path(__file__).parents[1] / "gold" / "seeds.jsonl"


@dataclass(frozen=True, slots=True)
class Result:
    """One question, what was answered, and how sure the checks were."""

    gold: GoldQuestion
    answer: Answer

    @property
    def right(self) -> bool:
        return not self.answer.refused and self.gold.is_answered_by(self.answer.text)

    @property
    def rightly_cited(self) -> bool:
        return self.right and any(
            citation.quote.document.source in self.gold.reference_context_ids
            for citation in self.answer.citations
        )

    @property
    def confidence(self) -> float:
        return 0.0 if self.answer.confidence is None else self.answer.confidence


def share(values: Iterable[bool]) -> str:
    """``17/20 85 %``; ``n/a`` when there is nothing to count."""
    counted = list(values)
    if not counted:
        return "n/a"
    return f"{sum(counted)}/{len(counted)} {100 * sum(counted) / len(counted):.0f} %"


def report(results: list[Result]) -> None:
    """The figures of a run."""
    answerable = [one for one in results if one.gold.answerable]
    unanswerable = [one for one in results if not one.gold.answerable]
    citations = [citation for one in results for citation in one.answer.citations]
    click.echo(f"contains the reference     {share(one.right for one in answerable)}")
    click.echo(f"  and cites its document   {share(one.rightly_cited for one in answerable)}")
    click.echo(f"answerable refused         {share(one.answer.refused for one in answerable)}")
    click.echo(f"unanswerable refused       {share(one.answer.refused for one in unanswerable)}")
    exact = (
        one.quote.text == one.quote.document.text[one.quote.start : one.quote.end]
        for one in citations
    )
    click.echo(f"citation anchors exact     {share(exact)}")
    for qtype in sorted({one.gold.qtype or "" for one in results}):
        right = share(
            one.right if one.gold.answerable else one.answer.refused
            for one in results
            if one.gold.qtype == qtype
        )
        click.echo(f"  {qtype:24} {right}")
    for name in ("retrieve_s", "first_token_s", "total_s"):
        values = [getattr(one.answer.timings, name) for one in results]
        click.echo(f"median {name:19} {statistics.median(values):.2f}")


def sweep(results: list[Result]) -> None:
    """What each strictness of refusing would have given, from a run that refused nothing for doubt."""
    answerable = [one for one in results if one.gold.answerable]
    unanswerable = [one for one in results if not one.gold.answerable]
    for threshold in (0.0, 0.5, 0.8, 0.9, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99):
        kept = [not one.answer.refused and one.confidence >= threshold for one in answerable]
        right = [one.right and keep for one, keep in zip(answerable, kept, strict=True)]
        false = [not one.answer.refused and one.confidence >= threshold for one in unanswerable]
        click.echo(
            f"refuse below {threshold:<5}  right {share(right)}  missed {share(not k for k in kept)}  "
            f"hallucinated {share(false)}"
        )


@click.command()
@click.argument("gold", type=click.Path(path_type=Path), default=GOLD)
@click.option("--docs", type=click.Path(path_type=Path), default=shipped("seeds"))
@click.option("--half", type=click.Choice(["even", "odd", "both"]), default="both")
@click.option("--limit", type=int, help="Only the first so many.")
@click.option("--sweep", "sweeping", is_flag=True)
@click.option("--home", type=click.Path(path_type=Path), help="An index that is there already.")
@click.option(
    "--save", type=click.Path(path_type=Path), help="Write what was answered, as JSON lines."
)
def main(
    *,
    gold: Path,
    docs: Path,
    half: str,
    limit: int | None,
    sweeping: bool,
    home: Path | None,
    save: Path | None,
) -> None:
    """Run it."""
    halves = {"even": (1,), "odd": (0,), "both": (0, 1)}[half]
    questions = [one for at, one in enumerate(load_gold(gold)) if at % 2 in halves][:limit]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load(home=home or folder, refuse_below=0.0 if sweeping else None)
        if home is None:
            ingest_paths([docs], settings)
        results = []
        with open_pipeline(settings) as pipeline:
            for question in questions:
                answer = pipeline.ask(question.user_input, question.turns)
                results.append(Result(question, answer))
                one = results[-1]
                verdict = (
                    "right" if (one.right if question.answerable else answer.refused) else "WRONG"
                )
                click.echo(
                    f"{verdict} {question.qtype} {one.confidence:.3f} {answer.refusal_reason or ''} | "
                    f"{answer.standalone_question} | {answer.text} | "
                    f"{[(claim.support, claim.marked) for claim in answer.dropped]}",
                    err=True,
                )
                if save:
                    with save.open("a", encoding="utf-8") as file:
                        row = {
                            "id": question.id,
                            "answer": answer.text,
                            "confidence": one.confidence,
                        }
                        file.write(json.dumps(row) + "\n")
        report(results)
        if sweeping:
            sweep(results)


if __name__ == "__main__":
    main()
