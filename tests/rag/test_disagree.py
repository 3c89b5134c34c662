"""Sources that tell the same thing differently are held against each other; sources that agree never are."""

import time
from datetime import date

import pytest

from rag import Document, Quote
from rag.dates import find_published
from rag.disagreement import sources
from rag.disagreement.asked import answer_by_difference
from rag.disagreement.said import sentences_of
from rag.disagreement.sources import compare, differences
from rag.types import Citation, Claim

MAY = date(2025, 5, 3)


def quote(
    text: str, name: str, published: date | None = None, also_in: tuple[str, ...] = ()
) -> Quote:
    document = Document(
        id=name,
        source=f"{name}.txt",
        title=f"{name.title()} Post",
        text=text,
        sha256="0" * 64,
        published=published,
        published_from="header" if published else None,
    )
    return Quote(document=document, start=0, end=len(text), also_in=also_in)


def find_disagreements(question, claims, quotes, origins):
    """As the pipeline asks for them."""
    return sources.find_disagreements(differences(question, claims, quotes, origins), quotes)


def kinds(one: str, other: str, first: date | None = MAY, second: date | None = MAY) -> set[str]:
    """What two sentences differ in, both ways round; what belongs to two times is marked."""
    (left,) = sentences_of(quote(one, "north", first))
    (right,) = sentences_of(quote(other, "south", second))
    both = [
        {f"{found.kind}{'~' if found.timeline else ''}" for found in compare(*pair)}
        for pair in ((left, right), (right, left))
    ]
    assert both[0] == both[1]
    return both[0]


DIFFER = [
    ("figure", "Russia accounts for 39 percent of arms transfers to Africa.",
     "Russia accounts for 21 percent of arms transfers to Africa, SIPRI said."),
    ("figure", "Russia supplied 39% of Africa's arms.",
     "According to the UN, Russia supplied 21 per cent of Africa's arms."),
    ("figure", "Wagner has 2,500 mercenaries in Mali.", "About 1,000 mercenaries of Wagner are in Mali."),
    ("figure", "The attack on Gao killed 12 soldiers.", "15 soldiers were killed in the attack on Gao."),
    ("figure", "At least 40 people died in the Larvik landslide.", "The landslide in Larvik killed 22 people."),
    ("figure", "The bridge in Norwin cost 4.2 million euros.",
     "The Norwin bridge cost 6 million euros, the mayor said."),
    ("figure", "Dozens of soldiers were killed in the raid on Gao.", "The raid on Gao killed three soldiers."),
    ("figure", "Norwin employs more than 3,000 workers in Gdansk.", "In Gdansk Norwin employs 1,200 workers."),
    ("figure", "About half of the voters in Norwin took part in the ballot.",
     "In Norwin 31 percent of the voters took part in the ballot."),
    ("figure", "Norwin opened twenty-one schools in Larvik.", "In Larvik, Norwin opened 14 schools."),
    ("figure", "The earthquake in Larvik killed at least 320 people.",
     "Officials put the death toll of the earthquake in Larvik at 190."),
    ("date", "The Larvik Museum was founded in 1897.", "The Larvik Museum was founded in 1903."),
    ("date", "Norwin signed the treaty with Larvik on 4 March 2025.",
     "Norwin signed the treaty with Larvik on 6 March 2025."),
    ("date", "Wagner has been deployed in Mali since December 2021.", "Wagner has been deployed in Mali since 2019."),
    ("date", "Lena Ortiz died in Gdansk on 3 May 2019.", "Lena Ortiz died in Gdansk on 5 May 2019."),
    ("role", "Wagner was founded by Yevgeny Prigozhin.", "Wagner was founded by Yevgeny Prigozhin and Dmitry Utkin."),
    ("role", "Wagner Group founders Yevgeny Prigozhin and Dmitry Utkin led the mutiny.",
     "Wagner buried the group's founder Yevgeny Prigozhin."),
    ("role", "The Larvik lighthouse was designed by Ivo Brandt.", "The Larvik lighthouse was designed by Lena Ortiz."),
    ("role", "Ivo Brandt is the mayor of Norwin.", "Lena Ortiz, the mayor of Norwin, spoke first."),
    ("role", "The Larvik Cup was won by Ivo Brandt.", "Lena Ortiz won the Larvik Cup."),
    ("rank", "Russia is the largest arms exporter to Africa.",
     "Russia and China are the largest arms exporters to Africa."),
    ("rank", "Norwin is the largest salt producer in the region.",
     "Larvik is the largest salt producer in the region."),
    ("outcome", "Yevgeny Prigozhin died in a plane crash.", "Yevgeny Prigozhin died in a suspicious plane crash."),
    ("outcome", "Yevgeny Prigozhin died in a plane crash in August.", "Yevgeny Prigozhin was assassinated in August."),
    ("outcome", "The Norwin council approved the harbour plan.", "The Norwin council rejected the harbour plan."),
    ("outcome", "The court in Larvik convicted Ivo Brandt of fraud.",
     "The court in Larvik acquitted Ivo Brandt of fraud."),
    ("outcome", "Exports of Norwin salt rose in April.", "Exports of Norwin salt fell in April."),
    ("scope", "Despite Western sanctions, Russia ships arms to Mali.",
     "Russia ships arms to Mali despite international sanctions."),
    ("list", "Peskov said that Russia wants cooperation focusing on economic and investment interaction.",
     "Russia wants cooperation, Peskov said, prioritizing trade, investment, and infrastructure cooperation."),
    ("denial", "The Norwin ferry will stop at Larvik harbour in winter.",
     "The Norwin ferry will not stop at Larvik harbour in winter."),
]  # fmt: skip

