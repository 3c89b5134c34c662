"""`rag doctor` names the part that is broken and the command that mends it."""

import pytest

import rag.cli.doctor
from rag import ModelMissing, Settings, ingest_paths
from rag.cli import main
from rag.testing import HashEmbedder

EMBEDDER = HashEmbedder()


@pytest.fixture
def doctor(home, monkeypatch, capsys):
    document = home.parent / "note.txt"
    document.write_text("The harbour bridge reopened on Monday.")
    ingest_paths([document], Settings.load(), embedder=EMBEDDER)
    monkeypatch.setattr("rag.embed.open_embedder", lambda settings: EMBEDDER)

    class Model:
        name, path = "model", "somewhere"

    monkeypatch.setattr(rag.cli.doctor, "locate_model", lambda name, settings, kind: Model)

    def run():
        with pytest.raises(SystemExit) as end:
            main(["doctor"])
        return end.value.code, capsys.readouterr().out

    return run


def test_a_sound_installation_is_all_ok(doctor):
    code, out = doctor()
    assert code == 0
    assert "BROKEN" not in out
    assert "1 documents, 1 chunks" in out


def test_a_missing_model_is_named_with_its_remedy(doctor, monkeypatch):
    def missing(name, settings, kind):
        raise ModelMissing(f"{name} is missing. Run: rag models pull {name}")

    monkeypatch.setattr(rag.cli.doctor, "locate_model", missing)
    code, out = doctor()
    assert code == 1
    assert out.count("BROKEN") == 2
    assert "rag models pull all-minilm-l6-v2" in out


def test_a_wrong_setting_is_named(doctor, monkeypatch):
    monkeypatch.setenv("RAG_TOP_K", "0")
    code, out = doctor()
    assert code == 1
    assert "top_k" in out


def test_a_lost_part_of_the_index_is_named_with_its_remedy(doctor, home):
    import shutil

    shutil.rmtree(home / "index" / "words")
    code, out = doctor()
    assert code == 1
    assert "Run: rag ingest" in out


def test_an_index_of_another_embedder_is_named(doctor, monkeypatch):
    monkeypatch.setattr("rag.embed.open_embedder", lambda settings: HashEmbedder(dimension=32))
    code, out = doctor()
    assert code == 1
    assert "rag ingest --rebuild" in out
