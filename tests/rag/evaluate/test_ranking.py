import random
import time

import pytest

from rag.evaluate.ranking import ranking_scores
from tests.rag.evaluate.builders import document, gold, passages, ranked

DOCUMENTS = [document(f"folder/{number}.txt") for number in range(150)]


def pytrec(qrels: dict[str, int], run: list[str]) -> dict[str, float]:
    import pytrec_eval

    wanted = {"success.1,5,10", "recall.5,10,100", "recip_rank", "ndcg_cut.10"}
    evaluator = pytrec_eval.RelevanceEvaluator({"q": qrels}, wanted)
    scored = {name: float(len(run) - place) for place, name in enumerate(run)}
    values = evaluator.evaluate({"q": scored})["q"]
    first_ten = dict(list(scored.items())[:10])
    reciprocal = pytrec_eval.RelevanceEvaluator({"q": qrels}, {"recip_rank"})
    return {
        **{f"hit_rate@{k}": values[f"success_{k}"] for k in (1, 5, 10)},
        **{f"recall@{k}": values[f"recall_{k}"] for k in (5, 10, 100)},
        "mrr@10": reciprocal.evaluate({"q": first_ten})["q"]["recip_rank"],
        "ndcg@10": values["ndcg_cut_10"],
    }


@pytest.mark.parametrize("seed", range(60))
def test_equal_to_pytrec_eval(seed):
    chance = random.Random(seed)
    found = chance.sample(DOCUMENTS, chance.choice([1, 3, 10, 40, 120]))
    wanted = chance.sample(DOCUMENTS[:40], chance.choice([1, 2, 7, 15]))
    scores = ranking_scores(
        gold("x", reference_context_ids=[one.id for one in wanted]), ranked(*found), depth=120
    )
    expected = pytrec(dict.fromkeys((one.id for one in wanted), 1), [one.id for one in found])
    assert scores == pytest.approx(expected, abs=1e-6)


def test_documents_count_once_at_their_first_passage():
    one, two, three = DOCUMENTS[:3]
    found = passages((one, 0, 3), (one, 3, 6), (two, 0, 3), (one, 6, 9), (three, 0, 3))
    scores = ranking_scores(gold("x", reference_context_ids=[three.id]), found, depth=10)
    assert scores["mrr@10"] == pytest.approx(1 / 3)
    assert list(scores) == [
        "hit_rate@1",
        "hit_rate@5",
        "hit_rate@10",
        "recall@5",
        "recall@10",
        "mrr@10",
        "ndcg@10",
    ]


@pytest.mark.parametrize("name", [DOCUMENTS[7].id, "folder/7.txt", "7.txt"])
def test_documents_go_by_id_path_or_file_name(name):
    found = ranked(*DOCUMENTS[:10])
    scores = ranking_scores(gold("x", reference_context_ids=[name]), found, depth=10)
    assert scores["mrr@10"] == pytest.approx(1 / 8)
    assert scores["recall@10"] == 1


def test_a_file_name_is_found_once_however_many_files_have_it():
    found = ranked(document("a/1.txt"), document("b/1.txt"))
    scores = ranking_scores(gold("x", reference_context_ids=["1.txt"]), found, depth=10)
    assert scores["recall@10"] == scores["ndcg@10"] == 1
    third = ranked(document("a/1.txt"), document("b/1.txt"), document("c.txt"))
    later = ranking_scores(gold("x", reference_context_ids=["1.txt", "c.txt"]), third, depth=10)
    assert later["recall@10"] == 1
    assert later["ndcg@10"] < 1


def test_a_copy_that_was_folded_away_is_found():
    shown, folded = document("shown.txt"), document("folded.txt")
    found = passages((DOCUMENTS[0], 0, 3), (shown, 0, 3), also_in=[(), (folded.id,)])
    by_id = ranking_scores(gold("x", reference_context_ids=[folded.id]), found, depth=10)
    assert by_id["mrr@10"] == 0.5
    question = gold("x", reference_context_ids=["folded.txt", "shown.txt"])
    assert ranking_scores(question, found, depth=10)["recall@10"] == 0.5
    documents = {folded.id: folded}
    assert ranking_scores(question, found, depth=10, documents=documents)["recall@10"] == 1


def test_what_was_not_asked_for_is_not_measured():
    question = gold("x", reference_context_ids=["1.txt"], reference_contexts=["much"])
    scores = ranking_scores(question, ranked(*DOCUMENTS[:3]), depth=3)
    assert scores == {"hit_rate@1": 0.0}


def test_nothing_found_is_zero():
    question = gold("x", reference_context_ids=["1.txt"], reference_contexts=["much"])
    scores = ranking_scores(question, (), depth=5)
    assert scores == {"hit_rate@1": 0, "hit_rate@5": 0, "recall@5": 0, "context_recall@5": 0}


def test_nothing_to_compare_with_is_no_score():
    assert ranking_scores(gold("x"), ranked(*DOCUMENTS[:10]), depth=100) == {}
    blank = gold("x", reference_contexts=[" "])
    assert ranking_scores(blank, ranked(*DOCUMENTS[:10]), depth=100) == {}


TEXT = "zero one\ntwo three four"


def context_recall(question, found) -> float:
    return ranking_scores(question, found, depth=5)["context_recall@5"]


def test_context_recall_is_the_covered_share_of_characters():
    source = document("a.txt", TEXT)
    question = gold("x", reference_contexts=["one two three"])  # at 5 to 18, across a line break
    assert context_recall(question, passages((source, 0, 8))) == pytest.approx(3 / 13)
    overlapping = passages((source, 7, 11), (source, 0, 8), (source, 4, 9))
    assert context_recall(question, overlapping) == pytest.approx(6 / 13)
    assert context_recall(question, passages((source, 0, len(TEXT)))) == 1
    assert context_recall(question, passages((source, 18, len(TEXT)))) == 0
    assert context_recall(question, passages((document("b.txt", TEXT * 2), 0, 4))) == 0


def test_longer_contexts_weigh_more_and_each_counts_once():
    source = document("a.txt", TEXT)
    question = gold("x", reference_contexts=["zero", "three four", "zero", "not there"])
    assert context_recall(question, passages((source, 0, 4))) == pytest.approx(4 / 23)


def test_a_context_counts_with_its_best_covered_place():
    twice, other = document("a.txt", "the bridge. the bridge."), document("b.txt", "the bridge")
    question = gold("x", reference_contexts=["the bridge"])
    assert context_recall(question, passages((twice, 12, 17))) == 0.5
    assert context_recall(question, passages((twice, 12, 17), (other, 0, 10))) == 1
    assert context_recall(question, passages((twice, 0, 5), (twice, 17, 22))) == 0.5


def test_context_recall_looks_at_five_passages():
    source = document("a.txt", TEXT)
    question = gold("x", reference_contexts=["zero"])
    late = passages(*[(DOCUMENTS[0], 0, 3)] * 5, (source, 0, 8))
    assert ranking_scores(question, late, depth=10) == {"context_recall@5": 0}


def test_two_milliseconds_a_question():
    found = ranked(*random.Random(1).sample(DOCUMENTS, 100))
    question = gold("x", reference_context_ids=["1.txt"], reference_contexts=["much"])
    ranking_scores(question, found, depth=100)
    begun = time.perf_counter()
    for _ in range(100):
        ranking_scores(question, found, depth=100)
    assert time.perf_counter() - begun < 1.0  # five times what it takes on two busy cores
