"""Two documents, four gold questions, and `rag eval` with a model that quotes."""

import json
from pathlib import Path

import pytest

import rag.cli.evaluate
from rag import Settings, ingest_paths, open_pipeline, open_retriever
from rag.cli import main
from rag.testing import HashEmbedder
from tests.rag.evaluate.scripted import QuotingChatModel

BRIDGE = (
    "The work on the harbour bridge cost 4.2 million euros, said Lena Ortiz. It took eleven months."
)
SHIPS = "The ships from Norway dock at the northern quay every Tuesday."
GOLD = (
    {"id": "cost", "user_input": "What did the work on the harbour bridge cost?", "qtype": "fact",
     "reference": "It cost 4.2 million euros.", "references": ["4.2 million"], "answerable": True,
     "reference_context_ids": ["bridge.txt"], "reference_contexts": [BRIDGE[:71]]},
    {"id": "dock", "user_input": "When do the ships from Norway dock at the quay?", "qtype": "date",
     "reference": "Every Tuesday.", "references": ["Tuesday"], "answerable": True,
     "reference_context_ids": ["ships.txt"], "reference_contexts": [SHIPS]},
    {"id": "wrong", "user_input": "Where do the ships from Norway dock?", "qtype": "fact",
     "reference": "At the southern quay.", "references": ["southern quay"], "answerable": True,
     "reference_context_ids": ["ships.txt"], "reference_contexts": []},
    {"id": "none", "user_input": "Who plays the zither on Jupiter?", "qtype": "unanswerable",
     "reference": None, "answerable": False},
)  # fmt: skip


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    file = tmp_path / "gold.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in GOLD))
    return file


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "bridge.txt").write_text(f"date 2019-03-05\n\n{BRIDGE}")
    (folder / "ships.txt").write_text(f"date 2020-03-05\n\n{SHIPS}")
    return folder


@pytest.fixture
def index(home: Path, docs: Path, embedder: HashEmbedder) -> Settings:
    """The settings of a data folder in which the documents are indexed."""
    settings = Settings.load()
    ingest_paths([docs], settings, embedder=embedder)
    return settings


class Cli:
    """Runs the program; gives exit code, stdout and stderr."""

    def __init__(self, capsys: pytest.CaptureFixture[str], model: QuotingChatModel) -> None:
        self._capsys = capsys
        self.model = model

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(one) for one in arguments])
        out, err = self._capsys.readouterr()
        assert isinstance(end.value.code, int)
        return end.value.code, out, err


@pytest.fixture
def cli(index, embedder, monkeypatch, capsys):
    """The program, with fakes in place of both models."""
    model = QuotingChatModel()
    here = rag.cli.evaluate
    monkeypatch.setattr(
        here,
        "open_pipeline",
        lambda settings: open_pipeline(settings, embedder=embedder, model=model),
    )
    monkeypatch.setattr(
        here, "open_retriever", lambda settings: open_retriever(settings, embedder=embedder)
    )
    monkeypatch.setattr(
        "rag.evaluate.prepare.ingest_paths",
        lambda *paths, **options: ingest_paths(*paths, **options, embedder=embedder),
    )
    monkeypatch.setattr("rag.evaluate.facts._models", lambda mode, settings: {"mode": mode})

    return Cli(capsys, model)
