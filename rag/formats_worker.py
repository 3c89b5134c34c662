"""Reading in a process of its own: a file that crashes a parser, hangs it or eats memory costs one file, no more.

Parsers of PDF, HTML and XML are C code fed with bytes from anywhere. The process is started for the first file that
needs it (0.2 s), does one file at a time, and ends by itself when nothing has come for a while or the caller is gone.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from rag.errors import UnreadableDocument
from rag.formats import Extracted, Kind, extract

#: Seconds for one file; the slowest parser does a book of a thousand pages in ten.
PATIENCE_S = 60.0
_IDLE_S = 30.0
_MAX_MEMORY = 4 << 30
# The search path of this process, so that the other one finds the same packages and nothing in the current folder.
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from rag.formats_worker import main; main()"


class _Ended(Exception):
    """The process is gone; holds its exit status."""


class Worker:
    """The other process. Threads may share it; files are read one after the other."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def extract(self, raw: bytes, kind: Kind) -> Extracted:
        """As `rag.formats.extract`.

        Raises:
            UnreadableDocument: as there, or it crashed the parser or took too long.
        """
        with self._lock:
            try:
                return self._ask(raw, kind)
            except _Ended:
                pass
            try:  # Again, since it may have ended for want of work just then.
                return self._ask(raw, kind)
            except _Ended as error:
                raise UnreadableDocument(f"is broken: it crashes the reader ({error})") from error

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError):  # what was not written yet has no reader any more
            process.stdin.close()
        process.stdout.close()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _ask(self, raw: bytes, kind: Kind) -> Extracted:
        if self._process is None:
            self._process = _start()
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        request = {"bytes": len(raw), "kind": kind, "patience_s": self._patience_s}
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n" + raw)
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        except BaseException:  # interrupted half way, the answer would be taken for the next file's
            self.close()
            raise
        if answer:
            return _unpack(json.loads(answer))
        self.close()
        if process.returncode == -signal.SIGALRM:
            raise UnreadableDocument(f"takes more than {self._patience_s:.0f} s to read; split it")
        raise _Ended(process.returncode)


def main() -> None:
    """Run as the other process: files on standard input, texts on standard output."""
    import resource

    with suppress(ValueError, OSError):  # a smaller limit may be set already; macOS knows none
        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    # Ctrl-C is for the other side, and what C libraries print must not get between the answers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    serve(sys.stdin.buffer, answers)


def serve(requests: BinaryIO, answers: BinaryIO, *, idle_s: float = _IDLE_S) -> None:
    """Answer requests until there are no more, or none for a while."""
    while select.select([requests], [], [], idle_s)[0]:
        header = requests.readline()
        if not header:
            return
        request = json.loads(header)
        raw = requests.read(request["bytes"])
        # Nobody handles this signal, so it ends the process even in the midst of C code.
        signal.setitimer(signal.ITIMER_REAL, request["patience_s"])
        answer = _answer(raw, request["kind"])
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps(answer, default=date.isoformat).encode() + b"\n")
        answers.flush()


def _answer(raw: bytes, kind: Kind) -> dict[str, Any]:
    try:
        return asdict(extract(raw, kind))
    except UnreadableDocument as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "needs too much memory to read; split it"}
    except RecursionError:
        return {"error": "is nested too deeply"}
    except Exception as error:  # parsers fail in a hundred ways on bytes that nobody has tried
        return {"error": f"is broken ({type(error).__name__}: {error})"[:300]}


def _unpack(answer: dict[str, Any]) -> Extracted:
    if "error" in answer:
        raise UnreadableDocument(answer["error"])
    day = answer.pop("published")
    pages = tuple((start, end, number) for start, end, number in answer.pop("pages"))
    return Extracted(**answer, published=day and date.fromisoformat(day), pages=pages)


def _start() -> subprocess.Popen[bytes]:
    path = [entry or str(Path.cwd()) for entry in sys.path]
    return subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-W",
            "ignore",
            "-c",
            _CODE,
            *path,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


shared = Worker()
atexit.register(shared.close)
