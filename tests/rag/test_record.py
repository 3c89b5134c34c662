"""Answers that are kept, and what `rag replay` says of them when sources, checks or circumstances have changed."""

import hashlib
import json
import os
import shutil
from datetime import datetime, timedelta

import pytest

import rag.cli.answers
import rag.replay
from rag import REFUSAL, Settings, ingest_paths, open_pipeline, remove_document
from rag.check import check
from rag.cli import main
from rag.provenance import prompt_digests
from rag.testing import HashEmbedder, ScriptedChatModel

QUOTE = "The work on the harbour bridge cost 4.2 million euros, said Lena Ortiz."
TEXT = f"date 2019-03-05\n\n{QUOTE}"
QUESTION = "What did the work on the harbour bridge cost?"
SAID = "The work on the harbour bridge cost 4.2 million euros"
INVENTED = "The work on the harbour bridge cost 9.9 million euros"


@pytest.fixture
def place(tmp_path, monkeypatch, capsys):
    """A folder with one ingested document, and ways to change it and to run the program."""
    return Place(tmp_path, monkeypatch, capsys)


class Place:
    def __init__(self, folder, monkeypatch, capsys):
        self.folder, self.capsys = folder, capsys
        self.record, self.document = folder / "answer.json", folder / "bridge.txt"
        self.replies, self.yes = [f"{SAID} [1]. {INVENTED} [1]."], 1.0
        self.embedder = HashEmbedder()
        monkeypatch.setenv("RAG_HOME", str(folder / "home"))
        monkeypatch.setenv("RAG_MODELS_DIR", str(folder / "models"))
        monkeypatch.chdir(folder)
        monkeypatch.setattr(rag.cli.answers, "open_pipeline", self._pipeline)
        self.write(TEXT)

    def _pipeline(self, settings):
        model = ScriptedChatModel(self.replies, yes=self.yes)
        return open_pipeline(settings, embedder=self.embedder, model=model)

    def write(self, text: str, *, ingest: bool = True):
        self.document.write_text(text)
        if ingest:
            ingest_paths([self.document], Settings.load(), embedder=self.embedder)

    def run(self, *arguments: str):
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        out, err = self.capsys.readouterr()
        return end.value.code, out, err

    def keep(self, *arguments: str):
        code, out, err = self.run("ask", QUESTION, "--save", "answer.json", *arguments)
        assert code == 0, err
        return json.loads(self.record.read_text()), out

    def change(self, change):
        record = json.loads(self.record.read_text())
        change(record)
        self.record.write_text(json.dumps(record))

    def replay(self):
        code, out, err = self.run("replay", "answer.json", "--json")
        assert err == ""
        return code, json.loads(out)


def test_a_record_is_the_json_of_the_answer_and_says_what_it_was_made_with(place):
    record, out = place.keep("--json", "--after", "2019-01-01", "--source", "*.txt", "--top-k", "3")
    assert json.loads(out) == record
    (citation,) = record["citations"]
    assert citation["quote"] == QUOTE
    made = record["record"]
    assert made["version"] == 1
    asked_at = datetime.fromisoformat(made["asked_at"])
    assert asked_at.utcoffset() == timedelta(0)
    assert abs(asked_at.timestamp() - place.record.stat().st_mtime) < 60
    assert made["versions"]["seedbound"] == rag.__version__
    assert made["settings"]["top_k"] == 3
    assert made["embedder"] == place.embedder.identity
    assert made["filters"] == {"after": "2019-01-01", "sources": ["*.txt"]}
    assert made["prompts"] == prompt_digests() and "judge" in made["prompts"]
    digest = hashlib.sha256(place.document.read_bytes()).hexdigest()
    assert citation["sha256"] == made["retrieved"][0]["sha256"] == digest
    assert [claim["supported"] for claim in record["claims"]] == [True]
    assert [claim["supported"] for claim in record["dropped"]] == [False]


def test_a_record_tells_nothing_of_where_things_lie(place):
    place.keep()
    assert str(place.folder) not in place.record.read_text()


