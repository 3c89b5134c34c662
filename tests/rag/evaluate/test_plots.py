"""Plots: well-formed, coloured by the page, the same each time."""

from __future__ import annotations

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from rag.evaluate.figures import summarise
from rag.evaluate.plots import good_by_qtype, latency_svg, qtypes_svg, risk_coverage_svg, wilson
from rag.evaluate.results import QuestionResult
from rag.gold import GoldQuestion
from tests.rag.evaluate import sample

XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


@pytest.fixture(scope="module")
def drawn() -> list[str]:
    report = sample.answered_report()
    return [risk_coverage_svg(report), latency_svg(report), qtypes_svg(report.results)]


def test_plots_are_well_formed_and_have_a_name_to_read_out(drawn):
    for plot in drawn:
        root = ET.fromstring(plot.replace("<svg", f"<svg {XLINK}", 1))
        assert root.get("role") == "img"
        (title,) = root.iter("title")
        assert title.get("id") == root.get("aria-labelledby")
        assert len(title.text or "") > 20
        assert not list(root.iter("style"))


def test_colours_and_fonts_are_the_pages(drawn):
    for plot in drawn:
        assert not re.search(r"#[0-9a-fA-F]{6}\b", plot)
        assert "var(--accent" in plot
        assert "font-family" not in plot


def test_ids_are_unique_over_all_plots(drawn):
    ids = [name for plot in drawn for name in re.findall(r'\bid="([^"]*)"', plot)]
    used = {name for plot in drawn for name in re.findall(r'(?:href="#|url\(#)([^")]*)', plot)}
    assert len(ids) == len(set(ids))
    assert used
    assert used <= set(ids)


def test_the_same_figures_give_the_same_text_and_no_global_state_is_left(drawn):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    report = sample.answered_report()
    assert drawn == [risk_coverage_svg(report), latency_svg(report), qtypes_svg(report.results)]
    assert dict(mpl.rcParams) == before


def test_pyplot_and_its_figures_for_windows_are_not_needed():
    program = """if True:
        import sys
        from rag.evaluate import plots
        assert "matplotlib" not in sys.modules
        from tests.rag.evaluate import sample
        plots.latency_svg(sample.retrieval_report())
        print("matplotlib.pyplot" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_what_the_plots_say(drawn):
    risk, latency, types = drawn
    assert re.search(
        r"with 6\d(\.\d)? % of the questions answered, 2\d(\.\d)? % of the answers", risk
    )
    assert "medians passages found 0.03 s" in latency
    assert "unanswerable 18 of 19" in types
    assert ">18 of 19<" in types


def test_names_in_any_script_are_shown_escaped_and_without_a_warning(drawn):
    assert ">تاريخ<" in drawn[2]
    assert "&lt;/script&gt;&lt;img …" in drawn[2]
    gold = [
        GoldQuestion(id=name, user_input="?", reference=None, answerable=True, qtype=name)
        for name in ("@@1@@", "$x$", "日本語")
    ]
    results = [QuestionResult(gold=one, record={}, scores={}, outcome="right") for one in gold]
    plot = qtypes_svg(results)
    assert [plot.count(f">{name}<") for name in ("@@1@@", "$x$", "日本語")] == [1, 1, 1]


def test_nothing_to_show_is_no_plot():
    report = sample.empty_report()
    assert risk_coverage_svg(report) == latency_svg(report) == qtypes_svg(report.results) == ""


def test_thousands_of_questions_stay_light():
    results = list(sample.retrieval_report(3000).results)
    assert len(latency_svg(summarise(results))) < 40_000


def test_outcomes_that_are_neither_good_nor_bad_do_not_count():
    shares = good_by_qtype(sample.answered_report().results)
    assert shares["unanswerable"] == (18, 19)
    assert "" not in shares


def test_wilsons_interval():
    # Newcombe 1998, table I: 81 of 263 and 0 of 20
    assert list(wilson(81, 263)) == pytest.approx([0.2553, 0.3662], abs=1e-4)
    assert list(wilson(0, 20)) == pytest.approx([0, 0.1611], abs=1e-4)
