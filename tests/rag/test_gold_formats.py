"""Questions in other people's formats: BEIR folders and SQuAD."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import GoldError
from rag.gold import GoldQuestion, load_gold, read_gold

HEADER = "query-id\tcorpus-id\tscore\n"


def beir(folder, queries, qrels, name="qrels/test.tsv"):
    lines = [one if isinstance(one, str) else json.dumps(one) for one in queries]
    (folder / "queries.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(qrels, "utf-8")
    return folder


def error_of(path):
    with pytest.raises(GoldError) as caught:
        load_gold(path)
    return str(caught.value)


def query(name, text="What?"):
    return {"_id": name, "text": text, "metadata": {}}


def answers(*texts):
    return [{"text": text, "answer_start": 0} for text in texts]


def squad(folder, *qas, context="The cat sat."):
    whole = {
        "version": "v2.0",
        "data": [{"title": "Cats", "paragraphs": [{"context": context, "qas": qas}]}],
    }
    path = folder / "dev.json"
    path.write_text(json.dumps(whole), "utf-8")
    return path


def asked(name="q1", question="Who sat?", **fields):
    return {"id": name, "question": question, **fields}


# BEIR


@pytest.mark.parametrize("header", [HEADER, ""])
def test_a_query_with_relevant_texts_is_a_question(tmp_path, header):
    queries = [query("1", "Why is it?"), query("2"), query("3")]
    beir(tmp_path, queries, f"{header}1\td/1\t1\n1\td2\t2\n1\td3\t0\n2\td4\t0\n2\td5\t-1\n")
    assert load_gold(tmp_path) == (
        GoldQuestion(
            id="1",
            user_input="Why is it?",
            reference=None,
            answerable=True,
            reference_context_ids=("d%2F1.txt", "d2.txt"),
        ),
    )
    assert read_gold(tmp_path).lines == {"1": 1}


def test_the_test_qrels_go_before_the_others(tmp_path):
    names = ["qrels.tsv", "qrels/train.tsv", "qrels/dev.tsv", "qrels/test.tsv"]
    for number, name in enumerate(names):
        beir(tmp_path, [query("1")], f"1\td{number}\t1\n", name)
        assert load_gold(tmp_path)[0].reference_context_ids == (f"d{number}.txt",)


def test_what_is_wrong_in_a_beir_folder_is_told_by_file_and_line(tmp_path):
    queries = [query("1"), "{", {"_id": 5, "text": "x"}, query("6", 7), query("1")]
    beir(
        tmp_path,
        queries,
        f"{HEADER}1\td1\t1\n1\td2\n1\td3\tvery\n\td4\t1\n9\td5\t1\n6\td6\t1\n1\td7\tnan\n",
    )
    problems = read_gold(tmp_path).problems
    assert [problem.where for problem in problems] == [
        "qrels/test.tsv, line 3",
        "qrels/test.tsv, line 4",
        "qrels/test.tsv, line 5",
        "qrels/test.tsv, line 8",
        "queries.jsonl, line 2",
        "queries.jsonl, line 3",
        "queries.jsonl, line 4",
        "queries.jsonl, line 5",
        "qrels/test.tsv, line 6",
    ]
    reasons = [problem.reason for problem in problems]
    assert all("query-id, corpus-id, score" in reason for reason in reasons[:4])
    assert "user_input" in reasons[6]
    assert "occurs twice" in reasons[7]
    assert "the query 9 is not in queries.jsonl" in reasons[8]
    assert [question.id for question in load_gold(tmp_path, skip_bad=True)] == ["1"]


def test_queries_without_qrels_are_an_error(tmp_path):
    (tmp_path / "queries.jsonl").write_text(json.dumps(query("1")))
    assert "qrels" in error_of(tmp_path) and "test.tsv" in error_of(tmp_path)


def test_qrels_that_name_nothing_relevant_are_an_error(tmp_path):
    assert "holds no questions" in error_of(beir(tmp_path, [query("1")], HEADER))


def test_gold_lines_beside_a_corpus_name_its_texts(tmp_path):
    gold = {
        "id": "a",
        "user_input": "Where?",
        "reference": None,
        "answerable": True,
        "reference_context_ids": ["d 1", ".x"],
    }
    (tmp_path / "gold.jsonl").write_text(json.dumps(gold))
    assert load_gold(tmp_path)[0].reference_context_ids == ("d%201.txt", "%2Ex.txt")
    # The file itself names files, as any gold file.
    assert load_gold(tmp_path / "gold.jsonl")[0].reference_context_ids == ("d 1", ".x")


@pytest.mark.parametrize("ids", [None, "d1", [1], {"d1": 1}])
def test_corpus_ids_of_a_wrong_type_are_told(tmp_path, ids):
    gold = {"id": "a", "user_input": "?", "reference": None, "answerable": True}
    (tmp_path / "gold.jsonl").write_text(json.dumps({**gold, "reference_context_ids": ids}))
    assert "line 1: reference_context_ids" in error_of(tmp_path)


# SQuAD


def test_squad_questions_with_and_without_an_answer(tmp_path):
    path = squad(
        tmp_path,
        asked(answers=answers("the cat", "cat", "the cat"), is_impossible=False),
        asked("q2", "Who ran?", answers=[], plausible_answers=answers("cat"), is_impossible=True),
        asked("q3", answers=answers("cat")),
    )
    first, second, third = load_gold(path)
    assert first == GoldQuestion(
        id="q1",
        user_input="Who sat?",
        reference="the cat",
        references=("the cat", "cat"),
        answerable=True,
        reference_contexts=("The cat sat.",),
        qtype="extractive",
    )
    assert second == GoldQuestion(
        id="q2", user_input="Who ran?", reference=None, answerable=False, qtype="unanswerable"
    )
    assert third.answerable


def test_what_is_wrong_in_squad_is_told_by_question(tmp_path):
    path = squad(
        tmp_path,
        asked("q1", answers=answers("cat")),
        asked("q1", answers=answers("cat")),
        asked("q2", answers=[]),
        asked("q3", answers=[{"text": 1}]),
        asked("q4", answers="cat"),
        asked("q5", None, answers=answers("cat")),
        asked("q6", answers=answers("cat"), is_impossible=True),
        asked("q7", answers=answers("cat"), is_impossible="no"),
        asked(None),
        3,
    )
    problems = read_gold(path).problems
    told = [str(problem) for problem in problems]
    assert told[0].startswith('question q1: the id "q1" occurs twice')
    assert told[1].startswith("question q2: it has no answers")
    assert told[2].startswith('question q3: "answers"')
    assert told[3].startswith('question q4: "answers"')
    assert told[4].startswith("question q5: user_input")
    assert told[5].startswith("question q6: it has a reference though")
    assert told[6].startswith('question q7: "is_impossible"')
    assert told[7] == told[8] == 'article 1, paragraph 1: a question has no "id" that is a text.'
    kept = load_gold(path, skip_bad=True)
    assert [(one.id, one.answerable, one.reference) for one in kept] == [
        ("q1", True, "cat"),
        ("q6", False, None),
    ]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ([3], 'article 1: there is no list "paragraphs"'),
        ([{"paragraphs": {}}], 'article 1: there is no list "paragraphs"'),
        ([{"paragraphs": [3]}], 'article 1, paragraph 1: "context"'),
        ([{"paragraphs": [{"context": "x"}]}], 'article 1, paragraph 1: there is no list "qas"'),
        ([], "holds no questions"),
    ],
)
def test_squad_of_a_wrong_shape_is_told(tmp_path, data, told):
    path = tmp_path / "dev.json"
    path.write_text(json.dumps({"data": data}))
    assert told in error_of(path)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b'{"data": [\n{"par', "line 2"),
        (b"", "not JSON"),
        (b'{\n"data": "\xff"}', "line 2 is not UTF-8"),
        (b"[1]", "not SQuAD"),
        (b'"x"', "no JSON object"),
        (b'{"data": 3}', "not SQuAD"),
        (b"[" * 100_000, "not JSON"),
        (b"1" * 5000, "not JSON"),
    ],
)
def test_json_that_is_not_squad_is_told(tmp_path, raw, told):
    path = tmp_path / "dev.json"
    path.write_bytes(raw)
    assert told in error_of(path)


# what it is


def test_what_is_no_file_of_questions_is_told(tmp_path):
    assert "no file" in error_of(tmp_path / "none.jsonl")
    assert "no file" in error_of(tmp_path / "none")
    assert "queries.jsonl" in error_of(tmp_path)
    (tmp_path / "notes.md").write_text("x")
    assert "gold lines (.jsonl), a BEIR folder" in error_of(tmp_path / "notes.md")
    assert "cannot be opened" in error_of("a\0b.jsonl")
    assert "cannot be opened" in error_of("x" * 5000 + ".jsonl")


def test_a_suffix_in_capitals_counts(tmp_path):
    path = squad(tmp_path, asked(answers=answers("cat")))
    assert len(load_gold(path.rename(tmp_path / "DEV.JSON"))) == 1


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "data paragraphs context qas id question answers text is_impossible".split()
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None
)
@given(
    st.binary(max_size=60)
    | values.map(lambda value: json.dumps({"data": [{"paragraphs": [value]}]}).encode())
    | values.map(lambda value: json.dumps({"data": value}).encode())
    | values.map(
        lambda value: json.dumps(
            {"data": [{"paragraphs": [{"context": "x", "qas": [value]}]}]}
        ).encode()
    )
)
def test_any_json_is_questions_or_an_error(tmp_path, raw):
    path = tmp_path / "dev.json"
    path.write_bytes(raw)
    try:
        assert load_gold(path, skip_bad=True)
    except GoldError as error:
        str(error).encode()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(
    st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=60),
)
def test_any_bytes_in_a_beir_folder_are_questions_or_an_error(tmp_path, queries, qrels):
    (tmp_path / "queries.jsonl").write_bytes(b'{"_id": "1", "text": "x"}\n' + queries)
    (tmp_path / "qrels.tsv").write_bytes(b"1\td1\t1\n" + qrels)
    try:
        assert load_gold(tmp_path, skip_bad=True)
    except GoldError as error:
        str(error).encode()
