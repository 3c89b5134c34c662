"""A made-up run with every outcome and with texts that would do harm if a page took them for markup."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from typing import Any

from rag.evaluate.compare import Comparison, compare
from rag.evaluate.figures import summarise
from rag.evaluate.results import EvaluationReport, Outcome, QuestionResult
from rag.gold import GoldQuestion, GoldTurn

HOSTILE = '</script><img src=x onerror="window.harmed=1"><b>bold</b> {{ 7 * 7 }} | `code` **x** [a](javascript:x)'
ARABIC = "متى أُعيد فتح الجسر؟"
LONG = "Donaudampfschifffahrtsgesellschaft" * 12
_TOPICS = "the bridge,the harbour,the museum,the northern line,the water works,the town hall".split(
    ","
)
_SHA = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
RUN: dict[str, Any] = {
    "format": 1,
    "mode": "answers",
    "gold": {"path": "/home/ada/questions/harbour.jsonl", "questions": 72, "sha256": _SHA},
    "corpus": {"home": "/home/ada/.rag", "documents": 214, "sha256": _SHA},
    "models": {
        "chat": {"name": "qwen2.5-coder-1.5b-instruct", "sha256": _SHA},
        "embedding": {"name": "all-MiniLM-L6-v2", "sha256": _SHA},
    },
    "settings": {"top_k": 8, "sources": ["a", "b"], "nothing": None, "empty": {}},
    "machine": {"system": HOSTILE, "cores": 2},
    "started": "2025-06-10T09:30:00+00:00",
    "finished": None,
}


@cache
def answered_report() -> EvaluationReport:
    """72 questions put to a model: 50 that can be answered, 22 that cannot."""
    chance = random.Random(7)
    counts: dict[Outcome, int] = {"right": 38, "wrong": 5, "answered": 2, "missed": 4, "failed": 1}
    counts |= {"refused": 20, "hallucinated": 2}
    outcomes = [outcome for outcome, count in counts.items() for _ in range(count)]
    results = [_answered(number, outcome, chance) for number, outcome in enumerate(outcomes, 1)]
    chance.shuffle(results)
    return summarise([*_odd_ones(), *results], RUN)


@cache
def retrieval_report(count: int = 40) -> EvaluationReport:
    """Questions put to a retriever alone."""
    chance = random.Random(11)
    results = [_searched(number, chance) for number in range(1, count + 1)]
    run = {**RUN, "mode": "retrieval", "models": {"embedding": RUN["models"]["embedding"]}}
    return summarise(results, run)


def empty_report() -> EvaluationReport:
    return summarise([])


def _gold(number: int, *, answerable: bool = True, **more: Any) -> GoldQuestion:
    topic = _TOPICS[number % len(_TOPICS)]
    given: dict[str, Any] = {
        "id": f"harbour-{number:03}",
        "user_input": f"When did {topic} reopen after the storm of 20{10 + number % 14}?",
        "reference": "It reopened on 4 May 2023." if answerable else None,
        "references": ("4 May 2023", "May 4, 2023") if answerable else (),
        "answerable": answerable,
        "reference_context_ids": ("reports/2023-05.txt",) if answerable else (),
        "reference_contexts": (f"After repairs {topic} reopened to the public on 4 May 2023.",)
        if answerable
        else (),
        "qtype": ("fact", "date", "list", "change")[number % 4] if answerable else "unanswerable",
    }
    if number % 9 == 0:
        given["history"] = (GoldTurn(question=f"Was {topic} damaged?", answer="Yes, badly."),)
        given["user_input"] = "And when did it reopen?"
        given["qtype"] = "followup"
    return GoldQuestion(**given | more)


def _citation(number: int, quote: str, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "document_id": f"36a5427a54{number:02}",
        "source": f"reports/2023-{number + 4:02}.txt",
        "title": "Harbour authority, monthly report",
        "published": "2023-05-31" if number == 1 else None,
        "start": 1204,
        "end": 1204 + len(quote),
        "quote": quote,
        "also_in": [],
        **more,
    }


def _claim(text: str, support: float, *citations: int, supported: bool = True) -> dict[str, Any]:
    return {"text": text, "supported": supported, "support": support, "citations": list(citations)}


def _answered(number: int, outcome: Outcome, chance: random.Random) -> QuestionResult:
    gold = _gold(number, answerable=outcome not in ("refused", "hallucinated"))
    if outcome == "failed":
        record: dict[str, Any] = {
            "question": gold.user_input,
            "error": "The model ran out of memory.",
        }
        return QuestionResult(gold=gold, record=record, scores={}, outcome=outcome)
    gone = outcome in ("missed", "refused")
    right = outcome == "right"
    topic = _TOPICS[number % len(_TOPICS)]
    day = "4 May 2023" if right else "12 March 2021"
    quote = f"After repairs {topic} reopened to the public on {day}."
    text = f"It reopened on {day}"
    seconds = 2.1 + chance.expovariate(0.7)
    claims = [] if gone else [_claim(f"{text}.", 0.93, 1)]
    if number % 5 == 0 and not gone:
        claims.append(_claim("The repairs took two months.", 0.71, 1, 2))
    record = {
        "question": gold.user_input,
        "standalone_question": f"When did {topic} reopen?" if gold.history else gold.user_input,
        "answer": "The sources don't say."
        if gone
        else f"{text} [1]." + (" The repairs took two months [1][2]." if len(claims) > 1 else ""),
        "refused": gone,
        "refusal_reason": "not_stated" if gone else None,
        "missing": f"It would take a document that states when {topic} reopened." if gone else None,
        "claims": claims,
        "dropped": [_claim("The mayor cut the ribbon.", 0.12, 1, supported=False)]
        if number % 6 == 0
        else [],
        "confidence": None if gone and number % 2 else round(chance.uniform(0.2, 0.99), 3),
        "citations": []
        if gone
        else [_citation(1, quote), _citation(2, "Work lasted nine weeks.")][: len(claims)],
        "passages": [{"document_id": "36a5", "rank": 1, "score": 0.8, "start": 0, "end": 90}],
        "disagreements": [
            {"about": "the day", "citations": [_citation(1, quote), _citation(2, "on 5 May")]}
        ]
        if number % 11 == 0 and not gone
        else [],
        "as_of": None if gone else "2023-05-31",
        "timings": {"retrieve_s": 0.031, "first_token_s": 1.2, "total_s": round(seconds, 3)},
        "model": {"name": "qwen", "sha256": _SHA},
        "tokens": {"prompt": 512, "answer": 31},
    }
    scores = {
        "retrieve_s": 0.02 + chance.random() / 50,
        "first_token_s": seconds * 0.6,
        "total_s": seconds,
        "prompt_tokens": 400.0 + chance.randrange(900),
        "answer_tokens": 31.0,
    }
    if gold.answerable:
        hit = float(chance.random() < 0.9)
        scores |= {"hit_rate@1": hit, "hit_rate@5": 1.0, "recall@5": hit, "miss_rate": float(gone)}
        scores |= {"token_f1": chance.random(), "contains_reference": float(right)}
        scores |= {"mrr@10": hit, "ndcg@10": hit, "rightly_cited": float(right and number % 7 > 0)}
    else:
        scores |= {"hallucination_rate": float(not gone), "refusal_recall": float(gone)}
    if gone:
        scores["refusal_precision"] = float(not gold.answerable)
    confidence = record["confidence"]
    risk = None if confidence is None or not gold.answerable else float(not right)
    return QuestionResult(
        gold=gold, record=record, scores=scores, outcome=outcome, confidence=confidence, risk=risk
    )


def _odd_ones() -> list[QuestionResult]:
    """Hostile, right-to-left and endless texts, and an answer of a pipeline that tells little."""
    hostile = {
        "question": HOSTILE,
        "standalone_question": HOSTILE + " again",
        "answer": f"{HOSTILE} [1]. Not a marker: [7].",
        "refused": False,
        "claims": [_claim(f"{HOSTILE} \ud800", 0.5, 1)],
        "citations": [_citation(1, f"  {HOSTILE}\n\n\tline", source=LONG, title=HOSTILE)],
    }
    bare = {"question": LONG, "answer": LONG, "refused": False, "timings": None, "tokens": None}
    gold = _gold(
        900, id='"><script>window.harmed=2</script>', user_input=HOSTILE, qtype=HOSTILE[:60]
    )
    arabic = _gold(901, user_input=ARABIC, reference=ARABIC, qtype="تاريخ")
    long = _gold(902, user_input=LONG, reference=None, references=(), qtype=None)
    return [
        QuestionResult(
            gold=gold, record=hostile, scores={}, outcome="wrong", confidence=0.4, risk=1.0
        ),
        QuestionResult(gold=arabic, record={"answer": ARABIC}, scores={}, outcome="right"),
        QuestionResult(gold=long, record=bare, scores={}, outcome="unjudged"),
    ]


def _searched(number: int, chance: random.Random) -> QuestionResult:
    gold = _gold(number, reference=None, references=())
    wanted = gold.reference_contexts[0]
    place = chance.choice([1, 1, 1, 2, 3, 0])
    filler = "The committee met again and put the matter off until the autumn. " * 9
    passages: list[dict[str, Any]] = [
        {
            "document_id": f"d{rank}",
            "rank": rank,
            "score": 1 / rank,
            "start": 0,
            "end": 500,
            "source": "reports/2023-05.txt" if rank == place else f"minutes/{rank}.txt",
            "title": "Minutes",
            "published": "2023-05-31" if rank % 2 else None,
            "also_in": [],
            "text": f"{filler[:65]}\n{wanted} {filler}" if rank == place else filler,
        }
        for rank in range(1, 11)
    ]
    found = float(place > 0)
    scores = {"retrieve_s": 0.03, "hit_rate@1": float(place == 1), "hit_rate@5": found}
    scores |= {"hit_rate@10": found, "mrr@10": 1 / place if place else 0.0}
    record = {
        "query": gold.user_input,
        "passages": passages if number % 13 else [],
        "documents": [],
    }
    if not record["passages"]:
        scores, found = dict.fromkeys(scores, 0.0), 0.0
    return QuestionResult(
        gold=gold, record=record, scores=scores, outcome="found" if found else "not_found"
    )


def other_report() -> EvaluationReport:
    """The answered report with some results of another run, and one question less."""
    report = answered_report()
    results = list(report.results[1:])
    for at in range(3, 30, 4):
        was = results[at]
        if was.gold.answerable and was.outcome in ("right", "wrong"):
            outcome: Outcome = "wrong" if was.outcome == "right" else "right"
            scores = {**was.scores, "contains_reference": float(outcome == "right"), "total_s": 9.0}
            record = {**was.record, "answer": HOSTILE}
            results[at] = replace(was, outcome=outcome, scores=scores, record=record)
    return summarise(results, RUN)


@cache
def comparison_sample() -> Comparison:
    return compare(answered_report(), other_report())
