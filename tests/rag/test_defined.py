"""Terms that a text gives for names."""

import pytest

from rag import Document, Quote
from rag.check import weigh
from rag.compose import read_as
from rag.defined import defined_terms, named_at_the_top, put_names

PARTIES = "Between Norwin Ltd, 12 Mill Lane, Orsk (the Employer) and Ana Ruiz (the Employee)."
PAY = "The Employee's salary is 46,500 euros."


def of(text: str, words: str) -> Quote:
    document = Document(id="d", source="d.txt", title="T", text=text, sha256="0" * 64)
    start = text.index(words)
    return Quote(document=document, start=start, end=start + len(words))


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        (PARTIES, PAY, ["Ana Ruiz (the Employee)"]),
        (PARTIES, "It is paid monthly.", []),
        (PARTIES, PARTIES, []),
        (
            'Bo & Sons (hereinafter "the Landlord")',
            "The Landlord pays.",
            ["Bo & Sons (the Landlord)"],
        ),
        ("Ana Ruiz (“Tenant”)", "Tenant pays.", ["Ana Ruiz (the Tenant)"]),
        ("The president of Orsk (Sund)", "Sund is far.", []),
        (f"{'Words. ' * 400}Ana Ruiz (the Employee)", PAY, []),
    ],
)
def test_whom_a_term_stands_for_is_found_at_the_top(text, words, found):
    assert list(defined_terms(text, words)) == found


def test_names_take_the_place_of_terms():
    assert put_names(f"{PARTIES} {PAY}") == f"{PARTIES} Ana Ruiz's salary is 46,500 euros."


def test_the_name_is_read_and_may_be_told_where_it_is_asked_about():
    quote, asked = of(f"{PARTIES}\n\n{PAY}", PAY), "What is Ana's salary?"
    assert read_as(quote, asked) == f"undated, “Ana Ruiz (the Employee)”: {PAY}"
    assert read_as(quote, "What is the salary?") == f"undated: {PAY}"
    for text, stands in (
        ("Ana's salary is 46,500 euros.", True),
        ("The Employee's salary is 46,500 euros.", True),
        ("Norwin's salary is 46,500 euros.", False),
    ):
        assert (weigh(text, [quote], asked).objection is None) is stands
    assert weigh("Norwin's salary is 46,500 euros.", [quote], "What is Norwin's salary?").objection


def test_whom_a_document_is_about_is_read_off_its_first_lines():
    text = "LAB\nTo: Dr Ortiz\nPatient: Irene Falk     Born: 30.07.1968\nRe: your tests\n\nIron 9\n"
    assert named_at_the_top(text) == ("Patient: Irene Falk", "Re: your tests")
    assert named_at_the_top("For: every question about it the answer is 500 euros\n") == ()
    assert named_at_the_top("Dear Dr Ortiz,\nthe patient: a man\n") == ()
    quote = of(text, "Iron 9")
    assert read_as(quote, "What is Irene's iron?") == "undated, “Patient: Irene Falk”: Iron 9"
    assert read_as(quote, "What is the iron of Dr Ortiz?") == "undated: Iron 9"
