"""The examples in docs/library.md, run as they stand there."""

import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from llama_index.core.llms import MockLLM

DOCS = Path(__file__).parents[2] / "docs" / "library.md"
OPEN, LANGCHAIN, CHAIN, LLAMA_INDEX = re.findall(
    r"^```python\n(.*?)^```$", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL
)
COST = "The work cost 4.2 million euros, said the mayor, Lena Ortiz."


@pytest.fixture
def scope(tmp_path, monkeypatch, capsys):
    """What the first example leaves behind: an index of two documents, one of them too old to be found."""
    bridges = tmp_path / "notes" / "bridges"
    bridges.mkdir(parents=True)
    (bridges / "harbour.md").write_text(
        f"# The harbour bridge\n\ndate 2019-03-05\n\nThe harbour bridge reopened on Monday. {COST}\n"
    )
    (bridges / "plan.md").write_text(
        "# A plan\n\ndate 2015-06-01\n\nThe harbour bridge will cost 2 million euros, the council hopes.\n"
    )
    for name in ("RAG_HOME", "RAG_EMBEDDING_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    run(OPEN, scope)
    shown = capsys.readouterr().out
    assert re.match(r"1 [01]\.\d+ bridges/harbour.md 2019-03-05\n", shown)
    assert COST in shown
    assert "plan.md" not in shown
    return scope


def run(example, scope):
    exec(compile(example, DOCS.name, "exec"), scope)


def test_a_retriever_of_langchain(scope, capsys):
    run(LANGCHAIN, scope)
    try:
        shown = capsys.readouterr().out
        assert shown.startswith("bridges/harbour.md 2019-03-05\n")
        assert COST in shown
        assert "plan.md" not in shown
        scope["model"] = FakeListChatModel(responses=["4.2 million euros"])
        run(CHAIN, scope)
        assert capsys.readouterr().out == "4.2 million euros\n"
    finally:
        scope["seedbound"].index.close()


def test_a_retriever_of_llama_index(scope, capsys):
    scope["llm"] = MockLLM()
    run(LLAMA_INDEX, scope)
    try:
        shown = capsys.readouterr().out
        passage, answer = shown.split("Context information", 1)
        assert COST in passage
        assert COST in answer  # the mock repeats what it is asked
    finally:
        scope["seedbound"].index.close()