AGREE = [
    ("The plant employs about 2,000 workers in Norwin.", "The plant in Norwin employs 2,017 workers."),
    ("The bridge in Norwin cost 4.2 million euros.", "The Norwin bridge cost about 4 million euros."),
    ("Russia supplied 39 percent of Africa's arms.", "Russia supplied 38.7 per cent of Africa's arms."),
    ("Russia supplied 39 percent of Africa's arms.", "Russia supplied about 40 percent of Africa's arms."),
    ("More than 20 African countries sent soldiers to Norwin.", "28 African countries sent soldiers to Norwin."),
    ("Dozens of soldiers were killed in the raid on Gao.", "The raid on Gao killed 60 soldiers."),
    ("The attack on Gao killed 12 soldiers.", "The attack on Kidal killed 15 soldiers."),
    ("The attack on Gao killed 12 soldiers.", "The attack on Gao wounded 15 soldiers."),
    ("The attack on Gao killed 12 soldiers and five civilians.", "Five civilians died in the attack on Gao."),
    ("Russia supplied 39 percent of Africa's arms.", "China supplied 17 percent of Africa's arms."),
    ("Exports from Norwin rose from 10 to 15 percent of the total.",
     "Exports from Norwin are 15 percent of the total."),
    ("Twelve people died in the fire in Larvik.", "The fire in Larvik killed 12 people."),
    ("Up to 500 workers of Norwin joined the strike.", "The strike at Norwin was joined by 430 workers."),
    ("A third of the Norwin budget goes to schools.", "33 percent of the Norwin budget goes to schools."),
    ("Norwin exports 12 tonnes of gold a year.", "Norwin imports 40 tonnes of gold a year."),
    ("Parliament approved the budget of Norwin.", "The opposition in Norwin rejected the budget."),
    ("Norwin won the cup in Gdansk.", "Larvik lost the cup to Norwin in Gdansk."),
    ("The ferry to Larvik takes two hours.", "Two ferries to Larvik were cancelled."),
    ("The treaty with Larvik was signed in March 2025.", "Norwin signed the treaty with Larvik on 4 March 2025."),
    ("Wagner had been deployed in Mali since December 2021.", "Wagner has been deployed in Mali since late 2021."),
    ("Norwin attacked Larvik on 4 March 2019.", "Norwin attacked Larvik on 7 June 2023."),
    ("The Larvik Museum was founded in 1897.", "The Larvik Museum opened its new wing in 1996."),
    ("Lena Ortiz was born in Gdansk in 1948.", "Ivo Brandt was born in Gdansk in 1951."),
    ("Wagner was founded by Yevgeny Prigozhin.", "Prigozhin founded Wagner."),
    ("Wagner was founded by Yevgeny Prigozhin.", "Larvik Rovers was founded by Lena Ortiz."),
    ("Wagner leader Yevgeny Prigozhin led the march.",
     "Wagner leaders Yevgeny Prigozhin and Dmitry Utkin met in Larvik."),
    ("Ivo Brandt, the mayor of Norwin, opened the bridge.", "Lena Ortiz, the mayor of Larvik, opened the bridge."),
    ("Russia is one of the leading suppliers of arms to Africa.", "Russia is the largest supplier of arms to Africa."),
    ("Russia is the largest arms exporter to Africa.", "Russia is the largest arms supplier to Africa."),
    ("Yevgeny Prigozhin died in a plane crash.", "Prigozhin was killed in a plane crash in August."),
    ("Yevgeny Prigozhin died in a plane crash.", "Lena Ortiz was murdered in Larvik."),
    ("The council of Norwin approved the plan.", "The council of Larvik rejected the plan."),
    ("The Norwin council approved the harbour plan.", "The harbour plan was adopted by the Norwin council."),
    ("Despite Western sanctions, Russia ships arms to Mali.", "Russia ships arms to Mali despite U.S. sanctions."),
    ("Ships carry weaponry including tanks, armored vehicles and artillery.",
     "Ships carry weapons, including tanks and artillery."),
    ("The Norwin ferry will not stop at Larvik harbour.", "The Norwin ferry no longer stops at Larvik harbour."),
    ("The Kremlin said that Russia would stay in Mali.", "Moscow says Russia will remain in Mali."),
    ("Private stays are compensated with 25 euros a night.",
     "From 1 November the hotel limit rises from 140 to 155 euros a night; the limit for Larvik stays as it is."),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "one", "other"), DIFFER)
