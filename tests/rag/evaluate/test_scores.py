from dataclasses import replace

import pytest

from rag.evaluate.scores import Score, score_answer, score_passages
from rag.types import Quote, Timings, TokenCounts
from tests.rag.evaluate.builders import (
    answer,
    claim,
    document,
    gold,
    passages,
    quote,
    ranked,
    refusal,
)

TEXT = "The bridge reopened in May. It had been shut for repairs. A toll is planned."
SOURCE = document("notes/bridge.txt", TEXT)
COPY = document("copy.txt", f"Again: {TEXT}")
OTHER = document("other.txt", "The harbour opened in May.")
RIGHT = quote(SOURCE, "The bridge reopened in May.")
BESIDE = quote(SOURCE, "A toll is planned.")
ELSEWHERE = quote(OTHER, "The harbour opened in May.")
LONG = "the bridge was shut for repairs and reopened in May after a very long wait"
QUESTION = gold(
    "May", reference_contexts=["bridge reopened in May"], reference_context_ids=["bridge.txt"]
)
OPEN = gold()


def score(question, said, *, depth=5, documents=None) -> Score:
    return score_answer(question, said, documents=documents or {}, depth=depth)


def of(question, said, **more) -> dict[str, float]:
    return dict(score(question, said, **more).scores)


def test_a_right_answer():
    scored = score(QUESTION, answer(claim("In May.", RIGHT), confidence=0.9))
    assert scored.outcome == "right"
    assert (scored.confidence, scored.risk) == (0.9, 0.0)
    expected = {
        "exact_match": 0,
        "token_f1": pytest.approx(2 / 3),
        "contains_reference": 1,
        "rightly_cited": 1,
        "citation_precision": 1,
        "citation_recall": 1,
        "anchors_exact": 1,
        "claims_supported": 1,
        "miss_rate": 0,
    }
    assert {name: scored.scores[name] for name in expected} == expected
    assert not {"rouge_l", "hallucination_rate", "refusal_recall", "refusal_precision"} & set(
        scored.scores
    )


def test_a_wrong_answer():
    scored = score(QUESTION, answer(claim("In June.", RIGHT), confidence=0.9))
    assert scored.outcome == "wrong"
    assert scored.risk == 1
    assert scored.scores["contains_reference"] == scored.scores["rightly_cited"] == 0
    assert scored.scores["citation_precision"] == 1


def test_markers_are_no_words_of_the_answer():
    assert of(gold("1"), answer(claim("In May.", RIGHT)))["contains_reference"] == 0
    assert of(gold("May"), answer(claim("May.", RIGHT)))["exact_match"] == 1


def test_any_of_the_references_will_do():
    scores = of(gold("spring", "in May"), answer(claim("In May.", RIGHT)))
    assert scores["exact_match"] == scores["contains_reference"] == 1
    alone = of(gold(reference="May", answerable=True), answer(claim("May.", RIGHT)))
    assert alone["exact_match"] == alone["contains_reference"] == 1


def test_a_missed_answer():
    scored = score(QUESTION, refusal())
    assert scored.outcome == "missed"
    assert (scored.confidence, scored.risk) == (None, None)
    zero = ("exact_match", "token_f1", "contains_reference", "rightly_cited", "refusal_precision")
    assert [scored.scores[name] for name in zero] == [0] * 5
    assert scored.scores["miss_rate"] == 1
    assert not {"citation_precision", "citation_recall", "claims_supported", "anchors_exact"} & set(
        scored.scores
    )


def test_a_long_reference():
    question = gold(LONG, reference_contexts=["shut for repairs"])
    scored = score(question, answer(claim(f"{LONG}.", RIGHT), confidence=0.8))
    assert scored.outcome == "answered"
    assert scored.scores["rouge_l"] == 1
    assert scored.risk == 0
    absent = {"exact_match", "token_f1", "contains_reference", "rightly_cited"}
    assert not absent & set(scored.scores)
    half = score(question, answer(claim("the bridge was shut for repairs", RIGHT), confidence=0.8))
    assert half.risk == pytest.approx(1 - half.scores["rouge_l"])
    assert 0 < half.scores["rouge_l"] < 1
    missed = score(question, refusal())
    assert missed.outcome == "missed"
    assert missed.scores["rouge_l"] == 0


@pytest.mark.parametrize(
    ("references", "metric"),
    [
        ([" ".join(["word"] * 12)], "exact_match"),
        ([" ".join(["word"] * 13)], "rouge_l"),
        ([LONG, "May"], "exact_match"),
    ],
)
def test_long_is_more_than_twelve_words_in_every_reference(references, metric):
    assert metric in of(gold(*references), answer(claim("In May.", RIGHT)))


