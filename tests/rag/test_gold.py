"""Gold lines: what is read, what is wrong and where, what is skipped, what is written back."""

import json
import logging
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag.errors import GoldError, RagError
from rag.gold import GoldQuestion, GoldTurn, load_gold, read_gold, write_gold

GOOD: dict[str, Any] = {"id": "a", "user_input": "Where?", "reference": "Here.", "answerable": True}


def line(**fields):
    return json.dumps({**GOOD, **fields}, ensure_ascii=False)


def make(folder, *lines, name="gold.jsonl"):
    path = folder / name
    raw = [one if isinstance(one, bytes) else one.encode() for one in lines]
    path.write_bytes(b"\n".join(raw) + b"\n")
    return path


def error_of(path, **options):
    with pytest.raises(GoldError) as caught:
        load_gold(path, **options)
    return str(caught.value)


def test_a_line_is_read_with_all_its_fields(tmp_path):
    path = make(
        tmp_path,
        line(
            history=[{"question": "Who?", "answer": "She."}, {"question": "Why?"}],
            references=["here", "there"],
            reference_context_ids=["a.txt"],
            reference_contexts=["It is\nhere."],
            qtype="fact",
            as_of="2024-03-27",
        ),
    )
    (question,) = load_gold(path)
    assert question == GoldQuestion(
        id="a",
        user_input="Where?",
        history=(GoldTurn(question="Who?", answer="She."), GoldTurn(question="Why?")),
        reference="Here.",
        references=("here", "there"),
        answerable=True,
        reference_context_ids=("a.txt",),
        reference_contexts=("It is\nhere.",),
        qtype="fact",
        as_of=date(2024, 3, 27),
    )
    assert question.reviewed
    assert [(turn.question, turn.answer) for turn in question.turns] == [
        ("Who?", "She."),
        ("Why?", ""),
    ]


def test_byte_order_mark_blank_lines_and_crlf_are_passed_over(tmp_path):
    path = make(tmp_path, b"\xef\xbb\xbf" + line().encode() + b"\r", b"", b"  \r", line(id="b"))
    assert [question.id for question in load_gold(path)] == ["a", "b"]
    assert read_gold(path).lines == {"a": 1, "b": 4}


def test_a_line_separator_inside_a_text_ends_no_line(tmp_path):
    path = make(tmp_path, line(user_input="One\u2028two\x85three?"))
    assert load_gold(path)[0].user_input == "One\u2028two\x85three?"


def test_answers_are_compared_as_squad_does():
    question = GoldQuestion(**{**GOOD, "references": ("The U.S. army",)})
    assert question.is_answered_by("It was, of course, the u.s. Army!")
    assert not question.is_answered_by("It was the u.s. armyman")


def test_every_problem_is_told_with_its_line(tmp_path):
    path = make(
        tmp_path,
        line(),
        line(id="b", anwserable=True),
        "{",
        line(id=None),
        line(id="a"),
        "[1]",
        '"text"',
        b'{"id": "\xff"}',
        line(id="c", answerable=None),
        line(id="d", references="here"),
        line(id="e", user_input=" "),
        line(id="f", answerable=False),
        line(id="g", reference=None, references=["x"], answerable=False),
        '{"id": "h"}',
        line(id=""),
        "[" * 100_000,
        line(id="i", history=[{"question": "Who?", "anser": "She."}]),
    )
    found = {problem.line: problem.reason for problem in read_gold(path).problems}
    assert set(found) == set(range(2, 18))
    assert found[2] == 'unknown field "anwserable" (closest: "answerable")'
    assert "not JSON" in found[3] and "column 2" in found[3]
    assert "id:" in found[4]
    assert '"a" occurs twice (first in line 1)' in found[5]
    assert "no JSON object" in found[6]
    assert "no JSON object" in found[7]
    assert "not UTF-8" in found[8]
    assert found[9].startswith("answerable:")
    assert found[10].startswith("references:")
    assert "user_input is empty" in found[11]
    assert "it has a reference though answerable is false" in found[12]
    assert "it has a reference though answerable is false" in found[13]
    assert "user_input: Field required" in found[14] and "answerable: Field required" in found[14]
    assert found[15].startswith("id:")
    assert "nested too deeply" in found[16] or "not JSON" in found[16]
    assert found[17] == 'unknown field "anser" (closest: "answer")'
    message = error_of(path)
    assert message.startswith(f"{path} has 16 problems.") and "--skip-bad" in message
    assert all(f"\n  line {number}: " in message for number in range(2, 18))


