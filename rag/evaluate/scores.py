"""How good one answer is, or what was retrieved for it. A metric that does not apply is left out, never 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.evaluate.overlap import exact_match, rouge_l, token_f1
from rag.evaluate.ranking import contexts_of, is_reference, places_of, ranking_scores, touch
from rag.evaluate.results import Outcome
from rag.gold import GoldQuestion
from rag.types import Answer, Citation, Claim, Document, Passage, Quote

#: References with more words than this are compared by ROUGE-L: nobody repeats them word for word.
LONG_ABOVE = 12
_FOUND_WITHIN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What `rag.evaluate.results.QuestionResult` says about one question, without the record."""

    scores: Mapping[str, float]
    outcome: Outcome
    confidence: float | None = None
    risk: float | None = None


def score_answer(
    gold: GoldQuestion,
    answer: Answer,
    *,
    documents: Mapping[str, Document],
    depth: int,
) -> Score:
    """Every metric that applies to an answer.

    Args:
        gold: What was asked, and what a right answer contains.
        answer: What was answered.
        documents: The stored documents by id, to hold citations against; may be empty.
        depth: How many passages the pipeline asked for.
    """
    scores = ranking_scores(gold, answer.passages, depth=depth, documents=documents)
    contained, scored = _words(gold, _text(answer.claims)) if not answer.refused else (0.0, {})
    if gold.answerable:
        scores |= dict.fromkeys(_word_metrics(gold), 0.0) | scored
        scores |= _citation_scores(gold, answer, contained, documents)
    scores |= _checks(answer, documents)
    scores |= _refusal_scores(gold, answer)
    scores |= _costs(answer)
    confidence, risk = _risk(gold, answer)
    outcome = _outcome(gold, answer, contained)
    return Score(scores=scores, outcome=outcome, confidence=confidence, risk=risk)


def score_passages(
    gold: GoldQuestion,
    passages: Sequence[Passage],
    *,
    depth: int,
    documents: Mapping[str, Document] | None = None,
) -> Score:
    """Every metric that applies to passages alone.

    Args:
        gold: What was asked.
        passages: Best first.
        depth: How many were asked for.
        documents: The stored documents by id; only needed where a gold file names copies by path.
    """
    stored = documents or {}
    scores = ranking_scores(gold, passages, depth=depth, documents=stored)
    if not (gold.reference_context_ids or contexts_of(gold)):
        return Score(scores=scores, outcome="unjudged")
    found = any(
        is_reference(one.document, gold.reference_context_ids, one.also_in, stored)
        if gold.reference_context_ids
        else _touched(gold, _span_of(one), stored)
        for one in passages[:_FOUND_WITHIN]
    )
    return Score(scores=scores, outcome="found" if found else "not_found")


def acceptable(gold: GoldQuestion) -> tuple[str, ...]:
    """The answers that count as right."""
    return gold.references or ((gold.reference,) if gold.reference else ())


def _is_long(gold: GoldQuestion) -> bool:
    return all(len(reference.split()) > LONG_ABOVE for reference in acceptable(gold))


def _word_metrics(gold: GoldQuestion) -> tuple[str, ...]:
    if not acceptable(gold):
        return ()
    return ("rouge_l",) if _is_long(gold) else ("exact_match", "token_f1", "contains_reference")


def _words(gold: GoldQuestion, text: str) -> tuple[float, dict[str, float]]:
    """How right a text is, 0 to 1, and the metrics that say so."""
    references = acceptable(gold)
    if not references:
        return 0.0, {}
    if _is_long(gold):
        overlap = rouge_l(text, references)
        return overlap, {"rouge_l": overlap}
    judge = gold.model_copy(update={"references": references})
    contained = float(judge.is_answered_by(text))
    return contained, {
        "exact_match": exact_match(text, references),
        "token_f1": token_f1(text, references),
        "contains_reference": contained,
    }


