"""The model hub as a source of models, through huggingface_hub's addresses, metadata and session.

Files are streamed straight to where they are wanted, not through its cache, so that a pull can go
on after any interruption and nothing is left in the user's hub cache.
"""

from __future__ import annotations

import errno
import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rag.errors import DownloadFailed
from rag.registry import Hub, HubName, PinnedFile, RegisteredModel

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata

log = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds. Without a network the hub must cost only a few: neither a name look-up nor trying several
# addresses in turn obeys an HTTP client's timeout, so the first request is given up on as a whole.
_ANSWERS_WITHIN = 4.0
_TIMEOUT = 10.0
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO}
_SHA256 = re.compile(r"[0-9a-f]{64}")


def describe(name: str, wanted: HubName) -> RegisteredModel:
    """A ``hub:…`` model as it is now, pinned to the commit and the digest that the hub states.

    Raises:
        DownloadFailed: the hub cannot be reached, has no such file, or states no SHA-256 for it.
    """
    try:
        stated = _metadata(Hub(repo=wanted.repo, revision="main"), wanted.file, name)
    except DownloadFailed as error:
        raise DownloadFailed(
            f"{error}. Check the name and the connection, or get it by hand and give its path."
        ) from error
    if not stated.size or not stated.commit_hash or not _SHA256.fullmatch(stated.etag or ""):
        raise DownloadFailed(
            f"The hub states no SHA-256 for {name}. Download the file by hand and give its path."
        )
    return RegisteredModel(
        name=name,
        kind="chat",
        licence="see the hub",
        context_tokens=0,
        note="",
        files=(PinnedFile(path=wanted.file, bytes=stated.size, sha256=stated.etag or ""),),
        saved_as=wanted.saved_as,
        hub=Hub(repo=wanted.repo, revision=stated.commit_hash),
    )


def fetch_from_hub(model: RegisteredModel, folder: Path, report: Callable[[int], None]) -> Path:
    """Fill ``folder`` with the model's files, going on with what is there already.

    Returns:
        The folder that holds the files, each with the right digest.

    Raises:
        DownloadFailed: the hub has nothing or cannot be reached; what has arrived stays.
        ModelCorrupt: a file has another digest.
    """
    if model.hub is None:
        raise DownloadFailed("the hub is not known to have it")
    # Smallest first: a hub that holds something else is found out before the weights are fetched.
    files = sorted(model.files, key=lambda pinned: pinned.bytes)
    _metadata(model.hub, files[0].path, model.name)
    for pinned in files:
        target = folder / pinned.path
        target.parent.mkdir(parents=True, exist_ok=True)
        _download(
            model.hub,
            pinned,
            target,
            model.name,
            lambda: report(sum(_size(folder / each.path) for each in files)),
        )
        pinned.check(target)
    return folder


def _metadata(hub: Hub, file: str, name: str) -> HfFileMetadata:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    def ask() -> HfFileMetadata:
        url = hf_hub_url(hub.repo, file, revision=hub.revision)
        return get_hf_file_metadata(
            url, token=False, headers=_headers(name), timeout=_ANSWERS_WITHIN
        )

    try:
        return _within(_ANSWERS_WITHIN, ask)
    except Exception as error:  # the client's errors have no common root
        raise _failed(name, error) from error


def _download(
    hub: Hub, pinned: PinnedFile, target: Path, name: str, report: Callable[[], None]
) -> None:
    while (have := _size(target)) < pinned.bytes:
        try:
            _append(hub, pinned, target, name, report)
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _DISK:
                raise
            if _size(target) <= have:
                raise _failed(name, error) from error
            log.info("%s: %s; going on from byte %d", name, error, _size(target))
        else:
            if _size(target) <= have:
                raise DownloadFailed(f"the hub sent nothing of {pinned.path}")


def _append(
    hub: Hub, pinned: PinnedFile, target: Path, name: str, report: Callable[[], None]
) -> None:
    from huggingface_hub import get_session, hf_hub_url

    have = _size(target)
    headers = {**_headers(name), "accept-encoding": "identity", "range": f"bytes={have}-"}
    url = hf_hub_url(hub.repo, pinned.path, revision=hub.revision)
    with get_session().stream("GET", url, headers=headers, timeout=_TIMEOUT) as response:
        response.raise_for_status()
        with target.open(
            "ab" if response.status_code == HTTPStatus.PARTIAL_CONTENT else "wb"
        ) as file:
            # As it comes: what a larger block has gathered would be lost with the connection.
            for block in response.iter_raw():
                file.write(block)
                file.flush()
                report()
                if file.tell() > pinned.bytes:
                    return  # another file: the digest will say so


def _headers(name: str) -> dict[str, str]:
    from huggingface_hub import get_token

    # What the registry names is public, so the user's token, which might have expired, is only for
    # other models. The agent replaces the client's own, which lists what is installed here.
    token = get_token() if name.startswith("hub:") else None
    return {"user-agent": "seedbound"} | ({"authorization": f"Bearer {token}"} if token else {})


def _within(seconds: float, work: Callable[[], T]) -> T:
    """What ``work`` returns, or `TimeoutError`; the thread is left to end by itself."""
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except Exception as error:  # raised again where the result is awaited
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result.result(timeout=seconds)


def _failed(name: str, error: Exception) -> DownloadFailed:
    what = (
        "no answer"
        if isinstance(error, TimeoutError)
        else next(iter(str(error).splitlines()), type(error).__name__)
    )
    return DownloadFailed(f"the hub did not deliver {name}: {what}")


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
