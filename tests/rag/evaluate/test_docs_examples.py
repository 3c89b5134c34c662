"""The examples in docs/evaluation.md, run as they stand there."""

import json
import re
from pathlib import Path

import pytest

import rag
from rag.testing import HashEmbedder
from tests.rag.evaluate.scripted import QuotingChatModel

DOCS = Path(__file__).parents[3] / "docs" / "evaluation.md"


def examples(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCS.read_text(), re.MULTILINE | re.DOTALL)


def test_a_pipeline_is_evaluated(gold, index, embedder, monkeypatch, capsys):
    opened = rag.open_pipeline
    monkeypatch.setattr(
        rag,
        "open_pipeline",
        lambda settings: opened(settings, embedder=embedder, model=QuotingChatModel()),
        raising=False,
    )
    monkeypatch.chdir(gold.parent)
    exec(examples("python")[0], {})
    assert float(capsys.readouterr().out) == pytest.approx(2 / 3)


def test_a_retriever_of_langchain_is_evaluated(gold, docs, monkeypatch, capsys):
    from langchain_core.embeddings import Embeddings
    from langchain_core.vectorstores import InMemoryVectorStore

    class Hashed(Embeddings):
        def embed_documents(self, texts):
            return HashEmbedder().embed(texts)

        def embed_query(self, text):
            return HashEmbedder().embed([text])[0]

    files = sorted(docs.glob("*.txt"))
    store = InMemoryVectorStore(Hashed())
    store.add_texts([file.read_text() for file in files], [{"source": f.name} for f in files])
    monkeypatch.chdir(gold.parent)
    exec(examples("python")[1], {"retriever": store.as_retriever()})
    assert float(capsys.readouterr().out) == 1.0


def test_the_gold_lines_that_are_shown_can_be_read(tmp_path):
    (lines,) = examples("json")
    for line in lines.splitlines():
        json.loads(line)
    file = tmp_path / "shown.jsonl"
    file.write_text(lines)
    first, second = rag.load_gold(file)
    assert first.is_answered_by("The bridge cost 4.2 million euros.")
    assert second.turns[0].answer == "4.2 million euros."
