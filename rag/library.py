"""The way in for programs: open an index on disk with the models that the settings name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from rag.embed import load_weights, open_embedder
from rag.generate import LlamaChatModel, open_chat_model
from rag.index import Index
from rag.pipeline import Pipeline
from rag.protocols import ChatModel, Embedder
from rag.rerank import open_reranker
from rag.retrieve import HybridRetriever
from rag.settings import Settings


def open_retriever(settings: Settings, *, embedder: Embedder | None = None) -> HybridRetriever:
    """A retriever over the index of the settings; no language model is needed. Close its ``index``.

    Raises:
        IndexMissing: nothing has been ingested.
        IndexMismatch: the index was built with another embedder or other chunking.
        ModelError: the embedding model is missing or damaged.
    """
    index = Index.open(settings)
    try:
        return HybridRetriever(
            index,
            embedder or open_embedder(settings),
            settings,
            reranker=open_reranker(settings),
        )
    except BaseException:
        index.close()
        raise


def open_pipeline(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    model: ChatModel | None = None,
    warm: bool = True,
) -> Pipeline:
    """Everything that answers questions; use it as a context manager.

    Unless ``warm``, the embedder's weights load with the first question or `Pipeline.warm`.

    Raises:
        RagError: as `open_retriever`, or the language model is missing or damaged.
    """
    # Both threads import it, by ways of their own, and can find it half made.
    import numpy  # noqa: F401, ICN001

    # Two slow starts that don't need each other: one reads a gigabyte, the other imports torch.
    with ThreadPoolExecutor(max_workers=1) as pool:
        loading = pool.submit(lambda: model or open_chat_model(settings))
        retriever = open_retriever(settings, embedder=embedder)
        try:
            if warm:
                load_weights(retriever.embedder)
            chat_model = loading.result()
        except BaseException:
            retriever.index.close()
            raise
    catalog = retriever.index.catalog

    def close() -> None:
        retriever.index.close()
        if isinstance(chat_model, LlamaChatModel) and chat_model is not model:
            chat_model.close()

    return Pipeline(
        retriever,
        chat_model,
        retriever.embedder,
        settings,
        sentences=lambda document: catalog.sentences(document.id),
        documents=catalog.documents,
        flagged=lambda document: bool(catalog.annotations(document.id, "instruction")),
        close=close,
    )
