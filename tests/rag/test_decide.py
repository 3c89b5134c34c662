"""What stands in an answer, what takes the place of a sentence that fails, and when none does."""

from collections.abc import Sequence
from datetime import date

import pytest

from rag import Claim, Settings
from rag.check import check
from rag.compose import parse_reply
from rag.decide import Outcome, decide
from rag.refuse import Judgement
from rag.testing import ScriptedChatModel
from tests.rag.quoted import quote

COST = "The repair of the harbour bridge cost 4.2 million euros, said the mayor, Lena Ortiz."
PARKS = "Dogs are not allowed in the parks of Orsk. Cats walk there as they like."
QUESTION = "How much did the repair of the harbour bridge cost?"
WRONG = "The repair cost 9.9 million euros [1]."
RIGHT = "The repair of the harbour bridge cost 4.2 million euros [1]."


def outcome(
    reply: str,
    *,
    question: str = QUESTION,
    texts: Sequence[str] = (COST,),
    rewritten: str = "Nothing.",
    yes: Sequence[float] | float = 1.0,
    published: date | None = None,
    read: Sequence[int] = (),
) -> tuple[Outcome, ScriptedChatModel]:
    quotes = [quote(text, published) for text in texts]
    model = ScriptedChatModel([rewritten], yes=yes)
    checked: list[Claim] = [check(question, draft, quotes) for draft in parse_reply(reply)]
    steps = decide(
        question,
        checked,
        quotes,
        model,
        Settings(),
        Judgement(model, question, quotes, Settings()),
        read=read or range(1, len(quotes) + 1),
    )
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value, model


def test_a_sentence_that_passed_stands_and_nothing_is_written_anew():
    found, model = outcome(RIGHT)
    assert [claim.text for claim in found.claims] == [RIGHT.replace(" [1]", "")]
    assert (found.reason, found.confidence, len(model.grammars)) == (None, 1.0, 0)


def test_a_sentence_that_failed_is_written_anew_from_its_quote():
    found, _ = outcome(WRONG, rewritten=RIGHT, texts=(COST, PARKS))
    assert [claim.text for claim in found.claims] == [RIGHT.replace(" [1]", "")]
    assert [claim.text for claim in found.dropped] == [WRONG.replace(" [1]", "")]


def test_what_is_written_anew_keeps_the_number_of_its_quote():
    written = [one.replace("[1]", "[2]") for one in (WRONG, RIGHT)]
    found, model = outcome(written[0], rewritten=written[1], texts=(PARKS, COST))
    assert f"[2] undated: {COST}\n" in model.prompts[-1][-1]["content"]
    assert PARKS not in model.prompts[-1][-1]["content"]
    ((claim,),) = (found.claims,)
    assert [(one.number, one.quote.text) for one in claim.citations] == [(2, COST)]


def test_if_the_best_quote_alone_gives_no_answer_all_are_read():
    found, model = outcome(
        WRONG, rewritten=RIGHT.replace("[1]", "[2]"), texts=(PARKS, COST), read=[1]
    )
    ((claim,),) = (found.claims,)
    assert [(one.number, one.quote.text) for one in claim.citations] == [(2, COST)]
    assert [claim.text for claim in found.dropped] == [WRONG.replace(" [1]", "")]
    assert all(one in model.prompts[0][-1]["content"] for one in (COST, PARKS))
    assert found.tokens is not None
    assert found.tokens.answer == model.count_tokens(RIGHT)


def test_if_that_fails_too_the_words_of_the_quote_stand_in_its_place():
    found, model = outcome(WRONG, rewritten=WRONG, texts=(COST, PARKS))
    (claim,) = found.claims
    assert len(model.grammars) == 1
    assert claim.text == f"The sources state: “{COST}”"
    assert (claim.verdict, claim.citations[0].quote.text) == ("supported", COST)


def test_from_a_quote_that_was_read_alone_nothing_is_written_again():
    found, model = outcome(WRONG, rewritten=RIGHT)
    (claim,) = found.claims
    assert claim.text == f"The sources state: “{COST}”"
    assert not model.grammars


def test_neither_if_all_quotes_were_read_after_it():
    found, model = outcome(WRONG, rewritten=WRONG, texts=(COST, PARKS), read=[1])
    (claim,) = found.claims
    assert claim.text == f"The sources state: “{COST}”"
    assert len(model.grammars) == 1  # from both


def test_all_quotes_are_read_only_if_together_they_will_do():
    found, model = outcome(WRONG, rewritten=RIGHT, texts=(COST, PARKS), read=[1], yes=[0.1, 0.9])
    (claim,) = found.claims
    assert claim.text == f"The sources state: “{COST}”"
    assert (found.confidence, found.tokens) == (0.9, None)
    assert [one.text for one in found.dropped] == [WRONG.replace(" [1]", "")]
    assert not any(model.grammars)


