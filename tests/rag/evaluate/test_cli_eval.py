"""`rag eval` through the real command line."""

import json
import re
import shutil

import pytest

from rag.evaluate.answering import each


def figures(folder):
    return json.loads((folder / "figures.json").read_text())["figures"]


def test_a_run_prints_figures_and_leaves_a_folder(cli, gold, tmp_path):
    code, out, _ = cli("eval", gold, "--out", tmp_path / "run")
    assert code == 0
    assert re.search(r"\b66\.7\s%", out)
    assert f"Every answer: {tmp_path / 'run' / 'report.html'}" in out
    assert {path.name for path in (tmp_path / "run").iterdir()} >= {
        "gold.jsonl", "run.json", "answers.jsonl", "figures.json", "report.html", "report.md",
    }  # fmt: skip
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert facts["mode"] == "answers"
    assert facts["corpus"]["documents"] == 2
    assert facts["settings"]["top_k"] == 8
    assert facts["versions"].keys() >= {"seedbound", "python", "chromadb", "llama-cpp-python"}
    assert facts["started"] <= facts["finished"]
    rows = [
        json.loads(line) for line in (tmp_path / "run" / "answers.jsonl").read_text().splitlines()
    ]
    assert [row["outcome"] for row in rows] == ["right", "right", "wrong", "refused"]
    assert rows[0]["record"]["citations"][0]["quote"]


def test_by_default_the_run_lies_in_the_data_folder(cli, gold, home):
    _, out, _ = cli("eval", gold)
    (report,) = home.glob("reports/*-gold/report.html")
    assert str(report) in out


def test_json_is_one_object(cli, gold, tmp_path):
    code, out, _ = cli("eval", gold, "--out", tmp_path / "run", "--json")
    assert code == 0
    shown = json.loads(out)
    assert shown["run"] == str(tmp_path / "run")
    assert shown["outcomes"] == {"right": 2, "wrong": 1, "refused": 1}
    assert shown["figures"]["contains_reference"]["count"] == 3
    assert shown["by_qtype"]["unanswerable"]["hallucination_rate"]["value"] == 0


def test_retrieval_alone_loads_no_language_model(cli, gold, tmp_path):
    code, _, _ = cli("eval", gold, "--retrieval-only", "--out", tmp_path / "run")
    assert code == 0
    assert not cli.model.prompts
    assert figures(tmp_path / "run")["hit_rate@1"]["value"] == 1
    assert figures(tmp_path / "run")["miss_rate"]["value"] is None


def test_closed_book_asks_the_model_alone(cli, gold, tmp_path, monkeypatch):
    class Closing:
        close = staticmethod(lambda: None)

        def __getattr__(self, name):
            return getattr(cli.model, name)

    monkeypatch.setattr("rag.cli.evaluate.open_chat_model", lambda settings: Closing())
    monkeypatch.setattr(cli.model, "stream", lambda messages, **_: iter(["4.2 million."]))
    code, _, _ = cli("eval", gold, "--closed-book", "--out", tmp_path / "run")
    assert code == 0
    assert figures(tmp_path / "run")["contains_reference"]["value"] == pytest.approx(1 / 3)
    assert figures(tmp_path / "run")["recall@5"]["value"] is None


def test_other_documents_get_an_index_of_their_own(cli, gold, tmp_path, home):
    folder = tmp_path / "others"
    folder.mkdir()
    shutil.copy(tmp_path / "docs" / "ships.txt", folder)
    code, _, err = cli("eval", gold, "--docs", folder)
    assert code == 1
    assert 'no indexed document is called "bridge.txt"' in err
    shutil.copy(tmp_path / "docs" / "bridge.txt", folder)
    assert cli("eval", gold, "--docs", folder, "--out", tmp_path / "run")[0] == 0
    assert len(list(home.glob("evaluations/*/index"))) == 1
    assert cli("list")[1].count("bridge.txt") == 1


def test_another_data_folder_can_be_asked(cli, gold, tmp_path, home, monkeypatch):
    moved = home.rename(tmp_path / "moved")
    assert cli("eval", gold)[0] == 1
    assert cli("eval", gold, "--index", moved, "--out", tmp_path / "one")[0] == 0
    assert cli("eval", gold, "--index", moved / "index", "--out", tmp_path / "two")[0] == 0


