"""The retriever as one of LlamaIndex. Needs ``seedbound[llama-index]``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date

from rag.adapters.metadata import passage_metadata
from rag.protocols import Retriever
from rag.types import Passage

try:
    from llama_index.core.callbacks import CallbackManager
    from llama_index.core.retrievers import BaseRetriever
    from llama_index.core.schema import (
        NodeRelationship,
        NodeWithScore,
        QueryBundle,
        RelatedNodeInfo,
        TextNode,
    )
except ImportError as error:
    raise ImportError(
        "The LlamaIndex adapter needs the package llama-index-core. "
        "Run: pip install 'seedbound[llama-index]'"
    ) from error

# LlamaIndex puts metadata in front of the text that a model reads; these say nothing to it.
_NOT_FOR_MODELS = ["document_id", "start", "end", "score", "also_in"]


class SeedboundRetriever(BaseRetriever):
    """A LlamaIndex retriever over a seedbound `Retriever`.

    Make another one for other filters: it costs nothing, and several may share one ``retriever``.
    """

    def __init__(
        self,
        retriever: Retriever,
        *,
        top_k: int = 5,
        after: date | None = None,
        before: date | None = None,
        sources: Sequence[str] = (),
        callback_manager: CallbackManager | None = None,
    ) -> None:
        """``retriever`` is for instance what `rag.open_retriever` gives.

        ``top_k`` and the filters are those of `Retriever.retrieve`.
        """
        super().__init__(callback_manager)
        self.retriever = retriever
        self.top_k = top_k
        self.after = after
        self.before = before
        self.sources = sources

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        passages = self.retriever.retrieve(
            query_bundle.query_str,
            top_k=self.top_k,
            after=self.after,
            before=self.before,
            sources=self.sources,
        )
        return [NodeWithScore(node=_node(passage), score=passage.score) for passage in passages]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        # LlamaIndex would run it on the event loop, which nothing else could use meanwhile.
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _node(passage: Passage) -> TextNode:
    return TextNode(
        id_=passage.chunk.id,
        text=passage.text,
        start_char_idx=passage.chunk.start,
        end_char_idx=passage.chunk.end,
        metadata=passage_metadata(passage),
        excluded_embed_metadata_keys=_NOT_FOR_MODELS,
        excluded_llm_metadata_keys=_NOT_FOR_MODELS,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=passage.document.id)},
    )
