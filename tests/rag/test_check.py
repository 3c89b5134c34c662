"""What its quotes do not support never stands."""

from datetime import date

import pytest

from rag import Citation, Document, Quote
from rag.agreement.amounts import read_amount
from rag.asked import asks_for_several, denies_alone, gives_what_is_asked
from rag.check import MIN_SUPPORT, check, support_of, weigh
from rag.compose import Draft
from rag.verbatim import quote_as_claim


def quote(text: str, published: date | None = None) -> Quote:
    document = Document(
        id="d", source="d.txt", title="T", text=text, sha256="0" * 64, published=published
    )
    return Quote(document=document, start=0, end=len(text))


QUOTES = [
    quote("Norwin closed its plant in Gdansk last month, the group said.", date(2022, 1, 20)),
    quote("The bridge cost 4.2 million euros, said the mayor, Lena Ortiz."),
]


def test_only_the_quotes_that_were_read_are_tried():
    draft = Draft("The bridge cost 4.2 million euros.", (2,))
    assert check("", draft, QUOTES, among=[2]).verdict == "supported"
    other = check("", draft, QUOTES, among=[1])
    assert (other.verdict, other.citations) == ("unsupported", ())


def test_a_sentence_its_quote_states_is_supported():
    claim = check("", Draft("The bridge cost 4.2 million euros.", (2,)), QUOTES)
    assert (claim.verdict, [one.number for one in claim.citations]) == ("supported", [2])
    assert claim.support == 1.0


def test_a_sentence_that_points_to_the_wrong_quote_is_pointed_to_the_right_one():
    claim = check("", Draft("The bridge cost 4.2 million euros.", (1,)), QUOTES)
    assert (claim.verdict, [one.number for one in claim.citations]) == ("supported", [2])


def test_a_quote_that_holds_clearly_more_is_cited_instead():
    quotes = [quote("Norwin closed a plant."), quote("Norwin closed its plant in Gdansk for good.")]
    claim = check(
        "Where was the plant of Norwin closed for good?",
        Draft("Norwin closed its plant in Gdansk for good.", (1,)),
        quotes,
    )
    assert [one.number for one in claim.citations] == [2]
    same = [quotes[1], quotes[1]]
    claim = check("", Draft("Norwin closed its plant in Gdansk for good.", (2,)), same)
    assert [one.number for one in claim.citations] == [2]


@pytest.mark.parametrize("number", [0, 3, 99])
def test_a_number_that_names_no_quote_is_dropped(number):
    claim = check("", Draft("The bridge cost 4.2 million euros.", (number,)), QUOTES)
    assert [one.number for one in claim.citations] == [2]


@pytest.mark.parametrize(
    "text",
    [
        "The bridge cost 4.3 million euros.",
        "The bridge cost 4.2 million euros in 2019.",
        "The bridge cost 4.2 million euros, said Ivo Brandt.",
        "Turtles swim along the coast of Borneo every winter.",
    ],
)
def test_a_changed_number_name_or_matter_is_not_supported(text):
    assert check("", Draft(text, (2,)), QUOTES).verdict == "unsupported"


def test_why_a_sentence_does_not_stand_is_said_of_the_quote_that_it_cites():
    wrong = check("", Draft("The bridge cost 4.3 million euros.", (2,)), QUOTES)
    assert wrong.reason == "the source does not mention 4.3 million"
    other = check("", Draft("Turtles swim along the coast every winter.", (2,)), QUOTES)
    assert other.reason == "the quotes hold too little of it"
    assert check("", Draft("The bridge cost 4.2 million euros.", (2,)), QUOTES).reason is None


def test_a_relative_date_may_be_spelled_out():
    assert support_of("Norwin closed its plant in December 2021.", QUOTES[:1]) >= 0.5
    assert support_of("Norwin closed its plant in December 2020.", QUOTES[:1]) == 0.0


def test_whoever_rules_a_people_is_not_taken_for_it():
    text = (
        "He modelled his rule on that of Chinese dynasties, adopting the Chinese era name of Zhong."
    )
    said = "Kublai adopted the Chinese era name of Zhong."
    asked = "What Chinese era name did Kublai adopt?"
    assert check(asked, Draft(said, (1,)), [quote(text)]).verdict == "supported"


def test_apostrophes_of_another_kind_are_the_same():
    curly = [quote("The Jama’at group, led by Côte d`Ivoire’s envoy, said so.")]
    assert support_of("The Jama'at group said so, led by the envoy of Côte d'Ivoire.", curly) > 0.8


def test_a_name_from_the_question_may_be_repeated():
    text = "Norwin of Poland closed its plant in Gdansk."
    assert support_of(text, QUOTES[:1]) == 0.0
    assert support_of(text, QUOTES[:1], "When did Norwin of Poland close it?") > 0.5
    # Who asks whether it was Norwin of Poland has no answer from a source that does not say so.
    assert support_of(text, QUOTES[:1], "Did Norwin of Poland close it?") == 0.0


