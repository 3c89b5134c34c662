"""Quotes: verbatim, few, and whole enough to be understood."""

from itertools import pairwise

import pytest

from rag import Chunk, Document, Passage
from rag.evidence import build_quotes, score_sentences
from rag.split import split_sentences
from rag.testing import HashEmbedder
from rag.wording import content_words, stem

TEXT = (
    "Menu\n\nThe old lighthouse stands on the northern cape of the island. It was built by Ivo Brandt in "
    "1844. Ferries leave every morning from the southern harbour. The harbour café opens at seven. "
    "Visitors may climb the lighthouse on Sundays. Dogs must stay on the lead."
)


def passages(*texts: str) -> list[Passage]:
    found = []
    for number, text in enumerate(texts):
        document = Document(
            id=f"d{number}", source=f"{number}.txt", title="T", text=text, sha256="0" * 64
        )
        chunk = Chunk(id=f"{number}:0", document_id=document.id, start=0, end=len(text))
        found.append(Passage(chunk=chunk, document=document, score=1.0, rank=number + 1))
    return found


def quotes(question: str, *texts: str, budget: int = 60):
    found = passages(*texts)
    return build_quotes(
        question,
        found,
        {one.document.id: split_sentences(one.document.text) for one in found},
        HashEmbedder(),
        budget=budget,
        count_tokens=lambda text: len(text.split()),
    )


def test_the_answering_sentence_comes_first_and_is_verbatim():
    first = quotes("When do visitors climb the lighthouse?", TEXT, budget=20)[0]
    assert "Visitors may climb the lighthouse on Sundays." in first.text
    assert TEXT[first.start : first.end] == first.text


def test_a_sentence_that_opens_with_a_pronoun_brings_the_one_before():
    (first, *_) = quotes("Who built it in 1844?", TEXT, budget=30)
    assert first.text.startswith("The old lighthouse")
    assert "Ivo Brandt" in first.text


def test_neighbours_become_one_quote():
    texts = [
        one.text for one in quotes("old lighthouse northern cape island Ferries morning", TEXT)
    ]
    assert len(texts) == len(set(texts))
    spans = sorted(
        (one.start, one.end) for one in quotes("lighthouse harbour ferries", TEXT, budget=200)
    )
    assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_headings_and_buttons_are_no_evidence():
    assert all("Menu" not in one.text for one in quotes("Menu", TEXT, budget=500))


@pytest.mark.parametrize("budget", [8, 20, 40])
def test_the_budget_holds_beyond_the_best_sentence(budget):
    found = quotes("lighthouse harbour ferries visitors dogs", TEXT, budget=budget)
    assert found
    spent = sum(len(one.text.split()) for one in found)
    assert spent <= max(budget, 25)


def test_a_question_for_a_number_prefers_a_sentence_with_one():
    text = "The tower of the church is tall and old. The tower is 30 metres tall."
    (found,) = passages(text)
    best = score_sentences(
        "How many metres tall is the church tower?",
        [found],
        {"d0": split_sentences(text)},
        HashEmbedder(),
    )[0]
    assert text[best.span.start : best.span.end] == "The tower is 30 metres tall."


def test_no_passages_no_quotes():
    assert quotes("anything") == ()


def test_words_compare_without_endings_and_small_words():
    assert content_words("The ships docked") == content_words("ship docking")
    assert stem("russia's") == "russia"
    assert content_words("Wagner’s") == content_words("Wagner's")
