"""How well checking tells claims that a source supports from those that it supports in part or not at all.

    python -m tests.benchmarks.wice shared/data/wice/claim_dev.jsonl             without the language model
    python -m tests.benchmarks.wice …/claim_dev.jsonl --judge --keep yes.json    with its yes or no (about 2 s a claim)

A logistic regression is fitted on the even lines, and its coefficients printed as `rag.support` has them; balanced
accuracy is reported on the odd lines. Claims that are supported in part count as not supported.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from rag import Settings
from rag.embed import open_embedder
from rag.generate import open_chat_model
from rag.refuse import yes_probability
from rag.support import Signals, combine, entail_messages, features, read_signals
from rag.wording import content_words

Array = NDArray[Any]

# Of a long page, what shares the most words with a claim is embedded.
_EMBEDDED = 12
_RIDGE = 3.0
_DRAWS = 2000


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--judge", is_flag=True, help="ask the language model too")
@click.option(
    "--keep", type=click.Path(path_type=Path), help="file for the model's answers, gone on with"
)
def main(*, path: Path, judge: bool, keep: Path | None) -> None:
    """Run it."""
    settings = Settings.load()
    embedder = open_embedder(settings)
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    signals = []
    for row in rows:
        evidence = [one for one in row["evidence"] if one.strip()]
        words = content_words(row["claim"])
        shares = {one: len(words & content_words(one)) / (50 + len(one)) ** 0.3 for one in evidence}
        near = sorted(shares, key=lambda one: -shares[one])[:_EMBEDDED]
        signals.append(read_signals(row["claim"], evidence, embedder, near))
    right = np.array([row["label"] == "supported" for row in rows])
    yes = _ask(rows, signals, settings, keep) if judge else None
    even = np.arange(len(rows)) % 2 == 0
    for name, judged in [("without the model", None), ("with the model", yes)]:
        if name == "with the model" and judged is None:
            continue
        values = np.array(
            [
                features(one, None if judged is None else judged[at])
                for at, one in enumerate(signals)
            ]
        )
        weights = _fit(values[even], right[even])
        fitted = 1 / (1 + np.exp(-(weights[0] + values @ weights[1:])))
        kinds = [("fitted now", fitted)]
        if judged is None:
            kinds.append(("as shipped", np.array([combine(one) for one in signals])))
        click.echo(f"{name}: {', '.join(f'{weight:.3f}' for weight in weights)}")
        for what, scores in kinds:
            for half, mask in (("even", even), ("odd", ~even)):
                low, high = _interval(scores[mask], right[mask])
                click.echo(
                    f"  {what}, {half} lines: balanced accuracy {_balanced(scores[mask], right[mask]):.3f} "
                    f"({low:.3f} to {high:.3f}), n = {mask.sum()}, area under the curve "
                    f"{_area(scores[mask], right[mask]):.3f}"
                )
    if yes is not None:
        alone = np.array(yes)
        click.echo(
            f"the model alone, odd lines: area under the curve {_area(alone[~even], right[~even]):.3f}"
        )


def _ask(
    rows: list[dict[str, Any]], signals: list[Signals], settings: Settings, keep: Path | None
) -> list[float]:
    """The model's probability of a yes to every claim."""
    yes: list[float] = json.loads(keep.read_text()) if keep and keep.exists() else []
    if len(yes) < len(rows):
        model = open_chat_model(settings)
        for at in range(len(yes), len(rows)):
            messages = entail_messages(rows[at]["claim"], signals[at].nearest)
            yes.append(yes_probability(model, messages))
            if keep:
                keep.write_text(json.dumps(yes))
    return yes


def _fit(values: Array, right: Array) -> Array:
    """Weights of a logistic regression, both classes weighing the same, in the units of the values."""
    mean, spread = values.mean(0), values.std(0) + 1e-9
    scaled = np.c_[np.ones(len(values)), (values - mean) / spread]
    share = right.mean()
    weight = np.where(right, 0.5 / share, 0.5 / (1 - share))
    ridge = np.eye(scaled.shape[1]) * _RIDGE
    ridge[0, 0] = 0.0
    found = np.zeros(scaled.shape[1])
    for _ in range(50):
        likely = 1 / (1 + np.exp(-scaled @ found))
        slope = scaled.T @ (weight * (right - likely)) - ridge @ found
        bend = (scaled * (weight * likely * (1 - likely))[:, None]).T @ scaled + ridge
        found += np.linalg.solve(bend, slope)
    slopes = found[1:] / spread
    weights: Array = np.r_[found[0] - slopes @ mean, slopes]
    return weights


def _balanced(scores: Array, right: Array) -> float:
    return float(((scores[right] >= 0.5).mean() + (scores[~right] < 0.5).mean()) / 2)


def _area(scores: Array, right: Array) -> float:
    """Share of pairs in which the supported claim has the higher score."""
    over = scores[right][:, None] - scores[~right]
    return float((over > 0).mean() + (over == 0).mean() / 2)


def _interval(scores: Array, right: Array) -> tuple[float, float]:
    """Percentile bootstrap of the balanced accuracy, 95 %."""
    draw = np.random.default_rng(0)
    values = []
    for _ in range(_DRAWS):
        at = draw.integers(0, len(scores), len(scores))
        if 0 < right[at].sum() < len(at):
            values.append(_balanced(scores[at], right[at]))
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


if __name__ == "__main__":
    main()