def test_a_sentence_that_only_gives_the_question_back_is_not_supported():
    asked = "What did Lena Ortiz say of ferries and of trams in Orsk?"
    source = [quote("There is a gap in the fares, said Lena Ortiz of Orsk.")]
    assert check(asked, Draft("Ferries and trams say.", (1,)), source).verdict == "unsupported"
    assert check(asked, Draft("Ortiz of Orsk said of ferries.", (1,)), source).citations


def test_what_letters_in_brackets_stand_for_may_be_said():
    text = "The al-Gdansk linked union Ruch Wolna al-Praca wal-Solidar (RWPX) stopped dozens of ships. Norwin stood by."
    assert support_of("RWPX stands for Ruch Wolna al-Praca wal-Solidar.", [quote(text)]) > 0.5
    assert support_of("Norwin stands for Ruch Wolna al-Praca wal-Solidar.", [quote(text)]) == 0.0


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ("The lease is for 3 years.", False),
        ("The lease is for three years.", False),
        ("The lease is of 3 March 2023.", True),
        ("The lease is of the 3rd.", True),
        ("Clause 3 of the lease is about the rent.", True),
        ("The lease has 2 tenants.", True),
        ("The 2023 lease has 2 tenants.", True),
    ],
)
def test_a_day_of_a_month_and_the_number_of_a_clause_count_nothing(said, stands):
    source = quote("The lease of 3 March 2023 has 2 tenants; clause 3 is about the rent.")
    assert (weigh(said, [source], "How long is the lease?").objection is None) is stands


def test_a_yes_is_about_what_its_source_speaks_of():
    asked, said = "Are cats allowed?", Draft("Cats are allowed.", (1,))
    for text, stands in (
        ("It was decided that bonfires are allowed only in October.", False),
        ("No dogs are allowed, but cats are.", True),
        ("Our cat came along: they are allowed everywhere.", True),
    ):
        assert (check(asked, said, [quote(text)]).verdict == "supported") is stands
    german, source = (
        Draft("Ja, Hunde sind erlaubt.", (1,)),
        quote("Haustiere sind nur mit Zustimmung erlaubt."),
    )
    assert check("Sind Hunde erlaubt?", german, [source]).verdict == "unsupported"
    assert check("What is allowed?", said, [quote("Cats, dogs: all are allowed.")]).citations


def test_a_mark_of_markdown_does_not_join_a_heading_to_what_follows():
    source = [quote("**Water.** The leak was repaired by Norwin for 186 euros.")]
    claim = check("Who repaired the leak?", Draft("Norwin repaired the leak.", (1,)), source)
    assert claim.verdict == "supported"


def test_the_title_says_what_the_quote_is_about():
    text = "We fly with Norwin from Orsk on 2 August at noon."
    document = Document(id="d", source="d.eml", title="Trip to Gdansk", text=text, sha256="0" * 64)
    source = [Quote(document=document, start=0, end=len(text))]
    said = "Yes, the trip to Gdansk is with Norwin from Orsk at noon."
    assert support_of(said, source, "Is the trip to Gdansk with Norwin?") > 0.5
    assert support_of(said, [quote(text)], "Is the trip to Gdansk with Norwin?") == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "The council of Orsk approved the bridge on Monday, but rejected the road to Ardal.",
        "The council of Orsk approved the bridge on Monday. However, it rejected the road to Ardal.",
        "Though talks on the road to Ardal ended in nothing, the council of Orsk approved the bridge on Monday.",
    ],
)
def test_half_a_contrast_is_no_answer_to_who_asks_about_both(text):
    asked, quotes = "Did the council approve the bridge and the road to Ardal?", [quote(text)]
    half = Draft("Yes, the council of Orsk approved the bridge on Monday.", (1,))
    reason = check(asked, half, quotes).reason or ""
    assert reason.startswith("the source sets against it: ")
    assert "the road to Ardal" in reason
    mixed = Draft("Yes, the council of Orsk approved the bridge and the road to Ardal.", (1,))
    assert (check(asked, mixed, quotes).reason or "").startswith("the source sets against it: ")
    assert check("Did the council approve the bridge?", half, quotes).verdict == "supported"
    whole = Draft("The council approved the bridge, but not the road to Ardal.", (1,))
    assert not (check(asked, whole, quotes).reason or "").startswith("the source sets")


def test_a_first_half_leans_on_nothing_that_comes_after_it():
    text = "They have helped the army to win back the north, but they still struggle to hold Ardal and Orsk."
    said = "Yes, they have helped the army as well in Ardal and Orsk as in the north."
    asked = "Have they helped the army as well in Ardal and Orsk as in the north?"
    reason = check(asked, Draft(said, (1,)), [quote(text)]).reason or ""
    assert reason.startswith("the source sets against it: but they still struggle")


