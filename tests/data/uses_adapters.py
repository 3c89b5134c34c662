"""Both adapters, from ingest to a chain and a query engine, over a fake embedder; prints what was found."""

from pathlib import Path

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.runnables import RunnableLambda
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine

from rag import Settings, ingest_paths, open_retriever
from rag.adapters import langchain, llama_index
from rag.testing import HashEmbedder

QUERY = "harbour bridge"

settings = Settings.load()
notes = Path(settings.home) / "notes"
notes.mkdir(parents=True)
(notes / "bridge.txt").write_text("The harbour bridge reopened on Monday after long repairs.\n")
ingest_paths([notes], settings, embedder=HashEmbedder())
retriever = open_retriever(settings, embedder=HashEmbedder())

model = FakeListChatModel(responses=["fine"])
chain = langchain.SeedboundRetriever(retriever=retriever) | RunnableLambda(str) | model
print(chain.invoke(QUERY).content)
print([document.id for document in langchain.SeedboundRetriever(retriever=retriever).invoke(QUERY)])

engine = RetrieverQueryEngine.from_args(llama_index.SeedboundRetriever(retriever), llm=MockLLM())
print(engine.query(QUERY).source_nodes[0].node.node_id)
retriever.index.close()
