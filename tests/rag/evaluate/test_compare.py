from collections.abc import Sequence
from typing import Any

import pytest

from rag.errors import RagError
from rag.evaluate.compare import compare, gate, worse
from rag.evaluate.figures import summarise
from rag.evaluate.metrics import METRICS
from rag.evaluate.results import EvaluationReport, Outcome
from tests.rag.evaluate.builders import result


def run(**scores: Sequence[float | None]) -> EvaluationReport:
    """A report from columns of scores; ``None`` where a metric does not apply."""
    rows = zip(*scores.values(), strict=True)
    return summarise(
        [
            result(
                str(at),
                {name: one for name, one in zip(scores, row, strict=True) if one is not None},
            )
            for at, row in enumerate(rows)
        ]
    )


def test_better_and_worse_go_by_the_metric():
    old = run(contains_reference=[1.0, 0.0] * 20, miss_rate=[0.0, 1.0] * 20, token_f1=[0.5] * 40)
    new = run(contains_reference=[1.0] * 40, miss_rate=[1.0] * 40, token_f1=[0.5] * 40)
    differences = compare(new, old).differences
    assert list(differences) == list(METRICS)
    better = differences["contains_reference"]
    assert (better.verdict, better.new, better.old, better.difference) == ("better", 1, 0.5, 0.5)
    assert better.low is not None and better.high is not None and better.p_value is not None
    assert 0 < better.low < 0.5 < better.high
    assert better.p_value < 0.01
    assert better.count == 40
    assert differences["miss_rate"].verdict == "worse"
    assert differences["token_f1"].verdict == "same"
    assert differences["rouge_l"].verdict == "n/a"
    assert differences["rouge_l"].difference is None
    back = compare(old, new).differences
    assert (back["contains_reference"].verdict, back["miss_rate"].verdict) == ("worse", "better")


def test_a_difference_that_may_be_chance_is_none():
    old, new = (
        run(contains_reference=[1.0, 0.0] * 10),
        run(contains_reference=[1.0, 0.0] * 9 + [1.0, 1.0]),
    )
    difference = compare(new, old).differences["contains_reference"]
    assert difference.difference == pytest.approx(0.05)
    assert difference.verdict == "same"


def test_only_shared_questions_are_compared():
    old = summarise([result(name, {"token_f1": 0.0}) for name in "abc"])
    new = summarise(
        [result(name, {"token_f1": value}) for name, value in (("d", 1.0), ("c", 0.5), ("b", 0.5))]
    )
    comparison = compare(new, old)
    assert (comparison.shared, comparison.only_new, comparison.only_old) == (2, ("d",), ("a",))
    assert comparison.differences["token_f1"].new == 0.5


def test_a_changed_gold_question_is_another_question():
    old = summarise([result("a", {"token_f1": 0.0}), result("b", {"token_f1": 0.0})])
    changed = result("a", {"token_f1": 1.0}, reference_contexts=["new"])
    refiled = result("b", {"token_f1": 0.5}, qtype="fact")
    comparison = compare(summarise([changed, refiled]), old)
    assert (comparison.changed, comparison.shared) == (("a",), 1)
    assert comparison.differences["token_f1"].new == 0.5


def test_nothing_in_common():
    comparison = compare(run(token_f1=[]), run(token_f1=[1.0]))
    assert comparison.shared == 0
    assert {one.verdict for one in comparison.differences.values()} == {"n/a"}


def test_precision_is_compared_although_different_questions_were_refused():
    old = run(refusal_precision=[1.0, 0.0, None, None] * 10)
    new = run(refusal_precision=[1.0, None, None, None] * 10)
    difference = compare(new, old).differences["refusal_precision"]
    assert (difference.difference, difference.verdict, difference.count) == (0.5, "better", 20)


def test_latencies_differ_by_their_means():
    old, new = run(total_s=[1.0, 1.0, 1.0, 5.0] * 5), run(total_s=[1.0, 1.0, 1.0, 9.0] * 5)
    differences = compare(new, old).differences
    for name in ("total_s", "total_s_p95"):
        assert differences[name].difference == 1
        assert differences[name].verdict == "worse"
    assert differences["total_s"].new == differences["total_s"].old == 1


