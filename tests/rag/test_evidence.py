"""Quotes: verbatim, few, and whole enough to be understood."""

from dataclasses import replace
from itertools import pairwise

import pytest

from rag import Chunk, Document, Passage
from rag.evidence import build_quotes, score_sentences
from rag.split import split_sentences
from rag.testing import HashEmbedder
from rag.wording import content_words, stem


class FlatEmbedder(HashEmbedder):
    """To which all texts are alike."""

    def embed(self, texts):
        return [[1.0, *[0.0] * (self.dimension - 1)] for _ in texts]


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


@pytest.mark.parametrize(
    "said",
    [
        "“The terns come back every single spring.”",
        '"The terns come back every single spring."',
        "The terns come back every single spring.”",
    ],
)
def test_words_in_quotation_marks_bring_the_sentence_that_says_whose_they_are(said):
    text = f"“Storks nest here,” said Ivo Brandt of the bird station. {said} The harbour froze."
    (first, *_) = quotes("Do the terns come back in spring?", text, budget=40)
    assert "Ivo Brandt" in first.text
    assert said in first.text


def test_a_quotation_that_names_its_speaker_stands_alone():
    text = "Storks nest on the roofs.\n“The terns come back every spring,” said Ivo Brandt."
    (first, *_) = quotes("Do the terns come back in spring?", text, budget=9)
    assert first.text == "“The terns come back every spring,” said Ivo Brandt."


def test_a_short_line_is_quoted_whole_and_a_long_one_is_not():
    text = "E5: Low pressure. Top up.\nE9: Fan fault. Do not reset. Call an engineer.\n\nServicing costs 80 euros."
    (first, *_) = quotes("What does fan fault E9 mean?", text, budget=12)
    assert first.text == "E9: Fan fault. Do not reset. Call an engineer."
    text = text.replace(
        "Call an engineer.", "Call an engineer. " + "Engineers come on weekdays. " * 10
    )
    (first, *_) = quotes("What does fan fault E9 mean?", text, budget=12)
    assert "Engineers" not in first.text


def test_rows_of_a_table_are_quotes_of_their_own():
    rows = [
        "day: 2 April; what: Flight to Oslo; sum: 212",
        "day: 3 April; what: Hotel in Oslo; sum: 318",
    ]
    found = quotes("When was the flight to Oslo?", "\n\n".join(rows))
    assert [one.text for one in found] == rows


@pytest.mark.parametrize(
    "text",
    [
        "Notes\nGarbage every second Tuesday\nKey\nMilk",
        "- Garbage every second Tuesday\n- Milk",
        "Garbage: every second Tuesday",
    ],
)
def test_a_short_line_of_a_list_is_evidence(text):
    (first, *_) = quotes("When is the garbage collected?", text)
    assert "every second Tuesday" in first.text


def test_a_short_line_that_stands_alone_is_none():
    (only,) = quotes(
        "Where is the milk?", "Garbage every second Tuesday\n\nMilk is in the fridge of course."
    )
    assert only.text.startswith("Milk")


MINUTES = "Plant sale\n\nIt will be held in the hall.\n\nNext meeting\n\n8 April at Ruth's house."


def test_a_heading_goes_with_what_stands_below_it_where_it_says_what_is_asked_about():
    first, *others = quotes("When is the next meeting?", MINUTES)
    assert first.text == "Next meeting\n\n8 April at Ruth's house."
    assert all("Next meeting" not in one.text for one in others)
    assert "8 April at Ruth's house." in [one.text for one in quotes("Where is Ruth?", MINUTES)]


def test_a_question_goes_with_what_answers_it():
    text = "**Q: Who was the model for the captain?**\n\nMy grandmother did it all.\n\nHe left."
    (first, *_) = quotes("Who was the model for the captain?", text, budget=14)
    assert first.text.endswith("captain?**\n\nMy grandmother did it all.")


def test_what_opens_a_paragraph_goes_with_it_where_it_says_what_is_asked_about():
    opening = "Our visit to the museum is on 9 October."
    text = f"{opening} {'The coach of the school leaves early from the north gate. ' * 3}It is £14 for pupils."
    (first, *_) = quotes("How much is the museum for pupils?", text, budget=60)
    assert first.text == text
    (first, *_) = quotes("How much is it for pupils?", text, budget=12)
    assert opening not in first.text
    long = text.replace("The coach", "The old and very slow coach of the northern company")
    (first, *_) = quotes("How much is it for pupils of the museum?", long, budget=30)
    assert first.text != long


def test_words_of_the_heading_count_for_the_sentences_under_it():
    text = (
        "Sund\n\nThe hall is old. The gate is shut.\n\nOrsk\n\nThe hall is new. The gate is open."
    )
    (first, *_) = quotes("What of the gate of Orsk?", text, budget=8)
    assert "The gate is open." in first.text


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
    assert all(one.text != "Menu" for one in quotes("Menu", TEXT, budget=500))
    assert all("Menu" not in one.text for one in quotes("lighthouse", TEXT, budget=500))


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


def test_the_best_sentence_is_in_the_first_quote_though_something_is_set_aside_before_it():
    text = "The ferry to Orsk is old. SHARE THIS. The ferry to Orsk leaves at nine on Sundays."
    (found,) = passages(text)
    spans = [span for span in split_sentences(text) if "SHARE" not in text[span.start : span.end]]
    (first, second) = build_quotes(
        "When does the ferry to Orsk leave on Sundays?",
        [found],
        {"d0": spans},
        HashEmbedder(),
        budget=60,
        count_tokens=lambda text: len(text.split()),
    )
    assert (first.text, second.text) == tuple(text[one.start : one.end] for one in reversed(spans))


def test_of_equal_sentences_that_of_the_better_passage_comes_first():
    texts = ("The ferry leaves at nine in winter.", "The ferry leaves at ten in summer.")
    for scores in ((1.0, 0.2), (0.2, 1.0)):
        found = [
            replace(one, score=score) for one, score in zip(passages(*texts), scores, strict=True)
        ]
        sentences = {one.document.id: split_sentences(one.document.text) for one in found}
        best = score_sentences("At what hour does the ferry go?", found, sentences, HashEmbedder())
        assert best[0].document.text == texts[scores.index(1.0)]


def test_a_rare_word_of_the_question_weighs_more_than_a_common_one():
    text = "The Norwin report praises ports. The Norwin report praises roads. Lighthouses shine at night."
    (found,) = passages(text)
    scored = score_sentences(
        "Which Norwin text names lighthouses?",
        [found],
        {"d0": split_sentences(text)},
        FlatEmbedder(),
    )
    assert text[scored[0].span.start : scored[0].span.end] == "Lighthouses shine at night."


def test_no_passages_no_quotes():
    assert quotes("anything") == ()


def test_words_compare_without_endings_and_small_words():
    assert content_words("The ships docked") == content_words("ship docking")
    assert stem("russia's") == "russia"
    assert content_words("Wagner’s") == content_words("Wagner's")
