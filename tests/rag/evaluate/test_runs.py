"""A run on disk: nothing that was answered is lost, nothing is mixed with what was asked otherwise."""

import json

import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from rag import GoldQuestion, RagError
from rag.evaluate.facts import collect_facts, differences
from rag.evaluate.results import QuestionResult
from rag.evaluate.runs import RunFolder

QUESTIONS = tuple(
    GoldQuestion(id=f"q{n}", user_input=f"{n}?", reference="x", answerable=True) for n in range(4)
)


@pytest.fixture
def facts(settings, monkeypatch, tmp_path):
    monkeypatch.setattr("rag.evaluate.facts._models", lambda mode, settings: {})
    return collect_facts("answers", settings, QUESTIONS, (), gold=tmp_path / "gold.jsonl")


@pytest.fixture
def run(facts, tmp_path):
    return RunFolder.begin(tmp_path / "run", facts, QUESTIONS)


def result(question, outcome="right"):
    record = {"question": question.user_input, "answer": "é\u2028\ud800 x", "citations": []}
    return QuestionResult(
        gold=question, record=record, scores={"total_s": 1.5}, outcome=outcome, confidence=0.5, risk=0.0
    )  # fmt: skip


def test_what_was_kept_is_read_back_in_the_order_of_the_gold_file(run):
    with run.writing():
        for question in reversed(QUESTIONS):
            run.append(result(question))
    found = run.results()
    assert [one.gold for one in found] == list(QUESTIONS)
    assert found[0].scores == {"total_s": 1.5}
    assert (found[0].confidence, found[0].risk, found[0].outcome) == (0.5, 0.0, "right")
    assert found[0].record["answer"].startswith("é\u2028")


@hypothesis_settings(deadline=None, max_examples=30)
@given(cut=st.integers(1, 400))
def test_a_line_that_was_cut_off_anywhere_costs_that_line_alone(cut, tmp_path_factory):
    run = RunFolder(tmp_path_factory.mktemp("run"))
    facts: dict[str, object] = {
        name: {} for name in ("gold", "corpus", "models", "settings", "versions")
    }
    RunFolder.begin(run.path, facts, QUESTIONS)
    for question in QUESTIONS[:2]:
        run.append(result(question))
    file = run.path / "answers.jsonl"
    whole = file.read_bytes()
    lines = whole.splitlines(keepends=True)
    file.write_bytes(lines[0] + lines[1][: min(cut, len(lines[1]) - 1)])
    assert [one.gold.id for one in run.results()] == ["q0"]
    with run.writing():
        run.append(result(QUESTIONS[1]))
    assert file.read_bytes() == whole


def test_of_a_question_that_failed_the_last_attempt_counts(run):
    run.append(result(QUESTIONS[0], "failed"))
    run.append(result(QUESTIONS[0]))
    assert [one.outcome for one in run.results()] == ["right"]


def test_a_damaged_line_is_named(run):
    run.append(result(QUESTIONS[0]))
    with (run.path / "answers.jsonl").open("ab") as file:
        file.write(b"{broken\n")
    with pytest.raises(RagError, match=r"answers.jsonl, line 2 is damaged.*--resume"):
        run.results()


def test_a_folder_with_a_run_or_anything_else_is_not_written_to(run, facts, tmp_path):
    with pytest.raises(RagError, match=r"holds a run already.*--resume"):
        RunFolder.begin(run.path, facts, QUESTIONS)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(RagError, match="not empty"):
        RunFolder.begin(tmp_path / "mine", facts, QUESTIONS)
    (tmp_path / "file").write_text("")
    with pytest.raises(RagError, match="cannot be written to"):
        RunFolder.begin(tmp_path / "file", facts, QUESTIONS)


def test_a_run_that_was_killed_before_it_began_can_be_begun_again(facts, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "gold.jsonl").write_text("")
    (folder / ".gold.jsonl.123.part").write_text("x")
    RunFolder.begin(folder, facts, QUESTIONS)


def test_no_run_to_go_on_with(tmp_path, facts):
    with pytest.raises(RagError, match=r"no run\.json"):
        RunFolder.resume(tmp_path, facts)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(RagError, match="cannot be read"):
        RunFolder.resume(tmp_path, facts)
    (tmp_path / "run.json").write_text('{"format": 99}')
    with pytest.raises(RagError, match="another version"):
        RunFolder.resume(tmp_path, facts)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mode": "retrieval"}, "mode was answers, now retrieval"),
        ({"prompts": "0" * 64}, "prompts was"),
        ({"corpus": {"documents": 7, "sha256": "x"}}, "corpus.documents was 0, now 7"),
        ({"models": {"chat": {"name": "other", "sha256": "y"}}}, "models.chat was None, now"),
    ],
)
def test_a_run_is_not_gone_on_with_under_other_circumstances(run, facts, changed, said):
    with pytest.raises(RagError, match=said):
        RunFolder.resume(run.path, {**facts, **changed})


def test_other_questions_or_settings_are_other_circumstances(run, facts, settings, tmp_path):
    gold = tmp_path / "gold.jsonl"
    fewer = collect_facts("answers", settings, QUESTIONS[1:], (), gold=gold)
    assert any("gold.sha256" in one for one in differences(facts, fewer))
    stricter = settings.model_copy(update={"refuse_below": 0.9})
    other = collect_facts("answers", stricter, QUESTIONS, (), gold=gold)
    assert differences(facts, other) == ["settings.refuse_below was 0.5, now 0.9"]


def test_where_things_lie_and_how_many_threads_there_are_does_not_matter(facts, settings, tmp_path):
    moved = settings.model_copy(update={"home": tmp_path / "elsewhere", "threads": 7})
    other = collect_facts("answers", moved, QUESTIONS, (), gold=tmp_path / "renamed.jsonl")
    assert differences(facts, other) == []


def test_two_processes_do_not_write_one_run(run):
    with (
        FileLock(run.path / "run.lock"),
        pytest.raises(RagError, match="Another process"),
        RunFolder(run.path).writing(),
    ):
        pass


def test_a_finished_run_has_figures_and_reports(run):
    for question in QUESTIONS:
        run.append(result(question))
    run.finish(run.report())
    figures = json.loads((run.path / "figures.json").read_text())
    assert figures["questions"] == 4
    assert figures["outcomes"] == {"right": 4}
    assert figures["figures"]["recall@5"] == {"value": None, "low": None, "high": None, "count": 0}
    assert figures["comparison"] is None
    assert run.facts()["finished"]
    for name in ("report.html", "report.md"):
        assert (run.path / name).stat().st_size > 500
