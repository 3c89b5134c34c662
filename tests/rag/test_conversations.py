"""Conversations on disk: what is kept, whose it is, and what is left after a kill or a removal."""

import json
import os
import signal
import sqlite3
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rag import (
    REFUSAL,
    ConversationNotFound,
    ConversationStore,
    RagError,
    Settings,
    StorageError,
    Turn,
    ingest_paths,
    remove_document,
)
from rag.catalog import Catalog
from rag.cli import cli
from rag.conversations_forget import mentioned, without_documents, without_unsaid
from tests.rag.answered import (
    BRIDGE,
    FERRY,
    answer,
    claim,
    document,
    quote,
    record,
    refusal,
    simple,
    two_sided,
)

CANARY = "zyxquand"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "conversations.sqlite"


@pytest.fixture
def store(path):
    with closing(ConversationStore(path)) as store:
        yield store


def talk(store, owner="", title="Bridges", *exchanges):
    """A conversation with answers to questions: ``(question, record)`` each."""
    identifier = store.create(owner, title)
    for question, kept in exchanges or [("What did it cost?", simple())]:
        number = store.begin(owner, identifier, question)
        store.finish(owner, identifier, number, "finished", kept)
    return identifier


def opened(store, owner, identifier):
    found = store.get(owner, identifier)
    assert found is not None
    return found


def titles(store, owner="", search=""):
    return [one.title for one in store.list(owner, search)]


