"""What is measured: the name, meaning and source of every metric, in the order in which tables show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal, TypeAlias

Group: TypeAlias = Literal["retrieval", "answers", "citations", "refusals", "latency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One thing that is measured.

    Attributes:
        label: What a table shows people.
        aggregate: What a figure is of the values of the questions the metric applies to.
        definition: One sentence.
        source: The paper or tool the definition is from.
    """

    name: str
    label: str
    group: Group
    better: Literal["higher", "lower"] = "higher"
    unit: Literal["share", "seconds", "tokens"] = "share"
    aggregate: Literal["mean", "median", "p95"] = "mean"
    definition: str
    source: str

    @property
    def values_of(self) -> str:
        """Name of the per-question score that the figure is made from."""
        return self.name.removesuffix("_p95")


_IR = "ir_measures (MacAvaney et al. 2022), computed by pytrec_eval (Van Gysel & de Rijke 2018)"
_SQUAD = "official script of SQuAD 2.0 (Rajpurkar et al. 2018)"
_ALCE = "after ALCE (Gao et al. 2023), with located reference contexts in place of a judging model"
_OWN = "this project"
_retrieval = partial(Metric, group="retrieval")
_answers = partial(Metric, group="answers")
_citations = partial(Metric, group="citations")
_refusals = partial(Metric, group="refusals")


def _hit_rate(k: int) -> Metric:
    among = "the first document" if k == 1 else f"at least one of the first {k} documents"
    return _retrieval(
        name=f"hit_rate@{k}",
        label=f"Hit rate @{k}",
        definition=f"Share of questions for which {among} found is a reference document.",
        source=f"{_IR}, where it is called Success@{k}",
    )


def _recall(k: int) -> Metric:
    return _retrieval(
        name=f"recall@{k}",
        label=f"Recall @{k}",
        definition=f"Share of a question's reference documents that are among the first {k} documents found.",
        source=_IR,
    )


def _cost(
    name: str,
    label: str,
    definition: str,
    unit: Literal["seconds", "tokens"] = "seconds",
    aggregate: Literal["mean", "median", "p95"] = "median",
) -> Metric:
    return Metric(
        name=name,
        label=label,
        group="latency",
        better="lower",
        unit=unit,
        aggregate=aggregate,
        definition=definition,
        source=_OWN,
    )


_ALL = (
    *map(_hit_rate, (1, 5, 10)),
    *map(_recall, (5, 10, 100)),
    _retrieval(
        name="mrr@10",
        label="MRR @10",
        definition="One over the place of the first reference document among the first 10 documents found, "
        "0 if there is none.",
        source=_IR,
    ),
    _retrieval(
        name="ndcg@10",
        label="nDCG @10",
        definition="Gain of the reference documents among the first 10 documents found, each discounted by the "
        "logarithm of its place, over that of the best possible order.",
        source=f"Järvelin & Kekäläinen 2002; {_IR}",
    ),
    _retrieval(
        name="context_recall@5",
        label="Context recall @5",
        definition="Share of the characters of the reference contexts that the first 5 passages cover.",
        source="this project, after the recall over tokens of Smith & Troynikov 2024 (Chroma)",
    ),
    _answers(
        name="exact_match",
        label="Exact match",
        definition="Share of answerable questions whose answer equals a reference answer once case, punctuation, "
        "articles and white space are evened out.",
        source=_SQUAD,
    ),
    _answers(
        name="token_f1",
        label="Token F1",
        definition="Harmonic mean of precision and recall over the words that the answer shares with the closest "
        "reference answer.",
        source=_SQUAD,
    ),
    _answers(
        name="contains_reference",
        label="Contains the reference",
        definition="Share of answerable questions whose answer contains the words of a reference answer, in order.",
        source="accuracy as in Mallen et al. 2023, with words evened out as SQuAD's script does",
    ),
    _answers(
        name="rouge_l",
        label="ROUGE-L",
        definition="F-measure of the longest common subsequence of words with the closest reference answer, for "
        "questions whose reference answers all have more than 12 words.",
        source="Lin 2004; equal to Google's rouge_score without stemming",
    ),
    _citations(
        name="rightly_cited",
        label="Right and rightly cited",
        definition="Share of answerable questions whose answer contains a reference answer and has a citation that "
        "touches a reference context.",
        source=_OWN,
    ),
    _citations(
        name="citation_precision",
        label="Citation precision",
        definition="Share of an answer's citations that touch a reference context.",
        source=_ALCE,
    ),
    _citations(
        name="citation_recall",
        label="Citation recall",
        definition="Share of a question's reference contexts that a citation of the answer touches, or of its "
        "reference documents if it names no contexts.",
        source=_ALCE,
    ),
    _citations(
        name="anchors_exact",
        label="Anchors exact",
        definition="Share of an answer's citations whose quote is, character for character, what stands at that "
        "place in the stored document.",
        source=_OWN,
    ),
    _citations(
        name="claims_supported",
        label="Claims supported",
        definition="Share of the sentences written, dropped ones too, that the built-in checks found supported by the "
        "quotes they cite.",
        source="this project; the idea is that of faithfulness in Es et al. 2023 (ragas)",
    ),
    _refusals(
        name="hallucination_rate",
        label="Hallucination rate",
        better="lower",
        definition="Share of unanswerable questions that were answered.",
        source="false answers on unanswerable questions, as in SQuAD 2.0 (Rajpurkar et al. 2018)",
    ),
    _refusals(
        name="miss_rate",
        label="Miss rate",
        better="lower",
        definition="Share of answerable questions that were refused.",
        source="false refusals of answerable questions, as in SQuAD 2.0 (Rajpurkar et al. 2018)",
    ),
    _refusals(
        name="refusal_precision",
        label="Refusal precision",
        definition="Share of refused questions that are unanswerable.",
        source="precision of the class unanswerable",
    ),
    _refusals(
        name="refusal_recall",
        label="Refusal recall",
        definition="Share of unanswerable questions that were refused.",
        source="recall of the class unanswerable",
    ),
    _refusals(
        name="aurc",
        label="Area under risk–coverage",
        better="lower",
        definition="Mean share of wrong answers over all cut-offs of confidence, the most confident answers first, "
        "answers that a refusal withheld included.",
        source="Geifman & El-Yaniv 2017; Geifman, Uziel & El-Yaniv 2019",
    ),
    _cost(
        "retrieve_s",
        "Passages found, median",
        "Median seconds from the question until its passages are found.",
    ),
    _cost(
        "first_token_s",
        "First word, median",
        "Median seconds from the question until the model's first word, or until the refusal where it wrote none.",
    ),
    _cost(
        "total_s",
        "Checked answer, median",
        "Median seconds from the question until the checked answer.",
    ),
    _cost(
        "total_s_p95",
        "Checked answer, 95th percentile",
        "Seconds within which 95 of 100 questions are answered and checked.",
        aggregate="p95",
    ),
    _cost(
        "prompt_tokens",
        "Prompt tokens",
        "Mean number of tokens that the model reads for a question.",
        unit="tokens",
        aggregate="mean",
    ),
    _cost(
        "answer_tokens",
        "Answer tokens",
        "Mean number of tokens that the model writes for a question.",
        unit="tokens",
        aggregate="mean",
    ),
)

#: Every metric by name, in the order of tables.
METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})