def test_a_hallucination():
    scored = score(OPEN, answer(claim("In May.", ELSEWHERE), confidence=0.7))
    assert scored.outcome == "hallucinated"
    assert (scored.confidence, scored.risk) == (0.7, 1)
    assert scored.scores["hallucination_rate"] == 1
    assert scored.scores["refusal_recall"] == 0
    absent = {"miss_rate", "contains_reference", "citation_precision", "refusal_precision"}
    assert not absent & set(scored.scores)


def test_a_right_refusal():
    scored = score(OPEN, refusal())
    assert scored.outcome == "refused"
    assert scored.scores["hallucination_rate"] == 0
    assert scored.scores["refusal_recall"] == scored.scores["refusal_precision"] == 1
    assert (scored.confidence, scored.risk) == (None, None)


def test_a_withheld_answer_has_a_risk():
    withheld = refusal(claim("In May.", RIGHT), confidence=0.3)
    assert (score(QUESTION, withheld).confidence, score(QUESTION, withheld).risk) == (0.3, 0)
    wrong = refusal(claim("In June.", RIGHT), confidence=0.3)
    assert score(QUESTION, wrong).risk == 1
    assert score(OPEN, withheld).risk == 1
    without = refusal(claim("In May.", RIGHT, verdict="unsupported"))
    assert (score(QUESTION, without).confidence, score(QUESTION, without).risk) == (None, None)
    assert score(QUESTION, refusal(confidence=0.3)).confidence is None


def test_without_a_confidence_there_is_no_risk():
    scored = score(QUESTION, answer(claim("In May.", RIGHT)))
    assert (scored.confidence, scored.risk) == (None, None)


def test_nothing_to_compare_with():
    question = gold(answerable=True)
    scored = score(question, answer(claim("In May.", RIGHT), confidence=0.5))
    assert scored.outcome == "unjudged"
    assert scored.risk is None
    assert set(scored.scores) == {
        "anchors_exact",
        "claims_supported",
        "miss_rate",
        "first_token_s",
        "total_s",
    }
    assert score(question, refusal()).outcome == "missed"


def test_citations_that_touch():
    scores = of(
        gold("May", reference_contexts=["bridge reopened", "shut for repairs", "bridge reopened"]),
        answer(claim("In May.", RIGHT, BESIDE), claim("So it is.", RIGHT, ELSEWHERE)),
    )
    assert scores["citation_precision"] == 0.5
    assert scores["citation_recall"] == 0.5


def test_citations_reach_contexts_together():
    question = gold("May", reference_contexts=["bridge reopened", "A toll", "repairs"])
    scores = of(question, answer(claim("In May.", RIGHT), claim("And a toll.", BESIDE)))
    assert scores["citation_recall"] == pytest.approx(2 / 3)


def test_one_character_is_enough_and_none_is_not():
    question = gold("May", reference_contexts=["reopened in May."])
    place = TEXT.index("reopened")
    near = Quote(document=SOURCE, start=0, end=place)
    on_it = Quote(document=SOURCE, start=0, end=place + 1)
    assert of(question, answer(claim("In May.", near)))["citation_precision"] == 0
    assert of(question, answer(claim("In May.", on_it)))["citation_precision"] == 1


def test_a_context_may_stand_in_a_copy():
    question = gold(
        "May", reference_contexts=["bridge reopened"], reference_context_ids=["bridge.txt"]
    )
    in_copy = quote(COPY, "The bridge reopened in May.")
    scores = of(question, answer(claim("In May.", in_copy, RIGHT)))
    assert scores["rightly_cited"] == scores["citation_precision"] == scores["citation_recall"] == 1


def test_every_place_of_a_context_counts():
    twice = document("twice.txt", "A toll is planned. Later: A toll is planned.")
    later = Quote(document=twice, start=30, end=44)
    question = gold("toll", reference_contexts=["toll is planned"])
    assert of(question, answer(claim("A toll.", later)))["citation_recall"] == 1


@pytest.mark.parametrize("name", [SOURCE.id, "notes/bridge.txt", "bridge.txt"])
def test_without_contexts_the_document_decides(name):
    question = gold("May", reference_context_ids=[name, "unseen.txt"])
    scores = of(question, answer(claim("In May.", BESIDE, ELSEWHERE)))
    assert scores["rightly_cited"] == 1
    assert scores["citation_precision"] == 0.5
    assert scores["citation_recall"] == 0.5


def test_a_copy_of_the_quote_may_be_the_reference_document():
    folded = replace(ELSEWHERE, also_in=("0123456789ab",))
    question = gold("May", reference_context_ids=["0123456789ab"])
    assert of(question, answer(claim("In May.", folded)))["rightly_cited"] == 1
    folded = replace(ELSEWHERE, also_in=(SOURCE.id,))
    named = gold("May", reference_context_ids=["bridge.txt"])
    said = answer(claim("In May.", folded))
    assert of(named, said)["rightly_cited"] == 0
    assert of(named, said, documents={SOURCE.id: SOURCE})["rightly_cited"] == 1


