"""`rag eval`: gold questions in a batch, figures on the screen, a report in a folder."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from rag.cli.options import as_json, reranker
from rag.cli.progress import follow, progress_bar
from rag.errors import RagError
from rag.evaluate.answering import Ask, asking, each, retrieving
from rag.evaluate.closed_book import ClosedBook
from rag.evaluate.compare import compare, gate, worse
from rag.evaluate.facts import Mode, collect_facts
from rag.evaluate.metrics import METRICS
from rag.evaluate.prepare import ingest_docs, sample, settings_for, usable
from rag.evaluate.runs import RunFolder, figures_json
from rag.evaluate.table import comparison_text, table_text
from rag.generate import open_chat_model
from rag.gold import GoldQuestion, check_gold
from rag.index import Index
from rag.library import open_pipeline, open_retriever
from rag.settings import Settings
from rag.types import Document


class Limit(click.ParamType[tuple[str, float]]):
    """``metric=value``."""

    name = "metric=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        """Text to a name and a number."""
        if isinstance(value, tuple):
            return value
        metric, _, number = value.partition("=")
        if metric.strip() not in METRICS:
            self.fail(f"there is no metric '{metric}'; there are {', '.join(METRICS)}", param, ctx)
        try:
            return metric.strip(), float(number)
        except ValueError:
            self.fail(f"'{value}' has no number; wanted is e.g. {metric}=0.6", param, ctx)


_PATH = click.Path(path_type=Path)


@click.command(name="eval")
@click.argument("gold", type=_PATH)
@click.option("--index", type=_PATH, help="Data folder whose index is asked, instead of your own.")
@click.option("--docs", type=_PATH, help="Ask these documents; they get an index of their own.")
@click.option(
    "--out", type=_PATH, help="Folder of the run. [default: reports/… in the data folder]"
)
@click.option("--retrieval-only", is_flag=True, help="Measure the passages; no language model.")
@click.option("--closed-book", is_flag=True, help="Ask the language model without any document.")
@click.option("--sample", "count", type=click.IntRange(1), help="Only so many questions.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which ones --sample draws.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True,
              help="Questions at a time; each has a model of its own, the threads are shared out.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with the run in --out, or with the latest one.")
@click.option(
    "--skip-bad", is_flag=True, help="Leave out what is wrong in GOLD instead of refusing it."
)
@click.option(
    "--compare", "baseline", type=_PATH, metavar="RUN", help="Set it beside an earlier run."
)
@click.option("--fail-under", "limits", type=Limit(), multiple=True,
              help="Exit with 1 if a metric is worse than this. May be repeated.")  # fmt: skip
@click.option("--fail-worse", is_flag=True,
              help="Exit with 1 if a metric is worse than in --compare beyond chance.")  # fmt: skip
@reranker
@as_json
def run_evaluation(
    *,
    gold: Path,
    index: Path | None,
    docs: Path | None,
    out: Path | None,
    retrieval_only: bool,
    closed_book: bool,
    count: int | None,
    seed: int,
    workers: int,
    resume: bool,
    skip_bad: bool,
    baseline: Path | None,
    limits: Sequence[tuple[str, float]],
    fail_worse: bool,
    reranker: str | None,
    as_json: bool,
) -> None:
    """Ask every question of GOLD and measure the answers.

    GOLD is a file of gold questions (JSON lines), a BEIR folder, SQuAD JSON, or CSV with the columns question
    and answer. It is checked against the documents first. The run is a folder with a report (report.html) and
    every answer; cut off at any moment, it goes on with --resume.
    """
    mode = _mode(retrieval_only=retrieval_only, closed_book=closed_book)
    if index and docs:
        raise click.UsageError("Give --index or --docs, not both.")
    if fail_worse and not baseline:
        raise click.UsageError("--fail-worse needs a run to --compare with.")
    before = RunFolder(baseline).report() if baseline else None
    own = Settings.load(reranker=reranker)
    questions, documents, settings = _questions(
        gold, own, mode, index=index, docs=docs, skip_bad=skip_bad
    )
    questions = sample(questions, count, seed)
    facts = collect_facts(mode, settings, questions, documents, gold=gold)
    folder = out or (_latest(own) if resume else _new_folder(own, gold))
    run = RunFolder.resume(folder, facts) if resume else RunFolder.begin(folder, facts, questions)
    with run.writing():
        _ask_the_rest(run, questions, documents, settings, mode, workers=workers)
        report = run.report()
        comparison = compare(report, before) if before else None
        run.finish(report, comparison)
    if as_json:
        shown = {"run": str(folder), **figures_json(report, comparison)}
        click.echo(json.dumps(shown, ensure_ascii=False))
    else:
        click.echo(table_text(report))
        if comparison:
            click.echo(f"\n{comparison_text(comparison)}")
        click.echo(f"\nEvery answer: {folder / 'report.html'}")
    faults = gate(report, dict(limits))
    if comparison and fail_worse:
        faults += worse(comparison)
    if failed := sum(result.outcome == "failed" for result in report.results):
        faults.append(
            f"{failed} questions could not be asked (see the report); --resume tries again"
        )
    if faults:
        raise RagError("; ".join(faults))


def _mode(*, retrieval_only: bool, closed_book: bool) -> Mode:
    if retrieval_only and closed_book:
        raise click.UsageError("Give --retrieval-only or --closed-book, not both.")
    return "retrieval" if retrieval_only else "closed_book" if closed_book else "answers"


def _questions(
    path: Path,
    settings: Settings,
    mode: Mode,
    *,
    index: Path | None,
    docs: Path | None,
    skip_bad: bool,
) -> tuple[Sequence[GoldQuestion], Sequence[Document], Settings]:
    """Checked questions, the documents they are asked of, and the settings that lead to these."""
    file = check_gold(path, skip_bad=skip_bad)
    if file.drafts:
        click.echo(
            f"{len(file.drafts)} unreviewed drafts are left out. Run: rag gold review {path}",
            err=True,
        )
    if mode == "closed_book":
        return file.questions, (), settings
    if not (index or docs) and path.is_dir():
        docs = path  # a BEIR folder brings its documents along
    settings = settings_for(settings, index=index, docs=docs)
    if docs:
        with progress_bar("ingest", "file") as bar:
            ingest_docs(docs, settings, progress=follow(bar))
    with Index.open(settings) as opened:
        documents = opened.catalog.documents()
    return usable(file, documents, path, skip_bad=skip_bad), documents, settings


def _ask_the_rest(
    run: RunFolder,
    questions: Sequence[GoldQuestion],
    documents: Sequence[Document],
    settings: Settings,
    mode: Mode,
    *,
    workers: int,
) -> None:
    """Ask what has no answer yet; each answer is kept before the next question is put."""
    done = {result.gold.id for result in run.results() if result.outcome != "failed"}
    left = [question for question in questions if question.id not in done]
    if not left:
        return
    outcomes: Counter[str] = Counter()
    with ExitStack() as stack:
        ask = _asker(stack, documents, settings, mode, min(workers, len(left)))
        bar = stack.enter_context(
            progress_bar(
                mode.replace("_", " "), "question", total=len(questions), initial=len(done)
            )
        )
        try:
            for result in each(ask, left, workers=workers):
                run.append(result)
                outcomes[result.outcome] += 1
                bar.set_postfix_str(", ".join(f"{n} {name}" for name, n in outcomes.most_common()))
                bar.update()
        except KeyboardInterrupt:
            click.echo(
                f"\n{len(done) + outcomes.total()} of {len(questions)} questions are done. To go on, run the "
                f"same command with: --resume --out {shlex.quote(str(run.path))}",
                err=True,
            )
            raise


def _asker(
    stack: ExitStack,
    documents: Sequence[Document],
    settings: Settings,
    mode: Mode,
    workers: int,
) -> Ask:
    """What answers: parts that several workers cannot share exist once for each."""
    if mode == "retrieval":
        return retrieving(stack.enter_context(open_retriever(settings)), documents)
    shared_out = settings.model_copy(update={"threads": max(1, settings.threads // workers)})
    if mode == "answers":
        pipelines = [stack.enter_context(open_pipeline(shared_out)) for _ in range(workers)]
        return asking(pipelines, documents)
    models = [stack.enter_context(closing(open_chat_model(shared_out))) for _ in range(workers)]
    return asking([ClosedBook(model, answer_tokens=settings.answer_tokens) for model in models])


def _new_folder(settings: Settings, gold: Path) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    return _reports(settings) / f"{stamp}-{gold.resolve().stem}"


def _latest(settings: Settings) -> Path:
    folders = sorted(path.parent for path in _reports(settings).glob("*/run.json"))
    if not folders:
        raise RagError(
            f"There is no run in {_reports(settings)} to go on with. Leave --resume out, or name the run's "
            "folder with --out."
        )
    return folders[-1]


def _reports(settings: Settings) -> Path:
    return settings.home.expanduser().absolute() / "reports"
