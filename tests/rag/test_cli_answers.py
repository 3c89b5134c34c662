"""`rag ask` and `rag search` through the real command line, with a scripted model."""

import json
import subprocess
import sys

import pytest

import rag.cli.answers
from rag import REFUSAL, Settings, ingest_paths, open_pipeline, open_retriever
from rag.cli import main
from rag.testing import HashEmbedder, ScriptedChatModel

TEXT = "date 2019-03-05\n\nThe work on the harbour bridge cost 4.2 million euros, said Lena Ortiz."
QUESTION = "What did the work on the harbour bridge cost?"
REPLY = "The work on the harbour bridge cost 4.2 million euros [1]."
CONTRACT = {
    "question", "standalone_question", "answer", "refused", "refusal_reason", "missing", "claims",
    "citations", "passages", "disagreements", "as_of", "timings", "model",
}  # fmt: skip


@pytest.fixture
def cli(tmp_path, monkeypatch, capsys):
    """Runs the program; returns exit code, stdout and stderr."""
    monkeypatch.setenv("RAG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    document = tmp_path / "bridge.txt"
    document.write_text(TEXT)
    embedder = HashEmbedder()
    ingest_paths([document], Settings.load(), embedder=embedder)
    monkeypatch.setattr(
        rag.cli.answers,
        "open_pipeline",
        lambda settings: open_pipeline(
            settings, embedder=embedder, model=ScriptedChatModel([REPLY])
        ),
    )
    monkeypatch.setattr(
        rag.cli.answers,
        "open_retriever",
        lambda settings: open_retriever(settings, embedder=embedder),
    )

    def run(*arguments: str):
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return run


def test_ask_json_is_the_contract_and_nothing_else(cli):
    code, out, _ = cli("ask", QUESTION, "--json")
    answer = json.loads(out)
    assert code == 0
    assert set(answer) >= CONTRACT
    assert answer["answer"] == REPLY
    assert answer["claims"] == [
        {
            "text": "The work on the harbour bridge cost 4.2 million euros.",
            "supported": True,
            "support": 1.0,
            "citations": [1],
        }
    ]
    (citation,) = answer["citations"]
    assert TEXT[citation["start"] : citation["end"]] == citation["quote"]
    assert (citation["source"], citation["published"]) == ("bridge.txt", "2019-03-05")
    assert set(answer["timings"]) == {"retrieve_s", "first_token_s", "total_s"}
    assert answer["model"]["sha256"] == "0" * 64


def test_a_refusal_is_a_result(cli):
    code, out, _ = cli("ask", "zzz yyy xxx", "--json")
    answer = json.loads(out)
    assert code == 0
    assert (answer["refused"], answer["answer"], answer["citations"]) == (True, REFUSAL, [])
    code, out, _ = cli("ask", "zzz yyy xxx")
    assert code == 0
    assert out.startswith(REFUSAL)
    assert "Related, but not an answer:" in out
    assert "[1]" not in out


def test_ask_prints_the_answer_and_the_quotes_below_it(cli):
    _, out, _ = cli("ask", QUESTION, "--explain")
    assert out.startswith(REPLY)
    assert "bridge.txt, 2019-03-05, characters 17-88" in out
    assert "As of 2019-03-05." in out
    assert "Passages:" in out
    assert "support 1.00" in out


def test_search_json_gives_passages_with_their_text(cli):
    code, out, _ = cli("search", "harbour", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["query"] == "harbour"
    assert found["passages"][0]["rank"] == 1
    assert "4.2 million euros" in found["passages"][0]["text"]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (("--after", "2019-03-05"), 1),
        (("--after", "2019-03-06"), 0),
        (("--before", "2019-03-05"), 1),
        (("--before", "2019-03-04"), 0),
        (("--source", "bridge*"), 1),
        (("--source", "other*"), 0),
    ],
)
def test_filters(cli, filters, count):
    _, out, _ = cli("search", "harbour bridge", "--json", *filters)
    assert len(json.loads(out)["passages"]) == count


def test_a_batch_gives_one_object_a_line_with_its_id(cli, tmp_path):
    file = tmp_path / "questions.jsonl"
    rows = [
        {"id": "a", "user_input": QUESTION, "reference": "kept out"},
        {"id": 7, "user_input": "zzz yyy", "history": [{"question": "q", "answer": "a"}]},
    ]
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n")
    code, out, _ = cli("ask", "--batch", str(file))
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [line["id"] for line in lines] == ["a", 7]
    assert [line["refused"] for line in lines] == [False, True]
    code, out, _ = cli("search", "--batch", str(file))
    assert code == 0
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["a", 7]


def test_a_bad_question_in_a_batch_does_not_stop_the_others(cli, tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text(
        '{"id": 1, "user_input": " "}\n{"id": 2, "user_input": "harbour bridge cost?"}\n'
    )
    code, out, err = cli("ask", "--batch", str(file))
    first, second = map(json.loads, out.splitlines())
    assert "empty" in first["error"]
    assert second["id"] == 2
    assert code == 1
    assert "error:" in err


@pytest.mark.parametrize(
    "line", ["not json", "[]", '{"question": "q"}', '{"user_input": "q", "history": [1]}']
)
def test_a_bad_line_of_a_batch_is_named(cli, tmp_path, line):
    file = tmp_path / "questions.jsonl"
    file.write_text(line + "\n")
    code, _, err = cli("ask", "--batch", str(file))
    assert code == 1
    assert "Line 1" in err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("ask",), 2, "Give a question"),
        (("ask", "q", "--batch", "-"), 2, "Give a question"),
        (("ask", "q", "--after", "yesterday"), 2, "is not a day"),
        (("search", "q", "--top-k", "0"), 2, "--top-k"),
        (("frobnicate",), 2, "No such command"),
        (("ask", ""), 1, "empty"),
        (("ask", "x" * 10_000), 1, "10,000"),
        (("search", " "), 1, "empty"),
    ],
)
def test_wrong_usage_is_2_and_an_error_is_1(cli, arguments, code, says):
    got, out, err = cli(*arguments)
    assert got == code
    assert says in err
    assert "Traceback" not in err
    assert out == ""


def test_no_index_is_an_error_that_names_the_command(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "rag", "search", "q"],
        env={"RAG_HOME": str(tmp_path), "PATH": "", "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: There is no index in")
    assert "rag ingest" in done.stderr