def test_saving_leaves_the_answer_on_the_screen_as_it_is(place):
    _, out = place.keep()
    assert out == place.run("ask", QUESTION)[1]
    assert out.startswith(f"{SAID} [1].")


def test_the_history_of_a_batch_line_is_in_its_record(place):
    turn = {"question": "Which bridge?", "answer": "The harbour bridge."}
    row = {"id": 1, "user_input": QUESTION, "history": [turn]}
    (place.folder / "batch.jsonl").write_text(json.dumps(row))
    _, out, _ = place.run("ask", "--batch", "batch.jsonl")
    place.record.write_text(out)
    assert json.loads(out)["record"]["history"] == [turn]
    assert place.replay()[0] == 0


def test_save_replaces_nothing_and_says_so_before_a_model_is_loaded(place, monkeypatch):
    place.record.write_text("mine")
    monkeypatch.setattr(rag.cli.answers, "open_pipeline", None)
    for name, says in (("answer.json", "exists already"), ("no/answer.json", "no folder")):
        code, out, err = place.run("ask", QUESTION, "--save", name)
        assert (code, out) == (1, "")
        assert says in err
    assert place.record.read_text() == "mine"


def test_what_appears_while_the_answer_is_written_is_kept_and_the_answer_shown(place, monkeypatch):
    def reply_slowly(settings):
        place.record.write_text("mine")
        return place._pipeline(settings)

    monkeypatch.setattr(rag.cli.answers, "open_pipeline", reply_slowly)
    code, out, err = place.run("ask", QUESTION, "--save", "answer.json")
    assert code == 1
    assert "exists already" in err
    assert out.startswith(SAID)
    assert place.record.read_text() == "mine"


