"""The adapters against the real frameworks: over a retriever that records, and over a real one."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import CompactAndRefine
from llama_index.core.response_synthesizers.no_text import NoText
from llama_index.core.schema import MetadataMode, TextNode
from pydantic import ValidationError

from rag import (
    Chunk,
    Document,
    Passage,
    QuestionError,
    ingest_paths,
    open_embedder,
    open_retriever,
)
from rag.adapters import langchain, llama_index
from rag.testing import HashEmbedder
from tests.rag.indexes import prose, write

ROOT = Path(__file__).parents[2]
FILTERS: dict[str, Any] = {
    "top_k": 2,
    "after": date(2019, 1, 1),
    "before": date(2019, 12, 31),
    "sources": ("bridges/*",),
}
TEXT = "Old news. The harbour bridge cost 4.2 million euros. More news."
TOPICS = ("harbour", "library", "market", "tunnel", "museum", "stadium")
QUERIES = [f"the {topic} reopened {n}" for topic in TOPICS for n in (1, 7)]


class Recorder:
    """A `Retriever` that gives two passages and remembers how it was asked, and in which thread."""

    def __init__(self):
        self.calls = []
        self.threads = []

    def retrieve(self, query, *, top_k=5, after=None, before=None, sources=()):
        self.threads.append(threading.current_thread())
        self.calls.append(
            (query, {"top_k": top_k, "after": after, "before": before, "sources": sources})
        )
        dated = Document(
            id="a" * 12,
            source="bridges/harbour.md",
            title="The harbour bridge",
            text=TEXT,
            sha256="0" * 64,
            published=date(2019, 3, 5),
        )
        undated = Document(id="b" * 12, source="x.txt", title="X", text="Nothing.", sha256="1" * 64)
        return (
            Passage(
                chunk=Chunk(id="7:0", document_id=dated.id, start=10, end=52),
                document=dated,
                score=0.75,
                rank=1,
                also_in=("c" * 12,),
            ),
            Passage(
                chunk=Chunk(id="8:0", document_id=undated.id, start=0, end=8),
                document=undated,
                score=0.5,
                rank=2,
            ),
        )


DATED = {
    "document_id": "a" * 12,
    "source": "bridges/harbour.md",
    "title": "The harbour bridge",
    "published": "2019-03-05",
    "start": 10,
    "end": 52,
    "score": 0.75,
    "also_in": ["c" * 12],
}
UNDATED: dict[str, Any] = {
    "document_id": "b" * 12,
    "source": "x.txt",
    "title": "X",
    "published": None,
    "start": 0,
    "end": 8,
    "score": 0.5,
    "also_in": [],
}


@pytest.fixture
def settings(settings):
    """Documents of several chunks each."""
    return settings.model_copy(update={"chunk_tokens": 40})


@pytest.fixture
def retriever(tmp_path, settings, embedder):
    """A real one."""
    folder = write(tmp_path / "notes", **{topic: prose(topic) for topic in TOPICS})
    ingest_paths([folder], settings, embedder=embedder)
    retriever = open_retriever(settings, embedder=embedder)
    yield retriever
    retriever.index.close()


# LangChain


def test_langchain_gets_the_passage_and_its_metadata():
    first, second = langchain.SeedboundRetriever(retriever=Recorder()).invoke("q")
    assert first.page_content == "The harbour bridge cost 4.2 million euros."
    assert (first.id, first.metadata) == ("7:0", DATED)
    assert (second.page_content, second.id, second.metadata) == ("Nothing.", "8:0", UNDATED)
    assert json.loads(json.dumps(first.metadata)) == DATED


def test_langchain_passes_the_filters_on():
    recorder = Recorder()
    langchain.SeedboundRetriever(retriever=recorder, **FILTERS).invoke("the query")
    langchain.SeedboundRetriever(retriever=recorder).invoke("q")
    assert recorder.calls[0] == ("the query", FILTERS)
    assert recorder.calls[1][1] == {
        "top_k": 5,
        "after": None,
        "before": None,
        "sources": (),
    }


@pytest.mark.parametrize(
    "wrong", [{"since": date(2019, 1, 1)}, {"top_k": 0}, {"after": "soon"}, {"sources": "a/*"}]
)
def test_langchain_refuses_fields_that_would_not_filter(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        langchain.SeedboundRetriever(retriever=Recorder(), **wrong)


def test_langchain_async_runs_in_another_thread():
    recorder = Recorder()
    adapter = langchain.SeedboundRetriever(retriever=recorder)
    found = asyncio.run(adapter.ainvoke("q"))
    assert [document.id for document in found] == ["7:0", "8:0"]
    assert recorder.threads != [threading.current_thread()]


def test_a_chain_of_langchain_reads_the_passages(retriever):
    prompts = []

    def note(prompt):
        prompts.append(prompt.to_string())
        return prompt

    def show(documents):
        return "\n".join(document.page_content for document in documents)

    adapter = langchain.SeedboundRetriever(retriever=retriever, top_k=2)
    chain = (
        {"context": adapter | show, "question": RunnablePassthrough()}
        | ChatPromptTemplate.from_template("{context}\n\nQuestion: {question}")
        | RunnableLambda(note)
        | FakeListChatModel(responses=["On day 7."])
        | StrOutputParser()
    )
    assert chain.invoke("When was the harbour7 reopened?") == "On day 7."
    assert "harbour7 was reopened on day 7" in prompts[0]
    assert prompts[0].endswith("Question: When was the harbour7 reopened?")


# LlamaIndex


def test_llama_index_gets_the_passage_and_its_metadata():
    first, second = llama_index.SeedboundRetriever(Recorder()).retrieve("q")
    node = first.node
    assert isinstance(node, TextNode)
    assert node.get_content(MetadataMode.NONE) == "The harbour bridge cost 4.2 million euros."
    assert (node.node_id, node.metadata, first.score) == ("7:0", DATED, 0.75)
    assert (node.start_char_idx, node.end_char_idx, node.ref_doc_id) == (10, 52, "a" * 12)
    assert (second.node.node_id, second.node.metadata) == ("8:0", UNDATED)


def test_llama_index_shows_a_model_only_what_helps_it():
    shown = llama_index.SeedboundRetriever(Recorder()).retrieve("q")[0].node
    text = shown.get_content(MetadataMode.LLM)
    assert "title: The harbour bridge" in text
    assert "published: 2019-03-05" in text
    for key in ("document_id", "score", "start", "also_in"):
        assert key not in text


def test_llama_index_passes_the_filters_on():
    recorder = Recorder()
    llama_index.SeedboundRetriever(recorder, **FILTERS).retrieve("the query")
    assert recorder.calls == [("the query", FILTERS)]


def test_llama_index_async_runs_in_another_thread():
    recorder = Recorder()
    found = asyncio.run(llama_index.SeedboundRetriever(recorder).aretrieve("q"))
    assert [one.node.node_id for one in found] == ["7:0", "8:0"]
    assert recorder.threads != [threading.current_thread()]


@pytest.mark.parametrize("synthesizer", [NoText, CompactAndRefine])
def test_a_query_engine_of_llama_index_reads_the_passages(retriever, synthesizer):
    adapter = llama_index.SeedboundRetriever(retriever, top_k=2)
    engine = RetrieverQueryEngine(adapter, response_synthesizer=synthesizer(llm=MockLLM()))
    response = engine.query("When was the harbour7 reopened?")
    assert "harbour7 was reopened on day 7" in response.source_nodes[0].node.get_content()
    assert len(response.source_nodes) == 2
    # The mock repeats what it is asked.
    asked = synthesizer is CompactAndRefine
    assert ("harbour7 was reopened on day 7" in str(response)) == asked


# both


@pytest.mark.parametrize(
    "found",
    [
        lambda retriever, **filters: [
            document.metadata["source"]
            for document in langchain.SeedboundRetriever(retriever=retriever, **filters).invoke(
                "reopened"
            )
        ],
        lambda retriever, **filters: [
            one.node.metadata["source"]
            for one in llama_index.SeedboundRetriever(retriever, **filters).retrieve("reopened")
        ],
    ],
    ids=["langchain", "llama_index"],
)
def test_the_filters_filter(retriever, found):
    assert len(set(found(retriever, top_k=50))) == len(TOPICS)
    assert set(found(retriever, top_k=50, sources=("mar*",))) == {"market.txt"}
    assert len(found(retriever, top_k=3)) == 3
    assert found(retriever, after=date(2024, 3, 28)) == []
    assert found(retriever, before=date(2024, 3, 26)) == []
    assert len(found(retriever, after=date(2024, 3, 27), before=date(2024, 3, 27))) == 5


def test_an_error_of_ours_comes_through(retriever):
    with pytest.raises(QuestionError):
        langchain.SeedboundRetriever(retriever=retriever).invoke(" ")
    with pytest.raises(QuestionError):
        llama_index.SeedboundRetriever(retriever).retrieve(" ")


@pytest.mark.parametrize("opened", [lambda _: HashEmbedder(), open_embedder], ids=["fake", "real"])
def test_eight_threads_find_what_one_finds(tmp_path, settings, opened):
    folder = write(tmp_path / "notes", **{topic: prose(topic) for topic in TOPICS})
    ingest_paths([folder], settings, embedder=opened(settings))
    alone = open_retriever(settings, embedder=opened(settings))
    with closing(alone.index):
        expected = {query: alone.retrieve(query) for query in QUERIES}
    assert len({found[0].chunk.id for found in expected.values()}) > len(TOPICS)
    barrier = threading.Barrier(8)

    def ask_all(retriever, turn):
        barrier.wait()  # the first queries, which load the rest, come at the same moment
        order = QUERIES[turn:] + QUERIES[:turn]
        return [(query, retriever.retrieve(query)) for query in order * 2]

    shared = open_retriever(settings, embedder=opened(settings))
    with closing(shared.index), ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda turn: ask_all(shared, turn), range(8)):
            for query, passages in found:
                assert passages == expected[query]


def test_a_batch_of_langchain_finds_what_single_queries_find(retriever):
    adapter = langchain.SeedboundRetriever(retriever=retriever)
    single = [adapter.invoke(query) for query in QUERIES]
    assert adapter.batch(QUERIES, config={"max_concurrency": 8}) == single


@pytest.mark.parametrize(
    ("module", "missing", "extra"),
    [
        ("langchain", "langchain_core", "seedbound[langchain]"),
        ("llama_index", "llama_index", "seedbound[llama-index]"),
    ],
)
def test_a_missing_framework_says_what_to_install(module, missing, extra):
    code = f"""
import sys
sys.modules[{missing!r}] = None
import rag
rag.open_retriever
try:
    import rag.adapters.{module}
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert f"Run: pip install '{extra}'" in done.stdout


def test_nothing_is_sent_anywhere(tmp_path):
    """Neither when the frameworks are imported nor when they are used; no switch is set from outside."""
    switches = ("LANG", "HF_", "RAG_", "ANONYMIZED_", "DO_NOT_TRACK")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(switches)}
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "offline_guard.py"), "uses_adapters"],
        env={
            **kept,
            "RAG_HOME": str(tmp_path / "home"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "data")]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["fine", "['1:0']", "1:0"]
