"""`rag doctor`: look at every part, and name the command that mends what is broken."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import click

from rag.errors import IndexMissing, RagError
from rag.index import Index
from rag.models import locate_model
from rag.settings import Settings, find_file

_PACKAGES = ("chromadb", "gradio", "llama-cpp-python", "sentence-transformers", "tantivy", "torch")
_LEAST_FREE_BYTES = 500_000_000


@click.command(name="doctor")
def check_everything() -> None:
    """Check every part; exit 1 if something is broken."""
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("python", _python),
        ("packages", _packages),
        ("settings", _settings),
        ("data folder", _data_folder),
        ("embedding model", lambda: _model("embedding")),
        ("chat model", lambda: _model("chat")),
        ("index", _index),
    )
    broken = 0
    for name, check in checks:
        try:
            click.echo(f"ok      {name:16} {check()}")
        except RagError as error:
            broken += 1
            click.echo(f"BROKEN  {name:16} {error}")
    if broken:
        raise RagError(f"{broken} of {len(checks)} checks failed; each line above says what to do.")


def _python() -> str:
    return f"{sys.version.split()[0]}, {os.cpu_count()} processors"


def _packages() -> str:
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            raise RagError(f"The package {name} is missing. Run: make install") from None
    return ", ".join(found)


def _settings() -> str:
    Settings.load()
    file = find_file()
    return f"defaults and {file}" if file else "defaults and the environment"


def _data_folder() -> str:
    import shutil

    home = Settings.load().home.expanduser()
    existing = next(folder for folder in (home, *home.resolve().parents) if folder.exists())
    if not os.access(existing, os.W_OK):
        raise RagError(
            f"{home} cannot be written to. Make it writable or set RAG_HOME to another folder."
        )
    free = shutil.disk_usage(existing).free
    if free < _LEAST_FREE_BYTES:
        raise RagError(
            f"Only {free / 1e6:.0f} MB are free at {home}. Make room, or set RAG_HOME elsewhere."
        )
    return f"{home}, {free / 1e9:.0f} GB free"


def _model(kind: str) -> str:
    settings = Settings.load()
    if kind == "chat":
        model = locate_model(settings.chat_model, settings, "chat")
    else:
        model = locate_model(settings.embedding_model, settings, "embedding")
    return f"{model.name} at {model.path}"


def _index() -> str:
    from rag.derive import needs_repair
    from rag.embed import open_embedder

    settings = Settings.load()
    try:
        index = Index.open(settings)
    except IndexMissing as error:
        return f"empty: {error}"
    with index:
        index.check(open_embedder(settings), settings)
        counts = index.catalog.counts()
        if counts["unfinished"] or needs_repair(index):
            raise RagError("An ingest was cut off or part of the index is lost. Run: rag ingest")
    return f"{counts['documents']} documents, {counts['chunks']} chunks"
