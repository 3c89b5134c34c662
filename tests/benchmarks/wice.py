"""How well checking tells claims that a source supports from those that it supports in part or not at all.

    python -m tests.benchmarks.wice claim_dev.jsonl

A logistic regression of four signals is fitted on the even lines: the share of a claim's words that the page holds, the
mean cosine of the claim with the three sentences nearest to it, whether the page mentions all its names, and all its
numbers. Balanced accuracy is reported on the odd lines. Claims that are supported in part count as not supported.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from rag import Settings
from rag.agreement.agree import missing_terms
from rag.embed import open_embedder
from rag.protocols import Embedder
from rag.wording import content_words
from tests.benchmarks.logistic import Array, area, fit_logistic

# Of a long page, what shares the most words with a claim is embedded.
_EMBEDDED = 12
_NEAREST = 3
_RIDGE = 3.0
_DRAWS = 2000


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(*, path: Path) -> None:
    """Run it."""
    embedder = open_embedder(Settings.load())
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    values = np.array([_signals(row["claim"], row["evidence"], embedder) for row in rows])
    right = np.array([row["label"] == "supported" for row in rows])
    even = np.arange(len(rows)) % 2 == 0
    weights = fit_logistic(values[even], right[even], ridge=_RIDGE)
    click.echo(f"weights: {', '.join(f'{weight:.3f}' for weight in weights)}")
    scores = 1 / (1 + np.exp(-(weights[0] + values @ weights[1:])))
    for half, mask in (("even", even), ("odd", ~even)):
        low, high = _interval(scores[mask], right[mask])
        click.echo(
            f"{half} lines: balanced accuracy {_balanced(scores[mask], right[mask]):.3f} "
            f"({low:.3f} to {high:.3f}), n = {mask.sum()}, area under the curve "
            f"{area(scores[mask], right[mask]):.3f}"
        )


def _signals(claim: str, page: Sequence[str], embedder: Embedder) -> list[float]:
    sentences = [one for one in page if one.strip()]
    words = content_words(claim)
    shares = {one: len(words & content_words(one)) / (50 + len(one)) ** 0.3 for one in sentences}
    near = sorted(shares, key=lambda one: -shares[one])[:_EMBEDDED]
    asked, *vectors = np.array(embedder.embed([claim, *near]))
    cosines = sorted((float(asked @ vector) for vector in vectors), reverse=True)[:_NEAREST]
    whole = " ".join(sentences)
    missing = {term.kind == "name" for term in missing_terms(claim, whole)}
    return [
        len(words & content_words(whole)) / max(1, len(words)),
        sum(cosines) / len(cosines),
        float(True not in missing),
        float(False not in missing),
    ]


def _balanced(scores: Array, right: Array) -> float:
    return float(((scores[right] >= 0.5).mean() + (scores[~right] < 0.5).mean()) / 2)


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