def test_a_beir_folder_brings_its_documents(cli, tmp_path, home):
    beir = tmp_path / "beir"
    (beir / "qrels").mkdir(parents=True)
    (beir / "corpus.jsonl").write_text(
        '{"_id": "d/1", "title": "Bridge", "text": "The harbour bridge cost 4.2 million euros."}\n'
        '{"_id": "d2", "title": "", "text": "Ships from Norway dock on Tuesday."}\n'
    )
    (beir / "queries.jsonl").write_text('{"_id": "q1", "text": "cost of the harbour bridge"}\n')
    (beir / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td/1\t1\n")
    code, _, err = cli("eval", beir, "--retrieval-only", "--out", tmp_path / "run")
    assert code == 0, err
    assert figures(tmp_path / "run")["ndcg@10"]["value"] == 1


def test_nothing_runs_until_the_gold_file_is_right(cli, gold, tmp_path):
    lines = gold.read_text().splitlines()
    lines[1] = lines[1].replace("every Tuesday", "each Tuesday")
    lines[2] = lines[2].replace('"qtype"', '"kwtype"')
    gold.write_text("\n".join(lines))
    code, _, err = cli("eval", gold, "--out", tmp_path / "run")
    assert code == 1
    assert "line 3" in err
    assert 'unknown field "kwtype"' in err
    lines[2] = lines[2].replace('"kwtype"', '"qtype"')
    gold.write_text("\n".join(lines))
    code, _, err = cli("eval", gold, "--out", tmp_path / "run")
    assert code == 1
    assert "line 2" in err
    assert "occurs in no indexed document" in err
    assert not cli.model.prompts
    assert not (tmp_path / "run").exists()
    assert cli("eval", gold, "--out", tmp_path / "run", "--skip-bad")[0] == 0


def test_drafts_are_left_out_and_counted(cli, gold, tmp_path):
    lines = gold.read_text().splitlines()
    lines[0] = lines[0].replace('"answerable"', '"reviewed": false, "answerable"')
    gold.write_text("\n".join(lines))
    code, out, err = cli("eval", gold, "--out", tmp_path / "run", "--json")
    assert code == 0
    assert json.loads(out)["questions"] == 3
    assert "1 unreviewed draft" in err
    assert "rag gold review" in err


def test_a_sample_is_the_same_each_time_and_other_for_another_seed(cli, gold, tmp_path):
    def asked(name, *options):
        cli("eval", gold, "--out", tmp_path / name, *options)
        return [
            json.loads(line)["id"]
            for line in (tmp_path / name / "gold.jsonl").read_text().splitlines()
        ]

    first = asked("a", "--sample", 2)
    assert len(first) == 2
    assert asked("b", "--sample", 2) == first
    others = [asked(f"s{seed}", "--sample", 2, "--seed", seed) for seed in range(1, 6)]
    assert any(other != first for other in others)
    assert len(asked("all", "--sample", 99)) == 4


def test_what_is_interrupted_goes_on_where_it_was(cli, gold, tmp_path, monkeypatch):
    def two_and_then(ask, questions, *, workers):
        results = each(ask, questions, workers=workers)
        yield next(results)
        yield next(results)
        raise KeyboardInterrupt

    monkeypatch.setattr("rag.cli.evaluate.each", two_and_then)
    run = tmp_path / "a run"
    code, _, err = cli("eval", gold, "--out", run)
    assert code == 130
    assert "2 of 4 questions are done" in err
    assert f"--resume --out '{run}'" in err
    assert len((run / "answers.jsonl").read_text().splitlines()) == 2


def test_resume_asks_only_what_is_left(cli, gold, tmp_path):
    run = tmp_path / "run"
    cli("eval", gold, "--out", run)
    whole = (run / "answers.jsonl").read_text().splitlines(keepends=True)
    (run / "answers.jsonl").write_text("".join(whole[:2]) + whole[2][:30])
    before = len(cli.model.prompts)
    code, out, _ = cli("eval", gold, "--out", run, "--resume", "--json")
    assert code == 0
    assert json.loads(out)["outcomes"] == {"right": 2, "wrong": 1, "refused": 1}
    assert len(cli.model.prompts) - before == 2
    rows = [json.loads(line)["id"] for line in (run / "answers.jsonl").read_text().splitlines()]
    assert rows == ["cost", "dock", "wrong", "none"]


def test_resume_without_a_folder_takes_the_latest(cli, gold, home):
    code, _, err = cli("eval", gold, "--resume")
    assert code == 1
    assert "no run" in err
    cli("eval", gold)
    before = len(cli.model.prompts)
    assert cli("eval", gold, "--resume")[0] == 0
    assert len(cli.model.prompts) == before


def test_a_run_is_not_gone_on_with_under_other_settings(cli, gold, tmp_path, monkeypatch):
    cli("eval", gold, "--out", tmp_path / "run")
    monkeypatch.setenv("RAG_REFUSE_BELOW", "0.9")
    code, _, err = cli("eval", gold, "--out", tmp_path / "run", "--resume")
    assert code == 1
    assert "settings.refuse_below was 0.5, now 0.9" in err


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("contains_reference=0.6", 0),
        ("contains_reference=0.7", 1),
        ("hallucination_rate=0", 0),
        ("miss_rate=-1", 1),
        ("rouge_l=0.1", 1),
    ],
)
def test_a_gate(cli, gold, tmp_path, limit, code):
    got, _, err = cli("eval", gold, "--out", tmp_path / "run", "--fail-under", limit)
    assert got == code
    assert (limit.partition("=")[0] in err) == bool(code)
    assert (tmp_path / "run" / "report.html").exists()


