"""Questions in a table, as a spreadsheet saves it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import GoldError
from rag.gold import GoldQuestion, load_gold, read_gold


def make(folder, text, name="gold.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def error_of(path):
    with pytest.raises(GoldError) as caught:
        load_gold(path)
    return str(caught.value)


def test_question_and_answer_are_enough(tmp_path):
    path = make(tmp_path, "question,answer\nWho sat?,The cat\nWho ran?,\n")
    assert load_gold(path) == (
        GoldQuestion(
            id="line-2",
            user_input="Who sat?",
            reference="The cat",
            references=("The cat",),
            answerable=True,
        ),
        GoldQuestion(id="line-3", user_input="Who ran?", reference=None, answerable=False),
    )


def test_every_column(tmp_path):
    path = make(
        tmp_path,
        "\ufeffID,User_Input, Reference ,qtype,Context,Source\r\n"
        'q1,"Who, of all,\r\nsat?",The cat,fact,The cat sat.,cats.txt\r\n'
        "\r\n"
        ",Who ran?,,,It ran.,dogs.txt\r\n"
        ",,,,,\r\n",
    )
    first, second = load_gold(path)
    assert first == GoldQuestion(
        id="q1",
        user_input="Who, of all,\r\nsat?",
        reference="The cat",
        references=("The cat",),
        answerable=True,
        qtype="fact",
        reference_contexts=("The cat sat.",),
        reference_context_ids=("cats.txt",),
    )
    # The line where the row begins, counted as an editor does.
    assert second == GoldQuestion(
        id="line-5",
        user_input="Who ran?",
        reference=None,
        answerable=False,
        reference_context_ids=("dogs.txt",),
    )
    assert read_gold(path).lines == {"q1": 2, "line-5": 5}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    path = make(tmp_path, delimiter.join(["question", "answer"]) + f"\na{delimiter}b\n")
    assert load_gold(path)[0].reference == "b"


def test_tabs_by_the_name(tmp_path):
    path = make(tmp_path, "question\tanswer\nWho, or what; sat?\tcat\n", "gold.tsv")
    assert load_gold(path)[0].user_input == "Who, or what; sat?"


def test_without_an_answer_column_nothing_is_said_to_be_unanswerable(tmp_path):
    (question,) = load_gold(make(tmp_path, "question,document\nWho?,a.txt\n"))
    assert question.answerable and question.reference is None
    assert question.reference_context_ids == ("a.txt",)


def test_a_missing_question_column_is_told_with_those_found(tmp_path):
    message = error_of(make(tmp_path, "ask,answer\nWho?,cat\n"))
    assert 'no column "question"' in message
    assert "ask, answer" in message and "Wanted: question and answer" in message


def test_a_column_that_is_not_known_is_told(tmp_path):
    path = make(tmp_path, "question,anwser,Difficulty,\nWho?,cat,3,\n")
    assert [str(problem) for problem in read_gold(path).problems] == [
        'line 1: unknown column "anwser" (closest: "answer").',
        'line 1: unknown column "Difficulty".',
    ]
    (question,) = load_gold(path, skip_bad=True)
    assert question.answerable


def test_two_columns_for_one_thing_are_told(tmp_path):
    path = make(tmp_path, "question,user_input,answer\nFirst?,Second?,cat\n")
    assert 'two columns say "question"' in error_of(path)
    assert load_gold(path, skip_bad=True)[0].user_input == "First?"


def test_rows_that_are_wrong_are_told_by_line(tmp_path):
    path = make(
        tmp_path,
        b"id,question,answer\n"
        b"a,Who?,cat\n"
        b"b,Who?\n"
        b"c,Who?,cat,dog\n"
        b"d,,cat\n"
        b"e,Wh\xff?,cat\n"
        b"a,Who?,cat\n"
        b'f,"Who"?,cat\n'
        b"g,Who?,cat\n"
        b'h,"Who?,cat\n',
    )
    problems = read_gold(path).problems
    assert [problem.line for problem in problems] == [3, 4, 5, 6, 7, 8, 10]
    reasons = [problem.reason for problem in problems]
    assert "it has 2 cells, the first line 3" in reasons[0]
    assert "it has 4 cells" in reasons[1]
    assert "user_input" in reasons[2]
    assert "not UTF-8" in reasons[3]
    assert 'the id "a" occurs twice' in reasons[4]
    assert "quotation marks" in reasons[5] and "quotation marks" in reasons[6]
    assert [question.id for question in load_gold(path, skip_bad=True)] == ["a", "g"]


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"question,answer\n", b"question,answer\n,\n"])
def test_a_table_without_rows_is_an_error(tmp_path, raw):
    assert "holds no questions" in error_of(make(tmp_path, raw))


def test_another_encoding_is_told(tmp_path):
    assert "UTF-8" in error_of(make(tmp_path, "question,answer\nWho?,cat\n".encode("utf-16")))
    path = make(tmp_path, "question,réponse\nWho?,cat\n".encode("latin-1"))
    assert "line 1: it is not UTF-8" in error_of(path)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(
    st.sampled_from([b"", b"question,answer\n", b"id;question;answer\n"]),
    st.binary(max_size=80) | st.text("ab,;\t|\"'\r\n\0 é", max_size=60).map(str.encode),
    st.sampled_from(["gold.csv", "gold.tsv"]),
)
def test_any_bytes_are_questions_or_an_error(tmp_path, header, raw, name):
    try:
        assert load_gold(make(tmp_path, header + raw, name), skip_bad=True)
    except GoldError as error:
        str(error).encode()