def traces(folder, word=CANARY):
    """Files that hold a word, in whatever bytes are left."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path.name for path in files if word.encode() in path.read_bytes().lower()]


# what is kept


def test_nothing_is_written_before_there_is_something_to_keep(store, path):
    assert store.list("") == ()
    assert store.get("", "abc") is None
    assert list(store.rated()) == []
    store.forget_documents(["a"])
    store.finish_deleting()
    with pytest.raises(ConversationNotFound):
        store.delete("", "abc")
    assert not path.parent.exists()


def test_a_conversation_is_there_after_a_restart(store, path):
    identifier = store.create("", " What is\nthis? ")
    number = store.begin("", identifier, "What did\nit cost?")
    store.finish("", identifier, number, "finished", simple())
    store.rate("", identifier, number, "down", " too short ")
    store.begin("", identifier, "And?")
    store.close()
    with closing(ConversationStore(path)) as again:
        (shown,) = again.list("")
        kept = opened(again, "", identifier)
    assert (shown.id, shown.title, shown.exchanges) == (identifier, "What is this?", 2)
    assert (kept.id, kept.title, kept.changed) == (identifier, shown.title, shown.changed)
    assert kept.created < kept.exchanges[0].asked_at < kept.exchanges[1].asked_at == kept.changed
    first, second = kept.exchanges
    assert (first.number, first.question, first.state) == (1, "What did\nit cost?", "finished")
    assert (first.rating, first.reason) == ("down", "too short")
    assert first.record["claims"] == simple()["claims"]
    assert (second.state, second.record, second.rating) == ("asked", {}, None)


def test_ids_can_stand_in_an_address_and_are_not_guessed(store):
    ids = {store.create("", "") for _ in range(50)}
    assert len(ids) == 50
    assert all(len(one) == 16 and one.replace("-", "").replace("_", "").isalnum() for one in ids)


def test_the_file_is_for_its_owner_alone(store, path):
    talk(store)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.with_name(f"{path.name}-wal").stat().st_mode) == 0o600


def test_what_changed_last_comes_first(store):
    first, second = talk(store, "", "first"), talk(store, "", "second")
    assert titles(store) == ["second", "first"]
    number = store.begin("", first, "More?")
    assert titles(store) == ["first", "second"]
    store.begin("", second, "More?")
    store.finish("", first, number, "stopped", simple())
    assert titles(store) == ["first", "second"]
    store.begin("", second, "Again?", instead_of=2)
    store.rename("", first, "renamed")
    store.rate("", first, 1, "up")
    assert titles(store) == ["second", "renamed"]


def test_numbers_are_never_used_twice(store):
    identifier = talk(store, "", "x", ("1?", simple()), ("2?", simple()), ("3?", simple()))
    assert store.begin("", identifier, "2 again?", instead_of=2) == 4
    with pytest.raises(ConversationNotFound):
        store.finish("", identifier, 3, "finished", simple())
    assert [one.number for one in store.get("", identifier).exchanges] == [1, 4]


def test_a_question_that_cannot_be_kept_takes_nothing_away(store):
    identifier = talk(store, "", "x", ("1?", simple()), ("2?", simple()))
    before = store.get("", identifier)
    with store._write() as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON exchanges BEGIN SELECT raise(ABORT, 'full'); END"
        )
    with pytest.raises((StorageError, sqlite3.Error)):
        store.begin("", identifier, "2 again?", instead_of=2)
    assert store.get("", identifier) == before


def test_a_rating_can_be_taken_back(store):
    identifier = talk(store)
    store.rate("", identifier, 1, "down", "wrong")
    store.rate("", identifier, 1, None, "a reason without a rating")
    (exchange,) = store.get("", identifier).exchanges
    assert (exchange.rating, exchange.reason) == (None, "")
    assert list(store.rated()) == []


def test_rated_exchanges_of_all_and_of_one(store):
    for owner, rating in (("ada", "up"), ("bo", "down"), ("ada", None)):
        store.rate(owner, talk(store, owner), 1, rating)
    assert [(one.owner, one.exchange.rating) for one in store.rated()] == [
        ("ada", "up"), ("bo", "down"),
    ]  # fmt: skip
    (one,) = store.rated("bo")
    assert one.conversation_id == store.list("bo")[0].id
    assert one.exchange.record["answer"] == simple()["answer"]
    assert list(store.rated("cy")) == []


def test_half_letters_are_kept_as_far_as_they_can_be(store):
    identifier = talk(store, "", "half \ud83d", ("half \udc00?", {"answer": "half \ud800"}))
    kept = store.get("", identifier)
    assert (kept.title, kept.exchanges[0].question) == ("half ?", "half ??")
    assert kept.exchanges[0].record == {"answer": "half ?"}
    assert store.get("", "\ud800") is None
    assert titles(store, search="\ud800") == titles(store, search="?")


# search


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("bridges", ["On bridges", "Über Brücken"]),
        ("  BRIDGES  ", ["On bridges", "Über Brücken"]),
        ("brucken", ["Über Brücken"]),
        ("ÜBER", ["Über Brücken"]),
        ("who paid", ["On bridges"]),
        ("bridges 4.2 million", ["On bridges"]),
        ("100%", ["On bridges"]),
        ("million_euros", []),
        ("bridges dragons", []),
        ("don't say", []),
        ("harbour", []),  # stands in the quote alone
        ("", ["On bridges", "Refused", "Über Brücken"]),
    ],
)
def test_search_looks_in_titles_questions_and_answers(store, search, found):
    talk(
        store, "", "On bridges", ("What did it cost?", simple()), ("Who paid 100% of it?", simple())
    )
    talk(store, "", "Über Brücken", ("What are bridges?", simple("Ways across.")))
    talk(store, "", "Refused", ("Where?", record(refusal())))
    talk(store, "somebody else", "On bridges as well")
    assert sorted(titles(store, "", search)) == found


def test_a_long_list_and_a_long_conversation_open_at_once(store):
    long = record(two_sided(document("a", BRIDGE * 9), document("b", FERRY * 9)))
    with store._write() as connection:  # one transaction: making them is not what is measured
        connection.executemany(
            "INSERT INTO conversations (id, owner, created, changed, title, folded) "
            "VALUES (?, '', ?, ?, ?, ?)",
            [(f"c{n}", *["2025-01-01T00:00:00.000000+00:00"] * 2, f"T{n}", f"t{n}") for n in range(1500)],
        )  # fmt: skip
        rows = [(1 + n % 1500, 1 + n // 1500) for n in range(6000)]
        rows += [(1, number) for number in range(5, 1005)]
        connection.executemany(
            "INSERT INTO exchanges (conversation, number, state, asked_at, question, folded) "
            "VALUES (?, ?, 'finished', '2025-01-01T00:00:00.000000+00:00', 'What?', ?)",
            [(*row, f"what? the {row[0]}th bridge {'and so on ' * 60}") for row in rows],
        )
        connection.executemany(
            "INSERT INTO records VALUES (?, ?, ?)", [(*row, json.dumps(long)) for row in rows]
        )
    assert quickest(lambda: store.list("")) < 0.3
    assert quickest(lambda: store.list("", "700th bridge nowhere")) < 0.3
    assert quickest(lambda: store.get("", "c0")) < 0.3
    assert len(store.get("", "c0").exchanges) == 1004
    assert len(store.list("", "bridge")) == 1500


def quickest(action):
    """Processor seconds of the quickest of three: other processes do not count."""
    took = []
    for _ in range(3):
        started = time.process_time()
        action()
        took.append(time.process_time() - started)
    return min(took)


# whose it is


def test_the_conversation_of_somebody_else_does_not_exist(store):
    identifier = talk(store, "ada", "secret")
    before = store.get("ada", identifier)
    for owner in ("bo", "", "ADA"):
        assert store.get(owner, identifier) is None
        assert store.list(owner) == store.list(owner, "secret") == ()
        for action in (
            lambda who: store.rename(who, identifier, "mine"),
            lambda who: store.delete(who, identifier),
            lambda who: store.begin(who, identifier, "Mine?"),
            lambda who: store.finish(who, identifier, 1, "finished", {}),
            lambda who: store.begin(who, identifier, "Mine?", instead_of=1),
            lambda who: store.rate(who, identifier, 1, "down"),
        ):
            with pytest.raises(ConversationNotFound, match="Open another one") as found:
                action(owner)
            assert isinstance(found.value, RagError)
            assert "secret" not in str(found.value)
    assert store.get("ada", identifier) == before


@pytest.mark.parametrize("number", [0, 2, -1])
def test_an_exchange_that_is_not_there_cannot_be_finished_or_rated(store, number):
    identifier = talk(store)
    for action in (
        lambda: store.finish("", identifier, number, "finished", {}),
        lambda: store.rate("", identifier, number, "up"),
    ):
        with pytest.raises(ConversationNotFound):
            action()


# many at once, and kills


def test_many_people_at_once_lose_nothing(path, store):
    def ask(person):
        # Every third in a store of its own, as another process would be.
        with closing(ConversationStore(path)) as own:
            used = own if person % 3 == 0 else store
            identifier = used.create(f"p{person}", "t")
            for turn in range(5):
                number = used.begin(f"p{person}", identifier, f"{person}.{turn}?")
                used.finish(
                    f"p{person}", identifier, number, "finished", simple(f"{person}.{turn}")
                )

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(ask, range(20)))
    for person in range(20):
        (one,) = store.list(f"p{person}")
        kept = store.get(f"p{person}", one.id).exchanges
        assert [one.record["claims"][0]["text"] for one in kept] == [
            f"{person}.{n}" for n in range(5)
        ]


def test_a_server_that_starts_threads_without_end_keeps_few_files_open(store):
    talk(store)

    def open_files():
        return len(list(Path("/proc/self/fd").iterdir()))

    def look():
        thread = threading.Thread(target=store.list, args=("",))
        thread.start()
        thread.join()

    look()
    before = open_files()
    for _ in range(20):
        look()
    assert open_files() <= before + 3
    assert len(store.list("")) == 1


STEPS = (
    lambda store, made: made.append(store.create("", "first")),
    lambda store, made: store.begin("", made[0], "What did it cost?"),
    lambda store, made: store.finish("", made[0], 1, "finished", simple()),
    lambda store, made: store.rate("", made[0], 1, "up", "right"),
    lambda store, made: store.begin("", made[0], "And then?"),
    lambda store, made: store.begin("", made[0], "And now?", instead_of=2),
    lambda store, made: store.rename("", made[0], "renamed"),
    lambda store, made: store.forget_documents(["bridge"]),
    lambda store, made: made.append(store.create("", "second")),
    lambda store, made: store.delete("", made[0]),
)


def seen(path):
    """Everything that is kept, without ids and times."""
    with closing(ConversationStore(path)) as store:
        return [
            (
                one.title,
                [
                    (each.number, each.question, each.state, each.rating, each.record.get("claims"))
                    for each in opened(store, "", one.id).exchanges
                ],
            )
            for one in store.list("")
        ]


def test_a_kill_at_any_moment_loses_at_most_the_change_under_way(tmp_path):
    expected: list[Any] = []
    made: list[str] = []
    with closing(ConversationStore(tmp_path / "calm" / "c.sqlite")) as store:
        for step in STEPS:
            expected.append(seen(store._path))
            step(store, made)
    expected.append(seen(tmp_path / "calm" / "c.sqlite"))
    fatal, killed = 0, True
    while killed:
        fatal += 1
        folder = tmp_path / f"kill{fatal}"
        folder.mkdir()
        child = os.fork()
        if not child:
            go_until(folder, fatal)
        killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        done = (folder / "done").stat().st_size
        assert seen(folder / "c.sqlite") in expected[done : done + 2], f"killed at {fatal}"
        with closing(ConversationStore(folder / "c.sqlite")) as store:
            store.finish_deleting()
            assert not killed or not done or store.create("", "goes on")
        if done >= 8:
            assert traces(folder, "harbour") == [], f"killed at {fatal}"
    assert fatal > 40


def go_until(folder, fatal):
    """In a child: the steps, killed before the n-th statement."""
    count = 0

    def statement(text):
        nonlocal count
        count += 1
        if count == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        store = ConversationStore(folder / "c.sqlite")
        with (folder / "done").open("wb", buffering=0) as done:
            store._connection().set_trace_callback(statement)
            made: list[str] = []
            for step in STEPS:
                step(store, made)
                done.write(b".")
    finally:
        os._exit(0)


# deleting


def test_a_deleted_conversation_leaves_nothing(store, path):
    doomed = []
    for n in range(60):
        text = f"{CANARY}{n} " * (1 + n * 7 % 90)
        kept = record(answer(claim(text), documents=(document("d", text),)), draft=text)
        doomed.append(talk(store, "", text, *[(f"{text}?", kept)] * (1 + n % 3)))
        talk(store, "", f"kept {n}", *[("What?", simple(f"Word {n}. " * (n % 50)))] * 2)
    for identifier in doomed[::2]:
        store.rate("", identifier, 1, "down", CANARY)
        store.begin("", identifier, "Again?", instead_of=2)
    assert traces(path.parent)
    for identifier in doomed:
        store.delete("", identifier)
    assert traces(path.parent) == []
    assert len(store.list("")) == 60


def test_a_reader_in_the_way_is_said_and_status_finishes(store, path, home, monkeypatch):
    monkeypatch.setattr("rag.database._CHECKPOINT_TIMEOUT_S", 0.1)
    identifier = talk(store, "", CANARY)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT title FROM conversations").fetchall()
    with pytest.raises(StorageError, match=r"deleted, but .* run `rag status`"):
        store.delete("", identifier)
    assert store.list("") == ()
    reader.close()
    assert Settings.load().conversations_path == path
    assert CliRunner().invoke(cli, ["status"], catch_exceptions=False).exit_code == 0
    assert traces(path.parent) == []


# what documents said


def doomed():
    return document("doomed", f"The {CANARY} vault was opened.", title=f"The {CANARY} papers")


def kept_document():
    return document("kept", FERRY)


def test_the_words_of_a_removed_document_are_gone(store, path):
    bridge, ferry = doomed(), kept_document()
    full = record(two_sided(bridge, ferry), draft=f"And {CANARY}", scope=f"{CANARY}.txt")
    plain = record(refusal(bridge, ferry, dropped=(claim(f"So {CANARY}", supported=False),)))
    for n in range(40):  # enough for rows to move between pages
        talk(store, "", f"t{n}", ("What?", full), ("Who?", plain), ("How?", simple("x " * n * 30)))
    talk(store, "", "cut off", ("What?", full))
    store.begin("", store.list("")[0].id, "Again?", instead_of=1)
    assert traces(path.parent)
    store.forget_documents(["doomed", "unknown"])
    assert traces(path.parent) == []
    first, second, third = store.get("", store.list("", "t7")[0].id).exchanges
    assert first.record["claims"][0] == {
        "text": "", "removed": True, "supported": True, "support": 0.9, "citations": [1],
    }  # fmt: skip
    assert first.record["answer"] == "The ferry company says otherwise [2]."
    assert [one["quote"] for one in first.record["citations"]] == ["", FERRY]
    assert first.record["citations"][0]["document_id"] == "doomed"
    assert first.record["disagreements"][0]["removed"] is True
    assert first.record["as_of"] == "2025-03-12"
    assert first.record["model"] == full["model"] and first.record["timings"] == full["timings"]
    assert second.record["refused"] and second.record["answer"] == REFUSAL
    assert second.record["missing"] == plain["missing"]
    assert third.record["claims"] == simple("x " * 7 * 30)["claims"]
    assert titles(store, search="vault") == []
    assert len(titles(store, search="otherwise")) == 40


def places(value, at=()):
    """Where texts stand in a JSON value."""
    if isinstance(value, str):
        yield at
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, one in pairs:
        yield from places(one, (*at, key))


def changed(value, at, text):
    if not at:
        return text
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = changed(value[at[0]], at[1:], text)
    return copy


# Neither can hold words of a document: they are the person's own, the program's, or numbers and days of another one.
OWN = {"question", "standalone_question", "refusal_reason", "missing", "model"}
OWN_OF_RECORD = {"asked_at", "versions", "settings", "prompts", "history", "embedder"}


def may_stay(at):
    match at:
        case (name, *_) if name in OWN:
            return True
        case ("record", name, *_) if name in OWN_OF_RECORD:
            return True
        case ("page", "error" | "stage_seconds", *_):
            return True
        case ("claims" | "citations", 1, *_) | ("disagreements", 0, "citations", 1, *_):
            return True  # of the document that stays
        case ("record", "retrieved", 1, *_) | ("passages" | "dropped", 1, *_):
            return True
        case ("page", "offered", 1, "document_id") | ("flagged", 0):
            return True  # ids
    return at[-1] == "document_id"


def test_no_field_keeps_the_words_of_a_removed_document():
    """A canary in every text of a record by turns; also in fields that nobody knows yet."""
    full = record(
        two_sided(doomed(), kept_document(), question="What?", refusal_reason=None),
        filters={"sources": ["doomed.txt"], "documents": ["doomed", "kept"]},
        draft="d", scope="s", future={"words": ["w"]}, stage_seconds=[["writing", 1.0]],
    )  # fmt: skip
    full |= {"future": [{"words": "w"}]}
    full["record"] |= {"future": "w"}
    full["claims"][1] |= {"replaces": "w"}
    tried = [at for at in places(full) if not may_stay(at)]
    assert len(tried) > 25
    for at in tried:
        erased = without_documents(changed(full, at, CANARY), {"doomed"})
        left = [one for one in places(erased) if CANARY in json.dumps(_at(erased, one))]
        filtered = at[:2] == ("record", "filters")  # names that are not the document's
        assert filtered or not left, f"{at} is still at {left}"
    erased = without_documents(full, {"doomed"})
    assert "doomed" not in mentioned(erased)
    assert erased["record"]["filters"] == {"sources": [], "documents": ["kept"]}
    assert erased["page"]["stage_seconds"] == [["writing", 1.0]]
    assert without_documents(erased, {"doomed"}) == erased


def _at(value, at):
    for key in at:
        value = value[key]
    return value


def test_a_quote_that_another_document_holds_too_stays():
    other = document("other", BRIDGE)
    cited = [{**simple()["citations"][0], "also_in": ["doomed", "third"]}]
    erased = without_documents({**simple(), "citations": cited}, {"doomed"})
    assert erased["citations"] == [{**cited[0], "also_in": ["third"]}]
    assert erased["answer"] == simple()["answer"]
    assert mentioned({**simple(), "citations": cited}) == {"bridge", "doomed", "third"}
    assert quote(other).text == BRIDGE


def test_later_questions_do_not_repeat_an_erased_answer(store, path):
    first = two_sided(doomed(), kept_document())
    said = Turn(question="What?", answer=" ".join(one.text for one in first.claims))
    refused = Turn(question="Where?", answer=REFUSAL)
    later = refusal(
        kept_document(),
        question="Who opened it?",
        standalone_question=f"Who opened the {CANARY} vault?",
        dropped=(claim(f"{CANARY} did.", supported=False),),
    )
    unmoved = answer(claim("Ada did."), standalone_question="Did Ada?")
    identifier = talk(
        store, "", "t", ("What?", record(first)),
        ("Who opened it?", record(later, history=(refused, said))),
        ("Did she?", record(unmoved, history=(refused, Turn(question="Who?", answer="")))),
    )  # fmt: skip
    store.forget_documents(["doomed"])
    assert traces(path.parent) == []
    _, second, third = store.get("", identifier).exchanges
    assert [one["answer"] for one in second.record["record"]["history"]] == [REFUSAL, ""]
    assert [one["question"] for one in second.record["record"]["history"]] == ["Where?", "What?"]
    assert second.record["standalone_question"] == second.record["question"]
    assert second.record["missing"] is None
    assert third.record["standalone_question"] == "Did Ada?"
    # A tab that still shows the old answer asks with it.
    number = store.begin("", identifier, "Who opened it?")
    store.finish("", identifier, number, "finished", record(later, history=(said,)))
    left = Turn(question="What?", answer="The ferry company says otherwise.")
    number = store.begin("", identifier, "And now?")
    store.finish("", identifier, number, "finished", record(unmoved, history=(left, refused)))
    assert traces(path.parent) == []
    assert store.get("", identifier).exchanges[-1].record["record"]["history"][0] == {
        "question": "What?", "answer": left.answer,
    }  # fmt: skip


def test_an_answer_under_way_does_not_bring_a_removed_document_back(store, path):
    identifier = store.create("", "t")
    under_way = store.begin("", identifier, "What?")
    store.forget_documents(["doomed"])
    full = record(two_sided(doomed(), kept_document()))
    store.finish("", identifier, under_way, "finished", full)
    assert traces(path.parent) == []
    assert store.get("", identifier).exchanges[0].record["claims"][0]["removed"] is True
    # It was added again: what is asked now may cite it.
    number = store.begin("", identifier, "And now?")
    store.finish("", identifier, number, "finished", full)
    assert store.get("", identifier).exchanges[1].record["claims"] == full["claims"]


def test_what_a_person_typed_stays(store):
    identifier = talk(
        store, "", f"My {CANARY}", (f"{CANARY}?", record(two_sided(doomed(), kept_document())))
    )
    store.rate("", identifier, 1, "up", f"it is {CANARY}")
    store.forget_documents(["doomed"])
    kept = store.get("", identifier)
    assert (kept.title, kept.exchanges[0].question) == (f"My {CANARY}", f"{CANARY}?")
    assert (kept.exchanges[0].rating, kept.exchanges[0].reason) == ("up", f"it is {CANARY}")
    assert titles(store, search=f"{CANARY}?") == [f"My {CANARY}"]


def test_an_erasure_that_was_cut_off_is_finished(store, path, monkeypatch):
    talk(store, "", "t", ("What?", record(two_sided(doomed(), kept_document()))))

    def interrupt(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ConversationStore, "forget_deleted", interrupt)
        with pytest.raises(KeyboardInterrupt):
            store.forget_documents(["doomed"])
    store.close()
    with closing(ConversationStore(path)) as again:
        again.forget_documents(["another"])
    assert traces(path.parent) == []


def test_nothing_is_rewritten_for_documents_that_nobody_quoted(store, monkeypatch):
    talk(store)
    monkeypatch.setattr(ConversationStore, "forget_deleted", lambda _: pytest.fail("rewritten"))
    store.forget_documents(["another"])
    store.forget_documents([])


def test_records_of_any_form_can_be_erased_from():
    forms: tuple[dict[str, Any], ...] = (
        {},
        {"record": None, "page": None},
        {"claims": [{}], "citations": [{}]},
    )
    for odd in forms:
        assert without_documents(odd, {"a"}).keys() == odd.keys()
        assert without_unsaid(odd, set()) == odd


# removing documents


@pytest.fixture
def ingested(home, embedder, tmp_path, settings):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "doomed.txt").write_text(
        f"date 2025-03-12\n\nThe {CANARY} vault was opened by Vex.\n"
    )
    (folder / "kept.txt").write_text(f"date 2025-03-12\n\n{FERRY}\n")
    ingest_paths([folder], settings, embedder=embedder)
    with closing(Catalog(settings.index_dir / "catalog.sqlite")) as catalog:
        return folder, {one.source: one for one in catalog.documents()}


@pytest.mark.parametrize("way", ["remove", "prune"])
def test_removing_a_document_erases_it_from_conversations(ingested, settings, embedder, way):
    folder, documents = ingested
    gone = documents["doomed.txt"]
    with closing(ConversationStore(settings.conversations_path)) as store:
        identifier = talk(
            store, "ada", "t", ("What?", record(two_sided(gone, documents["kept.txt"])))
        )
        assert traces(settings.home)
        if way == "remove":
            remove_document(settings, gone.id)
        else:
            (folder / "doomed.txt").unlink()
            ingest_paths([folder], settings, embedder=embedder, prune=True)
        assert traces(settings.home) == []
        (exchange,) = opened(store, "ada", identifier).exchanges
        assert exchange.record["answer"] == "The ferry company says otherwise [2]."


@pytest.mark.parametrize("moment", ["rag.catalog.Catalog.retire", "rag.ingest.drop_stale"])
def test_a_removal_that_was_cut_off_has_erased_already(ingested, settings, monkeypatch, moment):
    _, documents = ingested
    with closing(ConversationStore(settings.conversations_path)) as store:
        talk(store, "", "t", ("What?", record(two_sided(*documents.values()))))

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moment, interrupt)
        with pytest.raises(KeyboardInterrupt):
            remove_document(settings, documents["doomed.txt"].id)
    # The index is finished by the next ingest.
    assert not [name for name in traces(settings.home) if name.startswith("conversations")]


# files that cannot be used


def test_errors_say_what_to_do(store, path, tmp_path):
    talk(store)
    with store._write() as connection:
        connection.execute("PRAGMA user_version = 9")
    store.close()
    with (
        closing(ConversationStore(path)) as newer,
        pytest.raises(StorageError, match="newer version"),
    ):
        newer.list("")
    path.write_bytes(b"not a database, but longer than its header" * 99)
    unusable = r"conversations\.sqlite cannot be used .*rag doctor"
    with closing(ConversationStore(path)) as damaged, pytest.raises(StorageError, match=unusable):
        damaged.create("", "t")
    (tmp_path / "file").touch()
    nowhere = ConversationStore(tmp_path / "file" / "c.sqlite")
    with pytest.raises(StorageError, match="set RAG_HOME to another folder"):
        nowhere.create("", "t")


def test_a_full_disk_is_one_clear_error_and_changes_nothing(store):
    identifier = talk(store)
    connection = store._connection()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone()
    number = store.begin("", identifier, "More?")
    with pytest.raises(StorageError, match="disk not full"):
        store.finish("", identifier, number, "finished", simple("x" * 100_000))
    assert [one.state for one in store.get("", identifier).exchanges] == ["finished", "asked"]