def test_what_leans_on_the_first_half_may_take_its_words():
    source = [quote("Although the bridge in Orsk was built in 1950, it was widened in 1990.")]
    said = Draft("Yes, the bridge in Orsk was widened in 1990.", (1,))
    assert check("Was the bridge in Orsk widened in 1990?", said, source).verdict == "supported"


@pytest.mark.parametrize(
    ("question", "text", "gives"),
    [
        ("How many pairs nest there?", "There are 312 pairs.", True),
        ("How many pairs nest there?", "Many pairs nest there.", False),
        ("How many pairs nest there?", "Pairs nest there from 3 March, says page 12.", False),
        ("What percentage of arms comes from China?", "China is a leading supplier.", False),
        ("How long does it run?", "It runs for eighteen months.", True),
        ("How long does it run?", "It runs until 3 March 2025.", True),
        ("How long does it take?", "It takes 5 pm.", False),
        ("How long is it open?", "It is open until 5 pm.", True),
        ("How long is the lease?", "The terms of the lease of 3 March 2023 stay in force.", False),
        ("How long is the lease?", "From 1 October 2024 the rent is £1,240 per month.", False),
        ("How long is the lease?", "It runs from 1 October 2024 to 30 June 2025.", True),
        ("How old is she?", "She was told to rest for two weeks.", False),
        ("How old is she?", "She was born on 2 May 1951.", True),
        ("How old is she?", "Ann Berg (42) was hurt.", True),
        ("How long is the bridge?", "The bridge is 1,240 metres long.", True),
        ("Who is the landlord?", "The Landlord maintains the boiler.", False),
        ("Who is the landlord?", "The landlord is a company from Orsk.", True),
        ("Who is the landlord?", "Lena Ortiz.", True),
        ("Who's our vet?", "Our vet wants to see him again.", False),
        ("When did it close?", "It closed in December 2021.", True),
        ("When did it close?", "It closed for repairs.", False),
        ("When did it close?", "It closed after the repairs.", False),
        ("When is it closed?", "It is closed on Sundays.", True),
        ("When does it open?", "It opens at 7 pm.", True),
        ("When does it open?", "It opens at 19:30.", True),
        ("When is it open?", "It is open at weekends.", True),
        ("When should I add salt?", "Add salt once the lentils are soft.", True),
        ("When should I add salt?", "Add salt to the lentils.", False),
        ("When is salt added?", "Salt is added when salt is added.", False),
        ("In which year was it built?", "It was built in 1603.", True),
        ("How many dogs may one member bring?", "One member may bring their own dog.", False),
        ("How much does one ticket cost?", "One ticket costs 5 euros.", True),
        ("How many copies does one member get?", "One member gets one.", True),
        ("How old is Irene Falk?", "Irene Falk is 42.", True),
        ("How old is the dog?", "The dog cost 42 euros.", False),
        ("How old is the dog?", "The share is 42 percent.", False),
        ("Who opened the bridge?", "The bridge opened.", False),
        ("Who opened the bridge?", "Lena Ortiz opened the bridge.", True),
        ("Did the bridge open?", "Yes, the bridge did open.", True),
        ("Who do I ask about it?", "You should ask about it.", False),
        ("Did the bridge open?", "The bridge opened.", True),
        ("Did the bridge open or close?", "The bridge opened.", True),
        ("What happened when it closed?", "Workers protested.", True),
        ("Where did the plane come down?", "The plane crashed in July 2023.", False),
        (
            "Where did the plane come down?",
            "The plane crashed, in response, two months later.",
            False,
        ),
        ("Where did the plane come down?", "The plane came down in a bad accident.", False),
        ("Where did the plane come down?", "The plane crashed near the harbour in July.", True),
        ("And where will they meet?", "The venue is Gdansk.", True),
        ("And where will they meet?", "Gdansk.", True),
        ("Where do they meet?", "They meet in May at the town hall.", True),
        ("Why did the bridge close?", "The bridge closed on Monday.", False),
        ("Why did the bridge close?", "The bridge closed because its pillars had cracks.", True),
        ("Why did the bridge close?", "Cracks were found in two pillars.", True),
        (
            "What reason did Norwin give for the move?",
            "Norwin announced the move last week (2 to 8 June 2025).",
            False,
        ),
        ("For what reason did Norwin move?", "Norwin moved to save on rent.", True),
        ("Why do they buy Norwinian ships?", "Norwinia builds 44% of all ships.", False),
        ("Why was the road closed?", "The road was closed by flooding.", True),
        ("Why was the flight delayed?", "Fog delayed the flight.", True),
        ("Why is the bridge famous?", "The bridge is the longest in Europe.", True),
    ],
)
def test_an_answer_must_give_what_was_asked(question, text, gives):
    assert gives_what_is_asked(question, text) is gives