def test_an_answer_without_citations():
    scores = of(QUESTION, answer(claim("In May.")))
    assert scores["rightly_cited"] == scores["citation_recall"] == 0
    assert not {"citation_precision", "anchors_exact"} & set(scores)


def test_citations_need_something_to_touch():
    scores = of(gold("May"), answer(claim("In May.", RIGHT)))
    assert not {"rightly_cited", "citation_precision", "citation_recall"} & set(scores)
    assert scores["anchors_exact"] == 1


def test_anchors_are_held_against_the_stored_document():
    said = answer(claim("In May.", RIGHT, ELSEWHERE))
    moved = replace(SOURCE, text=f" {TEXT}")
    assert of(QUESTION, said, documents={SOURCE.id: SOURCE})["anchors_exact"] == 1
    assert of(QUESTION, said, documents={SOURCE.id: moved})["anchors_exact"] == 0.5
    beyond = Quote(document=SOURCE, start=len(TEXT) - 5, end=len(TEXT) + 5)
    empty = Quote(document=SOURCE, start=5, end=5)
    assert of(QUESTION, answer(claim("In May.", beyond, empty)))["anchors_exact"] == 0


def test_dropped_sentences_count_as_written():
    dropped = (claim("Not so.", verdict="unsupported"),)
    assert of(QUESTION, answer(claim("In May.", RIGHT), dropped=dropped))["claims_supported"] == 0.5
    assert of(OPEN, refusal(*dropped))["claims_supported"] == 0
    assert "claims_supported" not in of(OPEN, refusal())


def test_what_it_cost():
    timings = Timings(retrieve_s=0.1, first_token_s=0.5, total_s=2.0)
    tokens = TokenCounts(prompt=300, answer=20)
    scores = of(OPEN, refusal(timings=timings, tokens=tokens))
    cost = {name: scores[name] for name in ("retrieve_s", "first_token_s", "total_s")}
    assert cost == {"retrieve_s": 0.1, "first_token_s": 0.5, "total_s": 2.0}
    assert (scores["prompt_tokens"], scores["answer_tokens"]) == (300, 20)
    without = of(OPEN, refusal())
    assert {"first_token_s", "total_s"} <= set(without)
    assert not {"retrieve_s", "prompt_tokens", "answer_tokens"} & set(without)


def test_answers_have_retrieval_scores_too():
    said = answer(claim("In May.", RIGHT), passages=ranked(OTHER, SOURCE))
    scores = of(QUESTION, said, depth=5)
    assert scores["hit_rate@1"] == 0
    assert scores["hit_rate@5"] == scores["context_recall@5"] == 1
    assert "hit_rate@10" not in scores


def test_copies_are_named_by_the_stored_documents():
    said = answer(passages=passages((OTHER, 0, 3), also_in=[(SOURCE.id,)]))
    assert of(QUESTION, said)["hit_rate@1"] == 0
    assert of(QUESTION, said, documents={SOURCE.id: SOURCE})["hit_rate@1"] == 1


def test_every_score_is_a_float():
    said = answer(
        claim("In May.", RIGHT), passages=ranked(SOURCE), tokens=TokenCounts(prompt=1, answer=1)
    )
    for question in (QUESTION, OPEN):
        for one in (said, refusal()):
            assert {type(value) for value in of(question, one).values()} == {float}


def test_passages_alone():
    others = [document(f"{number}.txt") for number in range(10)]
    found = score_passages(QUESTION, ranked(*others[:9], SOURCE), depth=100)
    assert found.outcome == "found"
    assert found.scores["mrr@10"] == 0.1
    assert (found.confidence, found.risk) == (None, None)
    late = score_passages(QUESTION, ranked(*others, SOURCE), depth=100)
    assert late.outcome == "not_found"
    assert late.scores["recall@100"] == 1
    assert score_passages(QUESTION, (), depth=100).outcome == "not_found"
    assert score_passages(OPEN, ranked(SOURCE), depth=100) == Score(scores={}, outcome="unjudged")


def test_a_folded_copy_is_found():
    folded = passages((OTHER, 0, 3), also_in=[(SOURCE.id,)])
    question = gold("May", reference_context_ids=[SOURCE.id])
    assert score_passages(question, folded, depth=5).outcome == "found"


def test_folded_copies_may_be_named_by_path():
    folded = passages((OTHER, 0, 3), also_in=[(SOURCE.id,)])
    scored = score_passages(QUESTION, folded, depth=5, documents={SOURCE.id: SOURCE})
    assert scored.scores["hit_rate@1"] == 1
    assert scored.outcome == "found"


def test_passages_for_a_question_that_names_contexts_only():
    question = gold("May", reference_contexts=["A toll is planned."])
    start = TEXT.index("A toll")
    assert (
        score_passages(question, passages((SOURCE, start, start + 1)), depth=5).outcome == "found"
    )
    assert score_passages(question, passages((SOURCE, 0, start)), depth=5).outcome == "not_found"
