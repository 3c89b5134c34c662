"""What evaluating costs beside answering, with the real models.

    python -m tests.benchmarks.evaluation                  12 questions over the seeds
    python -m tests.benchmarks.evaluation --questions 50

Of each question, the seconds that the pipeline took for its answer are set against all seconds until its result is
on disk; in one run, so that other load counts for both. Then the reports are made, and timed.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click

from rag import Settings, ingest_paths, load_gold, open_pipeline
from rag.evaluate.answering import asking
from rag.evaluate.facts import collect_facts
from rag.evaluate.prepare import sample
from rag.evaluate.runs import RunFolder
from rag.paths import shipped

GOLD = Path(__file__).parents[1] / "gold" / "seeds.jsonl"


@click.command()
@click.option("--questions", "count", type=int, default=12, show_default=True)
def main(*, count: int) -> None:
    """Run it."""
    questions = sample(load_gold(GOLD), count, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load(home=folder)
        ingest_paths([Path(str(shipped("seeds")))], settings)
        with open_pipeline(settings) as pipeline:
            documents = pipeline.documents()
            facts = collect_facts("answers", settings, questions, documents, gold=GOLD)
            run = RunFolder.begin(Path(folder) / "run", facts, questions)
            ask = asking([pipeline], documents)
            ask(questions[0])
            answering = 0.0
            started = time.perf_counter()
            with run.writing():
                for question in questions:
                    result = ask(question)
                    run.append(result)
                    answering += result.scores["total_s"]
            evaluating = time.perf_counter() - started
        started = time.perf_counter()
        run.finish(run.report())
        reporting = time.perf_counter() - started
    click.echo(f"answering {len(questions)} questions   {answering:8.2f} s")
    click.echo(f"evaluating them        {evaluating:8.2f} s  (+{evaluating / answering - 1:.2%})")
    click.echo(f"figures and reports    {reporting:8.2f} s")


if __name__ == "__main__":
    main()
