"""Settings: precedence, and errors that name what to correct."""

from pathlib import Path

import pytest

from rag import Settings, SettingsError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_flag_wins_over_environment_over_file_over_default(folder, monkeypatch):
    assert Settings.load().top_k == 8
    (folder / "rag.toml").write_text("top_k = 3\nthreads = 1\n")
    assert Settings.load().top_k == 3
    monkeypatch.setenv("RAG_TOP_K", "4")
    assert Settings.load().top_k == 4
    assert Settings.load(top_k=5).top_k == 5
    assert Settings.load(top_k=None).top_k == 4
    assert Settings.load().threads == 1


def test_the_file_is_found_by_walking_up(folder, monkeypatch):
    (folder / "rag.toml").write_text("top_k = 3\n")
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert Settings.load().top_k == 3


def test_home_moves_the_index(folder, monkeypatch):
    monkeypatch.setenv("RAG_HOME", str(folder / "data"))
    assert Settings.load().index_dir == folder / "data" / "index"


def test_an_unknown_key_in_the_file_is_an_error_that_suggests(folder):
    (folder / "rag.toml").write_text("topk = 3\n")
    with pytest.raises(
        SettingsError, match=r"'topk' is no setting; did you mean top_k\?.*rag\.toml"
    ):
        Settings.load()


def test_an_unknown_variable_is_an_error_that_suggests(folder, monkeypatch):
    monkeypatch.setenv("RAG_TOPK", "3")
    with pytest.raises(
        SettingsError, match="RAG_TOPK, which is no setting; did you mean RAG_TOP_K"
    ):
        Settings.load()


@pytest.mark.parametrize(
    "line", ["top_k = 0", 'top_k = "many"', "lexical_weight = 2", "chunk_tokens = 1"]
)
def test_an_impossible_value_is_an_error_that_names_it(folder, line):
    (folder / "rag.toml").write_text(line)
    with pytest.raises(SettingsError, match=line.split(" =")[0]):
        Settings.load()


def test_a_broken_file_is_an_error_that_names_it(folder):
    (folder / "rag.toml").write_text("top_k = = 3")
    with pytest.raises(SettingsError, match=r"rag\.toml is not valid TOML"):
        Settings.load()


def test_settings_are_frozen(folder):
    with pytest.raises(ValueError, match="frozen"):
        Settings.load().home = Path("elsewhere")
