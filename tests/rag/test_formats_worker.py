"""The process that reads: what goes wrong in it costs one file."""

import io
import json
import os
import signal
import sys
import threading
from datetime import date

import pytest

from rag import formats_worker
from rag.errors import UnreadableDocument
from rag.formats import Extracted, extract
from rag.formats_worker import Worker, serve
from tests.rag.files import lines, mail, pdf


@pytest.fixture
def worker():
    worker = Worker()
    yield worker
    worker.close()


def pretend(monkeypatch, code):
    """Let the other process do something else than reading."""
    monkeypatch.setattr(
        formats_worker,
        "_CODE",
        "import sys; sys.path[:] = sys.argv[1:]; from rag import formats_worker\n"
        f"def extract(raw, kind):\n    {code}\n"
        "formats_worker.extract = extract; formats_worker.main()",
    )


@pytest.mark.parametrize(("raw", "kind"), [(pdf(lines("Words.")), "pdf"), (mail(), "eml")])
def test_what_comes_back_is_what_was_read_there(worker, raw, kind):
    assert worker.extract(raw, kind) == extract(raw, kind)


def test_reasons_come_back_too(worker):
    with pytest.raises(UnreadableDocument, match=r"^is no e-mail"):
        worker.extract(b"words", "eml")


def test_a_parser_that_hangs_is_ended(monkeypatch):
    pretend(monkeypatch, "import time; time.sleep(60)")
    worker = Worker(patience_s=0.3)
    with pytest.raises(UnreadableDocument, match="takes more than 0 s"):
        worker.extract(b"words", "pdf")
    worker.close()


def test_a_parser_that_crashes_costs_one_file(monkeypatch, worker):
    pretend(monkeypatch, "import os; os.abort()")
    with pytest.raises(UnreadableDocument, match="crashes the reader"):
        worker.extract(b"words", "pdf")
    monkeypatch.undo()
    assert worker.extract(mail(), "eml").title == "Harbour"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise KeyError('odd')", "is broken .KeyError: 'odd'"),
        ("raise RecursionError", "nested too deeply"),
        ("raise MemoryError", "too much memory"),
        ("bytearray(1 << 40)", "too much memory"),
    ],
)
def test_whatever_a_parser_raises_is_a_reason(monkeypatch, worker, code, reason):
    pretend(monkeypatch, code)
    with pytest.raises(UnreadableDocument, match=reason):
        worker.extract(b"words", "pdf")


def test_what_a_parser_prints_does_not_get_between(monkeypatch, worker):
    pretend(
        monkeypatch,
        "import os; os.write(1, b'{}'); from rag.formats import Extracted; return Extracted(text='x')",
    )
    assert worker.extract(b"words", "pdf") == Extracted(text="x")


def test_a_process_that_ended_meanwhile_is_started_again(worker):
    worker.extract(mail(), "eml")
    process = worker._process
    process.kill()
    process.wait()
    assert worker.extract(mail(), "eml").title == "Harbour"
    assert worker._process is not process


def test_one_process_reads_many_files(worker):
    worker.extract(mail(), "eml")
    process = worker._process
    worker.extract(mail(), "eml")
    assert worker._process is process


def test_threads_get_their_own_files(worker):
    found = {}

    def ask(number):
        found[number] = worker.extract(mail(Subject=f"Number {number}"), "eml").title

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: f"Number {number}" for number in range(8)}


def test_closing_twice_or_before_the_start_is_no_error():
    worker = Worker()
    worker.close()
    worker.close()


def test_an_interrupt_does_not_leave_an_answer_for_the_next_file(monkeypatch, worker):
    worker.extract(mail(), "eml")
    monkeypatch.setattr(
        "rag.formats_worker.json.dumps", lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        worker.extract(mail(), "eml")
    monkeypatch.undo()
    assert worker.extract(mail(Subject="Next"), "eml").title == "Next"


def test_nothing_of_the_current_folder_is_run(tmp_path, monkeypatch, worker):
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    assert worker.extract(mail(), "eml").title == "Harbour"


def served(*requests):
    """What the other side answers; run here."""
    read_end, write_end = os.pipe()
    with os.fdopen(write_end, "wb") as questions:
        for kind, raw in requests:
            header = {"bytes": len(raw), "kind": kind, "patience_s": 30}
            questions.write(json.dumps(header).encode() + b"\n" + raw)
    answers = io.BytesIO()
    with os.fdopen(read_end, "rb") as questions:
        serve(questions, answers)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_answers_are_lines_in_order():
    first, second, third = served(("eml", mail()), ("eml", b"x"), ("text", b"Some\nwords"))
    assert first["title"] == "Harbour"
    assert date.fromisoformat(first["published"]) == date(2024, 3, 4)
    assert second["error"].startswith("is no e-mail")
    assert third["text"] == "Some\nwords"
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_it_ends_when_nothing_comes():
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb") as questions:
        serve(questions, io.BytesIO(), idle_s=0.01)
    os.close(write_end)
