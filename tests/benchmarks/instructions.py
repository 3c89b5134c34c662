"""How often sentences are taken for instructions to software, and how long looking takes: ``FOLDER_OR_JSONL …``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rag.instructions import find_instructions
from rag.split import split_sentences


def texts(path: Path) -> Iterator[str]:
    """The ``text`` of each line of a JSON lines file, or each text file of a folder."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix in (".txt", ".md", ".rst"):
                yield file.read_text("utf-8", errors="replace")
        return
    for line in path.read_text("utf-8").splitlines():
        yield json.loads(line)["text"]


def main(paths: list[str]) -> None:
    """Print one line for each path, and every sentence found."""
    for path in map(Path, paths):
        found = list(texts(path))
        started = time.process_time()
        flagged = [(text, one) for text in found for one in find_instructions(text)]
        seconds = time.process_time() - started
        sentences = sum(len(split_sentences(text)) for text in found)
        characters = sum(map(len, found))
        print(
            f"{path}: {len(found)} texts, {sentences} sentences, {len(flagged)} flagged, "
            f"{seconds / max(1, characters) * 1.4e6:.2f} ms for 1,400 characters"
        )
        for text, one in flagged:
            print(f"  {one.value}: {' '.join(text[one.start : one.end].split())[:200]}")


if __name__ == "__main__":
    main(sys.argv[1:])
