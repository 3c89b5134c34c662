"""The outside of the library: what it exports, and what importing it costs."""

import subprocess
import sys
from pathlib import Path

import rag

HEAVY = ("torch", "chromadb", "gradio", "llama_cpp", "sentence_transformers", "tantivy", "pydantic")
PACKAGE = Path(rag.__file__).parent


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_importing_the_library_loads_nothing_heavy():
    loaded = run(f"import rag, sys; print([m for m in {HEAVY} if m in sys.modules])")
    assert loaded == "[]"


def test_the_settings_and_the_errors_load_no_model_library():
    heavy = tuple(name for name in HEAVY if name != "pydantic")
    code = (
        "import sys; from rag import Settings, RagError, ingest_paths, open_pipeline, open_retriever; "
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    assert run(code) == "[]"


def test_every_public_name_exists_and_is_listed_in_order():
    assert sorted(rag.__all__, key=str) == sorted(set(rag.__all__))
    for name in rag.__all__:
        assert getattr(rag, name) is not None
        assert name in dir(rag)


def test_no_public_name_hides_a_module():
    modules = {path.stem for path in PACKAGE.iterdir()}
    assert not modules & set(rag.__all__)


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(rag, "fallback_answer")