@pytest.mark.parametrize("limit", ["contains_reference", "accuracy=0.5", "miss_rate=x"])
def test_a_gate_that_means_nothing_is_wrong_usage(cli, gold, limit):
    code, _, err = cli("eval", gold, "--fail-under", limit)
    assert code == 2
    assert "miss_rate" in err or "wanted is" in err
    assert not cli.model.prompts


def test_two_runs_side_by_side(cli, gold, tmp_path, monkeypatch):
    cli("eval", gold, "--out", tmp_path / "old")
    code, out, _ = cli(
        "eval", gold, "--out", tmp_path / "same", "--compare", tmp_path / "old", "--fail-worse"
    )
    assert code == 0
    monkeypatch.setenv("RAG_REFUSE_BELOW", "1")
    code, out, _err = cli(
        "eval", gold, "--out", tmp_path / "new", "--compare", tmp_path / "old", "--json"
    )
    assert code == 0
    comparison = json.loads(out)["comparison"]
    flips = {flip["id"]: (flip["was"], flip["is"]) for flip in comparison["flips"]}
    assert flips == {"cost": ("right", "missed"), "dock": ("right", "missed")}
    assert comparison["differences"]["miss_rate"]["difference"] > 0


def test_a_run_that_is_worse_beyond_chance_fails(cli, gold, tmp_path, monkeypatch):
    lines = [json.loads(line) for line in gold.read_text().splitlines()]
    gold.write_text("".join(json.dumps({**lines[1], "id": str(n)}) + "\n" for n in range(12)))
    cli("eval", gold, "--out", tmp_path / "old")
    monkeypatch.setenv("RAG_REFUSE_BELOW", "1")
    code, out, err = cli(
        "eval", gold, "--out", tmp_path / "new", "--compare", tmp_path / "old", "--fail-worse"
    )
    assert code == 1
    assert "contains_reference got worse" in err
    assert "worse: Contains the reference 100" in out
    assert "worse: 0 right -> missed: When do the ships" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("--retrieval-only", "--closed-book"),
        ("--index", "x", "--docs", "y"),
        ("--fail-worse",),
        ("--sample", "0"),
        ("--workers", "0"),
    ],
)
def test_wrong_usage(cli, gold, arguments):
    assert cli("eval", gold, *arguments)[0] == 2


@pytest.mark.parametrize("name", ["nothing.jsonl", "docs"])
def test_what_is_no_gold_file_is_an_error(cli, tmp_path, docs, name):
    code, _, err = cli("eval", tmp_path / name)
    assert code == 1
    assert err.startswith("error: ")


def test_questions_that_fail_make_the_command_fail_and_are_tried_again(
    cli, gold, tmp_path, monkeypatch
):
    monkeypatch.setenv("RAG_MAX_QUESTION_CHARS", "40")
    code, _, err = cli("eval", gold, "--out", tmp_path / "run")
    assert code == 1
    assert "2 questions could not be asked" in err
    before = len(cli.model.prompts)
    assert cli("eval", gold, "--out", tmp_path / "run", "--resume")[0] == 1
    assert len(cli.model.prompts) == before
    outcomes = json.loads((tmp_path / "run" / "figures.json").read_text())["outcomes"]
    assert outcomes == {"failed": 2, "wrong": 1, "refused": 1}


def test_several_workers_come_to_the_same(cli, gold, tmp_path):
    cli("eval", gold, "--out", tmp_path / "one")
    cli("eval", gold, "--out", tmp_path / "three", "--workers", 3)
    for name, one in figures(tmp_path / "one").items():
        if not name.endswith(("_s", "_p95")):
            assert figures(tmp_path / "three")[name] == one
