"""Kills ingests and looks at what is left; run by test_kill.py in a process of its own.

    python -m tests.rag.killer SCENARIO FOLDER STRIDE RANDOM_KILLS

A child is forked for each kill, before anything has opened the index, so that the slow imports are paid for once. It
counts what it does to the index and kills itself at step N (each STRIDE-th is tried), or is killed at a random
moment. A second child looks at the remains, ingests once more and compares with an index that nobody disturbed.
Prints one JSON object a kill.
"""

import json
import os
import pickle
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Imported, but not used before a fork: their threads start with the first index.
import chromadb.api.client  # noqa: F401
import tantivy  # noqa: F401

import rag.intake
import rag.vectors
import rag.words
from rag import IndexMissing, ingest_paths, open_retriever, rebuild_index, remove_document
from rag.catalog import Catalog
from rag.index import Index
from rag.settings import Settings
from rag.testing import HashEmbedder
from rag.vectors import ChromaVectors
from rag.words import TantivyWords
from tests.rag.indexes import check_findable, prose, snapshot, write

CANARY = "zyxquand"
EMBEDDER = HashEmbedder()
OUTER = {
    Catalog: (
        "add",
        "keep_vectors",
        "restart",
        "publish",
        "restamp",
        "retire",
        "erase",
        "set_meta",
        "forget_deleted",
    ),
    ChromaVectors: ("upsert", "delete", "_connect", "_changed"),
    TantivyWords: ("write", "rebuild", "_open"),
    Index: ("discard_derived",),
}
WRITES = ("BEGIN", "COMMIT", "UPDATE", "DELETE", "CREATE", "INSERT INTO versions")


class Steps:
    """Counts steps in this process and dies at one of them."""

    def __init__(self, fatal: int | None) -> None:
        self.fatal = fatal
        self.done = 0

    def step(self) -> None:
        self.done += 1
        if self.done == self.fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Count what goes on at the outside and, where it can be seen, on the inside of the index's parts."""
        for owner, names in OUTER.items():
            for name in names:
                setattr(owner, name, self._around(getattr(owner, name)))
        rag.words._document = self._around(rag.words._document)
        self._watch_writers()
        self._watch_statements()

    def _around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            self.step()
            result = function(*arguments, **options)
            self.step()
            return result

        return counted

    def _watch_writers(self) -> None:
        original, step = TantivyWords._writer, self.step

        @contextmanager
        def writer(words: TantivyWords) -> Any:
            with original(words) as real:
                step()
                yield real
                step()

        setattr(TantivyWords, "_writer", writer)  # noqa: B010

    def _watch_statements(self) -> None:
        original = Catalog._connection

        def connection(catalog: Catalog) -> Any:
            opened = original(catalog)
            opened.set_trace_callback(
                lambda statement: self.step() if statement.startswith(WRITES) else None
            )
            return opened

        setattr(Catalog, "_connection", connection)  # noqa: B010


# scenarios: what is there before, what is done to it, how it is completed, whether a canary has to be gone


def old_files(docs: Path) -> None:
    write(
        docs,
        bridge=prose("bridge"),
        ferry=prose("ferry"),
        doomed=prose(CANARY),
        tunnel=prose("tunnel"),
    )


def new_files(docs: Path) -> None:
    write(docs, bridge=prose("bridge", 9, about="demolished"), castle=prose("castle"))
    (docs / "doomed.txt").unlink()


def many_files(docs: Path) -> None:
    """Enough for Chroma to write its graph, which it does every thousand vectors."""
    for n in range(12):
        write(docs, **{f"many{n}": prose(f"topic{n}", 120)})


def change_many_files(docs: Path) -> None:
    for n in range(6):
        write(docs, **{f"many{n}": prose(f"topic{n}", 120, about="demolished")})


def ingest(settings: Settings, docs: Path) -> None:
    ingest_paths([docs], settings, embedder=EMBEDDER, prune=True)


def remove(settings: Settings, docs: Path) -> None:
    with Index.open(settings) as index:
        ids = [one.id for one in index.catalog.documents() if one.source == "doomed.txt"]
    for identifier in ids:
        remove_document(settings, identifier)


def rebuild(settings: Settings, docs: Path) -> None:
    rebuild_index(settings, embedder=EMBEDDER)


def nothing(docs: Path) -> None:
    pass


SCENARIOS = {
    # name: (files before, files at the kill, what is killed, what completes it)
    "first": (None, old_files, ingest, ingest),
    "update": (old_files, new_files, ingest, ingest),
    "remove": (old_files, lambda docs: (docs / "doomed.txt").unlink(), remove, ingest),
    "rebuild": (old_files, nothing, rebuild, rebuild),
    "many": (many_files, change_many_files, ingest, ingest),
}