def test_sentences_that_cannot_both_be_right_differ(kind, one, other):
    assert kind in kinds(one, other)


@pytest.mark.parametrize(("one", "other"), AGREE)
def test_sentences_that_can_both_be_right_agree(one, other):
    assert kinds(one, other) == set()


@pytest.mark.parametrize("text", [text for _, *pair in DIFFER for text in pair])
def test_nothing_differs_from_itself(text):
    assert kinds(text, text) == set()


@pytest.mark.parametrize(
    ("one", "first", "other", "second"),
    [
        # A state at two times.
        ("Wagner has 2,500 mercenaries in Mali.", date(2022, 3, 1),
         "Wagner has 1,000 mercenaries in Mali.", date(2025, 3, 1)),
        ("Russia accounted for 39 percent of arms transfers to Africa in 2013-17.", date(2018, 4, 11),
         "Russia accounted for 21 percent of arms transfers to Africa in 2020-24.", None),
        ("Russia is the largest arms exporter to Africa.", date(2021, 4, 11),
         "Russia and China are the largest arms exporters to Africa.", date(2025, 6, 10)),
        ("Ivo Brandt is the mayor of Norwin.", date(2020, 1, 1),
         "Lena Ortiz is the mayor of Norwin.", date(2024, 1, 1)),
        ("Inflation in Norwin stood at 7.2 percent in March.", MAY,
         "Inflation in Norwin stood at 5.1 percent in April.", MAY),
        # Another attack.
        ("The attack on Gao killed 12 soldiers.", date(2024, 1, 10),
         "The attack on Gao killed 15 soldiers.", date(2024, 9, 10)),
        # A forecast and what came of it.
        ("It is unlikely that Russia will send contractors to Mali.", date(2021, 4, 11),
         "It is likely that Russia will send contractors to Mali.", date(2025, 6, 10)),
    ],
)  # fmt: skip
def test_what_changed_in_time_is_no_contradiction(one, first, other, second):
    found = kinds(one, other, first, second)
    assert found
    assert all(kind.endswith("~") for kind in found)
    quotes = [quote(one, "north", first), quote(other, "south", second)]
    assert find_disagreements(one, [claim(one, quotes, 1, 2)], quotes, {}) == ()


def test_the_death_toll_of_a_dated_event_is_no_matter_of_when_it_is_told():
    one = "The attack on Gao on 4 March 2024 killed 12 soldiers."
    other = "The attack on Gao on 4 March 2024 killed 15 soldiers."
    assert kinds(one, other, date(2024, 3, 5), date(2025, 3, 5)) == {"figure"}


