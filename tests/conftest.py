"""What many tests need: a data folder of their own, settings that come from nowhere else, and a fast embedder."""

import os
import signal
from pathlib import Path

import pytest

from rag import Settings
from rag.paths import shipped
from rag.testing import HashEmbedder

# What a shell starts in the background is deaf to Ctrl-C, and so are its children: tests that press it would wait for
# ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder; of the settings around, only the place of the models still counts."""
    for name in os.environ:
        if name.startswith("RAG_") and name != "RAG_MODELS_DIR":
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("RAG_HOME", str(folder))
    monkeypatch.chdir(tmp_path)  # away from any rag.toml
    return folder


@pytest.fixture
def settings(home) -> Settings:
    return Settings.load()


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def seeds() -> Path:
    return shipped("seeds")
