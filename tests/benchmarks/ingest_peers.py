"""Ingest, from reading files to a query answered, beside LlamaIndex, LangChain and Haystack on the same machine.

Once, an environment for the peers (they need an older huggingface-hub than seedbound, so it is one of their own):

    python -m venv ~/peers && ~/peers/bin/pip install 'pip>=25.1' && ~/peers/bin/pip install --group peers

Then the one command; nothing else should run beside it:

    .venv/bin/python -m tests.benchmarks.ingest_peers --python ~/peers/bin/python

All systems read the same folder of text files and use the same MiniLM weights; the peers store in Chroma on disk. A
repetition runs each system once, in a process of its own, with files and weights dropped from the page cache; every
second repetition in reverse order. A process first ingests one document, so that libraries and weights are loaded,
then the folder: "ingest" is the time from there to a query that finds its document, "process" everything from the
start of the process on. Below it the embedder alone, in float32 beside ``SentenceTransformer(...).encode``.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import click

from rag import Settings
from rag.models import locate_model
from tests.benchmarks.corpus import Corpus
from tests.benchmarks.ingest_peers_child import SYSTEMS

CHILD = Path(__file__).with_name("ingest_peers_child.py")
PEERS = (
    "llama-index-embeddings-huggingface",
    "langchain-chroma",
    "langchain-huggingface",
    "chroma-haystack",
)
EMBEDDERS = ("seedbound", "sentence-transformers")
SWITCHES = {
    "ANONYMIZED_TELEMETRY": "False",
    "CUDA_VISIBLE_DEVICES": "",
    "DO_NOT_TRACK": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "TRANSFORMERS_OFFLINE": "1",
}
#: What each repetition of a system measured.
Runs: TypeAlias = dict[str, list[dict[str, Any]]]


def forget(paths: Sequence[Path]) -> None:
    """Drop files from the page cache, so that no process finds there what the one before has read."""
    if sys.platform != "linux":
        return
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)  # what is not on disk yet cannot be dropped
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def versions(python: str) -> dict[str, str]:
    """Of the packages that matter, under an interpreter."""
    names = (*PEERS, "seedbound", "llama-index-core", "langchain-core", "haystack-ai", "chromadb")
    models = ("sentence-transformers", "torch", "transformers", "openvino", "onnxruntime")
    code = (
        "import importlib.metadata as m, json, sys\n"
        "found = {d.metadata['Name'].lower(): d.version for d in reversed(list(m.distributions()))}\n"
        "print(json.dumps({n: found[n] for n in sys.argv[1:] if n in found}))"
    )
    done = subprocess.run(
        [python, "-c", code, *names, *models], capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def measure_ingests(
    corpus: Corpus, model: Path, systems: Sequence[str], repeat: int, peers: str
) -> Runs:
    """Every system, ``repeat`` times."""
    task = {
        "what": "ingest",
        "folder": str(corpus.folder),
        "one": str(corpus.one),
        "query": corpus.query,
        "answer": corpus.answer.name,
    }
    return _measure(task, systems, repeat, peers, model, corpus.files)


def measure_embedders(corpus: Corpus, model: Path, repeat: int, peers: str) -> tuple[Runs, float]:
    """Both embedders, and the lowest cosine between their vectors of one text."""
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        texts = Path(folder) / "texts.json"
        texts.write_text(json.dumps(corpus.texts), "utf-8")
        task = {"what": "encode", "texts": str(texts), "vectors": folder}
        runs = _measure(task, EMBEDDERS, repeat, peers, model, [])
        ours, theirs = (np.load(f"{folder}/{name}.npy") for name in EMBEDDERS)
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return runs, float(((ours * theirs).sum(axis=1) / lengths).min())


def _measure(
    task: dict[str, str],
    names: Sequence[str],
    repeat: int,
    peers: str,
    model: Path,
    read: list[Path],
) -> Runs:
    runs: Runs = {name: [] for name in names}
    for repetition in range(repeat):
        for name in names if repetition % 2 == 0 else reversed(names):
            forget([*read, *(path for path in model.rglob("*") if path.is_file())])
            python = sys.executable if name == "seedbound" else peers
            runs[name].append(_child(python, {**task, "system": name, "model": str(model)}))
            click.echo(f"{repetition + 1}/{repeat} {name} {runs[name][-1]}", err=True)
    return runs


def _child(python: str, task: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as work:
        result = Path(work) / "result.json"
        task |= {"work": work, "result": str(result), "started": time.time()}
        done = subprocess.run(
            [python, "-P", str(CHILD), json.dumps(task)],
            env=os.environ | SWITCHES,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            raise click.ClickException(f"{task['system']} failed:\n{done.stderr[-3000:]}")
        measured: dict[str, Any] = json.loads(result.read_text("utf-8"))
        return measured


def table(runs: Runs, documents: int) -> list[str]:
    """Medians over the repetitions, fastest first; "times" is how much longer than the fastest it took."""
    middles = {name: _median(of, "seconds") for name, of in runs.items()}
    lines = [
        f"{'':<21} {'median':>9}  {'range':<17} {'times':>5} {'documents/s':>12} {'CPU time':>10}"
        f" {'process':>10} {'chunks':>7}"
    ]
    for name, middle in sorted(middles.items(), key=lambda item: item[1]):
        seconds = [run["seconds"] for run in runs[name]]
        spread = f"{min(seconds):.2f}-{max(seconds):.2f} s"
        line = f"{name:<21} {middle:7.2f} s  {spread:<17} {middle / min(middles.values()):5.2f}"
        line += f" {documents / middle:12.1f} {_median(runs[name], 'cpu_seconds'):8.2f} s"
        if "chunks" in runs[name][0]:
            process = _median(runs[name], "process_seconds")
            line += f" {process:8.2f} s {runs[name][0]['chunks']:7}"
        lines.append(line)
    return lines


def _median(runs: Sequence[dict[str, Any]], figure: str) -> float:
    return float(statistics.median(run[figure] for run in runs))


@click.command()
@click.option("--python", "peers", required=True, help="The peers' interpreter.")
@click.option("--documents", "count", type=click.IntRange(1), default=300, show_default=True)
@click.option(
    "--docs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the .txt files of this folder instead of generated ones.",
)
@click.option("--repeat", type=click.IntRange(1), default=5, show_default=True)
@click.option(
    "--json",
    "out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where the figures go.  [default: benchmarks/ingest_peers.json under RAG_HOME]",
)
def main(*, peers: str, count: int, docs: Path | None, repeat: int, out: Path | None) -> None:
    """Run it."""
    settings = Settings.load()
    model = locate_model(settings.embedding_model, settings, "embedding")
    installed = versions(peers)
    if missing := [name for name in PEERS if name not in installed]:
        raise click.ClickException(
            f"{peers} has no {', '.join(missing)}. The head of {Path(__file__).name} says how to install them."
        )
    with tempfile.TemporaryDirectory() as work:
        corpus = Corpus(Path(work), count, docs)
        ingests = measure_ingests(corpus, model.path, tuple(SYSTEMS), repeat, peers)
        embedders, cosine = measure_embedders(corpus, model.path, repeat, peers)
    documents = len(corpus.files)
    click.echo(
        f"{documents} documents, {corpus.words:,} words, {model.name}, {os.cpu_count()} cores, "
        f"medians of {repeat}\n\nfull ingest"
    )
    click.echo("\n".join(table(ingests, documents)))
    click.echo(f"\nembedding {len(corpus.texts)} texts; lowest cosine between the two {cosine:.6f}")
    click.echo("\n".join(table(embedders, documents)))
    out = out or settings.home.expanduser() / "benchmarks" / "ingest_peers.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    record = {
        "documents": documents,
        "words": corpus.words,
        "texts": len(corpus.texts),
        "model": {"name": model.name, "sha256": model.sha256},
        "machine": {"system": platform.platform(), "cores": os.cpu_count()},
        "versions": {"seedbound": versions(sys.executable), "peers": installed},
        "ingest": ingests,
        "embedding": embedders,
        "lowest_cosine": cosine,
    }
    out.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
    click.echo(f"\n{out}")


if __name__ == "__main__":
    main()