@pytest.mark.parametrize(
    ("question", "alone"),
    [
        ("Who was not invited?", True),
        ("Which ports don't have a crane?", True),
        ("Name the countries that did not sign.", True),
        ("Which is the port that doesn't have a crane?", True),
        ("Who was invited?", False),
        ("Where did Norwin say that it wasn't closing?", False),
    ],
)
def test_what_a_question_denies_the_source_must_deny(question, alone):
    assert denies_alone(question, "Lena Ortiz was invited.") is alone
    assert not denies_alone(question, "Ivo Brandt was not invited.")


@pytest.mark.parametrize(
    "question",
    [
        "Which ports were rebuilt?",
        "Name the leaders who came.",
        "What is the difference between the reserve and the park?",
        "Where was it built, and who paid?",
        "Is Norwin still in Gdansk?",
        "Who were the founders?",
        "Do all the reports name the same cause?",
    ],
)
def test_some_questions_may_need_several_quotes(question):
    assert asks_for_several(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who opened the bridge?",
        "When did the plant close?",
        "How much was paid?",
        "What is the status of the bus?",
        "Which news outlet did the mayor talk to?",
    ],
)
def test_others_need_one(question):
    assert not asks_for_several(question)


DEPLOYED = quote(
    "Wardens have guarded the northern islands since December 2020. Rangers came from 2010 to 2014.",
    date(2024, 6, 10),
)


@pytest.mark.parametrize(
    ("year", "stands"), [(2022, True), (2012, True), (2019, False), (2024, False)]
)
def test_a_year_that_is_asked_about_may_lie_within_what_the_source_speaks_of(year, stands):
    text = f"Wardens guarded the northern islands in {year}."
    if year == 2012:
        text = "Rangers came to the northern islands in 2012."
    asked = support_of(text, [DEPLOYED], f"Who guarded the northern islands in {year}?")
    assert (asked > 0) is stands
    assert support_of(text, [DEPLOYED], "Who guarded the northern islands?") == 0


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("The plant opened in the 1990s.", "The plant opened in 1995."),
        (
            "Wardens have come since December 2020. The ferry sank in May.",
            "The ferry sank in 2022.",
        ),
    ],
)
def test_what_only_happened_at_some_time_did_not_happen_in_any_year_asked_about(source, text):
    asked = text.replace("The", "Did the").replace(".", "?")
    assert support_of(text, [quote(source, date(2024, 6, 10))], asked) == 0


REPORT = quote(
    "In 1987 the survey counted 312 pairs, two more than in 1979. Lena Ortiz praised Ivo Brandt, whom the city of "
    "Orsk had rejected in March 1985. Exports to Norway rose in the second half of 1990, and the plant was not closed. "
    "On 4 March 2019 the harbour, built by the Orbis company (Turin), reopened at a cost of 4.2 million euros. "
    "The Bergen-based Norwin group was not asked."
)


