"""What every embedder must do, run over the fake and the real one."""

import math
import os
import threading

import pytest

from rag import Embedder, ModelMissing, Settings, open_embedder
from rag.testing import HashEmbedder

TEXTS = [
    "The bridge reopened in June.",
    "Die Brücke wurde im Juni wieder geöffnet. 😀",
    "",
    "?!",
    "a",
    "word " * 2000,
]


@pytest.fixture(scope="module")
def real():
    try:
        return open_embedder(Settings.load())
    except ModelMissing as error:
        pytest.fail(str(error)) if os.environ.get("CI") else pytest.skip(str(error))


@pytest.fixture(params=["hash", "sentence-transformers"])
def embedder(request) -> Embedder:
    return HashEmbedder() if request.param == "hash" else request.getfixturevalue("real")


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_vectors_are_units_of_the_stated_length(embedder):
    vectors = embedder.embed(TEXTS)
    assert len(vectors) == len(TEXTS)
    for vector in vectors:
        assert len(vector) == embedder.dimension
        assert all(type(value) is float for value in vector)
        assert math.isclose(math.hypot(*vector), 1, abs_tol=1e-5)


def test_nothing_in_nothing_out(embedder):
    assert embedder.embed([]) == []
    assert embedder.count_tokens([]) == []


def test_a_vector_does_not_depend_on_its_neighbours_or_the_order(embedder):
    alone = [embedder.embed([text])[0] for text in TEXTS]
    backwards = embedder.embed(TEXTS[::-1])[::-1]
    for one, other in zip(alone, backwards, strict=True):
        assert cosine(one, other) > 1 - 1e-5


def test_texts_about_the_same_are_nearer(embedder):
    query, near, far = embedder.embed(
        ["When did the bridge reopen?", "The bridge did reopen in June.", "Cats sleep all day."]
    )
    assert cosine(query, near) > cosine(query, far) + 0.2


def test_every_token_is_counted_beyond_the_limit_too(embedder):
    short, long = embedder.count_tokens(["word", "word " * 2000])
    assert 1 <= short <= 3
    assert long >= 2000 > embedder.max_tokens


def test_counts_of_parts_bound_the_count_of_the_whole(embedder):
    parts = [text for text in TEXTS if text]
    assert embedder.count_tokens([" ".join(parts)])[0] <= sum(embedder.count_tokens(parts))


def test_what_is_beyond_the_limit_is_the_embedders_only_loss(embedder):
    """A text of just the stated length is embedded whole: its last word matters."""
    words = embedder.max_tokens - embedder.count_tokens(["word"])[0]
    start = "word " * words
    assert embedder.count_tokens([f"{start}volcano"])[0] <= embedder.max_tokens
    one, other = embedder.embed([f"{start}volcano", f"{start}piano"])
    assert cosine(one, other) < 1 - 1e-6


def test_identity_is_stable_and_says_more_than_the_name(embedder):
    assert embedder.identity == embedder.identity
    name, _, rest = embedder.identity.partition("@")
    assert name
    assert rest


def test_different_embedders_have_different_identities(real):
    assert len({real.identity, HashEmbedder().identity, HashEmbedder(dimension=8).identity}) == 3


def test_threads_may_share_one(embedder):
    expected = embedder.embed(TEXTS[:2])
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(embedder.embed(TEXTS[:2]))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for result in results:
        assert all(cosine(a, b) > 1 - 1e-5 for a, b in zip(result, expected, strict=True))
