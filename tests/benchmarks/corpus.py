"""Documents for benchmarks: of a folder, or generated, the same every time and none like another."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import click

from rag.paths import shipped

# Word pieces are about 1.35 a word here; MiniLM cuts off at 256.
_WORDS_A_TEXT = 140
_QUERY_WORDS = slice(40, 100)


def write_documents(folder: Path, count: int, *, words: int = 230) -> None:
    """Texts that read like those in seeds/: their sentences, shuffled, half of the longer words exchanged.

    ``words`` is their mean length.
    """
    source = "\n".join(path.read_text("utf-8") for path in sorted(shipped("seeds").glob("*.txt")))
    sentences = [one.strip() for one in re.findall(r"[^.!?\n]{40,300}[.!?]", source)]
    vocabulary = sorted(set(re.findall(r"\b[a-z]{5,}\b", source)))
    chance = random.Random(0)

    def exchange(match: re.Match[str]) -> str:
        return chance.choice(vocabulary) if chance.random() < 0.5 else match[0]

    for number in range(count):
        paragraphs = [f"Date: 2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}"]
        length = 0
        while length < words - 40:  # a paragraph has some 80
            some = [re.sub(r"\b[a-z]{5,}\b", exchange, chance.choice(sentences)) for _ in range(3)]
            paragraphs.append(" ".join(some))
            length += len(paragraphs[-1].split())
        (folder / f"{number:05d}.txt").write_text("\n\n".join(paragraphs) + "\n", "utf-8")


class Corpus:
    """What is ingested, what is searched for afterwards, and the texts that the embedders get."""

    def __init__(self, work: Path, count: int, docs: Path | None) -> None:
        self.folder, self.one = work / "all", work / "one"
        self.folder.mkdir()
        self.one.mkdir()
        if docs:
            for number, path in enumerate(sorted(docs.rglob("*.txt"))[:count]):
                shutil.copyfile(path, self.folder / f"{number:05d}.txt")
        else:
            write_documents(self.folder, count)
        self.files = sorted(self.folder.iterdir())
        if not self.files:
            raise click.ClickException(f"{docs} holds no .txt files")
        shutil.copyfile(self.files[0], self.one / self.files[0].name)
        words = {path: path.read_text("utf-8", errors="replace").split() for path in self.files}
        self.words = sum(map(len, words.values()))
        self.answer = self.files[len(self.files) // 2]
        self.query = " ".join(words[self.answer][_QUERY_WORDS])
        self.texts = [
            " ".join(those[at : at + _WORDS_A_TEXT])
            for those in words.values()
            for at in range(0, len(those), _WORDS_A_TEXT)
        ]