@pytest.mark.parametrize(
    "text",
    [
        "The survey counted 312 pairs in 1987.",
        "The survey counted 312 pairs in 1987, 2 more than in 1979.",
        "Ivo Brandt was praised by Lena Ortiz.",
        "Ortiz praised Brandt.",
        "The Norwin group is based in Bergen.",
        "The city of Orsk rejected Ivo Brandt in March 1985.",
        "The plant was not closed, and exports to Norway rose in the second half of 1990.",
        "The plant wasn't closed.",
        "The harbour reopened in March 2019.",
        "The harbour reopened on 4 March 2019 at a cost of 4,200,000 euros.",
    ],
)
def test_what_is_said_in_other_words_is_supported(text):
    assert weigh(text, [REPORT]).objection is None
    assert check("", Draft(text, (1,)), [REPORT]).verdict == "supported"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (
            "Yes, the mayor is likely to step down.",
            "It is unlikely that the mayor of Orsk will step down.",
        ),
        ("The trip is possible.", "It is impossible to make the trip before May."),
    ],
)
def test_what_is_denied_in_front_of_a_word_is_the_reverse_wherever_the_word_stands(text, source):
    assert "the source says" in (weigh(text, [quote(source)]).objection or "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "The survey counted 1987 pairs in 312.",
            "where the sentence says 1987 the source says 312",
        ),
        (
            "In 1979 the survey counted 312 pairs.",
            "where the sentence says 1979 the source says 1987",
        ),
        ("The survey counted 313 pairs in 1987.", "the source does not mention 313"),
        (
            "In 1987 the survey counted three hundred pairs.",
            "the source does not mention three hundred",
        ),
        (
            "Ivo Brandt praised Lena Ortiz.",
            "the source has Ivo Brandt and Lena Ortiz the other way round",
        ),
        (
            "Lena Brandt praised Ivo Ortiz.",
            "where the sentence says Lena Brandt the source says Lena Ortiz",
        ),
        ("The city of Norway had rejected Ivo Brandt in March 1985.", "Orsk"),
        ("The city of Orsk had rejected him in May 1985.", "the source does not mention May"),
        ("Exports to Norway rose in the first half of 1990.", "where the sentence says first"),
        ("Exports to Norway fell in the second half of 1990.", "fell where the source says rose"),
        (
            "Exports to Norway did not rise; the survey counted no pairs.",
            "the source does not deny",
        ),
        ("The city of Orsk had accepted Ivo Brandt.", "accepted where the source says rejected"),
        ("Exports rose, and the plant was closed.", "the source denies “closed”"),
        ("The harbour reopened on 4 May 2019.", "the source does not mention May"),
        (
            "The harbour reopened at a cost of 4.2 billion euros.",
            "the source does not mention 4.2 billion",
        ),
    ],
)
def test_a_sentence_that_takes_one_thing_for_another_is_not_supported(text, reason):
    weighed = weigh(text, [REPORT])
    assert reason in (weighed.objection or "")
    assert weighed.support == 0.0
    assert check("", Draft(text, (1,)), [REPORT]).verdict == "unsupported"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (
            "The fee in 2019 was $12,500.",
            "For the 2019 season the fee was $12,500, up from $9,000.",
        ),
        (
            "They raised the fare to 4.50 euros.",
            "In May they raised the fare by 20%, to 4.50 euros.",
        ),
        (
            "Norwin tops the Harbour Rankings.",
            "Norwin tops the Harbour Ranking, and the Dock List.",
        ),
        (
            "The Bay Guard is a new force set up by Norwin.",
            "Norwin reacted by setting up a new force known as the Bay Guard.",
        ),
        (
            "Ivo Brandt is the mayor of Orsk.",
            "They spoke with Orsk's mayor Ivo Brandt for an hour.",
        ),
        (
            "Ivo Brandt is the Norwin spokesman.",
            "Asked about Turin's larger share of Gdansk, Norwin spokesman Ivo Brandt said Turin was ready.",
        ),
        (
            "Brandt spoke to Lena Ortiz and Ivo Falk.",
            "Brandt spoke to Orsk's Lena Ortiz and the Port of Sund's Ivo Falk, hoping for trade.",
        ),
        (
            "Norwin holds 39 percent of the berths.",
            "Norwin is the largest carrier to Gdansk and holds 39 percent of the berths.",
        ),
        (
            "Lena Ortiz was the first elected mayor of Orsk.",
            "Lena Ortiz, an engineer at Norwin, was the first elected mayor of Orsk.",
        ),
        ("France and Ireland left the port.", "The French and the Irish left the port in a hurry."),
        ("Norwin was bought by Boeing.", "Boeing bought Norwin."),
    ],
)
def test_what_only_looks_exchanged_is_supported(text, source):
    assert weigh(text, [quote(source)]).objection is None


