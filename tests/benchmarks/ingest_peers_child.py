"""One system of `tests.benchmarks.ingest_peers`, alone in its process, under its own interpreter.

Only the standard library is imported at the top: the peers' interpreter knows neither `rag` nor `tests`. Every peer
is what its own documentation recommends for text files, local embeddings and Chroma on disk, with its defaults except
for the size of chunks: about 200 tokens, as seedbound cuts. No language model is involved.
"""

# mypy: disable-error-code="import-not-found, import-untyped, unused-ignore"

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

_TOKENS, _OVERLAP_TOKENS = 200, 20
_CHARACTERS, _OVERLAP_CHARACTERS = 900, 90
_WORDS, _OVERLAP_WORDS = 150, 15
_TOP_K = 10


class Ingested(NamedTuple):
    """How many chunks there are, and a search that gives the file names of passages."""

    chunks: int
    search: Callable[[str], list[str]]


Ingest = Callable[[Path, Path], Ingested]


def seedbound(_model: str) -> Ingest:
    """With everything that it does beside: sentences, dates, words."""
    from rag import Settings, ingest_paths, open_embedder, open_retriever

    settings = Settings.load()
    embedder = open_embedder(settings)

    def ingest(folder: Path, store: Path) -> Ingested:
        there = settings.model_copy(update={"home": store})
        report = ingest_paths([folder], there, embedder=embedder)
        retriever = open_retriever(there, embedder=embedder)

        def search(query: str) -> list[str]:
            return [one.document.source for one in retriever.retrieve(query, top_k=_TOP_K)]

        return Ingested(report.chunks, search)

    return ingest


def llama_index(model: str) -> Ingest:
    """Directory reader, sentence splitter, vector store index."""
    from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.chroma import ChromaVectorStore

    embedding = HuggingFaceEmbedding(model_name=model, device="cpu")

    def ingest(folder: Path, store: Path) -> Ingested:
        collection = _chroma(store).get_or_create_collection("documents")
        index = VectorStoreIndex.from_documents(
            SimpleDirectoryReader(str(folder)).load_data(),
            storage_context=StorageContext.from_defaults(
                vector_store=ChromaVectorStore(chroma_collection=collection)
            ),
            embed_model=embedding,
            transformations=[SentenceSplitter(chunk_size=_TOKENS, chunk_overlap=_OVERLAP_TOKENS)],
        )

        def search(query: str) -> list[str]:
            found = index.as_retriever(similarity_top_k=_TOP_K).retrieve(query)
            return [one.node.metadata["file_name"] for one in found]

        return Ingested(collection.count(), search)

    return ingest


def langchain(model: str) -> Ingest:
    """Recursive character splitter, Chroma from documents."""
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    embedding = HuggingFaceEmbeddings(model_name=model, model_kwargs={"device": "cpu"})
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=_CHARACTERS, chunk_overlap=_OVERLAP_CHARACTERS
    )

    def ingest(folder: Path, store: Path) -> Ingested:
        # What its text loader does, without the package of community loaders.
        documents = [
            Document(page_content=file.read_text("utf-8"), metadata={"source": file.name})
            for file in sorted(folder.iterdir())
        ]
        chunks = splitter.split_documents(documents)
        made = Chroma.from_documents(chunks, embedding, client=_chroma(store))

        def search(query: str) -> list[str]:
            found = made.similarity_search(query, k=_TOP_K)
            return [document.metadata["source"] for document in found]

        return Ingested(len(chunks), search)

    return ingest


def haystack(model: str) -> Ingest:
    """An indexing pipeline of converter, splitter, embedder and writer."""
    from haystack import Pipeline
    from haystack.components.converters import TextFileToDocument
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.components.writers import DocumentWriter
    from haystack.utils import ComponentDevice
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
        SentenceTransformersTextEmbedder,
    )
    from haystack_integrations.components.retrievers.chroma import ChromaEmbeddingRetriever
    from haystack_integrations.document_stores.chroma import ChromaDocumentStore

    common: dict[str, Any] = {"device": ComponentDevice.from_str("cpu"), "progress_bar": False}
    embedder = SentenceTransformersDocumentEmbedder(model=model, **common)
    queries = SentenceTransformersTextEmbedder(model=model, **common)

    def ingest(folder: Path, store: Path) -> Ingested:
        documents = ChromaDocumentStore(persist_path=str(store))
        pipeline = Pipeline()
        pipeline.add_component("convert", TextFileToDocument())
        pipeline.add_component(
            "split", DocumentSplitter(split_length=_WORDS, split_overlap=_OVERLAP_WORDS)
        )
        pipeline.add_component("embed", embedder)
        pipeline.add_component("write", DocumentWriter(documents))
        pipeline.connect("convert", "split")
        pipeline.connect("split", "embed")
        pipeline.connect("embed", "write")
        pipeline.run({"convert": {"sources": sorted(folder.iterdir())}})
        # A component belongs to one pipeline at a time.
        pipeline.remove_component("embed")

        def search(query: str) -> list[str]:
            vector = queries.run(query)["embedding"]
            found = ChromaEmbeddingRetriever(documents, top_k=_TOP_K).run(vector)["documents"]
            return [Path(document.meta["file_path"]).name for document in found]

        return Ingested(documents.count_documents(), search)

    return ingest


def _chroma(folder: Path) -> Any:
    from chromadb import PersistentClient
    from chromadb.config import Settings

    return PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))


SYSTEMS: dict[str, Callable[[str], Ingest]] = {
    "seedbound": seedbound,
    "llama_index": llama_index,
    "langchain": langchain,
    "haystack": haystack,
}


def measure_ingest(task: dict[str, Any]) -> dict[str, Any]:
    """Ingest one document to have everything loaded, then all of them; ends when a query has found its document."""
    ingest = SYSTEMS[task["system"]](task["model"])
    work = Path(task["work"])
    ingest(Path(task["one"]), work / "one").search(task["query"])
    begun, worked = time.perf_counter(), time.process_time()
    done = ingest(Path(task["folder"]), work / "all")
    found = done.search(task["query"])
    ended, all_worked = time.perf_counter(), time.process_time()
    if task["answer"] not in found:
        sys.exit(f"{task['system']} found {found} instead of {task['answer']}")
    return {
        "seconds": ended - begun,
        "cpu_seconds": all_worked - worked,
        "process_seconds": time.time() - task["started"],
        "chunks": done.chunks,
    }


def measure_encode(task: dict[str, Any]) -> dict[str, Any]:
    """Embed a few texts to have everything loaded, then all of them."""
    texts = json.loads(Path(task["texts"]).read_text("utf-8"))
    encode: Callable[[list[str]], Any]
    if task["system"] == "seedbound":
        from rag import Settings, open_embedder

        embedder = open_embedder(Settings.load())
        longest = max(embedder.count_tokens(texts))
        if longest > embedder.max_tokens:
            sys.exit(f"a text of {longest} tokens would be cut off at {embedder.max_tokens}")
        encode = embedder.embed
    else:
        from sentence_transformers import SentenceTransformer

        encode = SentenceTransformer(task["model"], device="cpu").encode
    encode(texts[:32])
    begun, worked = time.perf_counter(), time.process_time()
    vectors = encode(texts)
    ended, all_worked = time.perf_counter(), time.process_time()
    import numpy as np

    np.save(Path(task["vectors"]) / task["system"], np.asarray(vectors, dtype="float32"))
    return {"seconds": ended - begun, "cpu_seconds": all_worked - worked}


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    result = measure_encode(given) if given["what"] == "encode" else measure_ingest(given)
    Path(given["result"]).write_text(json.dumps(result), "utf-8")
