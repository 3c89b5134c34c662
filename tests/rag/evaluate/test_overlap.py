import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluate.overlap import exact_match, normalize_answer, rouge_l, token_f1

# What SQuAD 2.0's evaluate-v2.0.py gives for these pairs.
OFFICIAL = [
    ("28 governments", ["28 governments"], 1, 1.0),
    ("The 28 Governments!", ["28 governments"], 1, 1.0),
    ("28", ["28 governments"], 0, 0.6666666666666666),
    ("in a well-known an-swer", ["well known answer"], 0, 0.3333333333333333),
    ("the the the", ["a"], 1, 1.0),
    ("It was signed in May 2021 in Moscow.", ["May 2021"], 0, 0.4),
    (
        "It was signed in May 2021 in Moscow.",
        ["2020", "in Moscow in May 2021"],
        0,
        0.7692307692307693,
    ),
    ("", ["May 2021"], 0, 0.0),
    ("", [], 1, 1.0),
    ("...", [], 1, 1.0),
    ("Moscow", [], 0, 0.0),
    ("Moscow", ["", "the"], 0, 0.0),
    ("", ["the", "Moscow"], 0, 0.0),
    ("yes yes no", ["yes no no"], 0, 0.6666666666666666),
    ("$3.5 million", ["3.5 million"], 1, 1.0),
    ("3 . 5 million", ["3.5 million"], 0, 0.4),
    ("“Wagner”", ["Wagner"], 0, 0.0),
    ("Saint-Étienne", ["saint-étienne"], 1, 1.0),
    ("U.S.", ["US"], 1, 1.0),
    ("snake_case", ["snakecase"], 1, 1.0),
    ("Theresa Annan", ["theresa annan"], 1, 1.0),
    ("one\ttwo\nthree", ["one two  three"], 1, 1.0),
]
# What google's rouge_score gives as ROUGE-L without stemming: its F-measure of the best reference.
GOOGLE = [
    (
        "The river rose by two metres overnight.",
        ["Overnight the river rose two metres."],
        0.7692307692307692,
    ),
    ("Wagner's men left Mali", ["wagner s men left mali"], 1.0),
    ("left_right", ["left right"], 1.0),
    ("a b c d", ["d c b a"], 0.25),
    ("a b c d", ["d c b a", "a x c"], 0.5714285714285715),
    ("nothing shared", ["here at all"], 0.0),
    ("", ["words"], 0.0),
    ("words", [""], 0.0),
]
texts = st.text("ab,. theAN-'", max_size=30)


@pytest.mark.parametrize(("text", "references", "exact", "f1"), OFFICIAL)
def test_squad_script(text, references, exact, f1):
    assert exact_match(text, references) == exact
    assert token_f1(text, references) == f1


@pytest.mark.parametrize(("text", "references", "expected"), GOOGLE)
def test_rouge_l(text, references, expected):
    assert rouge_l(text, references) == expected


def test_rouge_l_has_nothing_to_compare_with():
    assert rouge_l("words", []) == 0.0


@given(texts, st.lists(texts, max_size=3))
def test_exact_match_is_full_overlap(text, references):
    f1 = token_f1(text, references)
    assert 0 <= f1 <= 1
    if exact_match(text, references):
        assert f1 == 1


@given(texts, texts)
def test_overlap_is_symmetric(one, other):
    assert token_f1(one, [other]) == pytest.approx(token_f1(other, [one]))
    assert rouge_l(one, [other]) == pytest.approx(rouge_l(other, [one]))


@given(texts, texts, texts)
def test_another_reference_never_hurts(text, one, other):
    assert rouge_l(text, [one, other]) == max(rouge_l(text, [one]), rouge_l(text, [other]))
    if normalize_answer(one):
        assert token_f1(text, [one, other]) >= token_f1(text, [one])


@given(texts)
def test_normalising_twice_changes_nothing(text):
    assert normalize_answer(normalize_answer(text)) == normalize_answer(text)