@pytest.mark.parametrize(
    ("text", "source", "reason"),
    [
        ("Norwin was bought by Ostin.", "Norwin bought Ostin.", "the other way round"),
        (
            "Orsk is the mayor of Ivo Brandt.",
            "They spoke with Orsk's mayor Ivo Brandt for an hour.",
            "the other way round",
        ),
        (
            "They raised the fare by 4.50%.",
            "In May they raised the fare by 20%, to 4.50 euros.",
            "the source says 20",
        ),
        (
            "Norwin left Gdansk because it was accused of theft.",
            "Norwin left Gdansk last week. Norwin had been in Gdansk since May 2019 and was accused of theft.",
            "as a reason",
        ),
        (
            "Norwin sells vans to Turin and Sund.",
            "Norwin could use the unrest to sell vans to Turin and Sund.",
            "could be so",
        ),
        (
            "The Bay Guard stole dozens of Norwin vans in Sund.",
            "The Bay Guard burnt a depot this month. Some thieves also stole dozens of Norwin vans in Sund.",
            "does not mention Bay Guard",
        ),
        (
            "The Port Institute estimates that 400 guards work in Sund.",
            "Thefts rose by 28, the Port Institute said. Some officials estimated that 400 guards work in Sund.",
            "does not mention Port Institute",
        ),
        (
            "Ivo Reed and Lea Stone founded the Bay Guard.",
            "The Bay Guard was set up after the strike that was led by Norwin founders Ivo Reed and Lea Stone.",
            "where the sentence says Bay Guard the source says Norwin",
        ),
        (
            "Ivo Reed leads the Bay Guard.",
            "The Bay Guard was praised by Ivo Reed, the leader of Norwin.",
            "where the sentence says Bay Guard the source says Norwin",
        ),
        ("He will retire at 67.", "If you retire at 67, you get 1,310 euros.", "only supposes so"),
        ("Lena Vogt is the seller.", "Vermieterin: Lena Vogt.", "does not call it “seller”"),
        ("Sund is the capital.", "Orsk is the capital. Sund is a village.", "says Sund"),
        ("Ivo Reed is the landlord.", "Lea Stone is the landlord and Ivo Reed is the tenant.", ""),
        ("Ivo Reed was arrested.", "Lea Stone was arrested. Ivo Reed got away.", "says Ivo Reed"),
        ("Ostin paid the fine.", "The fine was paid by Norwin, and Ostin appealed.", "says Ostin"),
        ("Norwin sued the board of Ostin.", "Ostin's board sued Norwin.", "the other way round"),
        ("Officials of Poland left.", "They had to polish it, officials said, and left.", "Poland"),
        (
            "Ann Berg (42) and Tom Reed (39) were hurt.",
            "Ann Berg (39) and Tom Reed (42) were hurt.",
            "says 42",
        ),
        (
            "She has a broken arm.",
            "She fell in May. A broken arm was ruled out by an X-ray.",
            "rules out “A broken arm”",
        ),
        (
            "There was arson in the depot.",
            "The depot burnt down in May. The fire brigade found no evidence of arson in the ruins.",
            "rules out “arson”",
        ),
        ("It costs 12 euros.", "It costs 12 pounds.", "euros"),
        (
            "The warranty is 24 months for the pump.",
            "What fails is repaired for 24 months. The pump is covered for five years.",
            "does not give 24 for “pump”",
        ),
        ("It costs $12.", "The total is 12.", "dollars"),
        ("The trial is one week.", "In the trial one week's notice is enough.", "of notice"),
        (
            "The trial period is eight weeks.",
            "In the trial period they may leave at once. The notice period is eight weeks.",
            "another period",
        ),
        (
            "The notice during probation is eight weeks.",
            "In the probationary period a week is enough. After that, the notice is eight weeks.",
            "of the time after",
        ),
        (
            "Lena Ortiz is the mayor.",
            "Lena Ortiz did not stand again. Ivo Brandt was elected mayor for two years.",
            "of another than Lena Ortiz",
        ),
    ],
)
def test_what_the_source_tells_otherwise_is_not_supported(text, source, reason):
    objection = weigh(text, [quote(source)]).objection
    assert objection
    assert reason in objection


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Norwin left because of theft.", "Norwin left after the theft of two vans."),
        (
            "Lena Ortiz is the mayor.",
            "Lena Ortiz came. The mayor said so, and Ivo Brandt, mayor of Sund, did.",
        ),
        ("Different fees were paid.", "Many objected. Ivo Brandt paid different fees."),
        ("Der Preis beträgt 86 Euro.", "Ihr Preis beträgt 86 Euro."),
        ("Norwin left because rents rose.", "Rents rose so much that Norwin left."),
        ("Norwin might sell vans.", "Norwin could sell vans to Turin."),
        ("Norwin sells vans to Turin.", "Norwin sells vans to Turin and could sell some to Sund."),
        ("The Bay Guard stole vans.", "The Bay Guard came in May. They stole dozens of vans."),
        ("The Bay Guard stole vans.", "The Bay Guard came in May. The force stole dozens of vans."),
        ("Norwin's revenue rose 4% to 12 million.", "Norwin 2023. Revenue rose 4% to 12 million."),
        ("Ortiz resigned because of ill health.", "Ortiz resigned, citing ill health."),
        ("The plant is due to open in May.", "The plant will open in May."),
        ("A broken arm was ruled out.", "A broken arm was ruled out by an X-ray."),
        ("Ivo Reed plays for Sund.", "Ivo Reed plays for Sund, but was ruled out of the final."),
        ("It was arson.", "At first there was no evidence of arson. In May arson was proved."),
        ("It costs $12 million.", "It costs 12 million US dollars."),
        ("It costs 12 euros.", "It costs €12."),
        (
            "The warranty is 24 months, and five years for the pump.",
            "What fails is repaired for 24 months. The pump is covered for five years.",
        ),
        (
            "The pump is covered for 24 months.",
            "The pump is strong. It is covered for 24 months. The hose is covered for a year.",
        ),
        ("It grew by 12 percent.", "It grew by 12 %."),
        ("You get 1,310 euros.", "If you retire at 67, you get 1,310 euros."),
        ("He will retire at 67.", "He will retire at 67. If he retires at 67, he gets more."),
        ("The trial notice is a week.", "In the trial one week's notice is enough."),
        (
            "The notice period is eight weeks.",
            "In the trial period they may leave at once. The notice period is eight weeks.",
        ),
        (
            "During the renovation the rent is 450 euros.",
            "During the renovation the rent is 450 euros. After that, the rent is 900 euros.",
        ),
        (
            "After the renovation the rent is 900 euros.",
            "During the renovation the rent is 450 euros. After that, the rent is 900 euros.",
        ),
    ],
)
def test_reasons_possibilities_and_what_leans_on_the_sentence_before_may_be_told(text, source):
    assert weigh(text, [quote(source)]).objection is None


def test_of_a_quote_the_sentence_is_told_that_says_what_was_asked_of_somebody():
    source = quote("Mr Kemp was admitted at noon. A broken arm was ruled out.")
    claim = quote_as_claim("Did Mr Kemp have a broken arm?", Citation(number=1, quote=source))
    assert claim
    assert claim.text == "The sources state: “A broken arm was ruled out.”"


