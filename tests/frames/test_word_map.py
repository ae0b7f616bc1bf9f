"""The map of a neighbourhood and the axis between two words, by hand."""

import numpy as np
import pytest
from helpers_trace import sentiment_trace
from numpy.testing import assert_allclose

from rnnviz_core.frames import embeddings, word_map

PIECES = ("<pad>", "<unk>", "<s>", "</s>", "▁good", "▁fine", "ly", "▁bad", "▁Fine")
TURNS = np.linspace(0, 2, 9)
FLAT = np.column_stack([np.cos(TURNS), np.sin(TURNS), 0 * TURNS, 0 * TURNS])  # a circle in four dimensions


def test_the_nearest_come_first_and_special_pieces_never():
    assert list(word_map.nearest(FLAT, 4)) == [4, 5, 6, 7, 8]
    assert list(word_map.nearest(FLAT, 6, count=3)) == [6, 5, 7]
    assert set(word_map.nearest(FLAT, 1)) == {1, 4, 5, 6, 7, 8}  # an unknown word that was chosen is shown


def test_pca_of_what_is_flat_keeps_all_distances():
    frame = word_map.neighbourhood(3 * FLAT, PIECES, 4, "pca")
    points = frame[["x", "y"]].to_numpy()
    rows = FLAT[frame["id"]]  # lengths are left out
    assert_allclose(
        np.linalg.norm(points[:, None] - points, axis=-1),
        np.linalg.norm(rows[:, None] - rows, axis=-1),
        atol=1e-9,
    )
    assert list(frame["piece"]) == ["good", "fine", "…ly", "bad", "Fine"]
    assert_allclose(frame["value"], np.cos(TURNS[frame["id"]] - TURNS[4]))


def test_pca_is_that_of_sklearn():
    from sklearn.decomposition import PCA

    rows = np.random.default_rng(5).normal(size=(40, 7))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert_allclose(np.abs(word_map.flatten(rows, "pca")), np.abs(PCA(2).fit_transform(rows)), atol=1e-9)


def test_a_map_is_the_same_at_every_call_and_bounded():
    matrix = np.random.default_rng(3).normal(size=(word_map.PIECES + 60, 8))
    pieces = [f"▁w{number}" for number in range(len(matrix))]
    one, other = (word_map.neighbourhood(matrix, pieces, 9, "tsne") for _ in range(2))
    assert_allclose(one[["x", "y"]], other[["x", "y"]])
    assert len(one) == word_map.PIECES
    assert one["piece"].iloc[0] == "w9"
    named = one[one["label"] != ""]
    assert named["rank"].iloc[0] == 0
    assert 5 < len(named) <= word_map.NAMED
    first = one[["x", "y"]].head(word_map.NAMED)
    room = np.asarray(word_map.ROOM) * np.ptp(first.to_numpy(), axis=0)
    spots = named[["x", "y"]].to_numpy()
    for index, spot in enumerate(spots):  # no name lies on another
        assert (np.abs(spots[:index] - spot) >= room).any(axis=1).all()


@pytest.mark.parametrize("count", [5, 6, 8])
@pytest.mark.parametrize("method", word_map.METHODS)
def test_a_tiny_vocabulary_has_a_map(count, method):
    frame = word_map.neighbourhood(FLAT[:count], PIECES, 4, method)
    assert len(frame) == count - 4
    assert np.isfinite(frame[["x", "y"]]).all(axis=None)


@pytest.mark.parametrize(
    "word, found",
    [("good", 4), (" Good ", 4), ("fine", 5), ("Fine", 8), ("…ly", 6), ("ly", None), ("", None), ("…", None)],
)
def test_words_are_found_as_they_are_typed_or_in_small_letters(word, found):
    assert word_map.find(PIECES, word) == found


def test_special_pieces_are_no_words():
    assert word_map.find(("▁a", *PIECES), "a") is None  # its id is that of padding


def test_the_axis_by_hand():
    trace = sentiment_trace()
    embedding = trace["encoder.embedding"]
    matrix = np.zeros((9, embedding.shape[1]))
    matrix[4], matrix[7] = embedding[0], embedding[2]
    frame = word_map.axis(trace, "encoder", matrix, 4, 7)
    assert frame["value"][0] == pytest.approx(0)
    assert frame["value"][2] == pytest.approx(1)
    assert frame["value"][6] == pytest.approx(1)  # the same piece again
    both = embeddings.cosine((embedding[3] - embedding[0])[None], (embedding[2] - embedding[0])[None])[0, 0]
    lengths = [np.linalg.norm(embedding[index] - embedding[0]) for index in (3, 2)]
    assert frame["value"][3] == pytest.approx(both * lengths[0] / lengths[1], abs=1e-6)
    assert "to bad: “" in word_map.axis_in_words(frame, "good", "bad")
    away = embedding[3] - embedding[0]
    assert np.hypot(frame["value"][3], frame["off"][3]) == pytest.approx(
        np.linalg.norm(away) / lengths[1], abs=1e-6
    )
    one, two = word_map.fit(frame, frame.assign(value=-3.0))
    assert set(one["least"]) == set(two["least"]) == {-3.0}
    assert set(one["most"]) == set(two["most"]) == {max(1.0, frame["value"].max())}
    assert not word_map.axis(trace, "encoder", matrix, 4, 4)["value"].any()