def test_a_file_system_without_links_holds_records_too(place, monkeypatch):
    def no_links(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(type(place.record), "hardlink_to", no_links)
    place.keep()
    assert place.replay()[0] == 0
    assert not [path for path in place.folder.iterdir() if path.suffix == ".part"]


def test_a_record_that_cannot_be_written_whole_leaves_nothing(place, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, out, err = place.run("ask", QUESTION, "--save", "answer.json")
    assert code == 1
    assert "No space left" in err
    assert out.startswith(SAID)
    assert not [path for path in place.folder.iterdir() if "answer.json" in path.name]


def test_save_is_for_one_question(place):
    (place.folder / "batch.jsonl").write_text(json.dumps({"id": 1, "user_input": QUESTION}))
    code, _, err = place.run("ask", "--batch", "batch.jsonl", "--save", "answer.json")
    assert code == 2
    assert "--save" in err
    assert not place.record.exists()


def test_nothing_has_changed(place):
    place.keep()
    code, told = place.replay()
    assert code == 0
    assert told["repeats"] is True
    (source,) = told["sources"]
    assert (source["document"], source["quote"], source["file"]) == (
        "unchanged", "stands", "unchanged",
    )  # fmt: skip
    assert [(one["dropped"], one["repeats"]) for one in told["checks"]] == [
        (False, True),
        (True, True),
    ]
    assert {one["name"] for one in told["differences"]} == {"model.name", "model.sha256"}
    code, out, _ = place.run("replay", "answer.json")
    assert code == 0
    assert "[1]  bridge.txt  unchanged" in out
    assert "model.sha256 was 000000000000…, now not here" in out
    assert "1 of 1 sources unchanged, 2 of 2 checks repeated." in out


@pytest.mark.parametrize(
    ("text", "quote", "start", "words"),
    [
        (f"{TEXT}\n\nIt has four lanes.", "stands", 17, "stands where it stood"),
        (f"date 2019-03-05\n\nFirst this. {QUOTE}", "moved", 29, "moved to characters 29-100"),
        (TEXT.replace("4.2", "5.1"), "gone", None, "no longer in it"),
    ],
)
def test_a_changed_text_and_what_became_of_the_quote(place, text, quote, start, words):
    place.keep()
    place.write(text)
    code, told = place.replay()
    (source,) = told["sources"]
    assert code == 1
    assert (source["document"], source["quote"], source["start"]) == ("changed", quote, start)
    assert all(one["repeats"] for one in told["checks"])  # of the words that were quoted
    assert words in place.run("replay", "answer.json")[1]


def test_of_two_places_the_one_nearest_to_where_the_quote_stood_is_told(place):
    lead = "date 2019-03-05\n\n" + "It rained on all of us. " * 8
    place.write(lead + QUOTE)
    record, _ = place.keep()
    place.write(f"{QUOTE}\n\n{lead}{QUOTE}")
    moved = record["citations"][0]["start"] + len(QUOTE) + 2
    assert place.replay()[1]["sources"][0]["start"] == moved


def test_another_date_of_publication_is_a_change(place):
    place.keep()
    place.write(TEXT.replace("2019-03-05", "2021-03-05"))
    code, told = place.replay()
    assert code == 1
    assert (told["sources"][0]["redated"], told["sources"][0]["published"]) == (True, "2021-03-05")
    assert "now dated 2021-03-05" in place.run("replay", "answer.json")[1]


def test_a_relative_date_is_read_as_it_was_whatever_day_the_source_now_bears(place):
    place.replies = ["The harbour bridge reopened on 4 March 2019 [1]."]
    place.write("date 2019-03-05\n\nThe harbour bridge reopened on Monday after long repairs.")
    record, _ = place.keep()
    assert record["claims"][0]["support"] == 1.0
    place.write(place.document.read_text().replace("2019-03-05", "2021-08-05"))
    _, told = place.replay()
    assert told["sources"][0]["quote"] == "stands"
    assert told["checks"][0]["now"] == {"supported": True, "support": 1.0}


def test_checks_are_repeated_with_the_question_as_it_was_searched(place, monkeypatch):
    place.keep()
    place.change(lambda record: record.update(question="And that?"))
    asked = []

    def remembered(question, *rest):
        asked.append(question)
        return check(question, *rest)

    monkeypatch.setattr(rag.replay, "check", remembered)
    place.replay()
    assert set(asked) == {QUESTION}


def test_a_removed_document_is_checked_by_the_words_of_the_record(place):
    record, _ = place.keep()
    remove_document(Settings.load(), record["citations"][0]["document_id"])
    code, told = place.replay()
    assert code == 1
    assert told["sources"][0]["document"] == "removed"
    assert [one["repeats"] for one in told["checks"]] == [True, True]


def test_without_an_index_everything_is_removed(place):
    place.keep()
    shutil.rmtree(place.folder / "home")
    code, told = place.replay()
    assert code == 1
    assert told["sources"][0]["document"] == "removed"
    assert "embedder" in {one["name"] for one in told["differences"]}


def test_a_document_that_lies_elsewhere_now_is_found_by_its_bytes(place):
    record, _ = place.keep()
    remove_document(Settings.load(), record["citations"][0]["document_id"])
    place.document = place.document.rename(place.folder / "renamed.txt")
    place.write(TEXT)
    code, told = place.replay()
    assert code == 1
    (same,) = told["sources"][0]["same_bytes"]
    assert f"the same file is here as {same}" in place.run("replay", "answer.json")[1]


@pytest.mark.parametrize(
    ("change", "file", "code"),
    [
        (lambda path: path.write_text(TEXT + "!"), "changed", 1),
        (lambda path: path.unlink(), "missing", 1),
        (lambda path: os.utime(path, (1, 1)), "unchanged", 0),
    ],
)
def test_the_file_behind_an_unchanged_text(place, change, file, code):
    place.keep()
    change(place.document)
    got, told = place.replay()
    source = told["sources"][0]
    assert (got, source["document"], source["file"]) == (code, "unchanged", file)


def test_a_check_that_comes_out_otherwise(place, monkeypatch):
    place.keep()
    seen = []

    def strict(question, draft, quotes):
        seen.append((question, draft.text, [quote.text for quote in quotes]))
        return check(question, draft, [])

    monkeypatch.setattr(rag.replay, "check", strict)
    code, told = place.replay()
    assert code == 1
    assert seen == [(QUESTION, f"{SAID}.", [QUOTE]), (QUESTION, f"{INVENTED}.", [QUOTE])]
    assert [one["repeats"] for one in told["checks"]] == [False, True]
    assert told["sources"][0]["unchanged"] is True
    out = place.run("replay", "answer.json")[1]
    assert "unsupported, support 0.00, recorded as supported, 1.00" in out


def test_a_record_whose_words_were_altered_does_not_repeat(place):
    place.keep()
    place.change(lambda record: record["claims"][0].update(text=f"{INVENTED}."))
    code, told = place.replay()
    assert code == 1
    assert told["checks"][0]["repeats"] is False


def test_a_quote_that_was_altered_is_not_in_the_source(place):
    place.keep()
    place.change(lambda one: one["citations"][0].update(quote=QUOTE.replace("Ortiz", "Artiz")))
    code, told = place.replay()
    assert code == 1
    assert (told["sources"][0]["document"], told["sources"][0]["quote"]) == ("changed", "gone")


def test_what_it_was_made_with_is_compared_but_does_not_count(place, monkeypatch):
    place.keep()
    monkeypatch.setenv("RAG_TOP_K", "5")

    def older(record):
        record["record"]["prompts"]["judge"] = "1" * 64
        record["record"]["versions"]["seedbound"] = "0.0.9"
        record["record"]["embedder"] = "other@1"

    place.change(older)
    code, told = place.replay()
    assert code == 0
    differences = {one["name"]: (one["was"], one["now"]) for one in told["differences"]}
    assert differences["settings.top_k"] == (8, 5)
    assert differences["versions.seedbound"] == ("0.0.9", rag.__version__)
    assert differences["embedder"] == ("other@1", place.embedder.identity)
    assert differences["prompts.judge"] == ("1" * 64, prompt_digests()["judge"])
    assert "settings.home" not in differences


def test_a_refusal_rests_on_all_that_was_looked_at(place):
    place.yes = 0.0
    record, _ = place.keep()
    assert (record["answer"], record["citations"]) == (REFUSAL, [])
    assert [one["quote"] for one in record["record"]["also_cited"]] == [QUOTE]
    code, told = place.replay()
    assert code == 0
    assert [one["recorded"]["supported"] for one in told["checks"]] == [True, False]
    place.replies = ["zzz"]
    place.record.unlink()
    assert place.keep()[0]["record"]["also_cited"] == []
    assert place.replay()[0] == 0
    place.write(TEXT + " It has four lanes.")
    code, told = place.replay()
    assert code == 1
    assert (told["sources"][0]["number"], told["sources"][0]["document"]) == (None, "changed")
    assert "bridge.txt  text changed" in place.run("replay", "answer.json")[1]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "not one JSON object"),
        ('{"question": "cut of', "not one JSON object"),
        ("{}\n{}", "not one JSON object"),
        ("[1]", "no record of an answer"),
        ('{"question": "q"}', "no record of an answer"),
        ('{"record": 1}', "no record of an answer"),
        ('{"record": {"version": 2, "versions": {"seedbound": "9.1"}}}', "9.1"),
        ('{"record": {"version": 1}}', "damaged record"),
    ],
)
def test_what_is_no_record_is_said_to_be_none(place, content, says):
    place.record.write_text(content)
    code, out, err = place.run("replay", "answer.json")
    assert (code, out) == (1, "")
    assert says in err and "answer.json" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda record: record["citations"].clear(), r"cites [1]"),
        (lambda record: record["citations"][0].update(end=20), "as long as its span"),
        (lambda record: record["citations"][0].update(sha256="x"), "citations.0.sha256"),
        (lambda record: record["record"].pop("settings"), "record.settings"),
    ],
)
def test_a_damaged_record_is_told_from_a_changed_source(place, change, says):
    place.keep()
    place.change(change)
    code, _, err = place.run("replay", "answer.json")
    assert code == 1
    assert "damaged record" in err and says in err


def test_no_such_record(place):
    code, _, err = place.run("replay", "answer.json")
    assert code == 1
    assert err.startswith("error: answer.json cannot be opened")


def test_nothing_in_a_record_acts_on_the_terminal(place):
    place.keep()
    place.change(lambda record: record.update(question="\x1b[2Jq", answer="\x1b]0;x\x07a"))
    assert "\x1b" not in place.run("replay", "answer.json")[1]