def _citation_scores(
    gold: GoldQuestion, answer: Answer, contained: float, documents: Mapping[str, Document]
) -> dict[str, float]:
    """For answerable questions of which it is known where the answer stands."""
    wanted = contexts_of(gold) or tuple(dict.fromkeys(gold.reference_context_ids))
    if not wanted:
        return {}
    scores: dict[str, float] = {}
    cited = list(_cited(answer.claims))
    touched = [_touched(gold, citation.quote, documents) for citation in cited]
    if acceptable(gold) and not _is_long(gold):
        scores["rightly_cited"] = float(bool(contained) and any(touched))
    if answer.refused:
        return scores
    if cited:
        scores["citation_precision"] = sum(map(bool, touched)) / len(cited)
    reached = set().union(*touched)
    return scores | {"citation_recall": len(reached) / len(wanted)}


def _touched(gold: GoldQuestion, quote: Quote, documents: Mapping[str, Document]) -> set[str]:
    """Reference contexts (without any: the names of reference documents) that a quote touches."""
    span = (quote.document.id, quote.start, quote.end)
    if contexts := contexts_of(gold):
        return {
            context
            for context in contexts
            if any(touch(span, place) for place in places_of(context, quote.document))
        }
    return {
        name
        for name in gold.reference_context_ids
        if is_reference(quote.document, [name], quote.also_in, documents)
    }


def _checks(answer: Answer, documents: Mapping[str, Document]) -> dict[str, float]:
    """What holds of an answer whatever the gold question says."""
    scores: dict[str, float] = {}
    cited = list(_cited(answer.claims))
    if cited:
        exact = (_is_exact(citation.quote, documents) for citation in cited)
        scores["anchors_exact"] = sum(exact) / len(cited)
    written = (*answer.claims, *answer.dropped)
    if written:
        supported = sum(claim.verdict == "supported" for claim in written)
        scores["claims_supported"] = supported / len(written)
    return scores


def _is_exact(quote: Quote, documents: Mapping[str, Document]) -> bool:
    stored = documents.get(quote.document.id, quote.document)
    inside = 0 <= quote.start < quote.end <= len(stored.text)
    return inside and stored.text[quote.start : quote.end] == quote.text


def _refusal_scores(gold: GoldQuestion, answer: Answer) -> dict[str, float]:
    scores: dict[str, float] = {}
    if answer.refused:
        scores["refusal_precision"] = float(not gold.answerable)
    if gold.answerable:
        return {"miss_rate": float(answer.refused), **scores}
    rates = {"hallucination_rate": float(not answer.refused), "refusal_recall": answer.refused}
    return {name: float(value) for name, value in (rates | scores).items()}


def _costs(answer: Answer) -> dict[str, float]:
    timings, tokens = answer.timings, answer.tokens
    scores = {"first_token_s": timings.first_token_s, "total_s": timings.total_s}
    if answer.passages or timings.retrieve_s:
        scores["retrieve_s"] = timings.retrieve_s
    if tokens:
        scores |= {"prompt_tokens": tokens.prompt, "answer_tokens": tokens.answer}
    return {name: float(value) for name, value in scores.items()}


def _risk(gold: GoldQuestion, answer: Answer) -> tuple[float | None, float | None]:
    """How sure the checks were of the answer, given or withheld, and how wrong it is."""
    candidate = _text(answer.dropped if answer.refused else answer.claims)
    if answer.confidence is None or not candidate:
        return None, None
    if not gold.answerable:
        return answer.confidence, 1.0
    if not acceptable(gold):
        return None, None
    return answer.confidence, 1.0 - _words(gold, candidate)[0]


def _outcome(gold: GoldQuestion, answer: Answer, contained: float) -> Outcome:
    if not gold.answerable:
        return "refused" if answer.refused else "hallucinated"
    if answer.refused:
        return "missed"
    if not acceptable(gold):
        return "unjudged"
    if _is_long(gold):
        return "answered"
    return "right" if contained else "wrong"


def _text(claims: Iterable[Claim]) -> str:
    """What was written, without markers: they are no words of the answer."""
    return " ".join(claim.text for claim in claims)


def _cited(claims: Iterable[Claim]) -> Iterator[Citation]:
    """Every citation of every claim: one quote under two claims counts twice."""
    for claim in claims:
        yield from claim.citations


def _span_of(passage: Passage) -> Quote:
    chunk = passage.chunk
    return Quote(document=passage.document, start=chunk.start, end=chunk.end)