def test_a_heading_is_no_answer_where_a_sentence_follows():
    question = "Where does the film Safe Haven take place?"
    text = "Safe Haven (film)\n\nShe flees to Southport, North Carolina."
    claim = quote_as_claim(question, Citation(number=1, quote=quote(text)))
    assert claim
    assert claim.text == "The sources state: “She flees to Southport, North Carolina.”"


WARRANTY = (
    "The warranty does not cover damage by hard water, frost or salt. Glass racks are excluded."
)


def headed(text: str, *lines: str, title: str = "T") -> Quote:
    whole = "\n\n".join([*lines, text])
    document = Document(id=whole, source="d", title=title, text=whole, sha256="0" * 64)
    return Quote(document=document, start=len(whole) - len(text), end=len(whole))


@pytest.mark.parametrize(
    ("said", "source", "stands"),
    [
        (
            "The garden hire is 500 euros.",
            headed("It is due now.", "## Garden hire 500 euros"),
            False,
        ),
        ("The garden hire is 500 euros.", headed("It is 500 euros.", "## Garden hire"), True),
        (
            "In 2019 the fee of the garden was 5 euros.",
            headed("It was 5 euros.", "## Garden fee 2019"),
            True,
        ),
        ("The sauna is 12 euros.", headed("The old list is here.", title="Sauna 12 euros"), False),
    ],
)
def test_a_number_must_stand_in_the_quote_and_not_above_it(said, source, stands):
    reason = weigh(
        said, [source], "How much is the garden hire, the sauna or the garden fee?"
    ).objection
    assert ("only a heading" not in (reason or "")) is stands


def test_each_document_has_terms_of_its_own():
    leave = [
        headed(
            f"The Employee has {days} days of leave.", f"{name} (the Employee) and Norwin agree."
        )
        for name, days in (("Joana Pires", 24), ("Marc Weber", 30))
    ]
    asked = "How much leave does Joana Pires have?"
    assert weigh("Joana Pires has 24 days of leave.", leave, asked).objection is None
    assert weigh("Joana Pires has 30 days of leave.", leave[1:], asked).objection
    assert weigh("Joana Pires has 30 days of leave.", leave, asked).objection


def test_what_is_over_a_question_is_over_its_answer():
    pool = headed("Is it open? Yes, until nine.", title="The pool of Lindau")
    said = "Yes, the pool of Lindau is open until nine."
    assert weigh(said, [pool], "Is the pool of Lindau open?").objection is None


def test_a_title_does_not_say_of_somebody_what_his_sentence_does_not():
    text = "Lena Ortiz did not stand again. Ivo Brandt was elected chair."
    document = Document(id="d", source="d", title="The chess club", text=text, sha256="0" * 64)
    elected = Quote(document=document, start=0, end=len(text))
    asked = "Who chairs the chess club?"
    reason = weigh("Lena Ortiz chairs the chess club.", [elected], asked).objection
    assert "of another" in (reason or "")


@pytest.mark.parametrize(
    ("asked", "said", "source", "stands"),
    [
        ("Is frost damage covered?", "Frost damage is covered.", WARRANTY, False),
        ("Is frost damage covered?", "Frost damage is not covered.", WARRANTY, True),
        ("Are glass racks covered?", "Yes, glass racks are covered.", WARRANTY, False),
        ("Is the pump covered?", "The pump is covered.", f"{WARRANTY} The pump is covered.", True),
        ("Is the glucose too high?", "The glucose is too high.", "Glucose: 92 (70 - 99).", False),
        ("Is the fare refundable?", "The fare is refundable.", "A refund of it is due.", False),
        (
            "Is the fare refundable?",
            "The fare is refundable.",
            "The fare is non-refundable.",
            False,
        ),
        (
            "Is the fare refundable?",
            "The fare is not refundable.",
            "It is a non-refundable fare.",
            True,
        ),
        ("Is the glucose too high?", "The glucose is too high.", "Glucose is high, too.", True),
        (
            "Can it stay outside in winter?",
            "No, it cannot stay outside in winter.",
            "Can it stay outside in winter? No. Store it in a dry place.",
            True,
        ),
        (
            "Are the figures of the pension guaranteed?",
            "The figures of the pension are not guaranteed.",
            "The figures assume a stable salary; they are not guaranteed.",
            True,
        ),
        (
            "Is the fare refundable?",
            "No meal was ordered.",
            "It is not refundable. No meal was ordered.",
            False,
        ),
        (
            "Is the fare refundable?",
            "No, not at all.",
            "It is not refundable at all. No meal was ordered.",
            True,
        ),
        (
            "Is the fare refundable?",
            "If you are ill, you are paid back.",
            "The fare is not refundable. If you are ill, you are paid back.",
            True,
        ),
        (
            "Is a film planned?",
            "There were talks.",
            "There were talks, but nothing has been signed.",
            False,
        ),
        (
            "Is a film planned?",
            "There were talks, but nothing has been signed.",
            "There were talks, but nothing has been signed.",
            True,
        ),
    ],
)
def test_a_yes_stands_where_the_source_says_its_words(asked, said, source, stands):
    assert (weigh(said, [quote(source)], asked).objection is None) is stands


