"""Kills an evaluation at random moments, goes on with it each time, and prints how often; see test_kill_eval.py.

    python -m tests.rag.evaluate.killer FOLDER KILLS

A child is forked for each attempt, so that the slow imports are paid for once.
"""

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path
from unittest import mock

# Imported, but not used before a fork: their threads start with the first index.
import chromadb.api.client  # noqa: F401
import tantivy  # noqa: F401

from rag import Pipeline, Settings, ingest_paths, open_pipeline
from rag.cli import main
from rag.testing import HashEmbedder
from tests.rag.evaluate.scripted import QuotingChatModel

QUESTIONS = 60
PACE_S = 0.05
LONGEST_S = 2.5


def prepare(folder: Path) -> Path:
    """Documents in an index, and questions about them."""
    docs = folder / "docs"
    docs.mkdir()
    lines = []
    for number in range(QUESTIONS):
        text = f"The lighthouse number{number} of island{number} was lit in {1700 + number}."
        (docs / f"{number}.txt").write_text(f"date 2019-03-05\n\n{text}\n")
        asked = f"When was the lighthouse of island{number} lit?"
        lines.append(
            {"id": str(number), "user_input": asked, "reference": str(1700 + number),
             "answerable": True, "reference_context_ids": [f"{number}.txt"]}
        )  # fmt: skip
    gold = folder / "gold.jsonl"
    gold.write_text("".join(json.dumps(line) + "\n" for line in lines))
    ingest_paths([docs], Settings.load(), embedder=HashEmbedder())
    return gold


def evaluate(gold: Path, run: Path, *options: str) -> None:
    """`rag eval` in this process, which ends with it."""

    def opened(settings: Settings) -> Pipeline:
        model = QuotingChatModel(pace_s=PACE_S)
        return open_pipeline(settings, embedder=HashEmbedder(), model=model)

    # The process ends with this function, so nothing is put back.
    mock.patch("rag.evaluate.facts._models", return_value={}).start()
    mock.patch("rag.cli.evaluate.open_pipeline", opened).start()
    sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - the process ends soon
    main(["eval", str(gold), "--out", str(run), *options])


def attempt(gold: Path, run: Path, seconds: float) -> bool:
    """Begin or go on, and kill it after so long; whether it was still at it."""
    begun = (run / "run.json").exists()
    child = multiprocessing.get_context("fork").Process(
        target=evaluate, args=(gold, run, *(["--resume"] if begun else []))
    )
    child.start()
    child.join(seconds)
    running = child.is_alive()
    if running:
        os.kill(child.pid or 0, signal.SIGKILL)
    child.join()
    if not running and child.exitcode:
        raise SystemExit(f"an attempt ended with exit code {child.exitcode}")
    return running


def kill_often(folder: Path, kills: int) -> None:
    """One run in peace, one that is killed, and how many kills it took."""
    # The index is made in a child as well: a process with Chroma's threads cannot be forked.
    maker = multiprocessing.get_context("fork").Process(target=prepare, args=(folder,))
    maker.start()
    maker.join()
    gold = folder / "gold.jsonl"
    started = time.monotonic()
    attempt(gold, folder / "unbroken", 600)
    longest = min(LONGEST_S, time.monotonic() - started)
    draw = random.Random(os.urandom(8))
    killed = sum(attempt(gold, folder / "killed", draw.uniform(0, longest)) for _ in range(kills))
    attempt(gold, folder / "killed", 600)
    print(json.dumps({"killed": killed}))


if __name__ == "__main__":
    kill_often(Path(sys.argv[1]), int(sys.argv[2]))