def claim(text: str, quotes: list[Quote], *numbers: int) -> Claim:
    citations = tuple(Citation(number=number, quote=quotes[number - 1]) for number in numbers)
    return Claim(text=text, citations=citations, support=1.0, verdict="supported")


TWELVE, FIFTEEN = (
    f"Gunmen came at dawn. The attack on Gao killed {count} soldiers, the army said."
    for count in (12, 15)
)
ASKED = "How many soldiers died in the attack on Gao?"


def test_both_values_are_given_with_outlet_and_date():
    quotes = [quote(TWELVE, "north", date(2025, 3, 12)), quote(FIFTEEN, "south", date(2025, 3, 14))]
    (found,) = find_disagreements(
        ASKED, [claim("The attack killed 12 soldiers.", quotes, 1)], quotes, {}
    )
    assert [(one.number, one.quote) for one in found.citations] == [(1, quotes[0]), (2, quotes[1])]
    later = quote(FIFTEEN, "south", date(2025, 3, 14))
    (found,) = find_disagreements(
        ASKED, [claim("12 soldiers.", [quotes[0]], 1)], [quotes[0], later], {}
    )
    assert found.text == (
        "Sources differ: “The attack on Gao killed 12 soldiers, the army said.” (North Post, 12 March 2025) [1] — "
        "“The attack on Gao killed 15 soldiers, the army said.” (South Post, 14 March 2025) [2]."
    )


def test_a_source_without_a_date_is_shown_as_such():
    quotes = [quote(TWELVE, "north"), quote(FIFTEEN, "south", MAY)]
    (found,) = find_disagreements(ASKED, [claim("12 soldiers.", quotes, 1)], quotes, {})
    assert "(North Post, no date)" in found.text


def test_three_values_are_one_disagreement_and_an_agreeing_source_is_not_listed():
    texts = [TWELVE, FIFTEEN, TWELVE.replace("12", "21"), FIFTEEN.replace("dawn", "night")]
    quotes = [quote(text, name, MAY) for text, name in zip(texts, "abcd", strict=True)]
    (found,) = find_disagreements(ASKED, [claim("12 soldiers.", quotes, 1)], quotes, {})
    assert [one.number for one in found.citations] == [1, 2, 3]


@pytest.mark.parametrize(
    ("origins", "also_in"), [({"north": "x", "south": "x"}, ()), ({}, ("south",))]
)
def test_one_witness_does_not_disagree_with_itself(origins, also_in):
    quotes = [quote(TWELVE, "north", MAY, also_in), quote(FIFTEEN, "south", MAY)]
    assert find_disagreements(ASKED, [claim("12 soldiers.", quotes, 1)], quotes, origins) == ()


def test_two_places_of_one_document_are_one_witness():
    document = quote(f"{TWELVE} {FIFTEEN}", "north", MAY).document
    ends = (len(TWELVE), len(TWELVE) + 1, len(document.text))
    quotes = [
        Quote(document=document, start=0, end=ends[0]),
        Quote(document=document, start=ends[1], end=ends[2]),
    ]
    assert find_disagreements(ASKED, [claim("12 soldiers.", quotes, 1)], quotes, {}) == ()


def test_what_the_answer_does_not_rest_on_is_left_alone():
    ferry = quote("The ferry leaves Norwin at seven.", "ferry", MAY)
    quotes = [ferry, quote(TWELVE, "north", MAY), quote(FIFTEEN, "south", MAY)]
    when = "When does the ferry leave Norwin?"
    assert find_disagreements(when, [claim("It leaves at seven.", quotes, 1)], quotes, {}) == ()


@pytest.mark.parametrize(
    ("question", "answered"),
    [
        ("Do the reports agree on how many soldiers the attack on Gao killed?", True),
        ("Did the attack on Gao kill 12 or 15 soldiers?", True),
        ("How many soldiers did the attack on Gao kill?", False),
        ("Do the reports agree on when the attack on Gao began?", False),
    ],
)
def test_who_asks_whether_sources_differ_is_answered_by_what_differs(question, answered):
    quotes = [quote(TWELVE, "north", MAY), quote(FIFTEEN, "south", MAY)]
    found = answer_by_difference(question, quotes, {})
    assert bool(found) is answered
    if found:
        assert (
            found.text
            == "The sources state: “The attack on Gao killed 12 soldiers, the army said.”"
        )
        assert [one.number for one in found.citations] == [1]
        assert find_disagreements(question, [found], quotes, {})