LIMITS = "The limit is 140 euros a night with breakfast, in Orsk, Sund and Ardal 190 euros."
TERMS = "The minimum term is 24 months, for students 12 months."
OPENED = "The tablets keep for two years; once the bottle is opened, five months."
SLEPT = "With caffeine the nurses slept 5.9 hours, with placebo 6.2 hours; none complained."


@pytest.mark.parametrize(
    ("said", "source", "asked", "stands"),
    [
        ("The limit in Sund is 140 euros a night with breakfast.", LIMITS, "", False),
        ("The limit in Sund is 190 euros a night.", LIMITS, "", True),
        ("The limit is 140 euros a night.", LIMITS, "", True),
        ("The limit is 190 euros a night.", LIMITS, "What is the limit?", False),
        ("The minimum term is 24 months for students, 12 months for others.", TERMS, "", False),
        ("The minimum term is 24 months, for students 12 months.", TERMS, "", True),
        ("The minimum term is 12 months.", TERMS, "How long is the term for students?", True),
        ("The minimum term is 12 months.", TERMS, "How long is the term?", False),
        ("The nurses slept 6.2 hours with placebo.", SLEPT, "", True),
        ("The nurses slept 5.9 hours with placebo.", SLEPT, "", False),
        ("They keep for two years.", OPENED, "How long do they keep after opening?", False),
        ("They keep for five months.", OPENED, "How long do they keep after opening?", True),
        ("They keep for two years.", OPENED, "How long do they keep?", True),
        ("They sold 5 in 2021.", "In 2020 they sold 5, in 2021 6 vans.", "", False),
        ("They sold 6 vans in 2021.", "In 2020 they sold 5, in 2021 6 vans.", "", True),
        (
            "There were 4 guards and 3 cooks, with each of the guards having 20 keys.",
            "There were 4 guards and 3 cooks, with each of the guards having 20 keys.",
            "",
            True,
        ),
    ],
)
def test_what_is_given_for_some_apart_is_theirs_alone(said, source, asked, stands):
    assert (weigh(said, [quote(source)], asked).objection is None) is stands


def test_whoever_asks_whether_something_is_so_does_not_say_that_it_is():
    interview = [quote("Q: Is it true that a film of the book is planned? We had talks in May.")]
    asked = "What is planned of the book?"
    assert support_of("A film of the book is planned.", interview, asked) < MIN_SUPPORT
    answer = [quote("Who is the model for the captain? My grandmother.")]
    assert support_of("The model for the captain is my grandmother.", answer) >= MIN_SUPPORT


def test_what_an_amount_measures_may_stand_in_the_question():
    source = [quote("In the trial one week's notice is enough.")]
    assert weigh("It is one week.", source, "How long is the notice?").objection is None
    assert weigh("It is one week.", source, "How long is the trial?").objection


def test_another_quote_that_merely_lacks_what_speaks_against_a_sentence_does_not_save_it():
    weaker = quote("Nearly 17 boats came; the protestants of Toulouse were warned.")
    cited = quote("Nearly 3,000 Protestants were slaughtered in Toulouse alone.")
    draft = Draft("Nearly 17 Protestants were slaughtered in Toulouse alone.", (1,))
    assert check("", draft, [cited, weaker]).verdict == "unsupported"


@pytest.mark.parametrize(
    ("words", "value", "length"),
    [
        ("twenty five men", "25", 2),
        ("two hundred and six men", "206", 4),
        ("4.2 million euros", "4200000", 2),
        ("1,500 men", "1500", 1),
        ("fifteen hundred men", "1500", 2),
        ("nineteenth century", "19", 1),
        ("19th century", "19", 1),
        ("1990s music", "1990s", 1),
        ("five six", "5", 1),
        ("three and more", "3", 1),
        ("men", "", 0),
    ],
)
def test_numbers_are_values_however_they_are_written(words, value, length):
    assert read_amount(words.split(), 0) == (value, length)


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("Falk died in August 2023.", True),
        ("Falk died two months later.", True),
        ("Falk died in May 2023.", False),
        ("The balloon rose in June 2023.", True),
    ],
)
def test_a_relative_date_may_be_retold_as_the_day_it_stands_for(text, stands):
    told = quote(
        "The repairs began after the balloon rose in June 2023 with the pilots Falk and Amsel, who both died in a "
        "storm two months later."
    )
    assert (support_of(text, [told]) > 0) is stands


def test_of_two_relative_dates_neither_may_stand_for_the_other():
    told = quote(
        "The bridge was shut last month and the tunnel opened on Monday.", date(2025, 6, 10)
    )
    assert support_of("The tunnel opened in May 2025.", [told]) == 0.0
    assert support_of("The tunnel opened on 9 June 2025.", [told]) > 0.0
