"""Desks for tests: over a scripted pipeline, or over a real index with a model that says what it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rag
from rag import Document, Embedder, HeldFile, Passage, Settings
from rag.testing import HashEmbedder, ScriptedChatModel
from tests.ui.scripted import ScriptedPipeline, passages
from tests.ui.scripted import quote as quote_of
from ui.desk.desk import Desk


class ScriptedHoldings:
    """The library of a scripted pipeline, as if it were the index."""

    def __init__(self, pipeline: ScriptedPipeline) -> None:
        self.pipeline = pipeline

    def changes(self) -> tuple[int, ...]:
        return tuple(hash(one) for one in self.pipeline.library)

    def documents(self) -> tuple[Document, ...]:
        return self.pipeline.library

    def document(self, document_id: str) -> Document | None:
        return next((one for one in self.pipeline.library if one.id == document_id), None)

    def files(self) -> tuple[HeldFile, ...]:
        return tuple(
            HeldFile(
                document_id=one.id,
                path=Path("/scripted", one.source),
                root=Path("/scripted"),
                state="same",
            )
            for one in self.pipeline.library
        )


class ScriptedDesk(Desk):
    """Searches the library of its pipeline by words."""

    def search(self, query: str, top_k: int = 5, **filters: Any) -> tuple[Passage, ...]:
        wanted = filters.get("documents") or [one.id for one in self.documents()]
        words = query.lower().split()
        found = [
            quote_of(one, line)
            for one in self.documents()
            if one.id in wanted
            for line in one.text.splitlines()
            if any(word in line.lower() for word in words)
        ]
        return passages(found[:top_k])


def scripted_desk(tmp_path: Path, pipeline: ScriptedPipeline) -> Desk:
    """A desk whose answers are scripted; its data folder is below ``tmp_path``."""
    return ScriptedDesk(
        Settings.load(home=tmp_path / "home"),
        open_pipeline=lambda settings, **_: pipeline,
        embedder=HashEmbedder(),
        holdings=ScriptedHoldings(pipeline),  # type: ignore[arg-type]
        models=(),
    )


def indexed_desk(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    model: ScriptedChatModel | None = None,
    **options: Any,
) -> Desk:
    """A desk over a real index, searched with hashed words and answered by a scripted model."""

    def open_pipeline(settings: Settings, **given: Any) -> rag.Pipeline:
        return rag.open_pipeline(settings, model=model or ScriptedChatModel(["[1]"]), **given)

    options = {"models": (), "open_pipeline": open_pipeline, **options}
    return Desk(settings, embedder=embedder or HashEmbedder(), **options)