def test_areas_are_compared():
    places = [at / 40 for at in range(40)]
    new = summarise([result(str(at), confidence=at, risk=float(at < 0.3)) for at in places])
    old = summarise([result(str(at), confidence=-at, risk=float(at < 0.3)) for at in places])
    difference = compare(new, old).differences["aurc"]
    assert difference.verdict == "better"
    assert difference.new is not None and difference.old is not None
    assert difference.difference == pytest.approx(difference.new - difference.old)
    assert difference.count == 40


def one(outcome: Outcome, record: dict[str, Any] | None = None) -> EvaluationReport:
    return summarise([result("a", outcome=outcome, record=record or {"answer": outcome})])


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("right", "wrong"),
        ("answered", "missed"),
        ("refused", "hallucinated"),
        ("found", "not_found"),
        ("right", "failed"),
    ],
)
def test_flips(was: Outcome, now: Outcome):
    (lost,) = compare(one(now), one(was)).flips
    assert (lost.change, lost.new_outcome, lost.old_outcome) == ("worse", now, was)
    assert (lost.new_answer, lost.old_answer, lost.gold.id) == (now, was, "a")
    (won,) = compare(one(was), one(now)).flips
    assert won.change == "better"


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("wrong", "missed"),
        ("right", "right"),
        ("unjudged", "failed"),
        ("unjudged", "right"),
        ("right", "unjudged"),
        ("missed", "unjudged"),
    ],
)
def test_no_flips(was: Outcome, now: Outcome):
    assert compare(one(now), one(was)).flips == ()


def test_flips_for_the_worse_come_first():
    old = summarise([result("a", outcome="wrong"), result("b", outcome="right")])
    new = summarise([result("a", outcome="right"), result("b", outcome="wrong")])
    assert [flip.gold.id for flip in compare(new, old).flips] == ["b", "a"]


def test_what_a_flip_shows():
    found = one("found", {"documents": ["1.txt", "2.txt"], "passages": []})
    (flip,) = compare(one("failed", {"error": "No memory."}), found).flips
    assert (flip.new_answer, flip.old_answer) == ("Error: No memory.", "1.txt, 2.txt")
    (flip,) = compare(found, one("not_found", {"documents": []})).flips
    assert flip.old_answer == "Nothing found."


REPORT = run(contains_reference=[1.0, 1.0, 1.0, 0.0], miss_rate=[0.0, 0.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, []),
        ({"contains_reference": 0.75, "miss_rate": 0.25}, []),
        ({"contains_reference": 0.8}, ["contains_reference is 0.75, below 0.8."]),
        ({"miss_rate": 0.2}, ["miss_rate is 0.25, above 0.2."]),
        ({"rouge_l": 0}, ["rouge_l is n/a: no question of this run counts for it."]),
    ],
)
def test_gate(limits, said):
    assert gate(REPORT, limits) == said


def test_gate_is_not_missed_by_rounding():
    assert gate(run(token_f1=[0.35 - 1e-12]), {"token_f1": 0.35}) == []


def test_unknown_metrics_are_named():
    with pytest.raises(RagError, match=r"no metric called recal@5\. Did you mean recall@5"):
        gate(REPORT, {"recal@5": 1})
    with pytest.raises(RagError, match="Did you mean"):
        worse(compare(REPORT, REPORT), ["zzz"])


def test_worse():
    old = run(contains_reference=[1.0] * 20, miss_rate=[0.0] * 20, total_s=[1.0] * 20)
    new = run(contains_reference=[1.0] * 10 + [0.0] * 10, miss_rate=[0.0] * 20, total_s=[9.0] * 20)
    comparison = compare(new, old)
    (said,) = worse(comparison)
    assert said.startswith("contains_reference got worse by 0.5: 0.5, was 1 (95 % interval ")
    assert worse(comparison, ["miss_rate"]) == []
    (slower,) = worse(comparison, ["total_s"])
    assert slower.startswith("total_s got worse by 8: 9, was 1 ")
    assert worse(comparison, ["rouge_l"]) == [
        "rouge_l is n/a: no question that both runs have counts for it."
    ]
    assert worse(compare(old, old)) == []
    assert worse(compare(old, new)) == []
