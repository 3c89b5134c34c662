"""Reordering passages: with a made-up reranker, and with a real cross-encoder of a few hundred weights."""

import pytest

from rag import ModelCorrupt, ModelMissing, Settings, ingest_paths, open_retriever
from rag.index import Index
from rag.rerank import open_reranker
from rag.retrieve import HybridRetriever


class Backwards:
    """Likes what comes last in the alphabet."""

    def scores(self, query, texts):
        self.query = query
        return [float(sum(map(ord, text[:1]))) for text in texts]


@pytest.fixture
def indexed(tmp_path, settings, embedder):
    for word in ("Alpha", "Beta", "Gamma"):
        (tmp_path / f"{word}.txt").write_text(
            f"{word} is a letter " * (len(word) - 2) + "of the old alphabet of Greece.\n"
        )
    ingest_paths(sorted(tmp_path.glob("*.txt")), settings, embedder=embedder)
    return settings


@pytest.fixture
def tiny(tmp_path):
    """A cross-encoder with random weights, as a folder."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    folder = tmp_path / "tiny"
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "alpha", "beta", "gamma", "letter", "a"]
    (folder / "vocab.txt").write_text("\n".join(words))
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16,
    )  # fmt: skip
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def test_passages_come_in_the_order_of_the_reranker(indexed, embedder):
    reranker = Backwards()
    with Index.open(indexed) as index:
        retriever = HybridRetriever(index, embedder, indexed, reranker=reranker)
        passages = retriever.retrieve("letter Alpha", top_k=2)
    assert [one.document.source for one in passages] == ["Gamma.txt", "Beta.txt"]
    assert [one.rank for one in passages] == [1, 2]
    assert passages[0].score == 1.0 > passages[1].score
    assert reranker.query == "letter Alpha"


def test_a_cross_encoder_in_a_folder_is_used(indexed, embedder, tiny):
    settings = indexed.model_copy(update={"reranker": str(tiny)})
    with open_retriever(settings, embedder=embedder) as retriever:
        passages = retriever.retrieve("letter Alpha", top_k=3)
    reranker = open_reranker(settings)
    assert reranker
    scores = reranker.scores("letter Alpha", [one.text for one in passages])
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 1


def test_it_is_off_by_default():
    assert open_reranker(Settings.load()) is None


def test_a_missing_one_is_an_error_that_says_what_to_do(indexed, embedder):
    settings = indexed.model_copy(update={"reranker": "nobody/no-such-reranker"})
    with pytest.raises(ModelMissing, match="hf download nobody/no-such-reranker"):
        open_retriever(settings, embedder=embedder)


def test_a_folder_that_holds_none_is_an_error(indexed, embedder, tmp_path):
    settings = indexed.model_copy(update={"reranker": str(tmp_path)})
    with pytest.raises(ModelCorrupt, match="cannot be loaded as a cross-encoder"):
        open_retriever(settings, embedder=embedder)
