"""The whole way on the shipped documents, with the models that people use."""

import json
from pathlib import Path

import pytest

from rag import Finished, Retrieved, Settings, Turn, ingest_paths, open_pipeline
from rag.paths import shipped
from rag.render import answer_json


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    settings = Settings.load(home=tmp_path_factory.mktemp("home"))
    report = ingest_paths([shipped("seeds")], settings)
    assert len(report.added) == 5
    with open_pipeline(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def texts():
    return {path.name: path.read_bytes().decode() for path in shipped("seeds").iterdir()}


def test_published_dates_of_all_seeds(pipeline):
    found = {
        one.source[:3]: (str(one.published), one.published_from) for one in pipeline.documents()
    }
    assert found == {
        "000": ("2024-03-27", "header"),
        "001": ("None", None),
        "002": ("None", None),
        "003": ("2021-04-11", "byline"),
        "004": ("2025-06-10", "header"),
    }


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who is the spokesman of the Kremlin?", "Peskov"),
        ("how many russian mercenaries did american officials reckon were in the CAR?", "400"),
        ("On which messaging service did the Africa Corps say it will stay in Mali?", "Telegram"),
        ("In which port did the ships with weapons dock?", "Conakry"),
        (
            "In which month and year were dozens of Wagner mercenaries killed in northern Mali?",
            "July 2024",
        ),
    ],
)
def test_plain_questions_are_answered_with_exact_quotes(pipeline, texts, question, expected):
    answer = pipeline.ask(question)
    assert not answer.refused, answer
    assert expected in answer.text
    assert answer.citations
    for citation in answer_json(answer)["citations"]:
        assert texts[citation["source"]][citation["start"] : citation["end"]] == citation["quote"]


@pytest.mark.parametrize(
    "question",
    [
        "How do I reset my Gmail password?",
        "What is the population of Mali?",
        "What share of the vote did Putin get?",
    ],
)
def test_what_no_source_says_is_refused(pipeline, question):
    answer = pipeline.ask(question)
    assert answer.refused
    assert answer.missing
    assert not answer.citations


@pytest.mark.parametrize(
    "question",
    ["Wer ist der Sprecher des Kremls?", "Кто пресс-секретарь Кремля?", "谁是克里姆林宫发言人？"],
)
def test_a_question_in_another_language_is_answered_from_the_sources_or_refused(
    pipeline, texts, question
):
    answer = pipeline.ask(question)
    assert answer.refused or "Peskov" in answer.text
    for citation in answer_json(answer)["citations"]:
        assert texts[citation["source"]][citation["start"] : citation["end"]] == citation["quote"]


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        (
            "Die Hafenbrücke ist nach elf Monaten Reparatur wieder geöffnet worden. "
            "Die Arbeiten kosteten 4,2 Millionen Euro.",
            "Wie viel kosteten die Arbeiten an der Hafenbrücke?",
            ("kosteten", "4,2 Millionen Euro"),
        ),
        (
            "El mercado central abrió de nuevo el jueves tras dos años de obras. "
            "La reforma costó 18 millones de euros y dio trabajo a 240 personas.",
            "¿Cuánto costó la reforma del mercado central?",
            ("costó", "18 millones de euros"),
        ),
    ],
    ids=["german", "spanish"],
)
def test_the_answer_is_in_the_language_of_question_and_documents(
    pipeline, tmp_path, text, question, expected
):
    (tmp_path / "text.txt").write_text(text, "utf-8")
    settings = Settings.load(home=tmp_path / "home")
    ingest_paths([tmp_path / "text.txt"], settings)
    with open_pipeline(settings, model=pipeline.model) as other:
        answer = other.ask(question)
    assert all(words in answer.text for words in expected), answer
    assert answer.citations


def test_a_follow_up_finds_what_it_points_at(pipeline):
    history = [Turn(question="Who is the spokesman of the Kremlin?", answer="Dmitry Peskov.")]
    answer = pipeline.ask("Which country did he speak of most?", history)
    assert "Peskov" in answer.standalone_question


def test_quotes_come_before_words_and_the_answer_last(pipeline):
    events = list(pipeline.stream("Who is the spokesman of the Kremlin?"))
    assert isinstance(events[0], Retrieved)
    assert events[0].quotes
    assert isinstance(events[-1], Finished)


def test_the_same_question_gives_the_same_answer(pipeline):
    question = "Who is the spokesman of the Kremlin?"

    def timeless() -> str:
        found = answer_json(pipeline.ask(question))
        del found["timings"]
        return json.dumps(found)

    assert timeless() == timeless()


def test_the_seeds_folder_holds_documents_only():
    assert {path.suffix for path in Path(shipped("seeds")).iterdir()} == {".txt"}