def test_one_problem_is_told_in_one_line(tmp_path):
    path = make(tmp_path, line(), line(id="b", answerable="perhaps"))
    message = error_of(path)
    assert message.startswith(f"{path}, line 2: answerable: ")
    assert "\n" not in message


def test_more_than_twenty_problems_are_counted(tmp_path):
    path = make(tmp_path, *["{}"] * 25)
    shown = error_of(path).splitlines()
    assert shown[0].startswith(f"{path} has 25 problems.")
    assert [one.split(":")[0] for one in shown[1:21]] == [f"  line {n}" for n in range(1, 21)]
    assert shown[21:] == ["  and 5 more"]


def test_an_error_is_in_the_tree():
    assert issubclass(GoldError, RagError)


def test_control_characters_of_a_file_do_not_reach_the_terminal(tmp_path):
    path = make(tmp_path, json.dumps({**GOOD, "\x1b[31m": 1, "x" * 100_000: 2}))
    message = error_of(path)
    assert "unknown field" in message and "\x1b" not in message
    assert len(message) < 2000


@pytest.mark.parametrize(
    "fields",
    [{"\ud800": 1}, {"id": "\ud800"}, {"user_input": "\ud800"}, {"references": ["\udfff"]}],
)
def test_half_a_letter_is_an_error_that_can_be_printed(tmp_path, fields):
    message = error_of(make(tmp_path, json.dumps({**GOOD, **fields})))
    assert "unicode" in message or "half a letter" in message
    message.encode()


def test_skipping_keeps_what_can_be_kept(tmp_path, caplog):
    path = make(
        tmp_path,
        line(extra=1, history=[{"question": "Who?", "extra": 2}]),
        line(id="a", user_input="Second?"),
        line(id="b", extra=1, answerable="perhaps"),
        line(id="c", answerable=False, references=["x"], reference_context_ids=["c.txt"]),
        "not JSON",
        line(id="d"),
    )
    with caplog.at_level(logging.WARNING, logger="rag.gold"):
        questions = load_gold(path, skip_bad=True)
    assert [question.id for question in questions] == ["a", "c", "d"]
    assert questions[0].user_input == "Where?"
    assert questions[0].history == (GoldTurn(question="Who?"),)
    assert questions[1] == GoldQuestion(
        id="c",
        user_input="Where?",
        reference=None,
        answerable=False,
        reference_context_ids=("c.txt",),
    )
    told = [record.getMessage() for record in caplog.records]
    assert [("ignored" in one, "left out" in one) for one in told] == [
        (True, False),
        (False, True),
        (False, True),
        (True, False),
        (False, True),
    ]
    assert [one.split(": ")[0] for one in told] == [f"{path}; line {n}" for n in range(1, 6)]


def test_the_first_of_a_pair_that_is_right_is_kept(tmp_path):
    path = make(tmp_path, line(answerable="perhaps"), line(user_input="Second?"))
    assert [question.user_input for question in load_gold(path, skip_bad=True)] == ["Second?"]
    assert [problem.line for problem in read_gold(path).problems] == [1, 2]


def test_the_same_reason_is_logged_once(tmp_path, caplog):
    path = make(tmp_path, *[line(id=f"{n}", extra=1) for n in range(30)])
    assert len(load_gold(path, skip_bad=True)) == 30
    (record,) = caplog.records
    assert "line 1; line 2;" in record.getMessage() and "and 10 more" in record.getMessage()


def test_nothing_left_is_an_error(tmp_path):
    path = make(tmp_path, "{}", "[]")
    message = error_of(path, skip_bad=True)
    assert "No question is left" in message and "line 1" in message and "line 2" in message


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_an_error(tmp_path, content):
    path = tmp_path / "gold.jsonl"
    path.write_bytes(content)
    assert "holds no questions" in error_of(path)


