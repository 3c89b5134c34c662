"""The retriever as one of LangChain. Needs ``seedbound[langchain]``."""

from __future__ import annotations

from datetime import date

from pydantic import ConfigDict, Field, SkipValidation

from rag.adapters.metadata import passage_metadata
from rag.protocols import Retriever

try:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
except ImportError as error:
    raise ImportError(
        "The LangChain adapter needs the package langchain-core. "
        "Run: pip install 'seedbound[langchain]'"
    ) from error


class SeedboundRetriever(BaseRetriever):
    """A LangChain retriever over a seedbound `Retriever`.

    Fields are checked when it is made; `Retriever.retrieve` says what the filters mean. Make another one
    for other filters: it costs nothing, and several may share one ``retriever``.

    Attributes:
        retriever: Finds the passages, for instance what `rag.open_retriever` gives.
        top_k: How many documents to return at most.
        after: First day of publication.
        before: Last day of publication.
        sources: Shell patterns, one of which a document's source must match.
    """

    # A misspelt filter would otherwise be a filter that is not applied.
    model_config = ConfigDict(extra="forbid")

    retriever: SkipValidation[Retriever]
    top_k: int = Field(default=5, ge=1)
    after: date | None = None
    before: date | None = None
    sources: tuple[str, ...] = ()

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - part of the signature
    ) -> list[Document]:
        passages = self.retriever.retrieve(
            query,
            top_k=self.top_k,
            after=self.after,
            before=self.before,
            sources=self.sources,
        )
        return [
            Document(
                id=passage.chunk.id,
                page_content=passage.text,
                metadata=passage_metadata(passage),
            )
            for passage in passages
        ]
