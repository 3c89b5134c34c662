"""Fits the probe that decides whether quotes state what was asked, and says how well it does (see `rag.probe`).

    python -m tests.benchmarks.probe squad2 clapnq --work DIR --out prompts/answer.probe.json

Each folder has corpus.jsonl and gold.jsonl. Questions of the even lines are asked of all passages together; the model
reads the answer's prompt with one of the quotes found or with all, and what a layer makes of its end is kept in DIR
with whether they hold the reference answer. What was read stays there: the command goes on where it was stopped. The
odd lines are reported on.
"""

from __future__ import annotations

import json
import random
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
from tqdm import tqdm

from rag import Pipeline, Quote, Retrieved, Settings, ingest_paths, open_pipeline
from rag.compose import answer_messages, judge_messages
from rag.evaluate.corpus import write_corpus
from rag.generate import LlamaChatModel
from rag.probe import prompt_digest
from tests.benchmarks.logistic import Array, area, fit_logistic

_RIDGE = 200.0
# All quotes are taken this often.
_ALL = 0.2
# Else a quote with the answer is taken this often where there is one, else the best quote, or now and then another.
_HOLDING = 0.75
_BEST = 0.7
_OTHERS = 4
_HEAD, _EDGE = 60, 80
# Answers of whole sentences have their contexts cut to sentences too.
_LONG = 60


class Read(NamedTuple):
    """Hidden states at prompts' ends, whether the quotes there hold the answer, the probability of the judge's Yes."""

    states: Array
    holds: Array
    yes: Array
    model: str


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--work", required=True, type=click.Path(path_type=Path), help="Index and hidden states."
)
@click.option("--out", type=click.Path(path_type=Path), help="Where the probe is written.")
@click.option(
    "--questions", default=1700, show_default=True, help="Of the even lines, to fit it on."
)
@click.option("--layer", default=18, show_default=True, help="Counted from 0.")
@click.option("--report", default=300, show_default=True, help="Of the odd lines, to weigh it on.")
def main(
    *,
    folders: tuple[Path, ...],
    work: Path,
    out: Path | None,
    questions: int,
    layer: int,
    report: int,
) -> None:
    """Run it."""
    settings = Settings.load(home=work / "home")
    for folder in folders:
        write_corpus(folder / "corpus.jsonl", work / "docs" / folder.name)
    ingest_paths([work / "docs"], settings)
    with open_pipeline(settings) as pipeline:
        even = _read(_questions(folders, questions, odd=False), work / "states", pipeline, layer)
        odd = _read(_questions(folders, report, odd=True), work / "states", pipeline, layer)
    weights = fit_logistic(even.states, even.holds, ridge=_RIDGE)
    if out:
        stored = {
            "model": even.model,
            "prompt": prompt_digest(),
            "layer": layer,
            "bias": float(weights[0]),
            "weights": b64encode(weights[1:].astype("<f4").tobytes()).decode(),
        }
        out.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    for name, read in (("fitted on the even lines", even), ("odd lines", odd)):
        scores = weights[0] + read.states @ weights[1:]
        click.echo(
            f"{name}: {len(read.holds)} prompts, {read.holds.mean():.0%} hold the answer; area under "
            f"the curve {area(scores, read.holds):.3f}, of the model's Yes {area(read.yes, read.holds):.3f}"
        )


def _questions(folders: tuple[Path, ...], count: int, *, odd: bool) -> list[dict[str, Any]]:
    """Five of the first folder to each one of the others, in an order that never changes."""
    turns = []
    for folder in folders:
        lines = (folder / "gold.jsonl").read_text("utf-8").splitlines()
        rows = [json.loads(line) for at, line in enumerate(lines, 1) if at % 2 == odd]
        random.Random(11).shuffle(rows)
        turns.append(iter(rows))
    mixed: list[dict[str, Any]] = []
    while len(mixed) < count and (
        found := [
            row
            for at, turn in enumerate(turns)
            for row in (next(turn, None) for _ in range(1 if at else 5))
            if row
        ]
    ):
        mixed += found
    return mixed


def _read(rows: Sequence[dict[str, Any]], folder: Path, pipeline: Pipeline, layer: int) -> Read:
    model = pipeline.model
    assert isinstance(model, LlamaChatModel)
    # What was read by another model or with another prompt is no use.
    folder /= f"{model.info.sha256[:8]}-{prompt_digest()[:8]}-{layer}"
    folder.mkdir(parents=True, exist_ok=True)
    kept = []
    for row in tqdm(rows):
        file = folder / f"{row['id']}.npz"
        if not file.exists():
            question = row["user_input"]
            steps = pipeline.stream(question)
            quotes = next(one for one in steps if isinstance(one, Retrieved)).quotes
            steps.close()
            if not quotes:
                continue
            numbers = _pick(row, quotes)
            chosen = [quotes[number - 1] for number in numbers]
            state = model.hidden_state(answer_messages(question, quotes, numbers), layer)
            np.savez(
                file,
                state=np.array(state, "<f4"),
                yes=model.yes_probability(judge_messages(question, chosen)),
                holds=any(_holds(row, quote) for quote in chosen),
            )
        with np.load(file) as one:
            kept.append((one["state"], bool(one["holds"]), float(one["yes"])))
    states, holds, yeses = (np.array(column) for column in zip(*kept, strict=True))
    return Read(states, holds, yeses, model.info.sha256)


def _pick(row: dict[str, Any], quotes: tuple[Quote, ...]) -> list[int]:
    """Numbers of the quotes that are read."""
    chance = random.Random(row["id"])
    every = list(range(1, len(quotes) + 1))
    if chance.random() < _ALL:
        return every
    holding = [number for number in every if _holds(row, quotes[number - 1])]
    if holding and chance.random() < _HOLDING:
        return holding[:1]
    if chance.random() < _BEST or len(every) == 1:
        return every[:1]
    return [chance.choice(every[1:_OTHERS])]


def _holds(row: dict[str, Any], quote: Quote) -> bool:
    """Whether a quote from a reference passage holds a reference answer, or a whole reference sentence."""
    text = _plain(quote.text)
    contexts = [_plain(one) for one in row["reference_contexts"]]
    answers = [_plain(one) for one in row["references"] if one]
    if not row["answerable"]:
        return False
    if all(len(one) > _LONG for one in answers):
        return any(one[:_HEAD] in text for one in contexts)
    inside = any(text[:_EDGE] in one or text[-_EDGE:] in one for one in contexts)
    return inside and any(one in text for one in answers)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


if __name__ == "__main__":
    main()