def test_sources_that_agree_answer_no_question_about_differences():
    quotes = [quote(TWELVE, "north", MAY), quote(TWELVE.replace("dawn", "night"), "south", MAY)]
    asked = "Do the reports agree on how many soldiers the attack on Gao killed?"
    assert answer_by_difference(asked, quotes, {}) is None


def test_a_difference_that_nobody_asked_for_is_left_alone():
    quotes = [
        quote("Wagner was founded by Yevgeny Prigozhin and is based in Molkino.", "north", MAY),
        quote("Wagner was founded by Dmitry Utkin and is based in Molkino.", "south", MAY),
    ]
    where = "Where is Wagner based?"
    assert (
        find_disagreements(where, [claim("It is based in Molkino.", quotes, 1)], quotes, {}) == ()
    )
    (found,) = find_disagreements(
        "Who founded Wagner?", [claim("Prigozhin did.", quotes, 1)], quotes, {}
    )
    assert found.about == "founder of Wagner"


@pytest.mark.parametrize(
    "words", ["since 2021 died ", "Aa Bb, ", "the largest of ", "1,000,", "founders Aa Bb and "]
)
def test_a_page_of_one_thing_takes_no_time(words):
    text = words * (700 // len(words))
    (one,), (other,) = sentences_of(quote(text, "north")), sentences_of(quote(f"{text} x", "south"))
    started = time.process_time()
    list(compare(one, other))
    assert time.process_time() - started < 1


@pytest.fixture(scope="module")
def seed_quotes():
    """Finds the quote of a seed that begins with some words."""
    from rag.paths import shipped

    texts = {path.name[:3]: path.read_bytes().decode() for path in shipped("seeds").iterdir()}

    def of(name: str, beginning: str, end: str) -> Quote:
        text = texts[name]
        published, origin = find_published(text)
        document = Document(
            id=name, source=name, title=name, text=text, sha256="0" * 64,
            published=published, published_from=origin,
        )  # fmt: skip
        start = text.index(beginning)
        return Quote(document=document, start=start, end=text.index(end, start) + len(end))

    return of


def test_the_seeds_tell_of_one_founder_and_of_two(seed_quotes):
    quotes = [
        seed_quotes("001", "The establishment of the Africa Corps", "months later."),
        seed_quotes("004", "Following Wagner's failed mutiny", "founded the Africa Corps."),
    ]
    asked = "Who founded Wagner?"
    (found,) = find_disagreements(
        asked, [claim("Yevgeny Prigozhin founded it.", quotes, 2)], quotes, {}
    )
    assert [one.number for one in found.citations] == [1, 2]
    assert (
        find_disagreements("When was the mutiny?", [claim("In June 2023.", quotes, 1)], quotes, {})
        == ()
    )


def test_of_a_rewrite_what_it_tells_otherwise_counts(seed_quotes):
    quotes = [
        seed_quotes("002", "Despite international sanctions", "West Africa."),
        seed_quotes("004", "Despite Western sanctions", "artillery."),
    ]
    origins = {"002": "004", "004": "004"}
    asked = "Whose sanctions does Russia defy?"
    (found,) = find_disagreements(
        asked, [claim("International sanctions.", quotes, 1)], quotes, origins
    )
    assert found.about == "sanctions"


def test_the_seeds_of_2021_and_2025_rank_the_exporters_of_their_time(seed_quotes):
    quotes = [
        seed_quotes("003", "Russia is the largest arms exporter", "2013-17."),
        seed_quotes("004", "Russia and China are the top", "continent."),
    ]
    asked = "Who is the largest arms exporter to Africa?"
    claims = [claim("Russia is the largest arms exporter.", quotes, 1)]
    assert find_disagreements(asked, claims, quotes, {}) == ()
    assert [found.kind for _, _, found in differences(asked, claims, quotes, {})] == ["rank"]
