"""`rag gold draft`, `rag gold review` with a scripted model and piped keys, and `rag gold from-ratings`."""

import json
import os
from contextlib import closing
from datetime import date

import click
import pytest
from click.testing import CliRunner

import rag.cli.gold
import rag.cli.review
from rag import (
    Citation,
    ConversationStore,
    IngestError,
    ModelMissing,
    Quote,
    RagError,
    Settings,
    Turn,
    ingest_paths,
    remove_document,
)
from rag.cli.evaluate import run_evaluation
from rag.cli.gold import manage_gold
from rag.draft_file import DraftFile
from rag.errors import GoldError, IndexMissing
from rag.gold import GoldQuestion, load_gold, read_gold
from rag.index import Index
from rag.testing import HashEmbedder
from tests.rag.answered import answer, claim, record, refusal
from tests.rag.test_draft import Echo


@pytest.fixture
def docs(home, tmp_path):
    """A folder with three documents of four sentences."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for number in (1, 2, 3):
        sentences = (
            f"The village of Dorf{number}x{line} counted {100 * number + line} storks in its meadows."
            for line in range(1, 5)
        )
        (folder / f"{number}.txt").write_text(
            f"date 2019-03-0{number}\n\nStorks\n\n{' '.join(sentences)}\n"
        )
    return folder


@pytest.fixture
def model(monkeypatch):
    model = Echo([""])
    monkeypatch.setattr(rag.cli.gold, "open_chat_model", lambda settings: model)
    return model


@pytest.fixture
def out(tmp_path):
    return tmp_path / "gold.jsonl"


def run(*arguments, keys=None, color=False):
    return CliRunner().invoke(manage_gold, [str(one) for one in arguments], input=keys, color=color)


def ids(path):
    return [question.id for question in read_gold(path).entries]


def write(path, *, count=3, reviewed=False):
    """A file of drafts as they are made from a text."""
    questions = [
        GoldQuestion(
            id=f"draft-{number}",
            user_input=f"How many storks did Dorf{number} count?",
            reference=f"10{number}",
            references=(f"10{number}",),
            answerable=True,
            reference_context_ids=(f"{number}.txt",),
            reference_contexts=(f"Dorf{number} counted 10{number}\nstorks.",),
            qtype="fact",
            reviewed=reviewed,
        )
        for number in range(1, count + 1)
    ]
    path.write_text("".join(one.model_dump_json(exclude_defaults=True) + "\n" for one in questions))
    return questions


# draft


def test_drafts_of_files_are_written_and_do_not_count(docs, model, out):
    result = run("draft", docs, "--out", out, "--count", 5)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"5 of 5 drafts in {out}, 5 to review",
        f"Next: rag gold review {out}",
    ]
    drafts = load_gold(out, drafts=True)
    assert len(drafts) == 5
    assert not any(draft.reviewed for draft in drafts)
    for draft in drafts:
        (source,) = draft.reference_context_ids
        assert draft.reference_contexts[0] in (docs / source).read_text()
    with pytest.raises(GoldError, match="rag gold review"):
        load_gold(out)


def test_drafts_of_the_index(docs, model, out):
    ingest_paths([docs], Settings.load(), embedder=HashEmbedder())
    (docs / "1.txt").unlink()  # the stored text is asked about
    result = run("draft", "--out", out, "--count", 3)
    assert result.exit_code == 0, result.output
    sources = {draft.reference_context_ids for draft in load_gold(out, drafts=True)}
    assert sources == {("1.txt",), ("2.txt",), ("3.txt",)}


def test_running_it_again_goes_on(docs, model, out):
    run("draft", docs, "--out", out, "--count", 2)
    first = out.read_text()
    assert run("draft", docs, "--out", out, "--count", 2).stdout.startswith("2 of 2 drafts")
    assert len(model.prompts) == 4  # two questions, two verdicts: the second run asked nothing
    run("draft", docs, "--out", out, "--count", 4)
    assert out.read_text().startswith(first)
    whole = out.with_name("whole.jsonl")
    run("draft", docs, "--out", whole, "--count", 4)
    assert out.read_text() == whole.read_text()


def test_what_is_drafted_is_kept_when_it_is_interrupted(docs, model, out, monkeypatch):
    tries = iter([1.0, 1.0])

    def interrupted(messages):
        for yes in tries:
            return yes
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "yes_probability", interrupted)
    assert run("draft", docs, "--out", out, "--count", 9).exit_code != 0
    assert len(ids(out)) == 2


def test_sentences_that_gave_nothing_are_not_tried_again(docs, model, out, monkeypatch):
    monkeypatch.setattr(model, "yes_probability", lambda messages: 0.0)
    result = run("draft", docs, "--out", out)
    assert result.exit_code == 0
    assert "0 of 20 drafts" in result.stdout and "no sentence is left" in result.stdout
    assert "Next" not in result.stdout
    assert "12 sentences dropped (12 the sentence does not answer it)" in result.stderr
    assert len(model.prompts) == 12
    run("draft", docs, "--out", out)
    assert len(model.prompts) == 12
    out.with_name("gold.jsonl.dropped").unlink()
    run("draft", docs, "--out", out)
    assert len(model.prompts) == 24


def test_a_new_file_begins_anew(docs, model, out, monkeypatch):
    run("draft", docs, "--out", out, "--count", 1)
    DraftFile(out).remove(ids(out)[0])
    out.unlink()
    run("draft", docs, "--out", out, "--count", 12)
    assert len(ids(out)) == 12


def test_questions_of_people_stay_as_they_are(docs, model, out):
    mine = '{"id":"q1", "user_input":"Who?",  "reference":null,"answerable":false}'
    out.write_text(mine)  # no newline at the end
    run("draft", docs, "--out", out, "--count", 2)
    assert out.read_text().splitlines()[0] == mine
    assert out.read_text().endswith("}\n")
    assert len(ids(out)) == 3


def test_unreadable_files_are_told_and_skipped(docs, model, out):
    (docs / "bad.txt").write_bytes(b"\x00\x01\x02" * 50)
    result = run("draft", docs, "--out", out, "--count", 1)
    assert result.exit_code == 0
    assert "skipped bad.txt" in result.stderr


def fails(*arguments) -> RagError:
    result = run(*arguments)
    assert isinstance(result.exception, RagError), result.output
    assert str(result.exception).rstrip().endswith((".", "FOLDER", "instruct"))
    return result.exception


def test_errors_say_what_to_do(docs, home, out, tmp_path, model):
    assert isinstance(fails("draft", tmp_path / "nowhere", "--out", out), IngestError)
    (tmp_path / "empty").mkdir()
    assert "holds no document" in str(fails("draft", tmp_path / "empty", "--out", out))
    (tmp_path / "empty" / "a.txt").write_text("  ")
    assert "a.txt has no text" in str(fails("draft", tmp_path / "empty", "--out", out))
    assert isinstance(fails("draft", "--out", out), IndexMissing)
    assert not out.exists()
    assert "ends in .jsonl" in str(fails("draft", docs, "--out", tmp_path / "gold.csv"))
    assert "ends in .jsonl" in str(fails("draft", docs, "--out", docs))
    lost = tmp_path / "no" / "gold.jsonl"
    assert "cannot be written" in str(fails("draft", docs, "--out", lost))
    out.write_text('{"id": "x"}\n')
    assert "line 1" in str(fails("draft", docs, "--out", out))
    assert "line 1" in str(fails("review", out))
    assert isinstance(fails("review", tmp_path / "none.jsonl"), GoldError)


def test_a_model_that_is_not_here(docs, home, out, monkeypatch):
    monkeypatch.setenv("RAG_MODELS_DIR", str(home / "none"))
    monkeypatch.setattr("rag.models.PACKAGE", home)
    error = fails("draft", docs, "--out", out)
    assert isinstance(error, ModelMissing)
    assert "rag models pull" in str(error)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_is_not_ours(docs, model, out):
    write(out)
    out.chmod(0o400)
    assert "cannot be written" in str(fails("draft", docs, "--out", out))


# review


def test_each_decision_is_carried_out(home, out):
    write(out, count=4)
    result = run("review", out, keys="k\nd\ns\nq\n")
    assert result.exit_code == 0, result.output
    assert [(one.id, one.reviewed) for one in read_gold(out).entries] == [
        ("draft-1", True),
        ("draft-3", False),
        ("draft-4", False),
    ]
    assert "1 kept, 0 edited, 1 dropped, 2 left" in result.stdout
    again = run("review", out, keys="k\nk\n")
    assert "[1 of 2] " in again.stdout and "2 kept, 0 edited, 0 dropped, 0 left" in again.stdout
    assert run("review", out).stdout == f"Nothing to review in {out}.\n"
    assert len(load_gold(out)) == 3


def test_decisions_are_in_the_file_before_the_next_question(home, out, monkeypatch):
    write(out)
    states = []

    def key():
        states.append(load_gold(out, drafts=True))
        if len(states) == 3:
            raise KeyboardInterrupt
        return "kd"[len(states) - 1]

    monkeypatch.setattr(rag.cli.review, "_key", key)
    result = run("review", out)
    assert result.exit_code != 0
    assert "1 kept, 0 edited, 1 dropped, 1 left" in result.stdout
    assert [one.reviewed for one in states[1]] == [True, False, False]
    assert [one.id for one in states[2]] == ["draft-1", "draft-3"]


def test_the_end_of_the_input_quits(home, out):
    questions = write(out)
    result = run("review", out, keys="")
    assert result.exit_code == 0
    assert "3 left" in result.stdout
    assert read_gold(out).entries == tuple(questions)


def test_what_is_shown(home, docs, out):
    ingest_paths([docs], Settings.load(), embedder=HashEmbedder())
    write(out)
    shown = run("review", out, keys="?\nq\n", color=True).stdout
    assert "[1 of 3] fact, draft-1" in shown
    assert "How many storks did Dorf1 count?" in shown
    assert "1.txt, 2019-03-01" in shown
    answer = click.style("101", bold=True, reverse=True)
    assert f"Dorf1 counted {answer} storks." in shown
    assert "keep: the question counts from now on" in shown


def test_escape_sequences_in_a_draft_do_not_reach_the_terminal(home, out):
    (one, *_) = write(out)
    bad = one.model_copy(update={"user_input": "\x1b[2JHow?", "reference_contexts": ("\x1b[2J",)})
    out.write_text(bad.model_dump_json(exclude_defaults=True))
    assert "\x1b[2J" not in run("review", out, keys="q\n", color=True).stdout


def test_an_edit_is_kept(home, out):
    write(out, count=1)
    result = run(
        "review", out, keys="e\nHow many birds did Dorf1 count?\n\n101 | a hundred and one\n"
    )
    assert "0 kept, 1 edited" in result.stdout, result.output
    (question,) = load_gold(out)
    assert question.user_input == "How many birds did Dorf1 count?"
    assert question.reference == "101"
    assert question.references == ("101", "a hundred and one")


def test_a_new_answer_takes_the_place_of_the_old_one(home, out):
    write(out, count=1)
    run("review", out, keys="e\n\n101 storks\n\n")
    (question,) = load_gold(out)
    assert question.reference == "101 storks"  # over the line break of the context
    assert question.references == ("101 storks",)


def test_an_answer_that_the_context_does_not_hold_must_be_insisted_on(home, out):
    write(out, count=1)
    result = run("review", out, keys="e\n\n99\n\nn\nq\n")
    assert "does not hold this answer" in result.stdout
    assert not read_gold(out).entries[0].reviewed
    run("review", out, keys="e\n\n99\n\ny\n")
    assert load_gold(out)[0].references == ("99",)


def test_an_unfinished_edit_changes_nothing(home, out):
    questions = write(out, count=1)
    result = run("review", out, keys="e\nHow many")
    assert isinstance(result.exception, SystemExit) or result.exit_code
    assert read_gold(out).entries == tuple(questions)


def test_questions_without_an_answer_are_edited_without_one(home, out):
    row = {
        "id": "u",
        "user_input": "Who?",
        "reference": None,
        "answerable": False,
        "reviewed": False,
    }
    out.write_text(json.dumps(row))
    run("review", out, keys="e\nWho then?\n")
    (question,) = load_gold(out)
    assert (question.user_input, question.reference) == ("Who then?", None)


def test_what_was_dropped_in_review_is_not_drafted_again(docs, model, out):
    run("draft", docs, "--out", out, "--count", 1)
    (dropped,) = ids(out)
    run("review", out, keys="d\n")
    run("draft", docs, "--out", out, "--count", 20)
    assert len(ids(out)) == 11
    assert dropped not in ids(out)


def test_drafting_and_reviewing_side_by_side(docs, model, out, monkeypatch):
    run("draft", docs, "--out", out, "--count", 2)
    first, second = ids(out)

    def key():
        if len(ids(out)) == 2:  # drafted while the reviewer thinks
            run("draft", docs, "--out", out, "--count", 3)
            return "k"
        return "d"

    monkeypatch.setattr(rag.cli.review, "_key", key)
    run("review", out)
    left = read_gold(out).entries
    assert left[0].id == first and second not in [one.id for one in left]
    assert [one.reviewed for one in left] == [True, False]


@pytest.mark.parametrize("command", ["draft", "review", "from-ratings"])
def test_help(command):
    assert run(command, "--help").exit_code == 0


# from ratings


@pytest.fixture
def store(home):
    with closing(ConversationStore(Settings.load().conversations_path)) as store:
        yield store


@pytest.fixture
def asked(store, docs):
    """What a question came to in the chat; the documents are those of the index."""
    ingest_paths([docs], Settings.load(), embedder=HashEmbedder())
    with Index.open(Settings.load()) as index:
        documents = {one.source: one for one in index.catalog.documents()}

    def ask(rating, *sources, owner="", reason="", state="finished", **more):
        conversation = store.create(owner, "Storks")
        number = store.begin(owner, conversation, "How many storks?")
        cited = []
        for place, source in enumerate(sources, start=1):
            document = documents[source]
            start = document.text.index("The village")
            end = document.text.index(".", start) + 1
            cited.append(
                Citation(number=place, quote=Quote(document=document, start=start, end=end))
            )
        claims = [claim(f"{one.quote.text[:-1]}, it says.", one) for one in cited]
        kept = record(answer(*claims, as_of=date(2019, 3, 1)) if cited else refusal(), **more)
        store.finish(owner, conversation, number, state, kept)
        store.rate(owner, conversation, number, rating, reason)
        return f"rated-{conversation}-{number}"

    return ask


def test_good_answers_and_refusals_are_gold_questions(asked, out, docs, store):
    history = (Turn(question="Where?", answer="In Dorf1x1."),)
    first = asked("up", "1.txt", "2.txt", history=history)
    second = asked("up")
    conversation = store.create("", "not rated")
    store.begin("", conversation, "And?")
    result = run("from-ratings", out)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"2 questions and 0 drafts added to {out}, 0 were there before or dropped in review"
    ]
    answered, refused = load_gold(out)
    assert (answered.id, refused.id) == (first, second)
    assert answered.user_input == "How many storks?"
    assert answered.turns == history
    assert answered.reference == (
        "The village of Dorf1x1 counted 101 storks in its meadows, it says. "
        "The village of Dorf2x1 counted 201 storks in its meadows, it says."
    )
    assert answered.answerable and answered.as_of == date(2019, 3, 1)
    assert answered.reference_context_ids == ("1.txt", "2.txt")
    assert answered.reference_contexts == (
        "The village of Dorf1x1 counted 101 storks in its meadows.",
        "The village of Dorf2x1 counted 201 storks in its meadows.",
    )
    assert not refused.answerable
    assert refused.reference is None and refused.reference_contexts == ()


def test_they_fit_the_documents_that_an_evaluation_asks(asked, out, docs):
    asked("up", "1.txt")
    asked("up")
    run("from-ratings", out)
    arguments = [str(out), "--docs", str(docs), "--retrieval-only", "--json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rag.embed.open_embedder", lambda settings: HashEmbedder())
        patch.setattr("rag.library.open_embedder", lambda settings: HashEmbedder(), raising=False)
        done = CliRunner().invoke(run_evaluation, arguments)
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures["figures"]["hit_rate@5"]["value"] == 1.0


def test_what_was_found_bad_is_a_draft_with_the_reason(asked, out, store):
    wrong = asked("down", "1.txt", reason="it was 102")
    lacking = asked("down")
    stopped = asked("up", "1.txt", state="stopped")
    narrowed = asked("up", filters={"sources": ["1.txt"]})
    result = run("from-ratings", out)
    assert result.stdout.splitlines() == [
        f"0 questions and 4 drafts added to {out}, 0 were there before or dropped in review",
        f"Next: rag gold review {out}",
    ]
    drafts = {one.id: one for one in load_gold(out, drafts=True)}
    notes = {one.id: one.note or "" for one in drafts.values()}
    assert list(drafts) == [wrong, lacking, stopped, narrowed]
    assert not any(one.reviewed for one in drafts.values())
    assert "(it was 102)" in notes[wrong] and "101 storks" in (drafts[wrong].reference or "")
    assert "yet to be written" in notes[lacking]
    assert drafts[lacking].answerable and drafts[lacking].reference is None
    assert "stopped" in notes[stopped]
    assert "part of the documents" in notes[narrowed] and not drafts[narrowed].answerable
    review = run("review", out, keys="e\n\n102 storks\n\ny\ne\n\nNone at all\n\nk\nd\n")
    assert "note      rated bad (it was 102): the answer is the one that was given" in review.stdout
    assert "1 kept, 2 edited, 1 dropped, 0 left" in review.stdout
    first, second, third = load_gold(out)
    assert (first.reference, second.reference) == ("102 storks", "None at all")
    assert third.id == stopped and third.reviewed and third.note is None
    again = run("from-ratings", out)
    assert (
        again.stdout.startswith("0 questions and 0 drafts")
        and "4 were there before" in again.stdout
    )
    assert ids(out) == [wrong, lacking, stopped]


def test_ratings_of_one_login_on_stdout(asked, out):
    asked("up", "1.txt", owner="ada")
    mine = asked("up", owner="bo")
    result = run("from-ratings", "-", "--user", "bo")
    (line,) = result.stdout.splitlines()
    assert json.loads(line)["id"] == mine
    assert len(run("from-ratings", "-").stdout.splitlines()) == 2
    assert run("from-ratings", "-", "--user", "cy").stdout == ""


def test_an_answer_whose_document_was_removed_is_left_out(asked, out, store):
    asked("up", "1.txt", "2.txt")
    with Index.open(Settings.load()) as index:
        gone = next(one.id for one in index.catalog.documents() if one.source == "2.txt")
    remove_document(Settings.load(), gone)
    result = run("from-ratings", out)
    assert result.exit_code == 0
    assert "1 left out: documents they rest on were removed" in result.stderr
    assert "No answer to export" in result.stderr
    assert not out.exists()


def test_without_any_rating_nothing_is_written(home, out):
    result = run("from-ratings", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "rag chat" in result.stderr
    assert not out.exists() and not home.exists()