class Victim:
    """One scenario in one folder."""

    def __init__(self, scenario: str, folder: Path) -> None:
        self.before, self.at_kill, self.act, self.complete = SCENARIOS[scenario]
        self.docs, self.base, self.home = folder / "docs", folder / "base", folder / "home"
        self.result = folder / "clean"
        self.large = scenario == "many"
        self.every = 20 if self.large else 1
        self.buries_canary = scenario in {"update", "remove"}
        self.texts: set[str] = set()

    def settings(self, home: Path | None = None) -> Settings:
        return Settings.load(home=home or self.home, chunk_tokens=32 if self.large else 64)

    def prepare(self) -> None:
        self.base.mkdir()
        if self.before:
            self.before(self.docs)
            in_child(lambda: ingest(self.settings(self.base), self.docs))
        # All old documents lie in one segment of the word index, so that dropping one means cleaning it.
        rag.intake._BATCH_CHUNKS = 300 if self.large else 1
        if self.buries_canary:
            in_child(self.look_for_canary)
        for change in (nothing, self.at_kill):
            change(self.docs)
            self.texts |= {path.read_text() for path in self.docs.glob("*")}
        self.reset()
        in_child(self.go_undisturbed)
        self.clean, self.steps, self.seconds = pickle.loads(self.result.read_bytes())

    def reset(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self.base, self.home)

    def look_for_canary(self) -> None:
        assert canaries(self.settings(self.base)), "there is no canary to look for"

    def go_undisturbed(self) -> None:
        steps = Steps(None)
        steps.watch()
        started = time.monotonic()
        self.act(self.settings(), self.docs)
        counted, seconds = steps.done, time.monotonic() - started
        self.complete(self.settings(), self.docs)
        self.result.write_bytes(pickle.dumps((self.snapshot(), counted, seconds)))

    def snapshot(self) -> dict[str, Any]:
        return snapshot(self.settings(), EMBEDDER, every=self.every)

    def kill_at(self, step: int) -> int:
        def doomed() -> None:
            Steps(step).watch()
            self.act(self.settings(), self.docs)

        return wait(fork(doomed))

    def kill_after(self, delay: float) -> int:
        child = fork(lambda: self.act(self.settings(), self.docs))
        time.sleep(delay)
        os.kill(child, signal.SIGKILL)
        return wait(child)

    def examine(self) -> None:
        """What must hold after a kill, and after one more ingest."""
        try:
            retriever = open_retriever(self.settings(), embedder=EMBEDDER)
        except IndexMissing:
            assert not self.before
        else:
            with retriever.index as index:
                passages = retriever.retrieve("which was reopened or demolished", top_k=50)
                assert passages or not index.catalog.documents()
                for document in index.catalog.documents():
                    assert document.text in self.texts, f"half of {document.source}"
                check_findable(index, EMBEDDER, every=self.every)
        self.complete(self.settings(), self.docs)
        assert self.snapshot() == self.clean
        if self.buries_canary:
            files = [path for path in self.home.rglob("*") if path.is_file()]
            left = [path for path in files if CANARY.encode() in path.read_bytes().lower()]
            assert not left, f"the canary is in {left}"
            assert not canaries(self.settings())


def main(scenario: str, folder: Path, stride: int, random_kills: int) -> None:
    victim = Victim(scenario, folder)
    victim.prepare()
    kill: Callable[[Any], int] = victim.kill_at
    moments: Iterable[float] = range(1, victim.steps + 1, stride)
    if random_kills:
        chance = random.Random(scenario)
        kill = victim.kill_after
        moments = [chance.uniform(0, victim.seconds) for _ in range(random_kills)]
    for at in moments:
        victim.reset()
        status = kill(at)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        error = in_child(victim.examine, quiet=True)
        print(json.dumps({"at": at, "killed": killed, "error": error}), flush=True)


def canaries(settings: Settings) -> int:
    """Chunks with the canary as tantivy's own word lists have it, deleted ones among them."""
    with Index.open(settings) as index:
        return int(index.words._index.searcher().doc_freq("words", CANARY))


def fork(function: Callable[[], None], errors: Path | None = None) -> int:
    child = os.fork()
    if child:
        return child
    try:
        function()
    except BaseException:
        if errors:
            errors.write_text(traceback.format_exc())
        else:
            traceback.print_exc()
        os._exit(1)
    os._exit(0)


def wait(child: int) -> int:
    return os.waitpid(child, 0)[1]


def in_child(function: Callable[[], None], *, quiet: bool = False) -> str | None:
    """Run in a fork, so that this process never opens an index itself; returns what went wrong."""
    errors = Path(sys.argv[2]) / "errors"
    errors.unlink(missing_ok=True)
    status = wait(fork(function, errors))
    if status == 0:
        return None
    error = errors.read_text() if errors.exists() else f"ended with status {status}"
    if not quiet:
        raise SystemExit(error)
    return error


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