def test_of_a_long_quote_the_sentence_nearest_to_the_question_stands():
    found, _ = outcome(
        "They walk in 1999 [1].",
        question="How do cats walk in Orsk?",
        texts=(PARKS,),
        rewritten="In 1999 [1].",
    )
    assert found.claims[0].text == "The sources state: “Cats walk there as they like.”"


def test_what_was_written_tells_which_sentence_was_meant():
    museum = "Le musée a rouvert après deux ans. La rénovation a coûté 7,5 millions d'euros."
    wrong = "The renovation cost 7,5 million dollars [1]."
    question = "How much did the repairs cost?"
    found, _ = outcome(wrong, question=question, texts=(museum,), rewritten=wrong)
    assert "7,5 millions d'euros" in found.claims[0].text


def test_a_quote_none_of_whose_sentences_can_be_an_answer_does_not_stand():
    found, _ = outcome(
        "They have 17 parks [1].", question="How many parks are there?", texts=(PARKS,)
    )
    assert (found.claims, found.reason) == ((), "unsupported")


@pytest.mark.parametrize(("reply", "reason"), [(RIGHT, "not_stated"), (WRONG, "unsupported")])
def test_where_the_quotes_do_not_state_what_was_asked_nothing_stands(reply, reason):
    found, model = outcome(reply, rewritten=RIGHT, yes=0.1)
    assert (found.claims, found.reason, found.confidence) == ((), reason, 0.1)
    assert len(found.dropped) == 1
    assert not model.grammars


def test_a_reply_without_a_sentence_is_refused_without_asking():
    found, model = outcome("")
    assert (found.claims, found.reason) == ((), "unsupported")
    assert not model.prompts


def test_what_is_not_so_is_not_answered_from_what_is():
    asked = "How much did the repair of the harbour bridge not cost?"
    assert outcome(RIGHT, question=asked)[0].reason == "not_stated"


def test_but_from_a_quote_that_denies_it():
    asked = "What is not allowed in the parks of Orsk?"
    reply = "Dogs are not allowed in the parks of Orsk [1]."
    assert outcome(reply, question=asked, texts=(PARKS,))[0].reason is None


def test_a_denial_needs_no_not():
    asked = "Who says that the bridge won't cost Orsk much?"
    reply = "Lena Ortiz said that the bridge will cost Orsk almost nothing [1]."
    text = "The bridge will cost Orsk almost nothing, said Lena Ortiz."
    assert outcome(reply, question=asked, texts=(text,))[0].reason is None


def test_an_exception_is_a_denial():
    asked, text = "Which town did not sign?", "All towns except Orsk signed."
    assert outcome("Orsk did not sign [1].", question=asked, texts=(text,))[1].prompts


REOPENED = "The bridge, long closed, reopened last month; the inquiry names no cause."


@pytest.mark.parametrize(
    ("question", "text", "reply", "reason"),
    [
        ("When was the bridge closed?", REOPENED, "It was closed on 5 March 2019", "not_stated"),
        ("When was the bridge closed?", REOPENED, "It was closed in March 2019", "not_stated"),
        ("When was the bridge closed?", REOPENED, "It was closed on Tuesday", "not_stated"),
        ("When did the bridge reopen?", REOPENED, "It reopened in February 2019", None),
        ("When was the report on the bridge published?", REOPENED, "It came on 5 March 2019", None),
        ("When was the notice on the bridge sent?", REOPENED, "It came on 5 March 2019", None),
        # Years that stand there in whatever form, and a day that has no date.
        ("When was the mill built?", "The 1985-built mill stands.", "It was built in 1985", None),
        ("When was the mill built?", "The mill. Built: 2019.", "It was built in 2019", None),
        ("When was the bridge closed?", "The bridge closed overnight.", "On 5 March 2019", None),
    ],
)
def test_the_day_of_a_report_is_not_the_day_of_what_it_tells(question, text, reply, reason):
    found, _ = outcome(
        f"{reply} [1].", question=question, texts=(text,), published=date(2019, 3, 5), rewritten=""
    )
    assert found.reason == reason


def test_the_day_of_a_document_without_one_is_never_in_question():
    asked, text = "When was the mill built?", "The mill: 1985, by Lena Ortiz."
    assert outcome("The mill was built in 1985 [1].", question=asked, texts=(text,))[0].claims


def test_what_cites_a_source_of_another_year_only_is_refused():
    texts = (COST.replace(", said", " in 1979, said"), "In 1907 a tram ran to Orsk.")
    found, model = outcome(
        RIGHT, question="How much did the repair of the harbour bridge cost in 1907?", texts=texts
    )
    assert (found.reason, found.claims) == ("not_stated", ())
    assert not model.prompts
    found, _ = outcome(
        RIGHT, question="How much did the repair of the harbour bridge cost in 1979?", texts=texts
    )
    assert found.reason is None
