"""The compiled embedding model: the same vectors as sentence-transformers', and no way for it to fail for good."""

import logging
import shutil
import subprocess
import sys

import pytest

import rag.compiled
from rag import ModelMissing, Settings
from rag.embed import SentenceTransformerEmbedder
from rag.models import locate_model
from rag.quantized import calibration_texts

TEXTS = [
    *("word " * length for length in (0, 1, 3, 17, 60, 250, 600)),
    "The bridge reopened in June, said Lena Ortiz.",
    "Мост открылся в июне. 😀 [SEP] [PAD]",
    *(f"Sentence number {number} of a longer list of them." for number in range(20)),
]


@pytest.fixture(scope="module")
def model():
    try:
        return locate_model("all-minilm-l6-v2", Settings.load(), "embedding")
    except ModelMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def kept(model, tmp_path_factory):
    """A folder in which the model has been compiled."""
    folder = tmp_path_factory.mktemp("compiled")
    opened(model, folder).embed(["anything"])
    return folder


def opened(model, cache_dir):
    return SentenceTransformerEmbedder(
        model.path, name=model.name, sha256=model.sha256, cache_dir=cache_dir
    )


def least_cosine(some, others):
    assert len(some) == len(others)
    return min(
        sum(a * b for a, b in zip(*pair, strict=True)) for pair in zip(some, others, strict=True)
    )


@pytest.fixture
def in_full(monkeypatch):
    """What was compiled is not turned into eight bits."""
    monkeypatch.setattr(rag.compiled, "_LEAST_COSINE_8_BITS", 1.1)


def test_the_vectors_are_those_of_sentence_transformers_in_order(model, tmp_path, in_full):
    plain = opened(model, None).embed(TEXTS)
    assert least_cosine(opened(model, tmp_path).embed(TEXTS), plain) > 0.9998


def test_in_eight_bits_texts_keep_their_neighbours(model, kept):
    texts = calibration_texts()
    eight_bits, plain = opened(model, kept).embed(texts), opened(model, None).embed(texts)
    assert 0.985 < least_cosine(eight_bits, plain) < 0.9999
    around = [" ".join(text.split()[3:]) for text in texts if len(text.split()) > 100]
    nearest = [_nearest(vector, eight_bits) for vector in opened(model, kept).embed(around)]
    assert nearest == [texts.index(text) for text in texts if len(text.split()) > 100]


@pytest.mark.parametrize("fault", ["missing", "raises"])
def test_without_eight_bits_it_is_compiled_all_the_same(model, tmp_path, monkeypatch, fault):
    if fault == "missing":
        (tmp_path / "nncf.py").write_text("raise ImportError('not here')")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    else:
        monkeypatch.setattr("rag.quantized.quantize", lambda *_: 1 / 0)
    vectors = opened(model, tmp_path / "cache").embed(TEXTS)
    assert least_cosine(vectors, opened(model, None).embed(TEXTS)) > 0.9998
    assert list((tmp_path / "cache").glob("*/model.xml"))


def _nearest(vector, others):
    cosines = [sum(a * b for a, b in zip(vector, other, strict=True)) for other in others]
    return cosines.index(max(cosines))


def test_once_compiled_neither_torch_nor_sentence_transformers_is_loaded(model, kept):
    code = (
        "import sys; from pathlib import Path; from rag.embed import SentenceTransformerEmbedder as E; "
        f"e = E(Path({str(model.path)!r}), name='m', sha256={model.sha256!r}, cache_dir=Path({str(kept)!r})); "
        "print(len(e.embed(['a'])[0])); "
        "print([m for m in ('torch', 'transformers', 'sentence_transformers') if m in sys.modules]); "
        "print(sys.modules['openvino_telemetry'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["384", "[]", "None"]


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_what_is_damaged_is_compiled_again(model, kept, tmp_path, damage):
    folder = tmp_path / "cache"
    shutil.copytree(kept, folder)
    (weights,) = folder.glob("*/model.bin")
    weights.unlink() if damage == "gone" else weights.write_bytes(weights.read_bytes()[:1000])
    assert (
        least_cosine(opened(model, folder).embed(TEXTS[:3]), opened(model, kept).embed(TEXTS[:3]))
        > 0.9998
    )
    assert weights.stat().st_size > 1e6
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("fault", ["raises", "differs"])
def test_a_model_that_cannot_be_compiled_is_used_as_it_is(
    model, tmp_path, monkeypatch, caplog, fault
):
    def refuse(original):
        raise TypeError("no such layer")

    if fault == "raises":
        monkeypatch.setattr(rag.compiled, "_convert", refuse)
    else:
        monkeypatch.setattr(rag.compiled, "_LEAST_COSINE", 1.1)
    with caplog.at_level(logging.WARNING):
        vectors = opened(model, tmp_path / "cache").embed(TEXTS[:3])
    assert "cannot be compiled" in caplog.text
    assert least_cosine(vectors, opened(model, None).embed(TEXTS[:3])) > 0.9998
    assert not (tmp_path / "cache").exists()


def test_a_folder_that_cannot_be_written_to_costs_only_time(model, kept, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    vectors = opened(model, tmp_path / "file" / "cache").embed(TEXTS[:3])
    assert least_cosine(vectors, opened(model, kept).embed(TEXTS[:3])) > 0.9998


def test_without_openvino_it_still_embeds(model, kept, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert len(opened(model, tmp_path).embed(["a"])[0]) == 384