def test_drafts_do_not_count(tmp_path):
    path = make(tmp_path, line(), line(id="b", reviewed=False), line(id="c"))
    assert [question.id for question in load_gold(path)] == ["a", "c"]
    assert [question.id for question in load_gold(path, drafts=True)] == ["a", "b", "c"]
    file = read_gold(path)
    assert [question.id for question in file.entries] == ["a", "b", "c"]
    assert [question.id for question in file.questions] == ["a", "c"]
    assert [question.id for question in file.drafts] == ["b"]


def test_drafts_alone_are_an_error_that_says_what_to_run(tmp_path):
    path = make(tmp_path, line(reviewed=False), line(id="b", reviewed=False))
    message = error_of(path)
    assert "all 2 questions are unreviewed drafts" in message
    assert f"Run: rag gold review {path}" in message
    assert len(load_gold(path, drafts=True)) == 2


def test_drafts_alone_after_skipping_are_an_error(tmp_path):
    path = make(tmp_path, line(reviewed=False), "{}")
    assert "its only question is an unreviewed draft" in error_of(path, skip_bad=True)


# writing

words = st.text(min_size=1)
questions = st.builds(
    GoldQuestion,
    id=words,
    user_input=words.filter(str.strip),
    history=st.lists(st.builds(GoldTurn, question=words, answer=words), max_size=2).map(tuple),
    reference=st.none() | words,
    references=st.lists(words, max_size=2).map(tuple),
    answerable=st.just(True),
    reference_context_ids=st.lists(words, max_size=2).map(tuple),
    reference_contexts=st.lists(words, max_size=2).map(tuple),
    qtype=st.none() | words,
    as_of=st.none() | st.dates(),
    reviewed=st.booleans(),
)
in_one_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)


@in_one_folder
@given(st.lists(questions, min_size=1, max_size=4, unique_by=lambda question: question.id))
def test_what_is_written_is_read(tmp_path, written):
    write_gold(tmp_path / "gold.jsonl", written)
    assert load_gold(tmp_path / "gold.jsonl", drafts=True) == tuple(written)
    assert [one.name for one in tmp_path.iterdir()] == ["gold.jsonl"]


def test_written_lines_leave_out_defaults_but_never_a_draft_mark(tmp_path):
    path = tmp_path / "gold.jsonl"
    write_gold(path, [GoldQuestion(**GOOD), GoldQuestion(**{**GOOD, "id": "ü", "reviewed": False})])
    first, second = path.read_text("utf-8").splitlines()
    assert json.loads(first) == GOOD
    assert json.loads(second) == {**GOOD, "id": "ü", "reviewed": False}
    assert "ü" in second


def test_writing_is_all_or_nothing(tmp_path):
    path = make(tmp_path, line())
    before = path.read_bytes()

    def breaks():
        yield GoldQuestion(**GOOD)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_gold(path, breaks())
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["gold.jsonl"]


def test_writing_keeps_the_mode_and_a_link(tmp_path):
    path = make(tmp_path, line())
    path.chmod(0o640)
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    write_gold(link, [GoldQuestion(**{**GOOD, "id": "z"})])
    assert link.is_symlink()
    assert load_gold(path)[0].id == "z"
    assert path.stat().st_mode & 0o777 == 0o640


def test_writing_where_there_is_no_folder_is_told(tmp_path):
    (tmp_path / "file").touch()
    for place in ("none/gold.jsonl", "file/gold.jsonl", ".", "x" * 300):
        with pytest.raises(GoldError, match="cannot be written"):
            write_gold(tmp_path / place, [])
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


# anything at all

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
odd_lines = st.dictionaries(
    st.sampled_from([*GoldQuestion.model_fields, "question", "extra", "\ud800"]), json_values
).map(lambda fields: json.dumps({**GOOD, **fields}).encode())


@in_one_folder
@given(st.lists(st.binary(max_size=40) | odd_lines, max_size=4).map(b"\n".join), st.booleans())
def test_any_bytes_are_questions_or_an_error(tmp_path, raw, skip_bad):
    path = tmp_path / "gold.jsonl"
    path.write_bytes(raw)
    try:
        found = load_gold(path, skip_bad=skip_bad)
    except GoldError as error:
        str(error).encode()
    else:
        assert found and all(isinstance(question, GoldQuestion) for question in found)
